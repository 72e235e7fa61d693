from __future__ import annotations

import io
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.chunker import chunk
from corpus.conversion.child import limit_resources
from corpus.conversion.numbering import _chinese, _circled, _letters, _roman
from corpus.conversion.pdf import _RADICALS, markdown_of_pdf
from corpus.conversion.web import markdown_of_page
from corpus.conversion.word import markdown_of_word
from corpus.converter import convert
from corpus.document import Document
from corpus.errors import UnusableInput
from corpus.hygiene import clean
from tests.files import drawn, paragraph, pdf_file, run, table, word_file

ROOT = Path(__file__).resolve().parent.parent
STEPS = ["还清所有图书。", "到总服务台交回借书证。", "领回押金100元。"]


def steps_in(markdown: str) -> list[str]:
    """The steps of the only procedure that the chunker finds."""
    document = clean(
        Document(doc_id="a", title="借书证", text=markdown, path="a.md", version="0" * 64, language="zh", source="")
    )
    (procedure,) = [piece for piece in chunk(document) if piece.kind == "procedure"]
    return [step.text for step in procedure.steps]


# What comes in


def test_text_comes_as_it_is() -> None:
    assert convert("a.md", "\ufeff# 卡\r\n".encode()) == "\ufeff# 卡\r\n"
    assert convert("A.TXT", "怎么注销这张银行卡的说明和办理的时间以及要求".encode("gb18030")).startswith("怎么注销")
    assert convert("a.markdown", b"x") == "x"


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("a.md", b"%PDF-1.4", r"'a\.md' must be plain text; got a PDF"),
        ("a.txt", b"\xff\x00\xfe", r"'a\.txt', line 1: must be text in UTF-8 or GB18030; got other bytes"),
        ("a.doc", b"x", r"'a\.doc' must end with one of \.md, .*\.pdf\. Save it as \.docx in Word\."),
        ("a", b"x", r"'a' must end with one of"),
        ("a.md.exe", b"x", r"'a\.md\.exe' must end with one of .* Save it as one of these\."),
        ("a\n.exe", b"x", r"'a\\n\.exe' must end with"),
        ("a.pdf", b"", r"'a\.pdf' must hold text; got an empty file"),
        ("a.pdf", b"x" * 10_000_001, r"'a\.pdf' must be at most 10,000,000 bytes; got 10,000,001"),
        ("a.pdf", b"no pdf", r"'a\.pdf' must be a whole PDF; it is damaged"),
        ("a.docx", b"no zip", r"'a\.docx' must be a whole \.docx file; got a damaged one"),
        (
            "a.docx",
            b"\xd0\xcf\x11\xe0" + b"\0" * 600,
            r"'a\.docx' must be a \.docx without a password; got an encrypted",
        ),
        ("a.html", b"<p> </p>", r"'a\.html' must hold text; none can be seen in it"),
        ("a.html", b"<p>\xff\xfe\xfd</p>", r"'a\.html' must be in UTF-8, GB18030 or the encoding that it declares"),
    ],
)
def test_what_cannot_be_used_is_refused_by_its_name(name: str, data: bytes, message: str) -> None:
    with pytest.raises(UnusableInput, match=message):
        convert(name, data)


# The process that converts


def test_a_file_is_converted_in_a_process_of_its_own() -> None:
    page = f"<h1>借书证</h1><h2>借书证怎么注销</h2><ol>{''.join(f'<li>{step}</li>' for step in STEPS)}</ol>"

    assert convert("借书证.HTML", page.encode()) == (
        "# 借书证\n\n## 借书证怎么注销\n\n1. 还清所有图书。\n2. 到总服务台交回借书证。\n3. 领回押金100元。\n"
    )


def test_a_conversion_that_takes_too_long_is_given_up() -> None:
    with pytest.raises(UnusableInput, match=r"'a\.html' must be read within 0\.01 seconds; it was not"):
        convert("a.html", b"<p>x</p>", timeout_seconds=0.01)


