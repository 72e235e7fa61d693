"""Comparing cards: the same thing of each, side by side."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from functools import cache

from assistant.compared import Compared, compared_by, given
from assistant.compared_parts import parts_of
from assistant.draft import Context, Draft, colon, marks
from assistant.evidence import Scored, Unit, holds
from assistant.known_units import about_several
from assistant.naming import shortens
from assistant.phrases import say
from assistant.question import Question, han_only
from assistant.quoting import enough, quote_units
from assistant.refusals import refuse_unstated
from assistant.situations import situations_in
from assistant.tables import Cell, Row, row_at
from assistant.thresholds import SURELY_ANSWERS_FROM
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
_GIVES = 7.0  # log-odds that are added to a unit that gives what is compared
_IN_GENERAL_FROM = -6.0  # log-odds from which what holds for all stands before what holds for a case
_GIVES_NOTHING_FROM = -0.5  # the same from which a unit is shown that gives none of what cards are compared by
_ADDS_FROM = -1.0  # log-odds from which what a card's own section says stands below what compares
_FEWEST_COMPARED = 2  # cards that are named where cards are compared, and not what cards are
_SURER_OF_NAMED = 1.25  # what a sentence on no card has to be surer where cards are named
_OF_ALL_AT_ONCE = frozenset({"definition", "kinds"})  # what names all cards there and compares none
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
    asked = cards if len(cards) > 1 else touched(context) or catalog.subjects
    covering = _answering(context, asked)
    if _STEP_COUNT.search(context.question.text) and any(covering.values()):
        totals = [
            _step_total(context, card, found) if found else _compared_missing(context, card, found)
            for card, found in covering.items()
        ]
        return _one_by_one(context, totals, ())
    ranked, surest = _surely_said(context, cards)
    if surest is not None and not _in_comparison(surest.unit) and _is_sure_of(surest, cards):
        said = [scored for scored in enough(context, ranked) if scored is surest or not scored.unit.cards]
        return quote_units(context, said, say("detail_general", context.language), "said of all")
    of_each = _asked_of_each(context, covering)
    subjects = [s for found in covering.values() for s in found]
    among = {one.question.text: _among_all(one, subjects) for one in of_each.values()}
    own = {
        card: cells
        for card, one in of_each.items()
        if (cells := _compared(one, covering[card], among[one.question.text]))
    }
    alone = [cells[0] for cells in own.values()] if len(own) == len(asked) else []
    together = [] if len(among) > 1 else _together(of_each[asked[0]], subjects, alone, *among.values())
    if together and surest is not None and _in_comparison(surest.unit) and surest.unit not in together:
        together = [surest.unit]
    if together:
        lines = _side_by_side(context, together, covering if len(asked) < len(catalog.subjects) else {})
        lines += [
            f"**{context.name(card)}**{colon(context.language)}{_quoted(context, cells)}"
            for card, cells in own.items()
            if cells[0].score > _ADDS_FROM and not any(cell.unit in together for cell in cells)
        ]
        body = lines[0] if len(lines) == 1 else "\n".join(f"- {line}" for line in lines)
        return Draft(outcome="answered", text=body, decided="comparison in the article")
    if not own:
        return refuse_unstated(context, (), "nothing to compare by")
    lines = [
        f"- **{context.name(card)}**{colon(context.language)}{_quoted(context, own[card])}"
        if card in own
        else _compared_missing(context, card, covering[card])
        for card in asked
    ]
    return _one_by_one(context, lines, [cell.unit for cells in own.values() for cell in cells])


def _surely_said(context: Context, cards: Sequence[str]) -> tuple[list[Scored], Scored | None]:
    """All sentences, the likeliest first, and that where it is sure and of all cards; none where none could be."""
    units = context.units_about(())
    told = [
        unit
        for unit in units
        if not (unit.in_procedure or _is_row(unit))
        and (_in_comparison(unit) or _may_say_it_of_all(context, unit, cards))
    ]
    ranked = context.chosen(units, ())[0] if told else []
    best = ranked[0] if ranked else None
    if best is None or best.unit not in told or best.score < SURELY_ANSWERS_FROM:
        return ranked, None
    return ranked, best


def _may_say_it_of_all(context: Context, unit: Unit, cards: Sequence[str]) -> bool:
    """Whether a sentence is on no card alone: it could answer for those that are compared, where cards are."""
    question = context.question
    one_alone = bool(unit.cards) or len(unit.named) == 1
    if len(cards) < _FEWEST_COMPARED and not question.all_cards:
        return not one_alone or unit.role == "definition"
    if unit.cards or (len(cards) >= _FEWEST_COMPARED and unit.role == "summary"):
        return False
    if question.intents & {"kinds", "definition"} and not question.concepts:
        return not one_alone
    if unit.role in _OF_ALL_AT_ONCE:
        return False
    return _names_several(context, unit)


def _names_several(context: Context, unit: Unit) -> bool:
    """Whether a unit names several cards, by their names or by parts of them."""
    naming = context.sources.catalog.naming
    return about_several(unit) or sum(naming.score(unit.text, subject) > 0 for subject in naming.subjects) > 1


def _is_sure_of(sure: Scored, cards: Sequence[str]) -> bool:
    """Whether a sentence is likely enough to answer in place of a comparison: more so where cards are named."""
    margin = _SURER_OF_NAMED if len(cards) >= _FEWEST_COMPARED else 0.0
    return sure.score > SURELY_ANSWERS_FROM + margin


def _quoted(context: Context, cells: Sequence[Scored]) -> str:
    return " ".join(context.quoted(cell.unit) for cell in cells)


def _answering(context: Context, cards: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """The subjects that answer for each card; one in whose name its words stand when none does: 学生卡, 学生公交卡.

    When that tells nothing either, and the question has parts of the name of one other subject, it is that one.
    """
    catalog, text = context.sources.catalog, context.question.text
    covering = {card: catalog.covering(card) for card in cards}
    for card in (card for card in cards if not covering[card]):
        taken = {subject for found in covering.values() for subject in found}
        left = [subject for subject in catalog.subjects if subject not in taken]
        surfaces = {m.surface for m in catalog.cards.mentions(text) if m.card == card}
        called = [s for s in left if any(shortens(words, normalize(catalog.called(s))) for words in surfaces)]
        named = called or [s for s in left if catalog.naming.score(han_only(text), s) >= 1]
        covering[card] = tuple(named) if len(named) == 1 else ()
    return covering


def _among_all(context: Context, subjects: Sequence[str]) -> list[Scored]:
    """What the articles say of all the cards, by how likely each sentence is among the others."""
    return context.chosen(context.units_about(subjects), subjects, decides=False)[0]


def _asked_of_each(context: Context, covering: Mapping[str, Sequence[str]]) -> dict[str, Context]:
    """The context of each card's question: without the names of cards, and without what is said of others alone."""
    catalog, question = context.sources.catalog, _nameless(context.question, context, covering)

    def named_in(piece: str) -> frozenset[str]:
        known = {m.card for m in catalog.cards.mentions(piece)}
        pointed = set(catalog.naming.pointed_to(han_only(piece)))
        by_name = frozenset(card for card in covering if card in known)
        return by_name or frozenset(card for card, found in covering.items() if pointed & set(found))

    def naked(piece: str) -> str:
        return _without_names(piece, context, covering)

    parts = parts_of(context.question.text, list(covering), named_in, naked)
    return {card: replace(context, question=_cut_to(question, parts.get(card, ""), context)) for card in covering}


