"""The check of a chat model's words: how a reply is read into claims, what a passage holds, which steps are told."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.claims import Claim, ClaimReader
from assistant.sources import Passage
from assistant.step_check import check_steps
from assistant.verification import check_claim
from corpus.chunker import chunk
from corpus.document import Document
from corpus.hygiene import clean
from tests.benchmarks import verification
from tests.shop_card import ARTICLE, GOOD
from tests.test_repository import table_between

DOCUMENT = clean(Document(doc_id="shop", title="书店储值卡", text=ARTICLE, path="shop.md", version="0" * 64))
CHUNKS = list(chunk(DOCUMENT))
PASSAGES = [
    Passage(number=number, document=DOCUMENT, chunk=piece, start=piece.start, end=piece.end)
    for number, piece in enumerate(CHUNKS, 1)
]
PROCEDURE = next(number for number, piece in enumerate(CHUNKS, 1) if piece.kind == "procedure")
STEPS = CHUNKS[PROCEDURE - 1].steps


def read(reply: str, n_passages: int = 4) -> list[Claim]:
    reader = ClaimReader(n_passages)
    return [*reader.feed(reply), *reader.finish()]


@pytest.mark.parametrize(
    ("reply", "markers"),
    [
        ("交回卡片。[1]", (1,)),
        ("交回卡片[1]。", (1,)),
        ("交回卡片。[0]", ()),
        ("交回卡片。[99]", ()),
        ("交回卡片。[1,2]", (1, 2)),
        ("交回卡片。[2-4]", (2, 3, 4)),
        ("交回卡片。[1-999999999]", ()),
        ("交回卡片。【1】", (1,)),
        ("交回卡片。［１］", (1,)),
        ("交回卡片。[^1]", (1,)),
        ("交回卡片。[1][1][1]", (1,)),
        ("交回卡片。\n[2]", (2,)),
        ("交回卡片。", ()),
    ],
)
def test_markers_of_every_kind_become_passages_that_are_there(reply: str, markers: tuple[int, ...]) -> None:
    (claim,) = read(reply)
    assert claim.text == "交回卡片。"
    if reply.endswith("[1-999999999]"):
        assert set(claim.markers) <= {1, 2, 3, 4}  # never one that no passage has, and at once
    else:
        assert claim.markers == markers


def test_steps_keep_their_numbers_and_thoughts_and_code_are_dropped() -> None:
    reply = "<think>1. 编一个步骤。</think>\n1. 交卡。[1]\n2. 领款。[1]\n```\nrm -rf\n```\n"
    assert [(claim.step, claim.text) for claim in read(reply)] == [(1, "交卡。"), (2, "领款。")]


def test_links_images_and_html_leave_their_words_alone() -> None:
    text = " ".join(
        claim.text for claim in read("看[这里](javascript:x)![图](http://e.example/b.png)<script>x</script>。[1]")
    )
    assert not re.search(r"javascript|e\.example|<|\]\(", text)


@given(st.text(alphabet="卡交。.1[]【】,-<>*#`^🔥\n a", max_size=80), st.lists(st.integers(1, 9), max_size=20))
def test_how_a_reply_is_cut_into_pieces_makes_no_difference(reply: str, lengths: list[int]) -> None:
    reader, claims, at = ClaimReader(3), [], 0
    for length in lengths:
        claims += reader.feed(reply[at : at + length])
        at += length
    claims += [*reader.feed(reply[at:]), *reader.finish()]

    assert claims == read(reply, 3)


@given(st.text(alphabet="卡交退。.12[]【】()<>a*/!_ \n", max_size=120))
def test_no_claim_holds_a_marker_a_link_or_html(reply: str) -> None:
    for claim in read(reply):
        assert not re.search(r"\[\d+\]|【\d+】|\]\(|<[a-z/!]", claim.text)


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("您需要带上本人身份证和储值卡到任意一家门店的服务台办理。", ""),
        ("店员核对卡内余额，收取10元工本费。", ""),
        ("余额在7个工作日内退回原支付账户。", ""),
        ("余额在3个工作日内退回原支付账户。", "amount"),
        ("店员核对卡内余额，收取20元工本费。", "amount"),
        ("赠送的金额可以退款。", "negation"),
        ("带上户口本到派出所开证明。", "words"),
        ("请拨打13800138000办理。", "contact"),
    ],
)
def test_what_the_passage_holds_passes_and_what_it_does_not_is_named(said: str, why: str) -> None:
    verdict = check_claim(Claim(text=said, markers=(PROCEDURE,)), PASSAGES)
    assert (verdict.supported, verdict.why) == (not why, why)
    for number, start, end in verdict.spans:
        assert PASSAGES[number - 1].start <= start < end <= PASSAGES[number - 1].end


def test_a_wrong_marker_is_told_with_the_passage_that_holds_it() -> None:
    other = next(number for number in range(1, len(PASSAGES) + 1) if number != PROCEDURE)
    verdict = check_claim(Claim(text="店员核对卡内余额，收取10元工本费。", markers=(other,)), PASSAGES)

    assert (verdict.supported, verdict.why) == (False, "marker")
    assert {number for number, _, _ in verdict.spans} == {PROCEDURE}


@given(st.integers(100, 99_999))
def test_a_number_that_stands_in_no_passage_is_never_supported(number: int) -> None:
    if str(number) in ARTICLE:
        return
    said = f"店员核对卡内余额，收取{number}元工本费。"
    assert not check_claim(Claim(text=said, markers=(PROCEDURE,)), PASSAGES).supported


def test_steps_must_be_whole_in_order_and_none_besides() -> None:
    claims = [claim for claim in read(GOOD, len(PASSAGES)) if claim.step]
    invented = Claim(text="到派出所开具无犯罪记录证明。", markers=(PROCEDURE,), step=5)

    assert check_steps(claims, STEPS).whole
    assert not check_steps(claims[:-1], STEPS).whole
    assert not check_steps([claims[1], claims[0], *claims[2:]], STEPS).whole
    assert not check_steps([*claims, invented], STEPS).whole


def test_the_table_of_the_document_is_that_of_the_figures() -> None:
    figures = json.loads((verification.ROOT / "tests/benchmarks/results/verification.json").read_text(encoding="utf-8"))
    document = Path(verification.DOCUMENT).read_text(encoding="utf-8")
    assert table_between(document, "verification") == verification.render(figures)
