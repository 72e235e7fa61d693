"""The balanced brackets of a line, and the Markdown links they make."""

from __future__ import annotations

import re

_PAIRS = {"]": "[", ")": "(", "}": "{", "】": "【", "」": "「", "』": "『", "〕": "〔", "”": "“", "〗": "〖"}
_BRACKET = re.compile("[" + re.escape("".join(_PAIRS) + "".join(_PAIRS.values())) + "]")
_MAX_DEPTH = 4
OPENING = frozenset(_PAIRS.values())

# Start, end, and whether it is a Markdown link or image.
Group = tuple[int, int, bool]


def brackets(text: str, first: int, last: int) -> list[list[Group]]:
    """The brackets in `text[first:last]` by depth, outermost first, each depth in order."""
    return _nested(_bracketed(text, first, last))


def _bracketed(text: str, first: int, last: int) -> list[Group]:
    """Every balanced bracket of a line, and every `[…](…)` and `[…][…]` as one more."""
    stacks: dict[str, int] = {}
    open_at: list[tuple[str, int]] = []
    ending: dict[int, int] = {}
    groups: list[Group] = []
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


def _nested(groups: list[Group]) -> list[list[Group]]:
    """The groups by depth, outermost first, each depth in order; depths beyond the fourth are left out."""
    levels: list[list[Group]] = [[] for _ in range(_MAX_DEPTH)]
    stack: list[int] = []
    for group in sorted(groups, key=lambda group: (group[0], -group[1])):
        while stack and stack[-1] <= group[0]:
            stack.pop()
        if len(stack) < _MAX_DEPTH:
            levels[len(stack)].append(group)
        stack.append(group[1])
    return [level for level in levels if level]
