"""The door of the operator's page: a name and a password, from a file."""

from __future__ import annotations

import base64
import binascii
import hmac
import os
import stat
from asyncio import sleep
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse

from corpus.errors import UnusableInput

if TYPE_CHECKING:
    from starlette.responses import Response
    from starlette.types import ASGIApp, Receive, Scope, Send

OPERATOR_PATH = "/operator"
_SHORTEST_PASSWORD = 8
_REFUSED_SECONDS = 1.0  # so that guessing is slow


def read_credentials(path: Path) -> tuple[str, str]:
    """Name and password of the operator.

    Raises:
        UnusableInput: The file cannot be read, others may read it, or it does not hold `name:password` on one line.
    """
    rule = (
        f"`auth_file` must hold one line `name:password`, the password of at least {_SHORTEST_PASSWORD} characters, "
        f"and be readable by its owner alone; got {str(path)!r}"
    )
    try:
        mode = path.stat().st_mode
        line = path.read_text(encoding="utf-8-sig").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise UnusableInput(f"{rule} ({error}). Create it, for example: `(umask 077; nano {path.name})`.") from error
    if os.name == "posix" and stat.S_IMODE(mode) & 0o077:
        raise UnusableInput(f"{rule}, which others may read. Run `chmod 600 {path.name}`.")
    name, colon, password = line.partition(":")
    if not name or not colon or len(password) < _SHORTEST_PASSWORD or "\n" in line:
        raise UnusableInput(f"{rule}, which holds something else. Write the line anew.")
    return name, password


class Gate:
    """Wraps an application: what lies under `/operator` is for whoever gives the name and the password (HTTP Basic).

    Whoever reads bodies in front of it asks `refusal` before. Behind a proxy the connection has to be encrypted there.
    """

    def __init__(self, app: ASGIApp, credentials: tuple[str, str] | None) -> None:
        """A gate in front of `app`; without credentials there is no operator, and nothing under the path."""
        self._app = app
        self._expected = None if credentials is None else ":".join(credentials).encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes the request on, or asks for name and password."""
        refused = await self.refusal(scope)
        await (refused or self._app)(scope, receive, send)

    async def refusal(self, scope: Scope) -> Response | None:
        """What a request is answered that may not pass, without a look at its body; None for one that may."""
        if scope["type"] != "http" or not _is_operators(scope["path"]) or self._is_operator(scope):
            return None
        if self._expected is None:
            return PlainTextResponse("There is no operator here.", 404)
        if "authorization" in Headers(scope=scope):
            await sleep(_REFUSED_SECONDS)
        headers = {"www-authenticate": 'Basic realm="Xiaoka operator", charset="UTF-8"', "cache-control": "no-store"}
        return PlainTextResponse("Sign in as the operator.", 401, headers)

    def _is_operator(self, scope: Scope) -> bool:
        scheme, _, encoded = Headers(scope=scope).get("authorization", "").partition(" ")
        if self._expected is None or scheme.lower() != "basic":
            return False
        try:
            given = base64.b64decode(encoded.strip(), validate=True)
        except (binascii.Error, ValueError):
            return False
        return hmac.compare_digest(given, self._expected)


def _is_operators(path: str) -> bool:
    return path == OPERATOR_PATH or path.startswith(f"{OPERATOR_PATH}/")
