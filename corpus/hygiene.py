"""What in an article must not reach an answer: found with its exact span, and blanked without moving an offset.

Advertisers' contacts and calls, images, links that hide or run something, embedded HTML, hidden and control
characters, and sentences addressed to a language model. Articles are data: whatever they say, nothing here obeys it.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from corpus.advertisements import foreign_links, whole
from corpus.document import Document
from corpus.folding import HIDDEN_CLASS, Folded, fold
from corpus.markup import markup
from corpus.offers import offered
from corpus.planted import instructions, is_polite
from corpus.promotion import patterns, promotions
from corpus.scraps import scraps, sold_numbers
from corpus.suspicion import FindingKind, Suspicion
from corpus.units import Units


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something in an article that is kept out of the index.

    Attributes:
        start: Offset in the document's text of the first character.
        end: Offset behind the last.
        line: Line of `start`, from 1.
        why: A short English sentence.
    """

    kind: FindingKind
    start: int
    end: int
    line: int
    why: str


_HIDDEN = re.compile(f"[{HIDDEN_CLASS}]+")
# An emoji may carry the mark that colours it and be joined to the next one; anywhere else both hide something.
_EMOJI = (
    "\u00a9\u00ae\u203c\u2049\u2122\u2139\u2190-\u21ff\u2300-\u23ff\u2460-\u24ff\u25a0-\u27bf\u2900-\u297f\u2b00-\u2bff"
    "\u3030\u303d\u3297\u3299\U0001f000-\U0001faff"
)
_COLOURING = re.compile(f"(?<=[{_EMOJI}0-9#*])[\ufe0e\ufe0f]")
_JOINING = re.compile(f"(?<=[{_EMOJI}])\u200d(?=[{_EMOJI}])")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029]+")
_NOT_WORD = re.compile(r"[\W_]+")
_VISIBLE = re.compile(r"[^\s]")
_GRAVITY: tuple[FindingKind, ...] = ("contact", "call", "instruction", "link", "image", "html", "hidden", "control")

# A suspect span: start, end, kind, reason.
_Suspect = tuple[int, int, FindingKind, str]


def find(document: Document) -> tuple[Finding, ...]:
    """The findings of a document, in order; spans that overlap or touch with the same kind are one."""
    return _find(document.text)


def clean(document: Document) -> Document:
    """The document with every character of a finding replaced by one space; line ends stay, no offset moves.

    The fields that are shown beside the text (title, source, license, region) lose their findings altogether.
    An edition is cleaned like its article. Cleaning twice changes nothing more.
    """
    findings = find(document)
    spans = _merged([*document.masked, *((finding.start, finding.end) for finding in findings)])
    name = document.path.rsplit("/", 1)[-1].rsplit(".", 1)[0]
    return replace(
        document,
        text=_blanked(document.text, spans),
        masked=tuple(spans),
        title=_cleaned_line(document.title) or _cleaned_line(name) or "Untitled",
        source=_cleaned_line(document.source),
        license=_cleaned_line(document.license),
        region=_cleaned_line(document.region),
        edition=None if document.edition is None else clean(document.edition),
    )


def _find(text: str) -> tuple[Finding, ...]:
    suspects: list[_Suspect] = []
    rest = text
    while found := [*_scan(rest)] or [*_whole(text, rest, suspects)] or [*_scraps(text, rest, suspects)]:
        suspects += found
        # What is blanked may bring its neighbours together ("加<b></b>微信"): look again until nothing is left.
        rest = _blanked(rest, [(start, end) for start, end, _, _ in found])
    return tuple(_findings(text, suspects))


def _scan(text: str) -> Iterator[_Suspect]:
    """Every span of `text` with something visible or hidden in it that is suspect, by kind and reason."""
    yield from _characters(text)
    folded = fold(text)
    units = Units(folded.text, patterns())
    seen = bytearray(len(folded.text))
    for suspicion in _suspicions(folded.text, units, seen):
        # What lies in a span already found adds nothing; a crowded line is settled by a few of its suspicions.
        if 0 not in seen[suspicion.start : suspicion.end]:
            continue
        for start, end in _reached(suspicion, units):
            if 0 not in seen[start:end]:
                continue
            seen[start:end] = b"\x01" * (end - start)
            first, last = folded.raw_span(start, end)
            if _VISIBLE.search(text, first, last):
                yield first, last, suspicion.kind, suspicion.why


def _whole(text: str, rest: str, suspects: list[_Suspect]) -> Iterator[_Suspect]:
    """What of `rest`, where the suspects of `text` are blanked, belongs to the advertisements of contacts and links."""
    contacts = _merged([(start, end) for start, end, kind, _ in suspects if kind == "contact"])
    if not _NOT_WORD.sub("", rest):
        return
    folded = fold(text)
    units = Units(folded.text, patterns())
    if not contacts and not any(units.links()):
        return
    left, places = _read(folded, suspects), _places(folded, contacts)
    for found, why in (
        (whole(folded.text, left, places, units), "an advertisement around a contact"),
        (foreign_links(folded.text, left, units), "an advertisement with a link"),
    ):
        yield from _left_in(rest, folded, found, why)


