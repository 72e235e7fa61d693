"""Chunks of an article: procedures whole, prose by paragraph, lists by item; each an exact span.

A procedure is a run of list items (or of headings such as `### 步骤一`) whose numbers rise by one, under a heading
or behind a lead-in that speaks of doing something. It is one chunk with its lead-in and its note, however long:
a procedure that is cut looks complete and is not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from corpus.blocks import Block, item_marker, read_blocks
from corpus.document import Chunk, ChunkKind, Document, Step
from corpus.roles import role_of, says
from corpus.told_steps import told_steps

MAX_PROSE_CHARACTERS = 400
MAX_NOTE_CHARACTERS = 800
MAX_LABEL_CHARACTERS = 30
# Bullets are steps without being called so when there are so many, and such a share begins by telling to do something.
_FEWEST_ACTS = 3
_MOSTLY_ACTS = 0.6
_SOME_ACTS = 0.4  # under a heading that speaks of doing something

# Roles whose numbered lists are lists of things, not things to do.
_LISTING = frozenset(
    {"conditions", "precautions", "reasons", "questions", "materials", "fees", "kinds", "summary", "definition"}
)
_LABEL = re.compile(
    r"\s*(?:\*\*|__)?(?P<label>[^：:。，,；;！!？?\n]{1,24}?)(?:\*\*|__)?\s*[：:](?!//)(?:\*\*|__)?\s*\S"
)
_SENTENCE_LABEL = re.compile(r"\s*(?P<label>[^：:。，,；;！!？?\n]{2,12})。\s*\S")
_BOLD_LABEL = re.compile(r"\s*(?:\*\*|__)(?P<label>[^*_\n]{1,40}?)[：:]?(?:\*\*|__)")
# How a paragraph begins that asks, and one that answers it.
ASKED = re.compile(r"\W{0,4}(?:问|Q\d?|留言|提问|网友问)\W{0,4}[:：、.]|\W{0,4}Q\b", re.IGNORECASE)
ANSWERED = re.compile(r"\W{0,4}(?:答|A\d?|回复|我的回答|回答)\W{0,4}[:：、.]|\W{0,4}A\b", re.IGNORECASE)
_MARKS = re.compile(r"[*_`#]+")
_SENTENCE = re.compile(r"[。；！？，,;!?：:]")
_WORD = re.compile(r"[^\W_]")


@dataclass(frozen=True, slots=True)
class _Section:
    """The blocks under one heading, before the next one."""

    headings: tuple[str, ...]
    blocks: tuple[Block, ...]
    start: int
    end: int


def chunk(document: Document) -> list[Chunk]:
    """The chunks of a cleaned document, in order, without overlap.

    Every chunk has a word in it, and `document.text[chunk.start:chunk.end] == chunk.text`; so have its steps.
    """
    blocks = read_blocks(document.text, document.body_start)
    sections = _sections(document, blocks)
    chunks: list[Chunk] = []
    at = 0
    while at < len(sections):
        run = _heading_steps(sections, at)
        if run > 1:
            chunks += _procedure_of_headings(document, sections[at : at + run])
        else:
            chunks += _section_chunks(document, sections[at])
        at += max(run, 1)
    return [piece for piece in chunks if _WORD.search(piece.text)]


def heading_text(raw: str) -> str:
    """A heading as it is shown: emphasis marks and blanks of cleaning removed."""
    return re.sub(r"\s+", " ", _MARKS.sub("", raw)).strip(" ：:\u3000")


def _sections(document: Document, blocks: Sequence[Block]) -> list[_Section]:
    sections: list[_Section] = []
    path: list[tuple[int, str]] = []
    body: list[Block] = []
    start = document.body_start
    for block in blocks:
        if block.kind != "heading":
            body.append(block)
            continue
        sections.append(_Section(_headings(path, document.title), tuple(body), start, block.start))
        while path and path[-1][0] >= block.depth:
            path.pop()
        path.append((block.depth, heading_text(document.text[block.content : block.end])))
        body, start = [], block.start
    sections.append(_Section(_headings(path, document.title), tuple(body), start, len(document.text)))
    return sections


def _headings(path: Sequence[tuple[int, str]], title: str) -> tuple[str, ...]:
    """The headings of a path; a first one that only repeats the title is left out."""
    names = [name for _, name in path if name]
    return tuple(names[1:] if names and names[0] == title else names)


# --- a section with its lists ---------------------------------------------------------------------------------


def _section_chunks(document: Document, section: _Section) -> list[Chunk]:
    """The chunks of one section: its lists with their lead-ins and notes, and the prose around them."""
    lists = _numbered_lists(section.blocks)
    bulleted = False
    if not any(
        _is_procedure(document, section, _lead_in(document.text, section, 0, items[0]), items) for items in lists
    ):
        if _bullets_are_steps(document.text, section):
            lists = [[n for n, block in enumerate(section.blocks) if block.kind == "bullet" and block.indent < 2]]
            bulleted = True
        elif told := _told(document, section):
            return told
    chunks: list[Chunk] = []
    free = 0
    for n, items in enumerate(lists):
        limit = lists[n + 1][0] if n + 1 < len(lists) else len(section.blocks)
        last = _last_of(document.text, section.blocks, items, limit)
        lead = _lead_in(document.text, section, free, items[0])
        following = _note_end(document.text, section, last, limit, more=n + 1 < len(lists))
        if not (bulleted or _is_procedure(document, section, lead, items)):
            chunks += _prose(document, section, range(free, items[0]))
            chunks += [_piece(document, section, *span, "item") for span in _spans(section.blocks, items, last)]
            free = last
            continue
        chunks += _prose(document, section, range(free, lead))
        spans = _spans(section.blocks, items, last)
        end = section.blocks[following - 1].end
        chunks.append(_procedure(document, section.headings, section.blocks[lead].start, end, spans))
        free = following
    return chunks + _prose(document, section, range(free, len(section.blocks)))


def _told(document: Document, section: _Section) -> list[Chunk]:
    """The chunks of a section whose procedure is told in sentences, empty for one that tells none."""
    nearest = section.headings[-1] if section.headings else document.title
    if role_of(nearest) in _LISTING - {"conditions", "materials", "fees"}:
        return []
    blocks = section.blocks
    at = 0
    while at < len(blocks):
        stop = at
        while stop < len(blocks) and blocks[stop].kind == "text":
            stop += 1
        spans = told_steps(document.text, [(block.content, block.end) for block in blocks[at:stop]])
        if spans:
            first = next(n for n in range(at, stop) if blocks[n].end > spans[0][0])
            last = next(n for n in range(at, stop) if blocks[n].end >= spans[-1][1])
            lead = first
            while lead > 0 and blocks[first].start - blocks[lead - 1].start <= MAX_NOTE_CHARACTERS:
                lead -= 1
            following = last + 1
            while following < len(blocks) and blocks[following].end - blocks[last].end <= MAX_NOTE_CHARACTERS:
                following += 1
            start, end = blocks[lead].start, blocks[following - 1].end
            return [
                *_prose(document, section, range(lead)),
                _procedure(document, section.headings, start, end, spans),
                *_prose(document, section, range(following, len(blocks))),
            ]
        at = stop + 1
    return []


def _numbered_lists(blocks: Sequence[Block]) -> list[list[int]]:
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


def _last_of(text: str, blocks: Sequence[Block], items: Sequence[int], limit: int) -> int:
    """The place behind the last item with what belongs to it: indented or directly following blocks.

    When every item before it has a body of paragraphs, so has the last: as many as the shortest of the others, and
    their bullets.
    """

    def attached(at: int) -> bool:
        return blocks[at].indent > blocks[items[0]].indent + 1 or not blocks[at].loose

    bodies = [
        [at for at in range(earlier + 1, later) if not attached(at)]
        for earlier, later in zip(items, items[1:], strict=False)
    ]
    n_body = min(map(len, bodies), default=0)
    bulleted = n_body > 0
    at = items[-1] + 1
    while at < limit:
        if not attached(at):
            if says("note", text[blocks[at].content : blocks[at].end]):
                break
            if n_body == 0 and not (bulleted and blocks[at].kind == "bullet"):
                break
            n_body = max(n_body - 1, 0)
        at += 1
    return at


def _spans(blocks: Sequence[Block], items: Sequence[int], last: int) -> list[tuple[int, int]]:
    ends = [*items[1:], last]
    return [(blocks[item].content, blocks[end - 1].end) for item, end in zip(items, ends, strict=True)]


def _lead_in(text: str, section: _Section, free: int, first: int) -> int:
    """The place where a list's lead-in starts; `first` when it has none."""
    if free > 0:
        at = first - 1
        return at if at >= free and says("lead", text[section.blocks[at].content : section.blocks[at].end]) else first
    start = first
    while start > free and section.blocks[first].start - section.blocks[start - 1].start <= MAX_NOTE_CHARACTERS:
        start -= 1
    return start


