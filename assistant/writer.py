"""Answers worded by a chat model: asked with passages, read claim by claim, and shown as far as they are supported."""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Generator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import PurePath

from assistant.addressed import is_addressed
from assistant.answer import Citation, LeftOut, Notice, NoticeKind
from assistant.chat_model import ChatModel, ModelFailed, Usage
from assistant.citations import Citations
from assistant.claims import Claim, ClaimReader
from assistant.composition import Composition, rendered
from assistant.condensing import condensed
from assistant.draft import Context, Draft
from assistant.masking import mask
from assistant.phrases import say
from assistant.prompting import DECLINED, Prompt, is_readable, procedures_of, writing_prompt
from assistant.refusals import abstain
from assistant.sources import Passage
from assistant.streaming import MOST_WRITTEN, Cancelled, Delta, Replaced, Writing
from assistant.understanding import Reader
from assistant.verification import Verdict, check_claim
from corpus.errors import UnusableInput
from corpus.normalize import normalize

_MOST_CLAIMS = 200  # of one reply
_SUPPORTED_FROM = 0.5  # share of a reply's claims below which the extractive answer stands in
_MOST_LEFT_OUT, _LONGEST_LEFT_OUT = 30, 300
_NOT_SHOWN = frozenset(("contact", "injected"))  # what is wrong with claims that are not repeated even as left out
_FRAMING = "framing"
_HAN, _LATIN = re.compile(r"[\u3400-\u9fff]"), re.compile(r"[A-Za-z]{2,}")
_FEW_WORDS = 3  # Latin ones, which a sentence of no language may have: an address, a name
_MENDED = frozenset(("marker", "uncited"))  # what is wrong with claims that stand in a passage which they do not cite

_logger = logging.getLogger("xiaoka")


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What came of asking the model.

    Attributes:
        draft: The answer: the model's as far as it is supported, else the extractive one.
        citations: Those of the answer.
        notice: Why it is the extractive one, None when it is not.
    """

    draft: Draft
    citations: tuple[Citation, ...]
    notice: Notice | None = None
    left_out: tuple[LeftOut, ...] = ()
    usage: Usage | None = None


class Writer:
    """Words answers by a chat model. Safe to be used by several threads at once."""

    def __init__(self, model: ChatModel, *, n_at_once: int = MOST_WRITTEN) -> None:
        """A writer by a model, for so many answers at once; further ones are not kept waiting."""
        self._model = model
        self._places = threading.BoundedSemaphore(n_at_once)

    @property
    def name(self) -> str:
        """The model's name as it may be shown: of one in a folder of this machine only the folder's own."""
        provider, colon, model = self._model.name.partition(":")
        is_path = PurePath(model).is_absolute() or model.startswith((".", "~"))
        return f"{provider}{colon}{PurePath(model).name}" if is_path else self._model.name

    def condense(self, turns: Sequence[str], reader: Reader, cancelled: Cancelled) -> str:
        """The last of the user's turns as a question that stands alone; empty when the model gives none to be used."""
        try:
            with self._place():
                return condensed(turns, reader, self._model, cancelled)
        except (ModelFailed, UnusableInput) as error:
            _stop_if_cancelled(error)
            _logger.warning("no question could be made of several turns: %s", error)
            return ""

    def write(
        self, context: Context, draft: Draft, turns: Sequence[str], cancelled: Cancelled
    ) -> Generator[Writing | Delta | Replaced, None, Written]:
        """The answer in pieces as they are checked, and what came of it.

        Args:
            context: The question and its sources, with the citations of the draft.
            draft: The extractive answer, which is one: the model is asked to word nothing else.
            turns: The user's turns, oldest first.
            cancelled: Asked time and again whether nobody waits any more.

        Raises:
            ModelFailed: The answer was cancelled.
        """
        prompt = writing_prompt(context, draft, turns, self._model.n_context_tokens)
        if not prompt.passages:
            return self._stand_in(context, draft, "no_room" if _readable(context) else "language")
        yield Writing()
        attempt = _Attempt(context, draft, prompt.passages)
        try:
            with self._place():
                yield from attempt.read(self._model, prompt, cancelled)
        except (ModelFailed, UnusableInput) as error:
            _stop_if_cancelled(error)
            _logger.warning("the chat model gave no answer: %s", error)
            kind = _kind(error)
            if attempt.composition.text:
                yield Replaced()
            return self._stand_in(context, draft, kind, attempt)
        if attempt.declined:
            return _declined(context, attempt)
        if problem := attempt.problem():
            if attempt.composition.text:
                yield Replaced()
            return self._stand_in(context, draft, problem, attempt)
        if piece := attempt.composition.finish(draft, context.citations.all()):
            yield Delta(piece)
        composition = attempt.composition
        worded = replace(draft, text=composition.text, steps=composition.steps if draft.steps else ())
        return Written(
            draft=worded,
            citations=composition.citations.all(),
            left_out=tuple(attempt.left_out),
            usage=attempt.usage,
        )

    @contextmanager
    def _place(self) -> Generator[None]:
        """One of the places there are.

        Raises:
            ModelFailed: None is free.
        """
        if not self._places.acquire(blocking=False):
            raise ModelFailed("too many answers are being written at once", kind="unavailable")
        try:
            yield
        finally:
            self._places.release()

    def _stand_in(self, context: Context, draft: Draft, kind: NoticeKind, attempt: _Attempt | None = None) -> Written:
        text = say(f"notice_{kind}", context.language, model=self.name)
        return Written(
            draft=draft,
            citations=context.citations.all(),
            notice=Notice(kind=kind, text=text),
            left_out=tuple(attempt.left_out) if attempt else (),
            usage=attempt.usage if attempt else None,
        )


