"""Markup that an article may carry and a reader must not be served: HTML, scripts, pictures, links that run."""

from __future__ import annotations

import re
from collections.abc import Iterator

from corpus.suspicion import FindingKind, Reach, Suspicion

_MAX_TAG = 2_000
# Elements whose content is no text of the article either.
_HOLLOW = "script|style|iframe|object|embed|svg|math|template|noscript|noembed|applet|form|select|textarea|audio|video|title|head|xmp"
_ELEMENTS = (
    "a|abbr|acronym|address|applet|area|article|aside|audio|b|base|bdi|bdo|big|blockquote|body|br|button|canvas|caption|center|cite"
    "|code|col|colgroup|data|datalist|dd|del|details|dfn|dialog|dir|div|dl|dt|em|embed|fieldset|figcaption|figure|font|footer|form"
    "|frame|frameset|h[1-6]|head|header|hgroup|hr|html|i|iframe|image|img|input|ins|isindex|kbd|keygen|label|legend|li|link|listing"
    "|main|map|mark|marquee|math|menu|menuitem|meta|meter|nav|nobr|noembed|noframes|noscript|object|ol|optgroup|option|output|p"
    "|param|picture|plaintext|portal|pre|progress|q|rb|rp|rt|rtc|ruby|s|samp|script|search|section|select|slot|small|source|span"
    "|strike|strong|style|sub|summary|sup|svg|table|tbody|td|template|textarea|tfoot|th|thead|time|title|tr|track|tt|u|ul|var|video"
    "|wbr|xmp|xss"
)
_OPENED = re.compile(rf"<({_HOLLOW})(?![a-z0-9])[^>]{{0,{_MAX_TAG}}}>?")
# A tag of HTML, or of anything with an attribute; `<姓名>` and `<name>` are places to fill in, not tags. A tag that
# the line's end cuts off counts when it is one that fetches or runs something.
_TAG = re.compile(
    rf"</?(?:{_ELEMENTS})(?:[ \t\r\n/][^<>]{{0,{_MAX_TAG}}})?>|<[a-z][a-z0-9:\-]{{0,30}}[ \t\r\n/][^<>=]{{0,200}}=[^<>]{{0,{_MAX_TAG}}}>"
    rf"|<[!?][a-z\[][^<>]{{0,{_MAX_TAG}}}>"
    r"|</?(?:a|img|image|script|iframe|style|svg|body|link|meta|object|embed|input|form|video|audio|base)[ \t/][^<>\n]{0,500}(?=\n|<|$)",
)
# What a browser would not show: the element counts with all that is in it.
_UNSEEN = re.compile(
    r"<([a-z]{1,12})\b[^<>]{0,300}?(?:display[ ]?:[ ]?none|visibility[ ]?:[ ]?hidden|font-size[ ]?:[ ]?[01](?:px|em|pt)?[ ]?[;\"']"
    r"|opacity[ ]?:[ ]?0(?:\.0\d*)?[ ]?[;\"']|color[ ]?:[ ]?(?:#fff(?:fff)?|white|transparent)|\shidden(?=[\s>/=]))[^<>]{0,300}>"
)
_MARKDOWN_COMMENT = re.compile(r"^[ ]{0,3}\[[^\]\n]{0,200}\]:[ ]{0,3}(?:#|<>)[ ]{0,3}[(\"'][^\n]*", re.MULTILINE)
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
_RUN_WORDS = ("script", "data", "file", "blob")
_SCRIPT = r"[\s]{0,2}".join("javascript")
_RUNS = re.compile(
    rf"(?<![a-z0-9])(?:{_SCRIPT}|vbscript|livescript)[\s]{{0,2}}:[^\s\])>]{{0,300}}"
    r"|(?<![a-z0-9])data:[a-z]{2,20}/[^\s\])>]{1,5000}|(?<=\()[ ]{0,2}(?:data|file|blob):[^\s\])>]{1,300}"
)


def markup(text: str, squeezed: str) -> Iterator[Suspicion]:
    """HTML, images and links that run something, in the folded `text`."""
    if "<" in text:
        yield from _html(text)
    if "]:" in text:
        for found in _MARKDOWN_COMMENT.finditer(text):
            yield _suspicion("html", found, "a hidden comment")
    if "on" in text:
        for found in _HANDLER.finditer(text):
            yield _suspicion("html", found, "a script handler")
    yield from _images(text)
    for found in _RUNS.finditer(text) if any(word in squeezed for word in _RUN_WORDS) else ():
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
    for opened, why in ((_OPENED, "embedded HTML"), (_UNSEEN, "HTML that does not show")):
        for found in opened.finditer(text):
            closing = text.find(f"</{found[1]}", found.end())
            end = _line_end(text, found.end()) if closing < 0 else _tag_end(text, closing)
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


def _suspicion(kind: FindingKind, found: re.Match[str], why: str, reach: Reach = "exact") -> Suspicion:
    return Suspicion(kind=kind, start=found.start(), end=found.end(), why=why, reach=reach)


def _line_end(text: str, start: int) -> int:
    end = text.find("\n", start)
    return end if end >= 0 else len(text)


def _tag_end(text: str, start: int) -> int:
    end = text.find(">", start, start + 200)
    return end + 1 if end >= 0 else _line_end(text, start)