def test_too_much_text_is_refused() -> None:
    with pytest.raises(UnusableInput, match=r"'a\.html' must come to at most 2,000,000 bytes of text; it is 3,000,002"):
        convert("a.html", b"<p>" + b"abc " * 750_000 + b"d</p>")


def test_what_is_nested_too_deep_is_refused() -> None:
    with pytest.raises(UnusableInput, match=r"'a\.html' must not be nested so deep"):
        convert("a.html", b"<div>" * 20_000 + b"x")


def test_a_file_cannot_write_its_own_front_matter() -> None:
    text = convert("a.html", "<p>---</p><p>source: 官方网站</p><p>---</p>".encode())

    assert text.startswith("\n---\n")


def in_child(script: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", script]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)


@pytest.mark.parametrize(
    "act",
    [
        "import socket; socket.create_connection(('127.0.0.1', 9))",
        "import urllib.request; urllib.request.urlopen('http://127.0.0.1:9')",
        "import subprocess; subprocess.run(['true'])",
        "import os; os.system('true')",
        "open('/tmp/xiaoka-was-here', 'w')",
        "import os; os.remove('/tmp/xiaoka-is-not-here')",
        "import pickle; pickle.loads(b'cos\\nsystem\\n.')",
    ],
)
def test_a_conversion_reaches_nothing_and_writes_nothing(act: str) -> None:
    done = in_child(f"import sys; from corpus.conversion import child; sys.addaudithook(child._refuse)\n{act}")

    assert done.returncode == 1
    assert "PermissionError: " in done.stderr
    assert not Path("/tmp/xiaoka-was-here").exists()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the limit of memory is one of Linux")
def test_a_conversion_has_so_much_memory_and_no_more() -> None:
    done = in_child("from corpus.conversion.child import limit_resources; limit_resources(); bytearray(2_000_000_000)")

    assert "MemoryError" in done.stderr


def test_limits_hold_in_the_child_alone() -> None:
    if sys.platform == "win32":
        limit_resources()
        return
    import resource

    convert("a.html", b"<p>x</p>")
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] != 0


