"""Steps that are told in sentences: `首先，…。然后，…。最后，…。`, `First, … Then … Finally …`, `①…②…③…`.

A telling opens with a word for "first" and goes on with words for "then"; each such sentence is a step, and the
sentences between two of them belong to the earlier one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from corpus.blocks import number_of
from corpus.normalize import to_simplified

MIN_TOLD_STEPS = 3

_OPENS = re.compile(
    r"(?:[我你您]?(?:首先)|第一步|(?:我|你|您|咱们?)(?:做的)?(?:第一件事|头一件事|先)|头一件事|第一件事|第一(?=[,，:：是])|一开始|头一步|先(?=[^，。；]{2,30}[，。；]))|(?i:first(?:ly|\s+of\s+all)?\b,?\s)"
)
_GOES_ON = re.compile(
    r"(?:然后|接[着著]|接下来|紧接[着著]|再往[后下]|其次|随后|再来|再次|之后|随即|(?:这|那)之后|[^，。；]{1,10}(?:以后|之后|完了?)(?=[，,])|再(?=[^，。；]{2,})|第[二三四五六七八九十]+(?:步|件事|(?=[,，:：是])))"
    r"|(?i:(?:and\s+)?then\b|next\b|after\s+that\b|afterwards\b|second(?:ly)?\b|third(?:ly)?\b|fourth(?:ly)?\b)"
)
_CLOSES = re.compile(r"(?:最后|末了|最终|最后一步)|(?i:(?:and\s+)?(?:finally|lastly|last)\b)")
_SENTENCE = re.compile(r"(?:[^。！？!?；;\n.]|\.(?!\s|$))+(?:[。！？!?；;.]+[”」』）)]*|\n|$)")
_SAID_BEFORE = re.compile(
    r"^\W*(?:(?:我|你|您|大家|咱们?|用户|申请人|持卡人|办理时|办的时候|的?做法是|流程是|步骤是|步骤如下)[^，。；：:]{0,12}[，：:]\s*)"
)
_INLINE = re.compile(
    r"(?P<c>[\u2460-\u2473])|[（(](?P<b>\d{1,2})[)）]|(?<![\d.])(?P<d>\d{1,2})[)）、](?!\d)|第(?P<s>[一二三四五六七八九十]{1,3})步"
)
_MARK_END = re.compile(r"\s*[、.．:：,，]?\s*")

Span = tuple[int, int]


def told_steps(text: str, paragraphs: Sequence[Span]) -> list[Span]:
    """The spans of the steps that paragraphs tell one after another, empty when they tell none.

    Args:
        text: The text that the spans count in.
        paragraphs: Start and end of adjoining paragraphs, in order.
    """
    for start, end in paragraphs:
        if spans := _marked(text, start, end):
            return spans
    return _connected(text, paragraphs)


def _marked(text: str, start: int, end: int) -> list[Span]:
    """Steps behind marks that count within a paragraph: `①…②…③…`."""
    found: dict[str, list[re.Match[str]]] = {}
    for match in _INLINE.finditer(text, start, end):
        family = match.lastgroup or ""
        run = found.setdefault(family, [])
        if number_of(match[family]) == len(run) + 1:
            run.append(match)
    marks = max(found.values(), key=len, default=[])
    if len(marks) < MIN_TOLD_STEPS:
        return []
    spans = []
    for mark, following in zip(marks, [*marks[1:], None], strict=True):
        behind = _MARK_END.match(text, mark.end())
        begin = behind.end() if behind else mark.end()
        stop = following.start() if following else _sentence_end(text, begin, end)
        spans.append((begin, stop))
    return [span for span in spans if span[1] > span[0]]


def _sentence_end(text: str, start: int, end: int) -> int:
    found = re.compile(r"[。！？!?\n]|\.(?=\s|$)").search(text, start, end)
    return found.end() if found else end


def _connected(text: str, paragraphs: Sequence[Span]) -> list[Span]:
    """Steps that words for "first", "then" and "finally" begin."""
    sentences = [(begin, stop, n) for n, span in enumerate(paragraphs) for begin, stop in _sentences(text, *span)]
    starts: list[int] = []
    closed = 0
    for at, (begin, stop, _) in enumerate(sentences):
        said = to_simplified(text[begin:stop])
        shortened = _SAID_BEFORE.sub("", said)
        if not starts:
            if _OPENS.match(shortened):
                starts.append(at)
        elif _CLOSES.match(said):
            starts.append(at)
            closed = at
            break
        elif _GOES_ON.match(said):
            starts.append(at)
    if len(starts) < MIN_TOLD_STEPS or not (closed or _surely(text, sentences, starts)):
        return []
    last = closed or starts[-1]
    ends = [*(at - 1 for at in starts[1:]), _tail(sentences, starts, last)]
    return [(sentences[at][0], sentences[stop][1]) for at, stop in zip(starts, ends, strict=True)]


def _surely(text: str, sentences: Sequence[tuple[int, int, int]], starts: Sequence[int]) -> bool:
    """Whether a telling without an end opens with more than a bare 先."""
    return not to_simplified(text[sentences[starts[0]][0] :][:1]).startswith("先")


def _tail(sentences: Sequence[tuple[int, int, int]], starts: Sequence[int], last: int) -> int:
    """The last sentence of the last step: its own, or its whole paragraph when every step has one for itself."""
    owners = [sentences[at][2] for at in starts]
    if len(set(owners)) < len(owners):
        return last
    return max(at for at in range(last, len(sentences)) if sentences[at][2] == sentences[last][2])


def _sentences(text: str, start: int, end: int) -> Iterator[Span]:
    for match in _SENTENCE.finditer(text, start, end):
        piece = match.group()
        begin = match.start() + len(piece) - len(piece.lstrip(" \t\u3000\n>*_"))
        stop = match.start() + len(piece.rstrip())
        if stop > begin and re.search(r"\w", text[begin:stop]):
            yield begin, stop
