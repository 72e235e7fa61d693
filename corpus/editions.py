"""An article and its English edition, block by block: which words of the one stand for which words of the other.

Both have the same headings, steps, items and paragraphs in the same order, so that a place in the one is a place in
the other. Inside a paragraph sentences correspond, where both have as many. Nothing here translates: what has no
counterpart has none. An amount or a telephone number that only one of the two was changed in is refused, as an answer
would give one in its words and another in its quotation.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from itertools import zip_longest

from corpus.blocks import Block, read_blocks
from corpus.document import Document, Step
from corpus.errors import UnusableInput
from corpus.markers import item_marker
from corpus.sections import heading_text

_WORD = re.compile(r"[^\W_]")
_SENTENCE_END = re.compile(r"[。！？；][”’」』）]*|[.!?;][\"”’)*_]*(?=\s|$)|\n")
# The label of a step: what stands before its first colon, or is a line or a sentence by itself.
_LABEL = re.compile(r"\s*(?P<label>[^:：\n]{1,80}?)(?:\*\*|__)?\s*(?:[:：](?!//)|\n|\.(?:\*\*|__)?(?=\s|$))")
_MARKS = re.compile(r"[*_`#]+")
_AMOUNT = re.compile(r"(\d[\d,，]*(?:\.\d+)?)\s*[元块塊圆圓]")
_TELEPHONE = re.compile(r"(?<![\d.])\d{3,4}-\d{3,4}(?:-\d{3,4})?(?![\d-])|(?<![\d.,])\d{5,}(?!\d)")
_BLOCK_NAMES = {"item": "item {number}", "bullet": "a bullet", "text": "a paragraph"}

# What a block must have in common with its counterpart: its kind, and its number or its level in the outline.
_Shape = tuple[str, int, int]


@dataclass(frozen=True)
class Edition:
    """The words of an edition by the places of its article.

    Attributes:
        article: The article, cleaned.
        edition: Its edition, cleaned.
        pairs: Every block of the article, in order, with its counterpart.
    """

    article: Document
    edition: Document
    pairs: tuple[tuple[Block, Block], ...]

    @property
    def title(self) -> str:
        """The title of the article as its edition gives it."""
        return self.edition.title

    def text(self, start: int, end: int) -> str:
        """The edition's words for `article.text[start:end]`.

        Empty when the span has no words, or cuts a paragraph at a place that the edition does not show: one of the
        two has another number of sentences there, or the cut is within a sentence.
        """
        near = range(bisect_left(self._ends, start), bisect_left(self._starts, end))
        held = [at for at in near if self._holds(at, start, end)]
        if not held:
            return ""
        begin, stop = self._begin(held[0], start), self._stop(held[-1], end)
        return "" if begin is None or stop is None else self.edition.text[begin:stop].strip()

    def heading_above(self, offset: int) -> str:
        """The edition's nearest heading above a place of the article, empty when there is none."""
        at = bisect_left(self._ends, offset)
        while at > 0:
            at -= 1
            block, other = self.pairs[at]
            if block.kind == "heading" and block.end <= offset:
                return heading_text(self.edition.text[other.content : other.end])
        return ""

    def label(self, step: Step) -> str:
        """The edition's label of a step of the article, empty when either has none."""
        found = _LABEL.match(self.text(step.start, step.end)) if step.title else None
        return heading_text(found["label"]) if found else ""

    @cached_property
    def _starts(self) -> list[int]:
        return [block.start for block, _ in self.pairs]

    @cached_property
    def _ends(self) -> list[int]:
        return [block.end for block, _ in self.pairs]

    def _holds(self, at: int, start: int, end: int) -> bool:
        block = self.pairs[at][0]
        return _has_word(self.article.text, max(start, block.start), min(end, block.end))

    def _begin(self, at: int, start: int) -> int | None:
        """Where in the edition the part of a block begins that begins at `start` of the article."""
        block, other = self.pairs[at]
        own, text = _behind_marker(self.article.text, block), self.article.text
        if _has_word(text, max(start, block.start), own):
            return other.start if block.kind == "item" else other.content
        if not _has_word(text, own, start):
            return _behind_marker(self.edition.text, other)
        for sentence, (begin, _) in self._sentences(at):
            if not _has_word(text, sentence[0], start):
                return begin if not _has_word(text, start, sentence[0]) else None
        return None

    def _stop(self, at: int, end: int) -> int | None:
        """Where in the edition the part of a block ends that ends at `end` of the article."""
        block, other = self.pairs[at]
        text = self.article.text
        if not _has_word(text, end, block.end):
            return other.end
        for sentence, (_, stop) in reversed(self._sentences(at)):
            if not _has_word(text, end, sentence[1]):
                return stop if not _has_word(text, sentence[1], end) else None
        return None

    def _sentences(self, at: int) -> list[tuple[tuple[int, int], tuple[int, int]]]:
        """The sentences of a block with their counterparts, none when the block and its own have different numbers."""
        block, other = self.pairs[at]
        own = _sentence_spans(self.article.text, _behind_marker(self.article.text, block), block.end)
        others = _sentence_spans(self.edition.text, _behind_marker(self.edition.text, other), other.end)
        return list(zip(own, others, strict=True)) if len(own) == len(others) else []


