"""Chat models over real HTTP: every way in which a server can go wrong, of which kind it is told, and how soon."""

from __future__ import annotations

import gc
import logging
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from assistant import streamed_model
from assistant.generator import ChatModel, Message, ModelFailed, Usage, open_model
from corpus.errors import UnusableInput
from tests.model_servers import Reply, Request, Script, ScriptedServer, Wire

ROOT = Path(__file__).resolve().parent.parent
KEY = "sk-nobodys-key-1234567890"
MESSAGES = (Message(role="system", text="Be brief."), Message(role="user", text="怎么注销？"))
TEXT = "1. 带好证件。[1]\n2. 填表。[2]"
WIRES: tuple[Wire, ...] = ("openai", "ollama", "anthropic")
# A busy machine may take this much longer than it is asked to.
SLACK_SECONDS = 3.0


@contextmanager
def opened(
    script: Script, wire: Wire = "openai", *, server_key: str = "", **options: object
) -> Iterator[tuple[ChatModel, ScriptedServer]]:
    with ScriptedServer(script, wire=wire, key=server_key) as server:
        settings: dict[str, Any] = {"url": server.url, "key": KEY, "timeout_seconds": 20.0} | options
        yield open_model(f"{wire}:m", **settings), server


def read(model: ChatModel, cancelled: Callable[[], bool] = lambda: False) -> tuple[list[str], Usage]:
    """Every piece of a reply, and what it took."""
    stream = model.stream(MESSAGES, cancelled=cancelled)
    pieces = []
    while True:
        try:
            pieces.append(next(stream))
        except StopIteration as end:
            return pieces, end.value


def failure(model: ChatModel) -> tuple[list[str], ModelFailed, float]:
    """The pieces that came, how it failed, and after how many seconds."""
    pieces: list[str] = []
    started = time.monotonic()
    with pytest.raises(ModelFailed) as failed:
        pieces.extend(model.stream(MESSAGES))
    return pieces, failed.value, time.monotonic() - started


@pytest.mark.parametrize("wire", WIRES)
def test_a_reply_is_streamed_with_its_tokens(wire: Wire) -> None:
    with opened(Reply(TEXT), wire) as (model, server):
        pieces, usage = read(model)

    assert pieces == ["1. 带好证件。", "[1]\n2. 填", "表。[2]"]
    assert (usage.n_input_tokens, usage.n_output_tokens, usage.n_tries) == (11, 7, 1)
    assert 0 < usage.seconds < 20
    [request] = server.requests
    said = [(m["role"], m["content"]) for m in request.body["messages"]]
    system = [("system", request.body["system"])] if wire == "anthropic" else []
    assert system + said == [("system", "Be brief."), ("user", "怎么注销？")]


def test_pieces_are_passed_on_while_the_reply_goes_on() -> None:
    with opened(Reply(TEXT, hang_after=1)) as (model, _):
        stream = model.stream(MESSAGES)
        assert next(stream) == "1. 带好证件。"
        stream.close()


@pytest.mark.parametrize("wire", WIRES)
def test_a_reply_is_read_whole(wire: Wire) -> None:
    with opened(Reply(TEXT), wire) as (model, _):
        assert model.reply("Be brief.", "怎么注销？") == TEXT


@pytest.mark.parametrize("wire", WIRES)
def test_the_key_is_sent_and_nothing_else_knows_it(wire: Wire) -> None:
    with opened(Reply(TEXT), wire, server_key=KEY) as (model, server):
        read(model)

    [request] = server.requests
    header = "x-api-key" if wire == "anthropic" else "authorization"
    assert request.headers[header].removeprefix("Bearer ") == KEY
    assert KEY not in repr(model) + str(vars(model)) + str(request.body)


ENDINGS: dict[str, tuple[Reply, int, str, str]] = {
    # reply: pieces that come, kind, message
    "empty": (Reply(""), 0, "empty", "gave an empty reply"),
    "blank": (Reply(" \n\n"), 1, "empty", "gave an empty reply"),
    "cut before": (Reply(TEXT, cut_after=0), 0, "unavailable", "failed with"),
    "cut": (Reply(TEXT, cut_after=2), 2, "broken", "failed with"),
    "ends early": (Reply(TEXT, end_after=2), 2, "broken", r"did not bring its reply to an end \(no reason given\)"),
    "no format": (Reply(raw=b'data: {"x": \n\n'), 0, "broken", "failed with"),
    "a page": (Reply(raw=b"<html>a proxy says hello</html>"), 0, "broken", "failed with"),
    "token limit": (Reply(TEXT, finish="length"), 3, "too_long", "end of its tokens before the end of its reply"),
    "bad request": (Reply(status=400, error="no"), 0, "broken", r"failed with \w+, status 400"),
    "no such model": (Reply(status=404), 0, "unavailable", r"failed with \w+, status 404"),
    "busy for long": (Reply(status=429, headers={"retry-after": "600"}), 0, "rate_limited", "status 429"),
}


