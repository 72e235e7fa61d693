"""What speaks for each unit of an article that may answer a question, and what for none of them.

Each column holds one feature of all units; its name is that of its weight in `choices.json`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from assistant.asked_thing import things_said
from assistant.attributes import asked_for
from assistant.evidence import Scored, Unit, asked_bonus, asked_words, holds, idf, pairs_of, rank_units
from assistant.known_units import KnownUnits, known_units
from assistant.lexicon import Lexicon
from assistant.likeness import Matches, graded, likeness, matches, measured, places_of_question
from assistant.none_features import none_features
from assistant.question import Question
from assistant.sentences import sentence_features
from assistant.situations import MANY, situations_in
from index.encoder import Vectors

_UNSEEN_PAIR = 2.0  # the idf of a pair of characters that no unit has
_LEADING = 2
_SMALL = 1e-6
_ROLES_ASKED = {
    "its_precautions": ("precautions", {"precautions"}),
    "its_reasons": ("reasons", {"reasons"}),
    "its_definition": ("definition", {"definition", "kinds"}),
}

Columns = dict[str, list[float]]


@dataclass(frozen=True, slots=True)
class UnitFeatures:
    """What speaks for each of the units, and for none of them."""

    units: tuple[Unit, ...]
    each: tuple[Mapping[str, float], ...]
    none: Mapping[str, float]
    covered: tuple[frozenset[str], ...]


def unit_features(
    question: Question,
    units: Sequence[Unit],
    subjects: Collection[str],
    lexicon: Lexicon,
    boost: Mapping[str, float],
    beside: Sequence[Unit] = (),
) -> UnitFeatures:
    """What speaks for each unit and for none.

    Args:
        question: What is asked.
        units: Those that may answer.
        subjects: The cards that are meant, empty when no card is.
        lexicon: Its concepts.
        boost: Chunk id → what retrieval found it worth, in [0, 0.1].
        beside: What the same articles say of other cards.
    """
    units, meant = tuple(units), set(subjects)
    topic = topic_of(question, units, subjects)
    known = known_units(units)
    lexical = {id(entry.unit): entry for entry in rank_units(question, units, lexicon, {})}
    types = [lexicon.concepts[name].type for name in question.focus if lexicon.concepts[name].kind == "typed"]
    needed = {name for name in question.focus if lexicon.concepts[name].kind == "need"}
    found = matches(places_of_question(topic), known.said)
    columns = {
        **_by_words(question, units, lexicon, lexical),
        **_by_pairs(question, topic, units),
        **_by_types(units, types, needed),
        **_by_likeness(question, topic, found, known),
        **_by_attribute(topic, units, known),
        **_by_thing(question, known),
        **_by_place(question, units, meant, boost),
        **_by_situation(situations_in(question.text), known.situations),
        **(sentence_features(topic, types, known.sentences) if known.sentences is not None else {}),
    }
    each = tuple(
        {**known.each[at], **{name: values[at] for name, values in columns.items()}} for at in range(len(units))
    )
    none = none_features(question, units, known.situations, found, columns, types, needed, beside, topic)
    covered = tuple(lexical[id(unit)].covered if id(unit) in lexical else frozenset() for unit in units)
    return UnitFeatures(units, each, none, covered)


def topic_of(question: Question, units: Sequence[Unit], subjects: Collection[str]) -> str:
    """What of a question its units are held against: it without its card's name where some of them are about that."""
    meant = set(subjects)
    return question.topic if any(not meant.isdisjoint(unit.cards) for unit in units) else question.text


def _by_words(question: Question, units: Sequence[Unit], lexicon: Lexicon, lexical: Mapping[int, Scored]) -> Columns:
    """By the words and concepts of the lexicon."""
    about = {name for name in question.focus if lexicon.concepts[name].kind != "typed"}
    words = asked_words(question, lexicon)
    scores = [lexical[id(unit)].score if id(unit) in lexical else 0.0 for unit in units]
    return {
        "lexical": scores,
        "lexical_leads": _leads(scores),
        "concepts": [min(len(about & unit.concepts), 2) / 2 for unit in units],
        "every_concept": [float(bool(about) and about <= unit.concepts) for unit in units],
        "question_word": [asked_bonus(words, unit) for unit in units],
    }


