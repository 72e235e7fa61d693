"""Verdicts are kept masked, bounded and safe from each other, and come out as drafts that the evaluation reads."""

from __future__ import annotations

import json
import os
import sqlite3
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assistant import cli
from assistant.evaluation.grading import grade
from assistant.evaluation.questions import read_question_sets
from assistant.feedback import MAX_ROW_BYTES, Feedback, FeedbackBusy, FeedbackFull, FeedbackStore
from assistant.feedback_drafts import draft_cases
from corpus.errors import UnusableInput
from tests.fake_assistant import ABSTAIN, CLARIFY, PROCEDURE, TEXT, FakeAssistant

ROOT = Path(__file__).resolve().parent.parent
AT = "2026-11-28T10:00:00+00:00"
LATER = "2026-11-28T11:00:00+00:00"
FACT: dict[str, Any] = {
    "outcome": "answered",
    "text": "**押金**在5个工作日内退回。[1][2]\n\n- 卡要交回：[3]\n",
    "steps": [],
    "citations": [{"marker": 1, "title": "卡片", "headings": ["交通卡", "费用"], "quote": "5个工作日"}],
    "options": [],
    "reason": "",
    "language": "zh",
}


def feedback(*turns: str, **values: Any) -> Feedback:  # noqa: ANN401 - fields of several types
    given: dict[str, Any] = {"verdict": "down", "answer": PROCEDURE.to_json(), "language": "zh", "created_at": AT}
    return Feedback(turns=turns or ("交通卡怎么注销？",), **(given | values))


@pytest.fixture
def store(tmp_path: Path) -> FeedbackStore:
    return FeedbackStore(tmp_path / "data" / "feedback.sqlite3")


def kept(store: FeedbackStore) -> list[Feedback]:
    return list(store.all())


def test_what_was_added_comes_back_as_it_was(store: FeedbackStore) -> None:
    first = feedback("交通卡怎么注销？", reason="wrong", comment="第2步不对")
    second = feedback("卡怎么注销", "交通卡", verdict="up", created_at=LATER, answer=ABSTAIN.to_json(), language="en")

    store.add(first, key="a-1")
    store.add(second, key="a-2")

    assert kept(store) == [first, second]
    assert kept(FeedbackStore(store.path)) == [first, second]


def test_a_second_verdict_under_a_key_takes_the_place_of_the_first(store: FeedbackStore) -> None:
    store.add(feedback(reason="wrong"), key="a-1")
    store.add(feedback("另一个问题"), key="a-2")
    store.add(feedback(verdict="up", created_at=LATER), key="a-1")

    assert [(one.verdict, one.reason, one.created_at) for one in kept(store)] == [("up", "", LATER), ("down", "", AT)]


def test_a_verdict_that_is_withdrawn_is_gone_from_the_file_too(store: FeedbackStore) -> None:
    store.add(feedback(comment="unmistakable words"), key="a-1")
    store.add(feedback("另一个问题"), key="a-2")
    assert b"unmistakable words" in store.path.read_bytes()

    assert store.remove("a-1")
    assert not store.remove("a-1")

    assert [one.turns for one in kept(store)] == [("另一个问题",)]
    assert b"unmistakable words" not in store.path.read_bytes()


def test_reading_and_withdrawing_make_no_file(store: FeedbackStore) -> None:
    assert kept(store) == []
    assert not store.remove("a-1")
    assert not store.path.parent.exists()


def test_an_empty_file_is_an_empty_store(store: FeedbackStore) -> None:
    store.path.parent.mkdir()
    store.path.touch()

    assert kept(store) == []
    assert not store.remove("a-1")
    store.add(feedback(), key="a-1")
    assert kept(store) == [feedback()]


@pytest.mark.skipif(os.name == "nt", reason="rights of files are told otherwise there")
def test_the_file_is_for_its_owner_alone(store: FeedbackStore) -> None:
    before = os.umask(0)
    try:
        store.add(feedback(), key="a-1")
    finally:
        os.umask(before)

    assert stat.S_IMODE(store.path.stat().st_mode) == 0o600
    assert [path.name for path in store.path.parent.iterdir()] == ["feedback.sqlite3"]


