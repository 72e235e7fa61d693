"""The units of articles that can support an answer, and how well each answers a question.

A unit is as much as is quoted at once: a step, the sentence that leads into a procedure, its note, an item of a
list, a paragraph. A question's concepts are weighed by how rare they are in the article (Robertson and Spärck
Jones's idf), and a unit scores the share of that weight it speaks of. A question for an amount, a duration, a time
of day, a phone number or an address is answered only by a unit that holds one.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from assistant.attributes import given_by
from assistant.lexicon import Lexicon
from assistant.likeness import Places, places_of
from assistant.question import Question
from assistant.typed_values import holds_value
from corpus.chunker import ANSWERED, asks
from corpus.document import Chunk, Document
from corpus.normalize import has_han, normalize
from corpus.roles import role_of
from corpus.subjects import Cards, subjects_of
from corpus.terms import TermList
from index.encoder import Vectors

UnitKind = Literal["step", "lead", "note", "item", "prose"]

MAX_UNIT_CHARACTERS = 220
_LONGEST_LABEL = 16
# What a part of a question weighs: a concept 1, a pair of characters that the lexicon does not know less, what stands
# beside the asking clauses less again; a pair that no unit has lowers every score a little, up to a limit.
_PAIR = 0.6
_CHARACTER = 0.1  # one character by itself says little
_SYNONYM = 0.85  # of a concept's weight, when the unit has another word for it than the question
_FOCUSED, _ASIDE = 1.0, 0.35
_IN_PASSING = 0.75  # what an introduction or a summary says, a section says better
_UNSEEN, _MOST_UNSEEN = 0.45, 6
_LEADING = re.compile(r"(?:\s|\u3000|>|[-*+•](?=\s))*")  # what opens a paragraph without being of it
_LABELLED = re.compile(r"(?:\*\*?|__)[^*_\n]{1,30}(?:\*\*?|__)\s*[：:]|(?:\*\*?|__)[^*_\n]{1,30}[：:](?:\*\*?|__)")
_TABLE_RULE = re.compile(r"\s*\|?\s*:?-{2,}:?\s*\|")  # what stands below the head of a table
_A_LINE = 80
_SETS_ASIDE = re.compile(
    r"(?:不|另文)(?:作|做|再)?(?:细说|展开|详述|赘述|详谈|细谈|讨论|介绍|多说|多讲)"
    r"|就?(?:先|此处|这里)?(?:不(?:再)?(?:写|讲|说|提|谈|列)了?|从略|略过)(?=[。；;.]|$)"
)
_RUN = re.compile(r"[\u4e00-\u9fff]+|[a-z0-9]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """A span of a chunk that is quoted at once.

    Attributes:
        number: Of a step, its number; 0 otherwise.
        role: What the nearest heading with a role says its section is, by `corpus.roles`.
        cards: The cards that its section is about, empty for a section about none in particular.
        text: The span normalised, with its nearest heading when the chunk is no procedure.
        concepts: The concepts that the text speaks of.
        words: The words of the lexicon by which it does.
        places: The tokens of the text in the built-in encoder.
        gives: How likely it gives each attribute, by `assistant.attributes`.
        pairs: Its pairs of adjoining Chinese characters, and its words in Latin letters.
    """

    chunk: Chunk
    kind: UnitKind
    start: int
    end: int
    number: int
    role: str
    cards: tuple[str, ...]
    named: tuple[str, ...]
    text: str
    concepts: frozenset[str]
    words: frozenset[str]
    places: Places = field(compare=False, repr=False)
    pairs: frozenset[str] = field(compare=False, repr=False)
    gives: Vectors = field(compare=False, repr=False)

    def __hash__(self) -> int:
        return hash((self.chunk.doc_id, self.start, self.end))

    @property
    def in_procedure(self) -> bool:
        """Whether it is part of a procedure."""
        return self.kind in {"step", "lead", "note"}

    @property
    def sets_aside(self) -> bool:
        """Whether it names something to say that it is not told of here."""
        return bool(_SETS_ASIDE.search(self.text))


@dataclass(frozen=True, slots=True)
class Scored:
    """A unit with the share of a question's weight it answers, and the concepts that it answers."""

    unit: Unit
    score: float
    covered: frozenset[str]


