from __future__ import annotations

from itertools import pairwise
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.chunker import MAX_PROSE_CHARACTERS, chunk
from corpus.document import Chunk, Document
from corpus.front_matter import read_front_matter
from corpus.hygiene import clean
from corpus.sections import heading_text
from tests.articles import GeneratedArticle, Place, articles
from tests.test_blocks import genre_text


def document(text: str, title: str = "公交卡") -> Document:
    _, body_start = read_front_matter(text, "card.md")
    return Document(doc_id="card", title=title, text=text, path="card.md", version="0" * 64, body_start=body_start)


def chunks(text: str, title: str = "公交卡") -> list[Chunk]:
    return chunk(document(text, title))


def procedures(text: str) -> list[list[str]]:
    """The steps of every procedure."""
    return [[step.text for step in piece.steps] for piece in chunks(text) if piece.kind == "procedure"]


def procedure(text: str) -> Chunk:
    (found,) = (piece for piece in chunks(text) if piece.kind == "procedure")
    return found


def titles(text: str) -> list[str]:
    return [step.title for step in procedure(text).steps]


def plain(article: GeneratedArticle) -> Document:
    return document(article.text)


def cleaned(article: GeneratedArticle) -> Document:
    return clean(plain(article))


def documents(**fixed: Any) -> st.SearchStrategy[Document]:  # noqa: ANN401 - the fields of Style
    """Articles as the product chunks them, and articles without advertisements as they are written."""
    return st.one_of(articles(**fixed).map(cleaned), articles(**fixed | {"promotions": frozenset()}).map(plain))


def require_exact_spans(text: str, found: list[Chunk]) -> None:
    at = 0
    for piece in found:
        assert at <= piece.start < piece.end
        assert text[piece.start : piece.end] == piece.text == piece.text.strip()
        at = piece.start
        for number, step in enumerate(piece.steps, 1):
            assert step.number == number
            assert at <= step.start < step.end <= piece.end
            assert text[step.start : step.end] == step.text == step.text.strip()
            at = step.end
        at = piece.end


def require_whole(article: GeneratedArticle, found: list[Chunk]) -> None:
    """Every procedure of the article is one chunk: steps with their bullets, lead-in before them, note behind."""
    whole = [piece for piece in found if piece.kind == "procedure"]
    assert len(whole) == len(article.procedures)
    for piece, truth in zip(whole, article.procedures, strict=True):
        # Two lists in one section have their lead-ins as headings of their own.
        assert any(heading.endswith(truth.heading) for heading in piece.headings[-2:])
        assert [step.number for step in piece.steps] == list(range(1, len(truth.steps) + 1))
        for step, sentence, label, details in zip(piece.steps, truth.steps, truth.labels, truth.details, strict=True):
            assert step.title == label
            assert all(words in step.text for words in (sentence, *details))
        assert truth.lead_in in piece.text[: piece.steps[0].start - piece.start]
        assert truth.note in piece.text[piece.steps[-1].end - piece.start :]


# --- whatever the article --------------------------------------------------------------------------------------


@given(documents())
@settings(max_examples=60, deadline=None)
def test_chunks_and_steps_are_exact_spans_in_order_without_overlap(article: Document) -> None:
    require_exact_spans(article.text, chunk(article))


@given(genre_text())
@settings(max_examples=200, deadline=None)
def test_chunks_of_any_lines_are_exact_spans(text: str) -> None:
    require_exact_spans(
        text, chunk(Document(doc_id="card", title="公交卡", text=text, path="card.md", version="0" * 64))
    )


@given(
    genre_text(), st.sampled_from(["加微信：kapian77", "![图](https://i.postimg.cc/a/b.png)", "\u200b"]), st.integers(0)
)
@settings(max_examples=50, deadline=None)
def test_chunks_of_any_cleaned_lines_are_exact_spans(text: str, advertisement: str, place: int) -> None:
    place %= len(text) + 1
    body = clean(document(f" {text[:place]}{advertisement}{text[place:]}"))

    require_exact_spans(body.text, chunk(body))


@given(articles(promotions=frozenset()))
@settings(deadline=None)
def test_every_procedure_is_whole(article: GeneratedArticle) -> None:
    require_whole(article, chunk(plain(article)))


