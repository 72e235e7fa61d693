from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Sequence
from html.parser import HTMLParser
from typing import Any

import pytest

from assistant.page.head import Head, page_head
from assistant.page.words import script_words

DOCUMENT = b"<!doctype html><html><head><title>x</title></head><body>a <head> of cabbage</body></html>"
HEAD = "<style>一</style>"
WITH_HEAD = (
    "<!doctype html><html><head><style>一</style><title>x</title></head><body>a <head> of cabbage</body></html>"
).encode()
Header = tuple[bytes, bytes]


class Inner:
    """An application that answers everything with the same pieces; `asked` holds the headers of each request."""

    def __init__(self, *pieces: bytes, headers: Sequence[Header] = ()) -> None:
        self._pieces = pieces
        self._headers = headers
        self.asked: list[list[Header]] = []

    async def __call__(self, scope: Any, _receive: Any, send: Any) -> None:  # noqa: ANN401 - ASGI
        if scope["type"] != "http":
            await send({"type": f"{scope['type']}.passed"})
            return
        self.asked.append(scope["headers"])
        length = str(sum(map(len, self._pieces))).encode()
        headers = [(b"content-length", length), *self._headers]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        for n, piece in enumerate(self._pieces, start=1):
            await send({"type": "http.response.body", "body": piece, "more_body": n < len(self._pieces)})


def sent(
    app: Inner, path: str = "/", method: str = "GET", headers: Sequence[Header] = (), kind: str = "http"
) -> list[dict[str, Any]]:
    """The messages that come back for a request through a head."""
    messages: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        messages.append(message)

    scope = {"type": kind, "path": path, "method": method, "headers": list(headers)}
    asyncio.run(Head(app, HEAD)(scope, receive, send))  # type: ignore[arg-type]
    return messages


def body_of(messages: list[dict[str, Any]]) -> bytes:
    return b"".join(message.get("body", b"") for message in messages[1:])


def length_of(messages: list[dict[str, Any]]) -> int:
    (length,) = [value for name, value in messages[0]["headers"] if name == b"content-length"]
    return int(length)


@pytest.mark.parametrize("path", ["/", "/operator", "/operator/"])
def test_a_page_begins_with_our_head_and_its_length_is_right(path: str) -> None:
    messages = sent(Inner(DOCUMENT), path)

    assert body_of(messages) == WITH_HEAD
    assert length_of(messages) == len(WITH_HEAD) == len(DOCUMENT) + 18  # bytes of the style: 15 and a character of 3


def test_a_page_that_comes_in_pieces_is_sent_whole() -> None:
    messages = sent(Inner(DOCUMENT[:22], DOCUMENT[22:30], b"", DOCUMENT[30:]))

    assert [message["type"] for message in messages] == ["http.response.start", "http.response.body"]
    assert not messages[1].get("more_body", False)
    assert body_of(messages) == WITH_HEAD
    assert length_of(messages) == len(WITH_HEAD)


@pytest.mark.parametrize(
    "path", ["/config", "/theme.css", "/api/articles", "/operator/config", "/operator//", "//", "/index.html", ""]
)
def test_other_paths_are_untouched(path: str) -> None:
    messages = sent(Inner(DOCUMENT[:40], DOCUMENT[40:]), path)

    assert len(messages) == 3
    assert body_of(messages) == DOCUMENT
    assert length_of(messages) == len(DOCUMENT)


@pytest.mark.parametrize("method", ["HEAD", "POST", "OPTIONS"])
def test_other_methods_are_untouched(method: str) -> None:
    messages = sent(Inner(DOCUMENT), method=method)

    assert body_of(messages) == DOCUMENT
    assert length_of(messages) == len(DOCUMENT)


def test_what_is_no_document_is_untouched() -> None:
    messages = sent(Inner(b'{"error": "busy"}'))

    assert body_of(messages) == b'{"error": "busy"}'
    assert length_of(messages) == 17


def test_an_empty_answer_stays_empty() -> None:
    messages = sent(Inner(b""))

    assert (body_of(messages), length_of(messages)) == (b"", 0)


def test_a_page_is_asked_for_uncompressed_and_with_every_other_header() -> None:
    inner = Inner(DOCUMENT)
    sent(inner, headers=[(b"accept-encoding", b"gzip, br"), (b"cookie", b"a=1")])
    sent(inner, "/config", headers=[(b"accept-encoding", b"gzip")])

    assert inner.asked == [[(b"cookie", b"a=1")], [(b"accept-encoding", b"gzip")]]


def test_other_headers_of_an_answer_stay() -> None:
    messages = sent(Inner(DOCUMENT, headers=[(b"set-cookie", b"a=1"), (b"set-cookie", b"b=2")]))

    assert [value for name, value in messages[0]["headers"] if name == b"set-cookie"] == [b"a=1", b"b=2"]


def test_what_is_no_request_is_passed_on() -> None:
    assert sent(Inner(DOCUMENT), kind="lifespan") == [{"type": "lifespan.passed"}]


# What is in it


class _Parts(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.data: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        assert attrs == []

    def handle_data(self, data: str) -> None:
        self.data.append(data)


def test_the_head_is_one_style_and_one_script() -> None:
    parts = _Parts()
    parts.feed(page_head())
    parts.close()

    assert parts.tags == ["style", "script"]
    style, script = "".join(parts.data[:1]), "".join(parts.data[1:])
    assert ".xk-answer" in style
    assert script.startswith("window.xiaokaWords = {")
    # Either would end the script before its end.
    assert "<!--" not in script
    assert "<script" not in script


def test_the_script_begins_with_the_words_and_runs_in_order() -> None:
    script = page_head().split("<script>")[1]
    found = re.match(r"window\.xiaokaWords = (\{.*?\});\n", script)

    assert found
    assert json.loads(found[1]) == script_words()
    places = [script.index(name) for name in ("xiaoka.say = ", "keep:", "openCitation", "addTicks,", "const judge")]
    assert places == sorted(places)


def test_a_word_cannot_end_the_script(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assistant.page.head.script_words", lambda: {"en": {"a": "</script><b>"}})
    head = page_head()

    assert head.count("</script>") == 1
    assert r'"<\/script><b>"' in head
