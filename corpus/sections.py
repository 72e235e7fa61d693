"""The sections of an article: the blocks under each heading, with the headings above them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from corpus.blocks import Block, read_blocks
from corpus.document import Document
from corpus.outline import outlined

_MARKS = re.compile(r"[*_`#]+")


@dataclass(frozen=True, slots=True)
class Section:
    """The blocks under one heading, before the next one.

    Attributes:
        headings: The headings above it, outermost first; one that only repeats the title is left out.
        nearest: The last of them, the article's title when there is none.
        title: The article's title.
    """

    headings: tuple[str, ...]
    blocks: tuple[Block, ...]
    start: int
    end: int
    nearest: str
    title: str = ""


def read_sections(document: Document) -> list[Section]:
    """The sections of a document, in order; the first may have no heading."""
    sections: list[Section] = []
    path: list[tuple[int, str]] = []
    body: list[Block] = []
    start = document.body_start
    for block in outlined(document.text, read_blocks(document.text, document.body_start)):
        if block.kind != "heading":
            body.append(block)
            continue
        sections.append(_section(path, document.title, body, start, block.start))
        while path and path[-1][0] >= block.depth:
            path.pop()
        path.append((block.depth, heading_text(document.text[block.content : block.end])))
        body, start = [], block.start
    sections.append(_section(path, document.title, body, start, len(document.text)))
    return sections


def heading_text(raw: str) -> str:
    """A heading as it is shown: emphasis marks and blanks of cleaning removed."""
    return re.sub(r"\s+", " ", without_marks(raw, "")).strip(" ：:\u3000")


def without_marks(text: str, instead: str = " ") -> str:
    """`text` with `instead` for each character that only marks headings, emphasis or code."""
    return _MARKS.sub(lambda found: instead * len(found.group()), text)


def _section(path: Sequence[tuple[int, str]], title: str, body: Sequence[Block], start: int, end: int) -> Section:
    names = [name for _, name in path if name]
    headings = tuple(names[1:] if names and names[0] == title else names)
    return Section(headings, tuple(body), start, end, headings[-1] if headings else title, title)
