"""The load's own arithmetic, its questions, and its clients and visitors against servers that fail now and then."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.answer import Answer
from tests.benchmarks import load
from tests.fake_assistant import CLARIFY, FakeAssistant
from tests.page_server import served


def test_figures_are_of_the_answers_and_failures_are_counted_apart() -> None:
    # 100 answers of 1 to 100 ms in two seconds.
    found = load.summarize([n / 1000 for n in range(100, 0, -1)], n_failed=3, wall_seconds=2.0)

    assert found == load.Load(
        n_requests=103, n_failed=3, answers_per_second=50.0, p50_ms=51.0, p95_ms=96.0, max_ms=100.0
    )


def test_a_run_without_an_answer_has_figures_too() -> None:
    assert load.summarize([], n_failed=2, wall_seconds=1.0) == load.Load(
        n_requests=2, n_failed=2, answers_per_second=0.0, p50_ms=0.0, p95_ms=0.0, max_ms=0.0
    )


def test_distinct_questions_are_the_same_at_every_run_and_differ_within_one() -> None:
    asked = load.distinct(1_500)

    assert asked == load.distinct(1_500)
    assert len({tuple(turns) for turns in asked}) == 1_500
    with pytest.raises(SystemExit, match="must be at most"):
        load.distinct(1_000_000)


def test_repeated_questions_are_a_few_again_and_again() -> None:
    asked = load.repeated(100)

    assert len(asked) == 100
    assert len({tuple(turns) for turns in asked}) == load.N_REPEATED


def test_every_body_is_sent_once_and_every_kind_of_failure_is_counted() -> None:
    received: list[str] = []

    async def respond(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await reader.read(4096):
            turn = json.loads(head.partition(b"\r\n\r\n")[2])["turns"][0]
            received.append(turn)
            if turn == "hang up":
                break
            status = b"503 Service Unavailable" if turn == "busy" else b"200 OK"
            writer.write(b"HTTP/1.1 " + status + b"\r\nContent-Length: 2\r\n\r\n{}")
        writer.close()

    async def run() -> load.Load:
        server = await asyncio.start_server(respond, "127.0.0.1", 0)
        async with server:
            host, port = server.sockets[0].getsockname()
            turns = ["a", "hang up", "b", "busy", "c"]
            found = await load.generate(host, port, [json.dumps({"turns": [turn]}).encode() for turn in turns], 2)
            await asyncio.sleep(0.05)  # for the server to see that its clients have gone
            return found

    found = asyncio.run(run())

    assert sorted(received) == ["a", "b", "busy", "c", "hang up"]
    assert (found.n_requests, found.n_failed) == (5, 2)


def test_visitors_ask_different_questions_that_are_the_same_at_every_run() -> None:
    asked = load.talks(58)

    assert asked == load.talks(58)
    assert [len(questions) for questions in asked] == [3] * 58
    assert len({question for questions in asked for question in questions}) == 174
    with pytest.raises(SystemExit, match=r"`--visitors` must be at most \d+; got 992\."):
        load.talks(1_000)


@pytest.mark.parametrize(
    ("how", "path", "new", "wanted"),
    [
        ("replace", [], 7, 7),
        ("replace", ["a", 1, "b"], "z", {"a": ["x", {"b": "z"}]}),
        ("append", ["a", 0], "!", {"a": ["x!", {"b": "y"}]}),
        ("add", ["a", 1], 3, {"a": ["x", 3, {"b": "y"}]}),
        ("add", ["c"], 3, {"a": ["x", {"b": "y"}], "c": 3}),
        ("delete", ["a", 0], None, {"a": [{"b": "y"}]}),
        ("delete", ["a", 1, "b"], None, {"a": ["x", {}]}),
    ],
)
def test_an_edit_changes_its_place_and_leaves_the_value_before_it(
    how: str, path: list[Any], new: object, wanted: object
) -> None:
    value = {"a": ["x", {"b": "y"}]}

    assert load.edited(value, how, path, new) == wanted
    assert value == {"a": ["x", {"b": "y"}]}


# As messages are; where lists inside of lists grow shorter, Gradio's own edits go astray.
_MESSAGES = st.lists(st.dictionaries(st.text(max_size=2), st.integers() | st.text(max_size=3), max_size=4), max_size=4)


@given(before=_MESSAGES, after=_MESSAGES)
def test_the_edits_that_gradio_makes_of_two_values_lead_from_one_to_the_other(
    before: list[dict[str, object]], after: list[dict[str, object]]
) -> None:
    from gradio.utils import diff

    found = before
    for how, path, new in diff(before, after):
        found = load.edited(found, how, path, new)

    assert found == after


def visit(address: str, questions: list[list[str]], kind: str = "page") -> tuple[load.Load, Counter[str]]:
    host, _, port = address.removeprefix("http://").rpartition(":")
    return asyncio.run(load.visit(host, int(port), questions, kind))


def test_visitors_of_the_page_hold_conversations_of_their_own() -> None:
    assistant = FakeAssistant()
    with served(assistant) as address:
        found, reasons = visit(address, [["交通卡怎么注销？", "我的卡", "天气"], ["银行卡", "another transport card"]])

    assert (found.n_requests, found.n_failed, reasons) == (5, 0, Counter())
    assert 0 < found.p50_ms <= found.max_ms
    asked = set(assistant.asked)
    assert ("交通卡怎么注销？", "我的卡", "天气") in asked
    assert ("银行卡", "another transport card") in asked


def test_an_error_in_the_chat_is_no_answer_and_its_question_no_turn() -> None:
    assistant = FakeAssistant()
    with served(assistant) as address:
        found, reasons = visit(address, [["我的卡", "break", "refuse", "交通卡"]])

    assert (found.n_requests, found.n_failed) == (4, 2)
    assert reasons == {"NoAnswer: an error in the chat": 2}
    assert ("我的卡", "交通卡") in assistant.asked


def test_an_answer_that_belongs_to_another_question_is_a_failure() -> None:
    class Forgetful(FakeAssistant):
        """Answers what it is asked first with something else than later."""

        def ask(self, turns: Sequence[str]) -> Answer:
            is_first = turns[-1] not in {asked[-1] for asked in self.asked}
            answer = super().ask(turns)
            return CLARIFY if is_first and turns[-1] == "交通卡" else answer

    with served(Forgetful()) as address:
        found, reasons = visit(address, [["交通卡"], ["另一张卡"]])

    assert (found.n_requests, found.n_failed) == (2, 1)
    assert reasons == {"the answer to another question": 1}


CONFIG = {
    "api_prefix": "/gradio_api",
    "components": [
        {"id": 1, "type": "textbox", "props": {"elem_id": "xk-pressed", "value": ""}},
        {"id": 2, "type": "textbox", "props": {"elem_id": "xk-held", "value": ""}},
        {"id": 3, "type": "chatbot", "props": {"elem_id": "xk-chat", "value": []}},
        {"id": 4, "type": "button", "props": {"elem_id": "xk-stop", "visible": False}},
        {"id": 5, "type": "button", "props": {"elem_id": "xk-press"}},
    ],
    "dependencies": [
        {"id": 0, "targets": [[5, "click"]], "inputs": [1, 2], "outputs": [2, 3, 4], "queue": True,
         "backend_fn": True, "trigger_after": None},
    ],
}  # fmt: skip


def completed(question: str, *, text: str = "yes", event_id: str = "e1", success: bool = True) -> dict[str, Any]:
    """The last message of an answer's stream."""
    held = json.dumps({"conversation": {"entries": [{"question": question, "answer": {"text": text}}]}})
    messages = [{"role": "user"}, {"role": "assistant"}]
    data = [held, messages, {"visible": False, "__type__": "update"}]
    return {"msg": "process_completed", "event_id": event_id, "success": success, "output": {"data": data}}


