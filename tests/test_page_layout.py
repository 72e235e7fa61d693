from __future__ import annotations

import html
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from assistant.page.conversation import Conversation, Held, new_conversation, read_held, shown
from tests.fake_assistant import PROCEDURE, FakeAssistant
from tests.page_server import served


@pytest.fixture(scope="module")
def page() -> Iterator[tuple[str, FakeAssistant]]:
    assistant = FakeAssistant()
    with served(assistant) as address:
        yield address, assistant


def run(address: str, target: tuple[str, str], data: list[object], *, language: str = "en") -> list[list[Any]]:
    """What the page is sent when something is used as its own script does: the outputs after each step.

    Args:
        address: The page's.
        target: The id of the part that is used, empty for the page itself, and how.
        data: The inputs, in their order.
        language: The browser's.
    """
    with httpx.Client(base_url=address, trust_env=False, timeout=60, headers={"accept-language": language}) as client:
        config = client.get("/config").json()
        ids = {part["props"].get("elem_id"): part["id"] for part in config["components"]}
        wanted = [one for one in config["dependencies"] for of, how in one["targets"] if how == target[1]
                  and of == ids.get(target[0], of)]  # fmt: skip
        sent = {
            "data": data,
            "fn_index": wanted[0]["id"],
            "trigger_id": ids.get(target[0]),
            "event_data": None,
            "session_hash": "abc",
        }
        # Written out here, as httpx would refuse half of a character, which a browser sends.
        called = "queue/join" if wanted[0]["queue"] else "run/predict"
        joined = client.post(
            f"/gradio_api/{called}", content=json.dumps(sent), headers={"content-type": "application/json"}
        )
        assert joined.status_code == 200, joined.text
        if not wanted[0]["queue"]:
            return [joined.json()["data"]]
        states: list[list[Any]] = []
        with client.stream("GET", "/gradio_api/queue/data", params={"session_hash": "abc"}) as stream:
            for line in stream.iter_lines():
                told = json.loads(line.removeprefix("data: ")) if line.startswith("data: ") else {}
                if told.get("msg") == "process_generating":
                    states.append(told["output"]["data"])
                if told.get("msg") == "process_completed":
                    assert told["success"], told
                    # What came in steps is repeated at the end.
                    return states or [told["output"]["data"]]
    raise AssertionError("it did not come to its end")


def ask(
    address: str, text: object, kept: Conversation | None = None, language: str = "en", **more: object
) -> list[list[Any]]:
    """What is held, messages, and the two buttons, as the page is sent them while a question is answered."""
    return press(address, json.dumps({"text": text, **more, "at": 5}), held(kept), language=language)


def press(address: str, pressed: object, kept: object = "", *, language: str = "en") -> list[list[Any]]:
    """What the page is sent when its script has filled in what was pressed."""
    return run(address, ("xk-press", "click"), [pressed, kept], language=language)


def held(conversation: Conversation | None, handled: int = 0) -> str:
    """What a page holds, as its script sends it."""
    return Held(conversation=conversation or new_conversation(), handled=handled).model_dump_json()


def pending(states: list[list[Any]]) -> str:
    """The question that is being answered after a way of asking was used."""
    return read_held(states[0][0]).conversation.pending


def test_a_question_is_answered_through_the_page() -> None:
    assistant = FakeAssistant()
    with served(assistant) as address:
        states = ask(address, "交通卡怎么注销？")

    first, messages, send, stop = states[0]
    kept = read_held(first)
    assert (kept.conversation.turns, kept.conversation.pending, kept.handled) == ((), "交通卡怎么注销？", 5)
    assert messages[0]["content"]
    assert (send["visible"], stop["visible"]) == (False, True)
    assert len(states) >= 3
    assert assistant.asked[0] == ("交通卡怎么注销？",)


@pytest.mark.parametrize(
    ("language", "told"), [("en-GB", "Something went wrong"), ("zh-CN", "程序出错了"), ("zh-TW", "程式出錯了")]
)
def test_a_failure_is_told_in_the_visitors_language(
    page: tuple[str, FakeAssistant], language: str, told: str, caplog: pytest.LogCaptureFixture
) -> None:
    sent = json.dumps(ask(page[0], "break", language=language), ensure_ascii=False)

    assert told in html.unescape(sent)
    assert "sk-secret" not in sent
    assert "sk-secret" in caplog.text


@pytest.mark.parametrize("text", ["卡\0", "x" * 2001])
def test_a_question_that_cannot_be_asked_is_refused(page: tuple[str, FakeAssistant], text: str) -> None:
    assert "The question cannot be used" in html.unescape(json.dumps(ask(page[0], text)))


@pytest.mark.parametrize("kept", [None, 7, {"a": 1}, "[" * 100_000, '{"conversation": {"entries": 7}}', "\ud800"])
def test_whatever_is_sent_as_a_conversation_begins_a_new_one(page: tuple[str, FakeAssistant], kept: object) -> None:
    states = press(page[0], '{"text": "我的卡", "at": 5}', kept)

    assert pending(states) == "我的卡"