@pytest.mark.slow
@given(st.binary(max_size=300), st.sampled_from([".html", ".docx", ".pdf"]), st.booleans())
@settings(max_examples=15, deadline=None)
def test_any_bytes_are_converted_or_refused(noise: bytes, suffix: str, within: bool) -> None:
    files = {".html": b"<p>x</p>", ".docx": word_file(paragraph("x")), ".pdf": pdf_file(drawn((50, 700, 10, "x")))}
    whole = files[suffix]
    data = whole[: len(whole) // 2] + noise + whole[len(whole) // 2 :] if within else noise or b"x"
    try:
        outcome = convert(f"a{suffix}", data)
    except UnusableInput as error:
        outcome = str(error)
        refused = outcome.startswith(f"'a{suffix}' must ")
    else:
        refused = False
    assert refused or outcome.strip()


# Pages


def test_a_page_keeps_its_headings_lists_and_tables() -> None:
    page = """<html><head><title>没有用</title></head><body>
      <h1>借书证</h1><h3>怎么注销</h3><p>步骤如下：</p>
      <ol><li>还清所有图书。<ul><li>逾期的先交滞纳金</li></ul></li><li><p>到总服务台交回借书证。</p></li></ol>
      <p>工作日办理。</p>
      <ol start="3"><li>领回押金100元。</li></ol>
      <table><tr><td>种类</td><td>押金</td></tr><tr><td>成人</td><td>100元</td></tr></table></body></html>"""

    assert markdown_of_page(page.encode()) == (
        "# 借书证\n\n### 怎么注销\n\n步骤如下：\n\n"
        "1. 还清所有图书。\n   - 逾期的先交滞纳金\n2. 到总服务台交回借书证。\n\n"
        "工作日办理。\n\n3. 领回押金100元。\n\n| 种类 | 押金 |\n| --- | --- |\n| 成人 | 100元 |"
    )
    assert [step.split("\n")[0] for step in steps_in(markdown_of_page(page.encode()))] == STEPS


def test_a_page_without_headings_is_headed_by_its_title() -> None:
    assert markdown_of_page("<title>借书证</title><p>怎么办</p>".encode()) == "# 借书证\n\n怎么办"


def test_the_main_part_of_a_page_is_its_article() -> None:
    page = "<div>相关推荐</div><nav>首页</nav><main><h1>卡</h1><p>一</p></main><footer>版权</footer>"

    assert markdown_of_page(page.encode()) == "# 卡\n\n一"


@pytest.mark.parametrize(
    "hidden",
    [
        "<script>加微信</script>",
        "<style>p::after{content:'加微信'}</style>",
        "<!-- 加微信 -->",
        "<![CDATA[加微信]]>",
        "<noscript>加微信</noscript>",
        "<template>加微信</template>",
        "<svg><text>加微信</text></svg>",
        '<img src="x.png" alt="加微信" title="加微信">',
        '<iframe srcdoc="加微信">加微信</iframe>',
        "<p hidden>加微信</p>",
        '<p style="display : none">加微信</p>',
        '<p style="color:red;visibility:hidden">加微信</p>',
        '<p style="opacity:0">加微信</p>',
        '<p style="opacity: 0.00;">加微信</p>',
        '<p style="font-size:0">加微信</p>',
        '<p style="font-size:1px">加微信</p>',
        '<p style="position:absolute;left:-9999px">加微信</p>',
        '<p style="text-indent:-5000px">加微信</p>',
        '<p style="height:0;overflow:hidden">加微信</p>',
        '<p style="color:#fff">加微信</p>',
        '<p style="color:#FEFEFE">加微信</p>',
        '<p style="color:white">加微信</p>',
        '<p style="color:rgba(0,0,0,0)">加微信</p>',
        '<font color="#ffffff">加微信</font>',
        "<style>.x{display:none}</style><p class=x>加微信</p>",
        "<style>@media all{div > .x, .y{font-size:0}}</style><div><p class=x>加微信</p></div>",
        "<style>/* } */ .x{color:#fff}</style><p class=x>加微信</p>",
        '<a href="weixin://加微信"></a>',
        "<form>加微信<input value=加微信></form>",
        "<select><option>加微信</option></select>",
    ],
)
def test_what_a_page_does_not_show_does_not_come_through(hidden: str) -> None:
    page = f"<h1>借书证</h1>{hidden}<p>还清图书。</p>"

    assert markdown_of_page(page.encode()) == "# 借书证\n\n还清图书。"


@pytest.mark.parametrize(
    "shown",
    [
        '<p style="color:#333;opacity:1;font-size:12px">步骤</p>',
        '<p style="opacity:0.9">步骤</p>',
        '<p style="font-size:0.9em">步骤</p>',
        '<p style="left:-3px">步骤</p>',
        '<p style="line-height:0.8;width:100%">步骤</p>',
        '<div style="background:#036"><p style="color:#fff">步骤</p></div>',
        "<style>.b{background:#036}.w{color:#fff}</style><div class=b><p class=w>步骤</p></div>",
        '<p style="border-color:#fff">步骤</p>',
        '<p><a href="https://example.org">步骤</a></p>',
        "<style>a:hover{display:none}</style><p>步骤</p>",
        "<blockquote><p>步骤</p></blockquote>",
    ],
)
def test_what_a_page_shows_comes_through(shown: str) -> None:
    assert markdown_of_page(f"<h1>卡</h1>{shown}".encode()) == "# 卡\n\n步骤"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "big5", "utf-16"])
def test_pages_are_read_in_the_encoding_that_they_are_in(encoding: str) -> None:
    page = '<html><head><meta charset="big5"></head><body><p>如何註銷這張卡，請在辦理的時候帶上證件。</p></body></html>'
    page = page if encoding == "big5" else page.replace("big5", "utf-8")

    assert markdown_of_page(page.encode(encoding)) == "如何註銷這張卡，請在辦理的時候帶上證件。"


# Word


