"""Trains a static model to tell which passage of an article answers a question, against the others of that article.

    python -m index.training.selection --data DIR --encoder DIR --out DIR FILE …

Pairs of texts from anywhere teach what is of one subject. What they do not teach is what tells one sentence of an
article from the next, all of them on the same card: that takes questions with the whole article to choose from. The
files hold such articles in JSON Lines: `passages`, and `questions` with `q` and `right`, the numbers of the passages
that answer (none when the article does not).

Source: the loss is ListNet's with one choice, Cao et al. 2007, "Learning to Rank: From Pairwise Approach to Listwise
Approach"; where several passages are right their probabilities are added up.
"""

from __future__ import annotations

import argparse
import json
import logging
import shutil
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file
from tokenizers import Tokenizer

from corpus.errors import UnusableInput
from index.training.export import TokenTable, save
from index.training.sources import HELD_BACK_FOLD, OWN_TEXT, Pairs, read_pairs, sources

if TYPE_CHECKING:
    from torch import Tensor

    from index.encoder import Vectors

_log = logging.getLogger("xiaoka.training")
_REPORT = "training.json"
_SHORT = 4  # of a text with fewer tokens none is left out

Tokens = NDArray[np.int64]  # the rows of a text's tokens


@dataclass(frozen=True, slots=True)
class Selection:
    """A question and the passages of an article, of which those at `right` answer it by themselves."""

    question: str
    passages: tuple[str, ...]
    right: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SelectionRecipe:
    """What decides how the model comes out, besides its texts.

    Attributes:
        n_epochs: How often each selection is seen.
        batch_size: Selections in a batch.
        n_pair_batches: Batches of pairs, each of one source, beside each of selections.
        n_pairs: Pairs in such a batch, told apart from each other.
        pair_weight: What the loss of a batch of pairs counts against that of the selections.
        learning_rate: Adam's, falling to nothing.
        scale: What cosines within an article are multiplied by before the softmax; a low one asks for wide margins.
        pair_scale: The same for the pairs.
        left_out: Share of a text's tokens that is left out by chance each time.
        most_tokens: Of a longer text as many are drawn.
        seed: Of every chance there is.
    """

    n_epochs: int = 5
    batch_size: int = 64
    n_pair_batches: int = 1
    n_pairs: int = 512
    pair_weight: float = 1.0
    learning_rate: float = 0.015
    scale: float = 6.0
    pair_scale: float = 20.0
    left_out: float = 0.3
    most_tokens: int = 120
    seed: int = 0


class StaticTable:
    """A static model's table in full numbers, and its tokenizer.

    Attributes:
        rows: Shape `(n_rows, dimensions)`.
        row_of: The row of each token, by its number.
    """

    def __init__(self, folder: Path) -> None:
        tensors = load_file(folder / "model.safetensors")
        self.row_of: NDArray[np.int32] = tensors["mapping"]
        # Tokens that share a row share its scale.
        scales = np.zeros(len(tensors["embeddings"]), dtype=np.float32)
        scales[self.row_of] = tensors["weights"]
        self.rows: Vectors = tensors["embeddings"].astype(np.float32) * scales[:, None]
        self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self.tokenizer.no_padding()

    def tokens_by_text(self, texts: Iterable[str]) -> dict[str, Tokens]:
        """The rows of each text's tokens, in order."""
        distinct = list(dict.fromkeys(texts))
        read = self.tokenizer.encode_batch_fast(distinct, add_special_tokens=False)
        return {
            text: self.row_of[np.array(encoding.ids, dtype=np.intp)].astype(np.int64)
            for text, encoding in zip(distinct, read, strict=True)
        }


def read_selections(files: Iterable[Path]) -> list[Selection]:
    """The selections of files; those that no passage answers are left out, as they tell nothing of which does."""
    articles = (json.loads(line) for file in files for line in file.read_text(encoding="utf-8").splitlines() if line)
    return [
        Selection(asked["q"], tuple(article["passages"]), tuple(asked["right"]))
        for article in articles
        for asked in article["questions"]
        if asked["right"]
    ]


