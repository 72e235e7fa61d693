"""Whether an index holds, to the last word and vector, what its corpus says."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import ExitStack, closing
from pathlib import Path

from corpus.document import Document
from corpus.errors import UnusableInput
from corpus.hygiene import clean
from corpus.reader import edition_path, list_files, read_document
from index.chunk_file import ChunkFile, check_span
from index.encoder import Encoder, Vectors
from index.errors import IndexForeign, IndexMissing, IndexStale
from index.index import (
    REWRITTEN,
    Home,
    check_corpus,
    check_files,
    check_probe,
    check_settings,
    current_generation,
    open_halves,
    read_manifest,
)
from index.lexical import WordsUnreadable
from index.manifest import Manifest, changed_articles, sha256_of
from index.vectors import Place, VectorStore, VectorsUnreadable

_MOST_SWEPT = 2_000
_SAMPLE = 500
_SWEEP_DEPTH = 10
_LOST_FRACTION = 0.005
_SHOWN = 5


def verify_index(*, corpus: Path, data: Path, encoder: Encoder, chroma_url: str = "") -> list[str]:
    """What is wrong with the index in use, a sentence each; empty when all is well.

    Files are compared with their checksums, chunks with their spans and with the corpus's files, the two halves with
    the chunks, and known chunks are searched for. Nothing is opened whose bytes have changed: a flipped bit in a graph
    can end the process.

    Raises:
        UnusableInput: The corpus cannot be read, or the Chroma server does not answer.
    """
    home = Home(corpus=corpus, data=data)
    files = list_files(corpus)
    try:
        manifest = read_manifest(home, current_generation(home))
        check_files(home, manifest)
    except (IndexMissing, IndexStale) as error:
        return [str(error)]
    folder = home.generations / manifest.generation
    problems = [
        f"`{folder / path}` is not as it was built."
        for path, built in manifest.files.items()
        if path != REWRITTEN and sha256_of(folder / path) != built.sha256
    ]
    if problems:
        return [*problems, home.advice()]
    changed = changed_articles(corpus, files, manifest, folder)
    try:
        check_settings(home, manifest, encoder, chroma_url)
        check_probe(home, manifest, encoder)
        check_corpus(home, manifest, changed)
    except (IndexForeign, IndexStale) as error:
        problems.append(str(error))
    problems += _document_problems(corpus, folder, changed)
    problems += _count_problems(manifest, folder)
    return problems + store_problems(folder, home.place(manifest.generation, manifest.store and chroma_url))


def store_problems(folder: Path, place: Place) -> list[str]:
    """Where the vectors and the words differ from the chunks, a sentence each; empty when they agree.

    Every id is compared; up to 2,000 vectors each is searched for, of more an even sample of 500.
    """
    with ExitStack() as resources:
        chunks = resources.enter_context(closing(ChunkFile(folder / "chunks.sqlite3")))
        keys = chunks.vector_keys()
        try:
            lexical, vectors = open_halves(folder, place, resources)
            problems = _id_problems("lexical index", "chunks", chunks.chunk_ids(), lexical.ids())
            problems += _id_problems("vector store", "vectors", keys, list(vectors.keys()))
            return problems + _sweep_problems(vectors, _sample(keys))
        except (WordsUnreadable, VectorsUnreadable) as error:
            return [str(error)]


def _sample(keys: Sequence[str]) -> Sequence[str]:
    return keys if len(keys) <= _MOST_SWEPT else keys[:: len(keys) // _SAMPLE]


def _sweep_problems(vectors: VectorStore, keys: Sequence[str]) -> list[str]:
    """What is wrong when more vectors are not found by themselves than an approximate graph may lose."""
    stored = vectors.get(keys)
    lost = [key for key in keys if key not in stored or key not in _found_by(vectors, stored[key])]
    if len(lost) <= _LOST_FRACTION * len(keys):
        return []
    return [
        f"A search for a stored vector must find it; of {len(keys)} it misses {len(lost)}: {', '.join(lost[:_SHOWN])}…"
    ]


def _found_by(vectors: VectorStore, vector: Vectors) -> set[str]:
    return {key for key, _ in vectors.search(vector, _SWEEP_DEPTH)}


def _id_problems(half: str, what: str, ids: Collection[str], found: Collection[str]) -> list[str]:
    if sorted(ids) == sorted(found):
        return []
    missing, extra = len(set(ids) - set(found)), len(set(found) - set(ids))
    return [f"The {half} must hold the {len(ids)} {what}; it holds {len(found)}: {missing} missing, {extra} unknown."]


def _count_problems(manifest: Manifest, folder: Path) -> list[str]:
    with closing(ChunkFile(folder / "chunks.sqlite3")) as chunks:
        counts = chunks.counts()
    expected = (manifest.n_documents, manifest.n_chunks)
    if counts == expected:
        return []
    return [
        f"The index must hold {expected[0]} documents and {expected[1]} chunks; it holds {counts[0]} and {counts[1]}."
    ]


def _document_problems(corpus: Path, folder: Path, changed: Collection[str]) -> list[str]:
    """Where a chunk is not its span, or a document is not its file as it would be cleaned now."""
    problems: list[str] = []
    with closing(ChunkFile(folder / "chunks.sqlite3")) as chunks:
        for head in chunks.documents():
            document = chunks.document(head.doc_id)
            for chunk in chunks.chunks(head.doc_id):
                try:
                    check_span(document, chunk)
                except ValueError as error:
                    problems.append(str(error))
            if not {head.path, edition_path(head.path)} & set(changed) and not _as_on_disk(corpus, document):
                problems.append(f"The text of {head.path} in the index must equal the file's; it does not.")
    return problems


def _as_on_disk(corpus: Path, document: Document) -> bool:
    try:
        now = clean(read_document(corpus, document.path))
    except UnusableInput:
        return False
    return _words(now) == _words(document) and _words(now.edition) == _words(document.edition)


def _words(document: Document | None) -> tuple[str, str] | None:
    return None if document is None else (document.text, document.version)
