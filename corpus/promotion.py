"""Advertisements in a folded text: contacts, links that hide their target, calls to get a card or to write to someone.

The words and the calls stand in `promotion.toml`. Every pattern repeats within fixed bounds only, so a search is
linear in the text, and a pattern is tried only when one of its words is in the text at all.
"""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_left
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from corpus.suspicion import FindingKind, Suspicion
from corpus.units import Units

_FILE = Path(__file__).with_name("promotion.toml")
_MESSENGERS = ("wechat", "telegram", "whatsapp", "qq", "other")

_NOISE = r"(?:[^\w\n。;!?|]|_)"
_SMALL_GAP = r"(?:[^\w\n。,;!?()、|]|_){0,3}"
_DOT = r"[ ]?(?:[.·•∙⋅‧・]|。|点|\(dot\)|\[dot\]|\[\.\]|\(\.\)|\{\.\}| dot )[ ]?"
_FILLER = (
    "号码|号|上|里|电话|手机|好友|id|账号|帐号|同号|同步|客服|咨询|办理|联系|搜索|搜|添加|加|是|为|我|请|频道|群组|群|小号|老师|专员|经理|私聊"
    "|contact|number|no|at|us|me|user|username|handle"
)
_JOIN = rf"(?:(?:{_FILLER})|{_NOISE}){{0,12}}"
# Spelled out with gaps; in pieces; a number; a name.
_HANDLE = (
    r"(?P<handle>[a-z0-9_](?:[ .\-*·•~]{1,2}[a-z0-9_]){4,24}|[a-z0-9_]{1,3}(?:[ \-*·•~][a-z0-9_]{1,4}){2,12}"
    r"|\+?\d(?:[ \-()]{0,2}\d){4,18}|[a-z0-9_][a-z0-9_.\-]{3,31})(?![a-z0-9])"
)
_ADD = r"(?:添加|加入|加|伽|珈|➕|✚|\+|(?<![a-z])(?:jia|add)(?![a-z]))"
_WHOM = (
    r"(?:(?:我们?|客服|官方|小编|博主|楼主|老师|专员|经理|小姐姐|下方|下面|以下|这个|的"
    rf"|(?:us|me|our|my|on|via|at|through|with|to|by|the|in)(?![a-z])){_SMALL_GAP}){{0,4}}"
)
_VERB = (
    rf"(?:{_ADD}|搜索|搜|联系|咨询|找|私|扫|(?<![a-z])(?:contact|message|msg|text|chat|dm|reach|write|ping|join)(?![a-z]))"
    rf"{_SMALL_GAP}{_WHOM}"
)
_VERB_BEFORE = re.compile(_VERB + r"\Z")
_VERB_REACH = 24
_SAID = re.compile(r"[:@=号号加搜➕+]|(?<![a-z])(?:id|add)(?![a-z])|contact|message")
_HOTLINE = re.compile(r"(?:95\d{3,6}|96\d{3,6}|1[02]\d{3}|1[012]\d|400\d{7}|800\d{7})\Z")
_LATIN = re.compile(r"[a-z]")
_OWN_HANDLE = re.compile(
    r"(?=[a-z0-9_.\-]*[0-9_])(?=[a-z0-9_.\-]*[a-z])[a-z0-9_.\-]{6,}\Z"
)  # nobody writes it by chance
_MOST_HANDLES = 20
_VERSION = re.compile(r"v?\d{1,3}(?:\.\d{1,4}){1,3}\Z")
_SOCIAL = re.compile(r"(?:微博|twitter|facebook|instagram|抖音|b站|youtube|tiktok|小红书|weibo|(?<![a-z])x)\W{0,4}\Z")
EMAIL = re.compile(
    r"(?<![a-z0-9._+\-])[a-z0-9][a-z0-9._+\-]{0,63}[ ]?(?:@|\(at\)|\[at\])[ ]?[a-z0-9\-]{1,40}"
    r"(?:\.[a-z0-9\-]{1,20}){1,3}"
)
_MOBILE = re.compile(
    r"(?<![\d.])(?:\+?86[ -]?)?1[ .\-*·•]{0,2}[3-9](?:[ .\-*·•]{0,2}\d){9}(?!\d)"
    r"|[一幺][三四五六七八九][零〇一二三四五六七八九幺]{9}"
)
# A mobile number, one with an area code, a service number with dashes; the short hotlines of banks are nobody's own.
PHONE = re.compile(
    r"(?<![\d.a-z])(?:(?:\+?86[ -]?)?1[ .\-]?[3-9](?:[ .\-]?\d){9}|\(?0\d{2,3}\)?[ \-]?\d{7,8}"
    r"|[48]00[ \-]?\d{3,4}[ \-]?\d{3,4}|\+\d(?:[ \-()]{0,2}\d){6,14})(?!\d)"
)
_MOBILE_SQUEEZED = re.compile(r"1[3-9]\d{9}|[一幺][三四五六七八九][零〇一二三四五六七八九幺]{9}")
_BARE_HANDLE = re.compile(r"(?<![\w.\-/])@(?P<handle>[a-z][a-z0-9_]{4,31})(?![a-z0-9_@\-]|\.[a-z])")
_GROUP = re.compile(
    r"(?:(?<![a-z0-9])q\W{0,2}(?=[:号])|(?:[qv扣微薇]|交流|粉丝|福利|客服|进|加|入|微信)\W{0,3}[群裙峮])\W{0,3}(?:号码?)?"
    r"\W{0,4}(?P<handle>\d(?:[ \-]?\d){4,11})(?!\d)"
)
# One letter or one character is a name only where a number is announced.
_SHORT_NAMES = re.compile(
    rf"(?:(?:{_VERB}|[佳嘉家咖])(?:v(?![a-z])|[薇微威徽溦](?=[^\w\n]{{0,3}}[a-z0-9_]))"
    rf"|(?<![a-z0-9])v{_SMALL_GAP}(?=[:号])|(?<![a-z0-9.])v[ ](?=[a-z_]{{3,20}}\d\d)"
    rf"|(?<![轻略稍显甚细])[薇微威徽溦]{_SMALL_GAP}(?=[:号])){_JOIN}@?{_HANDLE}"
    r"|(?<![a-z0-9])wxid_[a-z0-9]{4,30}"
)
_LINE = re.compile(
    rf"(?:(?:{_VERB}|(?:客服|官方|(?<![a-z])(?:my|our)(?![a-z]))[^\w\n]{{0,2}})line(?![a-z])"
    r"|(?<![a-z])line[^\w\n]{0,2}id|(?<![a-z])line[^\w\n]{0,3}(?=@)|(?<![无依信耍抵百])赖(?=[:id]))"
    rf"{_JOIN}@?{_HANDLE}"
)
# `Q 778120…`, where no line begins with it: there it asks something.
_Q_ALONE = re.compile(r"(?<=[^\sa-z0-9])[ ]?q[ ](?P<handle>\d{6,10})(?!\d)")
# Announced without any messenger's name: letters and figures, and no address behind them.
_UNNAMED = re.compile(
    r"(?:客服号?|联系方式|联系号)[ ]?:[ ]?(?P<handle>(?=[a-z_]{2,20}\d{2})[a-z0-9_\-]{5,25})(?![a-z0-9_@.])"
)


