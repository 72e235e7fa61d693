"""Which cards a heading or a question names: the alias list, and what the corpus's own headings add to it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache

from corpus.aliases import Aliases, Card, load_aliases
from corpus.blocks import item_marker
from corpus.normalize import normalize
from corpus.roles import role_of
from corpus.terms import Found, TermList

# What stands before a card's name in a heading without being part of it.
_CASE = re.compile(
    r"^(?:场景|情形|情况|方法|方式|类型|第?[一二三四五六七八九十\d]+[章节部分类种、.．)]|scenario|case|part)\s*[一二三四五六七八九十\d]*\s*[:：、.\s-]*"
)
_BREAK = re.compile(r"[:：,，｜|/(（—-]")
_DENIED = re.compile(r"(?:不是|并非|别去|不同于|区别于|不找)[^,，:：。]{0,3}$")
_HAN_NAME = re.compile(r"[\u4e00-\u9fff]+[a-z0-9]*")
_LONGEST_NOUN = 10
_SHORTEST_SURFACE = 2  # characters of a word for a card that says little by itself: 会员, 账号
_VERBS = (
    "如何",
    "怎么",
    "怎样",
    "怎么样",
    "关于",
    "凭",
    "持",
    "办理",
    "申请",
    "注销",
    "销户",
    "取消",
    "退掉",
    "退订",
    "退办",
    "退还",
    "停用",
    "作废",
    "解绑",
    "关于",
    "各类",
    "常见",
    "个人",
    "一张",
    "旧",
    "的",
    "线上",
    "线下",
    "柜台",
    "网上",
    "退",
    "销",
    "和",
    "与",
    "及",
    "、",
)
_ENDINGS = "卡|证(?!明|件)|账户|帐户|账号|帐号|会籍|会员|存折|年票|月票|季票|水票|钱包"
_NOUN = re.compile(rf"([\u4e00-\u9fffa-z0-9]{{1,12}}?(?:{_ENDINGS}))(?!号|内|里|种|片机|{_ENDINGS})")
ENDING = re.compile(rf"(?:{_ENDINGS})$")
# Words about a card that make no other card of it.
_PLAIN = re.compile(
    r"^(?:旧|老|新|实体|个人|普通|各类|常见|闲置|多余|不用|本地|实名|记名|不记名|电子|你|我|您|自己|家里|手里|单张|一张|这张|那张|公共|城市|居民|有效|原|本|[\u4e00-\u9fff]{2,4}(?:省|(?<![超门夜])市|县|区|州))+的?$"
)
# What else a heading over a procedure says, so that a name is left: `家庭宽带怎么停` is about 家庭宽带.
_SAYS_DOING = re.compile(
    r"(?:怎么|如何|怎样|咋)?(?:办理|注销|销户|销卡|销号|退卡|退订|退费|退款|退会|退籍|退租|退|取消|停用|停办|停保|拆机|解约|关闭|终止|清退|过户|缴回|交回|收尾|结清)"
    r"(?:业务|手续)?(?:的?(?:步骤|流程|办法|方法|指南|程序|操作|攻略|手续|要点|全过程|事项|说明))?$|的?(?:步骤|流程|办法|方法|指南|程序)$"
)
_LONGEST_NAME = 8
_FUNCTION_WORD = re.compile(r"[的不这那哪几每各种些是在了张着比]|[两三四五六七八九]|什么|怎么|没用|多余|常用|闲置")
_DOING = re.compile(r"(?:退|销|办|补|换|发|持|用|刷|打|领|开)[卡证]$")  # what is done with a card, not a card
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

    def _kind_of(self, name: str) -> str:
        """The card of the alias list whose name a longer name ends in, empty for none."""
        return next((mention.card for mention in self.mentions(name) if mention.end == len(name)), "")

    def with_names(self, names: Iterable[str]) -> Cards:
        """These cards and others known by the folded names alone."""
        terms, by_name = self.terms.copy(), dict(self.by_name)
        for name in names:
            if name not in by_name:
                by_name[name] = Card(name=name, names=(name,), broader=self._kind_of(name))
                terms.put(name, ("card", name))
        return Cards(self.aliases, terms, by_name)


@cache
def known_cards(aliases: Aliases | None = None) -> Cards:
    """The cards of the alias list."""
    aliases = aliases or load_aliases()
    terms: TermList[tuple[str, str]] = TermList()
    for card in aliases.cards:
        for name in card.names:
            terms.add(name, ("card", card.name))
    for card in aliases.cards:
        for cue in (*card.cues, *_english_cue(card.en)):
            terms.add(cue, ("cue", card.name))
    for name in aliases.generic:
        terms.add(name, ("generic", name))
    for name in aliases.other:
        terms.add(name, ("other", name))
    return Cards(aliases, terms, {card.name: card for card in aliases.cards})


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
        named_anyhow: Whether a heading without a word for a card may name what the section is about.
    """
    for heading in reversed(headings):
        if names := _named(normalize(heading), cards):
            return names
    names = _named(normalize(title), cards)
    titled = len(names) == 1 and bool(cards.mentions(normalize(title)))
    if named_anyhow and not titled and (name := _bare_name(tuple(headings))) and not cards.find(name):
        return (name,)
    if names:
        return names
    if any(
        kind == "generic" and len(found.term) > 1 for found in cards.find(normalize(title)) for kind, _ in found.values
    ):
        return ()
    return _mostly_named(read(), cards)


