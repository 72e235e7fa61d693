"""The styles of a Word file: which are headings, which are numbered, which hide their text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree.ElementTree import Element

_HEADING = re.compile(r"(?:heading|标题|標題)\s*([1-9])", re.IGNORECASE)
_TITLE = re.compile(r"title|标题|標題", re.IGNORECASE)
_BODY_LEVEL = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """One style.

    Attributes:
        based_on: Id of the style that it adds to, empty for none.
        outline_level: 0 for the outermost heading, None when it does not say.
        numbering: Number of its list and level in it, None when it does not say.
        hidden: Whether its text is hidden, None when it does not say.
    """

    name: str
    based_on: str
    outline_level: int | None
    numbering: tuple[str, int | None] | None
    hidden: bool | None


class Styles:
    """The styles by their ids; each is asked together with those that it is based on."""

    def __init__(self, styles: dict[str, Style], default: str) -> None:
        self._styles = styles
        self._default = default

    def heading_level(self, properties: Element | None) -> int:
        """From 1 for a title or an outermost heading; 0 for a paragraph that is no heading."""
        own = child(properties, "outlineLvl") if properties is not None else None
        if own is not None:
            return _level(own) + 1 if _level(own) < _BODY_LEVEL else 0
        for style in self._chain(properties, "pStyle"):
            if style.outline_level is not None:
                return style.outline_level + 1 if style.outline_level < _BODY_LEVEL else 0
            if found := _HEADING.fullmatch(style.name):
                return int(found[1])
            if _TITLE.fullmatch(style.name):
                return 1
        return 0

    def numbering(self, properties: Element | None) -> tuple[str, int | None] | None:
        """Number of the list and level that a paragraph's style gives it, None when it gives none."""
        chain = self._chain(properties, "pStyle")
        return next((style.numbering for style in chain if style.numbering is not None), None)

    def numbering_of(self, style_id: str) -> tuple[str, int | None] | None:
        """Number of the list and level of a style, None when there is none."""
        return self._styles[style_id].numbering if style_id in self._styles else None

    def hides(self, properties: Element | None, kind: str) -> bool:
        """Whether the style of a paragraph (`pStyle`) or of a run (`rStyle`) hides its text."""
        return next((style.hidden for style in self._chain(properties, kind) if style.hidden is not None), False)

    def id_of(self, properties: Element | None) -> str:
        """The id of a paragraph's style."""
        named = child(properties, "pStyle") if properties is not None else None
        return attribute(named, "val") if named is not None else self._default

    def _chain(self, properties: Element | None, kind: str) -> Iterator[Style]:
        named = child(properties, kind) if properties is not None else None
        style_id = attribute(named, "val") if named is not None else self._default if kind == "pStyle" else ""
        seen: set[str] = set()
        while style_id in self._styles and style_id not in seen:
            seen.add(style_id)
            yield self._styles[style_id]
            style_id = self._styles[style_id].based_on


def read_styles(part: Element | None) -> Styles:
    """The styles of `styles.xml`; none when there is no such part."""
    styles: dict[str, Style] = {}
    default = ""
    for element in children(part, "style") if part is not None else []:
        style_id = attribute(element, "styleId")
        paragraph, run = child(element, "pPr"), child(element, "rPr")
        outline = child(paragraph, "outlineLvl") if paragraph is not None else None
        vanish = child(run, "vanish") if run is not None else None
        styles[style_id] = Style(
            name=_value(element, "name"),
            based_on=_value(element, "basedOn"),
            outline_level=_level(outline) if outline is not None else None,
            numbering=numbering_in(paragraph),
            hidden=is_on(vanish) if vanish is not None else None,
        )
        if attribute(element, "type") == "paragraph" and attribute(element, "default") in {"1", "true"}:
            default = style_id
    return Styles(styles, default)


def numbering_in(properties: Element | None) -> tuple[str, int | None] | None:
    """Number of the list and level that paragraph properties give, None when they give none."""
    given = child(properties, "numPr") if properties is not None else None
    if given is None:
        return None
    level = _value(given, "ilvl")
    return _value(given, "numId"), int(level) if level.isdecimal() and len(level) == 1 else None


def local(element: Element) -> str:
    """The name of an element without its namespace: the two editions of the standard differ in that alone."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def child(element: Element, name: str) -> Element | None:
    """The first child of that name."""
    return next(children(element, name), None)


def children(element: Element, name: str) -> Iterator[Element]:
    """The children of that name."""
    return (part for part in element if local(part) == name)


def attribute(element: Element, name: str) -> str:
    """The value of an attribute, empty when there is none."""
    return next((value for key, value in element.items() if key.rpartition("}")[2] == name), "")


def is_on(toggle: Element | None) -> bool:
    """Whether a property that is on or off is there and on."""
    return toggle is not None and attribute(toggle, "val") not in {"0", "false", "off", "none"}


def _value(element: Element, name: str) -> str:
    held = child(element, name)
    return attribute(held, "val") if held is not None else ""


def _level(element: Element) -> int:
    value = attribute(element, "val")
    return int(value) if value.isdecimal() and len(value) == 1 else _BODY_LEVEL
