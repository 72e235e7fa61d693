"""Reads pictographs that name a card as the words for it, by `pictographs.toml`: 🚌💳 as 公交卡, and 公交💳 too."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from corpus.normalize import has_han, normalize

_FILE = Path(__file__).with_name("pictographs.toml")
# What changes the look of a pictograph, and who does what it shows: a skin, a woman.
_LOOK = "(?:[\ufe0e\ufe0f\U0001f3fb-\U0001f3ff]|\u200d[\u2640\u2642])*"
_LONGEST_WORD = 4


@dataclass(frozen=True, slots=True)
class _Signs:
    words: Mapping[str, tuple[str, str]]
    paired: re.Pattern[str]
    behind: re.Pattern[str]


def spelled_out(raw: str, is_card: Callable[[str], bool]) -> str:
    """`raw` with the pictographs in it that name a card replaced by words, each once.

    They do where one for a kind and one for a card, or the word, stand together, or where one for a card stands
    behind a word that with 卡 or "card" is a name. Others show a mood, and stay.

    Args:
        raw: What was typed.
        is_card: Whether a folded text is the name of a card.
    """
    signs = _signs()
    if not signs.behind.search(raw) and not signs.paired.search(raw):
        return raw
    chinese = has_han(raw)

    def named(pair: re.Match[str]) -> str:
        zh, en = signs.words[pair["kind"] or pair["last"]]
        return f"{zh}卡" if chinese else f" {en} card "

    def ended(sign: re.Match[str]) -> str:
        before = raw[: sign.start()].rstrip()
        last = [normalize(word) for word in re.findall(r"[A-Za-z]+$", before)]
        if any(is_card(f"{word} card") for word in last):
            return " card "
        han = normalize(before[-_LONGEST_WORD:])
        return "卡" if any(is_card(f"{han[at:]}卡") for at in range(len(han) - 1)) else sign[0]

    raw = signs.paired.sub(named, raw)
    return signs.behind.sub(ended, raw)


@cache
def _signs() -> _Signs:
    with _FILE.open("rb") as file:
        read = tomllib.load(file)
    words = {sign: (kind["zh"], kind["en"]) for kind in read["kind"] for sign in kind["signs"]}
    kind, card = f"[{''.join(words)}]", f"[{read['card']['signs']}]{_LOOK}"
    return _Signs(
        words,
        re.compile(
            rf"(?P<kind>{kind}){_LOOK}[\s的]*(?:{card}|[卡咔](?![住死顿])|cards?\b)|{card}\s*(?P<last>{kind}){_LOOK}"
        ),
        re.compile(rf"(?:{card}\s*)+"),
    )
