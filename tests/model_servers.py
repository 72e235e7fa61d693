"""Servers of chat models whose replies are scripted: real HTTP on this machine, in the wire formats of providers.

    with ScriptedServer(Reply("1. 带好证件。[1]")) as server:
        model = open_model("m", url=server.url)
    assert server.requests[0].body["messages"] == …

A script is one reply, or several: the first request gets the first, and every one after the last gets the last; or
a function of the request.
"""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Literal

import uvicorn

Wire = Literal["openai", "ollama", "anthropic"]
_PATHS = {"openai": "/v1/chat/completions", "ollama": "/api/chat", "anthropic": "/v1/messages"}
_ENDS = {
    "openai": {"stop": "stop", "length": "length", "filter": "content_filter"},
    "ollama": {"stop": "stop", "length": "length", "filter": "stop"},
    "anthropic": {"stop": "end_turn", "length": "max_tokens", "filter": "refusal"},
}


@dataclass(frozen=True)
class Reply:
    """What the server does with one request.

    Attributes:
        text: What the model says.
        piece_characters: Characters in one piece of the stream.
        status: Of HTTP; any but 200 sends an error in the place of the text.
        error: What an error says.
        headers: Besides those of the format, such as `{"retry-after": "1"}`.
        pause_seconds: Before each piece.
        hang_after: Pieces after which nothing comes any more, the connection left open; 0 for not even headers.
        cut_after: Pieces after which the connection is cut.
        end_after: Pieces after which the body ends as if that were all, without the format's own end.
        raw: Sent in the place of everything.
        finish: Why the reply ends: `stop`, `length` or `filter`.
        tokens: Read and written.
    """

    text: str = ""
    piece_characters: int = 8
    status: int = 200
    error: str = "scripted"
    headers: Mapping[str, str] = field(default_factory=dict)
    pause_seconds: float = 0.0
    hang_after: int | None = None
    cut_after: int | None = None
    end_after: int | None = None
    raw: bytes | None = None
    finish: Literal["stop", "length", "filter"] = "stop"
    tokens: tuple[int, int] = (11, 7)


@dataclass(frozen=True)
class Request:
    """What arrived. `left` is set when the client went away before the whole reply was sent."""

    path: str
    headers: Mapping[str, str]
    body: Mapping[str, Any]
    at: float
    left: threading.Event = field(default_factory=threading.Event)


Script = Reply | Sequence[Reply] | Callable[[Request], Reply]


