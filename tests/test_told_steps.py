"""Steps that are told in sentences, and lists that are steps without being called so."""

from __future__ import annotations

import pytest

from corpus.told_steps import told_steps
from tests.test_chunker import chunks, procedure


def told(text: str) -> list[str]:
    """The steps that paragraphs tell."""
    spans, at = [], 0
    for paragraph in text.split("\n\n"):
        spans.append((at, at + len(paragraph)))
        at += len(paragraph) + 2
    return [text[start:end] for start, end in told_steps(text, spans)]


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        (
            "首先，到窗口说明来意。然后，填一张单子，自己留一联。最后，领回押金。押金条丢了也能领。",
            ["首先，到窗口说明来意。", "然后，填一张单子，自己留一联。", "最后，领回押金。"],
        ),
        (
            "首先，算清次数。写在纸上。\n\n接著，找店長談。\n\n最後，等退款。錢到了再交卡。",
            ["首先，算清次数。写在纸上。", "接著，找店長談。", "最後，等退款。錢到了再交卡。"],
        ),
        ("先去前台登记。再去库房还钥匙。最后领收据。", ["先去前台登记。", "再去库房还钥匙。", "最后领收据。"]),
        ("①查余额；②交卡；③签字领钱。次日生效。", ["查余额；", "交卡；", "签字领钱。"]),
        (
            "First, look up your contract. Then, write a letter. Finally, hand in the key. Keep a copy.",
            ["First, look up your contract.", "Then, write a letter.", "Finally, hand in the key."],
        ),
    ],
)
def test_a_telling_is_cut_where_its_steps_begin(text: str, steps: list[str]) -> None:
    assert told(text) == steps


@pytest.mark.parametrize(
    "text",
    [
        "首先，这种卡很方便。后来大家都用手机了。",  # opens and never goes on
        "先充值后消费。用完再充。钱不够就补。",  # a habit without an end
        "办卡容易退卡难。最后还是退了。",
        "第一，卡会丢。没有第二。",
    ],
)
def test_what_only_sounds_like_a_telling_has_no_steps(text: str) -> None:
    assert told(text) == []


def test_a_told_procedure_is_one_chunk_with_its_lead_and_its_note() -> None:
    found = procedure("## 会员卡怎么退\n\n带身份证。\n\n首先，去前台。然后，签字。最后，领钱。\n\n小提醒：周末不办。\n")

    assert [step.text for step in found.steps] == ["首先，去前台。", "然后，签字。", "最后，领钱。"]
    assert found.text.startswith("带身份证。")
    assert found.text.endswith("周末不办。")


def test_bullets_that_tell_to_do_something_are_steps() -> None:
    found = procedure("## 月票：去车站\n\n- **打电话**：先约时间。\n- **交卡**：递进窗口。\n- **签收**：按手印。\n")

    assert [step.title for step in found.steps] == ["打电话", "交卡", "签收"]


@pytest.mark.parametrize(
    "text",
    [
        "## 月票\n\n要带的材料：\n\n- 身份证\n- 月票卡\n- 押金条\n",
        "## 为什么要退\n\n- 交了钱没人用。\n- 到期作废。\n- 去晚了要罚。\n",
        "## 注意事项\n\n1. 收好收据。\n2. 查清余额。\n3. 留个底。\n",
    ],
)
def test_lists_of_things_are_no_steps(text: str) -> None:
    assert all(piece.kind != "procedure" for piece in chunks(text))


def test_a_question_stands_in_one_piece_with_its_answer() -> None:
    texts = [
        piece.text
        for piece in chunks("## 常见问题\n\n问：卡丢了能退吗？\n答：能，带身份证。\n\n问：要钱吗？\n答：不要。\n")
    ]

    assert texts == ["问：卡丢了能退吗？\n答：能，带身份证。", "问：要钱吗？\n答：不要。"]
