"""Weights from examples: conditional logits with a "none", and a softmax over the kinds of answers."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Protocol, cast

import numpy as np
from numpy.typing import NDArray

from assistant.choice import Choice, Features
from assistant.lexicon import load_lexicon
from assistant.question import Question
from assistant.route import ROUTES, Route, route_flags
from corpus.normalize import normalize
from index.encoder import built_in_encoder
from tests.benchmarks.examples import RouteExample

Numbers = NDArray[np.float64]
RouteWeights = Mapping[str, Any]  # what stands in `assistant/routes.json`

_ALWAYS = "always"
_LEAST_SPREAD = 0.01  # added to a feature's standard deviation: one that hardly varies is not blown up
_ROUTE_C = 10.0
_ATTRIBUTES = {"procedure": "step", "in-person": "who"}  # attributes that are learnt as another
_FEWEST_PASSAGES = 15
_FEWEST_EXAMPLES = 3  # a run of characters that fewer have is left out
_FLAG_SCALE = 0.7  # flags count somewhat less than runs, whose vector has the length 1
_LEAST_RUN_WEIGHT = 0.08  # a run that weighs less for every route is not written down
_ROUTE_DIGITS, _CHOICE_DIGITS = 3, 4


class ChoiceExample(Protocol):
    """Candidates by their features, and which of them are right; the right one is "none" when no candidate is."""

    @property
    def each(self) -> Sequence[Features]: ...

    @property
    def none(self) -> Features: ...

    @property
    def right(self) -> tuple[bool, ...]: ...


def fit_choice(examples: Sequence[ChoiceExample], penalty: float) -> Choice:
    """The weights that make what is right likeliest, of features scaled by their spread.

    Where several candidates are right, their probabilities are added up. `penalty` times the sum of the squared
    weights is added to the negative log-likelihood. "None" has the feature `always`, which is 1.

    Source: McFadden 1974, "Conditional logit analysis of qualitative choice behavior".
    """
    from scipy.optimize import minimize

    names = sorted({name for example in examples for features in example.each for name in features})
    none_names = sorted({name for example in examples for name in example.none})
    each = np.array([[f.get(name, 0.0) for name in names] for example in examples for f in example.each])
    none = np.array([[example.none.get(name, 0.0) for name in none_names] for example in examples])
    sizes = np.array([len(example.each) for example in examples])
    right = np.array([right for example in examples for right in example.right])
    owner = np.repeat(np.arange(len(examples)), sizes)
    none_is_right = ~np.logical_or.reduceat(right, np.cumsum(sizes) - sizes)

    spread, none_spread = each.std(axis=0) + _LEAST_SPREAD, none.std(axis=0) + _LEAST_SPREAD
    middle, always = none.mean(axis=0), none_names.index(_ALWAYS)
    middle[always], none_spread[always] = 0.0, 1.0
    each, none = each / spread, (none - middle) / none_spread

    def loss(weights: Numbers) -> tuple[float, Numbers]:
        scores, none_scores = each @ weights[: len(names)], none @ weights[len(names) :]
        every = _shares(scores, none_scores, owner, np.ones_like(right), np.ones_like(none_is_right))
        good = _shares(scores, none_scores, owner, right, none_is_right)
        slope = every.each - good.each, every.none - good.none
        value = float((every.log_sum - good.log_sum).sum()) + penalty * float(weights @ weights)
        return value, np.concatenate([slope[0] @ each, slope[1] @ none]) + 2 * penalty * weights

    start = np.zeros(len(names) + len(none_names))
    found = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 1_000, "ftol": 1e-11, "gtol": 1e-6})
    for_none = found.x[len(names) :] / none_spread
    constant = for_none[always] - float(for_none @ middle)
    return Choice(
        dict(zip(names, _rounded(found.x[: len(names)] / spread, _CHOICE_DIGITS), strict=True)),
        dict(zip(none_names, _rounded(for_none, _CHOICE_DIGITS), strict=True))
        | {_ALWAYS: round(float(constant), _CHOICE_DIGITS)},
    )


class _Shares:
    """What share each candidate, and "none", has of those that count, and the logarithm of their sum."""

    def __init__(self, each: Numbers, none: Numbers, log_sum: Numbers) -> None:
        self.each, self.none, self.log_sum = each, none, log_sum


def _shares(
    scores: Numbers, none_scores: Numbers, owner: NDArray[np.intp], counts: NDArray[np.bool_], none: NDArray[np.bool_]
) -> _Shares:
    scores, none_scores = np.where(counts, scores, -np.inf), np.where(none, none_scores, -np.inf)
    highest = none_scores.copy()
    np.maximum.at(highest, owner, scores)
    odds, none_odds = np.exp(scores - highest[owner]), np.exp(none_scores - highest)
    total = np.bincount(owner, odds, len(none_scores)) + none_odds
    return _Shares(odds / total[owner], none_odds / total, highest + np.log(total))


def fit_routes(examples: Sequence[RouteExample]) -> RouteWeights:
    """The weights of a multinomial logistic regression on runs of characters, flags and the encoder's vectors."""
    from scipy.sparse import csr_matrix, hstack
    from sklearn.linear_model import LogisticRegression

    n_having = Counter(run for example in examples for run in example.runs)
    runs = {run: at for at, run in enumerate(sorted(run for run, n in n_having.items() if n >= _FEWEST_EXAMPLES))}
    flags = sorted({name for example in examples for name in example.flags})
    cells = [
        (row, runs[run], value)
        for row, example in enumerate(examples)
        for run, value in _run_values(example, runs).items()
    ]
    rows, columns, values = zip(*cells, strict=True)
    flagged = np.array([[example.flags.get(name, 0.0) for name in flags] for example in examples]) * _FLAG_SCALE
    vectors = np.stack([example.vector for example in examples])
    features = hstack(
        [csr_matrix((values, (rows, columns)), shape=(len(examples), len(runs))), flagged, vectors], format="csr"
    )
    model = LogisticRegression(C=_ROUTE_C, max_iter=3_000)
    model.fit(features, [ROUTES.index(example.route) for example in examples])
    weights = model.coef_
    if len(weights) != len(ROUTES):
        raise ValueError(f"`examples` must have every route of {ROUTES}; got {sorted({e.route for e in examples})}.")
    kept = {run: at for run, at in runs.items() if abs(weights[:, at]).max() > _LEAST_RUN_WEIGHT}
    learnt = {name: _rounded(weights[:, len(runs) + at] * _FLAG_SCALE) for at, name in enumerate(flags)}
    return {
        "runs": {run: _rounded(weights[:, at]) for run, at in kept.items()},
        "flags": {name: learnt.get(name, [0.0] * len(ROUTES)) for name in sorted(every_flag() | learnt.keys())},
        "vector": [_rounded(row[len(runs) + len(flags) :]) for row in weights],
        "bias": _rounded(model.intercept_),
    }


