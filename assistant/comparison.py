"""Comparing cards: the same thing of each, side by side."""

from __future__ import annotations

import re
from collections.abc import Sequence

from assistant.draft import Context, Draft, colon, marks
from assistant.evidence import Unit, holds
from assistant.phrases import say
from assistant.refusals import refuse_unstated
from assistant.unit_choice import about_several

COMPARED_FROM = -2.0  # log-odds against none from which a unit stands in a comparison
COMPARED_TYPED_FROM = -4.0  # the same of one with a value of the type asked for
# How much better than the best of a single card a sentence about several has to be; a line of a table may be worse.
_TOGETHER_FROM = 0.5
_TABLE_MARKS = 2
_STEP_COUNT = re.compile(
    r"步骤?.{0,4}(?:最多|最少|更多|更少|多|少)|哪.{0,4}步(?:骤)?(?:最)?(?:多|少)|几步|"
    r"(?:most|fewest|more|fewer|number of|how many) steps"
)


def compare(context: Context, cards: Sequence[str]) -> Draft:
    """What the articles say of the same thing for each card, one line a card."""
    catalog = context.sources.catalog
    asked = cards if len(cards) > 1 else catalog.subjects
    covering = {card: catalog.covering(card) for card in asked}
    by_steps = bool(_STEP_COUNT.search(context.question.text))
    if not by_steps and (together := _together(context, [s for subjects in covering.values() for s in subjects])):
        return Draft(outcome="answered", text=context.quoted(together), decided="comparison in the article")
    units = {} if by_steps else {card: unit for card in asked if (unit := _compared(context, covering[card]))}
    if not units and not (by_steps and any(covering.values())):
        return refuse_unstated(context, (), "nothing to compare by")
    lines = []
    for card in asked:
        if card in units:
            lines.append(f"- **{context.name(card)}**{colon(context.language)}{context.quoted(units[card])}")
        elif by_steps and covering[card]:
            lines.append(_step_total(context, card, covering[card]))
        else:
            lines.append(_compared_missing(context, card, covering[card]))
    words = context.whose_words(unit.chunk.doc_id for unit in units.values())
    text = say("comparison", context.language, words=words) + "\n\n" + "\n".join(lines)
    return Draft(outcome="answered", text=text, decided="comparison")


def _together(context: Context, subjects: Sequence[str]) -> Unit | None:
    """What an article says of the cards side by side, when that answers better than its sections on each."""
    ranked, _ = context.chosen(context.units_about(subjects), subjects)
    several = next((s for s in ranked if about_several(s.unit)), None)
    single = next((s for s in ranked if len(s.unit.cards) == 1), None)
    if several is None or several.score <= COMPARED_FROM:
        return None
    margin = -_TOGETHER_FROM if several.unit.text.count("|") > _TABLE_MARKS else _TOGETHER_FROM
    return several.unit if single is None or several.score > single.score + margin else None


def _compared(context: Context, covering: Sequence[str]) -> Unit | None:
    """The unit about one card that a comparison asks for; what leads into its procedure when it asks for nothing."""
    own = [unit for unit in context.units_about(covering) if set(unit.cards) & set(covering)] if covering else []
    if not context.question.concepts:
        asked = any(
            p.search(context.question.text) for entry in context.sources.lexicon.asked.values() for p in entry.asks
        )
        leads = [unit for unit in own if unit.kind == "lead"]
        if leads and not asked:
            return leads[0]
    ranked, _ = context.chosen(own, covering)
    lexicon = context.sources.lexicon
    types = [lexicon.concepts[name].type for name in context.question.focus if lexicon.concepts[name].kind == "typed"]
    ranked = [scored for scored in ranked if all(holds(scored.unit, value) for value in types)]
    least = COMPARED_TYPED_FROM if types else COMPARED_FROM
    return ranked[0].unit if ranked and ranked[0].score > least else None


def _compared_missing(context: Context, card: str, covering: Sequence[str]) -> str:
    """What a comparison says of a card whose article is silent, with the passage that is."""
    lead = (
        next(
            (unit for unit in context.units_about(covering) if unit.in_procedure and set(unit.cards) & set(covering)),
            None,
        )
        if covering
        else None
    )
    if lead is None:
        return say("compared_uncovered", context.language, card=context.name(card))
    document = context.sources.document(lead.chunk.doc_id)
    markers = context.citations.cite(document, lead.chunk, lead.start, lead.end)
    return say("compared_missing", context.language, card=context.name(card), markers=marks(markers))


def _step_total(context: Context, card: str, covering: Sequence[str]) -> str:
    found = context.preferred([p for subject in covering for p in context.sources.catalog.about(subject)])
    if not found:
        return ""
    chunk, document = context.sources.chunk(found[0]), context.sources.document(found[0].doc_id)
    markers = context.citations.cite(document, chunk, chunk.steps[-1].start, chunk.steps[-1].end)
    return say("step_total", context.language, card=context.name(card), n=len(chunk.steps), markers=marks(markers))
