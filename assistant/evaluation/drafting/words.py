"""The words of a draft: what of an article's text tells one passage from the others, and what it is asked by."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from corpus.errors import UnusableInput
from corpus.normalize import has_han, normalize, to_simplified, to_traditional
from corpus.sections import heading_text

DEFAULT_FILE = Path(__file__).with_name("drafts.toml")
_CLAUSE = re.compile(r"[^\W_]+(?:(?:[ '’·-]|(?<=\d)[.:：](?=\d))[^\W_]+)*")
_CLAUSE_END = re.compile(r"[。；！？，,;!?：:\n（）()—|…]|\. ")
_COMMA = re.compile("[，,]")
_MARKED = re.compile(r"[\\\[\]<>_*`|~$\n]")  # what is shown otherwise than it is written
_FEWEST, _MOST = 3, 12  # characters of a good Chinese phrase
_MOST_WORDS = 6  # of an English one
_LONG_WORD = 8  # letters of one that is a phrase by itself
_LONGEST_CLAUSE = 34
_SHORTEST_CLAUSE = 3
_LONGEST_SLUG = 8


@cache
def templates() -> dict[str, Any]:
    """What questions are asked by, and in what words, from `drafts.toml`.

    Raises:
        UnusableInput: The file is not TOML.
    """
    try:
        with DEFAULT_FILE.open("rb") as file:
            return tomllib.load(file)
    except tomllib.TOMLDecodeError as error:
        raise UnusableInput(f"`{DEFAULT_FILE.name}` must be TOML; {error}. Mend the line it names.") from error


def telling(text: str, others: Iterable[str] = (), most: int = 2) -> list[str]:
    """At most so many phrases of a passage by which it is known: those that no other passage has first.

    Each stands in `text` to the character, has no mark of Markdown in it, and comes from as early in it as can be.
    There is one at least when `text` has a word.
    """
    elsewhere = " ".join(map(normalize, others))
    phrases = list(dict.fromkeys(_phrases(text)))
    own = [phrase for phrase in phrases if normalize(phrase) not in elsewhere]
    good = [phrase for phrase in own if _is_good(phrase)] or own or [phrase for phrase in phrases if _is_good(phrase)]
    return (good or phrases)[:most]


def _phrases(text: str) -> Iterator[str]:
    for clause in _CLAUSE.finditer(text):
        whole = len(clause[0]) <= _MOST if has_han(clause[0]) else len(clause[0].split()) <= _MOST_WORDS
        pieces = [clause[0]] if whole else _parting().split(clause[0])
        yield from filter(None, (piece.lstrip("的").strip(" '’·-") for piece in pieces))


@cache
def _parting() -> re.Pattern[str]:
    words = sorted(templates()["words"]["parting"], key=len, reverse=True)
    chinese = [re.escape(form) for word in words if has_han(word) for form in {word, to_traditional(word)}]
    english = [re.escape(word) for word in words if not has_han(word)]
    return re.compile("|".join([*chinese, rf"(?<![^\W_'’-])(?:{'|'.join(english)})(?![^\W_'’-])"]), re.IGNORECASE)


def _is_good(phrase: str) -> bool:
    if has_han(phrase):
        return _FEWEST <= len(phrase) <= _MOST
    return 1 < len(phrase.split()) <= _MOST_WORDS or len(phrase) >= _LONG_WORD


def label_of(text: str, title: str) -> str:
    """The title of a passage when it stands in it as it is shown, empty otherwise."""
    return title if title and title in text and not _MARKED.search(title) else ""


def body_of(text: str, title: str) -> str:
    """A passage without its title."""
    at = text.find(title) if title else -1
    return text[at + len(title) :] if at >= 0 else text


def spelled(phrase: str, text: str, language: str) -> list[str]:
    """A phrase of `text` as an answer in a language can show it: as it is, and in the reader's characters."""
    forms = [phrase]
    if language in {"zh", "mixed"}:
        forms.append(to_simplified(phrase))
    if language in {"zh-Hant", "mixed"}:
        # A library that knows phrases may write a word otherwise in its sentence than by itself.
        shown, at = to_traditional(text), text.find(phrase)
        in_place = [shown[at : at + len(phrase)]] if at >= 0 and len(shown) == len(text) else []
        forms += [to_traditional(phrase), *in_place]
    return list(dict.fromkeys(forms))


