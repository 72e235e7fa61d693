"""Answers composed of the articles' own words: nothing is said about a card that no article says."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from assistant.answer import AnswerStep, Outcome, Reason
from assistant.catalog import Catalog, Procedure
from assistant.citations import Citations
from assistant.evidence import Scored, Unit, rank_units
from assistant.lexicon import Lexicon
from assistant.phrases import joined, say, shown
from assistant.question import BESIDE_CARDS, Question
from corpus.document import Chunk, Document, Step
from corpus.normalize import Language, normalize
from corpus.roles import role_of
from index.hit import Hit

ANSWERS_FROM = 0.42  # the share of a question's weight that a unit must answer
_ADDS_FROM = 0.2
_AS_GOOD = 0.25  # units within this of the best count as answering too, when it is asked whether cards differ
_KNOWN_SHARE = 0.6  # of a question's characters, below which it is about something else
_MAX_UNITS = 3
_MAX_ITEMS = 8
_LISTED_ROLES = {"precautions": "precautions", "reasons": "reasons", "summary": "summary"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """An answer before its citations are checked."""

    outcome: Outcome
    text: str
    steps: tuple[AnswerStep, ...] = ()
    options: tuple[str, ...] = ()
    reason: Reason = ""
    decided: str = ""
    rejected: tuple[tuple[float, str], ...] = ()


@dataclass(frozen=True, kw_only=True)
class Sources:
    """What an answer may be composed of.

    Attributes:
        catalog: The procedures of the corpus.
        hits: What retrieval found for the question, best first.
        document: Doc id → cleaned document.
        units: Doc id → its units.
    """

    catalog: Catalog
    lexicon: Lexicon
    hits: Sequence[Hit]
    document: Callable[[str], Document]
    units: Callable[[str], Sequence[Unit]]

    def best_documents(self, n: int) -> list[str]:
        """The documents of the best hits, best first, at most `n`."""
        return list(dict.fromkeys(hit.chunk.doc_id for hit in self.hits))[:n]

    def boost(self) -> dict[str, float]:
        """What being found adds to a chunk's units: a tenth of its retrieval score."""
        return {hit.chunk.chunk_id: 0.1 * hit.score for hit in self.hits}

    def chunk(self, procedure: Procedure) -> Chunk:
        """The chunk of a procedure."""
        return next(unit.chunk for unit in self.units(procedure.doc_id) if unit.chunk.chunk_id == procedure.chunk_id)


