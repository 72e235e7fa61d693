"""The page's evaluation runs: which question sets there are, one run at a time behind the page, and what came of them.

A run asks an assistant of its own over the articles as they lie on disk, in another process, so that neither its work
nor its end touches whoever is chatting.
"""

from __future__ import annotations

import logging
import shutil
import subprocess
import threading
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

from assistant.evaluation.background import LOG, PROGRESS, REFUSAL, Order, end_run, start_run
from assistant.evaluation.outcomes import RECORD, REPORT, Difference, Measure, Outcome, Outcomes, is_whole
from assistant.evaluation.progress import read_progress
from assistant.evaluation.record import JOURNALS
from assistant.evaluation.sets import QuestionSet, Sets, sentence
from assistant.settings import Settings
from corpus.errors import UnusableInput

__all__ = ["Board", "Difference", "Measure", "Outcome", "Progress", "QuestionSet"]

_logger = logging.getLogger("xiaoka")
_RUNS = "page"  # inside the folder of journals
_DONE, _NOT_MET, _UNUSABLE = 0, 1, 2
_LOGGED_CHARACTERS = 10_000
_ONE_RUNS = "`start` must wait until no evaluation is running; {}. Wait for it{}."


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far the run is that was started last, or how it ended.

    Attributes:
        n_done: Questions that were asked; 0 while the index is built.
        message: Of a run that failed: what went wrong, in a sentence. Empty otherwise.
    """

    set_name: str
    n_done: int
    n_questions: int
    state: Literal["running", "finished", "failed"]
    message: str = ""


@dataclass(frozen=True, slots=True)
class _Run:
    """A run that is going on, and what is given back when it has ended."""

    child: subprocess.Popen[bytes]
    folder: Path
    resources: ExitStack


class Board:
    """Runs question sets in the background, one at a time, and keeps what they came to.

    Left as a context manager it ends the run that is going on. Several threads may use it at once.
    """

    def __init__(self, settings: Settings) -> None:
        """A board over the corpus and the data folder of these settings; nothing is started or written."""
        self._settings = settings
        self._root = settings.data / JOURNALS / _RUNS
        self._sets = Sets(settings)
        self._kept = Outcomes(self._root)
        self._lock = threading.Lock()
        self._run: _Run | None = None
        self._progress: Progress | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def sets(self) -> tuple[QuestionSet, ...]:
        """The question sets of the corpus, then those an operator put into `<data>/questions`."""
        return self._sets.all()

    def start(self, name: str) -> None:
        """Starts a run of a set, to be compared with the set's newest outcome.

        Raises:
            UnusableInput: There is no such set, it cannot be used, a run is going on (of another server with the same
                data folder, too), or the data folder cannot be written.
        """
        sets = {one.name: one for one in self.sets()}
        if name not in sets:
            known = f"There are {', '.join(sets)}." if sets else f"Put one into {self._settings.data / 'questions'}."
            raise UnusableInput(f"`name` must be that of a question set; got {sentence(repr(name))}. {known}")
        chosen = sets[name]
        if chosen.problem:
            raise UnusableInput(f"`name` must be that of a set that can be used; {name!r} cannot. {chosen.problem}")
        with self._lock:
            self._settle()
            if self._run is not None:
                raise UnusableInput(_ONE_RUNS.format("one is", ", or cancel it"))
            self._run = self._begin(chosen)
            self._progress = Progress(set_name=name, n_done=0, n_questions=chosen.n_questions, state="running")

    def progress(self) -> Progress | None:
        """How far the last run is, or how it ended; None when none was started, or the last one was cancelled."""
        with self._lock:
            self._settle()
            if self._run is not None:
                self._note_progress(self._run)
            return self._progress

    def cancel(self) -> None:
        """Ends the run that is going on and removes what it wrote; nothing when none is going on."""
        with self._lock:
            self._settle()
            if self._run is not None:
                end_run(self._run.child)
                shutil.rmtree(self._run.folder, ignore_errors=True)
                self._let_go(self._run)
                self._progress = None

    def close(self) -> None:
        """Ends the run that is going on."""
        self.cancel()

    def outcomes(self, name: str) -> tuple[Outcome, ...]:
        """What the runs of a set came to, newest first; damaged and half-written ones are passed over."""
        return self._kept.of(name)

    def comparison(self, name: str) -> tuple[Difference, ...]:
        """How the newest outcome of a set differs from the one before; empty when it was compared with none."""
        return self._kept.comparison(name)

    def report(self, outcome_id: str) -> str:
        """The report of an outcome, a whole page (HTML).

        Raises:
            UnusableInput: There is no such outcome.
        """
        return self._kept.report(outcome_id)

    def _begin(self, chosen: QuestionSet) -> _Run:
        """A run of a set; when it cannot be started, nothing of it stays.

        Raises:
            UnusableInput: Another server runs one, or the data folder cannot be written.
        """
        from filelock import FileLock, Timeout

        with ExitStack() as resources:
            try:
                self._root.mkdir(parents=True, exist_ok=True)
                # Let go of by whichever thread sees first that the run has ended.
                lock = FileLock(self._root / ".lock", thread_local=False)
                resources.enter_context(lock.acquire(timeout=0))
                self._kept.remove_unfinished()
                newest = self._kept.newest(chosen.name)
                folder = self._kept.new_folder(chosen.name)
                resources.callback(_tidy, folder)
                baseline = None if newest is None else self._kept.folder_of(newest.outcome_id) / RECORD
                child = start_run(
                    Order(settings=self._settings, questions=chosen.path, folder=folder, baseline=baseline)
                )
            except Timeout as error:
                raise UnusableInput(_ONE_RUNS.format("another server with this data folder runs one", "")) from error
            except OSError as error:
                raise UnusableInput(
                    f"`data` must be a folder that can be written, and there must be room for a process; "
                    f"{self._root} cannot be used ({error.strerror}). Make room, or name another."
                ) from error
            resources.callback(end_run, child)
            return _Run(child, folder, resources.pop_all())

    def _note_progress(self, run: _Run) -> None:
        told = read_progress(run.folder / PROGRESS)
        if told is not None and self._progress is not None:
            self._progress = replace(self._progress, n_done=told[0], n_questions=told[1])

    def _settle(self) -> None:
        """Notes how the run ended, if it has."""
        run = self._run
        if run is None or self._progress is None or (code := run.child.poll()) is None:
            return
        self._note_progress(run)
        # 1 is a run with its figures in which a question failed, or one that failed itself.
        if code in (_DONE, _NOT_MET) and is_whole(run.folder):
            self._progress = replace(self._progress, state="finished")
            self._kept.keep_newest(self._progress.set_name)
        else:
            self._progress = replace(self._progress, state="failed", message=_why(run.folder, code))
        self._let_go(run)

    def _let_go(self, run: _Run) -> None:
        self._run = None
        run.resources.close()


def _tidy(folder: Path) -> None:
    """Leaves of a run its outcome, or nothing when it has none."""
    if not is_whole(folder):
        shutil.rmtree(folder, ignore_errors=True)
        return
    with suppress(OSError):
        for file in folder.iterdir():
            if file.name not in (RECORD, REPORT):
                file.unlink(missing_ok=True)


def _why(folder: Path, code: int) -> str:
    """Why a run has no outcome, in a sentence; what only a programmer can read goes to the log."""
    if code == _UNUSABLE and (refusal := _text(folder / REFUSAL)):
        return sentence(refusal)
    _logger.error("an evaluation ended with exit code %d:\n%s", code, _text(folder / LOG)[-_LOGGED_CHARACTERS:])
    how = f"was ended by signal {-code}" if code < 0 else f"ended with exit code {code}"
    return f"The evaluation {how}, by a fault of the program or for want of memory. The server's log says more."


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
