"""The benchmark's own arithmetic and its table; and that what makes answers fast does not change them."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from assistant.assistant import Assistant
from tests.assistants import small
from tests.benchmarks import speed

ARTICLES = {
    "bus.md": "# 公交卡怎么注销\n\n1. 带上身份证到服务网点。\n2. 填写申请表。\n3. 领回余额。\n\n余额三日内退回。\n",
    "door.md": "# 门禁卡怎么注销\n\n1. 找物业登记。\n2. 交回门禁卡。\n\n押金50元当场退。\n",
}


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


def said(assistant: Assistant, question: str) -> str:
    answer = assistant.ask([question])
    return json.dumps(answer.to_json() | {"timings_ms": {}, "explanation": answer.explanation}, ensure_ascii=False)


def test_answers_depend_neither_on_what_was_asked_before_nor_on_other_threads() -> None:
    asked = speed.questions(["公交卡", "门禁卡"], 24)
    alone = [said(small(ARTICLES), question) for question in asked[:6]]
    assistant = small(ARTICLES)
    backwards = [said(assistant, question) for question in reversed(asked)][::-1]

    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda question: said(assistant, question), asked))
    assert backwards[:6] == alone
    assert together == backwards
    assert len(set(backwards)) > 8
