"""A conversation as the browser keeps it: what was asked and what was answered, in plain JSON.

The server keeps nothing of it, so that a reload, a restart of the server or another day change nothing. What comes back
from a browser is data like a question: it is checked for its form here, and escaped where it is shown.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from assistant.answer import Answer
from assistant.http.bodies import MAX_CHARACTERS, MAX_TURNS
from assistant.page.words import page_language
from corpus.document import Document
from corpus.errors import UnusableInput

MAX_BYTES = 700_000  # of one conversation as JSON; it travels with every question
_Text = Annotated[str, StringConstraints(max_length=60_000)]
_LONGEST_LINE = 2_000
_Line = Annotated[str, StringConstraints(max_length=_LONGEST_LINE)]
_Count = Annotated[int, Field(ge=0, le=100_000_000)]
_Stamp = Annotated[int, Field(ge=0, le=2**53)]  # milliseconds, as exact as a script's numbers are


class _Kept(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, extra="ignore")


class ShownStep(_Kept):
    """One step, as in the published answer."""

    number: _Count
    text: _Text
    markers: Annotated[list[_Count], Field(max_length=100)]


class ShownCitation(_Kept):
    """One citation, as in the published answer: it says by itself which words of which version it stands for."""

    marker: Annotated[int, Field(ge=1, le=9999)]
    doc_id: _Line
    title: _Line
    headings: Annotated[list[_Line], Field(max_length=20)]
    start: _Count
    end: _Count
    quote: _Text
    version: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{0,64}$")]


class ShownSource(_Kept):
    """What is told of a cited article beside its title."""

    path: _Line = ""
    source: _Line = ""
    license: _Line = ""
    as_of: _Line = ""


class ShownNotice(_Kept):
    """Why an answer is not the chat model's, as in the published answer."""

    kind: Annotated[str, StringConstraints(max_length=40)]
    text: _Line


class ShownLeftOut(_Kept):
    """What a chat model said and the articles do not, as in the published answer."""

    text: _Line
    why: Annotated[str, StringConstraints(max_length=40)]


class ShownAnswer(_Kept):
    """A published answer with what is shown of its articles.

    Attributes:
        sources: By `doc_id`.
        follow_ups: Questions that are offered below it.
    """

    outcome: Literal["answered", "clarified", "abstained"]
    text: _Text
    steps: Annotated[list[ShownStep], Field(max_length=500)] = []
    citations: Annotated[list[ShownCitation], Field(max_length=500)] = []
    options: Annotated[list[_Line], Field(max_length=50)] = []
    reason: Annotated[str, StringConstraints(max_length=40)] = ""
    language: Literal["zh", "zh-Hant", "en"] = "zh"
    sources: Annotated[dict[str, ShownSource], Field(max_length=100)] = {}
    follow_ups: Annotated[list[_Line], Field(max_length=10)] = []
    notice: ShownNotice | None = None
    left_out: Annotated[list[ShownLeftOut], Field(max_length=100)] = []

    def offering(self, follow_ups: tuple[str, ...]) -> ShownAnswer:
        """The answer with these questions below it."""
        return self.model_copy(update={"follow_ups": list(follow_ups)})


class Entry(_Kept):
    """A question and its answer."""

    question: Annotated[str, StringConstraints(max_length=2 * MAX_CHARACTERS)]
    answer: ShownAnswer


