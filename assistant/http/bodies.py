"""The body of a request in; what it asks, checked, out."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from assistant.intake import check_turn, check_turns, kind_of, read_json
from corpus.errors import UnusableInput

if TYPE_CHECKING:
    from starlette.requests import Request

MAX_CHARACTERS = 2_000
MAX_TURNS = 50


class UnusableBody(UnusableInput):
    """A body that cannot be read at all; `status` is the HTTP status that says so."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


async def read_body(request: Request) -> object:
    """The JSON value of a request's body, read strictly.

    Raises:
        UnusableBody: It does not come as `application/json`, or is no such JSON in UTF-8.
    """
    # Asking for this type keeps pages of other sites from posting a form here.
    if request.headers.get("content-type", "").split(";")[0].strip().lower() != "application/json":
        raise UnusableBody(415, "The body must be sent as `Content-Type: application/json`.")
    try:
        return read_json((await request.body()).decode("utf-8"))
    except UnicodeDecodeError as error:
        raise UnusableBody(400, "The body must be UTF-8.") from error
    except UnusableInput as error:
        raise UnusableBody(400, f"The body: {error}") from error


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


def check_turns_length(turns: object) -> tuple[str, ...]:
    """The turns of a list, oldest first, when there are at most 50 and each can be asked.

    Raises:
        UnusableInput: It is no such list.
    """
    return check_conversation({"turns": turns})


def check_conversation(value: object) -> tuple[str, ...]:
    """The turns of an object that holds `question` or `turns`, oldest first.

    Raises:
        UnusableInput: It holds neither or both, too many turns, or one that cannot be asked.
    """
    turns = tuple(map(check_length, check_turns(value)))
    if len(turns) > MAX_TURNS:
        raise UnusableInput(f"`turns` must be at most {MAX_TURNS} texts; got {len(turns)}. Send the last ones.")
    return turns


def check_flag(value: object, name: str) -> bool:
    """The value of a switch, which is off when it is null or not there.

    Raises:
        UnusableInput: It is neither true nor false.
    """
    if value is None or isinstance(value, bool):
        return bool(value)
    raise UnusableInput(f"`{name}` must be true or false; got {kind_of(value)}.")
