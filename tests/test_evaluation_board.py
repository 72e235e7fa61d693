"""The page's evaluation runs: which sets there are, real runs in real processes, and what is kept of them."""

from __future__ import annotations

import json
import logging
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant import cli
from assistant.evaluation import outcomes as kept
from assistant.evaluation.board import Board, Difference, Measure, Progress, QuestionSet
from assistant.evaluation.outcomes import Outcomes, folder_name
from assistant.evaluation.progress import read_progress, told_progress
from assistant.evaluation.record import read_head, write_record
from assistant.settings import Settings, load_settings
from corpus.errors import UnusableInput
from tests import evaluation_records
from tests.assistants import ROOT
from tests.fake_assistant import FakeAssistant

ARTICLE = (
    "# 校园卡怎么注销\n\n## 注销步骤\n\n"
    "1. 带上学生证，到一卡通中心的窗口。\n2. 填写注销申请表。\n3. 结清余额，退还押金。\n4. 交回校园卡，当面剪角。\n\n"
    "## 办理时间\n\n窗口的办理时间是工作日上午九点到下午五点。\n"
)
SHORTER = ARTICLE.replace("3. 结清余额，退还押金。\n4. ", "3. ")
STEPS = {"count": 4, "ordered": [["学生证"], ["申请表"], ["余额"], ["剪角"]]}
ASKED = ("校园卡怎么注销？", "校园卡注销有哪些步骤", "我的校园卡不用了，怎么注销", "请问如何注销校园卡")
LINES: list[dict[str, Any]] = [
    {
        "id": f"steps-{n}",
        "lang": "zh",
        "kind": "procedure",
        "question": question,
        "expect": "answer",
        "sections": ["campus"],
        "steps": STEPS,
    }
    for n, question in enumerate(ASKED)
] + [{"id": "moon", "lang": "zh", "kind": "out-of-domain", "question": "月亮离我们有多远？", "expect": "abstain"}]
SECTIONS = {"campus": ["校园卡"]}
HEADLINES = ("success", "facts", "steps", "cite_precision", "false_answer", "false_refusal")
POSIX = pytest.mark.skipif(os.name == "nt", reason="there are no POSIX signals")
LINUX = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="there is no /proc")


def write_set(file: Path, *lines: dict[str, Any], sections: dict[str, Any] | None = None) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")
    (file.parent / "sections.json").write_text(json.dumps(sections or SECTIONS, ensure_ascii=False), encoding="utf-8")
    return file


def settings_of(folder: Path, **more: object) -> Settings:
    given = {"corpus": folder / "articles", "data": folder / "data"} | more
    return load_settings(given, environ={}, folder=folder)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A corpus of one article with its set, and a data folder that is not there yet."""
    (tmp_path / "articles").mkdir()
    (tmp_path / "articles" / "campus.md").write_text(ARTICLE, encoding="utf-8")
    write_set(tmp_path / "articles" / "questions.jsonl", *LINES)
    return tmp_path


@pytest.fixture
def board(folder: Path) -> Iterator[Board]:
    with Board(settings_of(folder)) as board:
        yield board


def ended(board: Board) -> Progress:
    """How the run ended, waited for."""
    deadline = time.monotonic() + 300
    seen = []
    while (progress := board.progress()) is not None and progress.state == "running":
        seen.append(progress.n_done)
        assert time.monotonic() < deadline, "the run did not end in five minutes"
        time.sleep(0.05)
    assert progress is not None
    assert seen == sorted(seen)
    return progress


def until(happened: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 120
    while not happened():
        assert time.monotonic() < deadline, "it did not happen within two minutes"
        time.sleep(0.02)


def runs_of(folder: Path) -> list[Path]:
    return sorted(folder.glob("data/evaluations/page/*/*"))


def children_of(parent: int) -> list[int]:
    """The processes of runs that a process started, on Linux."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            status = (place / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()
            command = (place / "cmdline").read_bytes()
        except OSError:
            continue
        if status[0] != "Z" and int(status[1]) == parent and b"run_order" in command:
            found.append(int(place.name))
    return found


# --- runs -----------------------------------------------------------------------------------------------------------


