"""An article's English edition: read with it, aligned with it, kept with its index."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given

from assistant.cli import main
from assistant.evidence import UnitReader
from assistant.lexicon import load_lexicon
from corpus.chunker import chunk
from corpus.document import Document
from corpus.editions import Edition, align
from corpus.errors import UnusableInput
from corpus.front_matter import read_front_matter
from corpus.hygiene import clean
from corpus.reader import read_corpus, read_document
from corpus.subjects import known_cards
from index.build import build_index, ensure_index
from index.index import index_status, open_index
from index.verify import verify_index
from tests.articles import GeneratedArticle, articles
from tests.english_edition import ARTICLE, ENGLISH
from tests.fakes import FakeEncoder

SHIPPED = Path(__file__).parents[1] / "corpus" / "articles"
_HAN = re.compile(r"[\u4e00-\u9fff]")


def put(folder: Path, **texts: str) -> Path:
    """The folder with files of these texts; `bus_en` is `bus.en.md`."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        (folder / f"{name.replace('_', '.')}.md").write_text(text, encoding="utf-8")
    return folder


def aligned(article: str = ARTICLE, english: str = ENGLISH) -> Edition:
    edition = document("bus.en.md", english)
    found = align(clean(replace(document("bus.md", article), edition=edition)))
    assert found is not None
    return found


def document(path: str, text: str) -> Document:
    _, body_start = read_front_matter(text, path)
    return Document(doc_id=path, title="t", text=text, path=path, version="", body_start=body_start)


def rendered(edition: Edition, words: str) -> str:
    start = edition.article.text.index(words)
    return edition.text(start, start + len(words))


# --- reading --------------------------------------------------------------------------------------------------------


def test_an_edition_is_attached_to_its_article_and_is_none_itself(tmp_path: Path) -> None:
    put(tmp_path, bus=ARTICLE, bus_en=ENGLISH)

    (article,) = read_corpus(tmp_path)

    assert (article.doc_id, article.title, article.language) == ("bus", "公交卡怎么注销", "zh")
    assert article.edition is not None
    assert (article.edition.path, article.edition.title) == ("bus.en.md", "How to cancel a bus card")
    assert article.edition.text == ENGLISH
    assert read_document(tmp_path, "bus.md") == article


def test_a_file_that_is_only_named_like_an_edition_is_an_article(tmp_path: Path) -> None:
    put(tmp_path, bus=ARTICLE, bus_en="# How to cancel a bus card\n\nTake it to the counter.\n")

    assert [(article.doc_id, article.edition) for article in read_corpus(tmp_path)] == [("bus.en", None), ("bus", None)]
    assert read_document(tmp_path, "bus.md").edition is None


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("bus_en", ENGLISH.replace("of: bus.md", "of: tram.md"), r"'bus.en.md': .* same folder; got 'tram.md'"),
        ("bus_en", ENGLISH.replace("of: bus.md", "of: bus.en.md"), r"same folder; got 'bus.en.md'"),
        ("english", ENGLISH, r"'english.md' must be named 'bus.en.md'"),
        ("bus_en", ENGLISH.replace("language: en", "language: fr"), r"'bus.en.md': .*must be en; got 'fr'"),
    ],
)
def test_an_edition_that_cannot_belong_to_its_article_is_refused(
    tmp_path: Path, name: str, text: str, message: str
) -> None:
    put(tmp_path, bus=ARTICLE, **{name: text})

    with pytest.raises(UnusableInput, match=message):
        read_corpus(tmp_path)


def test_an_english_article_has_no_english_edition(tmp_path: Path) -> None:
    put(tmp_path, bus=ENGLISH.replace("edition_of: bus.md\n", ""), bus_en=ENGLISH)

    with pytest.raises(UnusableInput, match=r"in another language; 'bus.md' is in English"):
        read_corpus(tmp_path)


def test_an_edition_is_cleaned_like_its_article() -> None:
    promoted = ENGLISH.replace("save it first.", "save it first. Contact us on Telegram: @esim1088 for help.")

    edition = aligned(english=promoted)

    assert "esim1088" not in edition.edition.text
    assert rendered(edition, "备份数据：先把数据存好。") == "Back up your data: save it first."


