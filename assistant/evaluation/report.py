"""An evaluation as one page that a browser opens from a file: no request to anywhere, Chinese and English.

The page shows what strangers wrote (questions, articles, what a model said), so that all of it is text: the template
escapes everything, characters that hide or reorder text are shown as their code, and the page's own policy runs no
script but its own.
"""

from __future__ import annotations

import base64
import hashlib
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from assistant.evaluation import pictures
from assistant.evaluation.grading import LOWER_IS_BETTER, fold
from assistant.evaluation.record import written
from assistant.evaluation.statistics import Interval
from assistant.evaluation.summary import OUTCOMES
from assistant.render import visible

if TYPE_CHECKING:
    from jinja2 import Environment

Wording = Literal["zh", "en"]
Found = Literal["there", "misplaced", "missing"]

_FOLDER = Path(__file__).parent
_TEMPLATE = "report.html.jinja"
# Pieces of the page written at a time: few enough to stay small, enough not to write word by word.
_PIECES = 256

HEADLINES = ("success", "facts", "steps", "cite_precision", "false_answer", "false_refusal")
# By expectation: the outcomes that are right, and those that are right if the text of the reply is.
_RIGHT = {
    "answer": ({"answered"}, set[str]()),
    "abstain": ({"abstained"}, set[str]()),
    "clarify": ({"clarified"}, {"answered"}),
    "refuse_spam": ({"abstained"}, {"answered"}),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A question of the report's list, and what of its gold stands in the reply.

    Attributes:
        anchor: The place on the page, made from the id.
        tags: What it can be filtered by: the measures that are not met, `error`, `better`, `worse`.
        is_failure: Whether it failed; otherwise it is listed because it changed.
        facts: The alternatives of each fact, and whether one of them stands in the reply.
        steps: The alternatives of each step, and whether it stands there behind the step before.
        forbidden: What must not stand in the reply and does.
    """

    question: Mapping[str, Any]
    anchor: str
    tags: tuple[str, ...]
    is_failure: bool
    facts: tuple[tuple[tuple[str, ...], Found], ...]
    steps: tuple[tuple[tuple[str, ...], Found], ...]
    forbidden: tuple[str, ...]


def write_report(evaluation: Mapping[str, Any], questions: Iterable[Mapping[str, Any]], file: Path) -> None:
    """Writes the report of an evaluation to `file`, as a whole or not at all.

    Args:
        evaluation: The evaluation record; its `questions` are not looked at.
        questions: The record's questions. Each is read once and let go before the next.
        file: The page to write; one that is there is replaced.

    Raises:
        UnusableInput: `file` cannot be written.
    """
    environment = _environment()
    comparison = evaluation["comparison"]
    changed = (
        {tag: frozenset(row["id"] for row in comparison[tag]) for tag in ("better", "worse")} if comparison else {}
    )
    script = (_FOLDER / "report.js").read_text(encoding="utf-8")
    stream = environment.get_template(_TEMPLATE).stream(
        record=evaluation,
        failures=_failures(questions, changed),
        style=(_FOLDER / "report.css").read_text(encoding="utf-8"),
        script=script,
        script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
    )
    stream.enable_buffering(_PIECES)
    with written(file) as out:
        out.writelines(stream)


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        autoescape=True,
        undefined=StrictUndefined,
        loader=FileSystemLoader(_FOLDER),
        finalize=_safe,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(
        say=say,
        label=label,
        words=words(),
        pictures=pictures,
        lower_is_better=LOWER_IS_BETTER,
        tiles=HEADLINES,
        all_outcomes=OUTCOMES,
        verdict_on_cell=verdict_on_cell,
        verdict_on_change=verdict_on_change,
        anchor_of=anchor_of,
    )
    environment.filters.update(
        percent=percent,
        ends=ends,
        points=points,
        milliseconds=milliseconds,
        p_value=p_value,
        plain=plain,
        moment=moment,
    )
    return environment


def _safe(value: object) -> object:
    """What is put into the page: characters that hide, reorder or cannot be encoded are shown as their code."""
    if isinstance(value, str) and not hasattr(value, "__html__") and not value.isprintable():
        return visible(value)
    return value


@cache
def words() -> dict[str, dict[str, dict[Wording, str]]]:
    """Every word of the page: table → name → language → text."""
    return tomllib.loads((_FOLDER / "report.toml").read_text(encoding="utf-8"))


def say(name: str, wording: Wording, /, **values: object) -> str:
    """The page's own phrase `name` in a language, with its values filled in."""
    return words()["page"][name][wording].format(**values)


def label(table: str, name: str, wording: Wording) -> str:
    """What something of the record is called in a language; a name that is in no table stands for itself."""
    known = words()[table].get(name)
    return known[wording] if known else name


def percent(share: float, measure: str = "") -> str:
    """A share as `95.8%`; of measures that are no share of anything, times 100 without the sign."""
    return f"{100 * share:.1f}" + ("" if measure == "RR" or measure.startswith("nDCG") else "%")


def ends(interval: Interval, measure: str = "") -> str:
    """An interval of shares as `92.2–98.8%`."""
    return f"{100 * interval.low:.1f}–{percent(interval.high, measure)}"


def points(difference: float) -> str:
    """A difference of shares in percentage points, always with its sign: `+1.2`, `−0.4`, `±0.0`."""
    shown = f"{100 * difference:+.1f}".replace("-", "−")
    return "±0.0" if shown[1:] == "0.0" else shown


def milliseconds(time: float) -> str:
    """A time in milliseconds with one digit behind the point, none from 100 on."""
    return f"{time:,.0f}" if time >= 100 else f"{time:.1f}"


def p_value(p: float | None) -> str:
    """A p with three digits; very small ones as `<0.001`."""
    if p is None:
        return "—"
    return "<0.001" if p < 0.001 else f"{p:.3f}"


def plain(value: float | str | None) -> str:
    """A score with up to three digits behind the point, a dash for none; words as they are."""
    if isinstance(value, str):
        return value
    return "—" if value is None else f"{value:.3f}".rstrip("0").rstrip(".").replace("-", "−")


def moment(date: str) -> str:
    """A date of the record as people write it: `2026-11-28 19:00:00 UTC`."""
    return date.replace("T", " ").replace("+00:00", " UTC")


def anchor_of(question_id: str) -> str:
    """The place of a question on the page: ids may hold anything, this holds letters and digits alone."""
    return "q-" + hashlib.sha256(question_id.encode("utf-8", "backslashreplace")).hexdigest()[:12]


def verdict_on_cell(expect: str, outcome: str) -> Literal["right", "maybe", "wrong"]:
    """Whether an outcome is what a question calls for, `maybe` where that depends on the text of the reply."""
    right, maybe = _RIGHT.get(expect, (set[str](), set[str]()))
    return "right" if outcome in right else "maybe" if outcome in maybe else "wrong"


def verdict_on_change(measure: str, change: Mapping[str, Any]) -> Literal["better", "worse", "same", "unclear"]:
    """Whether a measure got better or worse: only where the interval of the difference does not hold 0."""
    if not change["n_better"] and not change["n_worse"]:
        return "same"
    if change["low"] <= 0 <= change["high"]:
        return "unclear"
    return "better" if (change["low"] > 0) != (measure in LOWER_IS_BETTER) else "worse"


def _failures(questions: Iterable[Mapping[str, Any]], changed: Mapping[str, frozenset[str]]) -> Iterator[Failure]:
    """Those of the questions that failed or changed, one at a time."""
    for question in questions:
        is_failure = question["outcome"] == "error" or question["grades"].get("success", 1) < 1
        changes = tuple(tag for tag, ids in changed.items() if question["id"] in ids)
        if is_failure or changes:
            yield _failure(question, changes, is_failure=is_failure)


def _failure(question: Mapping[str, Any], changes: tuple[str, ...], *, is_failure: bool) -> Failure:
    gold, text = question["gold"], fold((question["answer"] or {}).get("text") or "")
    tags = ["error"] if question["outcome"] == "error" else []
    tags += [
        name for name, grade in question["grades"].items() if (grade > 0 if name in LOWER_IS_BETTER else grade < 1)
    ]
    return Failure(
        question=question,
        anchor=anchor_of(question["id"]),
        tags=(*tags, *changes),
        is_failure=is_failure,
        facts=tuple(
            (tuple(fact), "there" if _first(text, fact) >= 0 else "missing") for fact in gold.get("facts") or ()
        ),
        steps=tuple(_steps(text, (gold.get("steps") or {}).get("ordered") or ())),
        forbidden=tuple(words for words in gold.get("must_not") or () if fold(words) in text),
    )


def _steps(text: str, steps: Iterable[Iterable[str]]) -> Iterator[tuple[tuple[str, ...], Found]]:
    """Each step, and whether it stands in the text behind the one before: the reading of the grader, left to right."""
    start = 0
    for alternatives in map(tuple, steps):
        place = _first(text, alternatives, start)
        if place >= 0:
            start = place + 1
            yield alternatives, "there"
        else:
            yield alternatives, "misplaced" if _first(text, alternatives) >= 0 else "missing"


def _first(text: str, alternatives: Iterable[str], start: int = 0) -> int:
    """The place of the first of the alternatives in a folded text, -1 where none stands there."""
    return min((place for words in alternatives if (place := text.find(fold(words), start)) >= 0), default=-1)
