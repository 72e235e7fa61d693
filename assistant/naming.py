"""Which subjects of a corpus a question points to by parts of their names: `接送卡` to 幼儿园接送卡."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from corpus.subjects import ENDING

_SHORTEST_PART = 2
_CLEARLY = 1.3  # how much better the best has to be than the next for it alone to be meant


@dataclass(frozen=True)
class Naming:
    """The names of a corpus's subjects, by their parts.

    Attributes:
        subjects: The subjects, folded.
    """

    subjects: tuple[str, ...]

    def pointed_to(self, text: str) -> tuple[str, ...]:
        """The subjects that folded `text` points to, in order of the corpus: those whose names it has most of.

        A part of a name counts by its length, less when other subjects' names have it too. Several subjects are
        returned when the parts do not tell them apart, none when the text has no part of any name.
        """
        scores = {subject: self.score(text, subject) for subject in self.subjects}
        best = max(scores.values(), default=0.0)
        if best <= 0:
            return ()
        return tuple(subject for subject, score in scores.items() if score * _CLEARLY >= best)

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
        return score

    @cached_property
    def _stems(self) -> dict[str, str]:
        return {subject: ENDING.sub("", subject) or subject for subject in self.subjects}

    @cached_property
    def _sharing(self) -> Counter[str]:
        """How many of the subjects' names have a part."""
        return Counter(part for stem in self._stems.values() for part in _parts(stem))


def _parts(stem: str) -> set[str]:
    return {
        stem[at : at + length]
        for length in range(_SHORTEST_PART, len(stem) + 1)
        for at in range(len(stem) - length + 1)
    }


def masked(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """`text` with a blank for each character of the spans."""
    characters: Sequence[str] = list(text)
    hidden = {at for start, end in spans for at in range(start, end)}
    return "".join(" " if at in hidden else character for at, character in enumerate(characters))
