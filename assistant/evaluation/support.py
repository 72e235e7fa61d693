"""The built-in check of faithfulness: whether the words that a statement cites support it, without a model.

A statement is supported when it and its quotes say the same in the same words, when every amount of it stands in the
quotes, and when none of its clauses lost or gained a negation. Words of another language than the quotes' cannot be
compared; of those only the amounts are.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cache
from itertools import pairwise
from typing import Any

from assistant.amounts import Amount, amounts_of
from assistant.evaluation.statements import Statement, statements_of
from assistant.phrases import say
from corpus.normalize import Language, normalize

# Of 1,801 statements of extractive answers none is below 0.9; set beside 5,002 quotes of other places 2 reach this.
_SUPPORTED_FROM = 0.6
# Below this share of words that the quotes have, a clause is no wording of theirs but an addition.
_ADDED_BELOW = 0.3
_SHORTEST_ADDITION = 6  # words; a shorter clause may be framing
# From this share of common characters on two clauses say the same but for a negation or an amount.
_SAME_CLAUSE_FROM = 0.75
_SHORTEST_COMPARED = 3  # characters of a clause; two shorter ones are the same only when they are equal

_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]")
_WORD = re.compile(r"[^\W\u3400-\u4dbf\u4e00-\u9fff_]+")
_SILENT = re.compile(r"[\W_]+")
_CLAUSE_END = re.compile(r"[,，。;；:：!！?？、()（）|\"“”]|\.(?=\s|$)")
_LABEL = re.compile(r"^([^:,。;!?]{1,40}):(?!\d|//)\s*(?=\S)")
_NUMERALS = re.compile(r"[\d.]+|[零〇一二两三四五六七八九十百千万半]+")
# A sentence about the articles themselves, such as that they do not mention something, is no addition to them.
_ABOUT_THE_ARTICLES = re.compile(r"文章|原文|\barticles?\b")
# How a model may open a statement; like a lead it says nothing of the card.
_OPENING = re.compile(
    r"^(?:(?:根据|按照?|依据)[^,:。]{0,8}|(?:请|需要)?注意(?:的是)?|according to [^,:.]{1,30}|note)[,:]\s*"
)
_NEGATION = re.compile(
    r"禁止|严禁|拒绝|不(?![仅但过管论断久同])|没|未|无|勿|(?<![以避难未])免(?!得)|非(?!常)|(?<![特区分类识])别(?![的人处家名])"
    r"|(?<=can)not\b|n't\b|\b(?:not|never|no|nor|neither|without)\b"
)
# What the assistant says before words of an article, and what it says by itself with a marker to show where it looked.
_LEADS = ("step", "last_step", "first_step", "near", "nearest", "fraud", "note")
_OWN_WORDS = ("no_step", "step_total", "compared_missing")


def faithfulness(answer: Mapping[str, Any]) -> float | None:
    """The share of a published answer's statements that the words they cite support, from 0 to 1.

    None when no statement can be checked: none carries a marker, or all are in another language than their quotes and
    hold no amount, or are the assistant's own words about an article.
    """
    checks = [check for statement in statements_of(answer) if (check := is_supported(statement)) is not None]
    return sum(checks) / len(checks) if checks else None


def is_supported(statement: Statement) -> bool | None:
    """Whether the quotes support a statement; None when that cannot be told by words."""
    if is_own_words(statement):
        return None
    said = _without_lead(statement.text)
    quotes = normalize("\n".join(statement.quotes))
    if not quotes:
        return False
    compared = normalize(statement.original) or said
    amounts, quoted_amounts = amounts_of(said) | amounts_of(compared), amounts_of(quotes)
    if not all(amount.stands_in(quoted_amounts) for amount in amounts):
        return False
    if _is_chinese(compared) != _is_chinese(quotes):
        return True if amounts else None
    labels, words = _without_labels(compared, quotes)
    if likeness(words, quotes) < _SUPPORTED_FROM or _has_addition(words, quotes):
        return False
    clauses = _clauses(quotes)
    return _agrees(labels, clauses, alike_from=1.0) and _agrees(words, clauses, alike_from=_SAME_CLAUSE_FROM)


def is_own_words(statement: Statement) -> bool:
    """Whether a statement is no article's but the assistant's own, with a marker that shows where it looked.

    It counts steps, or says that something is not mentioned.
    """
    said = normalize(statement.text)
    return any(pattern.search(said) for pattern in _own_words())


def likeness(said: str, quotes: str) -> float:
    """How much of the words of one normalized text is in the other, from 0 to 1: the larger of both directions.

    Chinese is compared by pairs of characters, other text by words.
    """
    ours, theirs = _parts(said), _parts(quotes)
    if not ours or not theirs:
        return 0.0
    return len(ours & theirs) / min(len(ours), len(theirs))


def _parts(text: str) -> set[str]:
    """The words of a text, and the pairs of its Chinese characters; characters alone where it has nothing else."""
    words = set(_WORD.findall(text))
    pairs = {one + other for one, other in pairwise(_squeezed(text)) if _HAN.match(one) and _HAN.match(other)}
    return words | pairs or set(_HAN.findall(text))


def _is_chinese(text: str) -> bool:
    """Whether most words are Chinese, a character counting as half a word."""
    n_latin = len([word for word in _WORD.findall(text) if word.isascii() and word.isalpha()])
    n_han = len(_HAN.findall(text))
    return n_han > 2 * n_latin


def _without_lead(text: str) -> str:
    """A statement, normalized, without what is said before an article's words."""
    said = normalize(text)
    while (shorter := _OPENING.sub("", _leads().sub("", said, count=1))) != said:
        said = shorter
    return said


