from __future__ import annotations

import html
import itertools
import json
import logging
import threading
from collections.abc import Generator, Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.answer import Answer, LeftOut, Notice
from assistant.chat_model import ModelFailed
from assistant.http.bounded import BoundedAssistant, Busy
from assistant.masking import mask
from assistant.page.chat import Running, View, act, ask, view_of
from assistant.page.conversation import (
    Action,
    Conversation,
    Entry,
    Held,
    new_conversation,
    read_action,
    read_held,
    shown,
)
from assistant.page.markdown import error_message, messages_of
from assistant.streaming import Cancelled, Delta, Event, Replaced, Writing, never
from corpus.document import Document
from corpus.errors import UnusableInput
from tests.fake_assistant import ABSTAIN, CLARIFY, PROCEDURE, FakeAssistant, citation

ID = "0123456789abcdef"
QUESTION = "交通卡怎么注销？"
MORE = replace(PROCEDURE, text="带上身份证件。[1]", steps=(), citations=(citation(1, "带上"),))
LANGUAGES = ("en", "zh", "zh-Hant")


class Failing(FakeAssistant):
    """An assistant that raises an error at every question whose last turn is in `errors`."""

    def __init__(self, errors: dict[str, Exception], **more: Any) -> None:  # noqa: ANN401 - fields of the fake
        super().__init__(**more)
        self.errors = errors

    def ask(self, turns: Sequence[str]) -> Answer:
        if turns[-1] in self.errors:
            raise self.errors[turns[-1]]
        return super().ask(turns)


def back(sent: Conversation) -> Conversation:
    """What a browser sends back."""
    return read_held(Held(conversation=sent).model_dump_json()).conversation


def conversation(*questions: str, pending: str = "") -> Conversation:
    answer = shown(CLARIFY, FakeAssistant().document)
    entries = [Entry(question=question, answer=answer) for question in questions]
    return Conversation(conversation_id=ID, entries=entries, pending=pending)


def views(assistant: FakeAssistant, text: object, *before: str, language: str = "en") -> list[View]:
    return list(ask(assistant, conversation(*before), text, language))


def told(view: View) -> str:
    """The last message as it is read."""
    return html.unescape(str(view.messages[-1]["content"]))


# A question and its answer


def test_an_answer_is_awaited_grows_is_whole_and_then_offers_more() -> None:
    assistant = FakeAssistant(answers={"有什么要注意的？": MORE})
    running, first, second, whole, offering = views(assistant, QUESTION, "我的卡")
    answer = shown(PROCEDURE, assistant.document)
    asked = conversation("我的卡").asking(QUESTION)
    parts = [
        answer.model_copy(update={"text": text, "citations": []})
        for text in ("**交通卡** 分两步注销：", "**交通卡** 分两步注销：\n\n1. 带上身份证件。[1]")
    ]

    assert running == View(conversation=asked, messages=messages_of(asked), running=True)
    for view, part in zip((first, second), parts, strict=True):
        growing = conversation("我的卡").answered(QUESTION, part)
        assert view == View(conversation=asked, messages=messages_of(growing), running=True)
    done = conversation("我的卡").answered(QUESTION, answer)
    assert whole == View(conversation=done, messages=messages_of(done))
    more = conversation("我的卡").answered(QUESTION, answer.offering(("有什么要注意的？",)))
    assert offering == View(conversation=more, messages=messages_of(more))


def test_what_grows_cannot_be_pressed_before_it_is_whole() -> None:
    *growing, whole = views(FakeAssistant(), QUESTION)

    assert all("xk-marker" not in told(view) and "xk-sources" not in told(view) for view in growing)
    assert "xk-marker" in told(whole)


def test_a_stopped_answer_leaves_its_question_to_be_asked_again() -> None:
    for view in views(FakeAssistant(), QUESTION, "我的卡")[:-1]:
        restored = back(view.conversation)
        assert view_of(restored) == View(
            conversation=conversation("我的卡"), messages=messages_of(conversation("我的卡")), unasked=QUESTION
        )


