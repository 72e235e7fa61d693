"""Addresses and numbers that an advertisement gives without a messenger: behind a label, or beside words that lure.

An article names the addresses of its institutions too. What gives an advertiser's away is a label of advertising before
it, a word that only an advertisement says (`lures`), or an offer in a sentence that tells nothing to do. Everything
here works on the folded view of a text.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from functools import cache

from corpus.promotion import EMAIL, PHONE, label, words
from corpus.suspicion import Suspicion
from corpus.units import Units

_OPEN, _CLOSE = r"[\[【((〖〔「『《<]", r"[\])】)〗〕」』》>]"
_LABEL_REACH = 200  # characters in which a label in brackets labels an address behind it in its line
_LETTER = re.compile(r"[^\W_]")
_MANY_OFFERS = 2  # words of an offer that outweigh one of a procedure in its sentence
_MAX_POINTER = 15  # letters of a sentence that does nothing but give an address: `详情请访问`


def offered(text: str, units: Units) -> Iterator[Suspicion]:
    """The addresses and numbers of offers, and what stands behind a label of advertising in brackets."""
    labels = [found.span("label") for found in _bracketed_label().finditer(text)]
    done = 0
    for start, end in labels:
        if end > done:
            done = _label_end(units, start, end)
            begin = units.line(start) if done == units.line_end(start) else start
            yield _whole(start if _LETTER.search(text, begin, start) else begin, done, "behind a label of advertising")
    numbers = (found.span() for pattern in (EMAIL, PHONE) for found in pattern.finditer(text))
    links = set(units.links())
    for start, end in sorted({*links, *numbers}):
        if _is_labelled(text, units, labels, start):
            yield Suspicion(kind="contact", start=start, end=end, why="a number or an address in an advertisement")
        elif span := _offer(text, units, start, end, is_link=(start, end) in links):
            yield Suspicion(kind="contact", start=start, end=end, why="a number or an address in an offer")
            if not any(units.has("procedure", *part) for part in ((span[0], start), (end, span[1]))):
                yield _whole(*span, "an offer with a number or an address")


def _whole(start: int, end: int, why: str) -> Suspicion:
    return Suspicion(kind="contact", start=start, end=end, why=why, reach="exact")


def _label_end(units: Units, start: int, end: int) -> int:
    """Where the advertisement ends that a label in brackets opens: its line, or what tells to do something in it."""
    sentences = units.sentences(start)
    at = bisect_right(sentences, (start, len(sentences) and sentences[-1][1])) - 1
    stop = max(end, sentences[at][1])
    for first, last in sentences[at + 1 :]:
        if units.has("procedure", first, last) and not units.has("sales", first, last):
            break
        stop = last
    return max(stop, end)


def _is_labelled(text: str, units: Units, labels: list[tuple[int, int]], at: int) -> bool:
    """Whether a label of advertising stands before `at`: where its line or sentence begins, or in brackets."""
    line = units.line(at)
    for first in (line, units.sentence(at, at)[0]):
        opening = label().match(text, first, at)
        if opening and opening["certain"]:
            return True
    before = bisect_left(labels, (at, at)) - 1
    if before < 0:
        return False
    start, end = labels[before]
    alone = not _LETTER.search(text, end, line) and line in units.neighbours(start)
    return at - end <= _LABEL_REACH and (start >= line or alone)


def _offer(text: str, units: Units, start: int, end: int, *, is_link: bool) -> tuple[int, int] | None:
    """The sentences of the offer that the address `start:end` is part of, None when it is part of none."""
    first, last = units.sentence(start, end)
    if text[first - 1 : first] == "|":
        first, last = units.line(start), units.line_end(start)
    first = units.teased(first)
    parts = (first, start), (end, last)
    if any(units.has("warnings", *part) for part in parts):
        return None
    loud = sum(units.count("sales", *part) for part in parts) >= _MANY_OFFERS
    tells = any(units.has("content" if loud else name, *part) for name in ("procedure", "content") for part in parts)
    if (is_link or not tells) and any(units.has("lures", *part) for part in parts):
        return _closed(text, first, last)
    if tells or not is_link:
        return None
    sells = any(units.has("sales", *part) for part in parts)
    begin = first if sells else _pointed_from(text, units, parts)
    return None if begin is None else _closed(text, begin, last)


def _closed(text: str, first: int, last: int) -> tuple[int, int]:
    """A span with the full stop that ends it."""
    return first, last + (text[last : last + 1] in {"。", "!", "?", ";", "."})


def _pointed_from(text: str, units: Units, parts: tuple[tuple[int, int], tuple[int, int]]) -> int | None:
    """Where the luring sentence begins before one that does nothing but give an address; None where there is none."""
    (first, start), (end, last) = parts
    if len(_LETTER.findall(text[first:start] + text[end:last])) > _MAX_POINTER:
        return None
    ended = len(text[:first].rstrip("。!?; "))
    before = units.sentence(ended, ended)[0], ended
    luring = ended > units.line(start) and units.has("lures", *before) and not units.has("warnings", *before)
    return before[0] if luring else None


@cache
def _bracketed_label() -> re.Pattern[str]:
    """A label of advertising in brackets where a line or a sentence begins."""
    certain, before, behind = ("|".join(words()[f"label{name}"]) for name in ("s", "_before", "_behind"))
    return re.compile(
        rf"(?:^|(?<=[。!?;~…]))[^\w\n]{{0,8}}?(?P<label>{_OPEN}\s?(?:{before})?(?:{certain})(?:{behind})?\s?{_CLOSE})",
        re.MULTILINE,
    )
