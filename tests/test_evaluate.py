"""`xiaoka evaluate`: whole runs through the command, over an assistant that is told what to answer."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from assistant import cli
from assistant.answer import Answer
from assistant.evaluation.run import n_workers
from assistant.settings import Settings
from tests.assistants import ROOT
from tests.fake_assistant import ABSTAIN, CLARIFY, PROCEDURE, TEXT, FakeAssistant

PROCEDURE_LINE: dict[str, Any] = {
    "id": "proc",
    "lang": "zh",
    "kind": "procedure",
    "question": "交通卡怎么注销？",
    "expect": "answer",
    "sections": ["transport"],
    "steps": {"count": 2, "ordered": [["身份证件"], ["申请表"]]},
}
LINES: list[dict[str, Any]] = [
    PROCEDURE_LINE,
    {"id": "which", "lang": "zh", "kind": "ambiguous", "question": "卡怎么注销", "expect": "clarify"},
    {"id": "fee", "lang": "en", "kind": "unanswerable", "question": "How much is it?", "expect": "abstain"},
]
FAILING: dict[str, Any] = {"id": "wrong", "lang": "en", "kind": "noise", "question": "my card", "expect": "abstain"}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory, with the corpus of the fake assistant."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("XIAOKA_")]:
        monkeypatch.delenv(name)
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "cards.md").write_text(TEXT, encoding="utf-8")
    (tmp_path / "sections.json").write_text(json.dumps({"transport": ["交通卡"], "bank": ["银行卡"]}), encoding="utf-8")
    return tmp_path


def write(*lines: dict[str, Any], name: str = "set.jsonl") -> str:
    Path(name).write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")
    return name


def run(*argv: str, assistant: FakeAssistant | None = None, workers: str = "1") -> int:
    opener = (assistant or FakeAssistant()).opener
    common = ["--corpus", "corpus", "--data", "data", "evaluate", "--workers", workers]
    return cli.main([*common, *argv], open_assistant=opener)


def record(name: str = "out.json") -> dict[str, Any]:
    found: dict[str, Any] = json.loads(Path(name).read_text(encoding="utf-8"))
    return found


# --- what a run writes ----------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("folder")
def test_the_record_holds_measures_answers_hits_settings_and_versions() -> None:
    assert run(write(*LINES), "--json", "out.json") == 0

    found = record()
    success = found["summary"]["success"]
    assert (success["mean"], success["n"], success["wilson_high"]) == (1.0, 3, 1.0)
    assert found["groups"]["lang"]["zh"]["success"]["n"] == 2
    assert found["settings"] == {"corpus": "corpus", "encoder": "builtin", "reranker": "", "chroma_url": "", "k": 20}
    assert found["versions"]["encoder"] == "fake"
    assert found["versions"]["articles"] == {"cards": "abababababababab"}
    assert [len(found["versions"][name]) for name in ("code", "corpus")] == [16, 16]
    assert found["sets"][0]["name"] == "set"
    first = found["questions"][0]
    assert first["answer"]["steps"][1]["text"] == "填写申请表。"
    assert first["hits"] == [{"chunk_id": "cards:0-33", "rank": 1, "score": 0.9, "relevant": True}]
    assert (first["grades"]["steps"], first["grades"]["nDCG@10"], first["grades"]["faithfulness"]) == (1.0, 1.0, 1.0)
    assert first["gold"]["steps"] == PROCEDURE_LINE["steps"]


@pytest.mark.usefixtures("folder")
def test_the_table_tells_measures_with_their_counts(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(write(*LINES, FAILING), "--failures") == 0

    shown = capsys.readouterr().out
    table = [line.split() for line in shown.splitlines()]
    assert ["success", "75.0", "%", "25.0", "to", "100.0", "4"] in table
    assert ["false_answer", "(less", "is", "better)", "0.0", "%", "0.0", "to", "65.8", "*", "2"] in table
    assert ["abstain", "0", "1", "1", "0"] in table
    assert "FAIL  wrong  expected abstain, got clarified; outcome_ok 0\n      asked: my card\n" in shown


@pytest.mark.usefixtures("folder")
def test_two_runs_of_the_same_write_the_same_bytes_but_for_times_and_date() -> None:
    write(*LINES, FAILING)
    for name in ("one", "two"):
        assert run("set.jsonl", "--json", f"{name}.json", "--scores", f"{name}.scores") == 0

    assert Path("one.scores").read_bytes() == Path("two.scores").read_bytes()
    one, two = record("one.json"), record("two.json")
    for found in (one, two):
        assert found.pop("date") > "2026"
        assert found.pop("seconds") > 0
        found.pop("latency_ms")
        for question in found["questions"]:
            question["answer"].pop("timings_ms")
    assert json.dumps(one) == json.dumps(two)


@pytest.mark.usefixtures("folder")
def test_junit_has_a_case_for_each_question_and_says_what_failed() -> None:
    hostile = FAILING | {"id": "<wrong>&", "question": "card \u0001<b>"}
    assert run(write(*LINES, hostile), "--junit", "junit.xml") == 0

    suite = ElementTree.parse("junit.xml").getroot()
    assert dict(suite.attrib) | {"time": ""} == {
        "name": "xiaoka",
        "tests": "4",
        "failures": "1",
        "errors": "0",
        "time": "",
    }
    assert [case.attrib["name"] for case in suite] == ["proc", "which", "fee", "<wrong>&"]
    (failure,) = suite.findall("testcase/failure")
    assert failure.attrib["message"] == "expected abstain, got clarified; outcome_ok 0"
    assert (failure.text or "").startswith("card \ufffd<b>\n\n您要注销哪一种卡？")


@pytest.mark.usefixtures("folder")
def test_runs_and_judgements_are_written_for_other_tools() -> None:
    assert run(write(*LINES), "--trec-run", "run", "--trec-qrels", "qrels") == 0

    assert Path("run").read_text(encoding="utf-8") == "proc Q0 cards:0-33 1 1.000000 xiaoka\n"
    assert Path("qrels").read_text(encoding="utf-8") == "proc 0 cards:0-33 1\n"


@pytest.mark.usefixtures("folder")
def test_the_report_is_written() -> None:
    assert run(write(*LINES, FAILING), "--report", "report.html") == 0

    assert "您要注销哪一种卡？" in Path("report.html").read_text(encoding="utf-8")


@pytest.mark.usefixtures("folder")
def test_a_file_that_cannot_be_written_is_refused_before_anything_is_asked(capsys: pytest.CaptureFixture[str]) -> None:
    assistant = FakeAssistant()

    assert run(write(*LINES), "--json", "none/out.json", "--report", "corpus", assistant=assistant) == 2
    refused = capsys.readouterr().err
    assert "`--json` must name a file that can be written; got 'none/out.json': there is no folder none." in refused
    assert "`--report` must name a file that can be written; got 'corpus': it is a folder." in refused
    assert assistant.n_opened == 0


@pytest.mark.usefixtures("folder")
def test_a_broken_set_is_refused_before_anything_is_asked(capsys: pytest.CaptureFixture[str]) -> None:
    assistant = FakeAssistant()

    assert run(write(*LINES, PROCEDURE_LINE), assistant=assistant) == 2
    assert "line 4: `id` must be unique; got 'proc' again, first on line 1." in capsys.readouterr().err
    assert assistant.n_opened == 0


@pytest.mark.usefixtures("folder")
def test_a_set_about_another_article_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    Path("sections.json").write_text(json.dumps({"_documents": ["moon"], "transport": ["交通卡"]}), encoding="utf-8")

    assert run(write(*LINES)) == 2
    assert "must hold the articles that set is about;" in capsys.readouterr().err


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["--workers", "99"], "`--workers` must be from 1 to 64"),
        (["--article", "corpus/cards.md"], "`--article` and `--out` must stand behind `new`"),
        (["--baseline", "a", "--no-worse-than", "b"], "must name the same file; got two"),
        (["--json", "a", "--scores", "a"], "must name different files"),
        (["--fail-under", "success=95"], "must be NAME=VALUE, the value a rate from 0 to 1; got 'success=95'"),
        (["--fail-under", "bliss=0.5"], "got 'bliss=0.5'. The measures are success, outcome_ok"),
        (
            ["--baseline", "none.json"],
            "`baseline` must be a file that `--json` or `--scores` wrote; 'none.json' is none",
        ),
        (["--check", "--json", "out.json"], "`--check` must stand without output files and gates"),
        (["--check", "--fail-under", "success=1"], "`--check` must stand without output files and gates"),
        (
            ["--json", "set.jsonl"],
            "`--json` must name a file that can be written; got 'set.jsonl': it is read by this run",
        ),
        (["--scores", "sections.json"], "got 'sections.json': it is read by this run"),
        (["--no-worse-than", "old", "--scores", "old"], "got 'old': it is read by this run"),
        (["--json", "/dev/null"], "got '/dev/null': it is no regular file"),
        (["--json", "corpus/cards.md"], "got 'corpus/cards.md': it is read by this run"),
        (["--json", "data/indexes/x"], "got 'data/indexes/x': it is read by this run"),
        (["--json", "a" * 300], "File name too long"),
        (["--baseline", "sections.json"], "'sections.json' is none"),
    ],
)
def test_wrong_use_is_one_sentence_and_exit_2(
    argv: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(write(*LINES), *argv) == 2
    assert message in capsys.readouterr().err


# --- gates ----------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("bound", "code"),
    [
        ("success=0.75", 0),
        ("success=0.76", 1),
        ("false_answer=0", 0),
        ("needless_question=0", 0),
        ("facts=1", 0),
        ("fact_recall=0.1", 1),  # no question of the set has a fact: what is not measured is not met
    ],
)
def test_a_measure_under_its_bound_fails_the_run(bound: str, code: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(write(*LINES, FAILING), "--fail-under", bound) == code
    assert ("NOT MET" in capsys.readouterr().out) == (code == 1)


@pytest.mark.usefixtures("folder")
def test_of_a_measure_of_which_less_is_better_the_bound_is_a_ceiling(capsys: pytest.CaptureFixture[str]) -> None:
    answered = FakeAssistant(answers={"How much is it?": PROCEDURE})

    assert run(write(*LINES, FAILING), "--fail-under", "false_answer=0.4", assistant=answered) == 1
    assert "NOT MET: false_answer must be at most 0.4; it is 0.5000 (n=2)" in capsys.readouterr().out


@pytest.mark.usefixtures("folder")
def test_a_question_that_fails_is_an_error_not_a_zero_and_fails_the_run(capsys: pytest.CaptureFixture[str]) -> None:
    broken = FAILING | {"id": "broken", "question": "break"}

    assert run(write(*LINES, broken), "--json", "out.json", "--junit", "j.xml", "--report", "r.html", "--failures") == 1

    found = record()
    assert (found["n"], found["n_errors"], found["summary"]["success"]["n"]) == (4, 1, 3)
    assert found["summary"]["success"]["mean"] == 1.0
    assert found["questions"][3]["error"].startswith(
        "RuntimeError: sk-secret at /home/someone (fake_assistant.py, line "
    )
    shown = capsys.readouterr().out
    assert "NOT MET: 1 question(s) failed and are in no rate: broken; see them with --failures" in shown
    assert "ERROR broken  RuntimeError" in shown
    assert ElementTree.parse("j.xml").getroot().attrib["errors"] == "1"
    assert "RuntimeError" in Path("r.html").read_text(encoding="utf-8")


# --- comparison -----------------------------------------------------------------------------------------------------


@dataclass
class Regressed(FakeAssistant):
    """An assistant that answers the procedure in another way."""

    procedure: Answer = PROCEDURE

    def ask(self, turns: Sequence[str]) -> Answer:
        answer = super().ask(turns)
        return self.procedure if answer is PROCEDURE else answer


DROPPED = replace(PROCEDURE, text="1. 带上身份证件。[1]", steps=PROCEDURE.steps[:1], citations=PROCEDURE.citations[:1])
SWAPPED = replace(PROCEDURE, text="1. 带上身份证件。[2]\n2. 填写申请表。[1]")
REVERSED = replace(PROCEDURE, text="1. 填写申请表。[2]\n2. 带上身份证件。[1]", steps=PROCEDURE.steps[::-1])


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("written_by", ["--json", "--scores"])
@pytest.mark.parametrize(
    ("assistant", "measure", "question"),
    [
        (Regressed(procedure=DROPPED), "step_completeness", "proc"),
        (Regressed(procedure=SWAPPED), "faithfulness", "proc"),
        (Regressed(procedure=REVERSED), "step_order", "proc"),
        (Regressed(procedure=CLARIFY), "needless_question", "proc"),
        (Regressed(procedure=ABSTAIN), "false_refusal", "proc"),
        (FakeAssistant(answers={"How much is it?": PROCEDURE}), "false_answer", "fee"),
    ],
    ids=["dropped step", "swapped citations", "swapped steps", "needless question", "refusal", "answered after all"],
)
def test_a_planted_regression_is_caught_and_named(
    assistant: FakeAssistant, measure: str, question: str, written_by: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(write(*LINES), written_by, "old.json") == 0
    capsys.readouterr()

    assert run("set.jsonl", "--no-worse-than", "old.json", assistant=assistant) == 1
    shown = capsys.readouterr().out
    assert f"NOT MET: worse than old.json: {measure} was " in shown
    assert f"\nWorse: {question}  " in shown
    caught = next(line for line in shown.splitlines() if line.startswith(f"NOT MET: worse than old.json: {measure} "))
    assert caught.endswith(f"worse: {question}")


@pytest.mark.usefixtures("folder")
def test_the_same_answers_are_no_worse_and_better_ones_are_not_either(capsys: pytest.CaptureFixture[str]) -> None:
    dropped = Regressed(procedure=DROPPED)
    assert run(write(*LINES), "--scores", "old.json", assistant=dropped) == 0
    assert run("set.jsonl", "--no-worse-than", "old.json", assistant=dropped) == 0
    assert "no measure differs" in capsys.readouterr().out

    assert run("set.jsonl", "--no-worse-than", "old.json", "--json", "new.json") == 0
    compared = record("new.json")["comparison"]
    assert [entry["id"] for entry in compared["better"]] == ["proc"]
    assert compared["better"][0]["measures"]["step_completeness"] == [0.5, 1.0]
    assert compared["worse"] == []


@pytest.mark.usefixtures("folder")
def test_a_comparison_pairs_questions_and_tells_differences_with_interval_and_p() -> None:
    lines = [PROCEDURE_LINE | {"id": f"proc-{n}", "question": f"交通卡{n}"} for n in range(40)]
    worse = FakeAssistant(answers={f"交通卡{n}": DROPPED for n in range(10)})
    assert run(write(*lines), "--scores", "old.json") == 0
    assert run("set.jsonl", "--baseline", "old.json", "--json", "new.json", assistant=worse) == 0

    found = record("new.json")
    of = found["comparison"]["measures"]["steps"]
    # Ten of forty lost their last step: 1 to 0.75. By chance ten signs fall alike in 2 of 2^10 draws.
    assert (of["old"], of["new"], of["difference"], of["n"], of["n_worse"]) == (1.0, 0.75, -0.25, 40, 10)
    assert -0.42 < of["low"] < -0.25 < of["high"] < -0.10
    assert of["p"] == pytest.approx(2 / 1024, abs=0.0015)
    assert found["questions"][0]["before"]["grades"]["steps"] == 1.0
    assert found["questions"][20]["before"] is None


@pytest.mark.usefixtures("folder")
def test_the_earlier_answer_stands_beside_the_new_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(write(*LINES), "--json", "old.json") == 0
    dropped = Regressed(procedure=DROPPED)
    argv = ("set.jsonl", "--baseline", "old.json", "--json", "new.json", "--report", "report.html")
    assert run(*argv, assistant=dropped) == 0

    before = record("new.json")["questions"][0]["before"]
    assert (before["outcome"], before["text"]) == ("answered", PROCEDURE.text)
    assert "填写申请表。" in Path("report.html").read_text(encoding="utf-8")


@pytest.mark.usefixtures("folder")
def test_questions_that_were_edited_added_or_removed_are_not_compared(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(write(*LINES), "--scores", "old.json") == 0
    edited = LINES[1] | {"question": "卡怎么退"}
    write(PROCEDURE_LINE, edited, FAILING)

    assert run("set.jsonl", "--no-worse-than", "old.json") == 0
    shown = capsys.readouterr().out
    assert "Compared with the baseline on 1 questions:" in shown
    assert "1 question(s) were edited and are left out: which" in shown
    assert "1 question(s) are new: wrong" in shown
    assert "1 question(s) are gone: fee" in shown


@pytest.mark.usefixtures("folder")
def test_a_baseline_of_other_questions_is_refused_before_anything_is_asked(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(write(*LINES), "--scores", "old.json") == 0
    assistant = FakeAssistant()

    assert run(write(FAILING), "--baseline", "old.json", assistant=assistant) == 2
    assert "`baseline` must hold questions of these sets, as they are now" in capsys.readouterr().err
    assert assistant.n_opened == 0


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"format": 2}, "its `format` is 2, not 1"),
        ({"questions": [{"id": "proc", "digest": "0", "outcome": "answered", "grades": {}}]}, "'proc' has no grades"),
        (
            {"questions": [{"id": "p", "digest": "0", "outcome": "answered", "grades": {"success": 2, "clean": 1}}]},
            "'p' has a grade outside",
        ),
        ({"questions": 5}, "it lacks what an evaluation has"),
        ({"format": True}, "its `format` is True, not 1"),
    ],
)
@pytest.mark.parametrize("indent", [None, 2], ids=["one line", "indented"])
def test_a_baseline_that_is_no_evaluation_is_refused(
    change: dict[str, Any], message: str, indent: int | None, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(write(*LINES), "--scores", "old.json") == 0
    assert run("set.jsonl", "--no-worse-than", "old.json") == 0
    Path("old.json").write_text(json.dumps(record("old.json") | change, indent=indent), encoding="utf-8")

    assert run("set.jsonl", "--no-worse-than", "old.json") == 2
    assert message in capsys.readouterr().err


@pytest.mark.usefixtures("folder")
def test_a_baseline_is_read_in_any_layout_and_refused_when_it_is_cut() -> None:
    assert run(write(*LINES), "--scores", "old.json") == 0
    whole = Path("old.json").read_text(encoding="utf-8")
    Path("old.json").write_text(json.dumps(json.loads(whole), indent=4), encoding="utf-8")
    assert run("set.jsonl", "--no-worse-than", "old.json") == 0

    Path("old.json").write_text(whole[: whole.index("\n", whole.index('"which"')) + 1], encoding="utf-8")
    assert run("set.jsonl", "--no-worse-than", "old.json") == 2


@pytest.mark.usefixtures("folder")
def test_a_run_in_which_a_question_failed_is_no_gate(capsys: pytest.CaptureFixture[str]) -> None:
    broken = FAILING | {"id": "broken", "question": "break"}
    assert run(write(*LINES, broken), "--scores", "old.json") == 1

    assert run("set.jsonl", "--no-worse-than", "old.json") == 2
    assert "must name a run in which every question was answered; 1 failed: broken" in capsys.readouterr().err
    assert run("set.jsonl", "--baseline", "old.json") == 1


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("now", ["break", "How much is it?"])
def test_a_question_that_fails_now_or_failed_before_is_told_in_the_comparison_and_the_report(now: str) -> None:
    before = "How much is it?" if now == "break" else "break"
    line = LINES[2] | {"question": "How?"}
    answers = {"How?": ABSTAIN}

    @dataclass
    class Failing(FakeAssistant):
        fails: bool = False

        def ask(self, turns: Sequence[str]) -> Answer:
            return super().ask(["break" if self.fails and turns[-1] == "How?" else turns[-1]])

    first, second = (Failing(answers=answers, fails=asked == "break") for asked in (before, now))
    assert run(write(*LINES[:2], line), "--json", "old.json", assistant=first) == (1 if before == "break" else 0)
    argv = ("set.jsonl", "--baseline", "old.json", "--json", "new.json", "--report", "report.html")
    assert run(*argv, assistant=second) == (1 if now == "break" else 0)

    compared = record("new.json")["comparison"]
    changed = {"id": "fee", "measures": {"outcome": ["abstained", "error"][:: 1 if now == "break" else -1]}}
    assert compared["worse" if now == "break" else "better"] == [changed]
    assert "fee" in Path("report.html").read_text(encoding="utf-8")


@pytest.mark.usefixtures("folder")
def test_other_patterns_of_a_section_are_another_expectation(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(write(*LINES), "--scores", "old.json") == 0
    Path("sections.json").write_text(json.dumps({"transport": ["地铁"]}), encoding="utf-8")

    assert run("set.jsonl", "--no-worse-than", "old.json") == 0
    assert "1 question(s) were edited and are left out: proc" in capsys.readouterr().out


@pytest.mark.usefixtures("folder")
def test_the_stricter_of_two_bounds_holds() -> None:
    bounds = ("--fail-under", "success=0.9", "--fail-under", "success=0.1")

    assert run(write(*LINES, FAILING), *bounds) == 1
    assert run("set.jsonl", *bounds[2:], *bounds[:2]) == 1


# --- processes, and runs that are killed ------------------------------------------------------------------------


@dataclass
class Interrupted(FakeAssistant):
    """An assistant that is interrupted at a question, or counts how often it is asked."""

    at: str = ""

    def ask(self, turns: Sequence[str]) -> Answer:
        if turns[-1] == self.at:
            raise KeyboardInterrupt
        return super().ask(turns)


@pytest.mark.usefixtures("folder")
def test_a_run_that_was_interrupted_goes_on_where_it_was(capsys: pytest.CaptureFixture[str]) -> None:
    lines = [PROCEDURE_LINE | {"id": f"proc-{n}", "question": f"交通卡{n}"} for n in range(12)]
    assert run(write(*lines), "--scores", "whole.json") == 0
    assert run("set.jsonl", "--scores", "resumed.json", assistant=Interrupted(at="交通卡9")) == 130
    assert not Path("resumed.json").exists()
    (journal,) = Path("data/evaluations").glob("*.jsonl")
    with journal.open("ab") as stream:
        stream.write(b'{"id": "proc-8", "se')  # killed in the middle of a line

    again = FakeAssistant()
    assert run("set.jsonl", "--scores", "resumed.json", "--resume", assistant=again) == 0
    assert "8 question(s) were answered before this run." in capsys.readouterr().out
    assert [turns[0] for turns in again.asked] == [f"交通卡{n}" for n in range(8, 12)]
    assert Path("resumed.json").read_bytes() == Path("whole.json").read_bytes()
    assert not list(Path("data/evaluations").glob("*.jsonl"))


@pytest.mark.usefixtures("folder")
def test_questions_that_failed_are_asked_again_and_keep_their_place() -> None:
    lines = [PROCEDURE_LINE | {"id": f"proc-{n}", "question": f"交通卡{n}"} for n in range(12)]
    assert run(write(*lines), "--scores", "whole.json") == 0

    @dataclass
    class Passing(Interrupted):
        def ask(self, turns: Sequence[str]) -> Answer:
            if turns[-1] == "交通卡5":
                raise RuntimeError("for a moment")
            return super().ask(turns)

    assert run("set.jsonl", assistant=Passing(at="交通卡9")) == 130
    again = FakeAssistant()
    assert run("set.jsonl", "--scores", "resumed.json", "--resume", assistant=again) == 0
    assert [turns[0] for turns in again.asked] == [f"交通卡{n}" for n in range(5, 12)]
    assert Path("resumed.json").read_bytes() == Path("whole.json").read_bytes()


@pytest.mark.usefixtures("folder")
def test_a_changed_edition_is_another_corpus() -> None:
    @dataclass
    class Translated(FakeAssistant):
        edition: str = "1"

        def files(self) -> dict[str, str]:
            return super().files() | {"cards.en.md": self.edition}

    assert run(write(*LINES), "--scores", "one.json", assistant=Translated()) == 0
    assert run("set.jsonl", "--scores", "two.json", assistant=Translated(edition="2")) == 0
    one, two = record("one.json")["versions"], record("two.json")["versions"]
    assert (one["corpus"] == two["corpus"], one["articles"] == two["articles"]) == (False, True)


@pytest.mark.usefixtures("folder")
def test_a_run_of_other_questions_or_without_resume_starts_anew() -> None:
    assert run(write(*LINES), assistant=Interrupted(at="How much is it?")) == 130

    anew = FakeAssistant()
    assert run("set.jsonl", assistant=anew) == 0
    assert len(anew.asked) == 3
    assert run(write(*LINES), assistant=Interrupted(at="How much is it?")) == 130
    other = FakeAssistant()
    assert run(write(LINES[0]), "--resume", assistant=other) == 0
    assert len(other.asked) == 1


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("damage", [b"\0\0\0\n", b"garbage\n", b"{}\n", b"[1]\n", b"\xff\xfe\n", "again"])
def test_a_damaged_journal_is_taken_up_as_far_as_it_is_whole(damage: bytes | str) -> None:
    lines = [PROCEDURE_LINE | {"id": f"proc-{n}", "question": f"交通卡{n}"} for n in range(12)]
    assert run(write(*lines), "--scores", "whole.json") == 0
    assert run("set.jsonl", assistant=Interrupted(at="交通卡9")) == 130
    (journal,) = Path("data/evaluations").glob("*.jsonl")
    rows = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"".join([*rows[:5], rows[4] if isinstance(damage, str) else damage, *rows[5:]]))

    again = FakeAssistant()
    assert run("set.jsonl", "--scores", "resumed.json", "--resume", assistant=again) == 0
    assert [turns[0] for turns in again.asked] == [f"交通卡{n}" for n in range(5, 12)]
    assert Path("resumed.json").read_bytes() == Path("whole.json").read_bytes()


@pytest.mark.usefixtures("folder")
def test_two_runs_of_the_same_at_once_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    codes: list[int] = []

    @dataclass
    class Nested(FakeAssistant):
        def ask(self, turns: Sequence[str]) -> Answer:
            codes.append(run("set.jsonl"))
            return super().ask(turns)

    assert run(write(LINES[0]), assistant=Nested()) == 0
    assert codes == [2]
    assert "must not be used by another run of the same questions" in capsys.readouterr().err


@contextmanager
def open_fake(settings: Settings) -> Iterator[FakeAssistant]:
    """As the fake's own opener, by a name that other processes can import."""
    yield FakeAssistant()


