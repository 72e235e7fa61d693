"""What every request passes before anything answers it: who may ask, what is open, how much and how long."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from starlette.datastructures import Headers

from assistant.http.refusal import refusal_at
from assistant.settings import LOOPBACK

if TYPE_CHECKING:
    from starlette.responses import JSONResponse, Response
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_BODY_BYTES = 65_536
# The chat clients of others send the whole conversation, answers with their sources included, at every turn.
BODY_LIMITS: Mapping[str, int] = MappingProxyType({"/v1/chat/completions": 1_048_576})
BODY_SECONDS = 10.0  # for each MiB that a path takes
SEND_SECONDS = 30.0  # for one piece of a response, at most 64 KiB and usually far less

# What a page of Gradio's needs itself; a stopped answer is reset, and what needs no queue is asked for directly, which
# Gradio refuses for all that does. Everything else that comes with Gradio (uploads, the file proxy, the reload and
# monitoring endpoints) is closed.
PAGE_PATHS = ("/", "/config", "/theme.css", "/gradio_api/reset", "/gradio_api/run/predict")
PAGE_FOLDERS = (
    "/assets/",
    "/static/",
    "/svelte/",
    "/gradio_api/queue/",
    "/gradio_api/heartbeat/",
    "/gradio_api/startup-events",
    "/gradio_api/cancel",
)
_OPEN_PATHS = frozenset(
    (
        *PAGE_PATHS,
        "/favicon.ico",
        "/healthz",
        "/readyz",
        "/api/ask",
        "/api/articles",
        "/api/openapi.json",
        "/v1/models",
        "/v1/chat/completions",
    )
)
_OPEN_FOLDERS = (*PAGE_FOLDERS, "/api/articles/", "/v1/models/")
_HEADERS = {
    "content-security-policy": "default-src 'self'; script-src 'self' 'unsafe-inline'; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; "
    "media-src 'none'; object-src 'none'; frame-src 'none'; form-action 'none'; base-uri 'self'; "
    "frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=(), payment=()",
}
_RAW_HEADERS = tuple((name.encode(), value.encode()) for name, value in _HEADERS.items())
_SET_HERE = frozenset(name for name, _ in _RAW_HEADERS)
# An origin that was accepted is our own; without it Gradio sets no cross-origin headers at all. The others it would
# repeat in its answers.
_DROPPED = frozenset((b"origin", b"x-forwarded-host", b"x-forwarded-proto", b"x-forwarded-port", b"x-forwarded-prefix"))


class Guard:
    """Wraps an application: unknown hosts, foreign origins, closed paths and large bodies are refused, headers set.

    The page is open to whoever can reach it, and a web page elsewhere must not reach it through its visitor's browser.
    So a browser's `Origin` has to be the page's own, and a page on loopback answers to loopback names alone, or to
    the host of `root_path` behind a proxy.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        host: str,
        root_path: str = "",
        open_paths: Collection[str] = (),
        open_folders: Sequence[str] = (),
        body_limits: Mapping[str, int] = MappingProxyType({}),
        door: Callable[[Scope], Awaitable[Response | None]] | None = None,
        body_seconds: float = BODY_SECONDS,
        send_seconds: float = SEND_SECONDS,
    ) -> None:
        """A guard in front of `app`.

        Args:
            app: What answers the requests that pass.
            host: The address that is listened on.
            root_path: The address behind a proxy, empty without one.
            open_paths: Paths to open besides those of the page and of the routes for programs.
            open_folders: Beginnings of paths to open besides.
            body_limits: The most bytes of a body by path, where it is not `MAX_BODY_BYTES`.
            door: Asked about each request before its body is read; refuses it with a response, or lets it pass.
            body_seconds: How long a body may take to arrive, for each MiB that its path takes.
            send_seconds: How long a client may take to read one piece of a response.
        """
        self._app = app
        public = urlsplit(root_path).hostname or ""
        self._hosts = LOOPBACK | {host, public} if host in LOOPBACK else frozenset()
        self._public = public
        self._open_paths = _OPEN_PATHS | frozenset(open_paths)
        self._open_folders = (*_OPEN_FOLDERS, *open_folders)
        self._body_limits = {**BODY_LIMITS, **body_limits}
        self._door = door
        self._body_seconds = body_seconds
        self._send_seconds = send_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes the request on, or answers it with a refusal."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1003})
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                kept = [header for header in message.get("headers", ()) if header[0].lower() not in _SET_HERE]
                message = {**message, "headers": [*kept, *_RAW_HEADERS]}
            async with asyncio.timeout(self._send_seconds):
                await send(message)

        path = scope["path"]
        refusal: Response | None = self._refuse(scope)
        if refusal is None and self._door is not None:
            refusal = await self._door(scope)
        if refusal is None and scope["method"] not in ("GET", "HEAD"):
            limit = self._body_limits.get(path, MAX_BODY_BYTES)
            try:
                async with asyncio.timeout(self._body_seconds * max(1.0, limit / 1_048_576)):
                    body = await _read_body(receive, limit)
            except TimeoutError:
                refusal = refusal_at(path, 408, "The body did not arrive in time.", {"connection": "close"})
            else:
                if body is None:
                    return
                receive = _replayed(body, receive)
                refusal = _too_large(path, limit) if len(body) > limit else None
        if refusal is not None:
            await refusal(scope, receive, send_guarded)
        else:
            await self._app(_cleaned(scope), receive, send_guarded)

    def _refuse(self, scope: Scope) -> JSONResponse | None:
        headers, path = Headers(scope=scope), scope["path"]
        host = _parts(f"//{headers.get('host', '')}")
        if self._hosts and (host is None or host[0] not in self._hosts):
            message = "This address is not served here; use the one that was printed, or set `--root-path`."
            return refusal_at(path, 421, message)
        origin = headers.get("origin")
        # A sandboxed or local page has the origin "null", which has no host at all.
        if origin is not None:
            origin_parts = _parts(origin)
            own = (host[1] if host else "", self._public)
            if origin_parts is None or (origin_parts[1] or None) not in own:
                return refusal_at(path, 403, "Requests from other sites are not answered.")
        if path not in self._open_paths and not path.startswith(self._open_folders):
            return refusal_at(path, 404, "There is nothing here.")
        length = headers.get("content-length", "0")
        limit = self._body_limits.get(path, MAX_BODY_BYTES)
        if not length.isdecimal() or int(length[:12]) > limit:
            return _too_large(path, limit)
        return None


def _parts(address: str) -> tuple[str | None, str] | None:
    """Host name, and name with port, of an address; None for one that cannot be read (`//[`)."""
    try:
        parts = urlsplit(address)
        return parts.hostname, parts.netloc
    except ValueError:
        return None


def _cleaned(scope: Scope) -> Scope:
    """The request without headers that Gradio would repeat in its answers."""
    return {**scope, "headers": [header for header in scope["headers"] if header[0] not in _DROPPED]}


def _too_large(path: str, limit: int) -> JSONResponse:
    return refusal_at(path, 413, f"The body must be at most {limit:,} bytes.")


async def _read_body(receive: Receive, limit: int) -> bytes | None:
    """The body, whole or up to the piece that takes it over the limit; None when the client has gone."""
    pieces: list[bytes] = []
    n_bytes = 0
    while n_bytes <= limit:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        pieces.append(message.get("body", b""))
        n_bytes += len(pieces[-1])
        if not message.get("more_body", False):
            break
    return b"".join(pieces)


def _replayed(body: bytes, receive: Receive) -> Receive:
    pending: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive_again() -> Message:
        return pending.pop() if pending else await receive()

    return receive_again
