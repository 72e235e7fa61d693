"""The part of a question that says where in a procedure somebody stands: `交完表` in `交完表之后找谁`."""

from __future__ import annotations

import re
from dataclasses import replace

from assistant.clauses import asking_clauses
from assistant.lexicon import Lexicon, any_of
from assistant.question import Question
from assistant.step_reference import StepKind
from corpus.normalize import has_han

_CLAUSE_END = re.compile(r"[,，.。;；!！?？:：]")
_SHORTEST = 3  # Chinese characters or English words, that describe something
# What stands behind something that is done: the last of these ends the description.
_DONE = any_of(
    r"之后|以后|过后|(?:完了?|好了?|过了?|了)(?=[,，。;；]| )",
    r"(?<![前先最背然])后(?=[,，]|就|还|再|又|要|该|得|是|干|做)",
)
# What asks for the step behind it, where nothing says that it is done.
_THEN = any_of(r"接下来|接下去|接着|下一|下个|下面|后面|后头|后一步|随后|跟住|跟手|紧接|紧跟|然后|再来|再往下|轮到")
_BEFORE = any_of(r"之前|以前|(?<![提目])前(?=[,，]|要|得|该|还|先|那|的|必|应|一步|面|头)|上一步")
# What asks for the place of a step, behind what describes it.
_PLACE = any_of(r"(?:[是要算]|应该|属于)*(?:排|放|在)?在?(?:第几|哪一?步|哪一?个步骤)")
# 在小程序里把日子约好: who does it and where stand before what is done.
_DONE_TO = re.compile(r"^.*?(?<![一两几])[把将](?=[\u4e00-\u9fff]{2})(?!手)")
_FINISHED = re.compile(r"(?:完毕?|好|过|掉)?了?$")
_ENGLISH = {
    "next": re.compile(
        r"\b(?:after|once|when|as soon as|follows)\b (.+?)(?=[,.?;!]|$|\b(?:what|which|then|who|where)\b)"
    ),
    "previous": re.compile(r"\b(?:before|precedes)\b (.+?)(?=[,.?;!]|$|\b(?:what|which|who|where)\b)"),
}
# Between two things of which it is asked what comes first.
_ORDERED = any_of(
    r"[是应该要得]*[排放]?在(?=.*(?:前|后)[头面]?还是)",
    r"还是先|还是|和|跟|与",
    r"\b(?:before or after|after or before|or)\b",
)
_FIRST_WORDS = re.compile(
    r"(?:.*[,，:：])?(?:到底|究竟)?[是要该]*先|之?[前后][头面]?|\b(?:do|does|should|is|come|comes|first)\b"
)


def anchor_of(text: str, kind: StepKind) -> str:
    """What folded `text` says of the step that it counts from; the whole of it when nothing says which part that is."""
    if kind == "which":
        cut = _PLACE.search(text) if has_han(text) else None
        nearest = _CLAUSE_END.split(text[: cut.start()])[-1] if cut else ""
        return nearest if _describes(nearest) else text
    back = kind in {"previous", "preceding"}
    if not has_han(text):
        found = _ENGLISH["previous" if back else "next"].search(text)
        return found.group(1) if found and _describes(found.group(1)) else _told(text)
    cut = _BEFORE.search(text) if back else next(reversed(list(_DONE.finditer(text))), None) or _THEN.search(text)
    said = text[: cut.start()] if cut else ""
    nearest = _CLAUSE_END.split(said.rstrip(",，、 "))[-1]
    if (done := _DONE_TO.sub("", nearest)) != nearest:
        return _FINISHED.sub("", done) or done
    return next((part for part in (nearest, said) if _describes(part)), _told(text))


def ordered_things(text: str) -> tuple[str, str] | None:
    """The two things of which folded `text` asks what comes first, None when it does not say them apart."""
    for found in _ORDERED.finditer(text):
        parts = [
            _FIRST_WORDS.sub(" ", part).strip(" ,，?？。") for part in (text[: found.start()], text[found.end() :])
        ]
        parts[1] = parts[1].split("还是")[0].strip()
        if all(re.search(r"[\u4e00-\u9fff]{2}|[a-z]{2}", part) for part in parts):
            return parts[0], parts[1]
    return None


def anchored(question: Question, anchor: str, lexicon: Lexicon) -> Question:
    """The question as if only `anchor`, a part of it, had been asked."""
    concepts = tuple(
        name for name in question.concepts if any(word.rstrip("*") in anchor for word in lexicon.concepts[name].words)
    )
    unknown = tuple(run for run in question.unknown if run in anchor)
    return replace(question, text=anchor, concepts=concepts, focus=concepts, unknown=unknown, focus_unknown=unknown)


def _told(text: str) -> str:
    """The clauses that do not ask, the whole when there are none."""
    asking = asking_clauses(text)
    told = "".join(char for at, char in enumerate(text) if not any(start <= at < end for start, end in asking))
    return told if _describes(told) else text


def _describes(part: str) -> bool:
    return len(re.findall(r"[\u4e00-\u9fff]|[a-z]+", part)) >= _SHORTEST
