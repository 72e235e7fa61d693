from __future__ import annotations

import pytest

from corpus.markers import item_marker, number_of, row_marker


@pytest.mark.parametrize(
    ("line", "family", "number", "content"),
    [
        ("1. 带上证件", "decimal", 1, "带上证件"),
        ("12．带上证件", "decimal", 12, "带上证件"),
        ("1、带上证件", "decimal", 1, "带上证件"),
        ("1) 带上证件", "decimal-bracket", 1, "带上证件"),
        ("1）带上证件", "decimal-bracket", 1, "带上证件"),
        ("（1）带上证件", "bracket", 1, "带上证件"),
        ("(1) 带上证件", "bracket", 1, "带上证件"),
        ("①带上证件", "circled", 1, "带上证件"),
        ("⑳、带上证件", "circled", 20, "带上证件"),
        ("一、带上证件", "numeral", 1, "带上证件"),
        ("二十一、带上证件", "numeral", 21, "带上证件"),
        ("（一）带上证件", "bracket-numeral", 1, "带上证件"),
        ("2/5 交卡", "step", 2, "交卡"),
        ("第一步：带上证件", "step", 1, "带上证件"),
        ("第 2 步，带上证件", "step", 2, "带上证件"),
        ("步骤1：带上证件", "step", 1, "带上证件"),
        ("步骤三 带上证件", "step", 3, "带上证件"),
        ("步驟三：帶上證件", "step", 3, "帶上證件"),
        ("Step 1: bring your ID", "step", 1, "bring your ID"),
        ("STEP 12 - bring your ID", "step", 12, "bring your ID"),
        ("**第一步**：带上证件", "step", 1, "带上证件"),
        ("**第一步：**带上证件", "step", 1, "带上证件"),
        ("**1.** 带上证件", "decimal", 1, "带上证件"),
        ("**1. 带上证件**", "decimal", 1, "带上证件**"),
        ("1 .带上证件", "decimal", 1, "带上证件"),
        ("1：带上证件", "decimal-colon", 1, "带上证件"),
        ("1 带上证件", "bare", 1, "带上证件"),
        ("01 | 带上证件", "parted", 1, "带上证件"),
        ("01｜带上证件", "parted", 1, "带上证件"),
        ("02/ 带上证件", "parted", 2, "带上证件"),
        ("3 — 带上证件", "parted", 3, "带上证件"),
        ("1️⃣ 带上证件", "keycap", 1, "带上证件"),
        ("🔟带上证件", "keycap", 10, "带上证件"),
        ("【03】带上证件", "square", 3, "带上证件"),
        ("[3] 带上证件", "square-latin", 3, "带上证件"),
        ("❸带上证件", "circled-otherwise", 3, "带上证件"),
        ("➌ 带上证件", "circled-otherwise", 3, "带上证件"),
        ("⑶带上证件", "enclosed", 3, "带上证件"),
        ("㈢带上证件", "enclosed", 3, "带上证件"),
        ("⒊带上证件", "enclosed", 3, "带上证件"),
        ("Ⅱ. 带上证件", "roman", 2, "带上证件"),
        ("三. 带上证件", "numeral", 3, "带上证件"),
        ("三）带上证件", "numeral-bracket", 3, "带上证件"),
        ("3.2 带上证件", "second-level", 2, "带上证件"),
        ("丙、带上证件", "stem", 3, "带上证件"),
        ("b. 带上证件", "letter", 2, "带上证件"),
        ("B）带上证件", "letter-bracket", 2, "带上证件"),
        ("STEP.03 带上证件", "step", 3, "带上证件"),
        ("步骤（三）带上证件", "step", 3, "带上证件"),
        ("步骤③带上证件", "step", 3, "带上证件"),
        ("步骤 3｜带上证件", "step", 3, "带上证件"),
        ("【第三步】带上证件", "step", 3, "带上证件"),
        ("第三步骤：带上证件", "step", 3, "带上证件"),
        ("环节三：带上证件", "step", 3, "带上证件"),
        ("**第一步**：**证件**：带上", "step", 1, "**证件**：带上"),
    ],
)
def test_every_family_of_markers_is_known(line: str, family: str, number: int, content: str) -> None:
    found = item_marker(line)

    assert found is not None
    assert (found[0], found[1], line[found[2] :]) == (family, number, content)


@pytest.mark.parametrize(
    "line",
    [
        "",
        "带上证件",
        "1.5元一张",
        "2024. 年底",
        "0. 零",
        "123、太多",
        "一带一路",
        "stepping 1",
        "百、",
        "（注）",
        "-1.",
        "9:30 开门",
        "1.5 元一张",
        "24/7 服务",
        "1/3 的钱",
        "3 号窗口",
        "7 天以后",
        "[1](https://a.example)",
        "a good card",
        "A、B两种卡",
        "*",
    ],
)
def test_lines_that_only_look_numbered_have_no_marker(line: str) -> None:
    assert item_marker(line) is None


def test_chinese_numerals_up_to_99_have_their_values() -> None:
    digits = ["", *"一二三四五六七八九"]
    # 十 is 10, 十一 is 11, 二十 is 20, 九十九 is 99.
    numerals = digits[1:] + [f"{tens}十{ones}" for tens in ["", *"二三四五六七八九"] for ones in digits]

    assert [number_of(numeral) for numeral in numerals] == list(range(1, 100))


def test_circled_numbers_have_their_values() -> None:
    assert [number_of(circled) for circled in "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳"] == list(range(1, 21))


@pytest.mark.parametrize(
    ("numeral", "number"),
    [("3", 3), ("12", 12), ("百", 0), ("零", 0), ("丙", 3), ("", 0), ("㉑", 0), ("³", 0), ("i", 0)],
)
def test_other_numerals_are_decimal_or_nothing(numeral: str, number: int) -> None:
    assert number_of(numeral) == number


@pytest.mark.parametrize(
    ("row", "number", "content"),
    [
        ("| 1 | 交卡 |", 1, "交卡 |"),
        ("|**2**|交卡|", 2, "交卡|"),
        ("| 步骤3 | 交卡 |", 3, "交卡 |"),
        ("| 第四步：交卡 | 柜台 |", 4, "交卡 | 柜台 |"),
        ("| ⑤ | 交卡 |", 5, "交卡 |"),
    ],
)
def test_rows_that_begin_with_a_number_are_counted(row: str, number: int, content: str) -> None:
    found = row_marker(row)

    assert found is not None
    assert (found[0], row[found[1] :]) == (number, content)


@pytest.mark.parametrize(
    "row", ["| 步骤 | 做什么 |", "| --- | --- |", "| 东城 | 9:00 |", "| 1 | |", "| 3 天 | 到账 |", "|"]
)
def test_rows_that_begin_otherwise_are_not_counted(row: str) -> None:
    assert row_marker(row) is None
