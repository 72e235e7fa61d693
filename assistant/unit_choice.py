"""Which unit answers a question, or none: what speaks for each, weighed by what was learnt from question sets."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from assistant.attributes import asked_for
from assistant.choice import Chosen, load_choice
from assistant.evidence import Scored, Unit, asked_bonus, asked_words, holds, idf, pairs_of, rank_units
from assistant.lexicon import Lexicon
from assistant.likeness import Passages, likeness, places_of_question, ready
from assistant.question import Question
from assistant.sentences import Sentences, sentence_features, sentences_of

_KINDS = ("step", "lead", "note", "item", "prose")
_ROLES = ("precautions", "reasons", "definition", "summary", "questions", "materials", "fees", "kinds", "conditions")
_UNSEEN_PAIR = 2.0  # the idf of a pair of characters that no unit has
_SHORT = 12
_TABLE_MARKS = 2
_LEADING = 2
_BY_SENTENCE = ("sentence_telling", "sentence_whole", "sentence_both", "asking_whole", "asking_both", "valued_whole")
_NEAR_VALUE = 0.25  # the cosine below which a sentence with a value of the type asked for is about something else
_KNOWN = 16  # sets of units that are kept ready, each about as large as an article's vectors


@dataclass(frozen=True, slots=True)
class UnitFeatures:
    """What speaks for each of the units, and for none of them."""

    units: tuple[Unit, ...]
    each: tuple[Mapping[str, float], ...]
    none: Mapping[str, float]
    covered: tuple[frozenset[str], ...]


@dataclass(frozen=True, slots=True, eq=False)
class _Known:
    """What is known of units before any question.

    Attributes:
        said: What each of them says.
        headings: The headings over them, without repetition.
        headed: Which of these stands over each.
        given: The attribute that each is likeliest to give.
        each: Those of the features that do not depend on the question.
        sentences: Their sentences, None when there are no units.
    """

    said: Passages
    headings: Passages
    headed: tuple[int, ...]
    given: tuple[int, ...]
    each: tuple[Mapping[str, float], ...]
    sentences: Sentences | None


def choose_unit(
    question: Question,
    units: Sequence[Unit],
    subjects: Collection[str],
    lexicon: Lexicon,
    boost: Mapping[str, float],
) -> tuple[list[Scored], float]:
    """The units best first, each scored against "none of them" (above 0 it is likelier), and how likely any of them is.

    Args:
        question: What is asked.
        units: Those that may answer.
        subjects: The cards that are meant, empty when no card is.
        lexicon: Its concepts.
        boost: Chunk id → what retrieval found it worth, in [0, 0.1].
    """
    features = unit_features(question, units, subjects, lexicon, boost)
    chosen: Chosen = load_choice("unit").among(features.each, features.none)
    return [
        Scored(features.units[at], chosen.scores[at], features.covered[at]) for at in chosen.order
    ], chosen.probability


def unit_features(
    question: Question,
    units: Sequence[Unit],
    subjects: Collection[str],
    lexicon: Lexicon,
    boost: Mapping[str, float],
) -> UnitFeatures:
    """What speaks for each unit and for none, by the names of the weights in `choices.json`."""
    units = tuple(units)
    lexical = {id(entry.unit): entry for entry in rank_units(question, units, lexicon, {})}
    asked = places_of_question(question.text)
    known = _known(units)
    like = likeness(asked, known.said)
    like_heading = likeness(asked, known.headings).soft
    pairs = set(pairs_of(question.text))
    holding = Counter(pair for unit in units for pair in unit.pairs & pairs)
    weights = {pair: idf(holding[pair], len(units)) if holding[pair] else _UNSEEN_PAIR for pair in pairs}
    total = sum(weights.values()) or 1.0
    typed = [lexicon.concepts[name].type for name in question.focus if lexicon.concepts[name].kind == "typed"]
    needed = {name for name in question.focus if lexicon.concepts[name].kind == "need"}
    about = {name for name in question.focus if lexicon.concepts[name].kind != "typed"}
    asked_for_words = asked_words(question, lexicon)
    leading = set(np.argsort(-like.soft)[:_LEADING].tolist())
    spread = _spread(like.soft)
    softs, tellings, matched, wholes = (
        values.tolist() for values in (like.soft, like.telling, like.matched, like.whole)
    )
    wanted = asked_for(question.text)
    most_wanted = int(wanted.argmax())
    meant = set(subjects)
    agrees = [float(wanted @ unit.gives) for unit in units]
    by_sentence = sentence_features(question.text, typed, known.sentences) if known.sentences is not None else {}
    most = max(agrees, default=0.0)
    each = []
    for at, unit in enumerate(units):
        entry = lexical.get(id(unit))
        right_type = bool(typed) and all(holds(unit, value) for value in typed)
        said = sum(weights[pair] for pair in pairs & unit.pairs) / total
        soft = softs[at]
        each.append(
            {
                "lexical": entry.score if entry else 0.0,
                "concepts": min(len(about & unit.concepts), 2) / 2,
                "every_concept": float(bool(about) and about <= unit.concepts),
                "right_type": float(right_type),
                "wrong_type": float(bool(typed) and not right_type),
                "question_word": asked_bonus(asked_for_words, unit),
                "without_need": float(bool(needed - unit.concepts)),
                "soft": soft,
                "soft_apart": (soft - spread[0]) / spread[1],
                "soft_leads": float(at in leading),
                "telling": tellings[at],
                "matched": matched[at],
                "whole": wholes[at],
                "heading": float(like_heading[known.headed[at]]),
                "pairs": said,
                "found": 10 * boost.get(unit.chunk.chunk_id, 0.0),
                "own": float(not meant.isdisjoint(unit.cards)),
                "names_other": float(bool(meant and unit.named) and meant.isdisjoint(unit.named)),
                **known.each[at],
                **{name: values[at] for name, values in by_sentence.items()},
                "agrees": agrees[at],
                "agrees_most": agrees[at] / (most + 1e-6),
                "same_attribute": float(most_wanted == known.given[at]),
                "opening": float(at == 0),
                "yes_no_pairs": said * question.asks_yes_or_no,
                "unknown_soft": soft * (len(question.focus_unknown) > _LEADING),
                "its_precautions": float(unit.role == "precautions" and "precautions" in question.intents),
                "its_reasons": float(unit.role == "reasons" and "reasons" in question.intents),
                "its_definition": float(unit.role == "definition" and bool({"definition", "kinds"} & question.intents)),
            }
        )
    if each:
        each[int(np.argmax([features["lexical"] for features in each]))]["lexical_leads"] = 1.0
        each[int(np.argmax(like.telling))]["telling_leads"] = 1.0
    return UnitFeatures(
        units,
        tuple(each),
        _none(question, each, needed, units),
        tuple(lexical[id(unit)].covered if id(unit) in lexical else frozenset() for unit in units),
    )


@lru_cache(maxsize=_KNOWN)
def _known(units: tuple[Unit, ...]) -> _Known:
    """What does not depend on the question; units never change."""
    headed = [" ".join(unit.chunk.headings[-2:]) for unit in units]
    headings = {heading: at for at, heading in enumerate(dict.fromkeys(headed))}
    return _Known(
        said=ready([unit.places for unit in units]),
        headings=ready([places_of_question(heading) for heading in headings]),
        headed=tuple(headings[heading] for heading in headed),
        given=tuple(int(unit.gives.argmax()) for unit in units),
        each=tuple(
            {
                "general": float(not unit.cards),
                "length": math.log(len(unit.text) + 1) / 5,
                "several": float(about_several(unit)),
                "short": float(len(unit.text) < _SHORT),
                **{f"is_{kind}": float(unit.kind == kind) for kind in _KINDS},
                **{f"in_{role}": float(unit.role == role) for role in _ROLES},
            }
            for unit in units
        ),
        sentences=sentences_of([unit.text for unit in units]) if units else None,
    )


def about_several(unit: Unit) -> bool:
    """Whether a unit names more than one card, or is a line of a table; what opens an article only lists them."""
    return bool(unit.chunk.headings) and (len(set(unit.named)) > 1 or unit.text.count("|") > _TABLE_MARKS)


def _none(
    question: Question, each: Sequence[Mapping[str, float]], needed: set[str], units: Sequence[Unit]
) -> dict[str, float]:
    """What speaks for none of the units."""

    def highest(name: str) -> float:
        return max((features[name] for features in each), default=0.0)

    soft = sorted((features["soft"] for features in each), reverse=True)
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
        "card_unknown": float(bool(question.unknown_card)),
    }


def _spread(values: np.ndarray) -> tuple[float, float]:
    if not len(values):
        return 0.0, 1.0
    return float(values.mean()), 3 * float(values.std()) + 1e-6
