"""The other names that an article says a card has: `安居卡，大家都叫它「门卡」`, `公积金联名卡（以下简称联名卡）`.

What a card is said to be is one more: `购物卡：由商场发行的储值卡`, `顺风账号：打车用的乘客账号`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from corpus.card_names import ENDING, nouns_in
from corpus.normalize import normalize

_SAID = re.compile(r"[称稱叫]")
_CALLED = re.compile(
    r"(?:以下简称|简称|俗称|又称|也称|又叫|也叫|(?:习惯|大家|平时|平常|人们|有人|很多人)(?:上|都|也|又)*(?:把它)?(?:叫|称)(?:它|作|做|为|其)*|管它叫)"
    r"(?:[:：]?[“\"「『'‘《](?P<quoted>[^”\"」』'’》]{2,10})[”\"」』'’》]|(?P<plain>[\u4e00-\u9fffa-z]{1,7}?(?:卡|证|账户|账号)))"
)
_SENTENCE = re.compile(r"[。;!?]")
_DENIED = re.compile(r"(?:不|别|并非|没人)[^,，。]{0,2}$")
# `一卡通（地铁卡）退卡步骤`: behind the name, in brackets, what else it is called.
_BRACKETED = re.compile(
    r"(?<=[\u4e00-\u9fffa-z])[(（](?:即|也叫|又叫|俗称|简称)?(?P<names>[\u4e00-\u9fffa-z0-9、/]{2,16})[)）]"
)
# What a card is: what stands behind its name and a colon, and ends in a noun for a card.
_DEFINED = re.compile(
    r"^[^\w《“「]*(?P<name>[\u4e00-\u9fffa-z0-9]{2,12})\s*[:：]\s*(?P<said>[^,，。;；、:：]{2,24})(?=[,，。;；]|$)"
)
_COLON = re.compile("[:：﹕︓]")  # all that folding makes a colon
_IS = re.compile(r"(?:的|是|[一这]?[种张个])(?P<kind>[\u4e00-\u9fffa-z]{1,8}?)$")
_FOR_A_USE = re.compile(r"用(?:来|于)?[^的]{0,4}的")
_NAME = re.compile(r".+(?:[卡证號号折户戶码]|账户|账号|会员)$")
_OPENING = re.compile(r"[\u4e00-\u9fffa-z0-9]+(?=[(（]$)")


def other_names(text: str, names: Collection[str]) -> Iterator[tuple[str, str]]:
    """The other names in an article, folded, each with the one of `names` that it is another name of.

    It is the name before it in its sentence that is meant, or the one it abbreviates.
    """
    lines = text.splitlines()
    for line in filter(_COLON.search, lines):
        yield from _defined(normalize(line.replace("*", "")), names)
    for line in filter(_SAID.search, lines):
        folded = normalize(line.replace("*", ""))
        for called in _CALLED.finditer(folded):
            other = called["quoted"] or called["plain"]
            before = _SENTENCE.split(folded[: called.start()])[-1]
            if _DENIED.search(before):
                continue
            if other in names:
                opening = _OPENING.search(before)
                full = [name for name in nouns_in(opening[0]) if name not in names] if opening else []
                yield from ((name, other) for name in full[-1:])
                continue
            owner = max(names, key=lambda name: (before.rfind(name), len(name)), default="")
            if owner and owner in before:
                yield other, owner


def _defined(line: str, names: Collection[str]) -> Iterator[tuple[str, str]]:
    """What a folded line says that the card is whose name it begins with: the kind, and the use where it tells one."""
    found = _DEFINED.match(line)
    if not found or found["name"] not in names or not _NAME.match(found["said"]):
        return
    if kind := _IS.search(found["said"]):
        yield kind["kind"], found["name"]
    if _FOR_A_USE.search(found["said"]):
        yield found["said"], found["name"]


def bracketed_names(heading: str) -> Iterator[str]:
    """The other names, folded, that a heading has in brackets behind the name of a card: nouns for a card alone."""
    for found in _BRACKETED.finditer(normalize(heading)):
        yield from (name for name in re.split("[、/]", found["names"]) if len(name) > 1 and _NAME.match(name))


def is_called(surface: str, other: str) -> bool:
    """Whether words for a card are another name of one, or all that says of which kind it is stands in that name."""
    stem = ENDING.sub("", surface)
    return surface == other or (1 < len(stem) < len(surface) and stem in other)
