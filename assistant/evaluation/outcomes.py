"""What the page's evaluation runs came to, kept on disk: found, read, compared and, when there are too many, removed.

A run has a folder of its own below that of its question set. It is an outcome when its record and its report are
there, each of which is put in place only when it is whole; anything else is a run that is going on or was ended.
"""

from __future__ import annotations

import contextlib
import hashlib
import math
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from assistant.evaluation.record import FORMAT, read_head
from assistant.evaluation.report import HEADLINES, verdict_on_change
from assistant.evaluation.statistics import interval_of
from corpus.errors import UnusableInput

RECORD, REPORT = "record.json", "report.html"
N_KEPT = 20  # outcomes of a set
_STAMP_FORMAT = "%Y%m%dT%H%M%S%fZ"
_STAMP = re.compile(r"[0-9]{8}T[0-9]{12}Z")
_FOLDER = re.compile(r"[a-z0-9][a-z0-9_-]{0,59}")
_ID = re.compile(rf"(?P<folder>{_FOLDER.pattern})\.(?P<stamp>{_STAMP.pattern})")
_LAST_BYTES = b"]}\n"  # of a record that is whole
_LONGEST_SHOWN = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """A measure's mean in [0, 1] with the 95 % interval that is shown of it, over `n` questions."""

    name: str
    mean: float
    low: float
    high: float
    n: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a run came to.

    Attributes:
        outcome_id: Letters, digits and `.-_`: safe in an address.
        n_errors: Questions that failed; they are in no measure.
        measures: The report's headlines, in its order; one that no question of the set has is left out.
    """

    outcome_id: str
    finished_at: datetime
    n_questions: int
    n_errors: int
    measures: tuple[Measure, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """How a measure differs from the run before, on the questions that both have.

    Attributes:
        difference: `now` less `before`, with its 95 % interval.
        verdict: `better` or `worse` only where the interval does not hold 0; `same` where no question changed.
    """

    name: str
    before: float
    now: float
    difference: float
    low: float
    high: float
    verdict: Literal["better", "worse", "same", "unclear"]


class Outcomes:
    """The outcomes of every question set below one folder."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def of(self, set_name: str) -> tuple[Outcome, ...]:
        """The outcomes of a set, newest first; what is damaged or half written is passed over."""
        return tuple(self._each(set_name))

    def newest(self, set_name: str) -> Outcome | None:
        """The newest outcome of a set, None when there is none; the others are not read."""
        return next(self._each(set_name), None)

    def _each(self, set_name: str) -> Iterator[Outcome]:
        runs = _runs(self._root / folder_name(set_name))
        return (outcome for run in runs if (outcome := _read_outcome(run)) is not None)

    def comparison(self, set_name: str) -> tuple[Difference, ...]:
        """The newest outcome's headlines against the one before it; empty when it was compared with none."""
        newest = self.newest(set_name)
        if newest is None:
            return ()
        try:
            compared = _read_record(self.folder_of(newest.outcome_id))["comparison"]
            measures = compared["measures"] if compared is not None else {}
            return tuple(_difference(name, measures[name]) for name in HEADLINES if name in measures)
        except _DAMAGED:
            return ()

    def report(self, outcome_id: str) -> str:
        """The page (HTML) of an outcome.

        Raises:
            UnusableInput: There is no such outcome.
        """
        try:
            return (self.folder_of(outcome_id) / REPORT).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise _unknown(outcome_id) from error

    def folder_of(self, outcome_id: str) -> Path:
        """Where an outcome lies, or would.

        Raises:
            UnusableInput: It is no outcome's id.
        """
        named = _ID.fullmatch(outcome_id)
        if named is None:
            raise _unknown(outcome_id)
        return self._root / named["folder"] / named["stamp"]

    def new_folder(self, set_name: str) -> Path:
        """A new folder for a run, newer by its name than every other of the set, whatever the clock says.

        Raises:
            OSError: It cannot be made.
        """
        folder = self._root / folder_name(set_name)
        now = datetime.now(UTC)
        with contextlib.suppress(StopIteration, ValueError, OverflowError):
            newest = datetime.strptime(next(_runs(folder)).name, _STAMP_FORMAT).replace(tzinfo=UTC)
            now = max(now, newest + timedelta(microseconds=1))
        run = folder / now.strftime(_STAMP_FORMAT)
        run.mkdir(parents=True)
        return run

    def keep_newest(self, set_name: str) -> None:
        """Removes the oldest runs of a set, so that `N_KEPT` stay."""
        for run in [*_runs(self._root / folder_name(set_name))][N_KEPT:]:
            shutil.rmtree(run, ignore_errors=True)

    def remove_unfinished(self) -> None:
        """Removes every run that is no outcome; only when none is going on."""
        with contextlib.suppress(OSError):
            for folder in [place for place in self._root.iterdir() if _FOLDER.fullmatch(place.name)]:
                for run in [*_runs(folder)]:
                    if not is_whole(run):
                        shutil.rmtree(run, ignore_errors=True)


