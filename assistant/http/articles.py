"""`GET /api/articles`: the articles that answers come from, cleaned, as the blocks a reader sees.

What is given is the text after `corpus.hygiene`: what an advertiser planted is blank in it, and no offset has moved.
"""

from __future__ import annotations

import hashlib
import json
import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import anyio.to_thread
from starlette.responses import Response

from assistant.http.refusal import refusal
from corpus.blocks import Block, read_blocks
from corpus.errors import UnusableInput

if TYPE_CHECKING:
    from starlette.requests import Request

    from assistant.start import Evaluated
    from corpus.document import Document
    from index.chunk_file import DocumentHead

_VERSION_DIGITS = 16
_DEEPEST = 6
_FENCE = re.compile(r"^\ufeff? {0,3}(?:```|~~~).*$", re.MULTILINE)
_TABLE_RULE = re.compile(r"^[ \t>]*\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t\r]*$", re.MULTILINE)
_WORD = re.compile(r"[^\W_]")


def article_head(document: DocumentHead, n_findings: int | None = None) -> dict[str, Any]:
    """What is told of an article in a list: plain JSON values, the version cut to 16 digits.

    Args:
        document: The article without its text.
        n_findings: How many spans cleaning has blanked; null in what comes out when it is not given.
    """
    return {**_named(document), "n_chunks": document.n_chunks, "n_findings": n_findings}


def article_view(document: Document, n_chunks: int | None = None) -> dict[str, Any]:
    """What `article_head` tells, and the article's text in blocks, front matter left out.

    `text_length` counts code points of the file, as every offset does. `masked` holds the spans that cleaning has
    blanked. For each of the `blocks`, in order,
    `block["text"] == document.text[block["start"]:block["end"]]`, without the mark that opens it: that is its `marker`
    (`##`, `1.`, `-`), and an item's `number` is 0 for a bullet. `level` is a heading's or an item's depth from 1,
    otherwise 0. Of a quotation the first line's mark is left out, of code the fences are.

    Args:
        document: A cleaned article.
        n_chunks: How many chunks the index has of it; null in what comes out when it is not given.
    """
    return {
        **_named(document),
        "n_chunks": n_chunks,
        "n_findings": len(document.masked),
        "masked": [list(span) for span in document.masked],
        "text_length": len(document.text),
        "blocks": _blocks(document.text, document.body_start),
    }


def _named(document: DocumentHead | Document) -> dict[str, Any]:
    names = ("doc_id", "title", "path", "source", "license", "language", "region", "as_of")
    return {name: getattr(document, name) for name in names} | {"version": document.version[:_VERSION_DIGITS]}


# --- an article's blocks ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Region:
    """A span that is one block whatever its lines look like: a table, or what stands between two fences."""

    kind: Literal["table", "code"]
    start: int
    end: int


def _blocks(text: str, body_start: int) -> list[dict[str, Any]]:
    code = list(_code(text, body_start))
    regions = sorted([*code, *_tables(text, body_start, code)], key=lambda region: region.start)
    starts = [region.start for region in regions]
    found = [_block(text, region.kind, region.start, region.start, region.end) for region in regions]
    outline = _Outline()
    for block in read_blocks(text, body_start):
        level = outline.level_of(block)
        first = max(bisect_right(starts, block.start) - 1, 0)
        within = regions[first : bisect_left(starts, block.end)]
        for start, end in _outside(block.start, block.end, within):
            if start == block.start:
                found.append(_block(text, _kind(text, block), start, block.content, end, level, block.number))
            else:
                found.append(_block(text, "paragraph", start, start, end))
    return sorted((block for block in found if block["text"]), key=lambda block: block["start"])


def _outside(start: int, end: int, regions: Sequence[_Region]) -> Iterator[tuple[int, int]]:
    """What of a span lies outside of the regions, which come in order."""
    for region in regions:
        if start < region.start:
            yield start, min(region.start, end)
        start = max(start, region.end)
    if start < end:
        yield start, end


def _block(text: str, kind: str, opening: int, start: int, end: int, level: int = 0, number: int = 0) -> dict[str, Any]:
    """A block of `text[start:end]` without blanks around it; its marker is what stands before, from `opening`."""
    inner = text[start:end]
    start += len(inner) - len(inner.lstrip())
    end = max(start, end - (len(inner) - len(inner.rstrip())))
    return {
        "kind": kind,
        "level": level,
        "number": number,
        "marker": text[opening:start].strip(),
        "start": start,
        "end": end,
        "text": text[start:end],
    }


def _kind(text: str, block: Block) -> str:
    if block.kind == "text":
        return "quote" if ">" in text[block.start : block.content] else "paragraph"
    return "heading" if block.kind == "heading" else "item"


