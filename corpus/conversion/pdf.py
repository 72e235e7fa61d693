"""A PDF in, Markdown out: lines put together to paragraphs, larger letters to headings, columns of words to tables."""

from __future__ import annotations

import io
import re
import statistics
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pdfminer.converter import PDFLayoutAnalyzer
from pdfminer.layout import LTChar, LTComponent, LTContainer, LTCurve, LTImage, LTItem, LTPage
from pdfminer.pdfcolor import PDFColorSpace
from pdfminer.pdfdevice import PDFTextSeq
from pdfminer.pdfdocument import PDFDocument, PDFEncryptionError, PDFPasswordIncorrect, PDFTextExtractionNotAllowed
from pdfminer.pdfexceptions import PDFException
from pdfminer.pdfinterp import PDFGraphicState, PDFPageInterpreter, PDFResourceManager, PDFTextState
from pdfminer.pdfpage import PDFPage
from pdfminer.pdfparser import PDFParser
from pdfminer.psexceptions import PSException

from corpus.conversion.pdf_lines import Line, Word, lines_of, without_running_heads
from corpus.errors import UnusableInput
from corpus.markers import item_marker

_MAX_PAGES = 300
_UNSEEN_MODES = frozenset({3, 7})  # text that is neither filled nor stroked
_SMALLEST_POINTS = 2.0
_WHITE = 0.94
_HEADING_RATIO = 1.15
_MAX_HEADING = 60
_MAX_LEVELS = 3
_CJK = re.compile(r"[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef\u3000-\u303f]")
_BULLET = re.compile(r"[•·●○▪■◆►–\uf0b7\uf06c\uf0d8]\s*|[-*]\s+")
_NUMBER = re.compile(r"^(\d{1,3}[.)])(?=[^\s\d])")
_SENTENCE_DONE = re.compile(r"[。！？!?：:.;；][”」』）)\"']*$")


# What fonts call a whole character's radical, which some programs write for the character, and joined Latin letters.
_WRITTEN_AS = re.compile(r"[\u2f00-\u2fdf\ufb00-\ufb06]")
_RADICALS = str.maketrans(
    "\u2e9f\u2ea0\u2ec1\u2ec4\u2ec5\u2ec6\u2ec7\u2ec9\u2ecb\u2ed1\u2ed3\u2ed4\u2ed8\u2ed9\u2eda\u2edb"
    "\u2edc\u2edd\u2ee2\u2ee3\u2ee4\u2ee5\u2ee6\u2ee7\u2ee8\u2ee9\u2eea\u2eec\u2eee\u2ef0\u2ef3",
    "母民虎西见角角贝车長长门青韦页风飞食马骨鬼鱼鸟卤麦黄黾齐齿龙龟",
)


class _Device(PDFLayoutAnalyzer):
    """Collects what is printed on each page; letters that are not painted are left out."""

    def __init__(self, resources: PDFResourceManager) -> None:
        super().__init__(resources, laparams=None)
        self.pages: list[LTPage] = []

    def render_string(
        self, textstate: PDFTextState, seq: PDFTextSeq, ncs: PDFColorSpace, graphicstate: PDFGraphicState
    ) -> None:
        """One string of the page."""
        if textstate.render not in _UNSEEN_MODES:
            super().render_string(textstate, seq, ncs, graphicstate)

    def receive_layout(self, ltpage: LTPage) -> None:
        """One page, when it is complete."""
        self.pages.append(ltpage)


def markdown_of_pdf(data: bytes) -> str:
    """The Markdown of a PDF.

    Raises:
        UnusableInput: It is encrypted, damaged, has too many pages or no letters; the message says what it must be and
            what to do, without its name.
    """
    try:
        pages = _pages(data)
    except (PDFPasswordIncorrect, PDFEncryptionError, PDFTextExtractionNotAllowed) as error:
        raise UnusableInput(
            "must be a PDF without a password; it is encrypted. Save it without protection, or paste its text into a "
            ".md file."
        ) from error
    except (PDFException, PSException) as error:
        raise UnusableInput("must be a whole PDF; it is damaged. Open it and print it into a new PDF.") from error
    words = [_words(page) for page in pages]
    if not any(words):
        raise UnusableInput(
            "must hold text; its pages are pictures, or its letters do not show. Recognise the text first (OCR), "
            "or write the article into a .md file."
        )
    lines = without_running_heads([lines_of(page_words) for page_words in words])
    return _markdown(lines)


def _pages(data: bytes) -> list[LTPage]:
    document = PDFDocument(PDFParser(io.BytesIO(data)))
    if not document.is_extractable:
        raise PDFTextExtractionNotAllowed("its author forbids it")
    resources = PDFResourceManager()
    device = _Device(resources)
    interpreter = PDFPageInterpreter(resources, device)
    for number, page in enumerate(PDFPage.create_pages(document), 1):
        if number > _MAX_PAGES:
            raise UnusableInput(f"must have at most {_MAX_PAGES} pages; it has more. Split it.")
        interpreter.process_page(page)
    return device.pages


