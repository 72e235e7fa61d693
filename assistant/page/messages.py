"""What the program says in English of articles, indexes and question sets, in the languages of the page.

Errors are raised far from any page, for the command line and the log as well, and are English there. Here each is
recognised by its sentence, so that what raises it need not know who reads it.
"""

from __future__ import annotations

import importlib.resources
import re
import tomllib
from collections.abc import Mapping
from functools import cache
from typing import Any

from assistant.page.words import TABLES

_GAP = re.compile(r"\{(\w+)\}")
_SEVERAL_LINES = ("each", "rest")
_ITEM = "- "


def told(message: str, language: str) -> str:
    """A message in a language of the page; one that is not known there is told to be English.

    Args:
        message: What an error or a finding of hygiene says.
        language: The page's.
    """
    table = TABLES.get(language, "en")
    if table == "en" or not message:
        return message
    known = _translated(message, table)
    unknown: str = _read()["unknown"][table]
    return unknown.format(message) if known is None else known


def _translated(message: str, table: str) -> str | None:
    for pattern, words in _messages():
        if found := pattern.fullmatch(message):
            return words[table].format_map({gap: _filled(gap, text, table) for gap, text in found.groupdict().items()})
    return None


def _filled(gap: str, text: str, table: str) -> str:
    """What stands in a gap, itself translated where it is made of messages."""
    if gap == "why":
        return _translated(text, table) or text
    if gap == "each":
        items = [line.removeprefix(_ITEM) for line in text.splitlines()]
        return "\n".join(_ITEM + (_translated(item, table) or item) for item in items)
    return text


@cache
def _read() -> dict[str, Any]:
    path = importlib.resources.files("assistant") / "page" / "messages.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))


@cache
def _messages() -> tuple[tuple[re.Pattern[str], Mapping[str, str]], ...]:
    return tuple((_pattern(one["en"]), one) for one in _read()["messages"])


def _pattern(sentence: str) -> re.Pattern[str]:
    parts = _GAP.split(sentence)  # text, gap, text, …
    parts[::2] = [re.escape(text) for text in parts[::2]]
    parts[1::2] = [f"(?P<{gap}>{'(?s:.)' if gap in _SEVERAL_LINES else '.'}+?)" for gap in parts[1::2]]
    return re.compile("".join(parts))
