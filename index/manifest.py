"""What an index was built from and with, and whether the corpus has changed since."""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

import numpy as np

from corpus.errors import UnusableInput
from corpus.reader import ArticleFile
from index.encoder import PROBE, Encoder
from index.errors import IndexStale

FORMAT_VERSION = 1
MANIFEST_NAME = "manifest.json"
STATS_NAME = "stats.json"
# A file that was written within this time of being looked at may be written again without its time changing.
_RACY_NS = 2_000_000_000
_SAME_PROBE_COSINE = 0.9999
# Used when a question is understood or a file is uploaded, not when an article is indexed; the first is for operators
# to edit.
_NOT_SHAPING = frozenset({"aliases.toml", "aliases.py", "converter.py", "process.py", "subjects.py", "terms.py"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleStamp:
    """How an article's file looked when its bytes were last read.

    Attributes:
        seen_ns: A time just before that, in nanoseconds since 1970.
    """

    size: int
    mtime_ns: int
    seen_ns: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BuiltFile:
    """A file of the index as it was when the build ended."""

    size: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """Everything that has to hold for an index to be used.

    Attributes:
        generation: Name of the index's folder.
        program: Digest of the program's files that decide what is in an index; see `program_digest`.
        articles: The corpus's files by path.
        probe: The encoder's vector of a fixed sentence: another model under the same name gives another one.
        store: The Chroma server's address without a password, empty for the embedded store.
        chroma: The version of Chroma that wrote the embedded store, empty for a server.
        files: Every file of the index but this one, by path.
        n_vectors: Distinct vectors of the chunks; each is stored once.
        built_at: ISO 8601, in UTC.
    """

    generation: str
    format_version: int
    program: str
    encoder: str
    dimensions: int
    probe: tuple[float, ...]
    store: str
    chroma: str
    n_documents: int
    n_chunks: int
    n_vectors: int
    built_at: str
    articles: Mapping[str, ArticleStamp]
    files: Mapping[str, BuiltFile]

    def write(self, folder: Path) -> None:
        """Writes the manifest, last of all files: a folder without one is not an index."""
        write_atomically(folder / MANIFEST_NAME, json.dumps(asdict(self), ensure_ascii=False))

    @classmethod
    def read(cls, folder: Path) -> Manifest:
        """The manifest of an index.

        Raises:
            UnusableInput: There is none, or it is damaged.
            IndexStale: Another version of this program wrote it.
        """
        file = folder / MANIFEST_NAME
        try:
            values = json.loads(file.read_bytes())
            if values["format_version"] != FORMAT_VERSION:
                raise IndexStale(f"`{file}` must have format {FORMAT_VERSION}; got {values['format_version']!r}.")
            values["articles"] = {path: ArticleStamp(**stamp) for path, stamp in values["articles"].items()}
            values["files"] = {path: BuiltFile(**built) for path, built in values["files"].items()}
            return cls(**{**values, "probe": tuple(values["probe"])})
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            if isinstance(error, UnusableInput):
                raise
            raise UnusableInput(f"`{file}` must be the manifest of an index; got: {error}.") from error


@cache
def program_digest() -> str:
    """Digest of the source files that decide what is in an index: reading, cleaning, cutting, words.

    Sixteen hexadecimal digits. Taken of the files themselves, so that no one has to remember to raise a version.
    """
    here = Path(__file__).parent
    sources = sorted([*here.parent.joinpath("corpus").glob("*.py"), *here.parent.joinpath("corpus").glob("*.toml")])
    digest = hashlib.sha256(str(FORMAT_VERSION).encode())
    for file in [*sources, here / "lexical.py", here / "chunk_file.py", here / "build.py"]:
        if file.name not in _NOT_SHAPING:
            digest.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def changed_articles(root: Path, files: Sequence[ArticleFile], manifest: Manifest, folder: Path) -> tuple[str, ...]:
    """The paths that were added, removed or changed since the index was built, sorted.

    A file whose size and time are as they were is taken for unchanged; of others only different bytes count.
    What was hashed is noted beside the manifest, where that can be written, so that it is hashed once.
    """
    stamps = {**manifest.articles, **_read_stats(folder)}
    fresh: dict[str, ArticleStamp] = {}
    changed = set(manifest.articles) - {file.path for file in files}
    for file in files:
        stamp = stamps.get(file.path)
        built = manifest.articles.get(file.path)
        if stamp is None or built is None:
            changed.add(file.path)
        elif not _as_seen(file, stamp):
            seen_ns = time.time_ns()
            digest = _sha256_or_empty(root / file.path)
            fresh[file.path] = stamp_of(file, digest, seen_ns)
            if digest != built.sha256:
                changed.add(file.path)
        elif stamp.sha256 != built.sha256:
            changed.add(file.path)
    if fresh:
        _write_stats(folder, {**_read_stats(folder), **fresh})
    return tuple(sorted(changed))


def stamp_of(file: ArticleFile, sha256: str, seen_ns: int) -> ArticleStamp:
    """How a file looked at a time before its bytes were read."""
    return ArticleStamp(size=file.size, mtime_ns=file.mtime_ns, seen_ns=seen_ns, sha256=sha256)


def probe_of(encoder: Encoder) -> tuple[float, ...]:
    """The encoder's vector of a fixed sentence, to five places."""
    return tuple(round(float(value), 5) for value in encoder.encode_passages([PROBE])[0])


def same_probe(one: Sequence[float], other: Sequence[float]) -> bool:
    """Whether two probes come from the same model, but for how a machine rounds."""
    if len(one) != len(other):
        return False
    a, b = np.asarray(one), np.asarray(other)
    return float(a @ b) >= _SAME_PROBE_COSINE * float(np.linalg.norm(a) * np.linalg.norm(b))


def built_files(folder: Path) -> dict[str, BuiltFile]:
    """Every file below a folder by its path in it, sorted; each flushed to the disk."""
    found: dict[str, BuiltFile] = {}
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        with file.open("rb") as stream:
            os.fsync(stream.fileno())
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
        found[file.relative_to(folder).as_posix()] = BuiltFile(size=file.stat().st_size, sha256=digest)
    return found


def sha256_of(file: Path) -> str:
    """SHA-256 of a file's bytes, 64 hexadecimal digits."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def write_atomically(file: Path, text: str) -> None:
    """Replaces a file by `text`, so that a reader, or a crash, meets the old content or the new and nothing between."""
    aside = file.with_name(f".{file.name}.{os.getpid()}")
    with aside.open("w", encoding="utf-8") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    aside.replace(file)
    sync_folders([file.parent])


def sync_folders(folders: Iterable[Path]) -> None:
    """Flushes the names in folders to the disk, where the system can."""
    if os.name == "nt":
        return
    for folder in folders:
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _as_seen(file: ArticleFile, stamp: ArticleStamp) -> bool:
    same = (file.size, file.mtime_ns) == (stamp.size, stamp.mtime_ns)
    return same and file.mtime_ns + _RACY_NS < stamp.seen_ns


def _sha256_or_empty(file: Path) -> str:
    try:
        return sha256_of(file)
    except OSError:
        return ""


def _read_stats(folder: Path) -> dict[str, ArticleStamp]:
    try:
        values = json.loads((folder / STATS_NAME).read_bytes())
        return {path: ArticleStamp(**stamp) for path, stamp in values.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def _write_stats(folder: Path, stamps: Mapping[str, ArticleStamp]) -> None:
    values = {path: asdict(stamp) for path, stamp in stamps.items()}
    try:
        write_atomically(folder / STATS_NAME, json.dumps(values, ensure_ascii=False))
    except OSError:
        return  # a folder that cannot be written costs a second look next time, no more
