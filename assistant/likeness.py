"""How much of what a question says a passage says too, word for word by meaning.

Each token of the question is held against every token of the passage by the cosine of their vectors in the built-in
encoder, and counts by its vector's length: the encoder gives words that say little short ones.

Source: late interaction by maximum similarity, Khattab & Zaharia 2020, "ColBERT", https://arxiv.org/abs/2004.12832
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from index.encoder import Vectors, built_in_encoder

Places = NDArray[np.intp]
_SMALL = 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class Matches:
    """The words of a question held against several passages.

    Attributes:
        best: Cosine of each token of the question with its best match in each passage, shape `(n, tokens)`.
        whole: Cosine of the question's and each passage's summed vectors, shape `(n,)`.
        weights: What each token of the question counts.
    """

    best: Vectors
    whole: Vectors
    weights: Vectors


@dataclass(frozen=True, slots=True)
class Likeness:
    """A question held against several passages.

    Attributes:
        soft: Share of the question's weight that each passage says, by the best match of each token, shape `(n,)`.
        telling: The same over the tokens that some of the passages match better than others.
        whole: Cosine of the question's and each passage's summed vectors.
        matched: Share of the question's weight in tokens that have a close match.
    """

    soft: Vectors
    telling: Vectors
    whole: Vectors
    matched: Vectors


@dataclass(frozen=True, slots=True, eq=False)
class Passages:
    """Passages ready to be held against questions.

    Attributes:
        n: How many there are.
        spoken: The numbers of those that have tokens; the others say nothing.
        begins: Where in `at` the tokens of each of these begin.
        at: The row of each token in `rows`, passage after passage.
        rows: The unit vectors of their distinct tokens.
        totals: The sum of the vectors of each of those that have tokens.
        norms: The lengths of these sums, never 0.
    """

    n: int
    spoken: NDArray[np.intp]
    begins: NDArray[np.intp]
    at: NDArray[np.intp]
    rows: Vectors
    totals: tuple[Vectors, ...]
    norms: tuple[float, ...]


_CLOSE = 0.5
GRADES = {"same": (0.97, 2.0), "near": (0.7, 0.97), "close": (0.5, 0.7), "loose": (0.3, 0.5), "apart": (-2.0, 0.3)}
_N_HEAVY, _N_TELLING = 4, 3
_CACHED_TEXTS = 1024
_EVEN = 0.05  # what a token counts that every passage matches alike


def places_of(texts: Sequence[str]) -> list[Places]:
    """The tokens of texts, to be held against questions."""
    return built_in_encoder().token_ids(texts)


@lru_cache(maxsize=_CACHED_TEXTS)
def places_of_question(text: str) -> Places:
    """The tokens of a question or a heading, which is held against several sets of passages; not to be written to."""
    places = places_of([text])[0]
    places.flags.writeable = False
    return places


def ready(passages: Sequence[Places]) -> Passages:
    """Passages to be held against many questions."""
    encoder = built_in_encoder()
    lengths = np.array([len(passage) for passage in passages], dtype=np.intp)
    spoken = np.flatnonzero(lengths)
    if not len(spoken):
        nothing = np.zeros(0, dtype=np.intp)
        return Passages(len(passages), spoken, nothing, nothing, encoder.token_rows(nothing), (), ())
    known, at = np.unique(np.concatenate(passages), return_inverse=True)
    rows = encoder.token_rows(known)
    ends = np.cumsum(lengths)
    totals = tuple(
        rows[at[end - length : end]].sum(axis=0) for end, length in zip(ends, lengths, strict=True) if length
    )
    norms = tuple(float(np.linalg.norm(total)) + _SMALL for total in totals)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True) + _SMALL
    return Passages(len(passages), spoken, (ends - lengths)[spoken], at, rows, totals, norms)


def likeness(question: Places, passages: Sequence[Places] | Passages) -> Likeness:
    """How like each passage is to a question; all zero for a question without known tokens."""
    return measured(matches(question, passages if isinstance(passages, Passages) else ready(passages)))


def likeness_of_groups(question: Places, passages: Passages, sizes: Sequence[int]) -> tuple[Likeness, list[Vectors]]:
    """How like each group of passages is to a question as one text, and the `whole` of each of its passages.

    Args:
        question: The tokens of the question.
        passages: Those of all groups, one group after the other.
        sizes: How many passages each group has.
    """
    found = matches(question, passages)
    best, whole = found.best, found.whole
    ends = np.cumsum(sizes)
    spans = [slice(end - size, end) for end, size in zip(ends, sizes, strict=True)]
    joined = [best[span].max(axis=0) if span.stop > span.start else np.zeros(best.shape[1]) for span in spans]
    wholes = [whole[span] for span in spans]
    likest = np.array([part.max() if len(part) else 0.0 for part in wholes], dtype=np.float32)
    best_of_groups = np.array(joined, dtype=np.float32).reshape(len(sizes), -1)
    return measured(Matches(best_of_groups, likest, found.weights)), wholes


def matches(question: Places, passages: Passages) -> Matches:
    """The best match of each of the question's tokens in each passage; without tokens when either has none."""
    n = passages.n
    if not len(question) or not len(passages.spoken):
        return Matches(np.zeros((n, 0), dtype=np.float32), np.zeros(n, dtype=np.float32), np.zeros(0, dtype=np.float32))
    asked = built_in_encoder().token_rows(question)
    weights: Vectors = np.linalg.norm(asked, axis=1) + _SMALL
    cosines = (asked / weights[:, None]) @ passages.rows.T
    best = np.zeros((n, len(question)), dtype=np.float32)
    best[passages.spoken] = np.maximum.reduceat(cosines[:, passages.at], passages.begins, axis=1).T
    summed = asked.sum(axis=0)
    summed /= np.linalg.norm(summed) + _SMALL
    whole = np.zeros(n, dtype=np.float32)
    whole[passages.spoken] = [
        float(summed @ total) / norm for total, norm in zip(passages.totals, passages.norms, strict=True)
    ]
    return Matches(best, whole, weights)