def test_corpus_check_reports_what_stands_in_an_edition(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    put(tmp_path / "c", bus=ARTICLE, bus_en=ENGLISH.replace("save it first.", "save it first. Telegram: @esim1088."))

    assert main(["--corpus", str(tmp_path / "c"), "corpus", "check"]) == 1
    assert capsys.readouterr().out.startswith("bus.en.md:")


# --- aligning -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "english"),
    [
        ("公交卡就是坐车刷的卡。", "A bus card is the card you tap when you ride."),
        ("公交卡注销步骤", "Steps for cancelling a bus card"),
        ("照下面三步办：", "It takes the three steps below:"),
        ("**带证件**：带身份证到服务网点。", "**Bring your ID**: take your ID card to a service outlet."),
        ("写明卡号", "State the card number"),
        (
            "填写申请表，费用5元。\n   - 写明卡号",
            "Fill in the application form; the fee is 5 yuan.\n   - State the card number",
        ),
        ("注意：有的城市要先打客服电话。", "Note: in some cities you have to call customer service first."),
        ("备份数据：先把数据存好。", "Back up your data: save it first."),
        ("- 备份数据：先把数据存好。", "Back up your data: save it first."),
        ("3. 签字。电话是400-000-8866。", "3. Sign it. The phone number is 400 000 8866."),
        # Parts of a paragraph, sentence by sentence.
        ("误刷会白白扣钱。", "An accidental swipe deducts money for nothing."),
        ("注销以后不会再扣。", "After cancelling nothing more is deducted."),
        # A cut within a sentence shows nowhere in the edition.
        ("误刷会", ""),
        ("以后不会再扣。", ""),
        ("。", ""),
    ],
)
def test_a_span_of_the_article_has_its_words_in_the_edition(words: str, english: str) -> None:
    assert rendered(aligned(), words) == english


def test_a_part_of_a_paragraph_with_other_sentences_has_no_words_of_its_own() -> None:
    edition = aligned(english=ENGLISH.replace("nothing. After cancelling", "nothing; after cancelling it stops: then"))
    joined = aligned(english=ENGLISH.replace("nothing. After cancelling", "nothing, and after cancelling"))

    assert rendered(edition, "误刷会白白扣钱。") == "An accidental swipe deducts money for nothing;"
    assert rendered(joined, "误刷会白白扣钱。") == ""
    assert rendered(joined, "误刷会白白扣钱。注销以后不会再扣。").startswith("An accidental swipe deducts")


def test_steps_that_are_headings_are_aligned_with_their_bodies() -> None:
    article = "# 退卡\n\n## 步骤\n\n### 步骤一：带证件\n\n带身份证。\n\n### 步骤二：签字\n\n在表上签字。\n"
    english = "# Returning\n\n## Steps\n\n### Step 1: Bring ID\n\nTake it.\n\n### Step 2: Sign\n\nSign the form.\n"
    edition = aligned(article, english)
    (procedure,) = [piece for piece in chunk(edition.article) if piece.steps]

    assert [edition.text(s.start, s.end) for s in procedure.steps] == ["Bring ID\n\nTake it.", "Sign\n\nSign the form."]
    assert [edition.label(step) for step in procedure.steps] == ["Bring ID", "Sign"]


def test_an_outline_without_number_signs_is_aligned_by_its_levels() -> None:
    article = "# 退卡\n\n一、为什么要退\n\n不用了。\n\n二、怎么退\n\n到网点退。\n"
    english = "# Returning\n\n## Why return it\n\nNo use.\n\n## How to return it\n\nAt an outlet.\n"
    edition = aligned(article, english)

    assert rendered(edition, "到网点退。") == "At an outlet."
    assert edition.heading_above(article.index("到网点")) == "How to return it"


def test_an_advertisement_in_the_article_needs_no_counterpart() -> None:
    promoted = ARTICLE.replace("误刷会白白扣钱。", "误刷会白白扣钱。加微信kapian77代办。").replace(
        "## 注意事项", "加微信 kapian77 代办\n\n## 注意事项"
    )

    edition = aligned(promoted)

    assert "kapian77" not in edition.article.text
    assert rendered(edition, "误刷会白白扣钱。") == "An accidental swipe deducts money for nothing."


def test_every_unit_of_the_shipped_article_has_words_of_its_own_in_english() -> None:
    article = next(document for document in map(clean, read_corpus(SHIPPED)) if document.edition)
    edition = align(article)
    assert edition is not None
    units = UnitReader(load_lexicon(), known_cards()).units(article, chunk(article))
    texts = [edition.text(unit.start, unit.end) for unit in units]

    assert {unit.kind for unit in units} == {"step", "lead", "note", "item", "prose"}
    assert [unit.text for unit, text in zip(units, texts, strict=True) if not text] == []
    assert len(set(texts)) == len(texts) == len(units)
    # The article's Chinese name of a smart card is quoted once; nothing else is left in Chinese.
    assert [found for text in texts for found in re.findall(r"[\u4e00-\u9fff]+", text)] == ["智能卡", "卡"]
    assert edition.title == "How to cancel a smart card after it has been registered"


def test_every_step_and_heading_of_the_shipped_article_is_named_in_english() -> None:
    article = next(document for document in map(clean, read_corpus(SHIPPED)) if document.edition)
    edition = align(article)
    assert edition is not None
    pieces = chunk(article)

    assert [edition.label(step) for piece in pieces for step in piece.steps] == [
        "Bring your ID",
        "Fill in the cancellation application form",
        "Check the balance",
        "Sign to finish",
        "Get everything ready",
        "Call customer service first",
        "Make an appointment",
        "Go to the branch in person",
        "Verify the account",
        "Sign the documents",
        "Cut up the old card",
        "Contact the property management",
        "Submit the application form",
        "Wait for the review",
        "Collect a new card",
    ]
    assert list(dict.fromkeys(edition.heading_above(piece.start) for piece in pieces)) == [
        "How to cancel a smart card after it has been registered",
        "What is a smart card?",
        "Why cancel a smart card",
        "To keep personal information from leaking",
        "To avoid accidental use",
        "Upgrades and replacement",
        "How to cancel each of the three kinds of card",
        "Cancelling a transport card",
        "Cancelling a bank card",
        "Cancelling an access card",
        "Things to watch out for",
        "Summary",
    ]


