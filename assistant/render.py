"""An answer as text for a terminal and as Markdown for the page; corpus, question and model are data in both."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Callable
from itertools import groupby

from assistant.answer import ORIGINAL, Answer, Citation
from corpus.document import Document

_WORDS = {
    "zh": {
        "sources": "来源",
        "characters": "第 {start}–{end} 字符",
        "as_of": "截至 {}",
        "clarified": "请先确认",
        "abstained": "没有依据，不作回答",
    },
    "zh-Hant": {
        "sources": "來源",
        "characters": "第 {start}–{end} 字元",
        "as_of": "截至 {}",
        "clarified": "請先確認",
        "abstained": "沒有依據，不作回答",
    },
    "en": {
        "sources": "Sources",
        "characters": "characters {start}–{end}",
        "as_of": "as of {}",
        "clarified": "One question first",
        "abstained": "No answer: nothing to rest it on",
    },
}
_KEPT_FORMAT = frozenset("\n\t")
_HIDDEN = frozenset(("Cc", "Cf", "Cs", "Co", "Zl", "Zp"))


def words(language: str) -> dict[str, str]:
    """The fixed words around an answer in its language, English for one that is not known."""
    return _WORDS.get(language, _WORDS["en"])


def visible(text: str) -> str:
    """The text with each control, hidden and direction-changing character as `<U+202E>`; safe on a terminal."""
    return "".join(
        f"<U+{ord(c):04X}>" if unicodedata.category(c) in _HIDDEN and c not in _KEPT_FORMAT else c for c in text
    )


def plain(markdown: str) -> str:
    """Markdown as text for a terminal: emphasis, heading and quotation marks and backslash escapes removed."""
    lines = []
    for line in markdown.splitlines():
        line = re.sub(r"^( {0,3})#{1,6} +", r"\1", line)
        line = re.sub(r"^( {0,3})> ?", r"\1  ", line)
        line = re.sub(r"\*\*(.+?)\*\*", r"\1", line)
        lines.append(re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", line))
    return visible("\n".join(lines))


def terminal_answer(answer: Answer, find_document: Callable[[str], Document]) -> str:
    """The answer for people at a terminal: its text, the options by number, then each source with its exact words."""
    blocks = [plain(_without_options(answer))]
    if answer.options:
        blocks.append("\n".join(f"  {n}) {visible(option)}" for n, option in enumerate(answer.options, start=1)))
    if answer.citations:
        own = words(answer.language)
        lines = [own["sources"]]
        for (doc_id, trail), group in groupby(answer.citations, key=_place):
            lines.append(f"  {' › '.join(trail)} — {find_document(doc_id).path}")
            lines += [_terminal_quote(citation, own["characters"]) for citation in group]
        blocks.append(visible("\n".join(lines)))
    return "\n\n".join(blocks)


def _without_options(answer: Answer) -> str:
    """The text without its list of the options, which are shown as such."""
    listed = {f"{n}. {option}" for n, option in enumerate(answer.options, start=1)}
    return "\n".join(line for line in answer.text.splitlines() if line not in listed).rstrip()


def _terminal_quote(citation: Citation, characters: str) -> str:
    quote = "\n".join(f"      {line.strip()}" for line in plain(citation.quote).splitlines() if line.strip())
    where = characters.format(start=citation.start, end=citation.end)
    return f"  [{citation.marker}] {quote.lstrip()} ({where})"


def _place(citation: Citation) -> tuple[str, tuple[str, ...]]:
    return citation.chunk.doc_id, _trail(citation)


def _trail(citation: Citation) -> tuple[str, ...]:
    """Title and headings, outermost first; an article's first heading often is its title and then stands once."""
    headings = citation.chunk.headings
    return headings if headings[:1] == (citation.title,) else (citation.title, *headings)


# What can begin Markdown, a link or HTML anywhere. As a character reference it is shown and begins nothing.
_MARKDOWN = re.compile(r"[\\`*_{}\[\]()<>#+\-.!|~$&:@=\"'/^]")