def _note_end(text: str, section: _Section, last: int, limit: int, *, more: bool) -> int:
    """The place behind the note that follows a list: the rest of the section while it is short."""
    blocks = section.blocks
    if more and limit > last and says("lead", text[blocks[limit - 1].content : blocks[limit - 1].end]):
        limit -= 1
    end = last
    while end < limit and blocks[end].end - blocks[last - 1].end <= MAX_NOTE_CHARACTERS:
        end += 1
    return end


def _is_procedure(document: Document, section: _Section, lead: int, items: Sequence[int]) -> bool:
    first = section.blocks[items[0]]
    if first.family == "step":
        return True
    headings = section.headings or (document.title,)
    nearest = headings[-1]
    before = document.text[section.blocks[lead].start : first.start] if lead < items[0] else ""
    if says("steps", nearest):
        return True
    role = next((role for role in map(role_of, reversed(headings)) if role), "")
    last_sentence = before.rstrip().rsplit("。", 1)[-1]
    if role in _LISTING:
        return says("steps", last_sentence) and not says("precautions", nearest)
    if last_sentence and role_of(last_sentence) in _LISTING:
        return False
    if role in {"steps", "procedure"} or says("steps", before) or says("procedure", before):
        return True
    return not says("preparing", nearest) and _act(document.text, [section.blocks[at] for at in items])


