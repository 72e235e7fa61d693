"""What happens when a visitor asks: the conversation before, while and after its answer is there."""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass

from assistant.answer import Answer
from assistant.chat_model import ModelFailed
from assistant.follow_ups import follow_ups
from assistant.http.bodies import MAX_CHARACTERS, check_length
from assistant.http.bounded import Busy
from assistant.intake import check_turn
from assistant.masking import mask
from assistant.page.conversation import Action, Conversation, ShownAnswer, shown, written
from assistant.page.markdown import (
    Message,
    answer_message,
    error_message,
    messages_of,
    question_message,
    writing_message,
)
from assistant.page.words import words_of
from assistant.start import Answers
from assistant.streaming import Cancelled, Delta, Replaced, Writing, never
from corpus.errors import UnusableInput

_logger = logging.getLogger("xiaoka")
_N_SHOWN_PARTS = 4  # in which an answer appears


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What the page shows at one moment.

    Attributes:
        unasked: A question that goes back into the box, as it has no answer and is no turn.
        running: Whether an answer is awaited, so that it can be stopped.
    """

    conversation: Conversation
    messages: list[Message]
    unasked: str = ""
    running: bool = False


class Running:
    """The answers that are being given, by their conversations: Gradio drops one that is stopped, but lets it go on."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._stops: dict[str, set[threading.Event]] = {}

    @contextmanager
    def begun(self, conversation_id: str) -> Iterator[threading.Event]:
        """What is set when the answer that is given in this context is stopped."""
        stop = threading.Event()
        with self._lock:
            self._stops.setdefault(conversation_id, set()).add(stop)
        try:
            yield stop
        finally:
            with self._lock:
                stops = self._stops.get(conversation_id, set())
                stops.discard(stop)
                if not stops:
                    self._stops.pop(conversation_id, None)

    def stop(self, conversation_id: str) -> None:
        """Stops what is being answered in a conversation."""
        with self._lock:
            for stop in self._stops.get(conversation_id, ()):
                stop.set()


def view_of(conversation: Conversation) -> View:
    """The conversation at rest; a question that was still being answered is back in the box."""
    return View(
        conversation=conversation.settled(),
        messages=messages_of(conversation.settled()),
        unasked=conversation.pending,
    )


def act(
    assistant: Answers, conversation: Conversation, action: Action, language: str, *, stopped: Cancelled = never
) -> Iterator[View]:
    """The page while what was pressed is done.

    Args:
        assistant: Answers.
        conversation: What was said before.
        action: What is done: without a text only its conversation is shown.
        language: The page's.
        stopped: Whether the answer was stopped; asked while a chat model writes it.
    """
    if not action.text:
        yield view_of(action.open or conversation)
    else:
        before = action.open or conversation
        yield from ask(assistant, before, action.text, language, replaced=action.index, stopped=stopped)


def ask(
    assistant: Answers,
    conversation: Conversation,
    text: object,
    language: str,
    *,
    replaced: int | None = None,
    stopped: Cancelled = never,
) -> Iterator[View]:
    """The page while `text` is asked and answered.

    A failure is shown as one, its question is back in the box and does not count as a turn; nothing that was said
    before is lost by it, or by stopping.

    Args:
        assistant: Answers.
        conversation: What was said before.
        text: What was typed; whatever a browser may send in its place is refused.
        language: The page's, for what is said of a failure; an answer has a language of its own.
        replaced: The entry, from 0, whose place the answer takes; those after it go with it.
        stopped: Whether the answer was stopped; asked while a chat model writes it.
    """
    conversation = conversation.settled()
    before = conversation if replaced is None else conversation.before(replaced)
    if isinstance(text, str) and not text.strip():
        yield view_of(conversation)
        return
    # Numbers of cards and people are not kept, not even in the visitor's own browser; no answer depends on them.
    # One character more than can be asked tells that there were more.
    typed = mask(text[: 2 * MAX_CHARACTERS + 1]) if isinstance(text, str) else text
    # Half of a character, which is refused below, cannot even be sent back to the browser.
    asked = typed.encode("utf-8", "replace").decode()[: 2 * MAX_CHARACTERS] if isinstance(typed, str) else ""
    place = len(before.entries)
    pending = conversation.asking(asked, after=place)
    said = [*messages_of(before), question_message(asked, place)]
    yield View(conversation=pending, messages=said, running=True)
    grown = ""
    try:
        for event in _answered(assistant, before, typed, stopped):
            if isinstance(event, tuple):
                found, answer = event
                break
            grown = grown + event.text if isinstance(event, Delta) else ""
            last = answer_message(written(grown, language), place) if grown else writing_message(language)
            yield View(conversation=pending, messages=[*said, last], running=True)
        else:  # stopped: what stopped it has shown the page as it is then
            return
    except _Trouble as error:
        messages = [*messages_of(conversation.asking(asked)), error_message(*error.words(language))]
        yield View(conversation=conversation, messages=messages, unasked=asked)
        return
    for part in _parts(answer) if not grown else ():
        yield View(conversation=pending, messages=[*said, answer_message(part, place)], running=True)
    done = before.answered(asked, answer)
    yield _done(done, said)
    if offered := () if done.full else _offered(assistant, done.turns, found):
        yield _done(before.answered(asked, answer.offering(offered)), said)


