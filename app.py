"""The chat page: Gradio inside the HTTP application of `assistant.server`. `python app.py` is `xiaoka serve`."""

from __future__ import annotations

import importlib.resources
import logging
import socket
import sys
import threading
import webbrowser
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import gradio as gr
import uvicorn
from starlette.types import ASGIApp

from assistant.cli import DONE, main
from assistant.render import escape, page_answer, page_error
from assistant.server import MAX_CHARACTERS, BoundedAssistant, Busy, Guard, check_length, create_api
from assistant.settings import Settings
from assistant.start import Answers
from corpus.errors import UnusableInput

_logger = logging.getLogger("xiaoka")
_PARTS = importlib.resources.files("assistant")
_SHUTDOWN_SECONDS = 5
_N_SUBJECTS_SHOWN = 12
_N_EXAMPLES_SHOWN = 4
_MAX_TURNS = 50

_ENGLISH = {
    "tagline": "How to cancel a card: every step, in order, with the words it rests on.",
    "question": "Your question",
    "placeholder": "How do I cancel my card?",
    "send": "Ask",
    "new": "New conversation",
    "subjects": "The articles cover",
    "empty": "Ask how to cancel a card. The answer comes from the articles, word for word; "
    "what they do not say is not made up.",
    "footnote": "Answers quote the articles below them. Check with the issuer before you act.",
}
_SIMPLIFIED = {
    "tagline": "怎么注销一张卡：步骤完整、顺序不乱，每一步都附原文。",
    "question": "您的问题",
    "placeholder": "例如：公交卡怎么注销？",
    "send": "提问",
    "new": "新对话",
    "subjects": "文章涉及",
    "empty": "问我怎么注销一张卡。回答逐字取自文章；文章没写的，不会编。",
    "footnote": "回答下方附有文章原文。办理前请以发卡机构的说明为准。",
}
_TRADITIONAL = {
    "tagline": "怎麼註銷一張卡：步驟完整、順序不亂，每一步都附原文。",
    "question": "您的問題",
    "placeholder": "例如：公車卡怎麼註銷？",
    "send": "提問",
    "new": "新對話",
    "subjects": "文章涉及",
    "empty": "問我怎麼註銷一張卡。回答逐字取自文章；文章沒寫的，不會編。",
    "footnote": "回答下方附有文章原文。辦理前請以發卡機構的說明為準。",
}
_WORDS = {"en": _ENGLISH, "zh": _SIMPLIFIED, "zh-CN": _SIMPLIFIED, "zh-TW": _TRADITIONAL, "zh-HK": _TRADITIONAL}

