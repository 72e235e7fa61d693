"""Questions of a draft for details: values, places, people, documents, and what the roles of sections give."""

from __future__ import annotations

import re
from collections.abc import Sequence

from assistant.evaluation.drafting.article import Task, plain_heading, role_in
from assistant.evaluation.drafting.words import (
    asked_by_agent,
    asked_by_value,
    body_of,
    found,
    is_online,
    label_of,
    telling,
    value_of,
)  # fmt: skip
from assistant.evaluation.drafting.writer import Group, Writer, any_of
from assistant.evidence import Unit, holds
from corpus.normalize import normalize
from corpus.roles import says

_TYPES = ("amount", "duration", "phone", "clock")
_ROLES = ("conditions", "fees", "reasons", "precautions")
_IN_PASSING = frozenset({"", "summary", "kinds"})
_NO_VALUES = frozenset({"definition", "reasons"})
_TABLE = "|"
_LEADING_ON = ("：", ":")
_MOST_FACTS = 3
_MOST_PHRASES = 8
_FIRST_STEPS = 2  # that say whether something is done in person
_LABEL = re.compile(
    r"\s*(?:\*\*|__)?([^：:。，,；;！!？?\n*]{1,24}?)[。]?(?:\*\*|__)?\s*(?:[：:](?!\d)|。)\s*(?:\*\*|__)?"
)
_BOLD_QUESTION = re.compile(r"\s*\*\*([^*\n]{4,60}[？?])\*\*\s*")
_PAIR = re.compile(r"\W{0,4}(?:问|問|Q)\W{0,4}[:：、.]\s*(?P<asked>[^\n]{4,80}?[？?])\s*(?P<answer>\S.*)", re.DOTALL)
_ASKING_MARK = re.compile(r"^\W*(?:问|問|Q)\s*[:：、.]\s*")
_ANSWERING_MARK = re.compile(r"^\W{0,4}(?:答|A)\W{0,4}[:：、.]\s*")


def ask_values(writer: Writer) -> None:
    """A question for every amount, time, telephone number and opening hour that the article gives."""
    for unit in writer.article.units:
        words = writer.article.words(unit)
        task = task_of(writer, unit)
        by_the_way = task is None and (unit.kind == "prose" and unit.role in _IN_PASSING)
        if _TABLE in words or by_the_way or role_in(unit) in _NO_VALUES or _question_in(writer, unit)[0]:
            continue
        for kind in _TYPES:
            if holds(unit, kind) and (task is not None or kind != "phone"):
                _ask_value(writer, unit, task, kind)


def _ask_value(writer: Writer, unit: Unit, task: Task | None, kind: str) -> None:
    words = writer.article.words(unit)
    label = _label(words) if unit.kind == "step" else ""
    told = body_of(words, label)
    value = value_of(kind, told)
    name, clause = kind, ""
    if value is not None and kind in {"amount", "duration"} and writer.home != "en":
        if not (clause := asked_by_value(kind, told, value)):
            return
        name = "cloze_bare" if task is None else "cloze_step" if label else "cloze"
    elif value is None and kind == "amount" and task is not None:
        value = value_of("free", told)
    if value is not None:
        fact = any_of([told[value.start() : value.end()].strip()], words)
        key, doing = writer.article.keys[unit.chunk.headings], writer.doing(task, writer.home)
        sections = writer.with_tables(key, [fact])
        writer.ask(name, writer.home, sections=sections, facts=[fact], doing=doing, clause=clause, label=label)


def ask_places(writer: Writer) -> None:
    """Where each procedure is done, by whom, and with which documents."""
    for task in writer.article.tasks:
        if task.prepares:
            continue
        doing = writer.doing(task, writer.home)
        for name, (key, groups) in (("where", places_of(task)), ("materials", documents_of(writer, task))):
            if groups:
                writer.ask(name, writer.home, sections=writer.with_tables(key, groups), facts=groups, doing=doing)
        for step in task.chunk.steps:
            clause, who = asked_by_agent(body_of(step.text, step.title))
            if clause:
                facts = [any_of([who], step.text)]
                writer.ask("who", writer.home, sections=[task.key], facts=facts, doing=doing, clause=clause)
                break


def places_of(task: Task) -> tuple[str, list[Group]]:
    """The key of a procedure's section, and the places it names: any one of them."""
    steps = task.chunk.steps
    found_in = {place: step.text for step in steps for place in found("places", step.text)}
    places = [(place, text) for place, text in found_in.items() if not any(place in o for o in found_in if o != place)]
    in_person = not any(is_online(step.text) for step in steps[:_FIRST_STEPS])
    return task.key, [places] if places and in_person else []


def documents_of(writer: Writer, task: Task) -> tuple[str, list[Group]]:
    """The key of the section that lists a procedure's documents, and some of them: each of them is needed."""
    lists = [unit for unit in writer.article.units if unit.role == "materials" and _same(task_of(writer, unit), task)]
    if lists:
        section = [unit for unit in lists if unit.chunk.headings == lists[0].chunk.headings]
        # What follows a list is for particular cases; a paragraph has it all in its first sentence.
        items = [unit for unit in section if unit.kind == "item"] or section[:1]
        words = [writer.article.words(unit) for unit in items]
        key = writer.article.keys[section[0].chunk.headings]
    else:
        steps = task.chunk.steps
        words = [step.text for step in steps if step.title and says("materials", step.title)][:1]
        key = task.key
    named: dict[str, Group] = {}
    for text in words:
        for document in found("documents", re.split(r"[。；]", text)[0]):
            named.setdefault(document, any_of([document], text))
    return key, list(named.values())[:_MOST_FACTS]


