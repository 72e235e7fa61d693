"""Learns from question sets what the assistant weighs, and measures it on sets that it was not learnt from.

    python -m tests.benchmarks.encoders --data DIR --encoder DIR --out DIR   trains the encoders, once
    python -m tests.benchmarks.calibrate --attributes  learns attributes.json, which the others count on, from passages
    python -m tests.benchmarks.calibrate --encoders DIR --write   learns from all sets; writes two files of weights
    python -m tests.benchmarks.calibrate --encoders DIR --curve   cross-validates by set; writes calibration.json, .svg

Four things are learnt: which unit is likeliest to answer a question (`unit` of `choices.json`), whether that one does
or the articles do not say (`answer`), which subject a question that names none is about (`subject`), and what kind of
answer is asked for (`routes.json`).

The built-in encoder has itself learnt from the sets, and would be surer of them than of questions to come. So each set
is read with an encoder that has not seen it: that of its part, which learnt from the sets of the other parts.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Any, Generic, TypeVar

from assistant.choice import Choice, Chosen
from assistant.route import ROUTES
from assistant.thresholds import ANSWERS_FROM, SURELY_ANSWERS_FROM
from assistant.unit_choice import best_of
from index import encoder
from index.training.sources import OWN_TEXT
from tests.benchmarks.chart import draw
from tests.benchmarks.examples import (
    DETAILS,
    ROOT,
    Examples,
    QuestionSet,
    RouteExample,
    SubjectExample,
    UnitExample,
    other_examples,
    question_sets,
    subject_examples,
)
from tests.benchmarks.fitting import choose_routes, fit_attributes, fit_choice, fit_routes
from tests.benchmarks.significance import interval

RESULTS = Path(__file__).with_name("results")
WEIGHTS = ROOT / "assistant"
N_FOLDS = 6
SUBJECT_PENALTY, UNIT_PENALTY, ANSWER_PENALTY = 3.0, 10.0, 5.0
# Of the best unit's score, the two that the assistant uses among them.
THRESHOLDS = tuple(sorted({at / 4 for at in range(-12, 17)} | {ANSWERS_FROM, SURELY_ANSWERS_FROM}))

Figure = dict[str, float | int]
E = TypeVar("E", UnitExample, SubjectExample)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Scored(Generic[E]):
    """An example with the scores of its candidates against none, by weights that were learnt without its set."""

    example: E
    scores: tuple[float, ...]

    @property
    def best(self) -> int:
        """The place of the candidate with the highest score."""
        return max(range(len(self.scores)), key=self.scores.__getitem__)

    @property
    def right(self) -> bool:
        """Whether the best candidate is right."""
        return self.example.right[self.best]


def part_name(at: int) -> str:
    """The folder of the encoder that has not learnt from the sets of a part."""
    return f"without-{at}"


def use_encoder(folder: Path | None) -> None:
    """Has a folder's model take the place of the built-in encoder in this process."""
    if folder is not None:
        encoder._BUILT_IN_FOLDER = folder
        encoder.built_in_encoder.cache_clear()
        encoder.built_in_vector.cache_clear()


def folds(sets: Sequence[QuestionSet]) -> list[frozenset[str]]:
    """The names of the sets in six parts, those that are scored shared out evenly; sets on one article go together."""
    ordered = sorted(sets, key=lambda one: (not one.scored, one.name))
    articles = list(dict.fromkeys(one.articles for one in ordered))
    parts = [set(articles[at::N_FOLDS]) for at in range(N_FOLDS)]
    return [frozenset(one.name for one in ordered if one.articles in part) for part in parts]


def cross_validate(examples: Sequence[E], parts: Iterable[frozenset[str]], penalty: float) -> list[Scored[E]]:
    """Every example's scores by the weights that were learnt from the sets outside its part."""
    scored = []
    for part in parts:
        weights = fit_choice([example for example in examples if example.set_name not in part], penalty)
        scored += [
            Scored(example, weights.among(example.each, example.none).scores)
            for example in examples
            if example.set_name in part
        ]
    return scored


