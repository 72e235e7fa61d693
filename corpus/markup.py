"""Markup that an article may carry and a reader must not be served: HTML, scripts, pictures, links that run."""

from __future__ import annotations

import re
from collections.abc import Iterator

from corpus.suspicion import FindingKind, Reach, Suspicion

_MAX_TAG = 2_000
# Elements whose content is no text of the article either.
_HOLLOW = (
    "script|style|iframe|object|embed|svg|math|template|noscript|noembed|applet|form|select|textarea|audio|video|title|head"
    "|xmp"
)
_ELEMENTS = (
    "a|abbr|acronym|address|applet|area|article|aside|audio|b|base|bdi|bdo|big|blockquote|body|br|button|canvas|caption"
    "|center|cite|code|col|colgroup|data|datalist|dd|del|details|dfn|dialog|dir|div|dl|dt|em|embed|fieldset|figcaption"
    "|figure|font|footer|form|frame|frameset|h[1-6]|head|header|hgroup|hr|html|i|iframe|image|img|input|ins|isindex|kbd"
    "|keygen|label|legend|li|link|listing|main|map|mark|marquee|math|menu|menuitem|meta|meter|nav|nobr|noembed|noframes"
    "|noscript|object|ol|optgroup|option|output|p|param|picture|plaintext|portal|pre|progress|q|rb|rp|rt|rtc|ruby|s|samp"
    "|script|search|section|select|slot|small|source|span|strike|strong|style|sub|summary|sup|svg|table|tbody|td|template"
    "|textarea|tfoot|th|thead|time|title|tr|track|tt|u|ul|var|video|wbr|xmp"
)
_FETCHING = "a|img|image|script|iframe|style|svg|body|link|meta|object|embed|input|form|video|audio|base"
_OPENED = re.compile(rf"<({_HOLLOW})(?![a-z0-9])[^>]{{0,{_MAX_TAG}}}>?")
# A tag of HTML, or of anything with an attribute; `<姓名>` and `<name>` are places to fill in, not tags. A tag that
# the line's end cuts off counts when it is one that fetches or runs something.
_TAG = re.compile(
    rf"</?(?:{_ELEMENTS})(?:[ \t\r\n/][^<>]{{0,{_MAX_TAG}}})?>"
    rf"|<[a-z][a-z0-9:\-]{{0,30}}[ \t\r\n/][^<>=]{{0,200}}=[^<>]{{0,{_MAX_TAG}}}>"
    rf"|<[!?][a-z\[][^<>]{{0,{_MAX_TAG}}}>"
    rf"|</?(?:{_FETCHING})[ \t/][^<>\n]{{0,500}}(?=\n|<|$)"
)
# What a browser would not show: the element counts with all that is in it.
_UNSEEN = re.compile(
    r"<([a-z]{1,12})\b[^<>]{0,300}?(?:display[ ]?:[ ]?none|visibility[ ]?:[ ]?hidden|\shidden(?=[\s>/=])"
    r"|font-size[ ]?:[ ]?[01](?:px|em|pt)?[ ]?[;\"']|opacity[ ]?:[ ]?0(?:\.0\d*)?[ ]?[;\"']"
    r"|color[ ]?:[ ]?(?:#fff(?:fff)?|white|transparent))[^<>]{0,300}>"
)
_MARKDOWN_COMMENT = re.compile(r"^[ ]{0,3}\[[^\]\n]{0,200}\]:[ ]{0,3}(?:#|<>)[ ]{0,3}[(\"'][^\n]*", re.MULTILINE)
_AUTOLINK = re.compile(r"<(?:https?://|mailto:)[^<>\s]+>")
_COMMENT = re.compile(r"<!--")
_HANDLER = re.compile(
    r"(?<![a-z])on(?:error|load|click|mouseover|focus|toggle|begin|start|animationstart|pointerover)[ ]?=[ ]?[\"'a-z(]"
    r"[^\n]{0,200}"
)
_ALT = r"(?:[^\[\]\n]|\[[^\[\]\n]{0,100}\]){0,300}"
_TARGET = r"(?:\([^()\n]{0,1000}(?:\([^()\n]{0,200}\)[^()\n]{0,200})?\)|\[[^\[\]\n]{0,200}\])"
_IMAGE = re.compile(rf"!\[{_ALT}\]{_TARGET}?")
_LINKED_IMAGE = re.compile(rf"\[[ ]{{0,3}}!\[{_ALT}\]{_TARGET}[ ]{{0,3}}\]{_TARGET}")
_IMAGE_FILE = re.compile(
    r"(?:https?:)?//[^\s<>\"'()\[\]]{1,300}?\.(?:png|jpe?g|gif|webp|bmp|svg|avif|ico|heic)(?![a-z0-9])"
    r"(?:[?#][^\s<>\"'()\[\]]{0,300})?"
)
_DEFINITION = re.compile(r"^[ ]{0,3}\[(?P<label>[^\]\n]{1,200})\]:[^\n]*", re.MULTILINE)
_USED_BY_IMAGE = re.compile(r"!\[(?P<text>[^\[\]\n]{0,300})\](?:\[(?P<label>[^\[\]\n]{0,200})\])?")
_RUN_WORDS = ("script", "data", "file", "blob")
# "JavaScript：" is also a word of an article: the scheme counts inside a link or before something that looks like code.
_SCRIPT = r"[\s]{0,2}".join("javascript:")
_RUNS = re.compile(
    rf"(?:(?<=[(<\"'=])[ ]{{0,2}}{_SCRIPT}|(?<![a-z0-9]){_SCRIPT}(?=[a-z0-9_.%/ ]{{0,60}}[(=%/]))[^\s\])>]{{0,300}}"
    r"|(?<=\()[ ]{0,2}(?:vbscript|data|file|blob):[^\s\])>]{1,300}|(?<![a-z0-9])data:[a-z]{2,20}/[^\s\])>]{1,5000}"
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
    for start, end in _elements(_COMMENT, text):
        yield Suspicion(kind="html", start=start, end=end, why="a hidden comment", reach="exact")
    for start, end in _elements(_OPENED, text):
        yield Suspicion(kind="html", start=start, end=end, why="an embedded element", reach="exact")
    for start, end in _elements(_UNSEEN, text):
        yield Suspicion(kind="html", start=start, end=end, why="HTML that does not show", reach="exact")
    for found in _TAG.finditer(text):
        if not _AUTOLINK.fullmatch(found[0]):
            yield _suspicion("html", found, "an HTML tag")


def _elements(opening: re.Pattern[str], text: str) -> Iterator[tuple[int, int]]:
    """From each opening to its closing, or to its line's end where it is never closed."""
    unclosed: set[str] = set()
    position = 0
    while found := opening.search(text, position):
        closing = f"</{found[1]}" if found.re.groups else "-->"
        at = -1 if closing in unclosed else text.find(closing, found.end())
        if at < 0:
            unclosed.add(closing)
            end = _line_end(text, found.end())
        else:
            end = at + 3 if closing == "-->" else _tag_end(text, at)
        yield found.start(), end
        position = max(end, found.end())


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
