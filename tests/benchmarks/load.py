"""Asks the running server from many clients at once, and writes down how many answers it gives and how soon.

    python -m tests.benchmarks.load [--clients 16] [--requests 1500] [--visitors 50] [--out FILE]

The server is `xiaoka serve` on the articles that are shipped, in a process of its own; the clients are another process
and keep their connections, as a program that asks much does. Both share the machine's cores.

`distinct` and `repeated` are programs at `POST /api/ask`. `page` are visitors of the chat, all at once, each with a
session and a conversation of its own, who send what a browser sends: an event to Gradio's queue, then the stream that
its answer comes in, and the conversation again with the next question. `echo` are as many visitors of a bare
`gr.ChatInterface` that says what was said: what Gradio itself can do on this machine. Its browser sends five requests
more for each message, two at a time; here they go one after another.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import os
import platform
import random
import re
import secrets
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

from assistant.masking import mask

ROOT = Path(__file__).resolve().parent.parent.parent
RESULTS = Path(__file__).with_name("results") / "load.json"
SEED = 20261128
N_CLIENTS = 16
N_REQUESTS = 1_500
N_WARM_UP = 64
N_REPEATED = 20
N_VISITORS = 50
N_QUESTIONS = 3  # of each visitor
N_WARM_UP_VISITORS = 8
PATIENCE_SECONDS = 60.0  # with which one answer on a page is awaited
_SHOWN = ("n_requests", "n_failed", "answers_per_second", "p50_ms", "p95_ms", "max_ms", "server_cpu_ms")
_VERSIONS_OF = ("xiaoka", "gradio", "uvicorn")
# Each question with these before it is another text, and asks the same.
_OPENINGS = ("", "请问", "你好，", "想了解一下，", "Hi, ")
SELF = (sys.executable, "-m", "tests.benchmarks.load")
_ADDRESS = re.compile(r"http://([\d.]+):(\d+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What one run of requests came to.

    Attributes:
        n_requests: Answers and failures together.
        n_failed: Responses of another status than 200, or none; on a page also whatever is not the answer that this
            visitor asked for: a full queue, an error in the chat, another visitor's answer.
        answers_per_second: Answers in the wall time from the first request to the last response.
        p50_ms: Median time from sending a request to having its whole response; on a page, to the view with the whole
            answer in it.
        p95_ms: 95th percentile of it.
        max_ms: The longest.
        server_cpu_ms: Processor time of the server for each request, on a page all that a question causes; None where
            it cannot be read.
    """

    n_requests: int
    n_failed: int
    answers_per_second: float
    p50_ms: float
    p95_ms: float
    max_ms: float
    server_cpu_ms: float | None = None


def conversations() -> list[list[str]]:
    """The turns of every question of the shipped sets, in an order drawn by lot that is the same at every run."""
    found: dict[tuple[str, ...], None] = {}
    for file in sorted((ROOT / "corpus" / "questions").glob("*.jsonl")):
        for line in file.read_text(encoding="utf-8").splitlines():
            case = json.loads(line)
            found[tuple(case.get("turns") or [case["question"]])] = None
    drawn = [list(turns) for turns in found]
    random.Random(SEED).shuffle(drawn)
    return drawn


def distinct(n: int) -> list[list[str]]:
    """`n` conversations, no two the same."""
    known = conversations()
    varied = [[*turns[:-1], opening + turns[-1]] for opening in _OPENINGS for turns in known]
    if n > len(varied):
        raise SystemExit(f"`--requests` must be at most {len(varied)}; got {n}.")
    return varied[:n]


def repeated(n: int) -> list[list[str]]:
    """`n` conversations, a few of them again and again."""
    return list(itertools.islice(itertools.cycle(conversations()[:N_REPEATED]), n))


def talks(n: int) -> list[list[str]]:
    """The questions of `n` visitors of a page, no question twice, as they stand in a conversation that is kept."""
    known = list(dict.fromkeys(mask(turn) for turns in conversations() for turn in turns))
    if n * N_QUESTIONS > len(known):
        most = len(known) // N_QUESTIONS - N_WARM_UP_VISITORS
        raise SystemExit(f"`--visitors` must be at most {most}; got {n - N_WARM_UP_VISITORS}.")
    return [known[start : start + N_QUESTIONS] for start in range(0, n * N_QUESTIONS, N_QUESTIONS)]


