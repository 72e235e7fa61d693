"""What a corpus covers: its procedures by the card and the action they are about."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from assistant.lexicon import Lexicon
from assistant.naming import Naming
from corpus.document import Document
from corpus.normalize import normalize
from corpus.other_names import bracketed_names
from corpus.subjects import Cards, known_cards, subjects_of, surface_in, surface_of
from corpus.terms import TermList


@dataclass(frozen=True, slots=True, kw_only=True)
class Procedure:
    """A procedure of the corpus.

    Attributes:
        cards: The cards it is about, empty for one about cards in general.
        actions: What it does with them, by its headings; `cancel` when they do not say.
    """

    doc_id: str
    chunk_id: str
    headings: tuple[str, ...]
    cards: tuple[str, ...]
    actions: frozenset[str]


@dataclass(frozen=True)
class Catalog:
    """The procedures of a corpus.

    Attributes:
        cards: The cards that can be named: of the alias list and of the corpus's headings.
        procedures: In the order of the corpus.
        surfaces: Card → the words by which its headings, its title or its text call it.
    """

    cards: Cards
    procedures: tuple[Procedure, ...]
    surfaces: Mapping[str, str]

    def called(self, card: str) -> str:
        """What the corpus itself calls a card, its name in the alias list when the corpus does not name it."""
        return self.surfaces.get(card, card)

    @cached_property
    def subjects(self) -> tuple[str, ...]:
        """The cards that a procedure is about, in the order of the corpus."""
        return tuple(self._by_card)

    @cached_property
    def naming(self) -> Naming:
        """The subjects by parts of their names."""
        return Naming(self.subjects, {subject: normalize(self.called(subject)) for subject in self.subjects})

    @cached_property
    def _by_card(self) -> Mapping[str, Sequence[Procedure]]:
        """Card → the procedures about it."""
        found: dict[str, list[Procedure]] = {}
        for procedure in self.procedures:
            for card in dict.fromkeys(procedure.cards):
                found.setdefault(card, []).append(procedure)
        return found

    @cached_property
    def _narrower(self) -> Mapping[str, Sequence[str]]:
        """Kind → the subjects that are of it."""
        found: dict[str, list[str]] = {}
        for subject in self.subjects:
            for kind in self.cards.kinds(subject):
                found.setdefault(kind, []).append(subject)
        return found

    def covering(self, card: str) -> tuple[str, ...]:
        """The subjects that answer for `card`: itself, else a broader kind, else those it is a broader kind of."""
        if card in self._by_card:
            return (card,)
        broader = next((kind for kind in self.cards.kinds(card) if kind in self._by_card), "")
        return (broader,) if broader else tuple(self._narrower.get(card, ()))

    def about(self, card: str, action: str = "cancel") -> tuple[Procedure, ...]:
        """The procedures about a subject and an action."""
        return tuple(p for p in self._by_card.get(card, ()) if action in p.actions)

    def for_actions(self, card: str, actions: Collection[str]) -> tuple[Procedure, ...]:
        """The procedures about a subject and what is to be done with it: cancelling, unless only others are named."""
        others = () if "cancel" in actions else sorted(actions)
        return next((found for action in others if (found := self.about(card, action))), self.about(card))

    def documents_on(self, card: str) -> tuple[str, ...]:
        """The articles with a procedure about a subject, whatever it does."""
        return tuple(dict.fromkeys(procedure.doc_id for procedure in self._by_card.get(card, ())))

    def in_general(self, action: str = "cancel") -> tuple[Procedure, ...]:
        """The procedures about no card in particular."""
        return tuple(p for p in self.procedures if not p.cards and action in p.actions)


def build_catalog(
    outline: Iterable[tuple[str, Sequence[str], str, str]],
    titles: Mapping[str, str],
    read: Callable[[str], Document],
    lexicon: Lexicon,
) -> Catalog:
    """The catalog of an index.

    Args:
        outline: `(doc_id, headings, kind, chunk_id)` of every chunk.
        titles: Doc id → title.
        read: Doc id → cleaned document; called only for an article whose headings and title name no card.
        lexicon: The words of actions.
    """
    actions: TermList[str] = TermList()
    for name, words in lexicon.actions.items():
        for word in words:
            actions.add(word, name)
    known = known_cards()
    procedures: list[Procedure] = []
    surfaces: dict[str, str] = {}
    for doc_id, headings, kind, chunk_id in outline:
        if kind != "procedure":
            continue
        title, text = titles[doc_id], lambda doc_id=doc_id: read(doc_id).text
        cards = subjects_of(headings, title, text, known, named_anyhow=True)
        for card in cards:
            if card not in surfaces:
                surfaces[card] = surface_of(card, headings, title, text, known)
        procedures.append(
            Procedure(
                doc_id=doc_id,
                chunk_id=chunk_id,
                headings=tuple(headings),
                cards=cards,
                actions=_actions_of(headings, title, actions),
            )
        )
    procedures = _told_apart(procedures, known)
    names = {card for procedure in procedures for card in procedure.cards}
    named = known.with_names(sorted(names - known.by_name.keys())).calling(_also_called(procedures))
    return Catalog(named, tuple(procedures), surfaces)


def _also_called(procedures: Sequence[Procedure]) -> dict[str, str]:
    """What headings of procedures call a card in brackets → the card; nothing that is a subject or means several."""
    called: dict[str, set[str]] = {}
    for procedure in procedures:
        if len(procedure.cards) == 1 and procedure.headings:
            for name in bracketed_names(procedure.headings[-1]):
                called.setdefault(name, set()).add(procedure.cards[0])
    subjects = {normalize(card) for procedure in procedures for card in procedure.cards}
    return {name: next(iter(of)) for name, of in called.items() if len(of) == 1 and name not in subjects}


def _told_apart(procedures: Sequence[Procedure], known: Cards) -> list[Procedure]:
    """The procedures; those of one article on what the alias list calls one card, by the names in its headings."""
    surfaces: dict[tuple[str, str], set[str]] = {}
    called = []
    for procedure in procedures:
        card = procedure.cards[0] if len(procedure.cards) == 1 else ""
        called.append(surface_in(procedure.headings, card, known) if card in known.by_name else "")
        if called[-1]:
            surfaces.setdefault((procedure.doc_id, card), set()).add(called[-1])
        elif card not in known.by_name and (kind := known.kind_of(card)):
            surfaces.setdefault((procedure.doc_id, kind), set()).add(card)
    return [
        replace(procedure, cards=(surface,))
        if surface
        and surface != normalize(procedure.cards[0])
        and not surface.isascii()
        and len(surfaces[procedure.doc_id, procedure.cards[0]]) > 1
        else procedure
        for procedure, surface in zip(procedures, called, strict=True)
    ]


def _actions_of(headings: Sequence[str], title: str, actions: TermList[str]) -> frozenset[str]:
    for heading in (*reversed(headings), title):
        named = {action for found in actions.find(normalize(heading)) for action in found.values}
        if named:
            return frozenset(named)
    return frozenset({"cancel"})
