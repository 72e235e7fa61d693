"""Chat models by the names that LangChain gives them; the only file that knows LangChain's."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import aclosing
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from assistant.chat_model import DEFAULT_TOKENS, ChatModel, FailureKind, Message, ModelFailed, Usage
from assistant.provider_errors import EXAMPLES, cannot_be_opened, explained, option_refused
from assistant.streamed_model import Arrived, Ended, Failed, StreamedModel
from corpus.errors import UnusableInput

__all__ = ["ChatModel", "FailureKind", "Message", "ModelFailed", "Usage", "open_chat_model", "open_model"]

_TIMEOUT_SECONDS = 60.0
_N_CONCURRENT = 4
_OWN = "huggingface"
# The providers whose servers people run themselves, or put a proxy before; each says when a reply is at its end.
_WITH_ADDRESS = ("openai", "ollama", "anthropic")
_OLLAMA_PORT = 11434
# A connection that is kept would outlive the model that it belongs to; a new one costs little beside a reply.
_HEADERS = {"Connection": "close"}
_BETWEEN_PIECES_SECONDS = 0.05
_ENDS = ("finish_reason", "stop_reason", "done_reason", "status")
_CUT = frozenset(("length", "max_tokens", "model_context_window_exceeded", "incomplete"))
_WITHHELD = frozenset(("content_filter", "refusal"))


def open_chat_model(name: str, *, deadline_seconds: float = _TIMEOUT_SECONDS) -> ChatModel:
    """The chat model of this name, with the key of the provider's own environment variable.

    Raises:
        UnusableInput: The name, the provider's package or its key is missing or not known.
    """
    return open_model(name, timeout_seconds=deadline_seconds)


def open_model(
    name: str,
    *,
    url: str = "",
    key: str = "",
    timeout_seconds: float = _TIMEOUT_SECONDS,
    n_tokens: int = 0,
    n_concurrent: int = _N_CONCURRENT,
) -> ChatModel:
    """The chat model of this name, at temperature 0. Nothing is sent before the first reply is asked for.

    Args:
        name: Provider and model as LangChain's `init_chat_model` takes them, such as `openai:gpt-4o-mini`;
            `huggingface:` and a folder or id, for one that runs in this process; with an address, any model's name.
        url: Address of an OpenAI-compatible or Ollama server; empty for the provider's own.
        key: What the provider gave out; empty for the provider's own environment variable, if it needs one.
        timeout_seconds: Wall-clock time after which a reply counts as failed, tries and waiting included.
        n_tokens: What fits into the model; 0 for what LangChain or the model itself knows of it.
        n_concurrent: Replies at the same time.

    Raises:
        UnusableInput: The name, the provider's package or its key is missing or not known.
    """
    if not name.strip():
        raise UnusableInput(f"`model` must be a provider and a model such as {EXAMPLES}; got {name!r}. Name one.")
    named = _named(name.strip(), url)
    if named.provider == _OWN:
        from assistant.local_model import open_local_model

        return open_local_model(name.strip(), named.model, timeout_seconds=timeout_seconds, n_tokens=n_tokens)
    options = _options(named, key, timeout_seconds, n_tokens)

    def open_without(refused: frozenset[str]) -> Any:  # noqa: ANN401 - LangChain's type stays behind the adapter
        return _init(named, {option: value for option, value in options.items() if option not in refused})

    opened = _finished(lambda: open_without(frozenset()))
    if error := opened.exception():
        # No cause is chained: what a provider says may repeat the key.
        raise cannot_be_opened(name, named.provider, error, key_given=bool(key)) from None
    model = opened.result()
    provider = named.provider or type(model).__module__.partition(".")[0].removeprefix("langchain_")
    return StreamedModel(
        _LangChainSource(model, open_without, name.strip(), provider, key_given=bool(key)),
        name=name.strip(),
        n_context_tokens=n_tokens or _known_tokens(model, provider),
        timeout_seconds=timeout_seconds,
        n_concurrent=n_concurrent,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Named:
    """A model, whose it is and where; an empty provider is LangChain's to infer from the model.

    Attributes:
        by_name: Whether the provider was named, and not taken from an address.
    """

    provider: str
    model: str
    url: str = ""
    by_name: bool = True


def _named(name: str, url: str) -> _Named:
    """Who is asked for what, and where.

    With an address, whatever stands before a colon and is none of the providers with one belongs to the model's name
    (`qwen3:8b`). An address without a path is Ollama's own on its port, else that of an OpenAI-compatible server,
    whose paths begin with `/v1`.
    """
    prefix, _, rest = name.partition(":")
    if prefix == _OWN:
        if url:
            raise UnusableInput(
                f"`model_url` must be empty for a model that runs in this process; got {url!r} with {name!r}. "
                "Leave one out."
            )
        return _Named(provider=_OWN, model=rest.strip())
    if not url:
        return _Named(provider=prefix.strip() if rest else "", model=name)
    parts = urlsplit(url)
    at_the_root = parts.path in ("", "/")
    by_name = prefix in _WITH_ADDRESS and bool(rest)
    if by_name:
        provider, model = prefix, rest
    else:
        provider, model = "ollama" if at_the_root and parts.port == _OLLAMA_PORT else "openai", name
    whole_url = f"{url.rstrip('/')}/v1" if provider == "openai" and at_the_root else url
    return _Named(provider=provider, model=model, url=whole_url, by_name=by_name)


def _options(named: _Named, key: str, timeout_seconds: float, n_tokens: int) -> dict[str, Any]:
    """What a provider's class is given. Its own timeout begins anew with every piece, so that ours is another."""
    from pydantic import SecretStr

    if named.provider == "ollama":
        headers = _HEADERS | ({"Authorization": f"Bearer {key}"} if key else {})
        return {
            "temperature": 0,
            "base_url": named.url or None,
            # Ollama cuts what does not fit without a word, and its own size is half of what we take for granted.
            "num_ctx": n_tokens or DEFAULT_TOKENS,
            "client_kwargs": {"timeout": timeout_seconds, "headers": headers},
        }
    options: dict[str, Any] = {"temperature": 0, "timeout": timeout_seconds, "max_retries": 0}
    if key:
        options["api_key"] = SecretStr(key)
    if named.url:
        options["base_url"] = named.url
        if named.provider == "openai":
            options["stream_usage"] = True
            # A server of one's own mostly needs no key, and no other server gets the one of OpenAI's variable.
            if not key and not named.by_name:
                options["api_key"] = SecretStr("none")
    if named.provider in _WITH_ADDRESS:
        options["default_headers"] = _HEADERS
    if named.provider == "openai":
        options["stream_chunk_timeout"] = timeout_seconds
    return options


