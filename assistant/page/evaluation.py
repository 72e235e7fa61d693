"""The tab that runs a question set behind the page and shows what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import gradio as gr

from assistant.evaluation.board import Board, Progress
from assistant.evaluation.outcomes import Difference, Measure, Outcome
from assistant.page.messages import told
from assistant.page.visitor import DIRECT, Say, language_of
from assistant.page.words import Language, words_of
from assistant.render import escape
from corpus.errors import UnusableInput

_LOOK_SECONDS = 1.0


def add_evaluation(tab: gr.Tab, board: Board, say: Say, *, base: str, may_run: bool) -> None:
    """Fills the tab.

    Args:
        tab: Shows the newest outcome whenever it is selected.
        board: Runs sets and keeps what they came to.
        say: Gives a word of the page.
        base: The path of the chat page, `/` unless a proxy shows it elsewhere.
        may_run: Whether whoever sees this may start and cancel runs.
    """
    gr.Markdown(say("evaluation_about"), elem_classes="xk-view")
    if not may_run:
        gr.Markdown(say("evaluation_closed"), elem_classes="xk-view")
    with gr.Row(elem_classes="xk-view", elem_id="xk-run-bar"):
        chosen = gr.Dropdown([], label=say("set"), filterable=False, scale=1, elem_id="xk-set")
        run = gr.Button(say("run"), variant="primary", scale=0, min_width=120, visible=may_run, elem_id="xk-run")
        cancel = gr.Button(say("cancel"), scale=0, min_width=100, visible=False, elem_id="xk-cancel")
    status = gr.Markdown(elem_id="xk-run-status", elem_classes="xk-view")
    results = gr.Markdown(elem_id="xk-results", elem_classes="xk-view")
    timer = gr.Timer(_LOOK_SECONDS, active=False)
    outputs = [status, results, run, cancel, timer]

    def look(name: str | None, request: gr.Request) -> tuple[Any, ...]:
        """How far the run is, and what the chosen set came to."""
        language, progress = language_of(request), board.progress()
        running = progress is not None and progress.state == "running"
        return (
            # Why a run failed may name folders, which are for whoever may run one.
            status_html(progress, language) if may_run or running else "",
            gr.skip() if running else results_html(board, name, language, base),
            gr.Button(visible=may_run and not running),
            gr.Button(visible=may_run and running),
            gr.Timer(active=running),
        )

    def choose(name: str | None, request: gr.Request) -> tuple[Any, ...]:
        names = [one.name for one in board.sets()]
        name = name if name in names else next(iter(names), None)
        note = "" if names else say("evaluation_none")
        return gr.Dropdown(names, value=name, info=note), *look(name, request)

    def start(name: str | None, request: gr.Request) -> tuple[Any, ...]:
        try:
            board.start(name or "")
        except UnusableInput as error:
            problem = told(str(error), language_of(request))
            failed = f'<p class="xk-warning" role="alert">{escape(problem)}</p>'
            return failed, *look(name, request)[1:]
        return look(name, request)

    def stop(name: str | None, request: gr.Request) -> tuple[Any, ...]:
        board.cancel()
        return look(name, request)

    tab.select(choose, [chosen], [chosen, *outputs], **DIRECT)
    chosen.input(look, [chosen], outputs, **DIRECT)
    timer.tick(look, [chosen], outputs, **DIRECT)
    if may_run:
        run.click(start, [chosen], outputs, trigger_mode="once", **DIRECT)
        cancel.click(stop, [chosen], outputs, trigger_mode="once", **DIRECT)


def status_html(progress: Progress | None, language: Language) -> str:
    """How far a run is; empty when none was started or it came to its end."""
    if progress is None or progress.state == "finished":
        return ""
    own = words_of("results", language)
    if progress.state == "failed":
        return (
            f'<p class="xk-warning" role="alert">{escape(own["failed"].format(told(progress.message, language)))}</p>'
        )
    counted = own["running"].format(progress.n_done, progress.n_questions) if progress.n_done else own["preparing"]
    label = f"{escape(progress.set_name)}: {counted}"
    return (
        f'<label class="xk-run-progress" role="status">{label}'
        f'<progress value="{progress.n_done}" max="{max(progress.n_questions, 1)}"></progress></label>'
    )


def results_html(board: Board, name: str | None, language: Language, base: str) -> str:
    """The newest outcome of a set: its measures, how they changed, and where its report is."""
    own = words_of("results", language)
    chosen = next((one for one in board.sets() if one.name == name), None)
    if chosen is None:
        return ""
    if chosen.problem:
        return (
            f'<p class="xk-warning" role="alert">{escape(own["unusable"].format(told(chosen.problem, language)))}</p>'
        )
    newest = next(iter(board.outcomes(chosen.name)), None)
    if newest is None:
        return f'<p class="xk-quiet">{own["no_outcome"]}</p>'
    changes = {change.name: change for change in board.comparison(chosen.name)}
    rows = "".join(_row(measure, changes.get(measure.name), own) for measure in newest.measures)
    heads = "".join(f'<th scope="col">{own[key]}</th>' for key in ("measure", "result", "interval", "n", "change"))
    return (
        f'{_about(newest, own)}<div class="xk-wide" tabindex="0" role="region" aria-label="{own["chart"]}">'
        f'<table class="xk-table xk-measures"><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>'
        f'<p><a class="xk-report" href="{base}evaluations/{newest.outcome_id}" target="_blank">{own["report"]}</a></p>'
    )


def _about(outcome: Outcome, own: Mapping[str, str]) -> str:
    finished = own["finished"].format(f"{outcome.finished_at:%Y-%m-%d %H:%M} UTC", outcome.n_questions)
    errors = own["errors"].format(outcome.n_errors) if outcome.n_errors else ""
    warning = f'<p class="xk-warning">{errors}</p>' if errors else ""
    return f'<p class="xk-quiet">{finished}</p>{warning}'


def _row(measure: Measure, change: Difference | None, own: Mapping[str, str]) -> str:
    bar = (
        f'<span class="xk-bar" aria-hidden="true"><span style="width:{100 * measure.mean:.1f}%"></span>'
        f'<i style="left:{100 * measure.low:.1f}%;width:{100 * (measure.high - measure.low):.1f}%"></i></span>'
    )
    changed = ""
    if change is not None:
        points = f"{100 * change.difference:+.1f}" if change.verdict != "same" else ""
        changed = f'<span class="xk-change xk-{change.verdict}">{points} {own[change.verdict]}</span>'
    return (
        f'<tr><th scope="row">{own.get(measure.name, escape(measure.name))}</th><td>{_percent(measure.mean)}{bar}</td>'
        f"<td>{_percent(measure.low)} – {_percent(measure.high)}</td><td>{measure.n}</td><td>{changed}</td></tr>"
    )


def _percent(rate: float) -> str:
    return f"{100 * rate:.1f} %"