def _act(text: str, blocks: Sequence[Block], share: float = _MOSTLY_ACTS) -> bool:
    """Whether as great a share of the entries of a list begin by telling to do something."""
    acting = [block for block in blocks if says("acts", text[block.content : block.end])]
    return len(blocks) >= _FEWEST_ACTS and len(acting) >= share * len(blocks)


def _bullets_are_steps(text: str, section: _Section) -> bool:
    """Whether a section whose only list is of bullets says that they are steps."""
    bullets = [n for n, block in enumerate(section.blocks) if block.kind == "bullet" and block.indent < 2]
    if len(bullets) < 2 or any(
        later - earlier > 1 and section.blocks[later].loose and section.blocks[later - 1].kind == "text"
        for earlier, later in zip(bullets, bullets[1:], strict=False)
    ):
        return False
    nearest = section.headings[-1] if section.headings else ""
    before = text[section.start : section.blocks[bullets[0]].start].rstrip().rsplit("。", 1)[-1]
    if role_of(nearest) in _LISTING or says("materials", before):
        return False
    if says("steps", nearest) or says("steps", before):
        return True
    chosen = [section.blocks[at] for at in bullets]
    if (
        says("ending", nearest)
        and role_of(nearest) == "procedure"
        and not any(block.kind == "item" for block in section.blocks)
    ):
        labelled = [block for block in chosen if _BOLD_LABEL.match(text, block.content, block.end)]
        return _act(text, chosen, _SOME_ACTS) or len(labelled) == len(chosen) >= _FEWEST_ACTS
    return _act(text, chosen)


# --- headings that are steps ------------------------------------------------------------------------------------


def _heading_steps(sections: Sequence[_Section], at: int) -> int:
    """How many sections from `at` make one procedure: its own section and the headings `步骤一`, `Step 2` … in it.

    A decimal run (`### 1. 带上证件`) counts only under a heading that says it holds steps; elsewhere such
    headings number reasons or cards.
    """
    depth = len(sections[at].headings)
    run, number = 1, 0
    nearest = sections[at].headings[-1] if sections[at].headings else ""
    while at + run < len(sections):
        headings = sections[at + run].headings
        if number and len(headings) > depth + 1:
            run += 1
            continue
        marker = (
            item_marker(headings[-1])
            if len(headings) == depth + 1 and headings[:depth] == sections[at].headings
            else None
        )
        if (
            marker is None
            or marker[1] != number + 1
            or not (marker[0] == "step" or (marker[0] == "decimal" and says("steps", nearest)))
        ):
            break
        if marker[0] == "decimal" and _numbered_lists(sections[at + run].blocks):
            break
        number += 1
        run += 1
    return run if number > 1 else 1


