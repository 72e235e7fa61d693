"""What single sentences of units say: one sentence of a long note can answer what the note as a whole hides."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from assistant.attributes import asked_for, given_by
from assistant.clauses import asking_clauses
from assistant.likeness import Passages, likeness, places_of, places_of_question, ready
from assistant.situations import situations_in
from assistant.typed_values import holds_value
from index.encoder import Vectors, built_in_encoder, built_in_vector

_END = re.compile(r"[。！？；!?;\n]+|(?<=[a-z)])\. ")
_SHORTEST = 3


@dataclass(frozen=True, slots=True, eq=False)
class Sentences:
    """The sentences of units, one unit after the other, each unit with one at least.

    Attributes:
        begins: Where the sentences of each unit begin.
        texts: As the units have them, folded.
        said: Their tokens.
        vectors: Their unit vectors.
        gives: How likely each gives each attribute.
        situations: The situations that each speaks of.
    """

    begins: NDArray[np.intp]
    texts: tuple[str, ...]
    said: Passages
    vectors: Vectors
    gives: Vectors
    situations: tuple[frozenset[str], ...]

    def best(self, values: Vectors) -> Vectors:
        """Of each unit the highest value that a sentence of it has."""
        highest: Vectors = np.maximum.reduceat(values, self.begins)
        return highest


def sentences_of(texts: Sequence[str]) -> Sentences:
    """The sentences of units' texts; there must be one text at least."""
    cut = [_cut(text) for text in texts]
    flat = tuple(sentence for sentences in cut for sentence in sentences)
    sizes = np.array([len(sentences) for sentences in cut], dtype=np.intp)
    return Sentences(
        begins=np.cumsum(sizes) - sizes,
        texts=flat,
        said=ready(places_of(flat)),
        vectors=built_in_encoder().encode_passages(flat),
        gives=given_by(flat),
        situations=tuple(map(situations_in, flat)),
    )


def _cut(text: str) -> list[str]:
    return [part.strip() for part in _END.split(text) if len(part.strip()) >= _SHORTEST] or [text]


def sentence_features(text: str, types: Collection[str], sentences: Sentences) -> dict[str, list[float]]:
    """What speaks for each unit by its best sentence, by the names of the weights in `choices.json`.

    Args:
        text: The folded question.
        types: The types of values that are asked for.
        sentences: Those of the units.
    """
    asking = " ".join(text[start:end] for start, end in asking_clauses(text)) or text
    like = likeness(places_of_question(text), sentences.said)
    features: dict[str, list[float]] = {
        "sentence_soft": sentences.best(like.soft).tolist(),
        "sentence_telling": sentences.best(like.telling).tolist(),
    }
    near = np.maximum(sentences.vectors @ built_in_vector(text)[0], 0)
    features |= _by_meaning("sentence", near, sentences, text)
    near_asked = near if asking == text else np.maximum(sentences.vectors @ built_in_vector(asking)[0], 0)
    features |= _by_meaning("asking", near_asked, sentences, asking)
    valued = (
        np.array([all(holds_value(sentence, value) for value in types) for sentence in sentences.texts])
        if types
        else np.zeros(len(sentences.texts), dtype=bool)
    )
    features["valued_telling"] = sentences.best(np.where(valued, like.telling, 0)).tolist()
    features["valued_whole"] = sentences.best(np.where(valued, near, 0)).tolist()
    return features | _by_situation(near, sentences, situations_in(text))


def _by_situation(near: Vectors, sentences: Sentences, asked: frozenset[str]) -> dict[str, list[float]]:
    """How near the best sentence of each unit is among those in the situations asked about, and in no others."""
    in_all, in_some, in_no_other = (
        sentences.best(np.where([holds(said) for said in sentences.situations], near, 0)).tolist()
        for holds in (asked.issubset, lambda said: not asked.isdisjoint(said), asked.issuperset)
    )
    nowhere = [0.0] * len(sentences.begins)
    return {
        "in_situation_whole": in_all if asked else nowhere,
        "in_some_situation_whole": in_some if asked else nowhere,
        "in_no_other_whole": in_no_other,
        "in_no_situation_whole": nowhere if asked else in_no_other,
    }


def _by_meaning(name: str, near: Vectors, sentences: Sentences, asked: str) -> dict[str, list[float]]:
    """How near the best sentence of each unit is to what is asked, gives what is asked for, and both at once."""
    agrees = sentences.gives @ asked_for(asked)
    return {
        f"{name}_whole": sentences.best(near).tolist(),
        f"{name}_agrees": sentences.best(agrees).tolist(),
        f"{name}_both": sentences.best(near * agrees).tolist(),
    }
