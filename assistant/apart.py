"""Whether a question asks what cancelling any card comes with, in words that tell none of the cards from the others."""

from __future__ import annotations

import re
from collections.abc import Iterable

from assistant.clauses import BESIDE_CARDS
from assistant.draft import Context
from assistant.evidence import Unit, holds, pairs_of
from assistant.question import Question
from corpus.normalize import has_han, normalize

# Concepts that can be asked of the cancelling of any card; each has its own answer to them as a rule.
OF_ANY_CARD = frozenset({
    "materials", "id_document", "branch", "counter", "in_person", "proxy", "online", "phone", "phone_number", "mail",
    "fee", "charge", "duration", "refund", "balance", "deposit", "cash", "transfer", "application", "seal", "lost",
    "take_back", "old_card", "destroy", "revive", "after_effect",
})  # fmt: skip
OF_EACH_CARD = frozenset({"materials", "branch"})  # what none is cancelled without
_LONGEST_PLAIN = 1  # Chinese characters in a row that the lexicon does not know and that say nothing by themselves
_ENDINGS = ("卡", "号", "户", "证", "票")


def asks_of_any_card(context: Context) -> bool:
    """Whether a question that names no card could be asked of several, each of which has an answer of its own.

    So it is when all that it asks about is of the cancelling of any card, each needs it or sections of at least two
    speak of it, and no word in it is of a name or strange to the lexicon.
    """
    question, subjects = context.question, context.sources.catalog.subjects
    if len(subjects) < 2 or not question.focus or not _is_common(question):
        return False
    units = [unit for doc_id in context.sources.best_documents(3) for unit in context.sources.units(doc_id)]
    if _tells_apart(context, units):
        return False
    of_each = not OF_EACH_CARD.isdisjoint(question.focus)
    return of_each or all(_several_speak(context, name, units) for name in question.focus)


def _is_common(question: Question) -> bool:
    """Whether a question names no card and asks nothing but what can be asked of any."""
    named = question.cards or question.cued or question.unknown_card or question.touched
    common = set(question.concepts) <= OF_ANY_CARD | BESIDE_CARDS and question.actions <= {"cancel"}
    return common and not (named or question.all_cards or question.excluded)


def _tells_apart(context: Context, units: Iterable[Unit]) -> bool:
    """Whether a question has words, strange to the lexicon, that can tell the card it means from others.

    What asks and is strange can always; a story around it can where a card's section has words of it.
    """
    question, catalog = context.question, context.sources.catalog
    strange = question.focus_unknown if question.language == "en" else _with_latin(question)
    if any(len(run) > _LONGEST_PLAIN or not has_han(run) for run in strange):
        return True
    if any(
        kind in {"card", "cue"} and not catalog.cards.is_document(name)
        for found in catalog.cards.find(question.text)
        for kind, name in found.values
    ):
        return True
    if any(len(run) > _LONGEST_PLAIN and _that_card(run, question.text) for run in question.unknown):
        return True
    names = [normalize(name) for subject in catalog.subjects for name in {subject, catalog.called(subject)}]
    if any(run in name for run in question.unknown for name in names):
        return True
    told = {pair for run in question.unknown if len(run) > _LONGEST_PLAIN for pair in pairs_of(run)}
    return any(unit.cards and not told.isdisjoint(unit.pairs) for unit in units)


def _with_latin(question: Question) -> tuple[str, ...]:
    """What asks and is strange, and words in Latin letters anywhere: in a Chinese question they are names as a rule."""
    return (*question.focus_unknown, *(run for run in question.unknown if not has_han(run)))


def _that_card(run: str, text: str) -> bool:
    """Whether a word of `text` stands before the card it describes, or ends as its name: `挂号` in 挂号那张卡, 水户."""
    behind = rf"{re.escape(run)}[的用]?[那这]?一?[张种个]?(?:[卡号户证票]|(?<=[张种个])(?=\W|$))"
    return run.endswith(_ENDINGS) or re.search(behind, text) is not None


def _several_speak(context: Context, concept: str, units: Iterable[Unit]) -> bool:
    """Whether sections of at least two cards speak of a concept, or hold a value of its type."""
    value = context.sources.lexicon.concepts[concept].type
    speaking = {
        card
        for unit in units
        if unit.cards and (concept in unit.concepts or (value and holds(unit, value)))
        for card in unit.cards
    }
    return len(speaking.intersection(context.sources.catalog.subjects)) > 1
