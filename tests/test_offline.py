"""Nothing leaves this machine: not while an index is built, a question answered or the page served."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from tests import network
from tests.conftest import ROOT
from tests.page_server import served

if TYPE_CHECKING:
    from assistant.assistant import Assistant

# An address of the range kept for documentation: nobody answers there.
ELSEWHERE = "192.0.2.1"


def _connect() -> None:
    with socket.socket() as client:
        client.connect((ELSEWHERE, 80))


def _connect_ex() -> None:
    with socket.socket() as client:
        client.connect_ex((ELSEWHERE, 80))


def _send_a_datagram() -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as client:
        client.sendto(b"?", (ELSEWHERE, 53))


def _connect_over_ipv6() -> None:
    with socket.socket(socket.AF_INET6) as client:
        client.connect(("2001:db8::1", 80))


def _resolve() -> None:
    socket.getaddrinfo("models.example.com", 443)


def _connect_with_asyncio() -> None:
    # In a thread of its own: Playwright, where it ran before, keeps an event loop going in this one.
    with ThreadPoolExecutor(1) as pool:
        pool.submit(lambda: asyncio.run(asyncio.wait_for(asyncio.open_connection(ELSEWHERE, 80), 5))).result()


def _get_with_httpx() -> None:
    try:
        httpx.get(f"http://{ELSEWHERE}/")
    except httpx.ConnectError as error:
        raise network.NetworkRefused(str(error)) from error


@pytest.mark.parametrize(
    ("leave", "where"),
    [
        (_connect, r"192\.0\.2\.1 port 80"),
        (_connect_ex, r"192\.0\.2\.1 port 80"),
        (_send_a_datagram, r"192\.0\.2\.1 port 53"),
        (_connect_over_ipv6, "2001:db8::1 port 80"),
        (_resolve, r"models\.example\.com"),
        (_connect_with_asyncio, r"192\.0\.2\.1 port 80"),
        (_get_with_httpx, r"192\.0\.2\.1"),
    ],
)
def test_a_connection_to_elsewhere_is_refused_by_name(
    leave: Callable[[], None], where: str, attempts: list[str]
) -> None:
    with pytest.raises(network.NetworkRefused, match=where):
        leave()

    assert len(attempts) == 1
    attempts.clear()


def test_an_attempt_whose_error_is_swallowed_is_remembered(attempts: list[str]) -> None:
    with contextlib.suppress(OSError):
        _connect()

    assert attempts == ["192.0.2.1 port 80"]
    attempts.clear()


def test_an_attempt_in_another_thread_is_remembered(attempts: list[str]) -> None:
    def leave() -> None:
        with contextlib.suppress(OSError):
            _connect()

    thread = threading.Thread(target=leave)
    thread.start()
    thread.join()

    assert attempts == ["192.0.2.1 port 80"]
    attempts.clear()


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.8.9.1", "localhost", "LOCALHOST.", "::1", "::ffff:127.0.0.1", "", None]
)
def test_this_machine_is_local(host: str | None) -> None:
    assert network.is_local(host)


@pytest.mark.parametrize(
    "host", ["10.0.0.1", "192.168.1.1", "localhost.example.com", "fe80::1%eth0", "::ffff:10.0.0.1"]
)
def test_every_other_machine_is_not_local(host: str) -> None:
    assert not network.is_local(host)


def test_connections_on_this_machine_work(attempts: list[str]) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(server.getsockname()[:2], timeout=5),
    ):
        pass

    left, right = socket.socketpair()  # AF_UNIX
    left.close()
    right.close()
    assert attempts == []


@pytest.fixture
def assistant(shipped_dir: Path, tmp_path: Path) -> Iterator[Assistant]:
    from assistant.assistant import Assistant
    from index.build import build_index
    from index.encoder import load_encoder

    index = build_index(corpus=shipped_dir, data=tmp_path, encoder=load_encoder("builtin"), progress=False)
    with contextlib.closing(index):
        yield Assistant(index=index)


def test_an_index_is_built_and_a_question_answered_without_leaving(assistant: Assistant, attempts: list[str]) -> None:
    answer = assistant.ask(["公交卡怎么注销？"])

    assert (answer.outcome, len(answer.steps)) == ("answered", 4)
    assert attempts == []


@pytest.mark.slow
def test_the_page_is_served_without_leaving(assistant: Assistant, attempts: list[str]) -> None:
    with served(assistant) as url, httpx.Client(base_url=url, timeout=60) as client:
        page = client.get("/")
        config = client.get("/config")
        answer = client.post("/api/ask", json={"question": "公交卡怎么注销？"})

    assert (page.status_code, config.status_code, answer.status_code) == (200, 200, 200)
    assert answer.json()["outcome"] == "answered"
    assert attempts == []


@pytest.mark.slow
def test_the_page_names_no_other_machine_to_fetch_from(assistant: Assistant) -> None:
    with served(assistant) as url, httpx.Client(base_url=url, timeout=60) as client:
        page = client.get("/").text
        parts = re.findall(r"""(?:src|href)=["']([^"'#]+)["']""", page)
        styles = [client.get(part).text for part in parts if part.split("?")[0].endswith(".css")]

    fetched = [*parts, *re.findall(r"""(?:url\(|@import\s+)["']?([^"')]+)""", "\n".join([page, *styles]))]
    assert [part for part in fetched if re.match(r"(?:https?:)?//", part) and not part.startswith(url)] == []


@pytest.fixture(scope="module")
def no_network() -> list[str]:
    """A command prefix that takes the network away from a process, loopback included."""
    if shutil.which("unshare") is None:
        pytest.skip("there is no `unshare` on this machine")
    for prefix in (["unshare", "--net"], ["unshare", "--map-root-user", "--net"]):
        if subprocess.run([*prefix, "true"], capture_output=True, check=False).returncode == 0:
            return prefix
    pytest.skip("this machine lets nobody take the network away from a process")


@pytest.mark.slow
def test_the_command_line_works_where_there_is_no_network_at_all(
    no_network: list[str], shipped_dir: Path, tmp_path: Path
) -> None:
    """Native libraries are in this one too; nor do the switches help that keep model hubs quiet in tests."""
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("XIAOKA_") and name not in {"HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"}
    }
    environment["PYTHONPATH"] = str(ROOT)
    xiaoka = [*no_network, sys.executable, "-m", "assistant", "--corpus", str(shipped_dir), "--data", str(tmp_path)]

    def run(*arguments: str) -> str:
        done = subprocess.run(
            [*xiaoka, *arguments],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert "Indexed" in run("index", "build")
    assert "[1]" in run("ask", "公交卡怎么注销？")
