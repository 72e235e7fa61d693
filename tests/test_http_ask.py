"""`POST /api/ask`, health and the guard, as programs and browsers meet them."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator, Sequence

import pytest
from starlette.testclient import TestClient

from assistant.answer import Answer
from assistant.http.bounded import BoundedAssistant, Busy
from assistant.http.guard import MAX_BODY_BYTES, Guard
from assistant.server import create_api
from tests.api_server import client_of
from tests.fake_assistant import ABSTAIN, PROCEDURE, FakeAssistant


@pytest.fixture
def assistant() -> FakeAssistant:
    return FakeAssistant()


@pytest.fixture
def client(assistant: FakeAssistant) -> Iterator[TestClient]:
    with client_of(assistant) as client:
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
        "/gradio_api/run/respond",
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
