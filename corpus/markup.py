"""Markup that an article may carry and a reader must not be served: HTML, scripts, pictures, links that run."""

from __future__ import annotations

import re
from collections.abc import Iterator

from corpus.promotion import Suspicion

_MAX_TAG = 2_000
# A tag whose content is no text either, closed or not; then any tag, closed or cut off by the line's end.
_HOLLOW = "script|style|iframe|object|embed|svg|math|template|noscript|noembed|applet|form|select|textarea|audio|video|title|head|xmp"
_OPENED = re.compile(rf"<({_HOLLOW})(?![a-z0-9])[^>]{{0,{_MAX_TAG}}}>?")
_TAG = re.compile(
    rf"</?[a-z][a-z0-9:\-]{{0,30}}(?:[ \t\r\n/][^<>]{{0,{_MAX_TAG}}})?>|<[!?][a-z\[][^<>]{{0,{_MAX_TAG}}}>"
    r"|</?(?:a|img|script|iframe|style|svg|body|link|meta|object|embed|input|form|video|audio|base|div|span|p|table|details)[ \t/][^<>\n]{0,500}(?=\n|<|$)",
)
_AUTOLINK = re.compile(r"<(?:https?://|mailto:)[^<>\s]+>")
_COMMENT = re.compile(r"<!--")
_HANDLER = re.compile(
    r"(?<![a-z])on(?:error|load|click|mouseover|focus|toggle|begin|start|animationstart|pointerover)[ ]?=[ ]?[\"'a-z(][^\n]{0,200}"
)
_IMAGE = re.compile(
    r"!\[[^\]\n]{0,500}\](?:\([^()\n]{0,1000}(?:\([^()\n]{0,200}\)[^()\n]{0,200})?\)|\[[^\]\n]{0,200}\])?"
)
_LINKED_IMAGE = re.compile(
    r"\[[ ]{0,3}!\[[^\]\n]{0,500}\](?:\([^()\n]{0,1000}\)|\[[^\]\n]{0,200}\])[ ]{0,3}\](?:\([^()\n]{0,1000}\)|\[[^\]\n]{0,200}\])"
)
_IMAGE_FILE = re.compile(
    r"(?:https?:)?//[^\s<>\"'()\[\]]{1,500}?\.(?:png|jpe?g|gif|webp|bmp|svg|avif|ico|heic)(?![a-z0-9])(?:[?#][^\s<>\"'()\[\]]{0,300})?"
)
_DEFINITION = re.compile(r"^[ ]{0,3}\[(?P<label>[^\]\n]{1,200})\]:[^\n]*", re.MULTILINE)
_USED_BY_IMAGE = re.compile(r"!\[(?P<text>[^\]\n]{0,500})\](?:\[(?P<label>[^\]\n]{0,200})\])?")
_RUNS = re.compile(
    r"(?<![a-z0-9])(?:j[\s]{0,2}a[\s]{0,2}v[\s]{0,2}a[\s]{0,2}s[\s]{0,2}c[\s]{0,2}r[\s]{0,2}i[\s]{0,2}p[\s]{0,2}t|vbscript|livescript)[\s]{0,2}:[^\s\])>]{0,300}|(?<![a-z0-9])data:[a-z]{2,20}/[^\s\])>]{1,5000}|(?<=\()[ ]{0,2}(?:data|file|blob):[^\s\])>]{1,300}"
)


def markup(text: str) -> Iterator[Suspicion]:
    """HTML, images and links that run something, in the folded `text`."""
    if "<" in text:
        yield from _html(text)
    if "on" in text:
        for found in _HANDLER.finditer(text):
            yield _suspicion("html", found, "a script handler")
    yield from _images(text)
    for found in _RUNS.finditer(text):
        yield Suspicion(
            kind="link", start=found.start(), end=found.end(), why="a link that runs something", reach="link"
        )


def _html(text: str) -> Iterator[Suspicion]:
    for found in _COMMENT.finditer(text):
        end = text.find("-->", found.end())
        yield Suspicion(
            kind="html",
            start=found.start(),
            end=end + 3 if end >= 0 else _line_end(text, found.end()),
            why="a hidden comment",
            reach="exact",
        )
    for found in _OPENED.finditer(text):
        closing = text.find(f"</{found[1]}", found.end())
        end = _line_end(text, found.end()) if closing < 0 else _tag_end(text, closing)
        why = "an embedded script" if found[1] == "script" else "embedded HTML"
        yield Suspicion(kind="html", start=found.start(), end=end, why=why, reach="exact")
    for found in _TAG.finditer(text):
        if not _AUTOLINK.fullmatch(found[0]):
            yield _suspicion("html", found, "an HTML tag")


def _images(text: str) -> Iterator[Suspicion]:
    if "![" in text:
        for pattern in (_LINKED_IMAGE, _IMAGE):
            for found in pattern.finditer(text):
                yield _suspicion("image", found, "an image", reach="link")
    used = {found["label"] or found["text"] for found in _USED_BY_IMAGE.finditer(text)} if "![" in text else set()
    for found in _DEFINITION.finditer(text) if "]:" in text else ():
        if found["label"] in used:
            yield _suspicion("image", found, "the address of an image")
    for found in _IMAGE_FILE.finditer(text):
        yield _suspicion("image", found, "a link to an image", reach="link")


def _suspicion(kind: str, found: re.Match[str], why: str, reach: str = "exact") -> Suspicion:
    return Suspicion(
        kind=kind, start=found.start(), end=found.end(), why=why, reach="link" if reach == "link" else "exact"
    )


def _line_end(text: str, start: int) -> int:
    end = text.find("\n", start)
    return end if end >= 0 else len(text)


def _tag_end(text: str, start: int) -> int:
    end = text.find(">", start, start + 200)
    return end + 1 if end >= 0 else _line_end(text, start)
