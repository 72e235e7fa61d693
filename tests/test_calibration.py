"""What the assistant weighs was learnt by `tests/benchmarks/calibrate.py`: the files, the fit and the figures."""

from __future__ import annotations

import json
import math
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from assistant.choice import Choice, Features, load_choice
from assistant.route import LONGEST_RUN, ROUTES, Route, choose_route, route_flags, route_text, runs_of
from assistant.subject_choice import profile_of, subject_features
from assistant.thresholds import ANSWERS_FROM, SURELY_ANSWERS_FROM
from assistant.unit_choice import best_of
from assistant.unit_features import unit_features
from index import encoder
from index.encoder import built_in_encoder, built_in_vector
from tests.assistants import ROOT, built
from tests.benchmarks import calibrate
from tests.benchmarks.chart import draw
from tests.benchmarks.examples import (
    HELD_OUT,
    LOOKED_INTO,
    SETS,
    QuestionSet,
    RouteExample,
    asks_one_thing,
    other_examples,
    question_sets,
    route_asked,
    subject_examples,
)
from tests.benchmarks.fitting import choose_routes, every_flag, fit_choice

ASSISTANT = ROOT / "assistant"
QUESTIONS = ("会员卡退卡要多少钱？", "手机卡怎么注销", "校园卡第二步是什么", "Why should I cancel it?")


@dataclass(frozen=True)
class Example:
    each: list[Features]
    none: Features
    right: tuple[bool, ...]


@pytest.fixture(scope="module")
def routes() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((ASSISTANT / "routes.json").read_text(encoding="utf-8"))
    return found


@pytest.fixture(scope="module")
def measured() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((calibrate.RESULTS / "calibration.json").read_text(encoding="utf-8"))
    return found


# --- the weights that are shipped -----------------------------------------------------------------------------


@pytest.mark.parametrize("question", QUESTIONS)
def test_every_feature_of_a_unit_has_a_weight_and_no_weight_is_left_over(question: str) -> None:
    context = built("a").context([question])
    subjects = built("a").subjects()[:1]
    units = context.units_about(subjects)
    beside = context.beside(units, subjects)
    assert beside
    features = unit_features(
        context.question, units, subjects, context.sources.lexicon, context.sources.boost(), beside
    )
    unit, answer = load_choice("unit"), load_choice("answer")

    assert {name for one in features.each for name in one} == unit.weights.keys()
    assert features.none.keys() == unit.none.keys() == answer.none.keys()
    assert best_of(features.each, unit.among(features.each, features.none)).keys() == answer.weights.keys()


@pytest.mark.parametrize("question", QUESTIONS)
def test_every_feature_of_a_subject_has_a_weight_and_no_weight_is_left_over(question: str) -> None:
    context = built("a").context([question])
    units = context.units_about(())
    profiles = [profile_of(name, [unit for unit in units if name in unit.cards]) for name in built("a").subjects()]
    each, none = subject_features(context.question, profiles)
    weights = load_choice("subject")

    assert len(each) == 3
    assert {name for one in each for name in one} == weights.weights.keys()
    assert none.keys() == weights.none.keys()


def test_every_flag_of_a_question_has_its_weights_and_no_weights_are_left_over(routes: dict[str, Any]) -> None:
    assert routes["flags"].keys() == every_flag()
    assert {len(row) for row in routes["flags"].values()} == {len(ROUTES)}


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("route", ROUTES)
def test_a_question_has_no_flag_that_cannot_be_learnt(question: str, route: Route) -> None:
    assert route_flags(built("a").context([question]).question, route).keys() <= every_flag()


def test_the_weights_of_routes_fit_the_runs_and_the_encoder(routes: dict[str, Any]) -> None:
    assert np.array(routes["vector"]).shape == (len(ROUTES), built_in_encoder().dimensions)
    assert len(routes["bias"]) == len(ROUTES)
    assert {len(row) for row in routes["runs"].values()} == {len(ROUTES)}
    assert {len(run) for run in routes["runs"]} <= set(range(1, LONGEST_RUN + 1))
    # A run that `runs_of` never gives would be a weight for nothing: it has no blank inside and is folded.
    assert [run for run in routes["runs"] if " " in run[1:-1] or run != run.lower()] == []


