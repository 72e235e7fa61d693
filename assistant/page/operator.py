"""The operator's page: articles are looked at, saved and removed, and the index is rebuilt behind the running chat."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import gradio as gr

from assistant.evaluation.board import Board
from assistant.live import LiveAssistant
from assistant.page.evaluation import add_evaluation
from assistant.page.messages import told
from assistant.page.visitor import DIRECT, QUIET, Say, language_of, translation
from assistant.page.words import Language, words_of
from assistant.render import escape
from assistant.settings import Settings
from assistant.shelf import Preview, Shelf
from corpus.errors import UnusableInput

MAX_UPLOAD_BYTES = 10_000_000
_TYPES = (".md", ".markdown", ".txt", ".html", ".htm", ".docx", ".pdf")
_FIELDS = ("title", "source", "license", "as_of")


def build_operator_page(
    assistant: LiveAssistant, settings: Settings, board: Board, base: str
) -> tuple[gr.Blocks, gr.I18n]:
    """The page and its texts by language; whoever reaches it may change the articles.

    Args:
        assistant: Rebuilt when the articles change.
        settings: Where the articles are, and the folder for what is written.
        board: Runs question sets.
        base: The path of the chat page, `/` unless a proxy shows it elsewhere.
    """
    i18n, say = translation()
    with gr.Blocks(analytics_enabled=False, title="小卡 Xiaoka", delete_cache=(3600, 3600)) as page:
        with gr.Row(elem_id="xk-head"), gr.Column(elem_id="xk-title", min_width=0):
            gr.Markdown("# 小卡 Xiaoka")
            gr.Markdown(say("title"))
            gr.Markdown(say("back"), elem_classes="xk-view")
        with gr.Tabs(elem_id="xk-tabs"):
            with gr.Tab(say("articles"), id="articles"):
                _add_articles(page, Desk(assistant, settings), say)
            with gr.Tab(say("evaluation"), id="evaluation") as evaluation:
                add_evaluation(evaluation, board, say, base=base, may_run=True)
    return page, i18n


def _add_articles(page: gr.Blocks, desk: Desk, say: Say) -> None:
    gr.Markdown(say("about"), elem_classes="xk-view")
    file = gr.File(label=say("file"), file_types=list(_TYPES), type="filepath", elem_id="xk-upload")
    with gr.Row():
        fields = [gr.Textbox(label=say(f"field_{name}"), max_length=300, min_width=160) for name in _FIELDS]
    look = gr.Button(say("look"), variant="primary", elem_id="xk-look")
    seen = gr.Markdown(elem_id="xk-seen", elem_classes="xk-view")
    looked_at = gr.State(None)
    text = gr.Textbox(label=say("text"), lines=16, max_lines=30, visible=False, elem_id="xk-text")
    save = gr.Button(say("save"), variant="primary", visible=False, elem_id="xk-save")
    status = gr.Markdown(elem_id="xk-status", elem_classes="xk-view")
    again = gr.Button(say("build_again"), elem_id="xk-build-again")
    with gr.Row():
        which = gr.Dropdown([], label=say("remove_which"), filterable=False, elem_id="xk-which")
        sure = gr.Checkbox(label=say("remove_sure"), elem_id="xk-sure")
        remove = gr.Button(say("remove"), elem_id="xk-remove")
    outputs = [seen, status, which]
    look.click(desk.look, [file, *fields], [seen, looked_at, text, save], trigger_mode="once", **DIRECT)
    save.click(desk.save, [looked_at, text], outputs, trigger_mode="once", **QUIET)
    again.click(desk.build, None, outputs, trigger_mode="once", **QUIET)
    removed = remove.click(desk.remove, [which, sure], outputs, trigger_mode="once", **QUIET)
    # The next one is confirmed anew; what was not removed is still chosen.
    removed.then(lambda chosen: gr.skip() if chosen else False, which, sure, **DIRECT)
    page.load(desk.listed, None, which, **DIRECT)


@dataclass(frozen=True, slots=True, kw_only=True)
class LookedAt:
    """Which article was looked at, and what it would replace: the SHA-256 of the file, empty for none."""

    path: str
    replaced_version: str


class Desk:
    """What the operator does, as the functions of the page's events."""

    def __init__(self, assistant: LiveAssistant, settings: Settings) -> None:
        self._assistant = assistant
        self._settings = settings
        self._shelf = Shelf(settings.corpus, settings.data)

    def look(
        self, path: str | None, title: str, source: str, license_name: str, as_of: str, request: gr.Request
    ) -> tuple[Any, ...]:
        """What would become of an uploaded file: what is told of it, its name, its text, and the button to save it."""
        language = language_of(request)
        own = words_of("operator", language)
        hidden = gr.Textbox(visible=False), gr.Button(visible=False)
        if not path:
            return own["no_file"], None, *hidden
        uploaded = Path(path)
        fields = dict(zip(_FIELDS, (title, source, license_name, as_of), strict=True))
        try:
            found = self._shelf.preview(uploaded.name, uploaded.read_bytes(), fields)
        except FileNotFoundError:  # uploads are removed after an hour
            return own["no_file"], None, *hidden
        except UnusableInput as error:
            return _failed(error, language), None, *hidden
        looked_at = LookedAt(path=found.path, replaced_version=found.replaced_version)
        return (
            preview_html(found, language),
            looked_at,
            gr.Textbox(value=found.text, visible=True),
            gr.Button(visible=True),
        )

    def save(self, looked_at: LookedAt, text: str, request: gr.Request) -> Iterator[tuple[Any, ...]]:
        """Saves what was looked at, as it was corrected, and rebuilds: what is told of it, the status, the articles."""
        language = language_of(request)
        try:
            found = self._shelf.preview(looked_at.path, text.encode("utf-8", "replace"))
            # As it was when it was looked at: what another operator has saved meanwhile is not written over.
            found = replace(found, replaced_version=looked_at.replaced_version)
            if found.problems:
                yield preview_html(found, language), gr.skip(), gr.skip()
                return
            self._shelf.save(found)
        except UnusableInput as error:
            yield _failed(error, language), gr.skip(), gr.skip()
            return
        yield gr.skip(), words_of("operator", language)["saved"].format(escape(found.path)), gr.skip()
        yield from self._rebuild(language, "saved_unbuilt", found.path)

    def remove(self, doc_id: str | None, certain: bool, request: gr.Request) -> Iterator[tuple[Any, ...]]:
        """Takes an article away, when that was confirmed, and rebuilds: as `save`."""
        language = language_of(request)
        own = words_of("operator", language)
        if not certain or not doc_id:
            yield gr.skip(), own["not_sure"], gr.skip()
            return
        try:
            self._shelf.remove(doc_id)
        except UnusableInput as error:
            yield gr.skip(), _failed(error, language), gr.skip()
            return
        yield gr.skip(), own["removed"].format(escape(doc_id)), gr.skip()
        yield from self._rebuild(language, "removed_unbuilt", doc_id)

    def build(self, request: gr.Request) -> Iterator[tuple[Any, ...]]:
        """Rebuilds from the articles as they are stored: as `save`."""
        language = language_of(request)
        yield gr.skip(), words_of("operator", language)["building"], gr.skip()
        yield from self._rebuild(language, "unbuilt")

    def listed(self) -> gr.Dropdown:
        """The articles that can be removed."""
        heads = self._assistant.documents()
        return gr.Dropdown([(f"{head.title} ({head.path})", head.doc_id) for head in heads], value=None)

    def _rebuild(self, language: Language, otherwise: str, changed: str = "") -> Iterator[tuple[Any, ...]]:
        """Rebuilds; when that fails, what `otherwise` says is told of what was `changed`, and what to do."""
        own = words_of("operator", language)
        try:
            built = self._assistant.rebuild(self._settings, waits=True)
        except (UnusableInput, RuntimeError) as error:
            where = own[otherwise].format(escape(changed))
            yield gr.skip(), _failed(error, language, before=where, after=own["what_to_mend"]), gr.skip()
            return
        done = own["rebuilt"].format(built.n_documents, built.n_chunks, f"{built.seconds:.1f}")
        yield "", done, self.listed()