@given(articles())
@settings(deadline=None)
def test_every_procedure_is_whole_between_advertisements(article: GeneratedArticle) -> None:
    require_whole(article, chunk(cleaned(article)))


@given(articles(promotions=frozenset(get_args(Place)), n_steps=6))
@settings(max_examples=50, deadline=None)
def test_every_procedure_is_whole_among_advertisements_everywhere(article: GeneratedArticle) -> None:
    require_whole(article, chunk(cleaned(article)))


@given(articles(promotions=frozenset()))
@settings(max_examples=50, deadline=None)
def test_no_sentence_is_lost(article: GeneratedArticle) -> None:
    found = chunk(plain(article))

    assert [sentence for sentence in article.prose if not any(sentence in piece.text for piece in found)] == []


@given(documents())
@settings(max_examples=50, deadline=None)
def test_steps_are_in_procedures_alone_and_prose_is_short(article: Document) -> None:
    for piece in chunk(article):
        assert bool(piece.steps) == (piece.kind == "procedure")
        assert piece.kind == "procedure" or len(piece.text) <= MAX_PROSE_CHARACTERS


@given(documents())
@settings(max_examples=50, deadline=None)
def test_chunking_twice_gives_the_same(article: Document) -> None:
    assert chunk(article) == chunk(article)


@given(articles())
@settings(max_examples=50, deadline=None)
def test_cleaning_moves_no_offset(article: GeneratedArticle) -> None:
    before, after = plain(article), cleaned(article)
    edges = [0, *(edge for span in after.masked for edge in span), len(before.text)]
    kept = list(pairwise(edges))[::2]

    assert len(after.text) == len(before.text)
    assert [before.text[start:end] for start, end in kept] == [after.text[start:end] for start, end in kept]
    assert "".join(after.text[start:end] for start, end in after.masked).strip(" \r\n") == ""


# --- markers ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "markers",
    [
        ("1. ", "2. ", "3. "),
        ("1．", "2．", "3．"),
        ("1、", "2、", "3、"),
        ("1) ", "2) ", "3) "),
        ("（1）", "（2）", "（3）"),
        ("①", "②", "③"),
        ("一、", "二、", "三、"),
        ("（一）", "（二）", "（三）"),
        ("第一步：", "第二步：", "第三步："),
        ("第1步 ", "第2步 ", "第3步 "),
        ("步骤1：", "步骤2：", "步骤3："),
        ("Step 1: ", "Step 2: ", "Step 3: "),
        ("**第一步：**", "**第二步：**", "**第三步：**"),
        ("- 第一步：", "- 第二步：", "- 第三步："),
        ("> 1. ", "> 2. ", "> 3. "),
        ("- ", "- ", "- "),
        ("1. ", "1. ", "1. "),  # Markdown counts for itself
    ],
)
@pytest.mark.parametrize("between", ["\n", "\n\n", "\r\n"])
def test_every_family_of_markers_makes_steps(markers: tuple[str, str, str], between: str) -> None:
    first, second, third = markers
    steps = between.join((f"{first}带卡去窗口。", f"{second}填表。", f"{third}取回押金。"))

    assert procedures(f"## 公交卡注销步骤\n\n{steps}\n") == [["带卡去窗口。", "填表。", "取回押金。"]]


def test_twelve_steps_are_counted_to_twelve() -> None:
    steps = procedure("## 注销步骤\n\n" + "".join(f"{n}. 做第{n}件事。\n" for n in range(1, 13))).steps

    assert [(step.number, step.text) for step in steps][9:] == [
        (10, "做第10件事。"),
        (11, "做第11件事。"),
        (12, "做第12件事。"),
    ]


def test_a_gap_in_the_numbers_is_no_procedure() -> None:
    assert [(piece.kind, piece.text) for piece in chunks("## 注销步骤\n\n1. 去网点。\n3. 交卡。\n")] == [
        ("item", "去网点。"),
        ("item", "交卡。"),
    ]


