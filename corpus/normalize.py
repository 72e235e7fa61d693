"""Text as it is compared: one width, one case, simplified characters, nothing hidden."""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache
from typing import Literal

import opencc

Language = Literal["zh", "zh-Hant", "en"]

_HAN = r"\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_HAN_CHARACTER = re.compile(f"[{_HAN}]")
# NFKC has made most full-width punctuation narrow.
_BETWEEN_HAN = re.compile(rf"(?<=[{_HAN}。、,!?;:])\s+(?=[{_HAN}。、,!?;:])")
# Where a name stands in its own language.
_SET_APART = re.compile(r"\([^()]*\)|“[^“”]*”|「[^「」]*」|『[^『』]*』|《[^《》]*》|\"[^\"]*\"")
_LATIN_WORD = re.compile(r"[A-Za-z]{2,}")
# Text that has neither: the common case, told by one look.
_ORDINARY = re.compile(r"[\n\t -~\u3001-\u3011\u4e00-\u9fff\uff01-\uff5d“”‘’—…·]*")
# Characters that show nothing of their own: format, control, private use, unassigned, surrogates.
_UNSEEN = frozenset({"Cf", "Cc", "Co", "Cn", "Cs"})
# Words that the library takes for others: 發 of issuing for 髮 of hair, 裡 of inside for the surname.
_MISTAKEN = {"发卡": "發卡", "卡里": "卡裡"}
# Particles that only Cantonese writing has, for questions too short to hold a traditional character.
_HANT_ONLY = frozenset("㗎喺咗嘅唔係冇啲嚟嘢哋佢")


@cache
def _converter(config: str) -> opencc.OpenCC:
    return opencc.OpenCC(config)


def to_simplified(text: str) -> str:
    """`text` with traditional characters made simplified; its length may change only through phrases."""
    return str(_converter("t2s").convert(text))


def to_traditional(text: str) -> str:
    """`text` with simplified characters made traditional, in the forms that Taiwan writes."""
    for simplified, traditional in _MISTAKEN.items():
        text = text.replace(simplified, traditional)
    return str(_converter("s2tw").convert(text))


def visible(text: str) -> str:
    """`text` without hidden characters; pictographs become blanks, so that they part words."""
    if _ORDINARY.fullmatch(text):
        return text
    kept = []
    for character in text:
        category = unicodedata.category(character)
        if character in "\n\t" or category in {"So", "Sk"}:
            kept.append(" ")
        elif category not in _UNSEEN and not "\ufe00" <= character <= "\ufe0f":
            kept.append(character)
    return "".join(kept)


@lru_cache(maxsize=8192)
def normalize(text: str) -> str:
    """`text` as it is compared: visible, NFKC, simplified, lower case, no blanks but single ones between words."""
    folded = unicodedata.normalize("NFKC", visible(text))
    folded = to_simplified(folded).lower().replace("’", "'")
    return _BETWEEN_HAN.sub("", re.sub(r"\s+", " ", folded)).strip()


def has_han(text: str) -> bool:
    """Whether a Chinese character stands in `text`."""
    return _HAN_CHARACTER.search(text) is not None


def language_of(text: str) -> Language:
    """The language to answer `text` in.

    A text is English when it has Latin words and no Chinese character but in brackets or quotation marks; traditional
    Chinese when making it simplified changes more characters than making it traditional does.
    """
    shown = unicodedata.normalize("NFKC", visible(text))
    around = _SET_APART.sub(" ", shown)
    if not _HAN_CHARACTER.search(around) and _LATIN_WORD.search(around):
        return "en"
    simplified, traditional = to_simplified(shown), to_traditional(shown)
    n_traditional = sum(a != b for a, b in zip(shown, simplified, strict=False))
    n_simplified = sum(a != b for a, b in zip(shown, traditional, strict=False))
    if n_traditional > n_simplified or (n_traditional == n_simplified and _HANT_ONLY & set(shown)):
        return "zh-Hant"
    return "zh"
