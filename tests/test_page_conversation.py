from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from assistant.page.conversation import (
    MAX_BYTES,
    Action,
    Conversation,
    Entry,
    Held,
    ShownAnswer,
    ShownCitation,
    ShownSource,
    ShownStep,
    new_conversation,
    read_action,
    read_held,
    shown,
)
from assistant.page.markdown import messages_of
from corpus.document import Document
from corpus.errors import UnusableInput
from tests.fake_assistant import ABSTAIN, CLARIFY, PROCEDURE, FakeAssistant

ID = "0123456789abcdef"
STAMP = 1_800_000_000_000
COUNTS = st.integers(0, 100_000_000)
LINES = st.text(max_size=20)
ANSWERS = st.builds(
    ShownAnswer,
    outcome=st.sampled_from(["answered", "clarified", "abstained"]),
    text=st.text(max_size=200),
    steps=st.lists(st.builds(ShownStep, number=COUNTS, text=LINES, markers=st.lists(COUNTS, max_size=3)), max_size=3),
    citations=st.lists(
        st.builds(
            ShownCitation,
            marker=st.integers(1, 9999),
            doc_id=LINES,
            title=LINES,
            headings=st.lists(LINES, max_size=3),
            start=COUNTS,
            end=COUNTS,
            quote=LINES,
            version=st.text("0123456789abcdef", max_size=64),
        ),
        max_size=3,
    ),
    options=st.lists(LINES, max_size=3),
    reason=LINES,
    language=st.sampled_from(["zh", "zh-Hant", "en"]),
    sources=st.dictionaries(
        LINES, st.builds(ShownSource, path=LINES, source=LINES, license=LINES, as_of=LINES), max_size=2
    ),
    follow_ups=st.lists(LINES, max_size=3),
)
CONVERSATIONS = st.builds(
    Conversation,
    conversation_id=st.text("0123456789abcdef", min_size=16, max_size=16),
    entries=st.lists(st.builds(Entry, question=LINES, answer=ANSWERS), max_size=3),
    pending=LINES,
)


def shown_answer() -> ShownAnswer:
    return shown(PROCEDURE, FakeAssistant().document)


def read_conversation(kept: object) -> Conversation:
    """What is read of a conversation that stands in what a page holds."""
    return read_held(f'{{"conversation": {kept}}}' if isinstance(kept, str) else kept).conversation


def conversation(*questions: str, pending: str = "") -> Conversation:
    answer = shown(ABSTAIN, FakeAssistant().document)
    entries = [Entry(question=question, answer=answer) for question in questions]
    return Conversation(conversation_id=ID, entries=entries, pending=pending)


# What is shown of an answer


def test_a_shown_answer_tells_of_each_article_once_and_of_nothing_inside() -> None:
    assert shown_answer().model_dump() == {
        "outcome": "answered",
        "text": "**交通卡** 分两步注销：\n\n1. 带上身份证件。[1]\n2. 填写申请表。[2]",
        "steps": [
            {"number": 1, "text": "带上身份证件。", "markers": [1]},
            {"number": 2, "text": "填写申请表。", "markers": [2]},
        ],
        "citations": [
            {
                "marker": 1,
                "doc_id": "cards",
                "title": "卡片",
                "headings": ["卡片", "交通卡"],
                "start": 15,  # "# 卡片\n" 5, "## 交通卡\n" 7, "1. " 3
                "end": 22,
                "quote": "带上身份证件。",
                "version": "abababababababab",
            },
            {
                "marker": 2,
                "doc_id": "cards",
                "title": "卡片",
                "headings": ["卡片", "交通卡"],
                "start": 26,
                "end": 32,
                "quote": "填写申请表。",
                "version": "abababababababab",
            },
        ],
        "options": [],
        "reason": "",
        "language": "zh",
        "sources": {
            "cards": {
                "path": "cards.md",
                "source": "https://example.org/cards",
                "license": "CC BY 4.0",
                "as_of": "2026-11-01",
            }
        },
        "follow_ups": [],
        "notice": None,
        "left_out": [],
    }