class ScriptedServer:
    """A server that speaks the format of a provider and says what its script says.

    Attributes:
        url: What to set as the model's address.
        requests: Everything that was asked, in order.
    """

    def __init__(self, script: Script, *, wire: Wire = "openai", key: str = "") -> None:
        """A server; with a key, whoever has another is refused with status 401."""
        self.requests: list[Request] = []
        self._script = script
        self._wire: Wire = wire
        self._key = key
        self._listener = socket.socket()
        self._listener.bind(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}" + ("/v1" if wire == "openai" else "")
        config = uvicorn.Config(
            self._answer, interface="asgi3", log_level="critical", lifespan="off", timeout_graceful_shutdown=1
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(
            target=asyncio.run, args=(self._server.serve([self._listener]),), name="scripted-model", daemon=True
        )

    def __enter__(self) -> ScriptedServer:
        self._thread.start()
        deadline = time.monotonic() + 30
        while not self._server.started:
            assert self._thread.is_alive(), "the scripted model could not be served"
            assert time.monotonic() < deadline, "the scripted model was not served within half a minute"
            time.sleep(0.01)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.should_exit = True
        self._thread.join(20)
        self._listener.close()

    def _reply(self, request: Request) -> Reply:
        if self._key and self._key not in "".join(request.headers.values()):
            # Some servers say which key they were given.
            return Reply(status=401, error=f"Incorrect API key provided: {request.headers.get('authorization', '')}")
        if request.path != _PATHS[self._wire]:
            return Reply(status=404, error=f"no {request.path}")
        if callable(self._script):
            return self._script(request)
        if isinstance(self._script, Reply):
            return self._script
        return self._script[min(len(self.requests), len(self._script)) - 1]

    async def _answer(self, scope: dict[str, Any], receive: Callable[[], Any], send: Callable[[Any], Any]) -> None:
        assert scope["type"] == "http"
        body, more = b"", True
        while more:
            event = await receive()
            body, more = body + event.get("body", b""), event.get("more_body", False)
        headers = {name.decode().lower(): value.decode() for name, value in scope["headers"]}
        request = Request(scope["path"], headers, json.loads(body or b"{}"), time.monotonic())
        self.requests.append(request)
        leaving = asyncio.ensure_future(receive())
        sending = asyncio.ensure_future(_send(self._reply(request), request, self._wire, send))
        await asyncio.wait((leaving, sending), return_when=asyncio.FIRST_COMPLETED)
        if not sending.done():
            request.left.set()
            sending.cancel()
            await asyncio.wait((sending,))
        elif sending.exception() is not None:
            leaving.cancel()
            raise ConnectionError("cut by the script")
        leaving.cancel()


class _Cut(Exception):
    """The connection is to be cut."""


async def _send(reply: Reply, request: Request, wire: Wire, send: Callable[[Any], Any]) -> None:
    if reply.hang_after == 0:
        await asyncio.sleep(3_600)
    streamed = request.body.get("stream", wire == "ollama")
    kind = "application/json"
    if streamed and reply.status == 200:
        kind = "application/x-ndjson" if wire == "ollama" else "text/event-stream"
    headers = {"content-type": kind, **reply.headers}
    await send(
        {
            "type": "http.response.start",
            "status": reply.status,
            "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        }
    )
    if reply.cut_after == 0:
        raise _Cut
    async for part in _parts(reply, wire, streamed=streamed):
        await send({"type": "http.response.body", "body": part, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


async def _parts(reply: Reply, wire: Wire, *, streamed: bool) -> AsyncIterator[bytes]:
    """The body, part by part."""
    if reply.raw is not None:
        yield reply.raw
    elif reply.status != 200:
        yield json.dumps({"error": reply.error if wire == "ollama" else {"message": reply.error}}).encode()
    elif not streamed:
        await asyncio.sleep(reply.pause_seconds)
        yield json.dumps(_whole(reply, wire)).encode()
    else:
        for part in _opening(reply, wire):
            yield part
        step = reply.piece_characters
        for n, at in enumerate(range(0, len(reply.text), step), start=1):
            await asyncio.sleep(reply.pause_seconds)
            yield _piece(reply.text[at : at + step], wire)
            if n == reply.hang_after:
                await asyncio.sleep(3_600)
            if n == reply.cut_after:
                raise _Cut
            if n == reply.end_after:
                return
        for part in _closing(reply, wire):
            yield part


def _line(data: Mapping[str, Any], wire: Wire) -> bytes:
    written = json.dumps(data, ensure_ascii=False)
    if wire == "ollama":
        return f"{written}\n".encode()
    return (f"event: {data['type']}\n" if wire == "anthropic" else "").encode() + f"data: {written}\n\n".encode()


def _openai(choices: list[Any], **more: object) -> dict[str, Any]:
    return {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": choices, **more}


def _ollama(text: str, **more: object) -> dict[str, Any]:
    message = {"role": "assistant", "content": text}
    return {"model": "m", "created_at": "2026-01-01T00:00:00Z", "message": message, "done": False, **more}


def _opening(reply: Reply, wire: Wire) -> list[bytes]:
    if wire == "openai":
        return [_line(_openai([{"index": 0, "delta": {"role": "assistant", "content": ""}}]), wire)]
    if wire == "anthropic":
        message = {"id": "m1", "type": "message", "role": "assistant", "model": "m", "content": [], "stop_reason": None}
        usage = {"input_tokens": reply.tokens[0], "output_tokens": 0}
        block = {"type": "text", "text": ""}
        return [
            _line({"type": "message_start", "message": {**message, "stop_sequence": None, "usage": usage}}, wire),
            _line({"type": "content_block_start", "index": 0, "content_block": block}, wire),
        ]
    return []


def _piece(text: str, wire: Wire) -> bytes:
    if wire == "openai":
        return _line(_openai([{"index": 0, "delta": {"content": text}}]), wire)
    if wire == "anthropic":
        return _line({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": text}}, wire)
    return _line(_ollama(text), wire)


def _closing(reply: Reply, wire: Wire) -> list[bytes]:
    n_in, n_out = reply.tokens
    end = _ENDS[wire][reply.finish]
    if wire == "openai":
        usage = {"prompt_tokens": n_in, "completion_tokens": n_out, "total_tokens": n_in + n_out}
        return [
            _line(_openai([{"index": 0, "delta": {}, "finish_reason": end}]), wire),
            _line(_openai([], usage=usage), wire),
            b"data: [DONE]\n\n",
        ]
    if wire == "anthropic":
        usage = {"input_tokens": n_in, "output_tokens": n_out}
        delta = {"stop_reason": end, "stop_sequence": None}
        return [
            _line({"type": "content_block_stop", "index": 0}, wire),
            _line({"type": "message_delta", "delta": delta, "usage": usage}, wire),
            _line({"type": "message_stop"}, wire),
        ]
    return [_line(_ollama("", done=True, done_reason=end, prompt_eval_count=n_in, eval_count=n_out), wire)]


def _whole(reply: Reply, wire: Wire) -> dict[str, Any]:
    n_in, n_out = reply.tokens
    end = _ENDS[wire][reply.finish]
    if wire == "openai":
        message = {"role": "assistant", "content": reply.text}
        usage = {"prompt_tokens": n_in, "completion_tokens": n_out, "total_tokens": n_in + n_out}
        choices = [{"index": 0, "message": message, "finish_reason": end}]
        return {"id": "c1", "object": "chat.completion", "created": 1, "model": "m", "choices": choices, "usage": usage}
    if wire == "anthropic":
        return {
            "id": "m1",
            "type": "message",
            "role": "assistant",
            "model": "m",
            "content": [{"type": "text", "text": reply.text}],
            "stop_reason": end,
            "stop_sequence": None,
            "usage": {"input_tokens": n_in, "output_tokens": n_out},
        }
    return _ollama(reply.text, done=True, done_reason=end, prompt_eval_count=n_in, eval_count=n_out)
