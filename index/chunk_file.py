"""The cleaned documents and their chunks, in one SQLite file that is written once and read in parts."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import threading
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from corpus.document import Chunk, Document, Step
from corpus.errors import UnusableInput

_BATCH = 500
# `places` is apart from `words`, so that reading the outline touches no text.
_DOCUMENT_FIELDS = """
    doc_id TEXT NOT NULL UNIQUE, title TEXT NOT NULL, text TEXT NOT NULL, body_start INTEGER NOT NULL,
    path TEXT NOT NULL, version TEXT NOT NULL, source TEXT NOT NULL, license TEXT NOT NULL, language TEXT NOT NULL,
    region TEXT NOT NULL, as_of TEXT NOT NULL, masked TEXT NOT NULL
"""
_SCHEMA = f"""
CREATE TABLE documents (position INTEGER PRIMARY KEY, {_DOCUMENT_FIELDS}, n_chunks INTEGER NOT NULL);
CREATE TABLE editions (article TEXT PRIMARY KEY, {_DOCUMENT_FIELDS});
CREATE TABLE places (
    position INTEGER PRIMARY KEY, chunk_id TEXT NOT NULL, doc_id TEXT NOT NULL, start INTEGER NOT NULL,
    "end" INTEGER NOT NULL, headings TEXT NOT NULL, kind TEXT NOT NULL, passage_key TEXT NOT NULL,
    vector_key TEXT NOT NULL
);
CREATE TABLE words (position INTEGER PRIMARY KEY, text TEXT NOT NULL, steps TEXT NOT NULL);
"""
_INDEXES = """
CREATE UNIQUE INDEX by_chunk ON places (chunk_id);
CREATE INDEX by_document ON places (doc_id);
CREATE INDEX by_passage ON places (passage_key);
CREATE INDEX by_vector ON places (vector_key, chunk_id);
"""
_CHUNK_COLUMNS = 'p.doc_id, p.start, p."end", w.text, p.headings, p.kind, w.steps'
_CHUNKS = f"SELECT {_CHUNK_COLUMNS} FROM places p JOIN words w USING (position)"
_DOCUMENT_COLUMNS = "doc_id, title, text, body_start, path, version, source, license, language, region, as_of, masked"


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentHead:
    """A document without its text; the fields mean what they mean in `Document`."""

    doc_id: str
    title: str
    path: str
    version: str
    source: str
    license: str
    language: str
    region: str
    as_of: str
    n_chunks: int


class OutlineEntry(NamedTuple):
    """One chunk's place in the corpus."""

    doc_id: str
    headings: tuple[str, ...]
    kind: str
    chunk_id: str


