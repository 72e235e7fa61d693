"""The whole assistant asked of sets that it has not learnt from: whose weights, which sets, what is told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from assistant.assistant import Assistant
from assistant.route import ROUTES
from index.encoder import built_in_vector
from tests.assistants import small
from tests.benchmarks.calibrate import part_name
from tests.benchmarks.crossed import THRESHOLDS, learn_apart, main, render, weighing, without
from tests.benchmarks.examples import Examples, RouteExample, SubjectExample, UnitExample
from tests.test_extractive import ONE

VECTOR = built_in_vector("怎么退")[0]


def unit(name: str, right: bool) -> UnitExample:
    return UnitExample(set_name=name, case_id="1", each=[{"own": float(right)}], none={"always": 1.0}, right=(right,))


def examples(*names: str) -> Examples:
    return Examples(
        units=tuple(unit(name, right) for name in names for right in (True, False)),
        subjects=tuple(
            SubjectExample(
                set_name=name,
                case_id="1",
                each=[{"whole": 1.0}],
                none={"always": 1.0},
                right=(True,),
                subjects=("a",),
                by_rule=frozenset(),
            )
            for name in names
        ),
        routes=tuple(
            RouteExample(
                set_name=name,
                case_id=str(n),
                text=text,
                vector=VECTOR,
                runs={run: 1 for run in text},
                flags={},
                route=route,
                by_rule=route,
            )
            for name in names
            for route, text in zip(ROUTES, ("怎么退", "第几步", "哪个好", "为什么", "注意啥", "多少钱"), strict=True)
            for n in range(3)
        ),
    )


def test_a_part_learns_nothing_from_its_own_sets() -> None:
    left = without(examples("a", "b", "c"), frozenset({"b"}))

    assert {one.set_name for one in (*left.units, *left.subjects, *left.routes)} == {"a", "c"}


def test_the_weights_of_each_part_are_written_apart(tmp_path: Path) -> None:
    parts = [frozenset({name}) for name in "abc"]

    learn_apart(examples("a", "b", "c"), parts, tmp_path)

    for at in range(len(parts)):
        assert set(json.loads((tmp_path / part_name(at) / "choices.json").read_text(encoding="utf-8"))) == {
            "answer",
            "subject",
            "unit",
        }


def test_an_assistant_weighs_by_the_folder_while_it_is_asked_to(tmp_path: Path) -> None:
    parts = [frozenset({name}) for name in "abc"]
    learn_apart(examples("a", "b", "c"), parts, tmp_path)
    assistant = small({"one.md": ONE})
    question = ["公交卡多久能办好"]
    before = routes_of(assistant, question)

    with weighing(tmp_path / part_name(0)):
        within = routes_of(assistant, question)

    assert within != before
    assert routes_of(small({"one.md": ONE}), question) == before


def routes_of(assistant: Assistant, question: list[str]) -> dict[str, float]:
    routes: dict[str, float] = assistant.ask(question).explanation["routes"]
    return routes


def test_the_table_tells_success_before_its_kinds() -> None:
    rows = [
        {"kind": "procedure", "grades": {"success": 1.0, "false_refusal": 0.0}},
        {"kind": "unanswerable", "grades": {"success": 0.0, "false_answer": 1.0}},
    ]

    lines = render(rows).splitlines()

    assert lines[2].startswith("| success | 50.0 ")
    assert lines[2].endswith("1 of 2 |")
    assert [line.split("|")[1].strip() for line in lines[2:]] == [
        "success",
        "false answer",
        "false refusal",
        "procedure",
        "unanswerable",
    ]


@pytest.mark.parametrize("name", THRESHOLDS)
def test_a_threshold_that_may_be_tried_is_one_of_its_modules(name: str) -> None:
    assert isinstance(getattr(THRESHOLDS[name], name), float)


def test_a_threshold_that_is_none_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--encoders", "x", "--weights", "y", "--set", "GUESSES_FROM=1"])

    assert "GUESSES_FROM" in capsys.readouterr().err