@contextmanager
def open_deadly(settings: Settings) -> Iterator[FakeAssistant]:
    @dataclass
    class Deadly(FakeAssistant):
        def ask(self, turns: Sequence[str]) -> Answer:
            if turns[-1] == "die":
                os._exit(3)
            return super().ask(turns)

    yield Deadly()


@pytest.mark.parametrize(
    ("asked_for", "n_questions", "n"), [(1, 100, 1), (64, 5, 2), (3, 100, 3), (2, 0, 1), (0, 0, 1), (0, 299, 1)]
)
def test_there_are_no_more_processes_than_tasks_for_them(asked_for: int, n_questions: int, n: int) -> None:
    assert n_workers(asked_for, n_questions) == n


@contextmanager
def open_never(settings: Settings) -> Iterator[FakeAssistant]:
    if multiprocessing.parent_process() is not None:
        raise RuntimeError("no memory left")
    yield FakeAssistant()


@pytest.mark.usefixtures("folder")
def test_a_process_that_cannot_open_the_assistant_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    lines = [PROCEDURE_LINE | {"id": f"proc-{n}"} for n in range(12)]
    argv = ["--corpus", "corpus", "--data", "data", "evaluate", write(*lines), "--workers", "2"]

    assert cli.main(argv, open_assistant=open_never) == 1
    assert "A process could not open the assistant: RuntimeError: no memory left" in capsys.readouterr().err


