"""The command `xiaoka evaluate`."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from corpus.errors import UnusableInput

if TYPE_CHECKING:
    from assistant.evaluation.comparison import Baseline, Comparison
    from assistant.evaluation.questions import QuestionSet
    from assistant.evaluation.run import Examiner, Journal, Judge, Row
    from assistant.settings import Settings
    from assistant.start import Opener

DONE, NOT_MET = 0, 1
NEW = "new"
_MOST_WORKERS = 64
_EPILOG = """\
A set is JSON Lines, a question on each, with `sections.json` beside it; docs/evaluation.md describes both.
Exit codes: 0 done, 1 a gate not met or a question that failed, 2 wrong use or unusable input.

  xiaoka evaluate questions.jsonl --report report.html     measure, and read what broke
  xiaoka evaluate questions.jsonl --check                  is the set right about its articles?
  xiaoka evaluate questions.jsonl --no-worse-than old.json fail when anything got worse
  xiaoka evaluate new --article card.md --out drafts       draft a set from an article
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's own options; those of settings are there already."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = _EPILOG
    parser.add_argument("questions", nargs="+", metavar="FILE", help=f"question sets, or `{NEW}` to draft one")
    parser.add_argument("--sections", type=Path, metavar="FILE", help="sections of the sets (default: beside each)")
    parser.add_argument("--check", action="store_true", help="compare the sets with the articles and ask nothing")
    parser.add_argument("--json", type=Path, metavar="FILE", help="everything: measures, answers, hits, versions")
    parser.add_argument("--scores", type=Path, metavar="FILE", help="grades alone, small and the same at every run")
    parser.add_argument("--report", type=Path, metavar="FILE", help="a page (HTML) with pictures and every failure")
    parser.add_argument("--junit", type=Path, metavar="FILE", help="a test case for each question, for CI")
    parser.add_argument("--trec-run", type=Path, metavar="FILE", help="the hits, for other tools")
    parser.add_argument("--trec-qrels", type=Path, metavar="FILE", help="which chunks support which question")
    parser.add_argument("--failures", action="store_true", help="print what was not answered as it should be")
    parser.add_argument("--baseline", type=Path, metavar="FILE", help="compare with an earlier --json or --scores")
    parser.add_argument(
        "--no-worse-than",
        type=Path,
        metavar="FILE",
        help="as --baseline, and exit 1 when a measure of answers is worse",
    )
    parser.add_argument(
        "--fail-under",
        action="append",
        default=[],
        metavar="NAME=RATE",
        help="exit 1 when a measure is under a rate (over it, where less is better); may be repeated",
    )
    parser.add_argument("--progress", type=Path, metavar="FILE", help="how far the run is, a line of JSON at a time")
    parser.add_argument("--workers", type=int, default=0, metavar="N", help="processes that ask (default: by cores)")
    parser.add_argument("--resume", action="store_true", help="go on from a run of the same that was killed")
    parser.add_argument("--judge", default="", metavar="MODEL", help="a LangChain chat model that judges besides")
    parser.add_argument("--article", type=Path, metavar="FILE", help=f"with `{NEW}`: the article to draft from")
    parser.add_argument("--out", type=Path, metavar="DIR", help=f"with `{NEW}`: folder of the draft")


def run(arguments: argparse.Namespace, settings: Settings, opener: Opener, *, journals: Path | None = None) -> int:
    """The exit code of the command.

    Args:
        arguments: Its options.
        settings: Of the assistant that is asked.
        opener: Opens it.
        journals: Folder of what was answered so far; that of all runs, in the data folder, unless given.

    Raises:
        UnusableInput: The options, the sets, the corpus or the baseline cannot be used.
    """
    if arguments.questions == [NEW] and arguments.article is not None:
        return _draft(arguments.article, arguments.out, settings.corpus)
    if arguments.questions == [NEW] and not Path(NEW).exists():
        raise UnusableInput(
            f"`--article` must name the article to draft from; got none. Write `evaluate {NEW} --article FILE`."
        )
    if arguments.article is not None or arguments.out is not None:
        raise UnusableInput(
            f"`--article` and `--out` must stand behind `{NEW}`; got {' '.join(arguments.questions)!r}. "
            f"Write `xiaoka evaluate {NEW} --article FILE --out DIR`."
        )
    from assistant.evaluation.questions import read_question_sets

    plan = _plan(arguments, settings)
    if arguments.check and (plan.baseline or plan.floors or any(plan.outputs.values())):
        raise UnusableInput(
            "`--check` must stand without output files and gates: it asks nothing, so there is nothing to write or "
            "to compare. Leave the others out."
        )
    sets = read_question_sets([Path(name) for name in arguments.questions], arguments.sections)
    if arguments.check:
        return _check(sets, settings)
    return _evaluate(sets, settings, opener, plan, journals)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan:
    """What is wanted of a run besides its questions."""

    outputs: Mapping[str, Path | None]
    floors: Mapping[str, float]
    baseline: Path | None
    gate_on_baseline: bool
    failures: bool
    workers: int
    resume: bool
    judge: str