def answer_examples(units: Sequence[Scored[UnitExample]]) -> list[UnitExample]:
    """Whether the likeliest unit answers, of each example; its score has to be by weights learnt without its set."""
    return [
        replace(
            one.example,
            each=[best_of(one.example.each, ranked(one.scores))],
            right=(any(one.example.right),),
        )
        for one in units
    ]


def cross_validate_units(examples: Sequence[UnitExample], parts: Sequence[frozenset[str]]) -> list[Scored[UnitExample]]:
    """Every example's scores by both decisions, learnt from the sets outside its part."""
    units = cross_validate(examples, parts, UNIT_PENALTY)
    answers = cross_validate(answer_examples(units), parts, ANSWER_PENALTY)
    return [
        replace(unit, scores=tuple(score - max(unit.scores) + answer.scores[0] for score in unit.scores))
        for unit, answer in zip(units, answers, strict=True)
    ]


def ranked(scores: Sequence[float]) -> Chosen:
    """Scores as a choice."""
    return Chosen(tuple(scores), tuple(sorted(range(len(scores)), key=lambda at: -scores[at])), 0.0)


def gather(sets: Sequence[QuestionSet], workers: int, encoders: Path | None = None) -> Examples:
    """The examples of all sets, those of one part after those of another.

    Subjects come first: which units a question that names no card is held against depends on the guess of its subject,
    and for each set the guess is made by what the sets of the other parts say about subjects.

    Args:
        sets: What to learn from.
        workers: How many processes read.
        encoders: The folder that `tests.benchmarks.encoders` has written; the built-in encoder when not given.
    """
    parts = [[one for one in sets if one.name in part] for part in folds(sets)]
    with tempfile.TemporaryDirectory(prefix="xiaoka-calibrate-") as folder, contextlib.ExitStack() as stack:
        pools = [
            stack.enter_context(
                ProcessPoolExecutor(1, initializer=use_encoder, initargs=(encoders and encoders / part_name(at),))
            )
            for at in range(len(parts))
        ]
        data = {one.name: Path(folder) / one.name for one in sets}

        def read(task: Callable[..., T], *of: Mapping[str, Any]) -> list[T]:
            """What each set gives, in the process of its part; as many parts at a time as there are workers."""
            found: list[T] = []
            for begin in range(0, len(parts), workers):
                running = [
                    pool.map(task, part, *([known[one.name] for one in part] for known in (data, *of)))
                    for pool, part in list(zip(pools, parts, strict=True))[begin : begin + workers]
                ]
                found += chain.from_iterable(running)
            return found

        subjects = tuple(chain.from_iterable(read(subject_examples)))
        others = read(other_examples, _guesses(subjects, folds(sets)))
    return Examples(
        subjects=subjects,
        units=tuple(chain.from_iterable(one.units for one in others)),
        routes=tuple(chain.from_iterable(one.routes for one in others)),
    )


def _guesses(subjects: Sequence[SubjectExample], parts: Iterable[frozenset[str]]) -> dict[str, Choice]:
    """Set → the weights for subjects that were learnt from the sets outside its part."""
    return {
        name: weights
        for part in parts
        for weights in [fit_choice([one for one in subjects if one.set_name not in part], SUBJECT_PENALTY)]
        for name in part
    }


def measure(examples: Examples, sets: Sequence[QuestionSet]) -> dict[str, Any]:
    """What `calibration.json` holds; every figure is of the scored sets alone."""
    parts = folds(sets)
    scored = {one.name for one in sets if one.scored}
    by_both = cross_validate_units(examples.units, parts)
    units = [one for one in by_both if one.example.set_name in scored]
    details = [one for one in by_both if one.example.set_name.endswith(DETAILS)]
    subjects = [
        one for one in cross_validate(examples.subjects, parts, SUBJECT_PENALTY) if one.example.set_name in scored
    ]
    return {
        "sets": {"scored": sorted(scored), "learnt_from_only": [one.name for one in sets if not one.scored]},
        "n_folds": len(parts),
        "unit": _unit_figures(units),
        "details": _unit_figures(details),
        "route": _route_figures(examples.routes, parts, scored),
        "subject": _subject_figures(subjects),
    }


