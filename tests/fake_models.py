"""Chat models that say what a test tells them to."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field

from assistant.chat_model import Message, ModelFailed, Usage


@dataclass
class ScriptedModel:
    """Gives its replies one after the other, the last one again and again; an exception is raised where it stands.

    Attributes:
        script: Each reply in the pieces it comes in; one text is cut into pieces of seven characters.
        sent: The messages of every call.
    """

    script: Sequence[str | Sequence[str | Exception] | Exception]
    name: str = "openai:scripted"
    n_context_tokens: int = 8_192
    usage: Usage = field(default_factory=lambda: Usage(n_input_tokens=900, n_output_tokens=80, seconds=1.25, n_tries=1))
    sent: list[tuple[Message, ...]] = field(default_factory=list)
    n_closed: int = 0

    def reply(self, system: str, user: str) -> str:
        return "".join(self.stream((Message(role="system", text=system), Message(role="user", text=user))))

    def stream(
        self, messages: Sequence[Message], *, cancelled: Callable[[], bool] = lambda: False
    ) -> Generator[str, None, Usage]:
        reply = self.script[min(len(self.sent), len(self.script) - 1)]
        self.sent.append(tuple(messages))
        try:
            for piece in self._pieces(reply):
                if cancelled():
                    raise ModelFailed("stopped", kind="cancelled")
                if isinstance(piece, Exception):
                    raise piece
                yield piece
        finally:
            self.n_closed += 1
        return self.usage

    @staticmethod
    def _pieces(reply: str | Sequence[str | Exception] | Exception) -> Sequence[str | Exception]:
        if isinstance(reply, Exception):
            return [reply]
        return [reply[at : at + 7] for at in range(0, len(reply), 7)] if isinstance(reply, str) else reply


class HeldModel(ScriptedModel):
    """Gives the first `n_free` pieces at once, and the others when `may_go_on` is set; ends when it is cancelled.

    Attributes:
        n_inside: How many replies are being given.
    """

    n_free = 0
    n_inside = 0

    def __init__(self, script: Sequence[str], *, n_free: int = 0) -> None:
        super().__init__(script)
        self.n_free = n_free
        self.may_go_on = threading.Event()
        self.stopped = threading.Event()

    def stream(
        self, messages: Sequence[Message], *, cancelled: Callable[[], bool] = lambda: False
    ) -> Generator[str, None, Usage]:
        self.n_inside += 1
        stream = super().stream(messages, cancelled=cancelled)
        try:
            for _ in range(self.n_free):
                yield next(stream)
            while not self.may_go_on.wait(0.02):
                if cancelled():
                    self.stopped.set()
                    raise ModelFailed("stopped", kind="cancelled")
            usage: Usage = yield from stream
        finally:
            self.n_inside -= 1
        return usage
