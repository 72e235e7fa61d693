"""Situations that a question or a sentence speaks of: a lost card, somebody else who goes, a holder who has died."""

from __future__ import annotations

import importlib.resources
import re
import tomllib
from functools import cache, lru_cache

MANY = 3  # situations from which more make no difference
_CACHED_TEXTS = 4096


@lru_cache(maxsize=_CACHED_TEXTS)
def situations_in(text: str) -> frozenset[str]:
    """The ids of the situations in `situations.toml` that a folded text speaks of."""
    return frozenset(name for name, pattern in _situations().items() if pattern.search(text))


@cache
def _situations() -> dict[str, re.Pattern[str]]:
    file = importlib.resources.files("assistant") / "situations.toml"
    listed = tomllib.loads(file.read_text(encoding="utf-8"))["situation"]
    return {one["id"]: re.compile("|".join(one["patterns"])) for one in listed}
