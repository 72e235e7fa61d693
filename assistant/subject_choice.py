"""Which subject a question is about when it names none that is known: what its words have of each one's sections."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from assistant.choice import load_choice
from assistant.evidence import Unit, pairs_of
from assistant.likeness import (
    Passages,
    Places,
    likeness,
    likeness_of_groups,
    places_of,
    places_of_question,
    ready,
)
from assistant.naming import Naming
from assistant.question import Question, han_only

_MOST_UNITS = 60  # of a subject
_COMPARED = 8  # sets of profiles that are kept ready
_GENERAL = frozenset({"reasons", "precautions", "summary", "definition", "kinds"})
POINTS_FROM = 0.5  # log-odds against none from which a question is about a subject: to ask back costs less than to err
SURELY_POINTS_FROM = 2.5  # the same from which it is about a subject though it names a card that no article is about
LEANS_FROM = -6.0  # log-odds against none from which a short reply is taken to mean a subject


@dataclass(frozen=True, slots=True, eq=False)
class Profile:
    """What a subject's sections say.

    Attributes:
        called: What the corpus calls it.
        headed: The tokens of its name and its headings.
        units: The tokens of each unit.
        pairs: Its pairs of Chinese characters and its Latin words.
    """

    subject: str
    called: str
    headed: Places
    units: tuple[Places, ...]
    pairs: frozenset[str]


@dataclass(frozen=True, slots=True, eq=False)
class _Compared:
    """What holding a question against several profiles needs of them.

    Attributes:
        units: The tokens of the units of each, one profile after the other.
        headed: The tokens of the name and the headings of each.
        own_pairs: Those of the pairs of each that no other has.
    """

    naming: Naming
    units: Passages
    headed: Passages
    own_pairs: tuple[frozenset[str], ...]


@lru_cache(maxsize=_COMPARED)
def _compared(profiles: tuple[Profile, ...]) -> _Compared:
    """The same for the same profiles, which never change and are told apart by being others."""
    return _Compared(
        naming=Naming(
            tuple(profile.subject for profile in profiles), {profile.subject: profile.called for profile in profiles}
        ),
        units=ready([places for profile in profiles for places in profile.units]),
        headed=ready([profile.headed for profile in profiles]),
        own_pairs=tuple(
            profile.pairs.difference(*(other.pairs for other in profiles if other is not profile))
            for profile in profiles
        ),
    )


def profile_of(subject: str, units: Sequence[Unit], called: str = "") -> Profile:
    """The profile of a subject by the units of its sections; `called` when the corpus has another name for it."""
    headings = dict.fromkeys(heading for unit in units for heading in unit.chunk.headings)
    return Profile(
        subject=subject,
        called=called or subject,
        headed=places_of([" ".join([subject, *headings])])[0],
        units=tuple(unit.places for unit in units[:_MOST_UNITS]),
        pairs=frozenset().union(*(unit.pairs for unit in units)) | frozenset(pairs_of(" ".join([subject, *headings]))),
    )


def choose_subject(question: Question, profiles: Sequence[Profile]) -> tuple[str, bool]:
    """The subject that a question is likeliest about, and whether that is clearly likelier than none."""
    if not profiles:
        return "", False
    each, none = subject_features(question, profiles)
    chosen = load_choice("subject").among(each, none)
    best = chosen.order[0]
    strange = question.cards and not (question.language == "en" or question.touched)
    likelier = chosen.scores[best] > (SURELY_POINTS_FROM if strange else POINTS_FROM)
    return (profiles[best].subject, likelier) if chosen.scores[best] > LEANS_FROM else ("", False)


def subject_features(
    question: Question, profiles: Sequence[Profile]
) -> tuple[list[Mapping[str, float]], Mapping[str, float]]:
    """What speaks for each subject and for none, by the names of the weights in `choices.json`."""
    asked = places_of_question(question.text)
    compared = _compared(tuple(profiles))
    named = [min(compared.naming.score(han_only(question.text), profile.subject), 4.0) / 2 for profile in profiles]
    said, wholes = likeness_of_groups(asked, compared.units, [len(profile.units) for profile in profiles])
    headed = likeness(asked, compared.headed)
    pairs = set(pairs_of(question.text))
    each: list[Mapping[str, float]] = []
    for at, profile in enumerate(profiles):
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
                "own_pairs": min(len(pairs & compared.own_pairs[at]), 4) / 4,
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
