"""`POST /api/ask`: one question or conversation in, the published answer out, whole or as a stream."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import aclosing
from typing import TYPE_CHECKING

from starlette.responses import JSONResponse, Response

from assistant.answer import Answer
from assistant.http.answering import Answering, Left
from assistant.http.bodies import UnusableBody, check_conversation, check_flag, read_body
from assistant.http.bounded import Busy
from assistant.http.events import FAILURE, event, pieces, stream
from assistant.http.refusal import refusal
from assistant.streaming import Delta, Replaced, Writing
from corpus.errors import UnusableInput

if TYPE_CHECKING:
    from starlette.requests import Request

    from assistant.streaming import Event

RETRY_AFTER = {"retry-after": "5"}
LEFT = 499  # as nginx logs it; nobody is there to read it


async def ask(answering: Answering, request: Request) -> Response:
    """The response to a request for an answer."""
    try:
        value = await read_body(request)
        turns = check_conversation(value)
        if _wants_stream(value, request.headers.get("accept", "")):
            return await _streamed(answering, turns, request)
        answer = await answering.ask(turns, request.is_disconnected)
    except UnusableBody as error:
        return refusal(error.status, str(error))
    except UnusableInput as error:
        return refusal(422, str(error))
    except Busy as error:
        return refusal(503, str(error), RETRY_AFTER)
    except Left:
        return Response(status_code=LEFT)
    return JSONResponse(answer.to_json(), headers={"cache-control": "no-store"})


async def _streamed(answering: Answering, turns: Sequence[str], request: Request) -> Response:
    """The response that streams an answer; what fails before its first event is raised and has a status."""
    answered = answering.stream(turns, request.is_disconnected)
    first = await anext(answered)

    async def events() -> AsyncGenerator[bytes]:
        async with aclosing(answered):
            sent = ""
            current = first
            while True:
                for made in _events(current, sent):
                    yield made
                if isinstance(current, Answer):
                    break
                sent = _shown(current, sent)
                current = await anext(answered)
        yield event({}, "done")

    return stream(events(), lambda: event({"error": FAILURE}, "error"))


def _wants_stream(value: object, accept: str) -> bool:
    """Whether the body says so, or, when it says nothing, the header that names what is accepted."""
    said = value.get("stream") if isinstance(value, dict) else None
    if said is not None:
        return check_flag(said, "stream")
    return any(kind.split(";")[0].strip().lower() == "text/event-stream" for kind in accept.split(","))


def _events(current: Event, sent: str) -> Iterator[bytes]:
    """The events that tell one of an answer; `sent` is the text that was sent so far and holds."""
    if isinstance(current, Writing):
        yield event({}, "writing")
    elif isinstance(current, Delta):
        yield event({"text": current.text}, "delta")
    elif isinstance(current, Replaced):
        yield event({}, "replace")
    else:
        for piece in pieces(current.text[len(sent) :]):
            yield event({"text": piece}, "delta")
        yield event(current.to_json(), "answer")


def _shown(current: Event, sent: str) -> str:
    if isinstance(current, Delta):
        return sent + current.text
    return "" if isinstance(current, Replaced) else sent