@cache
def words() -> dict[str, Any]:
    """The content of `promotion.toml`."""
    with _FILE.open("rb") as file:
        return tomllib.load(file)


@cache
def patterns() -> dict[str, re.Pattern[str]]:
    """The lists of regular expressions of `promotion.toml`, each as one; Latin ones begin at a word."""
    listed = {name: words()[name] for name in ("procedure", "sales", "lures", "invites", "content", "warnings")}
    # What only an advertisement says sells as well.
    return {name: _any_of(each) for name, each in (listed | {"sales": [*listed["sales"], *listed["lures"]]}).items()}


@cache
def label() -> re.Pattern[str]:
    """What opens an advertisement: `certain` is a label of one, `hint` may be."""
    certain, hint, before, behind = (
        "|".join(words()[f"label{name}"]) for name in ("s", "_hints", "_before", "_behind")
    )
    return re.compile(
        rf"(?:[^\w\n]|_|ᅳ){{0,12}}(?:{before})?(?:(?P<certain>{certain})|(?P<hint>{hint}))(?:{behind})?"
        r"(?:\s?[^\w\s]|(?<=[\u3400-\u9fff])\s)"
    )


def _any_of(expressions: list[str]) -> re.Pattern[str]:
    return re.compile("|".join(_at_word(each) if _LATIN.match(each) else each for each in expressions))


def _at_word(expression: str) -> str:
    """A Latin expression that begins at a word; the look behind follows its first letter, which stays quick to find."""
    return rf"{expression[0]}(?<![a-z]{expression[0]}){expression[1:]}"


def promotions(text: str, squeezed: str, units: Units, seen: bytearray) -> Iterator[Suspicion]:
    """What advertises in the folded `text`.

    Args:
        text: The folded text of an article.
        squeezed: The text without anything but letters and digits.
        units: Its lines, sentences and clauses.
        seen: A mark for each character that what was yielded so far has been found to reach; the caller sets them.
    """
    calls = tuple(_calls(text, squeezed, units))
    found = [*_addresses(text, squeezed), *_contacts(text, squeezed), *calls]
    yield from found
    for suspicion in _beside_sales(text, squeezed, units, offers={units.line(call.start) for call in calls}):
        found.append(suspicion)
        yield suspicion
    promoted = sorted(suspicion.start for suspicion in found if suspicion.kind in {"contact", "call"})
    yield from _alone(text, units, promoted, seen)


