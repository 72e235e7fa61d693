"""Puts hits in a better order with a cross-encoder, which reads the query and a passage together; off by default."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from corpus.errors import UnusableInput
from index.encoder import first_line
from index.hit import Hit

if TYPE_CHECKING:
    from sentence_transformers import CrossEncoder

# Hits that are retrieved to be put in order, at least: a reranker can only lift what it gets to see.
RERANKED = 50
_PLACES = 6


class Reranker(Protocol):
    """Anything that says anew how well each hit answers a query."""

    def rerank(self, query: str, hits: Sequence[Hit]) -> list[Hit]:
        """The same hits with new scores in [0, 1], best first, ranked from 1."""


class CrossEncoderReranker:
    """Any sentence-transformers cross-encoder with one output, by its id or folder; loaded when it is first used.

    Code that comes with a model is never run.
    """

    def __init__(self, model: str) -> None:
        self.name = model
        self._model: CrossEncoder | None = None
        self._lock = threading.Lock()

    def rerank(self, query: str, hits: Sequence[Hit]) -> list[Hit]:
        """The hits by the model's score through a logistic function, ties in the order given.

        `parts["retrieved"]` of each keeps the score that it had.

        Raises:
            UnusableInput: There is no such model, its files cannot be read, or it has several outputs.
        """
        if not hits:
            return []
        with self._lock:
            scores = self._scores([(query, _shown(hit)) for hit in hits])
        order = sorted(range(len(hits)), key=lambda at: (-scores[at], at))
        return [
            replace(
                hits[at],
                score=round(scores[at], _PLACES),
                rank=rank,
                parts={**hits[at].parts, "retrieved": hits[at].score},
            )
            for rank, at in enumerate(order, 1)
        ]

    def _scores(self, pairs: list[tuple[str, str]]) -> list[float]:
        """The caller holds the lock."""
        from torch.nn import Sigmoid

        if self._model is None:
            self._model = self._loaded()
        return [float(score) for score in self._model.predict(pairs, activation_fn=Sigmoid(), show_progress_bar=False)]

    def _loaded(self) -> CrossEncoder:
        from sentence_transformers import CrossEncoder

        try:
            model = CrossEncoder(self.name, trust_remote_code=False)
        except (OSError, ValueError, KeyError, ImportError, RuntimeError) as error:
            raise UnusableInput(
                "`reranker` must be empty, or a sentence-transformers cross-encoder's id or folder; "
                f"got {self.name!r}, which cannot be loaded ({first_line(error)}). "
                "Check the name, or download the model first."
            ) from error
        if model.num_labels != 1:
            raise UnusableInput(
                f"`reranker` must be a cross-encoder with one output; got {self.name!r} with {model.num_labels}. "
                "Name one that was trained to rank."
            )
        return model


def _shown(hit: Hit) -> str:
    """What the model reads of a hit: its headings and its text."""
    return "\n".join((*hit.chunk.headings, hit.chunk.text))
