"""The words by which a question is read, from `lexicon.toml`."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from corpus.errors import UnusableInput
from corpus.normalize import normalize

# `\b` sees no boundary between a Chinese character and a Latin letter; this does.
_BOUNDARY = r"(?:(?<![a-z0-9])(?=[a-z0-9])|(?<=[a-z0-9])(?![a-z0-9]))"
DEFAULT_FILE = Path(__file__).with_name("lexicon.toml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Concept:
    """Something that a question can be about, by the words for it.

    Attributes:
        kind: `need` when an answer must speak of it, `thing` when nothing else can stand for it, `typed` when an answer
            must hold a value of `type`, else empty.
        near: The concept that is told of when nothing is said of this one, empty for none.
        zh: What it is called when the articles do not say it, empty for "what you ask".
        en: The same in English.
        patterns: Regular expressions that ask about it beside the words.
        in_passing: Whether it may be told beside what is asked, as part of a story.
        type: Of a typed concept, one of the types of `assistant.typed_values`, else empty.
    """

    concept_id: str
    words: tuple[str, ...]
    kind: str = ""
    type: str = ""
    near: str = ""
    zh: str = ""
    en: str = ""
    patterns: tuple[re.Pattern[str], ...] = ()
    in_passing: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question word's patterns, and the folded words by which a sentence can hold what it asks for."""

    asks: tuple[re.Pattern[str], ...]
    holds: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lexicon:
    """Actions, concepts, filler words and question patterns; all words folded.

    An action other than `cancel` is a concept too: an answer must speak of it.
    """

    actions: dict[str, tuple[str, ...]]
    concepts: dict[str, Concept]
    filler: tuple[str, ...]
    asked: dict[str, Asked]
    intents: dict[str, tuple[re.Pattern[str], ...]]
    safety: dict[str, tuple[re.Pattern[str], ...]]

    def asks(self, intent: str, text: str) -> bool:
        """Whether one of the patterns of `intent` is found in folded `text`."""
        return any(pattern.search(text) for pattern in self.intents[intent])

    def unsafe(self, kind: str, text: str) -> bool:
        """Whether one of the safety patterns of `kind` is found in folded `text`."""
        return any(pattern.search(text) for pattern in self.safety[kind])


@cache
def load_lexicon(file: Path = DEFAULT_FILE) -> Lexicon:
    """The lexicon of a file.

    Raises:
        UnusableInput: The file is not TOML, lacks a table, or holds a pattern that does not compile.
    """
    try:
        with file.open("rb") as opened:
            raw = tomllib.load(opened)
        actions = {name: _folded(words) for name, words in raw["actions"].items()}
        return Lexicon(
            actions=actions,
            concepts={
                name: Concept(concept_id=name, words=words, kind="need")
                for name, words in actions.items()
                if name != "cancel"
            }
            | {
                entry["id"]: Concept(
                    concept_id=entry["id"],
                    words=_folded(entry["words"]),
                    kind=entry.get("kind", ""),
                    type=entry.get("type", ""),
                    near=entry.get("near", ""),
                    in_passing=bool(entry.get("in_passing", False)),
                    zh=entry.get("zh", ""),
                    en=entry.get("en", ""),
                    patterns=_patterns(entry.get("patterns", [])),
                )
                for entry in raw["concept"]
            },
            filler=_folded(raw["filler"]["words"]),
            asked={
                name: Asked(asks=_patterns(entry["asks"]), holds=_folded(entry["holds"]))
                for name, entry in raw["asked"].items()
            },
            intents={name: _patterns(patterns) for name, patterns in raw["intents"].items()},
            safety={name: _patterns(patterns) for name, patterns in raw["safety"].items()},
        )
    except tomllib.TOMLDecodeError as error:
        raise UnusableInput(f"`{file.name}` must be TOML; {error}. Mend the line it names.") from error
    except KeyError as error:
        raise UnusableInput(f"`{file.name}` must hold {error}; it does not. Add it.") from error
    except re.error as error:
        raise UnusableInput(
            f"`{file.name}`: {error.pattern!r} must be a regular expression; {error}. Mend it."
        ) from error


def _folded(words: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(filter(None, map(normalize, words))))


def filled(expression: str, words: Mapping[str, str]) -> str:
    """A regular expression with the names in braces replaced by the expressions that they stand for."""
    for name, word in words.items():
        expression = expression.replace(f"{{{name}}}", word)
    return expression


def any_of(*alternatives: str) -> re.Pattern[str]:
    r"""A pattern of alternatives in which `\b` sees the boundary between Chinese and Latin letters too."""
    return re.compile("|".join(alternatives).replace(r"\b", _BOUNDARY))


def _patterns(patterns: list[str]) -> tuple[re.Pattern[str], ...]:
    return tuple(map(any_of, patterns))
