"""Names of cards that a heading gives: the noun with what specifies it, without the words around."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from corpus.markers import item_marker
from corpus.normalize import normalize
from corpus.roles import role_of, says

# What stands before a card's name in a heading without being part of it.
_CASE = re.compile(
    r"^(?:场景|情形|情况|方法|方式|类型|第?[一二三四五六七八九十\d]+(?:部分|[类种](?![户卡账])|[章节篇部分楼、.．)])|第[一二三四五六七八九十\d]+[条款编]|scenario|case|part)\s*[一二三四五六七八九十\d]*\s*[:：、.\s-]*"
)
BREAK = re.compile(r"[:：,，｜|/(（—-]")
# What the words behind it are about: `澄湖银行关于信用卡`.
_ABOUT = re.compile(r"^.*(?:关于|有关|针对)(?=.{2})")
# What leads to a card in the title of a part.
_POINTS_TO = re.compile(r"^[^,。:]{0,10}?(?:的是|就是|轮到|说说|讲讲|聊聊|看看)")
_HAN_NAME = re.compile(r"[\u4e00-\u9fff]+[a-z0-9]*")
_LONGEST_NOUN = 10
_SHORTEST_SURFACE = 2  # characters of a word for a card that says little by itself: 会员, 账号
_VERBS = (
    "如何",
    "怎么",
    "怎样",
    "怎么样",
    "关于",
    "至于",
    "先说",
    "再说",
    "最后说",
    "说说",
    "聊聊",
    "讲讲",
    "谈谈",
    "看看",
    "顺便",
    "再退",
    "先退",
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
    r"的?(?:怎么|如何|怎样|咋)?(?:办理|注销|销户|销卡|销号|退卡|退订|退费|退款|退会|退籍|退租|退|取消|停用|停办|停保|拆机|解约|关闭|终止|清退|过户|缴回|交回|收尾|结清)"
    r"(?:业务|手续)?(?:的?(?:步骤|流程|办法|方法|指南|程序|操作|攻略|手续|要点|全过程|事项|说明))?$|的?(?:步骤|流程|办法|方法|指南|程序)$"
)
_LONGEST_NAME = 8
_FUNCTION_WORD = re.compile(r"[的不这那哪几每各种些是在了张着比]|[两三四五六七八九]|什么|怎么|没用|多余|常用|闲置")
_DOING = re.compile(
    r"(?:退|销|办|补|换|发|持|用|刷|打|领|开|认|交|寄|插|收|丢|挑)[卡证]$"
)  # what is done with a card, not a card


def without_case(heading: str) -> str:
    """A folded heading without its number or what counts the cases, the parts or the posts."""
    marker = item_marker(heading)
    return _CASE.sub("", heading[marker[2] :] if marker else heading)


def points_to_card(title: str) -> bool:
    """Whether a title leads to the card it ends with: `先退的是加油卡`, `最后轮到校园卡`."""
    folded = normalize(title).rstrip("。!?:")
    pointed = _POINTS_TO.match(folded)
    return pointed is not None and any(folded.endswith(noun) for noun in nouns_in(folded[pointed.end() :]))


def nouns_in(heading: str) -> Iterator[str]:
    """The names of cards in a folded heading by the nouns for a card alone."""
    owner, colon, rest = heading.partition(":")
    for noun in _NOUN.findall(heading):
        name = _stripped(noun)
        owned = colon and noun in rest and len(name) <= _SHORTEST_SURFACE
        if owned and _HAN_NAME.fullmatch(owner) and not role_of(owner):
            name = owner + name
        if (
            len(name) > 1
            and not _DOING.search(name)
            and not _FUNCTION_WORD.search(name)
            and not name.startswith(("什么", "哪", "这", "那"))
        ):
            yield name


def called_by_owner(heading: str, surface: str, start: int) -> str:
    """`蓝鲸视频会员` for `蓝鲸视频：退订会员`: a word for no card in particular belongs to what is named first."""
    owner, colon, _ = heading.partition(":")
    named = colon and len(surface) <= _SHORTEST_SURFACE and start > len(owner)
    if not (named and 1 < len(owner) <= _LONGEST_NAME and _HAN_NAME.fullmatch(owner)):
        return ""
    return "" if role_of(owner) or _FUNCTION_WORD.search(owner) else owner + surface


def own_name(heading: str, surface: str, end: int) -> str:
    """The longer name that the words for a card end, alone or with another noun; empty for none.

    `美容院储值卡` is not every 储值卡, nor `美容院会员账号` every 会员.

    Args:
        heading: A folded heading.
        surface: The words in it that name a card.
        end: Where they end.
    """
    nouns = [(found[1], found.end(1) - end) for found in _NOUN.finditer(heading) if found.start(1) < end]
    noun, longer = nouns[-1] if nouns else ("", 0)
    if surface.isascii() or longer < 0 or (longer and not ENDING.fullmatch(noun[-longer:])):
        return ""
    stripped = _stripped(noun)
    before = stripped[: len(stripped) - longer].removesuffix(surface)
    specific = before and before != stripped[: len(stripped) - longer] and len(stripped) <= _LONGEST_NOUN
    return stripped if specific and not _PLAIN.match(before) and not _FUNCTION_WORD.search(before) else ""


def shares(one: str, other: str) -> bool:
    """Whether two names have a character in common before their nouns: `煤气卡` and `天然气卡`."""
    return not set(ENDING.sub("", one)).isdisjoint(ENDING.sub("", other))


@lru_cache(maxsize=4096)
def bare_name(headings: tuple[str, ...]) -> str:
    """The name that the headings over a section give what it is about when they use no word for a card."""
    for heading in reversed(headings):
        name = _SAYS_DOING.sub("", BREAK.split(without_case(normalize(heading)).rstrip(" ?!"))[0]).strip()
        if (
            1 < len(name) <= _LONGEST_NAME
            and _HAN_NAME.fullmatch(name)
            and not role_of(name)
            and not says("ways", name)
            and not _FUNCTION_WORD.search(name)
        ):
            return name
    return ""


def _stripped(noun: str) -> str:
    """A noun without the verbs before it: `健身房会籍卡` of `如何注销健身房会籍卡`."""
    noun = _ABOUT.sub("", noun)
    changed = True
    while changed:
        changed = False
        for verb in _VERBS:
            if noun.startswith(verb) and len(noun) > len(verb):
                noun, changed = noun[len(verb) :], True
    return noun