def fit_attributes(passages: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The two softmaxes of `assistant/attributes.json`: what a question asks for, and what a sentence gives.

    Args:
        passages: Of each its text (`passage`), its attribute (`asks`) and questions that it answers (`questions`).
            One step of a procedure counts as a step whoever asks; attributes that few passages have are left out.
    """
    from sklearn.linear_model import LogisticRegression

    named = [(_ATTRIBUTES.get(row["asks"], row["asks"]), row) for row in passages if row.get("asks")]
    counts = Counter(name for name, _ in named)
    names = sorted(name for name, n in counts.items() if n >= _FEWEST_PASSAGES and name != "other")
    known = [(names.index(name), row) for name, row in named if name in names]
    encoder = built_in_encoder()
    asked = [(at, normalize(question)) for at, row in known for question in row["questions"]]
    given = [(at, normalize(row["passage"])) for at, row in known]

    def fitted(vectors: NDArray[np.float32], right: Sequence[int]) -> dict[str, Any]:
        model = LogisticRegression(C=_ROUTE_C, max_iter=500).fit(vectors, right)
        return {"weights": [_rounded(row) for row in model.coef_.T], "bias": _rounded(model.intercept_)}

    return {
        "attributes": names,
        "asked": fitted(encoder.encode_query([text for _, text in asked]), [at for at, _ in asked]),
        "given": fitted(encoder.encode_passages([text for _, text in given]), [at for at, _ in given]),
    }


def every_flag() -> set[str]:
    """The names of all flags that a question can have, those that no example has included."""
    asked = Question(raw="", text="", language="zh", intents=frozenset(load_lexicon().intents))
    return {name for route in ROUTES for name in route_flags(asked, route)}


def choose_routes(weights: RouteWeights, examples: Sequence[RouteExample]) -> list[Route]:
    """The likeliest route of each example, by weights as they stand in `assistant/routes.json`."""
    vectors = np.stack([example.vector for example in examples])
    scores = vectors @ np.array(weights["vector"]).T + np.array(weights["bias"])
    for row, example in enumerate(examples):
        for run, value in _run_values(example, weights["runs"]).items():
            scores[row] += np.array(weights["runs"][run]) * value
        for name, value in example.flags.items():
            if name in weights["flags"]:
                scores[row] += np.array(weights["flags"][name]) * value
    return [ROUTES[at] for at in scores.argmax(axis=1)]


def _run_values(example: RouteExample, known: Mapping[str, Any]) -> dict[str, float]:
    """What each known run of a question counts: the logarithm of how often it has it, all of them of length 1."""
    values = {run: 1 + math.log(n) for run, n in example.runs.items() if run in known}
    length = math.sqrt(sum(value**2 for value in values.values())) or 1.0
    return {run: value / length for run, value in values.items()}


def _rounded(values: Numbers, digits: int = _ROUTE_DIGITS) -> list[float]:
    # Adding 0 makes a minus zero a zero.
    return [value + 0.0 for value in cast(list[float], np.round(values.astype(np.float64), digits).tolist())]
