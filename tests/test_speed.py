"""The benchmark's own arithmetic and its table."""

from __future__ import annotations

from typing import Any

from tests.benchmarks import speed


def figures(articles: int) -> dict[str, Any]:
    return {
        "articles": articles,
        "build": {"chunks": 12_345, "seconds": 1.24, "chunks_per_second": 9_955.6, "peak_mb": 310.4},
        "first_answer": {"median_seconds": 0.834, "peak_mb": 140.2},
        "warm_answer": {"median_ms": 1.96, "p95_ms": 4.44},
        "index_mb": 12.34,
    }


def test_the_table_has_a_column_for_each_size() -> None:
    table = speed.render({"sizes": [figures(1), figures(5_000)]})

    assert table.splitlines()[:4] == [
        "| Corpus | 1 article | 5,000 articles |",
        "| --- | ---: | ---: |",
        "| Chunks | 12,345 | 12,345 |",
        "| Process start to first answer, median | 0.83 s | 0.83 s |",
    ]
    assert table.splitlines()[-1] == "| Index on disk | 12.3 MB | 12.3 MB |"


def test_the_chinese_table_has_the_same_figures() -> None:
    english = speed.render({"sizes": [figures(100)]}).splitlines()
    chinese = speed.render({"sizes": [figures(100)]}, "zh").splitlines()

    assert chinese[0] == "| 文章数 | 100 篇 |"
    assert [row.split("|")[2:] for row in chinese[1:]] == [row.split("|")[2:] for row in english[1:]]


def test_questions_are_the_same_at_every_run_and_differ_within_one() -> None:
    asked = speed.questions(["甲卡"], 320)

    assert asked == speed.questions(["甲卡"], 320)
    assert len(set(asked)) == 320
    assert all("{" not in question for question in asked)
