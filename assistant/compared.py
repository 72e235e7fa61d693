"""What cards are compared by: how fast the money comes, which way it goes, what has to be shown; and who gives it.

The attributes are those of `compared.toml`. They are kept apart from what was learnt of questions about one card
(`assistant.attributes`): "which of them is quicker" asks for a length of time and has no word for one.
"""

from __future__ import annotations

import importlib.resources
import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from assistant.lexicon import any_of
from assistant.situations import situations_in
from assistant.typed_values import holds_value

_IN_A_CASE = 0.5  # what a sentence is worth that gives an attribute for some case only
_SENTENCE = re.compile(r"(?:[^。;!?\n.]|(?<!\s)\.(?=\S))+")
# A sentence about a case of its own: `遗失的，…`, `如果…`, `转学以后，…`.
_CASE = any_of(
    r"^[^,。;]{2,16}的[,，]|^(?:如果|若|如|要是|倘若|遇)|^[^,。;]{1,14}(?:时|以后|之后|以前)[,，]", r"\b(?:if|unless)\b"
)


@dataclass(frozen=True, slots=True)
class Compared:
    """One thing that cards are compared by.

    Attributes:
        asks: How questions ask for it.
        gives: What a sentence that gives it has.
        value_type: The type of the value that it must hold, by `typed_values`; empty for none.
        unless: What makes the value one of something else, None for nothing.
        before: The attribute that is left out beside this one, empty for none.
    """

    name: str
    asks: re.Pattern[str]
    gives: re.Pattern[str]
    value_type: str
    unless: re.Pattern[str] | None
    before: str

    def given_in(self, sentence: str) -> bool:
        """Whether a folded sentence gives it."""
        if not self.gives.search(sentence) or (self.unless is not None and self.unless.search(sentence)):
            return False
        return not self.value_type or holds_value(sentence, self.value_type)


def compared_by(text: str) -> tuple[Compared, ...]:
    """The attributes that a folded question without the names of its cards asks for."""
    asked = [one for one in _attributes() if one.asks.search(text)]
    less = {one.before for one in asked}
    return tuple(one for one in asked if one.name not in less)


def given(text: str, asked: Sequence[Compared], situations: frozenset[str]) -> float:
    """How far folded `text` gives one of the attributes: 1, half for a case that is not asked about, 0 for not."""
    best = 0.0
    for sentence in (found.group().strip() for found in _SENTENCE.finditer(text)):
        if any(one.given_in(sentence) for one in asked):
            of_a_case = bool(situations_in(sentence) - situations) or bool(_CASE.search(sentence))
            best = max(best, _IN_A_CASE if of_a_case else 1.0)
    return best


@cache
def _attributes() -> tuple[Compared, ...]:
    file = importlib.resources.files("assistant") / "compared.toml"
    return tuple(
        Compared(
            name=one["id"],
            asks=any_of(*one["asks"]),
            gives=any_of(*one["gives"]),
            value_type=one.get("type", ""),
            unless=any_of(one["unless"]) if "unless" in one else None,
            before=one.get("before", ""),
        )
        for one in tomllib.loads(file.read_text(encoding="utf-8"))["attribute"]
    )
