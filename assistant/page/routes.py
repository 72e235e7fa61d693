"""What the page asks the server for beside Gradio: keeping feedback, and the report of an evaluation."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Annotated, Literal

from fastapi import FastAPI
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from assistant.evaluation.board import Board
from assistant.feedback import Feedback, FeedbackStore
from assistant.http.bodies import MAX_CHARACTERS, MAX_TURNS, UnusableBody, read_body
from assistant.http.refusal import refusal
from assistant.page.conversation import ShownAnswer
from corpus.errors import UnusableInput

_MOST_A_MINUTE = 120
_LATER = {"retry-after": "60"}


class Judgement(BaseModel):
    """What a visitor thinks of an answer, as the page sends it; an empty verdict takes an earlier one back."""

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore")

    key: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{16}-[0-9]{1,3}$")]
    verdict: Literal["up", "down", ""]
    reason: Literal["", "wrong", "incomplete", "not_answered", "unclear", "citation", "other"] = ""
    comment: Annotated[str, StringConstraints(max_length=MAX_CHARACTERS)] = ""
    turns: Annotated[
        # The separators that Python takes for blanks are none to the language of patterns.
        list[Annotated[str, StringConstraints(max_length=2 * MAX_CHARACTERS, pattern=r"[^\s\x1c-\x1f]")]],
        Field(min_length=1, max_length=MAX_TURNS),
    ]
    answer: ShownAnswer


def add_routes(api: FastAPI, feedback: FeedbackStore, board: Board) -> None:
    """Adds `POST /api/feedback` and `GET /evaluations/<id>`; the guard has to open both."""
    places = _Rate(_MOST_A_MINUTE)

    @api.post("/api/feedback", include_in_schema=False)
    async def judge(request: Request) -> Response:
        if not places.take():
            return refusal(429, "Too many verdicts are coming in at the moment. Try again in a minute.", _LATER)
        try:
            judgement = Judgement.model_validate(await read_body(request))
            await run_in_threadpool(_keep, feedback, judgement)
        except UnusableBody as error:
            return refusal(error.status, str(error))
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            place = ".".join(map(str, first["loc"])) or "body"
            return refusal(422, f"`{place}` cannot be used: {first['msg']}.")
        except UnusableInput as error:
            return refusal(503, str(error))
        return JSONResponse({"kept": bool(judgement.verdict)}, headers={"cache-control": "no-store"})

    @api.get("/evaluations/{outcome_id}", include_in_schema=False)
    async def report(outcome_id: str) -> Response:
        try:
            return HTMLResponse(await run_in_threadpool(board.report, outcome_id))
        except UnusableInput as error:
            return refusal(404, str(error))


class _Rate:
    """Lets so many through in a minute, so that nobody fills what all write to."""

    def __init__(self, most_a_minute: int) -> None:
        self._most = most_a_minute
        self._left = float(most_a_minute)
        self._at = time.monotonic()

    def take(self) -> bool:
        """Whether one more may pass."""
        now = time.monotonic()
        self._left = min(self._most, self._left + (now - self._at) * self._most / 60)
        self._at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True


def _keep(store: FeedbackStore, judgement: Judgement) -> None:
    if not judgement.verdict:
        store.remove(judgement.key)
        return
    answer = judgement.answer.model_dump(mode="json", exclude={"sources", "follow_ups"})
    store.add(
        Feedback(
            turns=tuple(judgement.turns),
            verdict=judgement.verdict,
            reason=judgement.reason,
            comment=judgement.comment,
            answer=answer,
            language=judgement.answer.language,
            created_at=datetime.now(UTC).isoformat(timespec="seconds"),
        ),
        key=judgement.key,
    )