def tuned(
    table: StaticTable,
    selections: Sequence[Selection],
    pairs: Mapping[str, Pairs],
    shares: Mapping[str, float],
    recipe: SelectionRecipe,
) -> Vectors:
    """The table's rows after training, shape `(n_rows, dimensions)`; rows of tokens in no text stay as they are.

    Args:
        table: What to go on from.
        selections: What it is to learn.
        pairs: By source: what it is not to forget.
        shares: Each source's part of the batches of pairs.
        recipe: How.
    """
    import torch
    from torch.nn import functional

    chance = np.random.default_rng(recipe.seed)
    known = table.tokens_by_text(
        text for texts in ((one.question, *one.passages) for one in selections) for text in texts
    ) | table.tokens_by_text(text for found in pairs.values() for pair in found for text in pair)
    used = np.unique(np.concatenate(list(known.values())))
    place = np.zeros(len(table.rows), dtype=np.int64)
    place[used] = np.arange(len(used))
    rows = torch.nn.Parameter(torch.from_numpy(table.rows[used]))
    adam = torch.optim.Adam([rows], lr=recipe.learning_rate)
    batches = list(_batches(len(selections), recipe, chance))
    falling = torch.optim.lr_scheduler.LinearLR(adam, 1.0, 0.02, len(batches))
    drawn_from = _drawn_sources(
        shares, [name for name in pairs if pairs[name]], len(batches) * recipe.n_pair_batches, chance
    )

    def encoded(texts: Iterable[str]) -> Tensor:
        drawn = [place[_thinned(known[text], recipe, chance)] for text in texts]
        begins = torch.from_numpy(np.cumsum([0, *map(len, drawn)])[:-1])
        summed = functional.embedding_bag(torch.from_numpy(np.concatenate(drawn)), rows, begins, mode="sum")
        return functional.normalize(summed, dim=1)

    def loss_of_selections(batch: Sequence[int]) -> Tensor:
        said = [passage for at in batch for passage in selections[at].passages]
        scores = recipe.scale * encoded([selections[at].question for at in batch]) @ encoded(said).T
        ends = np.cumsum([len(selections[at].passages) for at in batch])
        total = scores.new_zeros(())
        for row, (at, end) in enumerate(zip(batch, ends, strict=True)):
            of_article = scores[row, end - len(selections[at].passages) : end]
            total = total + of_article.logsumexp(0) - of_article[list(selections[at].right)].logsumexp(0)
        return total / len(batch)

    def loss_of_pairs(found: Pairs) -> Tensor:
        drawn = [found[at] for at in chance.choice(len(found), min(recipe.n_pairs, len(found)), replace=False)]
        others = [pair[2] for pair in drawn if len(pair) > 2]
        second = [pair[1] for pair in drawn]
        scores = recipe.pair_scale * encoded([pair[0] for pair in drawn]) @ encoded([*second, *others]).T
        # The same text behind another question is no wrong answer.
        numbers = {text: number for number, text in enumerate(second)}
        of = torch.tensor([numbers[text] for text in second])
        same = (of[:, None] == of[None, :]) & ~torch.eye(len(of), dtype=torch.bool)
        same = functional.pad(same, (0, len(others)))
        return functional.cross_entropy(scores.masked_fill(same, -torch.inf), torch.arange(len(of)))

    for batch in batches:
        adam.zero_grad()
        loss = loss_of_selections(batch)
        for _ in range(recipe.n_pair_batches if drawn_from else 0):
            loss = loss + recipe.pair_weight * loss_of_pairs(pairs[drawn_from.pop()])
        loss.backward()
        adam.step()
        falling.step()
    found = table.rows.copy()
    found[used] = rows.detach().numpy()
    return found


def write_tuned(
    encoder: Path,
    selections: Sequence[Selection],
    out: Path,
    *,
    pairs: Mapping[str, Pairs],
    shares: Mapping[str, float],
    recipe: SelectionRecipe,
) -> None:
    """Writes the static model of a folder to another folder, trained on selections, with a report of its stages.

    The arguments are those of `tuned`, `encoder` the folder of the model to go on from and `out` the one to write.
    """
    table = StaticTable(encoder)
    rows = tuned(table, selections, pairs, shares, recipe)
    save(out, table=TokenTable((), rows, table.row_of), tokenizer=table.tokenizer)
    shutil.copyfile(encoder / "tokenizer.json", out / "tokenizer.json")  # the same, to the byte
    report = encoder / _REPORT
    before: dict[str, Any] = json.loads(report.read_text(encoding="utf-8")) if report.is_file() else {"stages": []}
    stage = {
        "recipe": asdict(recipe),
        "n_selections": len(selections),
        "shares": dict(shares),
        "n_pairs": {name: len(found) for name, found in pairs.items()},
    }
    after = {**before, "stages": [*before["stages"], stage]}
    (out / _REPORT).write_text(json.dumps(after, indent=2) + "\n", encoding="utf-8")


def shares_of_sources() -> dict[str, float]:
    """Each source's part of the batches of pairs."""
    return {source.name: source.n_batches for source in sources((HELD_BACK_FOLD,), OWN_TEXT)}


def _batches(n: int, recipe: SelectionRecipe, chance: np.random.Generator) -> Iterator[list[int]]:
    for _ in range(recipe.n_epochs):
        order: list[int] = chance.permutation(n).tolist()
        for begin in range(0, n, recipe.batch_size):
            yield order[begin : begin + recipe.batch_size]


def _drawn_sources(shares: Mapping[str, float], names: Sequence[str], n: int, chance: np.random.Generator) -> list[str]:
    if not names:
        return []
    parts = np.array([shares[name] for name in names])
    return [names[at] for at in chance.choice(len(names), n, p=parts / parts.sum())]


def _thinned(text: Tokens, recipe: SelectionRecipe, chance: np.random.Generator) -> Tokens:
    """A text without some of its tokens; one that has none is given the row of what is unknown."""
    if not len(text):
        return np.zeros(1, dtype=np.int64)
    if len(text) > recipe.most_tokens:
        return chance.choice(text, recipe.most_tokens, replace=False)
    if len(text) < _SHORT or not recipe.left_out:
        return text
    kept = chance.random(len(text)) >= recipe.left_out
    return text[kept] if kept.any() else text


def main(arguments: Sequence[str] | None = None) -> int:
    """Trains and writes the model; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m index.training.selection",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--data", type=Path, required=True, help="folder with the open data (see the model card)")
    parser.add_argument("--encoder", type=Path, required=True, help="folder of the static model to go on from")
    parser.add_argument("--out", type=Path, required=True, help="folder for the trained model")
    parser.add_argument("files", type=Path, nargs="+", metavar="FILE", help="articles with questions, in JSON Lines")
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    recipe = SelectionRecipe()
    try:
        selections = read_selections(options.files)
        pairs = read_pairs(options.data, seed=recipe.seed)
        write_tuned(options.encoder, selections, options.out, pairs=pairs, shares=shares_of_sources(), recipe=recipe)
    except UnusableInput as error:
        _log.error("%s", error)
        return 2
    except FileNotFoundError as error:
        _log.error("`%s` is not there. Check the folder of the encoder and the files.", error.filename)
        return 2
    _log.info("Trained on %d questions; the model is in %s.", len(selections), options.out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