def summarize(seconds: Sequence[float], n_failed: int, wall_seconds: float) -> Load:
    """The figures of a run; `seconds` holds how long each answer took."""
    ordered = sorted(seconds)
    at = [ordered[min(int(len(ordered) * share), len(ordered) - 1)] if ordered else 0.0 for share in (0.5, 0.95, 1)]
    p50, p95, most = (round(1000 * value, 1) for value in at)
    return Load(
        n_requests=len(ordered) + n_failed,
        n_failed=n_failed,
        answers_per_second=round(len(ordered) / wall_seconds, 1),
        p50_ms=p50,
        p95_ms=p95,
        max_ms=most,
    )


async def generate(host: str, port: int, bodies: Sequence[bytes], n_clients: int, pid: int | None = None) -> Load:
    """The load of `n_clients` that send these bodies, each its next one when it has its answer."""
    pending = iter(bodies)
    seconds: list[float] = []
    n_failed = 0

    async def client() -> None:
        nonlocal n_failed
        reader, writer = await asyncio.open_connection(host, port)
        for body in pending:
            head = (
                f"POST /api/ask HTTP/1.1\r\nhost: {host}:{port}\r\ncontent-type: application/json\r\n"
                f"content-length: {len(body)}\r\n\r\n"
            )
            started = time.perf_counter()
            writer.write(head.encode() + body)
            try:
                status = await _read_response(reader)
            except (asyncio.IncompleteReadError, ConnectionError):
                n_failed += 1
                writer.close()
                reader, writer = await asyncio.open_connection(host, port)
                continue
            if status == 200:
                seconds.append(time.perf_counter() - started)
            else:
                n_failed += 1
        writer.close()
        await writer.wait_closed()

    before, started = cpu_seconds(pid), time.perf_counter()
    await asyncio.gather(*(client() for _ in range(n_clients)))
    load = summarize(seconds, n_failed, time.perf_counter() - started)
    return replace(load, server_cpu_ms=_cpu_ms(before, cpu_seconds(pid), load.n_requests))


async def _read_response(reader: asyncio.StreamReader) -> int:
    head = await reader.readuntil(b"\r\n\r\n")
    length = re.search(rb"(?i)content-length: (\d+)", head)
    assert length is not None
    await reader.readexactly(int(length[1]))
    return int(head.split(b" ", 2)[1])


class NoAnswer(Exception):
    """A visitor has no answer, or one that is another's."""


class Connection:
    """A connection to a server that is kept between requests, as a browser keeps it."""

    def __init__(self, host: str, port: int) -> None:
        self._host, self._port = host, port
        self._ends: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def fetch(self, path: str, body: object = None) -> Any:  # noqa: ANN401 - JSON
        """What a GET, or a POST of a body, brings as JSON.

        Raises:
            NoAnswer: The status is not 200.
        """
        return json.loads(b"".join([piece async for piece in self._pieces(path, body)]))

    async def events(self, path: str) -> AsyncIterator[dict[str, Any]]:
        """Every server-sent event of a stream, up to its end."""
        received = b""
        async for piece in self._pieces(path, None):
            *whole, received = (received + piece).split(b"\n\n")
            for event in whole:
                if event.startswith(b"data: "):
                    yield json.loads(event[6:])

    def close(self) -> None:
        """Ends the connection; the next request opens another."""
        if self._ends is not None:
            self._ends[1].close()
        self._ends = None

    async def _pieces(self, path: str, body: object) -> AsyncIterator[bytes]:
        # A server ends a connection that was idle for long, and a browser then opens another without a word.
        if self._ends is not None and self._ends[0].at_eof():
            self.close()
        if self._ends is None:
            self._ends = await asyncio.open_connection(self._host, self._port)
        reader, writer = self._ends
        sent = b"" if body is None else json.dumps(body).encode()
        head = (
            f"{'GET' if body is None else 'POST'} {path} HTTP/1.1\r\nhost: {self._host}:{self._port}\r\n"
            f"accept-language: zh-CN\r\ncontent-type: application/json\r\ncontent-length: {len(sent)}\r\n\r\n"
        )
        writer.write(head.encode() + sent)
        answered = await reader.readuntil(b"\r\n\r\n")
        status = int(answered.split(b" ", 2)[1])
        if status != 200:
            raise NoAnswer(f"status {status} at {path.partition('?')[0]}")
        length = re.search(rb"(?i)content-length: (\d+)", answered)
        if length is not None:
            yield await reader.readexactly(int(length[1]))
            return
        while n_bytes := int((await reader.readuntil(b"\r\n")).partition(b";")[0], 16):
            yield (await reader.readexactly(n_bytes + 2))[:-2]
        await reader.readexactly(2)