def align(article: Document) -> Edition | None:
    """The edition of a cleaned article aligned with it, None when it has none.

    Raises:
        UnusableInput: The two differ in structure, or in an amount or a telephone number; the message names the first
            place.
    """
    if article.edition is None:
        return None
    blocks = read_blocks(article.text, article.body_start)
    others = read_blocks(article.edition.text, article.edition.body_start)
    shapes = zip_longest(_shapes(article.text, blocks), _shapes(article.edition.text, others))
    differing = next((at for at, (own, other) in enumerate(shapes) if own != other), None)
    if differing is not None:
        found = _described(article.edition, others, differing)
        wanted = _described(article, blocks, differing)
        raise UnusableInput(
            f"{article.edition.path!r} must have the headings, steps, items and paragraphs of {article.path!r} in the "
            f"same order; got {found} for {wanted}. Mend it there, or remove the edition."
        )
    pairs = tuple(zip(blocks, others, strict=True))
    for block, other in pairs:
        _check_values(article, block, article.edition, other)
    return Edition(article=article, edition=article.edition, pairs=pairs)


def check_editions(articles: Iterable[Document]) -> None:
    """Nothing, when every edition of cleaned articles can be aligned.

    Raises:
        UnusableInput: Some cannot: the message has one line for each.
    """
    problems: list[str] = []
    for article in articles:
        try:
            align(article)
        except UnusableInput as error:
            problems.append(f"- {error}")
    if problems:
        raise UnusableInput(
            f"every edition of `corpus` must follow its article; got {len(problems)} that differ:\n"
            + "\n".join(problems)
        )


def _check_values(article: Document, block: Block, edition: Document, other: Block) -> None:
    """Nothing, when the amounts and telephone numbers of a block stand in its counterpart.

    Raises:
        UnusableInput: One does not.
    """
    own, others = article.text[block.content : block.end], edition.text[other.content : other.end]
    missing = [
        *(found[0] for found in _AMOUNT.finditer(own) if _plain(found[1]) not in _numbers(others)),
        *(found[0] for found in _TELEPHONE.finditer(own) if _digits(found[0]) not in _digits(others)),
    ]
    added = [found[0] for found in _TELEPHONE.finditer(others) if _digits(found[0]) not in _digits(own)]
    if missing or added:
        wrong = f"{missing[0]!r} of the article is not in it" if missing else f"{added[0]!r} is not in the article"
        raise UnusableInput(
            f"{edition.path!r}, line {_line(edition.text, other)}, must give the amounts and telephone numbers of "
            f"{article.path!r}, line {_line(article.text, block)}, in digits; {wrong}. Mend it, or remove the edition."
        )


def _plain(number: str) -> str:
    return re.sub(r"[,，]", "", number)


def _numbers(text: str) -> set[str]:
    return {_plain(number) for number in re.findall(r"\d[\d,，]*(?:\.\d+)?", text)}


def _digits(text: str) -> str:
    return re.sub(r"\D", "", text)


def _line(text: str, block: Block) -> int:
    return text.count("\n", 0, block.start) + 1


def _shapes(text: str, blocks: Iterable[Block]) -> list[_Shape]:
    shapes: list[_Shape] = []
    outline: list[int] = []
    for block in blocks:
        if block.kind != "heading":
            shapes.append((block.kind, block.number, 0))
            continue
        # Levels are counted, not read: `一、…` and `## …` may head the same section.
        while outline and outline[-1] >= block.depth:
            outline.pop()
        outline.append(block.depth)
        marker = item_marker(heading_text(text[block.content : block.end]))
        shapes.append(("heading", marker[1] if marker and marker[0] == "step" else 0, len(outline)))
    return shapes


def _described(document: Document, blocks: list[Block], at: int) -> str:
    """What a block is and where it stands, for a message."""
    if at >= len(blocks):
        return f"the end of {document.path!r}"
    kind, number, level = _shapes(document.text, blocks[: at + 1])[-1]
    name = f"a heading of level {level}" if kind == "heading" else _BLOCK_NAMES[kind].format(number=number)
    if kind == "heading" and number:
        name = f"{name} that is step {number}"
    return f"{name} in line {_line(document.text, blocks[at])} of {document.path!r}"


def _behind_marker(text: str, block: Block) -> int:
    """Where the words of a block begin: of a numbered heading too, behind its `步骤一：` or `1.`."""
    if block.kind != "heading":
        return block.content
    content = _MARKS.sub(lambda found: " " * len(found.group()), text[block.content : block.end])
    indent = len(content) - len(content.lstrip())
    marker = item_marker(content.lstrip())
    return block.content + (indent + marker[2] if marker else 0)


def _sentence_spans(text: str, start: int, end: int) -> list[tuple[int, int]]:
    spans, begin = [], start
    for stop in [*(found.end() for found in _SENTENCE_END.finditer(text, start, end)), end]:
        if _has_word(text, begin, stop):
            spans.append((begin + len(text[begin:stop]) - len(text[begin:stop].lstrip()), stop))
            begin = stop
    return spans


def _has_word(text: str, start: int, end: int) -> bool:
    return start < end and _WORD.search(text, start, end) is not None