def _plan(arguments: argparse.Namespace, settings: Settings) -> _Plan:
    from assistant.evaluation.comparison import read_floors
    from assistant.evaluation.questions import sections_beside
    from assistant.evaluation.record import check_writable

    outputs = {
        f"--{name.replace('_', '-')}": getattr(arguments, name)
        for name in ("json", "scores", "report", "junit", "trec_run", "trec_qrels", "progress")
    }
    old = {file for file in (arguments.baseline, arguments.no_worse_than) if file is not None}
    questions = [Path(name) for name in arguments.questions]
    sections = [arguments.sections] if arguments.sections else [*map(sections_beside, questions)]
    check_writable(outputs, [*questions, *sections, *old], settings)
    if not 0 <= arguments.workers <= _MOST_WORKERS:
        raise UnusableInput(f"`--workers` must be from 1 to {_MOST_WORKERS}, or 0 to choose; got {arguments.workers}.")
    if len(old) > 1:
        raise UnusableInput("`--baseline` and `--no-worse-than` must name the same file; got two. Leave one out.")
    return _Plan(
        outputs=outputs,
        floors=read_floors(arguments.fail_under),
        baseline=next(iter(old), None),
        gate_on_baseline=arguments.no_worse_than is not None,
        failures=arguments.failures,
        workers=arguments.workers,
        resume=arguments.resume,
        judge=arguments.judge,
    )


def _write(lines: Iterable[str]) -> None:
    for line in lines:
        sys.stdout.write(line + "\n")


def _check(sets: Sequence[QuestionSet], settings: Settings) -> int:
    from assistant.evaluation.check import check_sets
    from assistant.evaluation.terminal import one_line

    findings = check_sets(sets, settings.corpus)
    _write(one_line(str(finding)) for finding in findings)
    n = sum(len(one.cases) for one in sets)
    _write([f"{len(findings)} finding(s) in {n} question(s)." if findings else f"{n} question(s); nothing was found."])
    return NOT_MET if findings else DONE


def _draft(article: Path, folder: Path | None, corpus: Path) -> int:
    from assistant.evaluation.drafting.drafts import draft_set, write_draft

    if folder is None:
        raise UnusableInput(
            f"`--out` must name a folder for the draft; got none. Write `--out {article.stem}-questions`."
        )
    inside = article.absolute().is_relative_to(corpus)
    draft = draft_set(article, corpus=corpus if inside else None)
    questions, sections = write_draft(draft, folder)
    _write(
        [
            f"{len(draft.cases)} questions drafted in {questions}, their sections in {sections}.",
            "Edit them: reword the questions as people ask, drop what nobody would, and check what is expected.",
            f"Then: xiaoka --corpus DIR evaluate {questions} --check",
        ]
    )
    return DONE


def _evaluate(
    sets: Sequence[QuestionSet], settings: Settings, opener: Opener, plan: _Plan, journals: Path | None
) -> int:
    from assistant.evaluation.check import check_documents
    from assistant.evaluation.record import JOURNALS, run_key, sets_of, settings_of, versions_of
    from assistant.evaluation.run import Examiner, RunFailed, open_journal, run_questions

    started = time.monotonic()
    baseline = _open_baseline(plan, sets)
    judge = _open_judge(plan.judge)
    with opener(settings) as assistant:
        check_documents(sets, [document.doc_id for document in assistant.documents()], settings.corpus)
        versions, chosen = versions_of(assistant), settings_of(settings)
        examiner = Examiner(assistant, settings.corpus, {one.name: one.sections for one in sets})
        key = run_key(sets, versions, chosen, plan.judge)
        with open_journal(journals or settings.data / JOURNALS, key, resume=plan.resume) as journal:
            try:
                n_kept = run_questions(
                    sets,
                    settings,
                    opener,
                    examiner,
                    journal,
                    workers=plan.workers,
                    judge=judge,
                    progress=plan.outputs["--progress"],
                )
            except RunFailed as error:
                sys.stderr.write(f"xiaoka: {error}\n")
                return NOT_MET
            except KeyboardInterrupt:
                sys.stderr.write("xiaoka: interrupted. What was answered is kept: go on with --resume.\n")
                raise
            if plan.resume:
                _write([_resumed(n_kept, journal)])
            head = {"versions": versions, "settings": chosen, "sets": sets_of(sets)}
            record, rows = _counted(head, journal, baseline, plan.judge, started)
            _write_outputs(plan.outputs, record, rows, sets, examiner)
            try:
                return _print(record, rows, plan)
            finally:
                journal.remove()


