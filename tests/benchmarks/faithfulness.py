"""Measures how many planted errors the built-in check of faithfulness catches, and how many harmless changes it flags.

    python -m tests.benchmarks.faithfulness             writes results/faithfulness.json and the table of the docs
    python -m tests.benchmarks.faithfulness --wrong     shows as well each changed answer that it was wrong about

Every answer that the assistant gives to the question sets, and that is faithful, is changed once in every way of
`planted.py` that it has a place for. Which place, and what is put there, depends on nothing but the seed.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import unified_diff
from pathlib import Path
from random import Random
from typing import Any

from assistant.assistant import Assistant
from assistant.evaluation.statistics import wilson_interval
from assistant.evaluation.support import faithfulness
from index.build import ensure_index
from index.encoder import load_encoder
from tests.benchmarks.answers import put
from tests.benchmarks.examples import ROOT, QuestionSet, question_sets, read_cases
from tests.benchmarks.planted import KINDS, Kind, Published

RESULTS = Path(__file__).with_name("results") / "faithfulness.json"
DOCUMENT = ROOT / "docs" / "evaluation.md"
SEED = 7
_NAME = "faithfulness"  # of the comments between which the table stands
_UNCHANGED = "nothing changed"


@dataclass(frozen=True, slots=True)
class Judged:
    """A changed answer, and whether the check takes a statement of it to be unsupported."""

    kind: Kind
    before: Published
    after: Published
    flagged: bool


def sets_asked() -> list[QuestionSet]:
    """The question sets that come with the project and are not held out."""
    shipped = ROOT / "corpus" / "questions"
    development = QuestionSet(
        name="smart-card",
        articles=ROOT / "corpus" / "articles",
        questions=shipped / "smart-card.jsonl",
        sections=shipped / "sections.json",
    )
    return [development, *(one for one in question_sets() if one.name != "dev")]


def ask(sets: Sequence[QuestionSet]) -> dict[str, list[Published]]:
    """Folder of articles → the different answers with citations to all questions about them."""
    found: dict[str, dict[str, Published]] = {}
    encoder = load_encoder("builtin")
    with tempfile.TemporaryDirectory(prefix="xiaoka-faithfulness-") as folder:
        for one in sets:
            data = Path(folder) / one.articles.name
            with contextlib.closing(
                ensure_index(corpus=one.articles, data=data, encoder=encoder, progress=False)
            ) as index:
                assistant = Assistant(index=index)
                answers = found.setdefault(one.articles.name, {})
                for case in read_cases(one.questions):
                    published = assistant.ask(case.get("turns") or [case["question"]]).to_json()
                    if published["outcome"] == "answered" and published["citations"]:
                        answers.setdefault(published["text"], published)
    return {name: list(answers.values()) for name, answers in found.items()}


def judge(answers: Mapping[str, Sequence[Published]], kinds: Sequence[Kind] = KINDS) -> Iterator[Judged]:
    """Each faithful answer, changed in each way that it has a place for."""
    for name, given in answers.items():
        faithful = [answer for answer in given if faithfulness(answer) == 1]
        for at, answer in enumerate(faithful):
            others = faithful[:at] + faithful[at + 1 :]
            for kind in kinds:
                after = kind.change(answer, others, Random(f"{SEED} {kind.name} {name} {at}"))
                if after is not None and after != answer:
                    yield Judged(kind, answer, after, _is_flagged(after))


def _is_flagged(answer: Published) -> bool:
    share = faithfulness(answer)
    return share is not None and share < 1


def measure(answers: Mapping[str, Sequence[Published]], judged: Sequence[Judged]) -> dict[str, Any]:
    """What `faithfulness.json` holds: a figure for each kind of change that an answer had a place for."""
    checkable = [answer for given in answers.values() for answer in given if faithfulness(answer) is not None]
    harmless = {_UNCHANGED: _figure([_is_flagged(answer) for answer in checkable])}
    errors: dict[str, dict[str, float | int]] = {}
    for kind in KINDS:
        if flags := [one.flagged for one in judged if one.kind == kind]:
            (errors if kind.is_error else harmless)[kind.name] = _figure(flags)
    return {"seed": SEED, "articles": list(answers), "errors": errors, "harmless": harmless}


def _figure(flags: Sequence[bool]) -> dict[str, float | int]:
    n, caught = len(flags), sum(flags)
    low, high = wilson_interval(caught, n)
    return {"n": n, "caught": caught, "rate": round(caught / n, 4), "low": round(low, 4), "high": round(high, 4)}


def render(measured: Mapping[str, Any]) -> str:
    """The figures as a Markdown table, in percent."""
    lines = []
    for group, title in (("errors", "Error"), ("harmless", "Harmless change")):
        lines += ["", f"| {title} | Answers | Flagged | Rate | 95 % interval |", "| --- | ---: | ---: | ---: | ---: |"]
        for name, of in measured[group].items():
            rate, low, high = (f"{100 * of[key]:.1f}" for key in ("rate", "low", "high"))
            lines.append(f"| {name} | {of['n']} | {of['caught']} | {rate} % | {low} – {high} |")
    return "\n".join(lines[1:])


def _show(judged: Sequence[Judged]) -> None:
    """Prints what was changed wherever the check is wrong: an error it let pass, a harmless change it flagged."""
    for one in judged:
        if one.flagged == one.kind.is_error:
            continue
        before, after = (
            [*of["text"].splitlines(), *(citation["quote"] for citation in of["citations"])]
            for of in (one.before, one.after)
        )
        _, _, *lines = unified_diff(before, after, n=0, lineterm="")
        print(f"{one.kind.name}:", *(line for line in lines if not line.startswith("@@")), sep="\n    ")


def main(arguments: Sequence[str] | None = None) -> int:
    """Asks, changes, measures and writes; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.faithfulness",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    known = {one.name: one for one in sets_asked()}
    parser.add_argument("--sets", nargs="+", choices=known, default=list(known), metavar="NAME", help="ask only these")
    parser.add_argument("--results", type=Path, default=RESULTS, help="file of the figures (default: in results)")
    parser.add_argument("--document", type=Path, default=DOCUMENT, help="file of the table (default: in docs)")
    parser.add_argument("--wrong", action="store_true", help="print the changes that the check is wrong about")
    options = parser.parse_args(arguments)
    if len(set(options.sets)) < len(known) and (options.results == RESULTS or options.document == DOCUMENT):
        parser.error("`--sets` must not replace the figures of all sets; give --results and --document as well.")
    document = options.document.read_text(encoding="utf-8")
    put(document, "", _NAME)  # so that a document without a place for the table is told before the work
    print(f"Asking {len(options.sets)} question sets; this takes two or three minutes.", file=sys.stderr)
    answers = ask([known[name] for name in options.sets])
    judged = list(judge(answers))
    measured = measure(answers, judged)
    if options.wrong:
        _show(judged)
    options.results.write_text(json.dumps(measured, indent=1) + "\n", encoding="utf-8")
    options.document.write_text(put(document, render(measured), _NAME), encoding="utf-8")
    print(f"Written to {options.results} and {options.document}.", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
