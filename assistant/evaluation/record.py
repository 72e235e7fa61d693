"""The record of a run: what it measured, of what, and by what; written for programs, for CI and for later runs."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import platform
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path
from typing import Any, TextIO
from xml.etree import ElementTree

import assistant
import corpus
import index
from assistant.evaluation.questions import QuestionSet
from assistant.evaluation.run import Row
from assistant.settings import EXTRACTIVE, Settings
from assistant.start import Evaluated
from corpus.errors import UnusableInput
from corpus.reader import SUFFIXES
from index.vectors import public_url

FORMAT = 1
JOURNALS = "evaluations"  # the folder of runs that are going on, or were killed, among what is written
QUESTIONS_LINE = '"questions": ['  # what stands before the questions, each of which has a line of its own
_SHAPING = frozenset((".py", ".toml", ".json", ".jinja", ".safetensors"))
_NOT_SHAPING = frozenset(("articles", "questions", "training"))
_LIBRARIES = ("chromadb", "numpy", "opencc", "pypinyin", "tantivy", "tokenizers")  # that answers pass through
_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# What `--scores` keeps of a question; everything else of it is in the file of `--json`.
_SCORED = ("id", "set", "kind", "lang", "expect", "digest", "outcome", "grades")


def versions_of(assistant: Evaluated) -> dict[str, Any]:
    """Of what an evaluation's figures are: the program and its code, the encoder, the corpus with its editions."""
    articles = {document.doc_id: document.version[:16] for document in assistant.documents()}
    return {
        "xiaoka": _version("xiaoka"),
        "code": code_digest(),
        "encoder": assistant.encoder,
        "corpus": _digest(f"{path} {sha256}" for path, sha256 in sorted(assistant.files().items())),
        "articles": articles,
        "python": platform.python_version(),
        "libraries": {name: _version(name) for name in _LIBRARIES},
    }


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return ""


def code_digest() -> str:
    """Sixteen hexadecimal digits that stand for the program's code, word lists, learnt weights and built-in encoder."""
    lines = []
    for package in (corpus, index, assistant):
        folder = Path(package.__file__ or "").parent
        for file in sorted(folder.rglob("*")):
            inside = file.relative_to(folder)
            if file.suffix in _SHAPING and not _NOT_SHAPING & {*inside.parts[:-1]} and file.is_file():
                digest = hashlib.sha256(file.read_bytes()).hexdigest()
                lines.append(f"{package.__name__}/{inside.as_posix()} {digest}")
    return _digest(lines)


def settings_of(settings: Settings) -> dict[str, Any]:
    """The settings that shape answers; the corpus by its place below the working directory, if it lies there."""
    try:
        place = settings.corpus.relative_to(Path.cwd()).as_posix()
    except ValueError:
        place = str(settings.corpus)
    return {
        "corpus": place,
        "encoder": settings.encoder,
        "reranker": settings.reranker,
        "chroma_url": public_url(settings.chroma_url),
        "k": settings.k,
        **({} if settings.model == EXTRACTIVE else {"model": settings.model}),
    }


def sets_of(sets: Sequence[QuestionSet]) -> list[dict[str, Any]]:
    """Each set's name, how many questions it has, and the digest of its files."""
    return [{"name": one.name, "n": len(one.cases), "sha256": one.sha256} for one in sets]


def run_key(sets: Sequence[QuestionSet], versions: Mapping[str, Any], settings: Mapping[str, Any], judge: str) -> str:
    """Sixteen hexadecimal digits that are the same for runs of the same questions by the same program."""
    return _digest([json.dumps([sets_of(sets), versions, settings, judge], sort_keys=True)])


