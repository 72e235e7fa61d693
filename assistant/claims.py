"""The claims of a chat model's reply, read as it comes: sentence by sentence, each with the passages it cites.

Nothing of a reply is passed on as it was written. Thinking, code and HTML are dropped, Markdown is read and not kept,
but for `**bold**`; every kind of marker becomes a number. How a reply is cut into pieces makes no difference.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from assistant.plain_reply import PlainReply

_LONGEST = 1_000  # characters of a claim; a sentence that goes on is cut
_LONGEST_MARKER = 60  # characters of one behind a full stop
_OPENING = 80  # characters that tell what a line is
_NEEDED = 3  # characters behind a narrow full stop that tell whether it is one
_PIECE = 4_096  # characters that are read at once
_LONGEST_REPLY = 200_000  # characters; what comes behind them is not read
_MOST_DIGITS = 4  # of a marker that can be meant

_ONE = r"\^?\s?(?:(?:来源|來源|文章|段落|资料|資料|passages?|sources?|refs?)\s?[:：]?\s?)?\d{1,400}"
_BETWEEN = r"\s{0,3}(?:[-–—~～至到,，、;；]|and|和)\s{0,3}"
_MARKER = re.compile(
    rf"\\?[\[【［〔〖]\s?(?P<bracketed>{_ONE}(?:{_BETWEEN}{_ONE}){{0,40}})\s?(?:†[^\]】]{{0,40}})?\\?[\]】］〕〗]",
    re.IGNORECASE,
)
# In round brackets a number may as well count; it is a marker where a sentence ends.
_ROUND = re.compile(
    r"[(（]\s?(?P<bracketed>\^?\d{1,3}(?:\s?[-–,，、]\s?\d{1,3}){0,9})\s?[)）](?=[\s。.!！?？,，;；]*$)"
)
_NUMBER_IN_BRACKETS = re.compile(r"[(（]\s?\^?\d{1,3}\s?[)）]")
_IMAGE = re.compile(r"!\[[^\[\]]{0,200}\][(（][^()（）]{0,500}[)）]")
_LINK = re.compile(r"(\[[^\[\]]{1,200}\])\((?:[^()]|\([^()]{0,100}\)){0,500}\)")
_TAG = re.compile(r"</?[a-zA-Z!|][^<>]{0,500}>")
_MARKED = re.compile(r"\[[\s^]?\d")
_STRUCK = re.compile(r"~~|(?<![A-Za-z0-9_])_{1,3}(?=\S)|(?<=\S)_{1,3}(?![A-Za-z0-9_])")
_RANGE = re.compile(r"(\d+)\s*[-–—~～至到]\s*\^?\s*(\d+)|(\d+)")
_OPENED = re.compile(r"\\?[\[【［〔〖(（][^\[\]【】［］〔〕〖〗()（）]{0,50}$|\\$")
_END = re.compile(r"[。！？…]+|(?<![.!?])[.!?]{1,9}")
_ABBREVIATED = re.compile(
    r"(?:^|[\s(（])(?:e\.g|i\.e|etc|no|nos|mr|mrs|ms|dr|approx|vs|a\.m|p\.m|st|tel|\d{1,3})\.$", re.I
)
_CLOSING = "”’」』》\"')）*"

_INDENT = re.compile(r"[ \t\u3000]*")
_QUOTED = re.compile(r"(?:>[ \t]?)+")
_HEADING = re.compile(r"#{1,6}[ \t]+")
_BULLET = re.compile(r"[-*+•·●○▪■◆►–—][ \t]+")
_CIRCLED = "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳"
_NUMERALS = "一二三四五六七八九十"
_NUMBERED = re.compile(
    r"(?P<bold>\*\*)?(?:(?P<dot>\d{1,3})(?:[.)）](?!\d)|、)[ \t\u3000]*|[(（](?P<round>\d{1,3})[)）][ \t\u3000]*(?=\S)"
    rf"|(?P<circled>[{_CIRCLED}])[ \t\u3000]*|(?:第[ ]?(?P<ordinal>\d{{1,2}}|[{_NUMERALS}]{{1,3}})[ ]?步|(?:步骤|步驟)[ ]?(?P<step>\d{{1,2}}|[{_NUMERALS}]{{1,3}})"  # noqa: E501
    r"|[Ss]tep (?P<english>\d{1,2}))(?:\*\*)?[ \t]*[:：,，、.]?[ \t]*)"
)
_RULE = re.compile(r"[ \t]*(?:[-*_=][ \t]*){3,}$|\s*\|?(?:\s*:?-{2,}:?\s*\|)+\s*:?-*:?\s*$")
_DEFINITION = re.compile(r"[\[【［]\s?\d{1,4}[\]】］][:：]")
_BOLD_LINE = re.compile(r"\*\*[^*]{1,60}\*\*[:：]?$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What a reply says in one sentence.

    Attributes:
        text: Its words on one line, without markers, links, HTML and Markdown but for `**bold**`.
        markers: The numbers of the passages it cites, each once, all of them there; empty when it cites none.
        step: The number of the numbered item it stands in, 0 in none.
        heading: Whether it is a heading.
    """

    text: str
    markers: tuple[int, ...]
    step: int = 0
    heading: bool = False


