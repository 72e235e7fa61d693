"""An index on disk: where it lies, whether it still fits its corpus and encoder, and what can be asked of it."""

from __future__ import annotations

import hashlib
import os
import shlex
import shutil
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Literal, Self

from corpus.document import Chunk, Document
from corpus.errors import UnusableInput
from corpus.reader import ArticleFile, list_files
from index.chunk_file import ChunkFile, DocumentHead, OutlineEntry
from index.encoder import Encoder, is_built_in
from index.errors import IndexDamaged, IndexForeign, IndexMissing, IndexStale
from index.lease import reading
from index.lexical import LexicalIndex, WordsUnreadable
from index.manifest import MANIFEST_NAME, Manifest, changed_articles, probe_of, program_digest, same_probe
from index.retriever import Retriever
from index.vectors import Place, VectorStore, VectorsUnreadable, public_url

State = Literal["ready", "missing", "stale", "foreign", "damaged"]
BUILD_COMMAND = "xiaoka index build"

_POINTER = "current"
# Chroma rewrites its database even when it only reads.
REWRITTEN = "chroma/chroma.sqlite3"
_SHOWN_CHANGES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """Where the index of a corpus lies: `<data>/indexes/<name of the corpus folder>-<hash of its path>`."""

    corpus: Path
    data: Path

    @property
    def key(self) -> str:
        """Twelve hexadecimal digits that stand for the corpus folder's path."""
        return hashlib.sha256(str(self.corpus.resolve()).encode("utf-8", "surrogateescape")).hexdigest()[:12]

    @property
    def folder(self) -> Path:
        """The folder of everything about this corpus's index."""
        return self.data / "indexes" / f"{self.corpus.resolve().name or 'corpus'}-{self.key}"

    @property
    def generations(self) -> Path:
        """The folder that holds a folder per built index."""
        return self.folder / "generations"

    @property
    def pointer(self) -> Path:
        """The file that names the generation in use."""
        return self.folder / _POINTER

    def current(self) -> str:
        """The name of the generation in use, empty when there is none."""
        try:
            return self.pointer.read_text(encoding="utf-8").strip()
        except (FileNotFoundError, NotADirectoryError):
            return ""

    def complete(self) -> list[str]:
        """The generations whose build came to its end, the one in use first, then the newest first."""
        if not self.generations.is_dir():
            return []
        names = sorted((path.parent.name for path in self.generations.glob(f"*/{MANIFEST_NAME}")), reverse=True)
        return sorted(names, key=lambda name: name != self.current())

    def place(self, generation: str, chroma_url: str) -> Place:
        """Where the vectors of a generation lie."""
        folder = self.generations / generation / "chroma"
        if not chroma_url:
            return Place(folder=folder)
        return Place(folder=folder, url=chroma_url, collection=f"{self.collection_prefix}{generation}")

    @property
    def collection_prefix(self) -> str:
        """What the names of this corpus's collections on a server start with."""
        return f"xiaoka-{self.key}-"

    def advice(self) -> str:
        """The sentence that says which command makes a new index."""
        whole = shlex.join(["xiaoka", "--corpus", str(self.corpus), "--data", str(self.data), "index", "build"])
        return f"Run `{BUILD_COMMAND}` with the same settings: `{whole}`."


class Index:
    """A built index that fits its corpus and its encoder; safe to use from several threads."""

    def __init__(self, *, manifest: Manifest, retriever: Retriever, chunks: ChunkFile, resources: ExitStack) -> None:
        self.manifest = manifest
        self.retriever = retriever
        self._chunks = chunks
        self._resources = resources

    def document(self, doc_id: str) -> Document:
        """The cleaned document.

        Raises:
            UnusableInput: The index has no document of that id.
        """
        return self._chunks.document(doc_id)

    def documents(self) -> list[DocumentHead]:
        """Every document without its text, in the corpus's order."""
        return self._chunks.documents()

    def chunks(self, doc_id: str) -> tuple[Chunk, ...]:
        """The chunks of a document in order, empty when there is none of that id."""
        return self._chunks.chunks(doc_id)

    def all_chunks(self) -> Iterator[Chunk]:
        """Every chunk, document after document."""
        return self._chunks.all_chunks()

    def outline(self) -> list[OutlineEntry]:
        """Every chunk's `(doc_id, headings, kind, chunk_id)`, in the corpus's order, without reading any text."""
        return self._chunks.outline()

    def close(self) -> None:
        """Lets go of every file of the index."""
        self._resources.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexStatus:
    """What `xiaoka index status` says.

    Attributes:
        state: `ready`, or why the index cannot be used as it is.
        reason: A sentence, empty when ready.
        encoder: Name of the encoder that built the index, empty when missing.
        built_at: ISO 8601 in UTC, empty when missing.
        changed: Paths of the articles that were added, removed or changed since the index was built.
    """

    state: State
    reason: str
    folder: str
    generation: str = ""
    n_documents: int = 0
    n_chunks: int = 0
    encoder: str = ""
    store: str = ""
    built_at: str = ""
    size_bytes: int = 0
    changed: tuple[str, ...] = ()