class UnitReader:
    """Cuts the chunks of a document into units."""

    def __init__(self, lexicon: Lexicon, cards: Cards) -> None:
        self._lexicon = lexicon
        self._cards = cards
        self._english: TermList[str] = TermList()
        self._words: list[tuple[str, tuple[str, ...]]] = []
        # A typed concept is held by values, not by words: see `holds`.
        for concept in lexicon.concepts.values():
            self._words.append((concept.concept_id, tuple(word for word in concept.words if has_han(word))))
            for word in concept.words:
                if not has_han(word):
                    self._english.add(word, concept.concept_id)

    def units(self, document: Document, chunks: Sequence[Chunk]) -> tuple[Unit, ...]:
        """The units of a document, in order."""
        found = [entry for chunk in chunks for entry in self._of_chunk(document, chunk)]
        texts = [entry["text"] for entry in found]
        learnt = zip(found, places_of(texts), given_by(texts), strict=True)
        return tuple(Unit(**entry, places=places, gives=gives) for entry, places, gives in learnt)

    def _of_chunk(self, document: Document, chunk: Chunk) -> Iterable[dict[str, Any]]:
        role = next((role for role in map(role_of, reversed(chunk.headings)) if role), "")
        cards = subjects_of(chunk.headings, document.title, lambda: document.text, self._cards)
        if len(cards) > 1 and not subjects_of(chunk.headings, "", lambda: "", self._cards):
            cards = ()  # the title lists what the article is about; the section is about none in particular
        nearest = "" if chunk.kind == "procedure" else chunk.headings[-1] if chunk.headings else ""
        for kind, number, start, end in _spans(document.text, chunk):
            if kind == "prose" and _LABELLED.match(document.text, start, end):
                kind = "item"  # `**会员卡**：…` on a line of its own
            text = normalize(f"{nearest} {document.text[start:end]}")
            if text and not _TABLE_RULE.match(document.text[end : end + _A_LINE].lstrip("\r\n")):
                concepts, words = self._found(text)
                yield {
                    "chunk": chunk,
                    "kind": kind,
                    "start": start,
                    "end": end,
                    "number": number,
                    "role": role,
                    "cards": cards,
                    "named": tuple(mention.card for mention in self._cards.mentions(text)),
                    "text": text,
                    "concepts": concepts,
                    "words": words,
                    "pairs": frozenset(pairs_of(text)),
                }

    def _found(self, text: str) -> tuple[frozenset[str], frozenset[str]]:
        """The concepts that a text speaks of, and the words by which it does."""
        found = {(name, word) for name, words in self._words for word in words if word in text}
        found |= {(name, match.term) for match in self._english.find(text) for name in match.values}
        return frozenset(name for name, _ in found), frozenset(word for _, word in found)


def _answered(text: str, passages: Iterable[tuple[int, int]]) -> Iterable[tuple[int, int]]:
    """The passages, each that only asks (`问：…`) joined to the one behind it that answers."""
    asked: tuple[int, int] | None = None
    for start, end in passages:
        if asked is not None and ANSWERED.match(text, start, end):
            yield asked[0], end
            asked = None
            continue
        if asked is not None:
            yield asked
        asked = (start, end) if asks(text, start, end) else None
        if asked is None:
            yield start, end
    if asked is not None:
        yield asked


def _spans(text: str, chunk: Chunk) -> Iterable[tuple[UnitKind, int, int, int]]:
    """Kind, step number, start and end of each unit of a chunk."""
    if not chunk.steps:
        kind: UnitKind = "item" if chunk.kind == "item" else "prose"
        for start, end in _answered(text, _passages(text, chunk.start, chunk.end)):
            yield kind, 0, start, end
        return
    first, last = chunk.steps[0], chunk.steps[-1]
    lead_end = text.rfind("\n", chunk.start, first.start)
    for start, end in _labelled(text, _passages(text, chunk.start, max(lead_end, chunk.start))):
        yield "lead", 0, start, end
    for step in chunk.steps:
        yield "step", step.number, step.start, step.end
    for start, end in _passages(text, last.end, chunk.end):
        yield "note", 0, start, end


def _labelled(text: str, passages: Iterable[tuple[int, int]]) -> Iterable[tuple[int, int]]:
    """The passages, each that only labels the list behind it (`*要带的东西*`) joined to that list."""
    label: tuple[int, int] | None = None
    for start, end in passages:
        listed = label is not None and text[:start].rstrip(" \t").endswith(("-", "*", "•", "+"))
        if label is not None and not listed:
            yield label
        begin = label[0] if label is not None and listed else start
        label = None
        if end - start <= _LONGEST_LABEL and not re.search(r"[。；，,.;!！?？]", text[start:end]):
            label = (begin, end)
        else:
            yield begin, end
    if label is not None:
        yield label


def _passages(text: str, start: int, end: int) -> Iterable[tuple[int, int]]:
    """The paragraphs of a span, long ones cut between sentences; blanks at their ends left out."""
    for paragraph in re.finditer(r"[^\n]+(?:\n(?!\s*\n)[^\n]+)*", text[start:end]):
        begin, stop = start + paragraph.start(), start + paragraph.end()
        while stop - begin > MAX_UNIT_CHARACTERS:
            cuts = [
                found.end() for found in re.finditer(r"[。！？；\n]|[.!?] ", text[begin : begin + MAX_UNIT_CHARACTERS])
            ]
            if not cuts:
                break
            yield from _stripped(text, begin, begin + cuts[-1])
            begin += cuts[-1]
        yield from _stripped(text, begin, stop)


