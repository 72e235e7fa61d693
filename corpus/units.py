"""From the words that give an advertisement away to the whole of it, and no further.

A contact in brackets takes its brackets along, one in prose its sentence, the links on its line and the teasing
question before it; a clause that tells what to do stays, even in the same sentence. Everything here works on the
folded view of a text.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping
from itertools import accumulate

from corpus.brackets import OPENING, Group, brackets
from corpus.links import LINK, definitions, is_government

_MAX_GROUP = 400
_MAX_REACH = 300
_MAX_BLANK = 3
# Letters of a clause behind a contact that goes with it though no word of it is known, and of a question that teases.
_MAX_FILLER = 15
_MAX_TEASER = 12
_MAX_TEASERS = 3
_GLUE_REACH = 20
_LINE_BREAK = re.compile(r"\n")
_LETTER = re.compile(r"[^\W_]")
_STOP = r"[。!?;|\t\n]|\.(?=\s)|(?<=[a-z)])\.(?=!?\[|[\u2e80-\u9fff])"
_SENTENCE_END = re.compile(_STOP)
_CJK = "\u2e80-\u9fff\uac00-\ud7af\U0001f000-\U0001faff"
# A comma, a colon, a blank beside Chinese, a conjunction: what stands between them can be kept or dropped alone.
_SEPARATOR = re.compile(
    rf"[,、:~—]+|(?<=[{_CJK}])[ ]+|[ ]+(?=[{_CJK}]|\*\*)|(?<=\*\*)[ ]+|或者?|(?<=\s)(?:or|and|but)\s"
)
_MARKER = r"(?:#{1,6}|>|[-*+•·](?=\s)|\d{1,3}[.)、]|\([\d一二三四五六七八九十]{1,3}\)|[一二三四五六七八九十]{1,3}、)"
_LINE_OPENING = re.compile(rf"(?:[ \t]*{_MARKER}){{0,6}}[ \t]*")
_GLUE = re.compile(
    r"(?:可以|也可以?|还可|亦可|或者?|以及|及|和|与|请|直接|可|\s|[^\w\n。!?;|:*\])}】」』〕”]"
    r"|\b(?:or|and|please|just|also|you can|but)\b){1,12}\Z"
)
_NOISE = re.compile(r"(?:[^\w\n。!?;|\[({【「『〔“]|_)+")
_EMPHASIS = re.compile(r"\*\*|__|~~")
_SEGMENT_END = re.compile(r"[,、]|" + _STOP)
_LABEL = re.compile(r"\[([^\[\]\n]{1,200})\]")
_ASKS = re.compile(r"怎|如何|哪|多[久少]|什么|[吗么嘛]\?|是否|能否|可否|几|how|what|wh(?:ere|en|o|y|ich)|can i|do i")
_NUMBERED = re.compile(r"[ \t]*(?:[一二三四五六七八九十]{1,3}、|\([一二三四五六七八九十\d]{1,3}\))")
_UNDERLINE = re.compile(r"\n[ ]{0,3}(?:=+|-{2,})[ \t\r]*(?:\n|\Z)")


class Units:
    """The lines, brackets, sentences and clauses of one folded text.

    Args:
        text: The folded text.
        words: Patterns by name. A clause with one of `procedure` tells what to do and is kept; one with `sales` belongs
            to an offer in any case, one with `invites` when it tells nothing to do; one with `content` and none of
            these is kept behind a contact.
    """

    def __init__(self, text: str, words: Mapping[str, re.Pattern[str]]) -> None:
        found_links = list(LINK.finditer(text))
        self._links = [found.span() for found in found_links]
        self._official = {found.start() for found in found_links if is_government(found[0])}
        self._definitions = definitions(text)
        # An address is one word here: the marks and words inside it part and tell nothing.
        self._text = text = LINK.sub(lambda found: "x" * len(found[0]), text) if found_links else text
        self._has_links = bool(found_links) or bool(self._definitions) or "](" in text
        self._patterns = {**words, "sentence end": _SENTENCE_END, "separator": _SEPARATOR, "segment end": _SEGMENT_END}
        self._places: dict[str, tuple[list[int], list[int]]] = {}
        self._groups: dict[int, list[list[Group]]] = {}
        self._emphasis: dict[int, dict[int, int]] = {}
        self._headings: dict[int, bool] = {}
        self._sentences: dict[int, list[tuple[int, int]]] = {}
        self._told = (0, 0)
        self._letters = [0, *accumulate(map(str.isalnum, text))]
        self._lines = [0, *(found.end() for found in _LINE_BREAK.finditer(text))]

    def has(self, name: str, start: int, end: int) -> bool:
        """Whether one of the words `name` stands in `start:end`."""
        starts, ends = self._places.get(name) or self._found(name)
        first = bisect_left(starts, start)
        # Asked for every clause: most hold none, and one found needs no more than a look at the next few.
        for place in range(first, min(first + 3, len(starts))):
            if starts[place] >= end:
                break
            if ends[place] <= end:
                return True
        return False

    def count(self, name: str, start: int, end: int) -> int:
        """How many of the words `name` begin in `start:end`."""
        starts, _ = self._places.get(name) or self._found(name)
        return bisect_left(starts, end) - bisect_left(starts, start)

    def _found(self, name: str) -> tuple[list[int], list[int]]:
        """Where each match of a pattern starts and ends, looked up once: a crowded line asks for it again and again."""
        if name not in self._places:
            found = list(self._patterns[name].finditer(self._text))
            self._places[name] = [place.start() for place in found], [place.end() for place in found]
        return self._places[name]

    def line(self, at: int) -> int:
        """Where the line of `at` starts."""
        return self._lines[bisect_right(self._lines, at) - 1]

    def line_end(self, at: int) -> int:
        """Where the line of `at` ends, before its line break."""
        following = bisect_right(self._lines, at)
        return self._lines[following] - 1 if following < len(self._lines) else len(self._text)

    def neighbours(self, at: int, *, blank: int = _MAX_BLANK) -> set[int]:
        """Where the line of `at`, and the written lines before and behind it with a few blank ones between, start."""
        here = bisect_right(self._lines, at) - 1
        found = {self._lines[here]}
        for step in (-1, 1):
            near = here + step
            while 0 <= near < len(self._lines) and abs(near - here) <= blank and self._is_blank(near):
                near += step
            if 0 <= near < len(self._lines):
                found.add(self._lines[near])
        return found

    def _is_blank(self, line: int) -> bool:
        end = self._lines[line + 1] if line + 1 < len(self._lines) else len(self._text)
        return self._text[self._lines[line] : end].isspace()

    def sentence(self, start: int, end: int) -> tuple[int, int]:
        """The span of the sentence around `start:end`, within its line, without list and heading marks."""
        return self._between("sentence end", start, end)

    def sentences(self, at: int) -> list[tuple[int, int]]:
        """The spans of the sentences of the line of `at`, each with its end mark; a semicolon is none."""
        line = self.line(at)
        if line not in self._sentences:
            stop = self._text.find("\n", line)
            stop = stop if stop >= 0 else len(self._text)
            starts, ends = self._found("sentence end")
            places = range(bisect_left(starts, line), bisect_left(starts, stop))
            cuts = [line, *(ends[place] for place in places if self._text[starts[place]] != ";")]
            self._sentences[line] = list(zip(cuts, [*cuts[1:], stop], strict=True))
        return self._sentences[line]

    def segment(self, start: int, end: int) -> tuple[int, int]:
        """The span around `start:end` between commas or the ends of the sentence."""
        return self._between("segment end", start, end)

    def _between(self, name: str, start: int, end: int) -> tuple[int, int]:
        starts, ends = self._places.get(name) or self._found(name)
        line = self.line(start)
        before = bisect_right(ends, start)
        first = max(line, start - _MAX_REACH, ends[before - 1] if before else 0)
        if first == line and (opening := _LINE_OPENING.match(self._text, line, start)):
            first = opening.end()
        behind = bisect_left(starts, end)
        last = min(len(self._text), end + _MAX_REACH)
        return first, min(last, starts[behind]) if behind < len(starts) else last

    def link_around(self, start: int, end: int) -> tuple[int, int]:
        """The outermost Markdown link or image around `start:end`, or the span itself."""
        return next((group[:2] for group in self._around(start, end) if group[2]), (start, end))

    def unit(self, start: int, end: int) -> tuple[int, int]:
        """The span of the advertisement around `start:end`, with the questions before it that tease."""
        if end - start > 1 and self._text[end - 1] == "." and not self._text[end : end + 1].strip():
            end -= 1  # a name may hold full stops, but this one ends the sentence
        start, end, first, last = self._bounds(*self._whole_link(start, end))
        begin = self._leftwards(first, start)
        if not _LETTER.search(self._text, first, begin):
            begin = first = self.teased(first)
        return self._tidy(begin, self._rightwards(start, end, last), (start, end), (first, last))

    def to_sentence_end(self, start: int, end: int) -> tuple[int, int]:
        """The span of the clauses around `start:end` with all that follows in their sentence."""
        start, end, first, last = self._bounds(start, end)
        return self._tidy(self._leftwards(first, start), last, (start, end), (first, last))

    def _bounds(self, start: int, end: int) -> tuple[int, int, int, int]:
        """`start:end` with the brackets that go with it, and how far its sentence reaches inside those that stay."""
        low, high = -1, len(self._text) + 1
        for first, last, link in self._around(start, end):
            if link or not self._worth_keeping(first, start, end, last):
                start, end = first, last
                break
            low, high = first + 1, last - 1
        first, last = self.sentence(start, end)
        return start, end, min(max(first, low), start), max(min(last, high), end)

    def _whole_link(self, start: int, end: int) -> tuple[int, int]:
        """The span with all of an address that it begins or ends in."""
        for at in (start, end - 1):
            place = bisect_right(self._links, (at, len(self._text))) - 1
            if place >= 0 and self._links[place][1] > at:
                start, end = min(start, self._links[place][0]), max(end, self._links[place][1])
        return start, end

    def links_beside(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        """The addresses and Markdown links that go with the advertisement `start:end`.

        They stand in its sentence, or behind it in its line; where a link inside it is defined is one more.
        """
        if not self._has_links:
            return
        first, last = self.sentence(start, end)
        stop = self._text.find("\n", end, end + _MAX_REACH)
        last = max(last, stop if stop >= 0 else min(len(self._text), end + _MAX_REACH))
        # What was told for an advertisement before this one need not be looked at again.
        fresh = max(first, self._told[1]) if self._told[0] <= first else first
        self._told = (first, max(last, fresh))
        for link_start, link_end in self._links_between(fresh, last):
            if not start <= link_start < end:
                yield self._with_clause(link_start, link_end)
        if self._definitions:
            for found in _LABEL.finditer(self._text, start, last):
                if found[1] in self._definitions:
                    yield self._definitions[found[1]]

    def _links_between(self, first: int, last: int) -> Iterator[tuple[int, int]]:
        """The addresses and Markdown links that start in `first:last`, but those of a government."""
        for at in range(bisect_left(self._links, (first, 0)), bisect_left(self._links, (last, 0))):
            if self._links[at][0] not in self._official:
                yield self.link_around(*self._links[at])
        for level in self._line_groups(first):
            for at in range(bisect_left(level, (first, 0)), bisect_left(level, (last, 0))):
                start, end, link = level[at]
                inside = bisect_left(self._links, (start, 0))
                addressed = inside < len(self._links) and self._links[inside][1] <= end
                if link and not (addressed and self._links[inside][0] in self._official):
                    yield start, end

    def _with_clause(self, start: int, end: int) -> tuple[int, int]:
        """A link with the clause it stands in, when that tells nothing."""
        first, last = self.segment(start, end)
        if any(not self._goes_along(*part) for part in ((first, start), (end, last))):
            return start, end
        return self._tidy(first, last, (start, end), self.sentence(start, end))

    def stands_alone(self, start: int, end: int, *, beside_contact: bool = False) -> bool:
        """Whether the clause of `start:end` says little else, and its sentence nothing to do.

        Beside a contact in the same sentence only the clause counts.
        """
        first, last = self.segment(start, end)
        if self._text[first - 1 : first] == "|" or self._text[last : last + 1] == "|":
            return False  # a cell of a table
        if not all(self._is_short(*part, _MAX_FILLER) for part in ((first, start), (end, last))):
            return False
        if not beside_contact:
            first, last = self.sentence(start, end)
        parts = (first, start), (end, last)
        return not any(self.has(name, *part) for name in ("procedure", "content", "warnings") for part in parts)

    def links(self) -> Iterator[tuple[int, int]]:
        """The addresses of the text, but those of a government."""
        return (link for link in self._links if link[0] not in self._official)

    def _is_short(self, start: int, end: int, limit: int) -> bool:
        """Whether there are at most `limit` letters, or twice as many Latin ones."""
        return self._letters[end] - self._letters[start] <= limit * (2 if self._text[start:end].isascii() else 1)

    def teased(self, first: int) -> int:
        """Where the questions begin that do nothing but lead up to the sentence that starts at `first`."""
        for _ in range(_MAX_TEASERS):
            at = first
            while self._text[at - 1 : at] in {" ", "*"}:
                at -= 1
            if self._text[at - 1 : at] != "?":
                break
            begin, end = self.sentence(at - 1, at - 1)
            text = self._text[begin:at]
            wanted = self.has("sales", begin, end) or self.has("invites", begin, end)
            genuine = self.has("procedure", begin, end) or _ASKS.search(text) or self.is_heading(begin)
            if not _LETTER.search(text) or not self._is_short(begin, end, _MAX_TEASER):
                break
            if genuine and not (wanted and not self.has("procedure", begin, end)):
                break
            first = begin
        return first

    def is_heading(self, at: int) -> bool:
        """Whether the line of `at` is a heading: marked, bold, numbered or underlined."""
        line = self.line(at)
        if line not in self._headings:
            stop = self._text.find("\n", line)
            text = self._text[line : stop if stop >= 0 else len(self._text)].strip(" \t\r\ufeff")
            marked = text.startswith("#") or (text.startswith("**") and text.endswith("**")) or _NUMBERED.match(text)
            underlined = stop >= 0 and _UNDERLINE.match(self._text, stop)
            self._headings[line] = bool(marked or underlined)
        return self._headings[line]

    def _worth_keeping(self, first: int, start: int, end: int, last: int) -> bool:
        if last - first > _MAX_GROUP or "。" in self._text[first:last]:
            return True
        return self._tells(first, start) or self._tells(end, last)

    def _tells(self, start: int, end: int) -> bool:
        return self.has("procedure", start, end) and not self.has("sales", start, end)

    def _absorbed(self, start: int, end: int) -> bool:
        if self.has("sales", start, end):
            return True
        if self.has("procedure", start, end):
            return False
        return self.has("invites", start, end) or not _LETTER.search(self._text, start, end)

    def _goes_along(self, start: int, end: int) -> bool:
        """Whether a clause behind a contact belongs to its offer: nothing in it is worth keeping."""
        if self._absorbed(start, end):
            return True
        if self.has("procedure", start, end) or self.has("content", start, end):
            return False
        return self._is_short(start, end, _MAX_FILLER)

    def _leftwards(self, first: int, start: int) -> int:
        """Where the advertisement begins: clauses before `start` are taken until one that has nothing to do with it."""
        begin = start
        heading = self.is_heading(start)
        for clause_start, clause_end in self._clauses_before(first, start):
            own = clause_end == start
            if self._tells(clause_start, clause_end) or not (own or self._absorbed(clause_start, clause_end)):
                break
            if heading and self._is_title(first, clause_start, clause_end):
                break
            begin = clause_start
        # What joins the advertisement to the step before it goes too: "前往网点，或".
        if begin == start and (glue := _GLUE.search(self._text[max(first, start - _GLUE_REACH) : start])):
            begin -= len(glue[0])
        return begin

    def _is_title(self, first: int, start: int, end: int) -> bool:
        """Whether a clause of a heading is what the heading says: its first, or one that does not invite."""
        if not _LETTER.search(self._text, start, end) or (start > first and self.has("invites", start, end)):
            return False
        parted = not self._text[end - 1].isalnum() or not self._text[end : end + 1].isalnum()
        return parted and not self.has("sales", start, end)

    def _rightwards(self, start: int, end: int, last: int) -> int:
        """Where the advertisement ends; one in brackets says all it has to say inside them."""
        bracket = self._text[start] in OPENING
        stop = end
        for clause_start, clause_end in self._clauses(end, last):
            own = clause_start == end
            takes = self._absorbed if bracket and not own else self._goes_along
            if not (own and not bracket) and not takes(clause_start, clause_end):
                break
            stop = clause_end
        return stop

    def _clauses(self, first: int, last: int) -> Iterator[tuple[int, int]]:
        """The clauses of `first:last` from the front."""
        starts, ends = self._found("separator")
        position = first
        for at in range(bisect_left(starts, first), bisect_left(starts, last)):
            yield position, max(position, starts[at])
            position = min(ends[at], last)
        yield position, last

    def _clauses_before(self, first: int, last: int) -> Iterator[tuple[int, int]]:
        """The clauses of `first:last` from the back."""
        starts, ends = self._found("separator")
        position = last
        for at in range(bisect_right(ends, last) - 1, bisect_left(starts, first) - 1, -1):
            yield min(ends[at], position), position
            position = starts[at]
        yield first, position

    def _tidy(self, begin: int, stop: int, core: tuple[int, int], sentence: tuple[int, int]) -> tuple[int, int]:
        """The span with the noise around it, and the full stop when nothing else of the sentence is left.

        A mark of emphasis outside `core` is left where it is when its other half stays with words beside it.
        """
        text = self._text
        first, last = sentence
        if noise := _NOISE.match(text, stop, last):
            stop = noise.end()
        if _NOISE.fullmatch(text, first, begin):
            begin = first
        for found in _EMPHASIS.finditer(text, core[1], stop):
            if not _LETTER.search(text, found.start(), stop) and self._emphasizes_rest(found.start(), begin, stop):
                stop = found.start()
                break
        for found in _EMPHASIS.finditer(text, begin, core[0]):
            if not _LETTER.search(text, begin, found.end()) and self._emphasizes_rest(found.start(), begin, stop):
                begin = found.end()
        if begin == first and stop == last and text[last : last + 1] in {"。", "!", "?", ";", "."}:
            stop = last + 1
        return begin, stop

    def _emphasizes_rest(self, mark: int, begin: int, stop: int) -> bool:
        """Whether the other half of a mark of emphasis is outside `begin:stop`, and words between it and there."""
        other = self._partners(mark).get(mark, begin)
        return _LETTER.search(self._text, *((other, begin) if other < begin else (stop, other))) is not None

    def _partners(self, at: int) -> dict[int, int]:
        """Of every mark of emphasis in the line of `at`, the offset of its other half."""
        line = self.line(at)
        if line not in self._emphasis:
            stop = self._text.find("\n", line)
            opened: dict[str, int] = {}
            pairs: dict[int, int] = {}
            for found in _EMPHASIS.finditer(self._text, line, stop if stop >= 0 else len(self._text)):
                if found[0] in opened:
                    other = opened.pop(found[0])
                    pairs |= {other: found.start(), found.start(): other}
                else:
                    opened[found[0]] = found.start()
            self._emphasis[line] = pairs
        return self._emphasis[line]

    def brackets_around(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        """The brackets around `start:end` in its line, outermost first, but Markdown links and long ones."""
        return (
            (group[0], group[1])
            for group in self._around(start, end)
            if not group[2] and group[1] - group[0] <= _MAX_GROUP
        )

    def _around(self, start: int, end: int) -> list[Group]:
        """The brackets around `start:end` in its line, outermost first, with whether they are a Markdown link."""
        found = []
        for level in self._line_groups(start):
            at = bisect_right(level, start, key=lambda group: group[0]) - 1
            if at >= 0 and level[at][1] >= end:
                found.append(level[at])
        return found

    def _line_groups(self, at: int) -> list[list[Group]]:
        line = self.line(at)
        if line not in self._groups:
            stop = self._text.find("\n", line)
            self._groups[line] = brackets(self._text, line, stop if stop >= 0 else len(self._text))
        return self._groups[line]
