"""What the rows of a run come to: rates with intervals, by kind, language and set; outcomes, parity, curve, latency."""

from __future__ import annotations

from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from assistant.evaluation.grading import ANSWER_MEASURES, SHARES
from assistant.evaluation.questions import EXPECTED, KINDS, LANGUAGES
from assistant.evaluation.retrieval import RETRIEVAL_MEASURES
from assistant.evaluation.run import Row
from assistant.evaluation.statistics import Figure, figures, rate_difference, wilson_interval

MEASURES = (*ANSWER_MEASURES, *RETRIEVAL_MEASURES)
OUTCOMES = ("answered", "clarified", "abstained", "error")
STAGES = ("total", "understand", "retrieve", "generate", "verify")
_YES_OR_NO = frozenset(MEASURES) - SHARES
_GROUPINGS: Mapping[str, Sequence[str]] = {"kind": KINDS, "lang": LANGUAGES, "set": ()}
_PERCENTILES = {"p50": 50, "p95": 95, "p99": 99, "max": 100}
_THRESHOLDS = tuple(at / 4 for at in range(-16, 21))

Samples = dict[str, "array[float]"]  # measure → its values


def _samples() -> Samples:
    return defaultdict(lambda: array("d"))


@dataclass(slots=True)
class Tally:
    """The rows of a run as they are counted; it keeps their grades and times, not the rows."""

    n: int = 0
    n_wrong: int = 0
    failed: list[str] = field(default_factory=list)
    threshold: float | None = None
    _all: Samples = field(default_factory=_samples)
    _groups: dict[str, dict[str, Samples]] = field(
        default_factory=lambda: {name: defaultdict(_samples) for name in _GROUPINGS}
    )
    _outcomes: Counter[tuple[str, str]] = field(default_factory=Counter)
    _times: Samples = field(default_factory=_samples)
    _decided: list[tuple[str, str, float | None]] = field(default_factory=list)
    _judged: Counter[str] = field(default_factory=Counter)
    _judged_shares: array[float] = field(default_factory=lambda: array("d"))

    def add(self, row: Row) -> None:
        """Counts a row."""
        self.n += 1
        self._outcomes[row["expect"], row["outcome"]] += 1
        if row["outcome"] == "error":
            self.failed.append(row["id"])
            return
        self.n_wrong += not row["grades"]["success"]
        samples = [self._all, *(of[row[name]] for name, of in self._groups.items())]
        for measure, value in row["grades"].items():
            for sample in samples:
                sample[measure].append(value)
        for stage, ms in row["answer"]["timings_ms"].items():
            self._times[stage].append(ms)
        self._decided.append((row["expect"], row["outcome"], row["score"]))
        if row["threshold"] is not None:
            self.threshold = row["threshold"]
        self._count_judged(row["judged"])

    def _count_judged(self, judged: Mapping[str, Any] | None) -> None:
        if judged is None:
            return
        if judged["statements"]:
            self._judged_shares.append(judged["supported"] / judged["statements"])
        else:
            self._judged[judged["error"]] += 1

    def to_json(self) -> dict[str, Any]:
        """Everything that was counted, as the evaluation's record holds it."""
        return {
            "n": self.n,
            "n_wrong": self.n_wrong,
            "n_errors": len(self.failed),
            "failed": self.failed,
            "summary": _figures(self._all),
            "groups": {
                name: {group: _figures(of[group]) for group in _in_order(of, _GROUPINGS[name])}
                for name, of in self._groups.items()
            },
            "outcomes": {
                expect: {outcome: self._outcomes[expect, outcome] for outcome in OUTCOMES} for expect in EXPECTED
            },
            "parity": parity({name: of["success"] for name, of in self._groups["lang"].items()}),
            "threshold": self.threshold,
            "curve": curve(self._decided, self.threshold),
            "latency_ms": {stage: _percentiles(self._times[stage]) for stage in STAGES if self._times[stage]},
        }

    def judged(self) -> dict[str, Any]:
        """What a model that judged says of faithfulness, apart from everything else."""
        found = figures({"faithfulness": self._judged_shares}, yes_or_no=frozenset())
        return {
            "faithfulness": found["faithfulness"].to_json() if found else None,
            **{f"n_{error}": self._judged[error] for error in ("unreadable", "failed", "not_asked")},
        }


def _figures(samples: Samples) -> dict[str, dict[str, float | int]]:
    ordered = {name: samples[name] for name in MEASURES if name in samples}
    return {name: figure.to_json() for name, figure in figures(ordered, yes_or_no=_YES_OR_NO).items()}


def _in_order(found: Iterable[str], known: Sequence[str]) -> list[str]:
    """The names found, the known ones first and in their order."""
    names = list(found)
    return [name for name in known if name in names] + [name for name in names if name not in known]


def _percentiles(values: Sequence[float]) -> dict[str, float]:
    found = np.percentile(np.asarray(values), list(_PERCENTILES.values()))
    return {name: round(float(value), 3) for name, value in zip(_PERCENTILES, found, strict=True)}


def parity(successes: Mapping[str, Sequence[float]]) -> dict[str, Any]:
    """How far the success of each language is from that of simplified Chinese, else of the language asked most."""
    if not successes:
        return {"reference": "", "languages": {}}
    most = max(successes, key=lambda name: len(successes[name]))
    reference = LANGUAGES[0] if LANGUAGES[0] in successes else most
    languages = {}
    for name in _in_order(successes, LANGUAGES):
        if name != reference:
            difference, low, high = rate_difference(*(n for of in (name, reference) for n in _counted(successes[of])))
            languages[name] = {
                "difference": round(difference, 6),
                "low": round(low, 6),
                "high": round(high, 6),
                "n": len(successes[name]),
                "n_reference": len(successes[reference]),
            }
    return {"reference": reference, "languages": languages}


def _counted(successes: Sequence[float]) -> tuple[int, int]:
    return round(sum(successes)), len(successes)


def curve(decided: Sequence[tuple[str, str, float | None]], threshold: float | None) -> list[dict[str, Any]]:
    """What another threshold of abstention would have answered and refused; empty when it decided nothing.

    Where the likeliest sentence's score decided, an answer is taken to be given above a threshold and refused at it
    and below; everything else is taken to stay as it was. Intervals are Wilson's.

    Args:
        decided: What was expected of each question, what came of it, and the score where the threshold decided.
        threshold: The one in use.
    """
    if threshold is None or all(score is None for _, _, score in decided):
        return []
    points = []
    for at in sorted({*_THRESHOLDS, threshold}):
        outcomes = [
            (expect, outcome if score is None else _outcome_at(at, score, outcome, threshold))
            for expect, outcome, score in decided
        ]
        counts = Counter(outcomes)
        totals = Counter(expect for expect, _ in outcomes)
        points.append(
            {
                "threshold": at,
                "false_answer": _rate(counts["abstain", "answered"], totals["abstain"]),
                "false_refusal": _rate(counts["answer", "abstained"], totals["answer"]),
            }
        )
    return points


def _outcome_at(at: float, score: float, outcome: str, threshold: float) -> str:
    if (score > at) == (score > threshold):
        return outcome
    return "answered" if score > at else "abstained"


def _rate(n_yes: int, n: int) -> dict[str, float | int]:
    low, high = wilson_interval(n_yes, n) if n else (0.0, 0.0)
    return Figure(mean=n_yes / n if n else 0.0, low=low, high=high, n=n).to_json()
