"""From an advertiser's contact to the whole advertisement: its label, its copy, and the words around the contact.

Two things give the copy away: a label of advertising before it, and that it speaks of something else than the article.
How foreign words are is the share of their characters that stand nowhere else in the article plus the same share of
their pairs of characters, Latin words counting whole as both: from 0 to 2. Everything here works on the folded view.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator

from corpus.promotion import label
from corpus.units import Units

# Words beside a contact are copy from here on; sooner behind a word that may label an advertisement, later where
# something is told to do, beside sentences that are none, and in a step or around a bracket.
_FOREIGN = 1.15
_HINTED = -0.45
_TELLING = 0.2
_BESIDE = 0.15
_CAREFUL = 0.3
# Characters an article must have beside its advertisements, and a sentence beside its contact, to be compared.
_MIN_ARTICLE = 300
_MIN_COPY = 4
_MIN_INVITATION = 8  # beside a link
_MAX_COPY = 400
_RUN = re.compile(r"[\u3400-\u9fff]+|[a-z]{2,}")
_CHINESE = re.compile(r"[\u3400-\u9fff]")
_LOUD = re.compile("[\u2600-\u27bf\U0001f000-\U0001faff]")
_CRYING = re.compile(f"!|{_LOUD.pattern}")
_LETTER = re.compile(r"[^\W\d_]")
_ITEM = re.compile(
    r"[\s>*_#]*(?:[-*+•·]\s|\(?(?:\d{1,3}|[一二三四五六七八九十]{1,3})[.)、:\s]|\d{1,2}(?=[^\W\d]|\*)|[一二三四五六七八九]是"
    r"|第.{1,3}步|步骤|step)"
)


def whole(text: str, rest: str, contacts: list[tuple[int, int]], units: Units) -> Iterator[tuple[int, int]]:
    """The spans of the advertisements around contacts, each within one line.

    Args:
        text: The folded text of an article.
        rest: The same with everything blanked that was found in it.
        contacts: The spans of the contacts found.
        units: The lines, brackets and sentences of `text`.
    """
    judge = _Judge(text, rest, {units.line(start) for start, _ in contacts}, units)
    done = 0
    for start, end in contacts:
        if (
            start >= done
            and judge.has_more(start)
            and (found := judge.labelled(start, end) or judge.foreign(start, end) or judge.sold(start))
        ):
            done = found[1]
            yield found


def foreign_links(text: str, rest: str, units: Units) -> Iterator[tuple[int, int]]:
    """The spans of the advertisements that have no other contact than an address of the web, each within one line.

    Args:
        text: The folded text of an article.
        rest: The same with everything blanked that was found in it.
        units: The lines, brackets and sentences of `text`.
    """
    links = [link for link in units.links() if _LETTER.search(rest, *link)]
    read: list[str] = []
    position = 0
    for start, end in links:
        read += rest[position:start], " " * (end - start)
        position = end
    judge = _Judge(text, "".join([*read, rest[position:]]), {units.line(start) for start, _ in links}, units)
    done = 0
    for start, end in links:
        if start >= done and judge.has_more(start) and (found := judge.invited(start, end)):
            done = found[1]
            yield found


class _Judge:
    """What around a contact belongs to an advertisement; the lines that start at `promoted` hold contacts."""

    def __init__(self, text: str, rest: str, promoted: set[int], units: Units) -> None:
        self._text, self._rest, self._units = text, rest, units
        self._worded: set[int] = set()
        lines, position = [], 0
        for line in rest.split("\n"):
            if position not in promoted:
                lines.append(line)
            elif _LETTER.search(line):
                self._worded.add(position)
            position += len(line) + 1
        characters, pairs = _characters_and_pairs("\n".join(lines))
        self._known = frozenset(characters), frozenset(pairs)
        self._can_compare = len(characters) >= _MIN_ARTICLE

    def has_more(self, at: int) -> bool:
        """Whether words are left in the line of `at`."""
        return self._units.line(at) in self._worded

    def labelled(self, start: int, end: int) -> tuple[int, int] | None:
        """The bracket, line or sentence around a contact that opens with a label of advertising."""
        line, sentences, at = self._around(start)
        for first, last in (*self._units.brackets_around(start, end), line, sentences[at]):
            opening = label().match(self._text, first, last)
            if opening is None or opening.end() >= last:
                continue  # a label in brackets labels what is behind them
            if opening["certain"] or self._is_copy(opening.end(), last, _HINTED):
                # What tells something to do behind the advertisement in its line stays.
                behind = min(max(sentences[at][1], end), last)
                return first, behind if self._tells(behind, last) and not self._is_copy(behind, last) else last
        return None

    def foreign(self, start: int, end: int) -> tuple[int, int] | None:
        """The bracket around a contact, or its sentence and those beside it, that are foreign to the article."""
        if not self._can_compare:
            return None
        line, sentences, at = self._around(start)
        item = _ITEM.match(self._text, *line)
        own = bisect_right(sentences, (item.end(), len(self._text))) if item else 0  # behind what an item opens with
        more = _CAREFUL if at < own else 0.0
        for bracket in self._units.brackets_around(start, end):
            if self._is_copy(*bracket):
                return bracket
            if not self._units.has("sales", *sentences[at]):
                return None
            more = _CAREFUL
        if self._units.is_heading(start):
            return None
        low, high = at, at + 1
        if not _LETTER.search(self._rest, *sentences[at]) and at > own:
            low, more = at - 1, _CAREFUL  # nothing but the contact: is it the end of the sentence before?
        beside = [*sentences[max(low - 1, 0) : low], *sentences[high : high + 1]]
        if any(_LETTER.search(self._rest, *each) and not self._is_copy(*each) for each in beside):
            more += _BESIDE
        if not self._is_copy(sentences[low][0], sentences[at][1], more):
            return None
        if "|" not in self._text[line[0] : line[1]]:
            while low > own and self._is_copy(*sentences[low - 1], _BESIDE):
                low -= 1
            while high < len(sentences) and self._is_copy(*sentences[high], _BESIDE):
                high += 1
        first, last = self._units.teased(sentences[low][0]), sentences[high - 1][1]
        alone = not _LETTER.search(self._rest, line[0], first) and not _LETTER.search(self._rest, last, line[1])
        return line if alone else (first, last)

    def invited(self, start: int, end: int) -> tuple[int, int] | None:
        """The sentence that invites to the link `start:end` and is foreign to the article, None when it is none."""
        first, last = self._units.sentence(start, end)
        if any(self._units.has(name, first, last) for name in ("content", "warnings")):
            return None
        opening = label().match(self._text, first, start)
        wooing = opening or _CRYING.search(self._text, first, last + 1) or self._units.has("sales", first, last)
        if not wooing and (self._tells(first, last) or not self._units.has("invites", first, last)):
            return None
        # In an article in Chinese every English word is foreign, and few words say little.
        if len(_CHINESE.findall(self._rest, first, last)) < _MIN_INVITATION:
            return None
        return (first, last) if self._is_copy(first, last, 0 if opening else _CAREFUL) else None

    def sold(self, at: int) -> tuple[int, int] | None:
        """The loud sentences beside a contact in its line that sell and tell nothing to do, with the contact's own."""
        line, sentences, place = self._around(at)
        if _LETTER.search(self._rest, *sentences[place]) or "|" in self._text[line[0] : line[1]]:
            return None  # words of the contact's own sentence stay: the line is more than an advertisement
        low = high = place
        while low > 0 and self._sells(*sentences[low - 1]):
            low -= 1
        while high + 1 < len(sentences) and self._sells(*sentences[high + 1]):
            high += 1
        return (sentences[low][0], sentences[high][1]) if low < high else None

    def _sells(self, start: int, end: int) -> bool:
        loud = _LOUD.search(self._text, start, end) is not None
        return loud and self._units.has("sales", start, end) and not self._units.has("procedure", start, end)

    def _around(self, at: int) -> tuple[tuple[int, int], list[tuple[int, int]], int]:
        """The line around `at`, its sentences, and which of them holds it."""
        sentences = self._units.sentences(at)
        place = bisect_right(sentences, (at, len(self._text))) - 1
        return (self._units.line(at), sentences[-1][1]), sentences, max(place, 0)

    def _tells(self, start: int, end: int) -> bool:
        return self._units.has("procedure", start, end) and not self._units.has("sales", start, end)

    def _is_copy(self, start: int, end: int, more: float = 0) -> bool:
        """Whether the words of `start:end` are as foreign as an advertisement's; `more` raises what that takes."""
        counted = _characters_and_pairs(self._rest[start : min(end, start + _MAX_COPY)])
        if not self._can_compare or len(counted[0]) < _MIN_COPY:
            return False
        if self._tells(start, end):
            more += _TELLING
        foreign = sum(
            sum(each not in known for each in found) / max(len(found), 1)
            for found, known in zip(counted, self._known, strict=True)
        )
        return foreign >= _FOREIGN + more


def _characters_and_pairs(text: str) -> tuple[list[str], list[str]]:
    characters: list[str] = []
    pairs: list[str] = []
    for run in _RUN.findall(text):
        if run.isascii():
            characters.append(run)
            pairs.append(run)
        else:
            characters += run
            pairs += (run[at : at + 2] for at in range(len(run) - 1))
    return characters, pairs