def test_a_long_answer_grows_in_a_few_parts_that_each_begin_the_next() -> None:
    text = "\n".join(f"{n}. 第{n}步。" for n in range(1, 101))
    _, *parts, whole = views(FakeAssistant(answers={"x": replace(PROCEDURE, text=text, citations=())}), "x")
    shown_parts = [told(view).removesuffix("\n\n</div>") for view in [*parts, whole]]

    assert len(parts) == 4
    assert all(later.startswith(earlier) for earlier, later in itertools.pairwise(shown_parts))
    assert shown_parts[-1].endswith("100. 第100步。")
    assert len(set(shown_parts)) == 5


def test_an_answer_of_one_line_is_whole_at_once() -> None:
    running, whole, offering = views(FakeAssistant(), "天气怎么样？")

    assert (running.running, whole.running) == (True, False)
    assert "The articles do not say." in told(whole)
    assert offering.messages[-1]["options"] == [
        {"value": "How do I cancel a transport card?", "label": "How do I cancel a transport card?"}
    ]


def test_an_answered_question_is_not_put_back_into_the_box() -> None:
    assert [view.unasked for view in views(FakeAssistant(), QUESTION)] == ["", "", "", ""]


def test_a_follow_up_is_asked_with_the_turns_before_it() -> None:
    assistant = FakeAssistant()
    first = list(ask(assistant, new_conversation(), "我的卡", "zh"))[-1]
    second = list(ask(assistant, first.conversation, "交通卡", "zh"))[-1]

    assert first.messages[-1]["options"] == [
        {"value": "交通卡", "label": "交通卡"},
        {"value": "银行卡", "label": "银行卡"},
    ]
    assert assistant.asked[:2] == [("我的卡",), ("我的卡", "交通卡")]
    assert second.conversation.turns == ("我的卡", "交通卡")
    assert len(second.messages) == 4


def test_a_question_that_was_pending_is_not_a_turn() -> None:
    assistant = FakeAssistant()
    list(ask(assistant, conversation("我的卡", pending="银行卡"), "交通卡", "zh"))

    assert assistant.asked[0] == ("我的卡", "交通卡")


def test_a_question_that_fails_leaves_none_pending_that_was_before() -> None:
    *_, failed = ask(FakeAssistant(), conversation("我的卡", pending="银行卡"), "break", "zh")

    assert failed.conversation == conversation("我的卡")


@pytest.mark.parametrize("text", ["", "  ", "\n\t", "\u3000"])
def test_a_blank_question_asks_nothing(text: str) -> None:
    assistant = FakeAssistant()

    assert views(assistant, text, "我的卡") == [view_of(conversation("我的卡"))]
    assert assistant.asked == []


def test_every_view_can_be_sent_to_a_browser_and_back() -> None:
    for view in views(FakeAssistant(answers={"有什么要注意的？": MORE}), QUESTION, "我的卡"):
        assert back(view.conversation) == view.conversation
        json.dumps(view.messages).encode()


# Personal numbers


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("6222 0212 3456 7890 123 这张交通卡怎么注销？", "****0123 这张交通卡怎么注销？"),
        ("交通卡，身份证 11010519491231002X", "交通卡，身份证 ****002X"),
        ("交通卡，写信给 li.lei@example.org", "交通卡，写信给 ****@****"),
    ],
)
def test_numbers_of_cards_and_people_are_asked_shown_and_kept_masked(typed: str, kept: str) -> None:
    assistant = FakeAssistant(answers={"有什么要注意的？": MORE})
    seen = views(assistant, typed, "我的卡")

    assert assistant.asked[0] == ("我的卡", kept)
    assert all(turns[1] == kept for turns in assistant.asked)
    assert seen[-1].conversation.turns == ("我的卡", kept)
    for view in seen:
        everything = view.conversation.model_dump_json() + html.unescape(json.dumps(view.messages, ensure_ascii=False))
        assert not any(part in everything for part in ("6222", "0212 3456", "110105", "19491231", "li.lei"))


