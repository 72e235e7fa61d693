"""Text as a reader sees it, with a map back: tricks of spelling undone, every character's origin known."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import opencc

# Characters that show nothing: soft hyphen, joiners, zero widths, directions, fillers, tags, private use.
HIDDEN_CLASS = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f"
    "\ufeff\uffa0\ufff9-\ufffc\ue000-\uf8ff\U000e0000-\U000e0fff\U000f0000-\U0010ffff"
)
_HIDDEN = re.compile(f"[{HIDDEN_CLASS}]")
# An entity, an escaped mark of Markdown, an escaped dot, slash or @ of an address: all read as what they stand for; and
# a wide gap in a line, which keeps words apart that belong together, as one blank.
_ESCAPED = re.compile(
    r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z]{2,8});|\\(?=[!-/:-@\[-`{-~])|%(?:2[eEfF]|40)"
    r"|(?<=\S)[ \t\u00a0\u3000]{3,}(?=\S)"
)
# One character may stand for eighteen; a few are enough to search in.
_MAX_PARTS = 6
_PERCENT = {"%2e": ".", "%2f": "/", "%40": "@"}
_LOOKALIKES = str.maketrans(
    # Cyrillic, Greek, small capitals and a few Latin letters of other alphabets, by the letter they pass for.
    "авекмнорстухіјѕԁԛԝһɡαβεικνορτυχωᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘꞯʀꜱᴛᴜᴠᴡʏᴢıɩℓ٫。․",
    "abekmhopctyxijsdqwhgabeiknoptuxwabcdefghijklmnopqrstuvwyzill.。.",
)
_SQUARED_LETTERS = {
    chr(first + i): chr(ord("a") + i) for first in (0x1F150, 0x1F170, 0x1F1E6) for i in range(26)
}  # white on black, and the halves of flags
_DINGBAT_DIGITS = {chr(first + i): str((i + 1) % 10) for first in (0x2776, 0x2780, 0x278A) for i in range(10)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Folded:
    """A text for searching, and where each of its characters comes from.

    Attributes:
        text: NFKD and case folded, in simplified characters, look-alikes replaced, marks above letters and hidden
            characters dropped, entities and escapes read. Lines stay lines.
        starts: Offset in the raw text of each character of `text`, and of the raw text's end as one more.
        ends: Offset in the raw text behind each character of `text`.
    """

    text: str
    starts: Sequence[int]
    ends: Sequence[int]

    def raw_span(self, start: int, end: int) -> tuple[int, int]:
        """The raw span of `text[start:end]`, which must not be empty, with the hidden characters that trail it."""
        return self.starts[start], max(self.ends[end - 1], self.starts[end])


class _Table(dict[int, str]):
    """A translation table that is filled as characters are met."""

    def __missing__(self, code: int) -> str:
        self[code] = folded = _fold_character(chr(code))
        return folded


def _fold_character(character: str) -> str:
    if _HIDDEN.match(character):
        return ""
    if character == "！":
        return "。"  # ends a sentence, and never opens an image as "!" does
    if letter := _SQUARED_LETTERS.get(character) or _DINGBAT_DIGITS.get(character):
        return letter
    parts = unicodedata.normalize("NFKD", character)[:_MAX_PARTS].casefold().translate(_LOOKALIKES)
    if not parts.isascii():
        parts = _simplifier().convert(parts)
    return "".join(part for part in parts if not unicodedata.combining(part) and unicodedata.category(part) != "Me")


@cache
def _simplifier() -> opencc.OpenCC:
    return opencc.OpenCC("t2s")


_TABLE = _Table()


def fold(text: str) -> Folded:
    """The folded view of `text`."""
    if not _ESCAPED.search(text) and all(len(_TABLE[ord(character)]) == 1 for character in set(text)):
        return Folded(text=text.translate(_TABLE), starts=range(len(text) + 1), ends=range(1, len(text) + 1))
    return _fold_by_character(text)


def _fold_by_character(text: str) -> Folded:
    parts: list[str] = []
    starts: list[int] = []
    ends: list[int] = []

    def add(folded: str, start: int, end: int) -> None:
        parts.append(folded)
        starts.extend([start] * len(folded))
        ends.extend([end] * len(folded))

    position = 0
    for escaped in [*_ESCAPED.finditer(text), None]:
        stop = escaped.start() if escaped else len(text)
        for index in range(position, stop):
            add(_TABLE[ord(text[index])], index, index + 1)
        if escaped:
            add(_read_escape(escaped[0]), escaped.start(), escaped.end())
            position = escaped.end()
    return Folded(text="".join(parts), starts=[*starts, len(text)], ends=ends)


def _read_escape(escape: str) -> str:
    if escape == "\\":
        return ""
    if escape[0] == "%":
        return _PERCENT[escape.lower()]
    if escape.isspace():
        return " "
    read = html.unescape(escape)
    if read == escape:
        return escape.casefold()
    # A line break written as an entity breaks no line of the file.
    return " " if read.isspace() else "".join(_TABLE[ord(character)] for character in read)