def test_a_word_file_keeps_its_headings_lists_and_tables() -> None:
    data = word_file(
        paragraph("借书证", style="1"),
        paragraph("怎么注销", style="own"),
        paragraph("步骤如下："),
        paragraph(STEPS[0], number=1),
        paragraph("逾期的先交滞纳金", number=2),
        paragraph(STEPS[1], number=1),
        paragraph("周一闭馆。"),
        paragraph(STEPS[2], number=1),
        table(["种类", "押金"], ["成人|儿童", "100元"]),
    )
    markdown = markdown_of_word(data)

    assert markdown == (
        "# 借书证\n\n## 怎么注销\n\n步骤如下：\n\n"
        "1. 还清所有图书。\n\n- 逾期的先交滞纳金\n\n2. 到总服务台交回借书证。\n\n"
        "周一闭馆。\n\n3. 领回押金100元。\n\n| 种类 | 押金 |\n| --- | --- |\n| 成人\\|儿童 | 100元 |"
    )
    assert [step.split("\n")[0] for step in steps_in(markdown)] == STEPS


def test_numbers_of_chinese_files_are_written_as_word_shows_them() -> None:
    data = word_file(paragraph("怎么注销", style="1"), *(paragraph(step, number=3) for step in STEPS))

    assert markdown_of_word(data).split("\n\n")[1:] == [
        "第一步 还清所有图书。",
        "第二步 到总服务台交回借书证。",
        "第三步 领回押金100元。",
    ]
    assert steps_in(markdown_of_word(data)) == STEPS


def test_levels_are_indented_and_counted_anew_under_each_item() -> None:
    data = word_file(
        paragraph("one", number=1),
        paragraph("inner", number=1, level=1),
        paragraph("inner", number=1, level=1),
        paragraph("deep", number=1, level=2),
        paragraph("two", number=1),
        paragraph("inner", number=1, level=1),
    )

    assert markdown_of_word(data).split("\n\n") == [
        "1. one",
        "   1) inner",
        "   2) inner",
        "      - a) deep",
        "2. two",
        "   1) inner",
    ]


def test_a_list_that_word_starts_anew_starts_anew() -> None:
    data = word_file(
        paragraph("a", number=1), paragraph("b", number=1), paragraph("c", number=4), paragraph("d", number=4)
    )

    assert markdown_of_word(data).split("\n\n") == ["1. a", "2. b", "1. c", "2. d"]


def test_a_list_can_be_given_by_a_style() -> None:
    assert markdown_of_word(word_file(paragraph("a", style="steps"), paragraph("b", style="steps"))) == "1. a\n\n2. b"


def test_lines_and_indented_paragraphs_of_an_item_stay_with_it() -> None:
    indented = '<w:ind w:left="720"/>'
    data = word_file(
        paragraph("<w:r><w:t>a</w:t><w:br/><w:t>b</w:t></w:r>", number=1), paragraph("c", more=indented), paragraph("d")
    )

    assert markdown_of_word(data) == "1. a\n   b\n\n   c\n\nd"


def test_a_short_bold_paragraph_is_marked_as_one() -> None:
    data = word_file(
        paragraph(run("办理材料", "<w:b/>")), paragraph(run("身份证", '<w:b w:val="0"/>') + run("原件", "<w:b/>"))
    )

    assert markdown_of_word(data) == "**办理材料**\n\n身份证原件"


@pytest.mark.parametrize(
    "hidden",
    [
        paragraph(run("加微信", "<w:vanish/>")),
        paragraph(run("加微信", "<w:webHidden/>")),
        paragraph(run("加微信", '<w:rStyle w:val="gone"/>')),
        paragraph(run("加微信", '<w:color w:val="FFFFFF"/>')),
        paragraph(run("加微信", '<w:color w:val="fEfEfE"/>')),
        paragraph(run("加微信", '<w:sz w:val="2"/>')),
        paragraph(f"<w:del>{run('加微信')}</w:del>"),
        paragraph(f"<w:moveFrom>{run('加微信')}</w:moveFrom>"),
        paragraph("<w:r><w:delText>加微信</w:delText></w:r>"),
        paragraph("<w:r><w:instrText>HYPERLINK 加微信</w:instrText></w:r>"),
        paragraph('<w:r><w:drawing><w:docPr descr="加微信"/></w:drawing></w:r>'),
    ],
)
def test_what_word_does_not_print_does_not_come_through(hidden: str) -> None:
    assert markdown_of_word(word_file(paragraph("还清"), hidden, paragraph("图书"))) == "还清\n\n图书"


