"""Answers of a chat model over HTTP: checked pieces as they come, what takes them back, and who waits for whom."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from assistant.assistant import Assistant
from assistant.chat_model import ModelFailed
from assistant.http.chat import chat_text
from assistant.writer import Writer
from tests.api_server import api_served, client_of
from tests.assistants import small
from tests.fake_models import HeldModel, ScriptedModel
from tests.shop_card import ARTICLE, GOOD, QUESTION, STEPS, reply

OTHER = "# 健身卡\n\n## 健身卡怎么注销\n\n1. 带上健身卡到前台。\n2. 在退卡单上签字。\n"
UNCLEAR = "我的卡怎么注销？"  # asked back by the rules, without a model


def asking(model: ScriptedModel) -> Assistant:
    return small({"shop.md": ARTICLE, "gym.md": OTHER}, writer=Writer(model))


def streamed(model: ScriptedModel) -> list[tuple[str, Any]]:
    """The events of a streamed answer, each with its data."""
    with client_of(asking(model)) as client:
        text = client.post("/api/ask", json={"question": QUESTION, "stream": True}).text
    events = []
    for block in text.split("\n\n")[:-1]:
        name, data = block.split("\n")
        events.append((name.removeprefix("event: "), json.loads(data.removeprefix("data: "))))
    return events


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_checked_pieces_are_sent_as_they_come_and_joined_they_are_the_answer() -> None:
    events = streamed(ScriptedModel([GOOD]))

    names = [name for name, _ in events]
    assert names == ["writing", *["delta"] * 5, "answer", "done"]
    answer = events[-2][1]
    assert "".join(data["text"] for name, data in events if name == "delta") == answer["text"]
    assert answer["generator"] == "openai:scripted"


def test_what_does_not_hold_after_all_is_taken_back_by_an_event_of_its_own() -> None:
    events = streamed(ScriptedModel([reply(without=3)]))

    names = [name for name, _ in events]
    at = names.index("replace")
    assert names[:at] == ["writing", *["delta"] * (at - 1)]
    assert at > 1
    answer = events[-2][1]
    assert "".join(data["text"] for name, data in events[at:] if name == "delta") == answer["text"]
    assert answer["notice"]["kind"] == "steps"


def test_who_leaves_a_stream_ends_the_models_work() -> None:
    model = HeldModel([GOOD], n_free=8)
    with api_served(asking(model)) as (host, port):
        body = {"question": QUESTION, "stream": True}
        with httpx.stream("POST", f"http://{host}:{port}/api/ask", json=body, timeout=20) as response:
            next(response.iter_lines())

        assert model.stopped.wait(10)
        until(lambda: model.n_inside == 0)


def test_who_leaves_before_a_whole_answer_is_there_ends_the_models_work() -> None:
    model = HeldModel([GOOD])
    with api_served(asking(model)) as (host, port):
        with pytest.raises(httpx.ReadTimeout):
            httpx.post(f"http://{host}:{port}/api/ask", json={"question": QUESTION}, timeout=1)

        assert model.stopped.wait(10)


def test_answers_that_wait_for_a_model_take_no_place_of_the_others() -> None:
    model = HeldModel([GOOD])
    with api_served(asking(model)) as (host, port):
        address = f"http://{host}:{port}"
        answers: list[dict[str, Any]] = []

        def ask() -> None:
            response = httpx.post(f"{address}/api/ask", json={"question": QUESTION}, timeout=60)
            answers.append(response.json())

        threads = [threading.Thread(target=ask) for _ in range(12)]
        for thread in threads:
            thread.start()
        until(lambda: model.n_inside == 12)
        response = httpx.post(f"{address}/api/ask", json={"question": UNCLEAR}, timeout=5)
        model.may_go_on.set()
        for thread in threads:
            thread.join()

    assert response.json()["outcome"] == "clarified"
    assert [answer["notice"] for answer in answers] == [None] * 12


def test_readiness_asks_no_model() -> None:
    model = ScriptedModel([GOOD])
    with client_of(asking(model)) as client:
        assert client.get("/readyz").status_code == 200

    assert model.sent == []


def test_a_chat_client_gets_only_what_cannot_be_taken_back() -> None:
    body = {"messages": [{"role": "user", "content": QUESTION}], "stream": True}
    with client_of(asking(ScriptedModel([reply(without=3)]))) as client:
        lines = client.post("/v1/chat/completions", json=body).text.split("\n\n")[:-2]
    deltas = [json.loads(line.removeprefix("data: "))["choices"][0]["delta"] for line in lines]
    text = "".join(delta.get("content", "") for delta in deltas)

    assert text.startswith("> 模型 openai:scripted 的回答缺了步骤")
    assert text.count("**核对余额**") == 2  # in the answer, and quoted below it
    assert deltas[-1]["xiaoka"]["notice"]["kind"] == "steps"


def test_a_notice_opens_the_text_of_a_chat() -> None:
    answer = asking(ScriptedModel([ModelFailed("late", kind="timeout")])).ask([QUESTION])

    assert chat_text(answer).startswith(
        "> 模型 openai:scripted 没有在限定时间内答完。下面是文章自己的文字。\n\n**书店储值卡"
    )


def test_pieces_are_sent_before_the_model_is_done() -> None:
    model = HeldModel([f"{STEPS[0]}\n{STEPS[1]}\n{STEPS[2]}\n{STEPS[3]}"], n_free=8)
    with api_served(asking(model)) as (host, port):
        body = {"question": QUESTION, "stream": True}
        with httpx.stream("POST", f"http://{host}:{port}/api/ask", json=body, timeout=20) as response:
            lines = response.iter_lines()
            seen = [next(lines) for _ in range(5)]
            inside = model.n_inside
            model.may_go_on.set()
            rest = list(lines)

    assert inside == 1
    assert any("带上本人身份证和储值卡" in line for line in seen)
    assert "event: done" in rest
