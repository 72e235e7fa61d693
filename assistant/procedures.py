"""Procedures whole, and single steps of them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from assistant.answer import AnswerStep
from assistant.catalog import Procedure
from assistant.draft import OFFLINE, Context, Draft, beside, marks
from assistant.evidence import Unit, rank_units
from assistant.general_sections import show_listed_items
from assistant.lexicon import any_of
from assistant.likeness import likeness, places_of_question
from assistant.passages import answer_detail
from assistant.phrases import joined, say
from assistant.question import han_only
from assistant.refusals import abstain, clarify, refuse_unstated
from assistant.step_anchor import anchor_of, anchored, ordered_things
from assistant.step_reference import StepReference
from corpus.document import Chunk, Document, Step
from corpus.normalize import has_han, normalize
from corpus.roles import says

_COUNTED_FROM_A_STEP = frozenset({"next", "following", "previous", "preceding", "which", "order"})
_ASKED_WEIGHT = 0.4  # of what is asked of the step, beside what describes the one it is counted from
_DESCRIBES_ABROAD = 0.25  # the same as the next where the question is not in the language of the steps
_IS_CALLED = 0.3  # what a step's own name adds, or that the next begins "after" it
_SURELY_DESCRIBES_FROM = 0.9  # the same, and likeness, where the step is to tell which card is meant
_OF_ONE_BY = 0.3  # what the steps of every other card must stay behind
_IS_NO_END = 0.15  # what the first counts less where the one before it is asked for, the last where the next is
_SPELT_ALIKE = 0.3  # what it adds that a step has all characters of a description, the rare ones counted most
_DESCRIBES_FROM = 0.4  # share of the question's weight in its words, and by likeness, that the step described has


# How many steps there are, and which: 一共几步，分别是啥.
_ALL_TOLD = any_of(
    r"分别|挨个|逐[个一条]|一一|都(?:说说|讲讲|列|是(?:什么|啥|哪))|(?:是|有)哪[几些]|[讲说列]一?[说讲下遍全]|列出来|每一?步",
    r"\b(?:list|and what|which ones|one by one|each of them)\b",
)
_BEGINS_AFTER = re.compile(r"^[^,。;]{0,20}?(?:之后|以后|(?<![然最背先])后)(?=,)|\bafter [^,.;]{1,40},")


def show_procedures(context: Context, subjects: Sequence[str]) -> Draft:
    """The whole procedure of each subject; a question back when the card is not named and several are covered."""
    catalog = context.sources.catalog
    if not subjects:
        general = catalog.in_general()
        if len(catalog.subjects) == 1 and not general:
            subjects = catalog.subjects
        elif catalog.subjects:
            return clarify(context, catalog.subjects, "the card is not named")
        elif general:
            return _procedure(context, context.preferred(general), "")
        else:
            return abstain(context, "no_hits", say("out_of_domain", context.language), "no procedure in the corpus")
    drafts = []
    for subject in subjects:
        found = catalog.for_actions(subject, context.question.actions)
        if found:
            drafts.append(_procedure(context, context.preferred(found), subject))
    if not drafts:
        return refuse_unstated(context, subjects, "no procedure for this action")
    if len(drafts) == 1:
        return drafts[0]
    return Draft(
        outcome="answered",
        text="\n\n".join(d.text for d in drafts),
        steps=sum((d.steps for d in drafts), ()),
        decided="procedures",
    )


def _variants(context: Context, procedures: Sequence[Procedure]) -> list[Procedure]:
    """The ways of doing one thing that an article tells apart and the question does not."""
    first = procedures[0]
    same = [p for p in procedures if p.doc_id == first.doc_id and context._means(p) == context._means(first)]
    same = [p for p in context.readable(same) if not (p.headings and says("preparing", p.headings[-1]))]
    return same if len(same) > 1 and len({p.headings for p in same}) == len(same) else []


def _way(context: Context, procedure: Procedure) -> str:
    """What one of several ways is called: by its heading, with the original by which a reply is understood."""
    heading = context.heading(context.sources.chunk(procedure))
    return f"{heading.text} ({heading.original})" if heading.original else heading.text


def _which_way(context: Context, subject: str, variants: Sequence[Procedure]) -> Draft:
    names = [f"{context.name(subject)} {_way(context, p)}".strip() for p in variants]
    lines = "\n".join(f"{n}. {name}" for n, name in enumerate(names, 1))
    return Draft(
        outcome="clarified",
        text=f"{say('which_way', context.language)}\n\n{lines}",
        options=tuple(names),
        decided="several ways",
    )


def _procedure(context: Context, procedures: Sequence[Procedure], subject: str) -> Draft:
    if variants := _variants(context, procedures):
        return _which_way(context, subject, variants)
    chosen = context.readable(procedures)[0]
    chunk, document = context.sources.chunk(chosen), context.sources.document(chosen.doc_id)
    n, words = len(chunk.steps), context.whose_words([chosen.doc_id])
    head = (
        say("procedure", context.language, card=context.name(subject), n=n, words=words)
        if subject
        else say("procedure_general", context.language, n=n, words=words)
    )
    steps = [_answer_step(context, step, document, chunk) for step in chunk.steps]
    notes = [
        context.quoted(unit) if says("note", unit.text) else say("note", context.language, text=context.quoted(unit))
        for unit in context.sources.units(chosen.doc_id)
        if unit.chunk.chunk_id == chunk.chunk_id and unit.kind == "note"
    ]
    lines = "\n".join(f"{step.number}. {step.text} {marks(step.markers)}{beside(step.original)}" for step in steps)
    parts = [head, lines, *notes, *_beside(context, procedures)]
    return Draft(outcome="answered", text="\n\n".join(parts), steps=tuple(steps), decided="procedure")


def _beside(context: Context, procedures: Sequence[Procedure]) -> list[str]:
    """One line for what else the corpus has on the same card: other ways in the article, other articles."""
    chosen = context.readable(procedures)[0]
    here = [p for p in procedures if p.doc_id == chosen.doc_id and p.headings != chosen.headings]
    elsewhere = dict.fromkeys(p.doc_id for p in procedures if p.doc_id != chosen.doc_id)
    parts = []
    if here:
        names = [_way(context, p) for p in here if p.headings]
        parts.append(say("variants", context.language, names=joined(names, context.language)))
    if elsewhere:
        names = [context.title(doc_id) for doc_id in list(elsewhere)[:3]]
        parts.append(say("others", context.language, names=joined(names, context.language)))
    return parts


def _answer_step(context: Context, step: Step, document: Document, chunk: Chunk) -> AnswerStep:
    wording = context.step_wording(document, step)
    markers = context.citations.cite(document, chunk, step.start, step.end)
    return AnswerStep(number=step.number, text=wording.text, markers=markers, original=wording.original)


def find_barred(context: Context, subjects: Sequence[str]) -> str:
    """A circumstance of the question that the subjects' articles do not speak of, empty when there is none."""
    question, units = context.question, context.units_about(subjects)
    barring = [
        name
        for name in question.concepts
        if (concept := context.sources.lexicon.concepts[name]).kind == "bar"
        and (name in question.focus or not concept.in_passing)
    ]
    return next((name for name in barring if not any(name in unit.concepts for unit in units)), "")


