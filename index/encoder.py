"""Texts in, unit vectors out: the seam, the encoder that is built in, and any sentence-transformers model."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from corpus.errors import UnusableInput

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

    from index.static_encoder import StaticEncoder

Vectors = NDArray[np.float32]

BUILT_IN = "builtin"
PROBE = "注销银行卡需要带身份证吗？ How do I cancel a 2nd card?"

_CACHED_QUESTIONS = 64
_BUILT_IN_FOLDER = Path(__file__).parent / "encoder"
# An index remembers its encoder by this; it changes whenever the files in that folder do.
_BUILT_IN_NAME = "xiaoka-zh-en-256-v4"
_BUILT_IN_NAMES = ("xiaoka-", "ngram-")  # what the names of all versions begin with


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
                    f"got {self.name!r}, which cannot be loaded ({first_line(error)}). "
                    "Check the name, or download the model first."
                ) from error
        return self._model


def load_encoder(name: str) -> Encoder:
    """The encoder of that name: `builtin`, or a sentence-transformers model's id or folder.

    A folder with a static model is read without torch, any other model by sentence-transformers.

    Raises:
        UnusableInput: The name is empty, or looks like a folder that is not there.
    """
    from index.static_encoder import StaticEncoder

    if name == BUILT_IN:
        return built_in_encoder()
    looks_like_folder = name.startswith(("/", ".", "~")) or name.count("/") > 1
    if not name.strip() or (looks_like_folder and not Path(name).expanduser().is_dir()):
        raise UnusableInput(
            f"`encoder` must be `{BUILT_IN}`, or a sentence-transformers model's id or folder; got {name!r}, "
            "which is not there. Check the name."
        )
    folder = Path(name).expanduser()
    return StaticEncoder(folder) if StaticEncoder.is_static(folder) else SentenceTransformerEncoder(name)


@cache
def built_in_encoder() -> StaticEncoder:
    """The encoder that comes with the program, whatever the index was built with; one for the whole process."""
    from index.static_encoder import StaticEncoder

    return StaticEncoder(_BUILT_IN_FOLDER, name=_BUILT_IN_NAME)


@lru_cache(maxsize=_CACHED_QUESTIONS)
def built_in_vector(question: str) -> Vectors:
    """The built-in encoder's unit row of a question, shape `(1, dimensions)`, by which several choices are made.

    Not to be written to: all who ask for the same question get the same array.
    """
    vector = built_in_encoder().encode_query([question])
    vector.flags.writeable = False
    return vector


def is_built_in(name: str) -> bool:
    """Whether an encoder of this name comes, or came, with the program."""
    return name.startswith(_BUILT_IN_NAMES)


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


def first_line(error: BaseException) -> str:
    """The first line of what an error says, its type when it says nothing; at most 200 characters."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
