from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from assistant.answer import Answer, AnswerStep
from assistant.follow_ups import follow_ups
from corpus.errors import UnusableInput
from tests.fake_assistant import ABSTAIN, CLARIFY, PROCEDURE, TEXT, FakeAssistant, citation

BRING, WATCH, WHERE, STEP, HOW_LONG = (
    "需要带什么？", "有什么要注意的？", "去哪里办？", "第2步具体怎么做？", "要多久？",
)  # fmt: skip


def citing(*quotes: str) -> Answer:
    """An answer that rests on these words of the article."""
    citations = tuple(citation(marker, quote) for marker, quote in enumerate(quotes, start=1))
    return replace(PROCEDURE, steps=(), citations=citations)


# Each cites another part of the same article.
CARD, TRANSIT, FIRST, SECOND, FORM = map(citing, ("卡片", "交通卡", "带上", "填写", "申请表"))
# The second step has the most words.
TWO_STEPS = replace(
    PROCEDURE,
    steps=(
        AnswerStep(number=1, text="带证。", markers=(1,)),
        AnswerStep(number=2, text="填写申请表，交给柜台。", markers=(2,)),
    ),
)


def offered(
    answers: dict[str, Answer], *, answer: Answer = TWO_STEPS, turns: Sequence[str] = ("交通卡怎么注销？",)
) -> tuple[str, ...]:
    assistant = FakeAssistant(answers=answers)
    return follow_ups(assistant.ask, assistant.examples, turns, answer)


def test_only_what_the_articles_answer_is_offered() -> None:
    assert offered({BRING: CARD, WATCH: ABSTAIN, WHERE: CLARIFY, STEP: TRANSIT}) == (BRING, STEP)


def test_nothing_is_offered_when_nothing_more_is_answered() -> None:
    assert offered({}) == ()


def test_at_most_three_are_offered_the_most_useful_first() -> None:
    answers = {BRING: CARD, WATCH: TRANSIT, WHERE: FIRST, STEP: SECOND, HOW_LONG: FORM}

    assert offered(answers) == (BRING, WATCH, WHERE)


def test_no_more_are_tried_than_are_offered() -> None:
    assistant = FakeAssistant(answers={BRING: CARD, WATCH: TRANSIT, WHERE: FIRST, STEP: SECOND, HOW_LONG: FORM})

    follow_ups(assistant.ask, assistant.examples, ("交通卡怎么注销？",), TWO_STEPS)

    assert [turns[-1] for turns in assistant.asked] == [BRING, WATCH, WHERE]


def test_each_is_tried_in_the_conversation_as_it_stands() -> None:
    assistant = FakeAssistant()

    follow_ups(assistant.ask, assistant.examples, ("我的卡", "交通卡"), TWO_STEPS)

    assert assistant.asked == [("我的卡", "交通卡", question) for question in (BRING, WATCH, WHERE, STEP, HOW_LONG)]


def test_what_the_articles_say_once_is_offered_once() -> None:
    assert offered({BRING: CARD, WATCH: CARD, WHERE: TRANSIT, STEP: CARD}) == (BRING, WHERE)


def test_the_order_of_what_is_cited_makes_no_other_answer() -> None:
    assert offered({BRING: citing("带上", "填写"), WATCH: citing("填写", "带上")}) == (BRING,)


def test_what_the_answer_says_already_is_not_offered() -> None:
    again = citing("带上身份证件。", "填写申请表。")  # what PROCEDURE cites

    assert offered({BRING: again, WATCH: CARD}) == (WATCH,)


def test_a_part_of_what_the_answer_says_is_offered() -> None:
    assert offered({BRING: citing("带上身份证件。")}) == (BRING,)


def test_the_same_words_at_another_place_are_another_answer() -> None:
    twice = TEXT + "带上身份证件。\n"
    other = replace(PROCEDURE.citations[0], start=twice.rindex("带上"), end=len(twice) - 1)

    assert offered({BRING: replace(CARD, citations=(other, PROCEDURE.citations[1]))}) == (BRING,)


def test_what_was_asked_before_is_not_offered() -> None:
    answers = {BRING: CARD, WATCH: TRANSIT, STEP: FIRST}

    assert offered(answers, turns=(BRING, "交通卡", STEP)) == (WATCH,)


def test_the_step_with_the_most_words_is_asked_for_by_its_number() -> None:
    longer_first = replace(
        TWO_STEPS, steps=(AnswerStep(number=7, text="很长很长的一步", markers=(1,)), TWO_STEPS.steps[0])
    )

    assert offered({STEP: CARD}) == (STEP,)
    assert offered({STEP: CARD, "第7步具体怎么做？": CARD}, answer=longer_first) == ("第7步具体怎么做？",)


def test_an_answer_without_steps_offers_none() -> None:
    answers = {STEP: CARD, "第0步具体怎么做？": CARD, WHERE: TRANSIT}

    assert offered(answers, answer=replace(TWO_STEPS, steps=())) == (WHERE,)


@pytest.mark.parametrize(
    ("language", "question"),
    [("zh", BRING), ("zh-Hant", "需要帶什麼？"), ("en", "What do I need to bring?")],
)
def test_questions_are_in_the_language_of_the_answer(language: str, question: str) -> None:
    assistant = FakeAssistant()
    follow_ups(assistant.ask, assistant.examples, ("x",), replace(TWO_STEPS, language=language))

    assert assistant.asked[0] == ("x", question)
    assert len(assistant.asked) == 5


def test_a_candidate_that_cannot_be_asked_does_not_take_the_others_away() -> None:
    class Choosy(FakeAssistant):
        def ask(self, turns: Sequence[str]) -> Answer:
            if turns[-1] in (BRING, WHERE):
                raise UnusableInput("`question` must be kinder.")
            return super().ask(turns)

    assistant = Choosy(answers={BRING: CARD, WATCH: TRANSIT, WHERE: FIRST, STEP: SECOND})

    assert follow_ups(assistant.ask, assistant.examples, ("交通卡",), TWO_STEPS) == (WATCH, STEP)


def test_below_a_question_of_the_assistants_nothing_is_offered_or_asked() -> None:
    assistant = FakeAssistant(answers={BRING: CARD})

    assert follow_ups(assistant.ask, assistant.examples, ("我的卡",), CLARIFY) == ()
    assert assistant.asked == []


@pytest.mark.parametrize(
    ("language", "examples"),
    [
        ("zh", ("交通卡怎么注销？", "卡不用了怎么办？")),
        ("zh-Hant", ("交通卡怎么注销？", "卡不用了怎么办？")),
        ("en", ("How do I cancel a transport card?",)),
    ],
)
def test_below_an_abstention_stand_examples_of_what_is_covered(language: str, examples: tuple[str, ...]) -> None:
    assistant = FakeAssistant()
    abstained = replace(ABSTAIN, language=language)

    assert follow_ups(assistant.ask, assistant.examples, ("天气怎么样？",), abstained) == examples
    assert assistant.asked == []


def test_an_example_that_was_asked_is_not_offered_and_there_are_at_most_three() -> None:
    def examples(language: str) -> list[str]:
        return [f"{language}{n}" for n in range(6)]

    assert follow_ups(FakeAssistant().ask, examples, ("en1",), ABSTAIN) == ("en0", "en2", "en3")