def _without_labels(said: str, quotes: str) -> tuple[str, str]:
    """The labels that are none of the quotes' words, the name of a card or a heading, and what stands behind them."""
    rest = said
    while (label := _LABEL.match(rest)) and _squeezed(label[1]) not in _squeezed(quotes):
        rest = rest[label.end() :]
    return said[: len(said) - len(rest)], rest


def _squeezed(text: str) -> str:
    """The characters of a text that are neither blanks nor punctuation."""
    return _SILENT.sub("", text)


@cache
def _leads() -> re.Pattern[str]:
    """What an answer may say before an article's words, a number of the step included."""
    phrases = [_pattern(name, language) for name in _LEADS for language in ("zh", "en")]
    return re.compile("^(?:[^:。]{1,12}[,:])?(?:" + "|".join(phrases) + r")\s*")


@cache
def _own_words() -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(f"^{_pattern(name, language)}$") for name in _OWN_WORDS for language in ("zh", "en"))


def _pattern(name: str, language: Language) -> str:
    """The regular expression of a phrase as it stands in a statement, whatever is filled in."""
    blank = "{}"
    phrase = say(name, language, card=blank, number=blank, n=blank, text="", markers="")
    phrase = normalize(re.sub(r"^- |\*\*", "", phrase))
    return re.escape(phrase).replace(re.escape(blank), r"[^:。]{1,60}?").replace(r"\ ", r"\s?")


def _has_addition(said: str, quotes: str) -> bool:
    """Whether a clause has next to no words of the quotes."""
    theirs = _parts(quotes)
    for clause in _CLAUSE_END.split(said):
        ours = set() if _ABOUT_THE_ARTICLES.search(clause) else _parts(clause)
        if len(ours) >= _SHORTEST_ADDITION and len(ours & theirs) < _ADDED_BELOW * len(ours):
            return True
    return False


@dataclass(frozen=True, slots=True)
class _Clause:
    """A clause taken apart: its words without negations and numerals, how many negations, which amounts."""

    core: str
    n_negations: int
    amounts: frozenset[Amount]


def _clauses(text: str) -> dict[str, _Clause]:
    """The clauses of a text by their words."""
    found = {}
    for clause in _CLAUSE_END.split(text):
        if words := _squeezed(clause):
            core, n_negations = _NEGATION.subn("", clause)
            core = _squeezed(_NUMERALS.sub("0", core))
            found[words] = _Clause(core, n_negations, frozenset(amounts_of(clause)))
    return found


def _agrees(said: str, quoted: Mapping[str, _Clause], *, alike_from: float) -> bool:
    """Whether each clause has the negations and the amounts of the clause of the quotes that it else equals."""
    for words, clause in _clauses(said).items():
        if words in quoted:
            continue
        alike = [(_alike(clause.core, other.core), _same_claim(clause, other)) for other in quoted.values()]
        # Of several that are as like, one that agrees is enough.
        likest, same = max(alike, default=(0.0, True))
        if likest >= alike_from and not same:
            return False
    return True


def _same_claim(clause: _Clause, other: _Clause) -> bool:
    return clause.n_negations == other.n_negations and all(a.stands_in(other.amounts) for a in clause.amounts)


def _alike(one: str, other: str) -> float:
    if one == other:
        return 1.0
    if min(len(one), len(other)) < _SHORTEST_COMPARED:
        return 0.0
    return SequenceMatcher(None, one, other, autojunk=False).ratio()