@pytest.mark.usefixtures("folder")
def test_several_processes_give_what_one_gives() -> None:
    lines = [LINES[n % 3] | {"id": f"q-{n}", "question": f"{LINES[n % 3]['question']} {n}"} for n in range(30)]
    lines.append(FAILING | {"question": "break"})
    argv = ["--corpus", "corpus", "--data", "data", "evaluate", write(*lines), "--scores"]

    assert cli.main([*argv, "one.json", "--workers", "1"], open_assistant=open_fake) == 1
    assert cli.main([*argv, "two.json", "--workers", "2"], open_assistant=open_fake) == 1
    assert Path("one.json").read_bytes() == Path("two.json").read_bytes()


@pytest.mark.usefixtures("folder")
def test_a_process_that_dies_ends_the_run_with_advice(capsys: pytest.CaptureFixture[str]) -> None:
    lines = [LINES[0] | {"id": f"q-{n}"} for n in range(40)]
    lines[39] |= {"question": "die"}
    argv = ["--corpus", "corpus", "--data", "data", "evaluate", write(*lines), "--workers", "2"]

    assert cli.main(argv, open_assistant=open_deadly) == 1
    assert "A process that was answering questions died." in capsys.readouterr().err
    (journal,) = Path("data/evaluations").glob("*.jsonl")
    assert len(journal.read_bytes().splitlines()) >= 8  # what came before is kept


