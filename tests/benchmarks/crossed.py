"""Asks the whole assistant the questions of sets that it has not learnt from: an evaluation that is cross-validated.

    python -m tests.benchmarks.crossed --encoders DIR --weights DIR --learn   learns the weights of each part, once
    python -m tests.benchmarks.crossed --encoders DIR --weights DIR           asks, and tells how many it got right
    … --set ANSWERS_FROM=0.5 --out FILE                                       with another threshold; the rows in a file

Each set is asked with the encoder of its part (`tests.benchmarks.encoders`) and with weights that were learnt from the
sets of the other parts (`tests.benchmarks.calibrate`). The rules of the code are not learnt, and have seen the sets.
Use it to choose among rules and thresholds: on the weights that are shipped, sets that are learnt from look too good.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from unittest.mock import patch

from assistant import route, subject_choice, thresholds, unit_choice
from assistant.assistant import Assistant
from assistant.choice import load_choice
from assistant.evaluation.questions import KINDS, read_question_sets
from assistant.evaluation.run import Examiner, Row
from index.build import ensure_index
from index.encoder import load_encoder
from tests.benchmarks.calibrate import figure, folds, gather, learn, part_name, use_encoder
from tests.benchmarks.examples import DETAILS, Examples, QuestionSet, question_sets

# The constants that may be tried by `--set`, and the module that each stands in.
THRESHOLDS = {
    **dict.fromkeys(
        (
            "ANSWERS_FROM",
            "SURELY_ANSWERS_FROM",
            "STRANGE_ANSWERS_FROM",
            "FOLLOWING_ANSWERS_FROM",
            "WITHOUT_TYPE_ANSWERS_FROM",
        ),
        thresholds,
    ),
    **dict.fromkeys(("POINTS_FROM", "SURELY_POINTS_FROM", "LEANS_FROM"), subject_choice),
}
_SHOWN = ("success", "steps", "false_answer", "false_refusal", "needless_question")


def without(examples: Examples, part: frozenset[str]) -> Examples:
    """The examples of the sets outside a part."""
    return Examples(
        units=tuple(one for one in examples.units if one.set_name not in part),
        subjects=tuple(one for one in examples.subjects if one.set_name not in part),
        routes=tuple(one for one in examples.routes if one.set_name not in part),
    )


def learn_apart(examples: Examples, parts: Sequence[frozenset[str]], folder: Path) -> None:
    """Writes for each part the weights that the sets of the other parts teach, each into a folder of its own."""
    for at, part in enumerate(parts):
        (folder / part_name(at)).mkdir(parents=True, exist_ok=True)
        learn(without(examples, part), [one for one in parts if one != part], folder / part_name(at))


@contextlib.contextmanager
def weighing(weights: Path) -> Iterator[None]:
    """Has assistants weigh by what stands in a folder."""
    route._weights.cache_clear()
    known = partial(load_choice, file=weights / "choices.json")
    with (
        patch.object(route, "_FILE", weights / "routes.json"),
        patch.object(subject_choice, "load_choice", known),
        patch.object(unit_choice, "load_choice", known),
    ):
        yield
    route._weights.cache_clear()


def ask(one: QuestionSet, data: Path, weights: Path, changed: Mapping[str, float]) -> list[Row]:
    """What came of each question of a set; its index is kept in `data`."""
    asked = replace(read_question_sets([one.questions], one.sections)[0], name=one.name)
    index = ensure_index(corpus=one.articles, data=data, encoder=load_encoder("builtin"), progress=False)
    with contextlib.closing(index), contextlib.ExitStack() as stack:
        stack.enter_context(weighing(weights))
        for name, value in changed.items():
            stack.enter_context(patch.object(THRESHOLDS[name], name, value))
        examiner = Examiner(Assistant(index=index), one.articles, {one.name: asked.sections})
        return [examiner.examine(replace(case, set_name=one.name)) for case in asked.cases]


def rows_of(
    sets: Sequence[QuestionSet], *, encoders: Path, weights: Path, changed: Mapping[str, float], workers: int
) -> list[Row]:
    """What came of the questions of all sets, part by part."""
    found: list[Row] = []
    parts = folds(sets)
    with tempfile.TemporaryDirectory(prefix="xiaoka-crossed-") as folder:
        for at, part in enumerate(parts):
            of_part = [one for one in sets if one.name in part and not one.name.endswith(DETAILS)]
            with ProcessPoolExecutor(workers, initializer=use_encoder, initargs=(encoders / part_name(at),)) as pool:
                running = [
                    pool.submit(ask, one, Path(folder) / one.name, weights / part_name(at), changed) for one in of_part
                ]
                found += [row for one in running for row in one.result()]
    return found


def render(rows: Iterable[Row]) -> str:
    """Success, what was answered that the articles do not say, refused that they do, then success by kind; percent."""
    of: dict[str, list[bool]] = defaultdict(list)
    for row in rows:
        for measure in _SHOWN:
            if measure in row["grades"]:
                of[measure].append(bool(row["grades"][measure]))
        of[row["kind"]].append(bool(row["grades"].get("success")))
    lines = ["| what | share |", "| --- | ---: |"]
    for name in (*_SHOWN, *KINDS):
        if of[name]:
            found = figure(of[name])
            low, high = 100 * found["low"], 100 * found["high"]
            share = f"{100 * found['rate']:.1f} ({low:.1f} to {high:.1f})"
            lines.append(f"| {name.replace('_', ' ')} | {share}, {found['count']} of {found['n']} |")
    return "\n".join(lines)


def _threshold(text: str) -> tuple[str, float]:
    name, _, value = text.partition("=")
    if name not in THRESHOLDS:
        raise argparse.ArgumentTypeError(f"{name!r} is none of {', '.join(THRESHOLDS)}.")
    return name, float(value)


def main(arguments: Sequence[str] | None = None) -> int:
    """Learns the weights of each part, or asks by them; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.crossed",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--encoders", type=Path, required=True, help="folder that `tests.benchmarks.encoders` wrote")
    parser.add_argument("--weights", type=Path, required=True, help="folder for the weights of each part")
    parser.add_argument("--learn", action="store_true", help="learn the weights of each part, then ask")
    parser.add_argument("--set", dest="changed", type=_threshold, action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument("--out", type=Path, help="file for what came of each question, one in a line")
    parser.add_argument("--workers", type=int, default=2, help="processes (default: %(default)s)")
    options = parser.parse_args(arguments)
    sets = question_sets()
    if options.learn:
        learn_apart(gather(sets, options.workers, options.encoders), folds(sets), options.weights)
    rows = rows_of(
        sets,
        encoders=options.encoders,
        weights=options.weights,
        changed=dict(options.changed),
        workers=options.workers,
    )
    if options.out:
        lines = (json.dumps(row, ensure_ascii=False) for row in rows)
        options.out.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    scored = {one.name for one in sets if one.scored}
    print(f"On articles of the sets that are scored:\n\n{render(row for row in rows if row['set'] in scored)}\n")
    print(f"On all others:\n\n{render(row for row in rows if row['set'] not in scored)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
