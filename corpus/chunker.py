"""Chunks of an article: procedures whole, prose by paragraph, lists by item; each an exact span.

A procedure is a run of list items (or of headings such as `### 步骤一`) whose numbers rise by one, under a heading
or behind a lead-in that speaks of doing something; or it is told in sentences. It is one chunk with its lead-in and
its note, however long: a procedure that is cut looks complete and is not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from corpus.blocks import Block
from corpus.document import Chunk, ChunkKind, Document, Step
from corpus.lists import numbered_lists
from corpus.roles import role_of, says
from corpus.sections import Section, heading_text, read_sections
from corpus.step_headings import heading_spans, heading_steps
from corpus.step_lists import bullets_are_steps, bullets_of, is_procedure
from corpus.step_tellings import procedures_told

MAX_PROSE_CHARACTERS = 400
MAX_NOTE_CHARACTERS = 800
MAX_LABEL_CHARACTERS = 30

_LABEL = re.compile(
    r"\s*(?:\*\*|__)?(?P<label>[^：:。，,；;！!？?\n]{1,24}?)(?:\*\*|__)?\s*[：:](?!//)(?:\*\*|__)?\s*\S"
)
_SENTENCE_LABEL = re.compile(r"\s*(?P<label>[^：:。，,；;！!？?\n]{2,12})。\s*\S")
_CLOSED_BOLD = re.compile(r"(?P<label>[^*_\n]{1,30}?)[：:]?(?:\*\*|__)[ \t]*\n")  # `**步骤1：带卡**` over what it says
_BOLD_LABEL = re.compile(r"\s*(?:\*\*|__)(?P<label>[^*_\n]{1,40}?)[：:]?(?:\*\*|__)")
# How a paragraph begins that asks, and one that answers it.
ASKED = re.compile(r"\W{0,4}(?:问|Q\d?|留言|提问|网友问)\W{0,4}[:：、.]|\W{0,4}Q\b", re.IGNORECASE)
ANSWERED = re.compile(r"\W{0,4}(?:答|A\d?|回复|我的回答|回答)\W{0,4}[:：、.]|\W{0,4}A\b", re.IGNORECASE)
# A short line before a list, the marker of whose first entry may follow.
_WAY = re.compile(
    r"(?:^|[\n。])\W*(?P<way>[^：:。，,；;！!？?\n]{2,24})[：:]\W*(?:[\w.、．）)]{0,4}\W*)$", re.MULTILINE
)
_SENTENCE = re.compile(r"[。；！？，,;!?：:]")
_WORD = re.compile(r"[^\W_]")


def chunk(document: Document) -> list[Chunk]:
    """The chunks of a cleaned document, in order, without overlap.

    Every chunk has a word in it, and `document.text[chunk.start:chunk.end] == chunk.text`; so have its steps.
    """
    sections = read_sections(document)
    chunks: list[Chunk] = []
    at = 0
    while at < len(sections):
        run = heading_steps(sections, at)
        if run > 1:
            chunks += _procedure_of_headings(document, sections[at : at + run])
        else:
            chunks += _section_chunks(document, sections[at])
        at += max(run, 1)
    return [piece for piece in chunks if _WORD.search(piece.text)]


# --- a section with its lists ---------------------------------------------------------------------------------


def _section_chunks(document: Document, section: Section) -> list[Chunk]:
    """The chunks of one section; questions whose answers are procedures are sections of their own."""
    chunks: list[Chunk] = []
    free = 0
    asked = [at for at, block in enumerate(section.blocks) if _asks(document.text, block)]
    for at, stop in pairwise([*asked, len(section.blocks)]):
        question = heading_text(ASKED.sub("", _first_line(document.text, section.blocks[at])))
        if role_of(question) not in {"steps", "procedure"}:
            continue
        answer = _part_chunks(document, _part(section, at, stop, question))
        if any(piece.kind == "procedure" for piece in answer):
            chunks += _part_chunks(document, _part(section, free, at)) if at > free else []
            chunks += answer
            free = stop
    rest = _part(section, free, len(section.blocks)) if free else section
    return chunks + _part_chunks(document, rest)


def _asks(text: str, block: Block) -> bool:
    return block.kind == "text" and ASKED.match(text, block.content, block.end) is not None


def _first_line(text: str, block: Block) -> str:
    return text[block.content : block.end].partition("\n")[0]


def _part(section: Section, at: int, stop: int, question: str = "") -> Section:
    """The blocks `at:stop` of a section as a section of their own, below a question when there is one."""
    blocks = section.blocks[at:stop]
    start, end = (blocks[0].start, blocks[-1].end) if blocks else (section.end, section.end)
    headings = (*section.headings, question) if question else section.headings
    return Section(headings, blocks, start, end, question or section.nearest, section.title)


def _part_chunks(document: Document, section: Section) -> list[Chunk]:
    """The chunks of a section: its lists with their lead-ins and notes, and the prose around them."""
    text = document.text
    lists = numbered_lists(section.blocks)
    bulleted = False
    if not any(is_procedure(text, section, _lead_in(text, section, 0, items[0]), items) for items in lists):
        if bullets_are_steps(text, section):
            lists = [bullets_of(section)]
            bulleted = True
        elif told := _told(document, section):
            return told
    chunks: list[Chunk] = []
    free = 0
    for n, items in enumerate(lists):
        limit = lists[n + 1][0] if n + 1 < len(lists) else len(section.blocks)
        last = _last_of(text, section.blocks, items, limit)
        lead = _lead_in(text, section, free, items[0])
        following = _note_end(text, section, last, limit, more=n + 1 < len(lists))
        if not (bulleted or is_procedure(text, section, lead, items)):
            chunks += _prose(document, section, range(free, items[0]))
            chunks += [_piece(document, section, *span, "item") for span in _spans(section.blocks, items, last)]
            free = last
            continue
        chunks += _prose(document, section, range(free, lead))
        spans = _spans(section.blocks, items, last)
        end = section.blocks[following - 1].end
        chunks.append(_procedure(document, section.headings, section.blocks[lead].start, end, spans))
        free = following
    chunks += _prose(document, section, range(free, len(section.blocks)))
    return _told_apart(document, chunks)


def _told(document: Document, section: Section) -> list[Chunk]:
    """The chunks of a section whose procedures are told in sentences, empty for one that tells none."""
    told = procedures_told(document.text, section)
    blocks, chunks, free = section.blocks, list[Chunk](), 0
    for n, one in enumerate(told):
        lead = one.first
        while lead > free and blocks[one.first].start - blocks[lead - 1].start <= MAX_NOTE_CHARACTERS:
            lead -= 1
        limit = told[n + 1].first if n + 1 < len(told) else len(blocks)
        following = _note_end(document.text, section, one.last + 1, limit, more=n + 1 < len(told))
        chunks += _prose(document, section, range(free, lead))
        start, end = blocks[lead].start, blocks[following - 1].end
        chunks.append(_procedure(document, section.headings, start, end, one.spans))
        free = following
    return _told_apart(document, [*chunks, *_prose(document, section, range(free, len(blocks)))]) if told else []


def _told_apart(document: Document, chunks: list[Chunk]) -> list[Chunk]:
    """The chunks of one section; of several procedures, the short line that leads into each is a heading of it."""
    procedures = [piece for piece in chunks if piece.steps]
    labels = {piece.start: _way_of(document.text, piece) for piece in procedures}
    if len(procedures) < 2 or not all(labels.values()) or len(set(labels.values())) < len(labels):
        return chunks
    return [
        replace(piece, headings=(*piece.headings, labels[piece.start])) if piece.steps else piece for piece in chunks
    ]


def _way_of(text: str, piece: Chunk) -> str:
    """The short line that ends with a colon before the first step of a procedure, empty when there is none."""
    found = _WAY.search(text, piece.start, piece.steps[0].start)
    return heading_text(found["way"]) if found else ""


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


def _lead_in(text: str, section: Section, free: int, first: int) -> int:
    """The place where a list's lead-in starts; `first` when it has none."""
    if free > 0:
        at = first - 1
        return at if at >= free and says("lead", text[section.blocks[at].content : section.blocks[at].end]) else first
    start = first
    while start > free and section.blocks[first].start - section.blocks[start - 1].start <= MAX_NOTE_CHARACTERS:
        start -= 1
    return start


