"""What a search returns."""

from __future__ import annotations

from dataclasses import dataclass, field

from corpus.document import Chunk


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A chunk that a search found.

    Attributes:
        score: Fused score in [0, 1]; higher is better.
        rank: 1 for the best hit.
        parts: The scores that were fused, by leg (`dense`: cosine, `lexical`: BM25), for explanations.
    """

    chunk: Chunk
    score: float
    rank: int
    parts: dict[str, float] = field(default_factory=dict)
