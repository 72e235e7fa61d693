"""Which tellings of a section are procedures: steps in sentences, lines or clauses, by what leads into them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from corpus.blocks import Block
from corpus.roles import LISTING, role_of, says
from corpus.sections import Section
from corpus.step_lists import SOME_ACTS, are_acts, last_sentence, section_role
from corpus.told_steps import COUNTED, MIN_TOLD_STEPS, Span, Telling, marked_steps, tellings

_MAX_LINE = 160  # characters of a line that may be a step without any mark
_A_FEW_ACTS = 0.3  # under a heading that says steps or speaks of ending something
_HALF_ACTS = 0.5
_ORDINAL = re.compile(rf"\W*(?:第[一二三四五六七八九十]+(?:{COUNTED})?|头一{COUNTED}|首(?:件事?|项))\W")
_STEP_MARK = re.compile(r"(?:(?i:step)[.\s]*\d{1,2}|步[骤驟]\s*\S|第\S{1,2}步)\W*$")
_CUE = re.compile(r"先|再|然后|接[着著]|以后|之后|后，|最后")
_LINE = re.compile(r"[^。！？!?\n]+[。！？!?]*\s*")
_LABELLED = re.compile(r"\W*[^：:。，,；;！!？?\n]{2,12}[：:](?!//)\s*\S|(?:\*\*|__)[^*_\n]{1,24}(?:\*\*|__)")
_TITLED = re.compile(r"[^\W\d_][^。，,；;！!？?…:：|\n]{1,15}\r?\n\s*\S")
_ARROW = re.compile(r"\s*(?:→|➔|➜|⇒|->|=>|—>|--+>)\s*")


@dataclass(frozen=True, slots=True)
class Told:
    """A procedure that blocks of a section tell: the places of its first and last block, and its steps."""

    first: int
    last: int
    spans: tuple[Span, ...]


def procedures_told(text: str, section: Section) -> list[Told]:
    """The procedures that the text of a section tells, in order, without overlap."""
    blocks, found, at = section.blocks, list[Told](), 0
    while at < len(blocks):
        stop = at
        while stop < len(blocks) and (blocks[stop].kind == "text" or _counts_alone(text, blocks[stop])):
            stop += 1
        told = _first_told(text, section, at, stop)
        if told is None:
            at = stop + 1
        else:
            found.append(told)
            at = told.last + 1
    return found


def _counts_alone(text: str, block: Block) -> bool:
    """Whether an entry of a list holds the whole list: `❶ 取号 ❷ 交卡 ❸ 签字`."""
    return block.kind == "item" and block.number == 1 and marked_steps(text, block.start, block.end) != []


def _first_told(text: str, section: Section, at: int, stop: int) -> Told | None:
    """The surest procedure that the blocks `at:stop` tell, or one that ends before it begins; None for none."""
    told = [
        _placed(section.blocks, at, stop, telling.spans)
        for telling in tellings(text, [_span(block) for block in section.blocks[at:stop]])
        if _is_told(text, section, at, telling)
    ]
    told = told or [_placed(section.blocks, at, stop, spans) for spans in _unmarked(text, section, at, stop)]
    return next((one for one in told[1:] if one.last < told[0].first), told[0]) if told else None


def _span(block: Block) -> Span:
    return (block.start if block.kind == "item" else block.content), block.end


def _placed(blocks: Sequence[Block], at: int, stop: int, spans: Sequence[Span]) -> Told:
    first = next(n for n in range(at, stop) if blocks[n].end > spans[0][0])
    last = next(n for n in range(at, stop) if blocks[n].end >= spans[-1][1])
    return Told(first, last, tuple(spans))


def _is_told(text: str, section: Section, at: int, telling: Telling) -> bool:
    """Whether a telling is a procedure."""
    entries = [text[start:end] for start, end in telling.spans]
    role = _role(section)
    before = text[section.blocks[at].start : telling.spans[0][0]]
    if telling.way == "connected" and not all(map(_ORDINAL.match, entries)):
        return role not in LISTING - {"conditions", "materials", "fees"} and not _prepares(section)
    entries = [_ORDINAL.sub("", entry, count=1) for entry in entries]
    led = last_sentence(before)
    # `共有四个环节。第一，…` counts what follows though its sentence has ended.
    announced = last_sentence(before.rstrip().rstrip("。")) if telling.way == "connected" else led
    if _STEP_MARK.search(before) or (says("steps", announced) and not says("precautions", section.nearest)):
        return True
    if role in LISTING or (led and (role_of(led) in LISTING or says("bring", led))) or _prepares(section):
        return False
    ending = says("steps", section.nearest) or (role == "procedure" and says("ending", section.nearest))
    if telling.way == "clauses":
        return (ending or says("ending", before)) and are_acts(entries, _HALF_ACTS)
    if telling.way == "parted":
        return ending and (are_acts(entries, SOME_ACTS) or any(map(_CUE.search, entries)))
    return are_acts(entries, _A_FEW_ACTS) if ending else are_acts(entries)


def _role(section: Section) -> str:
    return role_of(section.nearest) if section.headings else section_role(section)


def _prepares(section: Section) -> bool:
    return says("preparing", section.nearest)


def _unmarked(text: str, section: Section, at: int, stop: int) -> Iterator[list[Span]]:
    """Steps that nothing marks where a heading or a lead-in says that they stand there."""
    blocks = section.blocks
    if _role(section) in LISTING or _prepares(section):
        return
    for n in range(at, stop):
        led = last_sentence(text[blocks[n].content : blocks[n].end])
        if n + MIN_TOLD_STEPS < stop + 1 and says("lead", led) and says("steps", led):
            yield from _lines(text, blocks, n + 1, stop)
            yield from _titled_lines(text, blocks, n + 1, stop)
    if says("steps", section.nearest):
        yield from _lines(text, blocks, at, stop)
    for block in blocks[at:stop]:
        spans = [(found.start(), found.end()) for found in _LINE.finditer(text, block.content, block.end)]
        if says("steps", section.nearest) and are_acts((text[slice(*span)] for span in spans), 1.0):
            yield spans
        for span in spans:
            if says("steps", section.nearest) or says("steps", text[slice(*span)]):
                yield from _arrows(text, *span)


def _lines(text: str, blocks: Sequence[Block], at: int, stop: int) -> Iterator[list[Span]]:
    """Lines that each tell to do something, or each have a label, from `at` on."""
    for tells in (_acts, _labelled):
        end = at
        while end < stop and tells(line := text[blocks[end].content : blocks[end].end]) and len(line) <= _MAX_LINE:
            end += 1
        if end - at >= MIN_TOLD_STEPS:
            yield [(block.content, block.end) for block in blocks[at:end]]


def _titled_lines(text: str, blocks: Sequence[Block], at: int, stop: int) -> Iterator[list[Span]]:
    """Short lines that each head the lines below them, from `at` on: `登录账户`, below it how."""
    heads = [n for n in range(at, stop) if _TITLED.match(text, blocks[n].content, blocks[n].end)]
    notes = [n for n in range(at, stop) if says("note", text[blocks[n].content : blocks[n].end])]
    heads = [n for n in heads if n < min(notes, default=stop)]
    if len(heads) >= MIN_TOLD_STEPS and heads[0] == at:
        ends = [*(n - 1 for n in heads[1:]), heads[-1]]
        yield [(blocks[n].content, blocks[end].end) for n, end in zip(heads, ends, strict=True)]


def _acts(line: str) -> bool:
    return says("acts", line) and not says("note", line)


def _labelled(line: str) -> bool:
    return _LABELLED.match(line) is not None and not says("note", line)


def _arrows(text: str, start: int, end: int) -> Iterator[list[Span]]:
    """Steps that arrows join: `流程：提交申请 → 物业审核 → 交卡`."""
    arrows = [(found.start(), found.end()) for found in _ARROW.finditer(text, start, end)]
    if len(arrows) < MIN_TOLD_STEPS - 1:
        return
    colon = max(text.find("：", start, arrows[0][0]), text.find(":", start, arrows[0][0]))
    starts = [colon + 1 if colon >= 0 else start, *(stop for _, stop in arrows)]
    ends = [*(begin for begin, _ in arrows), end]
    yield list(zip(starts, ends, strict=True))