def _digest(lines: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


def write_record(record: Mapping[str, Any], rows: Iterable[Row], file: Path) -> None:
    """Writes the whole record as JSON, its questions last and one on each line, read one after the other."""
    with written(file) as stream:
        _write_head(record, stream)
        for n, row in enumerate(rows):
            stream.write((",\n" if n else "\n") + json.dumps(row, ensure_ascii=False))
        stream.write("\n]}\n")


def read_head(stream: Iterable[str]) -> dict[str, Any]:
    """Everything of a record but its questions, from a file in the layout that `write_record` writes.

    The questions are left in the stream, one on each line.

    Raises:
        ValueError: It is no such file.
    """
    head: list[str] = []
    for line in stream:
        head.append(line)
        if line.strip() == QUESTIONS_LINE:
            break
    found: dict[str, Any] = json.loads("".join([*head, "]}"]))
    return found


def write_scores(record: Mapping[str, Any], rows: Iterable[Row], file: Path) -> None:
    """Writes what later runs are compared with: grades, without answers, hits, times and date.

    It is small, and for the same questions, articles and program it is the same to the byte.
    """
    kept = {name: record[name] for name in ("format", "versions", "settings", "sets", "n", "n_errors", "summary")}
    with written(file) as stream:
        _write_head(kept, stream)
        for n, row in enumerate(rows):
            scored = {name: row[name] for name in _SCORED}
            stream.write((",\n" if n else "\n") + json.dumps(scored, ensure_ascii=False))
        stream.write("\n]}\n")


def _write_head(record: Mapping[str, Any], stream: TextIO) -> None:
    # `questions` comes last, so that everything before it is known when the first is written.
    head = json.dumps({**record, "questions": []}, ensure_ascii=False, indent=1)
    stream.write(head.removesuffix("]\n}"))


def write_junit(record: Mapping[str, Any], rows: Iterable[Row], file: Path) -> None:
    """Writes a test case for each question as JUnit's XML, so that CI shows which failed and why."""
    with written(file) as stream:
        stream.write('<?xml version="1.0" encoding="UTF-8"?>\n')
        stream.write(
            f'<testsuite name="xiaoka" tests="{record["n"]}" failures="{record["n_wrong"]}" '
            f'errors="{record["n_errors"]}" time="{record["seconds"]:.3f}">\n'
        )
        for row in rows:
            stream.write(ElementTree.tostring(_test_case(row), encoding="unicode") + "\n")
        stream.write("</testsuite>\n")


def _test_case(row: Row) -> ElementTree.Element:
    seconds = row["answer"]["timings_ms"].get("total", 0.0) / 1000 if row["answer"] else 0.0
    case = ElementTree.Element(
        "testcase", classname=_xml(f"{row['set']}.{row['kind']}"), name=_xml(row["id"]), time=f"{seconds:.3f}"
    )
    asked = " / ".join(row["turns"])
    if row["outcome"] == "error":
        ElementTree.SubElement(case, "error", message=_xml(row["error"])).text = _xml(asked)
    elif not row["grades"]["success"]:
        message = f"expected {row['expect']}, got {row['outcome']}; {failed_measures(row)}"
        text = f"{asked}\n\n{row['answer']['text']}"
        ElementTree.SubElement(case, "failure", message=_xml(message)).text = _xml(text)
    return case


def failed_measures(row: Row) -> str:
    """The measures of success that a question did not meet, in a few words."""
    names = ("outcome_ok", "facts", "steps", "cite_recall", "clean")
    failed = [f"{name} {row['grades'][name]:g}" for name in names if row["grades"].get(name, 1.0) < 1.0]
    # Of a question back the facts are no measure, and still must be there.
    return ", ".join(failed) or "a fact is missing"


def _xml(text: str) -> str:
    """Text without the characters that XML has not."""
    return _NO_XML.sub("\ufffd", text)


@contextmanager
def written(file: Path) -> Iterator[TextIO]:
    """A file to be written, put in place when all of it was; what stood there before stays if that fails.

    Raises:
        UnusableInput: It cannot be written.
    """
    target = real_path(file)  # the file that a link leads to, not the link
    aside = _aside(target)
    try:
        with aside.open("w", encoding="utf-8", errors="backslashreplace", newline="\n") as stream:
            yield stream
        aside.replace(target)
    except OSError as error:
        raise UnusableInput(f"{str(file)!r} must be a file that can be written; {error.strerror}.") from error
    finally:
        with contextlib.suppress(OSError):
            aside.unlink(missing_ok=True)


def _aside(file: Path) -> Path:
    return file.with_name(f".{file.name}.{os.getpid()}.part")


def real_path(file: Path) -> Path:
    """Where a file lies behind all links; a link that leads nowhere or to itself is its own place."""
    return Path(os.path.realpath(file))


def check_writable(files: Mapping[str, Path | None], inputs: Iterable[Path], settings: Settings) -> None:
    """Nothing, when each file can be put where it is wanted; tried before anything is asked.

    Args:
        files: Option → file, None where none is wanted.
        inputs: Files that are read and may not be written over.
        settings: Name the articles, and the folder of indexes and journals, which may not be either.

    Raises:
        UnusableInput: One cannot be written, is no regular file, is named twice, or is read.
    """
    problems = []
    read = {real_path(file) for file in inputs}
    indexes, journals = (real_path(settings.data / name) for name in ("indexes", JOURNALS))

    def is_read(file: Path) -> bool:
        place = real_path(file)
        is_article = place.is_relative_to(real_path(settings.corpus)) and place.name.lower().endswith(SUFFIXES)
        # Journals lie in their folder itself; what stands in folders inside it, such as the page's runs, is an output.
        return place in read or is_article or place.is_relative_to(indexes) or journals in (place, place.parent)

    wanted = {option: file for option, file in files.items() if file is not None}
    for option, file in wanted.items():
        try:
            why = "it is read by this run" if is_read(file) else _why_not_written(file)
        except OSError as error:
            why = str(error.strerror)
        if why:
            problems.append(f"`{option}` must name a file that can be written; got {str(file)!r}: {why}.")
    if len({real_path(file) for file in wanted.values()}) < len(wanted):
        problems.append(f"{', '.join(f'`{option}`' for option in wanted)} must name different files.")
    if problems:
        raise UnusableInput("\n".join(problems))


def _why_not_written(file: Path) -> str:
    """Why a file cannot be put where it is wanted, empty when it can.

    Raises:
        OSError: The system says why.
    """
    target = real_path(file)
    if target.is_dir():
        return "it is a folder"
    if target.exists() and not target.is_file():
        return "it is no regular file"
    if not target.parent.is_dir():
        return f"there is no folder {target.parent if file.is_symlink() else file.parent}"
    _aside(target).touch()
    _aside(target).unlink()
    return ""
