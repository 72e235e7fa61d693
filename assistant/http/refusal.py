"""Refusals and failures as JSON, in the shape that the clients of a path read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.responses import JSONResponse

CHAT_PATHS = "/v1/"
_CODES = {404: "not_found", 405: "method_not_allowed", 408: "timeout", 413: "too_large", 503: "overloaded"}


def refusal(status: int, message: str, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """The answer `{"error": message}` with this status; it is never stored on the way."""
    return JSONResponse({"error": message}, status_code=status, headers=_unstored(headers))


def chat_refusal(
    status: int, message: str, headers: Mapping[str, str] | None = None, *, param: str | None = None, code: str = ""
) -> JSONResponse:
    """The same as clients of chat completions read it."""
    error = chat_error(status, message, param=param, code=code)
    return JSONResponse({"error": error}, status_code=status, headers=_unstored(headers))


def refusal_at(path: str, status: int, message: str, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """The refusal in the shape that belongs to the path."""
    shaped = chat_refusal if path.startswith(CHAT_PATHS) else refusal
    return shaped(status, message, headers)


def chat_error(status: int, message: str, *, param: str | None = None, code: str = "") -> dict[str, Any]:
    """What `error` holds for clients of chat completions: `message`, `type`, `param` and `code`."""
    kind = "server_error" if status >= 500 else "invalid_request_error"
    return {"message": message, "type": kind, "param": param, "code": code or _CODES.get(status)}


def _unstored(headers: Mapping[str, str] | None) -> dict[str, str]:
    return {"cache-control": "no-store", **(headers or {})}
