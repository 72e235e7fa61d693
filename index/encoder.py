"""Texts in, unit vectors out: the seam, the encoder that is built in, and any sentence-transformers model."""

from __future__ import annotations

import math
import re
import threading
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from corpus.errors import UnusableInput
from corpus.normalize import normalize

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

Vectors = NDArray[np.float32]

BUILT_IN = "builtin"
PROBE = "注销银行卡需要带身份证吗？ How do I cancel a 2nd card?"

_RUN = re.compile(r"(?P<word>[a-z0-9]+)|[^\W_a-z0-9]+")
_SHORTEST_TRIGRAM_WORD = 4
_SINGLE_CHARACTER_WEIGHT = 0.5


class Encoder(Protocol):
    """Anything that turns texts into unit vectors of one length.

    To add one: a `name` that changes whenever the vectors do, and two methods that return one row per text.
    """

    @property
    def name(self) -> str:
        """What an index remembers its encoder by."""

    @property
    def dimensions(self) -> int:
        """Length of every vector."""

    def encode_query(self, texts: Sequence[str]) -> Vectors:
        """One unit row per question, shape `(len(texts), dimensions)`."""

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """One unit row per passage, shape `(len(texts), dimensions)`."""


class NgramEncoder:
    """The encoder that is built in: hashed characters, pairs and words; needs no file, no network and no model.

    It knows no meaning: two texts are near when they share characters. Questions and passages are treated alike.

    Source: signed feature hashing, Weinberger et al. 2009, https://arxiv.org/abs/0902.2206
    """

    name = "ngram-256-v1"
    dimensions = 256

    def encode_query(self, texts: Sequence[str]) -> Vectors:
        """One unit row per question; an empty text gets the first unit vector."""
        return self.encode_passages(texts)

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """One unit row per passage; an empty text gets the first unit vector."""
        rows = np.zeros((len(texts), self.dimensions), dtype=np.float32)
        for row, text in zip(rows, texts, strict=True):
            for feature, count in Counter(_features(normalize(text))).items():
                column, weight = _place(feature)
                row[column] += weight * (1 + math.log(count))
        return unit_rows(rows)


class SentenceTransformerEncoder:
    """Any sentence-transformers model, by its id or its folder; loaded when it is first used.

    The model's own prompts for queries and documents are applied. Code that comes with a model is never run.
    """

    def __init__(self, model: str) -> None:
        folder = Path(model).expanduser()
        self.name = str(folder.resolve()) if folder.is_dir() else model
        self._model: SentenceTransformer | None = None
        self._lock = threading.Lock()

    @property
    def dimensions(self) -> int:
        """Length of every vector; loads the model."""
        with self._lock:
            return int(self._loaded().get_embedding_dimension() or 0)

    def encode_query(self, texts: Sequence[str]) -> Vectors:
        """One unit row per question, with the model's prompt for queries."""
        with self._lock:
            return unit_rows(np.asarray(self._loaded().encode_query(list(texts), show_progress_bar=False)))

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """One unit row per passage, with the model's prompt for documents."""
        with self._lock:
            return unit_rows(np.asarray(self._loaded().encode_document(list(texts), show_progress_bar=False)))

    def _loaded(self) -> SentenceTransformer:
        """The model; the caller holds the lock.

        Raises:
            UnusableInput: There is no such model, or its files cannot be read.
        """
        if self._model is None:
            from sentence_transformers import SentenceTransformer

            try:
                self._model = SentenceTransformer(self.name, trust_remote_code=False)
            except (OSError, ValueError, KeyError, ImportError, RuntimeError) as error:
                raise UnusableInput(
                    f"`encoder` must be `{BUILT_IN}`, or a sentence-transformers model's id or folder; "
                    f"got {self.name!r}, which cannot be loaded ({_first_line(error)}). "
                    "Check the name, or download the model first."
                ) from error
        return self._model


def load_encoder(name: str) -> Encoder:
    """The encoder of that name: `builtin`, or a sentence-transformers model's id or folder.

    Raises:
        UnusableInput: The name is empty, or looks like a folder that is not there.
    """
    if name == BUILT_IN:
        return NgramEncoder()
    looks_like_folder = name.startswith(("/", ".", "~")) or name.count("/") > 1
    if not name.strip() or (looks_like_folder and not Path(name).expanduser().is_dir()):
        raise UnusableInput(
            f"`encoder` must be `{BUILT_IN}`, or a sentence-transformers model's id or folder; got {name!r}, "
            "which is not there. Check the name."
        )
    return SentenceTransformerEncoder(name)


def unit_rows(rows: NDArray[np.floating]) -> Vectors:
    """The rows scaled to length 1; a row of zeros becomes the first unit vector.

    Raises:
        ValueError: A value is not finite.
    """
    rows = rows.astype(np.float32)
    if not np.isfinite(rows).all():
        raise ValueError("An encoder's vectors must be finite; got NaN or infinity.")
    rows[~rows.any(axis=1), 0] = 1.0
    unit: Vectors = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return unit


def _features(normalized: str) -> Iterator[str]:
    """Characters and pairs of Chinese and other scripts; words, and trigrams of words, of Latin and digits."""
    for match in _RUN.finditer(normalized):
        run = match.group()
        if match["word"]:
            yield run
            padded = f"<{run}>"
            if len(run) >= _SHORTEST_TRIGRAM_WORD:
                yield from (padded[at : at + 3] for at in range(len(padded) - 2))
        else:
            yield from run
            yield from (run[at : at + 2] for at in range(len(run) - 1))


@lru_cache(maxsize=200_000)
def _place(feature: str) -> tuple[int, float]:
    """The column and the signed weight of a feature, the same in every process."""
    # The product spreads neighbouring checksums: CRC alone is linear and sends similar pairs to related columns.
    mixed = zlib.crc32(feature.encode()) * 0x9E3779B97F4A7C15 & 0xFFFFFFFFFFFFFFFF
    weight = _SINGLE_CHARACTER_WEIGHT if len(feature) == 1 else 1.0
    return mixed >> 56, weight if mixed >> 55 & 1 else -weight


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
