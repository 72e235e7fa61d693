"""Finding the words of a list in a text: the longest at each place, Chinese by characters, English by words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")

_WORD = re.compile(r"[a-z0-9]+(?:['+-][a-z0-9]+)*")
_LATIN = re.compile(r"[a-z0-9]")
_SHORTEST_STEM = 2


@dataclass(frozen=True, slots=True)
class Found(Generic[T]):
    """A word of the list found at `text[start:end]`."""

    start: int
    end: int
    term: str
    values: tuple[T, ...]


class TermList(Generic[T]):
    """A list of folded terms, each with its values.

    A term that starts with a Latin letter or digit is matched by whole words; `*` at its end stands for any ending.
    Others are matched by characters. A term that mixes both ("ic卡") is matched by characters.
    """

    def __init__(self) -> None:
        self._values: dict[str, tuple[T, ...]] = {}
        # Of the terms that are matched by characters, the lengths, longest first, by the first character; and of those
        # of several words, how many words at most, by the first word: few places of a text can begin a term.
        self._lengths: dict[str, tuple[int, ...]] = {}
        self._most_words: dict[str, int] = {}
        self._never_before: dict[str, re.Pattern[str]] = {}

    def add(self, term: str, value: T, never_before: re.Pattern[str] | None = None) -> None:
        """Adds a folded term; a term that is there already gets one value more.

        Args:
            term: A folded term.
            value: What it stands for.
            never_before: What may not follow the term, as it then begins another word; anything may without it.
        """
        if never_before:
            self._never_before[term] = never_before
        values = self._values.get(term, ())
        if value not in values:
            self._values[term] = (*values, value)
        if _is_english(term):
            first, *others = term.split(" ")
            if others:
                self._most_words[first] = max(self._most_words.get(first, 1), 1 + len(others))
        elif len(term) not in (lengths := self._lengths.get(term[:1], ())):
            self._lengths[term[:1]] = tuple(sorted((*lengths, len(term)), reverse=True))

    def put(self, term: str, value: T, never_before: re.Pattern[str] | None = None) -> None:
        """Adds a folded term with this one value, whatever it had before."""
        self._values.pop(term, None)
        self.add(term, value, never_before)

    def copy(self) -> TermList[T]:
        """A list with the same terms, to which more can be added."""
        other: TermList[T] = TermList()
        other._values = dict(self._values)
        other._lengths, other._most_words = dict(self._lengths), dict(self._most_words)
        other._never_before = dict(self._never_before)
        return other

    def terms(self) -> Iterable[str]:
        """The terms, in the order they were added."""
        return self._values.keys()

    def values_of(self, term: str) -> tuple[T, ...]:
        """The values of a term, empty when it is not in the list."""
        return self._values.get(term, ())

    def find(self, text: str) -> list[Found[T]]:
        """The terms in folded `text`, from left to right, the longest at each place, without overlap."""
        words = {found.start(): found.end() for found in _WORD.finditer(text)}
        matches: list[Found[T]] = []
        at = 0
        while at < len(text):
            match = self._at(text, at, words) if text[at] in self._lengths or at in words else None
            if match is not None:
                matches.append(match)
                at = match.end
            else:
                at = words.get(at, at + 1)
        return matches

    def _at(self, text: str, at: int, words: dict[int, int]) -> Found[T] | None:
        best: Found[T] | None = None
        for length in self._lengths.get(text[at], ()):
            term = text[at : at + length]
            if len(term) == length and term in self._values and not _is_english(term):
                if (never := self._never_before.get(term)) and never.match(text, at + length):
                    continue
                best = Found(at, at + length, term, self._values[term])
                break
        if at in words:
            for end in self._phrase_ends(text, at, words):
                if best is not None and end <= best.end:
                    break
                for term in _stems(text[at:end]):
                    if term in self._values:
                        return Found(at, end, term, self._values[term])
        return best

    def _phrase_ends(self, text: str, at: int, words: dict[int, int]) -> list[int]:
        """Where phrases of whole words that start at `at` end, longest first."""
        ends: list[int] = []
        most = self._most_words.get(text[at : words[at]], 1)
        start = at
        while start in words and len(ends) < most:
            ends.append(words[start])
            start = words[start] + 1 if text[words[start] : words[start] + 1] == " " else -1
        return ends[::-1]


def _is_english(term: str) -> bool:
    return term.isascii() and bool(_LATIN.match(term))


def _stems(phrase: str) -> Iterator[str]:
    """The phrase itself, then with ever shorter endings replaced by `*`, the last word only."""
    yield phrase
    yield phrase + "*"
    first = phrase.rfind(" ") + 1
    for cut in range(len(phrase) - 1, first + _SHORTEST_STEM - 1, -1):
        yield phrase[:cut] + "*"