# --- headings that are steps -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("### 步骤一 准备", "### 步骤二 递交"),
        ("### 步骤一：准备", "### 步骤二：递交"),
        ("### 步驟一：准备", "### 步驟二：递交"),
        ("### **第一步：准备**", "### **第二步：递交**"),
        ("### 1. 准备", "### 2. 递交"),
        ("**步骤一：准备**", "**步骤二：递交**"),
        ("步骤一：准备", "步骤二：递交"),
        ("### Step 1: 准备", "### Step 2: 递交"),
    ],
)
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_headings_with_numbers_are_steps(first: str, second: str, line_end: str) -> None:
    text = f"## 注销步骤\n\n{first}\n\n带上身份证。\n\n{second}\n\n交给窗口。\n\n注意：周末不办。\n\n## 小结\n\n好。\n"

    found, summary = chunks(text.replace("\n", line_end))

    assert [step.title for step in found.steps] == ["准备", "递交"]
    assert [step.text.split()[-1] for step in found.steps] == ["带上身份证。", "交给窗口。"]
    assert found.headings == ("注销步骤",)
    assert found.text.endswith("注意：周末不办。")
    assert summary.text == "好。"


def test_a_heading_of_its_number_alone_starts_at_its_paragraph() -> None:
    text = "## How to close it\n\n### Step 1\n\nBring your ID.\n\n### Step 2\n\nSign the form.\n"

    assert procedures(text) == [["Bring your ID.", "Sign the form."]]
    assert titles(text) == ["", ""]


def test_bullets_of_the_last_step_belong_to_it() -> None:
    bullets = "- 身份证\n- 原卡"
    text = f"## 注销步骤\n\n步骤一：取号\n\n到网点。\n\n步骤二：备齐\n\n带上证件。\n\n{bullets}\n\n注意：周末不办。\n"

    assert procedures(text)[0][1] == "备齐\n\n带上证件。\n\n- 身份证\n- 原卡"


def test_numbered_headings_of_reasons_are_no_steps() -> None:
    found = chunks("## 为什么要注销\n\n### 1. 省钱\n\n年费不再扣。\n\n### 2. 安全\n\n信息不外流。\n")

    assert [(piece.kind, piece.headings, piece.text) for piece in found] == [
        ("prose", ("为什么要注销", "1. 省钱"), "年费不再扣。"),
        ("prose", ("为什么要注销", "2. 安全"), "信息不外流。"),
    ]


# --- what is a procedure, and what belongs to it ---------------------------------------------------------------


@pytest.mark.parametrize(
    "heading",
    ["注意事项", "注意事項", "注销条件", "注销费用", "常见问题", "所需材料", "注销原因", "小结", "Precautions"],
)
def test_lists_of_things_are_items(heading: str) -> None:
    found = chunks(f"## 注销流程\n\n### {heading}\n\n1. 留好回执。\n2. 谨防骗子。\n")

    assert [(piece.kind, piece.text) for piece in found] == [("item", "留好回执。"), ("item", "谨防骗子。")]


def test_a_list_that_is_led_in_as_steps_is_a_procedure_under_any_heading() -> None:
    assert procedures("## 为什么要注销\n\n办理步骤如下：\n\n1. 去网点。\n2. 交卡。\n") == [["去网点。", "交卡。"]]


def test_bullets_that_nobody_calls_steps_are_items() -> None:
    assert [(piece.kind, piece.text) for piece in chunks("## 卡的种类\n\n- 公交卡\n- 银行卡\n")] == [
        ("item", "公交卡"),
        ("item", "银行卡"),
    ]


@pytest.mark.parametrize(
    "details",
    ["   - 身份证\n   - 原卡", "   1) 身份证\n   2) 原卡", "（1）身份证\n（2）原卡", "   1. 身份证\n   2. 原卡"],
)
def test_lists_inside_a_step_belong_to_it(details: str) -> None:
    text = f"## 注销步骤\n\n1. 备齐材料：\n{details}\n2. 交给窗口。\n"

    assert procedures(text) == [[f"备齐材料：\n{details}", "交给窗口。"]]


def test_lead_in_and_note_are_in_the_chunk_and_in_no_step() -> None:
    whole = "公交卡要本人来退。\n\n具体步骤：\n\n1. 去网点。\n2. 交卡。\n\n注意：周末不办。"

    found = procedure(f"## 注销方法\n\n{whole}\n\n## 小结\n\n好。\n")
    assert found.text == whole
    assert [step.text for step in found.steps] == ["去网点。", "交卡。"]


