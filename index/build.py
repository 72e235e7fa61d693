"""Articles in, an index out: made aside, verified, and switched to in one step."""

from __future__ import annotations

import secrets
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from corpus.chunker import chunk
from corpus.document import Chunk, Document
from corpus.editions import check_editions
from corpus.errors import UnusableInput
from corpus.hygiene import clean
from corpus.reader import ArticleFile, list_files, read_corpus
from index.chunk_file import ChunkFile, passage_key, passage_of
from index.encoder import Encoder, Vectors
from index.errors import IndexMissing, IndexStale
from index.index import BUILD_COMMAND, Home, Index, check_files, open_halves, open_index, read_manifest
from index.lease import remove_unless_read
from index.lexical import LexicalIndex
from index.manifest import (
    FORMAT_VERSION,
    ArticleStamp,
    Manifest,
    built_files,
    probe_of,
    program_digest,
    same_probe,
    stamp_of,
    sync_folders,
    write_atomically,
)
from index.vectors import Batch, Place, VectorStore, public_url
from index.verify import store_problems

_BATCH = 256
_LOCK_WAIT_SECONDS = 5.0
# Written aside while the old index stays: text twice, the graph and the database's copy of the vectors.
_BYTES_PER_VALUE = 12
_BYTES_PER_CHARACTER = 16
_BYTES_LEFT_FREE = 20_000_000

Entry = tuple[Document, Sequence[Chunk]]


def build_index(
    *, corpus: Path, data: Path, encoder: Encoder, chroma_url: str = "", progress: bool = True, why: str = ""
) -> Index:
    """A new index of the corpus, opened; the one before it serves until this one is complete, and stays beside it.

    A passage that the index before it holds, made by the same encoder, is not encoded again.

    Args:
        corpus: Folder of articles.
        data: Folder for everything that is written.
        encoder: What makes vectors of the chunks.
        chroma_url: Address of a Chroma server, empty to keep the vectors in `data`.
        progress: Whether a bar is shown on standard error when the build takes more than a second.
        why: Shown in front of the bar.

    Raises:
        UnusableInput: The corpus cannot be read or has no chunk, another build is running, `data` cannot be written,
            or the Chroma server does not answer.
    """
    home = Home(corpus=corpus, data=data)
    list_files(corpus)  # a corpus that is not there is refused before anything is written
    with _writable(home), _locked(home):
        _build(home, encoder, chroma_url, _Progress(shown=progress, why=why))
    return open_index(corpus=corpus, data=data, encoder=encoder, chroma_url=chroma_url)


def ensure_index(*, corpus: Path, data: Path, encoder: Encoder, chroma_url: str = "", progress: bool = True) -> Index:
    """The index of the corpus as it is now: opened when it fits, built when there is none or the corpus has changed.

    Raises:
        IndexForeign: Another encoder built the index; it is not replaced without being asked.
        UnusableInput: As `build_index`.
    """
    try:
        return open_index(corpus=corpus, data=data, encoder=encoder, chroma_url=chroma_url)
    except IndexMissing:
        why = "No usable index yet, building: "
    except IndexStale:
        why = "The articles have changed, building: "
    return build_index(corpus=corpus, data=data, encoder=encoder, chroma_url=chroma_url, progress=progress, why=why)


@dataclass(frozen=True, slots=True)
class _Progress:
    shown: bool
    why: str

    def bar(self, what: str, total: int) -> _Bar:
        return _Bar(total, f"{self.why}{what}", shown=self.shown)


class _Bar:
    """A bar on standard error that shows itself only when the work takes more than a second."""

    def __init__(self, total: int, description: str, *, shown: bool) -> None:
        from tqdm import tqdm

        self._bar = tqdm(total=total, desc=description, delay=1, disable=not shown, file=sys.stderr, leave=False)

    def __enter__(self) -> Callable[[int], object]:
        return self._bar.update

    def __exit__(self, *error: object) -> None:
        self._bar.close()


