"""An answer as it comes: what of it is checked already, then the whole."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from assistant.answer import Answer

# Answers that wait for a chat model or are written by it, at once; they take no place of the others.
MOST_WRITTEN = 24

Cancelled = Callable[[], bool]


@dataclass(frozen=True, slots=True)
class Writing:
    """A chat model is asked from here on: what follows takes time, but not this machine's."""


@dataclass(frozen=True, slots=True)
class Delta:
    """A piece of the answer's text, checked. Until something replaces them, the pieces joined begin the answer."""

    text: str


@dataclass(frozen=True, slots=True)
class Replaced:
    """The pieces so far are not the answer; what follows takes their place."""


Event = Writing | Delta | Replaced | Answer  # an answer is the last


def never() -> bool:
    """Whether an answer that nobody stops is stopped."""
    return False


def answer_of(events: Iterable[Event]) -> Answer:
    """The answer that events end with."""
    answer = None
    for event in events:
        if isinstance(event, Answer):
            answer = event
    assert answer is not None, "a stream without an answer raises"
    return answer
