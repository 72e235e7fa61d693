from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from corpus.blocks import read_blocks

# What lines of the genre are made of, so that short random texts meet every rule.
PIECES = ["\n", "\n\n", "\r\n", "\ufeff", "# ", "## ", "**", "__", "- ", "---", "===", "```", "> ", "|", "\u3000", "  "]
PIECES += [
    "1. ",
    "2. ",
    "1、",
    "2)",
    "（1）",
    "①",
    "②",
    "一、",
    "二、",
    "（一）",
    "第一步：",
    "步骤2 ",
    "Step 3: ",
    "注意：",
]
PIECES += ["公交卡", "如下：", "去网点。", "bus card", "x"]


def genre_text() -> st.SearchStrategy[str]:
    return st.lists(st.sampled_from(PIECES), max_size=30).map("".join)


def shapes(text: str) -> list[tuple[str, str]]:
    """Kind and content of every block."""
    return [(block.kind, text[block.content : block.end]) for block in read_blocks(text)]


def headings(text: str) -> list[tuple[int, str]]:
    return [(block.depth, text[block.content : block.end]) for block in read_blocks(text) if block.kind == "heading"]


@given(genre_text(), st.integers(0, 5))
@example("```\n> ", 0)
@example("```\n   \n> \n", 0)
@settings(max_examples=300)
def test_blocks_are_spans_in_order_without_overlap(text: str, start: int) -> None:
    at = start
    for block in read_blocks(text, start):
        assert at <= block.start <= block.content <= block.end <= len(text)
        assert "\r" not in text[block.end - 1 : block.end]
        at = block.end


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("# 公交卡\n\n### 线上\n", [(10, "公交卡"), (30, "线上")]),
        ("##注销步骤\n", [(20, "注销步骤")]),
        ("## 注销步骤 ##  \n", [(20, "注销步骤")]),
        ("公交卡\n====\n\n注销步骤\n----\n", [(10, "公交卡"), (20, "注销步骤")]),
        ("## 注销\n\n**线上办理**\n\n打开应用。\n", [(20, "注销"), (25, "线上办理**")]),
        ("**注销步骤**：\n\n打开应用。\n", [(5, "注销步骤**：")]),
        ("一、介绍\n\n坐车用的。\n\n（一）线上\n\n打开应用。\n", [(2, "一、介绍"), (4, "（一）线上")]),
        ("方式一：线上办理\n\n打开应用。\n", [(3, "方式一：线上办理")]),
        ("場景二：八達通退還\n\n打開應用。\n", [(3, "場景二：八達通退還")]),
        (
            "**The Cedarfield credit card: steps to close it**\n\nx\n",
            [(5, "The Cedarfield credit card: steps to close it**")],
        ),
    ],
)
def test_headings_come_in_every_writing(text: str, expected: list[tuple[int, str]]) -> None:
    found = [(depth, title.removeprefix("**")) for depth, title in headings(text)]

    assert found == expected


@pytest.mark.parametrize(
    "text",
    [
        "一、省钱。\n二、安全。\n",  # a sentence each
        "一、省钱\n二、安全\n三、省心\n",  # siblings in a row are a list
        "#公交卡#话题\n",
        "####### 七级\n",
        "**公交卡可以在任何一个服务网点退，请带上身份证原件，并且把卡里的余额花完再去。**\n\nx\n",
        "**Bring the card and your identity card with you to the branch.**\n\nx\n",
        "**末行**\n",
        "公交卡怎么退？\n\n去网点。\n",
        "这是一句话。\n---\n",
    ],
)
def test_lines_that_are_no_headings_stay_text(text: str) -> None:
    assert headings(text) == []


def test_a_rule_is_no_block_and_no_underline() -> None:
    assert shapes("去网点。\n\n---\n\n* * *\n\n交卡。\n") == [("text", "去网点。"), ("text", "交卡。")]


def test_fenced_code_is_text_whatever_its_lines_look_like() -> None:
    text = "```\n# 不是标题\n1. 已受理\n\n- 请留意\n```\n\n## 标题\n"

    assert shapes(text) == [("text", "# 不是标题\n1. 已受理\n\n- 请留意"), ("heading", "标题")]


def test_rows_of_a_table_are_text_of_their_own() -> None:
    text = "| 地点 | 时间 |\n| --- | --- |\n| 东城 | 9:00 |\n"

    assert shapes(text) == [("text", "| 地点 | 时间 |"), ("text", "| --- | --- |"), ("text", "| 东城 | 9:00 |")]


def test_a_line_continues_what_it_directly_follows_unless_that_was_a_sentence() -> None:
    text = "1. 去网点，\n   带上证件\n并签字。\n另起一段。\n- 身份证\n  原件\n"

    assert shapes(text) == [
        ("item", "去网点，\n   带上证件\n并签字。"),
        ("text", "另起一段。"),
        ("bullet", "身份证\n  原件"),
    ]


