"""Which cards a heading or a question names: the alias list, and what the corpus's own headings add to it."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache

from corpus.aliases import Aliases, Card, load_aliases
from corpus.card_names import BREAK, ENDING, bare_name, called_by_owner, nouns_in, own_name, shares, without_case
from corpus.normalize import normalize
from corpus.terms import Found, TermList

_FORM = re.compile(r"(?:实体|虚拟|数字)$")  # what says of a card what it is made of
_DENIED = re.compile(r"(?:不是|并非|别去|不同于|区别于|不找)[^,，:：。]{0,3}$")
_GOES_ON = re.compile(r"卡证(?!件|明)|证卡")  # behind a name: it is part of a word for cards of several kinds
_LATIN_NOUN = re.compile(r"\b((?:[a-z]+ ){1,2}(?:card|pass|account|membership))s?\b")
_LATIN_BRAND = re.compile(r"\b([a-z]{3,}(?:card|pass))(?:s|'s)?\b")
# When the text says which card an article is about: how much of it is read, how often and how mostly it is named.
_READ_CHARACTERS = 20_000
_FEWEST_MENTIONS = 2
_MOSTLY = 0.6
_ENGLISH_NOUN = re.compile(r"(?:^| )(?:id )?(?:card|account|pass|permit|licence|policy|wallet|membership)$")
_BARE = frozenset({"card", "cards", "卡片", "账户", "帐户"})
_ARTICLES = re.compile(
    r"^(?:(?:a|an|the|your|my|how to|to|cancel|cancelling|canceling|closing|close|returning|return|of|for|old) )+"
)


@dataclass(frozen=True, slots=True)
class Mention:
    """A card that a text names.

    Attributes:
        card: The name of its alias entry, or the words themselves when no entry has them.
        surface: The folded words that name it.
        known: Whether an alias entry or a heading of the corpus has them.
    """

    card: str
    surface: str
    start: int
    end: int
    known: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class Cards:
    """The cards that can be named: of the alias list, and of a corpus's headings."""

    aliases: Aliases
    terms: TermList[tuple[str, str]]
    by_name: dict[str, Card] = field(default_factory=dict)

    def mentions(self, text: str) -> list[Mention]:
        """The cards named in folded `text`, in order; not the words that only point to one."""
        return [
            Mention(value, found.term, found.start, found.end)
            for found in self.terms.find(text)
            for kind, value in found.values[:1]
            if kind == "card"
        ]

    def find(self, text: str) -> list[Found[tuple[str, str]]]:
        """Every term in folded `text`, with pairs `("card" | "cue" | "generic" | "other", name)`."""
        return self.terms.find(text)

    def broader(self, name: str) -> str:
        """The kind that a card is one of, empty when there is none."""
        return self.by_name[name].broader if name in self.by_name else ""

    def english(self, name: str) -> str:
        """The English name of a card, or its own when the alias list has none."""
        if name not in self.by_name:
            return name
        return self.by_name[name].en or name

    def is_document(self, name: str) -> bool:
        """Whether a card is rather shown at a counter than cancelled there."""
        return name in self.by_name and self.by_name[name].document

    def kinds(self, name: str) -> tuple[str, ...]:
        """The kinds that a card is one of: what its name ends in, narrowest first, then what it begins with.

        A 加油站储值卡 is a 储值卡, and what people call 加油卡; a 手机公交卡 is no 手机卡, as 公交卡 says what for.
        """
        found: list[str] = []
        kind = name
        while (kind := self.broader(kind)) and kind not in found:
            found.append(kind)
        if found and self.is_form(found[0]) and not any(name == card.name for card in self.aliases.cards):
            begun = _begun(self.aliases)
            found += [card for end in range(2, len(name) + 1) for card in begun.get(name[:end], ())]
        return tuple(dict.fromkeys(found))

    def is_unspecific(self, name: str) -> bool:
        """Whether a card's name is a word for some card where no article is about it."""
        return name in self.by_name and self.by_name[name].unspecific

    def is_form(self, name: str) -> bool:
        """Whether a card's name says how it is paid for and not what for."""
        return name in self.by_name and self.by_name[name].form

    def kind_of(self, name: str) -> str:
        """The card of the alias list whose name a longer name ends in, or that its first words say; empty for none."""
        if name in self.by_name:
            return self.by_name[name].broader
        ends = {len(name), len(ENDING.sub("", name))}
        last = next((mention for mention in self.mentions(name) if mention.end in ends), None)
        if last is None or not self.is_form(last.card):
            return last.card if last else ""
        said = [
            card for found in self.find(name[: last.start]) for kind, card in found.values if kind in {"card", "cue"}
        ]
        return next((card for card in said if not self.is_form(card)), last.card)

    def with_names(self, names: Iterable[str]) -> Cards:
        """These cards and others known by the folded names alone, and by shorter words for them.

        Of several cards of a kind, what the alias list calls it is the one whose name alone has a character of it:
        水卡 is 水表ic卡 and 煤气卡 is 天然气卡. A name that ends in no noun for a card is called by its last
        character as well: 柜子 for 寄存柜.
        """
        terms, by_name, own = (
            self.terms.copy(),
            dict(self.by_name),
            [name for name in names if name not in self.by_name],
        )
        for name in own:
            by_name[name] = Card(name=name, names=(name,), broader=self.kind_of(name))
            terms.put(name, ("card", name), self.aliases.never_before(name))
        for kind in {by_name[name].broader for name in own} & self.by_name.keys():
            several = sum(by_name[name].broader == kind for name in own) > 1
            for term in self.by_name[kind].names if several else ():
                sharing = [name for name in own if shares(term, name)]
                if len(sharing) == 1 and term != kind and by_name[sharing[0]].broader == kind:
                    terms.put(term, ("card", sharing[0]))
        for name in own:
            short = name[-1] + "子"
            if (
                not ENDING.search(name)
                and sum(one.endswith(name[-1]) for one in own) == 1
                and not terms.values_of(short)
            ):
                terms.put(short, ("card", name))
        return Cards(self.aliases, terms, by_name)

    def calling(self, names: Mapping[str, str]) -> Cards:
        """These cards, some of them known by other names as well: folded name → card, before what else it may name."""
        terms = self.terms.copy()
        for name, card in names.items():
            terms.put(name, ("card", card))
        return Cards(self.aliases, terms, self.by_name)


