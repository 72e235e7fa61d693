from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from app import serve
from assistant import cli
from assistant.page.conversation import shown
from assistant.settings import load_settings
from corpus.errors import UnusableInput
from tests.fake_assistant import PROCEDURE, FakeAssistant
from tests.page_server import served

ROOT = Path(__file__).resolve().parent.parent
OPERATOR = ("anna", "über-geheim")


# --- the whole application ---------------------------------------------------


@pytest.fixture(scope="module")
def page() -> Iterator[tuple[str, FakeAssistant]]:
    assistant = FakeAssistant()
    with served(assistant) as address:
        yield address, assistant


@pytest.fixture(scope="module")
def operated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a page that has an operator and serves the Model Context Protocol."""
    folder = tmp_path_factory.mktemp("operated")
    file = folder / "operator"
    file.write_text(":".join(OPERATOR), encoding="utf-8")
    file.chmod(0o600)
    settings = load_settings({"data": folder / "data", "auth_file": file, "mcp": True}, environ={}, folder=folder)
    with served(FakeAssistant(), settings) as address:
        yield address


def test_every_response_carries_the_headers(page: tuple[str, FakeAssistant]) -> None:
    address, _ = page
    for path in ("/", "/config", "/theme.css", "/healthz", "/absent", "/gradio_api/upload", "/static/absent"):
        headers = httpx.get(address + path, trust_env=False).headers
        assert "default-src 'self'" in headers["content-security-policy"], path
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert "server" not in headers


def test_the_page_names_no_other_host_to_load_from(page: tuple[str, FakeAssistant]) -> None:
    text = httpx.get(page[0] + "/", trust_env=False).text
    loaded = re.findall(r"<(?:script|link|img|iframe)[^>]+(?:src|href)=\"(https?:)?//[^\"]*", text)

    assert loaded == []
    assert "fonts.g" not in text + httpx.get(page[0] + "/theme.css", trust_env=False).text


def test_no_function_that_asks_runs_beside_the_queue(page: tuple[str, FakeAssistant]) -> None:
    address, assistant = page
    n_asked = len(assistant.asked)
    dependencies = httpx.get(address + "/config", trust_env=False).json()["dependencies"]
    queued = [one["id"] for one in dependencies if one["queue"]]
    assert len(queued) == 2  # the page's own, and the one for programs

    for n in [one["id"] for one in dependencies]:
        for path in ("run/predict", f"call/{n}", "run/respond", "api/predict"):
            response = httpx.post(
                f"{address}/gradio_api/{path}", json={"data": ["交通卡", None], "fn_index": n}, trust_env=False
            )
            assert response.status_code == 404 or (path == "run/predict" and n not in queued)
    assert len(assistant.asked) == n_asked


def test_a_forged_host_or_origin_is_never_repeated(page: tuple[str, FakeAssistant]) -> None:
    for headers in ({"x-forwarded-host": "evil.example"}, {"origin": "http://evil.example"}, {"host": "evil.example"}):
        response = httpx.get(page[0] + "/config", headers=headers, trust_env=False)
        assert "evil.example" not in response.text + str(response.headers)


# --- what is open, and to whom -----------------------------------------------


def test_the_page_begins_with_its_own_style_and_script(page: tuple[str, FakeAssistant]) -> None:
    response = httpx.get(page[0] + "/", trust_env=False)

    assert "<head><style>" in response.text
    assert response.text.index("</style><script>window.xiaokaWords = {") < response.text.index("</head>")
    assert int(response.headers["content-length"]) == len(response.content)
    assert "xiaokaWords" not in httpx.get(page[0] + "/config", trust_env=False).text


@pytest.mark.parametrize("path", ["/operator", "/operator/", "/operator/config", "/operator/gradio_api/upload"])
def test_without_an_operator_there_is_no_operators_page(page: tuple[str, FakeAssistant], path: str) -> None:
    for credentials in (None, OPERATOR, ("", "")):
        assert httpx.get(page[0] + path, trust_env=False, auth=credentials).status_code == 404


def test_without_an_operator_no_upload_is_read(page: tuple[str, FakeAssistant]) -> None:
    host, port = page[0].removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=30) as connection:
        head = f"POST /operator/gradio_api/upload HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Length: 10000000\r\n\r\n"
        connection.sendall(head.encode() + b"x")

        # It would wait for the rest of the body otherwise.
        assert connection.recv(4096).startswith(b"HTTP/1.1 404 ")


@pytest.mark.parametrize("path", ["/operator", "/operator/", "/operator/config", "/operator/theme.css"])
def test_the_operators_page_is_the_operators(operated: str, path: str) -> None:
    refused = httpx.get(operated + path, trust_env=False)
    wrong = httpx.get(operated + path, trust_env=False, auth=(OPERATOR[0], "geraten"))
    served_page = httpx.get(operated + path, trust_env=False, auth=OPERATOR, follow_redirects=True)

    assert (refused.status_code, wrong.status_code, served_page.status_code) == (401, 401, 200)
    assert refused.text == wrong.text == "Sign in as the operator."
    assert "frame-ancestors 'none'" in refused.headers["content-security-policy"]


def test_an_article_is_uploaded_by_the_operator_alone(operated: str) -> None:
    files = {"files": ("a.md", b"# a", "text/markdown")}
    refused = httpx.post(f"{operated}/operator/gradio_api/upload", files=files, trust_env=False)
    taken = httpx.post(f"{operated}/operator/gradio_api/upload", files=files, trust_env=False, auth=OPERATOR)
    elsewhere = httpx.post(f"{operated}/gradio_api/upload", files=files, trust_env=False, auth=OPERATOR)

    assert (refused.status_code, taken.status_code, elsewhere.status_code) == (401, 200, 404)


def test_an_upload_has_a_limit(operated: str) -> None:
    files = {"files": ("a.md", b"x" * 10_100_000, "text/markdown")}
    response = httpx.post(f"{operated}/operator/gradio_api/upload", files=files, trust_env=False, auth=OPERATOR)

    assert response.status_code == 413


def test_feedback_has_a_limit_and_is_taken_from_this_page_alone(page: tuple[str, FakeAssistant]) -> None:
    answer = shown(PROCEDURE, FakeAssistant().document).model_dump(mode="json")
    judgement = {"key": "0123456789abcdef-0", "verdict": "up", "turns": ["交通卡"], "answer": answer}
    address = page[0] + "/api/feedback"
    large = judgement | {"comment": "x" * 300_000}

    assert httpx.post(address, json=judgement, trust_env=False).json() == {"kept": True}
    assert httpx.post(address, json=large, trust_env=False).status_code == 413
    assert httpx.post(address, json=judgement, trust_env=False, headers={"origin": "http://evil"}).status_code == 403
    assert httpx.post(address, data={"key": "x"}, trust_env=False).status_code == 415


@pytest.mark.parametrize("name", ["absent", "%2e%2e%2f%2e%2e%2fetc%2fpasswd", "a.20261128T120000000000Z"])
def test_a_report_that_is_not_there_is_refused(page: tuple[str, FakeAssistant], name: str) -> None:
    response = httpx.get(f"{page[0]}/evaluations/{name}", trust_env=False)

    assert response.status_code == 404
    assert response.headers["content-type"] == "application/json"
    assert "root:" not in response.text


def test_programs_are_told_of_one_function(page: tuple[str, FakeAssistant]) -> None:
    described = httpx.get(page[0] + "/gradio_api/info", trust_env=False).json()

    assert list(described["named_endpoints"]) == ["/ask"]
    assert described["unnamed_endpoints"] == {}


def test_the_model_context_protocol_is_served_where_it_was_asked_for(
    page: tuple[str, FakeAssistant], operated: str
) -> None:
    hello = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "initialize",
        "params": {
            "protocolVersion": "2025-06-18",
            "capabilities": {},
            "clientInfo": {"name": "test", "version": "1"},
        },
    }
    headers = {"accept": "application/json, text/event-stream"}
    closed = httpx.post(page[0] + "/gradio_api/mcp/", json=hello, headers=headers, trust_env=False)
    open_ = httpx.post(operated + "/gradio_api/mcp/", json=hello, headers=headers, trust_env=False)

    assert closed.status_code == 404
    assert open_.status_code == 200
    assert '"protocolVersion":"2025-06-18"' in open_.text.replace(" ", "")


# --- as a program ------------------------------------------------------------


def test_a_port_that_is_taken_is_refused_with_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    assistant = FakeAssistant()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        settings = load_settings({"port": port}, environ={}, folder=ROOT)

        with pytest.raises(UnusableInput, match=rf"`port` must be free at 127\.0\.0\.1; {port} .* `--port N`"):
            serve(settings, assistant.opener)
        assert cli.main(["serve", "--port", str(port)], open_assistant=assistant.opener) == 2

    assert "Traceback" not in capsys.readouterr().err
    assert assistant.n_opened == 0


@pytest.mark.slow
@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_the_page_starts_as_a_program_and_stops_on_a_signal(tmp_path: Path, sent: signal.Signals) -> None:
    (tmp_path / "articles").mkdir()
    (tmp_path / "articles" / "a.md").write_text("# 卡\n\n## 交通卡注销\n\n1. 带证。\n2. 填表。\n", encoding="utf-8")
    arguments = ["--port", "0", "--corpus", str(tmp_path / "articles"), "--data", str(tmp_path / "data")]
    with subprocess.Popen(
        [sys.executable, str(ROOT / "app.py"), *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    ) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            address = re.search(r"http://127\.0\.0\.1:\d+", line)
            assert address, line
            assert httpx.get(address[0] + "/readyz", trust_env=False).status_code == 200
            process.send_signal(sent)
            _, errors = process.communicate(timeout=15)
        finally:
            process.kill()

    assert process.returncode in (0, -sent)
    assert "Traceback" not in errors


@pytest.mark.slow
def test_behind_a_proxys_path_the_pages_name_their_addresses_there(tmp_path: Path) -> None:
    secret = tmp_path / "auth"
    secret.write_text("operator:correct-horse", encoding="utf-8")
    secret.chmod(0o600)
    given = {"data": str(tmp_path / "data"), "auth_file": str(secret), "root_path": "https://cards.example/help"}
    settings = load_settings(given, environ={}, folder=tmp_path)
    with served(FakeAssistant(), settings) as address:
        chat = httpx.get(f"{address}/config", trust_env=False).json()
        desk = httpx.get(f"{address}/operator/config", trust_env=False, auth=("operator", "correct-horse")).json()

    assert chat["root"] == "https://cards.example/help"
    assert desk["root"] == "https://cards.example/help/operator"
