"""Evaluation records made by hand: what the report is given, without running an evaluation."""

from __future__ import annotations

import math
from typing import Any

KINDS = (
    "procedure",
    "single-fact",
    "step-position",
    "why-precaution",
    "comparison",
    "multi-turn",
    "ambiguous",
    "unanswerable",
    "out-of-domain",
    "adversarial",
    "noise",
)
STEPS = [["身份证", "证件"], ["申请表"], ["余额"], ["签字", "签名"]]
ANSWER = (
    "**公交卡注销**，共4步：\n\n1. 带身份证到服务网点。[1]\n2. 填写申请表。[2]\n3. 查询余额，可以退款。[3]\n"
    "4. 核对后签字。[4]\n\n注意：有的城市要先打客服电话。[5]"
)
SHORT = "**公交卡注销**，共3步：\n\n1. 填写申请表。[2]\n2. 带身份证到网点。[1]\n3. 签字。[4]\n\n加 t.me 咨询"


def figure(count: int, n: int) -> dict[str, Any]:
    """A yes-or-no figure: `count` of `n`, with intervals by the normal approximation and Wilson's formula."""
    mean, z = count / n, 1.96
    half = z * math.sqrt(mean * (1 - mean) / n)
    middle, width = mean + z * z / (2 * n), z * math.sqrt(mean * (1 - mean) / n + z * z / (4 * n * n))
    low, high = ((middle + sign * width) / (1 + z * z / n) for sign in (-1, 1))
    return {
        **share(mean, max(0.0, mean - half), min(1.0, mean + half), n),
        "wilson_low": round(max(0.0, low), 4),
        "wilson_high": round(min(1.0, high), 4),
    }


def share(mean: float, low: float, high: float, n: int) -> dict[str, Any]:
    """A figure that is no count."""
    return {"mean": round(mean, 4), "low": round(low, 4), "high": round(high, 4), "n": n}


def judged(model: str, faithfulness: dict[str, Any] | None = None, **counts: int) -> dict[str, Any]:
    """What a model judged."""
    without = {"n_unreadable": 0, "n_failed": 0, "n_not_asked": 0}
    return {"model": model, "faithfulness": faithfulness or share(0.9, 0.8, 1.0, 10)} | without | counts


def citation(marker: int, quote: str) -> dict[str, Any]:
    return {
        "marker": marker,
        "doc_id": "smart-card",
        "title": "各类卡怎么注销",
        "headings": ["公交卡", "注销步骤"],
        "start": 100 * marker,
        "end": 100 * marker + len(quote),
        "quote": quote,
        "version": "0123456789abcdef",
    }


def answer(question_id: str, text: str = ANSWER, outcome: str = "answered", **more: object) -> dict[str, Any]:
    quotes = [
        "携带身份证前往服务网点",
        "填写注销申请表",
        "查询余额并办理退款",
        "核对信息后签字",
        "部分城市须先致电客服",
    ]
    return {
        "id": question_id,
        "outcome": outcome,
        "text": text,
        "steps": [{"number": n, "text": f"第{n}步", "markers": [n]} for n in (1, 2, 3, 4)] if text == ANSWER else [],
        "citations": [citation(n, quote) for n, quote in enumerate(quotes, start=1) if f"[{n}]" in text],
        "options": [],
        "reason": "",
        "language": "zh",
        "timings_ms": {"understand": 3.1, "retrieve": 9.4, "generate": 6.2, "verify": 0.8, "total": 19.5},
        **more,
    }


def question(question_id: str = "proc-001", **more: object) -> dict[str, Any]:
    """A question that was answered as it should be, unless `more` says otherwise."""
    return {
        "id": question_id,
        "set": "dev",
        "kind": "procedure",
        "lang": "zh",
        "expect": "answer",
        "turns": ["公交卡不用了想退掉，怎么弄？"],
        "gold": {
            "sections": ["transport"],
            "facts": [],
            "steps": {"count": 4, "ordered": STEPS},
            "must_not": ["t.me", "开户行"],
            "note": "没有说是哪座城市",
        },
        "outcome": "answered",
        "error": "",
        "grades": {"success": 1.0, "outcome_ok": 1.0, "steps": 1.0, "cite_recall": 1.0, "clean": 1.0},
        "answer": answer(question_id),
        "hits": [
            {"chunk_id": f"smart-card:{n}00-{n}99", "rank": n, "score": round(1.3 - n / 7, 3), "relevant": n in (1, 3)}
            for n in (1, 2, 3, 4, 5)
        ],
        "score": 1.274,
        "decided": "procedure",
        "judged": None,
        "before": None,
        **more,
    }


