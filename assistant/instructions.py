"""What a question tells the assistant about how to answer: taken off, so that the question beside it is read alone."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from assistant.lexicon import any_of, filled

_FILE = Path(__file__).with_name("instructions.toml")
_QUOTATION = re.compile(r"[“「『](.{1,200}?)[”」』]|(?<![a-z])([\"'])(.{1,200}?)\2(?![a-z])")
_HIDDEN = "\ue000"  # stands for a character of a quotation; folded text has none
_AT_THE_START = re.compile(r"^[\s,，。.;；:：、!！?？]+")
_REPEATED_STOP = re.compile(r"(?<=[。.!！?？;；])[\s,，。.;；:：、!！]+")


@dataclass(frozen=True, slots=True)
class Uninstructed:
    """A question without what it says of how to answer it.

    Attributes:
        ordered: Whether an order to the assistant was taken off, and not only a wish for the form of the answer.
    """

    text: str
    ordered: bool


def without_instructions(text: str) -> Uninstructed:
    """Folded `text` without the clauses that tell the assistant how to answer."""
    veiled = _QUOTATION.sub(_veiled, text)
    orders, wishes = _patterns()
    told = [found.span() for pattern in orders for found in pattern.finditer(veiled) if found.group()]
    wished = [found.span() for pattern in wishes for found in pattern.finditer(veiled) if found.group()]
    if not told and not wished:
        return Uninstructed(text, ordered=False)
    left = "".join(" " if _within(at, (*told, *wished)) else char for at, char in enumerate(text))
    left = _REPEATED_STOP.sub(" ", _AT_THE_START.sub("", left))
    return Uninstructed(re.sub(r"\s+", " ", left).strip(" ,，、"), ordered=bool(told))


def _veiled(quotation: re.Match[str]) -> str:
    said = quotation.group()
    return said[0] + _HIDDEN * (len(said) - 2) + said[-1]


def _within(at: int, spans: tuple[tuple[int, int], ...]) -> bool:
    return any(start <= at < end for start, end in spans)


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], ...], tuple[re.Pattern[str], ...]]:
    """The patterns of orders and those of wishes."""
    with _FILE.open("rb") as file:
        families = tomllib.load(file)
    words: dict[str, str] = families["words"]
    orders, wishes = (
        tuple(any_of(filled(pattern, words)) for pattern in families[name]["patterns"]) for name in ("orders", "wishes")
    )
    return orders, wishes