class Conversation(_Kept):
    """What was said so far.

    Attributes:
        conversation_id: Tells the conversations of one browser apart; 16 hexadecimal digits.
        pending: The question that is being answered, empty when none is.
        pending_after: How many entries stay before its answer; those behind them are replaced when it comes.
    """

    conversation_id: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{16}$")]
    entries: Annotated[list[Entry], Field(max_length=MAX_TURNS)] = []
    pending: Annotated[str, StringConstraints(max_length=2 * MAX_CHARACTERS)] = ""
    pending_after: Annotated[int, Field(ge=0, le=MAX_TURNS)] = 0

    @property
    def turns(self) -> tuple[str, ...]:
        """What the user asked, oldest first."""
        return tuple(entry.question for entry in self.entries)

    @property
    def full(self) -> bool:
        """Whether no further question fits."""
        return len(self.entries) >= MAX_TURNS or len(self.model_dump_json().encode()) > MAX_BYTES

    def asking(self, question: str, *, after: int | None = None) -> Conversation:
        """The conversation while `question` is being answered, to take the place behind the first `after` entries."""
        place = len(self.entries) if after is None else after
        return self.model_copy(update={"pending": question, "pending_after": place})

    def answered(self, question: str, answer: ShownAnswer) -> Conversation:
        """The conversation with one more answer."""
        entries = [*self.entries, Entry(question=question, answer=answer)]
        return self.model_copy(update={"entries": entries, "pending": "", "pending_after": 0})

    def settled(self) -> Conversation:
        """The conversation without the question that was being answered."""
        return self.model_copy(update={"pending": "", "pending_after": 0})

    def before(self, index: int) -> Conversation:
        """The conversation as it was before its entry `index`, from 0."""
        return self.model_copy(update={"entries": self.entries[: max(index, 0)], "pending": "", "pending_after": 0})


def new_conversation() -> Conversation:
    """An empty conversation with an id of its own."""
    return Conversation(conversation_id=secrets.token_hex(8))


class Held(_Kept):
    """What the page holds in a hidden field, and sends back with what is pressed next.

    Attributes:
        handled: The stamp of what was pressed last of all that has been taken up.
        unasked: A question that has no answer and is no turn: it failed, or was stopped. The script puts it back into
            the box, unless something was typed there meanwhile.
    """

    conversation: Conversation = Field(default_factory=new_conversation)
    handled: _Stamp = 0
    unasked: Annotated[str, StringConstraints(max_length=2 * MAX_CHARACTERS)] = ""


def read_held(sent: object) -> Held:
    """What the page held, from its JSON; a new conversation when it sends none, or nothing that can be used."""
    try:
        return Held.model_validate_json(sent if isinstance(sent, str) else "")
    except ValidationError:
        return Held()


class Action(_Kept):
    """What was pressed on the page.

    Attributes:
        open: A conversation to show instead of the one in view.
        index: The entry, from 0, that is asked anew; it and those after it are replaced.
        text: What to ask; empty asks nothing.
        at: Tells what was pressed from everything that was pressed before on the same page.
    """

    open: Conversation | None = None
    index: Annotated[int, Field(ge=0, le=MAX_TURNS)] | None = None
    text: Annotated[str, StringConstraints(max_length=2 * MAX_CHARACTERS)] = ""
    at: _Stamp = 0


def read_action(sent: object) -> Action:
    """What the page's script sends as JSON; an action that does nothing when it cannot be used."""
    text = sent if isinstance(sent, str) else ""
    try:
        return Action.model_validate_json(text)
    except ValidationError:
        return Action(at=_stamp(text))


def _stamp(sent: str) -> int:
    """The stamp of an action that cannot be used, 0 for none: the script sends it until it was taken up."""
    try:
        # Takes halves of characters too, which an old conversation may hold.
        read = json.loads(sent)
        return Action(at=read["at"]).at
    except (ValueError, RecursionError, TypeError, KeyError):
        return 0


def written(text: str, language: str) -> ShownAnswer:
    """An answer whose text is still being written."""
    return ShownAnswer(outcome="answered", text=text, language=page_language("", language))


def shown(answer: Answer, find_document: Callable[[str], Document]) -> ShownAnswer:
    """The answer with what the page tells of its articles; nothing of one that is gone meanwhile."""
    sources = {}
    for doc_id in dict.fromkeys(citation.chunk.doc_id for citation in answer.citations):
        try:
            document = find_document(doc_id)
        except UnusableInput:  # it was taken away since the answer was made, which says its words by itself
            continue
        about = {name: getattr(document, name) for name in ("path", "source", "license", "as_of")}
        sources[doc_id] = {name: value[:_LONGEST_LINE] for name, value in about.items()}
    return ShownAnswer.model_validate(answer.to_json() | {"sources": sources})
