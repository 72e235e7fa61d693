"""What the conversation shows, as Markdown for Gradio's chat; corpus, question and model are data in it.

Only lists, headings, quotations and emphasis of an answer act; everything else that could begin Markdown, a link or
HTML is written as a character reference.
"""

from __future__ import annotations

import re
from itertools import groupby

from assistant.answer import ORIGINAL
from assistant.page.conversation import Conversation, ShownAnswer, ShownCitation, ShownSource
from assistant.render import escape, plain, reference, trail, visible, without_options, words

Message = dict[str, object]

_UNSAFE_IN_ANSWER = re.compile(
    r"\\(?P<escaped>[!-/:-@\[-`{-~])"  # what an answer shows as it is; its backslash would show beside a reference
    r"|[&<`$]"  # HTML, code (which would show references as they are), formulas
    r"|(?<!^)(?<!\n)>"  # all but the mark of a quotation
    r"|!(?=\[)|(?<=\])[(\[:]"  # images, links and the definitions of links
    r"|:(?=//)|(?<=www)\.|@",  # what would become a link by itself
    re.IGNORECASE,
)
_MARKER = re.compile(r"\[([1-9][0-9]{0,3})\]")
_ORIGINAL = re.compile(rf"(?m)^( +)({re.escape(ORIGINAL)}.*)$")
_NO_SOURCE = ShownSource()


def messages_of(conversation: Conversation) -> list[Message]:
    """The conversation as Gradio's chat shows it, its last options and follow-up questions as buttons."""
    messages: list[Message] = []
    for index, entry in enumerate(conversation.entries):
        messages += [question_message(entry.question, index), answer_message(entry.answer, index)]
    if conversation.pending:
        messages.append(question_message(conversation.pending, len(conversation.entries)))
    return messages


def question_message(question: str, index: int) -> Message:
    """The question of an entry of the conversation, from 0."""
    return _message("user", page_question(question, index))


def answer_message(answer: ShownAnswer, index: int) -> Message:
    """The answer of an entry of the conversation, from 0, with what it offers as buttons."""
    return _message("assistant", page_answer(answer, index), (*answer.options, *answer.follow_ups))


def writing_message(language: str) -> Message:
    """What stands in place of an answer while a chat model is at work and nothing of it can be shown yet."""
    return _message("assistant", f'<p class="xk-writing" role="status">{words(language)["writing"]}</p>')


def error_message(message: str, advice: str) -> Message:
    """A failure as the last message of a conversation; it looks like no answer and no abstention."""
    return _message("assistant", page_error(message, advice))


def _message(role: str, content: str, options: tuple[str, ...] = ()) -> Message:
    return {"role": role, "content": content, "options": [{"value": o, "label": o} for o in options]}


def page_question(question: str, index: int) -> str:
    """A question as it was typed, with its place in the conversation as its id."""
    return f'<div class="xk-question" id="xk-question-{index}">\n\n{escape(question)}\n\n</div>'


def page_answer(answer: ShownAnswer, index: int) -> str:
    """The answer, its sources below it.

    Raised markers keep their text `[1]`, so that what is copied from the page still names its sources.
    """
    # Two markers in a row look like a link to a Markdown reader; they are taken apart first.
    text = re.sub(r"(?<=[0-9]\])(?=\[[0-9])", " ", visible(without_options(answer.text, answer.options)))
    text = _UNSAFE_IN_ANSWER.sub(_harmless, text)
    known = {citation.marker for citation in answer.citations}
    text = _MARKER.sub(lambda found: _marker(found[1]) if int(found[1]) in known else found[0], text)
    # What an English answer shows below an edition's words is Chinese, and reads as an aside.
    text = _ORIGINAL.sub(lambda found: f'{found[1]}<small class="xk-original" lang="zh">{found[2]}</small>', text)
    label = words(answer.language).get(answer.outcome, "")
    procedure = " xk-procedure" if answer.steps and answer.outcome == "answered" else ""
    parts = [
        f'<div class="xk-answer xk-{answer.outcome}{procedure}" id="xk-answer-{index}" lang="{answer.language}">',
        text,
        "</div>",
    ]
    if label:
        parts.insert(1, f'<p class="xk-label">{label}</p>')
    if answer.notice:
        parts.insert(1, f'<p class="xk-notice" role="note">{escape(answer.notice.text)}</p>')
    if answer.citations:
        parts.append(_page_sources(answer, index))
    if answer.left_out:
        parts.append(_page_left_out(answer))
    return "\n\n".join(parts)


def page_error(message: str, advice: str) -> str:
    """A failure: what happened, and what to do."""
    parts = [
        '<div class="xk-answer xk-error" role="alert">',
        f'<p class="xk-label">{escape(message)}</p>',
        escape(advice),
        "</div>",
    ]
    return "\n\n".join(parts)


def _harmless(found: re.Match[str]) -> str:
    return f"&#{ord(found['escaped'])};" if found["escaped"] else reference(found)


def _marker(number: str | int) -> str:
    # Not a button: what stands on a button is not copied with the text around it.
    return f'<sup class="xk-marker" role="button" tabindex="0">[{number}]</sup>'


def _page_sources(answer: ShownAnswer, index: int) -> str:
    """The sources as HTML, grouped by the place they stand in; one line, as a blank one would end the block."""
    own = words(answer.language)
    counted = f"{own['sources']} ({len(answer.citations)})"
    lines = [f'<details class="xk-sources" id="xk-sources-{index}"><summary>{counted}</summary>']
    for (doc_id, places), group in groupby(answer.citations, key=_place):
        source = answer.sources.get(doc_id, _NO_SOURCE)
        path = escape(" ".join(source.path.splitlines()))
        about = [own["as_of"].format(source.as_of) if source.as_of else "", source.license, source.source]
        lines.append(f'<p class="xk-trail">{" › ".join(escape(part) for part in places)}</p>')
        if any(about):
            lines.append(f'<p class="xk-about">{" · ".join(escape(part) for part in about if part)}</p>')
        lines.append('<ul class="xk-quotes">')
        for c in group:
            where = f"{path}, {own['characters'].format(start=c.start, end=c.end)}"
            quote = f"{_marker(c.marker)} <q>{escape(plain(c.quote).strip())}</q>"
            lines.append(f'<li title="{where}">{quote}</li>')
        lines.append("</ul>")
    return "".join([*lines, "</details>"])


def _page_left_out(answer: ShownAnswer) -> str:
    """What the chat model said and the articles do not, folded away; one line of HTML like the sources."""
    own = words(answer.language)
    items = [f"<li>{escape(plain(one.text)) or own['not_shown']}</li>" for one in answer.left_out]
    summary = f"<summary>{own['left_out'].format(len(answer.left_out))}</summary>"
    return "".join(['<details class="xk-unsupported">', summary, "<ul>", *items, "</ul></details>"])


def _place(citation: ShownCitation) -> tuple[str, tuple[str, ...]]:
    return citation.doc_id, trail(citation.title, citation.headings)
