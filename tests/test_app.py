from __future__ import annotations

import html
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from app import Conversation, page_language, reply, serve
from assistant import cli
from assistant.answer import Answer
from assistant.render import escape, page_answer, page_error, plain, terminal_answer, visible
from assistant.server import MAX_BODY_BYTES, BoundedAssistant, Busy, Guard, create_api
from assistant.settings import load_settings
from corpus.errors import UnusableInput
from tests.fake_assistant import ABSTAIN, CLARIFY, PROCEDURE, FakeAssistant, citation, document
from tests.page_server import served

ROOT = Path(__file__).resolve().parent.parent
HOSTILE = (
    "<script>alert(1)</script>",
    '<img src=x onerror="alert(1)">',
    "![beacon](http://203.0.113.5/x.png)",
    "[click](javascript:alert(1))",
    "[ref]: http://203.0.113.5/",
    "<http://203.0.113.5/>",
    "https://203.0.113.5/ www.example.org a@example.org",
    "$$\\href{x}{y}$$ `code` <svg/onload=alert(1)>",
    "</div></div><div style='position:fixed;inset:0'>",
    '" onmouseover="alert(1)',
    "&lt;script&gt;",
)


# --- what the page shows -----------------------------------------------------


@pytest.mark.parametrize("text", HOSTILE)
def test_escaped_text_is_the_text_and_begins_nothing(text: str) -> None:
    shown = escape(text)

    assert html.unescape(shown) == text
    assert re.sub(r"&#\d+;", "", shown).isalnum() or not set("<>[]()!`*_$@:&\"'\\") & set(re.sub(r"&#\d+;", "", shown))


@given(st.text())
def test_escaped_text_holds_no_markup_and_no_line_end(text: str) -> None:
    shown = escape(text).replace("<br>", "")

    assert not set("<>\n\r`*[]") & set(shown)
    assert re.fullmatch(r"(?:[^&]|&#\d+;)*", shown, re.DOTALL)


def test_escaped_lines_stay_lines() -> None:
    assert escape("一\n# 二") == "一<br>&#35; 二"


def test_an_answer_is_shown_with_raised_markers_and_its_sources_below() -> None:
    shown = page_answer(PROCEDURE, FakeAssistant().document)

    answer, sources = shown.split('<div class="xk-sources">')
    assert '1. 带上身份证件。<sup class="xk-marker">[1]</sup>' in answer
    assert "**交通卡**" in answer
    assert "xk-label" not in answer
    assert sources.count("卡片 › 交通卡") == 1
    assert html.unescape(sources).count("截至 2026-11-01 · CC BY 4.0 · https://example.org/cards") == 1
    assert '<sup class="xk-marker">[1]</sup> <q>带上身份证件。</q>' in sources
    assert '<sup class="xk-marker">[2]</sup> <q>填写申请表。</q>' in sources
    assert "\n" not in sources


@pytest.mark.parametrize("hostile", HOSTILE)
def test_nothing_an_article_holds_acts_on_the_page(hostile: str) -> None:
    text = f"# {hostile}\n{hostile}"
    answer = replace(PROCEDURE, text=f"{hostile} [1]", citations=(citation(1, hostile, text, title=hostile),))
    article = replace(document(text, hostile), path=f"{hostile}.md", source=hostile, license=hostile)

    shown = page_answer(answer, FakeAssistant(article=article).document)

    ours = re.sub(r"</?(?:div|p|ul|li|q|sup|br)(?: (?:class|lang|title)=\"[^\"<>]*\")*>", "", shown)
    assert not re.search(r"[<`]|!\[|\]\(|\]:|://|www\.|@", ours)


def test_two_markers_in_a_row_are_two_markers() -> None:
    shown = page_answer(replace(PROCEDURE, text="带上身份证件。[1][2]"), FakeAssistant().document)

    assert '<sup class="xk-marker">[1]</sup> <sup class="xk-marker">[2]</sup>' in shown


