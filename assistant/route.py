"""What kind of answer a question asks for, by what was learnt from question sets.

A softmax over the question's runs of one to four characters, its vector in the built-in encoder, and what the rules
found in it. The weights stand in `routes.json`.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from assistant.question import Question
from index.encoder import built_in_vector

Route = Literal["procedure", "step", "comparison", "reasons", "precautions", "detail"]
ROUTES: tuple[Route, ...] = ("procedure", "step", "comparison", "reasons", "precautions", "detail")
LONGEST_RUN = 4

_FILE = Path(__file__).with_name("routes.json")
_A_CARD = "卡"
_WORDS = re.compile(r"[a-z0-9]+|[^\sa-z0-9]+")


@dataclass(frozen=True, slots=True)
class _Weights:
    """What is added to the scores of the routes.

    Attributes:
        rows: Run → its row in `runs`.
        runs: Shape `(n_runs, n_routes)`.
        flags: Flag → shape `(n_routes,)`.
        vector: Shape `(n_routes, dimensions)`.
        bias: Shape `(n_routes,)`.
    """

    rows: Mapping[str, int]
    runs: NDArray[np.float32]
    flags: Mapping[str, NDArray[np.float32]]
    vector: NDArray[np.float32]
    bias: NDArray[np.float32]


def choose_route(question: Question, *, by_rule: Route) -> dict[Route, float]:
    """How likely each kind of answer is meant; the probabilities add up to 1.

    Args:
        question: What is asked.
        by_rule: What the rules take it for.
    """
    weights = _weights()
    counts = runs_of(route_text(question))
    known = {weights.rows[run]: 1 + math.log(count) for run, count in counts.items() if run in weights.rows}
    length = math.sqrt(sum(value**2 for value in known.values())) or 1.0
    shares = np.array([value / length for value in known.values()], dtype=np.float32)
    said = weights.runs[np.fromiter(known, dtype=np.intp, count=len(known))] * shares[:, np.newaxis]
    score = np.add.reduce(np.concatenate([weights.bias[np.newaxis], said]), axis=0)
    for name, value in route_flags(question, by_rule).items():
        if name in weights.flags:
            score += weights.flags[name] * value
    score += weights.vector @ built_in_vector(question.text)[0]
    odds = np.exp(score - score.max())
    return {route: float(odds[at] / odds.sum()) for at, route in enumerate(ROUTES)}


def route_text(question: Question) -> str:
    """The question with every name of a card made one word, so that what is learnt holds for all cards."""
    text = question.text
    for surface in sorted(set(question.surfaces), key=len, reverse=True):
        if len(surface) > 1:
            text = text.replace(surface, _A_CARD if not surface.isascii() else "card")
    return text


def runs_of(text: str) -> dict[str, int]:
    """The runs of one to four characters in the words of folded `text`, with a blank at each word's ends, counted."""
    counts: dict[str, int] = {}
    for word in _WORDS.findall(text):
        padded = f" {word} "
        for length in range(1, LONGEST_RUN + 1):
            for at in range(len(padded) - length + 1):
                run = padded[at : at + length]
                counts[run] = counts.get(run, 0) + 1
    return counts


def route_flags(question: Question, by_rule: Route) -> dict[str, float]:
    """What the rules found in a question, by the names of the weights."""
    return {
        f"rule_{by_rule}": 1.0,
        "cancels": float(question.cancels),
        "wishes": float(question.wishes),
        "bare": float(question.bare),
        "asks": float(question.asks),
        "yes_no": float(question.asks_yes_or_no),
        "step": float(question.step is not None),
        "cards": min(len(question.cards), 3) / 3,
        "touches_several": float(question.touched > 1),
        "all_cards": float(question.all_cards),
        "cancel_word": float("cancel" in question.actions),
        "concepts": min(len(question.focus), 3) / 3,
        "unknown": min(sum(map(len, question.focus_unknown)), 20) / 20,
        "short": float(len(question.text) < 12),
        **{f"intent_{name}": 1.0 for name in question.intents},
    }


@cache
def _weights() -> _Weights:
    known = json.loads(_FILE.read_text(encoding="utf-8"))

    return _Weights(
        {run: row for row, run in enumerate(known["runs"])},
        np.array(list(known["runs"].values()), dtype=np.float32).reshape(-1, len(ROUTES)),
        {name: np.array(values, dtype=np.float32) for name, values in known["flags"].items()},
        np.array(known["vector"], dtype=np.float32),
        np.array(known["bias"], dtype=np.float32),
    )
