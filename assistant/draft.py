"""What an answer is composed of and what composing it gives, before its citations are checked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

from assistant.answer import ORIGINAL, AnswerStep, Outcome, Reason
from assistant.catalog import Catalog, Procedure
from assistant.citations import Citations
from assistant.clauses import WAYS
from assistant.evidence import Scored, Unit, rank_units
from assistant.lexicon import Lexicon
from assistant.naming import OWN_PART
from assistant.phrases import say, shown
from assistant.question import Question
from assistant.unit_choice import choose_unit
from corpus.document import Chunk, Document, Step
from corpus.editions import Edition
from corpus.normalize import Language, has_han, normalize
from index.hit import Hit

OFFLINE = WAYS - {"online"}  # ways of doing it that are one against doing it online
_MOST_PROCEDURES = 50  # looked at when retrieval found none of them
_EVERY_HEADING = frozenset({"注销", "怎么", "办理", "流程", "步骤", "退卡", "如何", "方法", "销户", "手续"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """An answer before its citations are checked.

    Attributes:
        score: Of the likeliest sentence, where the threshold on it decided; None where it did not.
    """

    outcome: Outcome
    text: str
    steps: tuple[AnswerStep, ...] = ()
    options: tuple[str, ...] = ()
    reason: Reason = ""
    decided: str = ""
    rejected: tuple[tuple[float, str], ...] = ()
    routes: tuple[tuple[str, float], ...] = ()
    score: float | None = None


@dataclass(frozen=True, kw_only=True)
class Sources:
    """What an answer may be composed of.

    Attributes:
        catalog: The procedures of the corpus.
        hits: What retrieval found for the question, best first.
        document: Doc id → cleaned document.
        units: Doc id → its units.
        edition: Doc id → the article's English edition, None when it has none.
    """

    catalog: Catalog
    lexicon: Lexicon
    hits: Sequence[Hit]
    document: Callable[[str], Document]
    units: Callable[[str], Sequence[Unit]]
    edition: Callable[[str], Edition | None]

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
class Wording:
    """Words of an article as an answer shows them.

    Attributes:
        text: In the language of the answer, where the article or its edition has them in it; else the article's own.
        original: The article's own words, when `text` is its edition's; empty otherwise.
    """

    text: str
    original: str = ""

    def cited(self, markers: Sequence[int]) -> str:
        """The words with their markers, and the original on a line of its own below."""
        return f"{self.text} {marks(markers)}{beside(self.original)}"


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
        return self.wording(document, unit.start, unit.end).cited(markers)

    def edition(self, doc_id: str) -> Edition | None:
        """The edition of an article in the user's language, None when there is none."""
        return self.sources.edition(doc_id) if self.language == "en" else None

    def wording(self, document: Document, start: int, end: int) -> Wording:
        """A span of an article as it is shown: in the edition's words when it has an edition for the user."""
        own = shown(document.text[start:end], self.language, source=document.language)
        edition = self.edition(document.doc_id)
        text = shown(edition.text(start, end), self.language, source=self.language) if edition else ""
        return Wording(text=text, original=own) if text else Wording(text=own)

    def step_wording(self, document: Document, step: Step) -> Wording:
        """A step as it is shown, its label in bold."""
        wording = self.wording(document, step.start, step.end)
        title = self.step_title(document, step).text if step.title else ""
        if title and wording.text.startswith(title):
            return replace(wording, text=f"**{title}**{wording.text[len(title) :]}")
        return wording

    def step_title(self, document: Document, step: Step) -> Wording:
        """The label of a step as it is shown, the whole step when it has none."""
        if not step.title:
            return self.wording(document, step.start, step.end)
        own = shown(step.title, self.language, source=document.language)
        edition = self.edition(document.doc_id)
        text = shown(edition.label(step), self.language, source=self.language) if edition else ""
        return Wording(text=text, original=own) if text else Wording(text=own)

    def heading(self, chunk: Chunk) -> Wording:
        """The nearest heading of a chunk as it is shown, empty when it has none."""
        if not chunk.headings:
            return Wording(text="")
        own = shown(chunk.headings[-1], self.language)
        edition = self.edition(chunk.doc_id)
        text = shown(edition.heading_above(chunk.start), self.language, source=self.language) if edition else ""
        return Wording(text=text, original=own) if text else Wording(text=own)

    def title(self, doc_id: str) -> str:
        """The title of an article as it is shown."""
        edition = self.edition(doc_id)
        return shown(edition.title if edition else self.sources.document(doc_id).title, self.language)

    def whose_words(self, doc_ids: Iterable[str]) -> str:
        """In whose words these articles are shown: their own, or their editions'."""
        has_edition = any(self.edition(doc_id) is not None for doc_id in doc_ids)
        return say("edition_words" if has_edition else "own_words", self.language)

    def units_about(self, subjects: Sequence[str]) -> list[Unit]:
        """The units that may answer: those about the subjects or about no card; of every card when none is given.

        What stands under no card's heading and speaks of other subjects alone is about those: `水卡可以，电卡不行`.
        """
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
            if not subjects or self._may_be_about(unit, subjects)
        ]

    def _may_be_about(self, unit: Unit, subjects: Sequence[str]) -> bool:
        if unit.cards:
            return not set(unit.cards).isdisjoint(subjects)
        catalog = self.sources.catalog
        named = set(unit.named).intersection(catalog.subjects)
        if not named or any(name in subjects or set(catalog.cards.kinds(name)) & set(subjects) for name in named):
            return True
        # 水卡可以，门卡不行: it may speak of the subject by a part of its name.
        return any(catalog.naming.score(unit.text, subject) >= OWN_PART for subject in subjects)

    def ranked(self, units: Sequence[Unit]) -> list[Scored]:
        """The units that say something of what is asked, best first."""
        return rank_units(self.question, units, self.sources.lexicon, self.sources.boost())

    def chosen(
        self, units: Sequence[Unit], subjects: Sequence[str], *, decides: bool = True
    ) -> tuple[list[Scored], float]:
        """The units by how likely each answers the question, and how likely any does; see `choose_unit`."""
        beside = self.beside(units, subjects) if decides else ()
        return choose_unit(
            self.question, units, subjects, self.sources.lexicon, self.sources.boost(), beside, decides=decides
        )

    def beside(self, units: Sequence[Unit], subjects: Sequence[str]) -> list[Unit]:
        """What the articles of units say of other cards than the subjects; nothing when none is given."""
        documents = dict.fromkeys(unit.chunk.doc_id for unit in units) if subjects else {}
        return [
            unit
            for doc_id in documents
            for unit in self.sources.units(doc_id)
            if not self._may_be_about(unit, subjects)
        ]

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


def beside(original: str) -> str:
    """The line that shows an article's own words below an edition's, to be read by others; empty without any."""
    return f"\n   {ORIGINAL}{original}" if original else ""


def rejected_entries(scored: Sequence[Scored]) -> tuple[tuple[float, str], ...]:
    """Score and beginning of units that did not make it, for explanations."""
    return tuple((round(entry.score, 3), entry.unit.text[:80]) for entry in scored)
