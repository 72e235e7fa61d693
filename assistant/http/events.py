"""Server-sent events: an answer in pieces, and a failure that is never silence."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import AsyncIterator, Callable, Iterator
from itertools import pairwise

from starlette.responses import StreamingResponse

_logger = logging.getLogger("xiaoka")
# The end of a sentence with its closing marks and its markers, or of a line with the blank ones after it. A full stop
# ends one behind letters alone: behind a digit it may be a list's number or a decimal.
_END = re.compile(r"(?:[。！？!?；;]++|(?<=[^\W\d_]{2})\.(?=[\s\[]))[”」』）)\"'*_]*+(?:[ ]?\[[0-9]+\])*+[ \n]*+|\n++")
_HEADERS = {"cache-control": "no-store", "x-accel-buffering": "no"}  # the latter: nginx passes each event on at once
FAILURE = "The answer failed because of an error in the program. Its log says more."


def pieces(text: str) -> list[str]:
    """The text by sentence and line; joined they are the text again, and no marker is cut."""
    ends = [found.end() for found in _END.finditer(text)]
    bounds = sorted({0, *ends, len(text)})
    return [text[start:end] for start, end in pairwise(bounds)]


def event(data: object, name: str = "") -> bytes:
    """One event with a JSON value, as it goes over the line."""
    # JSON as it is written here has no line ends, so that one line of data holds it.
    head = f"event: {name}\n" if name else ""
    return f"{head}data: {json.dumps(data, ensure_ascii=False, separators=(',', ':'), allow_nan=False)}\n\n".encode()


def stream(events: Iterator[bytes] | AsyncIterator[bytes], failure: Callable[[], bytes]) -> StreamingResponse:
    """A response of these events; one that cannot be made ends them with what `failure` gives."""

    async def sent() -> AsyncIterator[bytes]:
        try:
            if isinstance(events, AsyncIterator):
                async for made in events:
                    yield made
            else:
                for made in events:
                    yield made
        except Exception:  # the status has gone out already, so that only an event can say it
            _logger.exception("an answer could not be sent as a stream")
            yield failure()

    return StreamingResponse(sent(), media_type="text/event-stream", headers=_HEADERS)