def test_a_question_that_is_put_back_after_a_failure_is_masked() -> None:
    number = "6222021234567890123"
    last = views(FakeAssistant(), number + "x" * 2000)[-1]

    assert last.unasked.startswith("****0123")
    assert number not in json.dumps(last.messages)


@given(st.text(min_size=1))
@settings(deadline=None)
def test_whatever_is_asked_is_kept_as_its_mask(text: str) -> None:
    last = views(FakeAssistant(), text)[-1]

    assert last.conversation.turns in ((), (mask(text),))


# Failures


def words(view: View) -> str:
    """The words of the last message, which is a failure's."""
    content = html.unescape(str(view.messages[-1]["content"]))
    assert content.startswith('<div class="xk-answer xk-error" role="alert">\n\n<p class="xk-label">')
    label, advice = content.removesuffix("\n\n</div>").split('<p class="xk-label">')[1].split("</p>\n\n")
    return f"{label} | {advice}"


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        (
            "en",
            "Something went wrong | This is a fault of the program, not of your question, and no answer. Ask again; if "
            "it happens again, tell whoever runs this page. The log says more.",
        ),
        (
            "zh",
            "程序出错了 | 这是程序的故障，不是您的问题有误，也不是回答。请再问一次；如果仍然出错，请告诉本页的管理员，"
            "日志里有详情。",
        ),
        (
            "zh-Hant",
            "程式出錯了 | 這是程式的故障，不是您的問題有誤，也不是回答。請再問一次；如果仍然出錯，請告訴本頁的管理員，"
            "日誌裡有詳情。",
        ),
    ],
)
def test_a_failure_is_shown_as_one_and_tells_nothing_of_the_inside(
    language: str, expected: str, caplog: pytest.LogCaptureFixture
) -> None:
    running, failed = views(FakeAssistant(), "break", "a", language=language)

    assert running.running
    assert words(failed) == expected
    assert (failed.conversation, failed.unasked, failed.running) == (conversation("a"), "break", False)
    assert failed.messages[:-1] == messages_of(conversation("a", pending="break"))
    assert "sk-secret" not in json.dumps(failed.messages)
    assert "sk-secret at /home/someone" in caplog.text


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("en", "Too many questions at the moment | Your question was not answered. Ask again in a few seconds."),
        ("zh", "同时提问的人太多 | 您的问题还没有得到回答，请过几秒再问。"),
        ("zh-Hant", "同時提問的人太多 | 您的問題還沒有得到回答，請過幾秒再問。"),
    ],
)
def test_a_question_that_finds_no_place_is_put_back(
    language: str, expected: str, caplog: pytest.LogCaptureFixture
) -> None:
    entered, leave = threading.Event(), threading.Event()

    class Slow(FakeAssistant):
        def ask(self, turns: Sequence[str]) -> Answer:
            entered.set()
            leave.wait(30)
            return super().ask(turns)

    bounded = BoundedAssistant(Slow(), n_at_once=1, wait_seconds=0.01)
    other = threading.Thread(target=bounded.ask, args=(["交通卡"],))
    other.start()
    assert entered.wait(30)
    refused = list(ask(bounded, conversation("a"), QUESTION, language))[-1]
    leave.set()
    other.join()

    assert words(refused) == expected
    assert (refused.conversation, refused.unasked) == (conversation("a"), QUESTION)
    assert caplog.records == []


