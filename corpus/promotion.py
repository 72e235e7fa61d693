"""Advertisements in a folded text: contacts, links that hide their target, calls to get a card or to write to someone.

The words stand in `promotion.toml`. Every pattern repeats within fixed bounds only, so a search is linear in the
text, and a pattern is tried only when one of its words is in the text at all.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from corpus.units import Units

_FILE = Path(__file__).with_name("promotion.toml")
Reach = Literal["exact", "link", "unit", "sentence"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspicion:
    """Characters `start:end` of a folded text that give something away, and how far it reaches around them.

    Attributes:
        kind: A kind of `corpus.hygiene.Finding`.
        reach: `exact`: these characters; `link`: the Markdown link around them; `unit`: the clauses and brackets around
            them; `sentence`: the same, and all that follows in the sentence.
    """

    kind: str
    start: int
    end: int
    why: str
    reach: Reach = "unit"


_NOISE = r"(?:[^\w\n。;!?|]|_)"
_SMALL_GAP = r"(?:[^\w\n。,;!?()、|]|_){0,3}"
_DOT = r"[ ]?(?:\.|。|点|點|\(dot\)|\[dot\]|\[\.\]|\(\.\)|\{\.\}| dot )[ ]?"
_FILLER = (
    "号码|号|號|id|账号|帐号|同号|同步|客服|咨询|諮詢|办理|联系|聯繫|搜索|搜|添加|加|是|为|我|请|频道|群组|群|小号|老师|专员|经理|私聊"
    "|contact|number|no|at|us|me|user|username|handle"
)
_JOIN = rf"(?P<join>(?:(?:{_FILLER})|{_NOISE}){{0,12}})"
_HANDLE = (
    r"(?P<handle>(?:[a-z0-9_](?:[ .\-*·•~]{1,2}[a-z0-9_]){4,24}|[a-z0-9_]{1,3}(?:[ \-*·•~][a-z0-9_]{1,4}){2,12}"
    r"|\+?\d(?:[ \-]?\d){4,18}|[a-z0-9_][a-z0-9_.\-]{3,31}))(?![a-z0-9])"
)
_ADD = r"(?:添加|加|伽|珈|➕|✚|\+|(?<![a-z])jia(?![a-z])|(?<![a-z])add(?![a-z]))"
_VERB = rf"(?:{_ADD}|搜索|搜|联系|聯繫|咨询|諮詢|找|私|扫|掃|(?<![a-z])(?:contact|message|msg|text|chat|dm|reach|write|ping|join)(?![a-z]))"
_WHOM = (
    rf"(?:(?:我们?|客服|官方|小编|博主|楼主|老师|专员|经理|小姐姐|下方|下面|以下|这个|的|(?:us|me|our|my|on|via|at|through|with|to|by|the|in)(?![a-z]))"
    rf"{_SMALL_GAP}){{0,4}}"
)
_HOTLINE = re.compile(r"(?:95\d{3,6}|96\d{3,6}|1[02]\d{3}|1[012]\d|400\d{7}|800\d{7})$")
_VERSION = re.compile(r"v?\d{1,3}(?:\.\d{1,4}){1,3}$")
_MOBILE = r"(?<![\d.])(?:\+?86[ -]?)?1[ .\-*·•]{0,2}[3-9](?:[ .\-*·•]{0,2}\d){9}(?!\d)|(?<![零〇一二三四五六七八九幺])[一幺][三四五六七八九][零〇一二三四五六七八九幺]{9}"
_EMAIL = r"[a-z0-9][a-z0-9._+\-]{0,63}[ ]?(?:@|\(at\)|\[at\])[ ]?[a-z0-9\-]{1,40}(?:\.[a-z0-9\-]{1,20}){1,3}"
_EXEMPT_BEHIND = r"(?!\W{0,2}(?:支付|公众号|公眾號|小程序|小程式|零钱|钱包|卡包|银行|服务号|订阅号|绑定|渠道|平台|乘车|扫一扫|城市服务|官方|pay|app|账户|端))"
_SOCIAL = re.compile(r"(?:微博|twitter|facebook|instagram|抖音|b站|youtube|tiktok|小红书|weibo|(?<![a-z])x)\W{0,4}$")


@cache
def words() -> dict[str, list[str]]:
    """The lists of `promotion.toml`."""
    with _FILE.open("rb") as file:
        return tomllib.load(file)


@cache
def pattern(name: str) -> re.Pattern[str]:
    """A list of regular expressions of `promotion.toml` as one; Latin ones begin at a word."""
    return re.compile(
        "|".join(rf"\b{word}" if word[0].isascii() and word[0].isalpha() else word for word in words()[name])
    )


def _spelled(name: str) -> str:
    """The plain words of a list, with noise allowed between their characters."""
    spelled = []
    for word in sorted(words()[name], key=len, reverse=True):
        body = _SMALL_GAP.join(re.escape(character) for character in word if not character.isspace())
        latin = word[0].isascii() and word[0].isalnum()
        spelled.append(
            (r"(?<![a-z0-9])" if latin else "") + body + (r"(?![a-z])" if word[-1].isascii() and latin else "")
        )
    return "(?:" + "|".join(spelled) + ")"


def _hosts(name: str) -> str:
    hosts = []
    for host in sorted(words()[name], key=len, reverse=True):
        domain, _, path = host.partition("/")
        hosts.append(
            _DOT.join(re.escape(part) for part in domain.split(".")) + (r"[ ]?/[ ]?" + re.escape(path) if path else "")
        )
    return rf"(?:(?:https?[ ]?:[ ]?)?//[ ]?)?(?<![a-z0-9\-])(?:www{_DOT})?(?:{'|'.join(hosts)})(?![a-z0-9\-])(?:[ ]?[/?#][^\s<>\"'()\[\]【】。,、]{{0,300}})?"


@cache
def _compiled(name: str) -> re.Pattern[str]:
    return re.compile(_SOURCES[name]())


def _messenger(name: str) -> str:
    return rf"(?:{_VERB}{_SMALL_GAP}{_WHOM})?(?P<mark>{_spelled(name)}){_JOIN}@?{_HANDLE}"


_SOURCES = {
    "messenger_hosts": lambda: _hosts("messenger_hosts"),
    "short_hosts": lambda: _hosts("short_hosts"),
    "image_hosts": lambda: _hosts("image_hosts"),
    "schemes": lambda: rf"(?<![a-z0-9])(?:{'|'.join(words()['messenger_schemes'])})://[^\s<>\"'()\[\]]{{0,300}}",
    "wechat": lambda: _messenger("wechat"),
    "telegram": lambda: _messenger("telegram"),
    "whatsapp": lambda: _messenger("whatsapp"),
    "qq": lambda: _messenger("qq"),
    "other": lambda: _messenger("other"),
    "line": lambda: (
        rf"(?:(?:{_VERB}{_SMALL_GAP}{_WHOM}|(?:客服|官方|my|our)\W{{0,2}})(?<![a-z])line(?![a-z])|(?<![a-z])line\W{{0,2}}id|(?<![a-z])line\W{{0,3}}(?=@)|賴|(?<![无无依信耍抵百])赖(?=[:id]))"
        rf"{_JOIN}@?{_HANDLE}"
    ),
    "v": lambda: (
        rf"(?:(?:{_VERB}{_SMALL_GAP}{_WHOM}v(?![a-z])|(?<![a-z0-9])v{_SMALL_GAP}(?=[:号])|(?<![轻略稍显甚细])[薇微威徽溦]{_SMALL_GAP}(?=[:号]))"
        rf"{_JOIN}@?{_HANDLE})|(?<![a-z0-9])wxid_[a-z0-9]{{4,30}}"
    ),
    "group": lambda: (
        r"(?:[qv扣微薇]|交流|粉丝|福利|客服|进|加|入|微信)\W{0,3}(?:群|裙|峮)\W{0,3}(?:号码?)?\W{0,4}(?P<handle>\d(?:[ \-]?\d){4,11})(?!\d)"
    ),
    "handle": lambda: r"(?<![\w.\-/])@(?P<handle>[a-z][a-z0-9_]{4,31})(?![a-z0-9_@\-]|\.[a-z])",
    "mobile": lambda: _MOBILE,
    "email": lambda: _EMAIL,
    "add": lambda: (
        rf"(?<![增新参更附追叠施])(?:{_ADD}|扫|联系|找|私){_SMALL_GAP}{_WHOM}(?:(?:{_spelled('wechat')}|{_spelled('telegram')}|{_spelled('qq')}|{_spelled('whatsapp')})|v(?![a-z0-9]))(?!\W{{0,2}}\d)"
        + _EXEMPT_BEHIND
    ),
    "channel": lambda: (
        rf"(?:{_spelled('telegram')}|{_spelled('whatsapp')}|{_spelled('qq')}){_SMALL_GAP}(?:交流|粉丝|福利|官方)?(?:群|裙|频道|頻道|客服|联系|咨询|私聊|同号)"
        r"|(?:微信|v|薇|vx|wx)\W{0,2}(?:同号|同步|拉群|进群|交流群|粉丝群|福利群)|(?<![a-z0-9])(?:message|contact|dm|text|chat with|reach|ping|write to) (?:me|us) (?:on|via|through|by|at) (?:telegram|whatsapp|wechat|line|signal|viber)"
        r"|(?<![a-z])(?:our|my) (?:telegram|whatsapp|wechat|line) (?:group|channel|number|id|account|bot)"
    ),
    "join": lambda: (
        r"(?<!业主)(?<!班级)(?:扫码|点击|快|速|欢迎|立即|免费|后台)\W{0,2}(?:加入?|进|入)\W{0,2}(?:我们?的?|本|交流|粉丝|福利|微信|官方|qq)*(?:群|裙)(?![众体岛发])|(?:进群|入群|加群)\W{0,2}(?:领|送|免费|咨询|了解|获取|有)"
    ),
    "qr": lambda: (
        r"(?:长按|長按)\W{0,2}(?:识别|掃描|扫描|下方|上方|图中|保存|下图)?\W{0,2}(?:二维码|二維碼|图片二维码|qr)"
        r"|(?:扫描?|掃描?|识别|扫一扫)\W{0,3}(?:下方|下面|上方|左侧|右侧|图中|文末|以下|这个|此|该|我的|我们的|下图|客服|微信|右下角|顶部|底部|的)*\W{0,2}(?:二维码|二維碼|qr码|码|碼|图)"
        r"[^。!?;\n]{0,12}?(?:添加|加(?:我|微|v|群|好友|客服|薇|q|入群|入交流)|进群|入群|咨询|私聊|领卡|免费领|免费申|领(?:取)?(?:福利|流量|资料|红包|优惠|esim|sim)|联系(?:我|客服|小)|办卡|下单|购买|代办)"
        r"|(?<![a-z])scan (?:the|this|our|my)(?: \w+){0,2} (?:qr|code)(?: code)?[^.\n]{0,30}?(?:\badd\b|contact (?:us|me)|\bjoin\b|claim|get (?:your|a|my)|chat|message (?:us|me)|whatsapp|telegram|wechat|\border\b|\bbuy\b)"
    ),
    "get": lambda: (
        r"(?:点击|點擊|点这里|点此|戳)\W{0,3}(?:下方|这里|此处|链接|頭像|头像|蓝字|按钮|图片|卡片|原文|左下角|右下角|进入|阅读|即可|立即|马上|免费|连接|我|主页|的)*\W{0,3}(?:领取|领卡|申领|領取|抢|下单|购买|办卡|开卡|免费申请|免费领)"
        r"|(?:限时|限量|火热|火爆|0元|零元|秒|疯)\W{0,2}(?:免费)?(?:领卡|领取|抢购|抢领|申领|包邮|开卡|下卡|领)|(?:立即|马上|速来|赶紧|快来)\W{0,2}(?:免费)?(?:领卡|抢购|抢领|包邮|免费领|来领|领取(?:福利|优惠|流量卡|红包))"
        r"|领卡\W{0,2}(?:入口|链接|地址|通道|加|找|请|联系|私|戳|点)|免费(?:领卡|领sim|领esim|送卡|领流量|领电话卡|领手机卡|办卡)|(?:私信|私聊|评论|留言|后台回复|关注)[^。!?;\n]{0,10}?(?:领取|领卡|免费领|领福利|获取|拿卡)"
        r"|需要?的?(?:办卡|销卡|流量卡|esim|电话卡|代办|领卡)?(?:的)?(?:朋友|亲|老铁|宝子|家人|小伙伴)们?的?\W{0,3}(?:请|可以|可)?\W{0,2}(?:联系|加|私|滴滴|找|dd|扣)"
        r"|(?:想|要)(?:领|办|拿|买)卡(?:的)?\W{0,2}(?:联系|加|私|滴滴|找|扣)|(?:办卡|领卡|拿卡|开卡|买卡)\W{0,2}(?:请)?(?:找|加|联系|私信)(?:我|小|v|微|客服|博主)"
        r"|(?<![a-z])(?:claim|grab|order|get) (?:your|a|my) (?:free |own |new |global |travel |prepaid )*(?:esim|sim|virtual card|free card)|(?<![a-z])(?:click|tap) (?:here|below|the link|this link|link)(?: \w+){0,3} (?:to|and) (?:get|claim|order|buy|grab)"
    ),
    "agency": lambda: (
        r"(?:专业|全国|快速|低价|长期|诚信|承接|接|正规|全网|有偿|可|提供|秒|加急|各类|各地|一手)\W{0,2}(?:代办|代注销|代销卡|代销户|代退卡|代开|代刷|代领)(?!人|理)"
        r"|(?:代办|代注销|代销|代退)[^。!?;\n]{0,14}?(?:联系(?!人|电话|方式|地址|发卡|银行|物业)|加我|私信|私聊|价格|优惠|低价|详询|咨询我|找我|\d+元|包成功|包过|滴滴|服务费?\d)"
        r"|(?:无需|不用|免)本人(?:到场|出面|亲自)?[^。!?;\n]{0,10}?(?:代办|全程|搞定|包办|秒办|帮你)|(?:我们|本店|本团队|小编|专人)(?:全程)?(?:帮|替|为)(?:你|您)(?:代|办|搞定|注销|销)[^。!?;\n]{0,12}?(?:费|元|联系|加|私|找|包)"
        r"|(?<![a-z])we (?:can |will )?(?:do|cancel|handle|close) (?:it|this|your card|everything|them)(?: all)? for you[^.\n]{0,60}?(?:contact|fee|price|cheap|fast|guarante|\bdm\b|message|telegram|whatsapp|\$|only)"
        r"|(?:私信|私聊)\W{0,2}(?:我|博主|小编|领|咨询|获取|办)|(?<![a-z])(?:dm|inbox|pm) (?:me|us)(?![a-z])|(?:包下卡|不看征信|黑户可办|免实名|免审核秒批)"
    ),
}

_GATES: dict[str, tuple[str, ...]] = {
    "schemes": ("://",),
    "line": ("line", "赖", "賴"),
    "v": tuple("v薇微威徽溦") + ("wxid",),
    "group": ("群", "裙", "峮"),
    "handle": ("@",),
    "email": ("@", "(at)", "[at]"),
    "qr": ("码", "碼", "扫", "掃", "scan", "长按", "長按"),
    "join": ("群", "裙"),
}


def promotions(text: str, squeezed: str, units: Units) -> Iterator[Suspicion]:
    """What advertises in the folded `text`; `squeezed` is the text without anything but letters and digits."""
    yield from _addresses(text)
    for name in ("wechat", "telegram", "whatsapp", "qq", "other"):
        if any(_squeeze(word) in squeezed for word in words()[name]):
            yield from _handles(name, text)
    yield from _handles("line", text)
    yield from _handles("v", text)
    yield from _handles("group", text)
    yield from _bare_handles(text)
    yield from _beside_sales(text, units)
    yield from _calls(text, squeezed, units)


@cache
def _squeeze(word: str) -> str:
    return re.sub(r"[\W_]+", "", word)


def _found(name: str, text: str) -> Iterable[re.Match[str]]:
    if name in _GATES and not any(literal in text for literal in _GATES[name]):
        return ()
    return _compiled(name).finditer(text)


def _addresses(text: str) -> Iterator[Suspicion]:
    for name, kind, why in (
        ("messenger_hosts", "contact", "a link to a messenger"),
        ("schemes", "contact", "a link to a messenger"),
        ("short_hosts", "link", "a short link hides where it leads"),
        ("image_hosts", "image", "a link to a picture host"),
    ):
        for found in _found(name, text):
            yield Suspicion(kind=kind, start=found.start(), end=found.end(), why=why)


def _handles(name: str, text: str) -> Iterator[Suspicion]:
    for found in _found(name, text):
        groups = found.groupdict()
        handle = groups.get("handle") or ""
        before = text[found.start() : found.start("handle")] if handle else ""
        if not handle or _is_handle(handle, before, digits_only=name in {"qq", "group"}):
            yield Suspicion(kind="contact", start=found.start(), end=found.end(), why="a messenger contact")


def _is_handle(handle: str, before: str, *, digits_only: bool) -> bool:
    core = re.sub(r"[^a-z0-9_]", "", handle)
    if _VERSION.match(handle) or core in words()["not_handles"]:
        return False
    said = re.search(r"[:@=号號加搜➕+]|(?<![a-z])id|add|contact|message", before) is not None
    if core.isdigit():
        if _HOTLINE.match(core):
            return False
        return (
            5 <= len(core) <= 12
            if digits_only
            else (len(core) == 11 and core[0] == "1") or (said and 6 <= len(core) <= 15)
        )
    if digits_only or len(core) < 4:
        return False
    return said or (len(core) >= 5 and any(character.isdigit() or character == "_" for character in core))


def _bare_handles(text: str) -> Iterator[Suspicion]:
    for found in _found("handle", text):
        if not _SOCIAL.search(text, max(0, found.start() - 14), found.start()):
            yield Suspicion(kind="contact", start=found.start(), end=found.end(), why="a handle to write to")


def _beside_sales(text: str, units: Units) -> Iterator[Suspicion]:
    for name, why in (("mobile", "a mobile number in an offer"), ("email", "an e-mail address in an offer")):
        for found in _found(name, text):
            start, end = units.sentence(found.start(), found.end())
            if pattern("sales").search(text[start : found.start()] + "\n" + text[found.end() : end]):
                yield Suspicion(kind="contact", start=found.start(), end=found.end(), why=why)


_CALLS = {
    "add": "a call to add a messenger contact",
    "channel": "a call to a messenger group or contact",
    "join": "a call to join a group",
    "qr": "a call to scan a code",
    "get": "a call to get a card",
    "agency": "an offer to do it for a fee",
}


def _calls(text: str, squeezed: str, units: Units) -> Iterator[Suspicion]:
    for name, why in _CALLS.items():
        for found in _found(name, text):
            start, end = units.sentence(found.start(), found.end())
            if not pattern("warnings").search(text, start, end):
                yield Suspicion(kind="call", start=found.start(), end=found.end(), why=why)
