"""How far a run is, told in a file: for a page or another program, which a bar on a terminal tells nothing."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from corpus.errors import UnusableInput

_LONGEST_LINE = 100  # bytes


@contextmanager
def told_progress(file: Path | None, n_questions: int) -> Iterator[Callable[[int], None]]:
    """Takes how many questions are done and adds a line to `file`: `{"n_done": 4, "n_questions": 166}`.

    Lines are added, not replaced, so that whoever reads meanwhile is in nobody's way, on any system.

    Args:
        file: What was in it is gone. None tells nobody.
        n_questions: Questions of the run, those that were answered before it included.

    Raises:
        UnusableInput: The file cannot be written.
    """
    if file is None:
        yield lambda _n_done: None
        return
    try:
        stream = file.open("wb", buffering=0)
    except OSError as error:
        raise _unwritable(file, error) from error

    def tell(n_done: int) -> None:
        try:
            stream.write(json.dumps({"n_done": n_done, "n_questions": n_questions}).encode() + b"\n")
        except OSError as error:
            raise _unwritable(file, error) from error

    with stream:
        yield tell


def _unwritable(file: Path, error: OSError) -> UnusableInput:
    return UnusableInput(
        f"`--progress` must name a file that can be written; {str(file)!r} cannot ({error.strerror}). "
        "Make room, or name another."
    )


def read_progress(file: Path) -> tuple[int, int] | None:
    """How many questions are done, and of how many, by the last whole line; None as long as there is none.

    It reads the end of the file alone, so that it can be asked every second.
    """
    try:
        with file.open("rb") as stream:
            stream.seek(max(0, stream.seek(0, os.SEEK_END) - 2 * _LONGEST_LINE))
            lines = stream.read(2 * _LONGEST_LINE).split(b"\n")[:-1]
        told = json.loads(lines[-1])
        return int(told["n_done"]), int(told["n_questions"])
    except (OSError, IndexError, ValueError, KeyError, TypeError):
        return None
