"""Two runs held against each other, question by question; and the gates that a run has to pass."""

from __future__ import annotations

import json
from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

import numpy as np

from assistant.evaluation.grading import ANSWER_MEASURES, LOWER_IS_BETTER, Grades
from assistant.evaluation.questions import Case
from assistant.evaluation.record import FORMAT, read_head
from assistant.evaluation.run import Row
from assistant.evaluation.statistics import bootstrap_intervals, randomisation_p
from assistant.evaluation.summary import MEASURES
from corpus.errors import UnusableInput

_EQUAL = 1e-9
_MOST_NAMED = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Earlier:
    """A question as an earlier run answered it.

    Attributes:
        digest: Stands for the question and what was expected.
        text: Of the answer; None where it was not kept.
    """

    digest: str
    outcome: str
    grades: Grades
    text: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """An earlier run, from what `--json` or `--scores` wrote; `failed` are the questions that failed in it."""

    date: str
    versions: Mapping[str, Any]
    questions: Mapping[str, Earlier]
    failed: tuple[str, ...] = ()

    def check(self, cases: Iterable[Case], *, gates: bool) -> None:
        """Nothing, when a run of these questions can be compared with this one.

        Args:
            cases: The questions of the run.
            gates: Whether it is to be no worse.

        Raises:
            UnusableInput: They have no question in common, or one to be compared with failed.
        """
        common = [case.id for case in cases if (one := self.questions.get(case.id)) and one.digest == case.digest]
        if not common:
            raise UnusableInput(
                "`baseline` must hold questions of these sets, as they are now; it holds none of them. "
                "Compare with a run of the same questions."
            )
        failed = sorted(set(common) & set(self.failed))
        if failed and gates:
            raise UnusableInput(
                f"`--no-worse-than` must name a run in which every question was answered; {len(failed)} failed: "
                f"{', '.join(failed[:_MOST_NAMED])}. Make a new one."
            )


def read_baseline(file: Path) -> Baseline:
    """An earlier run, its questions read one after the other.

    Raises:
        UnusableInput: The file cannot be read, or holds no evaluation.
    """
    try:
        try:
            with file.open(encoding="utf-8") as stream:
                return _baseline(*_record_lines(stream))
        except json.JSONDecodeError:
            record = json.loads(file.read_text(encoding="utf-8"))  # JSON in another layout than ours
            return _baseline(record, record["questions"])
    except (OSError, KeyError, TypeError, AttributeError, ValueError, RecursionError) as error:
        why = f" ({error})" if isinstance(error, OSError | ValueError) else ", it lacks what an evaluation has"
        raise UnusableInput(
            f"`baseline` must be a file that `--json` or `--scores` wrote; {str(file)!r} is none{why}. "
            "Make one with `xiaoka evaluate … --scores FILE`."
        ) from error


def _baseline(head: Mapping[str, Any], rows: Iterable[Mapping[str, Any]]) -> Baseline:
    if isinstance(head.get("format"), bool) or head.get("format") != FORMAT:
        raise ValueError(f"its `format` is {str(head.get('format'))[:20]}, not {FORMAT}")
    questions: dict[str, Earlier] = {}
    for row in rows:
        if str(row["id"]) in questions:
            raise ValueError(f"question {row['id']!r} is in it twice")
        questions[str(row["id"])] = _earlier(row)
    return Baseline(
        date=str(head.get("date", "")),
        versions=dict(head["versions"]),
        questions=questions,
        failed=tuple(name for name, one in questions.items() if one.outcome == "error"),
    )


def _record_lines(stream: TextIO) -> tuple[dict[str, Any], Iterator[dict[str, Any]]]:
    """The record without its questions, and its questions one after the other, of a file in the layout we write."""
    return read_head(stream), _row_lines(stream)


def _row_lines(stream: Iterable[str]) -> Iterator[dict[str, Any]]:
    for line in stream:
        if line.strip() == "]}":
            return
        if line.strip():
            yield json.loads(line.rstrip().removesuffix(","))
    raise ValueError("it ends in the middle")


def _earlier(row: Mapping[str, Any]) -> Earlier:
    grades = {str(name): float(value) for name, value in row["grades"].items()}
    if row["outcome"] != "error" and not {"success", "clean"} <= grades.keys():
        raise ValueError(f"question {row['id']!r} has no grades")
    if not all(0.0 <= value <= 1.0 for value in grades.values()):
        raise ValueError(f"question {row['id']!r} has a grade outside [0, 1]")
    answer = row.get("answer")
    return Earlier(
        digest=str(row["digest"]),
        outcome=str(row["outcome"]),
        grades=grades,
        text=None if answer is None else str(answer["text"]),
    )


