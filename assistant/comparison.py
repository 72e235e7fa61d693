"""Comparing cards: the same thing of each, side by side."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from assistant.draft import Context, Draft, colon, marks
from assistant.evidence import Scored, Unit, holds
from assistant.known_units import about_several
from assistant.phrases import say
from assistant.question import Question, han_only
from assistant.refusals import refuse_unstated
from assistant.tables import Cell, Row, row_at
from corpus.document import Document
from corpus.normalize import has_han, normalize

COMPARED_FROM = -2.0  # log-odds against none from which a unit stands in a comparison
COMPARED_TYPED_FROM = -4.0  # the same of one with a value of the type asked for
# How much better than the best of a single card a sentence about several has to be; a line of a table may be worse.
_TOGETHER_FROM = 0.5
_TABLE_MARKS = 2
_MOST_ROWS = 5
_AS_GOOD = 1.0  # a second unit of a section that compares is shown too when it is within this of the best
_ROWS_WITHIN = 2.0  # lines of a table are shown beside its best within this
_FAR_BELOW = 6.0  # how much worse than the cards' own sections the best sentence of a section that compares may be
_ADDS_FROM = -1.0  # log-odds from which what a card's own section says stands below what compares
_COMPARES = re.compile(
    r"对照|比\W*$|比一下|不同\W*$|[一这]张?表|表格|一眼|一图|速查|对比|比较|比一比|相比|一览|区别|异同|不同之处|差别|放在?一[起块]|一[起块]看|并排|哪[个种张]最|横向|"
    r"compar|versus|\bvs\b|side by side|at a glance|differ",
    re.IGNORECASE,
)
_OF_NO_COMPARISON = frozenset({"definition", "kinds", "reasons", "precautions", "questions"})
_STEP_COUNT = re.compile(
    r"(?:步骤?|steps?).{0,4}(?:最多|最少|更多|更少|多|少)|哪.{0,4}步(?:骤)?(?:最)?(?:多|少)|几步|"
    r"(?:most|fewest|more|fewer|number of|how many) steps"
)


def compare(context: Context, cards: Sequence[str]) -> Draft:
    """What the articles say of the same thing for each card: side by side where one does, else one line a card."""
    catalog = context.sources.catalog
    asked = cards if len(cards) > 1 else _touched(context) or catalog.subjects
    covering = {card: catalog.covering(card) for card in asked}
    if _STEP_COUNT.search(context.question.text) and any(covering.values()):
        totals = [
            _step_total(context, card, found) if found else _compared_missing(context, card, found)
            for card, found in covering.items()
        ]
        return _one_by_one(context, totals, ())
    plain = replace(context, question=_nameless(context.question, context, covering))
    own = {card: best for card in asked if (best := _compared(plain, covering[card]))}
    alone = own.values() if len(own) == len(asked) else ()
    together = _together(plain, [s for subjects in covering.values() for s in subjects], alone)
    if together:
        added = {card: best for card, best in own.items() if best.score > _ADDS_FROM}
        lines = _side_by_side(context, together, covering if len(asked) < len(catalog.subjects) else {})
        lines += [
            f"**{context.name(card)}**{colon(context.language)}{context.quoted(best.unit)}"
            for card, best in added.items()
        ]
        body = lines[0] if len(lines) == 1 else "\n".join(f"- {line}" for line in lines)
        return Draft(outcome="answered", text=body, decided="comparison in the article")
    if not own:
        return refuse_unstated(context, (), "nothing to compare by")
    lines = [
        f"- **{context.name(card)}**{colon(context.language)}{context.quoted(own[card].unit)}"
        if card in own
        else _compared_missing(context, card, covering[card])
        for card in asked
    ]
    return _one_by_one(context, lines, [best.unit for best in own.values()])


def _touched(context: Context) -> tuple[str, ...]:
    """The subjects that a question has parts of the names of, where these are several and not all."""
    catalog, question = context.sources.catalog, context.question
    if question.all_cards:
        return ()
    text = han_only(question.text)
    touched = [s for s in catalog.subjects if s in question.cards or catalog.naming.score(text, s) >= 1]
    return tuple(touched) if len(touched) > 1 else ()


def _one_by_one(context: Context, lines: Sequence[str], units: Sequence[Unit]) -> Draft:
    words = context.whose_words(unit.chunk.doc_id for unit in units)
    text = say("comparison", context.language, words=words) + "\n\n" + "\n".join(lines)
    return Draft(outcome="answered", text=text, decided="comparison")


def _nameless(question: Question, context: Context, covering: Mapping[str, Sequence[str]]) -> Question:
    """The question without the names of the cards: what is left is what they are compared by."""
    text, naming = question.text, context.sources.catalog.naming
    subjects = [subject for found in covering.values() for subject in found]
    for surface in question.surfaces:
        text = text.replace(surface, " ") if len(surface) > 1 else text
    return replace(
        question,
        text=naming.without(text, subjects) or question.text,
        unknown=tuple(run for run in question.unknown if naming.without(run, subjects)),
        focus_unknown=tuple(run for run in question.focus_unknown if naming.without(run, subjects)),
    )


def _together(context: Context, subjects: Sequence[str], own: Collection[Scored]) -> list[Unit]:
    """What an article says of the cards side by side: in a section that compares them, or better than elsewhere."""
    ranked, _ = context.chosen(context.units_about(subjects), subjects, decides=False)
    naming = context.sources.catalog.naming
    comparing = [
        s
        for s in ranked
        if not s.unit.in_procedure
        and _in_comparison(s.unit)
        and (about_several(s.unit) or sum(naming.score(s.unit.text, subject) > 0 for subject in naming.subjects) > 1)
    ]
    far_below = min((s.score for s in own), default=-math.inf) - _FAR_BELOW
    if comparing and (_is_row(comparing[0].unit) or comparing[0].score > far_below):
        return _of_the_section(comparing, subjects, _MOST_ROWS if _translated(context, comparing[0].unit) else 0)
    several = next((s for s in ranked if about_several(s.unit) and s.unit.role not in _OF_NO_COMPARISON), None)
    single = next((s for s in ranked if len(s.unit.cards) == 1), None)
    if several is None or several.score <= COMPARED_FROM:
        return []
    margin = -_TOGETHER_FROM if _is_row(several.unit) else _TOGETHER_FROM
    return [several.unit] if single is None or several.score > single.score + margin else []


def _translated(context: Context, unit: Unit) -> bool:
    """Whether a unit is in another language than the question, so that its likeness to it tells little."""
    return context.language == "en" and has_han(unit.text) and context.edition(unit.chunk.doc_id) is None


def _of_the_section(comparing: Sequence[Scored], subjects: Sequence[str], least: int) -> list[Unit]:
    """Of the units in sections that compare, best first, those that answer: a table's lines, or the best sentences.

    The best `least` lines are among them however likely they are.
    """
    best = comparing[0]
    if not _is_row(best.unit):
        return [s.unit for s in comparing[:2] if s.score > best.score - _AS_GOOD]
    rows = [s for s in comparing if _is_row(s.unit) and s.unit.chunk.headings == best.unit.chunk.headings]
    named = [s.unit for s in rows if set(s.unit.named) & set(subjects)]
    if len(named) > 1:
        return named[:_MOST_ROWS]  # a line for each card
    return [s.unit for n, s in enumerate(rows) if n < least or s.score > best.score - _ROWS_WITHIN][:_MOST_ROWS]


def _in_comparison(unit: Unit) -> bool:
    return any(_COMPARES.search(heading) for heading in unit.chunk.headings[-2:])


def _is_row(unit: Unit) -> bool:
    return unit.text.count("|") > _TABLE_MARKS


def _side_by_side(context: Context, units: Sequence[Unit], covering: Mapping[str, Sequence[str]]) -> list[str]:
    """Units as they are shown, a line of a table with the heads of its columns; only the cards' own of these."""
    lines = []
    for unit in units:
        document = context.sources.document(unit.chunk.doc_id)
        row = row_at(document.text, unit.start)
        lines.append(_row(context, unit, document, row, covering) if row else context.quoted(unit))
    return lines


