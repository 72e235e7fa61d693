"""Subjects by parts of their names, and likeness of texts by their words."""

from __future__ import annotations

import numpy as np
import pytest

from assistant.likeness import likeness, likeness_of_groups, places_of
from assistant.naming import Naming, masked

NAMING = Naming(("幼儿园接送卡", "培训班课时卡", "驾校学时卡"))


@pytest.mark.parametrize(
    ("text", "subjects"),
    [
        ("接送卡怎么退", ("幼儿园接送卡",)),
        ("驾校那张不要了", ("驾校学时卡",)),
        ("培训班的课时卡", ("培训班课时卡",)),
        ("卡怎么退", ()),
        ("课时卡和学时卡", ("培训班课时卡", "驾校学时卡")),
    ],
)
def test_a_part_of_a_name_points_to_its_subject(text: str, subjects: tuple[str, ...]) -> None:
    found = NAMING.pointed_to(text)

    assert set(subjects) <= set(found)
    assert subjects != () or found == ()
    assert len(subjects) != 1 or found == subjects


def test_a_part_that_all_names_share_says_less_than_a_part_of_one() -> None:
    naming = Naming(("海棠公园年卡", "海棠博物馆年卡"))

    assert naming.pointed_to("海棠公园的") == ("海棠公园年卡",)
    assert naming.pointed_to("海棠的") == ("海棠公园年卡", "海棠博物馆年卡")


def test_masked_words_point_to_nothing() -> None:
    assert masked("驾校怎么退", [(0, 2)]) == "  怎么退"
    assert NAMING.pointed_to(masked("驾校怎么退", [(0, 2)])) == ()


def test_a_passage_that_says_the_same_is_likest() -> None:
    question, same, other = places_of(["手续费多少", "退卡收5元手续费。", "带上身份证到窗口。"])

    found = likeness(question, [same, other])

    assert found.soft[0] > found.soft[1]
    assert found.telling[0] > found.telling[1]
    assert np.all((found.matched >= 0) & (found.matched <= 1))


def test_a_group_is_as_like_as_its_passages_together() -> None:
    question, first, second = places_of(["身份证和手续费", "带上身份证。", "收5元手续费。"])

    grouped, wholes = likeness_of_groups(question, [[first, second], [first], []])
    joined = likeness(question, [np.concatenate([first, second]), first, first[:0]])

    assert np.allclose(grouped.soft, joined.soft, atol=1e-6)
    assert [len(part) for part in wholes] == [2, 1, 0]


def test_a_question_without_known_words_is_like_nothing() -> None:
    question, passage = places_of(["", "带上身份证。"])

    assert likeness(question, [passage]).soft.tolist() == [0.0]
    assert likeness(question, []).soft.tolist() == []
