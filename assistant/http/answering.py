"""Questions from the event loop to an assistant's threads and back."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing, suppress
from typing import TYPE_CHECKING

import anyio
import anyio.to_thread

from assistant.answer import Answer
from assistant.chat_model import ModelFailed
from assistant.http.bounded import N_AT_ONCE, WAIT_SECONDS, Busy
from assistant.streaming import MOST_WRITTEN, Writing

if TYPE_CHECKING:
    from assistant.start import Answers
    from assistant.streaming import Event

_LOOK_SECONDS = 0.5  # how often it is looked, while a model writes, whether the client is still there


class Left(Exception):
    """Whoever asked has gone, and nobody waits for the answer."""


class Answering:
    """Asks an assistant in threads: a bounded number at once, whoever came first first.

    Waiting takes no thread, and who leaves while waiting is never asked for. A question that was begun is finished: a
    thread cannot be stopped; its place is free afterwards. An answer that a chat model writes takes no place while the
    model is at work, and is given up when its client leaves.
    """

    def __init__(self, assistant: Answers, *, n_at_once: int = N_AT_ONCE, wait_seconds: float = WAIT_SECONDS) -> None:
        self._assistant = assistant
        self._places = anyio.CapacityLimiter(n_at_once)
        self._threads = anyio.CapacityLimiter(n_at_once + MOST_WRITTEN)
        self._wait_seconds = wait_seconds
        self._running: set[asyncio.Task[None]] = set()

    async def ask(self, turns: Sequence[str], has_left: Callable[[], Awaitable[bool]]) -> Answer:
        """The answer to the last of the turns.

        Args:
            turns: The user's turns, oldest first.
            has_left: Whether the client has closed its connection; asked after a wait, and while a model writes.

        Raises:
            Busy: No place became free in time.
            Left: The client has gone.
            UnusableInput: The assistant cannot use the question.
        """
        stopped = threading.Event()
        watching: asyncio.Task[None] | None = None
        answer = None
        try:
            async with aclosing(self.stream(turns, has_left, stopped)) as events:
                async for event in events:
                    if isinstance(event, Writing) and watching is None:
                        watching = asyncio.create_task(_stop_when_left(has_left, stopped))
                    if isinstance(event, Answer):
                        answer = event
        finally:
            if watching is not None:
                watching.cancel()
        assert answer is not None, "a stream without an answer raises"
        return answer

    async def stream(
        self,
        turns: Sequence[str],
        has_left: Callable[[], Awaitable[bool]],
        stopped: threading.Event | None = None,
    ) -> AsyncGenerator[Event]:
        """The answer as it comes, as `ask` gives it; closing what this returns gives it up.

        Raises:
            Busy: No place became free in time.
            Left: The client has gone while it waited, or `stopped` was set.
            UnusableInput: The assistant cannot use the question.
        """
        holder = object()
        await self._enter(holder, has_left)
        stopped = stopped or threading.Event()
        arrived: asyncio.Queue[Event | None] = asyncio.Queue()
        loop = asyncio.get_running_loop()

        def work() -> None:
            for event in self._assistant.stream(turns, cancelled=stopped.is_set):
                loop.call_soon_threadsafe(arrived.put_nowait, event)

        running = asyncio.create_task(anyio.to_thread.run_sync(work, limiter=self._threads))
        self._running.add(running)

        def end(_: asyncio.Task[None]) -> None:
            self._running.discard(running)
            self._leave(holder)
            arrived.put_nowait(None)

        running.add_done_callback(end)
        try:
            while (event := await arrived.get()) is not None:
                if isinstance(event, Writing):
                    self._leave(holder)
                yield event
            await running
        except ModelFailed as error:
            if error.kind == "cancelled":
                raise Left from error
            raise
        finally:
            stopped.set()
            if running.done() and not running.cancelled():
                running.exception()  # seen, also by nobody who waits

    async def _enter(self, holder: object, has_left: Callable[[], Awaitable[bool]]) -> None:
        try:
            self._places.acquire_on_behalf_of_nowait(holder)
        except anyio.WouldBlock:
            with anyio.move_on_after(self._wait_seconds) as waiting:
                await self._places.acquire_on_behalf_of(holder)
            if waiting.cancelled_caught:
                raise Busy from None
            try:
                left = await has_left()
            except BaseException:
                self._leave(holder)
                raise
            if left:
                self._leave(holder)
                raise Left from None

    def _leave(self, holder: object) -> None:
        """Frees the place of a question, if it still has one."""
        with suppress(RuntimeError):
            self._places.release_on_behalf_of(holder)


async def _stop_when_left(has_left: Callable[[], Awaitable[bool]], stopped: threading.Event) -> None:
    while not await has_left():
        await asyncio.sleep(_LOOK_SECONDS)
    stopped.set()
