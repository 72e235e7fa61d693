"""Which question sets there are for a corpus, and whether each can be used."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import corpus
from assistant.evaluation.questions import read_question_sets, sections_beside
from assistant.render import visible
from assistant.settings import Settings
from corpus.errors import UnusableInput

_FOLDER = "questions"
_SUFFIX = ".jsonl"
_MAX_BYTES = 50_000_000
_LONGEST_SENTENCE = 500

_Stamp = tuple[tuple[int, int, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionSet:
    """A file of questions that can be chosen.

    Attributes:
        name: The file's name without its suffix; with ` (2)` where a file before it has that.
        n_questions: 0 when the set cannot be used.
        problem: Why it cannot be used, in a sentence; empty when it can.
    """

    name: str
    path: Path
    n_questions: int
    problem: str = ""


class Sets:
    """The question sets of a corpus, and those that an operator put into the data folder."""

    def __init__(self, settings: Settings) -> None:
        self._places = _places(settings)
        self._read: dict[Path, tuple[_Stamp, QuestionSet]] = {}

    def all(self) -> tuple[QuestionSet, ...]:
        """The sets of the corpus, then those of the data folder, by name in each.

        Each is read at every call that finds its files changed.
        """
        found: dict[str, QuestionSet] = {}
        for path in self._files():
            one = self._look_at(path)
            name, n = one.name, 1
            while name in found:
                n += 1
                name = f"{one.name} ({n})"
            found[name] = replace(one, name=name)
        return tuple(found.values())

    def _files(self) -> Iterator[Path]:
        """The files of questions, each once whatever links lead to it."""
        seen: set[str] = set()
        for place in self._places:
            files = [place] if place.suffix == _SUFFIX and place.exists() else sorted(place.glob(f"*{_SUFFIX}"))
            for file in files:
                # A name that begins with a dot is that of a file that is being written.
                if not file.name.startswith(".") and (real := os.path.realpath(file)) not in seen:
                    seen.add(real)
                    yield file

    def _look_at(self, path: Path) -> QuestionSet:
        """The set in a file, by the file's own name."""
        name = sentence(path.stem)
        try:
            stamp = _stamp(path)
            earlier = self._read.get(path)
            if earlier is not None and earlier[0] == stamp:
                return earlier[1]
            (one,) = read_question_sets([path])
        except UnusableInput as error:
            return QuestionSet(name=name, path=path, n_questions=0, problem=sentence(str(error)))
        found = QuestionSet(name=name, path=path, n_questions=len(one.cases))
        self._read[path] = (stamp, found)
        return found


def sentence(message: str) -> str:
    """A message as it is shown on a page: in one line, of bounded length, nothing hidden in it."""
    line = visible(" ".join(message.split()))
    return line if len(line) <= _LONGEST_SENTENCE else line[: _LONGEST_SENTENCE - 1] + "…"


def _places(settings: Settings) -> list[Path]:
    """Where sets lie: folders, and a file for the articles that have one set."""
    shipped = Path(corpus.__file__ or "").parent
    own = settings.data / _FOLDER
    if os.path.realpath(settings.corpus) == os.path.realpath(shipped / "articles"):
        return [shipped / _FOLDER, own]
    return [settings.corpus / (_FOLDER + _SUFFIX), settings.corpus / _FOLDER, own]


def _stamp(path: Path) -> _Stamp:
    """What changes when a set's files do.

    Raises:
        UnusableInput: One is no regular file (reading a pipe would wait for ever) or too large, or the system says no.
    """
    files = [path, sections] if os.path.lexists(sections := sections_beside(path)) else [path]
    stamp = []
    for file in files:
        try:
            status = file.stat()
        except OSError as error:
            raise UnusableInput(
                f"`questions` must be files that can be read; {file.name} cannot ({error.strerror})."
            ) from error
        if not stat.S_ISREG(status.st_mode) or status.st_size > _MAX_BYTES:
            raise UnusableInput(
                f"`questions` must be regular files of at most {_MAX_BYTES // 1_000_000} MB; {file.name} is none."
            )
        stamp.append((status.st_ino, status.st_size, status.st_mtime_ns))
    return tuple(stamp)
