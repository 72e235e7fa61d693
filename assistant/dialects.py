"""Reads what people of a region write as standard Chinese says it, by `dialects.toml`."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path

_FILE = Path(__file__).with_name("dialects.toml")


def standardized(text: str) -> str:
    """Folded `text` with the words of a region replaced by those of standard Chinese."""
    for pattern, words in _patterns():
        text = pattern.sub(words, text)
    return text


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], str], ...]:
    with _FILE.open("rb") as file:
        regions = tomllib.load(file)
    return tuple(
        (re.compile(pattern), words.replace("$", "\\"))
        for region in regions.values()
        for pattern, words in region["patterns"]
    )
