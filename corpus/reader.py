"""Article files in, `Document`s out: what is read, how it is decoded, and what is refused.

A corpus folder is filled by people, so anything may lie in it. Nothing outside the folder is ever opened (no
symbolic link is followed), nothing that is not a regular file, nothing large; what cannot be used is named, all of
it at once, instead of being left out in silence.

A file whose front matter says `edition_of: NAME.md` is no article: it is the English edition of that one, stands
beside it as `NAME.en.md`, and is attached to it.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from corpus.document import Document
from corpus.errors import UnusableInput
from corpus.front_matter import FrontMatter, read_front_matter
from corpus.text import decode, detect_language

MAX_FILE_BYTES = 2_000_000
MAX_FILES = 20_000
SUFFIXES = (".md", ".markdown", ".txt")
EDITION_LANGUAGE = "en"

_MAX_TITLE_LINE = 60
# A line of words with a blank line behind it; what ends as a sentence does, or opens a list or table, is no title.
_FIRST_LINE = re.compile(r"[\ufeff\s\u3000]*([^\s#>|`<\[-][^\n]*)\r?\n[ \t\u3000\r]*\n")
_NO_TITLE = re.compile(
    r"[。；;：:，,.|]$|^(?:[-*+•]\s|\d+[.、]|[（(]|【(?:[一二三四五六七八九十\d]{1,3}】|[^】]*】?$)|={3}|-{3})"
)
_MAX_TITLE_CHARACTERS = 200
_ATX_HEADING = re.compile(r"^ {0,3}(?!#[^\s#][^\n]*\s#)#{1,6}(?!#)[ \t\u3000]*(\S[^\r\n]*)", re.MULTILINE)
_UNDERLINED_HEADING = re.compile(r"^ {0,3}(\S[^\r\n]*)\r?\n {0,3}(?:={3,}|-{3,})[ \t]*\r?$", re.MULTILINE)
_FENCED = re.compile(r"^ {0,3}(```|~~~).*?(?:^ {0,3}\1|\Z)", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleFile:
    """A file that may be read as an article; nothing of its content is known yet.

    Attributes:
        path: Path inside the corpus folder, `/` between parts.
        size: In bytes.
        mtime_ns: Time of the last change, nanoseconds since the epoch.
    """

    path: str
    size: int
    mtime_ns: int


def list_files(root: Path) -> list[ArticleFile]:
    """The article files below `root`, sorted by path: regular files with an article's suffix.

    Symbolic links, devices, pipes and names that begin with a dot are passed over.

    Raises:
        UnusableInput: `root` is missing, is no folder, holds a folder that cannot be opened, no article, or more
            than `MAX_FILES` of them.
    """
    _require_folder(root)
    files: list[ArticleFile] = []
    for folder, folders, names in os.walk(root, followlinks=False, onerror=_refuse_folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in names:
            if name.startswith(".") or not name.lower().endswith(SUFFIXES):
                continue
            place = Path(folder, name)
            status = place.lstat()
            if stat.S_ISREG(status.st_mode):
                path = place.relative_to(root).as_posix()
                files.append(ArticleFile(path=path, size=status.st_size, mtime_ns=status.st_mtime_ns))
        if len(files) > MAX_FILES:
            raise UnusableInput(
                f"`corpus` must hold at most {MAX_FILES:,} articles; {str(root)!r} holds more. Split it."
            )
    if not files:
        raise UnusableInput(
            f"`corpus` must hold at least one article ({', '.join(SUFFIXES)}); {str(root)!r} holds none. "
            "Put an article in it, or name another folder."
        )
    return sorted(files, key=lambda file: file.path)


def read_document(root: Path, path: str) -> Document:
    """The article in the file `path` of the folder `root` with its edition, as they lie on disk: nothing is cleaned.

    Args:
        root: The corpus folder.
        path: Path inside it, `/` between parts, as `list_files` gives it.

    Raises:
        UnusableInput: The file is no regular file inside `root`, is too large, empty or not text, or its front
            matter does not parse; or its edition is refused for one of these.
    """
    _require_folder(root)
    _require_plain_path(path)
    parent = root.joinpath(*path.split("/")[:-1])
    try:
        names = [entry.name for entry in os.scandir(parent) if entry.is_file(follow_symlinks=False)]
    except OSError as error:
        raise UnusableInput(f"{path!r} must be a file that can be read; {error.strerror}.") from error
    prefix = path[: len(path) - len(path.rsplit("/", 1)[-1])]
    siblings = [prefix + name for name in names if not name.startswith(".") and name.lower().endswith(SUFFIXES)]
    ids = document_ids({path, *siblings})
    document, _ = _read(root, path, ids[path])
    beside = edition_path(path)
    if beside not in siblings:
        return document
    edition, edition_of = _read(root, beside, ids[beside])
    return _with_edition(document, edition) if prefix + edition_of == path else document


def read_corpus(root: Path) -> list[Document]:
    """Every article below `root`, each with its edition, in the order of their paths.

    Raises:
        UnusableInput: As `list_files`; or some files cannot be used: the message has one line for each.
    """
    paths = [file.path for file in list_files(root)]
    ids = document_ids(paths)
    articles: dict[str, Document] = {}
    editions: dict[str, tuple[Document, str]] = {}
    problems: list[str] = []
    for path in paths:
        try:
            document, edition_of = _read(root, path, ids[path])
        except UnusableInput as error:
            problems.append(str(error))
            continue
        if edition_of:
            editions[path] = document, edition_of
        else:
            articles[path] = document
    for path, (edition, edition_of) in editions.items():
        try:
            article = _article_of(path, edition_of, ids.keys() - editions.keys())
            if article in articles:
                articles[article] = _with_edition(articles[article], edition)
        except UnusableInput as error:
            problems.append(str(error))
    if problems:
        lines = "\n".join(f"- {problem}" for problem in problems)
        raise UnusableInput(
            f"every article of `corpus` must be usable; got {len(problems)} of {len(paths)} in {str(root)!r} that "
            f"cannot be used. Mend or remove:\n{lines}"
        )
    return list(articles.values())


def edition_path(path: str) -> str:
    """Where the edition of the article `path` stands: `NAME.en.md` of `NAME.md`."""
    stem, dot, suffix = path.rpartition(".")
    return f"{stem}.{EDITION_LANGUAGE}{dot}{suffix}"


def _article_of(path: str, edition_of: str, articles: Collection[str]) -> str:
    """The path of the article that the edition `path` is of.

    Raises:
        UnusableInput: There is no such article, or the edition is not named after it.
    """
    article = path[: len(path) - len(path.rsplit("/", 1)[-1])] + edition_of
    if article not in articles:
        raise UnusableInput(
            f"{path!r}: front matter's `edition_of` must name an article in the same folder; got {edition_of!r}. "
            "Mend the name, or put the article beside it."
        )
    if path != edition_path(article):
        raise UnusableInput(
            f"{path!r} must be named {edition_path(article)!r}, as it is the edition of {edition_of!r}. Rename it."
        )
    return article


def _with_edition(article: Document, edition: Document) -> Document:
    """The article with its edition attached.

    Raises:
        UnusableInput: The edition is not in English, or the article is.
    """
    if edition.language != EDITION_LANGUAGE:
        raise UnusableInput(
            f"{edition.path!r}: an edition's `language` must be {EDITION_LANGUAGE}; got {edition.language!r}. Mend it."
        )
    if article.language == EDITION_LANGUAGE:
        raise UnusableInput(
            f"{edition.path!r} must be the edition of an article in another language; {article.path!r} is in English. "
            "Remove `edition_of`, or the file."
        )
    return replace(article, edition=edition)


def document_ids(paths: Iterable[str]) -> dict[str, str]:
    """The `doc_id` of every path: the path without its suffix, or with it where two would be the same."""
    stems = {path: path[: path.rindex(".")] for path in paths}
    ids = dict(stems)
    while True:
        count = Counter(ids.values())
        # "a.md" keeps its suffix beside "a.txt", and then "a.md.txt" must keep its own.
        colliding = [path for path, doc_id in ids.items() if count[doc_id] > 1 and doc_id != path]
        if not colliding:
            return ids
        ids.update((path, path) for path in colliding)


def _read(root: Path, path: str, doc_id: str) -> tuple[Document, str]:
    """The document in a file, and the name of the article that it is an edition of, empty when it is an article."""
    _require_plain_path(path)
    data = _read_bytes(root, path)
    text = decode(data, path)
    matter, body_start = read_front_matter(text, path)
    body = text[body_start:]
    if not body.strip("\ufeff \t\r\n\f\u3000"):
        raise UnusableInput(f"{path!r} must hold text; got an empty article. Write it or remove the file.")
    document = Document(
        doc_id=doc_id,
        title=_title(matter, body, path),
        text=text,
        path=path,
        version=hashlib.sha256(data).hexdigest(),
        body_start=body_start,
        source=matter.get("source", ""),
        license=matter.get("license", ""),
        language=matter.get("language", "") or detect_language(body),
        region=matter.get("region", ""),
        as_of=matter.get("as_of", ""),
    )
    return document, matter.get("edition_of", "")


def _read_bytes(root: Path, path: str) -> bytes:
    place = root
    try:
        for part in path.split("/"):
            place = place / part
            if stat.S_ISLNK(place.lstat().st_mode):
                raise UnusableInput(f"{path!r} must not lead through a symbolic link; put a copy of the file there.")
        if not stat.S_ISREG(place.lstat().st_mode):
            raise UnusableInput(f"{path!r} must be a regular file; got a folder, pipe or device. Remove it.")
        # The flags close the gap between the look above and the opening: a pipe swapped in must not block us.
        flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
        with os.fdopen(os.open(place, flags), "rb") as file:
            size = os.fstat(file.fileno()).st_size
            data = file.read(MAX_FILE_BYTES + 1) if size <= MAX_FILE_BYTES else b""
    except OSError as error:
        raise UnusableInput(f"{path!r} must be a file that can be read; {error.strerror}.") from error
    if max(size, len(data)) > MAX_FILE_BYTES:
        raise _too_large(path, max(size, len(data)))
    return data


def _too_large(path: str, size: int) -> UnusableInput:
    return UnusableInput(
        f"{path!r} must be at most {MAX_FILE_BYTES:,} bytes; got {size:,}. Split the article or remove the file."
    )


def _require_folder(root: Path) -> None:
    if not root.exists():
        raise UnusableInput(f"`corpus` must be a folder that exists; got {str(root)!r}. Create it, or name another.")
    if not root.is_dir():
        raise UnusableInput(f"`corpus` must be a folder; got the file {str(root)!r}. Name the folder that holds it.")


def _require_plain_path(path: str) -> None:
    # A name with a line break or a lone surrogate cannot be shown, stored as JSON or used as an id.
    if not path.isprintable():
        raise UnusableInput(f"{ascii(path)} must be a name of printable characters. Rename the file.")
    if not path.lower().endswith(SUFFIXES):
        raise UnusableInput(f"{path!r} must end with one of {', '.join(SUFFIXES)}. Rename the file.")
    if any(part in {"", ".", ".."} for part in path.split("/")) or "\\" in path or ":" in path.split("/")[0][1:2]:
        raise UnusableInput(f"{path!r} must be a path inside the corpus folder, without `..` and backslashes.")


def _refuse_folder(error: OSError) -> None:
    raise UnusableInput(f"every folder of `corpus` must be readable; {error.filename!r}: {error.strerror}.") from error


def _title(matter: Mapping[str, str] | FrontMatter, body: str, path: str) -> str:
    if title := matter.get("title", ""):
        return title
    prose = _FENCED.sub("", body)
    found = _ATX_HEADING.search(prose) or _UNDERLINED_HEADING.search(prose)
    title = found[1].strip().rstrip("#").strip(" \t\u3000*_`") if found else _titling_line(body)
    return title[:_MAX_TITLE_CHARACTERS] or path.rsplit("/", 1)[-1].rsplit(".", 1)[0]


def _titling_line(body: str) -> str:
    """The first line of an article that stands alone, is short and is no sentence; empty when there is none."""
    found = _FIRST_LINE.match(body)
    line = found[1].strip(" \t\u3000*_`\ufeff") if found else ""
    short = 0 < len(line) <= _MAX_TITLE_LINE
    return line if short and re.search(r"[^\W\d_]", line) and not _NO_TITLE.search(line) else ""
