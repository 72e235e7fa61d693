"""What passes the guard, how questions reach the assistant, and answers as streams."""

from __future__ import annotations

import asyncio
import json
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient
from starlette.types import Message, Receive, Scope, Send
from starlette.websockets import WebSocketDisconnect

from assistant.answer import Answer
from assistant.http.answering import Answering, Left
from assistant.http.bodies import check_flag, check_turns_length
from assistant.http.bounded import BoundedAssistant, Busy
from assistant.http.events import event, pieces
from assistant.http.guard import MAX_BODY_BYTES, Guard
from corpus.errors import UnusableInput
from tests.api_server import api_served, client_of
from tests.fake_assistant import ABSTAIN, CLARIFY, PROCEDURE, FakeAssistant

JSON = {"content-type": "application/json"}


@pytest.fixture
def assistant() -> FakeAssistant:
    return FakeAssistant()


@pytest.fixture
def client(assistant: FakeAssistant) -> Iterator[TestClient]:
    with client_of(assistant) as client:
        yield client


def events(text: str) -> list[tuple[str, Any]]:
    """Name and value of every server-sent event."""
    assert text.endswith("\n\n")
    found = []
    for block in text.split("\n\n")[:-1]:
        name, data = block.split("\n")
        found.append((name.removeprefix("event: "), json.loads(data.removeprefix("data: "))))
    return found


# --- answers as streams ------------------------------------------------------


@pytest.mark.parametrize(
    ("extra", "accept"),
    [({"stream": True}, "*/*"), ({}, "text/event-stream"), ({}, "text/html, Text/Event-Stream;q=1")],
)
def test_a_streamed_answer_comes_in_pieces_then_whole_then_done(
    client: TestClient, extra: dict[str, bool], accept: str
) -> None:
    response = client.post("/api/ask", json={"question": "交通卡", **extra}, headers={"accept": accept})

    assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["x-content-type-options"] == "nosniff"
    assert events(response.text) == [
        ("delta", {"text": "**交通卡** 分两步注销：\n\n"}),
        ("delta", {"text": "1. 带上身份证件。[1]\n"}),
        ("delta", {"text": "2. 填写申请表。[2]"}),
        ("answer", PROCEDURE.to_json()),
        ("done", {}),
    ]


@pytest.mark.parametrize(
    ("body", "accept"), [({"stream": False}, "text/event-stream"), ({"stream": None}, "*/*"), ({}, "application/json")]
)
def test_a_stream_is_sent_to_those_alone_who_want_one(client: TestClient, body: dict[str, Any], accept: str) -> None:
    response = client.post("/api/ask", json={"question": "交通卡", **body}, headers={"accept": accept})

    assert response.json() == PROCEDURE.to_json()


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        ({"question": " ", "stream": True}, 422, "must not be empty"),
        ({"question": "refuse", "stream": True}, 422, "must be kinder"),
        ({"question": "a", "stream": "yes"}, 422, "`stream` must be true or false; got a text"),
        ({"question": "a", "stream": 1}, 422, "`stream` must be true or false; got a number"),
        ({"question": "break", "stream": True}, 500, "an error in the program"),
    ],
)
def test_what_fails_before_the_stream_begins_fails_with_its_status(
    client: TestClient, body: dict[str, Any], status: int, message: str
) -> None:
    response = client.post("/api/ask", json=body)

    assert response.status_code == status
    assert message in response.json()["error"]
    assert response.headers["cache-control"] == "no-store"


def test_what_fails_after_the_stream_began_is_an_error_event(
    client: TestClient, assistant: FakeAssistant, caplog: pytest.LogCaptureFixture
) -> None:
    # No JSON number: the pieces of the text go out, and the whole answer cannot.
    assistant.answers["bad"] = replace(PROCEDURE, timings_ms={"total": float("nan")})

    sent = events(client.post("/api/ask", json={"question": "bad", "stream": True}).text)

    assert [name for name, _ in sent] == ["delta", "delta", "delta", "error"]
    assert sent[-1][1] == {"error": "The answer failed because of an error in the program. Its log says more."}
    assert "could not be sent as a stream" in caplog.text


@given(
    st.text()
    | st.lists(st.sampled_from(["办理。", "！", "[1]", "[12]", "\n", " ", "3.5", "ok. ", "”", "1. "])).map("".join)
)
def test_pieces_joined_are_the_text_and_cut_no_marker(text: str) -> None:
    found = pieces(text)

    assert "".join(found) == text
    assert "" not in found
    markers = re.findall(r"\[[0-9]+\]", text)
    assert [marker for piece in found for marker in re.findall(r"\[[0-9]+\]", piece)] == markers


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("一。二！[1][2]三", ["一。", "二！[1][2]", "三"]),
        ("“好吗？”他问。 [1]\n\n完", ["“好吗？”", "他问。 [1]\n\n", "完"]),
        ("1. Bring your card. [1]\n2. Pay 3.50 yuan.", ["1. Bring your card. [1]\n", "2. Pay 3.50 yuan."]),
        ("Go there. Sign.", ["Go there. ", "Sign."]),
    ],
)
def test_pieces_are_sentences_with_their_markers_and_lines(text: str, expected: list[str]) -> None:
    assert pieces(text) == expected


