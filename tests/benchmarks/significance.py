"""How sure a measured mean is."""

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
