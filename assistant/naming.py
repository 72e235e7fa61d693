"""Which subjects of a corpus a question points to by parts of their names: `接送卡` to 幼儿园接送卡."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path

from corpus.card_names import ENDING
from corpus.normalize import normalize
from corpus.terms import TermList

_FILE = Path(__file__).with_name("name_words.toml")
OWN_PART = 1.0  # what a part of a subject's name counts at the least that no other's has
_SHORTEST_PART = 2
# `电的第二步`, `那气的呢`, `水那边`: one character in place of a name.
_BY_CHARACTER = re.compile(
    r"(?:^|[,，。;；?？!！ 那这弄退销办和跟同把给])([\u4e00-\u9fff])"
    r"(?=的(?:$|[那呢第要怎咋退销,，。?？!！ ])|那(?:边|张|个|一))"
)
_CLEARLY = 1.3  # how much better the best has to be than the next for it alone to be meant


@dataclass(frozen=True)
class Naming:
    """The names of a corpus's subjects, by their parts.

    Attributes:
        subjects: The subjects, folded.
        called: Subject → the name of which the parts count, when it is another.
    """

    subjects: tuple[str, ...]
    called: Mapping[str, str] = field(default_factory=dict)

    def pointed_to(self, text: str) -> tuple[str, ...]:
        """The subjects that folded `text` points to, in order of the corpus: those whose names it has most of.

        A part of a name counts by its length, less when other subjects' names have it too. Several subjects are
        returned when the parts do not tell them apart, none when the text has no part of any name.
        """
        scores = {subject: self.score(text, subject) for subject in self._sharing_a_pair(text)}
        best = max(scores.values(), default=0.0)
        return tuple(subject for subject, score in scores.items() if score * _CLEARLY >= best)

    def implied(self, text: str) -> str:
        """Those parts of names that folded `text` has everyday or English words for: `瑜伽` for "yoga"."""
        return " ".join(dict.fromkeys(part for found in _everyday_words().find(text) for part in found.values))

    def _sharing_a_pair(self, text: str) -> list[str]:
        """The subjects that `text` has at least the shortest part of a name of, in order of the corpus."""
        pairs = {text[at : at + _SHORTEST_PART] for at in range(len(text) - _SHORTEST_PART + 1)}
        places = {place for pair in pairs for place in self._places.get(pair, ())}
        places |= {at for at, subject in enumerate(self.subjects) if (end := self._endings[subject]) and end in text}
        return [self.subjects[place] for place in sorted(places)]

    def score(self, text: str, subject: str) -> float:
        """How much of a subject's name `text` has: its parts, the longest first, each place counted once."""
        stem = self._stems[subject]
        score, taken = 0.0, [False] * len(stem)
        for length in range(len(stem), _SHORTEST_PART - 1, -1):
            for at in range(len(stem) - length + 1):
                part = stem[at : at + length]
                if not any(taken[at : at + length]) and part in text:
                    score += length / self._sharing[part] ** 2
                    taken[at : at + length] = [True] * length
        ending = self._endings[subject]
        return score + (len(ending) / self._ending_alike[ending] ** 2 if ending and ending in text else 0.0)

    def by_character(self, text: str) -> str:
        """The subject of which a character stands for the name in folded `text`, `电的` for 电卡; empty for none."""
        meant = {
            named[0]
            for found in _BY_CHARACTER.finditer(text)
            if len(named := [subject for subject in self.subjects if found[1] in self._stems[subject]]) == 1
        }
        return meant.pop() if len(meant) == 1 else ""

    def without(self, text: str, subjects: Iterable[str]) -> str:
        """Folded `text` without the parts of these subjects' names, and without the noun for a card behind them."""
        for stem in (self._stems[subject] for subject in subjects if subject in self._stems):
            for length in range(len(stem), _SHORTEST_PART - 1, -1):
                for at in range(len(stem) - length + 1):
                    if (part := stem[at : at + length]) in text:
                        text = re.sub(re.escape(part) + r"[卡证]?", " ", text)
        return re.sub(r"\s+", " ", text).strip()

    @cached_property
    def _stems(self) -> dict[str, str]:
        return {
            subject: stem if len(stem := ENDING.sub("", name)) >= _SHORTEST_PART else name
            for subject, name in self._named.items()
        }

    @cached_property
    def _named(self) -> dict[str, str]:
        """Subject → what the corpus calls it."""
        return {subject: self.called.get(subject, subject) for subject in self.subjects}

    @cached_property
    def _endings(self) -> dict[str, str]:
        """The noun that each name ends with, empty for one character, which says little: 水票 of 桶装水票."""
        nouns = {subject: name[len(ENDING.sub("", name)) :] for subject, name in self._named.items()}
        return {
            subject: noun if len(noun) >= _SHORTEST_PART and noun != self._stems[subject] else ""
            for subject, noun in nouns.items()
        }

    @cached_property
    def _ending_alike(self) -> Counter[str]:
        """How many of the subjects' names end with a noun."""
        return Counter(self._endings.values())

    @cached_property
    def _places(self) -> dict[str, list[int]]:
        """Shortest part → the places in `subjects` of the names that have it."""
        places: dict[str, list[int]] = {}
        for place, subject in enumerate(self.subjects):
            stem = self._stems[subject]
            for part in {stem[at : at + _SHORTEST_PART] for at in range(len(stem) - _SHORTEST_PART + 1)}:
                places.setdefault(part, []).append(place)
        return places

    @cached_property
    def _sharing(self) -> Counter[str]:
        """How many of the subjects' names have a part."""
        return Counter(part for stem in self._stems.values() for part in _parts(stem))


@cache
def _everyday_words() -> TermList[str]:
    """Everyday and English words, each with the parts of names that it stands for."""
    words: TermList[str] = TermList()
    for part, meant in tomllib.loads(_FILE.read_text(encoding="utf-8"))["parts"].items():
        for word in meant:
            words.add(normalize(word), part)
    return words


def _parts(stem: str) -> set[str]:
    return {
        stem[at : at + length]
        for length in range(_SHORTEST_PART, len(stem) + 1)
        for at in range(len(stem) - length + 1)
    }


def masked(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """`text` with a blank for each character of the spans."""
    characters = list(text)
    for start, end in spans:
        characters[start:end] = " " * (end - start)
    return "".join(characters)


def shortens(short: str, name: str) -> bool:
    """Whether `name` with characters left out is `short`: `公园卡` for `公园年卡`."""
    rest = iter(name)
    return len(short) < len(name) and all(character in rest for character in short)