@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize("name", ENDINGS)
@pytest.mark.usefixtures("soon")
def test_a_reply_that_cannot_be_used_is_a_failure_of_its_kind(wire: Wire, name: str) -> None:
    reply, n_pieces, kind, message = ENDINGS[name]
    with opened(reply, wire) as (model, _):
        pieces, failed, seconds = failure(model)

    assert (failed.kind, len(pieces)) == (kind, n_pieces)
    assert failed.args[0].startswith(f"{wire}:m ")
    assert re.search(message, str(failed))
    assert seconds < 6 + SLACK_SECONDS


@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize(
    ("reply", "n_pieces"),
    [
        (Reply(hang_after=0), 0),
        (Reply(TEXT, hang_after=2), 2),
        (Reply(TEXT * 20, pause_seconds=0.4), 2),
    ],
    ids=["hangs", "hangs in the middle", "drips"],
)
def test_the_deadline_holds_for_the_whole_reply_and_closes_the_connection(
    wire: Wire, reply: Reply, n_pieces: int
) -> None:
    with opened(reply, wire, timeout_seconds=1) as (model, server):
        pieces, failed, seconds = failure(model)
        assert server.requests[0].left.wait(SLACK_SECONDS)

    assert (str(failed), failed.kind) == (f"{wire}:m did not reply within 1 seconds", "timeout")
    assert len(pieces) <= n_pieces
    assert 1 <= seconds < 1 + SLACK_SECONDS
    assert len(server.requests) == 1


@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize("piece_characters", [5_000, 2_000_000])
def test_a_reply_of_two_megabytes_is_given_up_after_200_000_characters(wire: Wire, piece_characters: int) -> None:
    with opened(Reply("字" * 2_000_000, piece_characters=piece_characters), wire) as (model, _):
        pieces, failed, _ = failure(model)

    assert (str(failed), failed.kind) == (f"{wire}:m gave a reply of more than 200,000 characters", "too_long")
    assert sum(map(len, pieces)) == (200_000 if piece_characters == 5_000 else 0)


@pytest.mark.parametrize("wire", WIRES)
def test_a_model_that_is_busy_is_asked_again_when_it_says(wire: Wire) -> None:
    script = [Reply(status=429, headers={"retry-after": "0.4"}), Reply(TEXT)]
    with opened(script, wire) as (model, server):
        pieces, usage = read(model)

    assert "".join(pieces) == TEXT
    assert usage.n_tries == 2
    first, second = server.requests
    assert 0.4 <= second.at - first.at < 0.4 + SLACK_SECONDS


def test_a_date_is_a_time_to_ask_again_too() -> None:
    past = "Fri, 02 Jan 2026 00:00:00 GMT"
    with opened([Reply(status=503, headers={"retry-after": past}), Reply(TEXT)]) as (model, server):
        assert read(model)[1].n_tries == 2

    first, second = server.requests
    assert second.at - first.at < SLACK_SECONDS


@pytest.mark.parametrize("wire", WIRES)
def test_a_server_that_fails_is_asked_four_times(wire: Wire) -> None:
    with opened(Reply(status=500), wire) as (model, server):
        _, failed, seconds = failure(model)

    assert (failed.kind, len(server.requests)) == ("unavailable", 4)
    # Waits of 0.25 to 0.5, 0.5 to 1 and 1 to 2 seconds.
    assert 1.7 <= seconds < 3.5 + SLACK_SECONDS


def test_tries_end_with_the_deadline() -> None:
    with opened(Reply(status=500), timeout_seconds=0.8) as (model, server):
        _, failed, seconds = failure(model)

    assert failed.kind in ("unavailable", "timeout")
    assert seconds < 0.8 + SLACK_SECONDS
    assert len(server.requests) < 4


