"""The passages that a chat model is given, cut into the sentences that can support what it says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from assistant.numbers import contacts_of
from assistant.wording import Spoken, Wording, wording_of
from corpus.document import Chunk, Document
from corpus.editions import Edition, align
from corpus.normalize import has_han, normalize
from corpus.subjects import known_cards

_LINE = re.compile(r"[^\n]*[^\s][^\n]*")
_SENTENCE = re.compile(r"(?:[^。！？!?；;.]|[.!?](?=[^\s”\"』」]))+[。！？!?；;.]*[”’\"』」）)]*")
_OPENING = re.compile(
    r"[ \t\u3000]*(?:(?:#{1,6}|>|[-*+•·●○▪■◆►])[ \t]+|\d{1,3}[.)、](?!\d)[ \t]*|[（(][\d一二三四五六七八九十]{1,3}[)）]|[①-⑳])*[ \t\u3000]*"  # noqa: E501
)
_ROW = re.compile(r"\s*\|.*\|\s*$")
_RULE = re.compile(r"[\s|:–-]+$")
_LEAD = re.compile(r"[：:]\s*(?:\*\*)?\s*$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """Words of an article as a chat model is given them.

    Attributes:
        number: By which the model cites it, from 1.
        document: The cleaned article; the words are `document.text[start:end]`.
        language: Of the words given: `zh`, `zh-Hant` or `en`.
        edition_text: The words of its English edition when those were given instead, empty otherwise.
    """

    number: int
    document: Document
    chunk: Chunk
    start: int
    end: int
    language: str = "zh"
    edition_text: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Sentence:
    """A sentence of a passage, by the passage's number and its place in the article.

    Attributes:
        block: The step, the item or the paragraph it is of.
    """

    passage: int
    start: int
    end: int
    block: int
    wording: Wording


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """A passage, read.

    Attributes:
        sentences: In one language; empty when the passage has no words in it.
        around: Words that tell what the sentences are about: headings, and the line that leads into a list.
        headed: The cards of the nearest heading that names any.
        n_steps: How many steps its procedure has, 0 when it is none.
    """

    number: int
    sentences: tuple[Sentence, ...]
    blocks: tuple[Wording, ...]
    around: Wording
    headed: frozenset[str]
    contacts: frozenset[str]
    n_steps: int


def read_source(passage: Passage, language: Spoken) -> Source:
    """A passage in one language: its own words, or its edition's for English ones."""
    document, chunk = passage.document, passage.chunk
    edition = document.edition if language == "en" else None
    return _read(
        passage.number,
        document.text[passage.start : passage.end],
        passage.start,
        tuple(chunk.headings),
        tuple((step.start, step.end) for step in chunk.steps),
        language,
        _Aligned(document) if edition is not None else None,
        passage.edition_text if language == "en" else "",
    )


class _Aligned:
    """A document by its version, for what is kept of it."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self._key = (document.doc_id, document.version, document.edition.version if document.edition else "")

    def __hash__(self) -> int:
        return hash(self._key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Aligned) and other._key == self._key


@lru_cache(maxsize=32)
def _edition(aligned: _Aligned) -> Edition | None:
    return align(aligned.document)


@lru_cache(maxsize=512)
def _read(
    number: int,
    text: str,
    offset: int,
    headings: tuple[str, ...],
    steps: tuple[tuple[int, int], ...],
    language: Spoken,
    aligned: _Aligned | None,
    edition_text: str,
) -> Source:
    edition = _edition(aligned) if aligned else None
    sentences, leads = [], []
    blocks: dict[int, list[str]] = {}
    for start, end, block, words in _said(text, offset, steps, language, edition):
        sentences.append(Sentence(number, start, end, block, wording_of(words, language)))
        blocks.setdefault(block, []).append(words)
        if _LEAD.search(words):
            leads.append(words)
    if language == "en" and not sentences and edition_text:
        sentences = [
            Sentence(number, offset, offset + len(text), 0, wording_of(found[0], language))
            for found in _SENTENCE.finditer(edition_text)
            if re.search(r"\w", found[0])
        ]
        blocks = {0: [edition_text]}
    named = [*headings, *([edition.heading_above(offset)] if edition else [])]
    all_words = "\n".join([*(said for group in blocks.values() for said in group), *named])
    return Source(
        number=number,
        sentences=tuple(sentences),
        blocks=tuple(
            wording_of("\n".join(blocks.get(block, [])), language) for block in range(max(blocks, default=-1) + 1)
        ),
        around=wording_of("\n".join([*named, *leads]), language),
        headed=_headed(headings),
        contacts=frozenset(contacts_of(all_words) | contacts_of(text)),
        n_steps=len(steps),
    )


def _said(
    text: str, offset: int, steps: tuple[tuple[int, int], ...], language: Spoken, edition: Edition | None
) -> Iterator[tuple[int, int, int, str]]:
    """Start, end, block and words of each sentence that a passage has in a language."""
    whole_lines = set()
    for start, end, block, words in _sentences(text, offset, steps):
        if language == "zh" and has_han(words) or language == "en" and _is_english(words):
            yield start, end, block, words
        elif language == "en" and edition is not None:
            said = edition.text(start, end)
            if not said:
                # The edition has another number of sentences here: the line is taken as one.
                start = text.rfind("\n", 0, start - offset) + 1 + offset
                end = text.find("\n", end - offset) % (len(text) + 1) + offset
                said = "" if start in whole_lines else edition.text(start, end)
                whole_lines.add(start)
            yield from (
                (start, end, block, found[0]) for found in _SENTENCE.finditer(said) if re.search(r"\w", found[0])
            )


def _is_english(text: str) -> bool:
    return not has_han(text) or len(re.findall(r"[A-Za-z]{2,}", text)) > len(re.findall(r"[\u4e00-\u9fff]", text))


def _headed(headings: tuple[str, ...]) -> frozenset[str]:
    cards = known_cards()
    for heading in reversed(headings):
        if found := frozenset(m.card for m in cards.mentions(normalize(heading)) if not cards.is_document(m.card)):
            return found
    return frozenset()


def _sentences(text: str, offset: int, steps: tuple[tuple[int, int], ...]) -> Iterator[tuple[int, int, int, str]]:
    """Start, end, block and words of each sentence of a passage, and of each cell of its tables."""
    block, last_step, head = -1, -1, list[str]()
    for line in _LINE.finditer(text):
        start = offset + line.start()
        step = next((n for n, span in enumerate(steps) if span[0] <= start + _indent(line[0]) < span[1]), -1)
        if step < 0 or step != last_step:
            block += 1
        last_step = step
        if _ROW.match(line[0]):
            if not _RULE.match(line[0]):
                cells = [cell.strip() for cell in line[0].strip().strip("|").split("|")]
                yield from ((start, offset + line.end(), block, words) for words in _cells(cells, head))
                head = head or cells
            continue
        head = []
        opening = _OPENING.match(line[0])
        begin = opening.end() if opening else 0
        for found in _SENTENCE.finditer(line[0], begin):
            words = found[0]
            if re.search(r"\w", words):
                inner = len(words) - len(words.lstrip())
                yield start + found.start() + inner, start + found.start() + len(words.rstrip()), block, words.strip()


def _cells(cells: list[str], head: list[str]) -> Iterator[str]:
    """What each cell of a row says, with what stands beside and above it."""
    if not head:
        yield "，".join(cells)
        return
    for name, cell in zip(head[1:], cells[1:], strict=False):
        yield f"{name}，{cells[0]}：{cell}"


def _indent(line: str) -> int:
    opening = _OPENING.match(line)
    return opening.end() if opening else 0
