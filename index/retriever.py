"""A question in, the best chunks out: nearness of vectors and BM25, fused."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import lru_cache
from itertools import islice

from corpus.document import Chunk
from corpus.errors import UnusableInput
from index.chunk_file import ChunkFile
from index.encoder import Encoder
from index.hit import Hit
from index.lexical import LexicalIndex
from index.vectors import VectorStore

# Chosen on everyday questions to rules of law that the built-in encoder had not learnt from; the table of the ways of
# fusing that were measured is in index/encoder/README.md.
DENSE_WEIGHT = 0.9
_LEAST_DEPTH = 50
_DEPTH_PER_HIT = 4
_PLACES = 6
_CACHED_CHUNKS = 1_024
_CACHED_VECTORS = 8_192

Scored = Sequence[tuple[str, float]]


class Retriever:
    """Searches both halves of an index; safe to use from several threads."""

    def __init__(
        self,
        *,
        encoder: Encoder,
        vectors: VectorStore,
        lexical: LexicalIndex,
        chunks: ChunkFile,
        dense_weight: float = DENSE_WEIGHT,
    ) -> None:
        self._encoder = encoder
        self._vectors = vectors
        self._lexical = lexical
        self._chunks = chunks
        self._dense_weight = dense_weight
        # What is stored never changes while it is open, so that a key is enough for what was read by it.
        self._chunk = lru_cache(maxsize=_CACHED_CHUNKS)(self._read_chunk)
        self._chunks_of = lru_cache(maxsize=_CACHED_VECTORS)(self._read_chunks_of)

    def search(self, query: str, k: int, doc_ids: Collection[str] | None = None) -> list[Hit]:
        """The `k` best chunks for a query, best first, ties by chunk_id; fewer when there are fewer.

        Args:
            query: Words to look for, traditional characters made simplified or not.
            k: At least 1.
            doc_ids: Only chunks of these documents; None for all.

        Raises:
            UnusableInput: The query is blank, or `k` is below 1.
        """
        if not query.strip():
            raise UnusableInput(f"`query` must hold a word; got {query!r}. Ask a question.")
        if k < 1:
            raise UnusableInput(f"`k` must be at least 1; got {k}.")
        depth = max(_LEAST_DEPTH, _DEPTH_PER_HIT * k)
        dense = self._nearest(query, depth, doc_ids)
        lexical = self._lexical.search(query, depth, doc_ids)
        best = fuse(dense, lexical, depth=depth, dense_weight=self._dense_weight)[:k]
        parts = _parts(dense, lexical)
        return [
            Hit(chunk=self._chunk(chunk_id), score=score, rank=rank, parts=parts[chunk_id])
            for rank, (chunk_id, score) in enumerate(best, 1)
        ]

    def _nearest(self, query: str, depth: int, doc_ids: Collection[str] | None) -> Scored:
        """The nearest chunks with their cosines, best first; chunks with the same vector share its key."""
        keys = None if doc_ids is None else self._chunks.vector_keys(doc_ids)
        cosines = dict(self._vectors.search(self._encoder.encode_query([query])[0], depth, keys))
        if doc_ids is not None:
            found = self._chunks.chunks_of_vectors(list(cosines), depth, doc_ids)
            return [(chunk_id, cosines[key]) for key, chunk_id in found]
        every = ((chunk_id, cosine) for key, cosine in cosines.items() for chunk_id in self._chunks_of(key, depth))
        return list(islice(every, depth))

    def _read_chunk(self, chunk_id: str) -> Chunk:
        return self._chunks.chunks_by_id([chunk_id])[chunk_id]

    def _read_chunks_of(self, vector_key: str, limit: int) -> tuple[str, ...]:
        return tuple(chunk_id for _, chunk_id in self._chunks.chunks_of_vectors([vector_key], limit))


def fuse(dense: Scored, lexical: Scored, *, depth: int, dense_weight: float) -> list[tuple[str, float]]:
    """Every chunk of both legs with its fused score in [0, 1], best first, ties by chunk_id.

    The score is `dense_weight` times (1 + cosine) / (1 + highest cosine), plus the rest times BM25 / highest BM25.
    A chunk that a leg did not return counts there as the lowest that it did return when the leg was cut at `depth`,
    which it cannot exceed; else as the least there is.

    Source: Bruch, Gai & Ingber 2022, "An Analysis of Fusion Functions for Hybrid Retrieval", the convex combination
    with theoretical minima, https://arxiv.org/abs/2210.11934
    """
    near, near_floor = _normalised(dense, least=-1.0, cut=len(dense) >= depth)
    said, said_floor = _normalised(lexical, least=0.0, cut=len(lexical) >= depth)
    fused = {
        chunk_id: round(
            dense_weight * near.get(chunk_id, near_floor) + (1 - dense_weight) * said.get(chunk_id, said_floor), _PLACES
        )
        for chunk_id in near | said
    }
    return sorted(fused.items(), key=lambda item: (-item[1], item[0]))


def _normalised(leg: Scored, *, least: float, cut: bool) -> tuple[dict[str, float], float]:
    """The scores of a leg divided by its highest, counted from the least possible; and what an absent chunk gets."""
    highest = max((score for _, score in leg), default=least)
    if highest <= least:
        return dict.fromkeys((chunk_id for chunk_id, _ in leg), 0.0), 0.0
    scaled = {chunk_id: (score - least) / (highest - least) for chunk_id, score in leg}
    return scaled, min(scaled.values()) if cut else 0.0


def _parts(dense: Scored, lexical: Scored) -> dict[str, dict[str, float]]:
    parts: dict[str, dict[str, float]] = {}
    for name, leg in (("dense", dense), ("lexical", lexical)):
        for chunk_id, score in leg:
            parts.setdefault(chunk_id, {})[name] = round(score, _PLACES)
    return parts
