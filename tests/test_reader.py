from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.errors import UnusableInput
from corpus.reader import MAX_FILE_BYTES, ArticleFile, document_ids, list_files, read_corpus, read_document

TEXT = "# 公交卡退卡\n\n带身份证到网点，把卡交给工作人员。\n"


def put(root: Path, path: str, content: str | bytes = TEXT) -> Path:
    place = root / path
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(content.encode() if isinstance(content, str) else content)
    return place


def paths(root: Path) -> list[str]:
    return [file.path for file in list_files(root)]


def test_files_are_listed_in_order_with_size_and_time(tmp_path: Path) -> None:
    put(tmp_path, "b.txt", "abc")
    put(tmp_path, "a/c.markdown")
    put(tmp_path, "a/B.MD")
    os.utime(tmp_path / "b.txt", ns=(5, 7))
    assert paths(tmp_path) == ["a/B.MD", "a/c.markdown", "b.txt"]
    assert list_files(tmp_path)[2] == ArticleFile(path="b.txt", size=3, mtime_ns=7)


def test_other_suffixes_and_dotted_names_are_passed_over(tmp_path: Path) -> None:
    for path in ("a.md", "b.pdf", ".hidden.md", ".git/c.md", "d.md~", "md"):
        put(tmp_path, path)
    assert paths(tmp_path) == ["a.md"]


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX links and pipes")
def test_nothing_but_regular_files_of_the_folder_is_listed_or_read(tmp_path: Path) -> None:
    outside = put(tmp_path, "outside/secret.md")
    root = tmp_path / "corpus"
    put(root, "a.md")
    (root / "link.md").symlink_to(outside)
    (root / "folder").symlink_to(outside.parent)
    (root / "loop").symlink_to(root)
    (root / "dangling.md").symlink_to(root / "nowhere.md")
    os.mkfifo(root / "pipe.md")
    (root / "dir.md").mkdir()
    assert paths(root) == ["a.md"]
    for path in ("link.md", "folder/secret.md", "dangling.md"):
        with pytest.raises(UnusableInput, match="symbolic link"):
            read_document(root, path)
    for path in ("pipe.md", "dir.md"):
        with pytest.raises(UnusableInput, match="must be a regular file"):
            read_document(root, path)


@pytest.mark.parametrize(
    "path", ["../a.md", "/etc/passwd.md", "a/../../b.md", "a//b.md", "./a.md", "a\\b.md", "c:x.md"]
)
def test_a_path_out_of_the_folder_is_refused(tmp_path: Path, path: str) -> None:
    with pytest.raises(UnusableInput, match="inside the corpus folder"):
        read_document(tmp_path, path)


def test_a_corpus_that_is_missing_or_a_file_or_empty_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnusableInput, match=r"must be a folder that exists; got .*nowhere"):
        list_files(tmp_path / "nowhere")
    with pytest.raises(UnusableInput, match="must be a folder; got the file"):
        list_files(put(tmp_path, "a.md"))
    (tmp_path / "empty").mkdir()
    with pytest.raises(UnusableInput, match="must hold at least one article"):
        list_files(tmp_path / "empty")


def test_a_document_is_the_file_as_it_lies_on_disk(tmp_path: Path) -> None:
    put(tmp_path, "cards/bus.md", "\ufeff---\r\ntitle: 公交卡\r\n---\r\n# 标题\r\n正文\r\n")
    document = read_document(tmp_path, "cards/bus.md")
    assert document.text == "\ufeff---\r\ntitle: 公交卡\r\n---\r\n# 标题\r\n正文\r\n"
    assert document.text[document.body_start :] == "# 标题\r\n正文\r\n"
    assert (document.doc_id, document.path, document.title) == ("cards/bus", "cards/bus.md", "公交卡")
    assert document.masked == ()


def test_the_version_is_the_sha_256_of_the_bytes(tmp_path: Path) -> None:
    put(tmp_path, "a.md", "abc")
    # sha256(b"abc"), FIPS 180-2 appendix B.1
    assert read_document(tmp_path, "a.md").version == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_front_matter_gives_its_known_keys_and_ignores_others(tmp_path: Path) -> None:
    put(
        tmp_path,
        "a.md",
        "---\ntitle: '退卡: 指南'\nsource: https://example.com/a\nlicense: CC0-1.0\nlanguage: zh-TW\nregion: 台北\n"
        "as_of: 2025-05-13\ntags: [a, {b: c}]\nauthor: x\n---\n正文\n",
    )
    document = read_document(tmp_path, "a.md")
    assert (document.title, document.source, document.license) == ("退卡: 指南", "https://example.com/a", "CC0-1.0")
    assert (document.language, document.region, document.as_of) == ("zh-Hant", "台北", "2025-05-13")
    assert document.text[document.body_start :] == "正文\n"


