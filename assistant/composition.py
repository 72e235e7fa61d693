"""An answer put together of claims that were found supported: in our rendering, with our citations."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from assistant.answer import AnswerStep, Citation
from assistant.citations import Citations
from assistant.claims import Claim
from assistant.draft import Context, Draft, beside, marks
from assistant.phrases import say, shown
from assistant.sources import Passage
from assistant.step_check import check_steps
from corpus.document import Chunk, Document, Step
from corpus.normalize import Language, visible

_MARKER = re.compile(r"(?<!\\)\[(\d+)\]")
_BOLD = "\ue000"  # stands for the mark of bold type while all other marks are taken out
Span = tuple[int, int, int]  # number of a passage, start and end in its article


@dataclass(frozen=True, slots=True)
class _Told:
    """A claim that tells a step of a procedure."""

    claim: Claim
    chunk: Chunk
    step: Step


class Composition:
    """The text of an answer as it grows, claim by claim, with its steps and citations.

    Attributes:
        text: What was added so far.
        citations: What it cites.
    """

    def __init__(self, context: Context, procedures: Sequence[Chunk], passages: Sequence[Passage]) -> None:
        """An empty answer.

        Args:
            context: The question and its sources.
            procedures: What is to be told whole, in order.
            passages: What claims can rest on.
        """
        self.text = ""
        self.citations = Citations()
        self._context = context
        self._procedures = {chunk.chunk_id: chunk for chunk in procedures}
        self._passages = {passage.number: passage for passage in passages}
        self._steps: list[AnswerStep] = []
        self._told: list[_Told] = []
        self._numbered = False  # whether the reply numbers its steps
        self._number = 0  # of the item that was added last, 0 when it was none
        self._original = ""  # the article's own words for it, shown when it is complete

    @property
    def steps(self) -> tuple[AnswerStep, ...]:
        """The steps so far, in order."""
        return tuple(self._steps)

    def add(self, claim: Claim, spans: Sequence[Span]) -> str:
        """Adds a claim that these spans support; the piece by which the text grew, empty when they hold no words."""
        self._numbered = self._numbered or claim.step > 0
        step = self._step_of(spans) if claim.step or not self._numbered else None
        chunk = self._passages[spans[0][0]].chunk
        cited = [(self._passages[spans[0][0]], step.start, step.end)] if step else self._places(spans)
        markers = tuple(
            dict.fromkeys(marker for passage, start, end in cited for marker in self._cite(passage, start, end))
        )
        if not markers:
            return ""
        text = rendered(claim.text, self._context.language)
        if step is not None:
            return self._grow(self._step(_Told(claim, chunk, step), text, markers))
        own = [self._own_words(*place) for place in cited]
        return self._grow(self._item(claim.step, text, markers, " ".join(filter(None, own))))

    def finish(self, draft: Draft, citations: Sequence[Citation]) -> str:
        """Adds what the extractive answer says below the answer itself and this one has not said; the piece of it.

        Args:
            draft: The extractive answer.
            citations: Its citations.
        """
        pieces = [self._flushed()]
        by_marker = {citation.marker: citation for citation in citations}
        for paragraph in _closing(draft):
            cited = [by_marker[int(found[1])] for found in _MARKER.finditer(paragraph)]
            if not cited or not all(self._is_said(citation) for citation in cited):
                pieces.append(f"\n\n{self._remarked(paragraph, by_marker)}")
        return self._grow("".join(pieces))

    def tells_every_step(self) -> bool:
        """Whether each procedure that is to be told is: all steps, in order, and none besides."""
        order = list(dict.fromkeys(told.chunk.chunk_id for told in self._told))
        if order != list(self._procedures):
            return False
        return all(self._is_whole(chunk) for chunk in self._procedures.values())

    def _is_whole(self, chunk: Chunk) -> bool:
        """Whether the steps of a procedure are told where they stand, all in order, and in words that tell them."""
        told = [each for each in self._told if each.chunk.chunk_id == chunk.chunk_id]
        if list(dict.fromkeys(each.step.number for each in told)) != [step.number for step in chunk.steps]:
            return False
        edition = self._context.edition(chunk.doc_id)
        steps = [
            replace(step, text=(edition.text(step.start, step.end) if edition else "") or step.text)
            for step in chunk.steps
        ]
        return check_steps([each.claim for each in told], steps).whole

    def _step_of(self, spans: Sequence[Span]) -> Step | None:
        """The step of a procedure to be told that the first of some spans lies in."""
        number, start, end = spans[0]
        chunk = self._procedures.get(self._passages[number].chunk.chunk_id)
        return next((s for s in chunk.steps if s.start <= start and end <= s.end), None) if chunk else None

    def _step(self, told: _Told, text: str, markers: tuple[int, ...]) -> str:
        """A claim as a step, or as more of the step before it."""
        before = self._told[-1] if self._told else None
        language = self._context.language
        if before is not None and self._number and (before.chunk, before.step.number) == (told.chunk, told.step.number):
            self._told.append(replace(told, claim=replace(told.claim, step=before.claim.step)))
            last = self._steps[-1]
            said = _joined(last.text, text, language)
            self._steps[-1] = replace(last, text=said, markers=tuple(dict.fromkeys((*last.markers, *markers))))
            return f"{'' if language != 'en' else ' '}{text} {marks(markers)}"
        begins = before is None or before.chunk.chunk_id != told.chunk.chunk_id
        number = 1 if begins else self._steps[-1].number + 1
        opening = self._flushed() + (self._heading(told.chunk) if begins else "")
        opening += "\n" if self._number and not begins else "\n\n"
        place = (self._document(told.chunk), told.step.start, told.step.end)
        self._original = self._context.wording(*place).original
        self._told.append(replace(told, claim=replace(told.claim, step=number)))
        self._steps.append(AnswerStep(number=number, text=text, markers=markers, original=self._original))
        self._number = number
        return f"{opening}{number}. {text} {marks(markers)}"

    def _heading(self, chunk: Chunk) -> str:
        title = self._context.heading(chunk).text or self._context.title(chunk.doc_id)
        return "\n\n" + say("written_procedure", self._context.language, title=title, n=len(chunk.steps))

    def _item(self, number: int, text: str, markers: tuple[int, ...], original: str) -> str:
        """A claim that is no step of a procedure: an entry of a list, or a paragraph."""
        listed = bool(number) and not self._procedures
        if listed and number == self._number:
            self._original = original if original != self._original else ""
            return f"{' ' if self._context.language == 'en' else ''}{text} {marks(markers)}"
        opening = self._flushed() + ("\n" if listed and self._number else "\n\n")
        self._number, self._original = number if listed else 0, original
        return f"{opening}{f'{number}. ' if listed else ''}{text} {marks(markers)}"

    def _flushed(self) -> str:
        """The own words of what was added last, which stand below it."""
        original, self._original = self._original, ""
        return beside(original)

    def _grow(self, piece: str) -> str:
        piece = piece if self.text else piece.lstrip("\n")
        self.text += piece
        return piece

    def _document(self, chunk: Chunk) -> Document:
        return self._context.sources.document(chunk.doc_id)

    def _places(self, spans: Sequence[Span]) -> list[tuple[Passage, int, int]]:
        return [(self._passages[number], start, end) for number, start, end in spans]

    def _cite(self, passage: Passage, start: int, end: int) -> tuple[int, ...]:
        return self.citations.cite(passage.document, passage.chunk, start, end)

    def _own_words(self, passage: Passage, start: int, end: int) -> str:
        return self._context.wording(passage.document, start, end).original

    def _is_said(self, citation: Citation) -> bool:
        """Whether what a citation of the extractive answer stands for is cited here too."""
        return any(
            own.chunk.doc_id == citation.chunk.doc_id and own.start < citation.end and citation.start < own.end
            for own in self.citations.all()
        )

    def _remarked(self, paragraph: str, by_marker: Mapping[int, Citation]) -> str:
        """A paragraph of the extractive answer with the markers that its citations have here."""

        def mark(found: re.Match[str]) -> str:
            cited = by_marker[int(found[1])]
            return marks(self.citations.cite(self._document(cited.chunk), cited.chunk, cited.start, cited.end))

        return _MARKER.sub(mark, paragraph)


def rendered(text: str, language: Language) -> str:
    """A claim's words as they are shown: one line in the user's characters, in which nothing acts but bold type."""
    marked = visible(text).replace("**", _BOLD)
    if marked.count(_BOLD) % 2:
        marked = marked.replace(_BOLD, "")
    return shown(marked, language, source="zh-Hant").replace(_BOLD, "**")


def _joined(one: str, other: str, language: Language) -> str:
    return f"{one} {other}" if language == "en" else one + other


def _closing(draft: Draft) -> list[str]:
    """The paragraphs of an extractive answer that stand below its steps, or below all that it cites."""
    paragraphs = draft.text.split("\n\n")
    if draft.steps:
        last = draft.steps[-1]
        steps = (n for n, each in enumerate(paragraphs) if f"{last.number}. {last.text} " in f"{each} ")
        at = next(steps, len(paragraphs))
    else:
        at = max((n for n, each in enumerate(paragraphs) if _MARKER.search(each)), default=len(paragraphs))
    return paragraphs[at + 1 :]
