"""Chat models by the names that LangChain gives them; the only file that knows LangChain."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, Protocol, TypeVar

from corpus.errors import UnusableInput

_T = TypeVar("_T")
_DEADLINE_SECONDS = 60.0
_MAX_RETRIES = 1
_EXAMPLES = "`openai:gpt-4o-mini`, `anthropic:claude-haiku-4-5` or `ollama:qwen3`"
_REFUSED = (401, 403)  # HTTP: no key, or one that is not allowed to
_PACKAGE = re.compile(r"pip install ([\w.\[\]-]+)")
_VARIABLE = re.compile(r"\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*_(?:KEY|TOKEN|ID|URL|ENDPOINT|REGION|PROJECT|CREDENTIALS)\b")
_UNKNOWN_PROVIDER = ("Unable to infer model provider", "Unsupported provider")


class ModelFailed(RuntimeError):
    """A chat model gave no reply that can be used: it was too late, an error came instead, or it says nothing."""


class ChatModel(Protocol):
    """What turns instructions and a text into a reply."""

    def reply(self, system: str, user: str) -> str:
        """The model's reply, never blank.

        Raises:
            ModelFailed: There is no reply, or none in time.
        """
        ...


def open_chat_model(name: str, *, deadline_seconds: float = _DEADLINE_SECONDS) -> ChatModel:
    """The chat model that LangChain's `init_chat_model` knows by `name`, at temperature 0.

    Nothing is sent before the first reply is asked for. The key is the provider's own environment variable.

    Args:
        name: Provider and model, such as `openai:gpt-4o-mini` or `ollama:qwen3`.
        deadline_seconds: Wall-clock time after which a call counts as failed, retries included. The timeout that the
            provider's client gets as well is none: it starts anew with every try and with every piece of a reply.

    Raises:
        UnusableInput: The name, the provider's package or its key is missing or not known.
    """
    if not name.strip():
        raise UnusableInput(f"`chat model` must be a provider and a model such as {_EXAMPLES}; got {name!r}. Name one.")
    provider = name.partition(":")[0].strip()
    options: dict[str, Any] = {"temperature": 0, "timeout": deadline_seconds, "max_retries": _MAX_RETRIES}
    if provider == "ollama":
        options["client_kwargs"] = {"timeout": deadline_seconds}

    def open_model() -> Any:  # noqa: ANN401 - LangChain's type stays behind the adapter
        from langchain.chat_models import init_chat_model

        return init_chat_model(name.strip(), **options)

    opened = _finished(open_model)
    if error := opened.exception():
        # No cause is chained here and below: what a provider says may repeat the key.
        raise _not_opened(name, provider, error) from None
    return _LangChainModel(opened.result(), name, provider, deadline_seconds)


class _LangChainModel:
    """A chat model of LangChain's as ours, each call within a deadline."""

    def __init__(self, model: Any, name: str, provider: str, deadline_seconds: float) -> None:  # noqa: ANN401
        self._model = model
        self._name = name
        self._provider = provider
        self._deadline_seconds = deadline_seconds

    def reply(self, system: str, user: str) -> str:
        """The model's reply to `user` under the instructions of `system`.

        Raises:
            ModelFailed: The model fails, is silent or takes longer than the deadline.
            UnusableInput: The provider refuses the key.
        """
        from langchain_core.messages import HumanMessage, SystemMessage

        messages = [SystemMessage(content=system), HumanMessage(content=user)]
        answered = _started(lambda: str(self._model.invoke(messages).text))
        try:
            error = answered.exception(timeout=self._deadline_seconds)
        except TimeoutError:
            raise ModelFailed(f"{self._name} did not reply within {self._deadline_seconds:g} seconds") from None
        if error:
            raise self._failure(error) from None
        text = answered.result()
        if not text.strip():
            raise ModelFailed(f"{self._name} gave an empty reply")
        return text

    def _failure(self, error: BaseException) -> Exception:
        status = getattr(error, "status_code", None)
        if status in _REFUSED:
            return UnusableInput(
                f"`chat model` must be one that accepts your key; {self._name!r} refused it with status {status}. "
                f"{_set_the_key(self._provider, error)}"
            )
        return ModelFailed(
            f"{self._name} failed with {type(error).__name__}" + (f", status {status}" if status else "")
        )


def _not_opened(name: str, provider: str, error: BaseException) -> UnusableInput:
    """Why a model cannot be opened, and what to do about it."""
    said = str(error)
    if isinstance(error, ImportError):
        package = _PACKAGE.search(said)
        wanted = package[1].rstrip(".") if package else (error.name or f"langchain-{provider}").replace("_", "-")
        return UnusableInput(
            f"`chat model` must be one whose package is installed; got {name!r}, which needs `{wanted}`. "
            f"Install it: `pip install {wanted}`."
        )
    if said.startswith(_UNKNOWN_PROVIDER):
        return UnusableInput(
            f"`chat model` must be a provider that LangChain knows and a model, such as {_EXAMPLES}; got {name!r}. "
            "Correct the name."
        )
    return UnusableInput(
        f"`chat model` must be one that can be opened; got {name!r}, which ended in {type(error).__name__}. "
        f"{_set_the_key(provider, error)}"
    )


def _set_the_key(provider: str, error: BaseException) -> str:
    """What to set, by the names alone that an error mentions: its text may repeat a key."""
    named = list(dict.fromkeys(_VARIABLE.findall(str(error)))) or [f"{provider.upper().replace('-', '_')}_API_KEY"]
    return f"Set {' or '.join(f'`{variable}`' for variable in named)} to what the provider gave you."


def _started(call: Callable[[], _T]) -> Future[_T]:
    """What comes of a call in a thread of its own, which does not keep the process alive when nobody waits any more."""
    future: Future[_T] = Future()
    threading.Thread(target=_finish, args=(future, call), name="chat-model", daemon=True).start()
    return future


def _finished(call: Callable[[], _T]) -> Future[_T]:
    """What comes of a call in this thread."""
    future: Future[_T] = Future()
    _finish(future, call)
    return future


def _finish(future: Future[_T], call: Callable[[], _T]) -> None:
    try:
        future.set_result(call())
    except Exception as error:  # noqa: BLE001 - every provider has its own; the caller tells them apart
        future.set_exception(error)