def open_index(*, corpus: Path, data: Path, encoder: Encoder, chroma_url: str = "") -> Index:
    """The index of a corpus, if it fits the corpus as it is now and the encoder.

    When the files of the index in use are damaged, the one before it is opened, if that fits as well.

    Raises:
        IndexMissing: No index was built yet; as `IndexDamaged`: its files are not as they were built.
        IndexStale: The corpus has changed since the index was built.
        IndexForeign: Another encoder built the index.
        UnusableInput: The corpus cannot be read, or the Chroma server does not answer.
    """
    home = Home(corpus=corpus, data=data)
    files = list_files(corpus)
    name = current_generation(home)
    try:
        return _open_generation(home, name, files, encoder, chroma_url)
    except IndexDamaged as damage:
        for earlier in home.complete():
            if earlier == name:
                continue
            try:
                return _open_generation(home, earlier, files, encoder, chroma_url)
            except (IndexMissing, IndexStale, IndexForeign):
                continue
        raise damage from damage.__cause__


def index_status(*, corpus: Path, data: Path, encoder: Encoder, chroma_url: str = "") -> IndexStatus:
    """What there is for a corpus and whether it can be used; nothing is encoded and no store is opened.

    Raises:
        UnusableInput: The corpus cannot be read.
    """
    home = Home(corpus=corpus, data=data)
    files = list_files(corpus)
    changed: tuple[str, ...] = ()
    state: State = "ready"
    reason = ""
    manifest: Manifest | None = None
    try:
        name = current_generation(home)
        manifest = read_manifest(home, name)
        changed = changed_articles(corpus, files, manifest, home.generations / name)
        check_files(home, manifest)
        check_settings(home, manifest, encoder, chroma_url)
        check_corpus(home, manifest, changed)
    except (IndexMissing, IndexStale, IndexForeign) as error:
        state, reason = _state_of(error), str(error)
    if manifest is None:
        return IndexStatus(state=state, reason=reason, folder=str(home.folder))
    folder = home.generations / manifest.generation
    return IndexStatus(
        state=state,
        reason=reason,
        folder=str(home.folder),
        generation=manifest.generation,
        n_documents=manifest.n_documents,
        n_chunks=manifest.n_chunks,
        encoder=manifest.encoder,
        store=manifest.store or "embedded",
        built_at=manifest.built_at,
        size_bytes=sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()),
        changed=changed,
    )


def read_manifest(home: Home, generation: str) -> Manifest:
    """The manifest of a generation.

    Raises:
        IndexDamaged: It cannot be read.
        IndexStale: Another version of this program wrote it.
    """
    try:
        return Manifest.read(home.generations / generation)
    except IndexStale as error:
        raise IndexStale(f"{error} {home.advice()}") from error
    except UnusableInput as error:
        raise IndexDamaged(f"{error} {home.advice()}") from error


def check_files(home: Home, manifest: Manifest) -> None:
    """Nothing, when every file of the index is there with its size.

    Raises:
        IndexDamaged: One is not.
    """
    folder = home.generations / manifest.generation
    for path, built in manifest.files.items():
        try:
            size = (folder / path).stat().st_size
        except OSError:
            size = -1
        if size != built.size and (path != REWRITTEN or size <= 0):
            found = "missing" if size < 0 else f"{size} bytes"
            raise IndexDamaged(f"`{folder / path}` must have {built.size} bytes; it is {found}. {home.advice()}")


def check_settings(home: Home, manifest: Manifest, encoder: Encoder, chroma_url: str) -> None:
    """Nothing, when the index was built by this program's parts, with this encoder's name, in this store.

    Raises:
        IndexForeign: Another encoder built it, that somebody chose.
        IndexStale: Another version of this program did, or for another store.
    """
    if manifest.encoder != encoder.name and is_built_in(manifest.encoder) and is_built_in(encoder.name):
        raise IndexStale(
            f"The index must be built with the built-in encoder {encoder.name!r}; it was with {manifest.encoder!r}. "
            f"{home.advice()}"
        )
    if manifest.encoder != encoder.name:
        raise IndexForeign(
            f"`encoder` must be {manifest.encoder!r}, which built the index; got {encoder.name!r}. "
            f"Go back to that encoder, or build with the new one. {home.advice()}"
        )
    pairs = (
        ("program", manifest.program, program_digest()),
        ("store", manifest.store or "embedded", public_url(chroma_url) or "embedded"),
    )
    for what, built, now in pairs:
        if built != now:
            raise IndexStale(f"The index must be built with {what} {now!r}; it was with {built!r}. {home.advice()}")


