"""What the assistant itself says, in the user's language."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path

from corpus.normalize import Language, to_simplified, to_traditional

_FILE = Path(__file__).with_name("phrases.toml")
_EMPHASIS = re.compile(r"\*\*|__|`")
_SLIGHT_EMPHASIS = re.compile(r"(?<![0-9A-Za-z*\\])\*(?=[^\s*])([^*\n]{1,60})(?<!\s)\*(?![0-9A-Za-z*])")
_LEADING_MARK = re.compile(r"(?m)^[ \t\u3000]*(?:[-*+•·●○▪■◆►]\s+|#{1,6}\s+|>\s*)")
_MARKUP = re.compile(r"([\\\[\]<>_*`|~$])")


@cache
def _phrases() -> dict[str, dict[str, str]]:
    with _FILE.open("rb") as file:
        return tomllib.load(file)


def say(name: str, language: Language, **values: object) -> str:
    """The phrase `name` in a language with its values filled in; the values are left as they are."""
    phrase = _phrases()[name]["en" if language == "en" else "zh"]
    if language == "zh-Hant":
        phrase = to_traditional(phrase)
    return phrase.format(**values)


def joined(names: list[str], language: Language) -> str:
    """Names as a list in a sentence: `甲、乙` or `a, b`."""
    return (", " if language == "en" else "、").join(names)


def shown(text: str, language: Language, *, source: str = "zh") -> str:
    """An article's words as they are shown on one line: without marks of Markdown, in the user's characters.

    `source` is the language of the article; simplified and traditional characters are made each other, no words.

    What remains and means something in Markdown or HTML is escaped: articles are text, never markup.
    """
    plain = _SLIGHT_EMPHASIS.sub(r"\1", _LEADING_MARK.sub("", _EMPHASIS.sub("", text)))
    plain = _MARKUP.sub(r"\\\1", re.sub(r"\s+", " ", plain).strip())
    if language == "zh-Hant":
        return to_traditional(plain)
    return to_simplified(plain) if language == "zh" and source == "zh-Hant" else plain
