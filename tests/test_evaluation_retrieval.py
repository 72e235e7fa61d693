"""Measures of retrieval against trec_eval's own definitions, and the files for other tools."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Any

import ir_measures
import pytest

from assistant.evaluation.questions import Case, Sections
from assistant.evaluation.retrieval import RETRIEVAL_MEASURES, Relevance, grade_retrieval, qrels_lines, run_lines
from index.chunk_file import OutlineEntry

OUTLINE = [
    OutlineEntry("a", ("卡", "交通卡"), "procedure", "a:0-9"),
    OutlineEntry("a", ("卡", "交通卡"), "prose", "a:9-20"),
    OutlineEntry("a", ("卡", "银行卡"), "procedure", "a:20-30"),
    OutlineEntry("b", ("交通卡",), "procedure", "b:0-9"),
]
TITLES = {"a": "卡", "b": "另一篇"}
PATTERNS = {"transport": (re.compile("交通卡"),), "bank": (re.compile("银行卡"),)}


def case(*sections: str, expect: str = "answer") -> Case:
    return Case(id="q", set_name="s", line=1, lang="zh", kind="noise", turns=("?",), expect=expect, sections=sections)


def hits(*chunk_ids: str) -> list[dict[str, Any]]:
    return [{"chunk_id": chunk_id, "rank": rank} for rank, chunk_id in enumerate(chunk_ids, 1)]


def test_relevant_are_the_chunks_under_the_headings_of_a_section() -> None:
    relevance = Relevance(OUTLINE, TITLES, Sections(patterns=PATTERNS))

    assert relevance.of(case("transport")) == {"a:0-9", "a:9-20", "b:0-9"}
    assert relevance.of(case("transport", "bank")) == {"a:0-9", "a:9-20", "a:20-30", "b:0-9"}


def test_only_the_articles_that_a_set_is_about_are_relevant() -> None:
    relevance = Relevance(OUTLINE, TITLES, Sections(patterns=PATTERNS, documents=("a",)))

    assert relevance.of(case("transport")) == {"a:0-9", "a:9-20"}


def test_nothing_is_relevant_where_no_answer_is_expected() -> None:
    assert Relevance(OUTLINE, TITLES, Sections(patterns=PATTERNS)).of(case("bank", expect="abstain")) == frozenset()


def test_the_measures_are_those_counted_by_hand() -> None:
    found = hits("x1", "r1", "x2", "x3", "r2", "x4", "r3")
    grades = grade_retrieval({"q": (found, frozenset({"r1", "r2", "r3", "r4"}))})["q"]

    # Relevant at ranks 2, 5 and 7 of four. DCG = 1/log2(3) + 1/log2(6) + 1/log2(8);
    # ideal = 1/log2(2) + 1/log2(3) + 1/log2(4) + 1/log2(5).
    ndcg = (1 / math.log2(3) + 1 / math.log2(6) + 1 / 3) / (1 + 1 / math.log2(3) + 1 / 2 + 1 / math.log2(5))
    assert grades == {
        "recall@5": 0.5,
        "recall@10": 0.75,
        "success@1": 0.0,
        "success@3": 1.0,
        "success@5": 1.0,
        "nDCG@10": pytest.approx(ndcg, abs=1e-6),
        "RR": 0.5,
    }
    assert tuple(grades) == RETRIEVAL_MEASURES


def test_hits_of_equal_scores_keep_their_order() -> None:
    """trec_eval would order equal scores by name, the last name first; ranks are what the user gets."""
    grades = grade_retrieval({"q": (hits("b", "a", "z"), frozenset({"b"}))})["q"]

    assert grades["success@1"] == 1.0


def test_a_question_without_hits_is_measured_and_one_without_support_is_not() -> None:
    grades = grade_retrieval({"none": ([], frozenset({"r"})), "unsupported": (hits("a"), frozenset())})

    assert grades == {"none": dict.fromkeys(RETRIEVAL_MEASURES, 0.0)}


def test_other_tools_measure_the_same_from_the_files(tmp_path: Path) -> None:
    chunk_ids = ["卡 片/交通卡.md:1-2", "50%:3-4", "r:5-6"]
    relevant = frozenset({"50%:3-4"})
    grades = grade_retrieval({"问 1": (hits(*chunk_ids), relevant)})["问 1"]
    rows = [{"id": "问 1", "hits": hits(*chunk_ids), "grades": grades}, {"id": "q2", "hits": hits("a"), "grades": {}}]
    run, qrels = tmp_path / "run", tmp_path / "qrels"
    run.write_text("".join(run_lines(rows)), encoding="utf-8")
    qrels.write_text("".join(qrels_lines([("问 1", relevant)])), encoding="utf-8")

    assert run.read_text(encoding="utf-8").splitlines()[1] == "问%201 Q0 50%25:3-4 2 0.500000 xiaoka"
    measured = ir_measures.calc_aggregate(
        [ir_measures.RR, ir_measures.nDCG @ 10],
        ir_measures.read_trec_qrels(str(qrels)),
        ir_measures.read_trec_run(str(run)),
    )
    assert measured[ir_measures.RR] == grades["RR"] == 0.5
    assert measured[ir_measures.nDCG @ 10] == pytest.approx(grades["nDCG@10"], abs=1e-6)