def _done(conversation: Conversation, said: list[Message]) -> View:
    """The page with the last answer of a conversation below what was said before."""
    place = len(conversation.entries) - 1
    return View(conversation=conversation, messages=[*said, answer_message(conversation.entries[place].answer, place)])


class _Trouble(Exception):
    """Why there is no answer, in the page's words."""

    def __init__(self, name: str, advice: Callable[[dict[str, str]], str]) -> None:
        super().__init__(name)
        self._name, self._advice = name, advice

    def words(self, language: str) -> tuple[str, str]:
        own = words_of("trouble", language)
        return own[self._name], self._advice(own)


def _answered(
    assistant: Answers, conversation: Conversation, text: object, stopped: Cancelled
) -> Iterator[Writing | Delta | Replaced | tuple[Answer, ShownAnswer]]:
    """The answer as it comes, at last the whole one and how it is shown; it ends without one when it was stopped."""
    turn = _turn(conversation, text)
    try:
        with closing(assistant.stream((*conversation.turns, turn), cancelled=stopped)) as events:
            for event in events:
                yield (event, shown(event, assistant.document)) if isinstance(event, Answer) else event
    except UnusableInput as error:
        raise _Trouble("refused", lambda own: own["unusable"]) from error
    except Busy as error:
        raise _Trouble("busy", lambda own: own["busy_advice"]) from error
    except Exception as error:  # the visitor sees that it failed, the log why; nothing here may pass for an answer
        if isinstance(error, ModelFailed) and error.kind == "cancelled":
            return
        _logger.exception("a question failed")
        raise _Trouble("failed", lambda own: own["failed_advice"]) from error


def _turn(conversation: Conversation, text: object) -> str:
    """What was typed, when it can be asked."""
    if conversation.full:
        raise _Trouble("full", lambda own: own["full_advice"])
    try:
        turn = check_turn(text)
    except UnusableInput as error:
        raise _Trouble("refused", lambda own: own["unusable"]) from error
    try:
        return check_length(turn)
    except UnusableInput as error:
        raise _Trouble("refused", lambda own: own["too_long"].format(MAX_CHARACTERS)) from error


def _offered(assistant: Answers, turns: tuple[str, ...], answer: Answer) -> tuple[str, ...]:
    """What to offer below an answer; nothing when it cannot be found out, which takes nothing from the answer."""
    try:
        return follow_ups(assistant.draft, assistant.examples, turns, answer)
    except Busy:
        return ()
    except Exception:
        _logger.exception("the questions that could be offered were not found")
        return ()


def _parts(answer: ShownAnswer) -> Iterator[ShownAnswer]:
    """The answer as it grows, block by block, without what stands below it; the whole one is not among them."""
    ends = [found.end() for found in re.finditer(r"\n\s*(?=\S)", answer.text)]
    for end in ends[:: max(1, -(-len(ends) // _N_SHOWN_PARTS))]:
        yield answer.model_copy(update={"text": answer.text[:end].rstrip(), "citations": [], "options": []})
