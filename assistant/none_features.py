"""What speaks for it that no unit answers a question: the articles do not say."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from assistant.evidence import Unit
from assistant.known_units import known_units
from assistant.likeness import Matches, graded, matches, measured, places_of_question
from assistant.question import Question
from assistant.sentences import sentence_features
from assistant.situations import MANY, situations_in
from index.encoder import Vectors

_BY_SENTENCE = ("sentence_telling", "sentence_whole", "sentence_both", "asking_whole", "asking_both", "valued_whole",
                "in_situation_whole", "in_some_situation_whole")  # fmt: skip
_HIGHEST_GRADES = ("words_same", "words_near", "weakest", "weakest_telling", "heaviest")
_BESIDE_GRADES = ("words_same", "weakest", "weakest_telling", "heaviest")
_LIKENESSES = ("soft", "telling", "whole", "matched")
_NEAR_VALUE = 0.25  # the cosine below which a sentence with a value of the type asked for is about something else
_SAID_FROM = 0.45  # the cosine from which a unit has a word of the question, if not the same one
_SAME = 0.97

Columns = Mapping[str, Sequence[float]]


def none_features(
    question: Question,
    units: Sequence[Unit],
    situations: Sequence[frozenset[str]],
    found: Matches,
    columns: Columns,
    types: Sequence[str],
    needed: set[str],
    beside: Sequence[Unit],
    topic: str,
) -> dict[str, float]:
    """What speaks for none of the units, by the names of the weights in `choices.json`.

    Args:
        question: What is asked.
        units: Those that may answer.
        situations: The situations that each of them speaks of.
        found: Its words held against them.
        columns: What speaks for each of them, by name.
        types: The types of values that are asked for.
        needed: The concepts that an answer must speak of.
        beside: What the same articles say of other cards.
        topic: The question without the names of its cards.
    """
    return {
        **_highest(question, units, columns, needed),
        **_said_nowhere(found, columns),
        **_situations_nowhere(situations_in(question.text), situations),
        **_said_beside(topic, types, found, columns, beside),
    }


def _highest(question: Question, units: Sequence[Unit], columns: Columns, needed: set[str]) -> dict[str, float]:
    """How much speaks for the units at most, and what of the question is strange."""

    def highest(name: str) -> float:
        return max(columns.get(name, ()), default=0.0)

    soft = sorted(columns["soft"], reverse=True)
    return {
        "always": 1.0,
        "no_right_type": float(highest("wrong_type") > 0 and not highest("right_type")),
        "no_need": float(bool(needed) and not any(needed <= unit.concepts for unit in units)),
        "unknown": min(sum(map(len, question.focus_unknown)) / 10, 2.0),
        "lexical": highest("lexical"),
        "soft": highest("soft"),
        "telling": highest("telling"),
        "whole": highest("whole"),
        "matched": highest("matched"),
        "pairs": highest("pairs"),
        "agrees": highest("agrees"),
        "same_attribute": highest("same_attribute"),
        **{f"highest_{name}": highest(name) for name in _BY_SENTENCE},
        "without_value": float(highest("wrong_type") > 0 and highest("valued_whole") < _NEAR_VALUE),
        "lead": soft[0] - soft[min(2, len(soft) - 1)] if soft else 0.0,
        "length": math.log(len(question.text) + 1) / 5,
        "no_concept": float(not question.concepts),
        "highest_thing": highest("thing"),
        "thing_nowhere": min(columns.get("without_thing", ()), default=0.0),
        "card_unknown": float(bool(question.unknown_card)),
    }


def _situations_nowhere(asked: frozenset[str], said: Sequence[frozenset[str]]) -> dict[str, float]:
    """How far the situations that are asked about are in none of the units."""
    everywhere = frozenset().union(*said)
    return {
        "situation": float(bool(asked)),
        "situations": min(len(asked), MANY) / MANY,
        "no_situation": float(bool(asked) and not asked & everywhere),
        "situations_missing": len(asked - everywhere) / len(asked) if asked else 0.0,
        "situations_apart": float(bool(asked) and not any(asked <= one for one in said)),
    }


def _said_nowhere(found: Matches, columns: Columns) -> dict[str, float]:
    """How much of the question none of the units has a word for, and the highest of their grades."""
    if "words_apart" not in columns:
        return {}
    highest, weights = found.best.max(axis=0), found.weights / found.weights.sum()
    nowhere = weights * (highest < _SAID_FROM)
    return {
        "said_nowhere": float(nowhere.sum()),
        "said_nowhere_most": float(nowhere.max()),
        "not_in_its_words": float(weights[highest < _SAME].sum()),
        "lowest_words_apart": min(columns["words_apart"]),
        **{f"highest_{name}": max(columns[name]) for name in _HIGHEST_GRADES},
    }


def _said_beside(
    text: str, types: Sequence[str], found: Matches, columns: Columns, beside: Sequence[Unit]
) -> dict[str, float]:
    """How much better what the articles say of other cards would answer: then they are silent on the one meant."""
    if not beside or not len(found.weights) or not len(found.best):
        return {}
    known = known_units(tuple(beside))
    others = matches(places_of_question(text), known.said)
    n = len(found.best)
    joined = Matches(
        np.concatenate([found.best, others.best]), np.concatenate([found.whole, others.whole]), found.weights
    )
    both = measured(joined)
    grades = graded(joined)
    values: dict[str, Vectors] = {name: getattr(both, name) for name in _LIKENESSES}
    values |= {name: grades[name] for name in _BESIDE_GRADES}
    ahead = {f"beside_{name}": float(of[n:].max() - of[:n].max()) for name, of in values.items()}
    if known.sentences is not None:
        theirs = sentence_features(text, types, known.sentences)
        ahead |= {f"beside_{name}": max(of) - max(columns[name]) for name, of in theirs.items()}
    return ahead | {"beside": 1.0}
