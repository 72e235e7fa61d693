"""A question set held against its corpus: what in it cannot be right, before anything is asked."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from assistant.evaluation.grading import fold, in_order
from assistant.evaluation.questions import Alternatives, Case, QuestionSet, Sections
from corpus.chunker import chunk
from corpus.document import Chunk, Document
from corpus.editions import align
from corpus.errors import UnusableInput
from corpus.hygiene import clean
from corpus.normalize import normalize, to_simplified
from corpus.reader import read_corpus

_COUNTED = re.compile(r"第?(\d{1,2}|[一二三四五六七八九十])(?:个?步骤?|个)?")
_NUMERALS = "一二三四五六七八九十"
_NOT_ANSWERED = frozenset(("unanswerable", "out-of-domain"))
_COUNTS = (
    ("one", "first"), ("two", "second"), ("three", "third"), ("four", "fourth"), ("five", "fifth"), ("six", "sixth"),
    ("seven", "seventh"), ("eight", "eighth"), ("nine", "ninth"), ("ten", "tenth"),
)  # fmt: skip
_BESIDE_COUNTS = frozenset(("step", "steps", "the", "of", "no."))


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something in a set that cannot be right; `line` is 0 for what is wrong with its sections."""

    set_name: str
    line: int
    case_id: str
    message: str

    def __str__(self) -> str:
        place = f"{self.set_name}, line {self.line} ({self.case_id})" if self.line else f"{self.set_name}, sections"
        return f"{place}: {self.message}"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Section:
    """What stands under a key of the sections.

    Attributes:
        text: The words of its chunks, their headings and their English edition, as facts are searched in them.
        n_steps: The numbers of steps of its procedures.
        procedures: The words of each of them.
    """

    text: str
    n_steps: frozenset[int]
    procedures: tuple[str, ...]


def check_sets(sets: Sequence[QuestionSet], corpus: Path) -> list[Finding]:
    """What in the sets cannot be right with these articles, in the order of the sets.

    Sections that no article has, facts and steps that stand nowhere under their sections (in no characters and no
    edition), strings that are both demanded and forbidden, numbers of steps that no procedure of theirs has, questions
    asked twice, fields that the format does not have.

    Raises:
        UnusableInput: The corpus cannot be read, or lacks an article that a set says it is about.
    """
    documents = [clean(document) for document in read_corpus(corpus)]
    check_documents(sets, [document.doc_id for document in documents], corpus)
    chunked = [(document, chunk(document)) for document in documents]
    findings: list[Finding] = []
    asked: dict[tuple[str, ...], Case] = {}
    for one in sets:
        found = _sections(one.sections, chunked)
        findings += [
            Finding(set_name=one.name, line=0, case_id="", message=f"{key!r} matches no heading of any article.")
            for key in one.sections.patterns
            if key not in found
        ]
        for case in one.cases:
            messages = [*_messages(case, found), *_asked_before(case, asked)]
            findings += [
                Finding(set_name=one.name, line=case.line, case_id=case.id, message=message) for message in messages
            ]
    return findings


def check_documents(sets: Sequence[QuestionSet], doc_ids: Sequence[str], corpus: Path) -> None:
    """Nothing, when the corpus has every article that the sets say they are about.

    Raises:
        UnusableInput: It lacks one.
    """
    for one in sets:
        missing = sorted(set(one.sections.documents) - set(doc_ids))
        if missing:
            raise UnusableInput(
                f"`corpus` must hold the articles that {one.name} is about; {corpus} lacks "
                f"{', '.join(map(repr, missing))}. Name their folder with --corpus."
            )


def _sections(sections: Sections, chunked: Sequence[tuple[Document, Sequence[Chunk]]]) -> dict[str, _Section]:
    """Each key that matches something, with what stands there."""
    texts: dict[str, list[str]] = {}
    steps: dict[str, set[int]] = {}
    procedures: dict[str, list[str]] = {}
    for document, chunks in chunked:
        if sections.documents and document.doc_id not in sections.documents:
            continue
        edition = align(document)
        for piece in chunks:
            keys = sections.of(document.title, piece.headings)
            translated = edition.text(piece.start, piece.end) if keys and edition is not None else ""
            for key in keys:
                texts.setdefault(key, []).extend((*piece.headings, piece.text, translated))
                steps.setdefault(key, set()).add(len(piece.steps))
                if piece.steps:
                    procedures.setdefault(key, []).extend(map(_folded, filter(None, (piece.text, translated))))
    return {
        key: _Section(
            text=_folded("\n".join(parts)),
            n_steps=frozenset(steps[key]),
            procedures=tuple(procedures.get(key, ())),
        )
        for key, parts in texts.items()
    }