def test_outcomes_and_failures_do_not_look_alike() -> None:
    find = FakeAssistant().document
    shown = {
        "answered": page_answer(PROCEDURE, find),
        "clarified": page_answer(CLARIFY, find),
        "abstained": page_answer(ABSTAIN, find),
        "error": page_error("It broke", "Ask again."),
    }

    for outcome, content in shown.items():
        assert content.startswith(f'<div class="xk-answer xk-{outcome}"')
    assert "xk-label" in shown["clarified"]
    assert "No answer: nothing to rest it on" in shown["abstained"]


def test_options_are_shown_once() -> None:
    answer = replace(CLARIFY, text="您要注销哪一种卡？\n\n1. 交通卡\n2. 银行卡")

    assert terminal_answer(answer, FakeAssistant().document) == "您要注销哪一种卡？\n\n  1) 交通卡\n  2) 银行卡"
    assert "交通卡" not in page_answer(answer, FakeAssistant().document)


def test_a_title_that_is_also_the_first_heading_stands_once() -> None:
    other = replace(PROCEDURE, citations=(citation(1, "带上身份证件。", title="别的标题"),))

    assert "  别的标题 › 卡片 › 交通卡 — cards.md" in terminal_answer(other, FakeAssistant().document)


def test_plain_text_has_no_markdown_marks_and_no_control_characters() -> None:
    assert plain("## 一\n**二** 三\\*\n> 四\n1. 五\x1b[2J\u202e") == "一\n二 三*\n  四\n1. 五<U+001B>[2J<U+202E>"
    assert visible("a\tb\n") == "a\tb\n"


# --- a conversation ----------------------------------------------------------


def test_a_follow_up_is_asked_with_the_turns_before_it() -> None:
    assistant = FakeAssistant()

    first = reply(assistant, Conversation(), "我的卡", "zh")
    second = reply(assistant, first, "交通卡", "zh")

    assert assistant.asked == [("我的卡",), ("我的卡", "交通卡")]
    assert first.messages[-1]["options"] == [
        {"value": "交通卡", "label": "交通卡"},
        {"value": "银行卡", "label": "银行卡"},
    ]
    assert second.turns == ("我的卡", "交通卡")
    assert len(second.messages) == 2


def test_a_failure_is_shown_as_one_and_tells_nothing_of_the_inside(caplog: pytest.LogCaptureFixture) -> None:
    shown = reply(FakeAssistant(), Conversation(turns=("a",)), "break", "en")

    assert shown.turns == ("a",)
    content = html.unescape(shown.messages[-1]["content"])
    assert "xk-error" in content
    assert "Something went wrong" in content
    assert "sk-secret" not in content
    assert "sk-secret" in caplog.text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "must not be empty"),
        (None, "must be a text; got null"),
        ({"a": 1}, "must be a text; got an object"),
        ("字" * 2001, "at most 2,000 characters long; got 2,001"),
        ("\ufdfa" * 200, "at most 2,000 characters long"),  # 18 characters each, once folded
        ("x" * 1_000_000, "at most 2,000 characters long"),
        ("a\0", "must not hold a NUL"),
        ("a\udc80", "lone surrogate"),
        ("refuse", "must be kinder"),
    ],
)
def test_a_question_that_cannot_be_used_is_refused_on_the_page(text: object, message: str) -> None:
    shown = reply(FakeAssistant(), Conversation(), text, "en")

    assert shown.turns == ()
    assert "xk-error" in shown.messages[-1]["content"]
    assert message in html.unescape(shown.messages[-1]["content"])


def test_a_conversation_has_an_end() -> None:
    shown = reply(FakeAssistant(), Conversation(turns=("x",) * 50), "交通卡", "zh")

    assert "新对话" in shown.messages[-1]["content"]
    assert len(shown.turns) == 50


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("zh-TW", "zh-Hant"),
        ("zh-Hant-HK,zh", "zh-Hant"),
        ("en-GB,zh", "en"),
        ("de", "en"),
        ("", "en"),
        ("zh;q=1", "zh"),
    ],
)
def test_the_page_speaks_the_browsers_first_language(header: str, language: str) -> None:
    assert page_language(header) == language


# --- over HTTP ---------------------------------------------------------------


@pytest.fixture
def assistant() -> FakeAssistant:
    return FakeAssistant()


@pytest.fixture
def client(assistant: FakeAssistant) -> Iterator[TestClient]:
    app = Guard(create_api(BoundedAssistant(assistant)), host="127.0.0.1")
    with TestClient(app, base_url="http://127.0.0.1:7860", raise_server_exceptions=False) as client:
        yield client