class _Attempt:
    """A reply as it is read: what of it is supported, and what is not."""

    def __init__(self, context: Context, draft: Draft, passages: Sequence[Passage]) -> None:
        self._context = context
        self._passages = passages
        self._has_steps = bool(draft.steps)
        self._said: set[str] = set()
        self._declines = False
        self._n_claims = self._n_supported = 0
        self.composition = Composition(context, procedures_of(context, draft), passages)
        self.left_out: list[LeftOut] = []
        self.usage: Usage | None = None

    @property
    def declined(self) -> bool:
        """Whether the model says that the passages do not answer, and nothing that they do say."""
        return self._declines and not self._n_supported

    def problem(self) -> NoticeKind | None:
        """Why the answer cannot be shown, None when it can."""
        if not self._n_claims:
            return "empty"
        if self._n_supported < max(1, _SUPPORTED_FROM * self._n_claims):
            return "unsupported"
        return "steps" if self._has_steps and not self.composition.tells_every_step() else None

    def read(self, model: ChatModel, prompt: Prompt, cancelled: Cancelled) -> Generator[Delta]:
        """The pieces of the reply that are supported, as they come.

        Raises:
            ModelFailed: The model fails or is cancelled, or its reply does not end.
            UnusableInput: The model refuses the key.
        """
        reader = ClaimReader(len(self._passages))
        pieces = _Pieces(model.stream(prompt.messages, cancelled=cancelled))
        with closing(pieces.stream):
            for piece in pieces:
                yield from self._take(reader.feed(piece))
        self.usage = pieces.usage
        yield from self._take(reader.finish())

    def _take(self, claims: Sequence[Claim]) -> Generator[Delta]:
        for claim in claims:
            if piece := self._checked(claim):
                yield Delta(piece)

    def _checked(self, claim: Claim) -> str:
        """The piece by which a claim makes the answer grow, empty for one that is left out or was there before."""
        key = normalize(claim.text)
        if key.strip(" .。!！*\"'`").upper() == DECLINED:
            self._declines = True
            return ""
        if claim.heading or key in self._said:
            return ""
        self._said.add(key)
        verdict = check_claim(claim, self._passages)
        if verdict.why == _FRAMING:
            return ""
        self._n_claims += 1
        if self._n_claims > _MOST_CLAIMS:
            raise ModelFailed("the chat model's reply has too many sentences", kind="too_long")
        why = self._objection(claim, verdict)
        piece = "" if why else self.composition.add(claim, verdict.spans)
        if piece:
            self._n_supported += 1
        elif len(self.left_out) < _MOST_LEFT_OUT:
            self.left_out.append(_left_out(claim, why or "words", self._context))
        return piece

    def _objection(self, claim: Claim, verdict: Verdict) -> str:
        """Why a claim is no part of the answer, in a word; empty when it is one."""
        if not self._speaks(claim):
            return "language"
        # Where a claim stands is cited, whatever the model has cited for it.
        if not verdict.spans or not (verdict.supported or verdict.why in _MENDED):
            return verdict.why or "words"
        passages = {passage.number: passage for passage in self._passages}
        planted = any(_is_planted(self._context, passages[number], start, end) for number, start, end in verdict.spans)
        return "injected" if planted else ""

    def _speaks(self, claim: Claim) -> bool:
        """Whether a claim is in the user's language: what an article says is, but its words may stand in brackets."""
        n_han, n_latin = len(_HAN.findall(claim.text)), len(_LATIN.findall(claim.text))
        return n_han <= 2 * n_latin if self._context.language == "en" else n_han > 0 or n_latin < _FEW_WORDS


class _Pieces:
    """The pieces of a model's stream; `usage` is what it returns at its end."""

    def __init__(self, stream: Generator[str, None, Usage]) -> None:
        self.stream = stream
        self.usage: Usage | None = None

    def __iter__(self) -> Generator[str]:
        self.usage = yield from self.stream


def _is_planted(context: Context, passage: Passage, start: int, end: int) -> bool:
    """Whether the paragraphs around a span of a passage, or the headings above, speak to a model."""
    text = passage.document.text
    begin, stop = text.rfind("\n", 0, start) + 1, text.find("\n", end)
    stop = stop if stop >= 0 else len(text)
    edition = context.edition(passage.document.doc_id) if passage.edition_text else None
    shown = edition.text(begin, stop) if edition else ""
    return any(map(is_addressed, (text[begin:stop], shown, *passage.chunk.headings)))


def _kind(error: ModelFailed | UnusableInput) -> NoticeKind:
    if not isinstance(error, ModelFailed):
        return "refused"
    return "broken" if error.kind == "cancelled" else error.kind


def _stop_if_cancelled(error: Exception) -> None:
    if isinstance(error, ModelFailed) and error.kind == "cancelled":
        raise error


def _readable(context: Context) -> bool:
    """Whether anything that the extractive answer cites is in the user's language."""
    return any(is_readable(context, citation.chunk) for citation in context.citations.all())


def _declined(context: Context, attempt: _Attempt) -> Written:
    fresh = replace(context, citations=Citations())
    draft = abstain(fresh, "model_declined", say("model_declined", context.language), "the model declined")
    return Written(draft=draft, citations=fresh.citations.all(), left_out=tuple(attempt.left_out), usage=attempt.usage)


def _left_out(claim: Claim, why: str, context: Context) -> LeftOut:
    """A claim as it is shown to who asks what was left out; one with a contact or an instruction without its words."""
    if why in _NOT_SHOWN:
        return LeftOut(text="", why=why)
    text = rendered(mask(claim.text[:_LONGEST_LEFT_OUT]), context.language)
    return LeftOut(text=text, why=why)
