"""Every number of a text, and the contacts in it: what may never be there unless an article says it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from assistant.amounts import Amount, amounts_of, without_amounts
from corpus.normalize import normalize

_NUMERALS = {numeral: str(value) for value, numeral in enumerate("零一二三四五六七八九")} | {
    "〇": "0",
    "幺": "1",
    "两": "2",
}
_SPELLED = re.compile(r"[零〇一二三四五六七八九幺]{5,}")
_PARTED = re.compile(r"(?<=\d)[\s\-–—()（）.]{1,2}(?=\d)")
_DIGITS = re.compile(r"\d+")
_BARE = re.compile(r"(?<![\d.:/-])\d+(?:\.\d+)?(?![\d:])")
_TENTHS = re.compile(r"(?P<tenths>[一二两三四五六七八九]|\d)成(?![功为员人立交本长])")
_HALF = re.compile(r"一半|半数|对半|(?<!\d)50 ?%|\bhalf\b")
_HALF_YEAR = re.compile(r"半年|\bhalf a year\b")
_HOUR = re.compile(r"(?P<hour>\d{1,2}|[一二三四五六七八九十两]{1,3})时(?![间候期刻])")
_COUNTED_OFF = re.compile(r"第(?P<n>\d{1,3}|[一二三四五六七八九十百]{1,4})(?=个(?:工作|自然)?[日月小星])")
_DOLLARS = re.compile(r"\$\s?(\d+(?:\.\d+)?)")
_ADDRESS = re.compile(
    r"(?:https?://|www\.)[^\s，。；、）)>\u3400-\u9fff]+|[\w.+-]+@[\w-]+(?:\.[\w-]+)+"
    r"|(?<![\w.])[a-z\d-]+(?:\.[a-z\d-]+)*\.(?:com|cn|net|org|io|me|top|xyz|vip|cc|info|example|shop|app|co|hk|tw)\b[\w/?=&%#.~-]*",
    re.ASCII,
)
_HANDLE = re.compile(
    r"(?<![a-z])(?:微信|薇信|威信|v信|vx|wx|wechat|qq|q群|扣扣|telegram|tg|电报|line|whatsapp|skype|抖音|快手|小红书|公众号|客服号|暗号)"
    r"(?:号|群|id|客服)?(?:\s?[:：是为(（「“\"]{1,3}\s?(?P<id>[a-z\d][a-z\d_.-]{2,})|\s{0,2}(?P<near>(?=[a-z_.-]*\d)[a-z\d_.-]{3,}))|(?<![\w.])@(?P<at>[a-z\d_.-]{3,})"
    r"|(?<![a-z\d_.-])(?P<mixed>(?=[a-z_-]*\d)(?=\d*[a-z_-]*[a-z])[a-z\d]+(?:[_-][a-z\d]+)*)(?![a-z\d_.-])",
    re.ASCII,
)
_SHORTEST_MIXED = 5
_SHORTEST_NUMBER = 5  # digits in a row that may be somebody's


def values_of(text: str) -> set[Amount]:
    """The amounts of a normalized text, single digits and other ways of writing them included."""
    folded = normalize(text)
    found = amounts_of(folded)
    found |= {Amount(f"{Decimal(n[0]).normalize():f}", "") for n in _BARE.finditer(without_amounts(folded))}
    found |= {Amount(_NUMERALS.get(n["tenths"], n["tenths"]) + "0", "percent") for n in _TENTHS.finditer(folded)}
    if _HALF.search(folded):
        found.add(Amount("50", "percent"))
    if _HALF_YEAR.search(folded):
        found.add(Amount("6", "month"))
    for match in _HOUR.finditer(folded):
        found |= {amount for amount in amounts_of(f"{match['hour']}点") if amount.unit == "clock"}
    for match in _COUNTED_OFF.finditer(folded):
        found |= {Amount(amount.value, "ordinal") for amount in amounts_of(f"{match['n']}天")}
    found |= {Amount(f"{Decimal(n[1]).normalize():f}", "dollar") for n in _DOLLARS.finditer(folded)}
    return found | set(_converted(found))


def _converted(found: set[Amount]) -> Iterator[Amount]:
    for amount in found:
        if amount.unit == "jiao":
            yield Amount(f"{(Decimal(amount.value) / 10).normalize():f}", "yuan")


def contacts_of(text: str) -> set[str]:
    """The telephone numbers, addresses and names of accounts of a text, each in one form."""
    folded = _SPELLED.sub(lambda spelled: "".join(_NUMERALS[n] for n in spelled[0]), normalize(text))
    addresses = {
        match[0].rstrip(".,;:!?/").removeprefix("https://").removeprefix("http://").removeprefix("www.")
        for match in _ADDRESS.finditer(folded)
    }
    folded = _ADDRESS.sub(" ", folded)
    handles = {name for match in _HANDLE.finditer(folded) if (name := _name_of(match))}
    joined = _PARTED.sub("", folded)
    return addresses | handles | {n for n in _DIGITS.findall(joined) if len(n) >= _SHORTEST_NUMBER}


def _name_of(match: re.Match[str]) -> str:
    if match["mixed"] and len(match["mixed"]) < _SHORTEST_MIXED:
        return ""
    return (match["id"] or match["near"] or match["at"] or match["mixed"]).rstrip(".-_")