class ClaimReader:
    """Reads the claims of one reply.

    A sentence without a marker takes those that come next on its line, or alone on the line below; a marker that names
    no passage counts for nothing.

    Args:
        n_passages: How many passages the model was given; they are numbered from 1.
    """

    def __init__(self, n_passages: int) -> None:
        self._n_passages = n_passages
        self._reply = PlainReply()
        self._line = ""
        self._begun = False  # whether what opens the line has been read
        self._scan = 0  # up to where the line holds no end of a sentence
        self._held: list[Claim] = []  # without a marker so far
        self._own_line = False  # whether those held are of the line that is read
        self._step = 0
        self._heading = False
        self._numbered_heading = 0
        self._is_table = False
        self._n_read = 0

    def feed(self, piece: str) -> list[Claim]:
        """The claims that are complete with this piece of the reply."""
        return self._read(self._reply.feed(piece))

    def finish(self) -> list[Claim]:
        """The claims that the end of the reply completes."""
        found = self._read(self._reply.finish())
        return [*found, *self._take(final=True), *self._end_line(), *self._release()]

    def _read(self, text: str) -> list[Claim]:
        found: list[Claim] = []
        text = text[: max(0, _LONGEST_REPLY - self._n_read)]
        self._n_read += len(text)
        for at in range(0, len(text), _PIECE):
            *complete, rest = text[at : at + _PIECE].split("\n")
            for part in complete:
                self._line += part
                found += self._take(final=True)
                found += self._end_line()
            self._line += rest
            found += self._take(final=False)
        return found

    def _end_line(self) -> list[Claim]:
        """The claims that a line's end completes: those that no marker on the next line can be meant for."""
        found: list[Claim] = []
        if self._own_line:
            self._own_line = False
            # Only the last sentence waits for a marker below it.
            found, self._held = self._held[:-1], self._held[-1:]
        self._line, self._begun, self._scan = "", False, 0
        return found

    def _release(self) -> list[Claim]:
        found, self._held = self._held, []
        self._own_line = False
        return found

    def _take(self, *, final: bool) -> list[Claim]:
        """The claims of the line as far as it has come, taken off it."""
        found: list[Claim] = []
        if not self._begun:
            if not final and len(self._line) <= _OPENING:
                return []
            found += self._begin()
        while (end := self._sentence_end(final=final)) is not None:
            sentence, self._line, self._scan = self._line[:end], self._line[end:], 0
            found += self._claim(sentence)
        return found

    def _begin(self) -> list[Claim]:
        """Reads what opens a line; the claims of the lines above that it completes."""
        self._begun = True
        line = self._line
        if not line.strip():
            self._line = ""
            return []
        is_whole = len(line) <= _OPENING
        if (is_whole and _RULE.match(line)) or _DEFINITION.match(line.strip()):
            self._line = ""
            return self._release()
        indent = _INDENT.match(line)
        line = line.lstrip(" \t\u3000")
        if self._held and is_whole and (markers := self._markers_alone(line)) is not None:
            self._line = ""
            return self._cite_held(markers)
        found = self._release()
        quoted = _QUOTED.match(line)
        line = line[quoted.end() :] if quoted else line
        self._open(line, indented=bool(indent and len(indent[0].expandtabs(4)) > 1))
        return found

    def _open(self, line: str, *, indented: bool) -> None:
        """Takes the marks of a heading, a bullet or a number off a line and remembers what they say."""
        heading = _HEADING.match(line)
        line = line[heading.end() :] if heading else line
        bullet = _BULLET.match(line)
        line = line[bullet.end() :] if bullet else line
        number = _NUMBERED.match(line)
        self._heading = bool(heading or _BOLD_LINE.match(line.strip()))
        if number:
            self._step = _value(next(filter(None, (number[name] for name in _NUMBER_NAMES))))
            line = (number["bold"] or "") + line[number.end() :]
            self._numbered_heading = self._step if self._heading else 0
        elif self._heading:
            self._step = self._numbered_heading = 0
        elif not (indented and self._step):
            self._step = self._numbered_heading
        self._is_table = line.startswith("|")
        self._line = line

    def _markers_alone(self, line: str) -> tuple[int, ...] | None:
        """The numbers of a line that holds nothing but markers, None when it holds anything else."""
        rest, numbers = self._without_markers(line)
        return None if re.search(r"\w", rest) or rest == line else numbers

    def _cite_held(self, markers: tuple[int, ...]) -> list[Claim]:
        found = [replace(claim, markers=markers) for claim in self._held]
        self._held = []
        self._own_line = False
        return found

    def _sentence_end(self, *, final: bool) -> int | None:
        """Where the first sentence of the line ends, markers behind it included; None when it has not come yet."""
        line = self._line
        for found in _END.finditer(line, self._scan, _LONGEST):
            end = found.end()
            if found[0][0] in ".!?" and not _ends_here(line, found.start(), end):
                if len(line) < end + _NEEDED and not final:
                    self._scan = found.start()
                    return None
                continue
            while end < len(line) and line[end] in _CLOSING:
                end += 1
            end, sure = _behind_markers(line, end)
            if not sure and not final:
                self._scan = found.start()
                return None
            return end
        if len(line) >= _LONGEST:
            return _LONGEST
        if not final:
            self._scan = len(line)
            return None
        return len(line) if line.strip() else None

    def _claim(self, sentence: str) -> list[Claim]:
        text, markers = self._without_markers(sentence)
        text = _harmless(text.strip(" |").replace("|", "，") if self._is_table else text)
        if not re.search(r"\w", text):
            return self._cite_held(markers) if markers and self._held else []
        claim = Claim(text=text, markers=markers, step=self._step, heading=self._heading)
        if not markers:
            self._held.append(claim)
            self._own_line = True
            return []
        return [*self._cite_held(markers), claim]

    def _without_markers(self, text: str) -> tuple[str, tuple[int, ...]]:
        """A text without its markers, and the passages that they name."""
        numbers: list[int] = []

        def read(match: re.Match[str]) -> str:
            numbers.extend(self._named(match["bracketed"]))
            return ""

        text = _TAG.sub("", _LINK.sub(_words_of_link, _IMAGE.sub("", text)))
        rest = _MARKER.sub(read, text)
        rest = _ROUND.sub(read, rest.rstrip())
        return rest, tuple(dict.fromkeys(numbers))

    def _named(self, bracketed: str) -> list[int]:
        """The passages that a marker names; a range that reaches beyond the last names none."""
        named: list[int] = []
        for match in _RANGE.finditer(bracketed):
            first, last = (match[1], match[2]) if match[1] else (match[3], match[3])
            if max(len(first), len(last)) <= _MOST_DIGITS and 1 <= int(first) <= int(last) <= self._n_passages:
                named += range(int(first), int(last) + 1)
        return named


