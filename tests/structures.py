"""What is found of an article's procedures, beside what a person found in it: `tests/data/structures`."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assistant.catalog import build_catalog
from assistant.lexicon import load_lexicon
from corpus.chunker import chunk
from corpus.document import Chunk, Document
from corpus.hygiene import clean
from corpus.normalize import normalize
from corpus.reader import read_document

DATA = Path(__file__).resolve().parent / "data"
STRUCTURES = DATA / "structures"
# Written before the rules were mended for such articles, and not looked into since.
KEPT_APART = frozenset({"chuguan", "etc", "gongfei", "gongzika", "huiyuan", "huzhu", "liuyan", "maijia", "menjin"})


@dataclass(frozen=True, slots=True)
class Found:
    """A procedure as the product has it: its cards by every name, its steps in order, and what stands around them."""

    cards: tuple[str, ...]
    steps: tuple[str, ...]
    lead: str
    note: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """What of the procedures of one article was found.

    Attributes:
        n_true: How many procedures a person found.
        n_complete: How many of them were found with all steps, word for word and in order.
        n_right: How many complete ones have their card, their lead-in and their note as well.
        problems: A line for each thing that is missing or too much.
    """

    n_true: int
    n_complete: int
    n_right: int
    problems: tuple[str, ...]


def structure_names() -> list[str]:
    """The names of the articles whose procedures a person has written down."""
    return sorted(file.stem for file in STRUCTURES.glob("*.json"))


def folded(text: str) -> str:
    """The letters and digits of a text alone: marks, blanks and line ends do not count."""
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", text)).casefold()


def found_in(document: Document) -> list[Found]:
    """The procedures of a document, cleaned, chunked and catalogued as the product does it."""
    cleaned = clean(document)
    chunks = {piece.chunk_id: piece for piece in chunk(cleaned)}
    outline = [(piece.doc_id, piece.headings, piece.kind, name) for name, piece in chunks.items()]
    catalog = build_catalog(outline, {cleaned.doc_id: cleaned.title}, lambda _: cleaned, load_lexicon())
    return [
        _found(chunks[p.chunk_id], tuple(dict.fromkeys((*p.cards, *map(catalog.called, p.cards)))))
        for p in catalog.procedures
    ]


def _found(piece: Chunk, cards: tuple[str, ...]) -> Found:
    first, last = piece.steps[0].start - piece.start, piece.steps[-1].end - piece.start
    return Found(cards, tuple(step.text for step in piece.steps), piece.text[:first], piece.text[last:])


def compare(name: str) -> Comparison:
    """What of the article `name` is found, beside `tests/data/structures/NAME.json`."""
    truth = json.loads((STRUCTURES / f"{name}.json").read_text("utf-8"))
    file = DATA / truth["article"]
    return compare_procedures(truth["procedures"], found_in(read_document(file.parent, file.name)))


def compare_procedures(truths: Sequence[Mapping[str, Any]], found: Sequence[Found]) -> Comparison:
    """What of the true procedures is among those that were found, each of which stands for one at most."""
    left = list(found)
    problems: list[str] = []
    n_complete = n_right = 0
    for n, truth in enumerate(truths, 1):
        steps = [folded(step) for step in truth["steps"]]
        best = max(left, key=lambda one: _shared(steps, one), default=None)
        if best is None or not _shared(steps, best):
            problems.append(f"procedure {n} is not found: {truth['steps'][0]!r}")
            continue
        left.remove(best)
        wrong = _wrong_steps(steps, best)
        beside = _wrong_beside(truth, best)
        n_complete += not wrong
        n_right += not wrong and not beside
        problems += [f"procedure {n}: {line}" for line in (*wrong, *beside)]
    problems += [f"no procedure: {one.steps!r}" for one in left]
    return Comparison(len(truths), n_complete, n_right, tuple(problems))


def _shared(steps: Sequence[str], one: Found) -> int:
    """How many of the true steps stand in a procedure that was found."""
    text = folded(" ".join((one.lead, *one.steps, one.note)))
    inside = folded(" ".join(one.steps))
    return sum(step in text for step in steps) + sum(step in inside for step in steps)


def _wrong_steps(steps: Sequence[str], one: Found) -> list[str]:
    have = [folded(step) for step in one.steps]
    wrong = [] if len(have) == len(steps) else [f"{len(steps)} steps must be found, not {len(have)}"]
    return wrong + [
        f"step {n} must be {true!r}, not {said!r}"
        for n, (true, said) in enumerate(zip(steps, have, strict=False), 1)
        if true != said
    ]


def _wrong_beside(truth: Mapping[str, Any], one: Found) -> list[str]:
    wrong = []
    if {normalize(card) for card in one.cards}.isdisjoint(map(normalize, truth["cards"])):
        wrong.append(f"the card must be one of {truth['cards']}, not {list(one.cards)}")
    if folded(truth["lead"]) not in folded(one.lead):
        wrong.append(f"the lead-in must hold {truth['lead']!r}, not {one.lead!r}")
    if folded(truth["note"]) not in folded(one.note):
        wrong.append(f"the note must hold {truth['note']!r}, not {one.note!r}")
    return wrong