@dataclass
class Composer:
    """Composes the answer to one question."""

    question: Question
    listed: str
    sources: Sources
    citations: Citations = field(default_factory=Citations)

    @property
    def _language(self) -> Language:
        return self.question.language

    # --- what to do --------------------------------------------------------------------------------------------

    def compose(self) -> Draft:
        """The answer, the question back, or the abstention that the question deserves."""
        question = self.question
        if question.unsafe:
            return self._abstain("unsafe", say("unsafe", self._language), "unsafe")
        if question.contact:
            return self._warn()
        if question.empty:
            return self._nothing_asked()
        if not self._about_cards():
            return self._abstain("out_of_domain", say("out_of_domain", self._language), "not about cards")
        cards = self._meant()
        if question.unknown_card and not cards:
            return self._not_covered(question.unknown_card)
        if self._compares(cards):
            return self._compare(cards)
        subjects = tuple(dict.fromkeys(subject for card in cards for subject in self.sources.catalog.covering(card)))
        if cards and not subjects:
            return self._uncovered_card(cards[0])
        if question.excluded and not subjects:
            subjects = self._remaining()
        if general := self._general(subjects):
            return general
        if len(subjects) > 1 and len(cards) <= 1:
            return self._clarify(subjects, "several subjects for one card")
        return self._specific(subjects)

    def _meant(self) -> tuple[str, ...]:
        """The cards that the question names, else those it points to that the corpus covers."""
        question, catalog = self.question, self.sources.catalog
        if question.cards and "comparison" in question.intents:
            return tuple(dict.fromkeys((*question.cards, *(card for card in question.cued if catalog.covering(card)))))
        if question.cards:
            return question.cards
        return tuple(card for card in question.cued if catalog.covering(card))

    def _remaining(self) -> tuple[str, ...]:
        """The subjects that are left when the question says which it does not mean."""
        catalog = self.sources.catalog
        excluded = {subject for card in self.question.excluded for subject in catalog.covering(card)}
        return tuple(subject for subject in catalog.subjects if subject not in excluded)

    def _specific(self, subjects: tuple[str, ...]) -> Draft:
        """The answer about the steps of one or more subjects, or about something in them."""
        question = self.question
        if question.step is not None and not (question.cancels and question.step.kind == "nth"):
            return self._step(subjects)
        if self._wants_procedure():
            if missing := self._barred(subjects):
                return self._not_stated(subjects, f"the steps do not speak of {missing}")
            return self._procedures(subjects)
        return self._detail(subjects)

    def _about_cards(self) -> bool:
        question = self.question
        if question.cards or question.cued or question.unknown_card or question.generic or question.actions or question.all_cards:
            return True
        if question.step is not None or question.intents & {"summary", "precautions"}:
            return True
        if not question.concepts:
            return False
        found = " ".join(unit.text for doc_id in self.sources.best_documents(3) for unit in self.sources.units(doc_id))
        strange = sum(len(run) for run in question.unknown if run[:2] not in found)
        return 1 - strange / max(len(question.text), 1) > _KNOWN_SHARE

    def _compares(self, cards: tuple[str, ...]) -> bool:
        question = self.question
        if len(cards) > 1:
            return not question.cancels or "comparison" in question.intents
        if question.all_cards and "comparison" in question.intents:
            return not question.intents & {"kinds"} or bool(question.concepts)
        return False

    def _wants_procedure(self) -> bool:
        """Whether the whole procedure is asked for: "how" beside cancelling, or the wish alone, and no one thing in it."""
        question, lexicon = self.question, self.sources.lexicon
        if question.cancels:
            return True
        about = [name for name in question.focus if name not in BESIDE_CARDS or question.asks_yes_or_no]
        if not question.asks and question.wishes:
            return True
        if any(lexicon.concepts[name].kind in {"typed", "need"} for name in question.focus):
            return False
        if _WHOLE.search(question.text):
            return not about or not _ONE_THING.search(question.text)
        asked = any(pattern.search(question.text) for entry in lexicon.asked.values() for pattern in entry.asks)
        if asked or about:
            return False
        if question.asks_yes_or_no:
            return "cancel" in question.actions and not question.unknown
        if "cancel" in question.actions:
            return not question.focus_unknown or not _ONE_THING.search(question.text)
        return not question.unknown and not question.concepts

    # --- refusing and asking back --------------------------------------------------------------------------------

    def _abstain(self, reason: Reason, text: str, decided: str, *, rejected: Sequence[Scored] = ()) -> Draft:
        covered = self._covered()
        return Draft(
            outcome="abstained", text=f"{text}\n\n{covered}" if covered else text, reason=reason, decided=decided,
            options=self._options(self.sources.catalog.subjects), rejected=_rejected(rejected),
        )

    def _covered(self) -> str:
        names = [self._name(subject) for subject in self.sources.catalog.subjects[:8]]
        return say("covered", self._language, names=joined(names, self._language)) if names else ""

    def _name(self, subject: str) -> str:
        if self._language == "en":
            return self.sources.catalog.cards.english(subject)
        return shown(self.sources.catalog.called(subject), self._language)

    def _options(self, subjects: Sequence[str]) -> tuple[str, ...]:
        return tuple(self._name(subject) for subject in subjects[:8])

    def _warn(self) -> Draft:
        text = say("contact", self._language)
        for doc_id in self.sources.best_documents(3):
            for unit in self.sources.units(doc_id):
                if unit.role == "precautions" and "fraud" in unit.concepts:
                    return self._abstain("unsafe", f"{text}\n\n{say('fraud', self._language, text=self._quoted(unit))}", "asks for a contact")
        return self._abstain("unsafe", text, "asks for a contact")

    def _nothing_asked(self) -> Draft:
        if "greeting" in self.question.intents:
            return Draft(
                outcome="clarified", decided="greeting", options=self._options(self.sources.catalog.subjects),
                text=say("greeting", self._language) + self._option_lines(self.sources.catalog.subjects),
            )
        if self.question.instructed:
            return self._abstain("out_of_domain", say("instruction", self._language), "only words for a model")
        return self._abstain("out_of_domain", say("out_of_domain", self._language), "nothing known is asked")

    def _not_covered(self, name: str) -> Draft:
        return self._abstain("no_hits", say("not_covered", self._language, card=shown(name, self._language)), "card not covered")

    def _uncovered_card(self, card: str) -> Draft:
        """The answer about a card without a procedure: only what an article says of it beside cancelling."""
        if "cancel" not in self.question.actions and not self.question.cancels:
            units = [unit for unit in self._units(()) if card in unit.named]
            ranked = [scored for scored in self._ranked(units) if scored.score >= ANSWERS_FROM]
            if ranked and self.question.concepts:
                return self._quoting(ranked[:1], say("detail_general", self._language), "a sentence about the card")
        return self._not_covered(self._name(card))

    def _clarify(self, subjects: Sequence[str], decided: str) -> Draft:
        return Draft(
            outcome="clarified", text=say("clarify", self._language) + self._option_lines(subjects),
            options=self._options(subjects), decided=decided,
        )

    def _option_lines(self, subjects: Sequence[str]) -> str:
        return "\n\n" + "\n".join(f"{n}. {self._name(subject)}" for n, subject in enumerate(subjects[:8], 1))

    def _not_stated(self, subjects: Sequence[str], decided: str, *, rejected: Sequence[Scored] = ()) -> Draft:
        if subjects:
            text = say("not_stated", self._language, card=joined([self._name(s) for s in subjects], self._language))
        else:
            text = say("not_stated_general", self._language)
        near = next((scored for scored in rejected if scored.covered and scored.score >= _ADDS_FROM), None)
        if near is not None:
            text += "\n\n" + say("nearest", self._language, text=self._quoted(near.unit))
        return self._abstain("not_stated", text, decided, rejected=rejected)

    # --- procedures and steps --------------------------------------------------------------------------------------

    def _procedures(self, subjects: Sequence[str]) -> Draft:
        catalog = self.sources.catalog
        if not subjects:
            general = catalog.in_general()
            if len(catalog.subjects) == 1 and not general:
                subjects = catalog.subjects
            elif catalog.subjects:
                return self._clarify(catalog.subjects, "the card is not named")
            elif general:
                return self._procedure(self._preferred(general), "")
            else:
                return self._abstain("no_hits", say("out_of_domain", self._language), "no procedure in the corpus")
        drafts = []
        for subject in subjects:
            found = catalog.about(subject)
            if found:
                drafts.append(self._procedure(self._preferred(found), subject))
        if not drafts:
            return self._not_stated(subjects, "no procedure for this action")
        if len(drafts) == 1:
            return drafts[0]
        return Draft(outcome="answered", text="\n\n".join(d.text for d in drafts), steps=sum((d.steps for d in drafts), ()), decided="procedures")

    def _preferred(self, procedures: Sequence[Procedure]) -> list[Procedure]:
        """The procedures, the one that the question means first: by its way of doing it, then by retrieval."""
        documents = {doc_id: n for n, doc_id in enumerate(self.sources.best_documents(len(self.sources.hits)))}
        return sorted(procedures, key=lambda p: (-self._means(p), documents.get(p.doc_id, len(documents))))

    def _means(self, procedure: Procedure) -> int:
        """How many of the question's words the procedure's own heading has beside the card: its way of doing it."""
        question, catalog = self.question, self.sources.catalog
        heading = normalize(procedure.headings[-1]) if procedure.headings else ""
        for mention in reversed(catalog.cards.mentions(heading)):
            heading = heading[: mention.start] + " " + heading[mention.end :]
        words = {word for name in question.concepts for word in self.sources.lexicon.concepts[name].words}
        if set(question.concepts) & _OFFLINE:
            words |= {word for name in _OFFLINE for word in self.sources.lexicon.concepts[name].words}
        n_words = sum(word in heading for word in words if len(word) > 1)
        n_pairs = sum(heading[at : at + 2] in question.text for at in range(len(heading) - 1) if heading[at : at + 2] not in _EVERY_HEADING)
        return n_words + n_pairs

    def _variants(self, procedures: Sequence[Procedure]) -> list[Procedure]:
        """The ways of doing one thing that an article tells apart and the question does not."""
        first = procedures[0]
        same = [p for p in procedures if p.doc_id == first.doc_id and self._means(p) == self._means(first)]
        return same if len(same) > 1 and len({p.headings for p in same}) == len(same) else []

    def _which_way(self, subject: str, variants: Sequence[Procedure]) -> Draft:
        names = [f"{self._name(subject)} {shown(p.headings[-1], self._language)}".strip() for p in variants]
        lines = "\n".join(f"{n}. {name}" for n, name in enumerate(names, 1))
        return Draft(
            outcome="clarified", text=f"{say('which_way', self._language)}\n\n{lines}", options=tuple(names), decided="several ways",
        )

    def _procedure(self, procedures: Sequence[Procedure], subject: str) -> Draft:
        if variants := self._variants(procedures):
            return self._which_way(subject, variants)
        chosen = procedures[0]
        chunk, document = self.sources.chunk(chosen), self.sources.document(chosen.doc_id)
        n = len(chunk.steps)
        head = (
            say("procedure", self._language, card=self._name(subject), n=n)
            if subject
            else say("procedure_general", self._language, n=n)
        )
        lines, steps = [], []
        for step in chunk.steps:
            markers = self.citations.cite(document, chunk, step.start, step.end)
            text = self._step_text(step)
            lines.append(f"{step.number}. {text} {_marks(markers)}")
            steps.append(AnswerStep(number=step.number, text=text, markers=markers))
        parts = [head, "\n".join(lines)]
        for unit in self.sources.units(chosen.doc_id):
            if unit.chunk.chunk_id == chunk.chunk_id and unit.kind == "note":
                parts.append(say("note", self._language, text=self._quoted(unit)))
        parts += self._beside(procedures)
        return Draft(outcome="answered", text="\n\n".join(parts), steps=tuple(steps), decided="procedure")

    def _beside(self, procedures: Sequence[Procedure]) -> list[str]:
        """One line for what else the corpus has on the same card: other ways in the article, other articles."""
        chosen = procedures[0]
        here = [p for p in procedures[1:] if p.doc_id == chosen.doc_id]
        elsewhere = dict.fromkeys(p.doc_id for p in procedures[1:] if p.doc_id != chosen.doc_id)
        parts = []
        if here:
            names = [shown(p.headings[-1], self._language) for p in here if p.headings]
            parts.append(say("variants", self._language, names=joined(names, self._language)))
        if elsewhere:
            names = [shown(self.sources.document(doc_id).title, self._language) for doc_id in list(elsewhere)[:3]]
            parts.append(say("others", self._language, names=joined(names, self._language)))
        return parts

    def _step_text(self, step: Step) -> str:
        text = shown(step.text, self._language)
        title = shown(step.title, self._language)
        return f"**{title}**{text[len(title):]}" if title and text.startswith(title) else text

    def _barred(self, subjects: Sequence[str]) -> str:
        """A circumstance of the question that the subjects' articles do not speak of, empty when there is none."""
        units = self._units(subjects)
        return next(
            (
                name for name in self.question.concepts
                if self.sources.lexicon.concepts[name].kind == "bar" and not any(name in unit.concepts for unit in units)
            ),
            "",
        )

    def _step(self, subjects: Sequence[str]) -> Draft:
        reference = self.question.step
        assert reference is not None
        if self.listed and not self.question.cards and reference.kind == "nth":
            return self._listed_item(reference.number, from_end=reference.from_end)
        if not subjects:
            if len(self.sources.catalog.subjects) != 1:
                return self._clarify(self.sources.catalog.subjects, "a step of which card")
            subjects = self.sources.catalog.subjects
        subject = subjects[0]
        found = self.sources.catalog.about(subject)
        if not found:
            return self._not_stated(subjects, "no procedure for this action")
        preferred = self._preferred(found)
        if variants := self._variants(preferred):
            return self._which_way(subject, variants)
        chosen = preferred[0]
        chunk, document = self.sources.chunk(chosen), self.sources.document(chosen.doc_id)
        n = len(chunk.steps)
        if reference.kind == "count":
            return self._count(subject, document, chunk)
        if reference.kind == "ends":
            return self._steps_said([(chunk.steps[0], "step"), (chunk.steps[-1], "step")], document, chunk)
        if reference.kind in {"next", "previous"}:
            return self._beside_step(subjects, document, chunk)
        number = n + 1 - reference.number if reference.from_end else reference.number
        if not 1 <= number <= n:
            last = self.citations.cite(document, chunk, chunk.steps[-1].start, chunk.steps[-1].end)
            text = say("no_step", self._language, number=reference.number, card=self._name(subject), n=n)
            return Draft(outcome="answered", text=f"{text} {_marks(last)}", decided="no such step")
        return self._steps_said([(chunk.steps[number - 1], "step")], document, chunk)

    def _count(self, subject: str, document: Document, chunk: Chunk) -> Draft:
        names = []
        for step in chunk.steps:
            markers = self.citations.cite(document, chunk, step.start, step.end)
            names.append(f"{step.number}. {shown(step.title or step.text, self._language)} {_marks(markers)}")
        text = say("count", self._language, card=self._name(subject), n=len(chunk.steps), names="\n\n" + "\n".join(names))
        return Draft(outcome="answered", text=text, decided="count of steps")

    def _beside_step(self, subjects: Sequence[str], document: Document, chunk: Chunk) -> Draft:
        """The step after (or before) the one that the question describes."""
        reference = self.question.step
        assert reference is not None
        units = [unit for unit in self.sources.units(document.doc_id) if unit.chunk.chunk_id == chunk.chunk_id and unit.kind == "step"]
        anchor = replace(self.question, concepts=tuple(name for name in self.question.concepts if name not in _OFFLINE | {"online"}) or self.question.concepts)
        ranked = rank_units(anchor, units, self.sources.lexicon, {})
        if not ranked or not ranked[0].covered and ranked[0].score < ANSWERS_FROM:
            return self._detail(subjects)
        number = ranked[0].unit.number + (1 if reference.kind == "next" else -1)
        if not 1 <= number <= len(chunk.steps):
            return self._steps_said([(chunk.steps[ranked[0].unit.number - 1], "last_step" if number > 1 else "first_step")], document, chunk)
        return self._steps_said([(chunk.steps[number - 1], "step")], document, chunk)

    def _steps_said(self, steps: Sequence[tuple[Step, str]], document: Document, chunk: Chunk) -> Draft:
        parts = []
        for step, phrase in steps:
            markers = self.citations.cite(document, chunk, step.start, step.end)
            text = f"{self._step_text(step)} {_marks(markers)}"
            parts.append(say(phrase, self._language, number=step.number, n=len(chunk.steps), text=text))
        return Draft(outcome="answered", text="\n\n".join(parts), decided="one step")

    # --- what the article says beside the steps --------------------------------------------------------------------

    def _general(self, subjects: Sequence[str]) -> Draft | None:
        """The answer to a question about cards in general: definition, kinds, reasons, precautions, summary."""
        question = self.question
        if question.step is not None:
            return None
        if subjects and ("definition" in question.intents or "usage" in question.focus) and not question.actions:
            return self._described(subjects)
        intents = [name for name in ("summary", "precautions", "definition", "kinds", "reasons") if name in question.intents]
        if not intents or (subjects and not {"precautions", "reasons"} & set(intents)) or question.cancels and "reasons" not in intents:
            return None
        typed = [name for name in question.concepts if self.sources.lexicon.concepts[name].kind]
        if typed:
            return None
        for intent in intents:
            units = self._section_units(intent, subjects)
            if not units:
                continue
            if question.concepts:
                ranked = [scored for scored in self._ranked(units) if scored.covered and scored.score >= ANSWERS_FROM]
                if ranked:
                    return self._quoting(self._enough(ranked), say("detail_general", self._language), f"{intent}, one of them")
                if intent != "reasons" or subjects and "risk" not in question.concepts:
                    continue
            return self._list_units(intent, units)
        return None

    def _described(self, subjects: Sequence[str]) -> Draft | None:
        """What a definition says of a card: the unit that starts with its name, else one that names it."""
        for doc_id in self.sources.best_documents(3):
            units = [
                unit for unit in self.sources.units(doc_id)
                if set(unit.named) & set(subjects) and not unit.in_procedure and "definition" in {role_of(h) for h in unit.chunk.headings} | {unit.role}
            ]
            units.sort(key=lambda unit: (unit.named[0] not in subjects, unit.start))
            if units:
                return self._quoting([Scored(units[0], 1.0, frozenset())], say("detail_general", self._language), "definition of a card")
        return None

    def _section_units(self, intent: str, subjects: Sequence[str]) -> list[Unit]:
        """The units of the sections that answer a general intent, of the best document that has any."""
        role = "definition" if intent == "kinds" else intent
        for doc_id in self.sources.best_documents(3):
            units = [
                unit for unit in self.sources.units(doc_id)
                if role in {role_of(heading) for heading in unit.chunk.headings} and not unit.in_procedure
                and (not subjects or not unit.cards or set(unit.cards) & set(subjects))
            ]
            items = [unit for unit in units if unit.kind == "item"]
            if intent == "definition":
                prose = [unit for unit in units if unit.kind == "prose"]
                units = [unit for unit in prose if _DEFINES.search(unit.text)][:1] or prose[:1] or units[:1]
            elif intent == "kinds":
                units = items
            elif intent in {"precautions", "reasons"} and items:
                units = items
            elif intent == "reasons":
                units = [unit for unit in units if role_of(unit.chunk.headings[-1]) != role] or units
            if units:
                return units
        return []

    def _list_units(self, intent: str, units: Sequence[Unit]) -> Draft:
        lines = []
        for n, unit in enumerate(units, 1):
            label = ""
            if unit.kind == "prose" and intent == "reasons":
                name = shown(_UNNUMBERED.sub("", unit.chunk.headings[-1]), self._language) if unit.chunk.headings else ""
                label = f"**{name}**{_colon(self._language)}" if name else ""
            lines.append(f"{n}. {label}{self._quoted(unit)}" if len(units) > 1 else f"{label}{self._quoted(unit)}")
        head = say("listing", self._language, n=len(units)) if len(units) > 1 else say("detail_general", self._language)
        return Draft(outcome="answered", text=head + "\n\n" + "\n".join(lines), decided=intent)

    def _listed_item(self, number: int, *, from_end: bool) -> Draft:
        units = self._section_units(self.listed, ())
        number = len(units) + 1 - number if from_end else number
        if not 1 <= number <= len(units):
            return self._not_stated((), "no such item")
        return self._list_units(self.listed, [units[number - 1]])

    def _units(self, subjects: Sequence[str]) -> list[Unit]:
        """The units that may answer: those about the subjects or about no card; of every card when none is given."""
        catalog = self.sources.catalog
        if subjects:
            documents = [doc_id for subject in subjects for doc_id in dict.fromkeys(p.doc_id for p in self._preferred(catalog.about(subject)))]
            documents = list(dict.fromkeys(documents))[:3] or self.sources.best_documents(3)
        else:
            documents = self.sources.best_documents(3)
        return [
            unit for doc_id in documents for unit in self.sources.units(doc_id)
            if not subjects or not unit.cards or set(unit.cards) & set(subjects)
        ]

    def _ranked(self, units: Sequence[Unit]) -> list[Scored]:
        return rank_units(self.question, units, self.sources.lexicon, self.sources.boost())

    def _detail(self, subjects: Sequence[str]) -> Draft:
        question, lexicon = self.question, self.sources.lexicon
        units = self._units(subjects)
        ranked = self._ranked(units)
        if subjects:
            ranked = self._own_first(ranked, subjects)
        needed = {name for name in question.focus if lexicon.concepts[name].kind == "need"}
        needed |= {name for name in question.concepts if lexicon.concepts[name].kind == "bar"}
        fitting = [scored for scored in ranked if needed <= scored.unit.concepts]
        if not fitting or fitting[0].score < ANSWERS_FROM:
            if near := self._near(subjects):
                return near
            return self._not_stated(subjects, "no sentence answers it", rejected=ranked[:5])
        best = fitting[0]
        if not subjects and best.unit.cards:
            answering = {card for s in fitting if s.score >= max(ANSWERS_FROM, best.score - _AS_GOOD) for card in s.unit.cards}
            general = any(not s.unit.cards and s.score >= max(ANSWERS_FROM, best.score - 0.05) for s in fitting)
            if general:
                fitting = [scored for scored in fitting if not scored.unit.cards]
            elif len(answering) > 1:
                return self._clarify(self.sources.catalog.subjects, "the answer differs by card")
            else:
                subjects = tuple(answering)
                fitting = [scored for scored in fitting if set(scored.unit.cards) & answering]
        if subjects:
            head = say("detail", self._language, card=joined([self._name(s) for s in subjects], self._language))
        else:
            head = say("detail_general", self._language)
        return self._quoting(self._enough(fitting), head, "detail", rejected=[s for s in ranked if s not in fitting][:5])

    def _near(self, subjects: Sequence[str]) -> Draft | None:
        """What the subjects' own sections say of the concept nearest to the one they are silent on."""
        lexicon = self.sources.lexicon
        wanted = {lexicon.concepts[name].near for name in self.question.focus} - {""}
        unit = next((u for u in self._units(subjects) if set(u.cards) & set(subjects) and u.concepts & wanted), None)
        if unit is None:
            return None
        text = say("near", self._language, card=joined([self._name(s) for s in subjects], self._language), text=self._quoted(unit))
        return Draft(outcome="answered", text=text, decided="the nearest thing said")

    def _own_first(self, ranked: list[Scored], subjects: Sequence[str]) -> list[Scored]:
        """The ranking with the subjects' own sections preferred to general ones."""
        lifted = [Scored(s.unit, s.score + (0.15 if set(s.unit.cards) & set(subjects) else 0.0), s.covered) for s in ranked]
        return sorted(lifted, key=lambda s: (-s.score, s.unit.chunk.doc_id, s.unit.start))

    def _enough(self, ranked: Sequence[Scored]) -> list[Scored]:
        """The best unit, and others while each answers a concept that those before it do not."""
        chosen = [ranked[0]]
        covered = set(ranked[0].covered)
        for scored in ranked[1:]:
            if len(chosen) == _MAX_UNITS:
                break
            if scored.covered - covered and scored.score >= _ADDS_FROM and scored.unit.chunk.doc_id == chosen[0].unit.chunk.doc_id:
                chosen.append(scored)
                covered |= scored.covered
        return sorted(chosen, key=lambda s: (s.unit.chunk.doc_id, s.unit.start))

    def _quoting(self, chosen: Sequence[Scored], head: str, decided: str, *, rejected: Sequence[Scored] = ()) -> Draft:
        lines = [self._quoted(unit) for scored in chosen for unit in (scored.unit, *self._led_into(scored.unit))]
        body = lines[0] if len(lines) == 1 else "\n".join(f"- {line}" for line in lines)
        return Draft(outcome="answered", text=f"{head}\n\n{body}", decided=decided, rejected=_rejected(rejected))

    def _led_into(self, unit: Unit) -> list[Unit]:
        """The items that a unit ending in a colon leads into."""
        if unit.in_procedure or not unit.text.endswith((":", "：")):
            return []
        behind = [other for other in self.sources.units(unit.chunk.doc_id) if other.start > unit.start and other.chunk.headings == unit.chunk.headings]
        return list(itertools.takewhile(lambda other: other.kind == "item", behind))[:_MAX_ITEMS]

    def _quoted(self, unit: Unit) -> str:
        document = self.sources.document(unit.chunk.doc_id)
        markers = self.citations.cite(document, unit.chunk, unit.start, unit.end)
        return f"{shown(document.text[unit.start : unit.end], self._language)} {_marks(markers)}"

    # --- comparison --------------------------------------------------------------------------------------------------

    def _compare(self, cards: Sequence[str]) -> Draft:
        catalog = self.sources.catalog
        asked = cards if len(cards) > 1 else catalog.subjects
        by_steps = bool(_STEP_COUNT.search(self.question.text))
        lines, found = [], False
        for card in asked:
            covering = catalog.covering(card)
            unit = self._compared(covering) if covering and not by_steps else None
            line = self._step_total(card, covering) if by_steps and covering else ""
            if unit is not None:
                line = f"- **{self._name(card)}**{_colon(self._language)}{self._quoted(unit)}"
            found = found or bool(line)
            lines.append(line or self._compared_missing(card, covering))
        if not found:
            return self._not_stated((), "nothing to compare by")
        return Draft(outcome="answered", text=say("comparison", self._language) + "\n\n" + "\n".join(lines), decided="comparison")

    def _compared(self, covering: Sequence[str]) -> Unit | None:
        """The unit about one card that a comparison asks for; what leads into its procedure when it asks for nothing."""
        own = [unit for unit in self._units(covering) if set(unit.cards) & set(covering)]
        if not self.question.concepts:
            asked = any(p.search(self.question.text) for entry in self.sources.lexicon.asked.values() for p in entry.asks)
            leads = [unit for unit in own if unit.kind == "lead"]
            if leads and not asked:
                return leads[0]
        ranked = [s for s in self._ranked(own) if s.score >= _ADDS_FROM and (s.covered or not self.question.concepts)]
        return ranked[0].unit if ranked else None

    def _compared_missing(self, card: str, covering: Sequence[str]) -> str:
        """What a comparison says of a card whose article is silent, with the passage that is."""
        lead = next((unit for unit in self._units(covering) if unit.in_procedure and set(unit.cards) & set(covering)), None) if covering else None
        if lead is None:
            return say("compared_uncovered", self._language, card=self._name(card))
        document = self.sources.document(lead.chunk.doc_id)
        markers = self.citations.cite(document, lead.chunk, lead.start, lead.end)
        return say("compared_missing", self._language, card=self._name(card), markers=_marks(markers))

    def _step_total(self, card: str, covering: Sequence[str]) -> str:
        found = self._preferred([p for subject in covering for p in self.sources.catalog.about(subject)])
        if not found:
            return ""
        chunk, document = self.sources.chunk(found[0]), self.sources.document(found[0].doc_id)
        markers = self.citations.cite(document, chunk, chunk.steps[-1].start, chunk.steps[-1].end)
        return say("step_total", self._language, card=self._name(card), n=len(chunk.steps), markers=_marks(markers))