@pytest.mark.parametrize("question", QUESTIONS)
def test_the_script_chooses_the_route_that_the_assistant_chooses(question: str, routes: dict[str, Any]) -> None:
    asked = built("a").context([question]).question
    example = RouteExample(
        set_name="",
        case_id="",
        text=asked.text,
        vector=built_in_vector(asked.text)[0],
        runs=runs_of(route_text(asked)),
        flags=route_flags(asked, "detail"),
        route="detail",
        by_rule="detail",
    )
    likely = choose_route(asked, by_rule="detail")

    assert sum(likely.values()) == pytest.approx(1)
    assert all(0 <= value <= 1 for value in likely.values())
    assert choose_routes(routes, [example]) == [max(likely, key=likely.__getitem__)]


# --- the fit --------------------------------------------------------------------------------------------------


def drawn(weights: Choice, n: int) -> list[Example]:
    """Examples of two to five candidates, what is right drawn with the probabilities that the weights give."""
    rng = np.random.default_rng(7)
    examples = []
    for _ in range(n):
        each = [dict(zip(weights.weights, row, strict=True)) for row in rng.normal(size=(rng.integers(2, 6), 2))]
        none = {"always": 1.0, "doubt": float(rng.normal())}
        odds = np.exp([0.0, *weights.among(each, none).scores])
        right = rng.choice(len(odds), p=odds / odds.sum()) - 1
        examples.append(Example(each, none, tuple(at == right for at in range(len(each)))))
    return examples


def test_the_weights_that_examples_were_drawn_with_are_found_again() -> None:
    known = Choice({"heading": 1.5, "length": -0.7}, {"always": 0.8, "doubt": 0.6})
    found = fit_choice(drawn(known, 4_000), 0.01)

    assert found.weights == pytest.approx(known.weights, abs=0.12)
    assert found.none == pytest.approx(known.none, abs=0.12)


def test_a_choice_of_one_candidate_gives_the_logarithm_of_the_odds() -> None:
    # Right in 3 of 4 examples without any other feature: log(3) against none.
    examples = [Example([{"same": 0.0}], {"always": 1.0}, (right,)) for right in (True, True, True, False)]
    found = fit_choice(examples, 1e-6)

    assert found.none["always"] == pytest.approx(-math.log(3), abs=1e-3)
    assert found.among([{"same": 0.0}], {"always": 1.0}).probability == pytest.approx(0.75, abs=1e-3)


def test_the_probabilities_of_several_right_candidates_add_up() -> None:
    # Two alike, both right in 3 of 4 examples: 2 / (2 + e^a) = 3/4, so a = log(2/3).
    each: list[Features] = [{"same": 0.0}, {"same": 0.0}]
    examples = [Example(each, {"always": 1.0}, (right, right)) for right in (True, True, True, False)]

    assert fit_choice(examples, 1e-6).none["always"] == pytest.approx(math.log(2 / 3), abs=1e-3)


def test_the_probabilities_of_candidates_and_none_add_up_to_1() -> None:
    chosen = Choice({"a": 2.0}, {"always": 0.5}).among([{"a": 1.0}, {"a": -1.0}], {"always": 1.0})
    odds = [math.exp(score) for score in chosen.scores]  # against none, whose odds are 1

    assert chosen.scores == (1.5, -2.5)
    assert chosen.probability + 1 / (1 + sum(odds)) == pytest.approx(1)
    assert sum(odds) / (1 + sum(odds)) == pytest.approx(chosen.probability)


# --- what is learnt from --------------------------------------------------------------------------------------


def test_the_sets_that_are_held_out_are_there_and_not_learnt_from() -> None:
    learnt_from = {one.name for one in question_sets()}

    assert {folder.name for folder in SETS.iterdir()} >= HELD_OUT | LOOKED_INTO
    assert learnt_from & (HELD_OUT | LOOKED_INTO) == set()
    assert not any("articles_d" in one.articles.name for one in question_sets())


