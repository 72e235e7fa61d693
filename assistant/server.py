"""The routes for programs, without the page; `assistant.http.guard` stands before them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from typing import TYPE_CHECKING

import anyio.to_thread
from fastapi import FastAPI
from starlette.responses import JSONResponse

from assistant.http.answering import Answering
from assistant.http.articles import Articles
from assistant.http.ask import RETRY_AFTER, ask
from assistant.http.bounded import Busy
from assistant.http.chat import Models, complete
from assistant.http.description import Description
from assistant.http.events import FAILURE
from assistant.http.refusal import refusal, refusal_at

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from assistant.start import Evaluated

_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")


def create_api(assistant: Evaluated) -> FastAPI:
    """The HTTP interface without the page; `Guard` it before it is served."""
    api = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    answering, articles, models = Answering(assistant), Articles(assistant), Models()

    async def answer(request: Request) -> Response:
        return await ask(answering, request)

    async def reply(request: Request) -> Response:
        return await complete(answering, request)

    async def ready(_request: Request) -> Response:
        return await _ready(assistant)

    _add_route(api, "/api/ask", ("POST",), answer)
    _add_route(api, "/api/articles", ("GET", "HEAD"), articles.list_all)
    _add_route(api, "/api/articles/{doc_id:path}", ("GET", "HEAD"), articles.show)
    _add_route(api, "/api/openapi.json", ("GET", "HEAD"), Description().show)
    _add_route(api, "/v1/chat/completions", ("POST",), reply)
    _add_route(api, "/v1/models", ("GET", "HEAD"), models.list_all)
    _add_route(api, "/v1/models/{model:path}", ("GET", "HEAD"), models.show)
    _add_route(api, "/healthz", ("GET", "HEAD"), _healthy)
    _add_route(api, "/readyz", ("GET", "HEAD"), ready)

    @api.exception_handler(Exception)
    async def fail(request: Request, _error: Exception) -> JSONResponse:
        # The server logs the exception itself; what it says is not for whoever asked.
        return refusal_at(request.scope["path"], 500, FAILURE)

    return api


def _add_route(
    api: FastAPI, path: str, methods: Collection[str], respond: Callable[[Request], Awaitable[Response]]
) -> None:
    """Adds a route, and the refusal of every other method there: none may fall through to the page behind."""

    async def refuse(request: Request) -> Response:
        allowed = ", ".join(methods)
        message = f"The method must be {allowed} here; got {request.method}."
        return refusal_at(request.scope["path"], 405, message, {"allow": allowed})

    api.add_route(path, respond, methods=list(methods), include_in_schema=False)
    others = [method for method in _METHODS if method not in methods]
    api.add_route(path, refuse, methods=others, include_in_schema=False)


async def _healthy(_request: Request) -> Response:
    return JSONResponse({"status": "ok"})


async def _ready(assistant: Evaluated) -> Response:
    known = [*assistant.examples("zh"), *assistant.examples("en"), *assistant.subjects()]
    try:
        # No chat model is asked: who looks after this process asks every few seconds.
        answer = await anyio.to_thread.run_sync(assistant.draft, known[:1]) if known else None
    except Busy as error:
        return refusal(503, str(error), RETRY_AFTER)
    if answer is None or answer.outcome == "abstained":
        return refusal(503, "A question that the articles answer found nothing. Run `xiaoka index verify`.")
    return JSONResponse({"status": "ready"})