def _folded(text: str) -> str:
    """Text as a fact is looked for here: as answers are matched, and besides in simplified characters, unmarked."""
    return to_simplified(fold(normalize(text)))


def _messages(case: Case, found: Mapping[str, _Section]) -> Iterator[str]:
    if case.unknown_fields:
        yield f"the format has no {', '.join(f'`{name}`' for name in case.unknown_fields)}; it is not read."
    yield from _contradictions(case)
    if case.expect in {"abstain", "refuse_spam"} and (case.facts or case.steps):
        yield f"`facts` and `steps` are not graded where `{case.expect}` is expected."
    if case.expect != "answer":
        return
    if case.kind in _NOT_ANSWERED:
        yield f"`kind` is {case.kind}, and an answer is expected."
    if not case.sections:
        yield "`sections` names none, though an answer is expected: its citations cannot be graded."
        return
    sections = [found[key] for key in case.sections if key in found]
    where = ", ".join(case.sections)
    for name, groups in (("fact", case.facts), ("step", case.steps)):
        for group in groups:
            if not any(_stands(group, section) for section in sections):
                yield f"the {name} {' / '.join(group)} stands nowhere in {where}."
    if case.steps:
        yield from _step_messages(case, sections, where)


def _step_messages(case: Case, sections: Sequence[_Section], where: str) -> Iterator[str]:
    if not any(case.n_steps in section.n_steps for section in sections):
        counts = sorted({n for section in sections for n in section.n_steps if n})
        yield f"no procedure in {where} has {case.n_steps} steps; theirs have {', '.join(map(str, counts)) or 'none'}."
    if len(case.steps) > case.n_steps:
        yield f"`steps` lists {len(case.steps)} steps and counts {case.n_steps}."
    procedures = [text for section in sections for text in section.procedures]
    groups = [[_folded(alternative) for alternative in group] for group in case.steps]
    all_stand = all(any(_stands(group, section) for section in sections) for group in case.steps)
    if procedures and all_stand and not any(in_order(text, groups) == len(groups) for text in procedures):
        yield f"no procedure in {where} has these steps in this order."


def _contradictions(case: Case) -> Iterator[str]:
    """What must stand in the answer and may not."""
    for group in (*case.facts, *case.steps):
        if all(any(fold(word) in fold(alternative) for word in case.must_not) for alternative in group):
            yield f"{' / '.join(group)} must stand in the answer, and `must_not` forbids it."


def _stands(group: Alternatives, section: _Section) -> bool:
    """Whether one of the alternatives stands in a section, or is a number that its steps give."""
    for alternative in group:
        folded = _folded(alternative)
        if folded in section.text:
            return True
        if any(n <= max(section.n_steps) for n in _counted(folded)):
            return True
    return False


def _counted(folded: str) -> set[int]:
    """The number, from 1, of a fact that is no more than one, as the place of a step is told: `第3步`, `4 steps`."""
    if found := _COUNTED.fullmatch(folded.replace("两", "二")):
        return {int(found[1]) if found[1].isdecimal() else _NUMERALS.find(found[1]) + 1} - {0}
    words = [word for word in folded.split() if word not in _BESIDE_COUNTS]
    numbers = {n for word in words for n, known in enumerate(_COUNTS, 1) if word in known or word == str(n)}
    return numbers if len(words) == 1 else set()


def _asked_before(case: Case, asked: dict[tuple[str, ...], Case]) -> Iterator[str]:
    # In the same characters: one question in both scripts tells whether both are answered.
    turns = tuple(" ".join(fold(turn).split()) for turn in case.turns)
    earlier = asked.setdefault(turns, case)
    if earlier is not case:
        yield f"it asks what {earlier.id} of {earlier.set_name} asks."
