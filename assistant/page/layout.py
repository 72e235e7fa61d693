"""The page's parts and what happens when they are used."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import gradio as gr

from assistant.evaluation.board import Board
from assistant.http.bodies import MAX_CHARACTERS, check_turns_length
from assistant.http.bounded import N_AT_ONCE, Busy
from assistant.page.chat import Running, View, act, view_of
from assistant.page.conversation import Held, new_conversation, read_action, read_held
from assistant.page.evaluation import add_evaluation
from assistant.page.visitor import DIRECT, QUIET, Say, language_of, translation
from assistant.start import Answers
from assistant.streaming import MOST_WRITTEN
from corpus.errors import UnusableInput

_N_SUBJECTS_SHOWN = 12
_N_EXAMPLES_SHOWN = 4
_UNCHANGED = (gr.skip(), gr.skip(), gr.skip(), gr.skip())


def build_page(
    assistant: Answers, board: Board, *, base: str, may_evaluate: bool, operated: bool, worded: bool = False
) -> tuple[gr.Blocks, gr.I18n]:
    """The page and its texts by language.

    Args:
        assistant: Answers.
        board: Runs question sets.
        base: The page's own path, `/` unless a proxy shows it elsewhere.
        may_evaluate: Whether every visitor may start a run.
        operated: Whether there is an operator's page.
        worded: Whether a chat model words the answers.
    """
    i18n, say = translation()
    # Most of those that a chat model is asked for only wait for it.
    n_at_once = N_AT_ONCE + MOST_WRITTEN if worded else N_AT_ONCE
    with gr.Blocks(analytics_enabled=False, title="小卡 Xiaoka", fill_height=True) as page:
        with gr.Row(elem_id="xk-head"), gr.Column(elem_id="xk-title", min_width=0):
            gr.Markdown("# 小卡 Xiaoka")
            gr.Markdown(say("tagline"))
        with gr.Tabs(elem_id="xk-tabs"):
            with gr.Tab(say("chat"), id="chat", elem_id="xk-tab-chat"):
                _wire(page, _draw(say, worded), assistant, n_at_once)
            with gr.Tab(say("articles"), id="articles", elem_id="xk-tab-articles"):
                gr.Markdown('<div id="xk-articles"></div>', elem_classes="xk-view")
                if operated:
                    gr.Markdown(say("manage"), elem_classes="xk-view")
            with gr.Tab(say("evaluation"), id="evaluation", elem_id="xk-tab-evaluation") as evaluation:
                add_evaluation(evaluation, board, say, base=base, may_run=may_evaluate)
        gr.api(_asker(assistant), api_name="ask")
    return page, i18n


def _asker(assistant: Answers) -> Any:  # noqa: ANN401 - a function whose annotations Gradio reads
    def ask_question(question: str, earlier: list[str] | None = None) -> dict[str, Any]:
        """Answers a question about cancelling a card from the articles, every step with the exact words it rests on.

        Args:
            question: What is asked, in Chinese or English.
            earlier: What the user asked before in the same conversation, oldest first.
        """
        try:
            return assistant.ask(check_turns_length([*(earlier or []), question])).to_json()
        except (UnusableInput, Busy) as error:
            raise gr.Error(str(error), print_exception=False) from error

    return ask_question


@dataclass(frozen=True, slots=True, kw_only=True)
class _Parts:
    """What the chat's tab consists of.

    Attributes:
        held: The conversation as JSON, which the script reads, keeps in the browser and gives back after a reload.
        pressed: What is asked or opened, as JSON; the script fills it in and presses `press`.
        stop: Stops the answer that is awaited; only then it is there, in the place of the button that sends.
    """

    held: gr.Textbox
    pressed: gr.Textbox
    press: gr.Button
    new: gr.Button
    chat: gr.Chatbot
    send: gr.Button
    stop: gr.Button
    subjects: list[gr.Button]


def _draw(say: Say, worded: bool) -> _Parts:
    # Gradio's own ways to run a script (`js=`, `gr.HTML`, `gr.BrowserState`) evaluate strings, which the page's policy
    # forbids; a hidden field needs nothing of the kind.
    held = gr.Textbox(visible="hidden", show_label=False, elem_id="xk-held")
    pressed = gr.Textbox(visible="hidden", show_label=False, elem_id="xk-pressed")
    press = gr.Button(visible="hidden", elem_id="xk-press")
    with gr.Row(elem_id="xk-bar"):
        new = gr.Button(say("new"), size="sm", scale=0, min_width=0, elem_id="xk-new")
        gr.Button(say("earlier"), size="sm", scale=0, min_width=0, elem_id="xk-earlier")
    chat = _draw_conversation(say, worded)
    with gr.Row(elem_id="xk-ask", equal_height=True):
        gr.Textbox(
            placeholder=say("placeholder"),
            label=say("question"),
            show_label=False,
            container=False,
            lines=1,
            max_lines=6,
            max_length=MAX_CHARACTERS,
            autofocus=True,
            scale=1,
            elem_id="xk-box",
        )
        send = gr.Button(say("send"), variant="primary", scale=0, min_width=80, elem_id="xk-send")
        stop = gr.Button(say("stop"), scale=0, min_width=80, visible=False, elem_id="xk-stop")
    with gr.Row(elem_id="xk-more"):
        gr.Markdown(say("subjects"), elem_classes="xk-covers")
        subjects = [
            gr.Button("", size="sm", scale=0, min_width=0, visible=False, elem_classes="xk-subject")
            for _ in range(_N_SUBJECTS_SHOWN)
        ]
    gr.Markdown(say("footnote"), elem_id="xk-foot")
    return _Parts(
        held=held,
        pressed=pressed,
        press=press,
        new=new,
        chat=chat,
        send=send,
        stop=stop,
        subjects=subjects,
    )


def _draw_conversation(say: Say, worded: bool) -> gr.Chatbot:
    return gr.Chatbot(
        show_label=False,
        container=False,
        scale=1,
        height=None,
        layout="bubble",
        autoscroll=False,
        latex_delimiters=[],
        buttons=[],
        feedback_options=None,
        allow_file_downloads=False,
        allow_tags=False,
        placeholder=say("empty_worded") if worded else say("empty"),
        elem_id="xk-chat",
    )


def _wire(page: gr.Blocks, parts: _Parts, assistant: Answers, n_at_once: int) -> None:
    running = Running()

    def respond(sent: object, kept: object, request: gr.Request) -> Iterator[tuple[Any, ...]]:
        held, action = read_held(kept), read_action(sent)
        if action.at in (0, held.handled):  # Gradio repeats a press that came while an answer was awaited
            yield _UNCHANGED
            return
        with running.begun(held.conversation.conversation_id) as stop:
            views = act(assistant, held.conversation, action, language_of(request), stopped=stop.is_set)
            for shown in _shown(views, action.at):
                if stop.is_set():
                    break
                yield shown
            # Gradio sends the last state once more at the end, which may come after that of whatever stopped this.
            if stop.is_set():
                yield _UNCHANGED

    def stopped(kept: object) -> tuple[Any, ...]:
        held = read_held(kept)
        running.stop(held.conversation.conversation_id)
        return next(_shown(iter([view_of(held.conversation)]), held.handled))

    def begun(kept: object) -> tuple[Any, ...]:
        held = read_held(kept)
        running.stop(held.conversation.conversation_id)
        return next(_shown(iter([view_of(new_conversation())]), held.handled))

    def greet(request: gr.Request) -> tuple[Any, ...]:
        examples = assistant.examples("en" if language_of(request) == "en" else "zh")[:_N_EXAMPLES_SHOWN]
        named = [*assistant.subjects()[:_N_SUBJECTS_SHOWN], *[""] * _N_SUBJECTS_SHOWN][:_N_SUBJECTS_SHOWN]
        greeting = gr.Chatbot(examples=[{"text": e, "display_text": e} for e in examples])
        return greeting, *(gr.Button(value=name, visible=bool(name)) for name in named)

    outputs = [parts.held, parts.chat, parts.send, parts.stop]
    # The script uses the same button for every way to ask. Gradio defers a press that comes while an answer is awaited,
    # and repeats the press before it then, but with the fields as they are.
    asking = parts.press.click(
        respond,
        [parts.pressed, parts.held],
        outputs,
        trigger_mode="always_last",
        concurrency_limit=n_at_once,
        **QUIET,
    )
    parts.stop.click(stopped, [parts.held], outputs, cancels=[asking], **DIRECT)
    gr.on(
        [parts.new.click, parts.chat.clear],
        begun,
        [parts.held],
        outputs,
        cancels=[asking],
        trigger_mode="multiple",
        **DIRECT,
    )
    page.load(greet, None, [parts.chat, *parts.subjects], **DIRECT)


def _shown(views: Iterator[View], handled: int) -> Iterator[tuple[Any, ...]]:
    """The views as what the events put out: what is held, messages, and which of the two buttons is there."""
    for view in views:
        yield (
            Held(conversation=view.conversation, handled=handled, unasked=view.unasked).model_dump_json(),
            view.messages,
            gr.Button(visible=not view.running),
            gr.Button(visible=view.running),
        )