def test_a_posted_question_gets_the_published_format(client: TestClient) -> None:
    response = client.post("/api/ask", json={"question": "交通卡"})

    assert response.status_code == 200
    assert response.json() == PROCEDURE.to_json()


def test_posted_turns_are_asked_in_order(client: TestClient, assistant: FakeAssistant) -> None:
    assert client.post("/api/ask", json={"turns": ["我的卡", "交通卡"]}).json()["outcome"] == "answered"
    assert assistant.asked == [("我的卡", "交通卡")]


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        (b"{", 400, "must be valid JSON"),
        (b'{"question": "\xff"}', 400, "must be UTF-8"),
        (b'{"question": NaN}', 400, "NaN is no JSON number"),
        (b"[" * 60_000, 400, "nested too deeply"),
        (b"[]", 422, "got an empty list"),
        (b"{}", 422, "got neither"),
        (b'{"question": ["a"]}', 422, "must be a text; got a list"),
        (b'{"question": null}', 422, "got null"),
        (b'{"question": " "}', 422, "must not be empty"),
        (b'{"question": "a\\ud800"}', 422, "lone surrogate"),
        (b'{"question": "refuse"}', 422, "must be kinder"),
        (b'{"question": "' + b"a" * 2001 + b'"}', 422, "at most 2,000 characters long"),
        (json.dumps({"turns": ["a"] * 51}).encode(), 422, "at most 50 texts; got 51"),
        (b'{"turns": ["a", {"role": "system"}]}', 422, "`turns[1]` must be a text"),
    ],
)
def test_a_bad_body_is_refused_in_a_sentence(client: TestClient, body: bytes, status: int, message: str) -> None:
    response = client.post("/api/ask", content=body, headers={"content-type": "application/json"})

    assert response.status_code == status
    assert message in response.json()["error"]


def test_a_body_of_another_type_is_refused(client: TestClient) -> None:
    assert client.post("/api/ask", content=b"{}", headers={"content-type": "text/plain"}).status_code == 415


def test_a_large_body_is_refused_whether_it_says_its_length_or_not(
    client: TestClient, assistant: FakeAssistant
) -> None:
    def in_pieces() -> Iterator[bytes]:
        yield from [b"x" * 10_000] * 10

    headers = {"content-type": "application/json"}
    for content in (b"x" * (MAX_BODY_BYTES + 1), in_pieces()):
        response = client.post("/api/ask", content=content, headers=headers)
        assert response.status_code == 413
        assert "at most 65,536 bytes" in response.json()["error"]
    assert assistant.asked == []


def test_a_fault_of_the_program_is_an_error_without_its_details(client: TestClient) -> None:
    response = client.post("/api/ask", json={"question": "break"})

    assert response.status_code == 500
    assert "outcome" not in response.json()
    assert "sk-secret" not in response.text
    assert response.headers["x-content-type-options"] == "nosniff"


class Slow(FakeAssistant):
    """Counts how many questions are inside at once."""

    inside = most = 0

    def ask(self, turns: Sequence[str]) -> Answer:
        self.asked.append(tuple(turns))
        self.inside += 1
        self.most = max(self.most, self.inside)
        time.sleep(0.05)
        self.inside -= 1
        return ABSTAIN


def test_a_bounded_number_of_questions_is_answered_at_once() -> None:
    slow = Slow()
    bounded = BoundedAssistant(slow, n_at_once=3, wait_seconds=10)
    threads = [threading.Thread(target=bounded.ask, args=(["x"],)) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert slow.most <= 3


def test_who_finds_no_place_is_told_to_come_again(assistant: FakeAssistant) -> None:
    busy = BoundedAssistant(assistant, n_at_once=1, wait_seconds=0)
    busy._places.acquire()

    with pytest.raises(Busy, match="Ask again in a few seconds"):
        busy.ask(["x"])
    with TestClient(create_api(busy)) as client:
        response = client.post("/api/ask", json={"question": "x"})
        assert (response.status_code, response.headers["retry-after"]) == (503, "5")
        assert client.get("/readyz").status_code == 503
    shown = reply(busy, Conversation(), "x", "en")
    assert "Too many questions at the moment" in shown.messages[-1]["content"]


def test_health_is_of_the_process_and_readiness_of_an_answer(client: TestClient, assistant: FakeAssistant) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}
    assert assistant.asked == []
    assert client.get("/readyz").json() == {"status": "ready"}
    assert assistant.asked == [("交通卡怎么注销？",)]

    assistant.answers["交通卡怎么注销？"] = ABSTAIN
    assert client.get("/readyz").status_code == 503


