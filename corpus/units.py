"""From the words that give an advertisement away to the whole of it, and no further.

A contact in brackets takes its brackets along, one in prose its clauses; a clause that tells what to do stays,
even in the same sentence. Everything here works on the folded view of a text.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping

_PAIRS = {"]": "[", ")": "(", "}": "{", "】": "【", "」": "「", "』": "『", "〕": "〔", "”": "“", "〗": "〖"}
_BRACKET = re.compile("[" + re.escape("".join(_PAIRS) + "".join(_PAIRS.values())) + "]")
_MAX_DEPTH = 4
_MAX_GROUP = 400
_MAX_REACH = 300
_MAX_BLANK = 3
_GLUE_REACH = 20
_LINE_BREAK = re.compile(r"\n")
_LETTER = re.compile(r"[^\W_]")
_SENTENCE_END = re.compile(r"[。!?;|\t\n]|\.(?=\s)")
_CJK = "\u2e80-\u9fff\uac00-\ud7af\U0001f000-\U0001faff"
# A comma, a colon, a blank beside Chinese, a conjunction: what stands between them can be kept or dropped alone.
_SEPARATOR = re.compile(rf"[,、:~—]+|(?<=[{_CJK}])[ ]+|[ ]+(?=[{_CJK}])|或者?|(?<=\s)(?:or|and|but)\s")
_MARKER = r"(?:#{1,6}|>|[-*+•·](?=\s)|\d{1,3}[.)、]|\([\d一二三四五六七八九十]{1,3}\)|[一二三四五六七八九十]{1,3}、)"
_LINE_OPENING = re.compile(rf"(?:[ \t]*{_MARKER}){{0,6}}[ \t]*")
_GLUE = re.compile(
    r"(?:可以|也可以?|还可|亦可|或者?|以及|及|和|与|请|直接|可|\s|[^\w\n。!?;|:*\])}】」』〕”]"
    r"|\b(?:or|and|please|just|also|you can|but)\b){1,12}\Z"
)
_NOISE = re.compile(r"(?:[^\w\n。!?;|\[({【「『〔“]|_)+")


class Units:
    """The lines, brackets, sentences and clauses of one folded text.

    Args:
        text: The folded text.
        words: Patterns by name. A clause with one of `procedure` tells what to do and is kept; one with `sales` belongs
            to an offer in any case, one with `invites` when it tells nothing to do.
    """

    def __init__(self, text: str, words: Mapping[str, re.Pattern[str]]) -> None:
        self._text = text
        self._patterns = {**words, "sentence end": _SENTENCE_END, "separator": _SEPARATOR}
        self._places: dict[str, tuple[list[int], list[int]]] = {}
        self._groups: dict[int, list[list[tuple[int, int, bool]]]] = {}
        self._lines = [0, *(found.end() for found in _LINE_BREAK.finditer(text))]

    def has(self, name: str, start: int, end: int) -> bool:
        """Whether one of the words `name` stands in `start:end`."""
        starts, ends = self._found(name)
        first = bisect_left(starts, start)
        return any(ends[place] <= end for place in range(first, min(bisect_left(starts, end), first + 3)))

    def _found(self, name: str) -> tuple[list[int], list[int]]:
        """Where each match of a pattern starts and ends, looked up once: a crowded line asks for it again and again."""
        if name not in self._places:
            found = list(self._patterns[name].finditer(self._text))
            self._places[name] = [place.start() for place in found], [place.end() for place in found]
        return self._places[name]

    def line(self, at: int) -> int:
        """Where the line of `at` starts."""
        return self._lines[bisect_right(self._lines, at) - 1]

    def neighbours(self, at: int) -> set[int]:
        """Where the line of `at`, and the written lines before and behind it, start."""
        here = bisect_right(self._lines, at) - 1
        found = {self._lines[here]}
        for step in (-1, 1):
            near = here + step
            while 0 <= near < len(self._lines) and abs(near - here) <= _MAX_BLANK and self._is_blank(near):
                near += step
            if 0 <= near < len(self._lines):
                found.add(self._lines[near])
        return found

    def _is_blank(self, line: int) -> bool:
        end = self._lines[line + 1] if line + 1 < len(self._lines) else len(self._text)
        return self._text[self._lines[line] : end].isspace()

    def sentence(self, start: int, end: int) -> tuple[int, int]:
        """The span of the sentence around `start:end`, within its line, without list and heading marks."""
        starts, ends = self._found("sentence end")
        line = self.line(start)
        before = bisect_right(ends, start)
        first = max(line, start - _MAX_REACH, ends[before - 1] if before else 0)
        if first == line and (opening := _LINE_OPENING.match(self._text, line, start)):
            first = opening.end()
        behind = bisect_left(starts, end)
        last = min(len(self._text), end + _MAX_REACH)
        return first, min(last, starts[behind]) if behind < len(starts) else last

    def link_around(self, start: int, end: int) -> tuple[int, int]:
        """The outermost Markdown link or image around `start:end`, or the span itself."""
        return next((group[:2] for group in self._around(start, end) if group[2]), (start, end))

    def unit(self, start: int, end: int, *, to_sentence_end: bool = False) -> tuple[int, int]:
        """The span of the advertisement around `start:end`; with `to_sentence_end`, with all that follows in it."""
        low, high = -1, len(self._text) + 1
        for first, last, link in self._around(start, end):
            if link or not self._worth_keeping(first, start, end, last):
                start, end = first, last
                break
            low, high = first + 1, last - 1
        first, last = self.sentence(start, end)
        first, last = min(max(first, low), start), max(min(last, high), end)
        begin = self._leftwards(first, start)
        stop = last if to_sentence_end else self._rightwards(end, last)
        return self._tidy(begin, stop, first, last)

    def _worth_keeping(self, first: int, start: int, end: int, last: int) -> bool:
        if last - first > _MAX_GROUP or "。" in self._text[first:last]:
            return True
        return self._tells(first, start) or self._tells(end, last)

    def _tells(self, start: int, end: int) -> bool:
        return self.has("procedure", start, end) and not self.has("sales", start, end)

    def _absorbed(self, start: int, end: int) -> bool:
        if self.has("sales", start, end):
            return True
        if self.has("procedure", start, end):
            return False
        return self.has("invites", start, end) or not _LETTER.search(self._text, start, end)

    def _leftwards(self, first: int, start: int) -> int:
        """Where the advertisement begins: clauses before `start` are taken until one that has nothing to do with it."""
        begin = start
        for clause_start, clause_end in self._clauses_before(first, start):
            own = clause_end == start
            if self._tells(clause_start, clause_end) or not (own or self._absorbed(clause_start, clause_end)):
                break
            begin = clause_start
        # What joins the advertisement to the step before it goes too: "前往网点，或".
        if begin == start and (glue := _GLUE.search(self._text[max(first, start - _GLUE_REACH) : start])):
            begin -= len(glue[0])
        return begin

    def _rightwards(self, end: int, last: int) -> int:
        stop = end
        for clause_start, clause_end in self._clauses(end, last):
            if clause_start > end and not self._absorbed(clause_start, clause_end):
                break
            stop = clause_end
        return stop

    def _clauses(self, first: int, last: int) -> Iterator[tuple[int, int]]:
        """The clauses of `first:last` from the front."""
        starts, ends = self._found("separator")
        position = first
        for at in range(bisect_left(starts, first), bisect_left(starts, last)):
            yield position, max(position, starts[at])
            position = min(ends[at], last)
        yield position, last

    def _clauses_before(self, first: int, last: int) -> Iterator[tuple[int, int]]:
        """The clauses of `first:last` from the back."""
        starts, ends = self._found("separator")
        position = last
        for at in range(bisect_right(ends, last) - 1, bisect_left(starts, first) - 1, -1):
            yield min(ends[at], position), position
            position = starts[at]
        yield first, position

    def _tidy(self, begin: int, stop: int, first: int, last: int) -> tuple[int, int]:
        """The span with the noise around it, and the full stop when nothing else of the sentence is left."""
        text = self._text
        if noise := _NOISE.match(text, stop, last):
            stop = noise.end()
        if _NOISE.fullmatch(text, first, begin):
            begin = first
        if begin == first and stop == last and text[last : last + 1] in {"。", "!", "?", ";", "."}:
            stop = last + 1
        return begin, stop

    def _around(self, start: int, end: int) -> list[tuple[int, int, bool]]:
        """The brackets around `start:end` in its line, outermost first, with whether they are a Markdown link."""
        line = self.line(start)
        if line not in self._groups:
            stop = self._text.find("\n", line)
            self._groups[line] = _nested(_bracketed(self._text, line, stop if stop >= 0 else len(self._text)))
        found = []
        for level in self._groups[line]:
            at = bisect_right(level, start, key=lambda group: group[0]) - 1
            if at >= 0 and level[at][1] >= end:
                found.append(level[at])
        return found


def _bracketed(text: str, first: int, last: int) -> list[tuple[int, int, bool]]:
    """Every balanced bracket of a line, and every `[…](…)` and `[…][…]` as one more."""
    stacks: dict[str, int] = {}
    open_at: list[tuple[str, int]] = []
    ending: dict[int, int] = {}
    groups: list[tuple[int, int, bool]] = []
    for found in _BRACKET.finditer(text, first, last):
        mark, at = found[0], found.start()
        opener = _PAIRS.get(mark)
        if opener is None:
            open_at.append((mark, at))
            stacks[mark] = stacks.get(mark, 0) + 1
            continue
        if not stacks.get(opener):
            continue
        while True:
            popped, begin = open_at.pop()
            stacks[popped] -= 1
            if popped == opener:
                break
        groups.append((begin, at + 1, False))
        if opener in "([" and text[begin - 1 : begin] == "]" and begin in ending:
            label = ending[begin]
            groups.append((label - (text[label - 1 : label] == "!" and label > first), at + 1, True))
        if opener == "[":
            ending[at + 1] = begin
    return groups


def _nested(groups: list[tuple[int, int, bool]]) -> list[list[tuple[int, int, bool]]]:
    """The groups by depth, outermost first, each depth in order; depths beyond the fourth are left out."""
    levels: list[list[tuple[int, int, bool]]] = [[] for _ in range(_MAX_DEPTH)]
    stack: list[int] = []
    for group in sorted(groups, key=lambda group: (group[0], -group[1])):
        while stack and stack[-1] <= group[0]:
            stack.pop()
        if len(stack) < _MAX_DEPTH:
            levels[len(stack)].append(group)
        stack.append(group[1])
    return [level for level in levels if level]
