"""Changes to published answers of which it is known whether they leave an answer faithful.

An error makes an answer say, or cite, what its quotes do not support. Of a harmless change all that is said stays true.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import combinations, zip_longest
from random import Random
from typing import Any, Literal

from assistant.answer import ORIGINAL
from assistant.evaluation.statements import statements_of
from assistant.phrases import say
from corpus.normalize import has_han, normalize, to_traditional

Published = Mapping[str, Any]  # an answer as it is published
# An answer, other answers over the same articles, what chance decides: the changed answer; None where nothing fits.
Change = Callable[[Published, Sequence[Published], Random], Published | None]
Words = Callable[[re.Match[str], Random], str]  # what stands in place of a match
Where = Literal["article", "edition", "original"]

_LINE = re.compile(r"(?:\d+\. |- )?(?P<words>.+?) ?(?:\[\d+\])+")
_ORIGINAL = re.compile(rf"\s*{re.escape(ORIGINAL)}")
_MARKER = re.compile(r"(?<!\\)\[(\d+)\]")
_BEFORE_WORDS = ("step", "last_step", "first_step", "near", "nearest", "fraud", "note")
_OWN_LINES = ("no_step", "step_total", "compared_missing")
_DIGITS = "一二三四五六七八九"
_INVENTED = {
    True: (
        "办理时间一般较短，当天即可取走全部余额",
        "也可以委托任何亲友在网上代为办理",
        "所有费用由发卡机构承担，持卡人另得补贴",
        "超过期限仍可随时申请恢复原卡",
    ),
    False: (
        "a friend or a relative may do all of this online in your place",
        "the issuer pays every charge and sends you a voucher afterwards",
    ),
}
_OPENINGS = ("请注意，", "根据文章，", "按规定，", "需要注意的是，")
_REWORDED = {"不必": "无需", "不用": "无需", "无需": "不用", "无须": "不必", "不能": "不可以", "没有": "没"}
_NARROW = str.maketrans({"，": ", ", "。": ". ", "；": "; "})
_N_DRAWN = 20  # other answers that are tried for a statement


@dataclass(frozen=True, slots=True)
class Kind:
    """A way to change answers."""

    name: str
    is_error: bool
    change: Change


def spans(text: str, where: Where) -> list[tuple[int, int]]:
    """Where the words of statements begin and end, without list marks, markers and what the assistant says before.

    Args:
        text: An answer's text.
        where: `edition`, the words that stand above an original; `original`, those; `article`, all the others.
    """
    found = []
    lines = list(re.finditer(r".+", text))
    for line, below in zip_longest(lines, lines[1:]):
        if opening := _ORIGINAL.match(line[0]):
            if where == "original":
                found.append((line.start() + opening.end(), line.end()))
            continue
        marked = _LINE.fullmatch(text, *line.span())
        if marked is None or _phrases(_OWN_LINES).fullmatch(_MARKER.sub("", line[0]).strip()):
            continue
        has_original = below is not None and _ORIGINAL.match(below[0]) is not None
        if where == ("edition" if has_original else "article"):
            before = _phrases(_BEFORE_WORDS).match(text, marked.start("words"))
            found.append((before.end() if before else marked.start("words"), marked.end("words")))
    return found


@cache
def _phrases(names: tuple[str, ...]) -> re.Pattern[str]:
    """Any of the assistant's phrases, whatever is filled in."""
    said = [
        say(name, language, card="…", number="…", n="…", text="", markers="").strip()
        for name in names
        for language in ("zh", "zh-Hant", "en")
    ]
    return re.compile("(?:(?:" + "|".join(re.escape(phrase).replace("…", ".{1,60}?") for phrase in said) + r")\s*)+")


def _put(answer: Published, start: int, end: int, words: str) -> Published:
    text = answer["text"]
    return {**answer, "text": text[:start] + words + text[end:]}


def _same(one: str, other: str) -> bool:
    """Whether one text has all words of the other, in its order."""
    one, other = (re.sub(r"[\W_]+", "", normalize(text)) for text in (one, other))
    return one in other or other in one


def _cited_alone(answer: Published) -> list[Mapping[str, Any]]:
    """The citations that are the only one of a statement."""
    alone = {statement.markers[0] for statement in statements_of(answer) if len(statement.markers) == 1}
    return [citation for citation in answer["citations"] if citation["marker"] in alone]


def swap_markers(answer: Published, others: Sequence[Published], rng: Random) -> Published | None:
    """Two markers change places that cite different words."""
    pairs = [pair for pair in combinations(_cited_alone(answer), 2) if not _same(pair[0]["quote"], pair[1]["quote"])]
    if not pairs:
        return None
    one, other = (citation["marker"] for citation in rng.choice(pairs))
    swapped = {one: other, other: one}
    text = _MARKER.sub(lambda found: f"[{swapped.get(int(found[1]), found[1])}]", answer["text"])
    return {**answer, "text": text}