def test_a_run_is_kept_and_the_next_says_worse_when_the_article_lost_a_step(folder: Path) -> None:
    started_at = datetime.now(UTC).replace(microsecond=0)
    with Board(settings_of(folder)) as board:
        assert board.progress() is None
        assert board.comparison("questions") == board.outcomes("questions") == ()
        board.start("questions")
        assert ended(board) == Progress(set_name="questions", n_done=5, n_questions=5, state="finished")
        (first,) = board.outcomes("questions")
        # Compared with nothing: there was no run before.
        assert board.comparison("questions") == ()

    assert (first.n_questions, first.n_errors) == (5, 0)
    assert started_at <= first.finished_at <= datetime.now(UTC)
    measures = {measure.name: measure for measure in first.measures}
    assert tuple(measures) == HEADLINES
    # All alike, so that the interval is Wilson's: of 4 of 4 from 4 / (4 + 1.96²) on.
    assert measures["steps"] == Measure(name="steps", mean=1.0, low=0.510109, high=1.0, n=4)
    assert (measures["success"].mean, measures["success"].n, measures["false_answer"].mean) == (1.0, 5, 0.0)
    (run,) = runs_of(folder)
    assert sorted(file.name for file in run.iterdir()) == ["record.json", "report.html"]
    assert [place.name for place in (folder / "data" / "evaluations").iterdir()] == ["page"]

    (folder / "articles" / "campus.md").write_text(SHORTER, encoding="utf-8")
    with Board(settings_of(folder)) as again:  # as after a restart of the server
        assert again.outcomes("questions") == (first,)
        again.start("questions")
        assert ended(again).state == "finished"
        newest, before = again.outcomes("questions")
        compared = {difference.name: difference for difference in again.comparison("questions")}
        report = again.report(newest.outcome_id)

    assert before == first
    assert compared["steps"] == Difference(
        name="steps", before=1.0, now=0.0, difference=-1.0, low=-1.0, high=-1.0, verdict="worse"
    )
    # Four of five fell from right to wrong.
    assert (compared["success"].before, compared["success"].now, compared["success"].verdict) == (1.0, 0.2, "worse")
    assert compared["false_refusal"].verdict == "same"
    assert tuple(compared) == HEADLINES
    assert report.startswith("<!DOCTYPE html>")
    assert "steps-3" in report


def test_a_run_that_has_no_question_in_common_with_the_one_before_is_compared_with_nothing(
    folder: Path, board: Board
) -> None:
    put(folder / "data" / "evaluations" / "page", "20260101T000000000000Z")

    board.start("questions")
    assert ended(board) == Progress(set_name="questions", n_done=5, n_questions=5, state="finished")
    assert [outcome.n_questions for outcome in board.outcomes("questions")] == [5, 166]
    assert board.comparison("questions") == ()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "`questions` must name a file that can be read; got "),
        ("{}\n", "must hold one question; 1 cannot be used, nothing was answered: line 1: "),
    ],
    ids=["deleted", "malformed"],
)
def test_a_set_that_breaks_meanwhile_fails_the_run_in_a_sentence(
    folder: Path, board: Board, content: str | None, message: str
) -> None:
    file = folder / "articles" / "questions.jsonl"
    board.start("questions")
    # The process has not even begun to import.
    if content is None:
        file.unlink()
    else:
        file.write_text(content, encoding="utf-8")

    failed = ended(board)
    assert (failed.state, failed.n_done, failed.n_questions) == ("failed", 0, 5)
    assert message in failed.message
    assert "\n" not in failed.message
    assert "Traceback" not in failed.message
    assert runs_of(folder) == []
    assert board.outcomes("questions") == ()

    write_set(file, *LINES[:1])
    board.start("questions")
    assert board.progress() == Progress(set_name="questions", n_done=0, n_questions=1, state="running")


def test_a_set_of_other_articles_fails_the_run_in_a_sentence(folder: Path, board: Board) -> None:
    write_set(folder / "data" / "questions" / "other.jsonl", LINES[4], sections={"_documents": ["moon"]})

    board.start("other")
    assert re.match("`corpus` must hold the articles that other is about; .* lacks 'moon'", ended(board).message)