def _addresses(text: str, squeezed: str) -> Iterator[Suspicion]:
    hosts: tuple[tuple[str, FindingKind, str], ...] = (
        ("messenger_hosts", "contact", "a link to a messenger"),
        ("short_hosts", "link", "a short link hides where it leads"),
        ("image_hosts", "image", "a link to a picture host"),
    )
    letters = squeezed.replace("点", "").replace("dot", "")
    for name, kind, why in hosts:
        if any(word in letters for word in _squeezed_words(name)):
            for found in _hosts(name).finditer(text):
                yield Suspicion(kind=kind, start=found.start(), end=found.end(), why=why)
    if "://" in text:
        for found in _schemes().finditer(text):
            yield Suspicion(kind="contact", start=found.start(), end=found.end(), why="a link to a messenger")


def _contacts(text: str, squeezed: str) -> Iterator[Suspicion]:
    handles: set[str] = set()
    for found, suspicion in _announced(text, squeezed):
        handles |= {found["handle"]} if found["handle"] and _OWN_HANDLE.match(found["handle"]) else set()
        yield suspicion
    # Once told, a handle is known: it needs no messenger's name before it where it is told again.
    for handle in sorted(handles)[:_MOST_HANDLES]:
        for again in re.finditer(rf"(?<![a-z0-9_.\-]){re.escape(handle)}(?![a-z0-9_])", text):
            yield _contact(again.start(), again.end(), "a messenger contact told before")


def _announced(text: str, squeezed: str) -> Iterator[tuple[re.Match[str], Suspicion]]:
    """The handles that are announced as such, each with the match whose group `handle` holds it."""
    for name in _MESSENGERS:
        if any(word in squeezed for word in _squeezed_words(name)):
            for found in _named(name).finditer(text):
                if text[max(0, found.start() - 1)] == "/" == text[found.start("handle") - 1]:
                    continue  # a folder in an address
                start = _with_verb(text, found.start())
                if _is_handle(found["handle"], text[start : found.start("handle")], digits_only=name == "qq"):
                    yield found, _contact(start, found.end(), "a messenger contact")
    for expression, needs, digits_only in (
        (_SHORT_NAMES, ("v", "薇", "微", "威", "徽", "溦", "wxid"), False),
        (_LINE, ("line", "赖"), False),
        (_GROUP, "q群裙峮", True),
        (_UNNAMED, ("客服", "联系"), False),
        (_Q_ALONE, "q", True),
    ):
        for found in expression.finditer(text) if any(word in squeezed for word in needs) else ():
            before = text[found.start() : found.start("handle")] if found["handle"] else ""
            if not found["handle"] or _is_handle(found["handle"], before, digits_only=digits_only):
                yield found, _contact(found.start(), found.end(), "a messenger contact")
    for found in _BARE_HANDLE.finditer(text) if "@" in text else ():
        if not _SOCIAL.search(text[max(0, found.start() - 14) : found.start()]):
            yield found, _contact(found.start(), found.end(), "a handle to write to")


def _contact(start: int, end: int, why: str) -> Suspicion:
    return Suspicion(kind="contact", start=start, end=end, why=why)


def _with_verb(text: str, start: int) -> int:
    """Where "加客服" of "加客服微信" begins, given where the messenger's name does."""
    verb = _VERB_BEFORE.search(text[max(0, start - _VERB_REACH) : start])
    return start - len(verb[0]) if verb else start


def _is_handle(handle: str, before: str, *, digits_only: bool) -> bool:
    """Whether what follows a messenger's name is somebody's handle there, by how it was announced."""
    core = re.sub(r"[^a-z0-9_]", "", handle)
    if _VERSION.match(handle) or core in words()["not_handles"]:
        return False
    announced = _SAID.search(before) is not None
    if core.isdigit():
        if _HOTLINE.match(core):
            return False
        if digits_only:
            return 5 <= len(core) <= 12
        return (len(core) == 11 and core[0] == "1") or (announced and 6 <= len(core) <= 15)
    if digits_only or len(core) < 4:
        return False
    return announced or (len(core) >= 5 and any(character.isdigit() or character == "_" for character in core))


def _beside_sales(text: str, squeezed: str, units: Units, *, offers: set[int]) -> Iterator[Suspicion]:
    """Numbers and addresses in a sentence that sells, or in a line with a call or next to one: in `offers`."""
    for expression, needed, why in (
        (_MOBILE, _MOBILE_SQUEEZED.search(squeezed), "a mobile number in an offer"),
        (EMAIL, "@" in text or "at" in squeezed, "an e-mail address in an offer"),
    ):
        for found in expression.finditer(text) if needed else ():
            first, last = units.sentence(found.start(), found.end())
            beside = (first, found.start()), (found.end(), last)
            if any(units.has("warnings", *part) for part in beside):
                continue
            sold = any(units.has("sales", *part) for part in beside)
            if sold or (offers & units.neighbours(found.start()) and units.stands_alone(*found.span())):
                yield _contact(found.start(), found.end(), why)


