"""A chat model as a judge of faithfulness: optional, beside the built-in check, and never part of a gate."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from assistant.evaluation.statements import Statement, statements_of
from assistant.evaluation.support import is_own_words
from assistant.generator import ChatModel, ModelFailed
from corpus.errors import UnusableInput

_FILE = Path(__file__).with_name("judge.toml")
_MOST_IN_VAIN = 3  # calls without a reply, one after the other: the model is not there, and each costs a deadline
_VERDICTS = {"yes": True, "no": False, "是": True, "否": False}
# What models put around a reply: their thoughts before it, and a fence.
_THOUGHTS = re.compile(r"^\s*<think>.*?</think>", re.DOTALL)
_FENCED = re.compile(r"^```\w*\n(.*?)\n?```$", re.DOTALL)
_LINE = re.compile(r"^[\[(]?(?P<number>\d{1,4})[\])]?\s*[.:：、]\s*(?P<verdict>\w+)[.。]?$")


class UnreadableReply(ModelFailed):
    """A judge's reply that does not say yes or no to each statement exactly once; it is no verdict of any kind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What a judge found of one answer: `supported` of its `statements`, of which there is at least one."""

    supported: int
    statements: int


def judge(answer: Mapping[str, Any], question_turns: Sequence[str], model: ChatModel) -> Judged | None:
    """How many statements of an answer a chat model finds supported by what they cite, in one call.

    None when there is nothing to judge: the outcome is not `answered`, or no statement is an article's. A statement
    whose markers cite nothing is not supported, whatever a model would say.

    Raises:
        UnreadableReply: The reply is no verdict on each statement.
        ModelFailed: The model gave no reply.
    """
    statements = statements_to_judge(answer)
    cited = [statement for statement in statements if statement.quotes]
    if not cited:
        return Judged(supported=0, statements=len(statements)) if statements else None
    prompt = _prompt(answer["language"])
    places = {c["marker"]: " › ".join([c["title"], *c["headings"]]) for c in answer["citations"]}
    data = {
        "question": list(question_turns),
        "statements": [_entry(number, statement, places) for number, statement in enumerate(cited, start=1)],
    }
    user = f"{prompt['user'].format(n=len(cited))}\n\n<data>\n{_as_data(data)}\n</data>"
    verdicts = _read_verdicts(model.reply(prompt["system"].strip(), user), len(cited))
    return Judged(supported=sum(verdicts), statements=len(statements))


class PatientJudge:
    """A judge whose failures are told, not raised, and which is asked no more when it is not there."""

    def __init__(self, model: ChatModel) -> None:
        """A judge by a chat model."""
        self._model = model
        self._n_in_vain = 0

    def __call__(self, question_turns: Sequence[str], answer: Mapping[str, Any]) -> dict[str, Any] | None:
        """`supported` of `statements`, None when there is nothing to judge.

        Without a verdict, `statements` is 0 and `error` says why: `unreadable` (the reply says no yes or no to each),
        `failed` (there is none), or `not_asked` (the key was refused, or there was none several times running).
        """
        if not statements_to_judge(answer):
            return None
        if self._n_in_vain >= _MOST_IN_VAIN:
            return _without_verdict("not_asked")
        try:
            judged = judge(answer, question_turns, self._model)
        except UnreadableReply as error:
            self._n_in_vain = 0
            return _without_verdict("unreadable", error)
        except (ModelFailed, UnusableInput) as error:
            # A refused key stays refused: it is not tried again.
            self._n_in_vain = _MOST_IN_VAIN if isinstance(error, UnusableInput) else self._n_in_vain + 1
            return _without_verdict("failed", error)
        self._n_in_vain = 0
        return None if judged is None else {"supported": judged.supported, "statements": judged.statements}


def _without_verdict(why: str, error: Exception | None = None) -> dict[str, Any]:
    return {"supported": 0, "statements": 0, "error": why, "said": "" if error is None else str(error)}


def statements_to_judge(answer: Mapping[str, Any]) -> list[Statement]:
    """The statements of an answer that are an article's; none of one that is no answer."""
    if answer["outcome"] != "answered":
        return []
    return [statement for statement in statements_of(answer) if not is_own_words(statement)]


@cache
def _prompts() -> dict[str, dict[str, str]]:
    with _FILE.open("rb") as file:
        return tomllib.load(file)


def _prompt(language: str) -> dict[str, str]:
    return _prompts().get(language, _prompts()["en"])


def _entry(number: int, statement: Statement, places: Mapping[int, str]) -> dict[str, Any]:
    where = dict.fromkeys(places[marker] for marker in statement.markers if marker in places)
    return {
        "number": number,
        "statement": statement.text,
        "quotes": list(statement.quotes),
        "place": " | ".join(where),
    }


def _as_data(data: object) -> str:
    """Values as JSON that no string in them can leave, nor close the fence around it."""
    written = json.dumps(data, ensure_ascii=False, indent=1)
    return written.replace("<", "\\u003c").replace(">", "\\u003e")


def _read_verdicts(reply: str, n_statements: int) -> list[bool]:
    """The verdicts of a reply by number; it is a JSON object, or lines such as `1: yes`, and nothing else.

    Raises:
        UnreadableReply: It is neither, or a number is missing, foreign or there twice, or a verdict is not yes or no.
    """
    text = _THOUGHTS.sub("", reply, count=1).strip()
    if fenced := _FENCED.match(text):
        text = fenced[1].strip()
    pairs = _of_object(text) if text.startswith("{") else _of_lines(text)
    verdicts = dict(pairs)
    if len(verdicts) != len(pairs) or verdicts.keys() != {str(n) for n in range(1, n_statements + 1)}:
        raise UnreadableReply(f"the judge's reply is no verdict on each of {n_statements} statements: {reply[:200]!r}")
    return [verdicts[str(n)] for n in range(1, n_statements + 1)]


def _of_object(text: str) -> list[tuple[str, bool]]:
    try:
        # As pairs, or a number that is there twice would be there once.
        pairs = json.loads(text, object_pairs_hook=list)
    except (ValueError, RecursionError) as error:  # also a number of too many digits
        raise UnreadableReply(f"the judge's reply is no JSON object: {text[:200]!r}") from error
    return [(number, _verdict(value, text)) for number, value in pairs]


def _of_lines(text: str) -> list[tuple[str, bool]]:
    found = [(line, _LINE.match(line.strip())) for line in text.splitlines() if line.strip()]
    if not all(match for _, match in found):
        raise UnreadableReply(f"the judge's reply is neither a JSON object nor a list of verdicts: {text[:200]!r}")
    return [(str(int(match["number"])), _verdict(match["verdict"], text)) for _, match in found if match]


def _verdict(value: object, text: str) -> bool:
    if isinstance(value, bool):
        return value
    verdict = _VERDICTS.get(value.strip().lower()) if isinstance(value, str) else None
    if verdict is None:
        raise UnreadableReply(f"a verdict of the judge must be `yes` or `no`; got {value!r} in {text[:200]!r}")
    return verdict
