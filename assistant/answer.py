"""The types of an answer, and its JSON form."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from corpus.document import Chunk
from index.hit import Hit

if TYPE_CHECKING:
    from assistant.chat_model import Usage

Outcome = Literal["answered", "clarified", "abstained"]
# What opens the line of an article's own words below those of its English edition: for whoever reads it at a counter.
ORIGINAL = "原文 / original: "
Reason = Literal["", "no_hits", "weak_hits", "not_stated", "out_of_domain", "unsafe", "model_declined"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Citation:
    """The exact words that support a marker; `quote == source_text[start:end]`.

    Attributes:
        marker: The `n` of `[n]` in the answer's text, from 1.
        chunk: The chunk that holds the quote.
        start: Offset of the quote's first character in the article's file, in characters.
        end: Offset behind the quote's last character.
        title: Title of the article.
        version: SHA-256 of the article's file, 64 hexadecimal digits.
    """

    marker: int
    chunk: Chunk
    start: int
    end: int
    quote: str
    title: str
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerStep:
    """One step as it is shown, with the markers of what supports it.

    Attributes:
        original: The article's own words, when `text` is from its English edition; empty otherwise.
    """

    number: int
    text: str
    markers: tuple[int, ...]
    original: str = ""


NoticeKind = Literal[
    "timeout",
    "unavailable",
    "rate_limited",
    "broken",
    "empty",
    "too_long",
    "refused",
    "no_room",
    "language",
    "unsupported",
    "steps",
]
EXTRACTIVE = "extractive"  # the generator that composes answers of the articles' own words


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Why an answer is in the articles' own words though a chat model is set.

    Attributes:
        kind: What became of the model's answer. There is none: `timeout`, `unavailable`, `rate_limited`, `broken`,
            `empty`, `too_long`, `refused` (the key). It was not asked: `no_room`, `language`. It was not what the
            articles say: `unsupported`, `steps`.
        text: A sentence or two that say so, in the user's language.
    """

    kind: NoticeKind
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """A sentence of a chat model that is no part of the answer, as no article's words support it.

    Attributes:
        text: The sentence as text for Markdown; empty when it holds a contact or an instruction, which is not shown.
        why: The reason in a word, by `assistant.verification`.
    """

    text: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the user gets; a failure is an exception and never one of these.

    Attributes:
        outcome: `answered`, `clarified` (asks back with `options`) or `abstained` (says what is covered).
        text: Markdown; every `[n]` in it resolves in `citations`, and every citation is used.
        steps: The steps of a procedure in order, empty where the answer is none.
        options: Texts that can be sent back as the next turn.
        reason: Why the assistant abstained, empty otherwise.
        language: `zh`, `zh-Hant` or `en`: the language answered in.
        timings_ms: Milliseconds by stage: `understand`, `retrieve`, `generate`, `verify`, `total`.
        explanation: How the question was understood and decided, for `ask --explain`; plain JSON values.
        generator: Who words answers: `extractive`, or the name of a chat model.
        notice: Why the answer is not the chat model's, None when it is or none is set.
        left_out: What the chat model said and the articles do not.
        usage: What the chat model took for it, None when it was not asked or did not say.
    """

    outcome: Outcome
    text: str
    language: str
    steps: tuple[AnswerStep, ...] = ()
    citations: tuple[Citation, ...] = ()
    hits: tuple[Hit, ...] = ()
    options: tuple[str, ...] = ()
    reason: Reason = ""
    timings_ms: dict[str, float] = field(default_factory=dict)
    explanation: dict[str, Any] = field(default_factory=dict)
    generator: str = EXTRACTIVE
    notice: Notice | None = None
    left_out: tuple[LeftOut, ...] = ()
    usage: Usage | None = None

    def to_json(self) -> dict[str, Any]:
        """The answer in the published format: plain values, no hits, versions cut to 16 digits.

        With a chat model set it also holds `generator`, `notice`, `left_out` and `usage`.
        """
        return self._published() | ({} if self.generator == EXTRACTIVE else self._of_the_model())

    def _of_the_model(self) -> dict[str, Any]:
        return {
            "generator": self.generator,
            "notice": None if self.notice is None else {"kind": self.notice.kind, "text": self.notice.text},
            "left_out": [{"text": one.text, "why": one.why} for one in self.left_out],
            "usage": None
            if self.usage is None
            else {
                "n_input_tokens": self.usage.n_input_tokens,
                "n_output_tokens": self.usage.n_output_tokens,
                "seconds": round(self.usage.seconds, 3),
                "n_tries": self.usage.n_tries,
            },
        }

    def _published(self) -> dict[str, Any]:
        return {
            "outcome": self.outcome,
            "text": self.text,
            "steps": [{"number": s.number, "text": s.text, "markers": list(s.markers)} for s in self.steps],
            "citations": [
                {
                    "marker": c.marker,
                    "doc_id": c.chunk.doc_id,
                    "title": c.title,
                    "headings": list(c.chunk.headings),
                    "start": c.start,
                    "end": c.end,
                    "quote": c.quote,
                    "version": c.version[:16],
                }
                for c in self.citations
            ],
            "options": list(self.options),
            "reason": self.reason,
            "language": self.language,
            "timings_ms": self.timings_ms,
        }
