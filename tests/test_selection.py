"""Training on choices within an article: on a small table, what it learns and what it leaves alone."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from index.static_encoder import StaticEncoder
from index.training.export import build_tokenizer, character_rules, fold, save
from index.training.features import Vocabulary, VocabularyLimits
from index.training.selection import (
    Selection,
    SelectionRecipe,
    StaticTable,
    main,
    read_selections,
    tuned,
    write_tuned,
)
from index.training.sources import OWN_TEXT

PASSAGES = ("带本人身份证到柜台办理。", "工本费五元，押金二十元。", "余额三个工作日内退回。", "窗口周一到周五开门。")
ASKED = {"要花多少钱": 1, "啥时候开门": 3, "钱多久到账": 2, "要带什么证件": 0}
SELECTIONS = [Selection(question, PASSAGES, (right,)) for question, right in ASKED.items()]
UNSAID = "罕见罕见"
RECIPE = SelectionRecipe(n_epochs=40, batch_size=2, n_pairs=4, left_out=0.0)
PAIRS = {"own": [("要花多少钱", "费用"), ("带什么", "材料"), ("哪天开门", "时间")]}


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that knows all these texts' characters and pairs, its vectors drawn by chance."""
    texts = [*PASSAGES, *ASKED, UNSAID, *(text for pair in PAIRS["own"] for text in pair)]
    known = Vocabulary.of([*texts, *texts], VocabularyLimits())
    table = fold(known, np.random.default_rng(3).normal(size=(len(known), 16)).astype(np.float32))
    folder = tmp_path_factory.mktemp("base")
    save(folder, table=table, tokenizer=build_tokenizer(table.tokens, character_rules(known)))
    return folder


def n_right(folder: Path) -> int:
    encoder = StaticEncoder(folder)
    scores = encoder.encode_query(list(ASKED)) @ encoder.encode_passages(PASSAGES).T
    return int((scores.argmax(axis=1) == list(ASKED.values())).sum())


def test_the_passage_that_answers_comes_to_be_nearest(base: Path, tmp_path: Path) -> None:
    assert n_right(base) < len(ASKED)

    write_tuned(base, SELECTIONS, tmp_path, pairs=PAIRS, shares={"own": 1.0}, recipe=RECIPE)

    assert n_right(tmp_path) == len(ASKED)
    assert (tmp_path / "tokenizer.json").read_bytes() == (base / "tokenizer.json").read_bytes()
    (stage,) = json.loads((tmp_path / "training.json").read_text(encoding="utf-8"))["stages"]
    assert (stage["n_selections"], stage["n_pairs"], stage["recipe"]["n_epochs"]) == (4, {"own": 3}, 40)


def test_rows_of_what_no_text_says_stay_as_they_are(base: Path) -> None:
    table = StaticTable(base)
    after = tuned(table, SELECTIONS, {}, {}, RECIPE)
    said = np.unique(np.concatenate(list(table.tokens_by_text([*PASSAGES, *ASKED]).values())))
    changed = np.flatnonzero((after != table.rows).any(axis=1))

    assert len(changed)
    assert set(changed) <= set(said)
    assert set(table.tokens_by_text([UNSAID])[UNSAID]).isdisjoint(changed)


def test_the_same_chance_gives_the_same_rows(base: Path) -> None:
    table, recipe = StaticTable(base), replace(RECIPE, n_epochs=2, left_out=0.3)
    once, again = (tuned(table, SELECTIONS, PAIRS, {"own": 1.0}, recipe) for _ in range(2))
    other = tuned(table, SELECTIONS, PAIRS, {"own": 1.0}, replace(recipe, seed=1))

    np.testing.assert_allclose(once, again, atol=1e-5)
    assert not np.allclose(once, other, atol=1e-5)


def test_two_right_passages_are_not_told_apart(base: Path) -> None:
    both = [Selection("要花多少钱", PASSAGES, (1, 2))]
    table = StaticTable(base)
    rows = tuned(table, both, {}, {}, replace(RECIPE, n_epochs=200))

    def vector(text: str) -> np.ndarray:
        summed = rows[table.tokens_by_text([text])[text]].sum(axis=0)
        return np.asarray(summed / np.linalg.norm(summed))

    near = [float(vector("要花多少钱") @ vector(passage)) for passage in PASSAGES]
    assert min(near[1], near[2]) > max(near[0], near[3])


def test_the_table_is_read_in_full_numbers(base: Path) -> None:
    table, encoder = StaticTable(base), StaticEncoder(base)
    text = PASSAGES[0]

    np.testing.assert_allclose(
        table.rows[table.tokens_by_text([text])[text]], encoder.token_rows(encoder.token_ids([text])[0]), rtol=1e-6
    )


def test_questions_that_nothing_answers_are_left_out(tmp_path: Path) -> None:
    file = tmp_path / "articles.jsonl"
    questions = [{"q": "多少钱", "right": [1]}, {"q": "电话多少", "right": []}]
    file.write_text(json.dumps({"passages": PASSAGES, "questions": questions}) + "\n", encoding="utf-8")

    assert read_selections([file]) == [Selection("多少钱", PASSAGES, (1,))]


def test_the_projects_own_articles_can_be_learnt_from() -> None:
    rows = [json.loads(line) for line in (OWN_TEXT / "selections.jsonl").read_text(encoding="utf-8").splitlines()]
    found = read_selections([OWN_TEXT / "selections.jsonl"])

    assert len(rows) >= 100
    assert len(found) >= 5_000
    assert all(len(row["passages"]) >= 15 for row in rows)
    assert all(one.right and max(one.right) < len(one.passages) for one in found)


def test_a_file_that_is_missing_is_named(base: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    missing = tmp_path / "none.jsonl"

    assert main(["--data", str(tmp_path), "--encoder", str(base), "--out", str(tmp_path / "out"), str(missing)]) == 2
    assert str(missing) in caplog.text
    assert not (tmp_path / "out").exists()
