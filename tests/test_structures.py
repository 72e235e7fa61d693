"""The procedures of whole articles, beside what a person found in them."""

from __future__ import annotations

import pytest

from tests.structures import KEPT_APART, Found, compare, compare_procedures, structure_names

_NOT_LOOKED_INTO = "kept apart: the rules were not made for it"
NOT_YET = {
    "gongfei": _NOT_LOOKED_INTO,
    "gongzika": _NOT_LOOKED_INTO,
    "huiyuan": _NOT_LOOKED_INTO,
    "liuyan": _NOT_LOOKED_INTO,
    "maijia": _NOT_LOOKED_INTO,
    "menjin": _NOT_LOOKED_INTO,
}
TRUTH = {"cards": ["公交卡"], "lead": "带上卡", "steps": ["去网点。", "交卡。"], "note": "周末不办"}
FOUND = Found(("公交卡",), ("去网点。", "交卡。"), "请带上卡：", "注意：周末不办。")


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[pytest.mark.xfail(reason=NOT_YET[name])] if name in NOT_YET else [])
        for name in structure_names()
    ],
)
def test_every_procedure_of_an_article_is_found_whole(name: str) -> None:
    assert compare(name).problems == ()


def test_articles_kept_apart_are_written_down() -> None:
    assert set(structure_names()) >= KEPT_APART


def test_marks_and_blanks_make_no_difference() -> None:
    found = Found(("公交卡",), ("**去网点**", "| 交卡\n"), "请带上卡", "周末不办")

    assert compare_procedures([TRUTH], [found]).problems == ()


@pytest.mark.parametrize(
    ("found", "n_complete", "problem"),
    [
        ([], 0, "procedure 1 is not found: '去网点。'"),
        ([FOUND, FOUND], 1, "no procedure: ('去网点。', '交卡。')"),
        (
            [Found(("公交卡",), ("去网点。",), "带上卡", "交卡。周末不办")],
            0,
            "procedure 1: 2 steps must be found, not 1",
        ),
        (
            [Found(("公交卡",), ("去网点。", "交卡，签字。"), "带上卡", "周末不办")],
            0,
            "procedure 1: step 2 must be '交卡', not '交卡签字'",
        ),
        (
            [Found(("银行卡",), FOUND.steps, "带上卡", "周末不办")],
            1,
            "procedure 1: the card must be one of ['公交卡'], not ['银行卡']",
        ),
        ([Found(("公交卡",), FOUND.steps, "", "周末不办")], 1, "procedure 1: the lead-in must hold '带上卡', not ''"),
        ([Found(("公交卡",), FOUND.steps, "带上卡", "")], 1, "procedure 1: the note must hold '周末不办', not ''"),
    ],
)
def test_what_is_missing_wrong_or_too_much_is_named(found: list[Found], n_complete: int, problem: str) -> None:
    compared = compare_procedures([TRUTH], found)

    assert (compared.n_true, compared.n_complete) == (1, n_complete)
    assert problem in compared.problems
