"""What a sentence says, in a form that other words for the same have too; from `wording.toml`."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path
from typing import Literal

from assistant.amounts import Amount, without_amounts
from assistant.numbers import values_of
from corpus.normalize import normalize
from corpus.subjects import known_cards

Spoken = Literal["zh", "en"]

_FILE = Path(__file__).with_name("wording.toml")
_CLASSES = (
    "light", "framing", "must", "recommend", "may", "no_need", "forbidden", "not", "no_negation", "all", "some",
    "only", "condition",
)  # fmt: skip
NEGATIONS = frozenset({"no_need", "forbidden", "not"})
# Words of these need no support of their own: how they are meant is compared instead.
_UNCOUNTED = frozenset(_CLASSES) - {"framing", "no_negation"}
_FRAMING = frozenset({"framing", "light"})
_COMPLEMENTS = frozenset("了着到上起出动下完回开进成全掉")
_CLAUSE_END = re.compile(r"[,，。;；:：!！?？()（）|\n]|\.(?=\s|$)|(?<=\s)[-–—](?=\s)|——")
_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]")
_WORD = re.compile(r"[a-z0-9]+(?:['’.@_/-][a-z0-9]+)*")
_SUFFIX = re.compile(r"(?:ations?|ments?|ings?|edly|ed|ies|es|s|ly|e|y|al|ion|ions)$")
_CARD = "\x1e"  # stands where a card is named
_PART_OF_DAY = re.compile(r"(?:上午|早上|早晨|清晨|中午|下午|傍晚|晚上|早|晚)\s?\|")
_PROGRESSIVE = re.compile(r"著(?![名作])")  # traditional, and left as it is by simplifying
_ORDINAL_STEP = re.compile(r"第\s?(?:\d{1,2}|[一二三四五六七八九十]{1,3})\s?步|\bstep \d{1,2}\b")


@dataclass(frozen=True, slots=True)
class Token:
    """A word of a sentence.

    Attributes:
        ids: The groups of words that mean the same.
        classes: How it bears on what is said: `light`, `must`, `not`, …
        beside: Of a single unknown character, it and the one before or behind it: the word that it may be of.
    """

    text: str
    ids: frozenset[int]
    classes: frozenset[str]
    beside: tuple[str, ...] = ()

    @property
    def counts(self) -> bool:
        """Whether it says something by itself that has to be supported."""
        return not self.classes & _UNCOUNTED

    def stands_in(self, other: Clause) -> bool:
        """Whether a clause has it, as it is or in a word for the same."""
        if self.ids & other.ids or self.text in other.words:
            return True
        if not _HAN.match(self.text):
            return False
        if len(self.text) > 1 and self.text in other.text:
            return True
        if self.beside:
            return any(pair in other.text for pair in self.beside)
        return not self.ids and not self.classes and _run_stands_in(self.text, other.text)


def _run_stands_in(run: str, text: str) -> bool:
    """Whether all characters of a run stand in a text, and those of a longer one side by side with another."""
    at, n_alone = 0, 0
    while at < len(run):
        end = len(run)
        while end > at + 1 and run[at:end] not in text:
            end -= 1
        if end == at + 1:
            if run[at] not in text:
                return False
            n_alone += 1
        at = end
    return n_alone <= max(1, len(run) // 3)


@dataclass(frozen=True, slots=True)
class Negation:
    """A negation.

    Attributes:
        kind: `not`, `no_need` or `forbidden`.
        words: What it negates, the nearest word first: what comes behind it, or the word before it in `刷不了`.
        is_behind: Whether they come behind it.
    """

    kind: str
    words: tuple[Token, ...]
    is_behind: bool


@dataclass(frozen=True, slots=True, eq=False)
class Clause:
    """A clause: its words, and how they are meant.

    Attributes:
        text: Its letters and digits alone.
        counted: The words that say something by themselves.
        sides: Which side it is on, of each pair of opposites that it speaks of.
        raw: As it was written, normalized.
    """

    text: str
    tokens: tuple[Token, ...]
    counted: tuple[Token, ...]
    amounts: frozenset[Amount]
    cards: frozenset[str]
    ids: frozenset[int]
    words: frozenset[str]
    negations: tuple[Negation, ...]
    sides: frozenset[tuple[int, int]]
    raw: str

    def has(self, name: str) -> bool:
        """Whether a word of a class is in it."""
        return any(name in token.classes for token in self.tokens)

    @property
    def is_framing(self) -> bool:
        """Whether it leads in and says nothing of what is to be done."""
        return not self.negations and all(token.classes & _FRAMING or not token.counts for token in self.tokens)


def _negations(tokens: tuple[Token, ...]) -> Iterator[Negation]:
    for at, token in enumerate(tokens):
        if kind := token.classes & NEGATIONS:
            behind = [other for other in tokens[at + 1 :] if other.counts]
            before = [other for other in tokens[:at] if other.counts][-1:]
            is_complement = tokens[at + 1 : at + 2] and tokens[at + 1].text in _COMPLEMENTS
            is_behind = bool(behind) and not is_complement
            yield Negation(min(kind), tuple(behind if is_behind else [*before, *behind]), is_behind)


@dataclass(frozen=True, slots=True, eq=False)
class Wording:
    """A sentence: its clauses, and all of them together."""

    clauses: tuple[Clause, ...]
    whole: Clause
    language: Spoken
    _windows: list[Clause] = field(default_factory=list)

    def windows(self) -> list[Clause]:
        """What a clause of another sentence may say: a clause, two that adjoin, or the whole."""
        if not self._windows:
            pairs = [join(pair) for pair in zip(self.clauses, self.clauses[1:], strict=False)]
            self._windows.extend([*self.clauses, *pairs, *([self.whole] if len(self.clauses) > 2 else [])])
        return self._windows


def join(clauses: tuple[Clause, ...]) -> Clause:
    """Several clauses as one."""
    return Clause(
        text="\x1f".join(clause.text for clause in clauses),
        tokens=tuple(token for clause in clauses for token in clause.tokens),
        counted=tuple(token for clause in clauses for token in clause.counted),
        amounts=frozenset[Amount]().union(*(clause.amounts for clause in clauses)),
        cards=frozenset[str]().union(*(clause.cards for clause in clauses)),
        ids=frozenset[int]().union(*(clause.ids for clause in clauses)),
        words=frozenset[str]().union(*(clause.words for clause in clauses)),
        negations=tuple(negation for clause in clauses for negation in clause.negations),
        sides=frozenset[tuple[int, int]]().union(*(clause.sides for clause in clauses)),
        raw="，".join(clause.raw for clause in clauses),
    )


@lru_cache(maxsize=4096)
def wording_of(text: str, language: Spoken) -> Wording:
    """What a text says."""
    folded = normalize(text.replace("**", " ").replace("\\", ""))
    folded = _PROGRESSIVE.sub("着", folded)
    folded = _ORDINAL_STEP.sub(" ", folded)
    for pattern, words in _vocabulary(language).rewrite:
        folded = pattern.sub(words, folded)
    clauses = []
    for part in _CLAUSE_END.split(re.sub(r"(?<=\d)[,，](?=\d{3})|(?<=\d):(?=\d\d)", _keep, folded)):
        part = part.replace("\x1d", ":").strip()
        if part:
            clauses.append(_clause(part, language))
    found = tuple(clauses)
    return Wording(found, join(found), language)


def _keep(match: re.Match[str]) -> str:
    return "\x1d" if match[0] == ":" else ""


@dataclass(frozen=True)
class _Vocabulary:
    """The words of one language.

    Attributes:
        lengths: Of the words that begin with a character, the lengths, longest first.
    """

    ids: Mapping[str, frozenset[int]]
    classes: Mapping[str, frozenset[str]]
    lengths: Mapping[str, tuple[int, ...]]
    rewrite: tuple[tuple[re.Pattern[str], str], ...]
    opposite: tuple[tuple[re.Pattern[str], re.Pattern[str]], ...]


def _sides(text: str, language: Spoken) -> frozenset[tuple[int, int]]:
    """The pairs of opposites that a normalized text speaks of, each with its side, 0 or 1; both where it has both."""
    return frozenset(
        (number, side)
        for number, pair in enumerate(_vocabulary(language).opposite)
        for side, pattern in enumerate(pair)
        if pattern.search(text)
    )


@cache
def _vocabulary(language: Spoken) -> _Vocabulary:
    with _FILE.open("rb") as file:
        table = tomllib.load(file)[language]
    ids: dict[str, set[int]] = {}
    classes: dict[str, set[str]] = {}
    form = stem if language == "en" else str
    for number, group in enumerate(table["same"]):
        for word in group.split():
            ids.setdefault(form(word), set()).add(number)
    for name in _CLASSES:
        for word in table[name].split():
            classes.setdefault(form(word), set()).add(name)
    lengths: dict[str, set[int]] = {}
    for word in {*ids, *classes}:
        lengths.setdefault(word[0], set()).add(len(word))
    return _Vocabulary(
        ids={word: frozenset(found) for word, found in ids.items()},
        classes={word: frozenset(found) for word, found in classes.items()},
        lengths={first: tuple(sorted(found, reverse=True)) for first, found in lengths.items()},
        rewrite=tuple((re.compile(pattern), words.replace("$", "\\")) for pattern, words in table["rewrite"]),
        opposite=tuple((re.compile(one), re.compile(other)) for one, other in table["opposite"]),
    )


@cache
def _irregular() -> dict[str, str]:
    with _FILE.open("rb") as file:
        pairs = (pair.partition(":") for pair in tomllib.load(file)["en"]["irregular"].split())
    return {form: word for form, _, word in pairs}


@lru_cache(maxsize=8192)
def stem(word: str) -> str:
    """An English word without its ending."""
    word = word.replace("’", "'")
    word = _irregular().get(word, word)
    if len(word) < 4 or "'" in word or not word.isalpha():
        return word
    shorter = _SUFFIX.sub("", word)
    if len(shorter) < 3 or shorter in {"not", "all", "som"}:
        return word
    if len(shorter) > 3 and shorter[-1] == shorter[-2] and shorter[-1] not in "sl":
        shorter = shorter[:-1]
    return shorter.removesuffix("e") if len(shorter) > 3 else shorter


def _clause(text: str, language: Spoken) -> Clause:
    cards, bare = _without_cards(text)
    bare = _PART_OF_DAY.sub("|", without_amounts(bare))
    tokens = tuple(_english(bare) if language == "en" else _chinese(bare))
    return Clause(
        text=re.sub(r"[\W_]+", "" if language == "zh" else " ", text),
        tokens=tokens,
        counted=tuple(token for token in tokens if token.counts),
        amounts=frozenset(values_of(text)),
        cards=cards,
        ids=frozenset[int]().union(*(token.ids for token in tokens)),
        words=frozenset(token.text for token in tokens),
        negations=tuple(_negations(tokens)),
        sides=_sides(text, language),
        raw=text,
    )


@lru_cache(maxsize=4096)
def _without_cards(text: str) -> tuple[frozenset[str], str]:
    """The cards that a text names but documents, and the text without those names."""
    cards, found = known_cards(), []
    for mention in reversed(cards.mentions(text)):
        if not cards.is_document(mention.card):
            found.append(mention.card)
            text = text[: mention.start] + _CARD + text[mention.end :]
    return frozenset(found), text


def _english(text: str) -> Iterator[Token]:
    known = _vocabulary("en")
    for match in _WORD.finditer(text):
        word = stem(match[0])
        yield Token(word, known.ids.get(word, frozenset()), known.classes.get(word, frozenset()))


def _chinese(text: str) -> Iterator[Token]:
    known = _vocabulary("zh")
    at, run = 0, 0  # a run of characters that no word begins with is one token
    while at <= len(text):
        word = _word_at(text, at, known) if at < len(text) else ""
        if not word and at < len(text) and _HAN.match(text[at]):
            at += 1
            continue
        if run < at:
            yield _unknown(text, run, at)
        if word:
            yield Token(word, known.ids.get(word, frozenset()), known.classes.get(word, frozenset()))
        at = run = at + max(1, len(word))


def _word_at(text: str, at: int, known: _Vocabulary) -> str:
    """The longest known word at a place, or the Latin one; empty when there is none."""
    if not _HAN.match(text[at]):
        latin = _WORD.match(text, at)
        return latin[0] if latin else ""
    for length in known.lengths.get(text[at], ()):
        word = text[at : at + length]
        if word in known.ids or word in known.classes:
            return word
    return ""


def _unknown(text: str, start: int, end: int) -> Token:
    beside = [text[max(0, start - 1) : end], text[start : end + 1]] if end - start == 1 else []
    pairs = tuple(pair for pair in beside if len(pair) > 1 and all(map(_HAN.match, pair)))
    return Token(text[start:end], frozenset(), frozenset(), pairs)
