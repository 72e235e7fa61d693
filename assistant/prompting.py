"""What a chat model is asked: instructions, passages of articles as data, and the question, within its context."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import islice
from pathlib import Path

from assistant.chat_model import Message
from assistant.citations import chunks_cited
from assistant.draft import Context, Draft
from assistant.sources import Passage
from corpus.document import Chunk
from corpus.normalize import Language, visible

DECLINED = "UNSTATED"  # what a model says when the passages do not answer

_FILE = Path(__file__).with_name("prompts.toml")
_MOST_PASSAGES = 8
_MOST_BESIDE_STEPS = 2  # passages beside a procedure that is told whole: it answers by itself
_MOST_EARLIER = 6  # turns
_REPLY_TOKENS = 1_024  # kept free for the reply, but never more than a quarter of the context
_FRAME_TOKENS = 100  # for the tags, and for what a model's own format puts around messages
_EARLIER_SHARE = 0.1  # of the context, which earlier turns may take
# Tags and markers are ours alone: what would close a fence or look like a passage's number is another character.
_OURS = str.maketrans("<>[]", "‹›「」")
_NUMBERED = re.compile(r"[【［〔〖]([\s\d,，、–-]*)[】］〕〗]")
_BLANK_LINES = re.compile(r"\n\s*\n")
_TRAILING = re.compile(r"[ \t\u3000\r]+$", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """What is sent, and the passages that its numbers stand for; none when the necessary ones do not fit."""

    messages: tuple[Message, ...]
    passages: tuple[Passage, ...]


def estimate_tokens(text: str) -> int:
    """How many tokens a text may have, rather too many than too few: tokenizers differ, and ours is none of them.

    A Chinese character counts as two (byte-level vocabularies without Chinese take two or three, others fewer), three
    Latin letters or blanks as one, any other character as one.
    """
    n_foreign = sum(not character.isascii() for character in text)
    n_plain = sum(character.isascii() and (character.isalpha() or character == " ") for character in text)
    return 2 * n_foreign + -(-n_plain // 3) + (len(text) - n_foreign - n_plain)


def writing_prompt(context: Context, draft: Draft, turns: Sequence[str], n_context_tokens: int) -> Prompt:
    """What a model is sent to word an answer: whole passages, those of the extractive answer first, then the best hits.

    Args:
        context: The question and its sources, with the citations of the draft.
        draft: The answer composed of the articles' own words.
        turns: The user's turns, oldest first; earlier ones are cut to what fits.
        n_context_tokens: What fits into the model.
    """
    words = _words(context.language)
    system = words["writing"].strip().format(word=DECLINED)
    head, tail = _about(context), f"{_tag('question', turns[-1])}\n\n{words['ask'].format(word=DECLINED)}"
    room = (
        n_context_tokens
        - min(_REPLY_TOKENS, n_context_tokens // 4)
        - estimate_tokens(system + head + tail)
        - _FRAME_TOKENS
    )
    earlier = _earlier(turns[:-1], min(int(_EARLIER_SHARE * n_context_tokens), max(room, 0)))
    room -= estimate_tokens(earlier)
    passages: list[Passage] = []
    blocks: list[str] = []
    for chunk in _chunks(context, draft):
        passage = _passage(context, chunk, len(passages) + 1)
        block = _block(context, passage)
        if len(passages) < _MOST_PASSAGES and estimate_tokens(block) <= room:
            room -= estimate_tokens(block)
            passages.append(passage)
            blocks.append(block)
    given = {passage.chunk.chunk_id for passage in passages}
    if not all(chunk.chunk_id in given for chunk in procedures_of(context, draft)):
        passages = []  # a procedure that is not there whole would be told in part
    fenced = "\n".join(["<passages>", *blocks, "</passages>"])
    user = "\n\n".join(part for part in (fenced, head, earlier, tail) if part)
    return Prompt(
        messages=(Message(role="system", text=system), Message(role="user", text=user)), passages=tuple(passages)
    )


def condensing_prompt(turns: Sequence[str], language: Language, n_context_tokens: int) -> tuple[Message, ...]:
    """What a model is sent to make the last of the user's turns a question that stands alone."""
    words = _words(language)
    earlier = _earlier(turns[:-1], n_context_tokens // 2)
    user = f"{earlier}\n\n{_tag('question', turns[-1])}\n\n{words['complete']}"
    return (Message(role="system", text=words["condensing"].strip()), Message(role="user", text=user))


def procedures_of(context: Context, draft: Draft) -> list[Chunk]:
    """The procedures that a draft shows whole, in its order; none when it has no steps."""
    markers = {marker for step in draft.steps for marker in step.markers}
    return chunks_cited(citation for citation in context.citations.all() if citation.marker in markers)


def as_data(text: str) -> str:
    """A text without what could close a fence or pass for a passage's number, and without what does not show."""
    seen = "\n".join(map(visible, text.splitlines()))  # line by line: it makes line ends blanks
    lines = _TRAILING.sub("", _NUMBERED.sub(r"「\1」", seen.translate(_OURS)))
    return _BLANK_LINES.sub("\n\n", lines).strip()


@cache
def _prompts() -> dict[str, dict[str, str]]:
    with _FILE.open("rb") as file:
        return tomllib.load(file)


def _words(language: Language) -> dict[str, str]:
    return _prompts()[language]


def _tag(name: str, text: str) -> str:
    return f"<{name}>\n{as_data(text)}\n</{name}>"


def _about(context: Context) -> str:
    """The cards that the question means, as the earlier turns and the articles' names for them have it."""
    cards = context.question.cards or context.question.cued or context.question.pointed
    return _tag("about", "\n".join(context.name(card) for card in cards)) if cards else ""


def _earlier(turns: Sequence[str], room: int) -> str:
    """The last of the earlier turns that fit into so many tokens."""
    kept: list[str] = []
    for turn in reversed(turns[-_MOST_EARLIER:]):
        line = f"- {' '.join(as_data(turn).split())}"
        room -= estimate_tokens(line) + 1
        if room < 0:
            break
        kept.insert(0, line)
    return "\n".join(["<earlier>", *kept, "</earlier>"]) if kept else ""


def _chunks(context: Context, draft: Draft) -> Iterator[Chunk]:
    """The chunks to give, the draft's first; of the others only those that are about no other card."""
    cited = chunks_cited(context.citations.all())
    cards = {card for chunk in cited for card in _cards_of(context, chunk)}
    yield from (chunk for chunk in cited if is_readable(context, chunk))
    known = {chunk.chunk_id for chunk in cited}
    found = {hit.chunk.chunk_id: hit.chunk for hit in context.sources.hits if hit.chunk.chunk_id not in known}
    beside = (
        chunk
        for chunk in found.values()
        if is_readable(context, chunk)
        and not (draft.steps and chunk.kind == "procedure")
        and (not cards or not (own := _cards_of(context, chunk)) or own & cards)
    )
    yield from islice(beside, _MOST_BESIDE_STEPS if draft.steps else _MOST_PASSAGES)


def _cards_of(context: Context, chunk: Chunk) -> set[str]:
    units = context.sources.units(chunk.doc_id)
    return {card for unit in units if unit.chunk.chunk_id == chunk.chunk_id for card in unit.cards}


def is_readable(context: Context, chunk: Chunk) -> bool:
    """Whether a chunk is in the user's language, or its edition is: what a model translates cannot be checked."""
    document, edition = context.sources.document(chunk.doc_id), context.edition(chunk.doc_id)
    if edition is not None and edition.text(chunk.start, chunk.end):
        return True
    return (document.language == "en") == (context.language == "en")


def _passage(context: Context, chunk: Chunk, number: int) -> Passage:
    document, edition = context.sources.document(chunk.doc_id), context.edition(chunk.doc_id)
    edition_text = edition.text(chunk.start, chunk.end) if edition else ""
    return Passage(
        number=number,
        document=document,
        chunk=chunk,
        start=chunk.start,
        end=chunk.end,
        language="en" if edition_text else document.language,
        edition_text=edition_text,
    )


def _block(context: Context, passage: Passage) -> str:
    """A passage as it is sent, its article and section named."""
    heading = context.heading(passage.chunk).text
    place = " › ".join(part for part in (context.title(passage.chunk.doc_id), heading) if part)
    words = passage.edition_text or passage.document.text[passage.start : passage.end]
    quoted = as_data(place).replace('"', "”")
    return f'<passage number="{passage.number}" from="{quoted}">\n{as_data(words)}\n</passage>'
