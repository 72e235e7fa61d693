"""What a question asks for and what a sentence gives, as probabilities of attributes: an amount, who, where.

Two softmaxes over a text's vector in the built-in encoder, one learnt from questions and one from sentences. The
weights stand in `attributes.json`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np

from index.encoder import Vectors, built_in_encoder, built_in_vector

_FILE = Path(__file__).with_name("attributes.json")


def asked_for(question: str) -> Vectors:
    """How likely each attribute is asked for, shape `(n_attributes,)`."""
    weights, bias = _weights()["asked"]
    probabilities: Vectors = _softmax(built_in_vector(question) @ weights + bias)[0]
    return probabilities


def given_by(texts: Sequence[str]) -> Vectors:
    """How likely each text gives each attribute, shape `(len(texts), n_attributes)`."""
    weights, bias = _weights()["given"]
    if not texts:
        return np.zeros((0, len(bias)), dtype=np.float32)
    return _softmax(built_in_encoder().encode_passages(list(texts)) @ weights + bias)


def _softmax(scores: Vectors) -> Vectors:
    odds = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(odds / odds.sum(axis=1, keepdims=True), dtype=np.float32)


@cache
def _weights() -> dict[str, tuple[Vectors, Vectors]]:
    known = json.loads(_FILE.read_text(encoding="utf-8"))
    return {
        name: (np.array(known[name]["weights"], dtype=np.float32), np.array(known[name]["bias"], dtype=np.float32))
        for name in ("asked", "given")
    }