def _cut_to(question: Question, part: str, context: Context) -> Question:
    """The question of one card, of what its part of the text asks; all of it when it has none."""
    if not part:
        return question
    known = context.sources.lexicon.concepts

    def said(name: str) -> bool:
        concept = known[name]
        return any(w.rstrip("*") in part for w in concept.words) or any(p.search(part) for p in concept.patterns)

    concepts = tuple(name for name in question.concepts if said(name))
    return replace(
        question,
        text=part,
        concepts=concepts,
        focus=tuple(name for name in question.focus if name in concepts) or concepts,
        unknown=tuple(run for run in question.unknown if run in part),
        focus_unknown=tuple(run for run in question.focus_unknown if run in part),
    )


def touched(context: Context) -> tuple[str, ...]:
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
    naming = context.sources.catalog.naming
    subjects = [subject for found in covering.values() for subject in found]
    return replace(
        question,
        text=_without_names(question.text, context, covering) or question.text,
        unknown=tuple(run for run in question.unknown if naming.without(run, subjects)),
        focus_unknown=tuple(run for run in question.focus_unknown if naming.without(run, subjects)),
    )


def _without_names(text: str, context: Context, covering: Mapping[str, Sequence[str]]) -> str:
    for surface in context.question.surfaces:
        text = text.replace(surface, " ") if len(surface) > 1 else text
    return context.sources.catalog.naming.without(text, [subject for found in covering.values() for subject in found])


