from __future__ import annotations

import os
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assistant import shelf as module
from assistant.shelf import Preview, Shelf
from corpus.errors import UnusableInput
from corpus.front_matter import read_front_matter
from corpus.reader import read_corpus
from tests.fakes import BANK, TRANSIT, write_articles

LIBRARY = """# 借书证

## 借书证怎么注销

1. 还清所有图书。
2. 到总服务台交回借书证。
3. 领回押金100元。
"""
LIBRARY_EN = """---
language: en
edition_of: library.md
---
# Library card

## How to cancel a library card

1. Return all books.
2. Hand in the card at the main desk.
3. Take back the deposit of 100 yuan.
"""


class Place:
    def __init__(self, folder: Path) -> None:
        self.corpus = write_articles(folder / "corpus")
        self.data = folder / "data"
        self.shelf = Shelf(self.corpus, self.data)

    def preview(self, name: str, text: str, **fields: str) -> Preview:
        return self.shelf.preview(name, text.encode("utf-8"), fields)

    def save(self, name: str, text: str, **fields: str) -> Path:
        return self.shelf.save(self.preview(name, text, **fields))

    def names(self) -> list[str]:
        return sorted(path.name for path in self.corpus.iterdir())

    def kept(self) -> list[tuple[str, str]]:
        """Name without the time, and text, of everything that was taken away, oldest first."""
        files = sorted((self.data / "replaced").iterdir())
        return [(file.name.partition("-")[2], file.read_text(encoding="utf-8")) for file in files]


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


# Preview


def test_a_preview_says_what_would_be_there_and_writes_nothing(place: Place) -> None:
    seen = place.preview("借书证.md", LIBRARY)

    assert (seen.path, seen.title, seen.replaces) == ("借书证.md", "借书证", False)
    assert seen.text == LIBRARY
    assert (seen.n_chunks, seen.n_procedures) == (1, 1)
    assert seen.findings == ()
    assert seen.problems == ()
    assert place.names() == ["access.md", "bank.md", "transit.md"]
    assert not place.data.exists()


def test_a_preview_says_that_an_article_would_be_replaced(place: Place) -> None:
    seen = place.preview("bank.md", LIBRARY)

    assert seen.replaces
    assert seen.problems == ()


def test_findings_are_told_by_kind_and_line_without_their_words(place: Place) -> None:
    seen = place.preview("library.md", LIBRARY + "\n代办注销加微信 esim1088\n")

    assert [(finding.kind, finding.line) for finding in seen.findings] == [("contact", 9)]
    assert "esim1088" not in " ".join(finding.why for finding in seen.findings)
    assert seen.problems == ()


def test_given_fields_are_written_as_front_matter(place: Place) -> None:
    seen = place.preview(
        "library.md", LIBRARY, title='借书证: "注销" # 1', source="市图书馆\n官网", as_of="2026-11-01", license=" "
    )

    assert seen.title == '借书证: "注销" # 1'
    assert read_front_matter(seen.text, "library.md")[0] == {
        "title": '借书证: "注销" # 1',
        "source": "市图书馆 官网",
        "as_of": "2026-11-01",
    }
    assert seen.text.endswith(f"\n---\n\n{LIBRARY}")
    assert seen.problems == ()


def test_front_matter_that_the_text_has_is_left_as_it_is(place: Place) -> None:
    text = f"---\ntitle: 自己的标题\n---\n{LIBRARY}"
    seen = place.preview("library.md", text, title="另一个")

    assert seen.title == "自己的标题"
    assert seen.text == text


@given(st.dictionaries(st.sampled_from(["title", "source", "license"]), st.text(max_size=80)))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
def test_any_field_is_read_back_as_it_was_given(place: Place, fields: dict[str, str]) -> None:
    seen = place.preview("library.md", LIBRARY, **fields)
    wanted = {name: " ".join(value.split()) for name, value in fields.items() if value.strip()}

    assert seen.problems == ()
    assert read_front_matter(seen.text, "library.md")[0] == wanted


