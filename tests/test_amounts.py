"""Amounts, durations, times and telephone numbers in one form."""

from __future__ import annotations

import pytest

from assistant.amounts import Amount, amounts_of


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("手续费5元，押金一百元，0.5元", {("5", "yuan"), ("100", "yuan"), ("0.5", "yuan")}),
        ("1,000元以上，¥50，2万元", {("1000", "yuan"), ("50", "yuan"), ("20000", "yuan")}),
        ("七个工作日内，15 个工作日", {("7", "workday"), ("15", "workday")}),
        ("within seven working days or 30 minutes", {("7", "workday"), ("30", "minute")}),
        ("半年、两个月、三周", {("0.5", "year"), ("2", "month"), ("3", "week")}),
        ("扣2%，百分之十", {("2", "percent"), ("10", "percent")}),
        ("八月三十一日", {("8", "calendar month"), ("31", "day")}),
        ("9:00至21:30", {("9:00", "clock"), ("21:30", "clock")}),
        ("周五八点半，下午5点", {("五", "weekday"), ("8:30", "clock"), ("17:00", "clock")}),
        ("Friday, 5 pm", {("五", "weekday"), ("17:00", "clock")}),
        ("400-000-8866和0379-5550100", {("4000008866", "telephone"), ("3795550100", "telephone")}),
        ("拨打12333", {("12333", "")}),
        ("见www.example.com/a?b=1。", {("www.example.com/a?b=1", "address")}),
        ("第二天再来", {("2", "ordinal")}),
        ("次日到账", {("2", "ordinal")}),
        ("一百零五元、二〇二四年", {("105", "yuan"), ("2024", "year")}),
        ("３號窗口", {("3", "number")}),
    ],
)
def test_amounts_are_read(text: str, expected: set[tuple[str, str]]) -> None:
    assert {(amount.value, amount.unit) for amount in amounts_of(text)} == expected


@pytest.mark.parametrize("text", ["一起去填一张表", "十分方便", "选项2", "第3步", "one copy", "统一办理"])
def test_words_and_bare_digits_are_no_amounts(text: str) -> None:
    assert amounts_of(text) == set()


def test_a_unit_counts_only_where_both_have_one() -> None:
    assert Amount("7", "day").stands_in({Amount("7", "")})
    assert not Amount("7", "day").stands_in({Amount("7", "workday")})
    assert not Amount("7", "day").stands_in({Amount("8", "day")})
