"""The letters of a page put together to lines, in the order in which they are read."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from corpus.markers import item_marker

_SAME_LINE = 0.5  # of a letter's size
_BLANK = 0.25
_CELL_GAP = 2.0
_GUTTER = 1.5
_FEWEST_COLUMN_LINES = 6
_FULL_LINE = 0.6
_FEWEST_PAGES = 3
_EDGE_LINES = 2
_DIGITS = re.compile(r"\d+")
_PAGE_NUMBER = re.compile(
    r"\W*(?:第\s*)?\d{1,4}\s*(?:页|頁)?(?:\s*[/／共of]+\s*\d{1,4}\s*(?:页|頁)?)?\W*|Page \d+(?: of \d+)?"
)
_BULLET = re.compile(r"[•·●○▪■◆►–\uf0b7\uf06c\uf0d8*-]|[(（]?[a-zA-Z][.)）]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """A letter, or several that a font draws as one; coordinates are points from the page's lower left."""

    text: str
    x0: float
    x1: float
    y: float
    size: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line of a page.

    Attributes:
        cells: Its text, parted where there is a wide gap.
        size: Height of most of its letters, to half a point.
        x0: Where it begins.
        x1: Where it ends.
        y: Where its letters stand, from the lower edge of the page.
    """

    cells: tuple[str, ...]
    size: float
    x0: float
    x1: float
    y: float

    @property
    def text(self) -> str:
        """The whole line."""
        return " ".join(self.cells)


def lines_of(words: Sequence[Word]) -> list[Line]:
    """The lines of a page from top to bottom, one column after the other."""
    rows = _rows(words)
    gutter = _gutter(rows)
    if gutter is None:
        return [line for row in rows if (line := _line(row)) is not None]
    lines: list[Line] = []
    waiting: list[Line] = []
    for row in rows:
        left = [word for word in row if word.x1 <= gutter]
        right = [word for word in row if word.x0 >= gutter]
        if len(left) + len(right) < len(row):  # across both columns
            lines += waiting
            waiting = []
            left, right = row, []
        lines += [line for line in [_line(left)] if line is not None]
        waiting += [line for line in [_line(right)] if line is not None]
    return lines + waiting


def without_running_heads(pages: Sequence[Sequence[Line]]) -> list[list[Line]]:
    """The pages without page numbers, and without what stands at the top or bottom of most of them."""
    edges: Counter[str] = Counter()
    for page in pages:
        edges.update({_key(line) for line in _edge(page)})
    running = {key for key, n in edges.items() if len(pages) >= _FEWEST_PAGES and n > len(pages) / 2}
    kept = []
    for page in pages:
        edge = {id(line) for line in _edge(page)}
        last = page[-1] if page else None
        kept.append(
            [
                line
                for line in page
                if not (id(line) in edge and _key(line) in running)
                and not (line is last and len(page) > 1 and _PAGE_NUMBER.fullmatch(line.text))
            ]
        )
    return kept


def _edge(page: Sequence[Line]) -> list[Line]:
    return [*page[:_EDGE_LINES], *page[-_EDGE_LINES:]] if len(page) > 2 * _EDGE_LINES else []


def _key(line: Line) -> str:
    return _DIGITS.sub("#", line.text)


def _rows(words: Sequence[Word]) -> list[list[Word]]:
    """Letters at the same height, from top to bottom, each row from left to right."""
    rows: list[list[Word]] = []
    for word in sorted(words, key=lambda word: (-word.y, word.x0)):
        if rows and abs(rows[-1][0].y - word.y) <= _SAME_LINE * max(word.size, rows[-1][0].size):
            rows[-1].append(word)
        else:
            rows.append([word])
    return [sorted(_once(row), key=lambda word: word.x0) for row in rows]


def _once(row: Sequence[Word]) -> list[Word]:
    """The letters of a row, each once: some programs print bold letters twice, a hair apart."""
    kept: list[Word] = []
    places: dict[tuple[str, int], float] = {}
    for word in row:
        key = (word.text, round(word.x0 / max(word.size, 1.0) * 3))
        if word.text.strip() and any(
            abs(places.get((word.text, key[1] + by), float("inf")) - word.x0) < 0.15 * word.size for by in (-1, 0, 1)
        ):
            continue
        places[key] = word.x0
        kept.append(word)
    return kept


def _line(row: Sequence[Word]) -> Line | None:
    inked = [word for word in row if word.text.strip()]
    if not inked:
        return None
    sizes = Counter(round(word.size * 2) / 2 for word in inked)
    size = sizes.most_common(1)[0][0]
    cells: list[str] = []
    text = ""
    end = inked[0].x0
    for word in inked:
        gap = word.x0 - end
        if text and gap > _CELL_GAP * size and not _is_marker(text):
            cells.append(text)
            text = ""
        elif text and gap > _BLANK * size and not _closed(text, word.text):
            text += " "
        text += word.text
        end = max(end, word.x1)
    cells.append(text)
    cells = [" ".join(cell.split()) for cell in cells]
    return Line(cells=tuple(cells), size=size, x0=inked[0].x0, x1=end, y=inked[0].y)


def _is_marker(text: str) -> bool:
    """Whether a text is nothing but the number or bullet of an item, whose words may stand far from it."""
    marker = item_marker(text)
    return _BULLET.fullmatch(text) is not None or (marker is not None and marker[2] == len(text))


def _closed(text: str, more: str) -> bool:
    """Whether two letters stand close in their script, however wide the gap is drawn."""
    return text[-1] > "\u2e7f" and more[0] > "\u2e7f" and item_marker(f"{text} ") is None


def _gutter(rows: Sequence[Sequence[Word]]) -> float | None:
    """Where the gap between two columns of text lies, None for a page of one column.

    A gap of a table is none: lines of text fill their column, cells do not.
    """
    if len(rows) < _FEWEST_COLUMN_LINES:
        return None
    inked = [[word for word in row if word.text.strip()] for row in rows]
    left, right = min(w.x0 for row in inked for w in row), max(w.x1 for row in inked for w in row)
    middles: Counter[int] = Counter()
    for row in inked:
        for one, other in zip(row, row[1:], strict=False):
            middle = (one.x1 + other.x0) / 2
            if other.x0 - one.x1 > _GUTTER * one.size and 0.3 < (middle - left) / max(right - left, 1.0) < 0.7:
                middles[round(middle / 10)] += 1
    if not middles:
        return None
    place, _ = middles.most_common(1)[0]
    gutter = place * 10.0
    both = [
        row
        for row in inked
        if any(w.x1 <= gutter for w in row)
        and any(w.x0 >= gutter for w in row)
        and not any(w.x0 < gutter < w.x1 for w in row)
    ]
    full = [
        row
        for row in both
        if sum(w.x1 - w.x0 for w in row if w.x1 <= gutter) > _FULL_LINE * (gutter - left)
        and sum(w.x1 - w.x0 for w in row if w.x0 >= gutter) > _FULL_LINE * (right - gutter)
    ]
    return gutter if len(full) >= _FEWEST_COLUMN_LINES and len(full) > len(inked) / 2 else None