class ChunkFile:
    """The documents and chunks of an index, read-only; opened when first asked, safe to read from several threads."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._connection: sqlite3.Connection | None = None
        self._lock = threading.Lock()

    @classmethod
    def create(
        cls, file: Path, entries: Iterable[tuple[Document, Sequence[Chunk]]], vector_keys: Mapping[str, str]
    ) -> None:
        """Writes a new file of cleaned documents, each with its chunks in order.

        Args:
            file: Where it is written.
            entries: The documents and their chunks.
            vector_keys: The key of the vector of each passage, by the passage's own key; equal vectors share one.

        Raises:
            ValueError: A chunk or a step is not its span, or an id comes twice.
        """
        connection = sqlite3.connect(file)
        try:
            connection.executescript(f"PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; {_SCHEMA}")
            position = 0
            for document, chunks in entries:
                for chunk in chunks:
                    check_span(document, chunk)
                _write_document(connection, document, len(chunks))
                _write_chunks(connection, position, chunks, vector_keys)
                position += len(chunks)
            connection.executescript(_INDEXES)
            connection.commit()
        except sqlite3.IntegrityError as error:
            raise ValueError(f"`doc_id` and `chunk_id` must be unique; {error}.") from error
        finally:
            connection.close()

    def document(self, doc_id: str) -> Document:
        """The cleaned document, with its edition.

        Raises:
            UnusableInput: The index has no document of that id.
        """
        rows = self._rows(f"SELECT {_DOCUMENT_COLUMNS} FROM documents WHERE doc_id = ?", (doc_id,))
        if not rows:
            raise UnusableInput(
                f"`doc_id` must be the id of an indexed article; got {doc_id!r}. See `xiaoka index status`."
            )
        editions = self._rows(f"SELECT {_DOCUMENT_COLUMNS} FROM editions WHERE article = ?", (doc_id,))
        return _document(rows[0], edition=_document(editions[0]) if editions else None)

    def documents(self) -> list[DocumentHead]:
        """Every document without its text, in the corpus's order."""
        columns = "doc_id, title, path, version, source, license, language, region, as_of, n_chunks"
        names = columns.split(", ")
        rows = self._rows(f"SELECT {columns} FROM documents ORDER BY position")
        return [DocumentHead(**dict(zip(names, row, strict=True))) for row in rows]

    def chunks(self, doc_id: str) -> tuple[Chunk, ...]:
        """The chunks of a document in order, empty when there is none of that id."""
        return tuple(map(_chunk, self._rows(f"{_CHUNKS} WHERE p.doc_id = ? ORDER BY p.position", (doc_id,))))

    def chunks_by_id(self, chunk_ids: Sequence[str]) -> dict[str, Chunk]:
        """Those chunks of `chunk_ids` that there are."""
        found: dict[str, Chunk] = {}
        for at in range(0, len(chunk_ids), _BATCH):
            part = chunk_ids[at : at + _BATCH]
            marks = ",".join("?" * len(part))
            for chunk in map(_chunk, self._rows(f"{_CHUNKS} WHERE p.chunk_id IN ({marks})", tuple(part))):
                found[chunk.chunk_id] = chunk
        return found

    def all_chunks(self) -> Iterator[Chunk]:
        """Every chunk, document after document, read a batch at a time."""
        after = -1
        while rows := self._rows(
            f"SELECT p.position, {_CHUNK_COLUMNS} FROM places p JOIN words w USING (position) "
            "WHERE p.position > ? ORDER BY p.position LIMIT ?",
            (after, _BATCH),
        ):
            yield from (_chunk(row[1:]) for row in rows)
            after = rows[-1][0]

    def outline(self) -> list[OutlineEntry]:
        """Every chunk's place, in the corpus's order, without reading any text."""
        rows = self._rows("SELECT doc_id, headings, kind, chunk_id FROM places ORDER BY position")
        return [OutlineEntry(doc_id, _headings(headings), kind, chunk_id) for doc_id, headings, kind, chunk_id in rows]

    def chunks_of_vectors(
        self, keys: Sequence[str], limit: int, doc_ids: Collection[str] | None = None
    ) -> list[tuple[str, str]]:
        """The first `limit` chunks that have those vectors: `(vector_key, chunk_id)`, in the order of `keys`.

        Args:
            keys: Keys of vectors, each looked up until the limit is reached.
            limit: How many chunks are wanted.
            doc_ids: Only chunks of these documents; None for all.
        """
        found: list[tuple[str, str]] = []
        within, values = (
            ("", ()) if doc_ids is None else ("AND doc_id IN (SELECT value FROM json_each(?))", (_json(doc_ids),))
        )
        for key in keys:
            if len(found) >= limit:
                break
            found += self._rows(
                f"SELECT vector_key, chunk_id FROM places WHERE vector_key = ? {within} ORDER BY chunk_id LIMIT ?",
                (key, *values, limit - len(found)),
            )
        return found

    def vector_keys(self, doc_ids: Collection[str] | None = None) -> list[str]:
        """The distinct keys of the vectors of all chunks, or of those of some documents, sorted."""
        if doc_ids is None:
            rows = self._rows("SELECT DISTINCT vector_key FROM places ORDER BY vector_key")
        else:
            rows = self._rows(
                "SELECT DISTINCT vector_key FROM places WHERE doc_id IN (SELECT value FROM json_each(?)) "
                "ORDER BY vector_key",
                (_json(doc_ids),),
            )
        return [row[0] for row in rows]

    def vector_keys_of(self, passage_keys: Collection[str]) -> dict[str, str]:
        """The keys of the vectors of those passages that there are, by the passages' own keys."""
        return dict(
            self._rows(
                "SELECT DISTINCT passage_key, vector_key FROM places "
                "WHERE passage_key IN (SELECT value FROM json_each(?))",
                (_json(passage_keys),),
            )
        )

    def chunk_ids(self) -> list[str]:
        """Every chunk_id, in the corpus's order."""
        return [row[0] for row in self._rows("SELECT chunk_id FROM places ORDER BY position")]

    def counts(self) -> tuple[int, int]:
        """How many documents and chunks there are."""
        n_documents, n_chunks = self._rows("SELECT (SELECT count(*) FROM documents), (SELECT count(*) FROM places)")[0]
        return n_documents, n_chunks

    def close(self) -> None:
        """Closes the file; the next call opens it again."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _rows(self, sql: str, values: tuple[object, ...] = ()) -> list[Any]:
        with self._lock:
            if self._connection is None:
                # Immutable: the file is never written again, so that no lock is needed, nor a writable folder.
                address = f"{self._file.resolve().as_uri()}?mode=ro&immutable=1"
                self._connection = sqlite3.connect(address, uri=True, check_same_thread=False)
            return self._connection.execute(sql, values).fetchall()


def passage_of(chunk: Chunk) -> str:
    """The words of a chunk that both halves of the index are given: its headings and its text."""
    return "\n".join([*chunk.headings, chunk.text])


def passage_key(chunk: Chunk) -> str:
    """Digest of the chunk's passage, 32 hexadecimal digits: equal passages are encoded once."""
    return hashlib.blake2b(passage_of(chunk).encode(), digest_size=16).hexdigest()