def test_every_text_is_masked_before_it_is_on_the_disk(store: FeedbackStore) -> None:
    answer = PROCEDURE.to_json() | {
        "text": "您的卡6222 0212 3456 7890 123要交回。[1]",
        "steps": [{"number": 1, "text": "拨打13800138001", "markers": [1]}],
        "options": ["zhang@qq.com"],
    }
    store.add(
        feedback("身份证11010119900307123X", "手机13800138000", comment="护照E12345678", answer=answer, language="zh"),
        key="13800138002",
    )

    (one,) = kept(store)
    assert one.turns == ("身份证****123X", "手机****8000")
    assert one.comment == "护照****5678"
    assert one.answer["text"] == "您的卡****0123要交回。[1]"
    assert one.answer["steps"] == [{"number": 1, "text": "拨打****8001", "markers": [1]}]
    assert one.answer["options"] == ["****@****"]
    content = store.path.read_bytes()
    for number in (b"11010119900307", b"1380013800", b"12345678", b"6222 0212", b"zhang@"):
        assert number not in content


def test_the_version_of_an_article_is_no_number_of_a_card(store: FeedbackStore) -> None:
    answer = PROCEDURE.to_json()
    answer["citations"][0]["version"] = "a622202123456789"
    answer["citations"][1]["version"] = "6222021234567890"  # all digits: it may as well be one
    store.add(feedback(answer=answer), key="a-1")

    assert [one["version"] for one in kept(store)[0].answer["citations"]] == ["a622202123456789", "****7890"]


def test_what_no_line_of_a_set_may_hold_is_replaced(store: FeedbackStore) -> None:
    store.add(feedback("交通卡\0怎么\ud800注销", comment="\udfff"), key="\ud800")

    (one,) = kept(store)
    assert one.turns == ("交通卡\ufffd怎么?注销",)
    assert one.comment == "?"


def row_bytes(store: FeedbackStore) -> int:
    with closing(sqlite3.connect(store.path)) as connection:
        (row,) = connection.execute("SELECT * FROM feedback").fetchall()
    return sum(len(value.encode()) for value in row if isinstance(value, str))


@pytest.mark.parametrize(
    "answer",
    [
        {"outcome": "answered", "text": "答" * 300_000},
        {"outcome": "answered", "text": "\x01" * 300_000},
        {"outcome": "answered", "text": "好", "steps": [{"text": "步" * 1000}] * 500},
        {"outcome": "answered", "text": "好", "citations": list(range(100_000))},
        {"k" * 100_000: 1, "outcome": "answered", "text": "好"},
    ],
)
def test_a_row_is_never_larger_than_it_may_be(store: FeedbackStore, answer: dict[str, Any]) -> None:
    turns = ["\x02" * 5_000] * 30
    store.add(feedback(*turns, comment="🙂" * 50_000, answer=answer, reason="other"), key="a-1")

    assert row_bytes(store) <= MAX_ROW_BYTES + 64  # the digest of the key
    (one,) = kept(store)
    assert one.answer["outcome"] == "answered"
    assert one.answer["text"][:1] == answer["text"][:1]
    assert len(one.comment) == 2_000
    assert one.comment.endswith("🙂…")


def test_of_a_long_conversation_the_last_turns_are_kept(store: FeedbackStore) -> None:
    store.add(feedback(*(f"问题{n}" for n in range(100))), key="a-1")
    store.add(feedback("旧" * 4_000, "中" * 1_990, "新" * 2_500, "问" * 1_000), key="a-2")

    many, long = kept(store)
    assert many.turns == tuple(f"问题{n}" for n in range(80, 100))
    assert [turn[0] + turn[-1] for turn in long.turns] == ["中中", "新…", "问问"]
    assert [len(turn) for turn in long.turns] == [1_990, 2_000, 1_000]


@pytest.mark.parametrize("n", range(100_004, 100_020))
def test_a_number_at_the_cut_is_not_kept_in_part(store: FeedbackStore, n: int) -> None:
    # The run of ones is masked as one number, so that what is looked at last is not cut off for its length.
    text = "1" * (n - 20) + "，手机13800138000"
    store.add(feedback(comment=text), key="a-1")

    assert "1380013" not in kept(store)[0].comment


