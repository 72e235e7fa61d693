"""A run's figures as text for a terminal."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from assistant.evaluation.grading import LOWER_IS_BETTER
from assistant.evaluation.record import failed_measures
from assistant.evaluation.run import Row
from assistant.evaluation.statistics import interval_of
from assistant.evaluation.summary import OUTCOMES
from assistant.render import visible

_GROUP_NAMES = {"kind": "kind", "lang": "language", "set": "set"}
_LONGEST_TEXT = 160
_MOST_NAMED = 20
_VERDICTS = {"better": "Better", "worse": "Worse"}


def one_line(text: str) -> str:
    """A text as it is safe on a terminal, in one line: what hides or moves is shown as its code, ends of lines too."""
    return visible(text).replace("\n", "<U+000A>").replace("\t", " ")


def summary_lines(record: Mapping[str, Any]) -> Iterator[str]:
    """The measures, then success by kind, language and set, the outcomes, and how long answers took."""
    summary = record["summary"]
    yield from _table(
        ("measure", "rate", "95 % interval", "n"),
        [
            (name + ("  (less is better)" if name in LOWER_IS_BETTER else ""), *_cells(of))
            for name, of in summary.items()
        ],
    )
    if any(interval_of(of).method == "wilson" for of in summary.values()):
        yield "  * all alike, of which the bootstrap tells nothing: the interval is Wilson's"
    for name, groups in record["groups"].items():
        if len(groups) > 1 or name != "set":
            yield ""
            rows = [(group, *_cells(of["success"])) for group, of in groups.items() if "success" in of]
            yield from _table((f"success by {_GROUP_NAMES[name]}", "rate", "95 % interval", "n"), rows)
    yield ""
    rows = [
        (expect, *(str(counts[outcome]) for outcome in OUTCOMES))
        for expect, counts in record["outcomes"].items()
        if any(counts.values())
    ]
    yield from _table(("expected", *OUTCOMES), rows)
    yield from _parity_lines(record["parity"])
    if total := record["latency_ms"].get("total"):
        yield ""
        times = (f"{total[name]:.1f} ms" for name in ("p50", "p95", "max"))
        yield "latency: median {}, 95th percentile {}, longest {}".format(*times)
    if judge := record["judge"]:
        yield from _judge_lines(judge)


def _cells(of: Mapping[str, float]) -> tuple[str, str, str]:
    shown = interval_of(of)
    mark = {"bootstrap": "", "wilson": " *", "none": ""}[shown.method]
    interval = "all alike" if shown.method == "none" else f"{100 * shown.low:.1f} to {100 * shown.high:.1f}{mark}"
    return f"{100 * of['mean']:.1f} %", interval, str(of["n"])


def _parity_lines(parity: Mapping[str, Any]) -> Iterator[str]:
    if parity["languages"]:
        yield ""
        rows = [
            (
                f"{name} - {parity['reference']}",
                f"{100 * of['difference']:+.1f}",
                f"{100 * of['low']:+.1f} to {100 * of['high']:+.1f}",
                f"{of['n']}, {of['n_reference']}",
            )
            for name, of in parity["languages"].items()
        ]
        yield from _table(("success of languages", "points", "95 % interval", "n"), rows)


def _judge_lines(judge: Mapping[str, Any]) -> Iterator[str]:
    yield ""
    of = judge["faithfulness"]
    said = "nothing could be judged" if of is None else f"faithfulness {_cells(of)[0]} (n={of['n']})"
    yield one_line(f"judged by {judge['model']}, which gates nothing: {said}")
    without = {"unreadable": "unreadable replies", "failed": "without a reply", "not_asked": "not asked any more"}
    missing = [f"{judge[f'n_{why}']} {text}" for why, text in without.items() if judge[f"n_{why}"]]
    if missing:
        yield f"  not judged: {', '.join(missing)}"


def comparison_lines(comparison: Mapping[str, Any]) -> Iterator[str]:
    """The measures that differ from the baseline's, and the questions that got better or worse."""
    yield f"Compared with the baseline on {comparison['n_common']} questions:"
    rows = [
        (
            name,
            f"{100 * of['old']:.1f}",
            f"{100 * of['new']:.1f}",
            f"{100 * of['difference']:+.1f}",
            f"{100 * of['low']:+.1f} to {100 * of['high']:+.1f}",
            f"{of['p']:.3f}",
            f"+{of['n_better']} -{of['n_worse']}",
        )
        for name, of in comparison["measures"].items()
        if of["n_better"] or of["n_worse"]
    ]
    if rows:
        yield from _table(("measure", "old", "new", "points", "95 % interval", "p", "questions"), rows)
    else:
        yield "no measure differs"
    for verdict, title in _VERDICTS.items():
        for entry in comparison[verdict][:_MOST_NAMED]:
            changes = ", ".join(
                f"{name} {_shown(old)} → {_shown(new)}" for name, (old, new) in entry["measures"].items()
            )
            yield one_line(f"{title}: {entry['id']}  {changes}")
        if len(comparison[verdict]) > _MOST_NAMED:
            yield f"{title}: … and {len(comparison[verdict]) - _MOST_NAMED} more"
    for key, text in (("edited", "were edited and are left out"), ("only_new", "are new"), ("only_old", "are gone")):
        if comparison[key]:
            names = ", ".join(comparison[key][:_MOST_NAMED])
            yield one_line(f"{len(comparison[key])} question(s) {text}: {names}")


def _shown(value: object) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def failure_lines(rows: Iterable[Row]) -> Iterator[str]:
    """Each question that was not answered as it should be, in two lines."""
    for row in rows:
        if row["outcome"] == "error":
            yield one_line(f"ERROR {row['id']}  {row['error']}")
        elif not row["grades"]["success"]:
            yield one_line(f"FAIL  {row['id']}  expected {row['expect']}, got {row['outcome']}; {failed_measures(row)}")
        else:
            continue
        yield one_line(f"      asked: {_short(' / '.join(row['turns']))}")
        if row["answer"]:
            yield one_line(f"      got:   {_short(row['answer']['text'])}")


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST_TEXT else line[: _LONGEST_TEXT - 1] + "…"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Rows in columns, the first to the left and the others to the right."""
    widths = [max(_width(row[at]) for row in (head, *rows)) for at in range(len(head))]
    for row in (head, *rows):
        cells = [one_line(cell) for cell in row]
        padded = [cells[0] + " " * (widths[0] - _width(cells[0]))]
        padded += [" " * (width - _width(cell)) + cell for cell, width in zip(cells[1:], widths[1:], strict=True)]
        yield "  ".join(padded).rstrip()


def _width(text: str) -> int:
    """Columns that a text takes on a terminal: two for a wide character."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in one_line(text))
