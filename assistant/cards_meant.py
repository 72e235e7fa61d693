"""Which cards a question means: those it names, those a use points to, those that parts of their names tell."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from assistant.clauses import Value, asks_how_to_cancel
from assistant.naming import OWN_PART, Naming, masked, shortens
from assistant.question import han_only
from corpus.card_names import ENDING
from corpus.normalize import has_han, normalize
from corpus.subjects import Cards
from corpus.terms import Found

Spans = list[tuple[int, int]]

CARD_NOUN = re.compile(r"(?:卡|证|会籍)$")
_LONG_NOUN = 2  # characters of a noun for a card that can be part of a name: 会员
_EXCLUDING = re.compile(
    r"(?:不是|并非|不要|不办|别的不是|(?<![a-z])not (?:the |my |a |an )?(?:one for (?:the |my )?)?)$"
)
# 不要宽带了: said of a card that is to go, it is the one that is meant.
_GIVES_UP = re.compile(r"(?:不要|不办)$")
_NO_MORE = re.compile(r"(?:卡|的)?[了啦喇囉]")
# 社保卡里的银行账户: what is part of another card.
_PART_OF_ANOTHER = re.compile(r"[卡证](?:里|里头|里面|内|上|上面)(?:那个|那张|这个|附?带的|绑定?的|的)+$")
# The bank part, 银行那一步: what is done there and no card.
_PART_OF_IT = re.compile(r" (?:part|side|step|half|portion|bit|stuff)s?\b|(?:那|这)(?:一?步|部分|一?关)")
# 退证, 这本证: the noun for a card alone.
_NOUN_ALONE = re.compile(r"(?:[退销停交还]|注销|取消|[这那][本张个]|把)证(?![件明书据实券人])")
# 跟宽带一起办的手机卡: what another came along with.
_BESIDE_ANOTHER = re.compile(
    r"(?:账户|帐户|账号|号)?(?:一起|一块儿?|一道|同时|捆绑|打包)(?:办|开|领|申请|买|送|装|发)(?:理|通)?的"
)

# 掏错卡: what is done with a card and no name of one.
_DONE_TO_A_CARD = re.compile(r"(?:错|过|着|把|张|掏|揣)$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Meant:
    """What a question says of cards.

    Attributes:
        named: The cards that it names, documents included.
        cards: Those that it means.
        cued: The cards that a use in it points to.
        unknown_card: The name of a card that no list knows, empty for none.
        generic: Whether it speaks of a card of no kind.
        actions: What it speaks of doing.
    """

    named: tuple[str, ...]
    cards: tuple[str, ...]
    cued: tuple[str, ...]
    unknown_card: str
    generic: bool
    actions: frozenset[str]


@dataclass(frozen=True)
class CardReader:
    """Tells which cards questions mean, by those that can be named and by a corpus's subjects."""

    cards: Cards
    naming: Naming

    def meant(self, text: str, found: list[Found[Value]], excluded: tuple[str, ...], unknown: Spans) -> Meant:
        """What a question says of cards.

        Args:
            text: The folded question.
            found: The terms in it.
            excluded: The cards that it says not to mean.
            unknown: Where no term was found.
        """
        found = [self._told_apart(match) for match in found]
        by_kind = names_by_kind(text, found, excluded)
        named = list(dict.fromkeys(by_kind.get("card", ())))
        unspecific = [name for name in named if self.cards.is_unspecific(name) and not self.covered(name)]
        named = [name for name in named if name not in unspecific]
        cards, cued = self._named_and_cued(named, by_kind)
        unknown_card = "" if cards else _unknown_card(text, unknown)
        if pointed := self._pointed_to(text, found, excluded, cards):
            uses = self.uses(cued)
            told = [name for name in pointed if name in uses or self.naming.score(text, name) >= OWN_PART]
            cards = told or list(pointed)
            unknown_card = ""
        elif not cards and not cued and _NOUN_ALONE.search(text):
            cards = self._ending_in("证", excluded)
        if named and not cards and not cued and not unknown_card and asks_how_to_cancel(text, found, unknown):
            cards = named  # an identity card is the subject only when nothing else is
        return Meant(
            named=tuple(named),
            cards=tuple(cards),
            cued=tuple(cued),
            unknown_card=unknown_card,
            generic=bool(by_kind.get("generic") or unspecific)
            or (any(term in text for term in ("卡", "card")) and not by_kind.get("other")),
            actions=frozenset(by_kind.get("action", ())),
        )

    def _told_apart(self, match: Found[Value]) -> Found[Value]:
        """A term that is a name of several cards with those that articles are about alone, or else the first."""
        named = [value for value in match.values if value[0] == "card"]
        if len(named) < 2 or not self.subjects:
            return match
        meant = [value for value in named if self.covered(value[1])] or named[:1]
        return replace(match, values=tuple(value for value in match.values if value not in named or value in meant))

    def _named_and_cued(
        self, named: Sequence[str], by_kind: Mapping[str, Sequence[str]]
    ) -> tuple[list[str], list[str]]:
        """The cards that are named, without documents and kinds of what a use tells, and those that a use points to."""
        cards = [name for name in named if not self.cards.is_document(name)]
        cued = [name for name in dict.fromkeys(by_kind.get("cue", ())) if name not in cards]
        if self.subjects:  # a use says that a card is meant, and which one where an article is about it
            cued = [name for name in cued if self._answered_for(name)]
        cards = self._narrowed(cards, cued)
        if cued and all(self.cards.is_form(name) and not self.covered(name) for name in cards):
            cards = []  # 剪头发的次卡: what is said of it tells which card it is
        return cards, cued

    def _pointed_to(
        self, text: str, found: list[Found[Value]], excluded: tuple[str, ...], cards: list[str]
    ) -> tuple[str, ...]:
        """The subjects that parts of their names point to, where the cards that are named do not say which is meant."""
        subjects = self.naming.subjects
        own = [card for card in cards if not self.subjects.isdisjoint((card, *self.cards.kinds(card)))]
        narrower = {subject for card in cards for subject in self.narrower.get(card, ())}
        hidden = [
            (match.start, match.end)
            for match in found
            if match.end - match.start > 1
            and {kind for kind, _ in match.values} & {"concept", "action", "filler"}
            and not {kind for kind, _ in match.values} & {"card", "cue"}
        ]
        uncovered = bool(cards) and not own and not narrower
        if uncovered:  # 租车会员 is no 酒店会员
            hidden += [span for match in found for span in self._noun_of(match)]
        about = any(kind not in {"filler", "other"} for match in found for kind, _ in match.values)
        surfaces = [text[match.start : match.end] for match in found if any(("card", c) in match.values for c in cards)]
        heard = " ".join(surfaces) if uncovered else text  # gas card: of a card not covered only the name is heard
        implied = self.naming.implied(heard) if about and not own else ""
        said = f"{han_only(masked(text, hidden))} {implied}"
        pointed = [name for name in self.naming.pointed_to(said) if name not in excluded]
        if own:
            # 公园年卡 is known for another card, but one subject's own name has these very words.
            terms = [match.term for match in found if set(match.values) & {("card", card) for card in own}]
            exact = [name for name in pointed if any(len(s) > 2 and shortens(s, name) for s in terms)]
            called = [card for card in own if {card, normalize(self.naming.called.get(card, card))} & set(terms)]
            return tuple(exact) if len(pointed) == 1 and exact and not called and len(own) == 1 else ()
        if len(pointed) == 1:
            return tuple(pointed)
        if uncovered:
            return (name,) if (name := self._called_so(found, cards)) else ()
        if len(narrower) > 1:
            pointed = [name for name in pointed if name in narrower]
            if not pointed and (name := self._called_so(found, cards)) in narrower:
                return (name,)
        elif narrower:
            return ()
        if not pointed and not cards and (name := self.naming.by_character(text)) not in ("", *excluded):
            return (name,)
        return tuple(pointed) if len(pointed) < len(subjects) or len(subjects) == 1 else ()

    def _noun_of(self, match: Found[Value]) -> list[tuple[int, int]]:
        """Where the noun for a card stands that ends a name of one, unless the name says only how it is paid for."""
        named = [name for kind, name in match.values if kind == "card"]
        noun = ENDING.search(match.term)
        if not noun or not noun.start() or len(noun[0]) < _LONG_NOUN or any(self.cards.is_form(name) for name in named):
            return []
        return [(match.start + noun.start(), match.end)] if named else []

    def _called_so(self, found: list[Found[Value]], cards: list[str]) -> str:
        """The one subject in whose name in the corpus the words for another card stand: 一卡通 in 校园一卡通."""
        surfaces = [match.term for match in found if set(match.values) & {("card", card) for card in cards}]
        names = self.naming.called
        named = [s for s, name in names.items() if any(len(term) > 1 and term in name for term in surfaces)]
        return named[0] if len(named) == 1 else ""

    def uses(self, cued: Iterable[str]) -> set[str]:
        """The cards that are pointed to, and the subjects that are of their kinds."""
        return {subject for name in cued for subject in (name, *self.narrower.get(name, ()))}

    def _ending_in(self, noun: str, excluded: tuple[str, ...]) -> list[str]:
        """The subject whose name alone ends in a noun for a card, empty when several or none do."""
        found = [name for name in self.naming.subjects if self.naming.called.get(name, name).endswith(noun)]
        return found if len(found) == 1 and found[0] not in excluded else []

    def covered(self, card: str) -> bool:
        """Whether a subject answers for a card."""
        return not self.subjects.isdisjoint((card, *self.cards.kinds(card))) or card in self.narrower

    def _answered_for(self, card: str) -> bool:
        """Whether a subject is a card that is only pointed to, or of its kind, or says more than how it is paid for."""
        kinds = (kind for kind in self.cards.kinds(card) if not self.cards.is_form(kind))
        return card in self.narrower or not self.subjects.isdisjoint((card, *kinds))

    def _narrowed(self, cards: list[str], cued: list[str]) -> list[str]:
        """The cards that are named, without a kind of which a use tells the one that is meant: 行车记录仪的手机卡."""
        told = [name for name in cued if name in self.subjects]
        kinds = {kind for name in told for kind in self.cards.kinds(name)}
        return [name for name in cards if name not in kinds or name in told]

    @cached_property
    def subjects(self) -> frozenset[str]:
        """The cards that a procedure of the corpus is about."""
        return frozenset(self.naming.subjects)

    @cached_property
    def narrower(self) -> dict[str, list[str]]:
        """Kind → the subjects that are of it."""
        found: dict[str, list[str]] = {}
        for subject in self.naming.subjects:
            for kind in self.cards.kinds(subject):
                found.setdefault(kind, []).append(subject)
        return found