def figure(values: Sequence[bool]) -> Figure:
    """A rate in [0, 1] with its 95 % interval and its counts."""
    low, high = interval(values)
    n = len(values)
    return {"rate": _short(sum(values) / n), "low": _short(low), "high": _short(high), "count": sum(values), "n": n}


def _unit_figures(scored: Sequence[Scored[UnitExample]]) -> dict[str, Any]:
    answerable = [one for one in scored if any(one.example.right)]
    highest = [max(one.scores) for one in answerable]
    unanswerable = [max(one.scores) for one in scored if not any(one.example.right)]
    return {
        "top_1": figure([one.right for one in answerable]),
        "top_2": figure([_among_best(one, 2) for one in answerable]),
        "answers_from": ANSWERS_FROM,
        "surely_answers_from": SURELY_ANSWERS_FROM,
        "curve": [
            {
                "threshold": threshold,
                "unanswerable_answered": figure([score > threshold for score in unanswerable]),
                "answerable_refused": figure([score <= threshold for score in highest]),
                "answered_rightly": figure([one.right and max(one.scores) > threshold for one in answerable]),
            }
            for threshold in THRESHOLDS
        ],
    }


def _among_best(one: Scored[UnitExample], k: int) -> bool:
    best = sorted(range(len(one.scores)), key=lambda at: -one.scores[at])[:k]
    return any(one.example.right[at] for at in best)


def _subject_figures(scored: Sequence[Scored[SubjectExample]]) -> dict[str, Any]:
    learnt = [
        frozenset({one.example.subjects[one.best]}) if one.scores[one.best] > 0 else frozenset() for one in scored
    ]
    ruled = [one.example.by_rule for one in scored]
    gold = [one.example.gold for one in scored]
    return {
        "learnt": figure([one == right for one, right in zip(learnt, gold, strict=True)]),
        "rules": figure([one == right for one, right in zip(ruled, gold, strict=True)]),
        "rules_then_learnt": figure(
            [(rule or one) == right for rule, one, right in zip(ruled, learnt, gold, strict=True)]
        ),
    }


def _route_figures(
    examples: Sequence[RouteExample], parts: Iterable[frozenset[str]], scored: set[str]
) -> dict[str, Any]:
    chosen: list[tuple[RouteExample, str]] = []
    for part in parts:
        asked = [example for example in examples if example.set_name in part & scored]
        weights = fit_routes([example for example in examples if example.set_name not in part])
        chosen += zip(asked, choose_routes(weights, asked), strict=True)
    counts = Counter((example.route, route) for example, route in chosen)
    return {
        "learnt": figure([example.route == route for example, route in chosen]),
        "rules": figure([example.route == example.by_rule for example, _ in chosen]),
        "routes": {
            name: {
                "precision": figure([example.route == name for example, route in chosen if route == name]),
                "recall": figure([route == name for example, route in chosen if example.route == name]),
            }
            for name in ROUTES
        },
        "confusion": {asked: {found: counts[asked, found] for found in ROUTES} for asked in ROUTES},
    }


def _short(value: float) -> float:
    return round(value, 4)


# --- what is written and shown --------------------------------------------------------------------------------


def learn(examples: Examples, parts: Sequence[frozenset[str]], folder: Path) -> None:
    """Writes `choices.json` and `routes.json` into a folder, learnt from all examples.

    Whether a unit answers is learnt from scores that were learnt without the example's part: with its own set's they
    would be surer than they are of questions to come.
    """
    apart = cross_validate(examples.units, parts, UNIT_PENALTY)
    choices = {
        name: {"weights": _sorted(choice.weights), "none": _sorted(choice.none)}
        for name, choice in (
            ("answer", fit_choice(answer_examples(apart), ANSWER_PENALTY)),
            ("subject", fit_choice(examples.subjects, SUBJECT_PENALTY)),
            ("unit", fit_choice(examples.units, UNIT_PENALTY)),
        )
    }
    _write(folder / "choices.json", json.dumps(choices, indent=1))
    routes = fit_routes(examples.routes)
    _write(folder / "routes.json", json.dumps(routes, ensure_ascii=False, separators=(",", ":")))


