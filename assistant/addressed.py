"""Words of an article that speak to whoever words answers from it: no answer of a chat model rests on them.

`corpus.hygiene` blanks what is plainly an instruction to a model, for every kind of answer. This is wider, and may be:
a sentence that is wrongly taken for one is shown in the article's own words instead. What merely states something
wrong, and tells nobody what to say, is an error of the article like any other and not found here.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path

from assistant.lexicon import any_of, filled
from corpus.normalize import normalize
from corpus.planted import instructions

_FILE = Path(__file__).with_name("addressed.toml")


def is_addressed(text: str) -> bool:
    """Whether a passage speaks to whoever words an answer from it, and not to its reader."""
    folded = normalize(text)
    if any(pattern.search(folded) for pattern in _patterns()):
        return True
    return any(True for _ in instructions(folded, re.sub(r"\s", "", folded)))


@cache
def _patterns() -> tuple[re.Pattern[str], ...]:
    with _FILE.open("rb") as file:
        families = tomllib.load(file)
    words = families.pop("words")
    return tuple(
        re.compile(any_of(filled("|".join(family["patterns"]), words)).pattern, re.MULTILINE)
        for family in families.values()
    )