def test_a_fault_of_the_program_is_told_without_a_traceback_and_logged_with_it(
    folder: Path, board: Board, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    # The process finds another module than ours where this one is searched first.
    (folder / "broken").mkdir()
    (folder / "broken" / "tantivy.py").write_text("raise RuntimeError('broken on purpose')", encoding="utf-8")
    monkeypatch.syspath_prepend(str(folder / "broken"))

    with caplog.at_level(logging.ERROR, logger="xiaoka"):
        board.start("questions")
        failed = ended(board)
    assert failed.message == (
        "The evaluation ended with exit code 1, by a fault of the program or for want of memory. "
        "The server's log says more."
    )
    assert "RuntimeError: broken on purpose" in caplog.text
    assert runs_of(folder) == []


@LINUX
def test_one_run_at_a_time_which_can_be_cancelled_and_started_again(folder: Path, board: Board) -> None:
    board.cancel()  # nothing to end
    # A page's calls come from one thread or another: what this one takes, others give back.
    starter = threading.Thread(target=board.start, args=("questions",))
    starter.start()
    starter.join()
    (child,) = children_of(os.getpid())
    with pytest.raises(UnusableInput, match=r"until no evaluation is running; one is\. Wait for it, or cancel it\."):
        board.start("questions")
    with (
        Board(settings_of(folder)) as other,
        pytest.raises(UnusableInput, match="another server with this data folder runs one"),
    ):
        other.start("questions")
    assert children_of(os.getpid()) == [child]
    assert len(runs_of(folder)) == 1

    board.cancel()
    assert board.progress() is None
    assert children_of(os.getpid()) == []
    assert runs_of(folder) == []
    assert board.outcomes("questions") == ()
    with Board(settings_of(folder)) as other:
        other.start("questions")
        assert len(children_of(os.getpid())) == 1


@LINUX
def test_of_many_starts_at_once_one_is_a_run(folder: Path, board: Board) -> None:
    refused: list[str] = []

    def start() -> None:
        try:
            board.start("questions")
        except UnusableInput as error:
            refused.append(str(error))

    threads = [threading.Thread(target=start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(children_of(os.getpid())) == 1
    assert len(refused) == 7
    assert all("one is. Wait for it, or cancel it." in message for message in refused)
    assert len(runs_of(folder)) == 1


@LINUX
def test_leaving_the_board_ends_the_run(folder: Path) -> None:
    with Board(settings_of(folder)) as board:
        board.start("questions")
        assert len(children_of(os.getpid())) == 1

    assert children_of(os.getpid()) == []
    assert board.progress() is None


@LINUX
def test_a_run_is_less_important_than_its_server_and_shows_no_password(folder: Path) -> None:
    address = "http://someone:secret@127.0.0.1:9"
    with Board(settings_of(folder, chroma_url=address)) as board:
        board.start("questions")
        (child,) = children_of(os.getpid())
        own = os.getpriority(os.PRIO_PROCESS, 0)
        until(lambda: os.getpriority(os.PRIO_PROCESS, child) == min(own + 10, 19))
        assert b"secret" not in Path(f"/proc/{child}/cmdline").read_bytes()
        # Its own group, for Ctrl-C, and the server's session, without which niceness would count for nothing.
        assert os.getpgid(child) == child
        assert os.getsid(child) == os.getsid(0)
        failed = ended(board)
    # The settings arrived: nothing answers at that address.
    assert failed.state == "failed"
    assert "Chroma" in failed.message
    assert "secret" not in failed.message


_PARENT = """
import sys, time
from pathlib import Path
from assistant.evaluation.board import Board
from assistant.settings import load_settings
folder = Path(sys.argv[1])
board = Board(load_settings({"corpus": folder / "articles", "data": folder / "data"}, environ={}, folder=folder))
board.start("questions")
sys.stdout.write("started\\n")
sys.stdout.flush()
time.sleep(600)
"""


@LINUX
@POSIX
@pytest.mark.parametrize("when", ["at once", "while it asks"])
def test_a_killed_server_leaves_no_run_behind(folder: Path, when: str) -> None:
    write_set(
        folder / "articles" / "questions.jsonl", *(LINES[n % 4] | {"id": f"q-{n}"} for n in range(2_000))
    )  # half a minute
    server = subprocess.Popen([sys.executable, "-c", _PARENT, str(folder)], cwd=ROOT, stdout=subprocess.PIPE)
    assert server.stdout is not None
    with server.stdout as said:
        assert said.readline() == b"started\n"
        (child,) = children_of(server.pid)
        if when == "while it asks":
            until(lambda: any((read_progress(run / "progress.jsonl") or (0, 0))[0] > 0 for run in runs_of(folder)))
        server.send_signal(signal.SIGKILL)
        server.wait()

    until(lambda: not _is_alive(child))
    assert len(runs_of(folder)) == 1
    # What it left is no outcome, and the next run clears it away.
    write_set(folder / "articles" / "questions.jsonl", *LINES)
    with Board(settings_of(folder)) as board:
        assert board.outcomes("questions") == ()
        board.start("questions")
        assert len(runs_of(folder)) == 1


def _is_alive(child: int) -> bool:
    try:
        return Path(f"/proc/{child}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_a_data_folder_that_cannot_be_written_is_refused(folder: Path) -> None:
    (folder / "data").write_text("a file", encoding="utf-8")

    with (
        Board(settings_of(folder)) as board,
        pytest.raises(UnusableInput, match="`data` must be a folder that can be written"),
    ):
        board.start("questions")
    assert board.progress() is None


# --- sets -----------------------------------------------------------------------------------------------------------


def test_the_shipped_articles_have_the_shipped_sets(tmp_path: Path) -> None:
    board = Board(load_settings({"data": tmp_path}, environ={}, folder=tmp_path))

    found = board.sets()
    assert {(one.name, one.n_questions, one.problem) for one in found} >= {
        ("smart-card", 166, ""),
        ("smart-card-extra", 120, ""),
        ("smart-card-more", 240, ""),
    }
    assert found[0].path.parent == ROOT / "corpus" / "questions"
    assert list(tmp_path.iterdir()) == []  # nothing is written by looking


def test_sets_come_from_the_corpus_and_then_from_the_data_folder_each_file_once(folder: Path) -> None:
    write_set(folder / "articles" / "questions" / "b.jsonl", LINES[0])
    write_set(folder / "articles" / "questions" / "a.jsonl", *LINES[:2])
    own = write_set(folder / "data" / "questions" / "a.jsonl", *LINES[:3])
    (folder / "data" / "questions" / ".writing.jsonl").write_text("{", encoding="utf-8")
    (folder / "data" / "questions" / "link.jsonl").symlink_to(folder / "articles" / "questions" / "b.jsonl")
    write_set(folder / "questions" / "beside.jsonl", LINES[0])  # only the shipped articles have theirs there

    found = Board(settings_of(folder)).sets()
    assert [(one.name, one.n_questions) for one in found] == [("questions", 5), ("a", 2), ("b", 1), ("a (2)", 3)]
    assert found[3] == QuestionSet(name="a (2)", path=own, n_questions=3)


def test_a_set_that_cannot_be_used_says_why_and_is_not_started(folder: Path, board: Board) -> None:
    place = folder / "data" / "questions"
    write_set(place / "good.jsonl", LINES[4])
    (place / "bad.jsonl").write_text('{"id": "x"}\n[]\n', encoding="utf-8")
    (place / "empty.jsonl").write_text("", encoding="utf-8")
    (place / "folder.jsonl").mkdir()
    (place / "gone.jsonl").symlink_to(place / "none")

    problems = {one.name: (one.n_questions, one.problem) for one in board.sets()}
    assert problems["good"] == (1, "")
    assert problems["bad"][0] == 0
    assert "2 cannot be used, nothing was answered: line 1: `lang` must be one of" in problems["bad"][1]
    assert problems["empty"][1].endswith("must hold at least one question; it is empty.")
    assert "regular files of at most 50 MB; folder.jsonl is none." in problems["folder"][1]
    assert "gone.jsonl cannot (No such file or directory)." in problems["gone"][1]
    with pytest.raises(UnusableInput, match="must be that of a set that can be used; 'empty' cannot"):
        board.start("empty")
    with pytest.raises(UnusableInput, match=r"must be that of a question set; got '\.\./x'\. There are questions, bad"):
        board.start("../x")
    assert not (folder / "data" / "evaluations").exists()


@POSIX
@pytest.mark.parametrize("name", ["pipe.jsonl", "sections.json"])
def test_a_pipe_among_the_sets_is_not_waited_for(folder: Path, board: Board, name: str) -> None:
    place = folder / "data" / "questions"
    write_set(place / "good.jsonl", LINES[4])
    (place / name).unlink(missing_ok=True)
    os.mkfifo(place / name)

    problems = {one.name: one.problem for one in board.sets()}
    assert f"{name} is none." in problems["pipe" if name == "pipe.jsonl" else "good"]


def test_a_set_is_read_again_when_its_questions_or_sections_have_changed(folder: Path, board: Board) -> None:
    file = folder / "articles" / "questions.jsonl"
    assert board.sets()[0].n_questions == 5
    write_set(file, *LINES[:3])
    assert board.sets()[0].n_questions == 3
    write_set(file, *LINES[:3], sections={"other": ["校园卡"]})
    assert "`sections` must be keys of sections.json; got 'campus'." in board.sets()[0].problem


def test_names_of_files_hide_nothing_and_are_one_line(folder: Path, board: Board) -> None:
    write_set(folder / "data" / "questions" / "a\n\u202eb.jsonl", LINES[4])

    assert [one.name for one in board.sets()] == ["questions", "a <U+202E>b"]


# --- what is kept -----------------------------------------------------------------------------------------------------


def put(root: Path, at: str = "20261128T190000000000Z", name: str = "questions", **more: object) -> Path:
    """An outcome made by hand."""
    run = root / folder_name(name) / at
    run.mkdir(parents=True)
    write_record(evaluation_records.record(**more), [evaluation_records.question()], run / "record.json")
    (run / "report.html").write_text(f"<!doctype html>{at}", encoding="utf-8")
    return run


def test_outcomes_are_listed_newest_first_with_the_headlines_alone(folder: Path, board: Board) -> None:
    root = folder / "data" / "evaluations" / "page"
    put(root, "20261127T000000000000Z", n=7)
    put(root, "20261128T000000000000Z", n_errors=2, comparison=evaluation_records.comparison())

    newest, oldest = board.outcomes("questions")
    assert newest.outcome_id == "questions.20261128T000000000000Z"
    assert (newest.n_questions, newest.n_errors, oldest.n_questions) == (166, 2, 7)
    assert newest.finished_at == datetime(2026, 11, 28, 19, tzinfo=UTC)
    assert [measure.name for measure in newest.measures] == [*HEADLINES]
    # 161 of 166 are right but 7: 159 of 166.
    assert (newest.measures[0].mean, newest.measures[0].n) == (0.9578, 166)
    assert board.comparison("questions") == (
        Difference(
            name="success", before=0.9217, now=0.9578, difference=0.0361, low=0.012, high=0.066, verdict="better"
        ),
        Difference(name="facts", before=0.95, now=0.9583, difference=0.0083, low=-0.017, high=0.033, verdict="unclear"),
        Difference(
            name="false_answer", before=0.1818, now=0.0606, difference=-0.1212, low=-0.242, high=-0.03, verdict="better"
        ),
        Difference(
            name="false_refusal", before=0.0, now=0.0083, difference=0.0083, low=0.001, high=0.025, verdict="worse"
        ),
    )
    assert board.report(newest.outcome_id) == "<!doctype html>20261128T000000000000Z"
    assert board.outcomes("another") == ()


@pytest.mark.parametrize(
    "outcome_id",
    [
        "",
        "../..",
        "questions",
        "questions.20261128T190000000001Z",
        "questions/20261128T190000000000Z",
        "../page/questions.20261128T190000000000Z",
        "questions.20261128T190000000000Z/../20261128T190000000000Z",
        "questions.20261128T190000000000Z\n",
        "questions.２０２６１１２８T190000000000Z",
        "/etc/passwd",
        "x" * 10_000,
        "questions.20261128T190000000000Z\0",
    ],
)
def test_the_report_of_an_unknown_id_is_refused(folder: Path, board: Board, outcome_id: str) -> None:
    run = put(folder / "data" / "evaluations" / "page")
    assert board.report("questions.20261128T190000000000Z")
    (run.parent.parent / "report.html").write_text("secret", encoding="utf-8")

    with pytest.raises(UnusableInput, match="`outcome_id` must be the id of an outcome that is kept") as refused:
        board.report(outcome_id)
    assert len(str(refused.value)) < 300


@given(start=st.integers(0, 60_000), length=st.integers(1, 5_000), filling=st.binary(max_size=8))
@settings(max_examples=60, deadline=None)
def test_a_damaged_record_is_passed_over_or_read_and_never_raises(
    tmp_path_factory: pytest.TempPathFactory, start: int, length: int, filling: bytes
) -> None:
    root = tmp_path_factory.mktemp("page")
    run = put(root, comparison=evaluation_records.comparison())
    whole = (run / "record.json").read_bytes()
    (run / "record.json").write_bytes(whole[: start % len(whole)] + filling + whole[start % len(whole) + length :])
    put(root, "20261127T000000000000Z")

    found = Outcomes(root).of("questions")
    assert found[-1].outcome_id == "questions.20261127T000000000000Z"
    assert len(found) in {1, 2}
    assert isinstance(Outcomes(root).comparison("questions"), tuple)


@pytest.mark.parametrize(
    "change",
    [
        {"format": 2},
        {"date": "yesterday"},
        {"date": "2026-11-28T19:00:00"},
        {"n": -1},
        {"n_errors": "none"},
        {"summary": []},
        {"summary": {"success": {"mean": float("nan"), "low": 0.0, "high": 1.0, "n": 5}}},
        {"summary": {"success": {"mean": "high", "low": 0.0, "high": 1.0, "n": 5}}},
        {"summary": {"success": {"mean": 1.0}}},
    ],
    ids=str,
)
def test_a_record_that_is_no_evaluation_is_passed_over(tmp_path: Path, change: dict[str, Any]) -> None:
    put(tmp_path, **change)

    assert Outcomes(tmp_path).of("questions") == ()
    assert Outcomes(tmp_path).comparison("questions") == ()


@pytest.mark.parametrize("missing", ["record.json", "report.html"])
def test_a_half_written_outcome_is_passed_over_and_removed_before_the_next_run(tmp_path: Path, missing: str) -> None:
    half = put(tmp_path)
    (half / missing).unlink()
    whole = put(tmp_path, "20261127T000000000000Z")
    (tmp_path / ".lock").touch()
    (tmp_path / "questions" / "notes").mkdir()

    outcomes = Outcomes(tmp_path)
    assert [one.outcome_id for one in outcomes.of("questions")] == ["questions.20261127T000000000000Z"]
    outcomes.remove_unfinished()
    assert sorted(tmp_path.rglob("2026*")) == [whole]
    assert (tmp_path / "questions" / "notes").is_dir()  # not ours


def test_a_cut_record_is_passed_over(tmp_path: Path) -> None:
    run = put(tmp_path)
    whole = (run / "record.json").read_bytes()
    (run / "record.json").write_bytes(whole[:-2])

    assert Outcomes(tmp_path).of("questions") == ()


def test_the_newest_twenty_are_kept(tmp_path: Path) -> None:
    for n in range(22):
        put(tmp_path, f"20261128T1900{n:02}000000Z")
    put(tmp_path, name="another")

    outcomes = Outcomes(tmp_path)
    outcomes.keep_newest("questions")
    assert [one.outcome_id[-9:-7] for one in outcomes.of("questions")] == [f"{n:02}" for n in range(21, 1, -1)]
    assert len(outcomes.of("another")) == 1


def test_a_new_run_is_the_newest_whatever_the_clock_says(tmp_path: Path) -> None:
    put(tmp_path, "29991231T235959000000Z")

    outcomes = Outcomes(tmp_path)
    assert outcomes.new_folder("questions").name == "29991231T235959000001Z"
    assert outcomes.new_folder("questions").name == "29991231T235959000002Z"
    assert outcomes.new_folder("another").name < "2999"
    put(tmp_path, "99999999T999999999999Z")  # no date at all
    assert outcomes.new_folder("questions").name < "2999"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("smart-card", "smart-card"),
        ("Smart", "smart-9e6ad6db"),  # what follows are the first digits of the name's SHA-256
        ("..", "5ec1f7e7"),
        ("a (2)", "a-2-c20efb7e"),
    ],
)
def test_a_set_with_a_harmless_name_has_it_for_its_folder(name: str, expected: str) -> None:
    assert folder_name(name) == expected


@given(st.text(max_size=300), st.text(max_size=300))
def test_every_set_has_a_folder_of_its_own_with_a_harmless_name(one: str, other: str) -> None:
    assert re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,59}", folder_name(one))
    assert (folder_name(one) == folder_name(other)) == (one == other)


# --- progress in a file -----------------------------------------------------------------------------------------------


def test_a_run_tells_its_progress_line_by_line(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(folder)
    file = write_set(folder / "set.jsonl", *(LINES[4] | {"id": str(n)} for n in range(6)))
    options = ["--workers", "1", "--progress", "progress.jsonl"]
    argv = ["--corpus", "articles", "--data", "data", "evaluate", str(file), *options]

    assert cli.main(argv, open_assistant=FakeAssistant().opener) == 0
    assert (folder / "progress.jsonl").read_text(encoding="utf-8") == (
        '{"n_done": 0, "n_questions": 6}\n{"n_done": 4, "n_questions": 6}\n{"n_done": 6, "n_questions": 6}\n'
    )
    assert read_progress(folder / "progress.jsonl") == (6, 6)
    assert "Written: --progress progress.jsonl" in capsys.readouterr().out


@pytest.mark.parametrize("option", ["--progress", "--json"])
@pytest.mark.parametrize(
    ("place", "code"),
    [
        ("data/evaluations/x", 2),
        ("data/evaluations", 2),
        ("data/evaluations/page/../x", 2),
        ("data/evaluations/page/x", 0),
        ("set.jsonl", 2),
    ],
)
def test_outputs_may_stand_in_folders_beside_the_journals_and_not_among_them(
    folder: Path, monkeypatch: pytest.MonkeyPatch, option: str, place: str, code: int
) -> None:
    monkeypatch.chdir(folder)
    (folder / "data" / "evaluations" / "page").mkdir(parents=True)
    file = write_set(folder / "set.jsonl", LINES[4])
    argv = ["--corpus", "articles", "--data", "data", "evaluate", str(file), option, place]

    assert cli.main(argv, open_assistant=FakeAssistant().opener) == code


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", None),
        (b'{"n_done": 4, "n_que', None),
        (b'{"n_done": 4, "n_questions": 9}\n{"n_done": 8,', (4, 9)),
        (b'{"n_done": 4, "n_questions": 9}\n' * 1_000 + b'{"n_done": 8, "n_questions": 9}\n', (8, 9)),
        (b"\xff\n", None),
        (b"[]\n", None),
        (b"\n", None),
    ],
)
def test_the_last_whole_line_counts(tmp_path: Path, content: bytes, expected: tuple[int, int] | None) -> None:
    (tmp_path / "progress").write_bytes(content)

    assert read_progress(tmp_path / "progress") == expected
    assert read_progress(tmp_path / "none") is None


def test_progress_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    with (
        pytest.raises(UnusableInput, match="`--progress` must name a file that can be written"),
        told_progress(tmp_path / "none" / "progress", 4),
    ):
        pass


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no device that is always full")
def test_a_full_disk_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with (
        told_progress(Path("/dev/full"), 4) as tell,
        pytest.raises(UnusableInput, match="No space left on device"),
    ):
        tell(0)


def test_the_head_of_a_record_is_read_without_its_questions(tmp_path: Path) -> None:
    run = put(tmp_path)
    with (run / "record.json").open(encoding="utf-8") as stream:
        assert read_head(stream) == evaluation_records.record() | {"questions": []}
        assert json.loads(stream.readline())["id"] == "proc-001"
    assert kept.is_whole(run)