@cache
def _begun(aliases: Aliases) -> Mapping[str, tuple[str, ...]]:
    """A name of the alias list without its noun → the cards that have such a name, in the list's order."""
    stems: dict[str, dict[str, None]] = {}
    for card in aliases.cards:
        for term in card.names:
            stem = ENDING.sub("", term)
            if 1 < len(stem) < len(term):
                stems.setdefault(stem, {})[card.name] = None
    return {stem: tuple(cards) for stem, cards in stems.items()}


@cache
def known_cards(aliases: Aliases | None = None) -> Cards:
    """The cards of the alias list."""
    aliases = aliases or load_aliases()
    terms: TermList[tuple[str, str]] = TermList()
    for card in aliases.cards:
        for name in card.names:
            terms.add(name, ("card", card.name), aliases.never_before(name))
    for card in aliases.cards:
        for cue in (*card.cues, *_english_cue(card.en)):
            terms.add(cue, ("cue", card.name))
    for name in aliases.generic:
        terms.add(name, ("generic", name))
    for name in aliases.other:
        terms.add(name, ("other", name))
    return Cards(aliases, terms, {card.name: card for card in aliases.cards})


_ENDS_AS_A_CARD = re.compile(r"(?:[卡证證号號折户戶]|card|pass|account)$")


def _english_cue(name: str) -> tuple[str, ...]:
    """An English name without its noun: "the transport one" means the transport card."""
    cue = _ENGLISH_NOUN.sub("", normalize(name))
    return (cue,) if cue and cue != normalize(name) else ()


def subjects_of(
    headings: Sequence[str], title: str, read: Callable[[], str], cards: Cards, *, named_anyhow: bool = False
) -> tuple[str, ...]:
    """The cards that a section is about.

    The deepest of its headings that names a card decides, else the title, else the text of the article when most
    of the cards it names are one. A name that no alias entry has is returned as it stands in the heading,
    normalised. Empty for a section about cards in general.

    Args:
        headings: The headings above the section, outermost first.
        title: The article's title.
        read: Gives the article's text; called only when headings and title name no card.
        cards: The cards that can be named.
        named_anyhow: Whether a heading without a word for a card may name what the section is about: anything where
            the title names no card or several, else what the title has as well.
    """
    for at in range(len(headings) - 1, -1, -1):
        if names := _named(normalize(headings[at]), cards):
            return _in_full(names, headings[:at], cards)
    names = _named(normalize(title), cards)
    if cued := labelled(headings if len(names) > 1 else (), names, cards):
        return (cued,)
    if named_anyhow:
        titled = len(names) == 1 and bool(cards.mentions(normalize(title)))
        name = bare_name(tuple(headings))
        if name and (whole := next((one for one in names if one.startswith(name)), "")):
            return (whole,)
        if name and not (titled and name not in normalize(title)) and not cards.find(name):
            return (name,)
    if names:
        return names
    if _is_generic(normalize(title), cards):
        return ()
    return _mostly_named(read(), cards)


def labelled(headings: Sequence[str], names: Sequence[str], cards: Cards) -> str:
    """The one of several cards to which the label of the deepest heading that is one points: `单车：怎么退`."""
    labels = (BREAK.split(normalize(heading))[0].strip() for heading in reversed(headings))
    return next((card for label in labels if (card := _cued(label, cards)) in names), "")