def _init(named: _Named, options: Mapping[str, Any]) -> Any:  # noqa: ANN401
    from langchain.chat_models import init_chat_model

    if named.url:
        return init_chat_model(named.model, model_provider=named.provider, **options)
    return init_chat_model(named.model, **options)


def _known_tokens(model: Any, provider: str) -> int:  # noqa: ANN401
    """What LangChain's profile of a model says fits into it; the default where there is none."""
    profile = getattr(model, "profile", None) or {}
    known = profile.get("max_input_tokens")
    return known if isinstance(known, int) and known > 0 and provider != "ollama" else DEFAULT_TOKENS


class _LangChainSource:
    """Replies of a chat model of LangChain's, read on an event loop: there they can be stopped at any time."""

    def __init__(
        self,
        model: Any,  # noqa: ANN401
        open_without: Callable[[frozenset[str]], Any],
        name: str,
        provider: str,
        *,
        key_given: bool,
    ) -> None:
        self._model = model
        self._open_without = open_without
        self._refused: frozenset[str] = frozenset()
        self._name = name
        self._provider = provider
        self._key_given = key_given

    def start(self, messages: Sequence[Message], put: Callable[[Arrived], None]) -> Callable[[], object]:
        """Begins a reply and returns what stops it, its connection closed."""
        stopped = threading.Event()
        loop = _loop()
        running = asyncio.run_coroutine_threadsafe(self._run(messages, put, stopped), loop)

        def stop() -> None:
            stopped.set()
            if not running.done():
                # What is stopped between two pieces closes its connection at once. LangChain, cancelled then, would
                # leave it to the collector; so only what waits for a piece, deep in the provider's package, is.
                loop.call_soon_threadsafe(loop.call_later, _BETWEEN_PIECES_SECONDS, running.cancel)

        return stop

    async def _run(self, messages: Sequence[Message], put: Callable[[Arrived], None], stopped: threading.Event) -> None:
        while True:
            refused = self._refused
            try:
                put(await self._read(messages, put, stopped))
            except ModelFailed as error:
                put(Failed(error=error))
            except Exception as error:  # noqa: BLE001 - every provider has its own; they are told apart by their names
                option = option_refused(error)
                if option and option not in refused:
                    self._leave_out(option)
                    continue
                put(explained(error, self._name, self._provider, key_given=self._key_given))
            return

    def _leave_out(self, option: str) -> None:
        """Asks without an option from now on, unless another reply has come to that already."""
        if option not in self._refused:
            self._refused |= {option}
            self._model = self._open_without(self._refused)

    async def _read(
        self, messages: Sequence[Message], put: Callable[[Arrived], None], stopped: threading.Event
    ) -> Ended:
        counts: dict[str, int] = {}
        reason = ""
        async with aclosing(self._model.astream([(message.role, message.text) for message in messages])) as chunks:
            async for chunk in chunks:
                if stopped.is_set():
                    return Ended()
                put(str(chunk.text))
                # Some count up with every piece, others once; the highest is right for both.
                for name, value in (chunk.usage_metadata or {}).items():
                    if isinstance(value, int):
                        counts[name] = max(value, counts.get(name, 0))
                said = chunk.response_metadata
                reason = next((str(said[end]) for end in _ENDS if said.get(end)), reason)
        self._check_end(reason)
        return Ended(n_input_tokens=counts.get("input_tokens"), n_output_tokens=counts.get("output_tokens"))

    def _check_end(self, reason: str) -> None:
        """A reply that ends without saying so was cut by whatever stands between the model and us."""
        if reason in _CUT:
            raise ModelFailed(f"{self._name} was at the end of its tokens before the end of its reply", kind="too_long")
        if reason in _WITHHELD or (not reason and self._provider in _WITH_ADDRESS):
            raise ModelFailed(f"{self._name} did not bring its reply to an end ({reason or 'no reason given'})")


