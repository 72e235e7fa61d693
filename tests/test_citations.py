from __future__ import annotations

from dataclasses import replace

import pytest

from assistant.answer import Answer, AnswerStep, Citation
from assistant.citations import Citations, UnsupportedAnswer, verify
from corpus.chunker import chunk
from corpus.document import Chunk, Document
from corpus.hygiene import clean
from tests.fake_assistant import VERSION

WORDS = "# 公交卡注销\n\n带上身份证，到网点办理。\n\n填写申请表。\n"


def document(text: str = WORDS, *masked: tuple[int, int]) -> Document:
    return Document(doc_id="bus", title="公交卡注销", text=text, path="bus.md", version=VERSION, masked=masked)


def whole(text: str = WORDS) -> Chunk:
    return Chunk(doc_id="bus", start=0, end=len(text), text=text, headings=("公交卡注销",), kind="prose")


def at(words: str, text: str = WORDS) -> tuple[int, int]:
    return text.index(words), text.index(words) + len(words)


def cited(*words: str) -> tuple[Citation, ...]:
    citations = Citations()
    for piece in words:
        citations.cite(document(), whole(), *at(piece))
    return citations.all()


def check(text: str, citations: tuple[Citation, ...], source: Document | None = None) -> None:
    verify(text, citations, {"bus": source or document()})


def test_markers_count_from_one_in_the_order_of_citing() -> None:
    citations = Citations()

    assert citations.cite(document(), whole(), *at("填写申请表。")) == (1,)
    assert citations.cite(document(), whole(), *at("带上身份证，到网点办理。")) == (2,)
    assert [(c.marker, c.quote) for c in citations.all()] == [(1, "填写申请表。"), (2, "带上身份证，到网点办理。")]


def test_a_span_that_is_cited_again_keeps_its_marker() -> None:
    citations = Citations()
    citations.cite(document(), whole(), *at("填写申请表。"))

    assert citations.cite(document(), whole(), *at("填写申请表。")) == (1,)
    assert len(citations.all()) == 1


def test_the_same_offsets_of_another_article_are_another_citation() -> None:
    citations = Citations()
    citations.cite(document(), whole(), 0, 7)

    assert citations.cite(replace(document(), doc_id="tram"), whole(), 0, 7) == (2,)


def test_a_citation_holds_the_exact_words_their_place_and_the_version() -> None:
    (citation,) = cited("填写申请表。")

    # "# 公交卡注销" 7, two line ends 9, "带上身份证，到网点办理。" 12 → 21, two line ends → 23
    assert (citation.start, citation.end, citation.quote) == (23, 29, "填写申请表。")
    assert (citation.title, citation.version) == ("公交卡注销", VERSION)


def test_a_span_with_something_blanked_inside_is_cited_in_two_parts() -> None:
    text = "填写申请表，          然后交给工作人员。"
    citations = Citations()

    assert citations.cite(document(text, (6, 16)), whole(text), 0, len(text)) == (1, 2)
    assert [c.quote for c in citations.all()] == ["填写申请表，", "然后交给工作人员。"]


def test_a_step_with_an_advertisement_inside_is_cited_in_two_parts() -> None:
    raw = (
        "# 公交卡注销步骤\n\n1. 带上身份证。\n"
        "2. 填写申请表，加微信：kapro8899 代办更快，然后交给工作人员。\n3. 签字。\n"
    )
    cleaned = clean(document(raw))
    procedure = next(piece for piece in chunk(cleaned) if piece.steps)
    step = procedure.steps[1]
    citations = Citations()
    markers = citations.cite(cleaned, procedure, step.start, step.end)

    assert markers == (1, 2)
    assert citations.all()[0].quote.startswith("填写申请表")
    assert citations.all()[1].quote == "然后交给工作人员。"
    verify("x [1][2]", citations.all(), {"bus": cleaned})
    assert all(raw[c.start : c.end] == c.quote for c in citations.all())


def test_a_part_without_a_letter_is_not_cited() -> None:
    text = "填写申请表          。"
    citations = Citations()

    assert citations.cite(document(text, (5, 15)), whole(text), 0, len(text)) == (1,)
    assert citations.all()[0].quote == "填写申请表"


def test_a_span_that_is_blanked_as_a_whole_has_no_marker() -> None:
    text = " " * 10
    citations = Citations()

    assert citations.cite(document(text, (0, 10)), whole(text), 0, 10) == ()
    assert citations.all() == ()


def test_blanked_spans_beside_the_cited_one_change_nothing() -> None:
    text = "          填写申请表。          "
    citations = Citations()

    assert citations.cite(document(text, (0, 10), (16, 26)), whole(text), 10, 16) == (1,)
    assert (citations.all()[0].start, citations.all()[0].end) == (10, 16)


def test_an_answer_whose_markers_and_citations_agree_is_supported() -> None:
    check("先带证件 [1]，再填表 [2]。又见 [1]", cited("带上身份证，到网点办理。", "填写申请表。"))
    check("文章没有写。", ())


def test_a_marker_without_a_citation_is_refused() -> None:
    with pytest.raises(UnsupportedAnswer, match=r"markers \[1, 2\] and citations \[1\] do not agree"):
        check("填表 [1][2]", cited("填写申请表。"))


def test_marker_zero_is_refused() -> None:
    with pytest.raises(UnsupportedAnswer, match=r"markers \[0, 1\] and citations \[1\] do not agree"):
        check("填表 [1][0]", cited("填写申请表。"))


def test_a_citation_that_is_not_used_is_refused() -> None:
    with pytest.raises(UnsupportedAnswer, match=r"markers \[1\] and citations \[1, 2\] do not agree"):
        check("填表 [1]", cited("填写申请表。", "带上身份证，到网点办理。"))


def test_an_altered_quote_is_refused() -> None:
    (citation,) = cited("填写申请表。")

    with pytest.raises(UnsupportedAnswer, match=r"citation \[1\] is not the words at 23–29"):
        check("填表 [1]", (replace(citation, quote="填写申请书。"),))
    with pytest.raises(UnsupportedAnswer, match=r"citation \[1\] is not the words at 22–28"):
        check("填表 [1]", (replace(citation, start=22, end=28),))


def test_a_quote_over_a_blanked_span_is_refused() -> None:
    with pytest.raises(UnsupportedAnswer, match=r"citation \[1\] holds words that were found unfit"):
        check("填表 [1]", cited("填写申请表。"), document(WORDS, (25, 27)))


def test_brackets_of_an_article_that_are_escaped_are_no_markers() -> None:
    check(r"填表\[7\] [1]", cited("填写申请表。"))


def test_an_answer_in_the_published_format() -> None:
    (citation,) = cited("填写申请表。")
    answer = Answer(
        outcome="answered",
        text="填写申请表。 [1]",
        language="zh",
        steps=(AnswerStep(number=1, text="填写申请表。", markers=(1,)),),
        citations=(citation,),
        timings_ms={"total": 1.5},
        explanation={"decided": "procedure"},
    )

    assert answer.to_json() == {
        "outcome": "answered",
        "text": "填写申请表。 [1]",
        "steps": [{"number": 1, "text": "填写申请表。", "markers": [1]}],
        "citations": [
            {
                "marker": 1,
                "doc_id": "bus",
                "title": "公交卡注销",
                "headings": ["公交卡注销"],
                "start": 23,
                "end": 29,
                "quote": "填写申请表。",
                "version": "abababababababab",
            }
        ],
        "options": [],
        "reason": "",
        "language": "zh",
        "timings_ms": {"total": 1.5},
    }
