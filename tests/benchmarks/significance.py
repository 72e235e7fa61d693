"""How sure a measured mean or difference is."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

N_RESAMPLES = 10_000
_AT_A_TIME = 1_000


def interval(values: Sequence[float], *, seed: int = 7) -> tuple[float, float]:
    """The 95 % percentile bootstrap interval of the mean.

    Source: Efron & Tibshirani 1993, "An Introduction to the Bootstrap", chapter 13.
    """
    known = np.asarray(values, dtype=float)
    rng = np.random.default_rng(seed)
    means = np.concatenate(
        [
            known[rng.integers(0, len(known), (_AT_A_TIME, len(known)))].mean(axis=1)
            for _ in range(N_RESAMPLES // _AT_A_TIME)
        ]
    )
    low, high = np.percentile(means, [2.5, 97.5])
    return float(low), float(high)


def randomisation_p(one: Sequence[float], other: Sequence[float], *, seed: int = 7) -> float:
    """The two-sided p of a paired difference of means as large as this, were it chance which system is which.

    Source: Smucker, Allan & Carterette 2007, "A Comparison of Statistical Significance Tests for Information
    Retrieval Evaluation", the randomisation test, here with 10,000 draws.
    """
    differences = np.asarray(one, dtype=float) - np.asarray(other, dtype=float)
    rng = np.random.default_rng(seed)
    seen = abs(differences.mean())
    n_as_large = sum(
        int(
            (
                abs((rng.choice((-1.0, 1.0), (_AT_A_TIME, len(differences))) * differences).mean(axis=1))
                >= seen - 1e-12
            ).sum()
        )
        for _ in range(N_RESAMPLES // _AT_A_TIME)
    )
    return (n_as_large + 1) / (N_RESAMPLES + 1)
