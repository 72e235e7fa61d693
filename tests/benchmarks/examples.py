"""What there is to learn from question sets: for each question its features and what was right.

`tests/data/README.md` describes the sets and their format.
"""

from __future__ import annotations

import contextlib
import json
import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

from assistant import extractive, subject_choice
from assistant.assistant import Assistant
from assistant.choice import Choice, Features
from assistant.draft import Context
from assistant.evidence import Unit
from assistant.route import Route, route_flags, route_text, runs_of
from assistant.subject_choice import Profile, subject_features
from assistant.unit_features import topic_of, unit_features
from index.build import ensure_index
from index.encoder import Vectors, built_in_vector, load_encoder
from index.index import Index
from index.training.selection import Selection

ROOT = Path(__file__).resolve().parent.parent.parent
SETS = ROOT / "tests" / "data" / "sets"
SHARED = ROOT.parent / "shared"
# Never learnt from, never tuned on; `articles_d` is not in `question_sets` for the same reason.
HELD_OUT = frozenset(
    {"e2", "f4", "g3", "h4", "i1", "j4", "k2", "l4", "m1", "m2", "q6", "q11", "r2", "t1", "u2", "u5", "v1", "v2", "v3"}
    | {"w1", "w3", "w5", "x3", "x6", "x8", "z2", "z3", "z6", "z7", "z8"}
)
# Looked into while rules were made, and not learnt from.
LOOKED_INTO = frozenset({"z1", "z4", "z5", "z9"})
DETAILS = "-details"  # how the names of sets end that ask for details only
_SHIPPED_DEVELOPMENT = "smart-card"  # the development set on the shipped article: not to be learnt from twice
_ONE_THING = frozenset(
    {"single-fact", "why-precaution", "comparison", "multi-turn", "noise", "unanswerable", "adversarial"}
)
_NOT_ONE_THING = frozenset({"procedure", "step", "step-count"})
_NO_GUESS = Choice({}, {"always": 1_000.0})  # none is always likelier

Case = Mapping[str, Any]  # a line of `questions.jsonl`


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionSet:
    """Questions, the articles they are about, and where the support for each stands.

    Attributes:
        scored: Whether what was learnt from other sets is scored on it. Of the others some were used while rules were
            made, and some ask for details only, half of them for what the article does not say.
    """

    name: str
    articles: Path
    questions: Path
    sections: Path
    scored: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitExample:
    """The units that could answer a question; none of them is right when the articles do not say."""

    set_name: str
    case_id: str
    each: Sequence[Features]
    none: Features
    right: tuple[bool, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SubjectExample:
    """The subjects that a question could be about; none of them is right when it is about none in particular.

    Attributes:
        by_rule: The subjects that the rules take it to be about.
    """

    set_name: str
    case_id: str
    each: Sequence[Features]
    none: Features
    right: tuple[bool, ...]
    subjects: tuple[str, ...]
    by_rule: frozenset[str]

    @property
    def gold(self) -> frozenset[str]:
        """The subject that it is about, empty for none."""
        return frozenset(subject for subject, right in zip(self.subjects, self.right, strict=True) if right)


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteExample:
    """A question and the kind of answer it asks for.

    Attributes:
        vector: The built-in encoder's unit row of the question.
    """

    set_name: str
    case_id: str
    text: str
    vector: Vectors
    runs: Mapping[str, int]
    flags: Features
    route: Route
    by_rule: Route


@dataclass(frozen=True, slots=True, kw_only=True)
class Examples:
    """What a question set has to learn from."""

    units: tuple[UnitExample, ...] = ()
    subjects: tuple[SubjectExample, ...] = ()
    routes: tuple[RouteExample, ...] = ()


def question_sets(shared: Path = SHARED) -> list[QuestionSet]:
    """The sets to learn from that are there; the development set stands in `shared`, outside the project."""
    shipped = ROOT / "corpus" / "questions"
    articles, sections = ROOT / "corpus" / "articles", shipped / "sections.json"
    known = [
        QuestionSet(
            name="dev",
            articles=shared / "article",
            questions=shared / "eval" / "dev.jsonl",
            sections=sections,
        ),
        *(
            QuestionSet(name=file.stem, articles=articles, questions=file, sections=sections)
            for file in sorted(shipped.glob("*.jsonl"))
            if file.stem != _SHIPPED_DEVELOPMENT
        ),
        *(
            QuestionSet(name=f"shipped-{file.stem}", articles=articles, questions=file, sections=sections)
            for file in sorted((SETS.parent / "shipped").glob("*.jsonl"))
        ),
        *(
            QuestionSet(
                name=letter,
                articles=SETS.parent / f"articles_{letter}",
                questions=SETS.parent / f"questions_{letter}.jsonl",
                sections=SETS.parent / f"sections_{letter}.json",
            )
            for letter in "abc"
        ),
        *(
            QuestionSet(
                name=name,
                articles=folder,
                questions=folder / file,
                sections=folder / "sections.json",
                scored=scored,
            )
            for folder in sorted(SETS.iterdir())
            if folder.is_dir() and folder.name not in HELD_OUT | LOOKED_INTO
            for name, file, scored in (
                (folder.name, "questions.jsonl", True),
                (f"{folder.name}{DETAILS}", "details.jsonl", False),
            )
        ),
    ]
    return [one for one in known if one.questions.is_file()]


def read_cases(file: Path) -> list[dict[str, Any]]:
    """The questions of a file of JSON Lines."""
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]