def _procedure_of_headings(document: Document, run: Sequence[_Section]) -> list[Chunk]:
    text, depth = document.text, len(run[0].headings)
    starts = [section for section in run[1:] if len(section.headings) == depth + 1]
    spans: list[tuple[int, int]] = []
    for section, following in zip(starts, [*starts[1:], None], strict=True):
        line_end = text.find("\n", section.start)
        line = text[section.start : line_end if line_end >= 0 else len(text)]
        content = _MARKS.sub(lambda found: " " * len(found.group()), line)
        indent = len(content) - len(content.lstrip())
        marker = item_marker(content.lstrip())
        begin = section.start + indent + (marker[2] if marker else 0)
        end = following.start if following else run[-1].end
        notes = [block for block in run[-1].blocks if says("note", text[block.content : block.end])]
        if following is None and notes:
            end = notes[0].start
        # A heading with nothing behind its marker (`### 步骤一`) starts at its body.
        spans.append(_trimmed(text, begin, end))
    lead = run[0].blocks[0].start if run[0].blocks else run[1].start
    _, end = _trimmed(text, lead, run[-1].end)
    return [_procedure(document, run[0].headings, lead, end, spans)]


# --- pieces -----------------------------------------------------------------------------------------------------


def _procedure(
    document: Document, headings: tuple[str, ...], start: int, end: int, spans: Sequence[tuple[int, int]]
) -> Chunk:
    text = document.text
    steps: list[Step] = []
    for begin, stop in spans:
        begin, stop = _trimmed(text, begin, stop)
        if _WORD.search(text[begin:stop]):
            steps.append(
                Step(
                    number=len(steps) + 1, title=_label(text[begin:stop]), text=text[begin:stop], start=begin, end=stop
                )
            )
    start, end = _trimmed(text, start, end)
    return Chunk(
        doc_id=document.doc_id,
        start=start,
        end=end,
        text=text[start:end],
        headings=headings,
        kind="procedure",
        steps=tuple(steps),
    )


def _label(content: str) -> str:
    """The leading label of a step, `填写申请表` of `**填写申请表**：在…`; empty when it has none."""
    content = content.replace("\r\n", "\n")
    first_line, _, rest = content.partition("\n")
    if rest.startswith("\n") and 0 < len(first_line) <= MAX_LABEL_CHARACTERS and not _SENTENCE.search(first_line):
        return heading_text(first_line)  # a step that was a heading
    found = _BOLD_LABEL.match(content) or _LABEL.match(content) or _SENTENCE_LABEL.match(content)
    return heading_text(found["label"]) if found else ""


def _piece(document: Document, section: _Section, start: int, end: int, kind: ChunkKind) -> Chunk:
    start, end = _trimmed(document.text, start, end)
    return Chunk(
        doc_id=document.doc_id,
        start=start,
        end=end,
        text=document.text[start:end],
        headings=section.headings,
        kind=kind,
    )


def _prose(document: Document, section: _Section, places: range) -> list[Chunk]:
    """The blocks that are in no numbered list, as chunks: bullets by item, text by paragraph, cut at blanked spans."""
    chunks = []
    joined = -1
    for at in places:
        if at == joined:
            continue
        block = section.blocks[at]
        kind: ChunkKind = "prose" if block.kind == "text" else "item"
        stop = block.end
        if at + 1 in places and _asks_and_answers(document.text, block, section.blocks[at + 1]):
            joined, stop = at + 1, section.blocks[at + 1].end
        for start, end in _unmasked(document, block.content, stop):
            chunks += [_piece(document, section, *span, kind) for span in _sized(document.text, start, end)]
    return chunks


def _asks_and_answers(text: str, asking: Block, answering: Block) -> bool:
    """Whether a paragraph is a question (`问：…`, `Q: …`) and the next its answer."""
    asked = ASKED.match(text, asking.content, asking.end)
    return asked is not None and ANSWERED.match(text, answering.content, answering.end) is not None


def _unmasked(document: Document, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The parts of a span that cleaning has left."""
    for begin, stop in document.masked:
        if stop <= start or begin >= end:
            continue
        if begin > start:
            yield start, begin
        start = max(start, stop)
    if start < end:
        yield start, end


def _sized(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The span, or the parts of it at sentence ends when it is longer than a prose chunk may be."""
    if end - start <= MAX_PROSE_CHARACTERS:
        yield start, end
        return
    from langchain_text_splitters import RecursiveCharacterTextSplitter  # a second to import: only for long prose

    splitter = RecursiveCharacterTextSplitter(
        separators=["\n\n", "\n", "。", "！", "？", ". ", "；", "; ", "，", ", ", " ", ""],
        chunk_size=MAX_PROSE_CHARACTERS,
        chunk_overlap=0,
        keep_separator="end",
        add_start_index=True,
    )
    for part in splitter.create_documents([text[start:end]]):
        begin = start + part.metadata["start_index"]
        yield begin, begin + len(part.page_content)


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    piece = text[start:end]
    return start + len(piece) - len(piece.lstrip()), end - (len(piece) - len(piece.rstrip()))
