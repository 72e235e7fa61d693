"""What cards are compared by, who gives it, and what a comparison asks of each card."""

from __future__ import annotations

import tomllib

import pytest

from assistant.compared import compared_by, given
from assistant.compared_parts import parts_of
from corpus.normalize import normalize
from tests.assistants import ROOT

CARDS = ("游泳卡", "球馆卡")


def names(question: str) -> set[str]:
    return {one.name for one in compared_by(normalize(question))}


def share(question: str, sentence: str) -> float:
    return given(normalize(sentence), compared_by(normalize(question)), frozenset())


def parts(text: str) -> dict[str, str]:
    def named_in(piece: str) -> frozenset[str]:
        return frozenset(card for card in CARDS if card in piece)

    def naked(piece: str) -> str:
        for card in CARDS:
            piece = piece.replace(card, " ")
        return piece

    return parts_of(normalize(text), CARDS, named_in, naked)


@pytest.mark.parametrize(
    ("question", "attributes"),
    [
        ("哪张销得快？", {"speed"}),
        ("哪张的押金先到账？", {"speed_of_money"}),  # not how fast it is done
        ("哪个在家能弄，哪个得跑一趟", {"way"}),
        ("带的证件有什么不同", {"document"}),
        ("旧卡归谁", {"old_card"}),
        ("谁收费谁不收费", {"cost"}),
        ("能让别人代办吗", {"somebody_else"}),
        ("Which one can I do from home?", {"way"}),
        ("哪张好看", set()),
    ],
)
def test_a_question_asks_for_what_cards_are_compared_by(question: str, attributes: set[str]) -> None:
    assert names(question) == attributes


@pytest.mark.parametrize(
    ("question", "sentence", "expected"),
    [
        ("哪张销得快", "三天内完成销户。", 1.0),
        ("哪张销得快", "填好注销申请表。", 0.0),  # no length of time
        ("哪张销得快", "年票的有效期是一年，期满停用。", 0.0),  # of something else
        ("哪张要带证件", "交押金收据。周日休息。", 1.0),
        ("哪张要带证件", "遗失的，凭身份证办理。", 0.5),
        ("哪张要带证件", "如果换了人，要带新的身份证。", 0.5),
        ("哪张要带证件", "遗失的，凭身份证办理。带学生证到窗口。", 1.0),
        ("去哪里办", "3号窗口的受理时间为九点至五点。", 0.0),
    ],
)
def test_a_sentence_gives_an_attribute_for_all_or_for_a_case(question: str, sentence: str, expected: float) -> None:
    assert share(question, sentence) == expected


def test_a_length_of_time_counts_only_in_the_sentence_that_says_what_takes_it() -> None:
    assert share("哪张的钱先到账", "票款退给本人。三天后可以再领卡。") == 0.0
    assert share("哪张的钱先到账", "票款三天后退给本人。") == 1.0


def test_each_card_is_asked_what_its_own_clause_says_and_what_is_asked_of_all() -> None:
    found = parts("游泳卡丢了押金条，球馆卡丢了钥匙，各要拿什么顶？")

    assert "押金条" in found["游泳卡"]
    assert "钥匙" not in found["游泳卡"]
    assert "押金条" not in found["球馆卡"]
    assert all("拿什么顶" in part for part in found.values())


def test_what_follows_two_cards_in_one_clause_is_cut_at_the_word_for_both() -> None:
    found = parts("游泳卡里的余额跟球馆卡的押金哪个先到账")

    assert "余额" in found["游泳卡"]
    assert "押金" not in found["游泳卡"]
    assert all("哪个先到账" in part for part in found.values())


@pytest.mark.parametrize(
    "text",
    [
        "游泳卡和球馆卡，哪个在家就能弄？",
        "退游泳卡和退球馆卡，带的证件一样吗",
        "游泳卡跟球馆卡哪个得跑一趟，哪个不用",
        "游泳卡怎么退",  # names one card only
    ],
)
def test_cards_that_are_only_named_are_asked_the_same(text: str) -> None:
    assert parts(text) == {}


def test_a_clause_that_asks_nothing_is_asked_the_whole() -> None:
    found = parts("游泳卡的押金几天退，球馆卡的保证金")

    assert "几天退" in found["球馆卡"]


def test_the_file_lists_each_attribute_once_by_patterns_of_folded_text() -> None:
    listed = tomllib.loads((ROOT / "assistant" / "compared.toml").read_text(encoding="utf-8"))["attribute"]
    ids = [one["id"] for one in listed]

    assert len(ids) == len(set(ids)) >= 10
    assert {one["before"] for one in listed if "before" in one} <= set(ids)
    patterns = [pattern for one in listed for pattern in (*one["asks"], *one["gives"])]
    assert [pattern for pattern in patterns if pattern != pattern.lower().replace("\\w", "\\w")] == []
