"""Answers over HTTP: `POST /api/ask`, health, and the guard that every request passes."""

from __future__ import annotations

import threading
import unicodedata
from collections.abc import Sequence
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders

from assistant.intake import check_turn, check_turns, read_json
from corpus.errors import UnusableInput

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from assistant.answer import Answer
    from assistant.start import Answers
    from corpus.document import Document

MAX_CHARACTERS = 2_000
MAX_TURNS = 50
MAX_BODY_BYTES = 65_536
_N_AT_ONCE = 8
_WAIT_SECONDS = 10.0

_LOOPBACK = frozenset(("127.0.0.1", "localhost", "::1"))
# What the page itself asks for. Everything else that comes with Gradio (uploads, the file proxy, the reload and
# monitoring endpoints, the API description) is closed.
_OPEN_PATHS = frozenset(("/", "/config", "/theme.css", "/favicon.ico", "/healthz", "/readyz", "/api/ask"))
_OPEN_FOLDERS = (
    "/assets/",
    "/static/",
    "/svelte/",
    "/gradio_api/queue/",
    "/gradio_api/heartbeat/",
    "/gradio_api/startup-events",
    "/gradio_api/cancel",
)
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


class Busy(RuntimeError):
    """As many questions are being answered as may be at once, and none was finished in time."""


class BoundedAssistant:
    """An assistant that answers a bounded number of questions at once, whatever way they come in."""

    def __init__(self, assistant: Answers, *, n_at_once: int = _N_AT_ONCE, wait_seconds: float = _WAIT_SECONDS) -> None:
        self._assistant = assistant
        self._places = threading.BoundedSemaphore(n_at_once)
        self._wait_seconds = wait_seconds

    def ask(self, turns: Sequence[str]) -> Answer:
        """The answer to the last turn.

        Raises:
            Busy: No place became free in time.
        """
        if not self._places.acquire(timeout=self._wait_seconds):
            raise Busy("Too many questions are being answered at the moment. Ask again in a few seconds.")
        try:
            return self._assistant.ask(turns)
        finally:
            self._places.release()

    def document(self, doc_id: str) -> Document:
        """The article with this id, cleaned."""
        return self._assistant.document(doc_id)

    def subjects(self) -> tuple[str, ...]:
        """What the articles cover."""
        return self._assistant.subjects()

    def examples(self, language: str) -> tuple[str, ...]:
        """Questions that the articles answer."""
        return self._assistant.examples(language)


def check_length(turn: object) -> str:
    """The turn as it came, when it can be asked and is at most 2,000 characters long, compatibility forms unfolded.

    Raises:
        UnusableInput: It cannot be asked, or is longer.
    """
    text = check_turn(turn)
    # Folding can lengthen a text 18 times, so that an absurd one is refused before.
    if len(text) > 2 * MAX_CHARACTERS or len(unicodedata.normalize("NFKC", text)) > MAX_CHARACTERS:
        raise UnusableInput(
            f"`question` must be at most {MAX_CHARACTERS:,} characters long; got {len(text):,}. Shorten it."
        )
    return text


def create_api(assistant: Answers) -> FastAPI:
    """The HTTP interface without the page; `guard` it before it is served."""
    api = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)

    @api.post("/api/ask")
    async def ask(request: Request) -> JSONResponse:
        return await _ask(assistant, request)

    @api.get("/healthz")
    async def healthz() -> JSONResponse:
        return JSONResponse({"status": "ok"})

    @api.get("/readyz")
    async def readyz() -> JSONResponse:
        known = [*assistant.examples("zh"), *assistant.examples("en"), *assistant.subjects()]
        try:
            answer = await run_in_threadpool(assistant.ask, known[:1]) if known else None
        except Busy as error:
            return _refusal(503, str(error), {"retry-after": "5"})
        if answer is None or answer.outcome == "abstained":
            return _refusal(503, "A question that the articles answer found nothing. Run `xiaoka index verify`.")
        return JSONResponse({"status": "ready"})

    @api.exception_handler(Exception)
    async def fail(_request: Request, _error: Exception) -> JSONResponse:
        # The server logs the exception itself; what it says is not for whoever asked.
        return _refusal(500, "The answer failed because of an error in the program. Its log says more.")

    return api


