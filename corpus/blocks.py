"""The lines of an article as typed blocks: headings, list items, paragraphs.

Articles of this genre are Markdown in name only: headings come as `##`, underlined, in bold, or as a bare
`一、…` line; steps as `1.`, `1、`, `（1）`, `①`, `第一步：` or `Step 1:`. A CommonMark parser sees paragraphs in
most of them, so the lines are read here, and every block keeps its exact span.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from corpus.card_names import nouns_in
from corpus.markers import NUMERALS, OUTLINE, bullet_length, item_marker, row_marker
from corpus.normalize import normalize
from corpus.ornaments import ornamental_headings
from corpus.roles import says

BlockKind = Literal["heading", "item", "bullet", "text"]

_ATX = re.compile(r" {0,3}(#{1,6})(?!#)[ \t\u3000]*(\S.*)$")
_UNDERLINE = re.compile(r" {0,3}(=+|-+)\s*$")
_RULE = re.compile(r" {0,3}(?:([-*_])(?:[ \t]*\1){2,}|([—–─━═～])\2{2,})[ \t]*$")
# What a post is filed under: `#退卡 #搬家`.
_TAGS = re.compile(r"[ \t\u3000]*#[^\s#]+#?(?:[ \t\u3000]*#[^\s#]+#?)+[ \t\u3000]*$")
_FENCE = re.compile(r" {0,3}(```|~~~)")
_NUMBER = rf"(?:\d{{1,2}}|[{NUMERALS}]{{1,3}})"
_CHAPTER = re.compile(rf"第{_NUMBER}(?:部分|[章编編篇])(?=[:：、.．\s])")
_CASE = re.compile(
    rf"(?:[场場]景|情形|情[况況]|方法|方式|[类類]型|途[径徑]|第{_NUMBER}[章节節类類种種部篇]"
    rf"|(?i:part|chapter)[. ]?|Scenario|Case|Method)\s*0?{_NUMBER}?\s*[:：、.．\s]"
)
# Cleaning may have blanked the closing mark of a bold line together with an advertisement.
_BOLD_LINE = re.compile(r"(?:\*\*|__)(.+?)(?:\*\*|__)\s*[:：]?\s*$|\*\*([^*]+?)\s{8,}$")
_SENTENCE_DONE = re.compile(r"[。！？!?：:.|][”」）)*]*$")
# A line of words without the marks of a sentence; a colon parts a name from what is said of it.
_NAMES = re.compile(r"[^\W\d_][^。，,；;！!…:：|\n]*(?:[:：][^。，,；;！!…:：|\n]+)?[^。，,；;！!…:：|.\n]")
_SAYS = re.compile(r"[:：]\s*\S")
# A line in brackets, or behind a number in them: `【退卡流程】`, `【02】退卡流程`, `【二】为何要退，怎么退`.
_BRACKETED_LINE = re.compile(
    rf"【[^【】]{{1,24}}】[^。，,；;！!…：:|]{{0,24}}|【[{NUMERALS}]{{1,3}}】[^。；;！!…：:|]{{2,32}}"
)
# What stands alone over a note in a quote.
_NOTE_LINE = re.compile(
    r"(?:note|tip|important|warning|注意|提示|温馨提示|友情提示|备注|備註|说明|說明|注)[:：]?", re.IGNORECASE
)
# A pictograph, which makes a line a bullet when the one before or behind it begins with the same.
_SIGN = re.compile(r"([\u203b\u2190-\u21ff\u25a0-\u27bf\u2b00-\u2bff\U0001f300-\U0001faff])\ufe0f?\s*(?=\S)")
_SENTENCE_END = re.compile(r"[。；;！!，,]\s*$")

ORNAMENT = "ornament"
_ORNAMENT_RANK = 3
MAX_HEADING_CHARACTERS = 40
MAX_BARE_HEADING_CHARACTERS = 24
MAX_BARE_LATIN_HEADING_CHARACTERS = 60
MAX_LATIN_HEADING_CHARACTERS = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A typed run of lines, `text[start:end]` of its document, without the line end.

    Attributes:
        content: Offset where the content starts, behind the marker and the indent.
        depth: Of a heading, its place in the outline (smaller is further out), 0 otherwise.
        family: Of an item, its kind of marker (`decimal`, `step` …); an item of family F may also be a heading. Of a
            heading that an ornament makes one, `ORNAMENT`.
        number: Of an item, its number, 0 otherwise.
        indent: Columns before the marker; full-width spaces open a Chinese paragraph and count as none.
        loose: Whether a blank line (or the start) stands before it.
    """

    kind: BlockKind
    start: int
    content: int
    end: int
    depth: int = 0
    family: str = ""
    number: int = 0
    indent: int = 0
    loose: bool = True


