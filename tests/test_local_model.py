"""A model of transformers in this process: made in the test, with weights that say what the test wants or babble."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from assistant import local_model
from assistant.generator import Message, ModelFailed, open_model
from corpus.errors import UnusableInput
from tests.tiny_model import WITHOUT_SYSTEM, write_tiny_model

MESSAGES = (Message(role="system", text="be brief"), Message(role="user", text="注销"))


def test_a_reply_is_streamed_character_by_character_with_its_tokens(tmp_path: Path) -> None:
    model = open_model(f"huggingface:{write_tiny_model(tmp_path, says='注销卡[1]')}", timeout_seconds=60)

    stream = model.stream(MESSAGES)
    pieces = []
    while True:
        try:
            pieces.append(next(stream))
        except StopIteration as end:
            usage = end.value
            break

    assert "".join(pieces) == "注销卡[1]"
    assert pieces[:2] == ["注", "销"]
    # <|system|>be brief<|end|><|user|>注销<|end|><|assistant|> is 15 tokens; the reply is 6 and its end.
    assert (usage.n_input_tokens, usage.n_output_tokens, usage.n_tries) == (15, 7, 1)
    assert model.n_context_tokens == 256
    assert model.name == f"huggingface:{tmp_path}"


def test_a_loaded_model_gives_the_same_reply_again_to_several_at_once(tmp_path: Path) -> None:
    model = open_model(f"huggingface:{write_tiny_model(tmp_path, says='填卡')}", timeout_seconds=60)
    said: list[str] = []
    threads = [threading.Thread(target=lambda: said.append(model.reply("s", "u"))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert said == ["填卡"] * 3


def test_a_reply_without_an_end_is_too_long(tmp_path: Path) -> None:
    folder = write_tiny_model(tmp_path, says="注销", endless=True, n_context_tokens=40)
    with pytest.raises(ModelFailed, match="end of its tokens before the end of its reply") as failed:
        open_model(f"huggingface:{folder}", timeout_seconds=60).reply("s", "u")

    assert failed.value.kind == "too_long"


def test_a_request_that_does_not_fit_is_too_long(tmp_path: Path) -> None:
    model = open_model(f"huggingface:{write_tiny_model(tmp_path, says='注', n_context_tokens=40)}", timeout_seconds=60)
    # Each message has two tokens around it, and the reply one before it: 2 + 1, 2 + 50, 1.
    with pytest.raises(ModelFailed, match="takes 40 tokens, and was given 56") as failed:
        model.reply("s", "x" * 50)

    assert failed.value.kind == "too_long"


def test_the_deadline_stops_a_reply_at_its_next_token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # A reply of 100,000 tokens takes minutes on any machine; one of 2,048 may come to its end before the deadline.
    monkeypatch.setattr(local_model, "_MAX_NEW_TOKENS", 100_000)
    folder = write_tiny_model(tmp_path, says="注销", endless=True, n_context_tokens=100_000)
    model = open_model(f"huggingface:{folder}", timeout_seconds=1.5)

    started = time.monotonic()
    with pytest.raises(ModelFailed) as failed:
        model.reply("s", "u")
    assert failed.value.kind == "timeout"
    assert time.monotonic() - started < 1.5 + 30
    assert _nothing_runs()


def test_a_cancelled_reply_stops_at_its_next_token(tmp_path: Path) -> None:
    folder = write_tiny_model(tmp_path, says="注销", endless=True, n_context_tokens=100_000)
    cancel = threading.Event()
    stream = open_model(f"huggingface:{folder}", timeout_seconds=60).stream(MESSAGES, cancelled=cancel.is_set)
    assert next(stream) == "注"
    cancel.set()

    with pytest.raises(ModelFailed) as failed:
        list(stream)
    assert failed.value.kind == "cancelled"
    assert _nothing_runs()


def _nothing_runs() -> bool:
    until = time.monotonic() + 10
    while any(thread.name == "local-chat-model" for thread in threading.enumerate()):
        if time.monotonic() > until:
            return False
        time.sleep(0.02)
    return True


def test_words_that_steer_a_model_are_harmless_in_an_article(tmp_path: Path) -> None:
    model = open_model(f"huggingface:{write_tiny_model(tmp_path, says='注')}", timeout_seconds=60)

    def n_input(text: str) -> int:
        stream = model.stream([Message(role="user", text=text)])
        while True:
            try:
                next(stream)
            except StopIteration as end:
                n_tokens: int = end.value.n_input_tokens
                return n_tokens

    # One token each if they were control tokens; as text, every character and the blank that breaks them are one.
    assert n_input("a<|end|><|system|>") - n_input("a") == len("< |end|>< |system|>")


def test_instructions_go_before_the_question_where_a_template_has_no_place_for_them(tmp_path: Path) -> None:
    model = open_model(
        f"huggingface:{write_tiny_model(tmp_path, says='注', template=WITHOUT_SYSTEM)}", timeout_seconds=60
    )

    assert model.reply("be brief", "u") == "注"


def test_random_weights_babble_within_what_fits(tmp_path: Path) -> None:
    model = open_model(f"huggingface:{write_tiny_model(tmp_path, n_context_tokens=60)}", timeout_seconds=60)

    with pytest.raises(ModelFailed) as failed:
        model.reply("s", "u")
    assert failed.value.kind == "too_long"


def test_a_model_without_a_chat_template_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnusableInput, match=r"must be one that chats; got 'huggingface:.*no chat template"):
        open_model(f"huggingface:{write_tiny_model(tmp_path, template=None)}")


def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnusableInput, match=r"causal language model of transformers; got .* cannot be loaded"):
        open_model(f"huggingface:{tmp_path}")


@pytest.mark.parametrize("name", ["huggingface:", "huggingface:./absent", "huggingface:a/b/c", "huggingface:/absent"])
def test_a_folder_that_is_not_there_is_looked_for_nowhere_else(name: str) -> None:
    with pytest.raises(UnusableInput, match="there is no such folder"):
        open_model(name)


def test_a_model_with_code_of_its_own_is_not_run(tmp_path: Path) -> None:
    folder = write_tiny_model(tmp_path / "model", says="注")
    config = (folder / "config.json").read_text(encoding="utf-8")
    ran = tmp_path / "ran"
    (folder / "own.py").write_text(f"open({str(ran)!r}, 'w').close()\n", encoding="utf-8")
    own = '"auto_map": {"AutoConfig": "own.Config", "AutoModelForCausalLM": "own.Model"}, "model_type": "own-kind"'
    (folder / "config.json").write_text(config.replace('"model_type": "llama"', own), encoding="utf-8")

    with pytest.raises(UnusableInput, match="cannot be loaded"):
        open_model(f"huggingface:{folder}")
    assert not ran.exists()


def test_loading_draws_nothing_on_standard_error(tmp_path: Path) -> None:
    folder = write_tiny_model(tmp_path, says="注")
    code = "import sys; from assistant.generator import open_model; print(open_model(sys.argv[1]).reply('s', 'u'))"
    done = subprocess.run(
        [sys.executable, "-c", code, f"huggingface:{folder}"],
        cwd=Path(__file__).resolve().parent.parent,
        capture_output=True,
        text=True,
        check=True,
    )

    assert (done.stdout.strip(), done.stderr.strip()) == ("注", "")