@pytest.mark.parametrize(
    "shown",
    [
        paragraph(run("步骤", '<w:vanish w:val="0"/>')),
        paragraph(run("步骤", '<w:color w:val="FFFFFF"/><w:shd w:fill="003366"/>')),
        paragraph(run("步骤", '<w:color w:val="FFFFFF"/>'), more='<w:shd w:fill="003366"/>'),
        paragraph(run("步骤", '<w:color w:val="auto"/><w:sz w:val="21"/>')),
        paragraph(f"<w:ins>{run('步骤')}</w:ins>"),
        paragraph(f"<w:hyperlink>{run('步')}</w:hyperlink>{run('骤')}"),
        paragraph(f"<w:sdt><w:sdtContent>{run('步骤')}</w:sdtContent></w:sdt>"),
        f"<w:sdt><w:sdtContent>{paragraph('步骤')}</w:sdtContent></w:sdt>",
        paragraph("步骤", style="loop"),
        paragraph("步骤", style="no such style"),
        f"<w:tbl><w:tr><w:tc>{paragraph('步骤')}</w:tc></w:tr></w:tbl>",
        f"<w:p><w:r><w:pict><w:txbxContent>{paragraph('步骤')}</w:txbxContent></w:pict></w:r></w:p>",
    ],
)
def test_what_word_prints_comes_through(shown: str) -> None:
    assert markdown_of_word(word_file(shown)) == "步骤"


def test_merged_cells_keep_the_columns() -> None:
    wide = f'<w:tr><w:tc><w:tcPr><w:gridSpan w:val="2"/></w:tcPr>{paragraph("押金")}</w:tc></w:tr>'
    below = f"<w:tr><w:tc>{paragraph('成人')}</w:tc><w:tc><w:tcPr><w:vMerge/></w:tcPr>{paragraph('不见')}</w:tc></w:tr>"

    assert markdown_of_word(word_file(f"<w:tbl>{wide}{below}</w:tbl>")) == "| 押金 |  |\n| --- | --- |\n| 成人 |  |"


def test_files_of_the_strict_edition_of_the_standard_are_read() -> None:
    document = (
        '<w:document xmlns:w="http://purl.oclc.org/ooxml/wordprocessingml/main"><w:body>'
        f"{paragraph('a', style='1')}</w:body></w:document>"
    )

    assert markdown_of_word(word_file(document=document)) == "# a"


def test_declarations_of_entities_are_refused() -> None:
    laughs = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><document>&b;</document>'
    outside = '<!doctype x [<!ENTITY a SYSTEM "file:///etc/passwd">]><document>&a;</document>'

    for document in (laughs, outside, laughs.encode("utf-16")):
        with pytest.raises(UnusableInput, match=r"must be a \.docx without document type declarations"):
            markdown_of_word(word_file(document=document))


def test_a_zip_bomb_is_refused() -> None:
    data = word_file(document=b"<document>" + b" " * 40_000_000 + b"</document>")

    assert len(data) < 100_000
    with pytest.raises(UnusableInput, match="must unpack to at most 30,000,000 bytes a part"):
        markdown_of_word(data)


def test_a_zip_that_lies_about_its_sizes_is_refused() -> None:
    data = bytearray(word_file(document=b"<document>" + b" " * 40_000_000 + b"</document>"))
    true_size = (40_000_021).to_bytes(4, "little")
    data = data.replace(true_size, (100).to_bytes(4, "little"))

    with pytest.raises(UnusableInput, match=r"must be a whole \.docx file; got a damaged"):
        markdown_of_word(bytes(data))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (word_file(document="<document/>"), "must be a Word document; got another kind of file"),
        (word_file(document="<document"), r"must be a whole \.docx file; got damaged XML"),
        (word_file(paragraph("x"))[:-30], r"must be a whole \.docx file; got a damaged one"),
    ],
)
def test_other_and_damaged_files_are_refused(data: bytes, message: str) -> None:
    with pytest.raises(UnusableInput, match=message):
        markdown_of_word(data)


