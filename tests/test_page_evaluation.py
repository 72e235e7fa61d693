from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.evaluation.board import Difference, Measure, Outcome, Progress, QuestionSet
from assistant.page.evaluation import results_html, status_html
from assistant.page.words import Language
from tests.test_render import HOSTILE

LANGUAGES: tuple[Language, ...] = ("en", "zh", "zh-Hant")
OUTCOME = Outcome(
    outcome_id="cards.20261128T120000000000Z",
    finished_at=datetime(2026, 11, 28, 12, 5, tzinfo=UTC),
    n_questions=40,
    n_errors=0,
    measures=(
        Measure(name="success", mean=0.925, low=0.8, high=0.975, n=40),
        Measure(name="false_answer", mean=0.0, low=0.0, high=0.25, n=12),
    ),
)


@dataclass
class FakeBoard:
    """A board of literal outcomes, those of a set by its name."""

    kept: dict[str, Sequence[Outcome]] = field(default_factory=dict)
    changes: Sequence[Difference] = ()
    problem: str = ""

    def sets(self) -> tuple[QuestionSet, ...]:
        return tuple(
            QuestionSet(name=name, path=Path(f"{name}.jsonl"), n_questions=40, problem=self.problem)
            for name in self.kept
        )

    def outcomes(self, name: str) -> tuple[Outcome, ...]:
        return tuple(self.kept[name])

    def comparison(self, name: str) -> tuple[Difference, ...]:
        assert name in self.kept
        return tuple(self.changes)


class _Shown(HTMLParser):
    """What a reader of HTML makes of it: elements, attributes and text."""

    def __init__(self, content: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.links: list[str] = []
        self.text = ""
        self.feed(content)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.links += [value or "" for name, value in attrs if name in ("href", "src")]

    def handle_data(self, data: str) -> None:
        self.text += data


def results(board: FakeBoard, name: str | None = "cards", language: Language = "en") -> str:
    return results_html(board, name, language, "/")  # type: ignore[arg-type]


def change(verdict: str, difference: float, name: str = "success") -> Difference:
    return Difference(
        name=name, before=0.5, now=0.5 + difference, difference=difference, low=-0.1, high=0.2, verdict=verdict
    )  # type: ignore[arg-type]


def running(n_done: int, n_questions: int = 40, name: str = "cards") -> Progress:
    return Progress(set_name=name, n_done=n_done, n_questions=n_questions, state="running")


# How far a run is


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_told_when_nothing_runs(language: Language) -> None:
    finished = Progress(set_name="cards", n_done=40, n_questions=40, state="finished")

    assert status_html(None, language) == ""
    assert status_html(finished, language) == ""


@pytest.mark.parametrize(
    ("language", "preparing", "counted"),
    [
        ("en", "cards: Preparing the index", "cards: 7 of 40 questions"),
        ("zh", "cards: 正在准备索引", "cards: 7 / 40 题"),
        ("zh-Hant", "cards: 正在準備索引", "cards: 7 / 40 題"),
    ],
)
def test_a_run_is_told_with_a_bar(language: Language, preparing: str, counted: str) -> None:
    assert _Shown(status_html(running(0), language)).text == preparing
    assert _Shown(status_html(running(7), language)).text == counted
    assert '<progress value="7" max="40"></progress>' in status_html(running(7), language)
    assert 'role="status"' in status_html(running(7), language)


def test_a_bar_has_a_length_though_no_question_is_known_yet() -> None:
    assert '<progress value="0" max="1"></progress>' in status_html(running(0, 0), "en")


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("en", "The run failed: The index {0} is gone."),
        ("zh", "评测没有完成：程序的说明（英文）：The index {0} is gone."),
        ("zh-Hant", "評測沒有完成：程式的說明（英文）：The index {0} is gone."),
    ],
)
def test_a_run_that_failed_says_why(language: Language, told: str) -> None:
    failed = Progress(set_name="cards", n_done=3, n_questions=40, state="failed", message="The index {0} is gone.")
    content = status_html(failed, language)

    assert _Shown(content).text == told
    assert content.startswith('<p class="xk-warning" role="alert">')


@pytest.mark.parametrize("hostile", HOSTILE)
def test_no_name_and_no_message_of_a_run_acts(hostile: str) -> None:
    shown = _Shown(status_html(running(7, name=hostile), "en"))
    failed = _Shown(
        status_html(Progress(set_name=hostile, n_done=0, n_questions=1, state="failed", message=hostile), "en")
    )

    assert (shown.tags, shown.attributes) == ({"label", "progress"}, {"class", "role", "value", "max"})
    assert (failed.tags, failed.attributes) == ({"p"}, {"class", "role"})
    assert shown.text == f"{hostile}: 7 of 40 questions"
    assert failed.text == f"The run failed: {hostile}"


# What a set came to


@pytest.mark.parametrize("name", [None, "", "absent", "CARDS", "../cards"])
def test_nothing_is_shown_of_a_set_that_is_not_there(name: str | None) -> None:
    assert results(FakeBoard({"cards": [OUTCOME]}), name) == ""
    assert results(FakeBoard(), name) == ""


def test_of_a_set_that_was_never_run_this_is_said() -> None:
    assert results(FakeBoard({"cards": []})) == '<p class="xk-quiet">This set has not been run yet.</p>'
    assert "这份题集还没有评测过。" in results(FakeBoard({"cards": []}), language="zh")