def names_by_kind(text: str, found: Iterable[Found[Value]], excluded: Sequence[str]) -> dict[str, list[str]]:
    """The names that the terms of a question stand for, by their kind; not those of what is part of another card."""
    by_kind: dict[str, list[str]] = {}
    for match in found:
        part = _PART_OF_ANOTHER.search(text[max(0, match.start - 12) : match.start])
        aside = _PART_OF_IT.match(text, match.end)
        for kind, name in match.values:
            if name not in excluded and not (part and kind in {"card", "cue"}) and not (aside and kind == "cue"):
                by_kind.setdefault(kind, []).append(name)
    return by_kind


def cards_excluded(text: str, found: Iterable[Found[Value]]) -> tuple[str, ...]:
    """The cards that a question says not to mean."""
    return tuple(
        dict.fromkeys(
            name
            for match in found
            for kind, name in match.values
            if kind in {"card", "cue"} and (_is_excluded(text, match) or _BESIDE_ANOTHER.match(text, match.end))
        )
    )


def _is_excluded(text: str, match: Found[Value]) -> bool:
    """Whether what stands before a name says that it is not meant: 不是银行卡, but not 不要银行卡了."""
    before = text[max(0, match.start - 12) : match.start]
    return bool(_EXCLUDING.search(before) and not (_GIVES_UP.search(before) and _NO_MORE.match(text, match.end)))


def _unknown_card(text: str, unknown: list[tuple[int, int]]) -> str:
    """The name of a card that no list knows: unexplained words directly before 卡, 证 or "card"."""
    for start, end in unknown:
        run = text[start:end]
        if _DONE_TO_A_CARD.search(run):
            continue
        if has_han(run):
            if CARD_NOUN.search(run) and len(run) > 2:
                return run
            if end - start >= 2 and text[end : end + 1] in ("卡", "证"):
                return run + text[end]
        elif re.match(r" (?:card|pass|permit|badge)s?\b", text[end:]):
            return run + text[end:].split(",")[0][:5].rstrip()
    return ""
