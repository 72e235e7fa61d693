"""Asks every question of a set, in one process or several, and keeps what came of each on disk as it comes."""

from __future__ import annotations

import atexit
import contextlib
import json
import math
import multiprocessing
import os
import signal
import threading
import traceback
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack, contextmanager
from functools import lru_cache
from itertools import islice
from multiprocessing.connection import wait
from pathlib import Path
from typing import Any

from assistant.answer import Answer
from assistant.evaluation.grading import grade
from assistant.evaluation.progress import told_progress
from assistant.evaluation.questions import Case, QuestionSet, Sections
from assistant.evaluation.retrieval import Relevance, grade_retrieval
from assistant.settings import Settings
from assistant.start import Evaluated, Opener
from corpus.errors import UnusableInput
from corpus.reader import read_document
from index.manifest import sync_folders

Judge = Callable[[Sequence[str], Mapping[str, Any]], Mapping[str, Any] | None]
Row = dict[str, Any]  # a question with what came of it; docs/evaluation.md lists the fields

_A_TASK = 4  # questions that a process is given at once
_TASKS_AHEAD = 3  # tasks for each process that are given out before the first is done
_WORTH_A_PROCESS = 150  # questions from which another process pays for its start
_CACHED_SOURCES = 64


class RunFailed(RuntimeError):
    """A run that could not be brought to its end, though its input can be used."""


class Examiner:
    """Asks an assistant questions and grades what it answers; a question that fails is a row of its own."""

    def __init__(self, assistant: Evaluated, corpus: Path, sections: Mapping[str, Sections]) -> None:
        """An examiner of one assistant.

        Args:
            assistant: Who is asked.
            corpus: Folder of the articles, which quotes are compared with as they lie there.
            sections: Set → where its support stands.
        """
        self._assistant = assistant
        self._corpus = corpus
        self._sections = sections
        documents = assistant.documents()
        self._paths = {document.doc_id: document.path for document in documents}
        titles = {document.doc_id: document.title for document in documents}
        outline = assistant.outline()
        self._relevance = {name: Relevance(outline, titles, one) for name, one in sections.items()}
        self._source = lru_cache(maxsize=_CACHED_SOURCES)(self._read_source)

    def relevant(self, case: Case) -> frozenset[str]:
        """The chunks that support a question."""
        return self._relevance[case.set_name].of(case)

    def examine(self, case: Case) -> Row:
        """What came of one question, its retrieval not yet graded."""
        row: Row = {
            "id": case.id,
            "set": case.set_name,
            "kind": case.kind,
            "lang": case.lang,
            "expect": case.expect,
            "digest": case.digest,
            "turns": list(case.turns),
            "gold": case.gold(),
            "outcome": "error",
            "error": "",
            "grades": {},
            "answer": None,
            "hits": [],
            "score": None,
            "threshold": None,
            "decided": "",
            "judged": None,
            "before": None,
        }
        try:
            return row | self._graded(case, self._assistant.ask(case.turns))
        except Exception as error:  # noqa: BLE001 - whatever was raised is what came of the question; the run fails by it
            return row | {"error": _told(error)}

    def _graded(self, case: Case, answer: Answer) -> Row:
        published = answer.to_json()
        relevant = self.relevant(case)
        return {
            "outcome": answer.outcome,
            "grades": grade(case, published, self._sections[case.set_name], self._source),
            "answer": published,
            "hits": [
                {
                    "chunk_id": hit.chunk.chunk_id,
                    "rank": hit.rank,
                    "score": round(hit.score, 6),
                    "relevant": hit.chunk.chunk_id in relevant,
                }
                for hit in answer.hits
            ],
            "score": answer.explanation.get("score"),
            "threshold": answer.explanation.get("threshold"),
            "decided": answer.explanation.get("decided", ""),
        }

    def _read_source(self, doc_id: str) -> str | None:
        path = self._paths.get(doc_id)
        return None if path is None else read_document(self._corpus, path).text


