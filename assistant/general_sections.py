"""The sections of an article that are about cards in general: definition, kinds, reasons, precautions, summary."""

from __future__ import annotations

import re
from collections.abc import Sequence

from assistant.draft import Context, Draft, colon
from assistant.evidence import Scored, Unit
from assistant.phrases import say
from assistant.quoting import MAX_ITEMS, enough, quote_units
from assistant.refusals import refuse_unstated
from corpus.roles import role_of

LISTED_FROM = 0.42  # the share of a question's weight that an entry of a list must answer
_THE_CARD_ITSELF = frozenset({"old_card"})  # 旧卡不注销会怎样: what is to go, and nothing in particular about it
_DEFINES = re.compile(r"是一种|是指|指的是|一种|是嵌|\bis an?\b|refers to|means")
_UNNUMBERED = re.compile(r"^\s*(?:\d{1,2}[.、)）．]|[一二三四五六七八九十]+、|[（(][一二三四五六七八九十\d]+[)）])\s*")


def answer_generally(context: Context, subjects: Sequence[str]) -> Draft | None:
    """The answer to a question about cards in general: definition, kinds, reasons, precautions, summary."""
    question = context.question
    if question.step is not None:
        return None
    named = question.cards or question.cued  # one that is only guessed at is not what is to be explained
    value = any(context.sources.lexicon.concepts[name].kind == "typed" for name in question.focus)
    explains = "definition" in question.intents or "usage" in question.focus
    if subjects and named and explains and not (question.actions or value):
        return described(context, subjects)
    intents = [
        name for name in ("summary", "precautions", "definition", "kinds", "reasons") if name in question.intents
    ]
    if (
        not intents
        or (subjects and not {"precautions", "reasons"} & set(intents))
        or (question.cancels or (question.wishes and "procedure" in question.intents))
        and "reasons" not in intents
    ):
        return None
    typed = [name for name in question.concepts if context.sources.lexicon.concepts[name].kind]
    if typed:
        return None
    for intent in intents:
        units = section_units(context, intent, subjects)
        if not units:
            continue
        if set(question.concepts) - _THE_CARD_ITSELF:
            ranked = [scored for scored in context.ranked(units) if scored.covered and scored.score >= LISTED_FROM]
            if ranked:
                return quote_units(
                    context, enough(context, ranked), say("detail_general", context.language), f"{intent}, one of them"
                )
            continue
        return list_units(context, intent, units)
    return None


def described(context: Context, subjects: Sequence[str]) -> Draft | None:
    """What a definition says of a card: the unit that starts with its name, else one that names it."""
    for doc_id in context.sources.best_documents(3):
        units = [
            unit
            for unit in context.sources.units(doc_id)
            if set(unit.named) & set(subjects)
            and not unit.in_procedure
            and "definition" in {role_of(h) for h in unit.chunk.headings} | {unit.role}
        ]
        units.sort(key=lambda unit: (unit.named[0] not in subjects, unit.start))
        if units:
            quoted = [units[0], *_used_for(context, doc_id, subjects)]
            return quote_units(
                context,
                [Scored(unit, 1.0, frozenset()) for unit in quoted],
                say("detail_general", context.language),
                "definition of a card",
            )
    return None


def _used_for(context: Context, doc_id: str, subjects: Sequence[str]) -> list[Unit]:
    """What leads into the procedures of a card that is asked for its use, where it tells that."""
    if "usage" not in context.question.focus:
        return []
    units = context.sources.units(doc_id)
    return [u for u in units if u.kind == "lead" and set(u.cards) & set(subjects) and "usage" in u.concepts][:1]


def section_units(context: Context, intent: str, subjects: Sequence[str]) -> list[Unit]:
    """The units of the sections that answer a general intent, of the best document that has any."""
    role = "definition" if intent == "kinds" else intent
    for doc_id in context.sources.best_documents(3):
        units = [
            unit
            for unit in context.sources.units(doc_id)
            if role in {role_of(heading) for heading in unit.chunk.headings}
            and not unit.in_procedure
            and (not subjects or not unit.cards or set(unit.cards) & set(subjects))
        ]
        items = [unit for unit in units if unit.kind == "item"]
        if intent == "definition":
            prose = [unit for unit in units if unit.kind == "prose"]
            units = [unit for unit in prose if _DEFINES.search(unit.text)][:1] or prose[:1] or units[:1]
        elif intent == "kinds" or intent in {"precautions", "reasons"} and items:
            units = items
        elif intent == "reasons":
            units = [unit for unit in units if role_of(unit.chunk.headings[-1]) != role] or units
        if units:
            return units
    return []


def list_units(context: Context, intent: str, units: Sequence[Unit]) -> Draft:
    """Units as an answer: a numbered list, each reason with its heading in front, or one alone."""
    lines = []
    told_apart = len({unit.chunk.headings for unit in units}) == len(units)
    for n, unit in enumerate(units, 1):
        label = ""
        if unit.kind == "prose" and intent == "reasons" and told_apart:
            name = _UNNUMBERED.sub("", context.heading(unit.chunk).text)
            label = f"**{name}**{colon(context.language)}" if name else ""
        lines.append(f"{n}. {label}{context.quoted(unit)}" if len(units) > 1 else f"{label}{context.quoted(unit)}")
    head = say("listing", context.language, n=len(units)) if len(units) > 1 else say("detail_general", context.language)
    return Draft(outcome="answered", text=head + "\n\n" + "\n".join(lines), decided=intent)


def show_listed_items(context: Context, numbers: Sequence[int], *, from_end: bool) -> Draft:
    """The entries of these numbers in the list that the conversation is about."""
    units = section_units(context, context.listed, ())
    places = [len(units) - number if from_end else number - 1 for number in numbers]
    if not (meant := [units[at] for at in places if 0 <= at < len(units)]):
        return refuse_unstated(context, (), "no such item")
    return list_units(context, context.listed, meant)


def led_into_section(context: Context, unit: Unit, subjects: Sequence[str]) -> tuple[str, list[Unit]] | None:
    """The role and the entries of the section of reasons or precautions that a unit only leads into."""
    if unit.role not in {"reasons", "precautions"} or not unit.text.endswith((":", "：")):
        return None
    units = section_units(context, unit.role, subjects)
    return (unit.role, units) if 1 < len(units) <= MAX_ITEMS else None
