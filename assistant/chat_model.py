"""What a chat model is to the rest: messages in, pieces of text out, or a failure of a kind that is told."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

DEFAULT_TOKENS = 8_192  # what is taken to fit into a model that nothing is known of
FailureKind = Literal["timeout", "unavailable", "rate_limited", "broken", "empty", "too_long", "cancelled"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message of a conversation with a chat model."""

    role: Literal["system", "user", "assistant"]
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What a reply took.

    Attributes:
        n_input_tokens: Tokens read, None when the provider does not say.
        n_output_tokens: Tokens written, None when the provider does not say.
        seconds: Wall-clock time from the call to the end of the reply, waiting included.
        n_tries: Times that it was asked for, from 1.
    """

    n_input_tokens: int | None
    n_output_tokens: int | None
    seconds: float
    n_tries: int


class ModelFailed(RuntimeError):
    """A chat model gave no reply that can be used. Its text never repeats what a provider said: that may hold a key.

    Attributes:
        kind: `timeout` (no whole reply in time), `unavailable` (not there, or all its places are taken),
            `rate_limited`, `broken` (the reply was cut off or cannot be read, or the request was refused), `empty`,
            `too_long` (the request or the reply exceeds what the model or we take) or `cancelled` (by whoever asked).
    """

    def __init__(self, message: str, *, kind: FailureKind = "broken") -> None:
        super().__init__(message)
        self.kind: FailureKind = kind


def never() -> bool:
    """Nobody stops the reply."""
    return False


class ChatModel(Protocol):
    """What words a text from instructions and material. Safe to be used by several threads at once.

    Attributes:
        name: As it was set, such as `openai:gpt-4o-mini`.
        n_context_tokens: What fits into it, the messages and the reply together.
    """

    name: str
    n_context_tokens: int

    def reply(self, system: str, user: str) -> str:
        """The model's reply, never blank.

        Raises:
            ModelFailed: There is no reply, or none in time.
            UnusableInput: The provider refuses the key.
        """
        ...

    def stream(
        self, messages: Sequence[Message], *, cancelled: Callable[[], bool] = never
    ) -> Generator[str, None, Usage]:
        """The pieces of a reply as they come, none of them empty; what it took is the generator's return value.

        A reply that is not wanted any more is stopped, its connection closed, when `cancelled` says so or the
        generator is closed.

        Raises:
            ModelFailed: The reply does not come, does not come to its end, or is blank.
            UnusableInput: The provider refuses the key.
        """
        ...