def edited(value: Any, how: str, path: Sequence[Any], new: Any) -> Any:  # noqa: ANN401 - JSON
    """The value with one of the edits that Gradio streams instead of the whole; `value` itself stays as it is."""
    if not path:
        return value + new if how == "append" else new
    key, copied = path[0], value.copy()
    if len(path) > 1 or how in ("replace", "append"):
        copied[key] = edited(value[key], how, path[1:], new)
    elif how == "delete":
        del copied[key]
    elif isinstance(copied, list):
        copied.insert(key, new)
    else:
        copied[key] = new
    return copied


class Visitor:
    """A session on a Gradio page: the parts as its browser has them, and what it sends when one is used."""

    def __init__(self, connection: Connection, config: Mapping[str, Any], session: str) -> None:
        self.connection = connection
        self._session = session
        self._prefix = config["api_prefix"]
        self._events = [event for event in config["dependencies"] if event["backend_fn"]]
        self._parts = {part["id"]: {**part["props"], "kind": part["type"]} for part in config["components"]}

    def part(self, name: str) -> dict[str, Any]:
        """The properties of the part with this `elem_id`, or the first of this kind."""
        for key in ("elem_id", "kind"):
            for part in self._parts.values():
                if part.get(key) == name:
                    return part
        raise KeyError(name)

    async def use(self, name: str, how: str, changed: Callable[[], None] = lambda: None) -> None:
        """Uses a part and waits for everything that follows from it; `changed` is called after each change of the page.

        Raises:
            NoAnswer: The server refuses or fails, or what it streams is another's.
        """
        (used,) = [number for number, part in self._parts.items() if part is self.part(name)]
        await self._follow([event for event in self._events if [used, how] in event["targets"]], used, changed)

    async def arrive(self) -> None:
        """What the page does by itself when it is opened."""
        for event in self._events:
            for target, how in event["targets"]:
                if how == "load":
                    await self._follow([event], target, lambda: None)

    async def _follow(self, events: list[dict[str, Any]], used: int | None, changed: Callable[[], None]) -> None:
        waiting = list(events)
        while waiting:
            event = waiting.pop(0)
            await self._run(event, used, changed)
            waiting += [later for later in self._events if later["trigger_after"] == event["id"]]

    async def _run(self, event: dict[str, Any], used: int | None, changed: Callable[[], None]) -> None:
        sent = {
            "data": [self._parts[part].get("value") for part in event["inputs"]],
            "event_data": None,
            "fn_index": event["id"],
            "trigger_id": used,
            "session_hash": self._session,
        }
        if event["queue"] is False:
            told = await self.connection.fetch(f"{self._prefix}/run/predict", sent)
            self._put(event, told["data"])
            changed()
            return
        joined = await self.connection.fetch(f"{self._prefix}/queue/join?", sent)
        data: list[Any] | None = None
        done = False
        async for told in self.connection.events(f"{self._prefix}/queue/data?session_hash={self._session}"):
            if told.get("event_id") not in (None, joined["event_id"]):
                raise NoAnswer("the stream holds another's event")
            if told["msg"] not in ("process_generating", "process_completed"):
                continue
            if not told["success"]:
                raise NoAnswer(f"{told['msg']} without success")
            done = told["msg"] == "process_completed"
            data = told["output"]["data"] if done or data is None else _streamed(data, told["output"]["data"])
            self._put(event, data)
            changed()
        if not done:
            raise NoAnswer("the stream ended before its event")

    def _put(self, event: dict[str, Any], data: list[Any]) -> None:
        for part, value in zip(event["outputs"], data, strict=False):
            is_update = isinstance(value, dict) and value.get("__type__") == "update"
            self._parts[part].update(value if is_update else {"value": value})


def _streamed(data: list[Any], edits: list[list[Any]]) -> list[Any]:
    for place, changes in enumerate(edits):
        for how, path, new in changes:
            data = [*data[:place], edited(data[place], how, path, new), *data[place + 1 :]]
    return data


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """An answer that a visitor saw.

    Attributes:
        turns: What that visitor asked so far.
        seconds: From sending the question to the view with the whole answer.
    """

    turns: tuple[str, ...]
    text: str
    seconds: float


# The text of the last answer of a page once it is there as a whole, None before; given what was asked there.
Reading = Callable[[Visitor, Sequence[str]], str | None]


def read_page(visitor: Visitor, asked: Sequence[str]) -> str | None:
    """The whole answer in Xiaoka's chat.

    Raises:
        NoAnswer: An error stands where the answer should.
    """
    if visitor.part("xk-stop")["visible"]:
        return None
    messages = visitor.part("xk-chat")["value"]
    if "xk-error" in json.dumps(messages):
        raise NoAnswer("an error in the chat")
    entries = json.loads(visitor.part("xk-held")["value"])["conversation"]["entries"]
    if [entry["question"] for entry in entries] != [*asked] or len(messages) != 2 * len(asked):
        return None
    text: str = entries[-1]["answer"]["text"]
    return text