def show_step(context: Context, subjects: Sequence[str]) -> Draft:
    """The step that the question refers to, or how many there are."""
    reference = context.question.step
    assert reference is not None
    if context.listed and not context.question.cards and reference.kind in {"nth", "several"}:
        numbers = reference.numbers or (reference.number,)
        return show_listed_items(context, numbers, from_end=reference.from_end)
    if not subjects:
        of_all = context.sources.catalog.subjects
        subjects = of_all if len(of_all) == 1 else _told_by_a_step(context)
        if not subjects:
            return clarify(context, of_all, "a step of which card")
    subject = subjects[0]
    found = context.sources.catalog.for_actions(subject, context.question.actions)
    if not found:
        return refuse_unstated(context, subjects, "no procedure for this action")
    preferred = context.preferred(found)
    if variants := _variants(context, preferred):
        return _which_way(context, subject, variants)
    chosen = context.readable(preferred)[0]
    chunk, document = context.sources.chunk(chosen), context.sources.document(chosen.doc_id)
    if reference.kind == "count" and _ALL_TOLD.search(context.question.text):
        return _procedure(context, preferred, subject)
    if reference.kind == "count":
        return _count(context, subject, document, chunk)
    if reference.kind in _COUNTED_FROM_A_STEP and not reference.number:
        return _beside_step(context, subjects, document, chunk)
    n = len(chunk.steps)
    number = n + 1 - reference.number if reference.from_end else reference.number
    if reference.kind in _COUNTED_FROM_A_STEP and 0 <= number <= n:
        return _counted_from(context, number - 1, document, chunk)
    if meant := [chunk.steps[number - 1] for number in _numbers(reference, n) if 1 <= number <= n]:
        return _steps_said(context, [(step, "step") for step in meant], document, chunk)
    last = context.citations.cite(document, chunk, chunk.steps[-1].start, chunk.steps[-1].end)
    missing = max(reference.numbers, default=reference.number)
    text = say("no_step", context.language, number=missing, card=context.name(subject), n=n)
    return Draft(outcome="answered", text=f"{text} {marks(last)}", decided="no such step")


