"""Choosing one of several, or none, by weighed features: a conditional logit with learnt weights.

The weights are learnt from question sets.
The score of a candidate is the sum of its features' weights, that of "none" the sum of the weights of what speaks
for none; the probabilities are their softmax. The weights stand in `choices.json` by the features' names.

Source: McFadden 1974, "Conditional logit analysis of qualitative choice behavior".
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_FILE = Path(__file__).with_name("choices.json")

Features = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Chosen:
    """What was chosen among.

    Attributes:
        scores: Of each candidate against none: above 0 it is likelier than none.
        order: The candidates, best first.
        probability: That one of them is right and not none, in [0, 1].
    """

    scores: tuple[float, ...]
    order: tuple[int, ...]
    probability: float


@dataclass(frozen=True, slots=True)
class Choice:
    """The weights of the features of the candidates, and of those for none."""

    weights: Mapping[str, float]
    none: Mapping[str, float]

    def among(self, candidates: Sequence[Features], none: Features) -> Chosen:
        """The candidates by their scores; features without a weight count nothing."""
        against = _sum(self.none, none)
        scores = tuple(_sum(self.weights, features) - against for features in candidates)
        order = tuple(sorted(range(len(scores)), key=lambda at: -scores[at]))
        if not scores:
            return Chosen((), (), 0.0)
        highest = max(0.0, *scores)
        some = sum(math.exp(score - highest) for score in scores)
        return Chosen(scores, order, some / (some + math.exp(-highest)))


def _sum(weights: Mapping[str, float], features: Features) -> float:
    total = 0.0
    for name, value in features.items():
        if value and name in weights:  # most are zero
            total += weights[name] * value
    return total


@cache
def load_choice(name: str, file: Path = _FILE) -> Choice:
    """The weights of one choice: `subject` or `unit`."""
    known = json.loads(file.read_text(encoding="utf-8"))[name]
    return Choice(known["weights"], known["none"])
