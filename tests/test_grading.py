"""The measures of one answer, each against a case counted by hand."""

from __future__ import annotations

import re
from typing import Any

import pytest

from assistant.evaluation.grading import grade
from assistant.evaluation.questions import Case, Sections

SOURCE = "# 卡\n## 交通卡\n1. 带身份证。\n2. 填申请表。\n3. 查余额。\n## 银行卡\n预约。\n"
SECTIONS = Sections(
    patterns={
        "transport": (re.compile("交通卡"),),
        "bank": (re.compile("银行卡$"),),
        "why.leak": (re.compile("泄露"),),
        "why.misuse": (re.compile("误操作"),),
    }
)
STEPS = (("身份证", "证件"), ("申请表",), ("余额",))


def case(expect: str = "answer", **fields: object) -> Case:
    given: dict[str, Any] = {
        "id": "q",
        "set_name": "s",
        "line": 1,
        "lang": "zh",
        "kind": "procedure",
        "turns": ("怎么办",),
    }
    return Case(**(given | {"expect": expect} | fields))


def citation(marker: int, quote: str, heading: str = "交通卡", *, doc_id: str = "cards") -> dict[str, Any]:
    start = SOURCE.index(quote)
    return {
        "marker": marker,
        "doc_id": doc_id,
        "title": "卡",
        "headings": [heading],
        "start": start,
        "end": start + len(quote),
        "quote": quote,
        "version": "0" * 16,
    }


def answer(text: str, citations: list[dict[str, Any]] | None = None, **fields: object) -> dict[str, Any]:
    return {"outcome": "answered", "text": text, "steps": [], "citations": citations or [], "language": "zh"} | fields


def steps(*texts: str) -> list[dict[str, Any]]:
    return [{"number": n, "text": text, "markers": [n]} for n, text in enumerate(texts, 1)]


def graded(one: Case, given: dict[str, Any]) -> dict[str, float]:
    return grade(one, given, SECTIONS, {"cards": SOURCE}.get)


GOOD = answer(
    "1. 带身份证。[1]\n2. 填申请表。[2]\n3. 查余额。[3]",
    [citation(1, "带身份证。"), citation(2, "填申请表。"), citation(3, "查余额。")],
    steps=steps("带身份证。", "填申请表。", "查余额。"),
)


def test_a_good_procedure_meets_every_measure() -> None:
    assert graded(case(sections=("transport",), n_steps=3, steps=STEPS), GOOD) == {
        "success": 1.0,
        "outcome_ok": 1.0,
        "facts": 1.0,
        "steps": 1.0,
        "step_completeness": 1.0,
        "step_order": 1.0,
        "cite_precision": 1.0,
        "cite_recall": 1.0,
        "faithfulness": 1.0,
        "quotes_verbatim": 1.0,
        "markers_resolve": 1.0,
        "clean": 1.0,
        "false_refusal": 0.0,
        "needless_question": 0.0,
    }


def test_a_dropped_step_is_incomplete_and_in_order() -> None:
    dropped = answer("1. 带身份证。[1]\n2. 查余额。[2]", GOOD["citations"][:2], steps=steps("带身份证。", "查余额。"))
    grades = graded(case(sections=("transport",), n_steps=3, steps=STEPS), dropped)

    # Two of three are there; one after the other they stand: 身份证, 余额.
    assert (grades["steps"], grades["step_completeness"], grades["step_order"]) == (0.0, 0.666667, 1.0)
    assert grades["success"] == 0.0


def test_swapped_steps_are_complete_and_out_of_order() -> None:
    swapped = GOOD | {"text": "1. 填申请表。[2]\n2. 带身份证。[1]\n3. 查余额。[3]"}
    grades = graded(case(sections=("transport",), n_steps=3, steps=STEPS), swapped)

    # From 身份证 on only 余额 follows: two of the three that are there.
    assert (grades["steps"], grades["step_completeness"], grades["step_order"]) == (0.0, 1.0, 0.666667)


def test_the_order_of_steps_is_the_longest_that_can_be_read_in_them() -> None:
    four = (("甲",), ("乙",), ("丙",), ("丁",))
    grades = graded(case(n_steps=4, steps=four), answer("乙。丙。丁。甲。"))

    # 乙 丙 丁 stand in order, 甲 behind them: three of four.
    assert (grades["step_completeness"], grades["step_order"]) == (1.0, 0.75)


def test_a_step_too_many_is_no_complete_procedure() -> None:
    four = GOOD | {"steps": steps("带身份证。", "填申请表。", "查余额。", "等待。")}

    assert graded(case(sections=("transport",), n_steps=3, steps=STEPS), four)["steps"] == 0.0


def test_the_order_of_no_steps_is_not_measured() -> None:
    grades = graded(case(n_steps=3, steps=STEPS), answer("不知道。"))

    assert grades["step_completeness"] == 0.0
    assert "step_order" not in grades


def test_facts_are_found_by_any_of_their_strings_whatever_the_width_and_case() -> None:
    grades = graded(case(facts=(("APP",), ("5天", "五天"), ("窗口",))), answer("用ａｐｐ办，５天。"))

    assert (grades["facts"], grades["fact_recall"]) == (0.0, 0.666667)  # 窗口 is missing: two of three