def folder_name(set_name: str) -> str:
    """The name of a set's folder: its own if that is harmless, else what is harmless of it, and a digest."""
    # A capital is not harmless: on some disks `A` and `a` are one folder.
    if _FOLDER.fullmatch(set_name):
        return set_name
    digest = hashlib.sha256(set_name.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return "-".join([*re.findall(r"[a-z0-9]+", set_name.lower()[:40]), digest])


def is_whole(run: Path) -> bool:
    """Whether a run's folder holds what an outcome is made of."""
    return (run / RECORD).is_file() and (run / REPORT).is_file()


def _runs(folder: Path) -> Iterator[Path]:
    """The folders of a set's runs, newest first."""
    try:
        names = sorted((name for name in os.listdir(folder) if _STAMP.fullmatch(name)), reverse=True)
    except OSError:
        names = []
    return (folder / name for name in names)


def _unknown(outcome_id: str) -> UnusableInput:
    return UnusableInput(
        f"`outcome_id` must be the id of an outcome that is kept; got {outcome_id[:_LONGEST_SHOWN]!r}. "
        "Choose one of the list."
    )


# What reading a file raises that a run did not write, or that a disk has damaged.
_DAMAGED = (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError)


def _read_record(run: Path) -> dict[str, Any]:
    """The record of an outcome without its questions.

    Raises:
        OSError: It cannot be read.
        ValueError: It is none, or is not whole.
    """
    with (run / RECORD).open("rb") as stream:
        stream.seek(-len(_LAST_BYTES), os.SEEK_END)
        if stream.read() != _LAST_BYTES:
            raise ValueError("it ends in the middle")
    with (run / RECORD).open(encoding="utf-8") as lines:
        record = read_head(lines)
    if record["format"] != FORMAT:
        raise ValueError("it has another format")
    return record


def _read_outcome(run: Path) -> Outcome | None:
    """The outcome in a folder, None when there is none that can be read."""
    if not is_whole(run):
        return None
    try:
        record = _read_record(run)
        finished_at = datetime.fromisoformat(record["date"])
        if finished_at.tzinfo is None:
            raise ValueError("its date has no zone")
        summary: Mapping[str, Mapping[str, Any]] = dict(record["summary"].items())
        return Outcome(
            outcome_id=f"{run.parent.name}.{run.name}",
            finished_at=finished_at,
            n_questions=_count(record["n"]),
            n_errors=_count(record["n_errors"]),
            measures=tuple(_measure(name, summary[name]) for name in HEADLINES if name in summary),
        )
    except _DAMAGED:
        return None


def _measure(name: str, figure: Mapping[str, Any]) -> Measure:
    mean, interval = _number(figure["mean"]), interval_of(figure)
    return Measure(name=name, mean=mean, low=_number(interval.low), high=_number(interval.high), n=_count(figure["n"]))


def _difference(name: str, change: Mapping[str, Any]) -> Difference:
    return Difference(
        name=name,
        before=_number(change["old"]),
        now=_number(change["new"]),
        difference=_number(change["difference"]),
        low=_number(change["low"]),
        high=_number(change["high"]),
        verdict=verdict_on_change(name, change),
    )


def _number(value: object) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool) or not math.isfinite(value):
        raise ValueError(f"{value!r} is no figure")
    return float(value)


def _count(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError(f"{value!r} is no count")
    return value