def test_a_field_that_is_unknown_is_refused(place: Place) -> None:
    with pytest.raises(
        UnusableInput, match="`fields` must be some of title, source, license, as_of, language; got 'edi"
    ):
        place.preview("library.md", LIBRARY, edition_of="bank.md")


def test_a_field_of_half_a_character_is_refused(place: Place) -> None:
    with pytest.raises(UnusableInput, match=r"`title` must be text; got '\\ud800x'"):
        place.preview("library.md", LIBRARY, title="\ud800x")


@pytest.mark.parametrize(
    ("text", "fields", "problem"),
    [
        (" \n", {}, "'library.md' must hold text; got an empty article"),
        ("代办注销加微信 esim1088\n", {}, "'library.md' must hold words besides what is kept out of answers"),
        (LIBRARY, {"as_of": "gestern"}, "front matter's `as_of` must be a date such as 2025-05-13; got 'gestern'"),
        (LIBRARY, {"language": "?"}, "front matter's `language` must be a tag"),
        ("---\ntitle: [a, b]\n---\n" + LIBRARY, {}, "line 2: front matter must give `title` one line of text"),
        ("a" * 2_000_001, {}, "'library.md' must be at most 2,000,000 bytes; got 2,000,001"),
        (LIBRARY_EN, {}, "'library.md' must be named 'library.en.md'|`edition_of` must name an article"),
    ],
)
def test_what_the_corpus_would_refuse_is_a_problem_and_is_not_saved(
    place: Place, text: str, fields: dict[str, str], problem: str
) -> None:
    seen = place.preview("library.md", text, **fields)

    assert len(seen.problems) == 1
    assert any(part in seen.problems[0] for part in problem.split("|"))
    with pytest.raises(UnusableInput, match=r"`preview` must be without problems; got: 'library\.md'"):
        place.shelf.save(seen)
    assert place.names() == ["access.md", "bank.md", "transit.md"]


@pytest.mark.parametrize("other", ["bank.txt", "bank.markdown", "BANK.md", "Bank.TXT"])
def test_two_files_of_one_name_are_a_problem(place: Place, other: str) -> None:
    place.corpus.joinpath("bank.md").rename(place.corpus / other)

    seen = place.preview("bank.md", BANK)
    assert seen.problems == (
        f"{other!r} must not stand beside 'bank.md', as both would be the same article. Remove it first.",
    )


def test_a_corpus_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnusableInput, match=r"`corpus` must be a folder that can be read; got .*nowhere"):
        Shelf(tmp_path / "nowhere", tmp_path / "data").preview("a.md", LIBRARY.encode())


# Editions


@pytest.fixture
def bilingual(place: Place) -> Place:
    place.save("library.md", LIBRARY)
    place.save("library.en.md", LIBRARY_EN)
    return place


def test_an_edition_is_put_beside_its_article(bilingual: Place) -> None:
    articles = {article.doc_id: article for article in read_corpus(bilingual.corpus)}

    assert articles["library"].edition is not None
    assert articles["library"].edition.title == "Library card"


def test_an_edition_without_its_article_is_a_problem(place: Place) -> None:
    seen = place.preview("library.en.md", LIBRARY_EN)

    assert len(seen.problems) == 1
    assert "`edition_of` must name an article in the same folder; got 'library.md'" in seen.problems[0]


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        (LIBRARY.replace("3. 领回押金100元。\n", ""), "must have the headings, steps, items and paragraphs"),
        (LIBRARY.replace("100元", "80元"), "must give the amounts and telephone numbers"),
    ],
)
def test_an_article_that_its_edition_no_longer_follows_is_a_problem(
    bilingual: Place, changed: str, problem: str
) -> None:
    seen = bilingual.preview("library.md", changed)

    assert len(seen.problems) == 1
    assert seen.problems[0].startswith("'library.en.md'")
    assert problem in seen.problems[0]


def test_an_article_that_its_edition_follows_can_be_replaced(bilingual: Place) -> None:
    bilingual.save("library.md", LIBRARY.replace("总服务台", "一楼服务台"))

    assert read_corpus(bilingual.corpus)[2].edition is not None


