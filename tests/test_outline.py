"""Numbered lines that head parts of an article, and what only looks like a heading inside a list."""

from __future__ import annotations

import pytest

from tests.test_chunker import chunks, procedure, procedures


def test_numbered_titles_of_parts_are_headings() -> None:
    text = "1 适用范围\n办过公交卡的人。\n\n2 退卡步骤\n2.1 去网点。\n2.2 交卡。\n2.3 领钱。\n\n3 其他\n周末不办。\n"

    found = procedure(text)
    assert [step.text for step in found.steps] == ["去网点。", "交卡。", "领钱。"]
    assert found.headings == ("2 退卡步骤",) or found.headings == ("退卡步骤",)


def test_steps_under_titles_are_no_outline() -> None:
    text = "## 怎么退\n\n1. 备齐材料\n\n身份证和卡。\n\n2. 提交申请\n\n到窗口填表。\n\n3. 领回押金\n\n现金。\n"

    assert procedures(text) == [["备齐材料\n\n身份证和卡。", "提交申请\n\n到窗口填表。", "领回押金\n\n现金。"]]


def test_precautions_that_are_numbered_on_are_no_steps() -> None:
    text = "## 怎么退\n\n1. 去网点\n\n带卡。\n\n2. 交卡\n\n签字。\n\n3. 注意事项\n\n别信代办。\n\n4. 总结\n\n不难。\n"

    found = chunks(text)
    assert procedures(text) == [["去网点\n\n带卡。", "交卡\n\n签字。"]]
    assert [(piece.headings[-1], piece.text) for piece in found[1:]] == [("注意事项", "别信代办。"), ("总结", "不难。")]


@pytest.mark.parametrize("stray", ["**看这里**", "示意图如下"])
def test_a_line_between_two_entries_is_no_heading(stray: str) -> None:
    text = f"## 退卡流程\n\n1. 去网点。\n\n{stray}\n\n左边第二个窗口，排队的人少。\n\n2. 交卡。\n"

    assert procedures(text) == [[f"去网点。\n\n{stray}\n\n左边第二个窗口，排队的人少。", "交卡。"]]


def test_labels_that_are_numbered_are_headings_of_what_is_told_below() -> None:
    text = "## 彩虹卡的停用\n\n1. 应备资料\n身份证和卡。\n2. 办理次序\n"
    text += "首先，去网点取号。其次，交卡签字。最后，领回押金。\n3. 补充规定\n周末不办。\n"

    found = procedure(text)
    assert [step.text for step in found.steps] == ["首先，去网点取号。", "其次，交卡签字。", "最后，领回押金。"]
    assert found.headings[-1] == "办理次序"


def test_chapters_head_what_is_numbered_below_them() -> None:
    text = "第一章 总则\n\n一、适用\n\n持卡人。\n\n第二章 彩虹卡的停用\n\n"
    text += "一、材料\n\n卡。\n\n二、步骤\n\n1. 取号。\n2. 交卡。\n"

    assert procedure(text).headings == ("第二章 彩虹卡的停用", "二、步骤")
