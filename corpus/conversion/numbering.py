"""The numbers that Word shows in front of paragraphs, which stand nowhere in their text."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from corpus.conversion.word_styles import Styles, attribute, child, children, numbering_in

_LEVELS = 9
_PLACE = re.compile(r"%([1-9])")
_DIGITS = "〇一二三四五六七八九"
_ROMAN = ((1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl"), (10, "x"),
          (9, "ix"), (5, "v"), (4, "iv"), (1, "i"))  # fmt: skip
_MAX_COUNT = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """One level of a list: where it starts, how its numbers are written, and what stands around them.

    Attributes:
        text: `%1.` of `1.`, `第%1步` of `第1步`; `%2` is the number of the second level.
        style: Id of the style whose paragraphs are on this level, empty for none.
    """

    start: int = 1
    form: str = "decimal"
    text: str = ""
    style: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberedList:
    """A list: what it is made after, its levels, and where a level is told to start for it."""

    pattern: str
    levels: Mapping[int, Level]
    restarts: Mapping[int, int]


class Numbering:
    """Counts the paragraphs of a document in their order."""

    def __init__(self, lists: Mapping[str, NumberedList], styles: Styles) -> None:
        self._lists = lists
        self._styles = styles
        # Lists made after the same pattern go on counting where the one before stopped.
        self._counts: dict[str, list[int]] = {}
        self._begun: set[str] = set()

    def label(self, properties: Element | None) -> str:
        """What Word shows in front of the next paragraph: `1.`, `第一步`, `-` for any bullet; empty for nothing."""
        given = self._given(properties)
        if given is None:
            return ""
        number, place = given
        numbered = self._lists[number]
        level = numbered.levels.get(place)
        if level is None:
            return ""
        counts = self._counts.setdefault(numbered.pattern, [0] * _LEVELS)
        if number not in self._begun:
            self._begun.add(number)
            for at, start in numbered.restarts.items():
                counts[at] = start - 1
                counts[at + 1 :] = [0] * (_LEVELS - at - 1)
        start = numbered.restarts.get(place, level.start)
        counts[place] = counts[place] + 1 if counts[place] else start
        counts[place + 1 :] = [0] * (_LEVELS - place - 1)
        return _written(numbered.levels, counts, level)

    def level_of(self, properties: Element | None) -> int:
        """The level of a paragraph in its list, from 0."""
        given = self._given(properties)
        return given[1] if given else 0

    def _given(self, properties: Element | None) -> tuple[str, int] | None:
        own, by_style = numbering_in(properties), self._styles.numbering(properties)
        number = (own[0] if own else "") or (by_style[0] if by_style else "")
        if number not in self._lists:
            return None
        place = own[1] if own and own[1] is not None else None
        if place is None and (own is None or not own[0]):
            style = self._styles.id_of(properties)
            levels = self._lists[number].levels
            place = next((at for at, level in levels.items() if level.style and level.style == style), None)
            place = by_style[1] if place is None and by_style else place
        return number, place or 0


def read_numbering(part: Element | None, styles: Styles) -> Numbering:
    """The lists of `numbering.xml`; none when there is no such part."""
    if part is None:
        return Numbering({}, styles)
    patterns = {attribute(element, "abstractNumId"): element for element in children(part, "abstractNum")}
    made_after = {attribute(element, "numId"): _value(element, "abstractNumId") for element in children(part, "num")}
    lists: dict[str, NumberedList] = {}
    for element in children(part, "num"):
        number = attribute(element, "numId")
        pattern = made_after[number]
        if pattern in patterns and (link := _value(patterns[pattern], "numStyleLink")):
            linked = styles.numbering_of(link)
            pattern = made_after.get(linked[0], "") if linked else ""
        if pattern not in patterns or number == "0":
            continue
        levels = _levels(patterns[pattern])
        restarts: dict[int, int] = {}
        for change in children(element, "lvlOverride"):
            at = attribute(change, "ilvl")
            if not (at.isdecimal() and int(at) < _LEVELS):
                continue
            given = child(change, "lvl")
            if given is not None:
                levels[int(at)] = _level(given)
            if (start := _value(change, "startOverride")).isdecimal():
                restarts[int(at)] = min(int(start), _MAX_COUNT)
        lists[number] = NumberedList(pattern=pattern, levels=levels, restarts=restarts)
    return Numbering(lists, styles)


def _levels(pattern: Element) -> dict[int, Level]:
    return {
        int(at): _level(element)
        for element in children(pattern, "lvl")
        if (at := attribute(element, "ilvl")).isdecimal() and int(at) < _LEVELS
    }


def _level(element: Element) -> Level:
    start = _value(element, "start")
    return Level(
        start=min(int(start), _MAX_COUNT) if start.isdecimal() else 1,
        form=_value(element, "numFmt") or "decimal",
        text=_value(element, "lvlText"),
        style=_value(element, "pStyle"),
    )


def _value(element: Element, name: str) -> str:
    held = child(element, name)
    return attribute(held, "val") if held is not None else ""


def _written(levels: Mapping[int, Level], counts: list[int], level: Level) -> str:
    if level.form == "bullet":
        return "-"
    if level.form == "none":
        return ""

    def number(found: re.Match[str]) -> str:
        at = int(found[1]) - 1
        other = levels.get(at, Level())
        form = _FORMS.get(other.form, str)
        return form(counts[at] or other.start)

    return " ".join(_PLACE.sub(number, level.text).split())


def _letters(count: int) -> str:
    # Word writes `aa` after `z`, and `bb` after that.
    return chr(ord("a") + (count - 1) % 26) * min((count - 1) // 26 + 1, 10) if count > 0 else "0"


def _roman(count: int) -> str:
    written = ""
    for value, letters in _ROMAN:
        written += letters * (count // value)
        count %= value
    return written


def _chinese(count: int) -> str:
    if count >= 100 or count <= 0:
        return str(count)
    tens, ones = divmod(count, 10)
    if not tens:
        return _DIGITS[ones]
    return f"{_DIGITS[tens] if tens > 1 else ''}十{_DIGITS[ones] if ones else ''}"


def _circled(count: int) -> str:
    return chr(0x245F + count) if 1 <= count <= 20 else str(count)


_FORMS: Mapping[str, Callable[[int], str]] = {
    "decimalZero": "{:02d}".format,
    "lowerLetter": _letters,
    "upperLetter": lambda count: _letters(count).upper(),
    "lowerRoman": _roman,
    "upperRoman": lambda count: _roman(count).upper(),
    "decimalEnclosedCircle": _circled,
    "decimalEnclosedCircleChinese": _circled,
} | dict.fromkeys(
    (
        "chineseCounting",
        "chineseCountingThousand",
        "chineseLegalSimplified",
        "ideographDigital",
        "japaneseCounting",
        "japaneseDigitalTenThousand",
        "taiwaneseCounting",
        "taiwaneseCountingThousand",
        "taiwaneseDigital",
    ),
    _chinese,
)