def summary(n: int = 166) -> dict[str, Any]:
    asked, unanswerable = n * 120 // 166, n * 33 // 166
    return {
        "success": figure(n - 7, n),
        "outcome_ok": figure(n - 4, n),
        "facts": figure(asked - 5, asked),
        "fact_recall": share(0.964, 0.931, 0.99, asked),
        "steps": figure(25, 25),
        "step_completeness": share(1.0, 1.0, 1.0, 25),
        "cite_precision": share(0.991, 0.978, 1.0, asked),
        "cite_recall": share(0.983, 0.958, 1.0, asked),
        "faithfulness": share(0.987, 0.97, 0.998, asked),
        "clean": figure(n, n),
        "answered_unanswerable": figure(1, unanswerable),
        "false_answer": figure(2, unanswerable),
        "false_refusal": figure(1, asked),
        "needless_question": figure(1, asked),
        "recall@10": share(0.972, 0.944, 0.993, asked),
        "success@1": figure(asked - 9, asked),
        "nDCG@10": share(0.931, 0.902, 0.957, asked),
        "RR": share(0.948, 0.914, 0.976, asked),
    }


def record(**more: object) -> dict[str, Any]:
    """The evaluation of 166 questions, without the questions."""
    sizes = dict(zip(KINDS, (25, 31, 9, 16, 7, 18, 9, 21, 7, 12, 11), strict=True))
    wrong = {"single-fact": 3, "why-precaution": 1, "unanswerable": 2, "noise": 1}
    langs = {"zh": (98, 101), "en": (37, 39), "zh-Hant": (14, 14), "mixed": (10, 12)}
    thresholds = [round(-3 + step * 0.25, 2) for step in range(25)]
    return {
        "format": 1,
        "date": "2026-11-28T19:00:00+00:00",
        "seconds": 4.2,
        "versions": {
            "xiaoka": "0.1.0",
            "code": "8a1f0c2b9d3e4f50",
            "encoder": "xiaoka-static-2",
            "corpus": "1c2d3e4f5a6b7c8d",
            "articles": {"smart-card": "0123456789abcdef", "library-card": "fedcba9876543210"},
            "python": "3.11.7",
        },
        "settings": {
            "corpus": "corpus/articles",
            "encoder": "builtin",
            "reranker": "",
            "chroma_url": "",
            "k": 20,
            "workers": 2,
        },
        "sets": [
            {"name": "dev", "n": 120, "sha256": "a1b2c3d4e5f60718"},
            {"name": "extra", "n": 46, "sha256": "18070f6e5d4c3b2a"},
        ],
        "n": 166,
        "n_errors": 0,
        "summary": summary(),
        "groups": {
            "kind": {kind: {"success": figure(n - wrong.get(kind, 0), n)} for kind, n in sizes.items()},
            "lang": {lang: {"success": figure(*counts)} for lang, counts in langs.items()},
            "set": {"dev": {"success": figure(115, 120)}, "extra": {"success": figure(44, 46)}},
        },
        "outcomes": {
            "answer": {"answered": 118, "clarified": 1, "abstained": 1, "error": 0},
            "abstain": {"answered": 2, "clarified": 0, "abstained": 31, "error": 0},
            "clarify": {"answered": 1, "clarified": 9, "abstained": 0, "error": 0},
            "refuse_spam": {"answered": 1, "clarified": 0, "abstained": 2, "error": 0},
        },
        "parity": {
            "reference": "zh",
            "languages": {
                "en": {"difference": -0.0216, "low": -0.101, "high": 0.043, "n": 39, "n_reference": 101},
                "zh-Hant": {"difference": 0.0297, "low": 0.0, "high": 0.069, "n": 14, "n_reference": 101},
            },
        },
        "threshold": 0.5,
        "curve": [
            {
                "threshold": at,
                "false_answer": figure(round(33 / (1 + math.exp(1.1 * at + 1.6))), 33),
                "false_refusal": figure(round(120 / (1 + math.exp(4.2 - 1.2 * at))), 120),
            }
            for at in thresholds
        ],
        "latency_ms": {
            "total": {"p50": 20.1, "p95": 60.2, "p99": 80.0, "max": 94.0},
            "understand": {"p50": 3.2, "p95": 9.1, "p99": 14.0, "max": 16.3},
            "retrieve": {"p50": 9.0, "p95": 28.4, "p99": 35.7, "max": 41.2},
            "generate": {"p50": 6.6, "p95": 21.0, "p99": 31.0, "max": 40.0},
            "verify": {"p50": 0.7, "p95": 1.9, "p99": 2.4, "max": 3.0},
        },
        "judge": None,
        "comparison": None,
        **more,
    }