def _told(error: Exception) -> str:
    """An error with the place in the program that raised it."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__}: {error} ({Path(frame.filename).name}, line {frame.lineno})"


class Journal:
    """The rows of a run in a file, one on each line, in the order of the questions; a killed run leaves its rows."""

    def __init__(self, file: Path, *, resume: bool) -> None:
        """A journal, with the rows of an earlier run of the same name if it is to be resumed."""
        self.file = file
        file.parent.mkdir(parents=True, exist_ok=True)
        if resume and file.exists():
            _cut_unfinished(file)
        else:
            file.write_bytes(b"")
        self._stream = file.open("ab")

    def append(self, rows: Iterable[Row]) -> None:
        """Adds rows; they are on their way to the disk when this returns.

        Raises:
            UnusableInput: They cannot be written.
        """
        try:
            for row in rows:
                self._stream.write(json.dumps(row, ensure_ascii=True).encode() + b"\n")
            self._stream.flush()
        except OSError as error:
            raise UnusableInput(
                f"`data` must be a folder that can be written; {self.file.parent} cannot ({error.strerror}). "
                "Make room, or name another; then go on with --resume."
            ) from error

    def rows(self) -> Iterator[Row]:
        """Every row so far, read one after the other."""
        with self.file.open("rb") as stream:
            for line in stream:
                yield json.loads(line)

    def close(self) -> None:
        """Lets go of the file."""
        with contextlib.suppress(OSError):  # what could not be written was told by `append`
            self._stream.close()

    def remove(self) -> None:
        """Removes the file, when everything of it has been written elsewhere."""
        self.close()
        self.file.unlink(missing_ok=True)
        sync_folders([self.file.parent])


def _cut_unfinished(file: Path) -> None:
    """Removes what is to be asked anew: a row that was written in part, and everything from the first that failed on.

    Rows stay in the order of the questions.
    """
    with file.open("rb+") as stream:
        whole = 0
        known: set[str] = set()
        for line in stream:
            name = _answered(line)
            if not name or name in known:
                break
            known.add(name)
            whole += len(line)
        stream.truncate(whole)


def _answered(line: bytes) -> str:
    """The id of a row that is whole and of a question that was answered, empty for anything else."""
    try:
        row = json.loads(line) if line.endswith(b"\n") else {}
        return str(row["id"]) if row["outcome"] != "error" else ""
    except (ValueError, KeyError, TypeError):
        return ""


@contextmanager
def open_journal(folder: Path, key: str, *, resume: bool) -> Iterator[Journal]:
    """The journal of a run, closed at the end; no other run of the same key can open it meanwhile.

    Args:
        folder: Where journals lie.
        key: What the run asks and whom, in so many hexadecimal digits: only a run of the same is resumed.
        resume: Whether the rows of an earlier run that was not finished are kept.

    Raises:
        UnusableInput: Another run of the same is going on, or the folder cannot be written.
    """
    from filelock import FileLock, Timeout

    with ExitStack() as resources:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            resources.enter_context(FileLock(folder / f"{key}.lock").acquire(timeout=0))
            journal = Journal(folder / f"{key}.jsonl", resume=resume)
        except Timeout as error:
            raise UnusableInput(
                f"`data` must not be used by another run of the same questions; one is going on in {folder}. "
                "Wait for it, or give this one another --data."
            ) from error
        except OSError as error:
            raise UnusableInput(
                f"`data` must be a folder that can be written; {folder} cannot ({error.strerror}). Name another."
            ) from error
        resources.callback(journal.close)
        yield journal


def run_questions(
    sets: Sequence[QuestionSet],
    settings: Settings,
    opener: Opener,
    examiner: Examiner,
    journal: Journal,
    *,
    workers: int,
    judge: Judge | None = None,
    progress: Path | None = None,
) -> int:
    """Asks every question that the journal does not hold yet, and adds what came of it, in the order of the questions.

    Returns how many questions the journal held before.

    Args:
        sets: The questions.
        settings: Of the assistants that other processes open.
        opener: Opens an assistant; it is handed to other processes.
        examiner: The examiner of this process.
        journal: Where rows go.
        workers: Processes that ask; 1 asks in this one, 0 chooses by cores and by the questions that are left.
        judge: What a model says of an answer, asked in this process; None for no judge.
        progress: The file that tells how far the run is; None for none.

    Raises:
        RunFailed: A process died. What was answered is kept for `--resume`.
        UnusableInput: The journal or the file of progress cannot be written.
    """
    from tqdm import tqdm

    cases = [case for one in sets for case in one.cases]
    done = {row["id"] for row in journal.rows()}
    left = [case for case in cases if case.id not in done]
    by_id = {case.id: case for case in left}
    sections = {one.name: one.sections for one in sets}
    # `disable=None` shows the bar on terminals only.
    n_done = len(done)
    with (
        tqdm(total=len(cases), initial=n_done, desc="Asking", unit="question", disable=None) as bar,
        told_progress(progress, len(cases)) as tell,
    ):
        tell(n_done)
        for rows in _examined(left, settings, opener, examiner, sections, n_workers(workers, len(left))):
            _grade_retrieval(rows, by_id, examiner)
            if judge is not None:
                for row in rows:
                    row["judged"] = judge(row["turns"], row["answer"]) if row["answer"] is not None else None
            journal.append(rows)
            bar.update(len(rows))
            n_done += len(rows)
            tell(n_done)
    return len(done)


def n_workers(asked_for: int, n_questions: int) -> int:
    """How many processes ask: as many as asked for, else one for each core that enough questions remain for.

    Never more than there are tasks for.
    """
    if asked_for:
        return max(1, min(asked_for, math.ceil(n_questions / _A_TASK)))
    n_cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(n_cores, n_questions // _WORTH_A_PROCESS))


def _grade_retrieval(rows: Sequence[Row], by_id: Mapping[str, Case], examiner: Examiner) -> None:
    found = {row["id"]: (row["hits"], examiner.relevant(by_id[row["id"]])) for row in rows if row["outcome"] != "error"}
    for name, grades in grade_retrieval(found).items():
        next(row for row in rows if row["id"] == name)["grades"] |= grades


def _examined(
    cases: Sequence[Case],
    settings: Settings,
    opener: Opener,
    examiner: Examiner,
    sections: Mapping[str, Sections],
    workers: int,
) -> Iterator[list[Row]]:
    """The rows of the questions, some at a time, in their order."""
    tasks = (list(islice(cases, at, at + _A_TASK)) for at in range(0, len(cases), _A_TASK))
    if workers == 1:
        for task in tasks:
            yield [examiner.examine(case) for case in task]
        return
    pending: deque[Future[list[Row]]] = deque()
    # A forked child of a process that has opened a Chroma store hangs; a spawned one opens its own.
    pool = ProcessPoolExecutor(
        workers,
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_start_worker,
        initargs=(settings, opener, dict(sections)),
    )
    try:
        for task in tasks:
            with _without_interrupts():
                pending.append(pool.submit(_examine_task, task))
            if len(pending) >= workers * _TASKS_AHEAD:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()
    except BrokenProcessPool as error:
        raise RunFailed(
            "A process that was answering questions died. What was answered is kept: run the same command with "
            "--resume, and with --workers 1 to see which question it is."
        ) from error
    finally:
        # Nobody waits for what they are at: they are ended, and with them the threads that wait for them.
        pool.shutdown(wait=False, cancel_futures=True)
        for child in multiprocessing.active_children():
            child.terminate()


@contextmanager
def _without_interrupts() -> Iterator[None]:
    """Ignores Ctrl-C while processes are started, so that they ignore it from their first instruction on.

    A terminal sends it to all of them; the parent alone says what became of the run.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


# A process of the pool keeps its examiner, and what it closes when it ends, from one task to the next.
_worker_examiner: list[Examiner] = []
_worker_failure: list[str] = []
_worker_resources = ExitStack()


def _start_worker(settings: Settings, opener: Opener, sections: Mapping[str, Sections]) -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_leave_with, args=(parent.sentinel,), daemon=True).start()
    try:
        assistant = _worker_resources.enter_context(opener(settings))
    except Exception as error:  # noqa: BLE001 - a pool says of an initializer only that it failed; the first task says how
        _worker_failure.append(_told(error))
        return
    atexit.register(_worker_resources.close)
    _worker_examiner.append(Examiner(assistant, settings.corpus, sections))


def _leave_with(sentinel: int) -> None:
    """Ends this process when its parent is no more, also when the parent was killed."""
    wait([sentinel])
    os._exit(1)


def _examine_task(cases: Sequence[Case]) -> list[Row]:
    if _worker_failure:
        raise RunFailed(f"A process could not open the assistant: {_worker_failure[0]}. Try --workers 1.")
    return [_worker_examiner[0].examine(case) for case in cases]