def _together(
    context: Context, subjects: Sequence[str], own: Collection[Scored], among: Sequence[Scored]
) -> list[Unit]:
    """What an article says of the cards side by side: in a section that compares them, or better than elsewhere."""
    ranked = _by_what_is_given(context.question, among)
    comparing = [
        s for s in ranked if not s.unit.in_procedure and _in_comparison(s.unit) and _names_several(context, s.unit)
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
    return any(_compares(heading) for heading in unit.chunk.headings[-2:])


@cache
def _compares(heading: str) -> bool:
    return _COMPARES.search(normalize(heading)) is not None


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


def _compared(context: Context, covering: Sequence[str], among: Sequence[Scored]) -> list[Scored]:
    """What a comparison asks for of one card; what leads into its procedure when it asks for nothing.

    Where the likeliest unit gives it for some case only, one that gives it for all stands before it.
    """
    question, lexicon = context.question, context.sources.lexicon
    units = context.units_about(covering) if covering else []
    own = [unit for unit in units if set(unit.cards) & set(covering) and not _is_row(unit) and not _in_comparison(unit)]
    compared = compared_by(question.text)
    if not question.concepts and not compared:
        asked = any(p.search(question.text) for entry in lexicon.asked.values() for p in entry.asks)
        leads = [unit for unit in own if unit.kind == "lead"]
        if leads and not asked and not question.focus_unknown:
            return [Scored(leads[0], COMPARED_FROM, frozenset())]
    types = [lexicon.concepts[name].type for name in question.focus if lexicon.concepts[name].kind == "typed"]
    least = COMPARED_TYPED_FROM if types else COMPARED_FROM
    ranked = [
        s
        for s in _by_what_is_given(question, _chosen_twice(context, own, covering, among))
        if s.score > least and all(holds(s.unit, value) for value in types)
    ]
    if not compared or not ranked:
        return ranked[:1]
    situations = situations_in(question.text)
    much = [_given_by_unit(s.unit, compared, situations) for s in ranked]
    in_general = next(
        (s for s, share in zip(ranked, much, strict=True) if share == 1 and s.score > _IN_GENERAL_FROM), None
    )
    if much[0] == 1 or in_general is None:
        return ranked[:1] if much[0] or ranked[0].score > _GIVES_NOTHING_FROM else []
    return [in_general, ranked[0]] if much[0] else [in_general]


def _chosen_twice(
    context: Context, own: Sequence[Unit], covering: Sequence[str], among: Sequence[Scored]
) -> list[Scored]:
    """The units of one card by the mean of how likely each is among them and among those of all the cards."""
    alone, _ = context.chosen(own, covering, decides=False)
    beside = {s.unit: s.score for s in among}
    return [Scored(s.unit, (s.score + beside.get(s.unit, s.score)) / 2, s.covered) for s in alone]


def _by_what_is_given(question: Question, chosen: Sequence[Scored]) -> list[Scored]:
    """The units best first, those that give what is compared put before the others."""
    asked, situations = compared_by(question.text), situations_in(question.text)
    scored = [Scored(s.unit, s.score + _GIVES * _given_by_unit(s.unit, asked, situations), s.covered) for s in chosen]
    return sorted(scored, key=lambda s: -s.score)


def _given_by_unit(unit: Unit, asked: Sequence[Compared], situations: frozenset[str]) -> float:
    """How far a unit gives one of the attributes; a line of a table does by its label too."""
    if _is_row(unit) and any(one.asks.search(unit.text) for one in asked):
        return 1.0
    return given(unit.text, asked, situations)


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
