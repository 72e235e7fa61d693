"""Lines that an ornament makes headings: `🚌 公交卡怎么退`, `🔸 为什么要退`, `—— 饭卡 ——`, `「避坑提醒」`."""

from __future__ import annotations

import re
from collections.abc import Sequence

from corpus.card_names import nouns_in
from corpus.markers import item_marker
from corpus.normalize import normalize
from corpus.roles import role_of, says

_PICTOGRAPH = "\u203b\u2300-\u23ff\u2580-\u259f\u25a0-\u27bf\u2b00-\u2bff\u3030\u303d\u3297\u3299\U0001f000-\U0001faff"
_JOINED = "\ufe0e\ufe0f\u200d\U0001f3fb-\U0001f3ff"
_RULE = "—–=~～─━═-"
_SIGNS = re.compile(
    rf"(?:\*\*|__)?(?P<signs>(?:[{_PICTOGRAPH}][{_JOINED}]*)+"
    rf"|[{_RULE}]{{2,}}(?=[^{_RULE}].*[{_RULE}]{{2}}[\s*]*$)|【(?=[^【】]*】[\s*]*$)|「(?=[^「」]*」[\s*]*$)"
    rf"|『(?=[^『』]*』[\s*]*$)|〖(?=[^〖〗]*〗[\s*]*$))\s*(?P<title>\S.*?)\s*$"
)
_TAIL = re.compile(rf"[\s{_PICTOGRAPH}{_JOINED}*_{_RULE}]+$")
_BRACKETS = {"【": "】", "「": "」", "『": "』", "〖": "〗"}
_FRAMES = _BRACKETS.keys() | frozenset(_RULE)
# What points to an entry of a list rather than to what follows it.
_ENTRY = frozenset("✓✔✅☑✗✘❌❎●○▪▫•👉👈👇➡➤➢➜➔")
_SENTENCE = re.compile(r"[。；;，,、…:：]$|[。；;].")
_ENDED = re.compile(r"[。！？!?；;…~～][”」』）)\]]*\W*$")
_ASKS = re.compile(r"怎么|怎[样樣]|如何|哪|什么|什麼|为啥|[？?]$")
_LABELLED = re.compile(r"[:：]\s*\S")
_NUMBER = re.compile(r"\d{3,}[\d-]*\d{2}")
_LEAST = 2  # headings of this look in an article, below which an ornament only adorns a line
_LONGEST, _LONGEST_LATIN = 40, 80
_LONGEST_LINE = 120  # what is read of a line
_LONGEST_RUN = 2  # of such lines in a row: more are a list
_WORD = re.compile(r"[^\W_]")


def ornamental_headings(lines: Sequence[str]) -> dict[int, tuple[int, int]]:
    """The places of the lines that are headings for their ornament, each with where its words begin and end in it.

    Such a line stands apart, is no sentence, and has something below it that does not begin in the same way. One such
    line in an article only adorns it, and the first line of an article is its title.
    """
    written = [at for at, line in enumerate(lines) if _WORD.search(line)]
    places: dict[int, int] = {}
    found: dict[int, tuple[int, int]] = {}
    for place in range(1, len(written) - 1):
        at = written[place]
        sign = _sign(lines[at], " \t\u3000")
        if sign and _heads(lines, written, place, sign):
            title = _title(sign)
            begin = lines[at].index(title, lines[at].index(sign["signs"]) + len(sign["signs"]))
            places[at], found[at] = place, (begin, begin + len(title))
    listed = set(places.values())
    found = {at: span for at, span in found.items() if _run(listed, places[at]) <= _LONGEST_RUN}
    return found if len(found) >= _LEAST else {}


def _heads(lines: Sequence[str], written: Sequence[int], place: int, sign: re.Match[str]) -> bool:
    before, at, behind = written[place - 1 : place + 2]
    title = _title(sign)
    bare = title.rstrip("！!")
    first = sign["signs"][0]
    longest = _LONGEST_LATIN if bare.isascii() else _LONGEST
    if first in _ENTRY or not 1 < len(bare) <= longest or _SENTENCE.search(bare) or _NUMBER.search(bare):
        return False
    if any(item_marker(text) is not None for text in (sign["signs"], lines[at].strip(), bare)) or says("note", bare):
        return False
    beside = [sign for sign in (_begins(lines[before]), _begins(lines[behind])) if sign]
    named = bool(role_of(bare)) or _ASKS.search(bare) is not None or next(nouns_in(normalize(bare)), "") != ""
    if first in beside or (bare != title and not named) or (_LABELLED.search(bare) and beside and not named):
        return False  # an entry, an exclamation, a label with what it labels
    if at - before > 1:
        return True
    apart = place == 1 or first in _FRAMES or _ENDED.search(lines[before]) is not None
    return named and apart and behind == at + 1 and not _begins(lines[behind])


def _sign(line: str, indent: str) -> re.Match[str] | None:
    return _SIGNS.match(line.strip(indent + "\r")[:_LONGEST_LINE])


def _title(sign: re.Match[str]) -> str:
    """The words of a line without the ornament around them."""
    title = _TAIL.sub("", sign["title"])
    if sign["signs"] in _BRACKETS:
        title = title.removesuffix(_BRACKETS[sign["signs"]])
    elif title[:1] in _BRACKETS and title.find(_BRACKETS[title[0]]) == len(title) - 1:
        title = title[1:-1]
    return title.strip()


def _begins(line: str) -> str:
    """The ornament that a line begins with, empty for one that points to an entry or for none."""
    sign = _sign(line, " \t\u3000>")
    return sign["signs"][0] if sign and sign["signs"][0] not in _ENTRY and item_marker(line.strip()) is None else ""


def _run(listed: set[int], place: int) -> int:
    """How many of the lines at the places that are listed follow each other where one of them stands, or too many."""
    first = last = place
    while first - 1 in listed and place - first < _LONGEST_RUN:
        first -= 1
    while last + 1 in listed and last - place < _LONGEST_RUN:
        last += 1
    return last - first + 1
