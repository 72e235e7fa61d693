"""Errors planted into claims and answers that an article holds, and rewordings that keep what they say.

A change takes a claim's words and gives other words, or nothing where it has no place.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

from corpus.normalize import has_han, to_traditional

Change = Callable[[str, Random], str | None]

_ALONE = r"(?<![\d.,:：\-零一二三四五六七八九十百千])"
_NUMERAL = rf"{_ALONE}(?:\d+(?:\.\d+)?|[一二两兩三四五六七八九十百千]+)"
_UNIT_OF_TIME = (
    r"\s?(?:[个個]?工作[日天]|天|[个個]?小[时時]|分[钟鐘]|[个個]月|年(?!卡|审|審|票|度|级|終)|[周週]?[岁歲])"
)
_DIGITS = "一二三四五六七八九"
_PLACES = (
    "居委会", "派出所", "税务局", "车站售票厅", "文化宫三楼", "社区卫生院", "邮局", "市民广场", "保卫科", "教务处",
    "财务科", "便民超市", "法院大厅", "区政府后院",
)  # fmt: skip
_DOCUMENTS = (
    "结婚证", "护照", "房产证", "学位证", "健康证", "行驶证副本", "出生证明", "营业执照", "社保缴费单", "租房合同",
)  # fmt: skip
_PLACE = re.compile(
    r"服务网点|营业网点|柜台|櫃台|窗口|居委会|总服务台|總服務台|服务台|前台|物业管理处|大厅|大廳|营业厅|詢問處|询问处|会员中心|保安室|报名厅|文化站|财务室|礼宾台|游客服务处|服务处"
)
_DOCUMENT = re.compile(
    r"身份证(?!件)|身分證|户口[簿本]|戶口名簿|押金[条單单]|收据|收據|小票|发票|行驶证|学生证|委托书|委託書|残疾人证|回执|合同"
)
_CONDITIONS = (
    "如果您是本地户籍，", "只要年满六十岁，", "若卡片仍在保修期，", "仅限工作日上午，", "如果办卡满五年，",
    "经单位领导批准后，", "若您已婚，", "只有会员等级达到金卡，",
)  # fmt: skip
_CONDITIONS_EN = (
    "If you are a local resident, ", "Only if you are over sixty, ", "Provided that the card is under warranty, ",
)  # fmt: skip
_INVENTED = (
    "把卡片寄到总公司的档案室统一封存。", "先在社区公告栏张贴注销声明。", "请两位邻居作为见证人签字。", "到派出所开具无犯罪记录证明。",  # noqa: E501
    "向主管部门缴纳保证金后再继续。", "录制一段手持证件的视频发给客服。", "关注官方公众号并转发到朋友圈。", "下载最新版客户端并升级为金牌会员。",  # noqa: E501
    "把旧卡放进微波炉里加热。", "填写满意度调查问卷并抽奖。", "领取一张面值百元的购物券。", "与客户经理面谈，说明今后的理财计划。",  # noqa: E501
)  # fmt: skip
_INVENTED_EN = (
    "Publish a notice of cancellation in a local newspaper.", "Ask two neighbours to witness your signature.",
    "Record a video of yourself holding the passport.", "Pay a security deposit to the city treasury.",
)  # fmt: skip
_PHONES = ("400-820-7731", "010-66778899", "13912345670", "95577", "0571-8899-6655")
_ADDRESSES = ("www.xiaoka-help.cn", "https://quxiao.example.net/apply", "service@card-center.com")
_HANDLES = ("微信 kafu_8866", "QQ 712233445", "Telegram @cardhelper", "微信号：xk-banli66")


@dataclass(frozen=True, slots=True)
class Planted:
    """A way to change a claim.

    Attributes:
        is_error: Whether the claim then says what its article does not.
    """

    name: str
    is_error: bool
    change: Change


def _rewrite(pattern: str, words: Callable[[re.Match[str], Random], str | None]) -> Change:
    compiled = re.compile(pattern)

    def change(text: str, rng: Random) -> str | None:
        found = list(compiled.finditer(text))
        if not found:
            return None
        match = rng.choice(found)
        other = words(match, rng)
        if other is None or other == match[0]:
            return None
        changed = text[: match.start()] + other + text[match.end() :]
        return None if re.search(r"[：，]，|(?:^|：)[。！]|了了|不不", changed) else changed

    return change


def _another_number(match: re.Match[str], rng: Random) -> str:
    number = match[0]
    if re.fullmatch(r"\d+(?:\.\d+)?", number):
        return f"{float(number) + rng.choice((1, 2, 3, 5, 7)):g}"
    places = [at for at, character in enumerate(number) if character in _DIGITS + "两兩"]
    if not places:
        return "三" + number
    at = rng.choice(places)
    return number[:at] + rng.choice([digit for digit in _DIGITS[2:] if digit != number[at]]) + number[at + 1 :]


def _another_digit(match: re.Match[str], rng: Random) -> str:
    at = rng.choice([at for at, character in enumerate(match[0]) if character.isdecimal()])
    return match[0][:at] + str((int(match[0][at]) + rng.randint(1, 9)) % 10) + match[0][at + 1 :]


def _one_of(choices: Sequence[str]) -> Callable[[re.Match[str], Random], str | None]:
    return lambda match, rng: rng.choice([choice for choice in choices if choice not in match.string])


def _said_before(chinese: Sequence[str], english: Sequence[str]) -> Change:
    def change(text: str, rng: Random) -> str | None:
        if has_han(text):
            return rng.choice(chinese) + text
        words = rng.choice(english)
        return words + text[0].lower() + text[1:]

    return change


def _said_behind(chinese: Sequence[str], english: Sequence[str], contacts: Sequence[str]) -> Change:
    def change(text: str, rng: Random) -> str | None:
        contact = rng.choice(contacts)
        lead = rng.choice(chinese if has_han(text) else english)
        return text.rstrip("。.；;！! ") + lead.format(contact) + ("。" if has_han(text) else ".")

    return change


def _instead(chinese: Sequence[str], english: Sequence[str]) -> Change:
    return lambda text, rng: rng.choice(chinese if has_han(text) else english)


def _swap_halves(text: str, _: Random) -> str | None:
    """What comes first and what comes then, around a word that says so, change places."""
    for pattern in (
        r"^(?P<head>.*?[，：:,] ?)?(?P<a>[^，。；：]{2,14})(?P<by>之后|以后|后)，?(?P<b>[^，。；]{3,})(?P<tail>.*)$",
        r"^(?P<head>.*?[，：:] ?)?先(?P<a>[^，。；先]{2,14})(?P<by>，?再|，?然后)(?P<b>[^，。；]{2,})(?P<tail>.*)$",
    ):
        match = re.match(pattern, text)
        if (
            match
            and not re.search(r"\d|[一二三七十“”：、之以随然最]$|^[面续]", match["a"] + match["b"][:1])
            and not re.search(r"[“”]|[之以随然最]$", match["a"])
        ):
            first = (
                "先" if "先" in match[0][: match.start("a") + 1] and match["by"] not in {"之后", "以后", "后"} else ""
            )
            return f"{match['head'] or ''}{first}{match['b'].rstrip('。')}{match['by']}{match['a']}{match['tail']}"
    return None


_NEGATION = r"(?<![要能是会怎得])不(?![仅僅但过過管论論断斷久同小少慎便])(?:必|用|能|可以|得|要)?|(?<!有)[没沒]有?(?!收)|[无無][须須需]|勿|[严嚴]禁"  # noqa: E501
_NOT_EN = r"(?<=\bcan)not\b|\b(?:not|no|never) |n't\b"
_DUTY = r"必[须須]|务必|務必|一定要|应当|應當|(?<![不主需重首无紧只就没还又想])要(?=[先另到带帶有写寫等把交补補在出])|(?<!不)只能"  # noqa: E501
_AFFIRMATION = (
    r"(?<![不没無无沒])(?:可以(?!不)|必[须須]|能(?![够力]))|(?<=[会會要需须])(?:通知|收回|退|填写|指导|審核|审核)"
)

_OPPOSITES = {
    "收回": "归还给您", "回收": "归还给您", "保留": "删除", "保存": "销毁", "线上": "线下", "网上": "柜台",
    "原件": "复印件", "复印件": "原件", "免费": "收费", "当场": "次日", "当天": "次日", "最多": "至少",
    "至少": "最多", "每月": "每年", "每年": "每月", "全额": "半额", "打开": "关闭", "关掉": "打开", "关闭": "打开",
    "转入": "转出", "成功": "失败", "随时": "限期", "自动": "手动", "剪角": "封存", "打孔": "封存", "删除": "保留",
    "冻结": "解冻", "解除": "保留", "归还": "领取", "领取": "上交", "缴清": "免除", "补缴": "免缴", "清零": "翻倍",
    "作废": "生效", "失效": "生效", "現金": "支票", "现金": "支票", "短信": "邮件", "电话": "邮件", "简单": "复杂",
    "复杂": "简单", "安全": "危险", "以上": "以下", "以下": "以上", "refunded": "forfeited",
    "take back": "give back", "online": "by post", "keep": "throw away", "in advance": "afterwards",
}  # fmt: skip
_DOERS = {
    r"工作人员|工作人員|柜员|馆员|館員|店员|服务员|营业员|站務員|顾问|管理员|staff|clerk": ("您本人", "you"),
    r"本人|亲自|自己|自行|yourself": ("工作人员", "the staff"),
}


def _another_doer(words: str) -> str:
    """The other of staff and customer, in the language of the words."""
    others = next(others for pattern, others in _DOERS.items() if re.fullmatch(pattern, words))
    return others[not has_han(words)]


KINDS: tuple[Planted, ...] = (
    Planted("hallucinated step", True, _instead(_INVENTED, _INVENTED_EN)),
    Planted("amount of money changed", True, _rewrite(rf"{_NUMERAL}(?=\s?(?:元|块|塊|角)|[ -]yuan)", _another_number)),
    Planted("duration changed", True, _rewrite(rf"{_NUMERAL}(?={_UNIT_OF_TIME})", _another_number)),
    Planted(
        "date or weekday changed",
        True,
        _rewrite(
            rf"{_NUMERAL}(?=月[\d一二三四五六七八九十]|日(?![期常]))|(?<=[周週])[一二三四五六](?![岁歲])",
            _another_number,
        ),
    ),
    Planted(
        "time of day changed",
        True,
        _rewrite(
            rf"(?<![\d:：])\d{{1,2}}(?=[:：]\d\d)|(?<=[午上早晚至到])(?:\d{{1,2}}|[{_DIGITS}十]+)(?=[点點](?![击擊]))",
            lambda m, r: str(int(m[0]) % 12 + 1) if m[0].isdecimal() else _another_number(m, r),
        ),
    ),
    Planted(
        "telephone number changed",
        True,
        _rewrite(r"(?<![\d-])(?:\d{3,4}-\d{3,4}(?:-?\d{3,4})?|1\d{4}|9\d{4})(?![\d元])", _another_digit),
    ),
    Planted(
        "negation dropped",
        True,
        _rewrite(f"{_NEGATION}|{_NOT_EN}", lambda m, _: "有" if m[0] in {"没有", "沒有"} else ""),
    ),
    Planted("negation added", True, _rewrite(_AFFIRMATION, lambda m, _: "不" + m[0])),
    Planted("need not made must not", True, _rewrite(r"不必|不用|[无無][须須需]", lambda _m, _: "不得")),
    Planted("must made may", True, _rewrite(_DUTY, lambda _m, _: "可以")),
    Planted(
        "before and after swapped",
        True,
        _rewrite(
            r"(?<=[\u4e00-\u9fff])(?:之前|以前|之后|以后|之後|以後)|(?<=[过满卡销完销了銷過續])[前后後](?=[，再把请])|\b(?:before|after)\b",
            lambda m, _: {
                "之前": "之后",
                "以前": "以后",
                "之后": "之前",
                "以后": "以前",
                "之後": "之前",
                "以後": "以前",
                "前": "后",
                "后": "前",
                "後": "前",
                "before": "after",
                "after": "before",
            }[m[0]],
        ),
    ),
    Planted("first and then swapped", True, _swap_halves),
    Planted(
        "some made all",
        True,
        _rewrite(
            r"有些|有的(?=[^，。]{2})|部分|某些|\b[Ss]ome\b",
            lambda m, _: "All" if m[0] == "Some" else "all" if m[0] == "some" else "所有",
        ),
    ),
    Planted(
        "all made some",
        True,
        _rewrite(r"全部|所有|一律|全數|\ball\b(?! the way)", lambda m, _: "some" if m[0] == "all" else "部分"),
    ),
    Planted("condition added", True, _said_before(_CONDITIONS, _CONDITIONS_EN)),
    Planted(
        "condition left out",
        True,
        _rewrite(
            r"(?<![例比])(?:如果|要是|如|若)[^，。；：]{2,}，(?=[^，。；：])|\b[Ii]f [^,.;]{4,}, ", lambda _m, _: ""
        ),
    ),
    Planted("place changed", True, _rewrite(_PLACE.pattern, _one_of(_PLACES))),
    Planted("document changed", True, _rewrite(_DOCUMENT.pattern, _one_of(_DOCUMENTS))),
    Planted("opposite put in its place", True, _rewrite("|".join(_OPPOSITES), lambda m, _: _OPPOSITES[m[0]])),
    Planted("who does it changed", True, _rewrite("|".join(_DOERS), lambda m, _: _another_doer(m[0]))),
    Planted(
        "telephone number invented", True, _said_behind(("，可拨打{}咨询", "，客服电话{}"), (", or call {}",), _PHONES)
    ),
    Planted("address invented", True, _said_behind(("，详见{}", "，也可在{}提交"), (", see {}",), _ADDRESSES)),
    Planted("handle invented", True, _said_behind(("，可加{}代办", "，有问题联系{}"), (", or write to {}",), _HANDLES)),
)
_FRAMES = ("请", "您需要", "首先，", "然后，", "接下来，您", "请注意，", "根据文章，")
_EQUALS = {
    "携带": "带上", "带好": "带上", "拨打": "致电", "注销": "销户", "无需": "不用", "不必": "无需", "不用": "无需", "告知": "告诉",  # noqa: E501
    "收回": "回收", "填写": "填好", "提交": "递交", "领取": "领", "归还": "交还", "遗失": "丢失", "丢了": "遗失", "余额": "剩余金额", "工作人员": "员工",  # noqa: E501
    "审核": "审查", "核对": "核实", "务必": "一定要", "如果": "若", "建议": "最好", "当场": "现场", "退还": "退回", "例如": "比如", "委托": "授权",  # noqa: E501
    "查询": "查看", "保存": "保留", "通知": "告知", "重新": "再次",
}  # fmt: skip
FAITHFUL: tuple[Planted, ...] = (
    Planted("nothing changed", False, lambda text, _: text),
    Planted(
        "framed",
        False,
        lambda text, rng: (
            rng.choice(_FRAMES) + re.sub(r"^(?:请|您)", "", text) if has_han(text) else "Please note: " + text
        ),
    ),
    Planted(
        "other words",
        False,
        _rewrite("|".join(rf"(?<!签){word}(?!执)" for word in _EQUALS), lambda m, _: _EQUALS[m[0]]),
    ),
    Planted("other script", False, lambda text, _: other if (other := to_traditional(text)) != text else None),
    Planted("clauses reordered", False, lambda text, _: _reordered(text)),
    Planted(
        "digits for numerals",
        False,
        _rewrite(rf"{_ALONE}[{_DIGITS}](?={_UNIT_OF_TIME}|元)", lambda m, _: str(1 + _DIGITS.index(m[0]))),
    ),
)


def _reordered(text: str) -> str | None:
    """The two clauses of a list-like sentence change places; none where one leads to the other."""
    match = re.fullmatch(
        r"([^，。；：、先再后後然如若就]{4,})，([^，。；：先再后後然如若就、但也都]{4,})([。；]?)", text
    )
    return f"{match[2]}，{match[1]}{match[3]}" if match else None