def _scraps(text: str, rest: str, suspects: list[_Suspect]) -> Iterator[_Suspect]:
    """What of `rest` only serves the offers whose contacts and calls are blanked."""
    contacts = _merged([(start, end) for start, end, kind, _ in suspects if kind in {"contact", "call"}])
    if not contacts or not _NOT_WORD.sub("", rest):
        return
    folded = fold(text)
    units = Units(folded.text, patterns())
    found = scraps(folded.text, _read(folded, suspects), _places(folded, contacts), units)
    yield from _left_in(rest, folded, found, "what an offer leaves beside its contact")


def _read(folded: Folded, suspects: list[_Suspect]) -> str:
    """The folded text with everything blanked that is suspect."""
    read = list(folded.text)
    for first, last in _places(folded, _merged([(start, end) for start, end, _, _ in suspects])):
        read[first:last] = [character if character == "\n" else " " for character in read[first:last]]
    return "".join(read)


def _places(folded: Folded, spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Where spans of the raw text stand in the folded one."""
    return [(bisect_left(folded.starts, start), bisect_left(folded.starts, end)) for start, end in spans]


def _left_in(rest: str, folded: Folded, found: Iterable[tuple[int, int]], why: str) -> Iterator[_Suspect]:
    """The spans found in the folded text in which something of `rest` is left, as contacts for one reason."""
    for start, end in found:
        first, last = folded.raw_span(start, end)
        if _VISIBLE.search(rest, first, last):
            yield first, last, "contact", why


def _characters(text: str) -> Iterator[_Suspect]:
    start = 1 if text.startswith("\ufeff") else 0
    # A mark that is in its place is passed over as if it were one more emoji.
    seen = _JOINING.sub("©", _COLOURING.sub("©", text)) if any(mark in text for mark in "\ufe0e\ufe0f\u200d") else text
    for found in _HIDDEN.finditer(seen, start):
        yield found.start(), found.end(), "hidden", "characters that do not show"
    for found in _CONTROL.finditer(text):
        yield found.start(), found.end(), "control", "control characters"


def _suspicions(text: str, units: Units, seen: bytearray) -> Iterator[Suspicion]:
    squeezed = _NOT_WORD.sub("", text)
    # First what reaches furthest: an image in an advertisement is part of it.
    yield from offered(text, units)
    yield from sold_numbers(text, units)
    yield from promotions(text, squeezed, units, seen)
    yield from markup(text, squeezed)
    for suspicion, weak in instructions(text, squeezed):
        start, end = units.sentence(suspicion.start, suspicion.end)
        if not (weak and is_polite(text[start:end])):
            yield suspicion


def _reached(suspicion: Suspicion, units: Units) -> Iterator[tuple[int, int]]:
    """What goes with a suspicion: the span around it, and the links beside an advertisement."""
    if suspicion.reach == "exact":
        yield suspicion.start, suspicion.end
    elif suspicion.reach == "link":
        yield units.link_around(suspicion.start, suspicion.end)
    elif suspicion.reach == "sentence":
        yield units.to_sentence_end(suspicion.start, suspicion.end)
    else:
        start, end = units.unit(suspicion.start, suspicion.end)
        yield start, end
        if suspicion.kind in {"contact", "call"}:
            yield from units.links_beside(start, end)


def _blanked(text: str, spans: list[tuple[int, int]]) -> str:
    parts: list[str] = []
    position = 0
    for start, end in _merged(spans):
        parts += text[position:start], re.sub(r"[^\r\n]", " ", text[start:end])
        position = end
    return "".join([*parts, text[position:]])


def _merged(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _findings(text: str, suspects: list[_Suspect]) -> Iterator[Finding]:
    """One finding for every run of overlapping spans, named after the gravest of them."""
    suspects = sorted(suspects)
    line, counted = 1, 0
    for first, last in _overlapping(suspects):
        group = suspects[first:last]
        start, end = group[0][0], max(span[1] for span in group)
        kind, why = min(((kind, why) for _, _, kind, why in group), key=lambda named: _GRAVITY.index(named[0]))
        line += text.count("\n", counted, start)
        counted = start
        yield Finding(kind=kind, start=start, end=end, line=line, why=f"{why[0].upper()}{why[1:]}.")


def _overlapping(suspects: list[_Suspect]) -> Iterator[tuple[int, int]]:
    first, end = 0, -1
    for index, span in enumerate(suspects):
        if index > first and span[0] >= end:
            yield first, index
            first = index
            end = span[1]
        end = max(end, span[1])
    if suspects:
        yield first, len(suspects)


def _cleaned_line(text: str) -> str:
    """A line of text without its findings, and with single blanks."""
    while findings := _find(text):
        text = _blanked(text, [(finding.start, finding.end) for finding in findings])
        # Joined blanks may bring a contact's parts together again.
        text = " ".join(text.split())
    return " ".join(text.split())
