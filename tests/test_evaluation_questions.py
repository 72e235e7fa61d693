"""Evaluation sets: what is read of a line, and every way in which a file cannot be used."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path
from typing import Any

import pytest

from assistant.evaluation.questions import read_question_sets
from corpus.errors import UnusableInput

LINE: dict[str, Any] = {
    "id": "q-1",
    "lang": "zh",
    "kind": "procedure",
    "question": "公交卡怎么注销？",
    "expect": "answer",
    "sections": ["transport"],
    "facts": [["网点", "outlet"]],
    "steps": {"count": 2, "ordered": [["证件"], ["申请表"]]},
    "must_not": ["t.me"],
    "note": "n",
}
SECTIONS: dict[str, Any] = {"_comment": "c", "_documents": ["cards"], "transport": ["交通卡"], "why.leak": ["泄露"]}


def write(folder: Path, *lines: object, sections: object = SECTIONS, name: str = "set.jsonl") -> Path:
    file = folder / name
    file.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")
    if sections is not None:
        (folder / "sections.json").write_text(json.dumps(sections), encoding="utf-8")
    return file


def refusal(*files: Path, sections: Path | None = None) -> str:
    with pytest.raises(UnusableInput) as caught:
        read_question_sets(files, sections)
    return str(caught.value)


def test_every_field_of_a_line_is_read(tmp_path: Path) -> None:
    (one,) = read_question_sets([write(tmp_path, LINE)])

    (case,) = one.cases
    assert (one.name, one.sections.documents) == ("set", ("cards",))
    assert (case.id, case.set_name, case.line, case.lang, case.kind) == ("q-1", "set", 1, "zh", "procedure")
    assert (case.turns, case.expect, case.sections) == (("公交卡怎么注销？",), "answer", ("transport",))
    assert (case.facts, case.n_steps, case.steps) == ((("网点", "outlet"),), 2, (("证件",), ("申请表",)))
    assert (case.must_not, case.note, case.unknown_fields) == (("t.me",), "n", ())
    assert case.gold()["steps"] == LINE["steps"]


def test_a_conversation_needs_no_facts_and_no_sections(tmp_path: Path) -> None:
    line = {"id": 7, "lang": "en", "kind": "multi-turn", "turns": ["hi", "my card"], "expect": "clarify"}
    (one,) = read_question_sets([write(tmp_path, line, sections=None)])

    assert (one.cases[0].id, one.cases[0].turns, one.cases[0].sections) == ("7", ("hi", "my card"), ())


def test_a_section_is_found_in_title_and_headings(tmp_path: Path) -> None:
    (one,) = read_question_sets([write(tmp_path, LINE)])

    assert one.sections.of("卡片", ["办法", "交通卡注销"]) == {"transport"}
    assert one.sections.of("信息泄露", []) == {"why.leak"}
    assert one.sections.of("卡片", ["银行卡"]) == frozenset()


def test_blank_lines_are_passed_over_and_counted(tmp_path: Path) -> None:
    file = write(tmp_path, LINE)
    file.write_text("\n\n" + file.read_text(encoding="utf-8") + "\n", encoding="utf-8")

    assert read_question_sets([file])[0].cases[0].line == 3


def test_the_digest_stands_for_question_and_expectation_alone(tmp_path: Path) -> None:
    lines = [LINE, LINE | {"id": "q-2", "note": "other"}, LINE | {"id": "q-3", "facts": [["柜台"]]}]
    first, same, other = read_question_sets([write(tmp_path, *lines)])[0].cases

    assert first.digest == same.digest != other.digest


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"id": None}, "`id` must be given; got none"),
        ({"id": True}, "`id` must be a text or a whole number"),
        ({"lang": "fr"}, "`lang` must be one of zh, zh-Hant, en, mixed; got 'fr'"),
        ({"kind": "riddle"}, "`kind` must be one of procedure, single-fact, .*; got 'riddle'"),
        ({"kind": ["procedure"]}, "`kind` must be one of .*; got a list"),
        ({"expect": "guess"}, "`expect` must be one of answer, abstain, clarify, refuse_spam; got 'guess'"),
        ({"question": " "}, "`question` must not be empty"),
        ({"turns": ["a"]}, "either `question` or `turns`; got both"),
        ({"sections": ["moon"]}, "`sections` must be keys of sections.json; got 'moon'. It has transport, why.leak"),
        ({"sections": "transport"}, "`sections` must be a list of texts; got a text"),
        ({"facts": ["网点"]}, r"`facts\[0\]` must be a list of texts; got a text"),
        ({"facts": [[]]}, "`facts` must hold no empty list"),
        ({"facts": [[""]]}, r"`facts\[0\]\[0\]` must not be empty"),
        ({"steps": {"count": 0, "ordered": [["a"]]}}, "`steps.count` must be a whole number from 1; got 0"),
        ({"steps": {"count": 1}}, "`steps.ordered` must be a list of lists"),
        ({"steps": {"count": 9, "ordered": []}}, "`steps.ordered` must list the steps; it is empty"),
        ({"steps": [1]}, "`steps` must be an object"),
        ({"must_not": "x"}, "`must_not` must be a list of texts"),
        ({"note": 1}, "`note` must be a text; got a number"),
    ],
)
def test_a_line_that_cannot_be_used_is_named_with_its_reason(
    tmp_path: Path, change: dict[str, Any], message: str
) -> None:
    with pytest.raises(UnusableInput, match=f"(?s)1 cannot be used, nothing was answered:\nline 2: .*{message}"):
        read_question_sets([write(tmp_path, LINE, LINE | {"id": "q-2"} | change)])


def test_everything_that_is_wrong_is_said_at_once(tmp_path: Path) -> None:
    bad = LINE | {"id": "q-2", "kind": "riddle", "lang": "fr", "facts": 1}
    message = refusal(write(tmp_path, LINE, bad, LINE, {"id": "q-3"}))

    assert "3 cannot be used" in message
    assert "line 2: `lang` must be" in message
    assert "`kind` must be" in message
    assert "`facts` must be" in message
    assert "line 3: `id` must be unique; got 'q-1' again, first on line 1." in message
    assert "line 4: `lang` must be one of zh, zh-Hant, en, mixed; got none" in message


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'{"id": "a",', "line 1: It must be valid JSON; at character 12"),
        (b'[{"id": "a"}]', "line 1: A question must be an object; got a list"),
        (b'{"id": "a", "id": "b"}', "line 1: It must name every key once; got 'id' twice"),
        (b'{"id": NaN}', "line 1: It must be valid JSON; NaN is no JSON number"),
        ("公交卡\n公交卡\n".encode("gbk"), r"line 1 \(and 1 more lines\): A line must be UTF-8; byte 1 is not"),
        ("{}\n公交卡".encode("utf-16"), r"line 1 .*A line must be UTF-8"),
        (b"", "must hold at least one question; it is empty"),
        (b"\n \n", "must hold at least one question; it is empty"),
    ],
)
def test_a_file_that_is_no_question_set_gets_one_clear_message(tmp_path: Path, content: bytes, message: str) -> None:
    file = tmp_path / "set.jsonl"
    file.write_bytes(content)

    with pytest.raises(UnusableInput, match=f"(?s){message}"):
        read_question_sets([file])


def test_a_line_of_50_megabytes_is_refused_by_its_number(tmp_path: Path) -> None:
    file = write(tmp_path, LINE)
    with file.open("ab") as stream:
        stream.write(b'{"id": "' + b"a" * 50_000_000 + b'"}\n')

    message = refusal(file)
    assert "line 2: A line must be at most 1,000,000 bytes long" in message
    assert len(message) < 300


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    assert "`questions` must name a file that can be read" in refusal(tmp_path / "none.jsonl")
    assert "`questions` must name a file that can be read" in refusal(tmp_path)


@pytest.mark.parametrize(
    ("sections", "message"),
    [
        ([], "must hold an object of keys with lists of patterns; got an empty list"),
        ({"a": "交通"}, "'a': the patterns must be a list of texts; got a text"),
        ({"a": ["a{99999999999999999999}"]}, "'a': a pattern must be a regular expression"),
        ({"a": ["("]}, r"'a': a pattern must be a regular expression; got '\('"),
        ({"_documents": "cards"}, "'_documents': `_documents` must be a list of texts"),
    ],
)
def test_sections_that_cannot_be_used_are_named(tmp_path: Path, sections: object, message: str) -> None:
    with pytest.raises(UnusableInput, match=message):
        read_question_sets([write(tmp_path, LINE, sections=sections)])


def test_sections_may_stand_elsewhere_and_must_be_there_when_they_are_named(tmp_path: Path) -> None:
    file = write(tmp_path, LINE, sections=None)
    assert "which is not there or empty; got 'transport'" in refusal(file)
    assert "`sections` must name a file that can be read" in refusal(file, sections=tmp_path / "other.json")

    (tmp_path / "other.json").write_text(json.dumps(SECTIONS), encoding="utf-8")
    assert read_question_sets([file], tmp_path / "other.json")[0].cases[0].sections == ("transport",)


def test_several_sets_are_read_together_and_their_ids_are_unique(tmp_path: Path) -> None:
    first = write(tmp_path, LINE, name="a.jsonl")
    second = write(tmp_path, LINE | {"id": "q-2"}, name="b.jsonl")
    assert [one.name for one in read_question_sets([first, second])] == ["a", "b"]

    again = write(tmp_path, LINE, name="c.jsonl")
    assert refusal(first, again) == "`id` must be unique among the sets; got 'q-1' in a and in c."


def test_a_file_that_is_named_twice_is_refused(tmp_path: Path) -> None:
    file = write(tmp_path, LINE)

    assert "`questions` must name each file once" in refusal(file, tmp_path / "." / "set.jsonl")


def test_many_problems_are_cut_and_it_is_said_how_many_there_are(tmp_path: Path) -> None:
    first = write(tmp_path, *(LINE | {"id": f"q-{n}"} for n in range(30)), name="a.jsonl")
    second = write(tmp_path, *(LINE | {"id": f"q-{n}"} for n in range(30)), name="b.jsonl")

    assert refusal(first, second).endswith("\n… and 10 more")


def test_what_is_expected_changes_with_the_patterns_of_its_sections(tmp_path: Path) -> None:
    before = read_question_sets([write(tmp_path, LINE)])[0].cases[0].digest
    other_key = read_question_sets([write(tmp_path, LINE, sections=SECTIONS | {"why.leak": ["x"]})])[0].cases[0].digest
    moved = read_question_sets([write(tmp_path, LINE, sections=SECTIONS | {"transport": ["地铁"]})])[0].cases[0].digest

    assert before == other_key != moved


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
def test_a_set_can_come_through_a_pipe(tmp_path: Path) -> None:
    file = write(tmp_path, LINE)
    pipe = tmp_path / "pipe.jsonl"
    os.mkfifo(pipe)
    writer = threading.Thread(target=lambda: pipe.write_bytes(file.read_bytes()))
    writer.start()
    (piped,), (read,) = read_question_sets([pipe]), read_question_sets([file])
    writer.join()

    assert piped.sha256 == read.sha256


def test_the_problems_of_several_files_are_said_at_once(tmp_path: Path) -> None:
    first = write(tmp_path, LINE | {"kind": "x"}, name="a.jsonl")
    second = write(tmp_path, LINE | {"lang": "x"}, name="b.jsonl")

    message = refusal(first, second)
    assert "a.jsonl must hold one question; 1 cannot be used" in message
    assert "b.jsonl must hold one question; 1 cannot be used" in message


def test_the_digest_of_a_set_changes_with_its_questions_and_its_sections(tmp_path: Path) -> None:
    before = read_question_sets([write(tmp_path, LINE)])[0].sha256
    edited = read_question_sets([write(tmp_path, LINE | {"note": "m"})])[0].sha256
    resectioned = read_question_sets([write(tmp_path, LINE, sections=SECTIONS | {"more": ["x"]})])[0].sha256

    assert len({before, edited, resectioned}) == 3
