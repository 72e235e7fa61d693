"""Makes the built-in encoder: `python -m index.training --data DIR --out DIR`."""

from __future__ import annotations

import argparse
import dataclasses
import json
import logging
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from corpus.errors import UnusableInput
from index.training.export import build_tokenizer, character_rules, fold, save
from index.training.features import Vocabulary, VocabularyLimits
from index.training.sources import HELD_BACK_FOLD, N_FOLDS, OWN_TEXT, read_pairs, sources, texts_of

_log = logging.getLogger("xiaoka.training")
_REPORT = "training.json"


def main(arguments: Sequence[str] | None = None) -> int:
    """Trains and writes the model; returns the exit code."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    try:
        _make(options)
    except UnusableInput as error:
        _log.error("%s", error)
        return 2
    return 0


def _make(options: argparse.Namespace) -> None:
    """Reads the pairs, trains and writes the model with its report: a stage for each run that led to it."""
    begun = time.monotonic()
    earlier_stages = _stages_before(options.after) if options.after else []
    held_back = tuple(options.held_back)
    pairs = read_pairs(options.data, seed=options.seed, held_back=held_back, own_text=options.own_text)
    for name, found in pairs.items():
        _log.info("%-24s %7d pairs", name, len(found))
    vocabulary = Vocabulary.of(texts_of(pairs), VocabularyLimits()) if options.after is None else None

    from index.training.model import FeatureBag  # torch takes its time; a missing file is told before
    from index.training.train import Recipe, train

    given = {"n_steps": options.steps, "learning_rate": options.learning_rate}
    recipe = dataclasses.replace(Recipe(), seed=options.seed, **{name: value for name, value in given.items() if value})
    earlier = None
    if vocabulary is None:
        earlier = FeatureBag.load(str(options.after), most_features=recipe.most_features)
        vocabulary = earlier.vocabulary
    _log.info("%d features, after %.0f s", len(vocabulary), time.monotonic() - begun)
    shares = {source.name: source.n_batches for source in sources(held_back, options.own_text)}
    vectors = train(pairs, shares, vocabulary, recipe, checkpoints=options.out / "checkpoints", begun=earlier)
    table = fold(vocabulary, vectors)
    save(options.out, table=table, tokenizer=build_tokenizer(table.tokens, character_rules(vocabulary)))
    stage = {
        "recipe": dataclasses.asdict(recipe),
        "shares": shares,
        "n_pairs": {name: len(found) for name, found in pairs.items()},
        "held_back_folds": held_back,
        "minutes": round((time.monotonic() - begun) / 60, 1),
    }
    made = {"n_tokens": len(table.tokens), "stages": [*earlier_stages, stage]}
    (options.out / _REPORT).write_text(json.dumps(made, indent=2) + "\n", encoding="utf-8")
    _log.info("The model is in %s; %.0f minutes.", options.out, stage["minutes"])


def _stages_before(checkpoint: Path) -> list[object]:
    """What the report of the run that wrote the checkpoint says of its stages.

    Raises:
        UnusableInput: The run's report is not in the folder that holds its `checkpoints`.
    """
    file = checkpoint.resolve().parent.parent / _REPORT
    if not file.is_file():
        raise UnusableInput(
            "`--after` must be `checkpoints/checkpoint-N` in the folder of a run that ended; "
            f"got {str(checkpoint)!r}, and `{file}` is not there. Let that run end first."
        )
    stages: list[object] = json.loads(file.read_text(encoding="utf-8"))["stages"]
    return stages


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m index.training", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with the open data (see the model card)")
    parser.add_argument("--out", type=Path, required=True, help="folder for the model; a stopped run goes on there")
    parser.add_argument("--own-text", type=Path, default=OWN_TEXT, help="folder with the project's own text")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--after", type=Path, help="a checkpoint's folder of an earlier run, to go on from")
    parser.add_argument("--learning-rate", type=float, help="Adam's highest, when not the recipe's")
    parser.add_argument("--steps", type=int, help="batches to train for, when not the recipe's")
    parser.add_argument(
        "--held-back",
        type=int,
        nargs="*",
        choices=range(N_FOLDS),
        default=[HELD_BACK_FOLD],
        help="folds of stard_zh's questions to leave out (default: %(default)s)",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
