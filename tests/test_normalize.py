from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.normalize import Language, has_han, language_of, normalize, to_simplified, to_traditional, visible


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("公\u200b交\u2060卡", "公交卡"),
        ("\ufeff公交卡", "公交卡"),
        ("公交\u202e卡\x00", "公交卡"),
        ("公\ue000交卡", "公交卡"),
        ("ＢＵＳ　ｃａｒｄ１２", "bus card12"),
        ("公交卡😀注销", "公交卡注销"),
        ("bus😀card", "bus card"),
        ("公交卡❤️", "公交卡"),
        ("註銷八達通", "注销八达通"),
        ("公 交 卡 ， 退", "公交卡,退"),
        ("公交\n\t卡", "公交卡"),
        ("公交 card  卡", "公交 card 卡"),
        ("①步", "1步"),
        ("Don’t", "don't"),
        ("", ""),
        (" \u3000\n", ""),
    ],
)
def test_texts_that_look_alike_become_alike(text: str, expected: str) -> None:
    assert normalize(text) == expected


@given(st.text(alphabet="公交註銷卡Aaｂ１ 　\n\t\u200b😀❤️’①，。", max_size=30))
def test_normalizing_twice_changes_nothing_more(text: str) -> None:
    assert normalize(normalize(text)) == normalize(text)


def test_pictographs_part_words_and_hidden_characters_do_not() -> None:
    assert visible("a😀b\u200bc\nd") == "a bc d"


def test_traditional_and_simplified_are_made_of_each_other() -> None:
    assert to_simplified("註銷八達通") == "注销八达通"
    assert to_traditional("注销八达通") == "註銷八達通"


@pytest.mark.parametrize(("text", "expected"), [("bus 卡", True), ("bus card", False), ("", False), ("カード", False)])
def test_chinese_characters_are_seen(text: str, expected: bool) -> None:
    assert has_han(text) is expected


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("公交卡怎么注销", "zh"),
        ("卡", "zh"),
        ("how 注销 my card", "zh"),
        ("bus card怎么退", "zh"),
        ("", "zh"),
        ("123", "zh"),
        ("😀", "zh"),
        ("悠遊卡如何註銷", "zh-Hant"),
        ("TPASS 註銷", "zh-Hant"),
        ("八達通點樣退", "zh-Hant"),
        ("唔想用八達通", "zh-Hant"),
        ("用咗", "zh-Hant"),
        ("乜嘢卡", "zh-Hant"),
        ("How do I cancel my card?", "en"),
        ("ｂｕｓ　ｃａｒｄ", "en"),
        ("bus\u200bcard 😀", "en"),
    ],
)
def test_the_language_to_answer_in_is_the_language_of_the_text(text: str, language: Language) -> None:
    assert language_of(text) == language
