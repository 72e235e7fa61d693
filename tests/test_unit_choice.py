"""Which unit answers, and what speaks for it that none does."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest

from assistant.choice import Chosen, load_choice
from assistant.draft import Context
from assistant.evidence import Unit
from assistant.likeness import GRADES, Matches, graded, measured
from assistant.unit_choice import best_of, choose_unit
from assistant.unit_features import UnitFeatures, unit_features
from tests.assistants import built

ASKED = "会员卡退卡手续费多少？"


def features_of(context: Context, units: Sequence[Unit], subjects: Sequence[str]) -> UnitFeatures:
    beside = context.beside(units, subjects)
    return unit_features(context.question, units, subjects, context.sources.lexicon, context.sources.boost(), beside)


def about_first(question: str) -> tuple[Context, list[Unit], tuple[str, ...]]:
    """What may answer a question about the first card of a corpus."""
    context = built("a").context([question])
    subjects = built("a").subjects()[:1]
    return context, context.units_about(subjects), subjects


# --- the words of a question, by grade -------------------------------------------------------------------------


def test_every_word_of_a_question_has_one_grade_in_each_passage() -> None:
    best = np.array([[1.0, 0.8, 0.1], [0.6, 0.4, -0.2]], dtype=np.float32)
    found = Matches(best, np.zeros(2, dtype=np.float32), np.array([2.0, 1.0, 1.0], dtype=np.float32))
    grades = graded(found)

    assert grades["words_same"].tolist() == [0.5, 0.0]
    assert grades["words_near"].tolist() == [0.25, 0.0]
    assert grades["words_close"].tolist() == [0.0, 0.5]
    assert grades["words_loose"].tolist() == [0.0, 0.25]
    assert grades["words_apart"].tolist() == [0.25, 0.25]
    assert sum(grades[f"words_{name}"] for name in GRADES) == pytest.approx([1.0, 1.0])
    assert grades["heaviest"].tolist() == pytest.approx([1.0, 0.6])
    assert grades["weakest"].tolist() == pytest.approx([0.1, -0.2])


@pytest.mark.parametrize("shape", [(0, 3), (2, 0)])
def test_without_words_or_passages_there_are_no_grades(shape: tuple[int, int]) -> None:
    n, tokens = shape
    found = Matches(*(np.zeros(size, dtype=np.float32) for size in (shape, n, tokens)))

    assert graded(found) == {}
    assert measured(found).soft.tolist() == [0.0] * n


# --- what speaks for none --------------------------------------------------------------------------------------


def test_what_no_unit_has_a_word_for_is_said_nowhere() -> None:
    known = features_of(*about_first(ASKED)).none
    strange = features_of(*about_first("会员卡退卡要带望远镜和降落伞吗？")).none

    assert 0 <= known["said_nowhere"] < strange["said_nowhere"] <= 1
    assert strange["said_nowhere_most"] <= strange["said_nowhere"]


def test_a_situation_that_no_unit_speaks_of_is_missing() -> None:
    none = features_of(*about_first("会员卡被驳回了，驳回以后找谁")).none
    plain = features_of(*about_first(ASKED)).none

    assert (none["situation"], none["no_situation"], none["situations_missing"]) == (1.0, 1.0, 1.0)
    assert (plain["situation"], plain["no_situation"], plain["situations_missing"]) == (0.0, 0.0, 0.0)


def test_what_is_said_of_another_card_alone_is_found_beside() -> None:
    context, units, subjects = about_first(ASKED)
    beside = context.beside(units, subjects)
    assert {card for unit in beside for card in unit.cards}.isdisjoint(subjects)
    told = max(beside, key=lambda unit: len(unit.text))
    asked = built("a").context([told.text[:80]])
    features = unit_features(
        asked.question, units, subjects, context.sources.lexicon, context.sources.boost(), [told]
    ).none

    assert features["beside"] == 1.0
    assert features["beside_soft"] > 0
    assert features["beside_sentence_whole"] > 0
    assert "beside" not in features_of(asked, units, ()).none


# --- both decisions --------------------------------------------------------------------------------------------


def test_the_best_unit_has_the_odds_of_the_second_decision_and_the_others_keep_their_distance() -> None:
    context, units, subjects = about_first(ASKED)
    beside = context.beside(units, subjects)
    ranked, probability = choose_unit(
        context.question, units, subjects, context.sources.lexicon, context.sources.boost(), beside
    )
    features = features_of(context, units, subjects)
    chosen = load_choice("unit").among(features.each, features.none)
    odds = load_choice("answer").among([best_of(features.each, chosen)], features.none).scores[0]

    assert ranked[0].score == pytest.approx(odds)
    assert probability == pytest.approx(1 / (1 + math.exp(-odds)))
    assert [scored.unit for scored in ranked] == [features.units[at] for at in chosen.order]
    for scored, at in zip(ranked, chosen.order, strict=True):
        assert scored.score - odds == pytest.approx(chosen.scores[at] - max(chosen.scores))


def test_how_far_the_best_is_ahead_is_bounded() -> None:
    each = [{"a": 1.0}, {"a": 2.0}]

    assert best_of(each, Chosen((0.5, 3.0), (1, 0), 0.9)) == {"a": 2.0, "score": 3.0, "ahead": 2.5}
    assert best_of(each, Chosen((-9.0, 3.0), (1, 0), 0.9))["ahead"] == 4.0
    assert best_of(each[:1], Chosen((1.0,), (0,), 0.7))["ahead"] == 4.0


def test_without_units_none_answers() -> None:
    context, _, subjects = about_first(ASKED)

    assert choose_unit(context.question, [], subjects, context.sources.lexicon, {}) == ([], 0.0)
