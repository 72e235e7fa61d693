"""The words of the page by language, and which language a visitor reads."""

from __future__ import annotations

import importlib.resources
import tomllib
from functools import cache
from typing import Any, Literal

Language = Literal["en", "zh", "zh-Hant"]
COOKIE = "xk-language"
# What a browser calls a language, by what the page calls it.
TABLES = {"en": "en", "zh": "zh", "zh-Hant": "zh-TW"}
_TRADITIONAL = ("zh-tw", "zh-hk", "zh-mo", "zh-hant")


@cache
def _read() -> dict[str, dict[str, Any]]:
    path = importlib.resources.files("assistant") / "page" / "words.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))


def gradio_words() -> dict[str, dict[str, str]]:
    """The words of Gradio's components by the tags that browsers send; what is none of them reads English.

    Each key is `word_key` of the one in `words.toml`, those of the operator's page included.
    """
    tables = {
        tag: {word_key(key): word for key, word in (table | table["operator"]).items() if isinstance(word, str)}
        for tag, table in _read().items()
    }
    return tables | {"zh-CN": tables["zh"], "zh-HK": tables["zh-TW"], "zh-MO": tables["zh-TW"]}


def word_key(key: str) -> str:
    """What Gradio knows a word by: it has words of its own under keys such as `file`."""
    return f"xk_{key}"


def script_words() -> dict[str, dict[str, str]]:
    """The words of the page's script by the page's languages."""
    return {language: _read()[table]["script"] for language, table in TABLES.items()}


def words_of(table: Literal["trouble", "results", "operator"], language: str) -> dict[str, str]:
    """One table of words in a language of the page: of failures, of results, or of the operator's page."""
    words: dict[str, str] = _read()[TABLES.get(language, "en")][table]
    return words


def page_language(accept_language: str, chosen: str = "") -> Language:
    """The language that was chosen on the page, else the first one a browser accepts; English when it is another.

    Args:
        accept_language: The header of that name, `zh-CN,zh;q=0.9`.
        chosen: The value of the cookie `xk-language`; what is no language of the page counts as none.
    """
    first = (chosen if chosen in TABLES else accept_language.split(",")[0].split(";")[0]).strip().lower()
    if first.startswith(_TRADITIONAL):
        return "zh-Hant"
    return "zh" if first.startswith("zh") else "en"