def test_a_conversation_that_the_browser_kept_goes_on() -> None:
    assistant = FakeAssistant()
    kept = new_conversation().answered("我的卡", shown(PROCEDURE, assistant.document))
    with served(assistant) as address:
        states = ask(address, "交通卡", kept)

    assert assistant.asked[0] == ("我的卡", "交通卡")
    assert read_held(states[0][0]).conversation.conversation_id == kept.conversation_id


def test_an_entry_is_asked_anew() -> None:
    assistant = FakeAssistant()
    answer = shown(PROCEDURE, assistant.document)
    kept = new_conversation().answered("我的卡", answer).answered("交通卡", answer)
    with served(assistant) as address:
        ask(address, "银行卡", kept, index=1)

    assert assistant.asked[0] == ("我的卡", "银行卡")


def test_another_conversation_is_opened_and_its_pending_question_is_unasked() -> None:
    assistant = FakeAssistant()
    other = new_conversation().answered("我的卡", shown(PROCEDURE, assistant.document)).asking("银行卡")
    with served(assistant) as address:
        (state,) = ask(address, "", open=json.loads(other.model_dump_json()))

    assert read_held(state[0]) == Held(conversation=other.settled(), handled=5, unasked="银行卡")
    assert assistant.asked == []


@pytest.mark.parametrize("at", [0, 5])
def test_what_was_taken_up_already_is_not_done_again(page: tuple[str, FakeAssistant], at: int) -> None:
    n_asked = len(page[1].asked)
    sent = json.dumps({"text": "我的卡", "at": at})
    (state,) = press(page[0], sent, held(None, handled=5))

    assert state == [{"__type__": "update"}] * 4
    assert len(page[1].asked) == n_asked


@pytest.mark.parametrize(
    "pressed",
    [
        None,
        "",
        "[" * 100_000,
        {"text": "x"},
        "\ud800",
        '{"text": "x", "at": -1}',
        '{"text": "x", "at": 1.5}',
        '{"text": "x", "at": [7]}',
    ],
)
def test_a_press_that_no_page_of_ours_sends_changes_nothing(page: tuple[str, FakeAssistant], pressed: object) -> None:
    n_asked = len(page[1].asked)
    (state,) = press(page[0], pressed)

    assert state == [{"__type__": "update"}] * 4
    assert len(page[1].asked) == n_asked


@pytest.mark.parametrize("pressed", ['{"index": -1, "text": "x", "at": 7}', '{"text": "\\ud800", "at": 7}'])
def test_what_cannot_be_used_is_taken_up_and_asks_nothing(page: tuple[str, FakeAssistant], pressed: str) -> None:
    n_asked = len(page[1].asked)
    kept = new_conversation().answered("我的卡", shown(PROCEDURE, page[1].document))
    (state,) = press(page[0], pressed, held(kept))

    assert read_held(state[0]) == Held(conversation=kept, handled=7)
    assert len(page[1].asked) == n_asked


# --- what else is pressed ----------------------------------------------------


def test_an_answer_that_is_stopped_leaves_its_question_unasked(page: tuple[str, FakeAssistant]) -> None:
    kept = new_conversation().answered("我的卡", shown(PROCEDURE, page[1].document))
    ((state, messages, send, stop),) = run(page[0], ("xk-stop", "click"), [held(kept.asking("交通卡"), handled=5)])

    assert read_held(state) == Held(conversation=kept, handled=5, unasked="交通卡")
    assert len(messages) == 2
    assert (send["visible"], stop["visible"]) == (True, False)


@pytest.mark.parametrize("target", [("xk-new", "click"), ("xk-chat", "clear")])
def test_a_new_conversation_is_empty(page: tuple[str, FakeAssistant], target: tuple[str, str]) -> None:
    kept = new_conversation().answered("我的卡", shown(PROCEDURE, page[1].document))
    ((state, messages, *_),) = run(page[0], target, [held(kept, handled=5)])

    begun = read_held(state)
    assert (begun.conversation.entries, begun.handled, messages) == ([], 5, [])
    assert begun.conversation.conversation_id != kept.conversation_id


@pytest.mark.parametrize(
    ("language", "examples"),
    [
        ("zh-CN", ["交通卡怎么注销？", "卡不用了怎么办？"]),
        ("zh-TW", ["交通卡怎么注销？", "卡不用了怎么办？"]),
        ("de", ["How do I cancel a transport card?"]),
    ],
)
def test_the_page_greets_with_examples_and_what_is_covered(
    page: tuple[str, FakeAssistant], language: str, examples: list[str]
) -> None:
    ((chat, *subjects),) = run(page[0], ("", "load"), [], language=language)

    assert [example["text"] for example in chat["examples"]] == examples
    assert [one["value"] for one in subjects if one["visible"]] == ["交通卡", "银行卡"]
    assert len(subjects) == 12
