"""Personal numbers taken out of a text, before it is kept anywhere: four characters of each stay to tell it by.

When in doubt a number is masked: who reads what was kept misses nothing by it. What is plainly something else stays:
dates, times, amounts, hotlines, numbers of steps, and 7 to 11 digits that have no shape of a telephone number.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from corpus.folding import HIDDEN_CLASS

_SHOWN = 4
_FEWEST, _CARD = 7, 12  # digits of a run that is looked at, and from which on it is masked unless it is plain
_LONGEST_READ = 64  # digits of a run that is sorted into its parts, whatever parts them
_WIDEST = 5  # characters of a digit with what parts it from the next
_MOST_LEFT = 3  # digits beside a personal number that tell nothing of it
_DROPPED, _DONE = "\0", "\1"  # what shows nothing, and what is masked already; neither comes out of folding
_HIDDEN = re.compile(f"[{HIDDEN_CLASS}]")
_NUMERALS = str.maketrans("零〇○一二三四五六七八九幺两兩壹贰貳叁參参肆伍陆陸柒捌玖", "0001234567891221223334566789")
_N = "零〇○一二三四五六七八九幺两兩壹贰貳叁參参肆伍陆陸柒捌玖"
_S = "[ .()_-]"  # what parts the groups of one number

_SEVERAL = re.compile(rf"(?:[\d{_N}][^\d{_N}]*+){{{_FEWEST - 1}}}")
MASKED = re.compile(rf"\*{{4}}[\d{_N}]{{3}}[\dA-Z{_N}](?!\d)")
_MAIL = re.compile(r"(?<![\w.%+-])[A-Za-z0-9._%+-]++ ?@ ?[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+", re.ASCII)
# Passports and permits have a letter or two and 7 to 10 digits; a blank behind the letter only where it is a capital.
_LETTERED = re.compile(
    rf"(?<![A-Za-z0-9{_DONE}])(?:"
    r"(?P<id>(?:[A-Za-z]{1,2}|[A-Z][ -]|[EC][A-Z][ -])\d(?:[ -]?\d){6,9})(?:[ ]?\([\dA-Z]\))?"
    r"|[A-Za-z]{1,2}[ ]?\d{6}(?:[ ]?\([\dA]\)|A(?![A-Za-z]))"  # Hong Kong
    r")(?!\d)"
    r"|(?<!\d)(?:[1578]\d{6}[ ]?\(\d\)|\d{8}(?:\d\d)?[ ]?\([A-Z]\))(?!\d)"  # Macau; Taiwan residents
)
_FOLLOWING = re.compile(r"(?:[ -]{0,3}\d){0,12}")
_DATED = re.compile(r"[A-Za-z]*[ -]?(?:19|20)\d\d[ -]\d\d?[ -]\d\d?|[vV](?:19|20)\d\d[01]\d[0-3]\d")
# Eight digits are a telephone number, and as many or more the number of a paper, where the words before say so.
_CALLED = re.compile(
    rf"(?:电话|電話|手机|手機|致电|致電|phone|mobile|whatsapp|tel)[^\d\n{_DONE}]{{0,8}}"
    r"(?P<number>[2-9](?:[ -]?\d){6,7})(?![ -]?\d)",
    re.IGNORECASE,
)
_PAPERS = re.compile(
    rf"(?:台胞证|[臺台]胞證|通行证|通行證|护照|護照|passport|permit)[^\d\n{_DONE}]{{0,12}}"
    r"(?P<number>\d(?:[ -]?\d){6,10})(?![ -]?\d)",
    re.IGNORECASE,
)
_W = r" ?[,/\n] ?"  # parts numbers too: only in the groups that people write
_WEAKLY_PARTED = re.compile(
    rf"(?<!\d)(?:\d{{4}}(?:{_W}\d{{4}}){{2,}}(?:{_W}\d{{1,3}})?|1[3-9]\d{_W}\d{{4}}{_W}\d{{4}}"
    rf"|\d{{6}}{_W}\d{{8}}{_W}\d{{3}}[\dXx])(?!\d)"
)
_RUN = re.compile(
    rf"(?P<plus>(?<!\d)\+[ (]{{0,2}})?(?<!\d)(?P<run>\d(?:{_S}{{0,4}}\d){{{_FEWEST - 1},}}"
    r"(?P<x>[ -]?[Xx](?![A-Za-z0-9]))?)"
)
_SPELLED = re.compile(rf"(?<![\d{_N}])[\d{_N}](?:[ -]{{0,2}}[\d{_N}]){{10,}}")

_YEAR = r"(?:19|20)\d\d"
_MONTH, _DAY = r"(?:0?[1-9]|1[0-2])", r"(?:0?[1-9]|[12]\d|3[01])"
_COMPACT = rf"{_YEAR}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"
_HOUR = r"(?:[01]\d|2[0-3])[0-5]\d"
_TOKEN = re.compile(
    "|".join(
        (
            rf"(?P<identity>[1-9]\d{{5}}{_S}?{_YEAR}{_S}?(?:0[1-9]|1[0-2]){_S}?(?:0[1-9]|[12]\d|3[01]){_S}?\d{{3}}{_S}?[\dXx])(?!\d)",
            rf"(?P<time>(?<!\d){_COMPACT}{_HOUR}(?:[0-5]\d)?)(?!\d)",
            rf"(?P<card>(?<!\d)(?:\d{{4}}(?:{_S}{{1,3}}\d{{4}}){{2,4}}(?:{_S}{{0,3}}\d{{1,3}})?|\d{{{_CARD},}}))(?!\d)",
            rf"(?P<hotline>(?<!\d)(?:[48]00{_S}?(?:\d{{3}}{_S}?\d{{4}}|\d{{4}}{_S}?\d{{3}})|1010{_S}?\d{{4}}"
            rf"|(?:0\d{{2,3}}{_S}{{1,2}})?(?:9[56]\d{{3,4}}|1[0-2]\d{{3}})|1[12]\d))(?!\d)",
            rf"(?P<date>(?<!\d)(?:{_YEAR}[-. ]{_MONTH}[-. ]{_DAY}(?: {_HOUR}(?![-.]?\d))?"
            rf"|{_DAY}[-.]{_MONTH}[-.]{_YEAR}|{_COMPACT}|{_YEAR}[-.]{_MONTH}))(?!\d)",
            rf"(?P<mobile>(?<!\d)(?:(?:00)?86{_S}{{0,2}})?1[3-9]\d{_S}{{0,2}}\d{{4}}{_S}{{0,2}}\d{{4}})(?!\d)",
            rf"(?P<taiwan>(?<!\d)09\d\d{_S}?\d{{3}}{_S}?\d{{3}})(?!\d)",
            rf"(?P<landline>(?<!\d)(?:0\d{{2,3}}{_S}{{1,2}}\d{{3,4}}{_S}?\d{{4}}|0(?:10|2\d)\d{{8}}|0[3-9]\d{{9,10}}))(?!\d)",
            rf"(?P<american>(?<!\d)[2-9]\d\d{_S}{{1,2}}\d{{3}}{_S}\d{{4}})(?!\d)",
            r"(?P<hongkong>\A[569]\d{3} \d{4}\Z)",
            rf"(?P<amount>(?<![\d.])(?:{_YEAR}|[1-9]\d?0+|[1-9]5)(?!\d|\.\d)|(?<![\d.-])\d{{1,6}}\.\d{{1,2}}(?![\d.]))",
        )
    )
)
_PLAIN_TOKENS = frozenset(("time", "hotline", "date", "amount"))
_PLAIN_GROUP = re.compile(rf"{_YEAR}|[1-9]\d?0+|[1-9]5")
_FREE_OF_CHARGE = re.compile(rf"(?:86{_S}{{0,3}}[48]00|8(?:00|33|44|55|66|77|88){_S})")
_INTERNATIONAL = re.compile(rf"[1-9]\d{{0,2}}(?:{_S}{{0,3}}\d){{7,12}}(?!\d)")
_TELEPHONE = re.compile(r"(?:(?:00)?86)?1[3-9]\d{9}|(?:00)?85[23][4-9]\d{7}|8869\d{8}|09\d{8}")
_AREA = re.compile(r"0(?:10|2\d)\d{8}|0[3-9]\d{9}")
_GROUP = re.compile(r"\d+")
_NOT_DIGIT = re.compile(r"\D+")
_NOT_SHOWN = re.compile(rf"[^\dA-Za-z{_N}]+")


class _Span(NamedTuple):
    """A part of the folded text that is masked, and what is shown in its place."""

    start: int
    end: int
    shown: str


def mask(text: str) -> str:
    """The text with each personal number as `****` and its last four characters, each e-mail address as `****@****`.

    Masked are numbers of identity cards, passports and permits, of bank cards (12 digits and more), mobile numbers,
    numbers with a country or area code; however they are grouped, in whatever digits, with hidden characters between.
    A text that was masked stays as it is; the time it takes grows with the length.
    """
    # What stands beside a number may look like one only when that number is gone.
    while (masked := _masked_once(text)) != text:
        text = masked
    return text


def _masked_once(text: str) -> str:
    folded = text.translate(_TABLE)
    places: Sequence[int] = range(len(text))
    if _DROPPED in folded:
        places = [place for place, character in enumerate(folded) if character != _DROPPED]
        folded = folded.replace(_DROPPED, "")
    if "@" not in folded and not _SEVERAL.search(folded):
        return text
    folded = MASKED.sub(lambda found: _DONE * len(found[0]), folded)
    spans: list[_Span] = []
    for find in _FINDERS:
        found = list(find(folded))
        folded = _without(folded, found)
        spans += found
    parts: list[str] = []
    position = 0
    for span in sorted(spans):
        parts += (text[position : places[span.start]], span.shown)
        position = places[span.end - 1] + 1
    return "".join([*parts, text[position:]])


class _Table(dict[int, str]):
    """A translation table that is filled as characters are met; one character comes out for each."""

    def __missing__(self, code: int) -> str:
        self[code] = folded = _fold_character(chr(code))
        return folded


def _fold_character(character: str) -> str:
    digit = unicodedata.digit(character, None)
    if digit is not None:
        return str(digit)
    category = unicodedata.category(character)
    if character in "\n\r\u2028\u2029":
        return "\n"
    if character == "\t" or category == "Zs":
        return " "
    # A mark upon a digit, as on the keys of a keyboard, leaves it the digit it is.
    if category in {"Cc", "Cf", "Cs", "Mn", "Me"} or _HIDDEN.match(character):
        return _DROPPED
    if category == "Pd" or character == "−":
        return "-"
    if character in "·•・‧∙⋅":
        return "."
    if character in "、，":
        return ","
    if character in "×ХхΧχ":
        return "X"
    plain = unicodedata.normalize("NFKC", character)
    return plain if len(plain) == 1 else character


_TABLE = _Table()


def _without(folded: str, spans: Sequence[_Span]) -> str:
    """The folded text with nothing to find in the spans; every place in it stays where it is."""
    parts: list[str] = []
    position = 0
    for span in spans:
        parts += (folded[position : span.start], _DONE * (span.end - span.start))
        position = span.end
    return "".join([*parts, folded[position:]])


def _span(folded: str, start: int, end: int) -> _Span:
    # Its last characters are enough: hardly anything stands between two of them.
    shown = _NOT_SHOWN.sub("", folded[max(start, end - _LONGEST_READ) : end])[-_SHOWN:].upper()
    return _Span(start, end, f"****{shown}")


def _find_mail(folded: str) -> Iterator[_Span]:
    for found in _MAIL.finditer(folded):
        yield _Span(found.start(), found.end(), "****@****")


def _find_lettered(folded: str) -> Iterator[_Span]:
    for found in _LETTERED.finditer(folded):
        if found["id"] is not None:
            following = _FOLLOWING.match(folded, found.end("id"))
            n_digits = sum(map(str.isdigit, found["id"])) + sum(map(str.isdigit, following[0] if following else ""))
            # The number of a bank card behind a letter is read whole with the other runs.
            if n_digits >= _CARD or _DATED.fullmatch(found["id"]):
                continue
        yield _span(folded, found.start(), found.end())


def _find_named(folded: str) -> Iterator[_Span]:
    """Numbers that the words before them tell."""
    spans = {}
    for pattern in (_CALLED, _PAPERS):
        for found in pattern.finditer(folded):
            if not _is_plain(found["number"]):
                spans[found.start("number")] = _span(folded, *found.span("number"))
    return iter(sorted(spans.values()))


def _find_weakly_parted(folded: str) -> Iterator[_Span]:
    for found in _WEAKLY_PARTED.finditer(folded):
        if not all(map(_PLAIN_GROUP.fullmatch, _NOT_DIGIT.split(found[0]))):
            yield _span(folded, found.start(), found.end())


def _find_runs(folded: str) -> Iterator[_Span]:
    for found in _RUN.finditer(folded):
        start, end = found.span("run")
        if found["x"] and sum(map(str.isdigit, found["run"])) != 17:
            end = found.start("x")
        for first, last in _personal(folded[start:end], international=found["plus"] is not None):
            begins = found.start() if first == 0 else start + first
            yield _span(folded, begins, start + last)


def _find_spelled(folded: str) -> Iterator[_Span]:
    for found in _SPELLED.finditer(folded):
        digits = _NOT_DIGIT.sub("", found[0].translate(_NUMERALS))
        # Without a numeral in it, it was looked at before.
        if not found[0].isascii() and (len(digits) >= _CARD or _TELEPHONE.fullmatch(digits)):
            yield _span(folded, found.start(), found.end())


_FINDERS: tuple[Callable[[str], Iterator[_Span]], ...] = (
    _find_mail, _find_lettered, _find_named, _find_weakly_parted, _find_runs, _find_spelled,
)  # fmt: skip


def _personal(run: str, *, international: bool) -> list[tuple[int, int]]:
    """Where personal numbers stand in a run of groups of digits, in order; all of it where they cannot be told apart.

    Args:
        run: Groups of digits with what parts them.
        international: Whether a plus stands before it.
    """
    whole = [(0, len(run))]
    if len(run) > _LONGEST_READ * _WIDEST:
        return [] if _is_counting(run) else whole
    digits = _NOT_DIGIT.sub("", run)
    if len(digits) == len(run) < _CARD and not international:
        return whole if _TELEPHONE.fullmatch(run) or _AREA.fullmatch(run) else []
    if international and not _FREE_OF_CHARGE.match(run) and (found := _INTERNATIONAL.match(run)):
        if _is_plain(found[0]):
            return []
        end = found.end()
        return [(0, end), *((first + end, last + end) for first, last in _personal(run[end:], international=False))]
    tokens = list(_tokens(run))
    if _is_counting(run) or all(kind in _PLAIN_TOKENS for kind, _, _ in tokens):
        return []
    if _TELEPHONE.fullmatch(digits):
        return whole
    spans = _spans_of(run, tokens, most_left=_MOST_LEFT if international else 0)
    return whole if spans is None else spans


def _spans_of(run: str, tokens: Sequence[tuple[str, int, int]], *, most_left: int) -> list[tuple[int, int]] | None:
    """Where the personal numbers among the parts of a run stand; None where they cannot be told from the others.

    Args:
        run: Groups of digits with what parts them.
        tokens: Its parts.
        most_left: How many digits may be of no kind in a long run without a personal number: a country's code.
    """
    spans: list[tuple[int, int]] = []
    n_left = n_beside = n_all = 0  # digits of no kind; of amounts, which may as well be a part of a number; of all
    for kind, start, end in tokens:
        inside = _NOT_DIGIT.sub("", run[start:end])
        n_all += len(inside)
        if kind == "" and (len(inside) >= _CARD or _TELEPHONE.fullmatch(inside)):
            return None  # in groups that nobody writes: where it ends is a guess
        if kind == "":
            n_left += len(inside)
        elif kind == "amount":
            n_beside += len(inside)
        elif kind == "date":
            most_left = _MOST_LEFT  # an hour
        elif kind not in _PLAIN_TOKENS:
            spans.append((start, end))
    if spans:
        return spans if n_left + n_beside <= _MOST_LEFT else None
    return spans if n_left <= most_left or n_all < _CARD else None


def _tokens(run: str) -> Iterator[tuple[str, int, int]]:
    """What a run consists of: the kind, start and end of each part that has one, and of the rests between, kind ``."""
    position = 0
    for found in _TOKEN.finditer(run):
        kind = found.lastgroup or ""
        if kind in {"card", "american"} and _is_plain_list(found[0]):
            kind = "amount"
        elif kind == "american" and _FREE_OF_CHARGE.match(found[0]):
            kind = "hotline"
        if any(map(str.isdigit, run[position : found.start()])):
            yield "", position, found.start()
        yield kind, found.start(), found.end()
        position = found.end()
    if any(map(str.isdigit, run[position:])):
        yield "", position, len(run)


def _is_plain(run: str) -> bool:
    """Whether a run is made of dates, times, amounts and hotlines alone, or counts."""
    return _is_counting(run) or all(kind in _PLAIN_TOKENS for kind, _, _ in _tokens(run))


def _is_plain_list(run: str) -> bool:
    return all(map(_PLAIN_GROUP.fullmatch, _NOT_DIGIT.split(run.strip(" .()_-"))))


def _is_counting(run: str) -> bool:
    """Whether each group is one more than that before it: `1 2 3 4 5 6 7`."""
    n_groups, following = 0, ""
    for found in _GROUP.finditer(run):
        if len(found[0]) > 3 or (following and found[0] != following):
            return False
        following = str(int(found[0]) + 1)
        n_groups += 1
    return n_groups > 2