@given(articles(language="zh"))
def test_an_article_is_aligned_with_a_copy_of_itself_span_for_span(article: GeneratedArticle) -> None:
    original = clean(document("a.md", article.text))
    edition = align(replace(original, edition=replace(original, path="a.en.md")))
    assert edition is not None

    for piece in chunk(original):
        assert edition.text(piece.start, piece.end).strip("#*_ \t-") in piece.text
        assert [edition.text(step.start, step.end) for step in piece.steps] == [step.text for step in piece.steps]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "2. Fill in the application form; the fee is 5 yuan.\n   - State the card number\n3.",
            "2.",
            r"'bus.en.md' must have .* of 'bus.md' in the same order; got a paragraph in line 18 of 'bus.en.md' for "
            r"a bullet in line 15 of 'bus.md'\. Mend it there, or remove the edition\.",
        ),
        ("## Things", "### Things", r"got a heading of level 3 in line 22 .* for a heading of level 2 in line 20 of"),
        ("1. **Bring", "- **Bring", r"got a bullet in line 15 .* for item 1 in line 13 of"),
        ("### Accidental swipes\n\n", "", r"got a paragraph in line 27 .* for a heading of level 3 in line 25 of"),
        ("is deducted.\n", "is deducted.\n\nMore.\n", r"got a paragraph in line 31 .* for the end of 'bus.md'"),
    ],
)
def test_an_edition_of_another_structure_is_refused_with_the_first_place(old: str, new: str, message: str) -> None:
    assert ENGLISH.count(old) == 1

    with pytest.raises(UnusableInput, match=message):
        aligned(english=ENGLISH.replace(old, new))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("5 yuan", "6 yuan", r"'bus.en.md', line 16, must give .* 'bus.md', line 14, in digits; '5元' of the article"),
        ("400 000 8866", "400 000 8867", r"'400-000-8866' of the article is not in it"),
        ("save it first", "save it first and call 95588", r"line 24.*; '95588' is not in the article"),
    ],
)
def test_an_amount_or_telephone_number_that_only_one_of_the_two_has_is_refused(
    old: str, new: str, message: str
) -> None:
    with pytest.raises(UnusableInput, match=message):
        aligned(english=ENGLISH.replace(old, new))


# --- the index ------------------------------------------------------------------------------------------------------


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    return put(tmp_path / "corpus", bus=ARTICLE, bus_en=ENGLISH)


def state(corpus: Path) -> tuple[str, tuple[str, ...]]:
    status = index_status(corpus=corpus, data=corpus.parent / "data", encoder=FakeEncoder())
    return status.state, status.changed


def build(corpus: Path) -> None:
    build_index(corpus=corpus, data=corpus.parent / "data", encoder=FakeEncoder(), progress=False).close()


def test_an_edition_is_kept_with_the_index_and_not_indexed(corpus: Path) -> None:
    build(corpus)

    with open_index(corpus=corpus, data=corpus.parent / "data", encoder=FakeEncoder()) as index:
        assert [head.doc_id for head in index.documents()] == ["bus"]
        assert index.document("bus") == clean(read_document(corpus, "bus.md"))
        assert index.document("bus").edition is not None
        assert all(_HAN.search(piece.text) for piece in index.all_chunks())
    assert verify_index(corpus=corpus, data=corpus.parent / "data", encoder=FakeEncoder()) == []


def test_an_edition_that_was_edited_added_or_removed_makes_the_index_stale(corpus: Path) -> None:
    build(corpus)
    assert state(corpus) == ("ready", ())

    put(corpus, bus_en=ENGLISH.replace("Sign it.", "Sign here."))
    assert state(corpus) == ("stale", ("bus.en.md",))
    with ensure_index(corpus=corpus, data=corpus.parent / "data", encoder=FakeEncoder(), progress=False) as index:
        edition = index.document("bus").edition
        assert edition is not None
        assert "Sign here." in edition.text

    (corpus / "bus.en.md").unlink()
    assert state(corpus) == ("stale", ("bus.en.md",))
    build(corpus)
    assert state(corpus) == ("ready", ())

    put(corpus, bus_en=ENGLISH)
    assert state(corpus) == ("stale", ("bus.en.md",))


def test_an_edition_that_does_not_follow_leaves_the_index_as_it_was(corpus: Path) -> None:
    build(corpus)
    put(corpus, bus_en=ENGLISH.replace("1. **Bring", "- **Bring"))

    with pytest.raises(UnusableInput, match=r"every edition of `corpus` must follow its article; got 1 .*\n- 'bus.en"):
        build(corpus)

    assert state(corpus) == ("stale", ("bus.en.md",))
    assert main(["--corpus", str(corpus), "corpus", "check"]) == 2