def visit_scripted(
    joined: bytes, messages: list[dict[str, Any]]
) -> tuple[load.Load, Counter[str], list[dict[str, Any]]]:
    """One question to a server that answers with these bytes and messages; what was sent to its queue, too."""
    sent: list[dict[str, Any]] = []

    async def respond(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await reader.read(65_536):
            request, _, body = head.partition(b"\r\n\r\n")
            path = request.split(b" ")[1].decode()
            if path.startswith("/gradio_api/queue/data"):
                # In pieces that end anywhere.
                stream = b"".join(b"data: " + json.dumps(message).encode() + b"\n\n" for message in messages)
                pieces = [stream[start : start + 50] for start in range(0, len(stream), 50)]
                chunked = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"
                writer.write(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n" + chunked)
                continue
            if path.startswith("/gradio_api/queue/join"):
                sent.append(json.loads(body))
                if not joined:
                    break
                writer.write(joined)
                continue
            told = json.dumps(CONFIG if path == "/config" else {"text": "yes"}).encode()
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(told), told))
        writer.close()

    async def run() -> tuple[load.Load, Counter[str]]:
        server = await asyncio.start_server(respond, "127.0.0.1", 0)
        async with server:
            host, port = server.sockets[0].getsockname()
            found = await load.visit(host, port, [["q"]], "page")
            await asyncio.sleep(0.05)  # for the server to see that its clients have gone
            return found

    return *asyncio.run(run()), sent


