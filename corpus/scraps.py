"""What an offer leaves beside a contact that is blanked: whom it addresses, what it sells, where else to find it.

An advertisement that speaks in the words of the article is not foreign to it, and its contact goes alone. What is left
of its sentence says nothing without the contact: `想要清单的，`, `上门代跑！`, `或搜公众号…`. It goes where the
sentence offers something, up to a clause that tells what to do. Everything here works on the folded view of a text.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from functools import cache

from corpus.promotion import EMAIL, PHONE, words
from corpus.roles import says
from corpus.suspicion import Suspicion
from corpus.units import Units

Span = tuple[int, int]

_LETTER = re.compile(r"[^\W_]")
_CLAUSE_END = re.compile(r"[,;:~]+|——+|(?<=[\u4e00-\u9fff])[ ]+(?=[\u4e00-\u9fff])")
_PART = re.compile(r"[^、]+、?")
_ITEM = re.compile(
    r"[\s>*_]*(?:[-*+•·]\s|\(?\d{1,3}[.)、:\s]|[\u2460-\u24ff\u2776-\u2793]|\d\u20e3|第.{1,3}步|步骤|step)"
)
_QUESTION = re.compile(r"[\s>*_]*(?:问|q)\d?\W{0,2}[:、.]", re.IGNORECASE)
# What stands before an advertisement and is nothing without it.
_OPENING = re.compile(
    r"[\W_]*(?:\(?(?:\d{1,2}|[一二三四五六七八九十]{1,3})[.)、]|p\.? ?s\.?|另外?|对了|顺便(?:说一?句|提一?句)?|最后"
    r"|网址|官网|电话|微信|qq)?[\W_]*",
    re.IGNORECASE,
)
_MAX_LINE = 1000  # characters: a longer one is no advertisement
_MAX_BRACKET = 400
_MAX_FILLER = 15  # letters of what stands before an offer and tells nothing
_MAX_TEASER = 24  # letters of a question that leads up to it
_MAX_SENTENCES = 4  # beside a contact, on each side
_MAX_LINES = 3


def scraps(text: str, rest: str, contacts: Sequence[Span], units: Units) -> Iterator[Span]:
    """The spans of what offers leave beside their contacts, each within one line.

    Args:
        text: The folded text of an article.
        rest: The same with everything blanked that was found in it.
        contacts: The spans of the contacts and calls that were found, in order.
        units: The lines, brackets and sentences of `text`.
    """
    judge = _Judge(text, rest, units)
    done = 0
    for start, end in contacts:
        if start < done:
            continue
        for span in judge.beside(start, end):
            done = max(done, span[1])
            yield span


def sold_numbers(text: str, units: Units) -> Iterator[Suspicion]:
    """The numbers and addresses in sentences that say whom something is for and sell it, and name no counter."""
    spans = [found.span() for pattern in (EMAIL, PHONE) for found in pattern.finditer(text)]
    judge = _Judge(text, text, units)
    addressed = [found.end() for found in _patterns()["readers"].finditer(text)]
    for start, end in sorted([*spans, *units.links()]) if addressed else ():
        first, last = units.sentence(start, end)
        if bisect_right(addressed, first) < bisect_right(addressed, last) and judge.is_sold(first, last):
            why = "a number or an address in an offer"
            yield Suspicion(kind="contact", start=start, end=end, why=why, reach="exact")


@cache
def _patterns() -> dict[str, re.Pattern[str]]:
    listed = words()["scraps"]
    return {name: re.compile("|".join(listed[name])) for name in listed}


class _Judge:
    """What around a contact only serves its offer."""

    def __init__(self, text: str, rest: str, units: Units) -> None:
        self._text, self._rest, self._units = text, rest, units

    def beside(self, start: int, end: int) -> Iterator[Span]:
        """What goes with the contact `start:end`: of its sentence, of its line, of the lines beside it."""
        line, stop = self._units.line(start), self._units.line_end(start)
        if stop - line > _MAX_LINE:
            return
        if "|" in self._text[line:stop] or self._text.startswith("#", line):
            return
        scope = self._scope(start, end)
        sentences = self._sentences(scope, start)
        at = max(bisect_right(sentences, (start, len(self._text))) - 1, 0)
        if not self._offers(sentences, at, (start, end)):
            return
        span = self._of_sentence(sentences[at], (start, end))
        first, last = self._of_line(sentences, at, span)
        # What is left of the line when only marks and a word that led up to the offer are left is no more than that.
        if not self._has_words(scope[0], first) and not self._has_words(last, scope[1]):
            first, last = scope
            if (line, stop) != scope:
                first, last = self._with_bracket(scope)
        if _OPENING.fullmatch(self._left(line, first)) and not self._has_words(last, stop):
            first, last = line, stop
        if self._has_letters(first, last):
            yield first, last
        if (first, last) == (line, stop):
            yield from self._lines_beside(line)

    def is_sold(self, first: int, last: int) -> bool:
        """Whether a sentence says whom it is for and what it sells, and is no warning, step or word of an issuer."""
        if any(self._says(name, first, last) for name in ("issuers", "authorities")) or "|" in self._text[first:last]:
            return False
        clauses = self._clauses(first, last)
        sells = any(self._says(name, first, last) for name in ("copy", "loud")) or self._units.has("lures", first, last)
        return (
            sells
            and any(self._addresses(*each) for each in clauses)
            and not self._units.has("warnings", first, last)
            and not any(self._tells(*each) for each in clauses)
        )

    def _scope(self, start: int, end: int) -> Span:
        """The inside of the innermost bracket around a contact, or its line."""
        inside = [group for group in self._units.brackets_around(start, end) if group[1] - group[0] <= _MAX_BRACKET]
        inside = [group for group in inside if group[0] < start and end < group[1]]
        if inside:
            return inside[-1][0] + 1, inside[-1][1] - 1
        return self._units.line(start), self._units.line_end(start)

    def _with_bracket(self, scope: Span) -> Span:
        return scope[0] - 1, scope[1] + 1

    def _sentences(self, scope: Span, at: int) -> list[Span]:
        clipped = [(max(first, scope[0]), min(last, scope[1])) for first, last in self._units.sentences(at)]
        return [(first, last) for first, last in clipped if first < last]

    def _left(self, start: int, end: int) -> str:
        return self._rest[start:end]

    def _has_letters(self, start: int, end: int) -> bool:
        return start < end and _LETTER.search(self._rest, start, end) is not None

    def _has_words(self, start: int, end: int) -> bool:
        return start < end and _OPENING.fullmatch(self._left(start, end)) is None

    def _says(self, name: str, start: int, end: int) -> bool:
        return _patterns()[name].search(self._text[start:end]) is not None

    def _sells(self, start: int, end: int) -> bool:
        return self._units.has("sales", start, end) or self._says("copy", start, end) or self._is_loud(start, end)

    def _is_loud(self, start: int, end: int) -> bool:
        return self._units.has("lures", start, end) or self._says("loud", start, end) or self._addresses(start, end)

    def _addresses(self, start: int, end: int) -> bool:
        """Whether a clause says whom an offer is for: `懒得跑的朋友`, `想要清单的`."""
        return self._says("readers", start, end)

    def _tells(self, start: int, end: int, *, strictly: bool = False) -> bool:
        """Whether words of `start:end` are left that tell what to do and belong to no offer."""
        if not self._has_letters(start, end) or self._sells(start, end):
            return False
        if self._says("pointers", start, end) or self._says("remarks", start, end):
            return False
        if self._says("goods", start, end) and not says("acts", self._text[start:end]):
            return False
        parts = [found.span() for found in _PART.finditer(self._text, start, end)]
        named = all(_patterns()["services"].fullmatch(self._text[a:b].strip(" 、*_。!?.,;:~—")) for a, b in parts)
        if named:
            return False
        return self._units.has("procedure", start, end) or (strictly and self._units.has("content", start, end))

    def _offers(self, sentences: Sequence[Span], at: int, contact: Span) -> bool:
        """Whether the sentence around a contact offers something, and is neither a warning nor the issuer's own.

        So does one that tells nothing beside one that does.
        """
        first, last = sentences[at]
        if self._units.has("warnings", first, last):
            return False
        clauses = self._clauses(first, last)
        own = max(bisect_right(clauses, (contact[0], len(self._text))) - 1, 0)
        near = clauses[max(own - 1, 0)][0], clauses[own][1]
        if self._says("issuers", *near):
            return False
        beside = [*sentences[max(at - 1, 0) : at], *sentences[at + 1 : at + 2]]
        return any(self._sells(*each) for each in clauses) or (
            not self._has_letters(first, last)
            and any(self._has_letters(*each) and self._goes_along(*each) for each in beside)
        )

    def _clauses(self, first: int, last: int) -> list[Span]:
        cuts = [first, *(found.end() for found in _CLAUSE_END.finditer(self._text, first, last)), last]
        return [(begin, stop) for begin, stop in zip(cuts, cuts[1:], strict=False) if begin < stop]

    def _of_sentence(self, sentence: Span, contact: Span) -> Span:
        """What of the sentence around a contact goes with it."""
        first, last = sentence
        listed = _ITEM.match(self._text, self._units.line(first), last) or self._units.is_heading(first)
        before = self._clauses(first, contact[0]) if first < contact[0] else []
        begin = contact[0]
        for at in range(len(before) - 1, -1, -1):
            if self._tells(*before[at]):
                break
            if self._sells(*before[at]):
                begin = before[at][0]
                continue
            # Words that sell nothing go when something that sells stands before them, or when they open the sentence.
            if any(self._sells(*one) for one in before[:at]) and not any(self._tells(*one) for one in before[:at]):
                begin = before[at][0]
                continue
            opens = at == 0 and not listed and not self._units.has("content", *before[at])
            own = not listed and at == len(before) - 1 and self._text[before[at][1] - 1] not in ",;:~ "
            if (opens and self._is_short(*before[at])) or (own and not self._tells(*before[at], strictly=True)):
                begin = before[at][0]
                continue
            break
        stop = contact[1]
        for clause in self._clauses(min(contact[1], last), last):
            if self._tells(*clause):
                break
            stop = clause[1]
        return begin, max(stop, contact[1])

    def _is_short(self, start: int, end: int) -> bool:
        return len(_LETTER.findall(self._rest[start:end])) <= _MAX_FILLER

    def _of_line(self, sentences: list[Span], at: int, span: Span) -> Span:
        """A span of an offer with the sentences beside it that sell as well, and with the questions that lead up."""
        begin, stop = span
        low = high = at
        while not self._has_words(sentences[low][0], begin) and low > 0 and at - low < _MAX_SENTENCES:
            if not self._goes_along(*sentences[low - 1]):
                break
            low -= 1
            begin = sentences[low][0]
        furthest = min(len(sentences) - 1, at + _MAX_SENTENCES)
        while not self._has_words(stop, sentences[high][1]) and high < furthest:
            # A question leads to what stands behind it.
            asks = self._text[slice(*sentences[high + 1])].rstrip().endswith("?")
            if asks or not self._goes_along(*sentences[high + 1]):
                break
            high += 1
            stop = sentences[high][1]
        asked = sentences[:low]
        if (
            asked
            and not self._has_words(sentences[low][0], begin)
            and not self._has_words(stop, sentences[-1][1])
            and all(self._teases(*one) for one in asked)
        ):
            begin = asked[0][0]
        return begin, stop

    def _goes_along(self, first: int, last: int) -> bool:
        """Whether a sentence beside an offer sells as well and tells nothing to do, or holds no words."""
        if not self._has_letters(first, last):
            return True
        if self._units.has("warnings", first, last):
            return False
        clauses = self._clauses(first, last)
        return any(self._is_loud(*each) for each in clauses) and not any(
            self._tells(*each, strictly=True) for each in clauses
        )

    def _teases(self, first: int, last: int) -> bool:
        text = self._text[first:last].rstrip(" *_\r)")
        line = self._units.line(first)
        if not self._has_letters(first, last):
            return True
        if not text.endswith("?") or _QUESTION.match(self._text, line) or self._units.is_heading(first):
            return False
        return _ITEM.match(self._text, line) is None and len(_LETTER.findall(text)) <= _MAX_TEASER

    def _lines_beside(self, line: int) -> Iterator[Span]:
        """The lines before and behind a line that is all advertisement, while they sell and tell nothing to do."""
        for step in (-1, 1):
            at = line
            for _ in range(_MAX_LINES):
                end = self._units.line_end(at)
                near = at - 1 if step < 0 else end + 1
                if not 0 <= near < len(self._text):
                    break
                first, last = self._units.line(near), self._units.line_end(near)
                sold = [one for one in self._units.sentences(near) if self._has_letters(*one)]
                if not self._text[first:last].strip() or self._units.is_heading(near) or _ITEM.match(self._text, first):
                    break
                if "|" in self._text[first:last] or not all(self._goes_along(*one) for one in sold):
                    break
                if sold:
                    yield first, last
                at = first