def test_an_edition_that_would_no_longer_be_one_is_a_problem(bilingual: Place) -> None:
    seen = bilingual.preview("library.en.md", LIBRARY_EN.partition("---\n# ")[2])

    assert seen.problems == (
        "'library.en.md' is the edition of an article and must say `edition_of` as it does now. Add the line.",
    )


# Save


def test_an_article_is_saved_byte_for_byte(place: Place) -> None:
    text = LIBRARY.replace("\n", "\r\n")
    file = place.save("借书证.md", text)

    assert file == place.corpus / "借书证.md"
    assert file.read_bytes() == text.encode("utf-8")
    assert place.names() == ["access.md", "bank.md", "transit.md", "借书证.md"]
    assert place.kept() == []


def test_what_is_replaced_is_kept(place: Place) -> None:
    place.save("bank.md", LIBRARY)
    place.save("bank.md", TRANSIT)

    assert place.corpus.joinpath("bank.md").read_text(encoding="utf-8") == TRANSIT
    assert place.kept() == [("bank.md", BANK), ("bank.md", LIBRARY)]


def test_a_saved_article_can_be_read_by_others(place: Place) -> None:
    before = os.umask(0o022)
    try:
        assert place.save("library.md", LIBRARY).stat().st_mode & 0o777 == 0o644
    finally:
        os.umask(before)


def test_an_article_that_somebody_changed_since_its_preview_is_not_overwritten(place: Place) -> None:
    seen = place.preview("bank.md", LIBRARY)
    place.corpus.joinpath("bank.md").write_text(TRANSIT, encoding="utf-8")

    with pytest.raises(UnusableInput, match=r"'bank\.md' must be as it was when it was previewed"):
        place.shelf.save(seen)
    assert place.corpus.joinpath("bank.md").read_text(encoding="utf-8") == TRANSIT


def test_an_article_that_came_since_the_preview_is_not_overwritten(place: Place) -> None:
    first, second = place.preview("library.md", LIBRARY), place.preview("library.md", BANK)
    place.shelf.save(first)

    with pytest.raises(UnusableInput, match="somebody has changed it since"):
        place.shelf.save(second)


@pytest.mark.parametrize("path", ["../x.md", "/tmp/x.md", ".x.md", "sub/x.md", "x", "x.toml", "a\nb.md"])
def test_a_path_that_no_preview_gave_is_refused(place: Place, path: str) -> None:
    seen = replace(place.preview("library.md", LIBRARY), path=path)

    with pytest.raises(UnusableInput, match="`path` must be a name that a preview gave"):
        place.shelf.save(seen)


@pytest.mark.parametrize("make", [Path.mkdir, lambda path: os.mkfifo(path), lambda path: path.symlink_to("bank.md")])
def test_what_is_no_regular_file_is_not_replaced(place: Place, make: Callable[[Path], object]) -> None:
    make(place.corpus / "library.md")

    seen = place.preview("library.md", LIBRARY)
    assert seen.problems == ("'library.md' must be a regular file; the corpus has something else there. Remove it.",)


def test_a_link_that_came_since_the_preview_is_not_written_through(place: Place, tmp_path: Path) -> None:
    outside = tmp_path / "outside.md"
    outside.write_text("mine", encoding="utf-8")
    seen = place.preview("library.md", LIBRARY)
    place.corpus.joinpath("library.md").symlink_to(outside)

    with pytest.raises(UnusableInput, match="must be a regular file"):
        place.shelf.save(seen)
    assert outside.read_text(encoding="utf-8") == "mine"


def test_a_data_folder_inside_the_corpus_is_refused(place: Place) -> None:
    shelf = Shelf(place.corpus, place.corpus / "data")

    with pytest.raises(UnusableInput, match="`data` must lie outside of the corpus"):
        shelf.save(shelf.preview("library.md", LIBRARY.encode()))
    assert place.names() == ["access.md", "bank.md", "transit.md"]