def test_a_rule_at_the_top_is_no_front_matter(tmp_path: Path) -> None:
    put(tmp_path, "a.md", "---\n\n正文\n")
    assert read_document(tmp_path, "a.md").body_start == 0


@pytest.mark.parametrize(
    ("matter", "message"),
    [
        ("title: 'a", r"'a\.md', line \d+: front matter must be YAML"),
        ("title: a: b", r"'a\.md', line 2: front matter must be YAML"),
        ("just words", "line 2: front matter must be lines of `key: value`"),
        ("- a\n- b", "must be lines of `key: value`"),
        ("title: [a, b]", "line 2: front matter must give `title` one line of text"),
        ("x: 1\nsource: {a: b}", "line 3: front matter must give `source` one line of text"),
        ("title: a\ntitle: b", "line 3: front matter must give `title` once"),
        ("as_of: soon", "`as_of` must be a date such as 2025-05-13; got 'soon'"),
        ("as_of: 2025-13-01", "`as_of` must be a date"),
        ("language: ${x}", "`language` must be a tag such as zh"),
        ("a: &x 1\nb: *x", "must not use anchors and aliases"),
        ("a: !!python/object/apply:os.system [ls]", "must not use tags"),
        ("x: " + "[" * 3000, r"must (not be nested deeper than 20 levels|be YAML)"),
        ("x: " + "{a: " * 1500, r"must (not be nested deeper than 20 levels|be YAML)"),
        ("x: a\x07b", "must be YAML without control characters"),
        ("? [a, b]\n: c", "must have a word as every key"),
        ("x: " + "a" * 9000, "must end with a line `---` within 8,192 bytes"),
    ],
)
def test_front_matter_that_is_no_flat_list_of_words_is_refused(tmp_path: Path, matter: str, message: str) -> None:
    put(tmp_path, "a.md", f"---\n{matter}\n---\n正文\n")
    before = time.process_time()
    with pytest.raises(UnusableInput, match=message):
        read_document(tmp_path, "a.md")
    assert time.process_time() - before < 0.5


def test_aliases_that_would_multiply_are_refused_at_once(tmp_path: Path) -> None:
    bomb = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"{name}: &{name} [{', '.join([f'*{last}'] * 9)}]\n" for last, name in zip("abcdefgh", "bcdefghi", strict=True)
    )
    put(tmp_path, "a.md", f"---\n{bomb}---\n正文\n")
    with pytest.raises(UnusableInput, match=r"'a\.md', line 2: front matter must not use anchors and aliases"):
        read_document(tmp_path, "a.md")


def test_front_matter_without_an_end_is_refused(tmp_path: Path) -> None:
    put(tmp_path, "a.md", "---\ntitle: 退卡\n正文\n")
    with pytest.raises(UnusableInput, match=r"'a\.md', line 1: front matter must end with a line `---`"):
        read_document(tmp_path, "a.md")


@pytest.mark.parametrize("as_of", ["2025", "2025-05", "2025-05-13"])
def test_a_year_or_a_month_is_a_date_too(tmp_path: Path, as_of: str) -> None:
    put(tmp_path, "a.md", f"---\nas_of: {as_of}\n---\n正文\n")
    assert read_document(tmp_path, "a.md").as_of == as_of


@pytest.mark.parametrize("key", ["title", "source", "license", "language", "region", "as_of"])
def test_an_empty_value_is_as_good_as_none(tmp_path: Path, key: str) -> None:
    put(tmp_path, "退卡.md", f"---\n{key}:\n---\n正文在这里\n")
    document = read_document(tmp_path, "退卡.md")
    assert (document.title, document.language, document.as_of) == ("退卡", "zh", "")


CHINESE = "注销公交卡要带身份证到网点，在工作人员的指导下填写申请表，核对余额以后签字，工作人员会收回旧卡。" * 3
TRADITIONAL = "註銷公車卡要帶身分證到服務中心，在工作人員的指導下填寫申請表，核對餘額以後簽名，工作人員會收回舊卡。" * 3