def test_without_the_development_set_the_projects_own_are_learnt_from(tmp_path: Path) -> None:
    names = [one.name for one in question_sets(tmp_path)]

    assert {"smart-card-extra", "smart-card-more", "a", "b", "c", "e1", "l3"} <= set(names)
    assert "dev" not in names
    assert set(names) == {one.name for one in question_sets()} - {"dev"}


def test_each_set_is_in_one_part_and_parts_are_even() -> None:
    sets = question_sets()
    parts = calibrate.folds(sets)
    n_scored = [sum(one.scored for one in sets if one.name in part) for part in parts]

    assert sorted(name for part in parts for name in part) == sorted(one.name for one in sets)
    assert max(n_scored) - min(n_scored) <= 1


@pytest.mark.parametrize(
    ("case", "route"),
    [
        ({"kind": "procedure", "steps": {"count": 3}}, "procedure"),
        ({"kind": "single-fact", "asks": ["amount"]}, "detail"),
        ({"kind": "single-fact", "asks": ["procedure"]}, None),
        ({"kind": "why-precaution", "asks": ["why"]}, "reasons"),
        ({"kind": "why-precaution", "asks": ["precaution"]}, "precautions"),
        ({"kind": "noise", "asks": ["step-count"]}, "step"),
        ({"kind": "multi-turn"}, None),
        ({"kind": "comparison"}, "comparison"),
        ({"kind": "ambiguous", "expect": "clarify", "asks": ["procedure"]}, None),
    ],
)
def test_the_route_that_a_question_asks_for_is_told_by_its_set(case: dict[str, Any], route: Route | None) -> None:
    assert route_asked({"expect": "answer"} | case) == route


def test_a_question_for_a_procedure_asks_for_more_than_one_thing() -> None:
    assert asks_one_thing({"kind": "noise", "expect": "answer", "asks": ["amount"]})
    assert not asks_one_thing({"kind": "noise", "expect": "answer", "asks": ["procedure"]})
    assert not asks_one_thing({"kind": "ambiguous", "expect": "clarify"})


def test_examples_say_which_unit_and_which_subject_is_right(tmp_path: Path) -> None:
    articles = tmp_path / "articles"
    articles.mkdir()
    (articles / "cards.md").write_text(
        "# 两种卡\n\n## 健身卡退卡\n\n1. 带上身份证。\n2. 到前台填表。\n\n手续费是二十元。\n\n"
        "## 公交卡退卡\n\n1. 到客服网点。\n2. 交回卡片。\n\n押金当场退还。\n",
        encoding="utf-8",
    )
    cases = [
        {
            "id": "fee",
            "kind": "single-fact",
            "question": "健身卡退卡手续费多少",
            "expect": "answer",
            "asks": ["amount"],
        },
        {"id": "phone", "kind": "unanswerable", "question": "公交卡的客服电话是多少", "expect": "abstain", "asks": []},
    ]
    sections = {"fee": {"sections": ["gym"], "facts": [["二十元"]]}, "phone": {"sections": [], "facts": []}}
    (tmp_path / "q.jsonl").write_text(
        "\n".join(json.dumps(case | sections[case["id"]]) for case in cases), encoding="utf-8"
    )
    (tmp_path / "s.json").write_text('{"gym": ["健身卡"], "_note": "left out"}', encoding="utf-8")
    one = QuestionSet(name="two", articles=articles, questions=tmp_path / "q.jsonl", sections=tmp_path / "s.json")

    (subject,) = subject_examples(one, tmp_path / "data")
    found = other_examples(one, tmp_path / "data", Choice({}, {}))

    assert (subject.case_id, subject.gold) == ("fee", subject.by_rule)
    assert [(unit.case_id, sum(unit.right)) for unit in found.units] == [("fee", 1), ("phone", 0)]
    assert [(route.case_id, route.route) for route in found.routes] == [("fee", "detail"), ("phone", "detail")]


# --- the figures ----------------------------------------------------------------------------------------------


def test_the_thresholds_of_the_assistant_stand_on_the_curve(measured: dict[str, Any]) -> None:
    unit = measured["unit"]

    assert (unit["answers_from"], unit["surely_answers_from"]) == (ANSWERS_FROM, SURELY_ANSWERS_FROM)
    assert {ANSWERS_FROM, SURELY_ANSWERS_FROM} <= {point["threshold"] for point in unit["curve"]}