@given(st.text())
def test_an_event_is_one_line_of_data_whatever_it_holds(text: str) -> None:
    sent = event({"text": text.encode("utf-8", "replace").decode()}, "delta").decode()

    assert re.fullmatch(r"event: delta\ndata: [^\n\r]*\n\n", sent)


def test_only_true_false_and_nothing_are_switches() -> None:
    assert [check_flag(value, "stream") for value in (True, False, None)] == [True, False, False]
    with pytest.raises(UnusableInput, match=r"`stream` must be true or false; got a number\."):
        check_flag(0, "stream")


def test_turns_of_a_list_are_checked_as_those_of_a_body() -> None:
    assert check_turns_length(["我的卡", "交通卡"]) == ("我的卡", "交通卡")
    for turns, message in (
        ("x", "got a text"),
        ([], "got an empty list"),
        (["x"] * 51, "at most 50"),
        ([None], "null"),
    ):
        with pytest.raises(UnusableInput, match=message):
            check_turns_length(turns)


# --- to the assistant and back -----------------------------------------------


class Gate(FakeAssistant):
    """Lets a question called `wait` go on when `opened` is set; counts how many are inside."""

    def __init__(self) -> None:
        super().__init__()
        self.opened = threading.Event()
        self.entered = threading.Semaphore(0)

    def ask(self, turns: Sequence[str]) -> Answer:
        self.asked.append(tuple(turns))
        self.entered.release()
        if turns[-1] == "wait":
            assert self.opened.wait(20)
        return ABSTAIN


async def _there() -> bool:
    return False


async def _gone() -> bool:
    return True


async def _until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.005)


def test_who_leaves_while_waiting_is_never_asked_for_and_the_place_comes_back() -> None:
    gate = Gate()
    answering = Answering(gate, n_at_once=1)

    async def ask() -> None:
        first = asyncio.create_task(answering.ask(["wait"], _gone))
        await _until(lambda: gate.asked == [("wait",)])
        left = asyncio.create_task(answering.ask(["left"], _gone))
        stays = asyncio.create_task(answering.ask(["stays"], _there))
        await asyncio.sleep(0.05)
        assert gate.asked == [("wait",)]
        gate.opened.set()
        with pytest.raises(Left):
            await left
        assert await first is ABSTAIN
        assert await stays is ABSTAIN

    asyncio.run(ask())
    assert gate.asked == [("wait",), ("stays",)]


def test_questions_are_answered_in_the_order_they_came() -> None:
    gate = Gate()
    answering = Answering(gate, n_at_once=1)

    async def ask() -> None:
        tasks = [asyncio.create_task(answering.ask(["wait"], _there))]
        await _until(lambda: len(gate.asked) == 1)
        for n in range(10):
            tasks.append(asyncio.create_task(answering.ask([str(n)], _there)))
            await asyncio.sleep(0)
        gate.opened.set()
        await asyncio.gather(*tasks)

    asyncio.run(ask())
    assert gate.asked == [("wait",), *((str(n),) for n in range(10))]


def test_who_waits_too_long_is_told_to_come_again_and_the_place_is_not_lost() -> None:
    gate = Gate()
    answering = Answering(gate, n_at_once=1, wait_seconds=0.05)

    async def ask() -> None:
        first = asyncio.create_task(answering.ask(["wait"], _there))
        await _until(lambda: len(gate.asked) == 1)
        with pytest.raises(Busy, match="Ask again in a few seconds"):
            await answering.ask(["late"], _there)
        gate.opened.set()
        await first
        assert await answering.ask(["later"], _there) is ABSTAIN

    asyncio.run(ask())
    assert gate.asked == [("wait",), ("later",)]


def test_a_failed_question_gives_its_place_back() -> None:
    answering = Answering(FakeAssistant(), n_at_once=1, wait_seconds=0.5)

    async def ask() -> None:
        for _ in range(5):
            with pytest.raises(RuntimeError, match="sk-secret"):
                await answering.ask(["break"], _there)
            with pytest.raises(UnusableInput, match="kinder"):
                await answering.ask(["refuse"], _there)
        assert await answering.ask(["银行卡"], _there) is CLARIFY

    asyncio.run(ask())


