"""How sure a measured rate or difference is; the same at every run."""

from __future__ import annotations

import math
import random
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

N_RESAMPLES = 2_000
SEED = 7
_LOW, _HIGH = 49, 1_949  # places of the 2.5th and the 97.5th percentile among the sorted resamples
_Z = 1.959963984540054  # the 97.5th percentile of the normal distribution
_N_DRAWS = 10_000
_AT_A_TIME = 1_000
_MAX_CELLS = 4_000_000  # values that are drawn at once: what bounds the memory

Values = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A mean with its 95 % interval.

    Attributes:
        low: Of the percentile bootstrap, as `high`. Where all values are equal both are the mean, however few they are.
        n: How many values there are.
        wilson: The Wilson score interval of a rate of yes and no, which is honest there; None for other values.
    """

    mean: float
    low: float
    high: float
    n: int
    wilson: tuple[float, float] | None = None

    def to_json(self) -> dict[str, float | int]:
        """Plain values, rounded to six places."""
        values: dict[str, float | int] = {
            "mean": round(self.mean, 6),
            "low": round(self.low, 6),
            "high": round(self.high, 6),
            "n": self.n,
        }
        if self.wilson is not None:
            values |= {"wilson_low": round(self.wilson[0], 6), "wilson_high": round(self.wilson[1], 6)}
        return values


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """What is shown as a figure's 95 % interval.

    Attributes:
        method: `wilson` where the bootstrap collapsed to a point, `none` where it did and there is no other.
    """

    low: float
    high: float
    method: Literal["bootstrap", "wilson", "none"]


def interval_of(figure: Mapping[str, Any]) -> Interval:
    """The interval to show of a figure: the bootstrap's, or Wilson's where that is a point and says too much."""
    low, high = figure["low"], figure["high"]
    if low != high:
        return Interval(low=low, high=high, method="bootstrap")
    if figure.get("wilson_low") is None:
        return Interval(low=low, high=high, method="none")
    return Interval(low=figure["wilson_low"], high=figure["wilson_high"], method="wilson")


def figures(samples: Mapping[str, Sequence[float]], *, yes_or_no: frozenset[str]) -> dict[str, Figure]:
    """The mean and intervals of each sample that has values, by its name.

    Samples of one size share their resamples, as samples of the same questions do.

    Args:
        samples: Name → values, in the order of the questions.
        yes_or_no: The names of those whose values are only 0 and 1.
    """
    by_size: dict[int, list[str]] = defaultdict(list)
    for name, values in samples.items():
        if len(values):
            by_size[len(values)].append(name)
    found: dict[str, Figure] = {}
    for n, names in by_size.items():
        matrix = np.array([samples[name] for name in names], dtype=float)
        for name, (low, high) in zip(names, bootstrap_intervals(matrix), strict=True):
            values = samples[name]
            wilson = wilson_interval(round(sum(values)), n) if name in yes_or_no else None
            found[name] = Figure(mean=sum(values) / n, low=low, high=high, n=n, wilson=wilson)
    return {name: found[name] for name in samples if name in found}


def bootstrap_intervals(matrix: Values) -> list[tuple[float, float]]:
    """The 95 % percentile bootstrap interval of each row's mean, of 2,000 resamples that all rows share.

    The resamples are those that Python's `random.Random(7).choices` draws, one after the other, so that anyone can
    draw them again without this program.

    Args:
        matrix: Float64 of shape (samples, questions), at least one question.

    Source: Efron & Tibshirani 1993, "An Introduction to the Bootstrap", chapter 13.
    """
    n = matrix.shape[1]
    rng = _python_stream(SEED)
    rows = max(1, _MAX_CELLS // (n * len(matrix)))
    means = np.empty((len(matrix), N_RESAMPLES))
    for begin in range(0, N_RESAMPLES, rows):
        end = min(begin + rows, N_RESAMPLES)
        places = (rng.random_sample((end - begin, n)) * n).astype(np.int64)
        means[:, begin:end] = matrix[:, places].sum(axis=2) / n
    means.sort(axis=1)
    return [(float(row[_LOW]), float(row[_HIGH])) for row in means]


def _python_stream(seed: int) -> np.random.RandomState:
    """NumPy's generator in the state of Python's own with this seed: both are the Mersenne Twister."""
    _, state, _ = random.Random(seed).getstate()
    rng = np.random.RandomState()
    rng.set_state(("MT19937", np.array(state[:-1], dtype=np.uint32), state[-1], 0, 0.0))
    return rng


def wilson_interval(n_yes: int, n: int) -> tuple[float, float]:
    """The 95 % score interval of a rate, which does not collapse where all are yes or all are no.

    SciPy has it too, and takes longer to import than a small set takes to be asked.

    Source: Wilson 1927, https://doi.org/10.1080/01621459.1927.10502953
    """
    rate = n_yes / n
    middle = rate + _Z**2 / (2 * n)
    half = _Z * math.sqrt(rate * (1 - rate) / n + _Z**2 / (4 * n * n))
    scale = 1 + _Z**2 / n
    # At the ends one bound is the rate itself, but for rounding.
    low = 0.0 if n_yes == 0 else max(0.0, (middle - half) / scale)
    return low, 1.0 if n_yes == n else min(1.0, (middle + half) / scale)


def rate_difference(n_yes: int, n: int, n_yes_reference: int, n_reference: int) -> tuple[float, float, float]:
    """The difference of two rates of different questions, the second taken from the first, with its 95 % interval.

    Source: Newcombe 1998, "Interval Estimation for the Difference Between Independent Proportions", method 10, made
    of Wilson's intervals: it does not collapse where one rate is 0 or 1.
    """
    rate, other = n_yes / n, n_yes_reference / n_reference
    low, high = wilson_interval(n_yes, n)
    other_low, other_high = wilson_interval(n_yes_reference, n_reference)
    difference = rate - other
    return (
        difference,
        difference - math.hypot(rate - low, other_high - other),
        difference + math.hypot(high - rate, other - other_low),
    )


def randomisation_p(one: Sequence[float] | Values, other: Sequence[float] | Values, *, seed: int = SEED) -> float:
    """The two-sided p of a paired difference of means as large as this, were it chance which system is which.

    Source: Smucker, Allan & Carterette 2007, "A Comparison of Statistical Significance Tests for Information
    Retrieval Evaluation", the randomisation test, here with 10,000 draws.
    """
    differences = np.asarray(one, dtype=float) - np.asarray(other, dtype=float)
    rng = np.random.default_rng(seed)
    seen = abs(differences.mean())
    rows = min(_AT_A_TIME, max(1, _MAX_CELLS // len(differences)))
    n_as_large = 0
    for begin in range(0, _N_DRAWS, rows):
        signs = rng.choice((-1.0, 1.0), (min(rows, _N_DRAWS - begin), len(differences)))
        n_as_large += int((abs((signs * differences).mean(axis=1)) >= seen - 1e-12).sum())
    return (n_as_large + 1) / (_N_DRAWS + 1)
