"""Words by their sound: pinyin typed for characters, and characters that sound like the ones meant.

Heavy (pypinyin and its dictionary, a third of a second), so it is used only on what nothing else explains.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from corpus.normalize import has_han

_LONGEST_TERM = 6
_MOST_READINGS = 64
_LONGEST_SPELLING = 24
# Single syllables that stand between longer words when somebody types pinyin.
_SYLLABLES = {
    "yao": "要",
    "ma": "吗",
    "de": "的",
    "wo": "我",
    "ni": "你",
    "le": "了",
    "ne": "呢",
    "dai": "带",
    "qu": "去",
    "neng": "能",
    "hui": "会",
    "xiang": "想",
    "ka": "卡",
    "zai": "在",
    "na": "哪",
    "nar": "哪儿",
    "ji": "几",
    "bu": "不",
    "you": "有",
    "mei": "没",
    "shi": "是",
    "ba": "把",
    "tui": "退",
    "xiao": "销",
    "ban": "办",
}
_CARD_NOUNS = "卡证"


@dataclass(frozen=True)
class Sounds:
    """The terms of a lexicon by their toneless pinyin."""

    terms: tuple[str, ...]

    @cached_property
    def _by_sound(self) -> dict[tuple[str, ...], str]:
        """Term by its syllables; the first term of a sound wins."""
        from pypinyin import lazy_pinyin  # its dictionary takes a third of a second to load

        table: dict[tuple[str, ...], str] = {}
        for term in self.terms:
            table.setdefault(tuple(lazy_pinyin(term)), term)
        return table

    @cached_property
    def _by_spelling(self) -> dict[str, str]:
        return {"".join(syllables): term for syllables, term in reversed(list(self._by_sound.items()))}

    @cached_property
    def _first_sounds(self) -> frozenset[str]:
        return frozenset(sound[0] for sound in self._by_sound)

    def correct(self, text: str, unknown: Iterable[tuple[int, int]], fixed: Iterable[tuple[int, int]]) -> str:
        """`text` with words of an unknown span replaced by a term that sounds the same.

        A word that is replaced holds a character of an `unknown` span and none of a `fixed` one.
        """
        doubtful = {at for start, end in unknown if has_han(text[start:end]) for at in range(start, end)}
        if not doubtful:
            return text
        certain = {at for start, end in fixed for at in range(start, end)}
        corrected, at = [], 0
        while at < len(text):
            lengths = range(min(_LONGEST_TERM, len(text) - at), 1, -1)
            windows = (
                text[at : at + n]
                for n in lengths
                if doubtful & set(range(at, at + n)) and not certain & set(range(at, at + n))
            )
            term = next(filter(None, map(self._sounding_like, windows)), "")
            corrected.append(term or text[at])
            at += len(term) or 1
        return "".join(corrected)

    def _sounding_like(self, word: str) -> str:
        """The first term that sounds like `word` by one of its readings, empty when there is none."""
        from pypinyin import Style, lazy_pinyin, pinyin

        if not all(map(has_han, word)) or not self._first_sounds & _readings(word[0]):
            return ""
        if found := self._by_sound.get(tuple(lazy_pinyin(word))):
            return found
        if word[-1] not in _CARD_NOUNS:
            return ""  # of other words only the usual reading counts: rare ones hit too much by chance
        readings = [pinyin(character, style=Style.NORMAL, heteronym=True)[0] for character in word]
        sounds = itertools.islice(itertools.product(*readings), _MOST_READINGS)
        return next((self._by_sound[sound] for sound in sounds if sound in self._by_sound), "")

    def from_pinyin(self, text: str, unknown: Sequence[tuple[int, int]]) -> str:
        """`text` with runs of unknown Latin words that spell terms in full replaced by the terms."""
        runs: list[tuple[int, int]] = []
        for start, end in unknown:
            if runs and not text[runs[-1][1] : start].strip():
                runs[-1] = (runs[-1][0], end)
            else:
                runs.append((start, end))
        for start, end in reversed(runs):
            text = text[:start] + (self._spelled(text[start:end]) or text[start:end]) + text[end:]
        return text

    def _spelled(self, run: str) -> str:
        """The terms that a run of letters spells from its first to its last, empty when it does not."""
        letters = re.sub(r"[^a-z]", "", run)
        best: list[str | None] = [""] + [None] * len(letters)
        for end in range(1, len(letters) + 1):
            for start in range(max(0, end - _LONGEST_SPELLING), end):
                before, term = (
                    best[start],
                    self._by_spelling.get(letters[start:end]) or _SYLLABLES.get(letters[start:end]),
                )
                if before is not None and term is not None:
                    best[end] = before + term
                    break
        spelled = best[-1] or ""
        return spelled if any(term in spelled for term in self._by_spelling.values()) else ""


@lru_cache(maxsize=8192)
def _readings(character: str) -> frozenset[str]:
    """The syllables that a character can be read as."""
    from pypinyin import Style, pinyin

    return frozenset(pinyin(character, style=Style.NORMAL, heteronym=True)[0])