def escape(text: str) -> str:
    """The text as Markdown that shows it as it is: no formatting, no link, no HTML, whatever it holds."""
    lines = [_MARKDOWN.sub(_reference, line.strip()) for line in visible(text).splitlines()]
    return "<br>".join(lines)


def _reference(found: re.Match[str]) -> str:
    return "".join(f"&#{ord(c)};" for c in found[0])


_UNSAFE_IN_ANSWER = re.compile(
    r"[&<`$]"  # HTML, code (which would show references as they are), formulas
    r"|(?<!^)(?<!\n)>"  # all but the mark of a quotation
    r"|!(?=\[)|(?<=\])[(\[:]"  # images, links and the definitions of links
    r"|:(?=//)|(?<=www)\.|@",  # what would become a link by itself
    re.IGNORECASE,
)
_MARKERS = re.compile(r"(?:\[[1-9][0-9]{0,3}\])+")
_ORIGINAL = re.compile(rf"(?m)^( +)({re.escape(ORIGINAL)}.*)$")


def page_answer(answer: Answer, find_document: Callable[[str], Document]) -> str:
    """The answer as Markdown for the page, its sources below it; only lists, headings, quotations and emphasis act.

    Raised markers keep their text `[1]`, so that what is copied from the page still names its sources.
    """
    # Two markers in a row look like a link to a Markdown reader; they are taken apart first.
    text = re.sub(r"(?<=[0-9]\])(?=\[[0-9])", " ", visible(_without_options(answer)))
    text = _UNSAFE_IN_ANSWER.sub(_reference, text)
    text = _MARKERS.sub(lambda found: f'<sup class="xk-marker">{found[0]}</sup>', text)
    # What an English answer shows below an edition's words is Chinese, and reads as an aside.
    text = _ORIGINAL.sub(lambda found: f'{found[1]}<small class="xk-original" lang="zh">{found[2]}</small>', text)
    label = words(answer.language).get(answer.outcome, "")
    parts = [f'<div class="xk-answer xk-{answer.outcome}" lang="{html.escape(answer.language)}">', text, "</div>"]
    if label:
        parts.insert(1, f'<p class="xk-label">{label}</p>')
    if answer.citations:
        parts.append(_page_sources(answer, find_document))
    return "\n\n".join(parts)


def _page_sources(answer: Answer, find_document: Callable[[str], Document]) -> str:
    """The sources as HTML, grouped by the place they stand in; one line, as a blank one would end the block."""
    own = words(answer.language)
    lines = [f'<div class="xk-sources"><p class="xk-sources-title">{own["sources"]}</p>']
    for (doc_id, trail), group in groupby(answer.citations, key=_place):
        document = find_document(doc_id)
        about = [own["as_of"].format(document.as_of) if document.as_of else "", document.license, document.source]
        lines.append(f'<p class="xk-trail">{" › ".join(escape(part) for part in trail)}</p>')
        if any(about):
            lines.append(f'<p class="xk-about">{" · ".join(escape(part) for part in about if part)}</p>')
        lines.append('<ul class="xk-quotes">')
        for c in group:
            where = f"{escape(document.path)}, {own['characters'].format(start=c.start, end=c.end)}"
            quote = f'<sup class="xk-marker">[{c.marker}]</sup> <q>{escape(plain(c.quote).strip())}</q>'
            lines.append(f'<li title="{where}">{quote}</li>')
        lines.append("</ul>")
    return "".join([*lines, "</div>"])


def page_error(message: str, advice: str) -> str:
    """A failure as Markdown for the page; it looks like no answer and no abstention."""
    parts = [
        '<div class="xk-answer xk-error" role="alert">',
        f'<p class="xk-label">{escape(message)}</p>',
        escape(advice),
        "</div>",
    ]
    return "\n\n".join(parts)
