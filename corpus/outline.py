"""Numbered lines that head what stands below them, and lines that look like headings between the entries of a list."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from corpus.blocks import ORNAMENT, Block
from corpus.card_names import nouns_in, points_to_card
from corpus.lists import is_titled, numbered_lists
from corpus.markers import OUTLINE, item_marker
from corpus.normalize import normalize
from corpus.roles import LISTING, role_of, says

_BEHIND_NAME = re.compile(r"[(（【\[].*")
_ASKS = re.compile(r"怎么|怎[样樣]|如何|什么|什麼|哪|吗|嗎|多少|几|幾|能不能|[？?]\s*$")
_NAMES_STEPS = re.compile(r"(?:步[骤驟]|流程|程序|次序|[顺順]序)\W*$")
_FEWEST = 2
_BARE = frozenset({3, 5})  # the ranks of headings for their looks alone
_DEEPER = 6  # between the depth of a heading with `#` and that of the next with one more
_CLOSING = frozenset({"precautions", "summary", "questions"})
_FAMILIES_OF_STEPS = frozenset({"step", "row"})


def outlined(text: str, blocks: Sequence[Block]) -> list[Block]:
    """The blocks, with those of numbered lines that are titles of parts made headings, and stray headings made text.

    A list is an outline when its entries are titles with something below them, and two of them and half of all name
    what an article is made of (`适用范围`, `注意事项`) or ask something. A heading without any mark is none where
    the next entry of the list before it follows.
    """
    blocks = _above_numbers(text, _nested(_without_strays(list(blocks))))
    depth, made = 0, list[Block]()
    at = 0
    while at < len(blocks):
        stop = next((n for n in range(at, len(blocks)) if blocks[n].kind == "heading"), len(blocks))
        made += _parted(text, blocks[at:stop], depth)
        if stop < len(blocks):
            depth = blocks[stop].depth
            made.append(blocks[stop])
        at = stop + 1
    return made


def _without_strays(blocks: list[Block]) -> list[Block]:
    """The blocks, with headings that stand between two entries of one list made text."""
    for at, block in enumerate(blocks):
        if block.kind != "heading" or block.depth % 10 in {0, 1, 2, 4}:
            continue  # marked with `#`, or numbered
        last = next((one for one in reversed(blocks[:at]) if one.kind in {"item", "heading"}), None)
        following = next((one for one in blocks[at + 1 :] if one.kind in {"item", "heading"}), None)
        if (
            last is not None
            and following is not None
            and last.kind == following.kind == "item"
            and (following.family, following.number, following.indent) == (last.family, last.number + 1, last.indent)
        ):
            blocks[at] = replace(block, kind="text", depth=0)
    return blocks


def _nested(blocks: list[Block]) -> list[Block]:
    """The blocks, with headings that an ornament makes below those of another look where two of these have such."""
    headings = [block for block in blocks if block.kind == "heading" and (block.depth > 0)]
    outer = sum(
        upper.family != ORNAMENT and lower.family == ORNAMENT and lower.depth // 10 == upper.depth // 10
        for upper, lower in zip(headings, headings[1:], strict=False)
    )
    others = [at for at, block in enumerate(headings) if block.family != ORNAMENT]
    first = next((at for at, block in enumerate(headings) if block.family == ORNAMENT), 0)
    if outer < _FEWEST or not others or others[0] > first:
        return blocks
    return [
        replace(block, depth=block.depth // 10 * 10 + _DEEPER) if block.family == ORNAMENT else block
        for block in blocks
    ]


def _above_numbers(text: str, blocks: list[Block]) -> list[Block]:
    """The blocks, with bare headings above the numbered ones that begin anew below two of them."""
    places = [at for at, block in enumerate(blocks) if block.kind == "heading"]
    above = []
    for at, following in zip(places, places[1:], strict=False):
        marker = item_marker(text[blocks[following].start : blocks[following].end].strip(" \t\u3000"))
        if (
            marker is not None
            and marker[0] in OUTLINE
            and marker[1] == 1
            and blocks[at].depth % 10 in _BARE
            and blocks[at].depth // 10 == blocks[following].depth // 10
            and blocks[at].depth > blocks[following].depth
            and item_marker(text[blocks[at].content : blocks[at].end]) is None
        ):
            above.append(at)
    if len(above) < _FEWEST:
        return blocks
    return [
        replace(block, depth=block.depth // 10 * 10 + 1) if at in above else block for at, block in enumerate(blocks)
    ]


def _parted(text: str, blocks: list[Block], depth: int) -> list[Block]:
    """The blocks of one section, with the entries of a list that is an outline made headings."""
    made = list(blocks)
    heads: list[int] = []
    for items in numbered_lists(blocks):
        titled = [at for at in items if is_titled(text, blocks, at)]
        if blocks[items[0]].family in _FAMILIES_OF_STEPS or len(titled) < len(items) - 1:
            continue
        closing = _closing(text, blocks, items, titled)
        heads += items if _is_outline(text, blocks, [at for at in titled if at not in closing]) else closing
    for at in heads:
        heading = replace(blocks[at], kind="heading", depth=depth + _DEEPER, family="", number=0)
        made[at] = replace(heading, end=_line_end(text, blocks[at]))
    return _with_bodies(text, blocks, made, heads) if heads else made


def _is_outline(text: str, blocks: Sequence[Block], titled: Sequence[int]) -> bool:
    titles = [_title(text, blocks[at]) for at in titled]
    n_named = sum(map(_names_a_part, titles))
    acting = any(map(_tells_to_do, titles))
    return (n_named >= _FEWEST and 2 * n_named >= len(titled)) or (
        n_named > 0 and not acting and len(titled) <= _FEWEST
    )


def _closing(text: str, blocks: Sequence[Block], items: Sequence[int], titled: Sequence[int]) -> list[int]:
    """The last entries of a list of steps that are none, as an article numbers its precautions and its summary on."""
    closing: list[int] = []
    for at in reversed(items):
        if at not in titled or role_of(_title(text, blocks[at])) not in _CLOSING:
            break
        closing.append(at)
    return closing if len(closing) < len(items) else []


def _title(text: str, block: Block) -> str:
    return text[block.content : _line_end(text, block)].strip(" *_\r")


def _with_bodies(text: str, blocks: Sequence[Block], made: Sequence[Block], heads: Sequence[int]) -> list[Block]:
    """The blocks that were made, with what an entry held below its first line as text of its own."""
    whole: list[Block] = []
    for at, block in enumerate(made):
        whole.append(block)
        body = text[block.end : blocks[at].end] if at in heads else ""
        if body.strip():
            start = block.end + len(body) - len(body.lstrip())
            whole.append(Block(kind="text", start=start, content=start, end=block.end + len(body.rstrip())))
    return whole


def _line_end(text: str, block: Block) -> int:
    end = text.find("\n", block.content, block.end)
    return block.end if end < 0 else block.content + len(text[block.content : end].rstrip())


def _names_a_part(title: str) -> bool:
    if points_to_card(title):
        return True
    if _tells_to_do(title):
        return False
    named = role_of(title) in LISTING | {"steps"} or _ASKS.search(title) is not None
    bare = _BEHIND_NAME.sub("", normalize(title)).strip()
    return named or bare in nouns_in(bare)


def _tells_to_do(title: str) -> bool:
    """Whether a title tells to do something; `退卡条件` and `办理次序` may begin so and be names."""
    return (
        says("acts", title)
        and not points_to_card(title)
        and not says("ending", title)
        and _NAMES_STEPS.search(title) is None
    )
