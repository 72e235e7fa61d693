"""A chat model over a source of pieces: within a deadline, a number of tries, of replies at once, and a length."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Protocol

from assistant.chat_model import Message, ModelFailed, Usage, never
from corpus.errors import UnusableInput

MAX_REPLY_CHARACTERS = 200_000
_MAX_TRIES = 4
_FIRST_WAIT_SECONDS = 0.5
_LOOK_SECONDS = 0.05  # how often it is looked whether nobody wants the reply any more


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """The end of a reply, with the tokens that the provider counted."""

    n_input_tokens: int | None = None
    n_output_tokens: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """The end of a try without a reply.

    Attributes:
        error: What is raised, unless it is tried again.
        passing: Whether another try may do better.
        wait_seconds: How long the provider asks to wait before; None when it does not say.
    """

    error: ModelFailed | UnusableInput
    passing: bool = False
    wait_seconds: float | None = None


Arrived = str | Ended | Failed


class Source(Protocol):
    """Where the pieces of a reply come from."""

    def start(self, messages: Sequence[Message], put: Callable[[Arrived], None]) -> Callable[[], object]:
        """Begins a reply and returns at once, with what stops it.

        Every piece is `put`, then one `Ended` or `Failed`, from any thread. Stopping one that has ended does nothing.
        """
        ...


class StreamedModel:
    """A chat model over a source: within a deadline, a number of replies at once, and a length."""

    def __init__(
        self, source: Source, *, name: str, n_context_tokens: int, timeout_seconds: float, n_concurrent: int
    ) -> None:
        """A model of this name.

        Args:
            source: Where replies come from.
            name: As it was set.
            n_context_tokens: What fits into it.
            timeout_seconds: Wall-clock time for a whole reply: waiting for a place, tries and slow pieces included.
            n_concurrent: Replies at the same time; who comes then waits half of that time for a place.
        """
        self.name = name
        self.n_context_tokens = n_context_tokens
        self._source = source
        self._timeout_seconds = timeout_seconds
        self._n_concurrent = n_concurrent
        self._places = threading.BoundedSemaphore(n_concurrent)

    def reply(self, system: str, user: str) -> str:
        """The model's reply to `user` under the instructions of `system`, never blank.

        Raises:
            ModelFailed: The model fails, is silent or takes longer than the deadline.
            UnusableInput: The provider refuses the key.
        """
        return "".join(self.stream((Message(role="system", text=system), Message(role="user", text=user))))

    def stream(
        self, messages: Sequence[Message], *, cancelled: Callable[[], bool] = never
    ) -> Generator[str, None, Usage]:
        """The pieces of a reply as they come; what it took is the generator's return value.

        Raises:
            ModelFailed: The reply does not come, does not come to its end, or is blank.
            UnusableInput: The provider refuses the key.
        """
        watch = _Watch(self.name, self._timeout_seconds, cancelled)
        self._take_place(watch)
        try:
            n_tries = 1
            while isinstance(ended := (yield from self._one_try(messages, watch)), Failed):
                n_tries += 1
                watch.wait_before_try(n_tries, ended)
        finally:
            self._places.release()
        return Usage(
            n_input_tokens=ended.n_input_tokens,
            n_output_tokens=ended.n_output_tokens,
            seconds=watch.seconds,
            n_tries=n_tries,
        )

    def _take_place(self, watch: _Watch) -> None:
        waiting_seconds = self._timeout_seconds / 2
        while not self._places.acquire(timeout=_LOOK_SECONDS):
            watch.look()
            if watch.seconds >= waiting_seconds:
                raise ModelFailed(
                    f"{self.name} was busy with {self._n_concurrent} other replies for {waiting_seconds:g} seconds",
                    kind="unavailable",
                )

    def _one_try(self, messages: Sequence[Message], watch: _Watch) -> Generator[str, None, Ended | Failed]:
        """The pieces of one try; returns how it ended, a failure only when another try can be made."""
        arrived = _Arrivals(self.name)
        begun, blank = False, True
        stop = self._source.start(messages, arrived.put)
        try:
            while True:
                item = watch.next_of(arrived)
                if isinstance(item, str):
                    blank = blank and not item.strip()
                    begun = True
                    yield item
                elif isinstance(item, Failed):
                    if begun:
                        raise _cut_off(item.error)
                    if not item.passing:
                        raise item.error
                    return item
                elif blank:
                    raise ModelFailed(f"{self.name} gave an empty reply", kind="empty")
                else:
                    return item
        finally:
            stop()


class _Arrivals:
    """What a source puts and a reader has not taken yet; never more than the longest reply."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._queue: SimpleQueue[Arrived] = SimpleQueue()
        self._n_characters = 0

    def put(self, item: Arrived) -> None:
        """Keeps an item. A reply that grows too long ends in a failure, and the rest of it is dropped."""
        if self._n_characters > MAX_REPLY_CHARACTERS or item == "":
            return
        if isinstance(item, str):
            self._n_characters += len(item)
            if self._n_characters > MAX_REPLY_CHARACTERS:
                message = f"{self._name} gave a reply of more than {MAX_REPLY_CHARACTERS:,} characters"
                item = Failed(error=ModelFailed(message, kind="too_long"))
        self._queue.put(item)

    def take(self, timeout_seconds: float) -> Arrived | None:
        """The next item; None when none comes in time."""
        try:
            return self._queue.get(timeout=timeout_seconds)
        except Empty:
            return None


class _Watch:
    """The time that a reply has taken, and whether it is still wanted."""

    def __init__(self, name: str, timeout_seconds: float, cancelled: Callable[[], bool]) -> None:
        self._name = name
        self._timeout_seconds = timeout_seconds
        self._cancelled = cancelled
        self._started = time.monotonic()

    @property
    def seconds(self) -> float:
        """What has passed since the call."""
        return time.monotonic() - self._started

    def look(self) -> float:
        """The seconds that are left, more than 0.

        Raises:
            ModelFailed: The reply is cancelled, or its time is over.
        """
        if self._cancelled():
            raise ModelFailed(f"{self._name} was stopped by whoever asked", kind="cancelled")
        left = self._timeout_seconds - self.seconds
        if left <= 0:
            raise ModelFailed(f"{self._name} did not reply within {self._timeout_seconds:g} seconds", kind="timeout")
        return left

    def next_of(self, arrived: _Arrivals) -> Arrived:
        """What arrives next.

        Raises:
            ModelFailed: The reply is cancelled, or its time is over.
        """
        while (item := arrived.take(min(self.look(), _LOOK_SECONDS))) is None:
            pass
        return item

    def wait_before_try(self, n_try: int, failed: Failed) -> None:
        """Waits as long as the provider asks for, else twice as long each time and never exactly as long as others.

        Raises:
            ModelFailed: There is no time for another try or there were enough of them; or the reply is cancelled.
        """
        wait = failed.wait_seconds
        if wait is None:
            wait = _FIRST_WAIT_SECONDS * 2 ** (n_try - 2) * random.uniform(0.5, 1)
        if n_try > _MAX_TRIES or wait >= self.look():
            raise failed.error
        until = self.seconds + wait
        while (left := until - self.seconds) > 0:
            self.look()
            time.sleep(min(left, _LOOK_SECONDS))


def _cut_off(error: ModelFailed | UnusableInput) -> ModelFailed | UnusableInput:
    """An error in the middle of a reply: whatever it was, a part of the reply is there and the rest is not."""
    if isinstance(error, ModelFailed) and error.kind in ("unavailable", "rate_limited"):
        return ModelFailed(str(error), kind="broken")
    return error
