"""A web page in, Markdown out: what a reader of the page sees, without what surrounds the article."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain, islice

from bs4 import BeautifulSoup, Comment, Tag
from bs4.dammit import EncodingDetector
from bs4.element import PreformattedString
from markdownify import ATX, MarkdownConverter
from soupsieve import SelectorSyntaxError

from corpus.errors import UnusableInput
from corpus.text import decode

_MAX_RULES = 2_000
# Never part of the text: what runs, what is drawn, what is filled in, what leads elsewhere.
_REMOVED = (
    "script", "style", "noscript", "template", "iframe", "object", "embed", "applet", "svg", "math", "canvas", "img",
    "picture", "video", "audio", "map", "link", "meta", "base", "form", "input", "select", "textarea", "button",
    "datalist", "nav", "dialog",
)  # fmt: skip
_HIDING = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)|(?<![-\w])opacity\s*:\s*0?\.?0*\s*(?:[;!}]|$)"
    r"|font-size\s*:\s*(?:0|0?\.\d+|[01](?:\.\d*)?px|[01](?:\.\d*)?pt|0\w*)\s*(?:[;!}]|$)"
    r"|text-indent\s*:\s*-\d{3,}|(?<![-\w])(?:left|right|top|bottom|margin-left|margin-top)\s*:\s*-\d{3,}"
    r"|clip\s*:\s*rect\(\s*0|clip-path\s*:\s*inset\(\s*(?:50|100)%|transform\s*:\s*scale\(\s*0\s*\)"
    r"|(?<![-\w])(?:max-)?(?:height|width)\s*:\s*0(?:px)?\s*(?:[;!}]|$)"
    r"|(?<![-\w])color\s*:\s*(?:transparent|rgba\([^)]*,\s*0?\.?0+\s*\))",
    re.IGNORECASE,
)
_WHITE = re.compile(
    r"(?<![-\w])color\s*:\s*(?:white|#f[0-9a-f]f[0-9a-f]f[0-9a-f]|#fff|rgba?\(\s*2[45]\d\s*,\s*2[45]\d\s*,\s*2[45]\d)",
    re.IGNORECASE,
)
_BACKGROUND = re.compile(r"background", re.IGNORECASE)
_RULE = re.compile(r"([^{}@;]+)\{([^{}]*)\}")
_CSS_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)", re.DOTALL)
_BLANK_LINES = re.compile(r"\n[ \t]*(?:\n[ \t]*)+\n")
_HEADING_TAGS = re.compile(r"h[1-6]")


class _Converter(MarkdownConverter):
    """Markdown without marks that are no words of the page: no backslashes, addresses or pictures."""

    def convert_a(self, el: Tag, text: str, parent_tags: set[str]) -> str:  # noqa: ARG002 -- as it is called
        """The words of a link without where it leads."""
        return text

    def convert_blockquote(self, el: Tag, text: str, parent_tags: set[str]) -> str:  # noqa: ARG002 -- as above
        """The paragraphs of a quotation: a procedure in one is still a procedure."""
        return f"\n\n{text.strip()}\n\n"


def markdown_of_page(data: bytes) -> str:
    """The Markdown of an HTML file.

    Raises:
        UnusableInput: Its encoding is not known; the message says what it must be and what to do, without its name.
    """
    soup = BeautifulSoup(_text_of(data), "html.parser")
    title = soup.title.get_text(" ", strip=True) if soup.title is not None else ""
    _remove_hidden(soup)
    for tag in soup(["head", "title", *_REMOVED]):
        tag.decompose()
    for text in list(soup.find_all(string=lambda text: isinstance(text, (Comment, PreformattedString)))):
        text.extract()
    mains = soup.find_all("main")
    root = mains[0] if len(mains) == 1 and mains[0].get_text(strip=True) else soup
    _number_items(root)
    markdown = _Converter(
        heading_style=ATX,
        bullets="-",
        escape_asterisks=False,
        escape_underscores=False,
        escape_misc=False,
        table_infer_header=True,
    ).convert_soup(root)
    markdown = _BLANK_LINES.sub("\n\n", markdown.replace("\u00a0", " ")).strip()
    if title and markdown and root.find(_HEADING_TAGS) is None:
        markdown = f"# {title}\n\n{markdown}"
    return markdown


def _text_of(data: bytes) -> str:
    try:
        return decode(data, "it").removeprefix("\ufeff")
    except UnusableInput:
        declared = EncodingDetector.find_declared_encoding(data, is_html=True, search_entire_document=False)
    try:
        return data.decode(declared or "utf-8")
    except (LookupError, UnicodeDecodeError) as error:
        raise UnusableInput(
            "must be in UTF-8, GB18030 or the encoding that it declares; got other bytes. Save the page as UTF-8."
        ) from error


def _remove_hidden(soup: BeautifulSoup) -> None:
    """Takes out every element that a browser would not show."""
    rules = list(_rules(soup))
    backed = {id(tag) for selector, style in rules if _BACKGROUND.search(style) for tag in _selected(soup, selector)}
    backed |= {id(tag) for tag in soup.select("[bgcolor], [style*=background]")}
    hidden: list[Tag] = soup.select("[hidden]")
    hidden += [tag for tag in soup.select("[style]") if _HIDING.search(_style(tag))]
    white = [tag for tag in soup.select("[style]") if _WHITE.search(_style(tag))]
    white += [tag for tag in soup.select("font[color]") if _WHITE.match(f"color:{tag['color']}")]
    for selector, style in rules:
        if _HIDING.search(style):
            hidden += _selected(soup, selector)
        if _WHITE.search(style):
            white += _selected(soup, selector)
    # White is read on a background of the element's own, or of one around it.
    hidden += [tag for tag in white if not any(id(around) in backed for around in chain([tag], tag.parents))]
    for tag in hidden:
        if not tag.decomposed and tag.name not in {"html", "body"}:
            tag.decompose()


def _rules(soup: BeautifulSoup) -> Iterator[tuple[str, str]]:
    """The selectors of the page's own style sheets with their declarations, in order."""
    sheets = "\n".join(sheet.get_text() for sheet in soup("style"))
    for found in islice(_RULE.finditer(_CSS_COMMENT.sub("", sheets)), _MAX_RULES):
        yield found[1].strip(), found[2]


def _selected(soup: BeautifulSoup, selector: str) -> list[Tag]:
    """The elements that a selector means; none for one of a state that paper is never in, such as `:hover`."""
    try:
        return list(soup.select(selector))
    except (SelectorSyntaxError, NotImplementedError):
        return []


def _style(tag: Tag) -> str:
    return str(tag["style"])


def _number_items(root: Tag) -> None:
    """Lets a list begin with the number that its first item says."""
    for ordered in root.find_all("ol"):
        first = ordered.find("li", recursive=False)
        number = str(first.get("value", "")) if first is not None else ""
        if number.isdecimal() and not ordered.has_attr("start"):
            ordered["start"] = number
