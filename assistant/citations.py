"""Markers and what they stand for; and the check that every one of them holds."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from assistant.answer import Citation
from corpus.document import Chunk, Document

_MARKER = re.compile(r"\[(\d+)\]")


class UnsupportedAnswer(RuntimeError):
    """An answer whose markers and citations do not agree, or whose quotes are not the article's words; our defect."""


@dataclass(slots=True)
class Citations:
    """The citations of one answer as it is written; a span that is cited again keeps its marker."""

    _by_span: dict[tuple[str, int, int], Citation] = field(default_factory=dict)

    def cite(self, document: Document, chunk: Chunk, start: int, end: int) -> tuple[int, ...]:
        """The markers of `document.text[start:end]`: one, or one for each part that cleaning has left of it."""
        return tuple(self._marker(document, chunk, *span) for span in _clean_parts(document, start, end))

    def all(self) -> tuple[Citation, ...]:
        """The citations so far, in the order of their markers."""
        return tuple(self._by_span.values())

    def _marker(self, document: Document, chunk: Chunk, start: int, end: int) -> int:
        key = (document.doc_id, start, end)
        if key not in self._by_span:
            self._by_span[key] = Citation(
                marker=len(self._by_span) + 1,
                chunk=chunk,
                start=start,
                end=end,
                quote=document.text[start:end],
                title=document.title,
                version=document.version,
            )
        return self._by_span[key].marker


def chunks_cited(citations: Iterable[Citation]) -> list[Chunk]:
    """The chunks that citations are of, each once, in their order."""
    return list({citation.chunk.chunk_id: citation.chunk for citation in citations}.values())


def verify(text: str, citations: tuple[Citation, ...], documents: dict[str, Document]) -> None:
    """Checks that markers and citations of an answer agree and that every quote is its article's words.

    Raises:
        UnsupportedAnswer: A marker has no citation, a citation no marker, a quote is not its span, or a quote
            holds something that cleaning has found.
    """
    written = {int(number) for number in _MARKER.findall(text)}
    known = {citation.marker for citation in citations}
    if written != known:
        raise UnsupportedAnswer(f"markers {sorted(written)} and citations {sorted(known)} do not agree")
    for citation in citations:
        document = documents[citation.chunk.doc_id]
        if document.text[citation.start : citation.end] != citation.quote:
            raise UnsupportedAnswer(f"citation [{citation.marker}] is not the words at {citation.start}–{citation.end}")
        if any(start < citation.end and citation.start < end for start, end in document.masked):
            raise UnsupportedAnswer(f"citation [{citation.marker}] holds words that were found unfit")


def _clean_parts(document: Document, start: int, end: int) -> list[tuple[int, int]]:
    parts = []
    for begin, stop in [(b, s) for b, s in document.masked if b < end and s > start] + [(end, end)]:
        piece = document.text[start:begin] if begin > start else ""
        if re.search(r"[^\W_]", piece):
            parts.append((start + len(piece) - len(piece.lstrip()), begin - (len(piece) - len(piece.rstrip()))))
        start = max(start, stop)
    return parts