def test_the_store_takes_no_more_than_it_may_hold(tmp_path: Path) -> None:
    store = FeedbackStore(tmp_path / "feedback.sqlite3", max_rows=2)
    store.add(feedback(), key="a-1")
    store.add(feedback(), key="a-2")

    with pytest.raises(
        FeedbackFull, match=r"must be at most 2 verdicts .* holds 2\. Export them with `xiaoka feedback"
    ):
        store.add(feedback(), key="a-3")

    store.add(feedback(verdict="up"), key="a-2")  # in the place of another
    store.remove("a-1")
    store.add(feedback("新的"), key="a-3")
    assert [(one.turns, one.verdict) for one in kept(store)] == [(("交通卡怎么注销？",), "up"), (("新的",), "down")]


def test_the_store_grows_no_larger_than_it_may_be(tmp_path: Path) -> None:
    store = FeedbackStore(tmp_path / "feedback.sqlite3", max_bytes=300_000)
    answer = {"outcome": "answered", "text": "答", "steps": [{"text": "步" * 1_000}] * 18}

    def fill() -> None:
        for n in range(20):
            store.add(feedback(answer=answer), key=f"a-{n}")

    with pytest.raises(FeedbackFull, match=r"and 300,000 bytes"):
        fill()
    assert store.path.stat().st_size < 300_000
    n_kept = len(kept(store))
    assert n_kept >= 4
    assert store.remove("a-0")
    store.add(feedback(answer=answer), key="a-20")
    assert len(kept(store)) == n_kept


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"turns": ()}, r"`turns` must hold what was asked"),
        ({"turns": ("  ",)}, r"`turns` must hold what was asked, no turn of it blank"),
        ({"turns": (1,)}, r"`turns` must hold"),
        ({"verdict": "maybe"}, r"`verdict` must be `up` or `down`; got 'maybe'"),
        ({"verdict": None}, r"`verdict` must be `up` or `down`; got None"),
        ({"reason": "rude"}, r"`reason` must be one of wrong, incomplete, .* or empty; got 'rude'"),
        ({"comment": None}, r"`comment` and `language` must be texts"),
        ({"language": 1}, r"`comment` and `language` must be texts"),
        ({"answer": []}, r"`answer` must be an answer in the published format; got \[\]"),
        ({"created_at": "yesterday"}, r"`created_at` must be a time in UTC, in ISO 8601; got 'yesterday'"),
        ({"created_at": "2026-11-28T10:00:00"}, r"`created_at` must be a time in UTC"),
        ({"created_at": "2026-11-28T10:00:00+08:00"}, r"`created_at` must be a time in UTC"),
        ({"created_at": 5}, r"`created_at` must be a time in UTC"),
    ],
)
def test_feedback_that_is_none_is_refused(values: dict[str, Any], why: str) -> None:
    with pytest.raises(UnusableInput, match=why):
        replace(feedback(), **values)


def nested(depth: int) -> dict[str, Any]:
    value: dict[str, Any] = {}
    for _ in range(depth):
        value = {"a": value}
    return value


@pytest.mark.parametrize("answer", [{"a": float("nan")}, {"a": {1, 2}}, nested(100_000)])
def test_an_answer_that_is_no_json_is_refused(store: FeedbackStore, answer: dict[str, Any]) -> None:
    with pytest.raises(UnusableInput, match="`answer` must be an answer in the published format, plain JSON values"):
        store.add(feedback(answer=answer), key="a-1")

    assert kept(store) == []


@pytest.mark.parametrize("key", ["", "  ", "k" * 1_001])
def test_a_key_that_is_none_is_refused(store: FeedbackStore, key: str) -> None:
    with pytest.raises(UnusableInput, match=r"`key` must be a text of 1 to 1000 characters"):
        store.add(feedback(), key=key)
    with pytest.raises(UnusableInput, match=r"`key` must be"):
        store.remove(key)


def test_when_it_was_given_is_noted(store: FeedbackStore) -> None:
    one = Feedback(turns=("卡",), verdict="up", answer={})

    assert one.created_at.endswith("+00:00")
    store.add(one, key="a-1")
    assert kept(store) == [one]