def ask_roles(writer: Writer) -> None:
    """What the article's sections are for by their headings: conditions, fees, reasons and precautions."""
    article = writer.article
    for role in _ROLES:
        groups: dict[str, list[Unit]] = {}
        for unit in article.units:
            leads = article.words(unit).endswith(_LEADING_ON)
            if role_in(unit) == role and not (unit.in_procedure or leads or _question_in(writer, unit)[0]):
                task = task_of(writer, unit)
                groups.setdefault(task.card if task else "", []).append(unit)
        for card, units in groups.items():
            named = [unit for unit in groups.get("", ()) if card and card in normalize(article.words(unit))]
            _ask_role(writer, role, units, named)
    for unit in article.units:
        if unit.role == "definition" and unit.kind == "item":
            label = _label(article.words(unit))
            _ask_about(writer, "definition", unit, label)


def ask_own_questions(writer: Writer) -> None:
    """The questions that the article itself asks and answers."""
    for unit in writer.article.units:
        asked, answer = _question_in(writer, unit)
        if asked and answer:
            phrases = telling(answer, [asked], _MOST_FACTS)
            key = writer.article.keys[unit.chunk.headings]
            facts = [any_of(phrases, writer.article.words(unit))]
            writer.ask("asked", writer.home, sections=[key], facts=facts, asked=asked)


def task_of(writer: Writer, unit: Unit) -> Task | None:
    """The procedure whose card a unit is about, None for a unit about no card or about several."""
    tasks = writer.article.tasks
    own = next((task for task in tasks if task.chunk.chunk_id == unit.chunk.chunk_id), None)
    if own is not None and not own.prepares:
        return own
    names = {writer.article.catalog.called(card) for card in writer.article.cards_of(unit)}
    about = [task for task in tasks if task.card in names and not task.prepares]
    one = len({task.card for task in about}) == 1 == len(names)
    return writer.without_way(about[0]) if one else None


def _same(task: Task | None, other: Task) -> bool:
    return task is not None and task.card == other.card


def _ask_role(writer: Writer, role: str, units: Sequence[Unit], beside: Sequence[Unit]) -> None:
    """A question for all that units say under headings of a role; what `beside` says of their card is as good."""
    task = task_of(writer, units[0])
    paths = {unit.chunk.headings for unit in units}
    leads = {path for path in paths if any(other != path and other[: len(path)] == path for other in paths)}
    units = [unit for unit in units if unit.chunk.headings not in leads]  # what opens a section says nothing yet
    first = writer.article.keys[units[0].chunk.headings]
    keys = [key for unit in units if _family(key := writer.article.keys[unit.chunk.headings]) == _family(first)]
    keys += [writer.beside(first, writer.article.keys[unit.chunk.headings]) for unit in beside]
    each = max(1, _MOST_PHRASES // len(units))
    phrases = [
        (phrase, words)
        for words in [writer.article.words(unit) for unit in [*units[:_MOST_PHRASES], *beside]]
        for phrase in [*filter(None, [_label(words)]), *telling(body_of(words, _label(words)), most=each)]
    ]
    for language in dict.fromkeys((writer.home, "en")) if role == "reasons" else (writer.home,):
        writer.ask(role, language, sections=keys, facts=[phrases], doing=writer.doing(task, language))
    if role == "precautions":
        for unit in units:
            label = _label(writer.article.words(unit)) if unit.kind == "item" else ""
            name = "precaution_act" if says("acts", label) and writer.home != "en" else "precaution_said"
            _ask_about(writer, name, unit, label)


def _family(key: str) -> str:
    return key.split(".")[0]


def _ask_about(writer: Writer, name: str, unit: Unit, label: str) -> None:
    """A question about an item of a list, by its label."""
    words = writer.article.words(unit)
    phrases = telling(body_of(words, label), most=_MOST_FACTS)
    if not label or not phrases:
        return
    key = writer.article.keys[unit.chunk.headings]
    doing = writer.doing(task_of(writer, unit), writer.home)
    writer.ask(name, writer.home, sections=[key], facts=[any_of(phrases, words)], label=label, doing=doing)


def _label(words: str) -> str:
    match = _LABEL.match(words)
    return label_of(words, match[1].strip(" “”")) if match and len(words) > match.end() else ""


def _question_in(writer: Writer, unit: Unit) -> tuple[str, str]:
    """The question that a unit answers and its answer, when the article asks it; else twice nothing."""
    words = writer.article.words(unit)
    if pair := _PAIR.match(words):
        return pair["asked"], _ANSWERING_MARK.sub("", pair["answer"])
    if bold := _BOLD_QUESTION.match(words):
        return bold[1], words[bold.end() :]
    heading = unit.chunk.headings[-1] if unit.chunk.headings else ""
    if heading.endswith(("？", "?")) and unit.kind == "prose" and len(unit.chunk.headings) > 1:
        return _ASKING_MARK.sub("", plain_heading(heading)), _ANSWERING_MARK.sub("", words)
    return "", ""