def _cued(name: str, cards: Cards) -> str:
    """The card that a name as a whole points to without naming it: 单车 or 打车; empty for none."""
    whole = [found for found in cards.find(name) if found.term == name]
    return next((card for found in whole for kind, card in found.values if kind == "cue"), "")


def _in_full(names: tuple[str, ...], headings: Sequence[str], cards: Cards) -> tuple[str, ...]:
    """The names, or the longer one that a heading above has for the only one: 美容院储值卡 where it is short 储值卡."""
    for heading in reversed(headings if len(names) == 1 else ()):
        if above := _named(normalize(heading), cards):
            return above if len(above) == 1 and cards.kind_of(above[0]) == names[0] else names
    return names


@lru_cache(maxsize=4096)
def _is_generic(title: str, cards: Cards) -> bool:
    """Whether a title speaks of cards of no kind."""
    return any(kind == "generic" and len(found.term) > 1 for found in cards.find(title) for kind, _ in found.values)


def surface_of(card: str, headings: Sequence[str], title: str, read: Callable[[], str], cards: Cards) -> str:
    """The words by which a section's headings, its article's title or else its text call a card."""
    if card not in cards.by_name:
        return card
    texts = [normalize(text) for text in (*reversed(headings), title)]
    if not any(mention.card == card for text in texts for mention in cards.mentions(text)):
        texts = [normalize(read()[:_READ_CHARACTERS])]
    found = Counter(
        _with_form(text, mention) for text in texts for mention in cards.mentions(text) if mention.card == card
    )
    (surface, _), *_ = found.most_common(1) or [(card, 0)]
    return card if surface == normalize(card) or surface.isascii() else _as_written(surface, (*headings, title))


def _with_form(text: str, mention: Mention) -> str:
    """The words of a mention with what says the form of the card before them: `实体sim卡`."""
    form = _FORM.search(text[: mention.start])
    return f"{form[0]}{mention.surface}" if form else mention.surface


def _as_written(surface: str, texts: Iterable[str]) -> str:
    """Folded words with the capitals that a text writes them with: `SIM卡` for `sim卡`."""
    written = re.compile(re.escape(surface), re.IGNORECASE)
    return next((found[0] for text in texts if (found := written.search(unicodedata.normalize("NFKC", text)))), surface)


@lru_cache(maxsize=256)
def _mostly_named(text: str, cards: Cards) -> tuple[str, ...]:
    counts = Counter(
        mention.card
        for mention in cards.mentions(normalize(text[:_READ_CHARACTERS]))
        if not cards.is_document(mention.card)
    )
    (card, n_mentions), *_ = counts.most_common(1) or [("", 0)]
    return (card,) if n_mentions >= _FEWEST_MENTIONS and n_mentions >= _MOSTLY * counts.total() else ()


@lru_cache(maxsize=16384)
def _named(heading: str, cards: Cards) -> tuple[str, ...]:
    heading = without_case(heading)
    mentions = [mention for mention in cards.mentions(heading) if not _GOES_ON.match(heading, mention.end - 1)]
    said_first = [mention for mention in mentions if not _DENIED.search(heading[: mention.start])]
    behind = BREAK.search(heading)
    if behind and any(mention.start < behind.start() for mention in said_first):
        said_first = [mention for mention in said_first if mention.start < behind.start()]
    starts = {mention.start for mention in said_first}
    # 会员 in 会员储值卡 is a part of that name; 公交卡 in 公交卡门禁卡 is not.
    whole = [one for one in said_first if one.end not in starts or _ENDS_AS_A_CARD.search(one.surface)]
    found = [own_name(heading, mention.surface, mention.end) or mention.card for mention in whole]
    if len(found) > 1:
        found = [name for name in found if not cards.is_document(name)] or found[:1]
    if found:
        called = called_by_owner(heading, said_first[0].surface, said_first[0].start) if len(found) == 1 else ""
        return (called,) if called else tuple(dict.fromkeys(found))
    for match in cards.find(heading):
        if match.values[0][0] == "generic" and len(match.term) > 1 and match.term not in _BARE:
            name = own_name(heading, match.term, match.end)
            return (name,) if name else ()
    if name := next(nouns_in(heading), ""):
        return (name,)
    for noun in _LATIN_NOUN.findall(heading):
        name = _ARTICLES.sub("", noun)
        if " " in name:
            return (name,)
    if brand := _LATIN_BRAND.search(heading):
        return (brand[1],)
    return ()


def surface_in(headings: Sequence[str], card: str, cards: Cards) -> str:
    """The words by which the deepest heading that names a card calls it, empty when none does."""
    for heading in reversed(headings):
        for mention in cards.mentions(normalize(heading)):
            if mention.card == card:
                return mention.surface
    return ""