@dataclass(frozen=True, slots=True)
class _Line:
    start: int
    end: int
    text: str

    @property
    def blank(self) -> bool:
        return not self.text.strip(" \t\r\u3000\ufeff>|")


def read_blocks(text: str, start: int = 0) -> list[Block]:
    """The blocks of `text[start:]` in order; offsets count from the beginning of `text`.

    Tables, quotes and fenced code come as `text` blocks; a rule (`---`) ends a block and is none itself, as is a line
    of tags (`#退卡 #搬家`).
    """
    lines = list(_lines(text, start))
    blocks: list[Block] = []
    atx_level, fenced, loose = 0, False, True
    skip_underline = False
    headed = ornamental_headings([line.text for line in lines])
    for at, line in enumerate(lines):
        if skip_underline:
            skip_underline, loose = False, True
            continue
        if _FENCE.match(line.text):
            fenced = not fenced
            loose = True
            continue
        if line.blank and not fenced:
            loose = True
            continue
        block, underlined = _block(lines, at, fenced=fenced, loose=loose, atx_level=atx_level)
        if at in headed and not fenced and (block is None or block.kind != "heading"):
            blocks.append(_ornamental(line, *headed[at], atx_level))
            loose = True
            continue
        if block is None:
            loose = True
            continue
        skip_underline = underlined
        if block.kind == "heading":
            atx_level = block.depth // 10 if block.depth % 10 == 0 else atx_level
            loose = True
        else:
            loose = False
        _append(blocks, block, text)
    return blocks


def _lines(text: str, start: int) -> Iterator[_Line]:
    at = start
    while at < len(text):
        stop = text.find("\n", at)
        stop = len(text) if stop < 0 else stop
        end = stop - 1 if stop > at and text[stop - 1] == "\r" else stop
        begin = at + 1 if text.startswith("\ufeff", at) else at
        yield _Line(begin, end, text[begin:end])
        at = stop + 1


def _append(blocks: list[Block], block: Block, text: str) -> None:
    """Adds a block; a line of text that directly follows text, an item or a bullet continues it.

    A line that ended as a sentence does is not continued by an unindented one: plain-text articles put each
    paragraph on a line of its own, without blank lines.
    """
    last = blocks[-1] if blocks else None
    if last is None or block.kind != "text" or block.loose or last.kind == "heading":
        blocks.append(block)
    elif block.indent < 2 and (
        _SENTENCE_DONE.search(text, last.start, last.end) or says("note", text[block.content : block.end])
    ):
        blocks.append(replace(block, loose=True))
    else:
        blocks[-1] = replace(last, end=block.end)


def _ornamental(line: _Line, begin: int, stop: int, atx_level: int) -> Block:
    return Block(
        kind="heading",
        start=line.start,
        content=line.start + begin,
        end=line.start + stop,
        depth=atx_level * 10 + _ORNAMENT_RANK,
        family=ORNAMENT,
    )


def _block(lines: list[_Line], at: int, *, fenced: bool, loose: bool, atx_level: int) -> tuple[Block | None, bool]:
    """The block of one line (None for a rule), and whether the next line is its underline."""
    line = lines[at]
    stripped = line.text.lstrip(" \t\u3000>")
    content = line.end - len(stripped)
    end = line.start + len(line.text.rstrip())
    indent = len(line.text.expandtabs(4)) - len(line.text.expandtabs(4).lstrip(" "))
    if fenced:
        return Block(
            kind="text", start=line.start, content=min(content, end), end=end, loose=loose, indent=indent
        ), False
    if _RULE.match(line.text) or _TAGS.match(line.text):
        return None, False
    atx = _ATX.match(line.text)
    if atx and (len(atx[1]) > 1 or line.text.count("#") == 1 or line.text.lstrip()[1:2].isspace()):
        begin = line.start + atx.start(2)
        closing = len(atx[2]) - len(atx[2].rstrip().rstrip("#").rstrip())
        return Block(
            kind="heading", start=line.start, content=begin, end=line.end - closing, depth=len(atx[1]) * 10
        ), False
    underline = lines[at + 1].text if at + 1 < len(lines) else ""
    if (
        loose
        and _UNDERLINE.match(underline)
        and underline.strip()
        and _titled(stripped)
        and item_marker(stripped) is None
    ):
        depth = 10 if underline.strip().startswith("=") else 20
        return Block(kind="heading", start=line.start, content=content, end=end, depth=depth), True
    apart = loose or (at > 0 and _SENTENCE_DONE.search(lines[at - 1].text.rstrip()) is not None)
    rank = _bare_heading(lines, at, stripped, loose=loose, atx_level=atx_level) if apart and indent < 4 else 0
    if rank:
        return Block(kind="heading", start=line.start, content=content, end=end, depth=atx_level * 10 + rank), False
    kind, family, number, length = _entry(lines, at, stripped, apart=apart)
    if family == "row":
        end = line.start + len(line.text.rstrip().rstrip("|").rstrip())
    return Block(
        kind=kind,
        start=line.start,
        content=min(content + length, end),
        end=end,
        family=family,
        number=number,
        indent=indent,
        loose=loose,
    ), False


