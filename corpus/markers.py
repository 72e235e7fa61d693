"""How an entry of a list begins: `1.`, `（1）`, `①`, `1️⃣`, `一、`, `第一步：`, `STEP 01`, `01 |`, `a.`, or a bullet."""

from __future__ import annotations

import re

NUMERALS = "一二三四五六七八九十"
_NUMBER = rf"(?:\d{{1,2}}|[{NUMERALS}]{{1,3}}|[\u2460-\u2473])"
# Signs that are a number each, by the sign for one and how many follow it.
_SIGNS = {
    "\u2460": 20,  # ①
    "\u2474": 20,  # ⑴
    "\u2488": 20,  # ⒈
    "\u24f5": 10,  # ⓵
    "\u2776": 10,  # ❶
    "\u2780": 10,  # ➀
    "\u278a": 10,  # ➊
    "\u3220": 10,  # ㈠
    "\u3280": 10,  # ㊀
    "\u2160": 12,  # Ⅰ
    "\u2170": 12,  # ⅰ
    "a": 8,
    "A": 8,
}
_STEMS = "甲乙丙丁戊己庚辛壬癸"
_KEYCAP_TEN = "\U0001f51f"
_OPEN, _CLOSE = r"[【\[「『〔〖(（]", r"[】\]」』〕〗)）]"
_PARTING = r"[、.．:：]"


def _sign(first: str) -> str:
    return f"[{first}-{chr(ord(first) + _SIGNS[first] - 1)}]"


_STEP_WORD = re.compile(
    rf"{_OPEN}?\s*(?:第\s*(?P<n>{_NUMBER})\s*(?:步[骤驟]?|个?[环環][节節])|(?:步[骤驟]|[环環][节節])\s*{_OPEN}?(?P<m>{_NUMBER})"
    rf"|(?i:step)[\s.·#]*(?P<k>\d{{1,2}}))\s*{_CLOSE}?\s*(?:\*\*)?\s*[:：、.．,，)）|｜/／—-]*\s*"
)
# A number without any sign behind it; not one that counts something.
_COUNTED = (
    r"[个個天日元年月号號张張份楼层層分小周岁歲种種类類位名条條项項寸次块塊角毛万千百多家人间間台部年倍成秒]"
    r"|工作日|[点點](?=[半到至前后後钟鐘整多，。、—-]|\d|[开開关關]门|[上下]班)"
)
# Marker families, in the order they are tried. Each has the number in a group; what follows is the content.
_FAMILIES: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("step", _STEP_WORD),
    # One of how many: `2/5 交卡`.
    (
        "step",
        re.compile(r"[（(【]?(?P<n>[1-9])\s?[/／]\s?(?:[3-9]|1\d)(?:[)）】]\s*|[ \t\u3000:：、.．|｜]+)(?![的\d左以])"),
    ),
    ("second-level", re.compile(rf"\d{{1,2}}[.．](?P<n>\d{{1,2}})[ \t\u3000]+(?!{_COUNTED})(?=\D)")),
    ("decimal", re.compile(r"(?P<n>\d{1,2})[ \u3000]?(?:[.．](?!\d)|、)\s*")),
    ("decimal-bracket", re.compile(r"(?P<n>\d{1,2})[ \u3000]?[)）]\s*")),
    ("decimal-colon", re.compile(r"(?P<n>\d{1,2})[:：](?![\d/])\s*")),
    ("parted", re.compile(r"(?P<n>\d{1,2})\s*(?:[|｜/／](?!\s*\d)|\s[—–-]+(?=\s))\s*")),
    ("keycap", re.compile(rf"(?P<n>\d)\ufe0f?\u20e3\s*|(?P<m>{_KEYCAP_TEN})\s*")),
    ("bracket", re.compile(r"[（(](?P<n>\d{1,2})[)）]\s*[、.．]?\s*")),
    ("square", re.compile(r"[【〔](?P<n>\d{1,2})[】〕]\s*[、.．]?\s*")),
    ("square-latin", re.compile(r"\[(?P<n>\d{1,2})\](?![(\[:：])\s*[、.．]?\s*")),
    ("circled", re.compile(rf"(?P<n>{_sign('①')})\s*[、.．]?\s*")),
    ("circled-otherwise", re.compile(rf"(?P<n>{_sign('❶')}|{_sign('➀')}|{_sign('➊')}|{_sign('⓵')})\s*[、.．]?\s*")),
    ("enclosed", re.compile(rf"(?P<n>{_sign('⑴')}|{_sign('⒈')}|{_sign('㈠')}|{_sign('㊀')})\s*[、.．]?\s*")),
    ("roman", re.compile(rf"(?P<n>{_sign('Ⅰ')}|{_sign('ⅰ')})(?:\s*[、.．]\s*|[ \t\u3000]+(?=[\u4e00-\u9fff“《【]))")),
    ("numeral", re.compile(rf"(?P<n>[{NUMERALS}]{{1,3}})[、.．]\s*")),
    ("numeral-bracket", re.compile(rf"(?P<n>[{NUMERALS}]{{1,3}})[)）]\s*")),
    ("bracket-numeral", re.compile(rf"[（(](?P<n>[{NUMERALS}]{{1,3}})[)）]\s*[、.．]?\s*")),
    ("stem", re.compile(rf"(?P<n>[{_STEMS}])[、.．]\s*")),
    ("letter", re.compile(r"(?P<n>[a-h])[.．、)）]\s*(?=[\u4e00-\u9fff“《【])")),
    ("letter-bracket", re.compile(r"(?P<n>[A-H])[)）]\s*(?=[\u4e00-\u9fff“《【])")),
    ("letter-capital", re.compile(r"(?P<n>[A-H])、\s*(?=[\u4e00-\u9fff“《【])")),
    ("bare", re.compile(rf"(?P<n>\d{{1,2}})[ \t\u3000]+(?!{_COUNTED})(?=[\u4e00-\u9fff“《【])")),
)
# What numbers sections rather than entries, when something else than the next of its kind follows it.
# Of each the depth of the heading.
OUTLINE = {"numeral": 2, "stem": 3, "square": 3, "numeral-bracket": 3, "bracket-numeral": 4}

