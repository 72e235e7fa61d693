"""An assistant that remembers its latest answers: many ask the same, and the articles stay what they are."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Generator, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from assistant.answer import EXTRACTIVE, Answer
from assistant.streaming import Cancelled, Event, answer_of, never
from assistant.wrapped import WrappedAssistant

if TYPE_CHECKING:
    from assistant.start import Evaluated

N_REMEMBERED = 1_000
_ASKED, _DRAFTED = "asked", "drafted"
_LONGEST_REMEMBERED = 2_000  # characters of all turns together; what is longer is nobody else's question


class RememberingAssistant(WrappedAssistant):
    """Passes everything on to another assistant, but no conversation twice while its answer is remembered.

    For an assistant that gives the same answer every time and is replaced when its articles change. What is remembered
    stays in memory and goes with this. Safe to be used by several threads at once.
    """

    def __init__(self, assistant: Evaluated, *, n_remembered: int = N_REMEMBERED) -> None:
        """An assistant over another one that remembers the `n_remembered` answers that were asked for last."""
        super().__init__(assistant)
        self._n_remembered = n_remembered
        self._answers: OrderedDict[tuple[str, ...], Answer] = OrderedDict()
        self._lock = threading.Lock()

    def ask(self, turns: Sequence[str]) -> Answer:
        """The answer to the last of the user's turns, which come oldest first; `timings_ms` are of this call."""
        return answer_of(self.stream(turns))

    def stream(self, turns: Sequence[str], *, cancelled: Cancelled = never) -> Generator[Event]:
        """The same answer as it comes; one that is remembered comes whole.

        An answer that stands in for a chat model's is not remembered: the next time the model may do better.
        """
        if known := self._known(_ASKED, turns):
            yield known
            return
        with closing(self._assistant.stream(turns, cancelled=cancelled)) as events:
            for event in events:
                if isinstance(event, Answer):
                    self._remember(_ASKED, turns, event)
                yield event

    def draft(self, turns: Sequence[str]) -> Answer:
        """The answer in the articles' own words."""
        known = self._known(_DRAFTED, turns)
        if known is None:
            known = self._assistant.draft(turns)
            self._remember(_DRAFTED, turns, known)
        return known

    def _known(self, way: str, turns: Sequence[str]) -> Answer | None:
        started = time.perf_counter()
        with self._lock:
            known = None
            for asked in ((way, *turns), (_DRAFTED, *turns)):
                found = self._answers.get(asked)
                if found is not None and (way == asked[0] or found.generator == EXTRACTIVE):
                    known = found
                    self._answers.move_to_end(asked)
                    break
        if known is None:
            return None
        total = round(1000 * (time.perf_counter() - started), 3)
        return replace(known, timings_ms=dict.fromkeys(known.timings_ms, 0.0) | {"total": total})

    def _remember(self, way: str, turns: Sequence[str], answer: Answer) -> None:
        if answer.notice is not None or sum(map(len, turns)) > _LONGEST_REMEMBERED:
            return
        # Where no model is set, both are the same answer, and it is kept once.
        way = _DRAFTED if answer.generator == EXTRACTIVE else way
        with self._lock:
            self._answers[way, *turns] = answer
            if len(self._answers) > self._n_remembered:
                self._answers.popitem(last=False)


@contextmanager
def remembering(opened: AbstractContextManager[Evaluated]) -> Iterator[Evaluated]:
    """The assistant of a context, with a memory that lasts as long."""
    with opened as assistant:
        yield RememberingAssistant(assistant)