def test_a_note_directly_below_an_item_is_no_part_of_it() -> None:
    assert shapes("1. 去网点\n注意：周末不办\n") == [("item", "去网点"), ("text", "注意：周末不办")]


def test_line_ends_and_byte_order_mark_are_in_no_block() -> None:
    text = "\ufeff# 公交卡\r\n\r\n1. 去网点。\r\n2. 交卡。\r\n"

    assert shapes(text) == [("heading", "公交卡"), ("item", "去网点。"), ("item", "交卡。")]


def test_reading_starts_where_the_front_matter_ends() -> None:
    text = "---\ntitle: x\n---\n# 公交卡\n"

    (block,) = read_blocks(text, text.index("#"))
    assert (block.kind, block.start, text[block.content : block.end]) == ("heading", 17, "公交卡")


@pytest.mark.parametrize(
    ("line", "indent"),
    [("1. 去网点。", 0), ("   1. 去网点。", 3), ("\t1. 去网点。", 4), ("\u3000\u30001. 去网点。", 0)],
)
def test_full_width_blanks_are_no_indent(line: str, indent: int) -> None:
    (block,) = read_blocks(line)
    assert (block.kind, block.number, block.indent) == ("item", 1, indent)


@pytest.mark.parametrize("bullet", ["- ", "* ", "+ ", "• ", "•", "● ", "▪ ", "✅ ", "✔️", "▶", "👉 ", "- [ ] ", "- 👉 "])
def test_bullets_of_every_shape_are_bullets(bullet: str) -> None:
    assert shapes(f"{bullet}身份证\n") == [("bullet", "身份证")]


@pytest.mark.parametrize("sign", ["🔷", "★ ", "※", "✘ ", "🌟"])
def test_a_pictograph_that_begins_neighbouring_lines_is_a_bullet(sign: str) -> None:
    assert shapes(f"{sign}身份证\n\n{sign}原卡\n") == [("bullet", "身份证"), ("bullet", "原卡")]
    assert shapes(f"{sign}身份证\n") == [("text", f"{sign}身份证")]


def test_rows_of_a_table_that_are_counted_are_items() -> None:
    text = (
        "| 步骤 | 做什么 | 地点 |\n|:-:|--|--|\n| 1 | 填表 | 大厅 |\n| **2** | 交卡 | 柜台 |\n| 第三步：签字 | 柜台 |\n"
    )

    assert [(block.number, text[block.content : block.end]) for block in read_blocks(text) if block.kind == "item"] == [
        (1, "填表 | 大厅"),
        (2, "交卡 | 柜台"),
        (3, "签字 | 柜台"),
    ]


@pytest.mark.parametrize(
    ("line", "depth"),
    [
        ("【退卡流程】", 3),
        ("【02】退卡流程", 3),
        ("【二】怎么退，找谁退", 3),
        ("PART.2", 3),
        ("第二部分：退卡", 1),
        ("二）退卡流程", 3),
    ],
)
def test_lines_of_posts_that_part_them_are_headings(line: str, depth: int) -> None:
    assert headings(f"坐车用的。\n\n{line}\n带卡去窗口，再交卡。\n") == [(depth, line)]


@pytest.mark.parametrize(
    "line", ["【注意】周末不办", "整理：小禾", "**青禾物业服务部 编**", "[1] 见上文", "【退卡流程】，带上卡"]
)
def test_brackets_alone_and_bylines_make_no_heading(line: str) -> None:
    assert headings(f"坐车用的。\n\n{line}\n带卡去窗口，再交卡。\n") == []


@pytest.mark.parametrize("line", ["15 个工作日内到账。", "3 号窗口办理。", "2024 年起施行。"])
def test_a_line_that_counts_something_is_no_item(line: str) -> None:
    assert shapes(line) == [("text", line)]


def test_a_number_without_a_sign_counts_where_a_line_may_begin_an_entry() -> None:
    assert shapes("1 打开小程序\n2 点注销\n") == [("item", "打开小程序"), ("item", "点注销")]
    assert shapes("拨打热线转\n3 报修，\n") == [("text", "拨打热线转\n3 报修，")]


def test_a_number_behind_a_bullet_counts() -> None:
    assert shapes("- 第一步：去网点。\n- 1. 交卡。\n") == [("item", "去网点。"), ("item", "交卡。")]


def test_a_bold_line_whose_closing_mark_was_blanked_is_still_a_heading() -> None:
    assert headings("**注销步骤" + " " * 20 + "\n\n去网点。\n") == [(5, "**注销步骤")]


def test_the_first_line_of_a_note_in_a_quote_is_no_heading() -> None:
    assert headings("1. 交卡。\n\n> **注意**\n> 周末不办。\n") == []
    assert headings("1. 交卡。\n\n**注意**\n\n周末不办。\n") == [(5, "**注意**")]