_TROUBLE = {
    "en": {
        "failed": "Something went wrong",
        "advice": "This is a fault of the program, not of your question, and no answer. Ask again; if it happens "
        "again, tell whoever runs this page. The log says more.",
        "refused": "The question cannot be used",
        "busy": "Too many questions at the moment",
        "again": "Your question was not answered. Ask again in a few seconds.",
        "full": "This conversation is full. Start a new one with the button below.",
    },
    "zh": {
        "failed": "程序出错了",
        "advice": "这是程序的故障，不是您的问题有误，也不是回答。请再问一次；如果仍然出错，请告诉本页的管理员，"
        "日志里有详情。",
        "refused": "这个问题无法使用",
        "busy": "同时提问的人太多",
        "again": "您的问题还没有得到回答，请过几秒再问。",
        "full": "这段对话太长了，请点下方的“新对话”重新开始。",
    },
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """What was said so far; it stays on the server, so that no visitor can hand in turns that were never asked."""

    turns: tuple[str, ...] = ()
    messages: tuple[dict[str, Any], ...] = ()

    def with_message(self, role: str, content: str, options: tuple[str, ...] = ()) -> Conversation:
        """The conversation with one more message shown."""
        message = {"role": role, "content": content, "options": [{"value": o, "label": o} for o in options]}
        return Conversation(turns=self.turns, messages=(*self.messages, message))


def page_language(accept_language: str) -> str:
    """`zh-Hant`, `zh` or `en`: the first language that a browser accepts, English when it is another."""
    first = accept_language.split(",")[0].split(";")[0].strip().lower()
    if first.startswith(("zh-tw", "zh-hk", "zh-mo", "zh-hant")):
        return "zh-Hant"
    return "zh" if first.startswith("zh") else "en"


def reply(assistant: Answers, conversation: Conversation, text: object, language: str) -> Conversation:
    """The conversation with the answer to `text`; a failure is shown as one, and its turn does not count."""
    words = _TROUBLE["en" if language == "en" else "zh"]
    try:
        if len(conversation.turns) >= _MAX_TURNS:
            raise UnusableInput(words["full"])
        turns = (*conversation.turns, check_length(text))
        answer = assistant.ask(turns)
        content = page_answer(answer, assistant.document)
    except UnusableInput as error:
        return conversation.with_message("assistant", page_error(words["refused"], str(error)))
    except Busy:
        return conversation.with_message("assistant", page_error(words["busy"], words["again"]))
    except Exception:  # the visitor sees that it failed, the log why; nothing here may pass for an answer
        _logger.exception("a question failed")
        return conversation.with_message("assistant", page_error(words["failed"], words["advice"]))
    return Conversation(turns=turns, messages=conversation.with_message("assistant", content, answer.options).messages)


def build_page(assistant: Answers) -> tuple[gr.Blocks, gr.I18n]:
    """The chat page and its texts by language."""
    i18n = gr.I18n(**_WORDS)

    def respond(
        text: object, conversation: Conversation, request: gr.Request
    ) -> Iterator[tuple[Conversation, list[dict[str, Any]], str]]:
        asked = text if isinstance(text, str) else ""
        if not asked.strip():
            yield conversation, list(conversation.messages), ""
            return
        shown = conversation.with_message("user", escape(asked[:MAX_CHARACTERS]))
        yield shown, list(shown.messages), ""
        done = reply(assistant, shown, text, page_language(_header(request, "accept-language")))
        # What could not be answered goes back into the box, to be sent again or changed.
        failed = len(done.turns) == len(shown.turns)
        yield done, list(done.messages), asked[:MAX_CHARACTERS] if failed else ""

    def respond_to_choice(
        conversation: Conversation, request: gr.Request, choice: gr.SelectData
    ) -> Iterator[tuple[Conversation, list[dict[str, Any]], str]]:
        value = choice.value
        yield from respond(value.get("text") if isinstance(value, dict) else value, conversation, request)

    def welcome(request: gr.Request) -> gr.Chatbot:
        language = page_language(_header(request, "accept-language"))
        examples = assistant.examples("en" if language == "en" else "zh")[:_N_EXAMPLES_SHOWN]
        return gr.Chatbot(examples=[{"text": e, "display_text": e} for e in examples])

    with gr.Blocks(analytics_enabled=False, title="小卡 Xiaoka", fill_height=True) as page:
        conversation = gr.State(Conversation())
        with gr.Row(elem_id="xk-head"):
            with gr.Column(elem_id="xk-title", min_width=0):
                gr.Markdown("# 小卡 Xiaoka")
                gr.Markdown(i18n("tagline"))
            new = gr.Button(i18n("new"), size="sm", scale=0, min_width=0, variant="secondary", elem_id="xk-new")
        chat = gr.Chatbot(
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
            placeholder=i18n("empty"),
            elem_id="xk-chat",
        )
        with gr.Row(elem_id="xk-ask", equal_height=True):
            box = gr.Textbox(
                placeholder=i18n("placeholder"),
                label=i18n("question"),
                show_label=False,
                container=False,
                lines=1,
                max_lines=6,
                max_length=MAX_CHARACTERS,
                autofocus=True,
                scale=1,
                elem_id="xk-box",
            )
            send = gr.Button(i18n("send"), variant="primary", scale=0, min_width=80, elem_id="xk-send")
        with gr.Row(elem_id="xk-more"):
            gr.Markdown(i18n("subjects"), elem_classes="xk-covers")
            subjects = [
                gr.Button(subject, size="sm", scale=0, min_width=0, elem_classes="xk-subject")
                for subject in assistant.subjects()[:_N_SUBJECTS_SHOWN]
            ]
        gr.Markdown(i18n("footnote"), elem_id="xk-foot")

        outputs = [conversation, chat, box]
        quiet: Mapping[str, Any] = {"show_progress": "hidden", "api_visibility": "private", "trigger_mode": "once"}
        gr.on([box.submit, send.click], respond, [box, conversation], outputs, **quiet)
        for subject in subjects:
            subject.click(respond, [subject, conversation], outputs, **quiet)
        chat.option_select(respond_to_choice, [conversation], outputs, **quiet)
        chat.example_select(respond_to_choice, [conversation], outputs, **quiet)
        gr.on([new.click, chat.clear], lambda: (Conversation(), [], ""), None, outputs, **quiet)
        page.load(welcome, None, chat, **quiet)
    return page, i18n


def _header(request: gr.Request, name: str) -> str:
    value: str = request.headers.get(name, "")
    return value


def build_app(assistant: Answers, *, host: str, root_path: str = "") -> ASGIApp:
    """The whole application: page, `/api/ask`, health, behind the guard."""
    bounded = BoundedAssistant(assistant)
    page, i18n = build_page(bounded)
    page.queue(api_open=False, max_size=20, default_concurrency_limit=8)
    # Gradio would import pandas and compute statistics over all events after each one, for a page that is closed here.
    page._queue.ANAYLTICS_CACHE_FREQUENCY = sys.maxsize
    app = gr.mount_gradio_app(
        create_api(bounded),
        page,
        path="/",
        show_error=False,
        ssr_mode=False,
        footer_links=[],
        run_history=False,
        enable_monitoring=False,
        pwa=False,
        mcp_server=False,
        max_file_size="1kb",
        allowed_paths=[],
        root_path=root_path or None,
        i18n=i18n,
        theme=_theme(),
        css=(_PARTS / "page.css").read_text(encoding="utf-8"),
        head=f"<script>{(_PARTS / 'page.js').read_text(encoding='utf-8')}</script>",
    )
    return Guard(app, host=host, root_path=root_path)


_FONTS = [
    "system-ui",
    "-apple-system",
    "Segoe UI",
    "PingFang SC",
    "Hiragino Sans GB",
    "Microsoft YaHei",
    "Noto Sans CJK SC",
    "sans-serif",
]


def _theme() -> gr.themes.Base:
    """A calm theme of system fonts; Gradio's own would serve its fonts from files."""
    return gr.themes.Base(
        primary_hue="teal", neutral_hue="stone", font=_FONTS, font_mono=["ui-monospace", "Menlo", "monospace"]
    )


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except (OSError, OverflowError) as error:
        listener.close()
        raise UnusableInput(
            f"`port` must be free at {host}; {port} cannot be used ({error}). "
            "Choose another with `--port N`, or `--port 0` for any free one."
        ) from error
    return listener


def configure(app: ASGIApp) -> uvicorn.Config:
    """How the application is served."""
    return uvicorn.Config(
        app,
        log_level="warning",
        server_header=False,
        timeout_graceful_shutdown=_SHUTDOWN_SECONDS,
        limit_concurrency=200,
    )


class _Server(uvicorn.Server):
    """A server that tells its address once it answers there."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Starts, then calls `ready`."""
        await super().startup(sockets)
        self._ready()


def serve(
    settings: Settings, opener: Callable[[Settings], AbstractContextManager[Answers]], *, open_browser: bool = False
) -> int:
    """Serves until it is interrupted; returns the exit code.

    Raises:
        UnusableInput: The address cannot be listened on, or the corpus, encoder or index cannot be used.
    """
    with _listen(settings.host, settings.port) as listener, opener(settings) as assistant:
        shown = f"[{settings.host}]" if ":" in settings.host else settings.host
        address = f"http://{shown}:{listener.getsockname()[1]}"

        def ready() -> None:
            sys.stdout.write(f"Xiaoka is at {address} (Ctrl-C stops it)\n")
            sys.stdout.flush()
            if open_browser:
                threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()

        config = configure(build_app(assistant, host=settings.host, root_path=settings.root_path))
        try:
            _Server(config, ready).run(sockets=[listener])
        except KeyboardInterrupt:
            return DONE
    return DONE


if __name__ == "__main__":
    sys.exit(main(["serve", *sys.argv[1:]]))