def _build(home: Home, encoder: Encoder, chroma_url: str, progress: _Progress) -> None:
    current = home.current()
    _remove_leftovers(home, current)
    files, seen_ns = list_files(home.corpus), time.time_ns()
    entries = _read(home.corpus, progress)
    chunks = [chunk for _, chunks in entries for chunk in chunks]
    if not chunks:
        raise UnusableInput(
            f"`{home.corpus}` must hold an article with words in it; got none. Add one, or choose another --corpus."
        )
    _check_space(home, entries, len(chunks) * encoder.dimensions)
    name = f"{datetime.now(UTC):%Y%m%dT%H%M%S%f}-{secrets.token_hex(3)}"
    folder = home.generations / name
    folder.mkdir(parents=True)
    place = home.place(name, chroma_url)
    try:
        LexicalIndex.build(folder / "lexical", ((chunk.chunk_id, chunk.doc_id, passage_of(chunk)) for chunk in chunks))
        passages = {passage_key(chunk): passage_of(chunk) for chunk in chunks}
        with ExitStack() as resources, progress.bar("encoding", len(passages)) as advance:
            encoding = _Encoding(passages, encoder, _Earlier(home, encoder, chroma_url, resources))
            chroma = VectorStore.create(place, encoding.batches(advance))
        ChunkFile.create(folder / "chunks.sqlite3", entries, encoding.vector_keys)
        if problems := store_problems(folder, place):
            raise RuntimeError(f"The index that was built is not what was put in: {' '.join(problems)}")
        Manifest(
            generation=name,
            format_version=FORMAT_VERSION,
            program=program_digest(),
            encoder=encoder.name,
            dimensions=encoder.dimensions,
            probe=probe_of(encoder),
            store=public_url(chroma_url),
            chroma="" if chroma_url else chroma,
            n_documents=len(entries),
            n_chunks=len(chunks),
            n_vectors=len(set(encoding.vector_keys.values())),
            built_at=datetime.now(UTC).isoformat(timespec="seconds"),
            articles=_stamps(files, entries, seen_ns),
            files=built_files(folder),
        ).write(folder)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    sync_folders([folder, home.generations])
    write_atomically(home.pointer, name)
    _remove_old(home, place, keep={name, current})


def _read(corpus: Path, progress: _Progress) -> list[Entry]:
    """Every document, cleaned, with its chunks.

    Raises:
        UnusableInput: A document cannot be read, or does not fit its edition.
    """
    documents = read_corpus(corpus)
    entries: list[Entry] = []
    with progress.bar("reading", len(documents)) as advance:
        for document in documents:
            cleaned = clean(document)
            entries.append((cleaned, chunk(cleaned)))
            advance(1)
    check_editions(document for document, _ in entries)
    return entries


class _Encoding:
    """Turns passages into vectors, each different one once.

    Attributes:
        vector_keys: The key of each passage's vector, by the passage's own key; filled as batches are taken.
    """

    def __init__(self, passages: Mapping[str, str], encoder: Encoder, earlier: _Earlier) -> None:
        self._passages = passages
        self._encoder = encoder
        self._earlier = earlier
        self.vector_keys: dict[str, str] = {}

    def batches(self, advance: Callable[[int], object]) -> Iterator[Batch]:
        """The vectors that no batch before has held, with the key of the first passage that has each."""
        first_keys: dict[bytes, str] = {}
        keys = list(self._passages)
        for at in range(0, len(keys), _BATCH):
            part = keys[at : at + _BATCH]
            rows = self._rows(part)
            new = []
            for key in part:
                self.vector_keys[key] = first_keys.setdefault(rows[key].tobytes(), key)
                if self.vector_keys[key] == key:
                    new.append(key)
            if new:
                yield new, np.stack([rows[key] for key in new])
            advance(len(part))

    def _rows(self, keys: Sequence[str]) -> dict[str, Vectors]:
        rows = self._earlier.vectors_of(keys)
        missing = [key for key in keys if key not in rows]
        if missing:
            encoded = self._encoder.encode_passages([self._passages[key] for key in missing])
            rows.update(zip(missing, encoded, strict=True))
        return rows


