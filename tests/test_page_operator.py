from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from hashlib import sha256
from pathlib import Path
from typing import Any

import gradio as gr
import pytest
from starlette.requests import Request

from assistant.live import LiveAssistant
from assistant.page.operator import MAX_UPLOAD_BYTES, Desk, LookedAt, preview_html
from assistant.page.words import words_of
from assistant.settings import load_settings
from assistant.shelf import Preview
from assistant.start import Evaluated, open_assistant
from corpus.hygiene import Finding
from tests.fake_assistant import FakeAssistant
from tests.fakes import write_articles
from tests.test_page_markdown import elements
from tests.test_render import HOSTILE

LIBRARY = "# 借书证\n\n## 借书证怎么注销\n\n1. 还清所有图书。\n2. 到总服务台交回借书证。\n3. 领回押金100元。\n"
SPAM = LIBRARY + "\n代办注销加微信 esim1088\n"
SKIPPED = gr.skip()


def visitor(language: str = "en") -> gr.Request:
    """An operator whose browser speaks this language."""
    headers = [(b"accept-language", language.encode())]
    return gr.Request(Request({"type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": headers}))


class Office:
    """A desk over the three sample articles; `assistant` answers, and `uploads` is where a browser's files lie."""

    def __init__(self, folder: Path, *, real: bool) -> None:
        self.corpus = write_articles(folder / "corpus")
        self.uploads = folder / "uploads"
        self.uploads.mkdir()
        self.settings = load_settings({"corpus": self.corpus, "data": folder / "data"}, environ={}, folder=folder)

        def opener() -> AbstractContextManager[Evaluated]:
            return open_assistant(self.settings) if real else nullcontext(FakeAssistant())

        self.assistant = LiveAssistant(opener)
        self.desk = Desk(self.assistant, self.settings)

    def look(
        self, name: str, content: str | bytes, *fields: str, language: str = "en"
    ) -> tuple[str, LookedAt | None, gr.Textbox, gr.Button]:
        file = self.uploads / name
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        title, source, license_name, as_of = (*fields, *[""] * (4 - len(fields)))
        return self.desk.look(str(file), title, source, license_name, as_of, visitor(language))  # type: ignore[return-value]

    def save(self, path: str, text: str, language: str = "en") -> list[tuple[Any, ...]]:
        """Saves what was looked at just now."""
        return list(self.desk.save(self.looked_at(path), text, visitor(language)))

    def looked_at(self, path: str) -> LookedAt:
        file = self.corpus / path.replace("\0", "")
        version = sha256(file.read_bytes()).hexdigest() if file.is_file() and file.parent == self.corpus else ""
        return LookedAt(path=path, replaced_version=version)

    def remove(self, doc_id: str | None, certain: bool = True, language: str = "en") -> list[tuple[Any, ...]]:
        return list(self.desk.remove(doc_id, certain, visitor(language)))

    def names(self) -> list[str]:
        return sorted(path.name for path in self.corpus.iterdir())

    def kept(self) -> list[str]:
        folder = self.settings.data / "replaced"
        return sorted(path.name.partition("-")[2] for path in folder.iterdir()) if folder.exists() else []


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A desk whose assistant answers literally."""
    opened = Office(tmp_path, real=False)
    with opened.assistant:
        yield opened


@pytest.fixture
def real_office(tmp_path: Path) -> Iterator[Office]:
    opened = Office(tmp_path, real=True)
    with opened.assistant:
        yield opened


# Looking at an article


@pytest.mark.parametrize(
    ("language", "told"),
    [
        (
            "en",
            "借书证 (library.md): a new article, 1 passages, 1 of them procedures.\n"
            "No advertisement, contact or hidden text was found.\n",
        ),
        ("zh-CN", "借书证 (library.md)：新文章，1 个段落，其中 1 个是办理步骤。\n没有发现广告、联系方式或隐藏文字。\n"),
        ("zh-TW", "借书证 (library.md)：新文章，1 個段落，其中 1 個是辦理步驟。\n沒有發現廣告、聯絡方式或隱藏文字。\n"),
    ],
)
def test_a_look_tells_what_would_become_of_an_article(office: Office, language: str, told: str) -> None:
    seen, name, text, save = office.look("library.md", LIBRARY, language=language)

    assert elements(seen).text == told
    assert (name, text.value, text.visible, save.visible) == (
        LookedAt(path="library.md", replaced_version=""),
        LIBRARY,
        True,
        True,
    )
    assert office.names() == ["access.md", "bank.md", "transit.md"]
    assert not office.settings.data.exists()


def test_fields_are_written_into_the_text_that_is_shown(office: Office) -> None:
    _, _, text, _ = office.look("library.md", LIBRARY, "借书证注销", "https://example.org", "CC0", "2026-11-01")

    assert text.value == (
        "---\ntitle: 借书证注销\nsource: https://example.org\nlicense: CC0\nas_of: '2026-11-01'\n---\n\n" + LIBRARY
    )


def test_a_look_tells_that_an_article_would_be_replaced(office: Office) -> None:
    assert "replaces the one of that name, which is kept" in office.look("bank.md", LIBRARY)[0]


def test_a_look_tells_that_there_is_no_procedure(office: Office) -> None:
    assert (
        "No procedure was found in it. Steps are read from numbered lists below a heading."
        in elements(office.look("library.md", "# 借书证\n\n借书证可以注销。\n")[0]).text
    )


def test_a_look_lists_what_is_kept_out_without_its_words(office: Office) -> None:
    seen, *_ = office.look("library.md", SPAM)

    assert "1 places are kept out of answers:" in seen
    assert "<tr><td>9</td><td>contact</td><td>" in seen
    assert "esim1088" not in seen


@pytest.mark.parametrize(
    ("language", "row"),
    [("zh-CN", "联系方式</td><td>聊天软件的联系方式。"), ("zh-TW", "聯絡方式</td><td>通訊軟體的聯絡方式。")],
)
def test_what_is_kept_out_is_told_in_the_language_of_the_page(office: Office, language: str, row: str) -> None:
    assert f"<tr><td>9</td><td>{row}</td></tr>" in office.look("library.md", SPAM, language=language)[0]


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("zh-CN", "没有成功：'library.pdf' 是损坏的 PDF。请打开后重新打印成 PDF。"),
        ("zh-TW", "沒有成功：'library.pdf' 是損壞的 PDF。請打開後重新列印成 PDF。"),
    ],
)
def test_why_a_file_is_refused_is_told_in_the_language_of_the_page(office: Office, language: str, told: str) -> None:
    assert elements(office.look("library.pdf", b"%PDF-1.4 no", language=language)[0]).text.strip() == told


def test_a_look_tells_why_an_article_cannot_be_saved(office: Office) -> None:
    seen, _, text, save = office.look("library.md", LIBRARY, "", "", "", "gestern", language="zh-CN")

    assert '<div class="xk-warning" role="alert"><p>还不能保存：</p><ul><li>' in seen
    assert "“截至”应当是 2025-05-13 这样的日期，实际是 'gestern'。请改正。" in elements(seen).text
    # It can be corrected in the text and saved then.
    assert (text.visible, save.visible) == (True, True)


@pytest.mark.parametrize(
    ("language", "told"), [("en", "Choose a file first."), ("zh-CN", "请先选择文件。"), ("zh-HK", "請先選擇檔案。")]
)
def test_without_a_file_there_is_nothing_to_look_at(office: Office, language: str, told: str) -> None:
    gone = str(office.uploads / "gone.md")  # uploads are removed after an hour
    for path in (None, "", gone):
        seen, name, text, save = office.desk.look(path, "", "", "", "", visitor(language))
        assert (seen, name, text.visible, save.visible) == (told, None, False, False)


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("library.exe", b"MZ", "That did not work: "),
        ("library.docx", b"PK\x03\x04 no", "That did not work: "),
        ("library.pdf", b"%PDF-1.4 no", "That did not work: "),
    ],
)
def test_a_file_that_cannot_be_read_is_refused(office: Office, name: str, content: bytes, told: str) -> None:
    seen, named, text, save = office.look(name, content)

    assert seen.startswith('<div class="xk-warning" role="alert"><p>That did not work: ')
    assert elements(seen).text.startswith(told)
    assert (named, text.visible, save.visible) == (None, False, False)
    assert str(office.uploads) not in seen


@pytest.mark.parametrize("hostile", HOSTILE)
def test_nothing_of_a_hostile_article_acts_on_the_page(office: Office, hostile: str) -> None:
    seen, *_ = office.look("library.md", f"# {hostile}\n\n{hostile}\n", hostile, hostile, hostile, hostile)

    read = elements(seen)
    assert read.names <= {"p", "strong", "div", "ul", "li", "table", "thead", "tbody", "tr", "th", "td", "br"}
    assert read.attributes <= {"class", "role", "scope"}


@pytest.mark.parametrize("hostile", HOSTILE)
def test_nothing_of_a_hostile_preview_acts_on_the_page(hostile: str) -> None:
    preview = Preview(
        path=hostile,
        replaced_version="",
        text=hostile,
        title=hostile,
        findings=(Finding(kind=hostile, why=hostile, start=0, end=1, line=1),),  # type: ignore[arg-type]
        n_chunks=1,
        n_procedures=0,
        problems=(hostile,),
    )
    read = elements(preview_html(preview, "en"))

    assert read.names == {"p", "strong", "div", "ul", "li", "table", "thead", "tbody", "tr", "th", "td"}
    assert read.attributes == {"class", "role", "scope"}
    assert read.text.count(hostile) == 5


def test_an_article_may_be_as_large_as_the_page_says() -> None:
    assert MAX_UPLOAD_BYTES == 10_000_000
    assert "10 MB" in words_of("operator", "en")["file"]


# Saving it


def test_an_article_with_problems_is_not_saved(office: Office) -> None:
    ((seen, status, which),) = office.save("library.md", f"---\nas_of: gestern\n---\n{LIBRARY}", "zh-TW")

    assert "還不能儲存：" in seen
    assert (status, which) == (SKIPPED, SKIPPED)
    assert office.names() == ["access.md", "bank.md", "transit.md"]
    assert office.assistant.generation == 1


@pytest.mark.parametrize("path", ["", "../evil.md", "/etc/passwd", "a/b.md", ".hidden.md", "a\0.md", "library.exe"])
def test_nothing_is_saved_outside_of_the_corpus(office: Office, path: str, tmp_path: Path) -> None:
    office.assistant.close()  # only what is saved matters here
    before = sorted(tmp_path.rglob("*"))
    office.save(path, LIBRARY)

    added = [place for place in sorted(tmp_path.rglob("*")) if place not in before]
    outside = [place for place in added if not place.is_relative_to(office.settings.data)]
    assert [place.parent for place in outside] in ([], [office.corpus])
    assert all(place.suffix == ".md" and not place.name.startswith(".") for place in outside)


def test_half_of_a_character_in_a_corrected_text_breaks_nothing(office: Office) -> None:
    office.assistant.close()  # only what is saved matters here
    office.save("library.md", LIBRARY + "\ud800")

    assert (office.corpus / "library.md").read_text(encoding="utf-8") == LIBRARY + "?"


FAILED = {
    "en": (
        "library.md is stored, but answers do not come from it yet: the chat goes on with the old index.",
        "That did not work: every article of `corpus` must be usable; got 1 of 5 in ",
        "'broken.md' must be plain text; got a ZIP or Word file. Export it as Markdown or text.",
        "Mend what is named here, then press “Build the index again”. Nothing has to be uploaded again.",
    ),
    "zh-CN": (
        "library.md 已经存好，但还不会被引用：问答仍在使用旧索引。",
        "里的 5 篇文章中有 1 篇不能用。请改正或移除：",
        "'broken.md' 应当是纯文本，实际是 ZIP 或 Word 文件。请导出为 Markdown 或纯文本。",
        "请按上面说的改正，再点“重新建立索引”，不用重新上传。",
    ),
    "zh-TW": (
        "library.md 已經存好，但還不會被引用：問答仍在使用舊索引。",
        "裡的 5 篇文章中有 1 篇不能用。請改正或移除：",
        "'broken.md' 應當是純文字，實際是 ZIP 或 Word 檔案。請匯出為 Markdown 或純文字。",
        "請按上面說的改正，再點「重新建立索引」，不用重新上傳。",
    ),
}


@pytest.mark.parametrize("language", FAILED)
def test_what_is_saved_though_no_index_can_be_built_is_told_with_what_to_do(office: Office, language: str) -> None:
    (office.corpus / "broken.md").write_bytes(b"PK\x03\x04")
    _, failed = office.save("library.md", LIBRARY, language)

    told = elements(failed[1])
    assert [part for part in FAILED[language] if part not in told.text] == []
    assert told.text.startswith(FAILED[language][0])
    assert told.names == {"div", "p", "ul", "li"}
    assert (failed[0], failed[2]) == (SKIPPED, SKIPPED)
    assert office.assistant.generation == 1


def test_an_article_that_is_removed_though_no_index_can_be_built_is_told_to_answer_still(office: Office) -> None:
    (office.corpus / "broken.md").write_bytes(b"PK\x03\x04")
    _, failed = office.remove("bank")

    assert elements(failed[1]).text.startswith(
        "bank is removed, but the chat goes on with the old index and still answers from it."
    )


def test_a_build_that_breaks_is_told_and_not_awaited_for_ever(office: Office) -> None:
    office.assistant.close()
    saved, failed = office.save("library.md", LIBRARY, "zh-CN")

    assert saved[1].startswith("已保存为 library")
    assert "没有成功：服务正在关闭。请重新启动。" in elements(failed[1]).text
    assert 'role="alert"' in failed[1]


def test_an_index_that_could_not_be_built_is_built_again_without_another_upload(real_office: Office) -> None:
    office = real_office
    (office.corpus / "broken.md").write_bytes(b"PK\x03\x04")
    office.save("library.md", LIBRARY)
    (building, failed) = office.desk.build(visitor())

    assert building == (
        SKIPPED,
        "Building the index; the chat goes on with the old one meanwhile.",
        SKIPPED,
    )
    assert elements(failed[1]).text.startswith("The index was not built. The chat goes on with the old one.")
    assert office.assistant.ask(["借书证怎么注销？"]).outcome != "answered"

    (office.corpus / "broken.md").unlink()
    (_, done) = office.desk.build(visitor("zh-CN"))

    assert done[1].startswith("完成：4 篇文章，")
    assert [choice[1] for choice in done[2].choices] == ["access", "bank", "library", "transit"]
    assert "总服务台" in office.assistant.ask(["借书证怎么注销？"]).text


def test_an_article_is_looked_at_corrected_saved_answered_from_replaced_and_removed(real_office: Office) -> None:
    office = real_office
    assert office.assistant.ask(["借书证怎么注销？"]).outcome != "answered"

    _, name, text, _ = office.look("library.md", LIBRARY)
    saved, done = office.desk.save(name, text.value.replace("100元", "120元"), visitor())

    assert saved == (
        SKIPPED,
        "Saved as library&#46;md. Building the index; the chat goes on with the old one meanwhile.",
        SKIPPED,
    )
    assert done[0] == ""
    assert done[1].startswith("Done: 4 articles, ")
    assert [choice[1] for choice in done[2].choices] == ["access", "bank", "library", "transit"]
    assert "120元" in office.assistant.ask(["借书证怎么注销？"]).text

    removing, removed = office.remove("library", language="zh-TW")

    assert removing[1] == "已移除 library，留存在資料目錄的 `replaced` 裡。正在重建索引。"
    assert removed[1].startswith("完成：3 篇文章，")
    assert [choice[1] for choice in removed[2].choices] == ["access", "bank", "transit"]
    assert office.names() == ["access.md", "bank.md", "transit.md"]
    assert office.kept() == ["library.md"]
    assert office.assistant.ask(["借书证怎么注销？"]).outcome != "answered"
    assert office.assistant.generation == 3


# Removing one


@pytest.mark.parametrize(
    ("language", "told"), [("en", "Tick the box first."), ("zh-CN", "请先勾选确认。"), ("zh-TW", "請先勾選確認。")]
)
@pytest.mark.parametrize(("doc_id", "certain"), [("bank", False), (None, True), ("", True), (None, False)])
def test_nothing_is_removed_that_was_not_confirmed(
    office: Office, doc_id: str | None, certain: bool, language: str, told: str
) -> None:
    assert office.remove(doc_id, certain, language) == [(SKIPPED, told, SKIPPED)]
    assert office.names() == ["access.md", "bank.md", "transit.md"]


@pytest.mark.parametrize("doc_id", ["absent", "../corpus/bank", "<script>"])
def test_an_article_that_is_not_there_is_not_removed(office: Office, doc_id: str) -> None:
    ((seen, status, which),) = office.remove(doc_id)

    assert elements(status).text.startswith(
        f"That did not work: `doc_id` must be the id of an article; got '{doc_id}'."
    )
    assert elements(status).names == {"div", "p"}
    assert (seen, which) == (SKIPPED, SKIPPED)
    assert office.names() == ["access.md", "bank.md", "transit.md"]


def test_the_last_article_stays(tmp_path: Path) -> None:
    office = Office(tmp_path, real=False)
    for name in ("access.md", "transit.md"):
        (office.corpus / name).unlink()
    ((_, status, _),) = office.remove("bank")

    assert "must hold at least one article" in elements(status).text
    assert office.names() == ["bank.md"]


def test_the_articles_that_answer_now_can_be_chosen(office: Office) -> None:
    listed = office.desk.listed()

    assert listed.choices == [("卡片 (cards.md)", "cards")]
    assert listed.value is None


def test_what_another_operator_has_saved_meanwhile_is_not_written_over(office: Office) -> None:
    other = Desk(office.assistant, office.settings)
    office.assistant.close()  # only what is saved matters here
    looked_at = office.looked_at("library.md")
    list(other.save(looked_at, LIBRARY, visitor()))
    ((seen, *_),) = office.desk.save(looked_at, LIBRARY.replace("100", "200"), visitor())

    assert "somebody has changed it since" in elements(seen).text
    assert "100元" in (office.corpus / "library.md").read_text(encoding="utf-8")
    assert office.kept() == []