def read_echo(visitor: Visitor, asked: Sequence[str]) -> str | None:
    """The whole answer in the chat of a bare `gr.ChatInterface`."""
    messages = visitor.part("chatbot")["value"] or []
    if len(messages) != 2 * len(asked) or messages[-1]["role"] != "assistant":
        return None
    text: str = messages[-1]["content"][0]["text"]
    return text


async def visit(
    host: str, port: int, questions: Sequence[Sequence[str]], kind: str, pid: int | None = None
) -> tuple[Load, Counter[str]]:
    """The load of visitors of a page, one for each list of questions, and why answers failed.

    Each asks its next question when the page has come to rest. That an answer belongs to its question is looked up
    afterwards: a program that asks the same is answered the same.

    Args:
        host: Of the page.
        port: Of the page.
        questions: Of each visitor.
        kind: "page" for Xiaoka's, "echo" for a bare one.
        pid: The server's process.

    Raises:
        NoAnswer: The page cannot be opened.
    """
    asker = Connection(host, port)
    config = await asker.fetch("/config")
    visitors = [Visitor(Connection(host, port), config, secrets.token_hex(6)) for _ in questions]
    reasons: Counter[str] = Counter()
    read = read_page if kind == "page" else read_echo
    await asyncio.gather(*(visitor.arrive() for visitor in visitors))
    before, started = cpu_seconds(pid), time.perf_counter()
    talked = await asyncio.gather(
        *(_talk(visitor, asked, read, reasons) for visitor, asked in zip(visitors, questions, strict=True))
    )
    wall_seconds, after = time.perf_counter() - started, cpu_seconds(pid)
    for visitor in visitors:
        visitor.connection.close()
    seconds = []
    for told in itertools.chain.from_iterable(talked):
        right = told.turns[-1] if kind == "echo" else (await asker.fetch("/api/ask", {"turns": told.turns}))["text"]
        if told.text == right:
            seconds.append(told.seconds)
        else:
            reasons["the answer to another question"] += 1
    asker.close()
    load = summarize(seconds, reasons.total(), wall_seconds)
    return replace(load, server_cpu_ms=_cpu_ms(before, after, load.n_requests)), reasons


async def _talk(visitor: Visitor, questions: Sequence[str], read: Reading, reasons: Counter[str]) -> list[Told]:
    """What a visitor was told; a question that fails is counted with its reason, and the next one asked."""
    talked: list[Told] = []
    for question in questions:
        turns = (*(talked[-1].turns if talked else ()), question)
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                talked.append(await _ask(visitor, turns, read))
        except (NoAnswer, asyncio.IncompleteReadError, ConnectionError, TimeoutError) as error:
            reasons[f"{type(error).__name__}: {error}"] += 1
            visitor.connection.close()
    return talked