def _row(context: Context, unit: Unit, document: Document, row: Row, covering: Mapping[str, Sequence[str]]) -> str:
    def said(cell: Cell) -> str:
        return context.wording(document, cell.start, cell.end).text if cell.end > cell.start else ""

    subjects = {subject for found in covering.values() for subject in found}
    meant = [(head, cell) for head, cell in row.cells if subjects & _named_in(context, document, head)]
    stop, between = ("; ", ": ") if context.language == "en" else ("；", "：")
    cells = meant if len(meant) == len(covering) > 1 else row.cells
    shown = stop.join(f"{said(head)}{between}{said(cell)}" for head, cell in cells)
    markers = context.citations.cite(document, unit.chunk, unit.start, unit.end)
    return f"**{said(row.label)}**{between}{shown} {marks(markers)}"


def _named_in(context: Context, document: Document, cell: Cell) -> set[str]:
    """The subjects that a cell names."""
    catalog, text = context.sources.catalog, normalize(document.text[cell.start : cell.end])
    named = {subject for mention in catalog.cards.mentions(text) for subject in catalog.covering(mention.card)}
    return named or set(catalog.naming.pointed_to(text))


def _compared(context: Context, covering: Sequence[str]) -> Scored | None:
    """The unit about one card that a comparison asks for; what leads into its procedure when it asks for nothing."""
    units = context.units_about(covering) if covering else []
    own = [unit for unit in units if set(unit.cards) & set(covering) and not _is_row(unit) and not _in_comparison(unit)]
    if not context.question.concepts:
        asked = any(
            p.search(context.question.text) for entry in context.sources.lexicon.asked.values() for p in entry.asks
        )
        leads = [unit for unit in own if unit.kind == "lead"]
        if leads and not asked and not context.question.focus_unknown:
            return Scored(leads[0], COMPARED_FROM, frozenset())
    ranked, _ = context.chosen(own, covering, decides=False)
    lexicon = context.sources.lexicon
    types = [lexicon.concepts[name].type for name in context.question.focus if lexicon.concepts[name].kind == "typed"]
    ranked = [scored for scored in ranked if all(holds(scored.unit, value) for value in types)]
    least = COMPARED_TYPED_FROM if types else COMPARED_FROM
    return ranked[0] if ranked and ranked[0].score > least else None


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