JOINED = b'HTTP/1.1 200 OK\r\nContent-Length: 17\r\n\r\n{"event_id":"e1"}'
GENERATING: dict[str, Any] = {"msg": "process_generating", "event_id": "e1", "success": True}
BEGUN = GENERATING | {"output": {"data": ["", [{"role": "user"}], {"visible": True, "__type__": "update"}]}}


def test_an_answer_counts_once_the_stream_has_shown_all_of_it() -> None:
    held = completed("q")["output"]["data"][0]
    edits = [[["append", [], held]], [["add", [1], {"role": "assistant"}]], [["replace", ["visible"], False]]]
    grown = GENERATING | {"output": {"data": edits}}
    estimated = {"msg": "estimation", "event_id": "e1"}

    # What comes after the first view with a whole answer, such as what is offered below it, is not waited for.
    found, reasons, sent = visit_scripted(JOINED, [estimated, BEGUN, grown, completed("q", text="later")])

    assert (found.n_requests, found.n_failed, reasons) == (1, 0, Counter())
    assert [(json.loads(one["data"][0])["text"], one["data"][1]) for one in sent] == [("q", "")]
    assert [(one["fn_index"], one["trigger_id"]) for one in sent] == [(0, 5)]


@pytest.mark.parametrize(
    ("joined", "messages", "reason"),
    [
        (
            b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 2\r\n\r\n{}",
            [],
            "status 503 at /gradio_api/queue/join",
        ),
        (b"", [], "0 bytes read on a total of undefined expected bytes"),
        (JOINED, [completed("q", event_id="e2")], "the stream holds another's event"),
        (JOINED, [completed("q", success=False)], "process_completed without success"),
        (JOINED, [BEGUN], "the stream ended before its event"),
        (JOINED, [completed("another's question")], "no answer in view"),
    ],
)
def test_whatever_is_no_answer_of_the_visitors_own_is_counted_with_its_reason(
    joined: bytes, messages: list[dict[str, Any]], reason: str
) -> None:
    found, reasons, _ = visit_scripted(joined, messages)

    assert (found.n_requests, found.n_failed) == (1, 1)
    assert [told.partition(": ")[2] for told in reasons] == [reason]


def test_an_answer_that_never_comes_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(load, "PATIENCE_SECONDS", 0.1)

    # A response that is announced and never sent.
    found, reasons, _ = visit_scripted(b"HTTP/1.1 200 OK\r\nContent-Length: 17\r\n\r\n", [])

    assert (found.n_failed, reasons) == (1, {"TimeoutError: ": 1})


@pytest.mark.slow
def test_the_bare_chat_says_what_each_visitor_said() -> None:
    with load.launched([*load.SELF, "--echo"]) as (host, port, pid):
        found, reasons = visit(f"http://{host}:{port}", [["one", "two"], ["three", "four"]], "echo")
        used = load.cpu_seconds(pid)

    assert (found.n_requests, found.n_failed, reasons) == (4, 0, Counter())
    assert used is None or used > 0


def test_the_table_shows_every_load_of_the_file_and_its_figures() -> None:
    figures = {"loads": {"page": asdict(load.summarize([0.25], n_failed=1, wall_seconds=0.5))}}

    assert load.render(figures).split() == [
        *("load", "requests", "failed", "a", "second", "p50", "ms", "p95", "ms", "max", "ms", "CPU", "ms"),
        *("page", "2", "1", "2.0", "250.0", "250.0", "250.0", "-"),
    ]  # fmt: skip


def test_the_figures_that_are_kept_are_of_runs_without_a_failure() -> None:
    kept = json.loads(load.RESULTS.read_text(encoding="utf-8"))

    assert [*kept["loads"]] == ["distinct", "repeated", "page", "echo"]
    assert {name: one["n_failed"] for name, one in kept["loads"].items()} == dict.fromkeys(kept["loads"], 0)
    assert kept["loads"]["page"]["n_requests"] == kept["visitors"] * load.N_QUESTIONS == 150
