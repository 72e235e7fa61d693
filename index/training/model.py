"""The encoder as it is trained: an embedding bag over a text's features."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from sentence_transformers.base.modules import InputModule
from torch import Tensor, nn

from index.encoder import Vectors
from index.training.features import Vocabulary, kind_of

# How much each kind of feature counts before anything is learnt.
_START = {"character": 0.6, "pair": 1.0, "word": 1.0, "part": 0.25}
_START_SCALE = 1 / 6
_FEATURES, _VECTORS = "features.json", "vectors.npy"


class FeatureBag(InputModule):  # type: ignore[misc]
    """Adds up the vectors of a text's features.

    Args:
        vocabulary: The features.
        dimensions: Length of the vectors.
        most_features: In training, of a longer text as many are drawn at random; all are used otherwise.
        seed: Of the first vectors and of what is drawn.
    """

    def __init__(self, vocabulary: Vocabulary, *, dimensions: int, most_features: int, seed: int) -> None:
        super().__init__()
        self.tokenizer = None
        self._vocabulary = vocabulary
        self._most_features = most_features
        self._random = np.random.default_rng(seed)
        self._ids: dict[str, NDArray[np.int64]] = {}
        generator = torch.Generator().manual_seed(seed)
        weight = torch.randn(len(vocabulary), dimensions, generator=generator) / dimensions**0.5
        start = np.array([_START[kind_of(feature)] for feature in vocabulary.numbers], dtype=np.float32)
        weight *= torch.from_numpy(vocabulary.idf * start * _START_SCALE)[:, None]
        self.embedding = nn.EmbeddingBag.from_pretrained(weight, freeze=False, mode="sum")

    def preprocess(self, inputs: list[str], prompt: str | None = None, **_: object) -> dict[str, Tensor]:
        """The numbers of the features of all texts in one row, and where each text begins."""
        rows = [self._numbers((prompt or "") + text) for text in inputs]
        if self.training:
            rows = [row if len(row) <= self._most_features else self._drawn(row) for row in rows]
        begins = np.cumsum([0, *map(len, rows)])[:-1]
        return {"input_ids": torch.from_numpy(np.concatenate(rows)), "offsets": torch.from_numpy(begins)}

    def forward(self, features: dict[str, Tensor], **_: object) -> dict[str, Tensor]:
        """Adds `sentence_embedding`, shape `(n_texts, dimensions)`."""
        features["sentence_embedding"] = self.embedding(features["input_ids"], features["offsets"])
        return features

    @property
    def vocabulary(self) -> Vocabulary:
        """The features, in the order of the vectors."""
        return self._vocabulary

    @property
    def vectors(self) -> Vectors:
        """A copy of the features' vectors, shape `(n_features, dimensions)`."""
        vectors: Vectors = self.embedding.weight.detach().cpu().numpy().copy()
        return vectors

    def get_embedding_dimension(self) -> int:
        """Length of the vectors."""
        return int(self.embedding.embedding_dim)

    def save(self, output_path: str, *_: object, **__: object) -> None:
        """Writes the features and their vectors, for a run to go on from."""
        known = {"numbers": self._vocabulary.numbers, "idf": self._vocabulary.idf.tolist()}
        (Path(output_path) / _FEATURES).write_text(json.dumps(known), encoding="utf-8")
        np.save(Path(output_path) / _VECTORS, self.vectors)

    @classmethod
    def load(cls, model_name_or_path: str, *_: object, most_features: int = 0, **__: object) -> FeatureBag:
        """What `save` wrote: the features with their numbers and weights, and the vectors.

        In training, `most_features` of a longer text are drawn; all of them are used when it is 0.
        """
        folder = Path(model_name_or_path)
        known = json.loads((folder / _FEATURES).read_text(encoding="utf-8"))
        vectors = np.load(folder / _VECTORS)
        vocabulary = Vocabulary(known["numbers"], np.array(known["idf"], dtype=np.float32))
        bag = cls(vocabulary, dimensions=vectors.shape[1], most_features=most_features or len(vocabulary), seed=0)
        bag.embedding.weight.data = torch.from_numpy(vectors)
        return bag

    def _numbers(self, text: str) -> NDArray[np.int64]:
        found = self._ids.get(text)
        if found is None:
            found = self._ids[text] = self._vocabulary.ids(text)
        return found

    def _drawn(self, row: NDArray[np.int64]) -> NDArray[np.int64]:
        return self._random.choice(row, self._most_features, replace=False)
