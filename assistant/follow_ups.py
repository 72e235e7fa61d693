"""Which questions to offer below an answer: such as the articles do answer."""

from __future__ import annotations

import importlib.resources
import tomllib
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from assistant.answer import Answer
from corpus.errors import UnusableInput

Cited = frozenset[tuple[str, int, int]]

_MOST_OFFERED = 3
_MOST_TRIED = 5


@cache
def _questions() -> dict[str, Any]:
    path = importlib.resources.files("assistant") / "follow_ups.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))


def follow_ups(
    ask: Callable[[Sequence[str]], Answer],
    examples: Callable[[str], Sequence[str]],
    turns: Sequence[str],
    answer: Answer,
) -> tuple[str, ...]:
    """At most three questions that can be sent next, none when the answer offers some itself.

    Below an answer they ask for more of the same procedure. Each is tried: what the articles do not say is not offered,
    nor twice what they say once. Below an abstention they are examples of what is covered.

    Args:
        ask: Answers the last of some turns.
        examples: Questions that the articles answer, in a language.
        turns: What the user has asked so far, the question of `answer` last.
        answer: What was answered.
    """
    if answer.options:
        return ()
    if answer.outcome == "abstained":
        return tuple(q for q in examples("en" if answer.language == "en" else "zh") if q not in turns)[:_MOST_OFFERED]
    offered: dict[Cited, str] = {_cited(answer): ""}
    for question in _candidates(answer, turns):
        try:
            found = ask((*turns, question))
        except UnusableInput:
            continue
        if found.outcome == "answered":
            offered.setdefault(_cited(found), question)
        if len(offered) > _MOST_OFFERED:
            break
    return tuple(filter(None, offered.values()))


def _candidates(answer: Answer, turns: Sequence[str]) -> list[str]:
    templates: list[str] = _questions()[answer.language]["questions"]
    # The step with the most words is the one that a reader most likely wants by itself.
    longest = max(answer.steps, key=lambda step: len(step.text), default=None)
    filled = [
        template.format(n=longest.number if longest else 0)
        for template in templates
        if longest is not None or "{n}" not in template
    ]
    return [question for question in filled if question not in turns][:_MOST_TRIED]


def _cited(answer: Answer) -> Cited:
    return frozenset((citation.chunk.doc_id, citation.start, citation.end) for citation in answer.citations)
