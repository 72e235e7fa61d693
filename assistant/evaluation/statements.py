"""The statements of an answer: what it says, cut at its markers, each with the words that it cites."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from assistant.answer import ORIGINAL

# Markers that stand together support the same statement; an article's own `[1]` is escaped and is none.
_GROUP = re.compile(r"(?<!\\)\[\d{1,9}\](?:[ \t,，、]*\[\d{1,9}\])*")
_LIST_MARK = re.compile(r"^\s*(?:#{1,6}\s+|>\s*|[-*+•]\s+|\d{1,3}[.)]\s+)+")
_MARKUP = re.compile(r"\\([!-/:-@\[-`{-~])|\*{1,3}|_{2}|`+")
_BEHIND_A_MARKER = " \t\u3000。．.，,；;、)）"


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """What an answer says up to a group of markers.

    Attributes:
        text: The words without markers, list marks, Markdown and backslash escapes, on one line.
        markers: The numbers of the group, in its order.
        quotes: What the markers cite; a marker that has no citation adds none.
        original: The article's own words, which stand below those of its English edition; empty without any.
    """

    text: str
    markers: tuple[int, ...]
    quotes: tuple[str, ...]
    original: str = ""


def statements_of(answer: Mapping[str, Any]) -> list[Statement]:
    """The statements of a published answer that carry markers, in their order.

    A statement begins with its line or behind the markers before it; words that no marker follows on their line are
    framing and no statement. Markers that open a line belong to the unmarked line above it.
    """
    quotes: dict[int, list[str]] = {}
    for citation in answer["citations"]:
        quotes.setdefault(citation["marker"], []).append(citation["quote"])
    statements: list[Statement] = []
    above = ""
    for line in answer["text"].splitlines():
        if line.strip().startswith(ORIGINAL.strip()):
            original = _plain(line.strip().removeprefix(ORIGINAL.strip()))
            if statements and not statements[-1].original:
                statements[-1] = replace(statements[-1], original=original)
            continue
        found = _of_line(line, above, quotes)
        statements += found
        if line.strip():
            above = "" if found else line
    return statements


def _of_line(line: str, above: str, quotes: Mapping[int, list[str]]) -> list[Statement]:
    """The statements of one line; `above` is the unmarked line before it."""
    statements = []
    start = 0
    for group in _GROUP.finditer(line):
        text = _plain(line[start : group.start()]) if start == 0 else _plain(_behind_a_marker(line, start, group))
        text = text or (_plain(above) if start == 0 else "")
        start = group.end()
        markers = tuple(int(number) for number in re.findall(r"\d+", group[0]))
        if text:
            cited = tuple(quote for marker in dict.fromkeys(markers) for quote in quotes.get(marker, []))
            statements.append(Statement(text=text, markers=markers, quotes=cited))
    return statements


def _behind_a_marker(line: str, start: int, group: re.Match[str]) -> str:
    """The words between two groups, without the full stop that belongs to the statement before."""
    return line[start : group.start()].lstrip(_BEHIND_A_MARKER)


def _plain(markdown: str) -> str:
    text = _MARKUP.sub(lambda found: found[1] or "", _LIST_MARK.sub("", markdown))
    return re.sub(r"\s+", " ", text).strip()