@pytest.mark.parametrize("step", ["replace", "fsync"])
def test_a_failure_while_writing_leaves_the_corpus_as_it_was(
    place: Place, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    seen = place.preview("bank.md", LIBRARY)
    with monkeypatch.context() as patched:
        if step == "replace":
            patched.setattr(Path, "replace", fail)
        else:
            patched.setattr(module.os, "fsync", fail)
        with pytest.raises(UnusableInput, match=r"can be written and have room; .*No space left on device"):
            place.shelf.save(seen)

    assert place.names() == ["access.md", "bank.md", "transit.md"]
    assert place.corpus.joinpath("bank.md").read_text(encoding="utf-8") == BANK


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="may write everywhere")
def test_a_corpus_that_cannot_be_written_is_refused(place: Place) -> None:
    seen = place.preview("library.md", LIBRARY)
    place.corpus.chmod(0o555)
    try:
        with pytest.raises(UnusableInput, match="must be folders that can be written"):
            place.shelf.save(seen)
    finally:
        place.corpus.chmod(0o755)


def test_of_many_who_save_at_once_over_one_article_exactly_one_does(place: Place) -> None:
    seen = [place.preview("bank.md", LIBRARY.replace("100元", f"{fee}元")) for fee in range(100, 108)]
    outcomes: list[str] = []

    def save(preview: Preview) -> None:
        try:
            place.shelf.save(preview)
            outcomes.append("saved")
        except UnusableInput as error:
            outcomes.append("changed since" if "changed it since" in str(error) else str(error))

    threads = [threading.Thread(target=save, args=(preview,)) for preview in seen]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(outcomes) == ["changed since"] * 7 + ["saved"]
    assert place.kept() == [("bank.md", BANK)]
    assert place.names() == ["access.md", "bank.md", "transit.md"]


# Remove


def test_an_article_is_removed_and_kept(place: Place) -> None:
    kept = place.shelf.remove("bank")

    assert place.names() == ["access.md", "transit.md"]
    assert [file.read_text(encoding="utf-8") for file in kept] == [BANK]
    assert place.kept() == [("bank.md", BANK)]


def test_an_edition_goes_with_its_article(bilingual: Place) -> None:
    kept = bilingual.shelf.remove("library")

    assert bilingual.names() == ["access.md", "bank.md", "transit.md"]
    assert [file.read_text(encoding="utf-8") for file in kept] == [LIBRARY, LIBRARY_EN]
    assert len(read_corpus(bilingual.corpus)) == 3


def test_an_edition_can_go_alone(bilingual: Place) -> None:
    bilingual.shelf.remove("library.en")

    assert bilingual.names() == ["access.md", "bank.md", "library.md", "transit.md"]


def test_an_article_beside_it_that_is_only_named_like_an_edition_stays(place: Place) -> None:
    place.save("bank.en.md", LIBRARY)
    place.shelf.remove("bank")

    assert place.names() == ["access.md", "bank.en.md", "transit.md"]


def test_an_article_in_a_folder_of_the_corpus_is_removed(place: Place) -> None:
    write_articles(place.corpus / "more", library=LIBRARY)
    place.shelf.remove("more/library")

    assert place.kept() == [("library.md", LIBRARY)]
    assert not (place.corpus / "more" / "library.md").exists()


@pytest.mark.parametrize("doc_id", ["no-such", "../bank", "", "bank.md"])
def test_an_article_that_is_not_there_is_refused(place: Place, doc_id: str) -> None:
    with pytest.raises(UnusableInput, match="`doc_id` must be the id of an article; got"):
        place.shelf.remove(doc_id)


def test_the_last_article_stays(bilingual: Place) -> None:
    for doc_id in ("access", "bank", "transit"):
        bilingual.shelf.remove(doc_id)

    with pytest.raises(UnusableInput, match=r"must hold at least one article; 'library\.md' is the last"):
        bilingual.shelf.remove("library")
    assert bilingual.names() == ["library.en.md", "library.md"]


def test_a_file_too_large_for_an_article_is_kept_whole(place: Place) -> None:
    place.corpus.joinpath("bank.md").write_bytes(b"a" * 3_000_000)
    (kept,) = place.shelf.remove("bank")

    assert kept.stat().st_size == 3_000_000