def _numbers(reference: StepReference, n: int) -> Sequence[int]:
    """The numbers of the steps that are asked for by their places among `n`, some of them perhaps not there."""
    if reference.kind == "ends":
        return (1, n)
    if reference.kind == "middle":
        return range((n + 1) // 2, n // 2 + 2)  # of an even number, the two
    numbers = reference.numbers or (reference.number,)
    return [n + 1 - number for number in numbers] if reference.from_end else numbers


def _told_by_a_step(context: Context) -> tuple[str, ...]:
    """The one subject of whose steps one is surely described where the question names no card, empty for none."""
    reference = context.question.step
    if reference is None or reference.number or reference.kind not in _COUNTED_FROM_A_STEP - {"order"}:
        return ()
    owners: list[str] = []
    steps: list[Unit] = []
    for subject in context.sources.catalog.subjects:
        if found := context.sources.catalog.for_actions(subject, context.question.actions):
            chosen = context.readable(context.preferred(found))[0]
            own = _units_of(context, chosen.doc_id, context.sources.chunk(chosen))
            steps += own
            owners += [subject] * len(own)
    scores = _told_of(context, steps, anchor_of(context.question.text, reference.kind))
    best: dict[str, float] = {}
    for owner, score in zip(owners, scores, strict=True):
        best[owner] = max(score, best.get(owner, 0.0))
    ranked = sorted(best, key=best.__getitem__, reverse=True)
    if not ranked or best[ranked[0]] < _SURELY_DESCRIBES_FROM:
        return ()
    return () if len(ranked) > 1 and best[ranked[0]] - best[ranked[1]] < _OF_ONE_BY else (ranked[0],)


def _units_of(context: Context, doc_id: str, chunk: Chunk) -> list[Unit]:
    """The steps of a procedure as units."""
    return [u for u in context.sources.units(doc_id) if u.chunk.chunk_id == chunk.chunk_id and u.kind == "step"]


def _count(context: Context, subject: str, document: Document, chunk: Chunk) -> Draft:
    names = []
    for step in chunk.steps:
        markers = context.citations.cite(document, chunk, step.start, step.end)
        names.append(f"{step.number}. {context.step_title(document, step).cited(markers)}")
    text = say(
        "count", context.language, card=context.name(subject), n=len(chunk.steps), names="\n\n" + "\n".join(names)
    )
    return Draft(outcome="answered", text=text, decided="count of steps")


def _beside_step(context: Context, subjects: Sequence[str], document: Document, chunk: Chunk) -> Draft:
    """The step that the question describes, or those after or before it."""
    reference = context.question.step
    assert reference is not None
    units = _units_of(context, document.doc_id, chunk)
    if reference.kind == "order":
        things = ordered_things(context.question.text) or (context.question.text,)
        both = {unit.number for thing in things if (unit := _described(context, units, thing)) is not None}
        if not both:
            return answer_detail(context, subjects)
        return _steps_said(context, [(chunk.steps[number - 1], "step") for number in sorted(both)], document, chunk)
    behind = {"next": 1, "following": 1, "previous": -1, "preceding": -1}.get(reference.kind, 0)
    titles = [chunk.steps[unit.number - 1].title for unit in units]
    anchor = anchor_of(context.question.text, reference.kind)
    described = _described(context, units, anchor, asked_behind=behind, titles=titles)
    if described is None and reference.kind == "following" and context.sources.lexicon.asks("count", normalize(anchor)):
        return _count(context, subjects[0], document, chunk)
    if described is None:
        return answer_detail(context, subjects)
    return _counted_from(context, described.number - 1, document, chunk)


def _counted_from(context: Context, at: int, document: Document, chunk: Chunk) -> Draft:
    """The steps that the question asks for beside the one at a place, -1 for before the first."""
    reference = context.question.step
    assert reference is not None
    meant = {
        "next": chunk.steps[at + reference.by : at + reference.by + 1],
        "following": chunk.steps[at + 1 :],
        "previous": chunk.steps[max(at - reference.by, 0) : max(at - reference.by + 1, 0)],
        "preceding": chunk.steps[: max(at, 0)],
        "which": chunk.steps[at : at + 1],
    }[reference.kind]
    if not meant:
        end, phrase = (0, "first_step") if reference.kind in {"previous", "preceding"} else (-1, "last_step")
        return _steps_said(context, [(chunk.steps[end], phrase)], document, chunk)
    if reference.itself:
        meant = tuple(sorted({*meant, chunk.steps[at]}, key=lambda step: step.number))
    said = _steps_said(context, [(step, "step") for step in meant], document, chunk)
    if reference.kind in {"following", "preceding"}:
        counted = say(f"steps_{reference.kind}", context.language, n=len(meant))
        said = replace(said, text=f"{counted}\n\n{said.text}")
    return said


def _described(
    context: Context, steps: Sequence[Unit], anchor: str, *, asked_behind: int = 0, titles: Sequence[str] = ()
) -> Unit | None:
    """The step that `anchor` describes, None when it describes none.

    Args:
        context: The question and its sources.
        steps: The steps of the procedure.
        anchor: The part of the question that describes a step.
        asked_behind: How many steps behind that one the step stands that the rest of the question asks about.
        titles: What the steps are called, empty for nothing.
    """
    text = context.question.text
    before, _, behind = text.partition(anchor)
    anchor = _without_cards(anchor, context.question.surfaces)
    scores = _told_of(context, steps, anchor)
    if asked_behind and titles:
        scores = [
            score + _IS_CALLED * (share > 0)
            for score, share in zip(scores, _called(context, steps, anchor, titles), strict=True)
        ]
    rest = behind if has_han(text) else f"{before} {behind}"  # "what happens after …" asks before, 之后找谁 behind
    if asked_behind and rest.strip():
        said = _said_of(context, steps, rest)
        scores = [
            score + (_ASKED_WEIGHT * said[at + asked_behind] if 0 <= at + asked_behind < len(steps) else 0.0)
            for at, score in enumerate(scores)
        ]
    if asked_behind and len(steps) > 1:
        # Who asks for the step before one takes it for another than the first.
        end = 0 if asked_behind < 0 else len(steps) - 1
        scores[end] -= _IS_NO_END
    best = max(range(len(steps)), key=scores.__getitem__, default=-1)
    foreign = best >= 0 and has_han(steps[best].text) != has_han(anchor)
    return steps[best] if best >= 0 and scores[best] >= (_DESCRIBES_ABROAD if foreign else _DESCRIBES_FROM) else None


def _without_cards(anchor: str, surfaces: Sequence[str]) -> str:
    """A description without the names of cards, which tell no step from another; all of it if it is little else."""
    kept = anchor
    for surface in (surface for surface in surfaces if len(surface) > 1):
        kept = kept.replace(surface.rstrip("*"), " ")
    kept = kept.strip(" 的")
    return kept if len(kept) > 1 else anchor


def _told_of(context: Context, steps: Sequence[Unit], description: str) -> list[float]:
    """How much of a description each step says, by its words, by words like them, and by its characters."""
    if not steps:
        return []
    said, spelt = _said_of(context, steps, description), _spelt_alike(description, steps)
    return [score + _SPELT_ALIKE * share for score, share in zip(said, spelt, strict=True)]


def _spelt_alike(anchor: str, steps: Sequence[Unit]) -> list[float]:
    """The share of the Chinese characters of a description that each step has, those of few steps counted most.

    A verb and its object stand apart in speech (把账核完) and together in an article (核对账户): their words differ and
    their characters do not.
    """
    found = {char: [char in unit.text for unit in steps] for char in han_only(anchor)}
    weights = {char: 1 - sum(has) / len(steps) for char, has in found.items() if any(has)}
    total = sum(weights.values()) or 1.0
    return [sum(weights[char] for char in weights if found[char][at]) / total for at in range(len(steps))]


def _called(context: Context, steps: Sequence[Unit], anchor: str, titles: Sequence[str]) -> list[float]:
    """How many concepts of a part of the question each step is called by, or the next begins after."""
    lexicon = context.sources.lexicon
    words = [lexicon.concepts[name].words for name in anchored(context.question, anchor, lexicon).concepts]
    after = [found.group() if (found := _BEGINS_AFTER.search(normalize(unit.text))) else "" for unit in steps]
    named = [f"{normalize(title)} {condition}" for title, condition in zip(titles, [*after[1:], ""], strict=True)]
    return [float(sum(any(word.rstrip("*") in name for word in group) for group in words)) for name in named]


def _said_of(context: Context, steps: Sequence[Unit], part: str) -> list[float]:
    """How much of what a part of the question says each step says, by its words and by words like them."""
    lexicon = context.sources.lexicon
    question = anchored(context.question, part, lexicon)
    places = tuple(name for name in question.concepts if name not in OFFLINE | {"online"}) or question.concepts
    lexical = {id(s.unit): s.score for s in rank_units(replace(question, concepts=places), steps, lexicon, {})}
    like = likeness(places_of_question(part), [unit.places for unit in steps])
    return [lexical.get(id(unit), 0.0) + float(like.telling[at]) for at, unit in enumerate(steps)]


def _steps_said(context: Context, steps: Sequence[tuple[Step, str]], document: Document, chunk: Chunk) -> Draft:
    parts = []
    for step, phrase in steps:
        markers = context.citations.cite(document, chunk, step.start, step.end)
        text = context.step_wording(document, step).cited(markers)
        parts.append(say(phrase, context.language, number=step.number, n=len(chunk.steps), text=text))
    return Draft(outcome="answered", text="\n\n".join(parts), decided="one step")