def cite_another_place(answer: Published, others: Sequence[Published], rng: Random) -> Published | None:
    """A statement's only citation quotes words of another place."""
    cited = _cited_alone(answer)
    if not cited:
        return None
    wrong = rng.choice(cited)
    quotes = sorted({citation["quote"] for other in others for citation in other["citations"]})
    quotes = [quote for quote in quotes if not _same(quote, wrong["quote"])]
    if not quotes:
        return None
    changed = {**wrong, "quote": rng.choice(quotes)}
    return {**answer, "citations": [changed if one is wrong else one for one in answer["citations"]]}


def say_something_else(answer: Published, others: Sequence[Published], rng: Random) -> Published | None:
    """A statement gives way to one of another answer that is in none of this answer's quotes."""
    places = spans(answer["text"], "article")
    if not places:
        return None
    start, end = rng.choice(places)
    quotes = [citation["quote"] for citation in answer["citations"]]
    for other in rng.sample(others, min(_N_DRAWN, len(others))):
        for begin, stop in spans(other["text"], "article"):
            words = other["text"][begin:stop]
            behind_label = re.sub(r"^.{0,20}[：:]", "", words) or words
            if has_han(words) == has_han(answer["text"][start:end]) and not any(_same(behind_label, q) for q in quotes):
                return _put(answer, start, end, words)
    return None


def swap_originals(answer: Published, others: Sequence[Published], rng: Random) -> Published | None:
    """The originals of two statements change places."""
    text = answer["text"]
    pairs = [
        (one, other)
        for one, other in combinations(spans(text, "original"), 2)
        if not _same(text[slice(*one)], text[slice(*other)])
    ]
    if not pairs:
        return None
    one, other = rng.choice(pairs)
    return _put(_put(answer, *other, text[slice(*one)]), *one, text[slice(*other)])


def add_invention(*, as_sentence: bool) -> Change:
    """What no article says is added to a statement, as a sentence or as a clause of its last one."""

    def change(answer: Published, others: Sequence[Published], rng: Random) -> Published | None:
        places = spans(answer["text"], "article")
        if not places:
            return None
        start, end = rng.choice(places)
        is_chinese = has_han(answer["text"][start:end])
        stop, comma = ("。", "，") if is_chinese else (". ", ", ")
        invented = rng.choice(_INVENTED[is_chinese])
        added = stop + invented[0].upper() + invented[1:] if as_sentence else comma + invented
        return _put(answer, start, end, answer["text"][start:end].rstrip("。.；;：: ") + added + stop.strip())

    return change


def rewrite(pattern: str, words: Words | str, where: Where = "article") -> Change:
    """One place of a statement that has the pattern gets other words."""
    compiled = re.compile(pattern)

    def change(answer: Published, others: Sequence[Published], rng: Random) -> Published | None:
        text = answer["text"]
        found = [match for start, end in spans(text, where) for match in compiled.finditer(text, start, end)]
        if not found:
            return None
        match = rng.choice(found)
        return _put(answer, *match.span(), words if isinstance(words, str) else words(match, rng))

    return change


def _without(match: re.Match[str], _: Random) -> str:
    return "有" if match[0] in {"没有", "沒有"} else ""


def _another_number(match: re.Match[str], rng: Random) -> str:
    """Another number, written as the one that was there."""
    number = match[0]
    if number.isdecimal():
        return str(int(number) + rng.choice((1, 2, 3, 5)))
    places = [at for at, character in enumerate(number) if character in _DIGITS + "两兩"]
    if not places:
        return "三" + number  # ten or a hundred
    at = rng.choice(places)
    return number[:at] + rng.choice([digit for digit in _DIGITS[2:] if digit != number[at]]) + number[at + 1 :]


def _another_hour(match: re.Match[str], rng: Random) -> str:
    if not match[0].isdecimal():
        return _another_number(match, rng)
    return str((int(match[0]) + rng.randint(1, 11)) % 24)


def _another_digit(match: re.Match[str], rng: Random) -> str:
    at = rng.choice([at for at, character in enumerate(match[0]) if character.isdecimal()])
    return match[0][:at] + str((int(match[0][at]) + rng.randint(1, 9)) % 10) + match[0][at + 1 :]


def make_traditional(answer: Published, others: Sequence[Published], rng: Random) -> Published | None:
    """An answer in simplified characters is written in traditional ones."""
    return {**answer, "text": to_traditional(answer["text"])} if answer["language"] == "zh" else None


def make_narrow(answer: Published, others: Sequence[Published], rng: Random) -> Published | None:
    """Commas, semicolons and full stops become those of ASCII."""
    return {**answer, "text": answer["text"].translate(_NARROW)}


def put_words_before(answer: Published, others: Sequence[Published], rng: Random) -> Published | None:
    """Every Chinese statement begins with words that say nothing of the card."""
    opening = rng.choice(_OPENINGS)
    for start, end in reversed(spans(answer["text"], "article")):
        if has_han(answer["text"][start:end]):
            answer = _put(answer, start, start, opening)
    return answer