def test_options_and_the_reason_of_an_abstention_are_shown() -> None:
    find = FakeAssistant().document

    assert shown(CLARIFY, find).options == ["交通卡", "银行卡"]
    assert (shown(ABSTAIN, find).reason, shown(ABSTAIN, find).language) == ("not_stated", "en")


def test_an_article_that_is_gone_meanwhile_leaves_its_words_and_is_told_nothing_of() -> None:
    def find(doc_id: str) -> Document:
        raise UnusableInput(f"`doc_id` must be the id of an article; got {doc_id!r}.")

    answer = shown(PROCEDURE, find)

    assert answer.sources == {}
    assert [citation.quote for citation in answer.citations] == ["带上身份证件。", "填写申请表。"]


def test_a_fault_while_an_article_is_looked_up_is_not_taken_for_one_that_is_gone() -> None:
    def find(_doc_id: str) -> Document:
        raise RuntimeError("the index is closed")

    with pytest.raises(RuntimeError, match="the index is closed"):
        shown(PROCEDURE, find)


def test_offering_questions_leaves_the_answer_as_it_was() -> None:
    answer = shown_answer()

    assert answer.offering(("要多久？",)).follow_ups == ["要多久？"]
    assert answer.offering(("要多久？",)).text == answer.text
    assert answer.follow_ups == []


# Kept by the browser, and given back


@given(CONVERSATIONS)
@settings(deadline=None)
def test_any_conversation_comes_back_from_the_browser_as_it_was(kept: Conversation) -> None:
    assert read_conversation(kept.model_dump_json()) == kept
    # What a browser's own JSON makes of it is the same.
    assert read_conversation(json.dumps(json.loads(kept.model_dump_json()))) == kept


@given(CONVERSATIONS)
@settings(deadline=None)
def test_a_restored_conversation_shows_byte_for_byte_what_was_shown_before(kept: Conversation) -> None:
    assert messages_of(read_conversation(kept.model_dump_json())) == messages_of(kept)


def test_a_real_answer_is_restored_with_its_options_and_follow_ups() -> None:
    find = FakeAssistant().document
    kept = (
        new_conversation()
        .answered("我的卡", shown(CLARIFY, find))
        .answered("交通卡", shown_answer().offering(("要多久？",)))
    )
    restored = read_conversation(kept.model_dump_json())

    assert messages_of(restored) == messages_of(kept)
    assert [message["options"] for message in messages_of(restored)] == [
        [],
        [{"value": "交通卡", "label": "交通卡"}, {"value": "银行卡", "label": "银行卡"}],
        [],
        [{"value": "要多久？", "label": "要多久？"}],
    ]


def test_fields_of_a_later_version_are_passed_over() -> None:
    kept = json.loads(conversation("a").model_dump_json()) | {"title": "later"}

    assert read_conversation(json.dumps(kept)) == conversation("a")


def changed(**values: object) -> str:
    """A conversation of one entry as JSON with these fields of its answer changed."""
    kept = json.loads(conversation("a").model_dump_json())
    kept["entries"][0]["answer"] |= values
    return json.dumps(kept)


def cited(**values: object) -> str:
    kept = shown_answer().model_dump()["citations"][0] | values
    return changed(citations=[kept])


