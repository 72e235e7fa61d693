"""Reads a static sentence-transformers model without torch: a table of token vectors, averaged over a text's tokens."""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import safe_open
from tokenizers import Tokenizer

from corpus.errors import UnusableInput
from index.encoder import Vectors, unit_rows

_MODULES = "modules.json"
_CONFIG = "config_sentence_transformers.json"
_STATIC = "StaticEmbedding"
_AFTER_IT = {"Normalize"}  # rows are made unit rows in any case
_BATCH = 1024


class StaticEncoder:
    """The model of a folder that `is_static`; gives the vectors that `SentenceTransformer(folder)` gives, as unit rows.

    Its files are read when it is first used, in about a tenth of a second. Safe to use from several threads.

    Source: the layouts are sentence-transformers' StaticEmbedding (`embedding.weight`) and model2vec's (`embeddings`
    with optional `mapping` and `weights`), https://github.com/MinishLab/model2vec
    """

    def __init__(self, folder: Path, *, name: str = "") -> None:
        self.name = name or str(folder.resolve())
        self._folder = folder

    @staticmethod
    def is_static(folder: Path) -> bool:
        """Whether a folder holds a sentence-transformers model of a static embedding and nothing but scaling after."""
        try:
            types = [str(module.get("type", "")).rpartition(".")[2] for module in _modules(folder)]
        except ValueError:
            return False  # sentence-transformers will say what is wrong with it
        return bool(types) and types[0] == _STATIC and set(types[1:]) <= _AFTER_IT

    @property
    def dimensions(self) -> int:
        """Length of every vector; reads the model."""
        return int(self._model.rows.shape[1])

    def encode_query(self, texts: Sequence[str]) -> Vectors:
        """One unit row per question, with the model's prompt for queries; of no known token the first unit vector."""
        return self._encode(texts, self._model.query_prompt)

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """One unit row per passage, with the model's prompt for documents; without known tokens as for a question."""
        return self._encode(texts, self._model.document_prompt)

    def token_ids(self, texts: Sequence[str]) -> list[NDArray[np.intp]]:
        """The numbers of each text's tokens, in order."""
        return [np.array(ids, dtype=np.intp) for ids in self._model.token_ids(texts)]

    def has_token(self, word: str) -> bool:
        """Whether a word is in the vocabulary as a whole."""
        return self._model.tokenizer.token_to_id(word) is not None

    def token_rows(self, token_ids: NDArray[np.intp]) -> Vectors:
        """The vectors of tokens, shape `(len(token_ids), dimensions)`, as a text's are added up from them.

        The longer, the more it says.
        """
        return self._model.vectors(token_ids)

    def _encode(self, texts: Sequence[str], prompt: str) -> Vectors:
        model = self._model
        vectors = np.zeros((len(texts), self.dimensions), dtype=np.float32)
        for begin in range(0, len(texts), _BATCH):
            batch = [prompt + text for text in texts[begin : begin + _BATCH]]
            model.add_up(model.token_ids(batch), vectors[begin : begin + _BATCH])
        return unit_rows(vectors)

    @cached_property
    def _model(self) -> _Model:
        try:
            return _Model(self._folder)
        except Exception as error:
            raise UnusableInput(
                f"`encoder` must be a model that can be read; got {str(self._folder)!r} ({error}). "
                "Fetch its files again, or name another encoder."
            ) from error


class _Model:
    """A model's files in memory.

    Attributes:
        rows: Shape `(n_rows, dimensions)`, in the type that the file has.
        row_of: The row of each token id, when several tokens share one.
        weights: What each token's row is multiplied by, when it is.
    """

    def __init__(self, folder: Path) -> None:
        where = folder / _modules(folder)[0].get("path", "")
        self.tokenizer = Tokenizer.from_file(str(where / "tokenizer.json"))
        self.tokenizer.no_padding()
        with safe_open(str(where / "model.safetensors"), framework="np") as tensors:
            names = set(tensors.keys())
            read = {name: tensors.get_tensor(name) for name in names}
        rows = read.get("embedding.weight", read.get("embeddings"))
        if rows is None:
            raise ValueError(f"it holds no table of vectors, only {', '.join(sorted(names))}")
        self.rows: NDArray[Any] = rows
        self.row_of: NDArray[np.integer] | None = read.get("mapping")
        self.weights: NDArray[np.float32] | None = read.get("weights")
        prompts = (_json(folder / _CONFIG) or {}).get("prompts") or {}
        self.query_prompt: str = prompts.get("query") or ""
        self.document_prompt: str = prompts.get("document") or prompts.get("passage") or ""

    def token_ids(self, texts: Sequence[str]) -> list[list[int]]:
        """The tokens of each text; a text by itself is not worth the threads that share out several."""
        if len(texts) == 1:
            return [self.tokenizer.encode(texts[0], add_special_tokens=False).ids]
        return [encoding.ids for encoding in self.tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)]

    def vectors(self, token_ids: NDArray[np.intp]) -> Vectors:
        """The row of each token, times what the token counts."""
        rows = np.asarray(self.rows[token_ids if self.row_of is None else self.row_of[token_ids]], dtype=np.float32)
        return rows if self.weights is None else rows * self.weights[token_ids, None]

    def add_up(self, token_ids: Sequence[Sequence[int]], sums: Vectors) -> None:
        """Adds the vectors of each text's tokens to its row of `sums`; the mean has the same direction."""
        lengths = np.fromiter(map(len, token_ids), dtype=np.intp, count=len(token_ids))
        flat = np.array(list(itertools.chain.from_iterable(token_ids)), dtype=np.intp)
        if not len(flat):
            return
        rows = self.vectors(flat)
        ends = np.cumsum(lengths)
        for number, (begin, end) in enumerate(zip(ends - lengths, ends, strict=True)):
            sums[number] += rows[begin:end].sum(axis=0)


def _modules(folder: Path) -> list[dict[str, str]]:
    modules = _json(folder / _MODULES)
    return modules if isinstance(modules, list) else []


def _json(file: Path) -> Any:  # noqa: ANN401 - JSON
    """The values of a JSON file; None when there is none.

    Raises:
        ValueError: It holds no JSON.
    """
    try:
        return json.loads(file.read_bytes())
    except FileNotFoundError:
        return None