def _alone(text: str, units: Units, promoted: list[int], seen: bytearray) -> Iterator[Suspicion]:
    """Numbers and addresses that stand alone in a clause, in the paragraph of an advertisement and next to it."""
    if not promoted:
        return
    lines = {units.line(at) for at in promoted}
    beside = {near for line in lines for near in units.neighbours(line, blank=0)}
    spans = [found.span() for pattern in (EMAIL, PHONE) for found in pattern.finditer(text)]
    for start, end in sorted([*spans, *units.links()]):
        if 0 not in seen[start:end] or units.line(start) not in beside:
            continue
        first, last = units.segment(start, end)
        if _any_in(promoted, first, last):
            continue  # it is part of what was found
        if units.stands_alone(start, end, beside_contact=_any_in(promoted, *units.sentence(start, end))):
            # One below the other, they all belong to the advertisement.
            beside |= units.neighbours(start, blank=0)
            yield _contact(first, last, "a number or an address beside an advertisement")


def _any_in(places: list[int], first: int, last: int) -> bool:
    return bisect_left(places, first) < bisect_left(places, last)


def _calls(text: str, squeezed: str, units: Units) -> Iterator[Suspicion]:
    for needs, expression, why in _call_patterns():
        if not any(word in squeezed for word in needs):
            continue
        first, last, warns = 0, 0, False
        for found in expression.finditer(text):
            if found.end() > last:
                first, last = units.sentence(found.start(), found.end())
                warns = units.has("warnings", first, last)
            if not warns:
                yield Suspicion(kind="call", start=found.start(), end=found.end(), why=why)


@cache
def _squeezed_words(name: str) -> tuple[str, ...]:
    return tuple({re.sub(r"[\W_]+", "", word) for word in words()[name]})


def _spelled(*names: str) -> str:
    """The plain words of lists, with noise allowed between their characters; Latin ones stand alone."""
    spelled = []
    for word in sorted({word for name in names for word in words()[name]}, key=len, reverse=True):
        characters = [re.escape(character) for character in word if not character.isspace()]
        # The look behind stands after the first character: so the expression keeps its fast search for it.
        if word[0].isascii() and word[0].isalnum():
            characters[0] += rf"(?<![a-z0-9]{characters[0]})"
        latin_end = word[-1].isascii() and word[-1].isalpha()
        spelled.append(_SMALL_GAP.join(characters) + ("(?![a-z])" if latin_end else ""))
    return "(?:" + "|".join(spelled) + ")"


@cache
def _named(name: str) -> re.Pattern[str]:
    return re.compile(f"{_spelled(name)}{_JOIN}@?{_HANDLE}")


@cache
def _hosts(name: str) -> re.Pattern[str]:
    hosts = []
    for host in sorted(words()[name], key=len, reverse=True):
        domain, _, path = host.partition("/")
        first, *parts = (re.escape(part) for part in domain.split("."))
        spelled = _DOT.join([first[0] + rf"(?<![a-z0-9\-]{first[0]})" + first[1:], *parts])
        hosts.append(spelled + (rf"[ ]?/[ ]?{re.escape(path)}" if path else ""))
    rest = r"(?![a-z0-9\-])(?:[ ]?[/?#][^\s<>\"'()\[\]【】。,、]{0,300})?"
    return re.compile(f"(?:{'|'.join(hosts)}){rest}")


@cache
def _schemes() -> re.Pattern[str]:
    return re.compile(rf"(?<![a-z])(?:{'|'.join(words()['messenger_schemes'])})://[^\s<>\"'()\[\]]{{0,300}}")


@cache
def _call_patterns() -> tuple[tuple[tuple[str, ...], re.Pattern[str], str], ...]:
    """Of every call of `promotion.toml`: the words it needs, its pattern, its reason."""
    marks = {"{mark}": ("wechat", "telegram", "whatsapp", "qq"), "{other_mark}": ("telegram", "whatsapp", "qq")}
    meanings = {mark: _spelled(*names) for mark, names in marks.items()}
    meanings |= {"{add}": _ADD, "{whom}": _WHOM, "{noise}": _SMALL_GAP}
    calls = []
    for call in words()["calls"]:
        expression = call["pattern"]
        for mark, meaning in meanings.items():
            expression = expression.replace(mark, meaning)
        needs = [word for need in call["needs"] for name in marks.get(need, ()) for word in _squeezed_words(name)]
        needs += [need for need in call["needs"] if need not in marks]
        calls.append((tuple(needs), re.compile(expression), call["why"]))
    return tuple(calls)
