"""Sentences quoted as an answer, with those that belong to them."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence

from assistant.draft import Context, Draft, rejected_entries
from assistant.evidence import Scored, Unit

_ADDS_WITHIN = 0.8  # units within this of the best are quoted beside it,
_ADDS_BESIDE = 1.6  # those of its own section within this
_MAX_UNITS = 3
MAX_ITEMS = 8
# How a step begins that happens where the one before it says: `在那里填写…`.
_THERE = re.compile(
    r"\W*(?:然后|再|接着|随后|最后)?[，,]?(?:就?在|到|去|从|向|由)?(?:那里|那儿|那边|该[处窗柜]|当地|此处)"
    r"|\W*(?i:(?:then |and )?(?:(?:from|over) )?there\b)"
)


def enough(context: Context, ranked: Sequence[Scored]) -> list[Scored]:
    """The best unit, and others of its article that are nearly as likely."""
    chosen = [
        scored
        for scored in ranked[:_MAX_UNITS]
        if scored is ranked[0]
        or (
            scored.unit.chunk.doc_id == ranked[0].unit.chunk.doc_id
            and scored.score
            > ranked[0].score
            - (_ADDS_BESIDE if scored.unit.chunk.headings == ranked[0].unit.chunk.headings else _ADDS_WITHIN)
        )
    ]
    return sorted(_with_siblings(context, chosen), key=lambda s: (s.unit.chunk.doc_id, s.unit.start))


def _with_siblings(context: Context, chosen: Sequence[Scored]) -> list[Scored]:
    """The units, a single entry of a list of what to bring with the other entries of that list."""
    found = {(s.unit.chunk.doc_id, s.unit.start): s for s in chosen}
    for scored in chosen:
        unit = scored.unit
        if unit.kind != "item" or unit.role != "materials":
            continue
        siblings = [
            other
            for other in context.sources.units(unit.chunk.doc_id)
            if other.kind == "item"
            and other.chunk.headings == unit.chunk.headings
            # `电话卡：身份证`, `宽带：光猫`: what another card needs is no part of it
            and not (unit.named and other.named and set(unit.named).isdisjoint(other.named))
        ]
        if len(siblings) <= MAX_ITEMS:
            found |= {
                (other.chunk.doc_id, other.start): Scored(other, scored.score, scored.covered) for other in siblings
            }
    return list(found.values())


def quote_units(
    context: Context, chosen: Sequence[Scored], head: str, decided: str, *, rejected: Sequence[Scored] = ()
) -> Draft:
    """An answer that quotes units under a line of introduction, with what they point back to and lead into."""
    units = [
        unit
        for scored in chosen
        for unit in (*_pointed_back_to(context, scored.unit), scored.unit, *_led_into(context, scored.unit))
    ]
    lines = [context.quoted(unit) for unit in dict.fromkeys(units)]
    body = lines[0] if len(lines) == 1 else "\n".join(f"- {line}" for line in lines)
    return Draft(outcome="answered", text=f"{head}\n\n{body}", decided=decided, rejected=rejected_entries(rejected))


def _pointed_back_to(context: Context, unit: Unit) -> list[Unit]:
    """The step before one that says 那里 or "there" of a place which that step names."""
    if unit.kind != "step" or not _THERE.match(unit.text):
        return []
    steps = (other for other in context.sources.units(unit.chunk.doc_id) if other.kind == "step")
    before = [other for other in steps if other.chunk == unit.chunk and other.start < unit.start]
    return before[-1:]


def _led_into(context: Context, unit: Unit) -> list[Unit]:
    """The items that a unit ending in a colon leads into."""
    if unit.in_procedure or not unit.text.endswith((":", "：")):
        return []
    behind = [
        other
        for other in context.sources.units(unit.chunk.doc_id)
        if other.start > unit.start and other.chunk.headings == unit.chunk.headings
    ]
    return list(itertools.takewhile(lambda other: other.kind == "item", behind))[:MAX_ITEMS]
