"""`GET /api/openapi.json`: what every route for programs takes and gives, for tools that read OpenAPI 3.1."""

from __future__ import annotations

import importlib.resources
import json
from importlib import metadata
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response


def describe() -> dict[str, Any]:
    """The description, of this version of the program. It is kept by hand; a test compares it with the routes."""
    file = importlib.resources.files("assistant") / "http" / "openapi.json"
    description: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    description["info"]["version"] = _version()
    return description


def _version() -> str:
    try:
        return metadata.version("xiaoka")
    except metadata.PackageNotFoundError:  # run from a checkout that was not installed
        return "unknown"


class Description:
    """The description as a response."""

    def __init__(self) -> None:
        self._description = describe()

    async def show(self, request: Request) -> Response:
        """The description, with the address that it was asked for at."""
        root: str = request.scope.get("root_path", "")
        return JSONResponse({**self._description, "servers": [{"url": root or "/"}]})
