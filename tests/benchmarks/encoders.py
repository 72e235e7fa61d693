"""Trains the encoders that `calibrate` counts on: one on all question sets, and for each part one without its sets.

    python -m tests.benchmarks.encoders --data DIR --encoder DIR --out DIR

`--data` is the open data of the model card (`index/encoder/README.md`), `--encoder` the model after its second stage,
which has seen no question set: version 2, in the project's history. In `--out` stand `all`, the built-in encoder, and
`without-0` to `without-5`; a folder that is there already is kept. About 2 minutes each on two cores. Then it
is told how often the nearest sentence of an article is one that answers, of sets not seen, before and after.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np

from index.static_encoder import StaticEncoder
from index.training.selection import (
    Selection,
    SelectionRecipe,
    read_selections,
    shares_of_sources,
    write_tuned,
)
from index.training.sources import OWN_TEXT, read_pairs
from tests.benchmarks.calibrate import folds, part_name, use_encoder
from tests.benchmarks.examples import question_sets, selections


def nearest_is_right(encoder: Path, asked: Sequence[Selection]) -> list[bool]:
    """Of each question, whether the passage that is nearest to it by a folder's encoder answers it."""
    model = StaticEncoder(encoder)
    return [
        int(np.argmax(model.encode_passages(one.passages) @ model.encode_query([one.question])[0])) in one.right
        for one in asked
    ]


def main(arguments: Sequence[str] | None = None) -> int:
    """Trains what is not there yet; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.encoders",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--data", type=Path, required=True, help="folder with the open data")
    parser.add_argument("--encoder", type=Path, required=True, help="folder of the model after its second stage")
    parser.add_argument("--out", type=Path, required=True, help="folder for the encoders")
    parser.add_argument("--workers", type=int, default=2, help="processes that read sets (default: %(default)s)")
    options = parser.parse_args(arguments)
    sets = question_sets()
    with (
        tempfile.TemporaryDirectory(prefix="xiaoka-encoders-") as folder,
        ProcessPoolExecutor(options.workers, initializer=use_encoder, initargs=(options.encoder,)) as pool,
    ):
        data = [Path(folder) / one.name for one in sets]
        of_set = dict(zip((one.name for one in sets), pool.map(selections, sets, data), strict=True))
    own = read_selections([OWN_TEXT / "selections.jsonl"])
    recipe = SelectionRecipe()
    pairs = read_pairs(options.data, seed=recipe.seed)
    left_out = {"all": frozenset[str](), **{part_name(at): part for at, part in enumerate(folds(sets))}}
    for name, without in left_out.items():
        if (options.out / name / "training.json").is_file():
            continue
        known = [one for of, found in of_set.items() if of not in without for one in found]
        print(f"Training {name} on {len(known)} questions of sets and {len(own)} others.", file=sys.stderr)
        write_tuned(
            options.encoder,
            [*known, *own],
            options.out / name,
            pairs=pairs,
            shares=shares_of_sources(),
            recipe=recipe,
        )
    scored = {one.name for one in sets if one.scored}
    before, after = [], []
    for name, without in left_out.items():
        held_back = [one for of in sorted(without & scored) for one in of_set[of]]
        before += nearest_is_right(options.encoder, held_back)
        after += nearest_is_right(options.out / name, held_back)
    shares = " and then ".join(f"{100 * sum(right) / len(right):.1f} %" for right in (before, after))
    print(f"A sentence that answers is the nearest of its article for {shares} of {len(after)} questions.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