def preview_html(preview: Preview, language: Language) -> str:
    """What would become of an article: where it goes, what is kept out of it, and why it cannot be saved."""
    own = words_of("operator", language)
    kind = own["replaces"] if preview.replaces else own["new_article"]
    shown = escape(f"{preview.title} ({preview.path})")
    parts = [own["summary"].format(shown, kind, preview.n_chunks, preview.n_procedures)]
    if not preview.n_procedures:
        parts.append(own["no_procedure"])
    if preview.findings:
        rows = "".join(
            f"<tr><td>{finding.line}</td><td>{escape(told(finding.kind, language))}</td>"
            f"<td>{escape(told(finding.why, language))}</td></tr>"
            for finding in preview.findings
        )
        head = "".join(f'<th scope="col">{own[key]}</th>' for key in ("line", "kind", "why"))
        parts += [
            own["findings"].format(len(preview.findings)),
            f'<table class="xk-table"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>',
        ]
    else:
        parts.append(own["no_findings"])
    if preview.problems:
        listed = "".join(f"<li>{escape(told(problem, language))}</li>" for problem in preview.problems)
        parts.append(f'<div class="xk-warning" role="alert"><p>{own["problems"]}</p><ul>{listed}</ul></div>')
    return "\n\n".join(parts)


def _failed(error: Exception, language: Language, *, before: str = "", after: str = "") -> str:
    """Why something did not work, between what is told of it before and after; each line of a list below the other."""
    first, *items = told(str(error), language).splitlines() or [""]
    parts = [before, words_of("operator", language)["failed"].format(escape(first))]
    paragraphs = "".join(f"<p>{part}</p>" for part in parts if part)
    listed = "".join(f"<li>{escape(item.removeprefix('- '))}</li>" for item in items)
    below = (f"<ul>{listed}</ul>" if listed else "") + (f"<p>{after}</p>" if after else "")
    return f'<div class="xk-warning" role="alert">{paragraphs}{below}</div>'