def subject_examples(one: QuestionSet, data: Path) -> tuple[SubjectExample, ...]:
    """What a set tells about subjects; its index is kept in `data`."""
    with _opened(one, data) as index, _guessing(_NO_GUESS):
        return _Reading(one, index).subjects()


def other_examples(one: QuestionSet, data: Path, guess: Choice) -> Examples:
    """What a set tells about units and routes, the subject of a question that names none guessed by `guess`.

    The weights that the assistant has at present play no part: learning twice gives the same.
    """
    with _opened(one, data) as index, _guessing(guess):
        return _Reading(one, index).others()


def selections(one: QuestionSet, data: Path) -> tuple[Selection, ...]:
    """What a set tells about which unit answers, in words, for the encoder to learn from."""
    with _opened(one, data) as index, _guessing(_NO_GUESS):
        return _Reading(one, index).selections()


def _opened(one: QuestionSet, data: Path) -> contextlib.closing[Index]:
    return contextlib.closing(
        ensure_index(corpus=one.articles, data=data, encoder=load_encoder("builtin"), progress=False)
    )


@contextlib.contextmanager
def _guessing(weights: Choice) -> Iterator[None]:
    """Has assistants guess the subject of a question by weights that are given in place of their own."""
    with patch.object(subject_choice, "load_choice", lambda _: weights):
        yield


