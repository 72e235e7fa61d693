"""Whether an index holds, to the last word and vector, what its corpus says."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack, closing
from itertools import islice
from pathlib import Path

from corpus.document import Document
from corpus.errors import UnusableInput
from corpus.hygiene import clean
from corpus.reader import list_files, read_document
from index.chunk_file import ChunkFile, check_span
from index.encoder import Encoder
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
_SAME_COSINE = 0.9999
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

    Every id is compared; up to 2,000 chunks each is searched for by its own vector, of more an even sample of 500.
    """
    with ExitStack() as resources:
        ids = resources.enter_context(closing(ChunkFile(folder / "chunks.sqlite3"))).chunk_ids()
        try:
            lexical, vectors = open_halves(folder, place, resources)
            problems = _id_problems("lexical index", ids, lexical.ids())
            problems += _id_problems("vector store", ids, list(vectors.ids()))
            return problems + list(islice(_lost(vectors, _sample(ids)), _SHOWN))
        except (WordsUnreadable, VectorsUnreadable) as error:
            return [str(error)]


def _sample(ids: Sequence[str]) -> Sequence[str]:
    return ids if len(ids) <= _MOST_SWEPT else ids[:: len(ids) // _SAMPLE]


def _lost(vectors: VectorStore, ids: Sequence[str]) -> Iterator[str]:
    """The chunks that a search for their own vector does not find."""
    stored = vectors.get(ids)
    for chunk_id in ids:
        if chunk_id not in stored:
            yield f"The vector store must hold a vector of {chunk_id}; it has none."
            continue
        hits = vectors.search(stored[chunk_id], _SWEEP_DEPTH)
        # Chunks with the same words share a vector: then any of them may fill the places.
        full_of_same = bool(hits) and min(cosine for _, cosine in hits) >= _SAME_COSINE
        if chunk_id not in {hit for hit, _ in hits} and not full_of_same:
            yield f"A search for the vector of {chunk_id} must find it; it does not."


def _id_problems(what: str, ids: Collection[str], found: Collection[str]) -> list[str]:
    if sorted(ids) == sorted(found):
        return []
    missing, extra = len(set(ids) - set(found)), len(set(found) - set(ids))
    return [f"The {what} must hold the {len(ids)} chunks; it holds {len(found)}: {missing} missing, {extra} unknown."]


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
            if head.path not in changed and not _as_on_disk(corpus, document):
                problems.append(f"The text of {head.path} in the index must equal the file's; it does not.")
    return problems


def _as_on_disk(corpus: Path, document: Document) -> bool:
    try:
        now = clean(read_document(corpus, document.path))
    except UnusableInput:
        return False
    return (now.text, now.version) == (document.text, document.version)