def _note_end(text: str, section: Section, last: int, limit: int, *, more: bool) -> int:
    """The place behind the note that follows a list: the rest of the section while it is short."""
    blocks = section.blocks
    if more and limit > last and says("lead", text[blocks[limit - 1].content : blocks[limit - 1].end]):
        limit -= 1
    end = last
    while end < limit and blocks[end].end - blocks[last - 1].end <= MAX_NOTE_CHARACTERS:
        end += 1
    return end


def _procedure_of_headings(document: Document, run: Sequence[Section]) -> list[Chunk]:
    lead = run[0].blocks[0].start if run[0].blocks else run[1].start
    return [_procedure(document, run[0].headings, lead, run[-1].end, heading_spans(document, run))]


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
    found = (
        _CLOSED_BOLD.match(content)
        or _BOLD_LABEL.match(content)
        or _LABEL.match(content)
        or _SENTENCE_LABEL.match(content)
    )
    return heading_text(found["label"]) if found else ""


def _piece(document: Document, section: Section, start: int, end: int, kind: ChunkKind) -> Chunk:
    start, end = _trimmed(document.text, start, end)
    return Chunk(
        doc_id=document.doc_id,
        start=start,
        end=end,
        text=document.text[start:end],
        headings=section.headings,
        kind=kind,
    )


def _prose(document: Document, section: Section, places: range) -> list[Chunk]:
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
    return asks(text, asking.content, asking.end) and ANSWERED.match(text, answering.content, answering.end) is not None


def asks(text: str, start: int, end: int) -> bool:
    """Whether a passage is a question that an answer may stand behind: `问：…`, or `@小北：…？`."""
    return ASKED.match(text, start, end) is not None or text[start:end].rstrip().endswith(("?", "？"))


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
