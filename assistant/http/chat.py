"""`/v1/chat/completions` and `/v1/models`: the routes that programs made for OpenAI's interface speak to."""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

from starlette.responses import JSONResponse, Response

from assistant.http.answering import Answering, Left
from assistant.http.ask import LEFT, RETRY_AFTER
from assistant.http.bodies import UnusableBody, read_body
from assistant.http.bounded import Busy
from assistant.http.chat_request import MODEL, ChatRequest, UnusableRequest, read_chat_request
from assistant.http.events import FAILURE, event, pieces, stream
from assistant.http.refusal import chat_error, chat_refusal
from assistant.render import trail, visible, without_options, words
from corpus.errors import UnusableInput

if TYPE_CHECKING:
    from starlette.requests import Request

    from assistant.answer import Answer

_END = b"data: [DONE]\n\n"
# What could load, link or run something where the reply is shown as Markdown, and the backslashes before it.
_ACTING = re.compile(r"(?P<escapes>\\*)(?:[<`]|!(?=\[)|(?<=\])[(:])")


async def complete(answering: Answering, request: Request) -> Response:
    """The response to a request for a chat completion."""
    try:
        asked = read_chat_request(await read_body(request))
        answer = await answering.ask(asked.turns, request.is_disconnected)
    except UnusableBody as error:
        return chat_refusal(error.status, str(error))
    except UnusableRequest as error:
        return chat_refusal(error.status, str(error), param=error.param, code=error.code)
    except UnusableInput as error:
        return chat_refusal(400, str(error), param="messages")
    except Busy as error:
        return chat_refusal(503, str(error), RETRY_AFTER)
    except Left:
        return Response(status_code=LEFT)
    completion = _Completion(request=asked, answer=answer, content=chat_text(answer))
    if asked.streamed:
        return stream(completion.chunks(), lambda: event({"error": chat_error(500, FAILURE)}))
    return JSONResponse(completion.whole(), headers={"cache-control": "no-store"})


class Models:
    """The one model there is, as a list and by its id."""

    def __init__(self) -> None:
        self._model = {"id": MODEL, "object": "model", "created": int(time.time()), "owned_by": MODEL}

    async def list_all(self, _request: Request) -> Response:
        """Every model."""
        return JSONResponse({"object": "list", "data": [self._model]})

    async def show(self, request: Request) -> Response:
        """The model that the path names."""
        if request.path_params["model"] != MODEL:
            return chat_refusal(404, f"The only model here is {MODEL!r}.", param="model", code="model_not_found")
        return JSONResponse(self._model)


def chat_text(answer: Answer) -> str:
    """The answer as Markdown for a chat: a notice, its text, the options by number, each source with its exact words.

    Nothing in it loads an image, opens a link or is HTML, whatever an article holds.
    """
    listed = [f"{n}. {option}" for n, option in enumerate(answer.options, start=1)]
    text = without_options(answer.text, answer.options).strip()
    notice = f"> {_tamed(answer.notice.text)}" if answer.notice else ""
    parts = [notice, _tamed(text), _tamed("\n".join(listed))]
    if answer.citations:
        lines = [f"**{words(answer.language)['sources']}**"]
        for path, group in groupby(answer.citations, key=lambda c: trail(c.title, c.chunk.headings)):
            lines += [_tamed(f"- {' › '.join(_one_line(part) for part in path)}")]
            lines += [f"  - [{c.marker}] “{_tamed(_one_line(c.quote))}”" for c in group]
        parts += ["---", "\n".join(lines)]
    return "\n\n".join(part for part in parts if part)


def _one_line(text: str) -> str:
    """The text without its line ends; its words stay as they are."""
    return " ".join(text.split())


def _tamed(markdown: str) -> str:
    return _ACTING.sub(_escaped, visible(markdown))


def _escaped(found: re.Match[str]) -> str:
    # An odd number of backslashes escapes already; one more would free what follows.
    n_escapes = len(found["escapes"])
    return found[0] if n_escapes % 2 else f"{found[0][:n_escapes]}\\{found[0][n_escapes:]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Completion:
    """An answer in the shapes of a chat completion."""

    request: ChatRequest
    answer: Answer
    content: str

    def whole(self) -> dict[str, Any]:
        """The completion as one object."""
        message = {
            "role": "assistant",
            "content": self.content,
            "refusal": None,
            "xiaoka": self.answer.to_json(),
        }
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}
        return {**self._head("chat.completion"), "choices": [choice], "usage": self._usage()}

    def chunks(self) -> Iterator[bytes]:
        """The completion as events, the published answer with the last piece."""
        head = self._head("chat.completion.chunk")
        if self.request.with_usage:
            head["usage"] = None
        deltas: list[dict[str, Any]] = [{"role": "assistant", "content": "", "refusal": None}]
        deltas += [{"content": piece} for piece in pieces(self.content)]
        for delta in deltas:
            yield _chunk(head, delta, None)
        yield _chunk(head, {"xiaoka": self.answer.to_json()}, "stop")
        if self.request.with_usage:
            yield event({**head, "choices": [], "usage": self._usage()})
        yield _END

    def _head(self, kind: str) -> dict[str, Any]:
        return {"id": f"chatcmpl-{uuid.uuid4().hex}", "object": kind, "created": int(time.time()), "model": MODEL}

    def _usage(self) -> dict[str, Any]:
        """Characters, as there are no tokens here: of the turns that were read, and of the reply."""
        n_read, n_written = sum(map(len, self.request.turns)), len(self.content)
        return {
            "prompt_tokens": n_read,
            "completion_tokens": n_written,
            "total_tokens": n_read + n_written,
            "unit": "characters",
        }


def _chunk(head: dict[str, Any], delta: dict[str, Any], finish_reason: str | None) -> bytes:
    return event({**head, "choices": [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}]})
