"""Steps that are told in sentences: `首先，…。然后，…。最后，…。`, `一是…；二是…`, `①…②…③…`, `…；…；…`.

A telling opens with a word for "first" and goes on with words for "then"; each such sentence is a step, and the
sentences between two of them belong to the earlier one. Marks that count, and semicolons, part a paragraph as well.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from corpus.markers import number_of
from corpus.normalize import to_simplified
from corpus.roles import says

MIN_TOLD_STEPS = 3
_MAX_LINES = 8  # from a line that begins with "first" to one that begins with "finally"

Span = tuple[int, int]
Way = Literal["marked", "connected", "clauses", "parted"]

# What is counted one after another: `第一件`, `头一桩事`, `第三道手续`.
COUNTED = r"(?:件|桩|樁|样|樣|项|項|道|关|關|环|環)(?:事情?|手续|手續|工序)?"
_OPENS_SURELY = re.compile(
    rf"(?:[我你您]?首先|(?:我|你|您|咱们?)?(?:要?做的)?(?:(?:第一|头一)(?:步|{COUNTED})|首(?:件事?|项)(?=[,，:：是]))|第一(?=[,，:：是])|一开始)|(?i:first(?:ly|\s+of\s+all)?\b,?\s|(?:start|begin)\s+(?:by|with)\s)"
)
_OPENS = re.compile(
    rf"{_OPENS_SURELY.pattern}|(?:[我你您]|咱们?|[\u4e00-\u9fff]{{1,2}}(?:人|主|者|客|户|员|生|长))先|先(?![说讲看谈来生声提介])(?=[^，。；]{{2,30}}[，。；])"
)
# What sums up steps and is none: `三件事做完，…`, `以上手续办完以后，…`.
_ALL_OF_IT = rf"(?:[这以上述所有全部]{{0,4}}[一二两三四五六七八九十几]{COUNTED}|[这以上述所有全部]{{2,4}}[手步流环事])"
_GOES_ON = re.compile(
    rf"(?:然后|接[着著]|接下来|紧接[着著]|再往[后下]|其次|随后|再来|再次|之后|随即|(?:这|那)之后|(?!{_ALL_OF_IT})[^，。；]{{1,10}}(?:以后|之后|完了?)(?=[，,])|再(?=[^，。；]{{2,}})"
    rf"|第[二三四五六七八九十]+(?:步|{COUNTED}|(?=[,，:：是])))"
    r"|(?i:(?:and\s+)?then\b|next\b|after\s+that\b|afterwards\b|once\b[^,.;]{2,40},|(?:second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth)(?:ly)?\b)"
)
# Behind a semicolon alone these go on as well: `提交后由…`, `审核过了，…`.
_GOES_ON_WITHIN = re.compile(
    r"[^，。；]{1,12}后(?=[，,由])|[^，。；]{1,10}[过好完妥清齐到成]了(?=[，,])|[等待][^，。；]{2,12}[，,]"
)
# When or whether, before what is done first: `离开之前，先…`, `符合的话，先…`.
_WHEN = re.compile(r"^[^，。；,;：:]{1,14}(?:[之以]?前|的话|时候?|[之以]?后|好了?|的)[，,]\s*(?=先)")
_THEN = re.compile(r"(?:然后|接[着著]|接下来|随后|之后)|(?i:(?:and\s+)?then\b|next\b|after\s+that\b)")
_CLOSES = re.compile(r"(?:最后|末了|末一|最终)|(?i:(?:and\s+)?(?:finally|lastly|last)\b)")
_SENTENCE = re.compile(r"(?:[^。！？!?；;\n.]|\.(?!\s|$))+(?:[。！？!?；;.]+[”」』）)]*|\n|$)")
_SAID_BEFORE = re.compile(
    r"^\W*(?:(?:我|你|您|大家|咱们?|用户|申请人|持卡人|办理时|办的时候|的?做法是|流程是|步骤是|步骤如下)[^，。；：:]{0,12}[，：:]\s*)"
)
_LEAD_IN = re.compile(r"[^，。；,;：:]{1,24}[：:]\s*(?=\S)")
_INLINE = re.compile(
    r"(?P<c>[\u2460-\u2473])|(?P<o>[\u2776-\u2793])|(?P<k>\d)\ufe0f?\u20e3|[（(](?P<b>\d{1,2})[)）]|(?<![\d.（(])(?P<d>\d{1,2})[)）、](?!\d)"
    r"|(?<![\d.a-zA-Z])(?P<p>\d{1,2})[.．](?=\s*[\u4e00-\u9fff“《])|第(?P<s>[一二三四五六七八九十]{1,3})(?:步|"
    rf"{COUNTED}(?=[,，:：、\s]))"
    r"|(?i:step)[.\s]*(?P<t>\d{1,2})|步骤(?P<w>[一二三四五六七八九十\d]{1,2})"
    r"|[（(](?P<n>[一二三四五六七八九十]{1,3})[)）]|(?<![\u4e00-\u9fff])(?P<y>[一二三四五六七八九十]{1,3})是"
)
_MARK_END = re.compile(r"\s*[、.．:：,，|｜]?\s*")
# Between two steps, and part of neither.
_TRAILING_ARROW = re.compile(r"\s*(?:[→➔➜➡⇒👉]\ufe0f?|->|=>|—>|--+>)\s*\Z")
_FULL_STOP = re.compile(r"[。！？!?\n]|\.(?=\s|$)")
_WHOLE = re.compile(r"[^。！？!?\n]+(?:[。！？!?]+|\n|$)")
_COLON = re.compile(r"[：:](?!//|\d)\s*(?=\S)")
_CLAUSE = re.compile(r"[^，,；;]+[，,；;]?\s*")


@dataclass(frozen=True, slots=True)
class Telling:
    """Steps that paragraphs tell.

    Attributes:
        spans: Start and end of each step.
        way: By marks that count; by words for "first" and "then", of sentences or of clauses; by semicolons.
    """

    spans: tuple[Span, ...]
    way: Way


def told_steps(text: str, paragraphs: Sequence[Span]) -> list[Span]:
    """The spans of the steps that paragraphs tell one after another, empty when they tell none.

    Args:
        text: The text that the spans count in.
        paragraphs: Start and end of adjoining paragraphs, in order.
    """
    return next(
        (list(telling.spans) for telling in tellings(text, paragraphs) if telling.way in {"marked", "connected"}), []
    )


def tellings(text: str, paragraphs: Sequence[Span]) -> Iterator[Telling]:
    """What may be steps in paragraphs, the surest first; whether they are is for their heading and lead-in to say."""
    for start, end in paragraphs:
        if spans := marked_steps(text, start, end):
            yield Telling(tuple(spans), "marked")
    if spans := _connected(text, paragraphs):
        yield Telling(tuple(_parted_further(text, spans)), "connected")
    for start, end in paragraphs:
        for sentence in _WHOLE.finditer(text, start, end):
            if spans := _clauses(text, sentence.start(), sentence.end()):
                yield Telling(tuple(spans), "clauses")
            if spans := _parted(text, sentence.start(), sentence.end()):
                yield Telling(tuple(spans), "parted")


def marked_steps(text: str, start: int, end: int) -> list[Span]:
    """Steps behind marks that count within a paragraph: `①…②…③…`, `一是…；二是…`."""
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
    spans = [(begin, begin + len(_TRAILING_ARROW.sub("", text[begin:stop]))) for begin, stop in spans]
    return [span for span in spans if span[1] > span[0]]


def _sentence_end(text: str, start: int, end: int) -> int:
    found = _FULL_STOP.search(text, start, end)
    return found.end() if found else end


def _connected(text: str, paragraphs: Sequence[Span]) -> list[Span]:
    """Steps that words for "first", "then" and "finally" begin."""
    sentences = [(begin, stop, n) for n, span in enumerate(paragraphs) for begin, stop in _sentences(text, *span)]
    starts: list[int] = []
    closed, surely, needs_end = 0, False, False
    for at, (begin, stop, _) in enumerate(sentences):
        said = to_simplified(text[begin:stop])
        if not starts or (len(starts) == 1 and not surely and _opens(_OPENS_SURELY, said)):
            # What only begins with 先 gives way to a 首先 before anything has gone on from it.
            if _opens(_OPENS, said):
                starts, surely = [at], _opens(_OPENS_SURELY, said)
                needs_end = _WHEN.sub("", _without_lead_in(said), count=1).startswith("先")
            elif not starts and at > 0 and _THEN.match(said) and says("acts", text[slice(*sentences[at - 1][:2])]):
                # What comes before "then" is the first step, when it tells to do something.
                starts, needs_end = [at - 1, at], True
        elif _CLOSES.match(said):
            starts.append(at)
            closed = at
            if _are_lines(text, sentences[starts[0] : at + 1]):
                starts = list(range(starts[0], at + 1))
            break
        elif _GOES_ON.match(said) or (_GOES_ON_WITHIN.match(said) and _is_parted(text, sentences[at - 1])):
            starts.append(at)
    last = closed or (starts[-1] if starts else 0)
    # One sentence that parts all its steps ends with the last of them.
    whole = all(_is_parted(text, sentence) for sentence in sentences[starts[0] : last]) if starts else False
    if len(starts) < MIN_TOLD_STEPS or (needs_end and not closed and not whole):
        return []
    ends = [*(at - 1 for at in starts[1:]), _tail(sentences, starts, last)]
    spans = [(sentences[at][0], sentences[stop][1]) for at, stop in zip(starts, ends, strict=True)]
    lead_in = _LEAD_IN.match(text, *spans[0])
    if lead_in and _OPENS.match(to_simplified(text[lead_in.end() : spans[0][1]])):
        spans[0] = lead_in.end(), spans[0][1]
    return spans


def _are_lines(text: str, sentences: Sequence[tuple[int, int, int]]) -> bool:
    """Whether sentences are paragraphs of their own each, few enough, and none a note."""
    alone = len({n for _, _, n in sentences}) == len(sentences) <= _MAX_LINES
    return alone and not any(says("note", text[begin:stop]) for begin, stop, _ in sentences)


def _opens(words: re.Pattern[str], said: str) -> bool:
    """Whether a sentence opens with one of the words, or does so behind an address such as `我的做法是：`."""
    behind = (_SAID_BEFORE.sub("", said), _without_lead_in(said), _WHEN.sub("", said, count=1))
    return any(words.match(one) for one in (said, *behind))


def _is_parted(text: str, sentence: tuple[int, int, int]) -> bool:
    """Whether a semicolon ends what `_sentences` cut."""
    return text[sentence[1] - 1] in "；;"


def _without_lead_in(said: str) -> str:
    """A sentence without what leads into it: `整个过程不难：先…`."""
    lead_in = _LEAD_IN.match(said)
    return said[lead_in.end() :] if lead_in else said


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


def _clauses(text: str, start: int, end: int) -> list[Span]:
    """Steps that are clauses of one sentence, as in `先…，再…，最后…。`."""
    parts = [(found.start(), found.end()) for found in _CLAUSE.finditer(text, start, end)]
    starts: list[int] = []
    for begin, stop in parts:
        said = to_simplified(text[begin:stop]).lstrip()
        if not starts:
            if _opens(_OPENS, said):
                starts.append(begin)
        elif _CLOSES.match(said):
            return _between([*starts, begin], end) if len(starts) + 1 >= MIN_TOLD_STEPS else []
        elif _GOES_ON.match(said):
            starts.append(begin)
    return []


def _parted(text: str, start: int, end: int) -> list[Span]:
    """Steps that semicolons part in one sentence, behind its colon when it has one."""
    semicolons = [found.end() for found in re.finditer(r"[；;]\s*", text[start:end])]
    if len(semicolons) < MIN_TOLD_STEPS - 1:
        return []
    colon = _COLON.search(text, start, start + semicolons[0])
    begin = colon.end() if colon else start
    return [span for span in _between([begin, *(start + at for at in semicolons)], end) if text[slice(*span)].strip()]


def _parted_further(text: str, spans: list[Span]) -> list[Span]:
    """The steps of one sentence, also those that nothing but a semicolon begins."""
    parted = _parted(text, spans[0][0], spans[-1][1])
    within = not any(_FULL_STOP.search(text, start, end) for start, end in spans[:-1])
    whole = within and len(parted) > len(spans) and {start for start, _ in spans} <= {start for start, _ in parted}
    return parted if whole else spans


def _between(starts: Sequence[int], end: int) -> list[Span]:
    return list(zip(starts, [*starts[1:], end], strict=True))