def _entry(lines: list[_Line], at: int, stripped: str, *, apart: bool) -> tuple[BlockKind, str, int, int]:
    """What a line that is no heading is: its kind, its family and number, and how long its marker is."""
    if stripped.startswith("|"):
        row = row_marker(stripped)
        return ("item", "row", *row) if row else ("text", "", 0, 0)
    bullet = bullet_length(stripped)
    if not bullet and (sign := _SIGN.match(stripped)) and sign[1] in _signs_beside(lines, at):
        bullet = sign.end()
    marker = item_marker(stripped[bullet:])
    follows = at > 0 and item_marker(lines[at - 1].text.strip()) is not None
    if marker and not (marker[0] == "bare" and not (apart or follows)):
        return "item", marker[0], marker[1], bullet + marker[2]
    return ("bullet", "", 0, bullet) if bullet else ("text", "", 0, 0)


def _signs_beside(lines: list[_Line], at: int) -> set[str]:
    """The pictographs that begin the nearest lines of words before and behind one."""
    beside = (
        next((line.text for line in lines[at - 1 :: -1] if not line.blank), "") if at > 0 else "",
        next((line.text for line in lines[at + 1 :] if not line.blank), ""),
    )
    return {sign[1] for text in beside if (sign := _SIGN.match(text.lstrip(" \t\u3000>")))}


def _titled(stripped: str) -> bool:
    """Whether a line could be a heading: short, and not ended as a sentence is."""
    title = stripped.strip()
    n_latin = sum(character.isascii() for character in title)
    if len(title) > MAX_HEADING_CHARACTERS and n_latin > len(title) / 2:
        return len(title) <= MAX_LATIN_HEADING_CHARACTERS and not title.endswith((*".;!,",))
    return 0 < len(title) <= MAX_HEADING_CHARACTERS and not _SENTENCE_END.search(stripped)


def _bare_heading(lines: list[_Line], at: int, stripped: str, *, loose: bool, atx_level: int) -> int:
    """How deep a heading without `#` lies under the last one with it (1 to 5), 0 when the line is no heading.

    `一、…` and `（一）…` lines are headings when something other than their next sibling follows them: two of
    them in a row are a list.
    """
    bold = _BOLD_LINE.match(stripped)
    inner = (bold[1] or bold[2]).strip() if bold else stripped.strip()
    if not _titled(inner):
        return 0
    marker = item_marker(inner)
    following = next((line.text.strip(" \t\r\u3000*") for line in lines[at + 1 :] if not line.blank), "")
    if marker and marker[0] in OUTLINE:
        after = item_marker(following)
        alone = bool(following) and not (after and after[0] == marker[0] and after[1] == marker[1] + 1)
        return OUTLINE[marker[0]] if alone else 0
    if not loose:
        return 0
    if says("byline", inner):
        return 0
    if _CHAPTER.match(inner) and following:
        return 1
    if _BRACKETED_LINE.fullmatch(inner) and following and not says("note", inner):
        return 3
    if _CASE.match(inner) and following:
        return 3
    next_blank = at + 1 < len(lines) and lines[at + 1].blank
    if lines[at].text.lstrip().startswith(">") and _NOTE_LINE.fullmatch(inner):
        return 0
    if bold and marker is None and following and (next_blank or not _BOLD_LINE.match(following)):
        return 5
    plain = atx_level == 0 and len(inner) <= MAX_BARE_HEADING_CHARACTERS // 2 and _SENTENCE_DONE.search(following)
    quoted = lines[at].text.lstrip().startswith(">") and _SAYS.search(inner) is not None
    heads = (_stands_alone(inner) and not quoted) or _asks_of_card(inner)
    if (next_blank or plain) and following and heads and not (_stands_alone(following) or _asks_of_card(following)):
        return 3
    return 0


def _stands_alone(line: str) -> bool:
    """Whether a line says what stands below it: a few words, no sentence and no entry of a list."""
    return (
        len(line) <= (MAX_BARE_LATIN_HEADING_CHARACTERS if line.isascii() else MAX_BARE_HEADING_CHARACTERS)
        and _NAMES.fullmatch(line) is not None
        and not line.endswith(("?", "？"))
        and item_marker(line) is None
        and not bullet_length(line)
    )


def _asks_of_card(line: str) -> bool:
    """Whether a line asks how a card is given back: `校车卡怎么退？`, but not as one of questions that are numbered."""
    bare = line.rstrip("?？")
    return bare != line and _stands_alone(bare) and says("ending", bare) and next(nouns_in(normalize(bare)), "") != ""
