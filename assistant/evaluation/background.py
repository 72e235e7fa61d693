"""`xiaoka evaluate` in a process of its own, which takes what time others leave and ends with whoever started it."""

from __future__ import annotations

import argparse
import contextlib
import io
import pickle
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from assistant.evaluation.outcomes import RECORD, REPORT
from assistant.settings import Settings
from corpus.errors import UnusableInput
from corpus.process import end_with_parent, python_command

PROGRESS, REFUSAL, LOG = "progress.jsonl", "refusal.txt", "log.txt"
_UNUSABLE = 2
_NICENESS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A run that is wanted.

    Attributes:
        settings: Of the assistant that is asked; they go through a pipe, for a Chroma server's address may hold a
            password and a command line is seen by everyone.
        questions: The file of questions.
        folder: Where the record, the report, the progress and what went wrong are written.
        baseline: The record of the run to compare with; None for none.
    """

    settings: Settings
    questions: Path
    folder: Path
    baseline: Path | None


def start_run(order: Order) -> subprocess.Popen[bytes]:
    """The process of a run. It ends when its standard input is closed, so also when this process is killed.

    Raises:
        OSError: It cannot be started.
    """
    with (order.folder / LOG).open("wb") as log:
        child = subprocess.Popen(
            python_command(__name__, run_order.__name__, niceness=_NICENESS),
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=log,
            bufsize=0,
            # Ctrl-C in a terminal is for the server, which ends the run. A session of its own would do that as well,
            # and on a desktop make this process as important as all of the server's together.
            process_group=0,
        )
    assert child.stdin is not None
    # One that has ended already says why by its exit code.
    with contextlib.suppress(BrokenPipeError):
        child.stdin.write(pickle.dumps(order))
    return child


def end_run(child: subprocess.Popen[bytes]) -> None:
    """Ends a run at once. What it was writing is put in place as a whole or not at all."""
    child.kill()
    child.wait()
    assert child.stdin is not None
    child.stdin.close()


def run_order() -> int:
    """The exit code of the run whose order stands on standard input; the process ends when whoever wrote it does."""
    order: Order = pickle.load(sys.stdin.buffer)
    end_with_parent()
    for out in (sys.stdout, sys.stderr):
        if isinstance(out, io.TextIOWrapper):
            out.reconfigure(encoding="utf-8", errors="backslashreplace")
    try:
        return _evaluate(order)
    except UnusableInput as error:
        (order.folder / REFUSAL).write_text(str(error), encoding="utf-8", errors="backslashreplace")
        return _UNUSABLE


def _evaluate(order: Order) -> int:
    from assistant.evaluation.command import add_arguments, run
    from assistant.start import open_assistant

    parser = argparse.ArgumentParser()
    add_arguments(parser)
    outputs = {"--json": RECORD, "--report": REPORT, "--progress": PROGRESS}
    options = [f"{option}={order.folder / name}" for option, name in outputs.items()]
    if order.baseline is not None and _is_comparable(order.baseline, order.questions):
        options.append(f"--baseline={order.baseline}")
    arguments = parser.parse_args([*options, "--workers=1", "--", str(order.questions)])
    # Nobody resumes this run: what it answered goes with its folder.
    return run(arguments, order.settings, open_assistant, journals=order.folder)


def _is_comparable(baseline: Path, questions: Path) -> bool:
    """Whether a run of these questions can be compared with an earlier one; not when all were edited since."""
    from assistant.evaluation.comparison import read_baseline
    from assistant.evaluation.questions import read_question_sets

    try:
        (one,) = read_question_sets([questions])
        read_baseline(baseline).check(one.cases, gates=False)
    except UnusableInput:  # of the questions the run itself says what is wrong
        return False
    return True
