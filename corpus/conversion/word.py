"""A Word file in, Markdown out: headings, lists with the numbers that Word shows, tables.

Read here and not by a library: what turns Word into HTML starts a list anew behind every paragraph that stands between
two of its items, and passes on text that Word hides.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from corpus.conversion.numbering import Numbering, read_numbering
from corpus.conversion.word_styles import Styles, attribute, child, children, is_on, local, read_styles
from corpus.errors import UnusableInput
from corpus.markers import item_marker

_MAX_PARTS = 5_000
_MAX_PART_BYTES = 30_000_000
_MAX_BLOCKS = 100_000
_ENCRYPTED_OR_OLD = b"\xd0\xcf\x11\xe0"
_WHITE = re.compile(r"(?:[fF][0-9a-fA-F]){3}")
_SMALLEST_HALF_POINTS = 4
_MAX_BOLD_HEADING = 40
_INDENT = 3
# What holds runs without being one; deletions and the source of what was moved are not among them.
_HOLDERS = frozenset(
    {
        "hyperlink",
        "ins",
        "moveTo",
        "smartTag",
        "sdt",
        "sdtContent",
        "fldSimple",
        "customXml",
        "dir",
        "bdo",
        "ruby",
        "rubyBase",
    }
)
_BLOCK_HOLDERS = frozenset({"sdt", "sdtContent", "customXml", "ins", "moveTo"})


def markdown_of_word(data: bytes) -> str:
    """The Markdown of a `.docx`.

    Raises:
        UnusableInput: It is no such file, is encrypted or damaged, or unpacks to too much; the message says what it
            must be and what to do, without the file's name.
    """
    if data.startswith(_ENCRYPTED_OR_OLD):
        raise UnusableInput(
            "must be a .docx without a password; got an encrypted file, or one of an older Word. "
            "Open it in Word and save it as .docx without a password."
        )
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            parts = _read_parts(package)
    except (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, RuntimeError, EOFError, zlib.error) as error:
        raise UnusableInput(
            f"must be a whole .docx file; got a damaged one ({error}). Save it anew in Word."
        ) from error
    document = parts["document.xml"]
    styles = read_styles(parts.get("styles.xml"))
    numbering = read_numbering(parts.get("numbering.xml"), styles)
    body = child(document, "body")
    if body is None:
        raise UnusableInput("must be a Word document; got another kind of file. Save it as .docx in Word.")
    writer = _Writer(styles=styles, numbering=numbering)
    writer.write(body)
    return writer.text()


def _read_parts(package: zipfile.ZipFile) -> dict[str, Element]:
    """The three parts that are read, by their names without the folder.

    Raises:
        UnusableInput: There is no document, or a part is too large or uses what Word never writes.
    """
    if len(package.infolist()) > _MAX_PARTS:
        raise UnusableInput(f"must hold at most {_MAX_PARTS:,} parts; it holds more. Save it anew in Word.")
    names = {info.filename: info for info in package.infolist()}
    main = next((name for name in ("word/document.xml", *sorted(names)) if name in names and _is_main(name)), "")
    if not main:
        raise UnusableInput("must be a Word document; got another kind of file. Save it as .docx in Word.")
    folder = main.rpartition("/")[0]
    parts = {}
    for name in (main, f"{folder}/styles.xml", f"{folder}/numbering.xml"):
        if name in names:
            key = "document.xml" if name == main else name.rpartition("/")[2]
            parts[key] = _parsed(package, names[name])
    return parts


def _is_main(name: str) -> bool:
    return re.fullmatch(r"word/document\d*\.xml", name) is not None


def _parsed(package: zipfile.ZipFile, info: zipfile.ZipInfo) -> Element:
    with package.open(info) as stream:
        data = stream.read(_MAX_PART_BYTES + 1)  # what the file says of its size is not believed
    if len(data) > _MAX_PART_BYTES:
        raise UnusableInput(f"must unpack to at most {_MAX_PART_BYTES:,} bytes a part; it is more. Split the article.")
    # A declaration could define entities that grow without end; no program that writes Word files makes one.
    if b"<!DOCTYPE" in data.replace(b"\0", b"").upper():
        raise UnusableInput("must be a .docx without document type declarations; it has one. Save it anew in Word.")
    try:
        return ElementTree.fromstring(data)
    except ElementTree.ParseError as error:
        raise UnusableInput(f"must be a whole .docx file; got damaged XML ({error}). Save it anew in Word.") from error


@dataclass(slots=True)
class _Paragraph:
    """What was read of a paragraph: its words, whether all of them are bold, and the text boxes it anchors."""

    parts: list[str] = field(default_factory=list)
    bold: bool = True
    boxes: list[Element] = field(default_factory=list)

    @property
    def words(self) -> str:
        text = "".join(self.parts).replace("\u00a0", " ")
        return "\n".join(" ".join(line.split(" ")).strip(" \t") for line in text.split("\n")).strip()


class _Writer:
    """Writes the blocks of a document, one after the other."""

    def __init__(self, *, styles: Styles, numbering: Numbering) -> None:
        self._styles = styles
        self._numbering = numbering
        self._blocks: list[str] = []
        self._levels: list[int] = []
        self._in_list = False

    def text(self) -> str:
        """What was written: headings, paragraphs, items and tables, parted by blank lines."""
        return "\n\n".join(self._blocks)

    def write(self, holder: Element, *, shaded: bool = False) -> None:
        """Writes everything in a body, a cell or a text box."""
        for part in holder:
            name = local(part)
            if name == "p":
                self._write_paragraph(part, shaded=shaded)
            elif name == "tbl":
                self._write_table(part)
            elif name in _BLOCK_HOLDERS:
                self.write(part, shaded=shaded)
            if len(self._blocks) > _MAX_BLOCKS:
                raise UnusableInput(f"must hold at most {_MAX_BLOCKS:,} paragraphs; it holds more. Split the article.")

    def _write_paragraph(self, paragraph: Element, *, shaded: bool) -> None:
        read, label = self._read(paragraph, shaded=shaded)
        words = read.words
        properties = child(paragraph, "pPr")
        level = self._styles.heading_level(properties)
        if words and level:
            self._levels, self._in_list = [], False
            self._blocks.append(f"{'#' * min(level, 6)} {label}{' ' if label else ''}{' '.join(words.split())}")
        elif words and label:
            self._write_item(words, label, self._numbering.level_of(properties))
        elif words:
            indented = self._in_list and _is_indented(properties)
            bold = read.bold and len(words) <= _MAX_BOLD_HEADING and "\n" not in words
            words = f"**{words}**" if bold and not indented else words
            lead = " " * (_INDENT * len(self._levels)) if indented else ""
            self._blocks.append("\n".join(lead + line for line in words.split("\n")))
            self._in_list = indented
        for box in read.boxes:
            self.write(box, shaded=True)

    def _write_item(self, words: str, label: str, level: int) -> None:
        while self._levels and self._levels[-1] > level:
            self._levels.pop()
        if not self._levels or self._levels[-1] < level:
            self._levels.append(level)
        lead = " " * (_INDENT * (len(self._levels) - 1))
        # A marker that Markdown's readers would take for text, `a)` or `1.1`, stands behind one they know.
        known = label == "-" or item_marker(f"{label} x") is not None
        head = f"{label} " if known else f"- {label} "
        rest = "\n".join(f"{lead}{' ' * _INDENT}{line}" for line in words.split("\n")[1:])
        self._blocks.append(f"{lead}{head}{words.partition(chr(10))[0]}" + (f"\n{rest}" if rest else ""))
        self._in_list = True

    def _write_table(self, table: Element) -> None:
        rows = [list(self._cells(row, styled=_has(table, "tblPr", "tblStyle"))) for row in _rows(table)]
        width = max(map(len, rows), default=0)
        if width == 1:
            # A frame around text, as many as there are rows.
            for row in _rows(table):
                for cell in children(row, "tc"):
                    self.write(cell, shaded=True)
            return
        lines = ["| " + " | ".join([*row, *[""] * (width - len(row))]) + " |" for row in rows if any(row)]
        if lines:
            self._in_list = False
            self._blocks.append("\n".join([lines[0], "|" + " --- |" * width, *lines[1:]]))

    def _cells(self, row: Element, *, styled: bool) -> Iterator[str]:
        for cell in children(row, "tc"):
            properties = child(cell, "tcPr")
            shaded = styled or _has(cell, "tcPr", "shd")
            inner = _Writer(styles=self._styles, numbering=self._numbering)
            merged = child(properties, "vMerge") if properties is not None else None
            if merged is None or attribute(merged, "val") == "restart":
                inner.write(cell, shaded=shaded)
            yield " ".join(inner.text().replace("|", "\\|").replace("**", "").split())
            span = child(properties, "gridSpan") if properties is not None else None
            columns = attribute(span, "val") if span is not None else ""
            yield from [""] * (min(int(columns), 63) - 1 if columns.isdecimal() else 0)

    def _read(self, paragraph: Element, *, shaded: bool) -> tuple[_Paragraph, str]:
        """The paragraph and its number or bullet, which counts on whether there are words or not, as in Word."""
        properties = child(paragraph, "pPr")
        read = _Paragraph()
        hidden = self._styles.hides(properties, "pStyle")
        self._read_runs(paragraph, read, hidden=hidden, shaded=shaded or _has(paragraph, "pPr", "shd"))
        label = self._numbering.label(properties)
        return read, label

    def _read_runs(self, holder: Element, read: _Paragraph, *, hidden: bool, shaded: bool) -> None:
        for part in holder:
            name = local(part)
            if name == "r":
                self._read_run(part, read, hidden=hidden, shaded=shaded)
            elif name in _HOLDERS:
                self._read_runs(part, read, hidden=hidden, shaded=shaded)

    def _read_run(self, run: Element, read: _Paragraph, *, hidden: bool, shaded: bool) -> None:
        properties = child(run, "rPr")
        if self._is_hidden(properties, hidden=hidden, shaded=shaded):
            return
        for part in run:
            name = local(part)
            if name == "t":
                read.parts.append(part.text or "")
                if (part.text or "").strip() and not (properties is not None and is_on(child(properties, "b"))):
                    read.bold = False
            elif name in {"tab", "ptab"}:
                read.parts.append(" ")
            elif name in {"br", "cr"} and attribute(part, "type") not in {"page", "column"}:
                read.parts.append("\n")
            elif name == "noBreakHyphen":
                read.parts.append("-")
            elif name == "ruby":
                self._read_runs(part, read, hidden=hidden, shaded=shaded)
            elif name in {"AlternateContent", "drawing", "pict"}:
                read.boxes += _boxes(part)

    def _is_hidden(self, properties: Element | None, *, hidden: bool, shaded: bool) -> bool:
        """Whether a reader of the printed page would not see a run: Word hides it, it is white, or tiny."""
        if properties is None:
            return hidden
        vanish = child(properties, "vanish")
        if is_on(vanish) or is_on(child(properties, "webHidden")) or (vanish is None and hidden):
            return True
        if vanish is None and self._styles.hides(properties, "rStyle"):
            return True
        size = child(properties, "sz")
        half_points = attribute(size, "val") if size is not None else ""
        if half_points.isdecimal() and int(half_points) <= _SMALLEST_HALF_POINTS:
            return True
        color = child(properties, "color")
        marked = shaded or child(properties, "shd") is not None or child(properties, "highlight") is not None
        return color is not None and not marked and _WHITE.fullmatch(attribute(color, "val")) is not None


def _rows(table: Element) -> Iterator[Element]:
    for part in table:
        if local(part) == "tr":
            yield part
        elif local(part) in _BLOCK_HOLDERS:
            yield from _rows(part)


def _boxes(drawing: Element) -> list[Element]:
    """The contents of the text boxes in a drawing; of two ways to draw the same one, the first."""
    if local(drawing) == "AlternateContent":
        chosen = child(drawing, "Choice")
        drawing = chosen if chosen is not None else drawing
    return [part for part in drawing.iter() if local(part) == "txbxContent"]


def _has(element: Element, properties: str, name: str) -> bool:
    held = child(element, properties)
    return held is not None and child(held, name) is not None


def _is_indented(properties: Element | None) -> bool:
    indent = child(properties, "ind") if properties is not None else None
    if indent is None:
        return False
    left = attribute(indent, "left") or attribute(indent, "start")
    return left.isdecimal() and int(left) > 0