def check_span(document: Document, chunk: Chunk) -> None:
    """Nothing, when the chunk and each of its steps are the words at their place.

    Raises:
        ValueError: One of them is not.
    """
    spans = [(chunk.start, chunk.end, chunk.text), *((step.start, step.end, step.text) for step in chunk.steps)]
    for start, end, text in spans:
        if chunk.doc_id != document.doc_id or document.text[start:end] != text:
            raise ValueError(f"`chunk.text` must equal its span; {chunk.chunk_id} does not at {start}-{end}.")


def _write_document(connection: sqlite3.Connection, document: Document, n_chunks: int) -> None:
    marks = ",".join("?" * 13)
    connection.execute(
        f"INSERT INTO documents ({_DOCUMENT_COLUMNS}, n_chunks) VALUES ({marks})", (*_document_row(document), n_chunks)
    )
    if document.edition is not None:
        connection.execute(
            f"INSERT INTO editions (article, {_DOCUMENT_COLUMNS}) VALUES ({marks})",
            (document.doc_id, *_document_row(document.edition)),
        )


def _document_row(document: Document) -> tuple[object, ...]:
    """The values of `_DOCUMENT_COLUMNS`."""
    return (
        document.doc_id, document.title, document.text, document.body_start, document.path, document.version,
        document.source, document.license, document.language, document.region, document.as_of,
        json.dumps(document.masked),
    )  # fmt: skip


def _write_chunks(
    connection: sqlite3.Connection, first: int, chunks: Sequence[Chunk], vector_keys: Mapping[str, str]
) -> None:
    places, words = [], []
    for position, chunk in enumerate(chunks, first):
        headings = json.dumps(chunk.headings, ensure_ascii=False)
        steps = [(step.number, step.title, step.start, step.end) for step in chunk.steps]
        key = passage_key(chunk)
        place = (chunk.chunk_id, chunk.doc_id, chunk.start, chunk.end, headings, chunk.kind)
        places.append((position, *place, key, vector_keys[key]))
        words.append((position, chunk.text, json.dumps(steps, ensure_ascii=False)))
    connection.executemany("INSERT INTO places VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", places)
    connection.executemany("INSERT INTO words VALUES (?, ?, ?)", words)


def _document(row: Sequence[Any], edition: Document | None = None) -> Document:
    values = dict(zip(_DOCUMENT_COLUMNS.split(", "), row, strict=True))
    values["masked"] = tuple((start, end) for start, end in json.loads(values["masked"]))
    return Document(**values, edition=edition)


def _chunk(row: Sequence[Any]) -> Chunk:
    doc_id, start, end, text, headings, kind, steps = row
    return Chunk(
        doc_id=doc_id, start=start, end=end, text=text, headings=_headings(headings), kind=kind,
        steps=tuple(
            Step(number=number, title=title, text=text[first - start : last - start], start=first, end=last)
            for number, title, first, last in json.loads(steps)
        ),
    )  # fmt: skip


def _json(values: Collection[str]) -> str:
    return json.dumps(sorted(values))


@lru_cache(maxsize=20_000)
def _headings(text: str) -> tuple[str, ...]:
    return tuple(json.loads(text))