_STEP_COUNT = re.compile(r"步骤?.{0,4}(?:最多|最少|更多|更少|多|少)|哪.{0,4}步(?:骤)?(?:最)?(?:多|少)|几步|(?:most|fewest|more|fewer|number of|how many) steps")
_WHOLE = re.compile(r"步骤|流程|程序|全套|列(?:给|出|个)|手续怎么|怎么走|环节|要经过|一条一条|一步一步|从头教|step by step|all the steps|全过程|顺序|从头到尾|(?:先|头一步|首先).{0,3}[干做办弄].{1,6}(?:后|再|然后)|攻略|教程|\bprocedure\b|\bprocess\b(?! my)|\bsteps\b|walk me through|instructions")
_ONE_THING = re.compile(r"什么(?!都)|啥|咩|哪(?!几步|些步骤)|谁|多少|几(?!步)|\bwho\b|\bwhere\b|\bwhich\b|\bwhen\b")
_OFFLINE = frozenset({"counter", "branch", "in_person"})
_EVERY_HEADING = frozenset({"注销", "怎么", "办理", "流程", "步骤", "退卡", "如何", "方法", "销户", "手续"})
_DEFINES = re.compile(r"是一种|是指|指的是|一种|是嵌|\bis an?\b|refers to|means")
_UNNUMBERED = re.compile(r"^\s*(?:\d{1,2}[.、)）．]|[一二三四五六七八九十]+、|[（(][一二三四五六七八九十\d]+[)）])\s*")


def _colon(language: Language) -> str:
    return ": " if language == "en" else "："


def _marks(markers: Sequence[int]) -> str:
    return "".join(f"[{marker}]" for marker in markers)


def _rejected(scored: Sequence[Scored]) -> tuple[tuple[float, str], ...]:
    return tuple((round(entry.score, 3), entry.unit.text[:80]) for entry in scored)

