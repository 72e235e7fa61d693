"""Intervals and tests of significance: against other ways of computing them, and by simulation."""

from __future__ import annotations

import itertools
import random

import numpy as np
import pytest

from assistant.evaluation.statistics import (
    Figure,
    bootstrap_intervals,
    figures,
    randomisation_p,
    rate_difference,
    wilson_interval,
)


def test_the_bootstrap_is_that_of_pythons_own_generator() -> None:
    """As the docstring promises: drawn again here with nothing but the standard library."""
    values = [1.0] * 9 + [0.0] * 4 + [0.25, 0.5]
    rng = random.Random(7)
    means = sorted(sum(rng.choices(values, k=15)) / 15 for _ in range(2_000))

    assert bootstrap_intervals(np.array([values])) == [(pytest.approx(means[49]), pytest.approx(means[1949]))]


def test_resamples_drawn_in_parts_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    matrix = np.array([[1.0, 0.0, 1.0, 0.5], [0.0, 0.0, 1.0, 1.0]])
    at_once = bootstrap_intervals(matrix)
    monkeypatch.setattr("assistant.evaluation.statistics._MAX_CELLS", 100)

    assert bootstrap_intervals(matrix) == at_once


def test_a_figure_has_mean_count_and_intervals_and_wilsons_only_for_yes_and_no() -> None:
    found = figures({"yes": [1.0, 1.0, 0.0], "share": [0.5, 0.25], "none": []}, yes_or_no=frozenset({"yes"}))

    assert list(found) == ["yes", "share"]
    assert (found["yes"].mean, found["yes"].n) == (pytest.approx(2 / 3), 3)
    assert found["share"] == Figure(mean=0.375, low=0.25, high=0.5, n=2)
    assert found["yes"].to_json()["mean"] == 0.666667
    assert "wilson_low" not in found["share"].to_json()


@pytest.mark.parametrize(
    ("n_yes", "n", "low", "high"),
    [
        # Newcombe 1998, "Two-sided confidence intervals for the single proportion", table I, method 3.
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilsons_interval_is_the_published_one(n_yes: int, n: int, low: float, high: float) -> None:
    assert wilson_interval(n_yes, n) == (pytest.approx(low, abs=5e-5), pytest.approx(high, abs=5e-5))


def test_wilsons_interval_mirrors_itself() -> None:
    low, high = wilson_interval(3, 40)

    assert wilson_interval(37, 40) == (pytest.approx(1 - high), pytest.approx(1 - low))
    assert wilson_interval(9, 9)[1] == 1.0


@pytest.mark.parametrize(
    ("one", "other", "low", "high"),
    [
        # Newcombe 1998, "Interval estimation for the difference between independent proportions", table II, method 10.
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((10, 10), (0, 10), 0.6075, 1.0),
    ],
)
def test_the_difference_of_rates_is_the_published_one(
    one: tuple[int, int], other: tuple[int, int], low: float, high: float
) -> None:
    difference, found_low, found_high = rate_difference(*one, *other)

    assert difference == pytest.approx(one[0] / one[1] - other[0] / other[1])
    assert (found_low, found_high) == (pytest.approx(low, abs=5e-5), pytest.approx(high, abs=5e-5))


def test_the_randomisation_test_comes_near_the_exact_one() -> None:
    one = [1.0, 1.0, 1.0, 1.0, 1.0, 0.5, 1.0, 0.0]
    other = [0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 1.0]
    differences = [a - b for a, b in zip(one, other, strict=True)]
    as_large = [
        abs(sum(sign * d for sign, d in zip(signs, differences, strict=True))) >= abs(sum(differences))
        for signs in itertools.product((-1, 1), repeat=8)
    ]
    exact = sum(as_large) / len(as_large)  # every one of the 256 ways

    assert randomisation_p(one, other) == pytest.approx(exact, abs=0.015)


def test_equal_systems_differ_by_chance() -> None:
    assert randomisation_p([1.0, 0.0, 0.5], [1.0, 0.0, 0.5]) == 1.0


@pytest.mark.slow
@pytest.mark.parametrize(("rate", "n"), [(0.5, 60), (0.8, 120), (0.9, 166)])
def test_the_bootstrap_covers_the_true_rate_in_about_95_of_100_samples(rate: float, n: int) -> None:
    rng = np.random.default_rng(11)
    samples = (rng.random((1_000, n)) < rate).astype(float)
    covered = np.mean([low <= rate <= high for low, high in bootstrap_intervals(samples)])

    # Of 1,000 samples of true coverage 0.95 the standard error is 0.007; the percentile bootstrap of so few is a
    # little too narrow, which is why the Wilson interval stands beside it.
    assert 0.92 <= covered <= 0.975


@pytest.mark.slow
@pytest.mark.parametrize(("rate", "n"), [(0.5, 60), (0.8, 120), (0.98, 60), (0.98, 166)])
def test_wilsons_interval_covers_the_true_rate_also_where_the_bootstrap_collapses(rate: float, n: int) -> None:
    rng = np.random.default_rng(11)
    counts = rng.binomial(n, rate, 4_000)
    covered = np.mean([low <= rate <= high for low, high in (wilson_interval(int(k), n) for k in counts)])

    assert covered >= 0.93


@pytest.mark.slow
@pytest.mark.parametrize(("rate", "at_most"), [(0.98, 0.75), (0.99, 0.6)])
def test_the_bootstrap_does_not_cover_a_rate_near_one_and_wilson_does(rate: float, at_most: float) -> None:
    """What the star in the tables is for: of 60 questions that are nearly always right most samples are all alike."""
    rng = np.random.default_rng(11)
    samples = (rng.random((1_000, 60)) < rate).astype(float)
    by_bootstrap = np.mean([low <= rate <= high for low, high in bootstrap_intervals(samples)])
    by_wilson = np.mean([low <= rate <= high for low, high in (wilson_interval(int(s.sum()), 60) for s in samples)])

    assert by_bootstrap < at_most
    assert by_wilson > 0.93


@pytest.mark.slow
@pytest.mark.parametrize(("rate", "other"), [(0.9, 0.9), (0.95, 0.85), (1.0, 0.95)])
def test_the_difference_of_rates_is_covered(rate: float, other: float) -> None:
    rng = np.random.default_rng(5)
    pairs = zip(rng.binomial(40, rate, 3_000), rng.binomial(300, other, 3_000), strict=True)
    intervals = [rate_difference(int(one), 40, int(two), 300)[1:] for one, two in pairs]

    assert np.mean([low <= rate - other <= high for low, high in intervals]) >= 0.93
