"""Which unit answers a question, or none, weighed by what was learnt from question sets.

Two decisions, one after the other: which unit is likeliest, and whether that one answers or the articles do not say.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence

from assistant.choice import Chosen, Features, load_choice
from assistant.evidence import Scored, Unit
from assistant.lexicon import Lexicon
from assistant.question import Question
from assistant.unit_features import UnitFeatures, unit_features

_FARTHEST_AHEAD = 4.0


def choose_unit(
    question: Question,
    units: Sequence[Unit],
    subjects: Collection[str],
    lexicon: Lexicon,
    boost: Mapping[str, float],
    beside: Sequence[Unit] = (),
    *,
    decides: bool = True,
) -> tuple[list[Scored], float]:
    """The units best first, each scored against "none of them" (above 0 it is likelier), and how likely any of them is.

    Args:
        question: What is asked.
        units: Those that may answer.
        subjects: The cards that are meant, empty when no card is.
        lexicon: Its concepts.
        boost: Chunk id → what retrieval found it worth, in [0, 0.1].
        beside: What the same articles say of other cards.
        decides: Whether the units are all that may answer, so that it can be decided whether any does. By the first
            decision alone they are held against each other, as the parts of a comparison are.
    """
    features = unit_features(question, units, subjects, lexicon, boost, beside)
    chosen = load_choice("unit").among(features.each, features.none)
    if not chosen.order:
        return [], 0.0
    if not decides:
        return _scored(features, chosen, 0.0), chosen.probability
    answers = load_choice("answer").among([best_of(features.each, chosen)], features.none)
    lift = answers.scores[0] - chosen.scores[chosen.order[0]]
    return _scored(features, chosen, lift), answers.probability


def _scored(features: UnitFeatures, chosen: Chosen, lift: float) -> list[Scored]:
    return [Scored(features.units[at], chosen.scores[at] + lift, features.covered[at]) for at in chosen.order]


def best_of(each: Sequence[Features], chosen: Chosen) -> Features:
    """What speaks for the likeliest unit, how likely it is, and how far it is ahead of the next."""
    best, *others = (chosen.scores[at] for at in chosen.order[:2])
    ahead = min(best - max(others, default=-math.inf), _FARTHEST_AHEAD)
    return {**each[chosen.order[0]], "score": best, "ahead": ahead}
