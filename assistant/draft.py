"""What an answer is composed of and what composing it gives, before its citations are checked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from assistant.answer import AnswerStep, Outcome, Reason
from assistant.catalog import Catalog, Procedure
from assistant.citations import Citations
from assistant.clauses import WAYS
from assistant.evidence import Scored, Unit, rank_units
from assistant.lexicon import Lexicon
from assistant.phrases import shown
from assistant.question import Question
from assistant.unit_choice import choose_unit
from corpus.document import Chunk, Document
from corpus.normalize import Language, has_han, normalize
from index.hit import Hit

OFFLINE = WAYS - {"online"}  # ways of doing it that are one against doing it online
_MOST_PROCEDURES = 50  # looked at when retrieval found none of them
_EVERY_HEADING = frozenset({"注销", "怎么", "办理", "流程", "步骤", "退卡", "如何", "方法", "销户", "手续"})


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """One question with what its answer may be composed of.

    Attributes:
        listed: What kind of list `第三条` counts in: `precautions`, `reasons` or `kinds`; empty for steps.
        citations: The citations of the answer as it is composed.
    """

    question: Question
    listed: str
    sources: Sources
    citations: Citations = field(default_factory=Citations)

    @property
    def language(self) -> Language:
        """The language to answer in."""
        return self.question.language

    def name(self, subject: str) -> str:
        """What a subject is called, in the user's language."""
        if self.language == "en":
            return self.sources.catalog.cards.english(subject)
        return shown(self.sources.catalog.called(subject), self.language)

    def options(self, subjects: Sequence[str]) -> tuple[str, ...]:
        """Subjects as texts that can be sent back."""
        return tuple(self.name(subject) for subject in subjects[:8])

    def quoted(self, unit: Unit) -> str:
        """A unit as it is shown, cited."""
        document = self.sources.document(unit.chunk.doc_id)
        markers = self.citations.cite(document, unit.chunk, unit.start, unit.end)
        return (
            f"{shown(document.text[unit.start : unit.end], self.language, source=document.language)} {marks(markers)}"
        )

    def units_about(self, subjects: Sequence[str]) -> list[Unit]:
        """The units that may answer: those about the subjects or about no card; of every card when none is given."""
        catalog = self.sources.catalog
        if subjects:
            documents = [
                doc_id
                for subject in subjects
                for doc_id in dict.fromkeys(p.doc_id for p in self.preferred(catalog.about(subject)))
            ]
            documents = list(dict.fromkeys(documents))[:3] or self.sources.best_documents(3)
        else:
            documents = self.sources.best_documents(3)
        return [
            unit
            for doc_id in documents
            for unit in self.sources.units(doc_id)
            if not subjects or not unit.cards or set(unit.cards) & set(subjects)
        ]

    def ranked(self, units: Sequence[Unit]) -> list[Scored]:
        """The units that say something of what is asked, best first."""
        return rank_units(self.question, units, self.sources.lexicon, self.sources.boost())

    def chosen(self, units: Sequence[Unit], subjects: Sequence[str]) -> tuple[list[Scored], float]:
        """The units by how likely each answers the question, and how likely any does; see `choose_unit`."""
        return choose_unit(self.question, units, subjects, self.sources.lexicon, self.sources.boost())

    def preferred(self, procedures: Sequence[Procedure]) -> list[Procedure]:
        """The procedures, the one that the question means first: by its way of doing it, then by retrieval.

        Those of articles that retrieval did not find are left out when it found any.
        """
        documents = {doc_id: n for n, doc_id in enumerate(self.sources.best_documents(len(self.sources.hits)))}
        found = [p for p in procedures if p.doc_id in documents] or list(procedures)[:_MOST_PROCEDURES]
        return sorted(found, key=lambda p: (-self._means(p), documents.get(p.doc_id, len(documents))))

    def readable(self, procedures: Sequence[Procedure]) -> list[Procedure]:
        """The procedures of the first's article that are in the user's language, all when none or every one is."""
        english = self.language == "en"
        here = [p for p in procedures if p.doc_id == procedures[0].doc_id]
        mine = [p for p in here if english != has_han(self.sources.chunk(p).steps[0].text)]
        others = [p for p in procedures if p.doc_id != procedures[0].doc_id]
        return [*mine, *others] if mine else list(procedures)

    def _means(self, procedure: Procedure) -> int:
        """How many of the question's words the procedure's own heading has beside the card: its way of doing it."""
        question, catalog = self.question, self.sources.catalog
        heading = normalize(procedure.headings[-1]) if procedure.headings else ""
        for mention in reversed(catalog.cards.mentions(heading)):
            heading = heading[: mention.start] + " " + heading[mention.end :]
        words = {word for name in question.concepts for word in self.sources.lexicon.concepts[name].words}
        if set(question.concepts) & OFFLINE:
            words |= {word for name in OFFLINE for word in self.sources.lexicon.concepts[name].words}
        n_words = sum(word in heading for word in words if len(word) > 1)
        n_pairs = sum(
            heading[at : at + 2] in question.text
            for at in range(len(heading) - 1)
            if heading[at : at + 2] not in _EVERY_HEADING
        )
        return n_words + n_pairs


def colon(language: Language) -> str:
    """The colon of a language, with the blank that belongs to it."""
    return ": " if language == "en" else "："


def marks(markers: Sequence[int]) -> str:
    """Markers as they stand in an answer's text."""
    return "".join(f"[{marker}]" for marker in markers)


def rejected_entries(scored: Sequence[Scored]) -> tuple[tuple[float, str], ...]:
    """Score and beginning of units that did not make it, for explanations."""
    return tuple((round(entry.score, 3), entry.unit.text[:80]) for entry in scored)