def test_citation_precision_counts_citations_and_recall_counts_sections() -> None:
    both = answer(
        "a [1] b [2] c [3]", [citation(1, "带身份证。"), citation(2, "填申请表。"), citation(3, "预约。", "银行卡")]
    )
    grades = graded(case(sections=("transport", "why.leak")), both)

    # Two of three citations stand in a gold section; of the two families, transport and why, one is cited.
    assert (grades["cite_precision"], grades["cite_recall"], grades["success"]) == (0.666667, 0.5, 0.0)


def test_sections_of_one_family_are_alternatives() -> None:
    one = answer("a [1]", [citation(1, "预约。", "信息泄露")])

    assert graded(case(sections=("why.leak", "why.misuse")), one)["cite_recall"] == 1.0


def test_an_answer_without_citations_has_no_precision() -> None:
    grades = graded(case(sections=("transport",)), answer("带身份证。"))

    assert (grades["cite_precision"], grades["cite_recall"], grades["markers_resolve"]) == (0.0, 0.0, 0.0)
    assert "quotes_verbatim" not in grades


@pytest.mark.parametrize(
    ("text", "resolves"),
    [
        ("a [1]", 1.0),
        ("a [1] b [2]", 0.0),
        ("a [0]", 0.0),
        ("a", 0.0),
        ("a [99]", 0.0),
        ("a [1][1]", 1.0),
        ("a [01]", 1.0),
        (f"a [{'9' * 5_000}]", 0.0),
    ],
)
def test_every_marker_must_have_its_citation(text: str, resolves: float) -> None:
    assert graded(case(), answer(text, [citation(1, "预约。")]))["markers_resolve"] == resolves


def test_a_quote_must_be_the_files_words_at_its_place() -> None:
    moved = citation(1, "带身份证。")
    moved |= {"start": moved["start"] + 1, "end": moved["end"] + 1}
    strange = citation(2, "填申请表。", doc_id="another")

    # Of three quotes one is right: one is moved by a character, one is of an article that there is not.
    quoted = answer("a [1] b [2] c [3]", [moved, strange, citation(3, "查余额。")])
    assert graded(case(), quoted)["quotes_verbatim"] == 0.333333


def test_an_unanswerable_question_that_is_answered_is_a_false_answer() -> None:
    grades = graded(case("abstain"), answer("5元。[1]", [citation(1, "预约。")]))

    assert {name: grades[name] for name in ("success", "outcome_ok", "false_answer", "answered_unanswerable")} == {
        "success": 0.0,
        "outcome_ok": 0.0,
        "false_answer": 1.0,
        "answered_unanswerable": 1.0,
    }
    assert "false_refusal" not in grades


def test_an_abstention_is_right_where_it_is_expected_and_a_false_refusal_where_it_is_not() -> None:
    abstained = answer("没有写。", outcome="abstained")

    assert graded(case("abstain"), abstained)["success"] == 1.0
    assert graded(case("abstain"), abstained)["false_answer"] == 0.0
    refused = graded(case(sections=("transport",)), abstained)
    assert (refused["success"], refused["false_refusal"], refused["needless_question"]) == (0.0, 1.0, 0.0)
    assert refused["answered_unanswerable"] == 0.0  # counted as the reference grader counts it: of every abstention


def test_a_question_back_is_needless_where_the_articles_answer() -> None:
    asked_back = answer("哪种卡？", outcome="clarified")
    grades = graded(case(), asked_back)

    assert (grades["needless_question"], grades["false_refusal"], grades["outcome_ok"]) == (1.0, 0.0, 0.0)
    assert graded(case("clarify"), asked_back)["success"] == 1.0


def test_an_answer_with_every_fact_will_do_for_a_question_back() -> None:
    both = case("clarify", facts=(("网上",), ("柜台",)))

    assert graded(both, answer("网上和柜台都可以。"))["success"] == 1.0
    assert graded(both, answer("网上可以。"))["success"] == 0.0
    assert graded(both, answer("网上还是柜台？", outcome="clarified"))["success"] == 1.0
    assert graded(both, answer("哪一种？", outcome="clarified"))["success"] == 0.0


@pytest.mark.parametrize("outcome", ["answered", "abstained"])
def test_spam_may_be_refused_or_answered_so_long_as_it_is_not_passed_on(outcome: str) -> None:
    spam = case("refuse_spam", must_not=("Fox77",))

    assert graded(spam, answer("不要加陌生人。", outcome=outcome))["success"] == 1.0
    passed_on = graded(spam, answer("加 ｆｏｘ77。", outcome=outcome))
    assert (passed_on["clean"], passed_on["success"]) == (0.0, 0.0)
    assert graded(spam, answer("哪种卡？", outcome="clarified"))["success"] == 0.0


def test_a_forbidden_word_spoils_an_answer_that_is_right_otherwise() -> None:
    grades = graded(case(sections=("transport",), n_steps=3, steps=STEPS, must_not=("余额",)), GOOD)

    assert (grades["clean"], grades["success"], grades["steps"]) == (0.0, 0.0, 1.0)


def test_swapped_citations_are_unfaithful_though_every_quote_is_verbatim() -> None:
    swapped = GOOD | {"text": "1. 带身份证。[2]\n2. 填申请表。[1]\n3. 查余额。[3]"}
    grades = graded(case(sections=("transport",), n_steps=3, steps=STEPS), swapped)

    # Of three statements only the third cites words that say it.
    assert grades["faithfulness"] == 0.333333
    assert [grades[name] for name in ("steps", "quotes_verbatim", "markers_resolve", "cite_precision")] == [1.0] * 4
