"""What a text is made of while the encoder is trained: characters, pairs, words and parts of words.

The shipped model has one token where training has several features, so that features share what they learn: see
`index.training.export`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from corpus.normalize import normalize

FeatureKind = Literal["character", "pair", "word", "part"]

HAN = "\u3400-\u4dbf\u4e00-\u9fff〇"
# The order in which the tokenizer of the shipped model parts a text too.
RUN = re.compile(rf"(?P<word>[a-z]+)|(?P<number>[0-9]+)|(?P<han>[{HAN}]+)")
_BLANKS = re.compile(r"\s+")
SHORTEST_WORD_WITH_PARTS = 4
PART_LENGTHS = (3, 4, 5)
_PART_MARK = "#"


def features(text: str) -> list[str]:
    """The features of a text: of Chinese each character and each adjacent pair, of Latin letters each word.

    Words of four letters or more bring their parts too, marked `#`; numbers are whole.
    """
    found: list[str] = []
    # A blank parts Chinese too here, as it does in the shipped model.
    for match in RUN.finditer(normalize(_BLANKS.sub("|", text))):
        run = match.group()
        if match["word"]:
            found += [run, *parts(run)]
        elif match["number"]:
            found.append(run)
        else:
            found += run
            found += [run[at : at + 2] for at in range(len(run) - 1)]
    return found


def parts(word: str) -> Iterator[str]:
    """The runs of three to five letters of a word of four or more, its ends marked `<` and `>`.

    Source: Bojanowski et al. 2017, "Enriching Word Vectors with Subword Information", https://arxiv.org/abs/1607.04606
    """
    if len(word) >= SHORTEST_WORD_WITH_PARTS:
        yield from inner_parts(f"<{word}>")


def inner_parts(piece: str) -> Iterator[str]:
    """The parts that lie wholly within a piece of a word."""
    for length in PART_LENGTHS:
        yield from (_PART_MARK + piece[at : at + length] for at in range(len(piece) - length + 1))


def kind_of(feature: str) -> FeatureKind:
    """What a feature is."""
    if feature[0] == _PART_MARK:
        return "part"
    if feature.isascii():
        return "word"
    return "character" if len(feature) == 1 else "pair"


@dataclass(frozen=True, slots=True, kw_only=True)
class VocabularyLimits:
    """How many features of each kind are learnt, the most frequent first.

    Characters, pairs and words become rows of the shipped model, about 260 bytes each; parts do not.
    """

    character: int = 8_000
    pair: int = 46_000
    word: int = 10_000
    part: int = 20_000


class Vocabulary:
    """The features that are learnt, numbered, and how telling each is."""

    def __init__(self, numbers: dict[str, int], idf: NDArray[np.float32]) -> None:
        self.numbers = numbers
        self.idf = idf

    @classmethod
    def of(cls, texts: Iterable[str], limits: VocabularyLimits) -> Vocabulary:
        """The features of distinct texts that stand in at least two of them, the most frequent of each kind."""
        counts: Counter[str] = Counter()
        n_texts = 0
        for text in texts:
            counts.update(set(features(text)))
            n_texts += 1
        left = {kind: getattr(limits, kind) for kind in ("character", "pair", "word", "part")}
        numbers: dict[str, int] = {}
        for feature, count in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
            kind = kind_of(feature)
            if left[kind] and (count > 1 or kind == "character"):
                numbers[feature] = len(numbers)
                left[kind] -= 1
        # Robertson and Spärck Jones's idf, of which the logarithm is always positive.
        held = np.array([counts[feature] for feature in numbers], dtype=np.float32)
        return cls(numbers, np.log((n_texts + 1) / (held + 0.5)).astype(np.float32))

    def __len__(self) -> int:
        return len(self.numbers)

    def ids(self, text: str) -> NDArray[np.int64]:
        """The numbers of a text's known features, in order."""
        known = self.numbers
        return np.array([known[feature] for feature in features(text) if feature in known], dtype=np.int64)