def test_a_note_directly_below_the_last_step_is_no_part_of_it() -> None:
    text = "## 注销步骤\n1. 去网点。\n2. 交卡。\n注意：周末不办。\n"

    assert procedure(text).text.endswith("注意：周末不办。")
    assert procedures(text) == [["去网点。", "交卡。"]]


def test_a_long_text_behind_the_steps_is_prose() -> None:
    text = "## 注销步骤\n\n1. 去网点。\n2. 交卡。\n\n" + "这里是一句话。" * 150 + "\n"

    assert procedure(text).text == "1. 去网点。\n2. 交卡。"


def test_a_long_step_is_never_cut() -> None:
    step = "带上身份证原件和公交卡去网点。" * 60  # 15 * 60 = 900 characters

    assert procedures(f"## 注销步骤\n\n1. {step}\n2. 交卡。\n") == [[step, "交卡。"]]


@pytest.mark.parametrize("details", ["", "   - 身份证\n   - 原卡\n"])
def test_two_procedures_in_a_section_keep_their_lead_ins(details: str) -> None:
    text = (
        f"## 注销方法\n\n线上办理步骤：\n\n1. 打开应用。\n{details}2. 点注销。\n\n"
        "线下办理步骤：\n\n1. 去网点。\n2. 填表。\n"
    )
    online, offline = chunks(text)

    assert online.text.startswith("线上办理步骤：")
    assert online.steps[-1].text == "点注销。"
    assert offline.text == "线下办理步骤：\n\n1. 去网点。\n2. 填表。"


# --- headings above a chunk ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("# 指南\n\n## 公交卡\n\n### 注销步骤\n\n{}", ("指南", "公交卡", "注销步骤")),
        ("指南\n===\n\n公交卡注销步骤\n---\n\n{}", ("指南", "公交卡注销步骤")),
        ("**公交卡注销步骤**\n\n{}", ("公交卡注销步骤",)),
        ("## 指南\n\n**注销步骤**：\n\n{}", ("指南", "注销步骤")),
        ("一、介绍\n\n坐车用的。\n\n二、注销步骤\n\n（一）线上\n\n{}", ("二、注销步骤", "（一）线上")),
        ("## 注销方法\n\n方式一：线上办理\n\n{}", ("注销方法", "方式一：线上办理")),
        ("## 悠遊卡註銷流程\n\n{}", ("悠遊卡註銷流程",)),
        ("# 公交卡\n\n## 注销步骤\n\n{}", ("注销步骤",)),  # the first heading repeats the title
        ("##  **注销** `步骤` ##\n\n{}", ("注销 步骤",)),
        ("公交卡怎么注销\n\n坐车用的。\n\n注销步骤：\n{}", ("公交卡怎么注销",)),
    ],
)
def test_headings_of_every_writing_stand_above_the_steps(text: str, expected: tuple[str, ...]) -> None:
    found = procedure(text.format("1. 去网点。\n2. 交卡。\n"))

    assert found.headings == expected
    assert [step.text for step in found.steps] == ["去网点。", "交卡。"]


def test_a_heading_is_shown_without_marks() -> None:
    assert heading_text("**注销** `步骤`    （线上）： ") == "注销 步骤 （线上）"


# --- labels ----------------------------------------------------------------------------------------------------


def test_labels_of_steps_are_their_titles() -> None:
    steps = ["**填写申请表**：写上卡号。", "交给柜员：连同证件。", "等待审核。三天之后看结果。", "到窗口，交钱：十元。"]
    text = "## 注销步骤\n\n" + "".join(f"{n}. {step}\n" for n, step in enumerate(steps, 1))

    assert titles(text) == ["填写申请表", "交给柜员", "等待审核", ""]
    assert procedures(text) == [steps]


# --- files as they come ----------------------------------------------------------------------------------------


def test_offsets_count_line_ends_byte_order_mark_and_front_matter() -> None:
    text = "\ufeff---\r\ntitle: 公交卡\r\n---\r\n## 注销步骤\r\n\r\n1. 去网点。\r\n2. 交卡。\r\n"

    # The mark is 1 character, the front matter 5 + 12 = 17 and 5 more, the heading and the blank line 9 + 2 = 11.
    (found,) = chunks(text)
    assert (found.start, found.end, found.chunk_id) == (34, 49, "card:34-49")
    assert [(step.start, step.end) for step in found.steps] == [(37, 41), (46, 49)]


