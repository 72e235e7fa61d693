"""Remembering: a conversation is answered once, and what is remembered is bounded and goes with its articles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from assistant.answer import Answer, Notice
from assistant.live import LiveAssistant
from assistant.remembering import RememberingAssistant, remembering
from assistant.start import Evaluated
from corpus.errors import UnusableInput
from tests.fake_assistant import ABSTAIN, PROCEDURE, FakeAssistant
from tests.fakes import write_articles
from tests.test_live import opener_of, settings_of

QUESTION = "交通卡怎么注销？"


def test_the_same_conversation_is_asked_once_and_answered_the_same() -> None:
    fake = FakeAssistant()
    assistant = RememberingAssistant(fake)

    first, second = assistant.ask([QUESTION]), assistant.ask((QUESTION,))

    assert fake.asked == [(QUESTION,)]
    assert first == PROCEDURE
    assert replace(second, timings_ms=first.timings_ms) == first


def test_times_are_those_of_the_call() -> None:
    slow = replace(PROCEDURE, timings_ms={"retrieve": 999.0, "total": 1000.0})
    assistant = RememberingAssistant(FakeAssistant(answers={QUESTION: slow}))

    assert assistant.ask([QUESTION]).timings_ms == {"retrieve": 999.0, "total": 1000.0}
    again = assistant.ask([QUESTION]).timings_ms
    assert again["retrieve"] == 0
    assert again["total"] < 1000  # a look into a dictionary takes no second


def test_turns_before_make_another_conversation() -> None:
    fake = FakeAssistant()
    assistant = RememberingAssistant(fake)

    assistant.ask([QUESTION])
    assistant.ask(["银行卡怎么注销？", QUESTION])
    assistant.ask(["银行卡怎么注销？交通卡怎么注销？"])

    assert len(fake.asked) == 3


def test_the_answers_asked_for_last_are_kept() -> None:
    fake = FakeAssistant()
    assistant = RememberingAssistant(fake, n_remembered=2)

    for question in ("a", "b", "a", "c", "a", "b"):
        assistant.ask([question])

    # b was the oldest when c came, a had been asked for again.
    assert [turns[-1] for turns in fake.asked] == ["a", "b", "c", "b"]


def test_failures_are_not_remembered() -> None:
    fake = FakeAssistant()
    assistant = RememberingAssistant(fake)

    for _ in range(2):
        with pytest.raises(UnusableInput, match="must be kinder"):
            assistant.ask(["refuse"])
    fake.answers["refuse"] = ABSTAIN

    assert assistant.ask(["refuse"]) == ABSTAIN


def test_long_stories_are_answered_and_forgotten() -> None:
    fake = FakeAssistant()
    assistant = RememberingAssistant(fake)

    for length in (1_001, 1_001, 1_000, 1_000):
        assert assistant.ask(["卡" * 1_000, "说" * length]).outcome == "abstained"

    assert len(fake.asked) == 3


def test_everything_else_is_passed_on() -> None:
    fake = FakeAssistant()
    assistant: Evaluated = RememberingAssistant(fake)  # mypy judges this line

    assert assistant.document("cards") is fake.article
    assert assistant.subjects() == ("交通卡", "银行卡")
    assert assistant.examples("en") == ("How do I cancel a transport card?",)
    assert [head.doc_id for head in assistant.documents()] == ["cards"]
    assert [entry.doc_id for entry in assistant.outline()] == ["cards"]
    assert assistant.files() == {"cards.md": "ab" * 32}
    assert assistant.encoder == "fake"


def test_articles_that_change_are_answered_from_anew(tmp_path: Path) -> None:
    settings = settings_of(tmp_path)
    opener = opener_of(settings)

    with LiveAssistant(lambda: remembering(opener())) as assistant:
        assert "押金" in assistant.ask([QUESTION]).text
        changed = "# 交通卡\n\n## 交通卡怎么注销\n\n1. 带上交通卡到车站。\n2. 交回卡片，领回二十元。\n"
        write_articles(settings.corpus, transit=changed)
        assistant.rebuild(settings)

        assert "领回二十元" in assistant.ask([QUESTION]).text


class Worded(FakeAssistant):
    """Has a model, which fails at its first answer."""

    def __init__(self) -> None:
        super().__init__()
        self.drafted: list[tuple[str, ...]] = []

    def ask(self, turns: Sequence[str]) -> Answer:
        notice = None if self.asked else Notice(kind="timeout", text="Late.")
        return replace(super().ask(turns), generator="openai:some", notice=notice)

    def draft(self, turns: Sequence[str]) -> Answer:
        self.drafted.append(tuple(turns))
        return replace(PROCEDURE, generator="openai:some", text="The articles' own words.")


def test_an_answer_that_stands_in_for_a_models_is_not_remembered() -> None:
    worded = Worded()
    assistant = RememberingAssistant(worded)
    first, second, third = (assistant.ask([QUESTION]) for _ in range(3))

    assert first.notice is not None
    assert second.notice is None
    assert replace(third, timings_ms={}) == replace(second, timings_ms={})
    assert worded.asked == [(QUESTION,)] * 2


def test_a_models_answer_and_the_articles_own_words_are_remembered_apart() -> None:
    worded = Worded()
    assistant = RememberingAssistant(worded)
    assistant.draft([QUESTION])

    assert assistant.draft([QUESTION]).text == "The articles' own words."
    assert assistant.ask([QUESTION]).text == PROCEDURE.text
    assert assistant.draft([QUESTION]).text == "The articles' own words."
    assert (worded.asked, worded.drafted) == ([(QUESTION,)], [(QUESTION,)])


def test_without_a_model_a_draft_is_the_answer() -> None:
    fake = FakeAssistant()
    assistant = RememberingAssistant(fake)
    assistant.draft([QUESTION])
    assistant.ask([QUESTION])

    assert fake.asked == [(QUESTION,)]