UNUSABLE = {
    "en": "The question cannot be used | It holds characters that cannot be read. Type it again, without pasting.",
    "zh": "这个问题无法使用 | 其中有无法识别的字符。请不要粘贴，重新输入一遍。",
    "zh-Hant": "這個問題無法使用 | 其中有無法識別的字元。請不要貼上，重新輸入一遍。",
}
TOO_LONG = {
    "en": "The question cannot be used | It is too long: at most 2000 characters can be asked at once. Shorten it.",
    "zh": "这个问题无法使用 | 太长了：一次最多问 2000 个字。请缩短一些。",
    "zh-Hant": "這個問題無法使用 | 太長了：一次最多問 2000 個字。請縮短一些。",
}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "text",
    [
        None,
        7,
        True,
        ["卡"],
        {"a": 1},
        "a\0",
        "卡\ud800",
        "\udc80" * 3000,
        "字" * 1500 + "\0",  # long, but not too long
        "refuse",
    ],
    ids=str,
)
def test_what_cannot_be_asked_is_refused_on_the_page(text: object, language: str) -> None:
    assistant = FakeAssistant()
    *_, refused = views(assistant, text, "a", language=language)

    assert words(refused) == UNUSABLE[language]
    assert refused.conversation == conversation("a")
    assert "kinder" not in json.dumps(refused.messages)
    assert assistant.asked in ([], [("a", "refuse")])


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "text",
    [
        "字" * 2001,
        "\ufdfa" * 200,  # 18 characters each, once folded
        "x" * 1_000_000,
        "\u1100\u1161\u11a8" * 1400,  # three characters that fold to one
        "a@b.cc " * 500,  # grows when it is masked
    ],
    ids=["one too many", "unfolded", "a million", "folded", "masked"],
)
def test_a_question_that_is_too_long_says_so_and_how_long_it_may_be(text: str, language: str) -> None:
    assistant = FakeAssistant()
    running, refused = views(assistant, text, "a", language=language)

    assert words(refused) == TOO_LONG[language]
    assert assistant.asked == []
    assert len(refused.unasked) <= 4000
    # What is sent to the browser meanwhile comes back as it was.
    assert back(running.conversation) == running.conversation


def test_the_longest_question_is_asked() -> None:
    assistant = FakeAssistant()
    views(assistant, "字" * 2000)

    assert assistant.asked == [("字" * 2000,)]


@pytest.mark.parametrize("text", ["卡\ud800", "\udc80", "a\0b"])
def test_half_of_a_character_breaks_nothing_that_is_sent_back(text: str) -> None:
    for view in views(FakeAssistant(), text):
        assert back(view.conversation) == view.conversation
        json.dumps([view.messages, view.unasked], ensure_ascii=False).encode()


