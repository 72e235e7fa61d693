"""The retrieval benchmark's own arithmetic."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest

from assistant.evaluation.statistics import randomisation_p
from tests.benchmarks import retrieval
from tests.benchmarks.significance import interval
from tests.test_repository import ROOT, table_between


@pytest.fixture
def beir(tmp_path: Path) -> Path:
    folder = tmp_path / "cards"
    folder.mkdir()
    texts = {"a": "注销交通卡需要身份证", "b": "注销银行卡需要还清欠款", "c": "门禁卡交还物业", "d": "今天的天气"}
    corpus = [{"_id": name, "title": "", "text": text} for name, text in texts.items()]
    queries = [{"_id": "1", "text": "交通卡"}, {"_id": "2", "text": "欠款"}, {"_id": "3", "text": "没有答案的问题"}]
    for name, rows in (("corpus", corpus), ("queries", queries)):
        (folder / f"{name}.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    (folder / "qrels.tsv").write_text(
        "query-id\tcorpus-id\tscore\n1\ta\t1\n2\tb\t1\n2\tc\t1\n3\ta\t0\n", encoding="utf-8"
    )
    return folder


def test_a_folder_of_beir_layout_is_read(beir: Path) -> None:
    dataset = retrieval.read_beir(beir)

    assert dataset.passages["c"] == "门禁卡交还物业"
    assert dataset.questions == {"1": "交通卡", "2": "欠款"}
    assert dataset.qrels == {"1": {"a": 1}, "2": {"b": 1, "c": 1}}


def test_folds_share_out_the_questions(beir: Path) -> None:
    asked = [set(retrieval.read_beir(beir, fold).questions) for fold in range(5)]

    assert set().union(*asked) == {"1", "2"}
    assert sum(map(len, asked)) == 2


def test_measures_are_those_of_the_field(beir: Path) -> None:
    dataset = retrieval.read_beir(beir)
    values = retrieval.judge(dataset, {"1": {"b": 2.0, "a": 1.0}, "2": {"b": 3.0, "d": 2.0}})

    # 1: its passage comes second, 1 / log2(3). 2: one of two first: 1 / (1 + 1 / log2(3)).
    assert values["nDCG@10"] == [0.6309, 0.6131]
    assert values["R@10"] == [1.0, 0.5]
    assert values["RR"] == [0.5, 1.0]


def test_a_question_that_a_system_finds_nothing_for_counts_as_nothing(beir: Path) -> None:
    assert retrieval.judge(retrieval.read_beir(beir), {"1": {"a": 1.0}})["nDCG@10"] == [1.0, 0.0]


def test_every_system_is_measured_in_one_run(beir: Path) -> None:
    measured = retrieval.measure_retrieval(retrieval.read_beir(beir), ["builtin"], fusions=True)

    assert list(measured["systems"])[:3] == ["lexical (BM25)", "dense (builtin)", "hybrid (builtin)"]
    assert {"reciprocal ranks (builtin)", "weight 0.5 (builtin)", "learned (builtin)"} <= set(measured["systems"])
    assert measured["systems"]["lexical (BM25)"]["RR"] == {"mean": 100.0, "low": 100.0, "high": 100.0}
    assert measured["p_of_ndcg"].keys() >= {"lexical (BM25) | dense (builtin)"}
    assert "| lexical (BM25) |" in retrieval.render(measured)


def test_reciprocal_ranks_add_up() -> None:
    run = retrieval.reciprocal_ranks({"q": ([("a", 0.9), ("b", 0.8)], [("b", 7.0)])})

    # a: 1 / 61; b: 1 / 62 + 1 / 61.
    assert run["q"] == pytest.approx({"a": 1 / 61, "b": 1 / 62 + 1 / 61})


def test_parallel_paragraphs_are_asked_both_ways(tmp_path: Path) -> None:
    file = tmp_path / "p.jsonl"
    file.write_text('{"zh": "银行卡", "en": "bank card"}\n{"zh": "天气", "en": "weather"}\n', encoding="utf-8")
    forth, back = retrieval.read_parallel(file)

    assert (forth.questions["1"], forth.passages["1"], forth.qrels["1"]) == ("天气", "weather", {"1": 1})
    assert (back.questions["0"], back.passages["0"]) == ("bank card", "银行卡")


def test_paraphrases_are_correlated_by_rank(tmp_path: Path) -> None:
    file = tmp_path / "pairs.jsonl"
    rows = [
        ("注销银行卡", "注销银行卡", 1),
        ("注销银行卡", "今天天气", 0),
        ("门禁卡", "门禁卡", 1),
        ("门禁卡", "弹钢琴", 0),
    ]
    file.write_text("\n".join(json.dumps({"a": a, "b": b, "label": label}) for a, b, label in rows), encoding="utf-8")
    systems = retrieval.measure_pairs(file, ["builtin"])["systems"]

    # Ranks of the cosines 3.5, x, 3.5, y with x, y of 1 and 2: Spearman with labels 1, 0, 1, 0 is 0.943.
    assert systems["builtin"]["spearman"]["mean"] == pytest.approx(94.3, abs=0.1)


def test_an_encoder_can_be_cut_to_its_leading_dimensions() -> None:
    whole, cut = (retrieval.encoder_named(name) for name in ("builtin", "builtin[:64]"))
    (row,), (part,) = whole.encode_query(["注销"]), cut.encode_query(["注销"])

    assert cut.dimensions == 64
    assert part.tolist() == pytest.approx((row[:64] / np.linalg.norm(row[:64])).tolist(), abs=1e-6)


def test_a_path_that_is_not_there_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert retrieval.main(["pairs", "/no/such/file"]) == 2
    assert "`path` must be there" in capsys.readouterr().err


def test_an_interval_holds_the_mean_and_narrows_with_more() -> None:
    few, many = [0.0, 1.0] * 10, [0.0, 1.0] * 1_000

    assert interval(few)[0] < 0.5 < interval(few)[1]
    # 1.96 * 0.5 / sqrt(2,000) = 0.0219.
    assert interval(many) == pytest.approx((0.5 - 0.0219, 0.5 + 0.0219), abs=0.003)


def test_a_difference_that_is_always_there_is_no_chance() -> None:
    rng = np.random.default_rng(1)
    base = rng.random(50)

    assert randomisation_p(base + 0.1, base) < 0.001
    assert randomisation_p(base, base) == 1.0
    assert randomisation_p([1.0, 0.0], [0.0, 1.0]) == 1.0


def test_the_cost_of_an_encoder_is_measured_on_short_questions() -> None:
    figures = retrieval.measure_encoder("builtin")

    assert 5 < figures["characters"] <= 20
    assert figures["dimensions"] == 256
    assert figures["batched_per_second"] > 1_000
    assert figures["single_ms"] < 20


@pytest.mark.parametrize("name", ["retrieval", "parallel", "pairs", "truncated"])
def test_the_model_card_shows_what_was_measured(name: str) -> None:
    card = (ROOT / "index" / "encoder" / "README.md").read_text(encoding="utf-8")
    measured = json.loads((retrieval.RESULTS / f"{name}.json").read_text(encoding="utf-8"))

    assert table_between(card, name) == "\n\n".join(map(retrieval.render, measured))
    if name == "retrieval":
        assert (
            f"<!-- cost:begin -->{retrieval.render_cost(measured[0]['encoders']['builtin'])}<!-- cost:end -->" in card
        )


def test_the_model_card_counts_the_pairs_that_training_saw() -> None:
    folder = ROOT / "index" / "encoder"
    first, second, last = json.loads((folder / "training.json").read_text(encoding="utf-8"))["stages"]
    counted = second["n_pairs"]
    card = (folder / "README.md").read_text(encoding="utf-8")
    shown = [int(n.replace(",", "")) for n in re.findall(r"\| ([\d,]+) \|", card)]

    assert sum(shown[:11]) == sum(counted.values())
    assert {name for name in counted if counted[name] != first["n_pairs"][name]} == {"own procedures"}
    assert first["held_back_folds"] == second["held_back_folds"] == [0]
    # The third stage goes over the same pairs, lest they be forgotten.
    assert last["n_pairs"] == counted
    assert f"{last['n_selections']:,} questions" in card


def test_the_model_card_compares_both_versions_by_what_was_measured() -> None:
    card = (ROOT / "index" / "encoder" / "README.md").read_text(encoding="utf-8")

    assert table_between(card, "versions") == retrieval.render_versions(retrieval.RESULTS / "v2", retrieval.RESULTS)


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("README.md", "BM25 {}, the encoder {}, both fused {}"),
        ("README.zh-CN.md", "BM25 {}，编码器 {}，两者融合 {}"),
    ],
)
def test_the_readme_gives_the_figures_that_were_measured(name: str, shape: str) -> None:
    (measured,) = json.loads((retrieval.RESULTS / "retrieval.json").read_text(encoding="utf-8"))
    figures = [
        measured["systems"][system]["nDCG@10"]["mean"]
        for system in ("lexical (BM25)", "dense (builtin)", "hybrid (builtin)")
    ]

    assert shape.format(*figures) in (ROOT / name).read_text(encoding="utf-8")