def comparison(**more: object) -> dict[str, Any]:
    def change(old: float, new: float, low: float, high: float, p: float, counts: tuple[int, int]) -> dict[str, Any]:
        return {
            "old": old,
            "new": new,
            "difference": round(new - old, 4),
            "low": low,
            "high": high,
            "p": p,
            "n": 164,
            "n_better": counts[0],
            "n_worse": counts[1],
        }

    return {
        "baseline": {
            "date": "2026-11-21T08:30:00+00:00",
            "versions": {
                "xiaoka": "0.1.0",
                "code": "77aa0c2b9d3e4f50",
                "encoder": "xiaoka-static-2",
                "corpus": "1c2d3e4f5a6b7c8d",
                "python": "3.11.7",
                "articles": {},
            },
        },
        "n_common": 164,
        "only_new": ["extra-046", "extra-045"],
        "only_old": [],
        "edited": ["fact-003"],
        "measures": {
            "success": change(0.9217, 0.9578, 0.012, 0.066, 0.0214, (8, 2)),
            "facts": change(0.95, 0.9583, -0.017, 0.033, 0.6231, (2, 1)),
            "false_answer": change(0.1818, 0.0606, -0.242, -0.03, 0.0004, (4, 0)),
            "false_refusal": change(0.0, 0.0083, 0.001, 0.025, 0.0412, (0, 1)),
        },
        "better": [{"id": "unans-014", "measures": {"success": [0.0, 1.0], "false_answer": [1.0, 0.0]}}],
        "worse": [{"id": "fact-027", "measures": {"success": [1.0, 0.0], "facts": [1.0, 0.0]}}],
        **more,
    }


def failures() -> list[dict[str, Any]]:
    """One question of each way to be listed, the answered ones among them left out of the list."""
    wrong = {"success": 0.0, "outcome_ok": 1.0}
    return [
        question("proc-001"),
        question(
            "proc-002",
            set="extra",
            kind="noise",
            turns=["嗯那个就是公交卡嗯不用了嘛怎么给它销掉"],
            grades={**wrong, "steps": 0.0, "step_completeness": 0.75, "cite_recall": 1.0, "recall@5": 0.5, "RR": 1.0},
            answer=answer("proc-002", SHORT),
        ),
        question(
            "fact-027",
            kind="single-fact",
            lang="en",
            turns=["Should I phone someone before heading out to cancel my bus card?"],
            gold={
                "sections": ["transport"],
                "facts": [["customer service", "客服"], ["property", "物业"]],
                "must_not": [],
            },
            grades={**wrong, "facts": 0.0, "fact_recall": 0.5},
            answer=answer("fact-027", "In some cities you call customer service first. [5]", language="en"),
            decided="detail",
            before={
                "outcome": "answered",
                "grades": {"success": 1.0, "facts": 1.0},
                "text": "Yes: call customer service, or the property office. [1]",
            },
        ),
        question(
            "unans-014",
            kind="unanswerable",
            expect="abstain",
            turns=["补一张新门禁卡收多少工本费？"],
            gold={"sections": [], "facts": [], "must_not": ["20元"], "note": "费用没有"},
            outcome="abstained",
            grades={"success": 1.0, "outcome_ok": 1.0, "false_answer": 0.0},
            answer=answer(
                "unans-014", "文章没有写补办门禁卡的费用；写了的是注销步骤。", "abstained", reason="not_stated"
            ),
            score=-0.42,
            decided="detail",
            before={
                "outcome": "answered",
                "grades": {"success": 0.0, "false_answer": 1.0},
                "text": "补办门禁卡要20元。[1]",
            },
        ),
        question(
            "multi-030",
            kind="multi-turn",
            lang="zh-Hant",
            turns=["交通卡點樣取消？", "咁銀行卡呢?"],
            gold={
                "sections": ["bank"],
                "facts": [],
                "steps": {"count": 2, "ordered": [["客服熱線"], ["剪毀"]]},
                "must_not": [],
            },
            outcome="clarified",
            grades={"success": 0.0, "outcome_ok": 0.0, "needless_question": 1.0},
            answer=answer(
                "multi-030",
                "你想註銷哪一張卡？",
                "clarified",
                options=["交通卡", "銀行卡", "門禁卡"],
                language="zh-Hant",
            ),
            hits=[],
            score=None,
            decided="",
        ),
        question(
            "err-001",
            kind="adversarial",
            outcome="error",
            error="ValueError: `text` must be a string; got 7.",
            grades={},
            answer=None,
            hits=[],
            score=None,
            decided="",
        ),
    ]