FULL = {
    "en": "This conversation is full | Start a new one with the button above; this one stays under the earlier "
    "conversations.",
    "zh": "这段对话太长了 | 请点上方的“新对话”重新开始；这一段会留在“以前的对话”里。",
    "zh-Hant": "這段對話太長了 | 請點上方的「新對話」重新開始；這一段會留在「以前的對話」裡。",
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_conversation_has_an_end(language: str) -> None:
    assistant = FakeAssistant()
    *_, refused = views(assistant, QUESTION, *["x"] * 50, language=language)

    assert words(refused) == FULL[language]
    assert (len(refused.conversation.turns), refused.unasked) == (50, QUESTION)
    assert assistant.asked == []


def test_the_last_answer_of_a_conversation_offers_nothing_that_could_not_be_asked() -> None:
    assistant = FakeAssistant(answers={"有什么要注意的？": MORE})
    last = views(assistant, QUESTION, *["x"] * 49)[-1]

    assert last.conversation.full
    assert last.messages[-1]["options"] == []
    assert len(assistant.asked) == 1


def test_an_answer_whose_article_is_gone_meanwhile_is_shown_with_its_words() -> None:
    class Emptied(FakeAssistant):
        def document(self, doc_id: str) -> Document:
            raise UnusableInput(f"`doc_id` must be the id of an article; got {doc_id!r}.")

    last = views(Emptied(), QUESTION)[-1]

    assert last.conversation.turns == (QUESTION,)
    assert "<q>带上身份证件。</q>" in told(last)


def test_a_fault_while_an_answer_is_prepared_is_a_failure(caplog: pytest.LogCaptureFixture) -> None:
    class Broken(FakeAssistant):
        def document(self, doc_id: str) -> Document:
            raise RuntimeError(f"sk-secret of {doc_id}")

    *_, failed = views(Broken(), QUESTION)

    assert words(failed).startswith("Something went wrong | ")
    assert failed.conversation.turns == ()
    assert "sk-secret" in caplog.text


def test_an_answer_that_is_too_long_to_be_kept_is_a_failure_and_not_half_an_answer() -> None:
    *_, failed = views(FakeAssistant(answers={"x": replace(ABSTAIN, text="字" * 60_001)}), "x")

    assert words(failed).startswith("Something went wrong | ")


@pytest.mark.parametrize("error", [Busy(), RuntimeError("sk-secret"), UnusableInput("`question` must be kinder.")])
def test_what_goes_wrong_below_an_answer_takes_nothing_from_it(
    error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    tried = ("需要带什么？", "有什么要注意的？", "去哪里办？", "第1步具体怎么做？", "要多久？")
    last = views(Failing(dict.fromkeys(tried, error)), QUESTION)[-1]

    assert last.conversation.turns == (QUESTION,)
    assert last.messages[-1]["options"] == []
    assert "xk-answered" in told(last)
    assert [record.levelno for record in caplog.records] == ([logging.ERROR] if type(error) is RuntimeError else [])


# What is pressed


def pressed(assistant: FakeAssistant, action: Action, *before: str) -> list[View]:
    return list(act(assistant, conversation(*before), action, "en"))


def test_a_text_is_asked_in_the_conversation_in_view() -> None:
    assert pressed(FakeAssistant(), Action(text=QUESTION), "a")[-1].conversation.turns == ("a", QUESTION)


def test_an_action_without_a_text_shows_the_conversation_and_asks_nothing() -> None:
    assistant = FakeAssistant()

    assert pressed(assistant, Action(), "a") == [view_of(conversation("a"))]
    assert assistant.asked == []


def test_an_action_that_cannot_be_used_changes_nothing() -> None:
    assistant = FakeAssistant()

    assert pressed(assistant, read_action('{"index": -1, "text": "b"}'), "a") == [view_of(conversation("a"))]


def test_another_conversation_is_opened_with_what_was_pending_in_the_box() -> None:
    other = Conversation(conversation_id="f" * 16, entries=conversation("b").entries, pending="银行卡")
    (view,) = pressed(FakeAssistant(), Action(open=other), "a")

    assert view == View(conversation=other.settled(), messages=messages_of(other.settled()), unasked="银行卡")


def test_an_entry_that_is_asked_anew_replaces_itself_and_those_after_it() -> None:
    assistant = FakeAssistant()
    last = pressed(assistant, Action(index=1, text=QUESTION), "a", "b", "c")[-1]

    assert assistant.asked[0] == ("a", QUESTION)
    assert last.conversation.turns == ("a", QUESTION)
    assert last.conversation.conversation_id == ID


def test_a_retry_is_asked_without_its_own_answer() -> None:
    assistant = FakeAssistant()
    last = pressed(assistant, Action(index=0, text="我的卡"), "我的卡")[-1]

    assert assistant.asked == [("我的卡",)]
    assert last.conversation.turns == ("我的卡",)


def test_an_index_beyond_the_last_entry_asks_below_it() -> None:
    assert pressed(FakeAssistant(), Action(index=50, text="我的卡"), "a")[-1].conversation.turns == (
        "a",
        "我的卡",
    )


def test_a_question_is_asked_in_the_conversation_that_is_opened_with_it() -> None:
    other = Conversation(conversation_id="f" * 16, entries=conversation("b", "c").entries)
    last = pressed(FakeAssistant(), Action(open=other, index=1, text="我的卡"), "a")[-1]

    assert (last.conversation.conversation_id, last.conversation.turns) == ("f" * 16, ("b", "我的卡"))


def test_a_full_conversation_can_be_asked_anew_from_an_entry() -> None:
    last = pressed(FakeAssistant(), Action(index=49, text="我的卡"), *["x"] * 50)[-1]

    assert last.conversation.turns == (*["x"] * 49, "我的卡")


def test_a_failed_retry_loses_no_entry() -> None:
    *_, failed = pressed(FakeAssistant(), Action(index=1, text="break"), "a", "b")

    assert failed.conversation.turns == ("a", "b")
    assert failed.unasked == "break"
    assert failed.messages[-1] == error_message(
        "Something went wrong",
        "This is a fault of the program, not of your question, and no answer. Ask again; if it happens again, tell "
        "whoever runs this page. The log says more.",
    )


# An answer that a chat model writes


class Written(FakeAssistant):
    """Gives these events, then `PROCEDURE` or another answer."""

    def __init__(self, *events: Event, answer: Answer = PROCEDURE) -> None:
        super().__init__()
        self.events = (*events, answer)

    def stream(self, _turns: Sequence[str], *, cancelled: Cancelled = never) -> Generator[Event]:
        for event in self.events:
            if cancelled():
                raise ModelFailed("stopped", kind="cancelled")
            yield event


def test_an_answer_that_is_written_grows_by_what_is_checked() -> None:
    shown_views = views(Written(Writing(), Delta("**交通卡**"), Delta(" 分两步。")), QUESTION)

    asked, writing, first, second, whole, *_ = shown_views
    assert "The model is writing" in told(writing)
    assert "**交通卡**" in told(first)
    assert "分两步。" not in told(first)
    assert "**交通卡** 分两步。" in told(second)
    assert all(view.running for view in (asked, writing, first, second))
    assert not whole.running
    assert whole.conversation.turns == (QUESTION,)


def test_what_is_taken_back_is_gone_and_a_notice_says_why() -> None:
    notice = Notice(kind="steps", text="The model left out steps.")
    answer = replace(PROCEDURE, generator="m", notice=notice, left_out=(LeftOut(text="付50元。", why="amount"),))
    *_, taken_back, whole, _ = views(Written(Delta("错的步骤"), Replaced(), answer=answer), QUESTION)

    assert "错的步骤" not in told(taken_back)
    assert '<p class="xk-notice" role="note">The model left out steps.</p>' in told(whole)
    assert '<details class="xk-unsupported"><summary>未采用的句子（1）</summary><ul><li>付50元。</li>' in told(whole)


def test_a_stopped_answer_ends_without_another_view() -> None:
    stop = threading.Event()
    shown_views = []
    for view in ask(Written(Delta("一"), Delta("二")), conversation(), QUESTION, "en", stopped=stop.is_set):
        shown_views.append(view)
        if len(shown_views) == 2:
            stop.set()

    assert len(shown_views) == 2
    assert shown_views[-1].running


def test_what_is_running_is_stopped_by_its_conversation() -> None:
    running = Running()
    with running.begun("a") as one, running.begun("a") as two, running.begun("b") as other:
        running.stop("a")
        running.stop("c")

        assert (one.is_set(), two.is_set(), other.is_set()) == (True, True, False)
    assert running._stops == {}


def test_what_can_be_asked_next_is_found_out_without_a_model() -> None:
    class Costly(FakeAssistant):
        def draft(self, turns: Sequence[str]) -> Answer:
            return MORE if len(turns) > 1 else super().draft(turns)

    costly = Costly()
    *_, offering = views(costly, QUESTION)

    assert costly.asked == [(QUESTION,)]
    assert offering.messages[-1]["options"] != []
