"""Renders the figures of the shipped question sets as the tables of the READMEs.

    python -m tests.benchmarks.answers          writes the tables into README.md and README.zh-CN.md

`make evaluate` measures and calls this; the figures lie in `results/answers.json`, as `xiaoka evaluate --scores` writes
them, and CI holds every change against them.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from assistant.evaluation.statistics import interval_of

Language = Literal["en", "zh"]
ROOT = Path(__file__).resolve().parent.parent.parent
RESULTS = Path(__file__).with_name("results") / "answers.json"
READMES: dict[str, Language] = {"README.md": "en", "README.zh-CN.md": "zh"}
_HEAD = {
    "en": ("Measure", "Rate", "95 % interval", "Questions"),
    "zh": ("指标", "比例", "95% 区间", "问题数"),
}
_ALIKE = {"en": "all alike", "zh": "全部相同"}
_ROWS = {
    "success": ("Answered as it should be", "答得对"),
    "steps": ("All steps, in order", "步骤完整、顺序正确"),
    "cite_precision": ("Citations in the right section", "引用出自该引的章节"),
    "cite_recall": ("Sections that must be cited, cited", "该引的章节都引到"),
    "faithfulness": ("Statements that their quotes support", "说法有引文支持"),
    "quotes_verbatim": ("Quotes that are the article's words", "引文与原文一字不差"),
    "markers_resolve": ("Every marker resolves", "角标都有出处"),
    "clean": ("No advertiser's contact, no other card's words", "不带推广联系方式，不串到别的卡"),
    "false_answer": ("Unanswerable, yet answered (less is better)", "文章没写却作了回答（越低越好）"),
    "false_refusal": ("Answerable, yet refused (less is better)", "文章写了却拒答（越低越好）"),
    "needless_question": ("Answerable, yet asked back (less is better)", "文章写了却反问（越低越好）"),
    "nDCG@10": ("Retrieval, nDCG@10", "检索 nDCG@10"),
}


def render(record: Mapping[str, Any], language: Language) -> str:
    """The table of a record of `--scores`, in Markdown; where all values are alike the interval is Wilson's."""
    lines = [f"| {' | '.join(_HEAD[language])} |", "| --- | ---: | ---: | ---: |"]
    for name, titles in _ROWS.items():
        of = record["summary"][name]
        shown = interval_of(of)
        interval = f"{100 * shown.low:.1f} – {100 * shown.high:.1f}" if shown.method != "none" else _ALIKE[language]
        lines.append(f"| {titles[language == 'zh']} | {100 * of['mean']:.1f} % | {interval} | {of['n']} |")
    return "\n".join(lines)


def put(text: str, table: str, name: str = "answers") -> str:
    """A document with a table in place of the one between the comments `name:begin` and `name:end`."""
    begin, end = f"<!-- {name}:begin -->\n", f"\n<!-- {name}:end -->"
    put_in, n = re.subn(f"{begin}.*?{end}", lambda _: begin + table + end, text, count=1, flags=re.DOTALL)
    if n != 1:
        raise ValueError(f"`text` must hold {begin!r} and {end!r}, in this order; it does not.")
    return put_in


def main() -> int:
    """Writes the tables; returns the exit code."""
    record = json.loads(RESULTS.read_text(encoding="utf-8"))
    for name, language in READMES.items():
        file = ROOT / name
        file.write_text(put(file.read_text(encoding="utf-8"), render(record, language)), encoding="utf-8")
        print(f"Written to {file.relative_to(ROOT)}.", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
