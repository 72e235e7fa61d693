"""From the words that give an advertisement away to the whole of it, and no further.

A contact in brackets takes its brackets along, one in prose its clauses; a clause that tells what to do stays,
even in the same sentence. Everything here works on the folded view of a text.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator

_PAIRS = {"]": "[", ")": "(", "}": "{", "】": "【", "」": "「", "』": "『", "〕": "〔", "”": "“", "〗": "〖"}
_BRACKET = re.compile("[" + re.escape("".join(_PAIRS) + "".join(_PAIRS.values())) + "]")
_MAX_DEPTH = 4
_MAX_GROUP = 400
_MAX_REACH = 300
_LETTER = re.compile(r"[^\W_]")
_SENTENCE_END = re.compile(r"[。!?;|\t]|\.(?=\s)|$", re.MULTILINE)
_SENTENCE_ENDS = ("\n", "。", "!", "?", ";", "|", "\t", ". ")
_CJK = "\u2e80-\u9fff\uac00-\ud7af\U0001f000-\U0001faff"
# A comma, a colon, a blank beside Chinese, a conjunction: what stands between them can be kept or dropped alone.
_SEPARATOR = re.compile(rf"[,、:~—]+|(?<=[{_CJK}])[ ]+|[ ]+(?=[{_CJK}])|或者?|(?<=\s)(?:or|and|but)\s")
_LINE_OPENING = re.compile(
    r"(?:[ \t]*(?:#{1,6}|>|[-*+•·](?=\s)|\d{1,3}[.)、]|\([\d一二三四五六七八九十]{1,3}\)|[一二三四五六七八九十]{1,3}、)){0,6}[ \t]*"
)
_GLUE = re.compile(
    r"(?:可以|也可以?|还可|亦可|或者?|以及|及|和|与|请|直接|可|\s|[^\w\n。!?;|\])}】」』〕”]|\b(?:or|and|please|just|also|you can|but)\b){1,12}\Z"
)
_NOISE = re.compile(r"(?:[^\w\n。!?;|\[({【「『〔“]|_)+")


class Units:
    """The brackets, sentences and clauses of one folded text.

    Args:
        text: The folded text.
        procedure: What a clause worth keeping has.
        sales: What marks a clause as part of an offer, whatever else it has.
        invites: What marks a clause as part of an offer when it tells nothing to do.
    """

    def __init__(
        self, text: str, *, procedure: re.Pattern[str], sales: re.Pattern[str], invites: re.Pattern[str]
    ) -> None:
        self._text = text
        self._procedure = procedure
        self._sales = sales
        self._invites = invites
        self._groups: dict[int, list[list[tuple[int, int, bool]]]] = {}

    def sentence(self, start: int, end: int) -> tuple[int, int]:
        """The span of the sentence around `start:end`, within its line, without list and heading marks."""
        text = self._text
        line = text.rfind("\n", 0, start) + 1
        low = max(line, start - _MAX_REACH)
        first = max([low, *(at + len(mark) for mark in _SENTENCE_ENDS if (at := text.rfind(mark, low, start)) >= 0)])
        if first == line and (opening := _LINE_OPENING.match(text, line, start)):
            first = opening.end()
        found = _SENTENCE_END.search(text, end, min(len(text), end + _MAX_REACH))
        return first, found.start() if found else min(len(text), end + _MAX_REACH)

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
        rest = self._text[first:start] + "\n" + self._text[end:last]
        return last - first > _MAX_GROUP or "。" in rest or self._tells(rest)

    def _tells(self, clause: str) -> bool:
        return self._procedure.search(clause) is not None and self._sales.search(clause) is None

    def _absorbed(self, clause: str) -> bool:
        if self._sales.search(clause):
            return True
        return not self._tells(clause) and (self._invites.search(clause) is not None or not _LETTER.search(clause))

    def _leftwards(self, first: int, start: int) -> int:
        """Where the advertisement begins: clauses before `start` are taken until one that tells what to do."""
        begin = start
        for clause_start, clause_end in reversed(list(self._clauses(first, start))):
            clause = self._text[clause_start:clause_end]
            own = clause_end == start
            if self._tells(clause) or not (own or self._absorbed(clause)):
                break
            begin = clause_start
        if begin == start and (glue := _GLUE.search(self._text, max(first, start - 20), start)):
            begin = glue.start()
        return begin

    def _rightwards(self, end: int, last: int) -> int:
        stop = end
        for clause_start, clause_end in self._clauses(end, last):
            clause = self._text[clause_start:clause_end]
            own = clause_start == end
            if not own and (self._tells(clause) or not self._absorbed(clause)):
                break
            stop = clause_end
        return stop

    def _clauses(self, first: int, last: int) -> Iterator[tuple[int, int]]:
        position = first
        for separator in _SEPARATOR.finditer(self._text, first, last):
            yield position, separator.start()
            position = separator.end()
        yield position, last

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
        line = self._text.rfind("\n", 0, start) + 1
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
