"""How an operator puts an article into the corpus folder: looked at first, written whole, and nothing is lost."""

from __future__ import annotations

import hashlib
import io
import os
import secrets
import shutil
import stat
import tempfile
import threading
import unicodedata
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

import yaml

from assistant.article_name import safe_name
from corpus.chunker import chunk
from corpus.converter import convert
from corpus.document import Document
from corpus.editions import check_editions
from corpus.errors import UnusableInput
from corpus.front_matter import read_front_matter
from corpus.hygiene import Finding, clean, find
from corpus.reader import MAX_FILE_BYTES, SUFFIXES, document_ids, edition_path, list_files, read_corpus
from index.manifest import sync_folders

FIELDS = ("title", "source", "license", "as_of", "language")

_LOCK_WAIT_SECONDS = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """An article as it would stand in the corpus; nothing is written yet.

    Attributes:
        path: Path inside the corpus folder.
        replaced_version: SHA-256 of the file that it would replace, empty when there is none.
        text: The whole file, front matter included.
        title: The title that answers would name it by.
        findings: What of it would be kept out of answers: its kind, line and reason.
        n_chunks: Chunks that would be indexed.
        n_procedures: Those of them that are procedures.
        problems: Why it cannot be saved, a sentence each; empty when it can.
    """

    path: str
    replaced_version: str
    text: str
    title: str
    findings: tuple[Finding, ...]
    n_chunks: int
    n_procedures: int
    problems: tuple[str, ...]

    @property
    def replaces(self) -> bool:
        """Whether an article of that name is there already."""
        return bool(self.replaced_version)


