"""What a question says: the cards it names, what it asks, and what it asks about."""

from __future__ import annotations

import re
from dataclasses import dataclass

from assistant.step_reference import StepReference
from corpus.normalize import Language

_LATIN = re.compile(r"[a-z]")
_SHORTEST_TOPIC = 3


def han_only(text: str) -> str:
    """Folded `text` with blanks for its Latin letters: two of them in a row are no part of a name."""
    return _LATIN.sub(" ", text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One turn of the user, read by itself.

    Attributes:
        raw: What was typed.
        text: It folded, its typos and pinyin resolved, words addressed to a model removed.
        cards: The cards it names, in order, by their names in the alias list or the corpus.
        inherited: Whether `cards` are those that the conversation was about before, and not named here.
        surfaces: The words by which it names them.
        cued: The cards it points to without naming one.
        pointed: The subject it is most likely about when it names and points to none, by what its sections say.
        leaning: The subject whose sections are likest to it, though it may be about none; empty without one.
        touched: How many subjects it has parts of the names of.
        unknown_card: What it calls a card that neither the alias list nor the corpus knows, empty without one.
        generic: Whether it speaks of a card at all, of no kind.
        all_cards: Whether it speaks of all the kinds there are, or of which of them.
        actions: What is to be done with the card.
        concepts: What it asks about, in order, without repetition.
        unknown: Runs of characters or words that the lexicon does not know.
        focus: Those of `concepts` that stand in the clauses that ask, all of them when no clause does.
        focus_unknown: Those of `unknown` that stand in the clauses that ask.
        excluded: The cards it says it does not mean.
        asks: Whether one of its clauses asks; it states or wishes otherwise.
        bare: Whether no clause asks by itself: none does, or one that does says nothing else ("…，怎么办？").
        wishes: Whether it says that somebody wants to cancel.
        asks_yes_or_no: Whether it can be answered by yes or no.
        intents: The kinds of question it could be.
        cancels: Whether a word for "how" stands beside a word for cancelling, with nothing else asked between.
        step: The step it refers to, None when it refers to none.
        option: The number of an offered option that it picks, 0 when it picks none.
        instructed: Whether words addressed to a model were removed.
        unsafe: Whether it asks for help against somebody else.
        contact: Whether it asks for the contact of an advertiser, or for an article's words letter by letter.
    """

    raw: str
    text: str
    language: Language
    cards: tuple[str, ...] = ()
    inherited: bool = False
    surfaces: tuple[str, ...] = ()
    cued: tuple[str, ...] = ()
    pointed: tuple[str, ...] = ()
    leaning: str = ""
    touched: int = 0
    unknown_card: str = ""
    generic: bool = False
    all_cards: bool = False
    actions: frozenset[str] = frozenset()
    concepts: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    focus: tuple[str, ...] = ()
    focus_unknown: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    asks: bool = False
    bare: bool = False
    wishes: bool = False
    asks_yes_or_no: bool = False
    intents: frozenset[str] = frozenset()
    cancels: bool = False
    step: StepReference | None = None
    option: int = 0
    instructed: bool = False
    unsafe: bool = False
    contact: bool = False

    @property
    def topic(self) -> str:
        """`text` without the names of its cards, which tell its articles nothing; all of it if it is little else."""
        text = self.text
        for surface in sorted(self.surfaces, key=len, reverse=True):
            text = text.replace(surface.rstrip("*"), " ")
        text = " ".join(text.split())
        return text if len(text) >= _SHORTEST_TOPIC else self.text

    @property
    def empty(self) -> bool:
        """Whether it asks nothing: a greeting, thanks, or only words addressed to a model."""
        return not (
            (self.cards and not self.inherited)
            or self.cued
            or self.unknown_card
            or self.generic
            or self.actions
            or self.concepts
            or self.step
            or self.option
            or self.intents - {"greeting", "procedure", "continue"}
        )
