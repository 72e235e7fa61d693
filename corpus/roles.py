"""What a heading says its section is: steps, precautions, reasons and so on."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path

from corpus.normalize import to_simplified

# `情形：门禁卡注销`, `场景二：…`: what stands before the colon only counts the cases.
_CASE = re.compile(
    r"^(?:\W*[一二三四五六七八九十\d]{1,3}[)）、.．]?)?\W*(?:情形|情况|场景|类型|方式|方法|case|scenario)\s*[一二三四五六七八九十\d]*\s*[:：]",
    re.IGNORECASE,
)
# Roles whose lists are lists of things, not things to do.
LISTING = frozenset(
    {
        "conditions",
        "precautions",
        "reasons",
        "questions",
        "comparison",
        "materials",
        "fees",
        "kinds",
        "summary",
        "definition",
    }
)
# What is asked of other texts than headings.
_NO_ROLES = frozenset({"bring", "ways", "after", "byline"})
_FILE = Path(__file__).with_name("roles.toml")


@cache
def _patterns() -> dict[str, re.Pattern[str]]:
    with _FILE.open("rb") as file:
        words = tomllib.load(file)
    return {role: re.compile("|".join(patterns), re.IGNORECASE) for role, patterns in words.items()}


@cache
def role_of(heading: str) -> str:
    """The role of a section by its heading: a key of `roles.toml`, empty when no word of the file is in it."""
    simplified = _CASE.sub("", to_simplified(heading))
    patterns = ((role, pattern) for role, pattern in _patterns().items() if role not in _NO_ROLES)
    return next((role for role, pattern in patterns if pattern.search(simplified)), "")


def says(role: str, text: str) -> bool:
    """Whether one of the words of `role` stands in `text`."""
    return _patterns()[role].search(to_simplified(text)) is not None
