"""A request for a chat completion in; the user's turns and how to reply out.

Questions are data: what system and developer messages say is not followed, and what an assistant is said to have
answered is not believed. Only the user's own messages count.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from assistant.http.bodies import MAX_TURNS, check_flag, check_length
from assistant.intake import kind_of
from corpus.errors import UnusableInput

MODEL = "xiaoka"
_ROLES = frozenset(("system", "developer", "user", "assistant", "tool", "function"))
_TEXT_PARTS = frozenset(("text", "input_text"))


class UnusableRequest(UnusableInput):
    """A request that cannot be replied to; `status`, `param` and `code` say why to a program."""

    def __init__(self, message: str, *, param: str | None = None, status: int = 400, code: str = "") -> None:
        super().__init__(message)
        self.param = param
        self.status = status
        self.code = code


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatRequest:
    """What is asked for.

    Attributes:
        turns: The user's turns, oldest first; the last is the question.
        streamed: Whether the reply comes in pieces.
        with_usage: Whether a streamed reply ends with its usage.
    """

    turns: tuple[str, ...]
    streamed: bool
    with_usage: bool


def read_chat_request(value: object) -> ChatRequest:
    """The request that a body's JSON value makes; parameters that would change nothing are passed over.

    Raises:
        UnusableRequest: It names another model, has no message of a user, asks with something other than text, or
            wants a reply of a kind that there is not: several, a call of a function, JSON or sound.
    """
    if not isinstance(value, dict):
        raise UnusableRequest(f"The body must be an object; got {kind_of(value)}.")
    model = value.get("model", MODEL)
    if model != MODEL:
        shown = repr(model[:100]) if isinstance(model, str) else kind_of(model)
        raise UnusableRequest(
            f"`model` must be {MODEL!r}; got {shown}.", param="model", status=404, code="model_not_found"
        )
    _refuse_what_there_is_not(value)
    options = value.get("stream_options")
    if not isinstance(options, dict | None):
        raise _unusable("stream_options", "an object", options)
    return ChatRequest(
        turns=_turns(value.get("messages")),
        streamed=_flag(value.get("stream"), "stream"),
        with_usage=_flag((options or {}).get("include_usage"), "stream_options.include_usage"),
    )


def _refuse_what_there_is_not(value: dict[str, Any]) -> None:
    n_replies = value.get("n")
    if n_replies is not None and (isinstance(n_replies, bool) or n_replies != 1):
        raise UnusableRequest("`n` must be 1: a question has one answer. Leave it out.", param="n")
    wanted = value.get("response_format")
    if wanted is not None and not (isinstance(wanted, dict) and wanted.get("type") == "text"):
        raise UnusableRequest(
            "`response_format` must be of type 'text'; the answer's fields are under `message.xiaoka`. Leave it out.",
            param="response_format",
        )
    # An offer of tools may be declined, a demand to call one cannot be met.
    for name in ("tool_choice", "function_call"):
        if value.get(name) not in (None, "none", "auto"):
            raise UnusableRequest(f"`{name}` must be 'none' or 'auto': no function is ever called here.", param=name)
    kinds = value.get("modalities")
    if kinds is not None and kinds != ["text"]:
        raise UnusableRequest("`modalities` must be ['text']; there is nothing else. Leave it out.", param="modalities")


def _turns(messages: object) -> tuple[str, ...]:
    if not isinstance(messages, list) or not messages:
        raise _unusable("messages", "a list of at least one message", messages)
    said = [(f"messages[{n}].content", message["content"]) for n, message in enumerate(_users(messages)) if message]
    if not said:
        raise UnusableRequest("`messages` must hold one of role 'user': the question. Add it.", param="messages")
    turns = [(name, _text(content, name)) for name, content in said]
    name, question = turns[-1]
    # What was refused when it was asked stays in a client's history; the conversation goes on without it.
    earlier = [text for _, text in turns[:-1] if _can_be_asked(text)]
    try:
        return (*earlier[1 - MAX_TURNS :], check_length(question))
    except UnusableInput as error:
        raise UnusableRequest(str(error), param=name) from error


def _users(messages: Sequence[object]) -> list[dict[str, Any] | None]:
    """Each message of a user, None in the place of another's."""
    found: list[dict[str, Any] | None] = []
    for n, message in enumerate(messages):
        if not isinstance(message, dict):
            raise _unusable(f"messages[{n}]", "an object", message)
        role = message.get("role")
        if not isinstance(role, str) or role not in _ROLES:
            names = ", ".join(sorted(_ROLES))
            raise UnusableRequest(f"`messages[{n}].role` must be one of {names}.", param=f"messages[{n}].role")
        found.append({"content": message.get("content")} if role == "user" else None)
    return found


def _text(content: object, name: str) -> str:
    """The text of a message's content: a text as it is, the texts of its parts by lines."""
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        raise _unusable(name, "a text or a list of text parts", content)
    for n, part in enumerate(content):
        if not (isinstance(part, dict) and part.get("type") in _TEXT_PARTS and isinstance(part.get("text"), str)):
            raise UnusableRequest(
                f"`{name}[{n}]` must be a part of type 'text'; only text can be asked with. Leave it out.", param=name
            )
    return "\n".join(part["text"] for part in content)


def _can_be_asked(text: str) -> bool:
    try:
        check_length(text)
    except UnusableInput:
        return False
    return True


def _flag(value: object, name: str) -> bool:
    try:
        return check_flag(value, name)
    except UnusableInput as error:
        raise UnusableRequest(str(error), param=name) from error


def _unusable(name: str, rule: str, value: object) -> UnusableRequest:
    return UnusableRequest(f"`{name}` must be {rule}; got {kind_of(value)}.", param=name)