class _Earlier:
    """What the index in use knows of passages: nothing, unless the same encoder made it and it can be read."""

    def __init__(self, home: Home, encoder: Encoder, chroma_url: str, resources: ExitStack) -> None:
        self._chunks: ChunkFile | None = None
        name = home.current()
        try:
            manifest = read_manifest(home, name)
            check_files(home, manifest)
            if manifest.encoder == encoder.name and same_probe(manifest.probe, probe_of(encoder)):
                folder = home.generations / name
                self._vectors = open_halves(folder, home.place(name, chroma_url), resources)[1]
                self._chunks = resources.enter_context(closing(ChunkFile(folder / "chunks.sqlite3")))
        except UnusableInput:
            return  # what cannot be read is encoded again

    def vectors_of(self, passage_keys: Sequence[str]) -> dict[str, Vectors]:
        """The vectors of those passages that it knows."""
        if self._chunks is None:
            return {}
        vector_keys = self._chunks.vector_keys_of(passage_keys)
        vectors = self._vectors.get(sorted(set(vector_keys.values())))
        return {key: vectors[vector_key] for key, vector_key in vector_keys.items() if vector_key in vectors}


def _stamps(files: Sequence[ArticleFile], entries: Sequence[Entry], seen_ns: int) -> dict[str, ArticleStamp]:
    """How the articles and their editions looked before they were read, with the digests of what was read.

    One that came or went in between is in only one of the two, left out here, and noticed as a change at once.
    """
    read = [document for article, _ in entries for document in (article, article.edition) if document is not None]
    versions = {document.path: document.version for document in read}
    return {file.path: stamp_of(file, versions[file.path], seen_ns) for file in files if file.path in versions}


@contextmanager
def _locked(home: Home) -> Iterator[None]:
    """Holds the lock of builders; the system lets go of it when a process dies.

    Raises:
        UnusableInput: Another process holds it, and goes on doing so.
    """
    from filelock import FileLock, Timeout

    home.folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(home.folder / "build.lock")
    try:
        lock.acquire(timeout=_LOCK_WAIT_SECONDS)
    except Timeout as error:
        raise UnusableInput(
            f"`{home.folder}` must have one builder at a time; another `{BUILD_COMMAND}` is running. "
            f"Wait for it to end, then repeat your command."
        ) from error
    try:
        yield
    finally:
        lock.release()


@contextmanager
def _writable(home: Home) -> Iterator[None]:
    """Turns a full disk, or a folder that cannot be written, into a sentence.

    Raises:
        UnusableInput: The system refuses to write.
    """
    try:
        yield
    except OSError as error:
        raise UnusableInput(
            f"`data` must be a folder that can be written and has room; got {str(home.data)!r}: "
            f"{error.strerror or error}. Make room, or choose another --data. The index that was in use still is."
        ) from error


def _check_space(home: Home, entries: Sequence[Entry], n_values: int) -> None:
    n_characters = sum(len(document.text) for document, _ in entries)
    needed = n_values * _BYTES_PER_VALUE + n_characters * _BYTES_PER_CHARACTER + _BYTES_LEFT_FREE
    free = shutil.disk_usage(home.folder).free
    if free < needed:
        raise UnusableInput(
            f"`data` must have {needed // 1_000_000} MB of room; {str(home.data)!r} has {free // 1_000_000} MB. "
            "Make room, or choose another --data."
        )


def _remove_leftovers(home: Home, current: str) -> None:
    """Removes what builds that were killed have left: generations without a manifest, and files set aside."""
    if not home.generations.is_dir():
        return
    complete = set(home.complete())
    for folder in home.generations.iterdir():
        if folder.name not in complete and folder.name != current:
            shutil.rmtree(folder, ignore_errors=True)
    for file in home.folder.glob(f".{home.pointer.name}.*"):
        file.unlink(missing_ok=True)


def _remove_old(home: Home, place: Place, keep: set[str]) -> None:
    """Removes all generations but the new one, the one before it and those that a running process still reads."""
    kept = set(keep)
    for folder in home.generations.iterdir():
        if folder.name not in keep and not remove_unless_read(folder):
            kept.add(folder.name)
    VectorStore.prune(place, home.collection_prefix, {f"{home.collection_prefix}{name}" for name in kept})