def learn_attributes(folder: Path) -> None:
    """Writes `attributes.json` into a folder, learnt from the project's passages and the questions they answer."""
    lines = (OWN_TEXT / "procedures.jsonl").read_text(encoding="utf-8").splitlines()
    learnt = fit_attributes([json.loads(line) for line in lines])
    _write(folder / "attributes.json", json.dumps(learnt, separators=(",", ":")))


def render(measured: Mapping[str, Any]) -> str:
    """The figures as Markdown tables, in percent with 95 % intervals."""
    unit, route, subject = measured["unit"], measured["route"], measured["subject"]
    lines = [
        "| threshold | unanswerable answered | answerable refused | answered rightly |",
        "| ---: | ---: | ---: | ---: |",
    ]
    for point in unit["curve"]:
        cells = [_shown(point[key]) for key in ("unanswerable_answered", "answerable_refused", "answered_rightly")]
        lines.append(f"| {point['threshold']:+.2f} | {' | '.join(cells)} |")
    lines += ["", "| what | share that is right |", "| --- | ---: |"]
    rows = [
        ("best unit", unit["top_1"]),
        ("one of the two best units", unit["top_2"]),
        *((f"subject, {name.replace('_', ' ')}", figures) for name, figures in subject.items()),
        ("route, learnt", route["learnt"]),
        ("route, rules", route["rules"]),
    ]
    lines += [f"| {name} | {_shown(figures)} |" for name, figures in rows]
    lines += ["", "| route | precision | recall |", "| --- | ---: | ---: |"]
    lines += [
        f"| {name} | {_shown(of['precision'])} | {_shown(of['recall'])} |" for name, of in route["routes"].items()
    ]
    return "\n".join(lines)


def _shown(of: Mapping[str, float]) -> str:
    rate, low, high = (100 * of[key] for key in ("rate", "low", "high"))
    return f"{rate:.1f} ({low:.1f} to {high:.1f}), {of['count']} of {of['n']}"


def _sorted(weights: Mapping[str, float]) -> dict[str, float]:
    return dict(sorted(weights.items()))


def _write(file: Path, text: str) -> None:
    file.write_text(text + "\n", encoding="utf-8")
    print(f"Written to {file}.", file=sys.stderr)


def main(arguments: Sequence[str] | None = None) -> int:
    """Learns or measures, as the command line says; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.calibrate",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--attributes", action="store_true", help="learn what questions ask for and sentences give")
    parser.add_argument("--write", action="store_true", help="learn from all sets and write the weights")
    parser.add_argument("--curve", action="store_true", help="cross-validate by set and write the figures")
    parser.add_argument("--weights", type=Path, default=WEIGHTS, help="folder of the weights (default: assistant)")
    parser.add_argument("--results", type=Path, default=RESULTS, help="folder of the figures (default: results)")
    parser.add_argument("--encoders", type=Path, help="folder that `python -m tests.benchmarks.encoders` has written")
    parser.add_argument("--workers", type=int, default=2, help="processes that read sets (default: %(default)s)")
    options = parser.parse_args(arguments)
    if not (options.attributes or options.write or options.curve):
        parser.error("nothing to do: give --attributes, --write or --curve.")
    if options.attributes:
        learn_attributes(options.weights)
    if not options.write and not options.curve:
        return 0
    if options.encoders is None:
        parser.error("`--encoders` must be given: the built-in encoder has itself learnt from the sets.")
    sets = question_sets()
    if not any(one.name == "dev" for one in sets):
        print("Notice: the development set is not beside this checkout and is left out.", file=sys.stderr)
    print(f"Reading {len(sets)} question sets; this takes a few minutes.", file=sys.stderr)
    examples = gather(sets, options.workers, options.encoders)
    if options.write:
        learn(examples, folds(sets), options.weights)
    if options.curve:
        measured = measure(examples, sets)
        _write(options.results / "calibration.json", json.dumps(measured, indent=1))
        _write(options.results / "calibration.svg", draw(measured["unit"]).rstrip("\n"))
        print(render(measured))
    return 0


if __name__ == "__main__":
    sys.exit(main())