def test_a_bounded_assistant_passes_everything_on(assistant: FakeAssistant) -> None:
    bounded = BoundedAssistant(assistant)

    assert bounded.ask(["交通卡"]) is PROCEDURE
    assert bounded.document("cards") is assistant.article
    assert bounded.documents() == assistant.documents()
    assert bounded.outline() == assistant.outline()
    assert bounded.files() == {"cards.md": "ab" * 32}
    assert bounded.encoder == "fake"
    assert bounded.subjects() == ("交通卡", "银行卡")
    assert bounded.examples("en") == ("How do I cancel a transport card?",)


def test_a_bound_of_none_is_refused(assistant: FakeAssistant) -> None:
    with pytest.raises(UnusableInput, match=r"`n_at_once` must be at least 1; got 0\."):
        BoundedAssistant(assistant, n_at_once=0)


# --- over a real connection --------------------------------------------------


def _request(body: bytes, path: str = "/api/ask", length: int | None = None) -> bytes:
    head = f"POST {path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n"
    return f"{head}content-length: {len(body) if length is None else length}\r\n\r\n".encode() + body


def _all_of(connection: socket.socket) -> bytes:
    connection.settimeout(20)
    received = b""
    while piece := connection.recv(65_536):
        received += piece
    return received


def test_a_body_that_drips_in_is_given_up(assistant: FakeAssistant) -> None:
    with api_served(assistant, body_seconds=0.3) as address:
        with socket.create_connection(address) as connection:
            connection.sendall(_request(b'{"q', length=20))
            started = time.monotonic()
            response = _all_of(connection)  # until the server closes
        with socket.create_connection(address) as connection:
            connection.sendall(_request(b'{"model', "/v1/chat/completions", length=20))
            chat = _all_of(connection)

    assert response.startswith(b"HTTP/1.1 408 ")
    assert json.loads(response.partition(b"\r\n\r\n")[2]) == {"error": "The body did not arrive in time."}
    assert time.monotonic() - started < 15
    assert json.loads(chat.partition(b"\r\n\r\n")[2])["error"]["code"] == "timeout"
    assert assistant.asked == []


def test_who_hangs_up_while_sending_asks_nothing(assistant: FakeAssistant) -> None:
    with api_served(assistant) as address:
        for _ in range(3):
            with socket.create_connection(address) as connection:
                connection.sendall(_request(b'{"question": "x"}', length=40))  # what has come is JSON already
        with socket.create_connection(address) as connection:
            connection.sendall(_request(b'{"question": "last"}').replace(b"\r\nhost", b"\r\nconnection: close\r\nhost"))
            assert _all_of(connection).startswith(b"HTTP/1.1 200 ")

    assert assistant.asked == [("last",)]


def test_clients_that_hang_up_cost_no_place_and_no_thread() -> None:
    gate = Gate()
    with api_served(gate) as address:
        abandoned = [socket.create_connection(address) for _ in range(40)]
        for connection in abandoned:
            connection.sendall(_request(b'{"question": "wait", "stream": true}'))
        for _ in range(8):  # as many as are answered at once
            assert gate.entered.acquire(timeout=20)
        time.sleep(0.2)
        n_threads = threading.active_count()
        for connection in abandoned:
            connection.close()
        time.sleep(0.2)
        gate.opened.set()
        with socket.create_connection(address) as connection:
            connection.sendall(_request(b'{"question": "x"}').replace(b"\r\nhost", b"\r\nconnection: close\r\nhost"))
            assert _all_of(connection).startswith(b"HTTP/1.1 200 ")
        assert threading.active_count() <= n_threads

    assert gate.asked == [*[("wait",)] * 8, ("x",)]


# --- the guard ---------------------------------------------------------------


def _scope(path: str = "/api/ask", method: str = "POST", **headers: str) -> dict[str, Any]:
    named = {"host": "127.0.0.1:7860", **headers}
    raw = [(name.replace("_", "-").encode(), value.encode("latin-1")) for name, value in named.items()]
    return {"type": "http", "method": method, "path": path, "headers": raw, "query_string": b"", "root_path": ""}


