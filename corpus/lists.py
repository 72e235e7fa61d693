"""The numbered lists among the blocks of an article."""

from __future__ import annotations

import re
from collections.abc import Sequence

from corpus.blocks import Block

MAX_TITLE_CHARACTERS = 24

_SENTENCE = re.compile(r"[。；！，,;!]|[.:：]\s*$")


def numbered_lists(blocks: Sequence[Block]) -> list[list[int]]:
    """The numbered lists among the blocks, each as the places of its items: numbers rise by one from 1.

    Items of another family or a deeper indent between two items belong to the first of them. A list whose items
    all say 1, as Markdown allows, counts when they stand together.
    """
    lists: list[list[int]] = []
    at = 0
    while at < len(blocks):
        items = [at]
        if blocks[at].kind == "item" and blocks[at].number == 1:
            items = _items_from(blocks, at)
            if len(items) > 1:
                lists.append(items)
        at = items[-1] + 1
    return lists


def _items_from(blocks: Sequence[Block], first: int) -> list[int]:
    head, items = blocks[first], [first]
    for at in range(first + 1, len(blocks)):
        block = blocks[at]
        if block.kind != "item" or block.family != head.family or block.indent > head.indent + 1:
            continue
        lazy = block.number == 1 and blocks[items[-1]].number == 1 and at == items[-1] + 1
        if block.number == blocks[items[-1]].number + 1 or lazy:
            items.append(at)
        else:
            break
    return items


def is_titled(text: str, blocks: Sequence[Block], at: int) -> bool:
    """Whether the first line of an entry is a title, with something below it that is no further entry of its list."""
    block = blocks[at]
    title, _, rest = text[block.content : block.end].partition("\n")
    following = blocks[at + 1] if at + 1 < len(blocks) else None
    below = rest.strip() or (following is not None and (following.kind, following.family) != ("item", block.family))
    return bool(below) and 0 < len(title.strip()) <= MAX_TITLE_CHARACTERS and not _SENTENCE.search(title)