def measured(found: Matches) -> Likeness:
    """How like each passage is to a question, by the matches of its words."""
    best, weights = found.best, found.weights
    if not len(weights) or not len(best):
        zeros = np.zeros(len(found.whole), dtype=np.float32)
        return Likeness(zeros, zeros, zeros, zeros)
    apart = _telling_weights(found)
    return Likeness(
        soft=best @ weights / weights.sum(),
        telling=best @ apart / apart.sum(),
        whole=found.whole,
        matched=(best > _CLOSE) @ weights / weights.sum(),
    )


def graded(found: Matches) -> dict[str, Vectors]:
    """How well the words of a question are matched in each passage, by grade; empty for a question without tokens.

    `words_same` to `words_apart` are the shares of the question's weight in each grade of cosine. `weakest`,
    `weakest_telling` and `heaviest` are the lowest cosine of the words that count most, the lowest of those that tell
    the passages apart, and that of the word that counts most.

    Source: kernel pooling with hard bins, Xiong et al. 2017, "End-to-End Neural Ad-hoc Ranking with Kernel Pooling",
    https://arxiv.org/abs/1706.06613
    """
    best, weights = found.best, found.weights
    if not len(weights) or not len(best):
        return {}
    heavy = np.argsort(-weights)[:_N_HEAVY]
    telling = np.argsort(-_telling_weights(found))[:_N_TELLING]
    shares = {
        f"words_{name}": ((best >= low) & (best < high)) @ weights / weights.sum()
        for name, (low, high) in GRADES.items()
    }
    return shares | {
        "weakest": best[:, heavy].min(axis=1),
        "weakest_telling": best[:, telling].min(axis=1),
        "heaviest": best[:, heavy[0]],
    }


def _telling_weights(found: Matches) -> Vectors:
    """What each token counts when those that some of the passages match better than others count more."""
    weights: Vectors = found.weights * (found.best.max(axis=0) - found.best.mean(axis=0) + _EVEN)
    return weights
