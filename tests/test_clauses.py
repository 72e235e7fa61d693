from __future__ import annotations

import pytest

from assistant.clauses import YES_OR_NO, asking_clauses, asks_how_to_cancel, concepts_in, wishes_to_cancel
from assistant.lexicon import load_lexicon
from assistant.understanding import Reader
from corpus.subjects import known_cards

READER = Reader(load_lexicon(), known_cards())


def how(text: str, *unknown: tuple[int, int]) -> bool:
    return asks_how_to_cancel(text, READER.find(text), list(unknown))


@pytest.mark.parametrize(
    "text",
    [
        "公交卡怎么注销",
        "怎么把我的公交卡注销掉",
        "公交卡不想要了,咋办",
        "银行卡注销手续",
        "注销银行卡的流程",
        "how do i cancel my bus card",
        "bus card cancellation process",
    ],
)
def test_how_beside_cancelling_asks_for_the_procedure(text: str) -> None:
    assert how(text)


@pytest.mark.parametrize(
    "text",
    [
        "公交卡注销要带什么证件",
        "注销以后余额怎么退给我",
        "注销公交卡,余额怎么转存",
        "how long does it take to cancel",
        "公交卡怎么充值",
        "公交卡",
    ],
)
def test_how_about_something_else_does_not(text: str) -> None:
    assert not how(text)


def test_unknown_words_between_how_and_cancelling_make_it_another_question() -> None:
    text = "注销时护士长怎么签到"

    assert not how(text, (3, 6))


def test_concepts_keep_their_order_and_are_named_once() -> None:
    assert concepts_in(READER.find("押金和余额，押金什么时候退")) == ("deposit", "balance")


def test_another_action_counts_as_a_concept_and_cancelling_does_not() -> None:
    assert concepts_in(READER.find("充值以后注销")) == ("top_up",)


@pytest.mark.parametrize("text", ["我想注销公交卡", "打算把卡退了,别的不用管", "i want to cancel my card"])
def test_a_wish_to_cancel_is_recognised(text: str) -> None:
    assert wishes_to_cancel(text, READER.find(text))


@pytest.mark.parametrize("text", ["公交卡注销", "我想知道余额", "我想注销时退余额", "我想充值"])
def test_a_clause_that_says_more_or_wishes_nothing_is_no_wish(text: str) -> None:
    assert not wishes_to_cancel(text, READER.find(text))


def test_a_wish_in_one_clause_counts_beside_a_question_in_the_next() -> None:
    text = "想注销,押金怎么办"

    assert wishes_to_cancel(text, READER.find(text))


def test_the_clauses_that_ask_are_told_from_those_that_state() -> None:
    text = "我搬家了,公交卡怎么退,谢谢"

    assert [text[start:end] for start, end in asking_clauses(text)] == ["公交卡怎么退"]


def test_a_question_mark_makes_a_clause_ask() -> None:
    assert asking_clauses("余额?") == [(0, 2)]
    assert asking_clauses("余额。") == []
    assert asking_clauses("?") == []


@pytest.mark.parametrize("text", ["在网点办", "早点办完", "去网点做登记"])
def test_a_service_point_asks_nothing(text: str) -> None:
    assert asking_clauses(text) == []


@pytest.mark.parametrize("text", ["要预约吗", "能不能代办", "可否线上办", "do i need an id", "yes, can i cancel it"])
def test_a_question_that_yes_or_no_answers(text: str) -> None:
    assert YES_OR_NO.search(text)


@pytest.mark.parametrize("text", ["第二步呢", "什么时候去", "how do i cancel"])
def test_a_question_that_yes_or_no_does_not_answer(text: str) -> None:
    assert not YES_OR_NO.search(text)


@pytest.mark.parametrize("text", ["要带什么", "这是为什么?", "那怎么"])
def test_what_and_how_at_the_end_do_not_ask_for_yes_or_no(text: str) -> None:
    assert not YES_OR_NO.search(text)