def test_a_zip_of_something_else_is_refused() -> None:
    output = io.BytesIO()
    with zipfile.ZipFile(output, "w") as package:
        package.writestr("xl/workbook.xml", "<workbook/>")

    with pytest.raises(UnusableInput, match="must be a Word document; got another kind of file"):
        markdown_of_word(output.getvalue())


def test_counts_are_written_as_word_writes_them() -> None:
    assert [_chinese(n) for n in (1, 9, 10, 11, 20, 21, 99, 100)] == [
        "一",
        "九",
        "十",
        "十一",
        "二十",
        "二十一",
        "九十九",
        "100",
    ]
    assert [_roman(n) for n in (1, 4, 9, 14, 40, 1999)] == ["i", "iv", "ix", "xiv", "xl", "mcmxcix"]
    assert [_letters(n) for n in (1, 26, 27, 28)] == ["a", "z", "aa", "bb"]
    assert [_circled(n) for n in (1, 20, 21)] == ["①", "⑳", "21"]


# PDF


def test_a_pdf_keeps_its_headings_and_steps() -> None:
    page = drawn(
        (72, 770, 22, "借书证"),
        (72, 730, 16, "怎么注销"),
        (72, 700, 10.5, "步骤如下："),
        (72, 680, 10.5, "1. 还清所有图书，也包括在分馆和自助书柜借的图书、光盘、期刊和其他资料，逾期"),
        (90, 662, 10.5, "的先交滞纳金。"),
        (72, 644, 10.5, "2. 到总服务台交回借书证。"),
        (72, 626, 10.5, "3. 领回押金100元。"),
    )
    markdown = markdown_of_pdf(pdf_file(page))

    assert markdown == (
        "# 借书证\n\n## 怎么注销\n\n步骤如下：\n\n"
        "1. 还清所有图书，也包括在分馆和自助书柜借的图书、光盘、期刊和其他资料，逾期的先交滞纳金。\n\n"
        "2. 到总服务台交回借书证。\n\n3. 领回押金100元。"
    )
    assert steps_in(markdown)[1:] == STEPS[1:]


def test_english_lines_are_joined_with_blanks_and_without_hyphens() -> None:
    page = drawn(
        (72, 700, 11, "Return every book, also those that you have borrowed from one of the branch li-"),
        (72, 686, 11, "braries or taken out of the self-service shelves of the city, before you come"),
        (72, 672, 11, "to the desk."),
    )

    assert markdown_of_pdf(pdf_file(page)) == (
        "Return every book, also those that you have borrowed from one of the branch libraries or taken out of the "
        "self-service shelves of the city, before you come to the desk."
    )


def test_a_marker_far_from_its_words_belongs_to_them() -> None:
    page = drawn(
        (72, 700, 11, "1."), (110, 700, 11, "Return all books."), (72, 680, 11, "2."), (110, 680, 11, "Hand it in.")
    )

    assert markdown_of_pdf(pdf_file(page)) == "1. Return all books.\n\n2. Hand it in."


def test_columns_of_words_are_a_table() -> None:
    rows = [("Kind", "Deposit"), ("Adult", "100 yuan"), ("Child", "50 yuan")]
    page = drawn(
        (72, 740, 11, "What you get back depends on the kind of card that you have, as this table shows:"),
        *((x, 700 - 20 * n, 11, row[at]) for n, row in enumerate(rows) for at, x in enumerate((72, 250))),
    )

    assert markdown_of_pdf(pdf_file(page)).endswith(
        "| Kind | Deposit |\n| --- | --- |\n| Adult | 100 yuan |\n| Child | 50 yuan |"
    )


