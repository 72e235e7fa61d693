"""Cutting an answer into what it says and what each statement cites."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.evaluation.statements import Statement, statements_of
from tests.assistants import ask


def answer(text: str, *quotes: str) -> dict[str, Any]:
    """A published answer; the quotes are those of [1], [2], …"""
    citations = [{"marker": number, "quote": quote} for number, quote in enumerate(quotes, start=1)]
    return {"outcome": "answered", "text": text, "language": "zh", "citations": citations}


def test_a_procedure_has_a_statement_for_each_step() -> None:
    text = (
        "**停车卡注销**，共2步：\n\n1. **补清欠费**。先补上。 [1]\n2. **交卡**。收回停车卡。 [2]\n\n注意：带收据。 [3]"
    )

    assert statements_of(answer(text, "补清欠费。先补上。", "交卡。收回停车卡。", "带收据。")) == [
        Statement(text="补清欠费。先补上。", markers=(1,), quotes=("补清欠费。先补上。",)),
        Statement(text="交卡。收回停车卡。", markers=(2,), quotes=("交卡。收回停车卡。",)),
        Statement(text="注意：带收据。", markers=(3,), quotes=("带收据。",)),
    ]


@pytest.mark.parametrize("group", ["[1][2]", "[1] [2]", "[1]，[2]", "[1], [2]"])
def test_markers_that_stand_together_belong_to_one_statement(group: str) -> None:
    assert statements_of(answer(f"押金退回。 {group}", "甲", "乙")) == [
        Statement(text="押金退回。", markers=(1, 2), quotes=("甲", "乙"))
    ]


def test_statements_on_one_line_are_cut_at_their_markers() -> None:
    found = statements_of(answer("押金退回[1]。卡片收回[2]，谢谢。", "甲", "乙"))

    assert [(s.text, s.quotes) for s in found] == [("押金退回", ("甲",)), ("卡片收回", ("乙",))]


def test_lines_without_a_marker_are_no_statements() -> None:
    assert statements_of(answer("文章写到的有：公交卡。\n\n还有别的问题吗？")) == []


def test_a_marker_on_a_line_of_its_own_belongs_to_the_line_above() -> None:
    assert [s.text for s in statements_of(answer("押金退回。\n[1]", "甲"))] == ["押金退回。"]


def test_a_marker_without_a_citation_cites_nothing() -> None:
    assert statements_of(answer("押金退回。 [7]", "甲")) == [Statement(text="押金退回。", markers=(7,), quotes=())]


def test_an_escaped_marker_is_the_articles_own() -> None:
    assert [(s.text, s.markers) for s in statements_of(answer(r"见附件\[3\]的表。 [1]", "见附件[3]的表。"))] == [
        ("见附件[3]的表。", (1,))
    ]


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("- **会员卡**：共5步 [1]", "会员卡：共5步"),
        ("12. 交卡 [1]", "交卡"),
        ("> 引文 [1]", "引文"),
        (r"\| 找谁办 \| 前台 \| [1]", "| 找谁办 | 前台 |"),
        (r"\*要带的东西\* 收据 [1]", "*要带的东西* 收据"),
        ("Step 2 of 4: **Sign**: `now` [1]", "Step 2 of 4: Sign: now"),
    ],
)
def test_marks_of_markdown_and_escapes_are_left_out(line: str, text: str) -> None:
    assert [s.text for s in statements_of(answer(line, "甲"))] == [text]


def test_the_original_below_an_editions_words_belongs_to_them() -> None:
    text = "1. **Sign**: hand it in. [1]\n   原文 / original: 签字：交上去。\n2. Wait. [2]\n\nNote: bring \\*it\\*. [3]"

    found = statements_of(answer(text, "**签字**：交上去。", "等。", "带上。"))

    assert [(s.text, s.original) for s in found] == [
        ("Sign: hand it in.", "签字：交上去。"),
        ("Wait.", ""),
        ("Note: bring *it*.", ""),
    ]


def test_an_english_answer_from_an_edition_has_an_original_for_every_step() -> None:
    found = statements_of(ask("shipped", "How do I cancel my bank card?").to_json())

    assert len(found) == 7
    assert all(s.original and not s.original.startswith("原文") for s in found)


@pytest.mark.parametrize(
    "question", ["公交卡怎么注销？", "銀行卡怎麼註銷？", "交通卡第三步是什么？", "注销要注意什么？"]
)
def test_every_marker_of_a_real_answer_is_in_a_statement(question: str) -> None:
    published = ask("shipped", question).to_json()

    found = statements_of(published)

    assert sorted({m for s in found for m in s.markers}) == [c["marker"] for c in published["citations"]]
    assert all(s.quotes for s in found)


@given(st.text(alphabet="押金 a1[]\\*-.\n:：原文/original", max_size=80))
def test_any_text_is_cut(text: str) -> None:
    for statement in statements_of(answer(text, "甲")):
        assert statement.text
        assert statement.markers
