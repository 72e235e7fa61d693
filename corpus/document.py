"""The types of the corpus: an article, the spans of it that are indexed, and the steps in them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

ChunkKind = Literal["procedure", "prose", "item"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One article.

    Attributes:
        doc_id: Path inside the corpus folder without its suffix, `/` between parts; stable across rebuilds.
        title: Front matter's `title`, else the first heading, else the file's name; hygiene findings removed.
        text: The whole file, decoded and otherwise as it lies on disk (front matter, BOM and CR included), so
            that every offset counts characters of the file. After `corpus.hygiene.clean`, each character of a
            finding is replaced by one space: offsets never move.
        body_start: Offset in `text` of the first character after the front matter, 0 without one.
        path: Path inside the corpus folder, with suffix, `/` between parts.
        version: SHA-256 of the file's bytes, 64 hexadecimal digits.
        source: Where the article comes from, empty when the front matter does not say.
        license: Licence of the article, empty when the front matter does not say.
        language: BCP 47 tag of the article (`zh`, `zh-Hant`, `en`); detected when the front matter does not say.
        region: Place the article speaks of, empty when the front matter does not say.
        as_of: Date of the article's facts, ISO 8601, empty when the front matter does not say.
        masked: Spans `(start, end)` of `text` that cleaning has blanked, in order; empty before cleaning. Outside
            of them `text` equals the file to the character.
        edition: Its English edition, a file beside it that `corpus.editions` aligns with it; None when it has none.
    """

    doc_id: str
    title: str
    text: str
    path: str
    version: str
    body_start: int = 0
    source: str = ""
    license: str = ""
    language: str = "zh"
    region: str = ""
    as_of: str = ""
    masked: tuple[tuple[int, int], ...] = ()
    edition: Document | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of a numbered procedure; `document.text[start:end] == text`.

    The span holds the step's content without its list marker. `title` is its leading label ("填写申请表" of
    "**填写申请表**：在…"), empty when it has none. Numbers run from 1 without gaps.
    """

    number: int
    title: str
    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """A span of a cleaned document that is indexed; `document.text[start:end] == text`.

    Attributes:
        headings: The headings above the chunk, outermost first, without numbering marks such as `##`.
        kind: `procedure` (lead-in, steps and note, whole), `item` (one entry of a list) or `prose`.
        steps: The typed steps of a procedure, empty otherwise.
    """

    doc_id: str
    start: int
    end: int
    text: str
    headings: tuple[str, ...]
    kind: ChunkKind
    steps: tuple[Step, ...] = ()

    @property
    def chunk_id(self) -> str:
        """The place of the chunk, `doc_id:start-end`; never a hash of its text."""
        return f"{self.doc_id}:{self.start}-{self.end}"