def _words(page: LTPage) -> list[Word]:
    """The letters of a page that can be seen, in the order of the file."""
    items = list(_flattened(page))
    backgrounds = [item for item in items if isinstance(item, LTComponent) and _covers(item)]
    words = []
    for item in items:
        if not isinstance(item, LTChar) or item.size < _SMALLEST_POINTS or not item.upright:
            continue
        x, y = (item.x0 + item.x1) / 2, (item.y0 + item.y1) / 2
        if not (page.x0 <= x <= page.x1 and page.y0 <= y <= page.y1):
            continue
        if _is_white(item.graphicstate.ncolor) and not any(
            back.x0 <= x <= back.x1 and back.y0 <= y <= back.y1 for back in backgrounds
        ):
            continue
        text = item.get_text()
        if text.startswith("(cid:"):  # a letter of a font that does not say which it is
            continue
        text = _WRITTEN_AS.sub(lambda found: unicodedata.normalize("NFKC", found[0]), text.translate(_RADICALS))
        words.append(Word(text=text, x0=item.x0, x1=item.x1, y=item.y0, size=item.size))
    return words


def _flattened(page: LTPage) -> Iterable[LTItem]:
    pending: list[LTItem] = [*page]
    pending.reverse()
    while pending:
        item = pending.pop()
        if isinstance(item, LTContainer):
            pending += list(item)[::-1]
        else:
            yield item


def _covers(item: LTComponent) -> bool:
    """Whether a shape is a background on which white letters can be read."""
    if isinstance(item, LTImage):
        return True
    return isinstance(item, LTCurve) and bool(item.fill) and not _is_white(item.non_stroking_color)


def _is_white(color: object) -> bool:
    values = color if isinstance(color, (tuple, list)) else (color,)
    numbers = [value for value in values if isinstance(value, (int, float))]
    if len(numbers) != len(values) or not numbers:
        return False
    if len(numbers) == 4:  # cyan, magenta, yellow, black
        return all(value <= 1 - _WHITE for value in numbers)
    return all(value >= _WHITE for value in numbers)


# --- Lines to blocks --------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Block:
    """A heading, paragraph, item or table while lines are added to it."""

    text: str
    last: Line
    level: int = 0
    item: bool = False
    rows: list[tuple[str, ...]] | None = None


def _markdown(pages: Sequence[Sequence[Line]]) -> str:
    lines = [line for page in pages for line in page]
    if not lines:
        return ""
    sizes = Counter[float]()
    for line in lines:
        sizes[line.size] += len(line.text)
    body = sizes.most_common(1)[0][0]
    larger = sorted((size for size in sizes if size >= body * _HEADING_RATIO), reverse=True)
    levels = {size: min(level, _MAX_LEVELS) for level, size in enumerate(larger, 1)}
    gaps = [
        earlier.y - later.y
        for page in pages
        for earlier, later in zip(page, page[1:], strict=False)
        if 0 < earlier.y - later.y < 3 * body
    ]
    usual_gap = statistics.median_low(gaps) if gaps else body * 1.5
    right = max(line.x1 for line in lines)
    blocks: list[_Block] = []
    for line in lines:
        _add(blocks, line, levels.get(line.size, 0), usual_gap, right)
    return "\n\n".join(filter(None, map(_written, blocks)))


def _add(blocks: list[_Block], line: Line, level: int, usual_gap: float, right: float) -> None:
    last = blocks[-1] if blocks else None
    text = line.text
    if len(line.cells) > 1 and not level and not _is_item(text):
        if last is not None and last.rows is not None and len(last.rows[0]) == len(line.cells):
            last.rows.append(line.cells)
            last.last = line
            return
        blocks.append(_Block(text=text, last=line, rows=[line.cells]))
        return
    level = level if len(text) <= _MAX_HEADING and not text.endswith(("。", "；", "，")) else 0
    if last is not None and last.rows is None and _continues(last, line, level, usual_gap, right):
        last.text = _joined(last.text, text)
        last.last = line
        return
    blocks.append(_Block(text=text, last=line, level=level, item=_is_item(text)))


def _continues(block: _Block, line: Line, level: int, usual_gap: float, right: float) -> bool:
    """Whether a line goes on with the block above it."""
    if level or block.level:
        near = 0 < block.last.y - line.y < 2 * line.size
        # A heading that is too long for its line.
        return level == block.level and near and not _is_item(line.text) and block.last.x1 > right - 4 * line.size
    if _is_item(line.text):
        return False
    gap = block.last.y - line.y
    if gap <= 0:  # on the next page or in the next column: only what was cut in the middle goes on
        return not _SENTENCE_DONE.search(block.text)
    if gap > 1.4 * usual_gap:
        return False
    if block.item and line.x0 < block.last.x0 - line.size:
        return False
    ended = block.last.x1 < right - 3 * line.size and _SENTENCE_DONE.search(block.text)
    indented = line.x0 > block.last.x0 + 1.2 * line.size and not block.item
    return not ended and not indented


def _is_item(text: str) -> bool:
    return item_marker(text) is not None or _BULLET.match(text) is not None


def _joined(text: str, more: str) -> str:
    if not text or not more:
        return text + more
    if text.endswith("-") and text[-2:-1].isalpha() and more[0].islower():
        return text[:-1] + more
    cjk = _CJK.match(text[-1]) or _CJK.match(more[0])
    return text + more if cjk else f"{text} {more}"


def _written(block: _Block) -> str:
    if block.rows is not None:
        if len(block.rows) == 1:
            return block.text
        rows = ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in block.rows]
        return "\n".join([rows[0], "|" + " --- |" * len(block.rows[0]), *rows[1:]])
    if block.level:
        return f"{'#' * block.level} {block.text}"
    bullet = _BULLET.match(block.text)
    # The gap behind a number may be drawn too narrow for a blank, which Markdown wants there.
    return f"- {block.text[bullet.end() :]}" if bullet else _NUMBER.sub(r"\1 ", block.text)