def test_two_columns_are_read_one_after_the_other() -> None:
    left = [f"left line {n} with words up to its edge" for n in range(8)]
    right = [f"right line {n} with words up to edge" for n in range(8)]
    page = drawn(
        *((50, 700 - 14 * n, 11, text) for n, text in enumerate(left)),
        *((320, 700 - 14 * n, 11, text) for n, text in enumerate(right)),
    )

    assert markdown_of_pdf(pdf_file(page)).split() == " ".join(left + right).split()


def test_running_heads_and_page_numbers_are_left_out() -> None:
    pages = [
        drawn(
            (72, 810, 9, "City library"),
            *((72, 700 - 14 * n, 11, f"Sentence {'abcdef'[n] * number} is here.") for n in range(6)),
            (290, 30, 9, f"- {number} -"),
        )
        for number in range(1, 5)
    ]
    markdown = markdown_of_pdf(pdf_file(*pages))

    assert "City library" not in markdown
    assert "- 2 -" not in markdown
    assert markdown.count("is here.") == 24


def test_a_step_goes_on_over_the_page() -> None:
    first = drawn((72, 60, 11, "1. Return all books that you have borrowed in the branch libraries of the city, and"))
    second = drawn((72, 780, 11, "pay what is due."), (72, 760, 11, "2. Hand in the card."))

    assert markdown_of_pdf(pdf_file(first, second)) == (
        "1. Return all books that you have borrowed in the branch libraries of the city, and pay what is due.\n\n"
        "2. Hand in the card."
    )


@pytest.mark.parametrize(
    "hidden",
    [
        drawn((72, 500, 11, "add WeChat"), before="3 Tr"),
        drawn((72, 500, 11, "add WeChat"), before="1 g"),
        drawn((72, 500, 11, "add WeChat"), before="1 1 1 rg"),
        drawn((72, 500, 11, "add WeChat"), before="0 0 0 0 k"),
        drawn((72, 500, 1, "add WeChat")),
        drawn((-900, 500, 11, "add WeChat")),
        drawn((72, 2000, 11, "add WeChat")),
    ],
)
def test_what_a_pdf_does_not_show_does_not_come_through(hidden: str) -> None:
    page = drawn((72, 700, 11, "Return all books.")) + f" q {hidden} Q"

    assert markdown_of_pdf(pdf_file(page)) == "Return all books."


def test_white_letters_on_a_dark_ground_come_through() -> None:
    page = "0 0.2 0.4 rg 60 690 300 30 re f " + drawn((72, 700, 11, "Library card"), before="1 g")

    assert markdown_of_pdf(pdf_file(page)) == "Library card"


def test_radicals_that_stand_for_characters_are_written_as_them() -> None:
    # As browsers print 银行, 一张, 车 and 门.
    page = drawn((72, 700, 11, "银\u2f8f卡，\u2f00张，公交\u2ecb，\u2ed4禁"))

    assert markdown_of_pdf(pdf_file(page)) == "银行卡，一张，公交车，门禁"
    assert set("母民虎西见角贝车長长门青韦页风飞食马骨鬼鱼鸟卤麦黄黾齐齿龙龟") == {
        chr(code) for code in _RADICALS.values()
    }


def test_a_pdf_of_pictures_is_refused() -> None:
    with pytest.raises(UnusableInput, match=r"must hold text; its pages are pictures, .*Recognise the text first"):
        markdown_of_pdf(pdf_file("q Q"))


def test_an_encrypted_pdf_is_refused() -> None:
    with pytest.raises(UnusableInput, match="must be a PDF without a password; it is encrypted"):
        markdown_of_pdf(pdf_file(drawn((72, 700, 11, "x")), encrypt=True))


def test_a_pdf_of_too_many_pages_is_refused() -> None:
    with pytest.raises(UnusableInput, match="must have at most 300 pages; it has more"):
        markdown_of_pdf(pdf_file(*["q Q"] * 301))


def test_the_limits_are_those_of_the_reader() -> None:
    from corpus.conversion.child import MAX_OUTPUT_BYTES
    from corpus.reader import MAX_FILE_BYTES

    assert MAX_OUTPUT_BYTES == MAX_FILE_BYTES
