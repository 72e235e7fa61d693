"""Misspellings of words that the articles have and no list."""

from __future__ import annotations

import pytest

from assistant.misspelt import one_edit_away, respelled

SAID = {"密码", "合同", "健身", "代替", "打开", "竣工", "保障", "一个", "以抵"}


@pytest.mark.parametrize(
    ("run", "mended"),
    [
        ("秘码", "密码"),
        ("合通丢", "合同丢"),
        ("件身房合通", "健身房合同"),
        ("密码", "密码"),
        ("报账", "报账"),
        ("达吃", "达吃"),
        ("一搁", "一搁"),
        ("翼第", "翼第"),
        ("pin", "pin"),
    ],
    ids=[
        "the first character",
        "the second",
        "twice",
        "well spelt",
        "neither character the same",
        "nothing alike",
        "a numeral",
        "a pair of two words",
        "Latin",
    ],
)
def test_a_strange_pair_is_the_word_it_sounds_like(run: str, mended: str) -> None:
    assert respelled(f"我的{run}呢", [run], [SAID]) == f"我的{mended}呢"


def test_a_word_that_is_in_use_is_no_misspelling() -> None:
    assert respelled("带上合适的", ["合适"], [{"合食"}]) == "带上合适的"


def test_a_pair_that_sounds_like_two_words_stays() -> None:
    assert respelled("秘码", ["秘码"], [{"密码", "秘马"}]) == "密码"  # 秘马 is no word
    assert respelled("公是", ["公是"], [{"公式", "公示"}]) == "公是"


def test_what_the_lexicon_knows_is_left_alone() -> None:
    assert respelled("秘码", [], [SAID]) == "秘码"


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("cardd", "card"),
        ("bamk", "bank"),
        ("metr", "metro"),
        ("buss", "bus"),
        ("bug", ""),
        ("pank", ""),
        ("benk", "bank"),
        ("tran", ""),
        ("metropolis", ""),
    ],
    ids=[
        "too many, of one or several",
        "wrong",
        "too few",
        "doubled",
        "a short word",
        "the first letter",
        "a vowel",
        "two words",
        "further away",
    ],
)
def test_a_word_with_one_letter_gone_wrong_is_the_one_that_is_meant(word: str, meant: str) -> None:
    assert one_edit_away(word, ["card", "cards", "bank", "metro", "bus", "tram", "train"]) == meant