class Comparison:
    """A run held against a baseline, a row at a time."""

    def __init__(self, baseline: Baseline) -> None:
        self._baseline = baseline
        self._pairs: dict[str, tuple[array[float], array[float]]] = defaultdict(lambda: (array("d"), array("d")))
        self._changed: dict[str, dict[str, list[str]]] = defaultdict(lambda: {"better": [], "worse": []})
        self._better: list[dict[str, Any]] = []
        self._worse: list[dict[str, Any]] = []
        self._seen: set[str] = set()
        self._only_new: list[str] = []
        self._edited: list[str] = []
        self._n_graded = 0

    def add(self, row: Row) -> None:
        """Pairs a row with the earlier answer to the same question."""
        earlier = self._baseline.questions.get(row["id"])
        if earlier is None:
            self._only_new.append(row["id"])
            return
        self._seen.add(row["id"])
        if earlier.digest != row["digest"]:
            self._edited.append(row["id"])
            return
        if row["outcome"] == "error" or earlier.outcome == "error":
            if row["outcome"] != earlier.outcome:
                place = self._worse if row["outcome"] == "error" else self._better
                place.append({"id": row["id"], "measures": {"outcome": [earlier.outcome, row["outcome"]]}})
            return
        self._n_graded += 1
        changed: dict[str, dict[str, list[float]]] = {"better": {}, "worse": {}}
        for measure in MEASURES:
            if measure in earlier.grades and measure in row["grades"]:
                old, new = earlier.grades[measure], row["grades"][measure]
                for sample, value in zip(self._pairs[measure], (old, new), strict=True):
                    sample.append(value)
                if verdict := _verdict(measure, old, new):
                    self._changed[measure][verdict].append(row["id"])
                    if measure in ANSWER_MEASURES:
                        changed[verdict][measure] = [old, new]
        for verdict, place in (("better", self._better), ("worse", self._worse)):
            if changed[verdict]:
                place.append({"id": row["id"], "measures": changed[verdict]})

    def before(self, row: Row) -> dict[str, Any] | None:
        """The earlier answer to a question whose outcome or grades changed, None to one that is as it was."""
        earlier = self._baseline.questions.get(row["id"])
        if earlier is None or earlier.digest != row["digest"]:
            return None
        if earlier.outcome == row["outcome"] and not any(
            _verdict(measure, earlier.grades[measure], row["grades"][measure])
            for measure in ANSWER_MEASURES
            if measure in earlier.grades and measure in row["grades"]
        ):
            return None
        return {"outcome": earlier.outcome, "grades": dict(earlier.grades), "text": earlier.text}

    def to_json(self) -> dict[str, Any]:
        """Every measure's difference, and the questions that got better or worse."""
        return {
            "baseline": {"date": self._baseline.date, "versions": dict(self._baseline.versions)},
            "n_common": self._n_graded,
            "only_new": self._only_new,
            "only_old": [name for name in self._baseline.questions if name not in self._seen],
            "edited": self._edited,
            "measures": {name: self._compared(name) for name in MEASURES if name in self._pairs},
            "better": self._better,
            "worse": self._worse,
        }

    def _compared(self, measure: str) -> dict[str, Any]:
        old, new = (np.asarray(values) for values in self._pairs[measure])
        differences = new - old
        low, high = bootstrap_intervals(differences[np.newaxis, :])[0]
        values = {
            "old": old.mean(),
            "new": new.mean(),
            "difference": differences.mean(),
            "low": low,
            "high": high,
            "p": randomisation_p(new, old) if differences.any() else 1.0,
        }
        changed = self._changed[measure]
        return {
            **{name: round(float(value), 6) for name, value in values.items()},
            "n": len(differences),
            "n_better": len(changed["better"]),
            "n_worse": len(changed["worse"]),
            "worse": changed["worse"],
        }


def _verdict(measure: str, old: float, new: float) -> str:
    """`better`, `worse`, or nothing when the values are equal."""
    gain = (old - new) if measure in LOWER_IS_BETTER else (new - old)
    return "" if abs(gain) < _EQUAL else "better" if gain > 0 else "worse"


def no_worse(comparison: Mapping[str, Any]) -> list[str]:
    """What got worse than the baseline, a sentence for each measure of answers whose mean did; empty when none.

    Measures of retrieval are compared and do not gate by themselves: what counts is what users are told.
    """
    short = []
    for measure in ANSWER_MEASURES:
        of = comparison["measures"].get(measure)
        if of is not None and _verdict(measure, of["old"], of["new"]) == "worse":
            named = ", ".join(of["worse"][:_MOST_NAMED])
            more = f" and {of['n_worse'] - _MOST_NAMED} more" if of["n_worse"] > _MOST_NAMED else ""
            short.append(
                f"{measure} was {of['old']:.4f} and is {of['new']:.4f} (n={of['n']}, p={of['p']:.3f}); "
                f"worse: {named}{more}"
            )
    return short


def read_floors(given: Sequence[str]) -> dict[str, float]:
    """The bounds of `--fail-under NAME=VALUE`, by measure.

    Raises:
        UnusableInput: One is not of that form, names no measure, or lies outside [0, 1].
    """
    floors: dict[str, float] = {}
    for bound in given:
        name, _, value = bound.partition("=")
        try:
            floor = float(value)
        except ValueError:
            floor = -1.0
        if name not in MEASURES or not 0.0 <= floor <= 1.0:
            raise UnusableInput(
                f"`--fail-under` must be NAME=VALUE, the value a rate from 0 to 1; got {bound!r}. "
                f"The measures are {', '.join(MEASURES)}."
            )
        # Of two bounds the stricter one holds, wherever it stands.
        stricter = min if name in LOWER_IS_BETTER else max
        floors[name] = stricter(floor, floors.get(name, floor))
    return floors


def under(summary: Mapping[str, Mapping[str, float]], floors: Mapping[str, float]) -> list[str]:
    """A sentence for each bound that is not met: a floor, or a ceiling for a measure of which less is better."""
    short = []
    for name, floor in floors.items():
        if name not in summary:
            short.append(f"{name} was not measured: no question of these sets has it")
            continue
        mean, n = summary[name]["mean"], summary[name]["n"]
        if (mean - floor if name in LOWER_IS_BETTER else floor - mean) > _EQUAL:
            bound = "at most" if name in LOWER_IS_BETTER else "at least"
            short.append(f"{name} must be {bound} {floor:g}; it is {mean:.4f} (n={n})")
    return short
