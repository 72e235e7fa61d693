"""Words by their sound: pinyin typed for characters, and characters that sound like the ones meant.

Heavy (pypinyin and its dictionary, a third of a second), so it is used only on what nothing else explains.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache

from corpus.normalize import has_han

_SHORTEST_TERM, _LONGEST_TERM = 2, 6
_MOST_READINGS = 64
_LONGEST_SPELLING = 24
_OPEN = frozenset("aeo")
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
    "sha": "啥",
    "gei": "给",
    "shei": "谁",
    "shui": "谁",
    "ge": "个",
    "yi": "一",
    "zhang": "张",
    "qian": "钱",
    "dao": "到",
    "hai": "还",
    "xian": "先",
    "zhao": "找",
    "ta": "他",
    "me": "么",
    "jiu": "就",
    "dou": "都",
    "cai": "才",
    "dei": "得",
    "wen": "问",
    "kan": "看",
    "jiao": "交",
    "xie": "写",
    "deng": "等",
    "gai": "该",
    "ke": "可",
    "duo": "多",
    "shao": "少",
    "tian": "天",
    "yong": "用",
    "ting": "停",
    "guan": "关",
}
_FEWEST_SPELLED = 0.5  # of the letters that nothing explains, in a text without Chinese characters, for it to be pinyin
_MOST_OTHERS = 0.4  # of the letters of pinyin, that may spell what no term is
_CARD_NOUNS = "卡证"
_MOST_TERMS = 32_768
_RETROFLEX = re.compile(r"^([zcs])h")
_VELAR = re.compile(r"([aei])ng$")


@dataclass(frozen=True)
class Sounds:
    """The terms of a lexicon by their toneless pinyin.

    Attributes:
        terms: Those that a sound-alike can stand for.
        spelled: More of them that only pinyin stands for.
        ending: Those of `terms` that only a word with the same last character can stand for.
    """

    terms: tuple[str, ...]
    spelled: tuple[str, ...] = ()
    ending: frozenset[str] = frozenset()

    @cached_property
    def _by_sound(self) -> dict[tuple[str, ...], str]:
        """Term by its syllables; the first term of a sound wins."""
        table: dict[tuple[str, ...], str] = {}
        for term in self.terms:
            table.setdefault(_syllables(term), term)
        return table

    @cached_property
    def _by_spelling(self) -> dict[str, str]:
        more = {"".join(_syllables(term)): term for term in reversed(self.spelled)}
        return more | {"".join(syllables): term for syllables, term in reversed(list(self._by_sound.items()))}

    @cached_property
    def _begun(self) -> frozenset[tuple[str, int]]:
        """The first syllable, slurred, and the number of syllables of each term."""
        return frozenset((_slur(sound[0]), len(sound)) for sound in self._by_sound)

    @cached_property
    def _by_slurred_sound(self) -> dict[tuple[str, ...], str]:
        """Term by its syllables as people say them who do not tell 扫 from 少, or 京 from 金."""
        return {tuple(map(_slur, sound)): term for sound, term in reversed(list(self._by_sound.items()))}

    def correct(self, text: str, unknown: Iterable[tuple[int, int]], fixed: Iterable[tuple[int, int]]) -> str:
        """`text` with words of an unknown span replaced by a term that sounds the same.

        A word that is replaced holds a character of an `unknown` span and none of a `fixed` one.
        """
        doubtful = {at for start, end in unknown if has_han(text[start:end]) for at in range(start, end)}
        if not doubtful:
            return text
        certain = {at for start, end in fixed for at in range(start, end)}
        next_doubtful, next_certain = _next_of(doubtful, len(text)), _next_of(certain, len(text))
        corrected, at = [], 0
        while at < len(text):
            longest = min(_LONGEST_TERM, next_certain[at] - at)
            shortest = max(_SHORTEST_TERM, next_doubtful[at] - at + 1)
            windows = (text[at : at + length] for length in range(longest, shortest - 1, -1))
            term = next(filter(None, map(self._meant, windows)), "")
            corrected.append(term or text[at])
            at += len(term) or 1
        return "".join(corrected)

    def _meant(self, word: str) -> str:
        """The term that `word` stands for by its sound, empty when it stands for none."""
        term = self._sounding_like(word)
        return term if term not in self.ending or term[-1] == word[-1] else ""

    def _sounding_like(self, word: str) -> str:
        """The first term that sounds like `word` by one of its readings, empty when there is none."""
        from pypinyin import Style, pinyin

        if not all(map(has_han, word)) or not any(
            (s, len(word)) in self._begun for s in map(_slur, _readings(word[0]))
        ):
            return ""
        if found := self._by_sound.get(_syllables(word)):
            return found
        if len(word) > _SHORTEST_TERM and (found := self._by_slurred_sound.get(_slurred(word), "")):
            return found
        if word[-1] not in _CARD_NOUNS:
            return ""  # of other words only the usual reading counts: rare ones hit too much by chance
        readings = [pinyin(character, style=Style.NORMAL, heteronym=True)[0] for character in word]
        sounds = itertools.islice(itertools.product(*readings), _MOST_READINGS)
        return next((self._by_sound[sound] for sound in sounds if sound in self._by_sound), "")

    def from_pinyin(self, text: str, unknown: Sequence[tuple[int, int]]) -> str:
        """`text` with runs of unknown Latin words that spell terms in full replaced by the terms."""
        runs = [(words[0][0], words[-1][1]) for words in _side_by_side(text, unknown)]
        spelled = [(start, end, found) for start, end in runs if (found := self._spelled(text[start:end]))]
        n_spelled = sum(end - start for start, end, _ in spelled)
        if not has_han(text) and n_spelled < _FEWEST_SPELLED * sum(end - start for start, end in runs):
            return text  # English in which a word happens to read like pinyin
        for start, end, found in reversed(spelled):
            text = text[:start] + found + text[end:]
        return text

    def from_mixed(self, text: str, unknown: Sequence[tuple[int, int]]) -> str:
        """`text` with unknown Latin words that spell the rest of a term beside them replaced by the term: 门jin卡."""
        for words in reversed(_side_by_side(text, unknown)):
            for at, (start, _) in enumerate(words):  # the last words of those side by side, then the first
                if (mixed := self._completed(text, start, words[-1][1])) != text:
                    text, words = mixed, words[:at]
                    break
            for _, end in reversed(words):
                if (mixed := self._completed(text, words[0][0], end)) != text:
                    text = mixed
                    break
        return text

    def _completed(self, text: str, start: int, end: int) -> str:
        """`text` with the longest term in the place of `text[start:end]` and of the characters of it beside that."""
        before, behind = text[:start].rstrip(), text[end:].lstrip()
        n_before, n_behind = _n_han(before[: -_LONGEST_TERM - 1 : -1]), _n_han(behind[:_LONGEST_TERM])
        beside = [(left, right) for left in range(n_before + 1) for right in range(n_behind + 1) if left + right]
        spelled = tuple(_split(text[start:end].replace(" ", "")[:_LONGEST_SPELLING]))
        for left, right in sorted(beside, key=sum, reverse=True):
            begun, ended = before[len(before) - left :], behind[:right]
            sounds = (_syllables(begun) + syllables + _syllables(ended) for syllables in spelled)
            term = next(filter(None, map(self._by_sound.get, sounds)), "")
            if term and term.startswith(begun) and term.endswith(ended):
                return before[: len(before) - left] + term + behind[right:]
        return text

    def _spelled(self, run: str) -> str:
        """The terms that a run of letters spells, other syllables left as they are; empty when it is mostly others."""
        words = re.findall(r"[a-z]+", run)
        letters, begun = "".join(words), set(itertools.accumulate(map(len, words), initial=0))
        best: list[tuple[int, int, str] | None] = [(0, 0, "")] + [None] * len(letters)
        for end in range(1, len(letters) + 1):
            for start in range(max(0, end - _LONGEST_SPELLING), end):
                if (before := best[start]) is None:
                    continue
                part = letters[start:end]
                if part[0] in _OPEN and start not in begun:
                    continue  # `bao` is one syllable: a syllable with no consonant before it is written apart
                syllable = part in _all_syllables()
                # `xian` is 先 and not 西安: one syllable is one character.
                term = _SYLLABLES.get(part) if syllable else self._by_spelling.get(part)
                if term is None and not syllable:
                    continue
                n_others = before[0] + (len(part) if term is None else 0)
                spelled = (n_others, before[1] + 1, before[2] + (term or f" {part} "))
                if (known := best[end]) is None or spelled[:2] < known[:2]:
                    best[end] = spelled
        if best[-1] is None or best[-1][0] > _MOST_OTHERS * len(letters):
            return ""
        spelled_out = best[-1][2]
        return spelled_out if any(term in spelled_out for term in self._by_spelling.values() if len(term) > 1) else ""


def _side_by_side(text: str, spans: Iterable[tuple[int, int]]) -> list[list[tuple[int, int]]]:
    """The spans, those together that only blanks part."""
    groups: list[list[tuple[int, int]]] = []
    for span in spans:
        if groups and not text[groups[-1][-1][1] : span[0]].strip():
            groups[-1].append(span)
        else:
            groups.append([span])
    return groups


def _n_han(text: str) -> int:
    """How many Chinese characters a text begins with."""
    return sum(1 for _ in itertools.takewhile(has_han, text))


def _split(letters: str) -> Iterator[tuple[str, ...]]:
    """The ways to read a Latin word as syllables, each with a consonant but the first."""
    if not letters:
        yield ()
    for end in range(1, len(letters) + 1):
        if letters[:end] in _all_syllables() and letters[end : end + 1] not in _OPEN:
            for rest in _split(letters[end:]):
                yield (letters[:end], *rest)


@cache
def _all_syllables() -> frozenset[str]:
    """The syllables of Mandarin without their tones."""
    from pypinyin import Style, pinyin

    common = "".join(map(chr, range(0x4E00, 0x9FA6)))
    return frozenset(sounds[0] for sounds in pinyin(common, style=Style.NORMAL)) - {""}


def _next_of(places: Collection[int], n: int) -> list[int]:
    """For each of `n` places the nearest of `places` that is not before it, `n` where there is none."""
    nearest = [n] * (n + 1)
    for at in range(n - 1, -1, -1):
        nearest[at] = at if at in places else nearest[at + 1]
    return nearest


@lru_cache(maxsize=_MOST_TERMS)
def _syllables(word: str) -> tuple[str, ...]:
    """The usual reading of a word; every assistant of a process has the same terms."""
    from pypinyin import lazy_pinyin  # its dictionary takes a third of a second to load

    return tuple(lazy_pinyin(word))


def _slurred(word: str) -> tuple[str, ...]:
    return tuple(map(_slur, _syllables(word)))


def _slur(syllable: str) -> str:
    """A syllable without the differences that many do not make: of `zh` and `z`, of `ng` and `n`."""
    return _RETROFLEX.sub(r"\1", _VELAR.sub(r"\1n", syllable))


def sounds_alike(one: str, other: str) -> bool:
    """Whether two characters have the same usual reading, whatever the tone."""
    return _syllables(one) == _syllables(other)


@lru_cache(maxsize=8192)
def _readings(character: str) -> frozenset[str]:
    """The syllables that a character can be read as."""
    from pypinyin import Style, pinyin

    return frozenset(pinyin(character, style=Style.NORMAL, heteronym=True)[0])