async def _ask(visitor: Visitor, turns: tuple[str, ...], read: Reading) -> Told:
    """What the visitor is told; it returns when everything that follows from the question is done.

    Raises:
        NoAnswer: There is no answer in the end.
    """
    if read is read_page:  # what its script does
        used = "xk-press", "click"
        visitor.part("xk-pressed")["value"] = json.dumps({"text": turns[-1], "at": time.time_ns() // 1_000_000})
    else:
        used = "textbox", "submit"
        visitor.part("textbox")["value"] = turns[-1]
    started = time.perf_counter()
    seen: list[Told] = []

    def look() -> None:
        text = None if seen else read(visitor, turns)
        if text is not None:
            seen.append(Told(turns=turns, text=text, seconds=time.perf_counter() - started))

    await visitor.use(*used, look)
    if not seen:
        raise NoAnswer("no answer in view")
    return seen[0]


@contextmanager
def launched(command: Sequence[str]) -> Iterator[tuple[str, int, int]]:
    """Host, port and process id of a server that tells its address in its first line."""
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, encoding="utf-8") as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            address = _ADDRESS.search(line)
            if address is None:
                raise SystemExit(f"The server did not start; it said {line!r}.")
            yield address[1], int(address[2]), process.pid
        finally:
            process.terminate()


@contextmanager
def served() -> Iterator[tuple[str, int, int]]:
    """Host, port and process id of a server with an index of its own."""
    with tempfile.TemporaryDirectory(prefix="xiaoka-load-") as data:
        command = [sys.executable, "-m", "assistant", "--data", data, "serve", "--port", "0"]
        with launched(command) as address:
            yield address


def serve_echo() -> None:
    """Serves Gradio's plainest chat, as its own `launch` does, until it is ended."""
    import gradio as gr

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    # What is switched off asks for things elsewhere.
    chat = gr.ChatInterface(lambda message, _history: message, analytics_enabled=False)
    _, address, _ = chat.launch(server_name="127.0.0.1", server_port=port, prevent_thread_lock=True, quiet=True)
    print(f"Echo is at {address}", flush=True)
    chat.block_thread()


def cpu_seconds(pid: int | None) -> float | None:
    """Processor time that a process has used, None where the system does not tell it in a file."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _cpu_ms(before: float | None, after: float | None, n_requests: int) -> float | None:
    if before is None or after is None or not n_requests:
        return None
    return round(1000 * (after - before) / n_requests, 2)


def _run(
    kind: str, server: tuple[str, int, int], asked: Sequence[Sequence[str]], n_clients: int = N_CLIENTS
) -> dict[str, Any]:
    """One run by clients in a process of their own."""
    host, port, pid = server
    done = subprocess.run(
        [*SELF, "--generate", kind, f"{host}:{port}", str(pid), "--clients", str(n_clients)],
        cwd=ROOT,
        input=json.dumps(asked),
        stdout=subprocess.PIPE,
        encoding="utf-8",
        check=True,
    )
    load: dict[str, Any] = json.loads(done.stdout)
    return load


def measure(n_clients: int, n_requests: int, n_visitors: int) -> dict[str, Any]:
    """The loads, each page's server started for it alone, and where they were measured."""
    asked = distinct(N_WARM_UP + n_requests)
    visits = talks(N_WARM_UP_VISITORS + n_visitors)
    warm_up, visits = visits[:N_WARM_UP_VISITORS], visits[N_WARM_UP_VISITORS:]
    machine = {
        "python": platform.python_version(),
        "system": platform.system(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        # By others, before this began.
        "load_average_before": round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None,
    }
    with served() as server:
        _run("api", server, asked[:N_WARM_UP], n_clients)
        loads = {
            "distinct": _run("api", server, asked[N_WARM_UP:], n_clients),
            "repeated": _run("api", server, repeated(n_requests), n_clients),
        }
    for kind, page in (("page", served()), ("echo", launched([*SELF, "--echo"]))):
        with page as server:
            _run(kind, server, warm_up)
            loads[kind] = _run(kind, server, visits)
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "versions": {name: metadata.version(name) for name in _VERSIONS_OF},
        "machine": machine,
        "clients": n_clients,
        "visitors": n_visitors,
        "loads": loads,
    }


def render(figures: Mapping[str, Any]) -> str:
    """The loads as a table for people."""
    rows: list[Sequence[object]] = [("load", "requests", "failed", "a second", "p50 ms", "p95 ms", "max ms", "CPU ms")]
    rows += [(name, *(load[figure] for figure in _SHOWN)) for name, load in figures["loads"].items()]
    return "\n".join("".join(f"{'-' if cell is None else cell:>10}" for cell in row) for row in rows)


def _generate(kind: str, address: str, pid: int, asked: list[list[str]], n_clients: int) -> Load:
    """The load of clients in this process."""
    host, _, port = address.rpartition(":")
    if kind == "api":
        bodies = [json.dumps({"turns": turns}).encode() for turns in asked]
        return asyncio.run(generate(host, int(port), bodies, n_clients, pid))
    load, reasons = asyncio.run(visit(host, int(port), asked, kind, pid))
    for reason, n in reasons.items():
        print(f"{kind}: {n} of {load.n_requests} failed: {reason}", file=sys.stderr)
    return load


def main() -> None:
    """Runs what the command line names."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.load", description=__doc__.partition("\n")[0])
    parser.add_argument("--clients", type=int, default=N_CLIENTS, help="programs at once (default: %(default)s)")
    parser.add_argument("--requests", type=int, default=N_REQUESTS, help="of them together (default: %(default)s)")
    parser.add_argument("--visitors", type=int, default=N_VISITORS, help="of a page at once (default: %(default)s)")
    parser.add_argument("--out", type=Path, default=RESULTS, help="where the JSON is written")
    parser.add_argument("--generate", nargs=3, metavar=("KIND", "HOST:PORT", "PID"), help=argparse.SUPPRESS)
    parser.add_argument("--echo", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.echo:
        serve_echo()
    elif arguments.generate:
        kind, address, pid = arguments.generate
        print(json.dumps(asdict(_generate(kind, address, int(pid), json.load(sys.stdin), arguments.clients))))
    else:
        figures = measure(arguments.clients, arguments.requests, arguments.visitors)
        arguments.out.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
        print(render(figures))


if __name__ == "__main__":
    main()
