"""Lines that a pictograph makes headings: `🚌 公交卡怎么退`, `🔸 为什么要退`, with what they head below them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from corpus.card_names import nouns_in
from corpus.markers import item_marker
from corpus.normalize import normalize
from corpus.roles import role_of, says

_PICTOGRAPH = "\u203b\u2300-\u23ff\u25a0-\u27bf\u2b00-\u2bff\u3030\u303d\u3297\u3299\U0001f000-\U0001faff"
_JOINED = "\ufe0e\ufe0f\u200d\U0001f3fb-\U0001f3ff"
_SIGNS = re.compile(rf"(?:\*\*|__)?(?P<signs>(?:[{_PICTOGRAPH}][{_JOINED}]*)+)\s*(?P<title>\S.*?)\s*$")
_TAIL = re.compile(rf"[\s{_PICTOGRAPH}{_JOINED}~～*_]+$")
# What points to an entry of a list rather than to what follows it.
_ENTRY = frozenset("✓✔✅☑✗✘❌❎●○▪▫•👉👈👇➡➤➢➜➔")
_SENTENCE = re.compile(r"[。；;，,、…]$|。.")
_ENDED = re.compile(r"[。！？!?；;…~～][”」』）)\]]*\W*$")
_ASKS = re.compile(r"怎么|怎[样樣]|如何|哪|什么|什麼|为啥|[？?]$")
_LABELLED = re.compile(r"[:：]\s*\S")
_NUMBER = re.compile(r"\d{3,}[\d-]*\d{2}")
_LEAST = 2  # headings of this look in an article, below which a pictograph only decorates a line
_LONGEST = 40
_LONGEST_RUN = 2  # of such lines in a row: more are a list


def pictograph_headings(lines: Sequence[str]) -> dict[int, int]:
    """The places of the lines that are headings for their pictograph, each with where its words begin.

    Such a line stands apart, is no sentence, and has something below it that does not begin in the same way. One such
    line in an article only adorns it.
    """
    written = [at for at, line in enumerate(lines) if line.strip(" \t\r\u3000\ufeff>|")]
    found: dict[int, int] = {}
    for place in range(1, len(written) - 1):
        before, at, behind = written[place - 1], written[place], written[place + 1]
        sign = _SIGNS.match(lines[at].lstrip(" \t\u3000"))
        if sign and _heads(lines, before, at, behind, sign):
            found[at] = len(lines[at]) - len(lines[at].lstrip(" \t\u3000")) + sign.start("title")
    order = {at: place for place, at in enumerate(written)}
    found = {at: begin for at, begin in found.items() if _run(order, found, at) <= _LONGEST_RUN}
    return found if len(found) >= _LEAST else {}


def _heads(lines: Sequence[str], before: int, at: int, behind: int, sign: re.Match[str]) -> bool:
    title = _TAIL.sub("", sign["title"])
    bare = title.rstrip("！!")
    signs = sign["signs"]
    if signs[0] in _ENTRY or not 1 < len(bare) <= _LONGEST or _SENTENCE.search(bare) or _NUMBER.search(bare):
        return False
    if item_marker(signs) is not None or item_marker(lines[at].strip()) is not None or says("note", bare + "："):
        return False
    if any(_begins(lines[one]) == signs[0] for one in (before, behind)):
        return False
    named = bool(role_of(bare)) or _ASKS.search(bare) is not None or next(nouns_in(normalize(bare)), "") != ""
    if bare != title and not named:
        return False  # an exclamation
    beside = any(_begins(lines[one]) for one in (before, behind))
    if _LABELLED.search(bare) and beside and not named:
        return False
    if at - before > 1:
        return True
    return named and behind == at + 1 and _ENDED.search(lines[before]) is not None and not _begins(lines[behind])


def _begins(line: str) -> str:
    """The pictograph that a line begins with, empty for one that points to an entry or for none."""
    sign = _SIGNS.match(line.lstrip(" \t\u3000>"))
    return sign["signs"][0] if sign and sign["signs"][0] not in _ENTRY and item_marker(line.strip()) is None else ""


def _run(order: dict[int, int], found: dict[int, int], at: int) -> int:
    """How many of the lines that were found follow each other where the one at `at` stands."""
    places = {order[one] for one in found}
    first = last = order[at]
    while first - 1 in places:
        first -= 1
    while last + 1 in places:
        last += 1
    return last - first + 1
