"""Chat models by name: what is passed on, what is refused, and what is never repeated."""

from __future__ import annotations

import sys
import threading
import time
import types
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from assistant.generator import Message, ModelFailed, open_chat_model, open_model
from corpus.errors import UnusableInput

KEY = "sk-very-secret-1234567890"
Provider = Callable[[Callable[..., Any]], None]


class ProviderError(Exception):
    """An error of a provider's own, which is no ValueError and repeats the key."""

    def __init__(self, message: str, status_code: int | None = None) -> None:
        super().__init__(message)
        self.status_code = status_code


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Iterator[Provider]:
    """Makes `xai:…` a model that the given function opens, through LangChain's own way of finding it."""
    from langchain.chat_models import base

    def install(opens: Callable[..., Any]) -> None:
        base._get_chat_model_creator.cache_clear()
        module = types.ModuleType("langchain_xai")
        module.ChatXAI = lambda **options: opens(**options)  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, "langchain_xai", module)

    yield install
    base._get_chat_model_creator.cache_clear()


def scripted(act: Callable[[str, str], str]) -> Callable[..., Any]:
    """What opens a LangChain model that replies with `act(system, user)`."""
    from langchain_core.language_models.chat_models import SimpleChatModel
    from langchain_core.messages import BaseMessage

    class Scripted(SimpleChatModel):
        @property
        def _llm_type(self) -> str:
            return "scripted"

        def _call(self, messages: list[BaseMessage], **_options: object) -> str:
            assert [message.type for message in messages] == ["system", "human"]
            return act(messages[0].text, messages[1].text)

    return lambda **_options: Scripted()


def test_a_reply_is_the_models_text(provider: Provider) -> None:
    provider(scripted(lambda system, user: f"{system}|{user}"))

    assert open_chat_model("xai:m").reply("be brief", "{x} [1]") == "be brief|{x} [1]"


def test_replies_of_langchains_own_fakes_are_read(provider: Provider) -> None:
    from langchain_core.language_models.fake_chat_models import FakeListChatModel, GenericFakeChatModel

    provider(lambda **_options: FakeListChatModel(responses=["first", "second"]))
    model = open_chat_model("xai:m")
    assert [model.reply("s", "u"), model.reply("s", "u")] == ["first", "second"]

    provider(lambda **_options: GenericFakeChatModel(messages=iter(["1: yes"])))
    # It streams a word and a blank at a time.
    assert list(open_chat_model("xai:m").stream([Message(role="user", text="u")])) == ["1:", " ", "yes"]


def test_the_text_of_a_piece_made_of_blocks_is_read(provider: Provider) -> None:
    from langchain_core.language_models.chat_models import SimpleChatModel
    from langchain_core.messages import AIMessageChunk
    from langchain_core.outputs import ChatGenerationChunk

    class Thinking(SimpleChatModel):
        @property
        def _llm_type(self) -> str:
            return "thinking"

        def _call(self, *_: object, **_options: object) -> str:
            raise NotImplementedError

        def _stream(self, *_: object, **_options: object) -> Iterator[ChatGenerationChunk]:
            for block in ({"type": "reasoning", "reasoning": "hm"}, {"type": "text", "text": "1: "}, "yes"):
                content = block if isinstance(block, str) else [block]
                yield ChatGenerationChunk(message=AIMessageChunk(content=content))

    provider(lambda **_options: Thinking())
    assert list(open_chat_model("xai:m").stream([Message(role="user", text="u")])) == ["1: ", "yes"]


def test_a_model_is_opened_cold_with_a_timeout_and_tries_of_our_own(provider: Provider) -> None:
    given: dict[str, Any] = {}
    provider(lambda **options: given.update(options))

    open_chat_model("xai:grok-mini", deadline_seconds=12)

    assert given == {"model": "grok-mini", "temperature": 0, "timeout": 12, "max_retries": 0}


def test_a_key_is_given_as_a_secret(provider: Provider) -> None:
    given: dict[str, Any] = {}
    provider(lambda **options: given.update(options))

    open_model("xai:grok-mini", key=KEY)

    assert given["api_key"].get_secret_value() == KEY
    assert KEY not in repr(given)


@pytest.mark.parametrize(
    ("profile", "n_tokens", "expected"),
    [({"max_input_tokens": 131_072}, 0, 131_072), ({"max_input_tokens": 131_072}, 4_096, 4_096), ({}, 0, 8_192)],
)
def test_what_fits_into_a_model_is_set_or_its_profiles_or_a_default(
    provider: Provider, profile: dict[str, int], n_tokens: int, expected: int
) -> None:
    opens = scripted(lambda _system, _user: "x")

    def with_profile(**options: object) -> object:
        model = opens(**options)
        model.profile = profile
        return model

    provider(with_profile)
    assert open_model("xai:m", n_tokens=n_tokens).n_context_tokens == expected