HOSTILE_KEPT = {
    "nothing": None,
    "a number": 7,
    "an object": {"conversation_id": ID},
    "a list": [ID],
    "bytes": conversation("a").model_dump_json().encode(),
    "an empty text": "",
    "no JSON": "{",
    "null": "null",
    "a JSON text": '"x"',
    "another id": f'{{"conversation_id":"{ID.upper()}"}}',
    "an id with a line end": f'{{"conversation_id":"{ID}\\n"}}',
    "an id that is a path": '{"conversation_id":"../../etc/passwd"}',
    "no id": '{"entries":[]}',
    "entries of another kind": f'{{"conversation_id":"{ID}","entries":{{}}}}',
    "an entry without an answer": f'{{"conversation_id":"{ID}","entries":[{{"question":"a"}}]}}',
    "an unknown outcome": changed(outcome="error"),
    "an outcome that closes an attribute": changed(outcome='answered" onclick="x'),
    "an unknown language": changed(language='zh" onclick="x'),
    "a text that is a number": changed(text=7),
    "a text of many characters": changed(text="x" * 60_001),
    "more options than are offered": changed(options=["x"] * 51),
    "sources that are a list": changed(sources=[]),
    "a marker of zero": cited(marker=0),
    "a marker that is a text": cited(marker="1"),
    "a marker that is true": cited(marker=True),
    "a marker of many digits": cited(marker=10_000),
    "a place before the article": cited(start=-1),
    "a place that is a fraction": cited(end=1.5),
    "a version that is none": cited(version="<script>"),
    "more headings than there are levels": cited(headings=["x"] * 21),
    "a pending question of many characters": f'{{"conversation_id":"{ID}","pending":"{"x" * 4001}"}}',
    "more entries than turns": json.dumps(
        {"conversation_id": ID, "entries": [conversation("a").model_dump()["entries"][0]] * 51}
    ),
    "ten megabytes": f'{{"conversation_id":"{ID}","pending":"{"x" * 10_000_000}"}}',
    "ten megabytes of lists": "[" + "[]," * 3_000_000 + "[]]",
    "lists in lists": "[" * 100_000,
    "entries in entries": f'{{"conversation_id":"{ID}","entries":' + '[{"answer":' * 100_000,
    "half of a character": f'{{"conversation_id":"{ID}","pending":"\ud800"}}',
    "half of a character, written out": f'{{"conversation_id":"{ID}","pending":"\\ud800"}}',
    "a NUL": "\0",
    "not a number": changed(text=float("nan")),
}


@pytest.mark.parametrize("kept", HOSTILE_KEPT.values(), ids=HOSTILE_KEPT.keys())
def test_what_no_page_of_ours_sends_begins_a_new_conversation(kept: object) -> None:
    read = read_conversation(kept)

    assert (read.entries, read.pending) == ([], "")
    assert re.fullmatch("[0-9a-f]{16}", read.conversation_id)
    assert read.conversation_id != ID


def test_the_conversation_that_the_hostile_ones_are_made_of_can_be_used() -> None:
    assert read_conversation(changed()) == conversation("a")
    assert read_conversation(cited()).entries[0].answer.citations[0].quote == "带上身份证件。"


@given(st.one_of(st.text(), st.binary(), st.integers(), st.none()))
def test_anything_a_browser_sends_is_a_conversation_and_an_action(sent: object) -> None:
    assert read_conversation(sent).turns == ()
    assert read_action(sent) == Action()


@given(
    st.recursive(
        st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text()),
        lambda inner: st.one_of(
            st.lists(inner, max_size=3),
            st.dictionaries(
                st.sampled_from(
                    ["conversation_id", "entries", "pending", "question", "answer", "open", "index", "text", "at"]
                ),
                inner,
                max_size=4,
            ),
        ),
    )
)
def test_any_json_is_a_conversation_and_an_action(value: object) -> None:
    # Any exception fails the test.
    assert read_conversation(json.dumps(value)).model_dump_json()
    assert isinstance(read_action(json.dumps(value)).text, str)


def test_conversations_have_ids_of_their_own() -> None:
    ids = {new_conversation().conversation_id for _ in range(100)}

    assert len(ids) == 100
    assert all(re.fullmatch("[0-9a-f]{16}", one) for one in ids)


# What a page holds


def test_what_a_page_holds_comes_back_as_it_was() -> None:
    held = Held(conversation=conversation("a", pending="b"), handled=STAMP, unasked="c")

    assert read_held(held.model_dump_json()) == held


@pytest.mark.parametrize("more", ['"handled": -1', '"handled": "7"', '"handled": 1e30', '"unasked": 7'])
def test_what_no_page_holds_is_held_as_nothing(more: str) -> None:
    held = read_held(f'{{"conversation": {changed()}, {more}}}')

    assert (held.conversation.turns, held.handled, held.unasked) == ((), 0, "")


