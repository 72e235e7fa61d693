"""The page's own style, words and script, put into the head of Gradio's document."""

from __future__ import annotations

import importlib.resources
import json
from typing import TYPE_CHECKING

from starlette.datastructures import MutableHeaders

from assistant.page.words import script_words

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

_PAGE = importlib.resources.files("assistant") / "page"
_OPENING = b"<head>"
_PAGES = ("/", "/operator", "/operator/")


def page_head() -> str:
    """One `<style>` and one `<script>`."""
    style = (_PAGE / "page.css").read_text(encoding="utf-8")
    # In a script `</` would end it.
    words = json.dumps(script_words(), ensure_ascii=False).replace("</", "<\\/")
    names = sorted(path.name for path in (_PAGE / "script").iterdir() if path.name.endswith(".js"))
    script = "\n".join((_PAGE / "script" / name).read_text(encoding="utf-8") for name in names)
    return f"<style>{style}</style><script>window.xiaokaWords = {words};\n{script}</script>"


class Head:
    """Wraps an application: what it serves as a page begins with a head of ours.

    Gradio's own `head=` is put into the document by its script, after it has chosen the language, and its `css=` gets
    the container's name in front of every rule, those for paper and for `body` included.
    """

    def __init__(self, app: ASGIApp, head: str) -> None:
        self._app = app
        self._head = _OPENING + head.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes the request on, and the page back with the head in it."""
        if scope["type"] != "http" or scope["path"] not in _PAGES or scope["method"] != "GET":
            await self._app(scope, receive, send)
            return
        plain = [(name, value) for name, value in scope["headers"] if name != b"accept-encoding"]
        started: list[Message] = []
        pieces: list[bytes] = []

        async def gather(message: Message) -> None:
            if message["type"] == "http.response.start":
                started.append(message)
                return
            pieces.append(message.get("body", b""))
            if not message.get("more_body", False):
                body = b"".join(pieces).replace(_OPENING, self._head, 1)
                MutableHeaders(scope=started[0])["content-length"] = str(len(body))
                await send(started[0])
                await send({"type": "http.response.body", "body": body})

        await self._app({**scope, "headers": plain}, receive, gather)