_BULLET = re.compile(r"(?:[-*+]\s+|[•·・●○▪■◆►▶▷▸➤➢✓✔✅☑👉🔹🔸]\ufe0f?\s*)(?:\[[ xX]\]\s+)?(?:[👉✅✔☑➡▶]\ufe0f?\s*)?")
_BOLD_END = re.compile(r"(?:\*\*|__)\s*")  # of `**第一步：**`


def number_of(numeral: str) -> int:
    """The value of `3`, `三`, `十二`, `③`, `❸`, `Ⅲ` or `c`; 0 when it is none of these."""
    if numeral.isascii() and numeral.isdigit():
        return int(numeral)
    if numeral == _KEYCAP_TEN:
        return 10
    if len(numeral) == 1:
        for first, n_signs in _SIGNS.items():
            if 0 <= ord(numeral) - ord(first) < n_signs:
                return ord(numeral) - ord(first) + 1
    if len(numeral) == 1 and numeral in _STEMS:
        return _STEMS.index(numeral) + 1
    tens, ten, ones = numeral.rpartition("十")
    digits = [NUMERALS.find(part) + 1 if part else 0 for part in (tens, ones)]
    return (digits[0] or 1) * 10 + digits[1] if ten else digits[1]


def item_marker(content: str) -> tuple[str, int, int] | None:
    """Family, number and length of the list marker that `content` starts with, or None when it starts with none."""
    bold = 2 if content.startswith(("**", "__")) else 0
    for family, pattern in _FAMILIES:
        found = pattern.match(content, bold)
        if found is None:
            continue
        numeral = next(value for value in found.groupdict().values() if value)
        number = number_of(numeral)
        if number:
            closing = _BOLD_END.match(content, found.end()) if bold and content[:2] not in found.group() else None
            return family, number, (closing or found).end()
    return None


def bullet_length(content: str) -> int:
    """The length of the bullet that `content` starts with, 0 when it starts with none."""
    found = _BULLET.match(content)
    return found.end() if found else 0


def row_marker(row: str) -> tuple[int, int] | None:
    """Number and length of what opens a row of a table that is an entry of a list, or None.

    Its first cell holds a number alone (`| 1 | 交卡 |`), or begins with a marker (`| 第一步：交卡 |`).
    """
    found = re.match(r"\|\s*(?P<cell>[^|]*?)\s*\|\s*(?=[^\s|])", row)
    if found is None:
        return None
    cell = found["cell"].strip("*_ ")
    if number := number_of(cell):
        return number, found.end()
    marker = item_marker(found["cell"])
    if marker is None or marker[0] == "bare":
        return None
    length = marker[2]
    return marker[1], found.end() if length >= len(found["cell"].rstrip("*_ ")) else found.start("cell") + length
