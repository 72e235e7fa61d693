from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.sounds import Sounds

SOUNDS = Sounds(("公交卡", "银行卡", "门禁卡", "注销", "预约", "步骤"))


def correct(text: str, *unknown: tuple[int, int], fixed: tuple[tuple[int, int], ...] = ()) -> str:
    return SOUNDS.correct(text, unknown, fixed)


def test_a_word_that_sounds_like_a_term_becomes_the_term() -> None:
    assert correct("公交咔怎么注消", (0, 3), (5, 7)) == "公交卡怎么注销"


def test_a_card_is_recognised_by_a_rarer_reading_of_its_characters() -> None:
    # 行 by itself is read xing; only its rarer reading hang sounds like 杭.
    assert Sounds(("杭卡",)).correct("行卡", [(0, 2)], []) == "杭卡"


def test_other_words_are_compared_by_their_usual_reading_only() -> None:
    assert Sounds(("航空",)).correct("杭空", [(0, 2)], []) == "航空"
    assert Sounds(("航空",)).correct("行空", [(0, 2)], []) == "行空"


def test_a_longer_word_is_known_as_people_slur_it() -> None:
    assert Sounds(("多少天",)).correct("多扫天", [(0, 3)], []) == "多少天"
    assert Sounds(("少天",)).correct("扫天", [(0, 2)], []) == "扫天"


def test_one_syllable_of_pinyin_is_one_character() -> None:
    sounds = Sounds(("门禁卡", "注销"), ("西安",))

    assert sounds.from_pinyin("menjinka xian zhuxiao", [(0, 8), (9, 13), (14, 21)]) == "门禁卡先注销"


def test_a_word_that_is_known_stays_as_it_is() -> None:
    assert correct("预越", (0, 2)) == "预约"
    assert correct("预越", (0, 2), fixed=((1, 2),)) == "预越"


def test_nothing_is_changed_where_nothing_is_unknown() -> None:
    assert correct("公交咔注消") == "公交咔注消"


def test_a_word_that_sounds_like_nothing_stays() -> None:
    assert correct("蓝鲸", (0, 2)) == "蓝鲸"


def test_latin_words_are_not_read_by_sound() -> None:
    assert correct("visa", (0, 4)) == "visa"


def test_the_first_term_of_a_sound_wins() -> None:
    assert Sounds(("注销", "注消")).correct("住销", [(0, 2)], []) == "注销"


def test_a_run_of_pinyin_becomes_the_terms_it_spells() -> None:
    assert SOUNDS.from_pinyin("zhuxiao gongjiaoka", [(0, 7), (8, 18)]) == "注销公交卡"


def test_pinyin_between_chinese_is_replaced_in_place() -> None:
    assert SOUNDS.from_pinyin("menjinka 注销 buzhou", [(0, 8), (12, 18)]) == "门禁卡 注销 步骤"


def test_single_syllables_are_spelled_only_beside_a_term() -> None:
    assert SOUNDS.from_pinyin("yinhangka yao yuyue ma", [(0, 9), (10, 13), (14, 19), (20, 22)]) == "银行卡要预约吗"
    assert SOUNDS.from_pinyin("wo yao qu", [(0, 2), (3, 6), (7, 9)]) == "wo yao qu"


def test_letters_that_spell_a_term_only_in_part_stay() -> None:
    assert SOUNDS.from_pinyin("zhuxiaox", [(0, 8)]) == "zhuxiaox"


@given(st.text(alphabet="公交银行卡注销怎么ab ,。", max_size=12))
def test_correcting_keeps_the_length_and_the_latin_letters(text: str) -> None:
    corrected = SOUNDS.correct(text, [(0, len(text))], [])

    assert len(corrected) == len(text)
    assert [c for c in corrected if c.isascii()] == [c for c in text if c.isascii()]


def test_a_word_is_replaced_only_with_a_doubtful_character_in_it() -> None:
    assert correct("注消预越", (2, 4)) == "注消预约"
    assert correct("预越a预越", (0, 2)) == "预约a预越"


def test_the_longest_word_that_holds_nothing_known_is_replaced() -> None:
    sounds = Sounds(("公交卡", "公交"))

    assert sounds.correct("公教咔", [(0, 3)], []) == "公交卡"
    assert sounds.correct("公教咔", [(0, 3)], [(2, 3)]) == "公交咔"


def test_pinyin_with_syllables_of_no_term_keeps_them() -> None:
    sounds = Sounds(("注销", "会员卡"), ("带", "材料", "码头"))

    assert sounds.from_pinyin("huiyuanka zhuxiao", [(0, 9), (10, 17)]) == "会员卡注销"
    assert sounds.from_pinyin("huiyuanka pang matou", [(0, 9), (10, 14), (15, 20)]) == "会员卡 pang 码头"
    assert sounds.from_pinyin("pang tuo", [(0, 4), (5, 8)]) == "pang tuo"


def test_a_syllable_that_goes_on_is_not_cut_before_a_vowel() -> None:
    sounds = Sounds(("止付", "注销", "金宝卡"))

    assert sounds.from_pinyin("jinbaoka zhuxiao", [(0, 8), (9, 16)]) == "金宝卡注销"
    assert sounds.from_pinyin("zhifubao zhuxiao", [(0, 8), (9, 16)]) == "止付 bao 注销"


def test_a_term_with_an_ending_of_its_own_is_heard_by_it_alone() -> None:
    sounds = Sounds(("徐州通",), ending=frozenset({"徐州通"}))

    assert sounds.correct("徐洲通", [(0, 3)], []) == "徐州通"
    assert sounds.correct("徐州同", [(0, 3)], []) == "徐州同"


@pytest.mark.parametrize(
    ("typed", "unknown", "read"),
    [
        ("门jin卡", [(1, 4)], "门禁卡"),
        ("银hang卡怎么退", [(1, 5)], "银行卡怎么退"),
        ("公jiao ka退", [(1, 5), (6, 8)], "公交卡退"),
        ("men jin卡", [(0, 3), (4, 7)], "门禁卡"),
        ("不zhu销", [(1, 4)], "不注销"),
        ("门jing卡", [(1, 5)], "门jing卡"),
        ("用app注销", [(1, 4)], "用app注销"),
        ("公bao卡", [(1, 4)], "公bao卡"),
    ],
    ids=["one", "behind it more", "two words", "in front", "of an action", "of no term", "no pinyin", "another sound"],
)
def test_pinyin_beside_characters_spells_the_rest_of_a_term(
    typed: str, unknown: list[tuple[int, int]], read: str
) -> None:
    assert SOUNDS.from_mixed(typed, unknown) == read


def test_pinyin_with_characters_on_neither_side_is_left_to_what_reads_it_alone() -> None:
    assert SOUNDS.from_mixed("yinhangka", [(0, 9)]) == "yinhangka"
