"""A line of a Markdown table with what stands over its cells."""

from __future__ import annotations

import re
from dataclasses import dataclass

_LINE = re.compile(r"[^\n]*")
_CELL = re.compile(r"[^|｜\n]+")
_RULE = re.compile(r"[\s|｜:-]+")
_MARKS = re.compile(r"[|｜]")
_FEWEST_MARKS = 2


@dataclass(frozen=True, slots=True)
class Cell:
    """The characters of a cell, blanks at its ends left out."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a table.

    Attributes:
        label: Its first cell, which says what the line is about.
        cells: The others, each with the cell at the head of its column.
    """

    label: Cell
    cells: tuple[tuple[Cell, Cell], ...]


def row_at(text: str, start: int) -> Row | None:
    """The line of a table in which `text[start]` stands; None when it stands in none, or in the table's head."""
    begin = text.rfind("\n", 0, start) + 1
    cells, head = _cells(text, begin), begin
    if not cells:
        return None
    while head > 0 and _cells(text, above := text.rfind("\n", 0, head - 1) + 1) is not None:
        head = above
    heads = _cells(text, head)
    if head == begin or not heads or len(heads) != len(cells):
        return None
    return Row(cells[0], tuple(zip(heads[1:], cells[1:], strict=True)))


def _cells(text: str, begin: int) -> list[Cell] | None:
    """The cells of the line that begins there, none of a rule; None for a line that is of no table."""
    found = _LINE.match(text, begin)
    line = found.group() if found else ""
    if len(_MARKS.findall(line)) < _FEWEST_MARKS:
        return None
    if _RULE.fullmatch(line):
        return []
    first = begin + len(line) - len(line.lstrip())
    parts = list(_CELL.finditer(text, first, begin + len(line)))
    if text[first] in "|｜" and text[first + 1 :].lstrip(" \t")[:1] in ("|", "｜") and parts:
        parts = parts[1:] if not parts[0].group().strip() else parts
        cells = [Cell(first, first)]  # the head over the first column is empty
    else:
        cells = []
    for part in parts:
        stripped = part.group().strip()
        if stripped:
            at = part.start() + len(part.group()) - len(part.group().lstrip())
            cells.append(Cell(at, at + len(stripped)))
    return cells