def _stripped(text: str, start: int, end: int) -> Iterable[tuple[int, int]]:
    piece = text[start:end]
    leading = _LEADING.match(piece)
    begin, stop = start + (leading.end() if leading else 0), end - (len(piece) - len(piece.rstrip()))
    if re.search(r"[^\W_]", text[begin:stop]):
        yield begin, stop


def holds(unit: Unit, value_type: str) -> bool:
    """Whether a unit holds a value of a type, one of those of `assistant.typed_values`."""
    return holds_value(unit.text, value_type)


def rank_units(question: Question, units: Sequence[Unit], lexicon: Lexicon, boost: dict[str, float]) -> list[Scored]:
    """The units that say something of what the question asks about, best first.

    Args:
        question: What is asked.
        units: The units that may answer.
        lexicon: Its concepts.
        boost: Chunk id → what its retrieval score adds to the units of it, in [0, 0.1].
    """
    concepts = [name for name in question.concepts if lexicon.concepts[name].kind != "typed"]
    typed = {lexicon.concepts[name].type for name in question.focus if lexicon.concepts[name].kind == "typed"}
    counts = Counter(name for unit in units for name in unit.concepts)
    weights = {name: idf(counts[name], len(units)) * (1.0 if name in question.focus else _ASIDE) for name in concepts}
    pairs = {
        pair: _FOCUSED if run in question.focus_unknown else _ASIDE for run in question.unknown for pair in _pairs(run)
    }
    seen = {pair: sum(pair in unit.text for unit in units) for pair in pairs}
    pair_weights = {
        pair: (_PAIR if len(pair) > 1 else _CHARACTER) * focus * idf(seen[pair], len(units))
        for pair, focus in pairs.items()
        if seen[pair]
    }
    n_unseen = sum(focus == _FOCUSED and not seen[pair] and len(pair) > 1 for pair, focus in pairs.items())
    total = sum(weights.values()) + sum(pair_weights.values()) + _UNSEEN * min(n_unseen, _MOST_UNSEEN)
    literal = {
        name: {word for word in lexicon.concepts[name].words if word.rstrip("*") in question.text} for name in concepts
    }
    valued = frozenset(name for name in question.focus if lexicon.concepts[name].kind == "typed")
    asked = asked_words(question, lexicon)
    asked_of = frozenset(concepts)
    scored = []
    for unit in units:
        covered = asked_of & unit.concepts
        if typed and not (all(holds(unit, value_type) for value_type in typed) and (unit.cards or covered)):
            continue
        weight = sum(weights[name] * (1.0 if literal[name] & unit.words else _SYNONYM) for name in covered) + sum(
            w for pair, w in pair_weights.items() if pair in unit.text
        )
        score = weight / total if total else 0.0
        score *= _IN_PASSING if not unit.cards and unit.role in {"", "summary"} else 1.0
        score += asked_bonus(asked, unit) + boost.get(unit.chunk.chunk_id, 0.0) + (0.3 if typed else 0.0)
        if score > 0:
            scored.append(Scored(unit, score, covered | valued))
    return sorted(scored, key=lambda entry: (-entry.score, entry.unit.chunk.doc_id, entry.unit.start))


def idf(n_holding: int, n_units: int) -> float:
    """How telling a term is that so many of the units hold."""
    return math.log(1 + (n_units - n_holding + 0.5) / (n_holding + 0.5))


def asked_words(question: Question, lexicon: Lexicon) -> list[tuple[str, ...]]:
    """Of each question word in a question, the words by which a unit can hold what it asks for: a place for 哪里."""
    return [
        asked.holds for asked in lexicon.asked.values() if any(pattern.search(question.text) for pattern in asked.asks)
    ]


def asked_bonus(asked: Sequence[tuple[str, ...]], unit: Unit) -> float:
    """What a unit gains by words for what the question words ask for, which `asked_words` gives."""
    bonus = 0.0
    for words in asked:
        if any(word in unit.text for word in words):
            bonus += 0.2
    return bonus


def pairs_of(text: str) -> list[str]:
    """The pairs of adjoining Chinese characters of folded `text`, and its words in Latin letters and numbers."""
    found: list[str] = []
    for run in _RUN.findall(text):
        found += [run[at : at + 2] for at in range(len(run) - 1)] if has_han(run) else [run]
    return found


def _pairs(run: str) -> tuple[str, ...]:
    if has_han(run):
        return tuple(run[at : at + 2] for at in range(len(run) - 1)) or (run,)
    return (run,)