@pytest.mark.parametrize("encoding", ["gbk", "gb18030", "utf-8", "utf-8-sig", "utf-16"])
def test_encodings_of_chinese_text_are_read(tmp_path: Path, encoding: str) -> None:
    put(tmp_path, "a.txt", CHINESE.encode(encoding))
    assert read_document(tmp_path, "a.txt").text.removeprefix("\ufeff") == CHINESE


def test_traditional_text_in_gbk_is_read(tmp_path: Path) -> None:
    put(tmp_path, "a.txt", TRADITIONAL.encode("gbk"))
    document = read_document(tmp_path, "a.txt")
    assert (document.text, document.language) == (TRADITIONAL, "zh-Hant")


@pytest.mark.parametrize(
    "content",
    [
        TRADITIONAL.encode("big5"),
        "窓口で申請書に記入してください。カードは返却します。".encode("shift_jis"),
        "Größe und Straße für Bäume".encode("latin-1"),
        "교통카드 해지 절차를 설명합니다. 창구에서 신청서를 작성하세요. 신분증을 가져가세요.".encode("euc-kr"),
        b"\xff\xfe\x00\xd8",
        bytes(range(128, 256)) * 4,
    ],
)
def test_text_of_another_encoding_is_refused_with_its_line(tmp_path: Path, content: bytes) -> None:
    put(tmp_path, "a.txt", b"\xff\xfe\x00\xd8" if content[:2] == b"\xff\xfe" else b"first line\n" + content)
    with pytest.raises(UnusableInput, match=r"'a\.txt', line \d: must be text in UTF-8 or GB18030"):
        read_document(tmp_path, "a.txt")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"%PDF-1.7\n1 0 obj", "must be plain text; got a PDF"),
        (b"PK\x03\x04rest", "must be plain text; got a ZIP or Word file"),
        (b"{\\rtf1 text}", "must be plain text; got an RTF file"),
        (b"one\ntwo\x00three", "'a.md', line 2: must be text; got binary data"),
        (b"\x01\x02\x03\x04\x05 a", "must be text; got binary data"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "'a.md', line 1: must be text"),
        (b"", "must hold text; got an empty article"),
        (b"\xef\xbb\xbf \r\n", "must hold text; got an empty article"),
        (b"---\ntitle: a\n---\n\n", "must hold text; got an empty article"),
    ],
)
def test_what_is_no_text_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    put(tmp_path, "a.md", content)
    with pytest.raises(UnusableInput, match=message):
        read_document(tmp_path, "a.md")


def test_a_file_or_a_line_of_5_megabytes_is_refused(tmp_path: Path) -> None:
    put(tmp_path, "line.md", b"a" * 5_000_000)
    put(tmp_path, "file.md", b"text\n" * 1_000_000)
    with (tmp_path / "sparse.md").open("wb") as file:
        file.truncate(5_000_000_000)
    with pytest.raises(UnusableInput, match="must be usable; got 3 of 3") as caught:
        read_corpus(tmp_path)
    assert "'line.md' must be at most 2,000,000 bytes; got 5,000,000." in str(caught.value)
    assert "'sparse.md' must be at most 2,000,000 bytes; got 5,000,000,000." in str(caught.value)


def test_a_file_of_the_largest_size_is_read(tmp_path: Path) -> None:
    put(tmp_path, "a.md", b"a" * MAX_FILE_BYTES)
    assert len(read_document(tmp_path, "a.md").text) == MAX_FILE_BYTES


def test_every_unusable_file_is_named_once_on_a_line_of_its_own(tmp_path: Path) -> None:
    put(tmp_path, "good.md")
    put(tmp_path, "x/binary.md", b"a\x00b")
    put(tmp_path, "yaml.md", "---\ntitle: [\n---\n正文")
    put(tmp_path, "empty.txt", "")
    with pytest.raises(UnusableInput, match="got 3 of 4") as caught:
        read_corpus(tmp_path)
    lines = str(caught.value).splitlines()[1:]
    assert [line.split("'")[1] for line in lines] == ["empty.txt", "x/binary.md", "yaml.md"]


