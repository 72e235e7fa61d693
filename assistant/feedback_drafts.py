"""What people said of answers as drafts of questions for an evaluation set."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, get_args

from assistant.evaluation.grading import fold
from assistant.evaluation.questions import LANGUAGES
from assistant.evaluation.record import written
from assistant.feedback import CUT, Feedback, Verdict, cut
from assistant.masking import MASKED
from corpus.errors import UnusableInput
from corpus.normalize import language_of

_EXPECTED = {"answered": "answer", "clarified": "clarify", "abstained": "abstain"}
_STATEMENT = re.compile(r"([^\n\[\]]+?)(?: ?\[\d{1,4}\])+")
_BESIDE_WORDS = re.compile(
    rf"\n|{MASKED.pattern}|@?\*{{2,}}|\[\d{{1,4}}\]|^\s*(?:[-*#>]+|\d{{1,2}}[.)])\s+", re.MULTILINE
)
_FEWEST_CHARACTERS = 3
_MOST_COMMENTS, _LONGEST_QUOTED = 5, 300


def draft_cases(feedback: Iterable[Feedback]) -> list[dict[str, Any]]:
    """Drafts of questions of an evaluation set, as `xiaoka evaluate new` writes them, in the order of the feedback.

    What was answered last is what is expected, for a person to put right: the note says how it was judged. Questions
    that are the same but for case, width and blanks are one.
    """
    asked: dict[tuple[str, ...], list[Feedback]] = {}
    for one in feedback:
        asked.setdefault(tuple(map(_folded, one.turns)), []).append(one)
    return [_draft(turns, judged) for turns, judged in asked.items()]


def write_cases(cases: Iterable[Mapping[str, Any]], file: Path) -> None:
    """Writes drafts into a new file as JSON Lines; its folder is made if need be.

    Raises:
        UnusableInput: The file is there already, or cannot be written.
    """
    if file.exists() or file.is_symlink():
        raise UnusableInput(
            f"`--out` must name a file that is not there yet; got {str(file)!r}. Name another, or remove the file: a "
            "set that a person has edited is not written over."
        )
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UnusableInput(f"{str(file)!r} must be a file that can be written; {error.strerror}.") from error
    with written(file) as stream:
        stream.writelines(json.dumps(case, ensure_ascii=False) + "\n" for case in cases)


def _folded(text: str) -> str:
    return " ".join(fold(text).split())


def _draft(turns: tuple[str, ...], judged: Sequence[Feedback]) -> dict[str, Any]:
    last = max(judged, key=lambda one: datetime.fromisoformat(one.created_at))
    answer = last.answer
    digest = hashlib.sha256("\n".join(turns).encode()).hexdigest()
    expect = _EXPECTED.get(str(answer.get("outcome")), "answer")
    text, steps = str(answer.get("text", "")), _texts(answer.get("steps"), "text")
    ordered = [found for step in steps if (found := _standing(step, text))] if expect == "answer" else []
    case: dict[str, Any] = {
        "id": f"feedback-{digest[:12]}",
        "lang": last.language if last.language in LANGUAGES else language_of(last.turns[-1]),
        "kind": _kind(last, expect, n_steps=len(steps)),
    }
    case |= {"turns": list(last.turns)} if len(last.turns) > 1 else {"question": last.turns[0]}
    case |= {"expect": expect, "sections": [], "facts": _facts(answer, expect) if not ordered else []}
    if ordered:
        case["steps"] = {"count": len(steps), "ordered": [[step] for step in ordered]}
    return case | {"must_not": [], "note": _note(judged, answer)}


def _kind(feedback: Feedback, expect: str, *, n_steps: int) -> str:
    if expect == "abstain":
        return "out-of-domain" if feedback.answer.get("reason") == "out_of_domain" else "unanswerable"
    if expect == "clarify":
        return "ambiguous"
    if len(feedback.turns) > 1:
        return "multi-turn"
    return "procedure" if n_steps else "single-fact"


def _facts(answer: Mapping[str, Any], expect: str) -> list[list[str]]:
    """What must stand in an answer like this: each statement that has a marker, or each option of a question back."""
    text = str(answer.get("text", ""))
    if expect == "answer":
        found = [_standing(statement[1], text) for statement in _STATEMENT.finditer(text)]
    elif expect == "clarify":
        found = [_standing(option, text) for option in _texts(answer.get("options"))]
    else:
        found = []
    return [[fact] for fact in dict.fromkeys(filter(None, found))]


def _texts(values: object, name: str = "") -> list[str]:
    """The texts of a list, or those of a field of its objects."""
    found = values if isinstance(values, list) else []
    found = [one.get(name) if isinstance(one, Mapping) else None for one in found] if name else found
    return [one for one in found if isinstance(one, str)]


def _standing(text: str, answer: str) -> str:
    """The longest part of a text that stands in an answer as it is, without marks and masked numbers; may be empty."""
    parts = [part.strip(" \t:：") for part in _BESIDE_WORDS.split(text)]
    whole = fold(answer)
    standing = [part for part in parts if len(part) >= _FEWEST_CHARACTERS and fold(part) in whole]
    return max(standing, key=len, default="").removesuffix(CUT)


def _note(judged: Sequence[Feedback], answer: Mapping[str, Any]) -> str:
    """How the answers were judged, and what is to be looked at."""
    counts = [(verdict, [one for one in judged if one.verdict == verdict]) for verdict in get_args(Verdict)]
    told = []
    for verdict, ones in counts:
        reasons = sorted({one.reason for one in ones if one.reason})
        if ones:
            told.append(f"{len(ones)} {verdict}" + (f" ({', '.join(reasons)})" if reasons else ""))
    comments = list(dict.fromkeys(" ".join(one.comment.split()) for one in judged if one.comment.strip()))
    parts = [f"draft: judged {', '.join(told)}; what is expected is what was answered, check all of it"]
    parts += [f"“{cut(comment, _LONGEST_QUOTED)}”" for comment in comments[-_MOST_COMMENTS:]]
    if places := _places(answer):
        parts.append(f"give it the sections of: {'; '.join(places)}")
    return "; ".join(parts)


def _places(answer: Mapping[str, Any]) -> list[str]:
    """Where an answer's citations stand: titles and headings, as patterns of sections are searched in them."""
    citations = answer.get("citations")
    found = [one for one in citations if isinstance(one, Mapping)] if isinstance(citations, list) else []
    paths = (" > ".join([str(one.get("title", "")), *_texts(one.get("headings"))]) for one in found)
    return list(dict.fromkeys(cut(path, _LONGEST_QUOTED) for path in paths))