def _by_pairs(question: Question, topic: str, units: Sequence[Unit]) -> Columns:
    """By the share of the question's pairs of characters that each unit has, rare ones counting more."""
    pairs = set(pairs_of(topic))
    holding = Counter(pair for unit in units for pair in unit.pairs & pairs)
    weights = {pair: idf(holding[pair], len(units)) if holding[pair] else _UNSEEN_PAIR for pair in pairs}
    total = sum(weights.values()) or 1.0
    said = [sum(weights[pair] for pair in pairs & unit.pairs) / total for unit in units]
    return {"pairs": said, "yes_no_pairs": [share * question.asks_yes_or_no for share in said]}


def _by_types(units: Sequence[Unit], types: Sequence[str], needed: set[str]) -> Columns:
    """By the values and the concepts that an answer must hold."""
    right = [bool(types) and all(holds(unit, value) for value in types) for unit in units]
    return {
        "right_type": [float(one) for one in right],
        "wrong_type": [float(bool(types) and not one) for one in right],
        "without_need": [float(bool(needed - unit.concepts)) for unit in units],
    }


def _by_likeness(question: Question, topic: str, found: Matches, known: KnownUnits) -> Columns:
    """By the words of the question held against those of each unit, and of the heading over it."""
    like = measured(found)
    soft: list[float] = like.soft.tolist()
    middle, spread = _spread(like.soft)
    leading = set(np.argsort(-like.soft)[:_LEADING].tolist())
    headings = likeness(places_of_question(topic), known.headings).soft
    return {
        "soft": soft,
        "soft_apart": [(value - middle) / spread for value in soft],
        "soft_leads": [float(at in leading) for at in range(len(soft))],
        "unknown_soft": [value * (len(question.focus_unknown) > _LEADING) for value in soft],
        "telling": like.telling.tolist(),
        "telling_leads": _leads(like.telling.tolist()),
        "matched": like.matched.tolist(),
        "whole": like.whole.tolist(),
        "heading": [float(headings[at]) for at in known.headed],
        **{name: values.tolist() for name, values in graded(found).items()},
    }


def _by_attribute(text: str, units: Sequence[Unit], known: KnownUnits) -> Columns:
    """By the attribute that is asked for and those that each unit gives."""
    wanted = asked_for(text)
    likeliest = int(wanted.argmax())
    agrees = [float(wanted @ unit.gives) for unit in units]
    most = max(agrees, default=0.0)
    return {
        "agrees": agrees,
        "agrees_most": [value / (most + _SMALL) for value in agrees],
        "same_attribute": [float(likeliest == given) for given in known.given],
    }


def _by_thing(question: Question, known: KnownUnits) -> Columns:
    """By how far each unit names the thing of which the question asks for one."""
    said = things_said(question.text, known.said)
    nowhere = [0.0] * known.said.n
    return {
        "thing": nowhere if said is None else said.tolist(),
        "without_thing": nowhere if said is None else (1 - said).tolist(),
    }


def _by_place(question: Question, units: Sequence[Unit], meant: set[str], boost: Mapping[str, float]) -> Columns:
    """By where each unit stands: the card and the role of its section, and what retrieval found that worth."""
    return {
        "found": [10 * boost.get(unit.chunk.chunk_id, 0.0) for unit in units],
        "own": [float(not meant.isdisjoint(unit.cards)) for unit in units],
        "names_other": [float(bool(meant and unit.named) and meant.isdisjoint(unit.named)) for unit in units],
        "opening": [float(at == 0) for at in range(len(units))],
        **{
            name: [float(unit.role == role and bool(intents & question.intents)) for unit in units]
            for name, (role, intents) in _ROLES_ASKED.items()
        },
    }


def _by_situation(asked: frozenset[str], said: Sequence[frozenset[str]]) -> Columns:
    """By how far each unit speaks of the situations that are asked about, and of others."""
    return {
        "in_situation": [float(bool(asked) and asked <= one) for one in said],
        "in_some_situation": [float(bool(asked & one)) for one in said],
        "without_situation": [float(bool(asked) and not asked & one) for one in said],
        "situations_said": [len(asked & one) / len(asked) if asked else 0.0 for one in said],
        "other_situations": [min(len(one - asked), MANY) / MANY for one in said],
    }


def _leads(values: Sequence[float]) -> list[float]:
    """1 for the first of the highest, 0 for the others."""
    first = int(np.argmax(values)) if values else -1
    return [float(at == first) for at in range(len(values))]


def _spread(values: Vectors) -> tuple[float, float]:
    if not len(values):
        return 0.0, 1.0
    return float(values.mean()), 3 * float(values.std()) + _SMALL