@pytest.mark.skipif(sys.platform in {"win32", "darwin"}, reason="these systems do not take such names")
@pytest.mark.parametrize("name", [b"a\nb.md", b"\xff\xfe.md", b"a\x1b[31m.md"])
def test_a_name_that_cannot_be_shown_is_refused_in_one_printable_line(tmp_path: Path, name: bytes) -> None:
    put(tmp_path, "good.md")
    with open(os.fsencode(tmp_path) + b"/" + name, "wb") as file:
        file.write(b"text")
    with pytest.raises(UnusableInput, match="must be a name of printable characters") as caught:
        read_corpus(tmp_path)
    assert all(line.isprintable() for line in str(caught.value).splitlines())


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="the super-user may read everything")
def test_a_file_that_may_not_be_read_is_refused(tmp_path: Path) -> None:
    put(tmp_path, "a.md").chmod(0)
    with pytest.raises(UnusableInput, match="must be a file that can be read; Permission denied"):
        read_document(tmp_path, "a.md")


def test_a_file_that_is_gone_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnusableInput, match="must be a file that can be read; No such file"):
        read_document(tmp_path, "gone.md")


@pytest.mark.parametrize(
    ("content", "title"),
    [
        ("前言\n\n## 退卡 ##\n# 后来的\n", "退卡"),
        ("#退卡\n正文", "退卡"),
        ("# **退卡** \r\n正文", "退卡"),
        ("退卡指南\n====\n正文", "退卡指南"),
        ("```\n# 不是标题\n```\n# 退卡", "退卡"),
        ("**【长文】两张卡，一次退完**\n\n正文。\n", "【长文】两张卡，一次退完"),
        ("【退卡流程】\n\n正文。\n", "bus"),
        ("【一】退卡流程\n\n正文。\n", "bus"),
        ("只有正文。\n", "bus"),
        ("####### 七级\n", "bus"),
    ],
)
def test_the_title_is_the_first_heading_or_the_file_name(tmp_path: Path, content: str, title: str) -> None:
    put(tmp_path, "cards/bus.v2.md" if title == "bus.v2" else "cards/bus.md", content)
    assert read_document(tmp_path, "cards/bus.md").title == title


@pytest.mark.parametrize(
    ("content", "language"),
    [
        ("请携带身份证，到网点办理。", "zh"),
        ("請攜帶身分證，到櫃檯辦理。", "zh-Hant"),
        ("Bring your identity card to the branch.", "en"),
        ("用手机银行APP或 WeChat Pay 办理注销", "zh"),
    ],
)
def test_the_language_is_detected(tmp_path: Path, content: str, language: str) -> None:
    put(tmp_path, "a.md", content)
    assert read_document(tmp_path, "a.md").language == language


def test_colliding_stems_keep_their_suffixes() -> None:
    assert document_ids(["a.md", "a.txt", "b.md", "c/a.md"]) == {
        "a.md": "a.md",
        "a.txt": "a.txt",
        "b.md": "b",
        "c/a.md": "c/a",
    }


def test_a_name_that_looks_like_a_kept_suffix_keeps_its_own() -> None:
    assert document_ids(["a.md", "a.txt", "a.md.txt"]) == {"a.md": "a.md", "a.txt": "a.txt", "a.md.txt": "a.md.txt"}


def test_one_document_and_the_whole_corpus_agree(tmp_path: Path) -> None:
    for path in ("a.md", "a.txt", "b/c.md"):
        put(tmp_path, path)
    corpus = read_corpus(tmp_path)
    assert [document.doc_id for document in corpus] == ["a.md", "a.txt", "b/c"]
    assert [read_document(tmp_path, document.path) for document in corpus] == corpus


@settings(max_examples=60, deadline=None)
@given(
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=200), st.sampled_from(["\n", "\r\n"])
)
def test_any_text_is_read_as_it_was_written(tmp_path_factory: pytest.TempPathFactory, line: str, end: str) -> None:
    root = tmp_path_factory.mktemp("corpus")
    text = f"正文{line}{end}{line}"
    put(root, "a.md", text)
    document = read_document(root, "a.md")
    assert (document.text, document.body_start) == (text, 0)


@settings(max_examples=100, deadline=None)
@given(st.sets(st.from_regex(r"[ab](\.md|\.txt)?\.(md|txt|markdown)", fullmatch=True), max_size=12))
def test_document_ids_are_never_shared(names: set[str]) -> None:
    ids = document_ids(sorted(names))
    assert len(set(ids.values())) == len(names)


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=300))
def test_bytes_are_read_or_refused_and_nothing_else_happens(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    root = tmp_path_factory.mktemp("corpus")
    put(root, "a.md", content)
    try:
        document = read_document(root, "a.md")
    except UnusableInput:
        return
    assert 0 <= document.body_start < len(document.text)