def test_a_higher_threshold_answers_less_and_refuses_more(measured: dict[str, Any]) -> None:
    for lower, higher in pairwise(measured["unit"]["curve"]):
        assert lower["threshold"] < higher["threshold"]
        assert lower["unanswerable_answered"]["count"] >= higher["unanswerable_answered"]["count"]
        assert lower["answerable_refused"]["count"] <= higher["answerable_refused"]["count"]
        assert lower["answered_rightly"]["count"] >= higher["answered_rightly"]["count"]


def figures_of(value: Any) -> list[dict[str, float]]:  # noqa: ANN401 - JSON
    """Every rate that stands anywhere in the results."""
    if isinstance(value, list):
        return [one for part in value for one in figures_of(part)]
    if not isinstance(value, dict):
        return []
    return [value] if "rate" in value else figures_of(list(value.values()))


def test_every_rate_is_its_count_of_all_and_lies_in_its_interval(measured: dict[str, Any]) -> None:
    found = figures_of(measured)

    assert len(found) > 3 * len(measured["unit"]["curve"])
    for one in found:
        assert one["rate"] == pytest.approx(one["count"] / one["n"], abs=1e-4)
        assert 0 <= one["low"] <= one["rate"] <= one["high"] <= 1


def test_the_figures_are_of_the_sets_that_may_be_scored(measured: dict[str, Any]) -> None:
    assert set(measured["sets"]["scored"]) == {folder.name for folder in SETS.iterdir()} - HELD_OUT - LOOKED_INTO
    assert set(measured["sets"]["learnt_from_only"]) & (HELD_OUT | LOOKED_INTO | {"d"}) == set()


def test_the_confusion_of_routes_adds_up(measured: dict[str, Any]) -> None:
    route = measured["route"]
    rows = route["confusion"]

    assert list(rows) == list(ROUTES)
    assert sum(sum(row.values()) for row in rows.values()) == route["learnt"]["n"] == route["rules"]["n"]
    assert sum(rows[name][name] for name in ROUTES) == route["learnt"]["count"]
    assert {name: sum(rows[name].values()) for name in ROUTES} == {
        name: of["recall"]["n"] for name, of in route["routes"].items()
    }


def test_the_picture_is_drawn_from_the_figures_and_is_well_formed(measured: dict[str, Any]) -> None:
    picture = (calibrate.RESULTS / "calibration.svg").read_text(encoding="utf-8")
    root = ET.fromstring(picture)

    assert picture == draw(measured["unit"])
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert "prefers-color-scheme: dark" in picture
    assert len(root.findall("{*}polyline")) == len(root.findall("{*}polygon")) == 2


def test_the_table_has_a_row_for_each_threshold_and_each_route(measured: dict[str, Any]) -> None:
    table = calibrate.render(measured)

    assert all(f"| {point['threshold']:+.2f} |" in table for point in measured["unit"]["curve"])
    assert all(f"| {name} |" in table for name in ROUTES)


def test_nothing_to_do_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        calibrate.main([])
    assert "nothing to do" in capsys.readouterr().err


def test_sets_are_not_read_with_an_encoder_that_has_learnt_from_them(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        calibrate.main(["--write"])
    assert "`--encoders` must be given" in capsys.readouterr().err


def test_a_folders_model_takes_the_place_of_the_built_in_encoder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = encoder._BUILT_IN_FOLDER
    for file in folder.glob("*.json"):
        (tmp_path / file.name).write_bytes(file.read_bytes())
    tensors = load_file(folder / "model.safetensors")
    save_file({**tensors, "embeddings": -tensors["embeddings"]}, tmp_path / "model.safetensors")
    before = encoder.built_in_encoder().encode_query(["注销"])
    monkeypatch.setattr(encoder, "_BUILT_IN_FOLDER", folder)  # puts it back

    calibrate.use_encoder(tmp_path)
    try:
        assert encoder.built_in_encoder().encode_query(["注销"]).tolist() == (-before).tolist()
    finally:
        monkeypatch.undo()
        calibrate.use_encoder(folder)
    assert encoder.built_in_encoder().encode_query(["注销"]).tolist() == before.tolist()