# What becomes of it


def test_turns_are_what_was_asked_oldest_first_without_what_is_pending() -> None:
    assert conversation("a", "b", pending="c").turns == ("a", "b")


def test_an_answer_takes_the_place_of_the_question_that_was_pending() -> None:
    asking = conversation("a").asking("b")
    answered = asking.answered("b", shown_answer())

    assert (asking.turns, asking.pending) == (("a",), "b")
    assert (answered.turns, answered.pending) == (("a", "b"), "")
    assert answered.entries[1].answer == shown_answer()
    assert conversation("a").conversation_id == answered.conversation_id
    assert asking.turns == ("a",)


def test_a_settled_conversation_awaits_nothing() -> None:
    assert conversation("a", pending="b").settled() == conversation("a")


@pytest.mark.parametrize(
    ("index", "turns"),
    [(0, ()), (1, ("a",)), (2, ("a", "b")), (3, ("a", "b", "c")), (50, ("a", "b", "c")), (-1, ()), (-99, ())],
)
def test_before_an_entry_are_those_above_it(index: int, turns: tuple[str, ...]) -> None:
    before = conversation("a", "b", "c", pending="d").before(index)

    assert (before.turns, before.pending) == (turns, "")


def test_fifty_questions_fill_a_conversation() -> None:
    assert not conversation(*["a"] * 49).full
    assert conversation(*["a"] * 50).full


def test_its_size_as_json_fills_a_conversation() -> None:
    answer = shown(replace(ABSTAIN, text="字" * 50_000), FakeAssistant().document)  # 150,000 bytes
    entry = Entry(question="a", answer=answer)
    four = Conversation(conversation_id=ID, entries=[entry] * 4)
    five = Conversation(conversation_id=ID, entries=[entry] * 5)

    assert MAX_BYTES == 700_000
    assert not four.full
    assert five.full
    # It is still read back: what was answered last is not lost.
    assert len(read_conversation(five.model_dump_json()).entries) == 5


def test_a_conversation_cannot_be_changed_by_whoever_holds_it() -> None:
    with pytest.raises(ValidationError, match="Instance is frozen"):
        conversation("a").pending = "b"  # type: ignore[misc]


# What was pressed


def test_an_action_opens_a_conversation_and_asks_in_it() -> None:
    sent = json.dumps({"open": json.loads(conversation("a").model_dump_json()), "index": 0, "text": "b", "at": STAMP})

    assert read_action(sent) == Action(open=conversation("a"), index=0, text="b", at=STAMP)


def test_null_opens_nothing() -> None:
    assert read_action('{"open": null, "at": 7}') == Action(at=7)


@pytest.mark.parametrize("sent", ['{"index": -1, "at": 7}', '{"open": 1, "at": 7}', '{"text": "\\ud800", "at": 7}'])
def test_an_action_that_cannot_be_used_keeps_its_stamp(sent: str) -> None:
    assert read_action(sent) == Action(at=7)


@pytest.mark.parametrize(
    "sent",
    [
        None,
        7,
        {"text": "b"},
        "",
        "[]",
        '{"index": -1, "text": "b"}',
        '{"index": 51, "text": "b"}',
        '{"index": "0", "text": "b"}',
        '{"index": 0.5, "text": "b"}',
        '{"index": true, "text": "b"}',
        '{"text": ["b"]}',
        '{"text": null}',
        '{"text": "b", "at": null}',
        '{"text": "b", "at": -1}',
        '{"text": "b", "at": 1.5}',
        json.dumps({"text": "x" * 4001}),
        json.dumps({"text": "x" * 10_000_000}),
        '{"text": "\\ud800"}',
        '{"text": "\ud800"}',
        '{"open": "x", "text": "b"}',
        '{"open": {"conversation_id": "x"}, "text": "b"}',
        '{"open":' * 100_000,
    ],
    ids=range(22),
)
def test_an_action_that_no_page_of_ours_sends_does_nothing(sent: object) -> None:
    assert read_action(sent) == Action()