def leave_out_last_sentence(answer: Published, others: Sequence[Published], rng: Random) -> Published | None:
    """A statement of several sentences loses its last one."""
    parts = [
        (start, end, re.split(r"(?<=[。；])(?=.)", answer["text"][start:end]))
        for start, end in spans(answer["text"], "article")
    ]
    parts = [part for part in parts if len(part[2]) > 1]
    if not parts:
        return None
    start, end, sentences = rng.choice(parts)
    return _put(answer, start, end, "".join(sentences[:-1]))


_ALONE = r"(?<![\d.,几幾数數一二三四五六七八九十百千])"
_NUMERAL = rf"{_ALONE}(?:\d+|[一二两兩三四五六七八九十百千]+)"
_DURATION = r"\s?(?:[个個]?工作日|天|日|[个個]?小[时時]|分[钟鐘]|[个個]月|年|[周週]?[岁歲])"
_ENGLISH_DURATION = r"[ -](?:business |working )?(?:days?|hours?|months?)\b"
_LONE_NUMERAL = rf"{_ALONE}[{_DIGITS}](?={_DURATION}|元)"
_LONE_DIGIT = rf"(?<![\d.,-])[1-9](?={_DURATION}|元)"
_NEGATION = r"不(?![仅僅但过過管论論断斷久同])|(?<!有)[没沒]有?|[无無][须須需]|勿|[严嚴]禁"
_ENGLISH_NEGATION = r"(?<=\bcan)not|\b(?:not|no|never) |n't\b"
_AFFIRMATION = r"(?<![不没無无沒])(?:可以|需要|必[须須]|(?<=[，。：就才也还還都])(?:要(?![么麼是求紧緊])|能))"
_MONEY = rf"{_NUMERAL}(?=元|(?<!一)[块塊]|[ -]yuan)|(?<=\$)\d+"
_HOUR = rf"(?<![\d:：])\d{{1,2}}(?=[:：]\d\d)|(?<=[午上早晚至到])(?:\d{{1,2}}|[{_DIGITS}十]+)(?=[点點时時])"
_SHARE = rf"(?<![\d.])\d+(?=\s?%)|(?<=百分之)[{_DIGITS}十]+"
_TELEPHONE = r"(?<![\d-])(?:\d{3,4}-\d{3,4}(?:-?\d{4})?|12\d{3}|9\d{4})(?![\d元])"
_CONDITION = r"(?<![例比])(?:如果|要是|如|若)[^，。；：]{2,}，(?=[^，。；：])"
_EQUAL_NEGATION = r"(?<![把期久年])(?:不必|不用|无[须需])(?![的说会])|不能|(?<!有)没有"

KINDS: tuple[Kind, ...] = (
    Kind("markers of two citations swapped", True, swap_markers),
    Kind("quote of another place", True, cite_another_place),
    Kind("statement of another answer in its place", True, say_something_else),
    Kind("invented sentence added", True, add_invention(as_sentence=True)),
    Kind("invented clause added to a sentence", True, add_invention(as_sentence=False)),
    Kind("amount of money changed", True, rewrite(_MONEY, _another_number)),
    Kind("duration or date changed", True, rewrite(rf"{_NUMERAL}(?={_DURATION}|{_ENGLISH_DURATION})", _another_number)),
    Kind("time of day changed", True, rewrite(_HOUR, _another_hour)),
    Kind("percentage changed", True, rewrite(_SHARE, _another_number)),
    Kind("telephone number changed", True, rewrite(_TELEPHONE, _another_digit)),
    Kind("negation dropped", True, rewrite(f"{_NEGATION}|{_ENGLISH_NEGATION}", _without)),
    Kind("negation added", True, rewrite(_AFFIRMATION, lambda match, _: "不" + match[0])),
    Kind("condition left out", True, rewrite(_CONDITION, "")),
    Kind("originals of two statements swapped", True, swap_originals),
    Kind("negation dropped in an original", True, rewrite(_NEGATION, _without, "original")),
    Kind("negation dropped above an original", True, rewrite(_ENGLISH_NEGATION, _without, "edition")),
    Kind("made traditional", False, make_traditional),
    Kind("words put before", False, put_words_before),
    Kind("last sentence left out", False, leave_out_last_sentence),
    Kind("punctuation of ASCII", False, make_narrow),
    Kind("numeral written in digits", False, rewrite(_LONE_NUMERAL, lambda match, _: str(1 + _DIGITS.index(match[0])))),
    Kind("digit written as a numeral", False, rewrite(_LONE_DIGIT, lambda match, _: _DIGITS[int(match[0]) - 1])),
    Kind("negation worded otherwise", False, rewrite(_EQUAL_NEGATION, lambda match, _: _REWORDED[match[0]])),
    Kind("blank behind a number", False, rewrite(r"(?<=\d)(?=[个元天日%])", " ")),
)