class _DaemonThreads(ThreadPoolExecutor):
    """A thread for each call, which does not keep the process alive when nobody waits for it any more."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:  # noqa: ANN401
        """What comes of a call."""
        future: Future[Any] = Future()
        threading.Thread(
            target=_finish, args=(future, lambda: fn(*args, **kwargs)), name="chat-model", daemon=True
        ).start()
        return future


_STARTING = threading.Lock()


def _loop() -> asyncio.AbstractEventLoop:
    """The event loop of all models: LangChain's packages share their connections between them, on one loop."""
    with _STARTING:
        return _started_loop()


@cache
def _started_loop() -> asyncio.AbstractEventLoop:
    loop = asyncio.new_event_loop()
    loop.set_default_executor(_DaemonThreads())
    threading.Thread(target=loop.run_forever, name="chat-models", daemon=True).start()
    return loop


def _finished(call: Callable[[], Any]) -> Future[Any]:
    """What comes of a call in this thread."""
    future: Future[Any] = Future()
    _finish(future, call)
    return future


def _finish(future: Future[Any], call: Callable[[], Any]) -> None:
    if not future.set_running_or_notify_cancel():
        return
    try:
        future.set_result(call())
    except Exception as error:  # noqa: BLE001 - every provider has its own; the caller tells them apart
        future.set_exception(error)