async def _ask(assistant: Answers, request: Request) -> JSONResponse:
    if request.headers.get("content-type", "").split(";")[0].strip().lower() != "application/json":
        return _refusal(415, "The body must be sent as `Content-Type: application/json`.")
    try:
        value = read_json((await request.body()).decode("utf-8"))
    except UnicodeDecodeError:
        return _refusal(400, "The body must be UTF-8.")
    except UnusableInput as error:
        return _refusal(400, f"The body: {error}")
    try:
        turns = tuple(map(check_length, check_turns(value)))
        if len(turns) > MAX_TURNS:
            raise UnusableInput(f"`turns` must be at most {MAX_TURNS} texts; got {len(turns)}. Send the last ones.")
        answer = await run_in_threadpool(assistant.ask, turns)
    except UnusableInput as error:
        return _refusal(422, str(error))
    except Busy as error:
        return _refusal(503, str(error), {"retry-after": "5"})
    return JSONResponse(answer.to_json(), headers={"cache-control": "no-store"})


def _refusal(status: int, message: str, headers: dict[str, str] | None = None) -> JSONResponse:
    return JSONResponse({"error": message}, status_code=status, headers=headers)


class Guard:
    """Wraps an application: unknown hosts, foreign origins, closed paths and large bodies are refused, headers set.

    The page is open to whoever can reach it, and a web page elsewhere must not reach it through its visitor's browser.
    So a browser's `Origin` has to be the page's own, and a page on loopback answers to loopback names alone, or to
    the host of `root_path` behind a proxy.
    """

    def __init__(self, app: ASGIApp, *, host: str, root_path: str = "") -> None:
        self._app = app
        public = urlsplit(root_path).hostname or ""
        self._hosts = _LOOPBACK | {host, public} if host in _LOOPBACK else frozenset()
        self._public = public

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes the request on, or answers it with a refusal."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1003})
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers[name] = value
            await send(message)

        refusal = self._refuse(scope)
        if refusal is None and scope["method"] not in ("GET", "HEAD"):
            body = await _read_body(receive)
            receive = _replayed(body, receive)
            refusal = _too_large() if len(body) > MAX_BODY_BYTES else None
        if refusal is not None:
            await refusal(scope, receive, send_with_headers)
        else:
            await self._app(_cleaned(scope), receive, send_with_headers)

    def _refuse(self, scope: Scope) -> JSONResponse | None:
        headers = Headers(scope=scope)
        host = urlsplit(f"//{headers.get('host', '')}")
        if self._hosts and host.hostname not in self._hosts:
            return _refusal(421, "This address is not served here; use the one that was printed, or set `--root-path`.")
        origin = headers.get("origin")
        # A sandboxed or local page has the origin "null", which has no host at all.
        if origin is not None and (urlsplit(origin).netloc or None) not in (host.netloc, self._public):
            return _refusal(403, "Requests from other sites are not answered.")
        path = scope["path"]
        if path not in _OPEN_PATHS and not path.startswith(_OPEN_FOLDERS):
            return _refusal(404, "There is nothing here.")
        length = headers.get("content-length", "0")
        if not length.isdecimal() or int(length[:12]) > MAX_BODY_BYTES:
            return _too_large()
        return None


def _cleaned(scope: Scope) -> Scope:
    """The request without headers that Gradio would repeat in its answers."""
    # An origin that was accepted is our own; without it Gradio sets no cross-origin headers at all.
    dropped = (b"origin", b"x-forwarded-host", b"x-forwarded-proto", b"x-forwarded-port", b"x-forwarded-prefix")
    return {**scope, "headers": [(name, value) for name, value in scope["headers"] if name not in dropped]}


def _too_large() -> JSONResponse:
    return _refusal(413, f"The body must be at most {MAX_BODY_BYTES:,} bytes.")


async def _read_body(receive: Receive) -> bytes:
    """The body, whole or up to the piece that takes it over the limit."""
    body = b""
    while len(body) <= MAX_BODY_BYTES:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body", False):
            break
    return body


def _replayed(body: bytes, receive: Receive) -> Receive:
    pending: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive_again() -> Message:
        return pending.pop() if pending else await receive()

    return receive_again