def no_database(path: Path) -> None:
    path.write_text("These are the minutes of a meeting, and no database at all." * 20, encoding="utf-8")


def another_database(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE moz_places (url TEXT)")


def a_later_format(path: Path) -> None:
    FeedbackStore(path).add(feedback(), key="a-1")
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 2")


def a_torn_database(path: Path) -> None:
    store = FeedbackStore(path)
    for n in range(30):
        store.add(feedback(comment="字" * 900), key=f"a-{n}")
    content = path.read_bytes()
    path.write_bytes(content[:4096] + b"\xff" * 20_000 + content[24_096:])


def a_folder(path: Path) -> None:
    path.mkdir()


CALLS: dict[str, Callable[[FeedbackStore], object]] = {
    "add": lambda store: store.add(feedback(), key="a-1"),
    "remove": lambda store: store.remove("a-1"),
    "all": kept,
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
@pytest.mark.parametrize("make", [no_database, another_database, a_later_format, a_torn_database, a_folder])
def test_a_file_that_is_no_such_store_is_refused_and_left_alone(
    tmp_path: Path, make: Callable[[Path], None], call: Callable[[FeedbackStore], object]
) -> None:
    path = tmp_path / "feedback.sqlite3"
    make(path)
    before = path.read_bytes() if path.is_file() else b""

    with pytest.raises(UnusableInput, match=r"`feedback` must be a file of this program .*; got feedback\.sqlite3 in"):
        call(FeedbackStore(path))

    assert (path.read_bytes() if path.is_file() else b"") == before


def test_a_row_that_somebody_has_changed_is_named(store: FeedbackStore) -> None:
    store.add(feedback(), key="a-1")
    with closing(sqlite3.connect(store.path)) as connection, connection:
        connection.execute("UPDATE feedback SET turns = '{'")

    with pytest.raises(UnusableInput, match="one of its rows cannot be read"):
        kept(store)


def test_a_place_that_cannot_be_written_is_refused_without_its_folder(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("no folder", encoding="utf-8")

    with pytest.raises(UnusableInput, match=r"`feedback` must be .* got feedback\.sqlite3 in the folder") as error:
        FeedbackStore(tmp_path / "data" / "feedback.sqlite3").add(feedback(), key="a-1")

    assert str(tmp_path) not in str(error.value)


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="who may do everything is refused nothing")
def test_a_folder_that_may_not_be_written_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(UnusableInput, match="Permission denied"):
            FeedbackStore(tmp_path / "feedback.sqlite3").add(feedback(), key="a-1")
    finally:
        tmp_path.chmod(0o700)


FULL_DISK = """
import resource, sys
from pathlib import Path
from assistant.feedback import Feedback, FeedbackStore
from corpus.errors import UnusableInput
store = FeedbackStore(Path(sys.argv[1]))
def add(n):
    store.add(Feedback(turns=("卡",), verdict="up", answer={"text": "答" * 3000}), key=f"a-{n}")
add(0)
size = store.path.stat().st_size
resource.setrlimit(resource.RLIMIT_FSIZE, (size + 9000, size + 9000))  # no file may be larger
try:
    for n in range(1, 50):
        add(n)
except UnusableInput as error:
    print(error)
print(len(list(store.all())) == n)
"""


@pytest.mark.skipif(os.name == "nt", reason="the size of files cannot be bounded there")
def test_a_full_disk_is_told_and_what_was_kept_stays(tmp_path: Path) -> None:
    command = [sys.executable, "-c", FULL_DISK, str(tmp_path / "feedback.sqlite3")]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()

    assert len(told) == 2
    assert told[0].startswith("`feedback` must be a file of this program that can be read and written; got")
    assert told[1] == "True"


def test_nobody_waits_for_another_process_longer_than_a_second(store: FeedbackStore) -> None:
    store.add(feedback(), key="a-1")
    with closing(sqlite3.connect(store.path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        for call in CALLS.values():
            started = time.monotonic()
            with pytest.raises(FeedbackBusy, match=r"feedback\.sqlite3 is in use\. Try again"):
                call(store)
            assert time.monotonic() - started < 1
        other.execute("ROLLBACK")

    assert kept(store) == [feedback()]


def test_one_who_waits_gets_a_turn_and_lets_the_other_end(store: FeedbackStore) -> None:
    store.add(feedback(), key="a-1")
    with closing(sqlite3.connect(store.path, isolation_level=None, timeout=0)) as other:
        other.execute("BEGIN IMMEDIATE")
        other.execute("UPDATE feedback SET comment = 'other'")
        waiting = threading.Thread(target=store.add, args=(feedback("另一个"),), kwargs={"key": "a-2"})
        waiting.start()
        time.sleep(0.1)
        other.execute("COMMIT")
        waiting.join()

    assert [(one.turns[0], one.comment) for one in store.all()] == [("交通卡怎么注销？", "other"), ("另一个", "")]


def test_nobody_waits_for_one_who_reads_longer_than_a_second(store: FeedbackStore) -> None:
    store.add(feedback(), key="a-1")
    with closing(sqlite3.connect(store.path, isolation_level=None)) as other:
        other.execute("BEGIN")
        other.execute("SELECT * FROM feedback").fetchone()
        started = time.monotonic()
        with pytest.raises(FeedbackBusy):
            store.add(feedback("另一个"), key="a-2")
        assert time.monotonic() - started < 1

    assert kept(store) == [feedback()]


def test_what_is_read_in_parts_keeps_nobody_from_writing(store: FeedbackStore) -> None:
    for n in range(450):
        store.add(feedback(f"问题{n}"), key=f"a-{n}")
    reading = store.all()
    first = next(reading)
    store.add(feedback("新的"), key="b")
    store.add(feedback("问题0", verdict="up"), key="a-0")

    assert first.turns == ("问题0",)
    assert [one.turns[0] for one in reading] == [*(f"问题{n}" for n in range(1, 450)), "新的"]


def test_threads_lose_nothing_to_each_other(store: FeedbackStore) -> None:
    failed: list[BaseException] = []

    def add(name: int) -> None:
        for n in range(10):
            for _ in range(50):
                try:
                    store.add(feedback(f"{name}-{n}"), key=f"{name}-{n}")
                    break
                except FeedbackBusy:
                    continue
                except UnusableInput as error:
                    failed.append(error)
                    return

    threads = [threading.Thread(target=add, args=(name,)) for name in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failed == []
    assert sorted(one.turns[0] for one in store.all()) == sorted(f"{a}-{b}" for a in range(8) for b in range(10))


ADDING = """
import sys
from pathlib import Path
from assistant.feedback import Feedback, FeedbackBusy, FeedbackStore
store = FeedbackStore(Path(sys.argv[1]))
for n in range(40):
    while True:
        try:
            store.add(Feedback(turns=(f"{sys.argv[2]}-{n}",), verdict="up", answer={}), key=f"{sys.argv[2]}-{n}")
            break
        except FeedbackBusy:
            pass
"""


def test_processes_that_make_the_file_at_once_lose_nothing(store: FeedbackStore) -> None:
    started = [subprocess.Popen([sys.executable, "-c", ADDING, str(store.path), str(n)], cwd=ROOT) for n in range(3)]

    assert [process.wait(timeout=120) for process in started] == [0, 0, 0]
    assert sorted(one.turns[0] for one in store.all()) == sorted(f"{a}-{b}" for a in range(3) for b in range(40))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.text(min_size=1).filter(str.strip), min_size=1, max_size=4),
    st.text(),
    st.dictionaries(st.text(), st.recursive(st.none() | st.integers() | st.text(), lambda one: st.lists(one))),
)
def test_whatever_is_said_can_be_kept_and_drafted(
    store: FeedbackStore, turns: list[str], comment: str, answer: dict[str, Any]
) -> None:
    store.add(feedback(*turns, comment=comment, answer=answer), key="a-1")
    (one,) = kept(store)

    store.add(one, key="a-1")
    assert kept(store) == [one]
    assert len(draft_cases([one])) == 1


# Drafts


def test_a_draft_holds_what_was_asked_and_answered_and_how_it_was_judged() -> None:
    (case,) = draft_cases([feedback("交通卡怎么注销？", reason="wrong", comment="第2步\n不对")])

    assert case == {
        "id": case["id"],
        "lang": "zh",
        "kind": "procedure",
        "question": "交通卡怎么注销？",
        "expect": "answer",
        "sections": [],
        "facts": [],
        "steps": {"count": 2, "ordered": [["带上身份证件。"], ["填写申请表。"]]},
        "must_not": [],
        "note": "draft: judged 1 down (wrong); what is expected is what was answered, check all of it; “第2步 不对”; "
        "give it the sections of: 卡片 > 卡片 > 交通卡",
    }
    assert case["id"].startswith("feedback-")


def test_a_fact_is_each_statement_with_a_marker() -> None:
    (case,) = draft_cases([feedback("押金多久退？", answer=FACT)])

    assert (case["kind"], case["expect"]) == ("single-fact", "answer")
    assert case["facts"] == [["在5个工作日内退回。"], ["卡要交回"]]
    assert "steps" not in case


def test_a_masked_number_is_no_fact() -> None:
    answer = FACT | {"text": "请拨打****8000咨询退卡的事。[1]"}

    assert draft_cases([feedback(answer=answer)])[0]["facts"] == [["咨询退卡的事。"]]


@pytest.mark.parametrize(
    ("answer", "kind", "expect", "facts"),
    [
        (
            CLARIFY.to_json() | {"text": "哪一种？\n1. 交通卡\n2. 银行卡"},
            "ambiguous",
            "clarify",
            [["交通卡"], ["银行卡"]],
        ),
        (ABSTAIN.to_json(), "unanswerable", "abstain", []),
        (ABSTAIN.to_json() | {"reason": "out_of_domain"}, "out-of-domain", "abstain", []),
        ({}, "single-fact", "answer", []),
        ({"text": 5, "steps": "x", "citations": [1, {"headings": 2}], "options": None}, "single-fact", "answer", []),
    ],
)
def test_what_is_expected_is_what_was_answered(
    answer: dict[str, Any], kind: str, expect: str, facts: list[list[str]]
) -> None:
    (case,) = draft_cases([feedback(answer=answer)])

    assert (case["kind"], case["expect"], case["facts"]) == (kind, expect, facts)


def test_the_same_question_is_drafted_once_with_every_judgement() -> None:
    cases = draft_cases(
        [
            feedback("公交卡 怎么退？", reason="wrong", comment="不对", created_at=LATER, answer=FACT),
            feedback("别的"),
            feedback("公交卡  怎么退?", reason="incomplete", comment="不全"),
            feedback("公交卡 怎么退？", verdict="up", comment="不对"),
        ]
    )

    assert [case["question"] for case in cases] == ["公交卡 怎么退？", "别的"]
    assert cases[0]["note"].startswith("draft: judged 1 up, 2 down (incomplete, wrong); ")
    assert "“不对”; “不全”" in cases[0]["note"]
    assert cases[0]["facts"] == [["在5个工作日内退回。"], ["卡要交回"]]  # of the answer that was judged last


def test_a_question_keeps_its_id_however_often_it_is_exported() -> None:
    (first,) = draft_cases([feedback("公交卡 怎么退？")])
    (second,) = draft_cases([feedback("公交卡  怎么退?", answer=FACT), feedback("公交卡 怎么退？", verdict="up")])
    (other,) = draft_cases([feedback("公交卡", "怎么退？")])

    assert first["id"] == second["id"] != other["id"]


def test_a_conversation_is_drafted_with_its_turns() -> None:
    (case,) = draft_cases([feedback("怎么注销", "交通卡", answer=FACT, language="xx")])

    assert (case["kind"], case["turns"], case["lang"]) == ("multi-turn", ["怎么注销", "交通卡"], "zh")
    assert "question" not in case


def test_the_answer_that_was_given_meets_its_own_draft(store: FeedbackStore, tmp_path: Path) -> None:
    for n, answer in enumerate((PROCEDURE, CLARIFY, ABSTAIN)):
        store.add(feedback(f"问题{n}", answer=answer.to_json()), key=f"a-{n}")
    file = tmp_path / "drafts.jsonl"
    assert cli.main(["--data", str(store.path.parent), "feedback", "export", "--out", str(file)]) == 0

    (read,) = read_question_sets([file])
    assert [case.unknown_fields for case in read.cases] == [(), (), ()]
    for case, answer in zip(read.cases, (PROCEDURE, CLARIFY, ABSTAIN), strict=True):
        assert grade(case, answer.to_json(), read.sections, lambda _: TEXT)["success"] == 1


# The command


def run(store: FeedbackStore, *argv: str) -> int:
    return cli.main(["--data", str(store.path.parent), "feedback", *argv], open_assistant=FakeAssistant().opener)


def test_without_feedback_the_commands_say_so_and_make_nothing(
    store: FeedbackStore, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(store, "list") == 0
    assert capsys.readouterr().out == f"There is no feedback yet: {store.path}.\n"
    assert run(store, "list", "--json") == 0
    assert json.loads(capsys.readouterr().out) == []
    assert run(store, "export", "--out", str(tmp_path / "drafts.jsonl")) == 0
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith(f"There is no feedback yet: {store.path}.")
    assert list(tmp_path.iterdir()) == []


def test_list_prints_a_line_for_each_verdict_with_nothing_hidden(
    store: FeedbackStore, capsys: pytest.CaptureFixture[str]
) -> None:
    store.add(feedback("卡怎么\n注销\x1b[31m", "交通卡\u202e", reason="not_answered"), key="a-1")
    store.add(feedback("好的", verdict="up"), key="a-2")

    assert run(store, "list") == 0
    assert capsys.readouterr().out == (
        "date                      verdict  reason        question\n"
        "2026-11-28T10:00:00+00:00 down     not_answered  卡怎么 注销<U+001B>[31m › 交通卡<U+202E>\n"
        "2026-11-28T10:00:00+00:00 up                     好的\n"
    )


def test_list_json_prints_everything(store: FeedbackStore, capsys: pytest.CaptureFixture[str]) -> None:
    store.add(feedback(comment="不对"), key="a-1")

    assert run(store, "list", "--json") == 0
    assert json.loads(capsys.readouterr().out) == [
        {
            "turns": ["交通卡怎么注销？"],
            "verdict": "down",
            "answer": PROCEDURE.to_json(),
            "reason": "",
            "comment": "不对",
            "language": "zh",
            "created_at": AT,
        }
    ]


def test_export_prints_answers_judged_down_and_with_all_the_others_too(
    store: FeedbackStore, capsys: pytest.CaptureFixture[str]
) -> None:
    store.add(feedback("坏的"), key="a-1")
    store.add(feedback("好的", verdict="up"), key="a-2")

    assert run(store, "export") == 0
    assert [json.loads(line)["question"] for line in capsys.readouterr().out.splitlines()] == ["坏的"]
    assert run(store, "export", "--all") == 0
    assert [json.loads(line)["question"] for line in capsys.readouterr().out.splitlines()] == ["坏的", "好的"]


def test_export_says_when_every_verdict_is_good(store: FeedbackStore, capsys: pytest.CaptureFixture[str]) -> None:
    store.add(feedback(verdict="up"), key="a-1")

    assert run(store, "export") == 0
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("There is no such feedback in ")
    assert "`--all` takes the others too" in printed.err


def test_export_writes_over_nothing(store: FeedbackStore, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store.add(feedback(), key="a-1")
    file = tmp_path / "new" / "drafts.jsonl"

    assert run(store, "export", "--out", str(file)) == 0
    assert capsys.readouterr().out.startswith(f"1 question(s) drafted in {file}: ")
    written = file.read_bytes()
    assert run(store, "export", "--out", str(file)) == 2
    assert "must name a file that is not there yet" in capsys.readouterr().err
    assert file.read_bytes() == written
    assert run(store, "export", "--out", str(file / "below")) == 2
    assert "must be a file that can be written" in capsys.readouterr().err


def test_a_damaged_store_is_told_without_a_traceback(store: FeedbackStore, capsys: pytest.CaptureFixture[str]) -> None:
    store.path.parent.mkdir()
    no_database(store.path)

    assert run(store, "list") == 2
    assert capsys.readouterr().err.startswith("xiaoka: `feedback` must be a file of this program")
