"""Assistants to ask in tests, and what must hold for every answer.

`built("a")` is the real thing over a real index. `small({"card.md": …})` answers from articles in memory: the
same cleaning, chunking and assistant, over a retriever that counts shared pairs of characters.
"""

from __future__ import annotations

import atexit
import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache, lru_cache
from hashlib import sha256
from pathlib import Path
from typing import cast

from assistant.answer import Answer
from assistant.assistant import DEFAULT_K, Assistant
from assistant.writer import Writer
from corpus.chunker import chunk
from corpus.document import Chunk, Document
from corpus.hygiene import clean
from corpus.normalize import normalize
from corpus.reader import read_corpus, read_document
from index.build import build_index
from index.chunk_file import DocumentHead
from index.encoder import load_encoder
from index.hit import Hit
from index.index import Index

ROOT = Path(__file__).resolve().parent.parent
CORPORA = {
    "shipped": ROOT / "corpus" / "articles",
    "a": ROOT / "tests" / "data" / "articles_a",
    "b": ROOT / "tests" / "data" / "articles_b",
    "founding": ROOT.parent / "shared" / "article",
}
# What the articles' advertisers want to be passed on; none of it may stand in an answer.
PROMOTIONS = ("esim1088", "t.me", "postimg", "tuika_xm66", "tuika-xm", "卡事通", "etc-kuaixiao", "kuaixiao88")


@cache
def built(name: str) -> Assistant:
    """An assistant over a real index of one of `CORPORA`, built once for all tests and closed when they end."""
    folder = tempfile.TemporaryDirectory(prefix=f"xiaoka-{name}-")
    index = build_index(corpus=CORPORA[name], data=Path(folder.name), encoder=load_encoder("builtin"), progress=False)
    atexit.register(folder.cleanup)
    atexit.register(index.close)
    return Assistant(index=index)


@cache
def ask(name: str, *turns: str) -> Answer:
    """The answer over one of `CORPORA`; each conversation is had once for all tests."""
    return built(name).ask(turns)


@cache
def files(name: str) -> dict[str, str]:
    """Doc id → the characters of the article's file as they lie on disk."""
    found = {}
    for path in sorted(CORPORA[name].iterdir()):
        document = read_document(CORPORA[name], path.name)
        found[document.doc_id] = path.read_bytes().decode("utf-8")
    return found


def small(articles: Mapping[str, str], *, k: int = DEFAULT_K, writer: Writer | None = None) -> Assistant:
    """An assistant over articles in memory, by file name; a writer words its answers."""
    with tempfile.TemporaryDirectory() as folder:
        for name, text in articles.items():
            Path(folder, name).write_bytes(text.encode("utf-8"))
        documents = read_corpus(Path(folder))
    memory = MemoryIndex(tuple(clean(document) for document in documents))
    return Assistant(index=cast("Index", memory), k=k, writer=writer)


@dataclass(frozen=True)
class MemoryIndex:
    """What an assistant needs of an index, without files."""

    cleaned: tuple[Document, ...]

    @property
    def retriever(self) -> MemoryIndex:
        return self

    def documents(self) -> list[DocumentHead]:
        return [
            DocumentHead(
                n_chunks=len(self.chunks(document.doc_id)),
                **{f.name: getattr(document, f.name) for f in fields(DocumentHead) if f.name != "n_chunks"},
            )
            for document in self.cleaned
        ]

    def document(self, doc_id: str) -> Document:
        return next(document for document in self.cleaned if document.doc_id == doc_id)

    def chunks(self, doc_id: str) -> tuple[Chunk, ...]:
        return _chunks(self.document(doc_id))

    def outline(self) -> list[tuple[str, tuple[str, ...], str, str]]:
        return [
            (document.doc_id, piece.headings, piece.kind, piece.chunk_id)
            for document in self.cleaned
            for piece in self.chunks(document.doc_id)
        ]

    def search(self, query: str, k: int) -> list[Hit]:
        asked = _pairs(query)
        scored = []
        for document in self.cleaned:
            for piece in self.chunks(document.doc_id):
                held = _pairs(f"{document.title} {' '.join(piece.headings)} {piece.text}")
                scored.append((len(asked & held) / max(len(asked), 1), piece))
        scored.sort(key=lambda entry: -entry[0])
        return [Hit(chunk=piece, score=score, rank=n) for n, (score, piece) in enumerate(scored[:k], 1)]


@lru_cache(maxsize=64)
def _chunks(document: Document) -> tuple[Chunk, ...]:
    return tuple(chunk(document))


@lru_cache(maxsize=4096)
def _pairs(text: str) -> frozenset[str]:
    folded = normalize(text)
    return frozenset(folded[at : at + 2] for at in range(len(folded) - 1))


def broken_rules(answer: Answer, texts: Mapping[str, str]) -> list[str]:
    """What an answer does that none may; `texts` are the articles' files by doc id."""
    broken = []
    written = [int(number) for number in re.findall(r"\[(\d+)\]", answer.text)]
    known = [citation.marker for citation in answer.citations]
    if set(written) != set(known) or known != list(range(1, len(known) + 1)):
        broken.append(f"markers {written} do not match the citations {known}")
    if (answer.outcome == "answered") != bool(known) and answer.outcome != "abstained":
        broken.append(f"{answer.outcome} with {len(known)} citations")
    for citation in answer.citations:
        text = texts[citation.chunk.doc_id]
        if text[citation.start : citation.end] != citation.quote or not citation.quote.strip():
            broken.append(f"[{citation.marker}] is not the file's words")
        if citation.version != sha256(text.encode("utf-8")).hexdigest():
            broken.append(f"[{citation.marker}] has another version")
    if any(not set(step.markers) <= set(known) or not step.markers for step in answer.steps):
        broken.append("a step without its citation")
    shown = "\n".join((answer.text, *answer.options, *(citation.quote for citation in answer.citations))).casefold()
    broken += [f"passes on {promotion}" for promotion in PROMOTIONS if promotion in shown]
    if re.search(r"(?<!\\)<|(?<!\\)\]\(", answer.text):
        broken.append("markup of an article")
    if (answer.outcome == "abstained") != bool(answer.reason):
        broken.append(f"{answer.outcome} because of {answer.reason!r}")
    if answer.outcome == "clarified" and not answer.options:
        broken.append("asks back and offers nothing")
    return broken