def test_of_a_set_that_cannot_be_used_the_reason_is_said() -> None:
    content = results(FakeBoard({"cards": [OUTCOME]}, problem="Line 3 holds no question."))

    assert _Shown(content).text == "This set cannot be used: Line 3 holds no question."
    assert 'role="alert"' in content


def test_the_newest_outcome_is_shown_with_its_measures_intervals_and_report() -> None:
    older = Outcome(
        outcome_id="cards.20261101T120000000000Z",
        finished_at=datetime(2026, 11, 1, tzinfo=UTC),
        n_questions=7,
        n_errors=0,
        measures=(),
    )
    content = results(FakeBoard({"cards": [OUTCOME, older]}))
    rows = [re.sub("<[^>]*>", "|", row) for row in re.findall("<tr>(.*?)</tr>", content)]

    assert '<p class="xk-quiet">Finished 2026-11-28 12:05 UTC, 40 questions</p>' in content
    assert [[cell for cell in row.split("|") if cell] for row in rows] == [
        ["Measure", "Result", "95 % interval", "Questions", "Change since the last run"],
        ["Right overall", "92.5 %", "80.0 % – 97.5 %", "40"],
        ["Answered though the articles do not say (lower is better)", "0.0 %", "0.0 % – 25.0 %", "12"],
    ]
    assert "width:92.5%" in content
    assert 'style="left:80.0%;width:17.5%"' in content
    assert _Shown(content).links == ["/evaluations/cards.20261128T120000000000Z"]
    assert "20261101" not in content
    assert "xk-warning" not in content


def test_questions_that_failed_are_warned_of() -> None:
    failed = Outcome(
        outcome_id="a.b", finished_at=OUTCOME.finished_at, n_questions=40, n_errors=3, measures=OUTCOME.measures
    )

    assert (
        '<p class="xk-warning">3 questions ended in an error and count nowhere: look into these first.</p>'
        in results(FakeBoard({"cards": [failed]}))
    )


@pytest.mark.parametrize(
    ("language", "verdict", "difference", "told"),
    [
        ("en", "better", 0.125, "+12.5 better"),
        ("en", "worse", -0.05, "-5.0 worse"),
        ("en", "unclear", 0.01, "+1.0 may be chance"),
        ("en", "same", 0.0, " same"),
        ("zh", "better", 0.125, "+12.5 变好"),
        ("zh-Hant", "worse", -0.05, "-5.0 變差"),
        ("zh-Hant", "same", 0.0, " 不變"),
    ],
)
def test_a_measure_says_how_it_changed(language: Language, verdict: str, difference: float, told: str) -> None:
    content = results(FakeBoard({"cards": [OUTCOME]}, changes=[change(verdict, difference)]), language=language)

    assert re.findall(r'<span class="xk-change xk-([a-z]+)">(.*?)</span>', content) == [(verdict, told)]


def test_a_change_of_a_measure_that_is_not_shown_is_passed_over() -> None:
    content = results(FakeBoard({"cards": [OUTCOME]}, changes=[change("better", 0.1, name="steps")]))

    assert "xk-change" not in content


@pytest.mark.parametrize("language", LANGUAGES)
def test_results_are_told_in_the_visitors_language(language: Language) -> None:
    heads = {"en": "Right overall", "zh": "总体答得对", "zh-Hant": "總體答得對"}
    content = results(FakeBoard({"cards": [OUTCOME]}), language=language)

    assert [head in content for head in heads.values()] == [one == language for one in heads]


@pytest.mark.parametrize("hostile", HOSTILE)
def test_no_name_of_a_set_or_a_measure_and_no_problem_acts(hostile: str) -> None:
    outcome = Outcome(
        outcome_id=OUTCOME.outcome_id,
        finished_at=OUTCOME.finished_at,
        n_questions=1,
        n_errors=1,
        measures=(Measure(name=hostile, mean=1.0, low=0.0, high=1.0, n=1),),
    )
    shown = _Shown(results(FakeBoard({hostile: [outcome]}, changes=[change("better", 1.0, hostile)]), hostile))
    unusable = _Shown(results(FakeBoard({hostile: [outcome]}, problem=hostile), hostile))

    assert shown.tags == {"p", "div", "table", "thead", "tbody", "tr", "th", "td", "span", "i", "a"}
    assert not [name for name in shown.attributes if name.startswith("on")]
    assert shown.links == ["/evaluations/cards.20261128T120000000000Z"]
    assert hostile in shown.text
    assert (unusable.tags, unusable.text) == ({"p"}, f"This set cannot be used: {hostile}")


@given(st.text(), st.floats(0, 1), st.floats(0, 1))
def test_any_name_and_figures_make_one_table(name: str, one: float, other: float) -> None:
    low, high = sorted((one, other))
    outcome = Outcome(
        outcome_id="a.b",
        finished_at=OUTCOME.finished_at,
        n_questions=1,
        n_errors=0,
        measures=(Measure(name=name, mean=low, low=low, high=high, n=1),),
    )
    content = results(FakeBoard({name: [outcome]}), name)

    assert content.count("<table") == content.count("</table>") == 1
    # Markdown would end the table at a blank line.
    assert "\n" not in content
    assert content.count("<tr>") == 2