async def _echo(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers with the length of the body."""
    body = b""
    if scope["method"] == "POST":
        body = (await receive())["body"]
    await send({"type": "http.response.start", "status": 200, "headers": [(b"X-Frame-Options", b"ALLOW")]})
    await send({"type": "http.response.body", "body": str(len(body)).encode()})


def _guarded(path: str, body: bytes = b"", **options: object) -> tuple[int, bytes]:
    client = TestClient(Guard(_echo, host="127.0.0.1", **options), base_url="http://127.0.0.1:7860")  # type: ignore[arg-type]
    response = client.post(path, content=body)
    return response.status_code, response.content


def test_a_caller_opens_more_paths_and_nothing_else() -> None:
    opened = {"open_paths": {"/gradio_api/info"}, "open_folders": ("/operator/",)}

    assert _guarded("/gradio_api/info", **opened) == (200, b"0")
    assert _guarded("/operator/articles", b"abc", **opened) == (200, b"3")
    for path in ("/gradio_api/info", "/operator/articles"):
        assert _guarded(path)[0] == 404
    for path in ("/operator", "/gradio_api/info/x", "/gradio_api/upload"):
        assert _guarded(path, **opened)[0] == 404, path
    assert _guarded("/api/ask", **opened) == (200, b"0")


def test_a_caller_sets_how_much_a_path_takes() -> None:
    limits = {"/gradio_api/queue/join": 100_000, "/api/ask": 10}

    assert _guarded("/gradio_api/queue/join", b"x" * 100_000, body_limits=limits) == (200, b"100000")
    status, body = _guarded("/gradio_api/queue/join", b"x" * 100_001, body_limits=limits)
    assert (status, json.loads(body)) == (413, {"error": "The body must be at most 100,000 bytes."})
    assert _guarded("/api/ask", b"x" * 11, body_limits=limits)[0] == 413
    assert _guarded("/gradio_api/queue/data", b"x" * (MAX_BODY_BYTES + 1), body_limits=limits)[0] == 413
    assert _guarded("/v1/chat/completions", b"x" * 1_048_576, body_limits=limits) == (200, b"1048576")


def test_headers_of_the_guard_stand_once_whatever_the_application_says() -> None:
    response = TestClient(Guard(_echo, host="127.0.0.1"), base_url="http://127.0.0.1").get("/")

    assert response.headers.get_list("x-frame-options") == ["DENY"]


def test_a_refusal_has_the_shape_that_the_paths_clients_read(client: TestClient) -> None:
    refused = client.post("/v1/chat/completions", json={}, headers={"origin": "http://evil.example"})
    large = client.post("/v1/chat/completions", content=b"x" * 1_048_577, headers=JSON)

    assert refused.json()["error"]["message"] == "Requests from other sites are not answered."
    assert (large.status_code, large.json()["error"]) == (
        413,
        {
            "message": "The body must be at most 1,048,576 bytes.",
            "type": "invalid_request_error",
            "param": None,
            "code": "too_large",
        },
    )
    assert client.get("/v1/absent").json()["error"]["code"] == "not_found"
    assert client.get("/absent").json() == {"error": "There is nothing here."}


@pytest.mark.parametrize("headers", [{"host": "["}, {"host": "127.0.0.1", "origin": "http://["}, {"origin": "//"}])
def test_an_address_that_cannot_be_read_is_refused(client: TestClient, headers: dict[str, str]) -> None:
    assert client.get("/healthz", headers=headers).status_code in (403, 421)


@pytest.mark.parametrize("length", ["-1", "1e3", "", "9" * 30, "²"])
def test_a_length_that_is_none_is_refused(length: str) -> None:
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        raise AssertionError("the body was read")

    async def send(message: Message) -> None:
        sent.append(message)

    asyncio.run(Guard(_echo, host="127.0.0.1")(_scope(content_length=length), receive, send))  # type: ignore[arg-type]
    assert sent[0]["status"] == 413


def test_a_client_that_reads_nothing_is_given_up() -> None:
    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        await asyncio.sleep(60)

    with pytest.raises(TimeoutError):
        asyncio.run(Guard(_echo, host="127.0.0.1", send_seconds=0.05)(_scope(), receive, send))


def test_a_websocket_is_closed(client: TestClient) -> None:
    for path in ("/", "/api/ask", "/gradio_api/queue/join"):
        with pytest.raises(WebSocketDisconnect), client.websocket_connect(path):
            pass


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "/api/ask", "POST"),
        ("DELETE", "/api/ask", "POST"),
        ("POST", "/api/articles", "GET, HEAD"),
        ("PUT", "/api/articles/cards", "GET, HEAD"),
        ("POST", "/v1/models/xiaoka", "GET, HEAD"),
        ("GET", "/v1/chat/completions", "POST"),
        ("OPTIONS", "/v1/chat/completions", "POST"),
        ("POST", "/api/openapi.json", "GET, HEAD"),
        ("POST", "/healthz", "GET, HEAD"),
    ],
)
def test_no_other_method_falls_through_to_the_page_behind(
    client: TestClient, method: str, path: str, allowed: str
) -> None:
    response = client.request(method, path)

    assert (response.status_code, response.headers["allow"]) == (405, allowed)


@pytest.mark.parametrize(
    "path", ["/api/articles/../../config", "/api/articles/%2e%2e/%2e%2e/etc/passwd", "/api/articles/"]
)
def test_an_articles_path_leads_nowhere_else(client: TestClient, path: str) -> None:
    response = client.get(path)

    assert response.status_code == 404
    assert "passwd" not in response.text