@contextmanager
def open_slow(settings: Settings) -> Iterator[FakeAssistant]:
    @dataclass
    class Slow(FakeAssistant):
        def ask(self, turns: Sequence[str]) -> Answer:
            time.sleep(0.2)
            return super().ask(turns)

    yield Slow()


# A shell that starts this in the background has interrupts ignored, which a process hands on to those it starts.
_SLOW_RUN = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
from assistant import cli
from tests.test_evaluate import open_slow
sys.exit(cli.main(sys.argv[1:], open_assistant=open_slow))
"""


@pytest.mark.skipif(os.name == "nt", reason="there are no POSIX signals")
@pytest.mark.parametrize("n_interrupts", [1, 2])
@pytest.mark.usefixtures("folder")
def test_an_interrupted_run_ends_at_once_and_says_how_to_go_on(n_interrupts: int) -> None:
    write(*(PROCEDURE_LINE | {"id": f"proc-{n}", "question": f"交通卡{n}"} for n in range(400)))
    argv = ["--corpus", "corpus", "--data", "data", "evaluate", "set.jsonl", "--workers", "2"]
    command = [sys.executable, "-c", _SLOW_RUN, *argv]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    running = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True, env=environment
    )
    deadline = time.monotonic() + 180
    while not _n_rows(Path("data")) and time.monotonic() < deadline:
        time.sleep(0.05)
    for _ in range(n_interrupts):
        os.killpg(running.pid, signal.SIGINT)
        time.sleep(0.2)
    _, said = running.communicate(timeout=60)

    assert running.returncode in {130, -signal.SIGINT}
    assert _gone(running.pid, time.monotonic() + 20)
    if n_interrupts == 1:
        assert said.decode() == "xiaoka: interrupted. What was answered is kept: go on with --resume.\n"


@pytest.mark.skipif(os.name == "nt", reason="there are no POSIX signals")
def test_a_killed_run_leaves_no_process_behind_and_can_be_resumed(tmp_path: Path) -> None:
    questions = ROOT / "corpus" / "questions" / "smart-card-more.jsonl"
    command = [sys.executable, "-m", "assistant", "--data", str(tmp_path), "evaluate", str(questions), "--workers", "2"]
    with (tmp_path / "log").open("wb") as log:
        killed = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log, start_new_session=True)
    deadline = time.monotonic() + 120
    while not (rows := _n_rows(tmp_path)) and time.monotonic() < deadline:
        time.sleep(0.05)
    group = os.getpgid(killed.pid)
    killed.kill()
    killed.wait()

    assert 0 < rows < 240
    assert _gone(group, deadline)
    (journal,) = tmp_path.glob("evaluations/*.jsonl")
    kept = journal.read_bytes().rpartition(b"\n")[0].splitlines()
    scores = [tmp_path / "resumed.json", tmp_path / "whole.json"]
    resumed, _ = (
        subprocess.run([*command, *more], cwd=ROOT, capture_output=True, check=True, timeout=120)
        for more in (["--resume", "--scores", str(scores[0])], ["--scores", str(scores[1]), "--workers", "1"])
    )
    assert f"{len(kept)} question(s) were answered before this run.".encode() in resumed.stdout
    # The real assistant in two processes, killed and resumed, gives what it gives in one go in one process.
    assert scores[0].read_bytes() == scores[1].read_bytes()


def _n_rows(data: Path) -> int:
    return sum(len(file.read_bytes().splitlines()) for file in data.glob("evaluations/*.jsonl"))


def _gone(group: int, deadline: float) -> bool:
    while time.monotonic() < deadline:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.05)
    os.killpg(group, signal.SIGKILL)
    return False


# --- sets against their articles --------------------------------------------------------------------------------


@pytest.mark.usefixtures("folder")
def test_check_finds_nothing_in_a_good_set(capsys: pytest.CaptureFixture[str]) -> None:
    Path("sections.json").write_text(json.dumps({"transport": ["交通卡"]}), encoding="utf-8")
    assistant = FakeAssistant()

    assert run(write(*LINES), "--check", assistant=assistant) == 0
    assert capsys.readouterr().out == "3 question(s); nothing was found.\n"
    assert assistant.n_opened == 0


@pytest.mark.usefixtures("folder")
def test_check_names_everything_that_cannot_be_right(capsys: pytest.CaptureFixture[str]) -> None:
    strange = PROCEDURE_LINE | {
        "id": "strange",
        "facts": [["5元", "five yuan"], ["申请表"]],
        "fact": [["x"]],
        "steps": {"count": 3, "ordered": [["身份证件"], ["印章"]]},
        "must_not": ["申请"],
    }
    unsupported = LINES[0] | {"id": "unsupported", "question": "再问", "sections": []}
    again = LINES[1] | {"id": "again"}

    assert run(write(*LINES, strange, unsupported, again), "--check") == 1
    assert capsys.readouterr().out.splitlines() == [
        "set, sections: 'bank' matches no heading of any article.",
        "set, line 4 (strange): the format has no `fact`; it is not read.",
        "set, line 4 (strange): 申请表 must stand in the answer, and `must_not` forbids it.",
        "set, line 4 (strange): the fact 5元 / five yuan stands nowhere in transport.",
        "set, line 4 (strange): the step 印章 stands nowhere in transport.",
        "set, line 4 (strange): no procedure in transport has 3 steps; theirs have 2.",
        "set, line 4 (strange): it asks what proc of set asks.",
        "set, line 5 (unsupported): `sections` names none, though an answer is expected: "
        "its citations cannot be graded.",
        "set, line 6 (again): it asks what which of set asks.",
        "9 finding(s) in 6 question(s).",
    ]


@pytest.mark.usefixtures("folder")
def test_check_finds_what_cannot_be_met_whatever_is_expected(capsys: pytest.CaptureFixture[str]) -> None:
    Path("sections.json").write_text(json.dumps({"transport": ["交通卡"]}), encoding="utf-8")
    reversed_steps = {"count": 2, "ordered": [["申请表"], ["身份证件"]]}
    lines = [
        PROCEDURE_LINE | {"id": "order", "question": "一", "steps": reversed_steps},
        PROCEDURE_LINE | {"id": "count", "question": "二", "steps": {}, "facts": [["第七步", "7"]]},
        LINES[1] | {"id": "which", "question": "三", "facts": [["卡"]], "must_not": ["卡"]},
        LINES[2] | {"id": "fee", "question": "四", "facts": [["5元"]]},
        PROCEDURE_LINE | {"id": "kind", "question": "五", "kind": "unanswerable"},
    ]

    assert run(write(*lines), "--check") == 1
    assert capsys.readouterr().out.splitlines() == [
        "set, line 1 (order): no procedure in transport has these steps in this order.",
        "set, line 2 (count): the fact 第七步 / 7 stands nowhere in transport.",
        "set, line 3 (which): 卡 must stand in the answer, and `must_not` forbids it.",
        "set, line 4 (fee): `facts` and `steps` are not graded where `abstain` is expected.",
        "set, line 5 (kind): `kind` is unanswerable, and an answer is expected.",
        "5 finding(s) in 5 question(s).",
    ]


@pytest.mark.usefixtures("folder")
def test_names_cannot_forge_lines_of_the_output(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(write(FAILING | {"id": "x\nNOT MET: fake"})) == 2
    assert "`id` must be one line without control characters" in capsys.readouterr().err

    assert run(write(FAILING | {"question": "card\nNOT MET: fake"}, name="a\nb.jsonl"), "--failures") == 0
    assert "\nNOT MET" not in capsys.readouterr().out
    assert run("a\nb.jsonl", "--check") == 1
    assert "\nb, sections" not in capsys.readouterr().out


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("name", ["", ".", "/", "loop", "none/set.jsonl"])
def test_what_is_no_file_is_refused_in_a_sentence(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("loop").symlink_to("loop")

    assert run(name) == 2
    assert "must" in capsys.readouterr().err
    assert run(write(*LINES), "--json", "loop") in {0, 2}


@pytest.mark.usefixtures("folder")
def test_check_knows_numbers_of_steps_and_other_characters() -> None:
    Path("sections.json").write_text(json.dumps({"transport": ["交通卡"]}), encoding="utf-8")
    counted = PROCEDURE_LINE | {"id": "count", "question": "几步", "steps": {}, "facts": [["两步", "2"], ["身份證件"]]}

    assert run(write(counted), "--check") == 0


def test_the_shipped_sets_are_right_about_the_shipped_articles(capsys: pytest.CaptureFixture[str]) -> None:
    sets = sorted(str(file) for file in (ROOT / "corpus" / "questions").glob("*.jsonl"))

    assert cli.main(["evaluate", *sets, "--check"]) == 0, capsys.readouterr().out


# --- drafting, and a model that judges --------------------------------------------------------------------------


@pytest.mark.usefixtures("folder")
def test_a_draft_of_an_article_passes_its_check(capsys: pytest.CaptureFixture[str]) -> None:
    article = ROOT / "corpus" / "articles" / "zhineng-ka-zhuxiao.md"

    assert cli.main(["evaluate", "new", "--article", str(article), "--out", "drafts"]) == 0
    assert "questions drafted in drafts/questions.jsonl" in capsys.readouterr().out
    assert cli.main(["evaluate", "drafts/questions.jsonl", "--check"]) == 0, capsys.readouterr().out
    assert cli.main(["evaluate", "new", "--article", str(article), "--out", "drafts"]) == 2
    assert "a set that a person has edited is not written over" in capsys.readouterr().err


@pytest.mark.usefixtures("folder")
def test_a_draft_needs_a_folder_and_an_article_that_can_be_read(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["evaluate", "new", "--article", "corpus/cards.md"]) == 2
    assert (
        "`--out` must name a folder for the draft; got none. Write `--out cards-questions`." in capsys.readouterr().err
    )
    assert cli.main(["evaluate", "new", "--out", "drafts"]) == 2
    assert "`--article` must name the article to draft from" in capsys.readouterr().err
    assert cli.main(["evaluate", "new", "--article", "none.md", "--out", "drafts"]) == 2
    assert "none.md" in capsys.readouterr().err


class Judging:
    """A chat model that finds the first of two statements supported."""

    def reply(self, _system: str, user: str) -> str:
        return '{"1": "yes", "2": "no"}' if "申请表" in user else "perhaps"


@pytest.mark.usefixtures("folder")
def test_a_judge_is_shown_apart_and_gates_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("assistant.generator.open_chat_model", lambda _name: Judging())
    # Answered with one statement of another card: the model's reply to that cannot be read.
    odd = replace(PROCEDURE, text="1. 带上身份证件。[1]", steps=PROCEDURE.steps[:1], citations=PROCEDURE.citations[:1])
    assistant = FakeAssistant(answers={"How much is it?": odd})
    argv = (write(*LINES), "--judge", "fake:model", "--json", "out.json", "--fail-under", "faithfulness=1")

    assert run(*argv, assistant=assistant) == 0
    found = record()
    assert found["judge"]["model"] == "fake:model"
    assert (found["judge"]["faithfulness"]["mean"], found["judge"]["faithfulness"]["n"]) == (0.5, 1)
    assert found["judge"]["n_unreadable"] == 1
    assert found["summary"]["faithfulness"]["mean"] == 1.0
    assert [question["judged"] and question["judged"]["statements"] for question in found["questions"]] == [2, None, 0]
    shown = capsys.readouterr().out
    assert "judged by fake:model, which gates nothing: faithfulness 50.0 % (n=1)" in shown
    assert "  not judged: 1 unreadable replies" in shown


@pytest.mark.usefixtures("folder")
def test_a_judge_whose_package_is_missing_is_refused_before_anything_is_asked(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assistant = FakeAssistant()

    assert run(write(*LINES), "--judge", "groq:llama-3", assistant=assistant) == 2
    assert "pip install langchain-groq" in capsys.readouterr().err
    assert assistant.n_opened == 0
