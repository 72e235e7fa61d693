"""Which subject a question is about when it names none that is known: what its words have of each one's sections."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from assistant.choice import load_choice
from assistant.evidence import Unit, pairs_of
from assistant.likeness import Places, likeness, likeness_of_groups, places_of
from assistant.naming import Naming
from assistant.question import Question

_MOST_UNITS = 60  # of a subject
_GENERAL = frozenset({"reasons", "precautions", "summary", "definition", "kinds"})
LEANS_FROM = -3.0  # log-odds against none from which a short reply is taken to mean a subject


@dataclass(frozen=True, slots=True)
class Profile:
    """What a subject's sections say.

    Attributes:
        headed: The tokens of its name and its headings.
        units: The tokens of each unit.
        pairs: Its pairs of Chinese characters and its Latin words.
    """

    subject: str
    headed: Places
    units: tuple[Places, ...]
    pairs: frozenset[str]


def profile_of(subject: str, units: Sequence[Unit]) -> Profile:
    """The profile of a subject by the units of its sections."""
    headings = dict.fromkeys(heading for unit in units for heading in unit.chunk.headings)
    return Profile(
        subject=subject,
        headed=places_of([" ".join([subject, *headings])])[0],
        units=tuple(unit.places for unit in units[:_MOST_UNITS]),
        pairs=frozenset().union(*(unit.pairs for unit in units)) | frozenset(pairs_of(" ".join([subject, *headings]))),
    )


def choose_subject(question: Question, profiles: Sequence[Profile]) -> tuple[str, bool]:
    """The subject that a question is likeliest about, and whether that is likelier than that it is about none."""
    if not profiles:
        return "", False
    each, none = subject_features(question, profiles)
    chosen = load_choice("subject").among(each, none)
    best = chosen.order[0]
    return (profiles[best].subject, chosen.scores[best] > 0) if chosen.scores[best] > LEANS_FROM else ("", False)


def subject_features(
    question: Question, profiles: Sequence[Profile]
) -> tuple[list[Mapping[str, float]], Mapping[str, float]]:
    """What speaks for each subject and for none, by the names of the weights in `choices.json`."""
    asked = places_of([question.text])[0]
    naming = Naming(tuple(profile.subject for profile in profiles))
    named = [min(naming.score(question.text, profile.subject), 4.0) / 2 for profile in profiles]
    said, wholes = likeness_of_groups(asked, [profile.units for profile in profiles])
    headed = likeness(asked, [profile.headed for profile in profiles])
    pairs = set(pairs_of(question.text))
    each: list[Mapping[str, float]] = []
    for at, profile in enumerate(profiles):
        others = frozenset().union(*(other.pairs for other in profiles if other is not profile))
        whole = np.sort(wholes[at])[::-1] if len(wholes[at]) else np.zeros(1)
        each.append(
            {
                "named": named[at],
                "alone_named": float(named[at] > 0 and sum(value > 0 for value in named) == 1),
                "cued": float(profile.subject in question.cued),
                "soft": float(said.soft[at]),
                "telling": float(said.telling[at]),
                "soft_apart": float(said.soft[at] - said.soft.mean()) * 10,
                "heading": float(headed.soft[at]),
                "heading_apart": float(headed.soft[at] - headed.soft.mean()) * 10,
                "heading_whole": float(headed.whole[at]),
                "best_unit": float(whole[0]),
                "best_units": float(whole[:3].mean()),
                "pairs": len(pairs & profile.pairs) / max(len(pairs), 1),
                "own_pairs": min(len((pairs & profile.pairs) - others), 4) / 4,
            }
        )

    def highest(name: str) -> float:
        return max(features[name] for features in each)

    apart = sorted((features["soft"] for features in each), reverse=True)
    none = {
        "always": 1.0,
        "named": highest("named"),
        "telling": highest("telling"),
        "heading": highest("heading"),
        "heading_apart": highest("heading_apart"),
        "heading_whole": highest("heading_whole"),
        "best_unit": highest("best_unit"),
        "own_pairs": highest("own_pairs"),
        "lead": (apart[0] - apart[1]) * 10 if len(apart) > 1 else 0.0,
        "generic": float(question.generic),
        "all_cards": float(question.all_cards),
        "general": float(bool(question.intents & _GENERAL)),
        "card_unknown": float(bool(question.unknown_card)),
        "length": math.log(len(question.text) + 1) / 5,
        "many": math.log(len(profiles)),
    }
    return each, none