def test_code_and_tables_are_prose() -> None:
    text = "## 注销步骤\n\n```\n1. 已受理\n2. 请留意\n```\n\n| 地点 | 时间 |\n| --- | --- |\n| 东城 | 9:00 |\n"

    assert [(piece.kind, piece.text) for piece in chunks(text)] == [
        ("prose", "1. 已受理\n2. 请留意"),
        ("prose", "| 地点 | 时间 |"),
        ("prose", "| 东城 | 9:00 |"),
    ]


@pytest.mark.parametrize(
    ("sentence", "n_first"),
    [
        ("公交卡是坐车用的卡片，充值之后可以反复使用。", 18),  # 22 characters: 18 * 22 = 396
        ("A transit card is used on buses and trains. ", 9),  # 44 characters: 9 * 44 = 396
    ],
)
def test_long_prose_is_cut_at_sentence_ends(sentence: str, n_first: int) -> None:
    first, second = chunks(f"## 介绍\n\n{sentence * 15 * (2 if n_first == 18 else 1)}\n")

    assert first.text == (sentence * n_first).strip()
    assert second.text.startswith(sentence.strip())
    assert second.text.endswith((".", "。"))


def test_prose_without_sentences_is_cut_all_the_same() -> None:
    assert [len(piece.text) for piece in chunks("公" * 950)] == [400, 400, 150]


@pytest.mark.parametrize("text", ["", "\n\n", "#\n\n---\n\n***\n", "1. \n2. \n", "## 注销步骤\n"])
def test_without_words_there_is_no_chunk(text: str) -> None:
    assert chunks(text) == []


# --- cleaned articles ------------------------------------------------------------------------------------------


def test_advertisements_between_and_behind_steps_leave_the_procedure_whole() -> None:
    text = "## 注销步骤\n\n1. 去网点。\n\n加微信：kapian77，专人代办\n\n2. 交卡。\n\n[[TG💪+ @kapian77](https://t.me/s/kapian77)]\n"

    (found,) = chunk(clean(document(text)))
    assert [step.text for step in found.steps] == ["去网点。", "交卡。"]
    assert " ".join(found.text.split()) == "1. 去网点。 2. 交卡。"
    assert found.end == text.index("[[TG") - 2


def test_prose_is_parted_where_an_advertisement_was() -> None:
    text = "## 介绍\n\n公交卡很方便。加微信kapian77办理。坐车刷一下就行。\n"

    assert [piece.text for piece in chunk(clean(document(text)))] == ["公交卡很方便。", "坐车刷一下就行。"]


# --- whole articles --------------------------------------------------------------------------------------------


def test_an_english_article_has_its_procedure() -> None:
    text = """# Cancelling cards

## What is a library card?

A card for borrowing books.

## How to cancel a library card

Follow these steps:

1. Bring the card.
2. **Sign**: sign the form.

Note: closed on Sunday.

## Fees

1. Lost cards cost 5 dollars.
2. Nothing else.
"""
    found = chunks(text, "Cancelling cards")

    assert [(piece.kind, piece.headings) for piece in found] == [
        ("prose", ("What is a library card?",)),
        ("procedure", ("How to cancel a library card",)),
        ("item", ("Fees",)),
        ("item", ("Fees",)),
    ]
    assert found[1].text.startswith("Follow these steps:")
    assert found[1].text.endswith("Note: closed on Sunday.")
    assert [(step.title, step.text) for step in found[1].steps] == [
        ("", "Bring the card."),
        ("Sign", "**Sign**: sign the form."),
    ]


def test_an_article_in_traditional_characters_has_its_procedure() -> None:
    steps = "## 八達通退還步驟\n\n步驟1：帶齊文件。\n步驟2：交還八達通。\n\n說明：星期日休息。\n\n"
    text = steps + "## 注意事項\n\n1. 收好收據。\n2. 小心詐騙。\n"

    assert [(piece.kind, [step.text for step in piece.steps]) for piece in chunks(text)] == [
        ("procedure", ["帶齊文件。", "交還八達通。"]),
        ("item", []),
        ("item", []),
    ]
