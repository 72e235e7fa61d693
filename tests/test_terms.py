from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from corpus.terms import Found, TermList


def words(*terms: str) -> TermList[str]:
    """A list whose terms have themselves as values."""
    found: TermList[str] = TermList()
    for term in terms:
        found.add(term, term)
    return found


def found_terms(terms: TermList[str], text: str) -> list[tuple[str, str]]:
    """Each term found with the words of the text that it stands for."""
    return [(found.term, text[found.start : found.end]) for found in terms.find(text)]


def test_the_longest_chinese_term_at_a_place_is_found() -> None:
    terms = words("公交", "公交卡", "卡", "卡通")

    assert terms.find("退公交卡和卡") == [
        Found(1, 4, "公交卡", ("公交卡",)),
        Found(5, 6, "卡", ("卡",)),
    ]


def test_terms_do_not_overlap_the_first_one_wins() -> None:
    assert found_terms(words("一卡", "卡通"), "一卡通") == [("一卡", "一卡")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("my bus card", ["bus card"]),
        ("bus", ["bus"]),
        ("a bus, card", ["bus"]),
        ("buses", []),
        ("minibus", []),
        ("bus cards", ["bus"]),
        ("坐bus去", ["bus"]),
        ("bus卡", ["bus"]),
        ("double bus card bus", ["bus card", "bus"]),
        ("bus-card", []),
    ],
)
def test_english_terms_are_whole_words_and_the_longest_phrase(text: str, expected: list[str]) -> None:
    assert [term for term, _ in found_terms(words("bus", "bus card"), text)] == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("bus card", "bus card"),
        ("bus cards", "bus cards"),
        ("bus card's", "bus card's"),
        ("insurance policies", "insurance policies"),
        ("insurance policy", "insurance policy"),
        ("e-cny", "e-cny"),
    ],
)
def test_a_star_stands_for_any_ending(text: str, expected: str) -> None:
    terms = words("bus card*", "insurance polic*", "e-cny*")

    assert [shown for _, shown in found_terms(terms, f"the {text} now")] == [expected]


def test_a_star_does_not_reach_into_the_next_word_or_leave_out_the_first() -> None:
    terms = words("bus card*")

    assert found_terms(terms, "bus carnival") == []
    assert found_terms(terms, "buses card") == []


def test_the_exact_term_goes_before_the_one_with_a_star() -> None:
    assert found_terms(words("card*", "cards"), "cards") == [("cards", "cards")]


def test_a_term_of_both_writings_is_matched_by_characters() -> None:
    assert found_terms(words("ic卡", "卡"), "公交ic卡和卡") == [("ic卡", "ic卡"), ("卡", "卡")]


def test_a_term_of_both_writings_does_not_begin_inside_a_word() -> None:
    assert found_terms(words("ic卡", "卡"), "busic卡，ic卡") == [("卡", "卡"), ("ic卡", "ic卡")]


def test_a_term_of_both_writings_goes_before_its_word() -> None:
    assert found_terms(words("sim", "sim卡"), "退sim卡") == [("sim卡", "sim卡")]


def test_a_term_keeps_every_value_in_order_and_once() -> None:
    terms: TermList[str] = TermList()
    for value in ("交通卡", "校园卡", "交通卡"):
        terms.add("一卡通", value)

    assert terms.values_of("一卡通") == ("交通卡", "校园卡")
    assert terms.values_of("公交卡") == ()
    assert list(terms.terms()) == ["一卡通"]


def test_what_is_added_to_a_copy_is_not_in_the_list() -> None:
    terms = words("公交卡")
    other = terms.copy()
    other.add("长长的洗车卡", "洗车卡")
    other.add("公交卡", "另一张")

    assert [term for term, _ in found_terms(other, "长长的洗车卡公交卡")] == ["长长的洗车卡", "公交卡"]
    assert terms.find("长长的洗车卡") == []
    assert terms.values_of("公交卡") == ("公交卡",)


@given(
    st.lists(st.sampled_from(["公", "公交", "交卡", "公交卡", "bus", "bus card", "car*", "ic卡"]), unique=True),
    st.lists(st.sampled_from(["公", "交", "卡", "bus", "card", "ic", " ", "-", "s"]), max_size=12).map("".join),
)
def test_what_is_found_is_in_the_text_in_order(terms: list[str], text: str) -> None:
    at = 0
    for found in words(*terms).find(text):
        assert at <= found.start < found.end <= len(text)
        assert text[found.start : found.end].startswith(found.term.rstrip("*"))
        at = found.end


@given(
    st.lists(
        st.sampled_from(["公", "公交", "交卡", "公交卡", "bus", "bus card", "bus card pass", "ca*", "ic卡"]),
        unique=True,
    ),
    st.lists(st.sampled_from(["公", "交", "卡", "bus", "card", "pass", "ic", " "]), max_size=9).map("".join),
)
@example(["ic卡"], "busic卡")
def test_nothing_longer_could_have_been_found(terms: list[str], text: str) -> None:
    known = words(*terms)
    longer = [term for term in terms if term.endswith("卡") or term in {"公", "公交"}]  # those matched by characters
    ends = {found.start: found.end for found in known.find(text)}
    taken = {at for start, end in ends.items() for at in range(start, end)}

    for at in range(len(text)):
        for term in longer:
            # "ic卡" does not begin inside of "busic".
            inside = term.startswith("ic") and at > 0 and text[at - 1].isascii() and text[at - 1].isalpha()
            if text.startswith(term, at) and not inside:
                assert at in taken
                assert at not in ends or ends[at] >= at + len(term)


def test_a_phrase_of_many_words_is_found_by_its_first() -> None:
    terms = words("old bus card", "bus", "old")

    assert found_terms(terms, "old bus cards, old bus card") == [
        ("old", "old"),
        ("bus", "bus"),
        ("old bus card", "old bus card"),
    ]


def test_a_term_is_none_where_the_word_goes_on() -> None:
    terms: TermList[str] = TermList()
    terms.add("江海通", "card", re.compile("知(?!道)|行"))
    terms.add("通行证", "permit")

    assert found_terms(terms, "江海通怎么退") == [("江海通", "江海通")]
    assert found_terms(terms, "江海通知道吗") == [("江海通", "江海通")]
    assert found_terms(terms, "江海通知") == []
    assert found_terms(terms.copy(), "江海通行证") == [("通行证", "通行证")]