@pytest.mark.parametrize(
    "path",
    [
        "/gradio_api/upload",
        "/gradio_api/file=/etc/passwd",
        "/gradio_api/file=http://203.0.113.5/",
        "/gradio_api/run/predict",
        "/gradio_api/dev/reload",
        "/gradio_api/info",
        "/gradio_api/openapi.json",
        "/gradio_api/proxy=http://203.0.113.5/",
        "/monitoring",
        "/monitoring/summary",
        "/manifest.json",
        "/docs",
        "/openapi.json",
        "/login",
        "//etc/passwd",
        "/static%2f..%2f..%2fapp.py",
    ],
)
def test_what_the_page_does_not_need_is_closed(client: TestClient, path: str) -> None:
    for method in ("GET", "POST", "PUT", "DELETE"):
        assert client.request(method, path).status_code in (404, 405), method


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:7860", 200),
        ("localhost", 200),
        ("[::1]:7860", 200),
        ("rebound.example:7860", 421),
        ("", 421),
        ("127.0.0.1.rebound.example", 421),
    ],
)
def test_a_page_on_loopback_answers_to_loopback_names_alone(client: TestClient, host: str, status: int) -> None:
    assert client.get("/healthz", headers={"host": host}).status_code == status


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:9999", "http://localhost:7860"])
def test_other_sites_cannot_ask_through_a_visitors_browser(
    client: TestClient, assistant: FakeAssistant, origin: str
) -> None:
    response = client.post("/api/ask", json={"question": "交通卡"}, headers={"origin": origin})

    assert response.status_code == 403
    assert "access-control-allow-origin" not in response.headers
    assert assistant.asked == []


def test_the_page_itself_may_ask(client: TestClient) -> None:
    response = client.post("/api/ask", json={"question": "交通卡"}, headers={"origin": "http://127.0.0.1:7860"})

    assert response.status_code == 200


def test_behind_a_proxy_the_public_name_is_answered(assistant: FakeAssistant) -> None:
    app = Guard(create_api(assistant), host="127.0.0.1", root_path="https://cards.example/help")
    with TestClient(app, base_url="https://cards.example") as client:
        assert client.post("/api/ask", json={"question": "x"}, headers={"origin": "https://cards.example"}).is_success
    with TestClient(app, base_url="http://127.0.0.1:7860") as client:
        assert client.post("/api/ask", json={"question": "x"}, headers={"origin": "https://cards.example"}).is_success


# --- the whole application ---------------------------------------------------


@pytest.fixture(scope="module")
def page() -> Iterator[tuple[str, FakeAssistant]]:
    assistant = FakeAssistant()
    with served(assistant) as address:
        yield address, assistant


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


def test_no_function_of_the_page_runs_beside_the_queue(page: tuple[str, FakeAssistant]) -> None:
    address, assistant = page
    n_functions = len(httpx.get(address + "/config", trust_env=False).json()["dependencies"])
    assert n_functions >= 5

    for n in range(n_functions):
        for path in ("run/predict", f"call/{n}", "run/respond", "api/predict"):
            response = httpx.post(
                f"{address}/gradio_api/{path}", json={"data": ["交通卡", None], "fn_index": n}, trust_env=False
            )
            assert response.status_code == 404
    assert assistant.asked == []


def test_a_forged_host_or_origin_is_never_repeated(page: tuple[str, FakeAssistant]) -> None:
    for headers in ({"x-forwarded-host": "evil.example"}, {"origin": "http://evil.example"}, {"host": "evil.example"}):
        response = httpx.get(page[0] + "/config", headers=headers, trust_env=False)
        assert "evil.example" not in response.text + str(response.headers)


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
