"""A chat model of transformers that runs in this process; the only file of the assistant that knows transformers."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from assistant.chat_model import DEFAULT_TOKENS, Message, ModelFailed
from assistant.streamed_model import Arrived, Ended, Failed, StreamedModel
from corpus.errors import UnusableInput

_MAX_NEW_TOKENS = 2_048
_MOST_TOKENS = 1_000_000  # tokenizers that do not know their limit say 10^30
_HUB_ID = re.compile(r"\w[\w.-]*(?:/\w[\w.-]*)?")
_PROBE = (Message(role="system", text="xiaoka-system"), Message(role="user", text="xiaoka-user"))


def open_local_model(name: str, model: str, *, timeout_seconds: float, n_tokens: int) -> StreamedModel:
    """The chat model of a folder or Hugging Face id, loaded; it gives one reply at a time, always the likeliest words.

    Nothing is fetched for a folder. Code that comes with a model is never run.

    Args:
        name: As it was set, `huggingface:` included.
        model: The folder or id.
        timeout_seconds: Wall-clock time for a whole reply.
        n_tokens: What fits into the model; 0 for what its files say.

    Raises:
        UnusableInput: There is no such model, its files cannot be read, or it is none that chats.
    """
    folder = Path(model or "-").expanduser()
    if not folder.is_dir() and not _HUB_ID.fullmatch(model):
        raise UnusableInput(
            f"`model` must name a folder with a transformers model, or an id such as `huggingface:org/model`; "
            f"got {name!r}, and there is no such folder. Correct the path."
        )
    place = str(folder.absolute()) if folder.is_dir() else model
    try:
        source = _source(place, name)
    except UnusableInput:
        raise
    except (OSError, ValueError, KeyError, ImportError, RuntimeError) as error:
        raise UnusableInput(
            f"`model` must name a folder or id of a causal language model of transformers; got {name!r}, which cannot "
            f"be loaded ({type(error).__name__}). Check the name, or download the model first."
        ) from error
    return StreamedModel(
        source,
        name=name,
        n_context_tokens=min(n_tokens, source.n_context_tokens) if n_tokens else source.n_context_tokens,
        timeout_seconds=timeout_seconds,
        n_concurrent=1,
    )


@cache
def _source(place: str, name: str) -> _LocalSource:
    """A loaded model, once for the whole process: an assistant that is replaced leaves it to the next."""
    return _LocalSource(place, name)


class _LocalSource:
    """Replies of a model in this process."""

    def __init__(self, place: str, name: str) -> None:
        import torch
        from transformers import AutoModelForCausalLM, AutoTokenizer

        given: dict[str, Any] = {"local_files_only": Path(place).is_dir(), "trust_remote_code": False}
        self._name = name
        self._tokenizer: Any = AutoTokenizer.from_pretrained(place, **given)
        if not self._tokenizer.chat_template:
            raise UnusableInput(
                f"`model` must be one that chats; got {name!r}, whose files hold no chat template. "
                "Name one that was trained on instructions."
            )
        with _without_progress():
            self._model: Any = AutoModelForCausalLM.from_pretrained(place, dtype="auto", **given).eval()
        if torch.cuda.is_available():
            self._model.to("cuda")
        self._control = _any_of(self._tokenizer)
        self._takes_system = self._shows_the_system()
        # A reply that nobody waits for ends with its next token; until then, the next one waits here.
        self._one_at_a_time = threading.Lock()

    @property
    def n_context_tokens(self) -> int:
        """What fits into the model by its own files."""
        config = self._model.config.get_text_config()
        said = (getattr(config, "max_position_embeddings", None), self._tokenizer.model_max_length)
        return min((n for n in said if isinstance(n, int) and 0 < n <= _MOST_TOKENS), default=DEFAULT_TOKENS)

    def start(self, messages: Sequence[Message], put: Callable[[Arrived], None]) -> Callable[[], object]:
        """Begins a reply in a thread of its own and returns what stops it at the next token."""
        stopped = threading.Event()
        threading.Thread(
            target=self._run, args=(list(messages), put, stopped), name="local-chat-model", daemon=True
        ).start()
        return stopped.set

    def _run(self, messages: Sequence[Message], put: Callable[[Arrived], None], stopped: threading.Event) -> None:
        try:
            with self._one_at_a_time:
                put(self._generate(messages, put, stopped))
        except ModelFailed as error:
            put(Failed(error=error))
        except Exception as error:  # noqa: BLE001 - whatever it is, who waits for the reply must hear of it
            put(Failed(error=ModelFailed(f"{self._name} failed with {type(error).__name__}")))

    def _generate(self, messages: Sequence[Message], put: Callable[[Arrived], None], stopped: threading.Event) -> Ended:
        import torch
        from transformers import StoppingCriteriaList

        inputs = self._tokenizer.apply_chat_template(
            self._chat(messages), add_generation_prompt=True, return_tensors="pt", return_dict=True
        ).to(self._model.device)
        n_input = int(inputs["input_ids"].shape[1])
        room = self.n_context_tokens - n_input
        if room < 1:
            raise ModelFailed(
                f"{self._name} takes {self.n_context_tokens} tokens, and was given {n_input}", kind="too_long"
            )
        limit = min(room, _MAX_NEW_TOKENS)
        end_tokens = self._end_tokens()
        with torch.inference_mode():
            output = self._model.generate(
                **inputs,
                do_sample=False,
                temperature=None,
                top_p=None,
                top_k=None,
                max_new_tokens=limit,
                eos_token_id=end_tokens,
                pad_token_id=self._tokenizer.pad_token_id
                if self._tokenizer.pad_token_id is not None
                else end_tokens[0],
                streamer=_streamer(self._tokenizer, put),
                stopping_criteria=StoppingCriteriaList([_when(stopped)]),
            )[0]
        n_output = len(output) - n_input
        if n_output >= limit and int(output[-1]) not in end_tokens:
            raise ModelFailed(f"{self._name} was at the end of its tokens before the end of its reply", kind="too_long")
        return Ended(n_input_tokens=n_input, n_output_tokens=n_output)

    def _end_tokens(self) -> list[int]:
        said = self._model.generation_config.eos_token_id
        known = said if isinstance(said, list) else [said]
        return sorted({token for token in (*known, self._tokenizer.eos_token_id) if token is not None})

    def _chat(self, messages: Sequence[Message]) -> list[dict[str, str]]:
        """The messages as a chat template takes them, nothing in their text a token that steers the model."""
        chat = [{"role": message.role, "content": self._harmless(message.text)} for message in messages]
        if self._takes_system or not chat or chat[0]["role"] != "system" or len(chat) < 2:
            return chat
        first, second, *others = chat
        return [{**second, "content": f"{first['content']}\n\n{second['content']}"}, *others]

    def _harmless(self, text: str) -> str:
        # `<|im_end|>` in an article would end the message that it is quoted in.
        return self._control.sub(lambda found: f"{found[0][0]} {found[0][1:]}", text)

    def _shows_the_system(self) -> bool:
        """Whether the template has a place for instructions; others refuse them, or leave them out without a word."""
        chat = [{"role": message.role, "content": message.text} for message in _PROBE]
        try:
            return "xiaoka-system" in self._tokenizer.apply_chat_template(chat, tokenize=False)
        except Exception:  # noqa: BLE001 - templates raise errors of their own engine
            return False


@contextmanager
def _without_progress() -> Iterator[None]:
    """Keeps transformers from drawing bars on standard error."""
    from transformers.utils import logging

    drawing = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        if drawing:
            logging.enable_progress_bar()


def _any_of(tokenizer: Any) -> re.Pattern[str]:  # noqa: ANN401
    """What finds the tokens of a tokenizer that steer a model."""
    added = (str(token) for token in tokenizer.added_tokens_decoder.values() if token.special)
    control = {*added, *tokenizer.all_special_tokens}
    # The longest first: one may begin as another does.
    return re.compile("|".join(map(re.escape, sorted(filter(None, control), key=len, reverse=True))) or "(?!)")


def _streamer(tokenizer: Any, put: Callable[[Arrived], None]) -> Any:  # noqa: ANN401
    """What passes on the words of a reply as soon as they are whole."""
    from transformers import TextStreamer

    class Passing(TextStreamer):  # type: ignore[misc]
        def on_finalized_text(self, text: str, stream_end: bool = False) -> None:  # noqa: ARG002
            put(text)

    return Passing(tokenizer, skip_prompt=True, skip_special_tokens=True)


def _when(stopped: threading.Event) -> Any:  # noqa: ANN401
    """What ends a reply once it is stopped."""
    import torch
    from transformers import StoppingCriteria

    class Stopped(StoppingCriteria):  # type: ignore[misc]
        def __call__(self, input_ids: Any, scores: Any, **_: object) -> Any:  # noqa: ANN401, ARG002
            return torch.full((input_ids.shape[0],), stopped.is_set(), device=input_ids.device, dtype=torch.bool)

    return Stopped()
