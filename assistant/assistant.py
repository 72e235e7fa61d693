"""The assistant: question in, answer out."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

from assistant import thresholds
from assistant.answer import Answer, Citation
from assistant.catalog import Catalog, build_catalog
from assistant.citations import verify
from assistant.conversation import MAX_TURNS, resolve
from assistant.draft import Context, Draft, Sources
from assistant.evidence import Unit, UnitReader, pairs_of
from assistant.extractive import compose
from assistant.lexicon import load_lexicon
from assistant.misspelt import respelled
from assistant.proper_names import owner_of
from assistant.question import Question
from assistant.ranking import order_by_section
from assistant.streaming import Cancelled, Event, Writing, answer_of, never
from assistant.subject_choice import Profile, choose_subject, profile_of
from assistant.understanding import Reader
from corpus.card_names import ENDING
from corpus.document import Document
from corpus.editions import Edition, align
from corpus.errors import UnusableInput
from corpus.normalize import has_han, normalize
from corpus.other_names import is_called, other_names
from corpus.subjects import labelled, subjects_of
from index.chunk_file import DocumentHead, OutlineEntry
from index.hit import Hit
from index.index import Index
from index.reranker import RERANKED, Reranker

if TYPE_CHECKING:
    from assistant.writer import Writer

DEFAULT_K = 20
_CACHED_DOCUMENTS = 256
_CACHED_PROFILES = 256
_CACHED_QUESTIONS = 64  # one is held against the nearest subjects several times while it is read
_MOST_GUESSED = 8  # subjects that a question which names none is held against
_PROFILED_ARTICLES = 2  # of a subject
# Answers in which the assistant itself says what articles do not: no passage could hold a model's words for that.
_BY_RULES_ALONE = frozenset(("comparison", "no such step"))
_SEVERAL = 2  # subjects from which an article has sections that are about none of them
_LATIN_WORD = re.compile(r"[A-Za-z]{2,}")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Composed:
    """An extractive answer before its citations are checked, and when each stage of it ended."""

    context: Context
    draft: Draft
    started: float
    understood: float
    retrieved: float
    generated: float


class Assistant:
    """Answers from one index. Safe to be used by several threads at once."""

    def __init__(
        self,
        *,
        index: Index,
        k: int = DEFAULT_K,
        reranker: Reranker | None = None,
        writer: Writer | None = None,
    ) -> None:
        """An assistant over an open index.

        Args:
            index: Where answers come from.
            k: How many chunks are retrieved for a question.
            reranker: Puts them in order; retrieval does without it.
            writer: Words the answers; they are in the articles' own words without it.
        """
        self._index = index
        self._writer = writer
        self._k = k
        self._reranker = reranker
        self._lexicon = load_lexicon()
        titles = {document.doc_id: document.title for document in index.documents()}
        self._catalog = build_catalog(index.outline(), titles, index.document, self._lexicon)
        self._reader = Reader(
            self._lexicon,
            self._catalog.cards,
            self._catalog.naming,
            self._guess,
            self._owner,
            self._heard,
            self._other_name,
        )
        self._unit_reader = UnitReader(self._lexicon, self._catalog.cards)
        self._units = lru_cache(maxsize=_CACHED_DOCUMENTS)(self._read_units)
        self._other_names = lru_cache(maxsize=_CACHED_DOCUMENTS)(self._read_other_names)
        self._profile = lru_cache(maxsize=_CACHED_PROFILES)(self._read_profile)
        self._said_of = lru_cache(maxsize=_CACHED_PROFILES)(self._read_said_of)
        self._nearest_to = lru_cache(maxsize=_CACHED_QUESTIONS)(self._find_nearest_to)
        self._document = lru_cache(maxsize=_CACHED_DOCUMENTS)(index.document)
        self._edition = lru_cache(maxsize=_CACHED_DOCUMENTS)(self._read_edition)

    @property
    def catalog(self) -> Catalog:
        """What the corpus covers."""
        return self._catalog

    def document(self, doc_id: str) -> Document:
        """A cleaned article by its id."""
        return self._document(doc_id)

    def subjects(self) -> tuple[str, ...]:
        """The cards that the corpus has a procedure for."""
        return self._catalog.subjects

    def documents(self) -> list[DocumentHead]:
        """Every article without its text, in the corpus's order."""
        return self._index.documents()

    def outline(self) -> list[OutlineEntry]:
        """Every chunk's place, in the corpus's order."""
        return self._index.outline()

    def files(self) -> dict[str, str]:
        """The SHA-256 of each file of the corpus, editions included, by its path."""
        return {path: stamp.sha256 for path, stamp in self._index.manifest.articles.items()}

    @property
    def encoder(self) -> str:
        """The name of the encoder that the index was built with."""
        return self._index.manifest.encoder

    def examples(self, language: str) -> tuple[str, ...]:
        """Questions that the corpus answers, for a page to offer: at most four."""
        cards = self._catalog.subjects[:3]
        if language == "en":
            questions = [f"How do I cancel my {self._catalog.cards.english(card)}?" for card in cards]
            return (*questions, "What should I watch out for?")[:4]
        return (*(f"{card}怎么注销？" for card in cards), "注销时要注意什么？")[:4]

    def ask(self, turns: Sequence[str]) -> Answer:
        """The answer to the last of the user's turns, oldest first.

        Raises:
            UnusableInput: There is no turn, or the last is empty.
        """
        return answer_of(self.stream(turns))

    def stream(self, turns: Sequence[str], *, cancelled: Cancelled = never) -> Generator[Event]:
        """The answer as it comes: pieces of it that are checked, if it is worded by a model, and then the whole.

        Args:
            turns: The user's turns, oldest first.
            cancelled: Asked time and again, while a model is at work, whether nobody waits any more.

        Raises:
            UnusableInput: There is no turn, or the last is empty.
            ModelFailed: It was cancelled.
        """
        spelled = self._options_spelled_out(_checked(turns))
        if self._writer is None:
            yield self._answered(spelled)
        else:
            yield from self._written(spelled, self._writer, cancelled)

    def draft(self, turns: Sequence[str]) -> Answer:
        """The answer in the articles' own words, whether or not a model is set; no model is asked.

        Raises:
            UnusableInput: There is no turn, or the last is empty.
        """
        answer = self._answered(self._options_spelled_out(_checked(turns)))
        return answer if self._writer is None else replace(answer, generator=self._writer.name)

    def _answered(self, turns: Sequence[str]) -> Answer:
        """The extractive answer to the last of turns that are words, not numbers of options."""
        composed = self._composed(turns)
        return self._whole(composed, composed.draft, composed.context.citations.all())

    def _written(self, turns: Sequence[str], writer: Writer, cancelled: Cancelled) -> Generator[Event]:
        """The same answer as a model words it, where it is one."""
        composed = self._composed(turns)
        if composed.draft.outcome != "answered" and self._lacks_subject(composed.context.question, turns):
            yield Writing()
            if question := writer.condense(turns, self._reader, cancelled):
                turns = [question]
                composed = replace(self._composed(turns), started=composed.started)
        if composed.draft.outcome != "answered" or composed.draft.decided in _BY_RULES_ALONE:
            answer = self._whole(composed, composed.draft, composed.context.citations.all())
            yield replace(answer, generator=writer.name)
            return
        written = yield from writer.write(composed.context, composed.draft, turns, cancelled)
        answer = self._whole(replace(composed, generated=time.perf_counter()), written.draft, written.citations)
        yield replace(
            answer, generator=writer.name, notice=written.notice, left_out=written.left_out, usage=written.usage
        )

    def _lacks_subject(self, question: Question, turns: Sequence[str]) -> bool:
        """Whether the last turn is left without a card though an earlier one names one."""
        if question.cards or question.cued or question.pointed or question.unknown_card or question.unsafe:
            return False
        return any((read := self._reader.read(turn)).cards or read.cued for turn in turns[-MAX_TURNS:-1])

    def _composed(self, turns: Sequence[str]) -> _Composed:
        started = time.perf_counter()
        question, listed = resolve(turns, self._reader, self._catalog.subjects)
        if question.language != "en" and self._picks_english_option(turns):
            question = replace(question, language="en")
        understood = time.perf_counter()
        context = self._context(question, listed)
        retrieved = time.perf_counter()
        draft = compose(context)
        generated = time.perf_counter()
        return _Composed(
            context=context,
            draft=draft,
            started=started,
            understood=understood,
            retrieved=retrieved,
            generated=generated,
        )

    def _whole(self, composed: _Composed, draft: Draft, citations: tuple[Citation, ...]) -> Answer:
        """The answer that a draft comes to, once its citations are checked."""
        question = composed.context.question
        verify(draft.text, citations, {c.chunk.doc_id: self._document(c.chunk.doc_id) for c in citations})
        verified = time.perf_counter()
        marks = (composed.started, composed.understood, composed.retrieved, composed.generated, verified)
        timings = {
            name: round(1000 * (end - begin), 3)
            for name, begin, end in zip(
                ("understand", "retrieve", "generate", "verify"), marks, marks[1:], strict=False
            )
        }
        return Answer(
            outcome=draft.outcome,
            text=draft.text,
            language=question.language,
            steps=draft.steps,
            citations=citations,
            hits=tuple(composed.context.sources.hits),
            options=draft.options,
            reason=draft.reason,
            timings_ms=timings | {"total": round(1000 * (verified - composed.started), 3)},
            explanation=_explanation(question, draft),
        )

    def context(self, turns: Sequence[str]) -> Context:
        """What the answer to the last of the user's turns would be composed of, as `ask` does it."""
        return self._context(*resolve(turns, self._reader, self._catalog.subjects))

    def _context(self, question: Question, listed: str) -> Context:
        sources = Sources(
            catalog=self._catalog,
            lexicon=self._lexicon,
            hits=self._retrieve(question),
            document=self._document,
            units=self._units,
            edition=self._edition,
        )
        return Context(question=question, listed=listed, sources=sources)

    def _options_spelled_out(self, turns: Sequence[str]) -> list[str]:
        """The last turns, each that picks an offered option by its number (第二个) replaced by that option."""
        spelled: list[str] = []
        for turn in turns[-MAX_TURNS:]:
            number = self._reader.read(turn).option if spelled else 0
            offered = _offered(self._answered(spelled)) if number else ()
            spelled.append(offered[number - 1] if number <= len(offered) and number else turn)
        return spelled

    def _picks_english_option(self, turns: Sequence[str]) -> bool:
        """Whether the last turn is an option that was offered in English, with an original in it."""
        if len(turns) < 2 or not _LATIN_WORD.search(turns[-1]):
            return False
        offer = self._answered(turns[:-1])
        return offer.language == "en" and turns[-1] in _offered(offer)

    def _retrieve(self, question: Question) -> list[Hit]:
        cards = [name for card in (question.cards or question.cued) for name in (card, *self._catalog.covering(card))]
        words = [next((word for word in self._lexicon.concepts[name].words), "") for name in question.concepts]
        query = " ".join(
            dict.fromkeys([question.text, *cards, *words, *(["注销"] if "cancel" in question.actions else [])])
        ).strip()
        if not query:
            return []
        if self._reranker is None:
            hits = self._index.retriever.search(query, self._k)
        else:
            hits = self._reranker.rerank(query, self._index.retriever.search(query, max(self._k, RERANKED)))
        return order_by_section(hits[: self._k], question, self._catalog, self._document)

    def _guess(self, question: Question) -> tuple[str, bool]:
        """The subject that a question which names none is most likely about, of those whose sections are like it."""
        if len(subjects := self._nearest_to(question.text)) < _SEVERAL:
            return "", False
        if owner := self._owner(question):
            return owner, self._speaks_of_named(owner, question)
        subject, likelier = choose_subject(question, [self._profile(subject) for subject in subjects])
        return subject, likelier and self._speaks_of_named(subject, question)

    def _owner(self, question: Question) -> str:
        """The subject of whose sections alone a question has a proper name, empty for none."""
        meant = [subject for subject in self._nearest_to(question.text) if subject not in question.excluded]
        return owner_of(question, {subject: self._said_of(subject) for subject in meant})

    def _other_name(self, question: Question) -> str:
        """The one subject that an article calls by another name, which a question has; empty for none or several."""
        meant = {
            self._called[called]
            for subject in self._nearest_to(question.text)
            for doc_id in self._catalog.documents_on(subject)
            for other, called in self._other_names(doc_id)
            if any(is_called(surface, other) for surface in (*question.surfaces, question.unknown_card))
            or set(question.cards).intersection(mention.card for mention in self._catalog.cards.mentions(other))
        }
        meant -= set(question.excluded)
        return meant.pop() if len(meant) == 1 else ""

    @cached_property
    def _called(self) -> dict[str, str]:
        """What the articles call a subject, folded → the subject."""
        subjects = self._catalog.subjects
        return {normalize(name): subject for subject in subjects for name in (subject, self._catalog.called(subject))}

    def _read_other_names(self, doc_id: str) -> tuple[tuple[str, str], ...]:
        """The other names of subjects that an article tells, folded, each with what it calls the subject."""
        return tuple(other_names(self._document(doc_id).text, self._called))

    def _heard(self, question: Question) -> str:
        """The text of a question, what it misspells of the words of the sections it may be about mended."""
        if not any(len(run) > 1 and has_han(run) for run in question.unknown):
            return question.text
        named = [subject for card in question.cards for subject in self._catalog.covering(card)]
        said = [self._said_of(subject) for subject in named or self._nearest_to(question.text)]
        return respelled(question.text, question.unknown, said)

    def _find_nearest_to(self, text: str) -> tuple[str, ...]:
        """The subjects that a question is held against: all of a few, else those with the passages likest to it."""
        subjects = self._catalog.subjects
        if len(subjects) <= _MOST_GUESSED:
            return subjects
        hits = self._index.retriever.search(text, self._k) if text.strip() else []
        found = dict.fromkeys(
            card
            for hit in hits
            for unit in self._units(hit.chunk.doc_id)
            if unit.chunk.chunk_id == hit.chunk.chunk_id
            for card in unit.cards
            if card in subjects
        )
        return tuple(found)[:_MOST_GUESSED]

    def _speaks_of_named(self, subject: str, question: Question) -> bool:
        """Whether what is said of a subject has a word of the cards named, where one says more than how it is paid."""
        named = [card for card in question.cards if not self._catalog.cards.is_form(card)]
        words = (*map(normalize, named), *(surface for surface in question.surfaces if not surface.isascii()))
        pairs = pairs_of(" ".join(ENDING.sub("", word) for word in words))
        its = (unit for unit in self._units_on(subject) if subject in (*unit.cards, *unit.named))
        return not named or any(not unit.sets_aside and not unit.pairs.isdisjoint(pairs) for unit in its)

    def _units_on(self, subject: str) -> list[Unit]:
        documents = self._catalog.documents_on(subject)[:_PROFILED_ARTICLES]
        return [unit for doc_id in documents for unit in self._units(doc_id)]

    def _read_said_of(self, subject: str) -> Counter[str]:
        """In how many units that are about a subject alone its pairs of characters and its words stand."""
        its = (unit for unit in self._units_on(subject) if self._about(unit) == {subject})
        return Counter(pair for unit in its for pair in unit.pairs)

    def _about(self, unit: Unit) -> set[str]:
        """The subjects that a unit is about by its section, or that it names where its section is about none."""
        named = unit.cards or tuple(card for card in unit.named if card in self._catalog.subjects)
        return {subject for card in named for subject in self._catalog.covering(card)}

    def _read_profile(self, subject: str) -> Profile:
        its = [unit for unit in self._units_on(subject) if subject in unit.cards]
        return profile_of(subject, its, normalize(self._catalog.called(subject)))

    def _read_units(self, doc_id: str) -> tuple[Unit, ...]:
        units = self._unit_reader.units(self._document(doc_id), self._index.chunks(doc_id))
        subjects = set(self._catalog.subjects)
        if len({card for unit in units for card in unit.cards if card in subjects}) < _SEVERAL:
            return units
        # Of several cards the title names one, or sums them up: that is not what a general section is about.
        named = self._catalog.cards
        return tuple(
            unit
            if subjects_of(unit.chunk.headings, "", lambda: "", named)
            or labelled(unit.chunk.headings, unit.cards, named)
            else replace(unit, cards=())
            for unit in units
        )

    def _read_edition(self, doc_id: str) -> Edition | None:
        return align(self._document(doc_id))


def _checked(turns: Sequence[str]) -> Sequence[str]:
    if not turns or not turns[-1].strip():
        raise UnusableInput("`question` must not be empty; got none. Ask something, for example: 公交卡怎么注销？")
    return turns


def _offered(answer: Answer) -> tuple[str, ...]:
    return answer.options if answer.outcome == "clarified" else ()


def _explanation(question: Question, draft: Draft) -> dict[str, object]:
    return {
        "understood": {
            "text": question.text,
            "cards": list(question.cards),
            "cued": list(question.cued),
            "pointed": list(question.pointed),
            "unknown_card": question.unknown_card,
            "actions": sorted(question.actions),
            "concepts": list(question.concepts),
            "unknown": list(question.unknown),
            "intents": sorted(question.intents),
            "step": None
            if question.step is None
            else [question.step.kind, question.step.number, question.step.from_end],
        },
        "routes": dict(draft.routes),
        "decided": draft.decided,
        "threshold": thresholds.ANSWERS_FROM,
        "score": draft.score,
        "rejected": [list(entry) for entry in draft.rejected],
    }
