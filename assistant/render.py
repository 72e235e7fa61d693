"""An answer as text for a terminal, and text as Markdown that does nothing; corpus, question and model are data."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from itertools import groupby

from assistant.answer import Answer, Citation
from corpus.document import Document

_WORDS = {
    "zh": {
        "sources": "来源",
        "characters": "第 {start}–{end} 字符",
        "as_of": "截至 {}",
        "clarified": "请先确认",
        "abstained": "没有依据，不作回答",
        "writing": "模型正在写，逐句核对后显示……",
        "left_out": "未采用的句子（{}）",
        "not_shown": "内含联系方式或指令，不显示",
    },
    "zh-Hant": {
        "sources": "來源",
        "characters": "第 {start}–{end} 字元",
        "as_of": "截至 {}",
        "clarified": "請先確認",
        "abstained": "沒有依據，不作回答",
        "writing": "模型正在寫，逐句核對後顯示……",
        "left_out": "未採用的句子（{}）",
        "not_shown": "內含聯絡方式或指令，不顯示",
    },
    "en": {
        "sources": "Sources",
        "characters": "characters {start}–{end}",
        "as_of": "as of {}",
        "clarified": "One question first",
        "abstained": "No answer: nothing to rest it on",
        "writing": "The model is writing; each sentence is shown once it is checked…",
        "left_out": "Sentences left out ({})",
        "not_shown": "not shown, as it holds a contact or an instruction",
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
    blocks = [plain(without_options(answer.text, answer.options))]
    if answer.options:
        blocks.append("\n".join(f"  {n}) {visible(option)}" for n, option in enumerate(answer.options, start=1)))
    if answer.citations:
        own = words(answer.language)
        lines = [own["sources"]]
        for (doc_id, path), group in groupby(answer.citations, key=_place):
            lines.append(f"  {' › '.join(path)} — {find_document(doc_id).path}")
            lines += [_terminal_quote(citation, own["characters"]) for citation in group]
        blocks.append(visible("\n".join(lines)))
    return "\n\n".join(blocks)


def without_options(text: str, options: Sequence[str]) -> str:
    """An answer's text without its list of the options, which are shown as such."""
    listed = {f"{n}. {option}" for n, option in enumerate(options, start=1)}
    return "\n".join(line for line in text.splitlines() if line not in listed).rstrip()


def _terminal_quote(citation: Citation, characters: str) -> str:
    quote = "\n".join(f"      {line.strip()}" for line in plain(citation.quote).splitlines() if line.strip())
    where = characters.format(start=citation.start, end=citation.end)
    return f"  [{citation.marker}] {quote.lstrip()} ({where})"


def _place(citation: Citation) -> tuple[str, tuple[str, ...]]:
    return citation.chunk.doc_id, trail(citation.title, citation.chunk.headings)


def trail(title: str, headings: Sequence[str]) -> tuple[str, ...]:
    """Title and headings, outermost first; an article's first heading often is its title and then stands once."""
    return tuple(headings) if headings and headings[0] == title else (title, *headings)


# What can begin Markdown, a link or HTML anywhere. As a character reference it is shown and begins nothing.
_MARKDOWN = re.compile(r"[\\`*_{}\[\]()<>#+\-.!|~$&:@=\"'/^]")


def escape(text: str) -> str:
    """The text as Markdown that shows it as it is: no formatting, no link, no HTML, whatever it holds."""
    lines = [_MARKDOWN.sub(reference, line.strip()) for line in visible(text).splitlines()]
    return "<br>".join(lines)


def reference(found: re.Match[str]) -> str:
    """The matched characters as character references, which are shown and begin nothing."""
    return "".join(f"&#{ord(c)};" for c in found[0])