class Shelf:
    """The articles of a corpus folder, to be added, replaced and removed. Safe to be used by several threads."""

    def __init__(self, corpus: Path, data: Path) -> None:
        """The shelf of a corpus folder; what is taken away from it is kept in `<data>/replaced`."""
        self._corpus = corpus
        self._data = data
        self._lock = threading.Lock()

    def preview(self, name: str, data: bytes, fields: Mapping[str, str] | None = None) -> Preview:
        """What would become of an uploaded file.

        Args:
            name: The file's name; its suffix says what it is.
            data: Its bytes.
            fields: Values of `FIELDS`, written as front matter when the text has none; empty ones are left out.

        Raises:
            UnusableInput: The file cannot be converted, a field is unknown, or there is no such corpus folder.
        """
        _check_fields(fields or {})
        path = safe_name(name)
        text = _with_front_matter(convert(name, data).removeprefix("\ufeff"), path, fields or {})
        version, problems = self._place(path)
        with tempfile.TemporaryDirectory(prefix="xiaoka-") as folder:
            root = Path(folder)
            root.joinpath(path).write_bytes(text.encode("utf-8"))
            self._bring_company(path, text, root)
            document, found = _read(root, path)
        problems += found
        if (
            document
            and version
            and _edition_of(self._corpus, path)
            and not read_front_matter(text, path)[0].get("edition_of")
        ):
            problems.append(
                f"{path!r} is the edition of an article and must say `edition_of` as it does now. Add the line."
            )
        cleaned = clean(document) if document else None
        chunks = chunk(cleaned) if cleaned else []
        if document and not chunks:
            problems.append(f"{path!r} must hold words besides what is kept out of answers; got none. Write it anew.")
        return Preview(
            path=path,
            replaced_version=version,
            text=text,
            title=cleaned.title if cleaned else "",
            findings=find(document) if document else (),
            n_chunks=len(chunks),
            n_procedures=sum(piece.kind == "procedure" for piece in chunks),
            problems=tuple(problems),
        )

    def save(self, preview: Preview) -> Path:
        """Writes a previewed article, in one step and for good; what it replaces is kept. Returns its file.

        Raises:
            UnusableInput: The preview has problems, the corpus has changed at its place since it was made, or a folder
                cannot be written.
        """
        if preview.problems:
            raise UnusableInput(f"`preview` must be without problems; got: {' '.join(preview.problems)}")
        if safe_name(preview.path) != preview.path:
            raise UnusableInput(f"`path` must be a name that a preview gave; got {preview.path!r}. Preview it again.")
        with self._changing():
            version, problems = self._place(preview.path)
            if problems:
                raise UnusableInput(" ".join(problems))
            if version != preview.replaced_version:
                raise UnusableInput(
                    f"{preview.path!r} must be as it was when it was previewed; somebody has changed it since. "
                    "Preview it again."
                )
            target = self._corpus / preview.path
            aside = self._corpus / f".xiaoka-{secrets.token_hex(8)}.tmp"
            try:
                _write_new(aside, io.BytesIO(preview.text.encode("utf-8")))
                if version:
                    self._keep(target)
                aside.replace(target)
            finally:
                aside.unlink(missing_ok=True)
            sync_folders([self._corpus])
            return target

    def remove(self, doc_id: str) -> tuple[Path, ...]:
        """Takes an article out of the corpus, and its edition with it; returns where they are kept.

        Raises:
            UnusableInput: There is no article of that id, it is the last one, or a folder cannot be written.
        """
        with self._changing():
            ids = {of: path for path, of in document_ids(file.path for file in list_files(self._corpus)).items()}
            if doc_id not in ids:
                raise UnusableInput(
                    f"`doc_id` must be the id of an article; got {doc_id!r}. See `xiaoka index status`."
                )
            path = ids[doc_id]
            beside = [
                other for other in ids.values() if other == edition_path(path) and _edition_of(self._corpus, other)
            ]
            if len(ids) == 1 + len(beside):
                raise UnusableInput(
                    f"`corpus` must hold at least one article; {path!r} is the last. Add another one first."
                )
            kept = []
            # The edition first: without its article it would make the corpus unusable if this ends in between.
            for taken in [*beside, path]:
                file = self._corpus / taken
                kept.append(self._keep(file))
                file.unlink()
                sync_folders([file.parent])
            return tuple(reversed(kept))

    def _place(self, path: str) -> tuple[str, list[str]]:
        """The SHA-256 of what stands at a path of the corpus, empty for nothing, and why nothing may be put there.

        Raises:
            UnusableInput: The corpus folder cannot be read.
        """
        try:
            names = [entry.name for entry in os.scandir(self._corpus)]
        except OSError as error:
            raise UnusableInput(
                f"`corpus` must be a folder that can be read; got {str(self._corpus)!r}: {error.strerror}. Create it, "
                "or name another."
            ) from error
        problems = [
            f"{other!r} must not stand beside {path!r}, as both would be the same article. Remove it first."
            for other in sorted(names)
            if other != path and other.lower().endswith(SUFFIXES) and _stem(other) == _stem(path)
        ]
        place = self._corpus / path
        if path not in names:
            return "", problems
        if not stat.S_ISREG(place.lstat().st_mode):
            return "", [*problems, f"{path!r} must be a regular file; the corpus has something else there. Remove it."]
        return hashlib.sha256(_bytes_of(place)).hexdigest(), problems

    def _bring_company(self, path: str, text: str, root: Path) -> None:
        """Copies into `root` what an article is read together with: its edition, or the article it is one of."""
        try:
            names = {edition_path(path), read_front_matter(text, path)[0].get("edition_of", "")}
        except UnusableInput:
            return  # told when the article itself is read
        for name in names - {"", path}:
            place = self._corpus / name
            if safe_name(name) == name and place.is_file() and not place.is_symlink():
                root.joinpath(name).write_bytes(_bytes_of(place))

    @contextmanager
    def _changing(self) -> Iterator[None]:
        """Lets one at a time change the folder, and turns what the system refuses into a sentence."""
        from filelock import FileLock, Timeout

        try:
            self._kept_folder().mkdir(parents=True, exist_ok=True)
            with self._lock, FileLock(self._data / "shelf.lock", timeout=_LOCK_WAIT_SECONDS):
                yield
        except Timeout as error:
            raise UnusableInput("`corpus` must be changed by one at a time; another is at it. Try again.") from error
        except OSError as error:
            raise UnusableInput(
                f"`corpus` and `data` must be folders that can be written and have room; got {str(self._corpus)!r} and "
                f"{str(self._data)!r}: {error.strerror or error}. Change their rights, or name others."
            ) from error

    def _kept_folder(self) -> Path:
        """The folder of what was taken away.

        Raises:
            UnusableInput: It would be a part of the corpus, and articles that were replaced would be read again.
        """
        folder = self._data / "replaced"
        if folder.resolve().is_relative_to(self._corpus.resolve()):
            raise UnusableInput(
                f"`data` must lie outside of the corpus; got {str(self._data)!r}. Choose another --data."
            )
        return folder

    def _keep(self, file: Path) -> Path:
        """Copies a file of the corpus to where replaced ones are kept; returns the copy."""
        folder = self._kept_folder()
        kept = folder / f"{datetime.now(UTC):%Y%m%dT%H%M%S%f}-{file.name}"
        with _opened(file) as stream:
            _write_new(kept, stream)
        sync_folders([folder])
        return kept


