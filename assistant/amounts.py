"""Amounts, durations, times, telephone numbers and addresses of a text, in one form for Chinese and English."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Set
from dataclasses import dataclass
from decimal import Decimal

from corpus.normalize import normalize

_DIGITS = {digit: value for value, digit in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_POWERS = {"十": 10, "百": 100, "千": 1000, "万": 10_000}
_WORDS = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "eleven": 11, "twelve": 12, "fifteen": 15, "twenty": 20, "thirty": 30, "sixty": 60, "ninety": 90, "hundred": 100,
}  # fmt: skip
_WEEKDAYS = {"mon": "一", "tue": "二", "wed": "三", "thu": "四", "fri": "五", "sat": "六", "sun": "日", "天": "日"}

# Unit, and how Chinese and English write it behind a number; one that begins another stands behind it.
_UNITS = [
    (unit, re.compile(rf"\s?(?:{chinese})" + (rf"|[\s-]?(?:{english})(?![a-z])" if english else "")))
    for unit, chinese, english in (
        ("workday", "个?工作[日天]", "(?:working|business)[ -]days?|workdays?"),
        ("day", "个?自然日|天|日", "(?:calendar[ -])?days?"),
        ("hour", "个?(?:小时|钟头)", "hours?"),
        ("minute", "分钟", "minutes?"),
        ("second", "秒", "seconds?"),
        ("age", "周?岁", "years old"),
        ("week", "个?(?:周|星期|礼拜)", "weeks?"),
        ("month", "个月", "months?"),
        ("calendar month", "月", ""),
        ("year", "年", "years?"),
        ("yuan", "元|块钱?|圆", "yuan|rmb|cny"),
        ("jiao", "角|毛钱?", "jiao"),
        ("percent", "%", "percent|per cent"),
        ("times", "次", "times"),
        ("floor", "楼|层", ""),
        ("number", "号", ""),
        ("copies", "份", "copies"),
        ("steps", "个?步", "steps?"),
        ("pieces", "[张册位项种条折倍]", ""),
    )
]
# What `一` and `one` only stand before as an article.
_COUNTED_FROM_TWO = frozenset({"times", "floor", "number", "copies", "steps", "pieces"})

_WEEKDAY = re.compile(
    r"(?:周|星期|礼拜)(?P<chinese>[一二三四五六日天])|\b(?P<english>mon|tue|wed|thu|fri|sat|sun)[a-z]*day\b"
)
_ADDRESS = re.compile(
    r"(?:https?://|www\.)[\w./?=&%#:~-]+|[\w-]+(?:\.[\w-]+)*\.(?:com|cn|net|org|io|me)\b[\w./?=&%-]*", re.ASCII
)
_TELEPHONE = re.compile(r"(?<![\d.-])(?:\+?\d{1,4}[- ])?\d{3,4}[- ]\d{3,8}(?:[- ]\d{3,4})?(?![\d-]|\s?[元块])")
_ORDINAL = re.compile(
    r"第(?P<numeral>\d{1,2}|[一二三四五六七八九十]{1,3})[天日周月年]|(?P<next>次日|翌日|隔天|next day)"
)
_CLOCK = re.compile(
    r"(?P<later>下午|晚上|傍晚)?(?:(?P<hour>\d{1,2}):(?P<minute>\d{2})(?!\d)"
    r"|(?P<point>\d{1,2}|[一二三四五六七八九十两]{1,3})点(?P<rest>半|(?:\d{1,2}|[一二三四五六七八九十]{1,3})分)?(?![击选开])|(?P<noon>\d{1,2})\s?(?P<half>[ap])m\b)"
)
_NUMBER = re.compile(
    r"(?<![a-z\d.])(?P<digits>\d{1,3}(?:,\d{3})+|\d+(?:\.\d+)?)(?P<power>[百千万]?)"
    r"|(?P<hundredths>百分之)?(?P<numeral>[零〇一二两三四五六七八九十百千万]+|半)"
    rf"|\b(?P<word>{'|'.join(_WORDS)})\b"
)


@dataclass(frozen=True, slots=True)
class Amount:
    """A value with its unit; a telephone number, an address or a time of day is a value of that unit.

    Attributes:
        unit: `day`, `yuan`, `clock`, `telephone`, …; empty for a bare number of two digits or more.
    """

    value: str
    unit: str

    def stands_in(self, others: Set[Amount]) -> bool:
        """Whether one of the others has the same value, and the same unit where both have one."""
        if self in others:
            return True
        return any(other.value == self.value and not (self.unit and other.unit) for other in others)


def amounts_of(text: str) -> set[Amount]:
    """The amounts of a text: every number of two digits or with a unit; no single bare digits."""
    folded = normalize(text)
    found: set[Amount] = set()
    for unit, pattern, value_of in _READ_FIRST:
        found |= {Amount(value_of(match), unit) for match in pattern.finditer(folded)}
        # What has been read is no number any more, nor does it join what stands around it.
        folded = pattern.sub("|", folded)
    return found | set(_numbers(folded))


def without_amounts(folded: str) -> str:
    """A normalized text in which a `|` stands for each of its amounts and its units."""
    for _, pattern, _ in _READ_FIRST:
        folded = pattern.sub("|", folded)
    parts, at = [], 0
    for match in _NUMBER.finditer(folded):
        if match.start() < at or (not match["digits"] and not _counts(folded, match)):
            continue
        unit = next(
            (found.end() for _, pattern in _UNITS if (found := pattern.match(folded, match.end()))), match.end()
        )
        parts += [folded[at : match.start()], "|"]
        at = unit
    return "".join([*parts, folded[at:]])


def _counts(folded: str, match: re.Match[str]) -> bool:
    """Whether a numeral is an amount: it has a unit, and is not the `一` of an article."""
    unit = _unit_behind(folded, match.end())
    return bool(unit) and not (unit in _COUNTED_FROM_TWO and _value_of(match) == 1)


def _numbers(folded: str) -> Iterator[Amount]:
    for match in _NUMBER.finditer(folded):
        if folded[: match.start()].endswith("第"):
            continue
        unit = _unit_behind(folded, match.end())
        if folded[: match.start()].rstrip().endswith("¥"):
            unit = "yuan"
        if match["hundredths"]:
            unit = "percent"
        written = match["digits"] or ""
        value = _value_of(match)
        if unit in _COUNTED_FROM_TWO and value == 1 and not written:
            continue
        if unit or len(written.replace(",", "").replace(".", "")) > 1:
            yield Amount(f"{value.normalize():f}", unit)


def _unit_behind(folded: str, at: int) -> str:
    return next((unit for unit, pattern in _UNITS if pattern.match(folded, at)), "")


def _value_of(match: re.Match[str]) -> Decimal:
    if match["digits"]:
        return Decimal(match["digits"].replace(",", "")) * _POWERS.get(match["power"], 1)
    if match["word"]:
        return Decimal(_WORDS[match["word"]])
    return Decimal("0.5") if match["numeral"] == "半" else Decimal(_numeral(match["numeral"]))


def _numeral(numeral: str) -> int:
    """The value of a Chinese numeral such as `二十`, `一百零五`, `两万` or `二〇二四`."""
    if not set(numeral) & set(_POWERS):
        return int("".join(str(_DIGITS[digit]) for digit in numeral))
    total, below, digit = 0, 0, 0
    for character in numeral:
        if character in _DIGITS:
            digit = _DIGITS[character]
        elif character == "万":
            total, below, digit = (total + below + digit) * 10_000, 0, 0
        else:
            below, digit = below + (digit or 1) * _POWERS[character], 0
    return total + below + digit


def _time_of(match: re.Match[str]) -> str:
    """A time of day as `17:30`."""
    minute = 0
    if match["hour"]:
        hour, minute = int(match["hour"]), int(match["minute"])
    elif match["point"]:
        hour = int(match["point"]) if match["point"].isdecimal() else _numeral(match["point"])
        rest = (match["rest"] or "0").rstrip("分")
        minute = 30 if rest == "半" else int(rest) if rest.isdecimal() else _numeral(rest)
    else:
        hour = int(match["noon"]) % 12
    if (match["later"] or match["half"] == "p") and hour < 12:
        hour += 12
    return f"{hour}:{minute:02}"


def _weekday_of(match: re.Match[str]) -> str:
    day = match["chinese"] or match["english"]
    return _WEEKDAYS.get(day, day)


def _ordinal_of(match: re.Match[str]) -> str:
    if match["next"]:
        return "2"
    return match["numeral"] if match["numeral"].isdecimal() else str(_numeral(match["numeral"]))


# Unit, what has it as a whole, and its value; in the order in which they are read.
_READ_FIRST: tuple[tuple[str, re.Pattern[str], Callable[[re.Match[str]], str]], ...] = (
    ("address", _ADDRESS, lambda match: match[0].rstrip(".?-")),
    ("weekday", _WEEKDAY, _weekday_of),
    ("ordinal", _ORDINAL, _ordinal_of),
    ("clock", _CLOCK, _time_of),
    ("telephone", _TELEPHONE, lambda match: re.sub(r"\D", "", match[0]).lstrip("0")),
)
