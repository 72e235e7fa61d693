"""An assistant that answers a bounded number of questions at once, whatever way they come in."""

from __future__ import annotations

import threading
from collections.abc import Generator, Sequence
from contextlib import ExitStack, closing
from typing import TYPE_CHECKING

from assistant.streaming import Cancelled, Event, Writing, answer_of, never
from assistant.wrapped import WrappedAssistant
from corpus.errors import UnusableInput

if TYPE_CHECKING:
    from assistant.answer import Answer
    from assistant.start import Evaluated

N_AT_ONCE = 8
WAIT_SECONDS = 10.0


class Busy(RuntimeError):
    """As many questions are being answered as may be at once, and none was finished in time."""

    def __init__(
        self, message: str = "Too many questions are being answered at the moment. Ask again in a few seconds."
    ) -> None:
        super().__init__(message)


class BoundedAssistant(WrappedAssistant):
    """Passes everything on to another assistant, questions a bounded number at once."""

    def __init__(self, assistant: Evaluated, *, n_at_once: int = N_AT_ONCE, wait_seconds: float = WAIT_SECONDS) -> None:
        if n_at_once < 1:
            raise UnusableInput(f"`n_at_once` must be at least 1; got {n_at_once}. Let one question in at a time.")
        super().__init__(assistant)
        self._places = threading.BoundedSemaphore(n_at_once)
        self._wait_seconds = wait_seconds

    def ask(self, turns: Sequence[str]) -> Answer:
        """The answer to the last turn.

        Raises:
            Busy: No place became free in time.
        """
        return answer_of(self.stream(turns))

    def stream(self, turns: Sequence[str], *, cancelled: Cancelled = never) -> Generator[Event]:
        """The answer as it comes; while a chat model writes it, it takes no place.

        Raises:
            Busy: No place became free in time.
        """
        with ExitStack() as place:
            self._enter(place)
            # Closed with this, or a model would write on for nobody.
            with closing(self._assistant.stream(turns, cancelled=cancelled)) as events:
                for event in events:
                    if isinstance(event, Writing):
                        place.close()
                    yield event

    def draft(self, turns: Sequence[str]) -> Answer:
        """The answer in the articles' own words.

        Raises:
            Busy: No place became free in time.
        """
        with ExitStack() as place:
            self._enter(place)
            return self._assistant.draft(turns)

    def _enter(self, place: ExitStack) -> None:
        if not self._places.acquire(timeout=self._wait_seconds):
            raise Busy
        place.callback(self._places.release)