def _resumed(n_kept: int, journal: Journal) -> str:
    """How many questions a run did not have to ask again, and that other runs were left alone."""
    others = sum(file != journal.file for file in journal.file.parent.glob("*.jsonl"))
    left = (
        f" {others} unfinished run(s) of other questions, articles, settings or program are left alone."
        if others
        else ""
    )
    return f"{n_kept} question(s) were answered before this run.{left}"


def _open_baseline(plan: _Plan, sets: Sequence[QuestionSet]) -> Baseline | None:
    """The run to compare with, None when there is none; refused before anything is asked when it cannot be."""
    if plan.baseline is None:
        return None
    from assistant.evaluation.comparison import read_baseline

    baseline = read_baseline(plan.baseline)
    baseline.check((case for one in sets for case in one.cases), gates=plan.gate_on_baseline)
    return baseline


def _counted(
    head: Mapping[str, Any], journal: Journal, baseline: Baseline | None, judge: str, started: float
) -> tuple[dict[str, Any], _Rows]:
    """Everything but the questions, and the questions."""
    from assistant.evaluation.comparison import Comparison
    from assistant.evaluation.record import FORMAT
    from assistant.evaluation.summary import Tally

    tally = Tally()
    comparison = Comparison(baseline) if baseline is not None else None
    for row in journal.rows():
        tally.add(row)
        if comparison is not None:
            comparison.add(row)
    record = {
        "format": FORMAT,
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "seconds": round(time.monotonic() - started, 3),
        **head,
        **tally.to_json(),
        "judge": {"model": judge, **tally.judged()} if judge else None,
        "comparison": comparison.to_json() if comparison is not None else None,
    }
    return record, _Rows(journal, comparison)


@dataclass(frozen=True, slots=True)
class _Rows:
    """The rows of a run, read from its journal each time they are gone through, with what was answered before."""

    journal: Journal
    comparison: Comparison | None

    def __iter__(self) -> Iterator[Row]:
        for row in self.journal.rows():
            yield row if self.comparison is None else row | {"before": self.comparison.before(row)}


def _write_outputs(
    outputs: Mapping[str, Path | None],
    record: Mapping[str, Any],
    rows: Iterable[Row],
    sets: Sequence[QuestionSet],
    examiner: Examiner,
) -> None:
    from assistant.evaluation.record import write_junit, write_record, write_scores, written
    from assistant.evaluation.report import write_report
    from assistant.evaluation.retrieval import qrels_lines, run_lines

    writers = {"--json": write_record, "--scores": write_scores, "--report": write_report, "--junit": write_junit}
    for option, write in writers.items():
        if (file := outputs[option]) is not None:
            write(record, rows, file)
    relevance = ((case.id, examiner.relevant(case)) for one in sets for case in one.cases)
    for option, lines in {"--trec-run": run_lines(rows), "--trec-qrels": qrels_lines(relevance)}.items():
        if (file := outputs[option]) is not None:
            with written(file) as stream:
                stream.writelines(lines)


def _print(record: Mapping[str, Any], rows: Iterable[Row], plan: _Plan) -> int:
    """Prints the figures and what does not meet its gates; the exit code."""
    from assistant.evaluation.comparison import no_worse, under
    from assistant.evaluation.terminal import comparison_lines, failure_lines, one_line, summary_lines

    _write(summary_lines(record))
    if plan.failures:
        _write(["", *failure_lines(rows)])
    if record["comparison"] is not None:
        _write(["", *comparison_lines(record["comparison"])])
    short = under(record["summary"], plan.floors)
    if plan.gate_on_baseline:
        short += [f"worse than {plan.baseline}: {what}" for what in no_worse(record["comparison"])]
    if record["n_errors"]:
        named = ", ".join(record["failed"][:5])
        short.append(f"{record['n_errors']} question(s) failed and are in no rate: {named}; see them with --failures")
    files = [f"{option} {file}" for option, file in plan.outputs.items() if file is not None]
    if files:
        _write(["", f"Written: {', '.join(files)}"])
    if short:
        _write(["", *(one_line(f"NOT MET: {what}") for what in short)])
    return NOT_MET if short else DONE


def _open_judge(name: str) -> Judge | None:
    """What the model of this name says of answers; None for no name."""
    if not name:
        return None
    from assistant.evaluation.judge import PatientJudge
    from assistant.generator import open_chat_model

    return PatientJudge(open_chat_model(name))