class _Reading:
    """A question set, read by an assistant over its articles."""

    def __init__(self, one: QuestionSet, index: Index) -> None:
        self._set = one
        self._assistant = Assistant(index=index)
        self._doc_ids = [document.doc_id for document in index.documents()]
        self._cases = read_cases(one.questions)
        raw = json.loads(one.sections.read_text(encoding="utf-8"))
        self._sections = {key: patterns for key, patterns in raw.items() if not key.startswith("_")}

    def subjects(self) -> tuple[SubjectExample, ...]:
        """Of the questions of one turn about one subject, or about none in particular.

        Those for details are left out, as hardly any of them is about none.
        """
        if self._set.name.endswith(DETAILS):
            return ()
        profiles = [self._assistant._profile(subject) for subject in self._assistant.subjects()]
        if len(profiles) < 2:
            return ()
        return tuple(found for case in self._cases if (found := self._subject(case, profiles)))

    def others(self) -> Examples:
        """The examples of units and routes."""
        units, routes = [], []
        for case in self._cases:
            if case["kind"] == "out-of-domain" and "question" in case:
                units += self._strange_units(case)
            context = self._context(case)
            if not self._set.name.endswith(DETAILS) and (route := route_asked(case)):
                question, by_rule = context.question, extractive.rule_route(context)
                routes.append(
                    RouteExample(
                        **self._head(case),
                        text=question.text,
                        vector=built_in_vector(question.text)[0],
                        runs=runs_of(route_text(question)),
                        flags=route_flags(question, by_rule),
                        route=route,
                        by_rule=by_rule,
                    )
                )
            if asks_one_thing(case) and (found := self._unit(case, context)):
                units.append(found)
        return Examples(units=tuple(units), routes=tuple(routes))

    def _subject(self, case: Case, profiles: Sequence[Profile]) -> SubjectExample | None:
        if "turns" in case or case["kind"] == "comparison" or case["expect"] == "refuse_spam":
            return None
        context = self._context(case)
        question, supporting = context.question, self._supporting_subjects(case, context)
        if case["expect"] == "abstain" and not (
            case["kind"] == "unanswerable" and question.unknown_card and not question.cards
        ):
            return None
        if len(supporting) > 1:
            return None
        each, none = subject_features(question, profiles)
        subjects = tuple(profile.subject for profile in profiles)
        return SubjectExample(
            **self._head(case),
            each=each,
            none=none,
            right=tuple(subject in supporting for subject in subjects),
            subjects=subjects,
            by_rule=frozenset(_subjects_meant(context)),
        )

    def selections(self) -> tuple[Selection, ...]:
        """The questions that one unit answers, with all the units to choose from."""
        found = []
        for case in self._cases:
            context = self._context(case)
            units, subjects = self._candidates(case, context) if asks_one_thing(case) else ((), ())
            n_facts = [self._n_facts(case, unit, context) for unit in units]
            if most := max(n_facts, default=0):
                found.append(
                    Selection(
                        question=topic_of(context.question, units, subjects),
                        passages=tuple(self._text(unit, context) for unit in units),
                        right=tuple(at for at, n in enumerate(n_facts) if n == most),
                    )
                )
        return tuple(found)

    def _unit(self, case: Case, context: Context) -> UnitExample | None:
        """The units held against a question; nothing when the card is not covered or no unit holds what is right."""
        units, subjects = self._candidates(case, context)
        if not units:
            return None
        question, beside = context.question, context.beside(units, subjects)
        features = unit_features(question, units, subjects, context.sources.lexicon, context.sources.boost(), beside)
        n_facts = [self._n_facts(case, unit, context) for unit in features.units]
        most = max(n_facts)
        if case["expect"] == "answer" and not most:
            return None
        return UnitExample(
            **self._head(case),
            each=features.each,
            none=features.none,
            right=tuple(0 < n == most for n in n_facts),
        )

    def _candidates(self, case: Case, context: Context) -> tuple[Sequence[Unit], tuple[str, ...]]:
        """The units that a question is held against, and the cards that it is about; no units where none is asked."""
        question, subjects = context.question, _subjects_meant(context)
        if question.unsafe or question.contact or (_cards_meant(context) and not subjects):
            return (), ()
        supporting = self._supporting_subjects(case, context)
        if len(supporting) == 1 and not supporting & set(subjects):
            subjects = tuple(supporting)
        return context.units_about(subjects), subjects

    def _strange_units(self, case: Case) -> list[UnitExample]:
        """What is about no card, asked after a question about one: no unit is right."""
        contexts = [
            self._assistant.context([f"{subject}怎么注销？", case["question"]])
            for subject in self._assistant.subjects()[:1]
        ]
        found = (self._unit(case | {"sections": [], "facts": []}, context) for context in contexts)
        return [example for example in found if example]

    def _head(self, case: Case) -> dict[str, Any]:
        return {"set_name": self._set.name, "case_id": case["id"]}

    def _context(self, case: Case) -> Context:
        return self._assistant.context(case.get("turns") or [case["question"]])

    def _supports(self, case: Case, unit: Unit) -> bool:
        """Whether a unit stands under a heading where the support for the answer is to be found."""
        path = " > ".join([self._assistant.document(unit.chunk.doc_id).title, *unit.chunk.headings])
        return any(re.search(pattern, path) for key in case["sections"] for pattern in self._sections[key])

    def _supporting_subjects(self, case: Case, context: Context) -> frozenset[str]:
        if case["expect"] != "answer":
            return frozenset()
        units = [unit for doc_id in self._doc_ids for unit in context.sources.units(doc_id)]
        cards = {card for unit in units if self._supports(case, unit) for card in unit.cards}
        return frozenset(cards & set(self._assistant.subjects()))

    def _n_facts(self, case: Case, unit: Unit, context: Context) -> int:
        """How many of the facts that the answer must hold stand in a unit; none where the support is not."""
        if case["expect"] != "answer" or not self._supports(case, unit):
            return 0
        text = _folded(self._text(unit, context))
        return sum(any(_folded(fact) in text for fact in alternatives) for alternatives in case["facts"])

    @staticmethod
    def _text(unit: Unit, context: Context) -> str:
        return context.sources.document(unit.chunk.doc_id).text[unit.start : unit.end]


def route_asked(case: Case) -> Route | None:
    """The kind of answer that a question asks for, None where the set does not tell."""
    asks, kind = set(case.get("asks") or ()), case["kind"]
    if case["expect"] in {"clarify", "refuse_spam"} or kind in {"out-of-domain", "adversarial"}:
        return None
    if case.get("steps"):
        return "procedure"
    if kind == "comparison" or "comparison" in asks:
        return "comparison"
    if kind == "step-position" or asks & {"step", "step-count"}:
        return "step"
    if kind == "why-precaution":
        return "reasons" if "why" in asks else "precautions" if "precaution" in asks else None
    if kind in {"single-fact", "unanswerable"}:
        return None if "procedure" in asks else "detail"
    if kind in {"multi-turn", "noise"} and asks:
        return None if asks & {"why", "precaution", "procedure"} else "detail"
    return None


def asks_one_thing(case: Case) -> bool:
    """Whether one unit can answer a question, or would if the articles had it."""
    return (
        case["kind"] in _ONE_THING
        and case["expect"] in {"answer", "abstain"}
        and not case.get("steps")
        and not set(case.get("asks") or ()) & _NOT_ONE_THING
    )


def _cards_meant(context: Context) -> Collection[str]:
    return extractive._meant(context)  # what the assistant takes to be meant, not a second opinion


def _subjects_meant(context: Context) -> tuple[str, ...]:
    catalog = context.sources.catalog
    return tuple(dict.fromkeys(subject for card in _cards_meant(context) for subject in catalog.covering(card)))


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()