def test_a_reply_that_has_begun_is_never_begun_again() -> None:
    with opened([Reply(TEXT, cut_after=1), Reply("again")]) as (model, server):
        pieces, failed, _ = failure(model)

    assert (pieces, failed.kind, len(server.requests)) == (["1. 带好证件。"], "broken", 1)


@pytest.mark.usefixtures("soon")
def test_a_server_that_is_not_there_is_unavailable() -> None:
    with ScriptedServer(Reply(TEXT)) as server:
        url = server.url
    model = open_model("m", url=url, timeout_seconds=20)

    _, failed, seconds = failure(model)

    assert failed.kind == "unavailable"
    assert seconds < 3.5 + SLACK_SECONDS


@pytest.mark.parametrize("wire", WIRES)
def test_a_refused_key_is_the_callers_to_correct_and_asked_for_once(wire: Wire) -> None:
    with (
        opened(Reply(TEXT), wire, server_key="sk-another") as (model, server),
        pytest.raises(UnusableInput, match=r"refused it with status 401\. Correct the key in") as refused,
    ):
        read(model)

    assert KEY not in str(refused.value)
    assert len(server.requests) == 1
    assert refused.value.__context__ is None


@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize(
    "reply", [Reply(TEXT), Reply(status=500), Reply(status=400, error=KEY), Reply(TEXT, cut_after=1), Reply(raw=b"{")]
)
def test_the_key_is_in_no_log(wire: Wire, reply: Reply, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    said: list[str] = []
    for server_key in ("", "sk-another"):
        with opened(reply, wire, server_key=server_key, timeout_seconds=0.6) as (model, _):
            try:
                read(model)
            except (ModelFailed, UnusableInput) as error:
                said.append(str(error))

    assert KEY not in "".join(said)
    assert KEY not in caplog.text
    assert "127.0.0.1" in caplog.text


@pytest.mark.parametrize("wire", WIRES)
def test_a_reply_that_is_cancelled_is_stopped_at_once(wire: Wire) -> None:
    cancel = threading.Event()
    with opened(Reply(TEXT, hang_after=1), wire) as (model, server):
        stream = model.stream(MESSAGES, cancelled=cancel.is_set)
        assert next(stream)
        threading.Timer(0.2, cancel.set).start()
        started = time.monotonic()
        with pytest.raises(ModelFailed, match="was stopped by whoever asked") as stopped:
            next(stream)
        seconds = time.monotonic() - started
        assert server.requests[0].left.wait(SLACK_SECONDS)

    assert stopped.value.kind == "cancelled"
    assert seconds < 0.2 + SLACK_SECONDS


def test_a_reply_that_is_closed_closes_the_connection() -> None:
    with opened(Reply(TEXT, hang_after=1)) as (model, server):
        stream = model.stream(MESSAGES)
        next(stream)
        stream.close()
        assert server.requests[0].left.wait(SLACK_SECONDS)


@pytest.fixture
def no_collector() -> Iterator[None]:
    gc.disable()
    yield
    gc.enable()


@pytest.mark.parametrize("wire", WIRES)
def test_a_fast_reply_that_is_closed_leaves_its_connection_to_no_collector(wire: Wire, no_collector: None) -> None:
    with opened(Reply("字" * 100_000, pause_seconds=0.002), wire) as (model, server):
        for n_pieces in (2, 9, 30):
            stream = model.stream(MESSAGES)
            for _ in range(n_pieces):
                next(stream)
            stream.close()
            assert server.requests[-1].left.wait(SLACK_SECONDS)


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tries follow each other at once: where it is not the waiting that is looked at."""
    monkeypatch.setattr(streamed_model, "_FIRST_WAIT_SECONDS", 0.02)


def test_the_wait_for_another_try_can_be_cancelled() -> None:
    cancel = threading.Event()
    with opened(Reply(status=429, headers={"retry-after": "15"})) as (model, _):
        threading.Timer(0.3, cancel.set).start()
        started = time.monotonic()
        with pytest.raises(ModelFailed) as stopped:
            read(model, cancel.is_set)

    assert stopped.value.kind == "cancelled"
    assert time.monotonic() - started < 0.3 + SLACK_SECONDS


def test_more_replies_than_are_allowed_at_once_wait_and_give_up() -> None:
    with opened(Reply(TEXT, hang_after=1), n_concurrent=2, timeout_seconds=2) as (model, server):
        holding = [model.stream(MESSAGES), model.stream(MESSAGES)]
        for stream in holding:
            next(stream)
        _, failed, seconds = failure(model)
        assert len(server.requests) == 2
        for stream in holding:
            stream.close()

    assert (str(failed), failed.kind) == ("openai:m was busy with 2 other replies for 1 seconds", "unavailable")
    assert 1 <= seconds < 1 + SLACK_SECONDS


def test_who_waits_for_a_place_gets_it_when_it_is_free() -> None:
    with opened([Reply(TEXT, hang_after=1), Reply("second")], n_concurrent=1) as (model, server):
        first = model.stream(MESSAGES)
        next(first)
        threading.Timer(0.3, first.close).start()
        assert read(model)[0] == ["second"]

    assert server.requests[1].at - server.requests[0].at >= 0.25


def test_replies_at_the_same_time_are_not_mixed_up() -> None:
    def echo(request: Request) -> Reply:
        return Reply(request.body["messages"][-1]["content"] * 20, piece_characters=3, pause_seconds=0.002)

    found: dict[str, str] = {}
    with opened(echo, n_concurrent=4) as (model, _):
        threads = [
            threading.Thread(target=lambda word=word: found.update({word: model.reply("s", word)}))
            for word in ("甲", "乙", "丙", "丁")
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)

    assert found == {"甲": "甲" * 20, "乙": "乙" * 20, "丙": "丙" * 20, "丁": "丁" * 20}


@pytest.mark.parametrize(
    ("name", "path", "wire"),
    [
        ("qwen3:8b", "/v1", "openai"),
        ("qwen3:8b", "", "openai"),
        ("openai:qwen3:8b", "/", "openai"),
        ("ollama:qwen3:8b", "", "ollama"),
    ],
)
def test_a_name_with_an_address_is_the_servers_own(name: str, path: str, wire: Wire) -> None:
    with ScriptedServer(Reply(TEXT), wire=wire) as server:
        model = open_model(name, url=f"http://127.0.0.1:{server.port}{path}", key=KEY, timeout_seconds=20)
        read(model)

    assert model.name == name
    assert [request.body["model"] for request in server.requests] == ["qwen3:8b"]


def test_the_key_of_openais_variable_goes_to_no_other_server_unless_it_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    with ScriptedServer(Reply(TEXT)) as server:
        for name in ("m", "openai:m"):
            read(open_model(name, url=server.url, timeout_seconds=20))

    assert [request.headers["authorization"] for request in server.requests] == ["Bearer none", f"Bearer {KEY}"]


@pytest.mark.parametrize("name", ["openai:m", "anthropic:m"])
def test_a_key_that_is_missing_is_asked_for(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    provider = name.partition(":")[0].upper()
    monkeypatch.delenv(f"{provider}_API_KEY", raising=False)

    with pytest.raises(UnusableInput, match=rf"Set `{provider}_API_KEY` or .* with `model_key_file`"):
        read(open_model(name, timeout_seconds=5))


def test_an_option_that_a_model_refuses_is_left_out_from_then_on() -> None:
    def no_temperature(request: Request) -> Reply:
        refused = [word for word in ("temperature", "stream_options") if word in request.body]
        return Reply(status=400, error=f"unsupported: {refused[0]}") if refused else Reply(TEXT)

    with opened(no_temperature) as (model, server):
        first, second = read(model), read(model)

    assert "".join(first[0]) == "".join(second[0]) == TEXT
    assert len(server.requests) == 4
    assert first[1].n_tries == 1


def test_ollama_is_told_how_much_must_fit() -> None:
    for n_tokens, expected in ((0, 8_192), (32_768, 32_768)):
        with opened(Reply(TEXT), "ollama", n_tokens=n_tokens) as (model, server):
            read(model)

        assert server.requests[0].body["options"]["num_ctx"] == model.n_context_tokens == expected


def test_answers_in_the_articles_own_words_import_no_package_of_a_model(tmp_path: Path) -> None:
    code = (
        "import sys\n"
        "from assistant.cli import main\n"
        "assert main(['--data', sys.argv[1], 'ask', '公交卡怎么注销？']) == 0\n"
        "heavy = {'langchain', 'langchain_core', 'langchain_openai', 'langchain_ollama', 'langchain_anthropic',\n"
        "         'openai', 'ollama', 'anthropic', 'transformers', 'torch'}\n"
        "print('imported:', *sorted(heavy & {name.partition('.')[0] for name in sys.modules}))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert "[1]" in done.stdout
    assert done.stdout.splitlines()[-1] == "imported:"
