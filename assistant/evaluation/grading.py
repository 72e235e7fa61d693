"""The measures of one answer: what its question expects, found in it by rules alone."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from assistant.evaluation.questions import Alternatives, Case, Sections
from assistant.evaluation.support import faithfulness

PublishedAnswer = Mapping[str, Any]  # `Answer.to_json()`
Grades = dict[str, float]

# In the order in which they are shown. Those that are not yes or no for a question are shares.
ANSWER_MEASURES = (
    "success", "outcome_ok", "facts", "fact_recall", "steps", "step_completeness", "step_order", "cite_precision",
    "cite_recall", "faithfulness", "quotes_verbatim", "markers_resolve", "clean", "answered_unanswerable",
    "false_answer", "false_refusal", "needless_question",
)  # fmt: skip
SHARES = frozenset(
    ("fact_recall", "step_completeness", "step_order", "cite_precision", "cite_recall", "faithfulness",
     "quotes_verbatim", "nDCG@10", "RR", "recall@5", "recall@10")
)  # fmt: skip
LOWER_IS_BETTER = frozenset(("answered_unanswerable", "false_answer", "false_refusal", "needless_question"))
_MARKER = re.compile(r"\[(\d+)\]")


def grade(case: Case, answer: PublishedAnswer, sections: Sections, source: Callable[[str], str | None]) -> Grades:
    """Each measure that applies to a question, in [0, 1]; yes is 1 and no is 0.

    Args:
        case: The question and what is expected.
        answer: The answer in the published format.
        sections: Where support can stand.
        source: Doc id → the characters of the article's file as it lies on disk, None for an unknown one.

    The measures that the reference grader has (`success` to `markers_resolve` of it) are counted as it counts them:
    matching folds NFKC and case and is by substring.
    """
    text, outcome = fold(answer["text"]), answer["outcome"]
    clean = not _has_any(text, case.must_not)
    facts = [_has_any(text, group) for group in case.facts]
    grades: Grades = {"clean": clean}
    if case.expect == "answer":
        grades |= _grade_answer(case, answer, text, facts, sections)
    elif case.expect == "abstain":
        grades["outcome_ok"] = outcome == "abstained"
        grades["success"] = grades["outcome_ok"] and clean
        grades["false_answer"] = outcome == "answered"
        if outcome != "abstained":
            grades["answered_unanswerable"] = outcome == "answered"
    elif case.expect == "clarify":
        grades["outcome_ok"] = outcome == "clarified" or (outcome == "answered" and all(facts))
        grades["success"] = grades["outcome_ok"] and all(facts) and clean
    else:
        grades["outcome_ok"] = outcome in {"abstained", "answered"}
        grades["success"] = grades["outcome_ok"] and clean
    if outcome == "abstained":
        grades["answered_unanswerable"] = False
    grades |= _grade_citations(answer, source)
    return {name: round(float(grades[name]), 6) for name in ANSWER_MEASURES if name in grades}


def fold(text: str) -> str:
    """Text as facts are searched in it: NFKC, case folded."""
    return unicodedata.normalize("NFKC", text).casefold()


def _has_any(text: str, alternatives: Sequence[str]) -> bool:
    return any(fold(alternative) in text for alternative in alternatives)


def _grade_answer(case: Case, answer: PublishedAnswer, text: str, facts: Sequence[bool], sections: Sections) -> Grades:
    """What is measured of a question that the articles answer."""
    outcome = answer["outcome"]
    grades: Grades = {
        "outcome_ok": outcome == "answered",
        "facts": all(facts),
        "false_refusal": outcome == "abstained",
        "needless_question": outcome == "clarified",
    }
    if facts:
        grades["fact_recall"] = sum(facts) / len(facts)
    if case.steps:
        grades |= _grade_steps(case, answer, text)
    cited = [sections.of(citation["title"], citation["headings"]) for citation in answer["citations"]]
    gold = frozenset(case.sections)
    grades["cite_precision"] = sum(bool(keys & gold) for keys in cited) / len(cited) if cited else 0.0
    # Keys with the same part before the dot are alternatives; each different part must be cited.
    families = {key.partition(".")[0] for key in gold}
    found = {key.partition(".")[0] for keys in cited for key in keys & gold}
    grades["cite_recall"] = len(found) / len(families) if families else 1.0
    grades["success"] = (
        grades["outcome_ok"]
        and grades["facts"]
        and not _has_any(text, case.must_not)
        and grades.get("steps", True)
        and grades["cite_recall"] == 1.0
    )
    return grades


def _grade_steps(case: Case, answer: PublishedAnswer, text: str) -> Grades:
    n_in_order = in_order(text, case.steps)
    n_there = sum(_has_any(text, group) for group in case.steps)
    grades: Grades = {
        "steps": n_in_order == len(case.steps) and len(answer["steps"]) == case.n_steps,
        "step_completeness": n_there / len(case.steps),
    }
    if n_there:
        grades["step_order"] = _longest_in_order(text, case.steps) / n_there
    return grades


def _longest_in_order(text: str, groups: Sequence[Alternatives]) -> int:
    """How many of the groups can be found one after the other when the others are passed over, at most."""
    ends = [-1]  # of so many groups in order, the earliest place at which the last of them can stand
    for group in groups:
        for n in reversed(range(len(ends))):
            places = [place for alternative in group if (place := text.find(fold(alternative), ends[n] + 1)) >= 0]
            if places and n + 1 == len(ends):
                ends.append(min(places))
            elif places:
                ends[n + 1] = min(ends[n + 1], *places)
    return len(ends) - 1


def in_order(text: str, groups: Sequence[Sequence[str]]) -> int:
    """How many of the groups are found in a folded text one after the other, greedily from left to right."""
    at = found = 0
    for group in groups:
        places = [place for alternative in group if (place := text.find(fold(alternative), at)) >= 0]
        if places:
            at, found = min(places) + 1, found + 1
    return found


def _grade_citations(answer: PublishedAnswer, source: Callable[[str], str | None]) -> Grades:
    grades: Grades = {}
    quotes = [(source(c["doc_id"]) or "")[c["start"] : c["end"]] == c["quote"] for c in answer["citations"]]
    if quotes:
        grades["quotes_verbatim"] = sum(quotes) / len(quotes)
    if answer["outcome"] == "answered":
        # As text: a number of thousands of digits is no number to Python.
        written = {number.lstrip("0") for number in _MARKER.findall(answer["text"])}
        grades["markers_resolve"] = bool(written) and written <= {str(c["marker"]) for c in answer["citations"]}
        supported = faithfulness(answer)
        if supported is not None:
            grades["faithfulness"] = supported
    return grades