# What is left of brackets and of HTML is shown in characters that mean nothing in Markdown.
_MEANT = str.maketrans("[]【】［］〖〗<>`~|\\#", "〔〕〔〕〔〕〔〕＜＞'～｜＼＃")
_NUMBER_NAMES = ("dot", "round", "circled", "ordinal", "step", "english")


def _value(number: str) -> int:
    """The value of an item's number; 0 when it is written in no way that counts."""
    if number in _CIRCLED:
        return _CIRCLED.index(number) + 1
    if number.isdecimal():
        return int(number)
    tens, is_tens, ones = number.rpartition("十")
    digit = {character: at for at, character in enumerate("零" + _NUMERALS)}
    if not is_tens:
        return digit[number[0]]
    return 10 * (digit[tens[0]] if tens else 1) + (digit[ones[0]] if ones else 0)


def _words_of_link(link: re.Match[str]) -> str:
    """What a link shows; its brackets stay when it is a marker."""
    return link[1] if _MARKER.fullmatch(link[1]) else link[1][1:-1]


def _ends_here(line: str, start: int, end: int) -> bool:
    """Whether a narrow full stop, question or exclamation mark ends a sentence: not in `12.30`, an address, `No. 5`."""
    behind = line[end : end + 1]
    if behind and (behind.isascii() and not (behind.isspace() or behind in "[(\"'*\\")):
        return False
    if not behind or (line[start] == "!" and behind == "[" and not _MARKED.match(line, end)):
        return False
    return not (line[start] == "." and _ABBREVIATED.search(line[max(0, start - 8) : start + 1]))


def _behind_markers(line: str, end: int) -> tuple[int, bool]:
    """Where the markers behind a full stop end, and whether nothing that may still come can be one of them."""
    while True:
        at = end
        while at < len(line) and line[at] in " \t\u3000":
            at += 1
        if at == len(line):
            return at, False
        stop = at + _LONGEST_MARKER
        found = _MARKER.match(line, at, stop) or _NUMBER_IN_BRACKETS.match(line, at, stop)
        if found is None:
            return end, not (len(line) < stop and _OPENED.match(line, at))
        end = found.end()
        while end < len(line) and line[end] in "。.":
            end += 1


def _harmless(text: str) -> str:
    """A sentence as plain text with whole pairs of `**` at most."""
    text = re.sub(r"\s+", " ", _STRUCK.sub("", text)).strip(" \u3000")
    text = text.translate(_MEANT)
    if text.count("**") % 2:
        text = text.replace("**", "")
    return re.sub(r"(?<!\*)\*(?!\*)|\*{3,}", "", text).replace("****", "").strip()