def test_a_model_that_hangs_fails_at_the_deadline(provider: Provider) -> None:
    release = threading.Event()
    provider(scripted(lambda _system, _user: str(release.wait(30))))
    model = open_chat_model("xai:slow", deadline_seconds=0.2)

    started = time.monotonic()
    with pytest.raises(ModelFailed, match=r"xai:slow did not reply within 0\.2 seconds") as failed:
        model.reply("s", "u")

    assert failed.value.kind == "timeout"
    assert time.monotonic() - started < 5
    # Who waits for it no more must not wait for it at the end either.
    assert all(thread.daemon for thread in threading.enumerate() if thread.name.startswith("chat-model"))
    release.set()


@pytest.mark.parametrize("reply", ["", " \n"])
def test_an_empty_reply_is_a_failure(provider: Provider, reply: str) -> None:
    provider(scripted(lambda _system, _user: reply))

    with pytest.raises(ModelFailed, match="empty reply"):
        open_chat_model("xai:m").reply("s", "u")


@pytest.mark.parametrize(
    ("error", "message", "kind"),
    [
        (ProviderError(f"no model for {KEY}", 404), "xai:m failed with ProviderError, status 404", "unavailable"),
        (ProviderError(f"what is {KEY}?", 400), "xai:m failed with ProviderError, status 400", "broken"),
        (TimeoutError(KEY), "xai:m failed with TimeoutError", "timeout"),
        (RecursionError(KEY), "xai:m failed with RecursionError", "broken"),
    ],
)
def test_an_error_of_a_call_is_a_failure_without_its_text(
    provider: Provider, error: Exception, message: str, kind: str
) -> None:
    def act(_system: str, _user: str) -> str:
        raise error

    provider(scripted(act))
    with pytest.raises(ModelFailed) as failed:
        open_chat_model("xai:m").reply("s", "u")

    assert str(failed.value) == message
    assert failed.value.kind == kind
    assert failed.value.__context__ is None


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_key_is_the_callers_to_set(provider: Provider, status: int) -> None:
    def act(_system: str, _user: str) -> str:
        raise ProviderError(f"Incorrect key {KEY}", status)

    provider(scripted(act))
    with pytest.raises(UnusableInput, match=rf"refused it with status {status}\. Set `XAI_API_KEY`") as refused:
        open_chat_model("xai:m").reply("s", "u")

    assert KEY not in str(refused.value)


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "langchain_upstage", None)

    with pytest.raises(UnusableInput, match=r"needs `langchain-upstage`\. Install it: `pip install langchain-upstage`"):
        open_chat_model("upstage:solar-mini")


def test_a_package_that_a_providers_own_needs_is_named(provider: Provider) -> None:
    def opens(**_options: object) -> object:
        raise ImportError("no such module", name="some_sdk")

    provider(opens)
    with pytest.raises(UnusableInput, match="`pip install some-sdk`"):
        open_chat_model("xai:m")


@pytest.mark.parametrize("name", ["openai:small", "gpt-4o", "ollama:small", "anthropic:small"])
def test_the_extra_of_a_missing_package_is_named(
    provider: Provider, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    provider(lambda **_options: None)  # forgets what was imported
    extra = "openai" if name == "gpt-4o" else name.partition(":")[0]
    monkeypatch.setitem(sys.modules, f"langchain_{extra}", None)

    with pytest.raises(UnusableInput, match=rf"Install it: `pip install 'xiaoka\[{extra}\]'`"):
        open_model(name, key=KEY)


@pytest.mark.parametrize("name", ["nobody:model", "some-model"])
def test_an_unknown_provider_is_refused(name: str) -> None:
    with pytest.raises(UnusableInput, match=rf"a provider that LangChain knows and a model, .*; got '{name}'"):
        open_chat_model(name)


@pytest.mark.parametrize("name", ["", "  "])
def test_an_empty_name_is_refused(name: str) -> None:
    with pytest.raises(UnusableInput, match="`model` must be a provider and a model"):
        open_chat_model(name)


@pytest.mark.parametrize(
    ("error", "advice"),
    [
        (
            ProviderError(f"set `SOME_API_KEY` or SOME_ADMIN_KEY; got {KEY}"),
            "Set `SOME_API_KEY` or `SOME_ADMIN_KEY` to",
        ),
        (ValueError(f"input_value={{'api_key': '{KEY}'}}"), "Set `XAI_API_KEY` to"),
    ],
)
def test_a_missing_key_is_named_and_no_key_is_shown(provider: Provider, error: Exception, advice: str) -> None:
    def opens(**_options: object) -> object:
        raise error

    provider(opens)
    with pytest.raises(UnusableInput, match=advice) as refused:
        open_chat_model("xai:m")

    assert KEY not in str(refused.value)
    assert refused.value.__cause__ is None
    assert refused.value.__suppress_context__
