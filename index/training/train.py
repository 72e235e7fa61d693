"""Trains the built-in encoder on pairs of texts with sentence-transformers' trainer."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from datasets import Dataset
from sentence_transformers import SentenceTransformer, SentenceTransformerTrainer, SentenceTransformerTrainingArguments
from sentence_transformers.base.modules import Normalize
from sentence_transformers.sentence_transformer.losses import MatryoshkaLoss, MultipleNegativesRankingLoss
from sentence_transformers.sentence_transformer.training_args import BatchSamplers, MultiDatasetBatchSamplers
from transformers.trainer_utils import get_last_checkpoint

from index.encoder import Vectors
from index.training.features import Vocabulary
from index.training.model import FeatureBag
from index.training.sources import Pairs

_COLUMNS = ("anchor", "positive", "negative")


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """What decides how the encoder comes out, besides its texts.

    Attributes:
        n_steps: Batches in all, shared out among the sources.
        batch_size: Pairs in a batch, all of one source: the others' second texts are what a pair is told apart from.
        learning_rate: Adam's, rising over the first steps and falling to nothing over the rest.
        scale: What cosines are multiplied by before the softmax.
        most_features: Of a longer text as many features are drawn for each step.
        truncations: Numbers of leading dimensions that have to be of use by themselves, besides all of them.
        seed: Of every chance there is.
    """

    dimensions: int = 256
    n_steps: int = 1_200
    batch_size: int = 768
    learning_rate: float = 0.01
    scale: float = 20.0
    most_features: int = 100
    truncations: tuple[int, ...] = (128, 64)
    warmup_steps: int = 50
    save_every: int = 500
    seed: int = 0


def train(
    pairs: Mapping[str, Pairs],
    shares: Mapping[str, float],
    vocabulary: Vocabulary,
    recipe: Recipe,
    *,
    checkpoints: Path,
    begun: FeatureBag | None = None,
) -> Vectors:
    """The vectors of the features, shape `(len(vocabulary), dimensions)`; goes on from the last checkpoint, if any.

    Args:
        pairs: By source; all pairs of a source have as many texts.
        shares: Each source's part of the steps.
        vocabulary: The features to learn.
        recipe: How.
        checkpoints: A folder for what is needed to go on after a stop.
        begun: What an earlier training learnt of the same features, to go on from; it is trained in place. Adam and
            its learning rate begin anew. None to begin with vectors drawn by chance.
    """
    bag = begun or FeatureBag(
        vocabulary, dimensions=recipe.dimensions, most_features=recipe.most_features, seed=recipe.seed
    )
    model = SentenceTransformer(modules=[bag, Normalize()])
    ranking = MultipleNegativesRankingLoss(
        model, scale=recipe.scale, directions=("query_to_doc", "doc_to_query"), partition_mode="per_direction"
    )
    trainer = SentenceTransformerTrainer(
        model=model,
        args=SentenceTransformerTrainingArguments(
            output_dir=str(checkpoints),
            max_steps=recipe.n_steps,
            per_device_train_batch_size=recipe.batch_size,
            learning_rate=recipe.learning_rate,
            warmup_steps=recipe.warmup_steps,
            lr_scheduler_type="linear",
            weight_decay=0.0,
            max_grad_norm=0.0,
            batch_sampler=BatchSamplers.NO_DUPLICATES,
            multi_dataset_batch_sampler=MultiDatasetBatchSamplers.PROPORTIONAL,
            save_steps=recipe.save_every,
            save_total_limit=1,
            logging_steps=50,
            report_to="none",
            dataloader_pin_memory=False,
            seed=recipe.seed,
        ),
        train_dataset=_datasets(pairs, shares, recipe),
        loss=MatryoshkaLoss(model, ranking, [recipe.dimensions, *recipe.truncations]),
    )
    trainer.train(resume_from_checkpoint=get_last_checkpoint(str(checkpoints)) if checkpoints.is_dir() else None)
    return bag.vectors


def _datasets(pairs: Mapping[str, Pairs], shares: Mapping[str, float], recipe: Recipe) -> dict[str, Dataset]:
    """One set for each source, as long as its share of the steps: pairs are taken in turn, shuffled each time round."""
    total = sum(shares[name] for name in pairs)
    found = {}
    for name, known in pairs.items():
        rng = random.Random(f"{recipe.seed} {name}")
        n_rows = max(1, round(recipe.n_steps * shares[name] / total)) * recipe.batch_size
        rows: Pairs = []
        while len(rows) < n_rows:
            rows += rng.sample(known, min(len(known), n_rows - len(rows)))
        columns = _COLUMNS[: len(known[0])]
        found[name] = Dataset.from_dict(dict(zip(columns, map(list, zip(*rows, strict=True)), strict=True)))
    return found