def check_corpus(home: Home, manifest: Manifest, changed: Sequence[str]) -> None:
    """Nothing, when no article has changed.

    Raises:
        IndexStale: One has.
    """
    if changed:
        more = f" and {len(changed) - _SHOWN_CHANGES} more" if len(changed) > _SHOWN_CHANGES else ""
        shown = ", ".join(changed[:_SHOWN_CHANGES]) + more
        raise IndexStale(
            f"The index must fit the corpus; since it was built at {manifest.built_at}, {shown} changed. "
            f"{home.advice()}"
        )


def check_probe(home: Home, manifest: Manifest, encoder: Encoder) -> None:
    """Nothing, when the encoder gives the vectors it gave when it built the index.

    Raises:
        IndexForeign: It does not: another model goes by the same name.
    """
    if not same_probe(manifest.probe, probe_of(encoder)):
        raise IndexForeign(
            f"`encoder` must be the model that built the index; {encoder.name!r} now gives other vectors than it did. "
            f"Go back to that model, or build with the new one. {home.advice()}"
        )


def current_generation(home: Home) -> str:
    """The name of the generation in use.

    Raises:
        IndexMissing: There is none.
    """
    name = home.current()
    if not name:
        raise IndexMissing(f"There must be an index of `{home.corpus}`; none is in `{home.folder}`. {home.advice()}")
    return name


def _state_of(error: UnusableInput) -> State:
    if isinstance(error, IndexDamaged):
        return "damaged"
    if isinstance(error, IndexMissing):
        return "missing"
    return "foreign" if isinstance(error, IndexForeign) else "stale"


def _open_generation(home: Home, name: str, files: Sequence[ArticleFile], encoder: Encoder, chroma_url: str) -> Index:
    folder = home.generations / name
    with ExitStack() as resources:
        # First of all: what is read from here on stays until the index is closed.
        resources.enter_context(reading(folder))
        manifest = read_manifest(home, name)
        check_files(home, manifest)
        check_settings(home, manifest, encoder, chroma_url)
        check_corpus(home, manifest, changed_articles(home.corpus, files, manifest, folder))
        check_probe(home, manifest, encoder)
        try:
            lexical, vectors = open_halves(folder, home.place(name, chroma_url), resources)
        except (WordsUnreadable, VectorsUnreadable) as error:
            raise IndexDamaged(f"{error} {home.advice()}") from error
        _check_halves(home, manifest, lexical, vectors)
        chunks = resources.enter_context(closing(ChunkFile(folder / "chunks.sqlite3")))
        retriever = Retriever(encoder=encoder, vectors=vectors, lexical=lexical, chunks=chunks)
        return Index(manifest=manifest, retriever=retriever, chunks=chunks, resources=resources.pop_all())


def open_halves(folder: Path, place: Place, resources: ExitStack) -> tuple[LexicalIndex, VectorStore]:
    """Both halves of a generation, read in a copy when its folder cannot be written; `resources` will close them.

    Raises:
        WordsUnreadable: The lexical half is not there, or damaged.
        VectorsUnreadable: The vectors are.
        UnusableInput: The Chroma server does not answer.
    """
    if not os.access(folder / "lexical", os.W_OK) and (folder / "lexical").is_dir():
        # Both libraries write into the folder they read: locks, and Chroma's log.
        copy = Path(resources.enter_context(TemporaryDirectory(prefix="xiaoka-")))
        for file in [*folder.glob("lexical/*"), *folder.glob("chroma/*"), *folder.glob("chroma/*/*")]:
            if file.is_file():
                target = copy / file.relative_to(folder)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(file, target)
        folder, place = copy, replace(place, folder=copy / "chroma")
    lexical = LexicalIndex.open(folder / "lexical")
    return lexical, resources.enter_context(closing(VectorStore.open(place)))


def _check_halves(home: Home, manifest: Manifest, lexical: LexicalIndex, vectors: VectorStore) -> None:
    if (manifest.n_chunks, manifest.n_vectors) != (lexical.count(), vectors.count()):
        raise IndexDamaged(
            f"The index must hold {manifest.n_chunks} chunks and {manifest.n_vectors} vectors; "
            f"it holds {lexical.count()} and {vectors.count()}. {home.advice()}"
        )
    if manifest.chroma and manifest.chroma != vectors.version():
        raise IndexStale(
            f"The index must be read by the Chroma that wrote it, {manifest.chroma}; got {vectors.version()}. "
            f"{home.advice()}"
        )
