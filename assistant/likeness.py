"""How much of what a question says a passage says too, word for word by meaning.

Each token of the question is held against every token of the passage by the cosine of their vectors in the built-in
encoder, and counts by its vector's length: the encoder gives words that say little short ones.

Source: late interaction by maximum similarity, Khattab & Zaharia 2020, "ColBERT", https://arxiv.org/abs/2004.12832
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from index.encoder import Vectors, built_in_encoder

Places = NDArray[np.intp]
_SMALL = 1e-6


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


_CLOSE = 0.5
_EVEN = 0.05  # what a token counts that every passage matches alike


def places_of(texts: Sequence[str]) -> list[Places]:
    """The tokens of texts, to be held against questions."""
    return built_in_encoder().token_ids(texts)


def likeness(question: Places, passages: Sequence[Places]) -> Likeness:
    """How like each passage is to a question; all zero for a question without known tokens."""
    return _measured(*_matches(question, passages))


def likeness_of_groups(question: Places, groups: Sequence[Sequence[Places]]) -> tuple[Likeness, list[Vectors]]:
    """How like each group of passages is to a question as one text, and the `whole` of each of its passages."""
    best, whole, weights = _matches(question, [passage for group in groups for passage in group])
    ends = np.cumsum([len(group) for group in groups])
    spans = [slice(end - len(group), end) for end, group in zip(ends, groups, strict=True)]
    joined = [best[span].max(axis=0) if span.stop > span.start else np.zeros(best.shape[1]) for span in spans]
    wholes = [whole[span] for span in spans]
    likest = np.array([part.max() if len(part) else 0.0 for part in wholes], dtype=np.float32)
    return _measured(np.array(joined, dtype=np.float32).reshape(len(groups), -1), likest, weights), wholes


def _matches(question: Places, passages: Sequence[Places]) -> tuple[Vectors, Vectors, Vectors]:
    """Of each passage the best match of each of the question's tokens and the whole's; the weights of the tokens."""
    encoder = built_in_encoder()
    n = len(passages)
    if not len(question) or not n or not any(map(len, passages)):
        return np.zeros((n, 0), dtype=np.float32), np.zeros(n, dtype=np.float32), np.zeros(0, dtype=np.float32)
    asked = encoder.token_rows(question)
    weights: Vectors = np.linalg.norm(asked, axis=1) + _SMALL
    known, at = np.unique(np.concatenate(passages), return_inverse=True)
    rows = encoder.token_rows(known)
    lengths = np.linalg.norm(rows, axis=1, keepdims=True) + _SMALL
    cosines = (asked / weights[:, None]) @ (rows / lengths).T
    best = np.zeros((n, len(question)), dtype=np.float32)
    whole = np.zeros(n, dtype=np.float32)
    summed = asked.sum(axis=0)
    summed /= np.linalg.norm(summed) + _SMALL
    begin = 0
    for number, passage in enumerate(passages):
        mine = at[begin : begin + len(passage)]
        begin += len(passage)
        if len(mine):
            best[number] = cosines[:, mine].max(axis=1)
            total = rows[mine].sum(axis=0)
            whole[number] = float(summed @ total) / (float(np.linalg.norm(total)) + _SMALL)
    return best, whole, weights


def _measured(best: Vectors, whole: Vectors, weights: Vectors) -> Likeness:
    if not len(weights):
        zeros = np.zeros(len(whole), dtype=np.float32)
        return Likeness(zeros, zeros, zeros, zeros)
    apart = weights * (best.max(axis=0) - best.mean(axis=0) + _EVEN)
    return Likeness(
        soft=best @ weights / weights.sum(),
        telling=best @ apart / apart.sum(),
        whole=whole,
        matched=(best > _CLOSE) @ weights / weights.sum(),
    )