def surface_of(card: str, headings: Sequence[str], title: str, read: Callable[[], str], cards: Cards) -> str:
    """The words by which a section's headings, its article's title or else its text call a card."""
    if card not in cards.by_name:
        return card
    texts = [normalize(text) for text in (*reversed(headings), title)]
    if not any(mention.card == card for text in texts for mention in cards.mentions(text)):
        texts = [normalize(read()[:_READ_CHARACTERS])]
    found = Counter(mention.surface for text in texts for mention in cards.mentions(text) if mention.card == card)
    (surface, _), *_ = found.most_common(1) or [(card, 0)]
    return card if surface == normalize(card) or surface.isascii() else surface


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
    marker = item_marker(heading)
    heading = _CASE.sub("", heading[marker[2] :] if marker else heading)
    mentions = cards.mentions(heading)
    said_first = [mention for mention in mentions if not _DENIED.search(heading[: mention.start])]
    behind = _BREAK.search(heading)
    if behind and any(mention.start < behind.start() for mention in said_first):
        said_first = [mention for mention in said_first if mention.start < behind.start()]
    found = [_own_name(heading, mention) for mention in said_first]
    if len(found) > 1:
        found = [name for name in found if not cards.is_document(name)] or found[:1]
    if found:
        called = _called_by_owner(heading, said_first) if len(found) == 1 else ""
        return (called,) if called else tuple(dict.fromkeys(found))
    if any(
        kind == "generic" and len(match.term) > 1 and match.term not in _BARE
        for match in cards.find(heading)
        for kind, _ in match.values
    ):
        return ()
    for noun in _NOUN.findall(heading):
        name = _stripped(noun)
        owner, colon, rest = heading.partition(":")
        if (
            colon
            and noun in rest
            and len(name) <= _SHORTEST_SURFACE
            and _HAN_NAME.fullmatch(owner)
            and not role_of(owner)
        ):
            name = owner + name
        if (
            len(name) > 1
            and not _DOING.search(name)
            and not _FUNCTION_WORD.search(name)
            and not name.startswith(("什么", "哪", "这", "那"))
        ):
            return (name,)
    for noun in _LATIN_NOUN.findall(heading):
        name = _ARTICLES.sub("", noun)
        if " " in name:
            return (name,)
    if brand := _LATIN_BRAND.search(heading):
        return (brand[1],)
    return ()


def _called_by_owner(heading: str, mentions: Sequence[Mention]) -> str:
    """`蓝鲸视频会员` for `蓝鲸视频：退订会员`: a word for no card in particular belongs to what is named first."""
    owner, colon, _ = heading.partition(":")
    surface = mentions[0].surface
    named = colon and len(surface) <= _SHORTEST_SURFACE and mentions[0].start > len(owner)
    if not (named and 1 < len(owner) <= _LONGEST_NAME and _HAN_NAME.fullmatch(owner)):
        return ""
    return "" if role_of(owner) or _FUNCTION_WORD.search(owner) else owner + surface


def surface_in(headings: Sequence[str], card: str, cards: Cards) -> str:
    """The words by which the deepest heading that names a card calls it, empty when none does."""
    for heading in reversed(headings):
        for mention in cards.mentions(normalize(heading)):
            if mention.card == card:
                return mention.surface
    return ""


def _own_name(heading: str, mention: Mention) -> str:
    """The card of a mention, or the longer name that it ends in a heading: `美容院储值卡` is not every 储值卡."""
    if mention.surface.isascii():
        return mention.card
    noun = next((found[1] for found in _NOUN.finditer(heading) if found.end(1) == mention.end), "")
    if not noun or len(noun) <= len(mention.surface):
        return mention.card
    noun = _stripped(noun)
    before = noun.removesuffix(mention.surface)
    if (
        not before
        or before == noun
        or len(noun) > _LONGEST_NOUN
        or _PLAIN.match(before)
        or _FUNCTION_WORD.search(before)
    ):
        return mention.card
    return noun


@lru_cache(maxsize=4096)
def _bare_name(headings: tuple[str, ...]) -> str:
    """The name that the headings over a section give what it is about when they use no word for a card."""
    for heading in reversed(headings):
        folded = normalize(heading)
        marker = item_marker(folded)
        name = _CASE.sub("", folded[marker[2] :] if marker else folded)
        name = _SAYS_DOING.sub("", _BREAK.split(name)[0]).strip()
        if (
            1 < len(name) <= _LONGEST_NAME
            and _HAN_NAME.fullmatch(name)
            and not role_of(name)
            and not _FUNCTION_WORD.search(name)
        ):
            return name
    return ""


def _stripped(noun: str) -> str:
    """A noun without the verbs before it: `健身房会籍卡` of `如何注销健身房会籍卡`."""
    changed = True
    while changed:
        changed = False
        for verb in _VERBS:
            if noun.startswith(verb) and len(noun) > len(verb):
                noun, changed = noun[len(verb) :], True
    return noun