class _Outline:
    """Depths of headings and indents of items as levels from 1, without gaps."""

    def __init__(self) -> None:
        self._depths: list[int] = []
        self._indents: list[int] = []

    def level_of(self, block: Block) -> int:
        """The level of the next block, 0 for one that has none."""
        if block.kind == "heading":
            self._indents = []
            return self._placed(self._depths, block.depth)
        if block.kind != "text":
            return self._placed(self._indents, block.indent // 2)
        if block.indent < 2 and block.loose:
            self._indents = []
        return 0

    @staticmethod
    def _placed(path: list[int], depth: int) -> int:
        while path and path[-1] >= depth:
            path.pop()
        path.append(depth)
        return min(len(path), _DEEPEST)


def _code(text: str, start: int) -> Iterator[_Region]:
    fences = [(found.start(), found.end()) for found in _FENCE.finditer(text, start)]
    for opening, closing in zip(fences[::2], [*fences[1::2], (len(text), 0)], strict=False):
        yield _Region("code", min(opening[1] + 1, closing[0]), closing[0])


def _tables(text: str, start: int, code: Sequence[_Region]) -> Iterator[_Region]:
    """The tables outside of code: a line with `|`, the rule below it, and the lines with `|` that follow."""
    parts: list[str] = []
    position = 0
    for region in code:
        parts += text[position : region.start], re.sub(r"[^\n]", " ", text[region.start : region.end])
        position = region.end
    text = "".join([*parts, text[position:]])
    free = start
    for rule in _TABLE_RULE.finditer(text, start):
        header = max(text.rfind("\n", start, max(rule.start() - 1, start)) + 1, start)
        if header < free or "|" not in rule[0] or "|" not in text[header : rule.start()]:
            continue
        end = rule.end()
        while end < len(text) and "|" in text[end + 1 : _line_end(text, end + 1)]:
            end = _line_end(text, end + 1)
        free = end
        if _WORD.search(text, header, end):
            yield _Region("table", header, end)


def _line_end(text: str, at: int) -> int:
    end = text.find("\n", at)
    return len(text) if end < 0 else end


# --- over HTTP -------------------------------------------------------------------------------------------------


class Articles:
    """The articles of an assistant, as responses; what changes while it is read is told as it is then."""

    def __init__(self, assistant: Evaluated) -> None:
        self._assistant = assistant
        self._n_findings: dict[tuple[str, str], int] = {}

    async def list_all(self, request: Request) -> Response:
        """Every article without its text, in the corpus's order."""
        return _revalidated(request, {"articles": await anyio.to_thread.run_sync(self._heads)}, "")

    async def show(self, request: Request) -> Response:
        """The article that the path names, in blocks."""
        shown = await anyio.to_thread.run_sync(self._view, request.path_params["doc_id"])
        if shown is None:
            return refusal(404, "There is no article of this id. `GET /api/articles` lists them.")
        return _revalidated(request, shown, shown["version"])

    def _heads(self) -> list[dict[str, Any]]:
        counted: dict[tuple[str, str], int] = {}
        heads = self._assistant.documents()
        for head in heads:
            key = (head.doc_id, head.version)
            # Counted once for a version: it takes the article itself, and a corpus may have thousands.
            n_findings = self._n_findings.get(key)
            if n_findings is None and (document := self._document(head.doc_id)) is not None:
                n_findings = len(document.masked)
            if n_findings is not None:
                counted[key] = n_findings
        self._n_findings = counted
        known = [(head, counted.get((head.doc_id, head.version))) for head in heads]
        return [article_head(head, n_findings) for head, n_findings in known if n_findings is not None]

    def _view(self, doc_id: str) -> dict[str, Any] | None:
        head = next((head for head in self._assistant.documents() if head.doc_id == doc_id), None)
        document = None if head is None else self._document(doc_id)
        return None if head is None or document is None else article_view(document, head.n_chunks)

    def _document(self, doc_id: str) -> Document | None:
        """The article, None for one that was taken away since it was listed."""
        try:
            return self._assistant.document(doc_id)
        except UnusableInput:
            return None


def _revalidated(request: Request, content: dict[str, Any], version: str) -> Response:
    """The content as JSON that may be kept but is asked for anew; empty with 304 when the client has this one."""
    body = json.dumps(content, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
    # An article's version alone is not enough: the same file may be cleaned otherwise by the next release.
    digest = hashlib.sha256(body).hexdigest()[:_VERSION_DIGITS]
    etag = f'"{version}-{digest}"' if version else f'"{digest}"'
    headers = {"etag": etag, "cache-control": "no-cache"}
    known = {tag.strip().removeprefix("W/") for tag in request.headers.get("if-none-match", "").split(",")}
    if etag in known or "*" in known:
        return Response(status_code=304, headers=headers)
    return Response(body, media_type="application/json", headers=headers)
