"""The names people use for cards, from `aliases.toml`."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from corpus.errors import UnusableInput
from corpus.normalize import normalize

DEFAULT_FILE = Path(__file__).with_name("aliases.toml")
_CHOICE = re.compile(r"\(([^()]*\|[^()]*)\)")
_JOINED = re.compile(r"([a-z]{2,}) (card\*?)")  # metro card, metrocard
_HYPHEN = re.compile(r"(?<=[a-z])-(?=[a-z])")


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A kind of card.

    Attributes:
        name: Its Chinese name, by which it is known to the program.
        en: Its English name.
        names: What it is called, folded; `name`, `en` and what another card is called too included.
        cues: Words that point to it when it is not named, folded.
        broader: Name of the kind that it is one of, empty when there is none.
        document: Whether it is more often shown at a counter than cancelled there (an identity card).
        form: Whether its name says how it is paid for and not what for (a punch card).
        unspecific: Whether its name is a word for some card where no article is about it (a secondary card).
    """

    name: str
    en: str = ""
    names: tuple[str, ...]
    cues: tuple[str, ...] = ()
    broader: str = ""
    document: bool = False
    form: bool = False
    unspecific: bool = False


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Aliases:
    """All kinds of cards, the words for a card of no kind, and the words that only look like cards.

    `goes_on` has the endings of names that begin other words, each with how those go on, a regular expression. Two
    lists are the same only when they are one: what is known of a list is kept by it, and its names are many.
    """

    cards: tuple[Card, ...]
    generic: tuple[str, ...]
    other: tuple[str, ...]
    goes_on: tuple[tuple[str, re.Pattern[str]], ...] = ()

    def never_before(self, name: str) -> re.Pattern[str] | None:
        """What is no name when it follows: 深圳通 in 深圳通知. None for a name that anything can follow."""
        return next((words for end, words in self.goes_on if len(name) > len(end) + 1 and name.endswith(end)), None)


@cache
def load_aliases(file: Path = DEFAULT_FILE) -> Aliases:
    """The alias list of a file.

    Raises:
        UnusableInput: The file is not TOML, or an entry has no name.
    """
    try:
        with file.open("rb") as opened:
            raw = tomllib.load(opened)
        cards = tuple(
            Card(
                name=entry["name"],
                en=entry.get("en", ""),
                names=tuple(
                    dict.fromkeys(
                        spelled
                        for name in (
                            entry["name"],
                            *entry.get("names", ()),
                            *entry.get("shared", ()),
                            entry.get("en", ""),
                        )
                        if name
                        for spelled in _spellings(name)
                    )
                ),
                cues=tuple(normalize(cue) for cue in entry.get("cues", ())),
                broader=entry.get("broader", ""),
                document=bool(entry.get("document", False)),
                form=bool(entry.get("form", False)),
                unspecific=bool(entry.get("unspecific", False)),
            )
            for entry in raw.get("card", ())
        )
    except tomllib.TOMLDecodeError as error:
        raise UnusableInput(f"`{file.name}` must be TOML; {error}. Mend the line it names.") from error
    except KeyError as error:
        raise UnusableInput(f"`{file.name}`: every [[card]] must have {error}. Add it.") from error
    return Aliases(
        cards=cards,
        generic=tuple(normalize(name) for name in raw.get("generic", {}).get("names", ())),
        other=tuple(normalize(name) for name in raw.get("other", {}).get("names", ())),
        goes_on=tuple((end, re.compile(words)) for end, words in raw.get("goes_on", {}).items()),
    )


def _spellings(name: str) -> Iterator[str]:
    """A name, folded, with each choice of the words in its brackets; without hyphens and before "card" blanks too."""
    if choice := _CHOICE.search(name):
        for word in choice[1].split("|"):
            yield from _spellings(name[: choice.start()] + word + name[choice.end() :])
        return
    folded = normalize(name)
    yield folded
    if joined := _JOINED.fullmatch(folded):
        yield joined[1] + joined[2]
    if (open_ := _HYPHEN.sub(" ", folded)) != folded:
        yield open_