def in_script(text: str, language: str) -> str:
    """Words of an article in the characters of a question."""
    if language == "zh-Hant":
        return to_traditional(text)
    return to_simplified(text) if language == "zh" else text


def found(name: str, text: str) -> list[str]:
    """What of a text are places, agents or documents by the pattern `name` of `drafts.toml`, each once."""
    pattern = re.compile(templates()["found"][name])
    return list(dict.fromkeys(text[match.start(1) : match.end(1)] for match in pattern.finditer(_comparable(text))))


def is_online(text: str) -> bool:
    """Whether a text speaks of doing something without going anywhere."""
    return re.search(templates()["found"]["online"], _comparable(text)) is not None


def value_of(kind: str, text: str) -> re.Match[str] | None:
    """The first value of a kind in a text, its places those of the text; None when there is none."""
    return re.search(templates()["values"][kind]["pattern"], _comparable(without_noise(text)))


def without_noise(text: str) -> str:
    """A text with blanks for the words that only look like values."""
    simplified = _comparable(text)
    for word in templates()["words"]["noise"]:
        for match in re.finditer(re.escape(word), simplified):
            text = text[: match.start()] + " " * len(word) + text[match.end() :]
    return text


def asked_by_value(kind: str, text: str, value: re.Match[str]) -> str:
    """The clause around a value with a question word in its place; empty when it makes no question."""
    group = next((n for n, part in enumerate(value.groups(), 1) if part is not None), 0)
    return _asking(text, value.span(), value.span(group), templates()["values"][kind]["asks"])


def asked_by_agent(text: str) -> tuple[str, str]:
    """A clause that says who does something, with a question word in their place, and who it is; or twice nothing."""
    names = templates()["found"]
    match = re.search(names["agents"], _comparable(text))
    if match is None:
        return "", ""
    clause = _asking(text, match.span(1), match.span(1), names["agents_asks"])
    return clause, text[match.start(1) : match.end(1)] if clause else ""


def _asking(text: str, span: tuple[int, int], replaced: tuple[int, int], word: str) -> str:
    start = max((end.end() for end in _CLAUSE_END.finditer(text, 0, span[0])), default=0)
    following = _CLAUSE_END.search(text, span[1])
    stop = following.start() if following else len(text)
    if start and len(text[start:stop].strip()) < span[1] - span[0] + _SHORTEST_CLAUSE:
        # The value by itself says nothing: what stands before it says what it is of.
        start = max((end.end() for end in _CLAUSE_END.finditer(text, 0, max(start - 2, 0))), default=0)
    open_ended = tuple(templates()["words"]["open_ends"])
    if following and _COMMA.match(text, stop) and text[span[1] : stop].strip().endswith(open_ended):
        following = _CLAUSE_END.search(text, following.end())
        stop = following.start() if following else len(text)
    asking = heading_text(text[start : replaced[0]] + word + text[replaced[1] : stop])
    for leading in templates()["words"]["leading"]:
        asking = asking.removeprefix(leading)
    plain = not _MARKED.search(asking) and has_han(asking.replace(word, ""))
    return asking.strip("“”「」 、。，：:") if plain and len(asking) <= _LONGEST_CLAUSE else ""


def _comparable(text: str) -> str:
    """A text in simplified characters when no place in it moves by that."""
    simplified = to_simplified(text)
    return simplified if len(simplified) == len(text) else text


def counted(n: int) -> str:
    """A number as a Chinese word, in digits when it is large."""
    numerals: Sequence[str] = templates()["words"]["numerals"]
    return numerals[n - 1] if n <= len(numerals) else str(n)


def slug(text: str) -> str:
    """A name for a key: its first words in small Latin letters, Chinese by sound, joined by `-`."""
    if has_han(text):
        from pypinyin import lazy_pinyin  # a third of a second to import

        text = " ".join(lazy_pinyin(to_simplified(text)))
    return "-".join(re.findall(r"[a-z0-9]+", text.lower())[:_LONGEST_SLUG])