def _stem(name: str) -> str:
    """What two names must not share, on systems that tell capitals from small letters and on others."""
    return unicodedata.normalize("NFC", name.rpartition(".")[0]).casefold()


def _check_fields(fields: Mapping[str, str]) -> None:
    unknown = sorted(set(fields) - set(FIELDS))
    if unknown:
        raise UnusableInput(f"`fields` must be some of {', '.join(FIELDS)}; got {unknown[0]!r}. Leave it out.")
    for name, value in fields.items():
        if any("\ud800" <= character <= "\udfff" for character in value):
            raise UnusableInput(f"`{name}` must be text; got {ascii(value)}. Write it anew.")


def _with_front_matter(text: str, path: str, fields: Mapping[str, str]) -> str:
    values = {name: " ".join(fields[name].split()) for name in FIELDS if fields.get(name, "").strip()}
    try:
        _, body_start = read_front_matter(text, path)
    except UnusableInput:
        return text  # told when the article is read
    if body_start or not values:
        return text
    block = yaml.safe_dump(values, allow_unicode=True, sort_keys=False, width=MAX_FILE_BYTES)
    return f"---\n{block}---\n\n{text}"


def _read(root: Path, path: str) -> tuple[Document | None, list[str]]:
    """The document at a path, None when it cannot be read, and what keeps a corpus with it from being used."""
    try:
        articles = read_corpus(root)
    except UnusableInput as error:
        lines = [line.removeprefix("- ") for line in str(error).splitlines() if line.startswith("- ")]
        return None, lines or [str(error)]
    read = [document for article in articles for document in (article, article.edition) if document is not None]
    problems: list[str] = []
    try:
        check_editions(clean(article) for article in articles)
    except UnusableInput as error:
        problems = [line.removeprefix("- ") for line in str(error).splitlines() if line.startswith("- ")]
    return next(document for document in read if document.path == path), problems


def _edition_of(root: Path, path: str) -> str:
    """The name of the article that a file says it is the edition of, empty when it is none."""
    try:
        return read_front_matter(_bytes_of(root / path).decode("utf-8", "replace"), path)[0].get("edition_of", "")
    except UnusableInput:
        return ""


def _bytes_of(file: Path) -> bytes:
    """The bytes of a file, up to one more than an article may have."""
    with _opened(file) as stream:
        return stream.read(MAX_FILE_BYTES + 1)


def _opened(file: Path) -> BinaryIO:
    """A regular file, open to be read; no symbolic link is followed, and no pipe waited for."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    return os.fdopen(os.open(file, flags), "rb")


def _write_new(file: Path, source: BinaryIO) -> None:
    """Writes a file that is not there yet, down to the disk, with the rights that new files have."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    with os.fdopen(os.open(file, flags, 0o666), "wb") as stream:
        shutil.copyfileobj(source, stream)
        stream.flush()
        os.fsync(stream.fileno())
