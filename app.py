"""The chat page: Gradio inside the HTTP application of `assistant.server`. `python app.py` is `xiaoka serve`."""

from __future__ import annotations

import socket
import sys
import threading
import webbrowser
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager, ExitStack, asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

import gradio as gr
import uvicorn
from fastapi import FastAPI
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from assistant.answer import EXTRACTIVE
from assistant.cli import DONE, main
from assistant.evaluation.board import Board
from assistant.feedback import FILE_NAME, FeedbackStore
from assistant.http.bounded import BoundedAssistant
from assistant.http.guard import PAGE_FOLDERS, PAGE_PATHS, Guard
from assistant.live import LiveAssistant, settle_memory
from assistant.page.gate import OPERATOR_PATH, Gate, read_credentials
from assistant.page.head import Head, page_head
from assistant.page.layout import build_page
from assistant.page.operator import MAX_UPLOAD_BYTES, build_operator_page
from assistant.page.routes import add_routes
from assistant.remembering import remembering
from assistant.server import create_api
from assistant.settings import LOOPBACK, Settings
from assistant.start import Evaluated
from corpus.errors import UnusableInput

_SHUTDOWN_SECONDS = 5
# A conversation travels with every event.
_BODY_LIMITS = {
    "/gradio_api/queue/join": 2_097_152,  # one that is opened, and the one it is opened from
    "/gradio_api/run/predict": 2_097_152,
    "/api/feedback": 262_144,
    f"{OPERATOR_PATH}/gradio_api/queue/join": 4_194_304,
    f"{OPERATOR_PATH}/gradio_api/run/predict": 4_194_304,
    f"{OPERATOR_PATH}/gradio_api/upload": MAX_UPLOAD_BYTES + 65_536,
}
# A client asks at the second for the description of what it may call.
_OPEN_PATHS = frozenset(("/api/feedback", "/gradio_api/info"))
_OPEN_FOLDERS = ("/evaluations/",)
_OPERATOR_PATHS = ("", *PAGE_PATHS)
_OPERATOR_FOLDERS = (*PAGE_FOLDERS, "/gradio_api/upload")
_MOST_WAITING = 100
_MOST_CONNECTIONS = 800  # below the 1,024 open files that a process usually may have
Page = tuple[gr.Blocks, gr.I18n]


def build_app(assistant: LiveAssistant, settings: Settings, board: Board) -> ASGIApp:
    """The whole application: page, routes for programs and health, behind the guard.

    Args:
        assistant: Answers.
        settings: The address that is listened on, and where feedback is kept.
        board: Runs question sets; whoever made it closes it.
    """
    credentials = None if settings.auth_file is None else read_credentials(settings.auth_file)
    bounded = BoundedAssistant(assistant)
    api = create_api(bounded)
    add_routes(api, FeedbackStore(settings.data / FILE_NAME), board)
    operated = settings.auth_file is not None
    base = f"{urlsplit(settings.root_path).path}/"
    if operated:
        _add_operator(api, build_operator_page(assistant, settings, board, base), settings.root_path)
    may_evaluate = settings.host in LOOPBACK and not settings.root_path
    page = build_page(
        bounded, board, base=base, may_evaluate=may_evaluate, operated=operated, worded=settings.model != EXTRACTIVE
    )
    _mount(api, page, settings.root_path, max_file_size="1kb", mcp_server=settings.mcp)
    gate = Gate(Head(api, page_head()), credentials)
    return Guard(
        gate,
        door=gate.refusal,
        host=settings.host,
        root_path=settings.root_path,
        # Without an operator the guard refuses what is meant for one, before it reads a body as large as a file.
        open_paths=_OPEN_PATHS | frozenset(OPERATOR_PATH + path for path in _OPERATOR_PATHS if operated),
        open_folders=(
            *_OPEN_FOLDERS,
            *(OPERATOR_PATH + folder for folder in _OPERATOR_FOLDERS if operated),
            *(("/gradio_api/mcp/",) if settings.mcp else ()),
        ),
        body_limits=_BODY_LIMITS,
    )


def _mount(api: FastAPI, page: Page, root_path: str, **more: Any) -> None:  # noqa: ANN401 - Gradio's options
    """Puts a page of Gradio's into an application, with nothing of what Gradio offers besides."""
    blocks, i18n = page
    blocks.queue(api_open=False, max_size=_MOST_WAITING, default_concurrency_limit=8)
    # Gradio would import pandas and compute statistics over all events after each one, for a page that is closed here.
    blocks._queue.ANAYLTICS_CACHE_FREQUENCY = sys.maxsize
    gr.mount_gradio_app(
        api,
        blocks,
        path="/",
        show_error=False,
        ssr_mode=False,
        footer_links=[],
        run_history=False,
        enable_monitoring=False,
        pwa=False,
        allowed_paths=[],
        root_path=root_path or None,
        i18n=i18n,
        theme=_theme(),
        **more,
    )


def _add_operator(api: FastAPI, page: Page, root_path: str) -> None:
    """Puts the operator's page under its path, as an application of its own that finds itself at `/`.

    Mounted at a path, Gradio's would not be found any more as soon as a proxy adds one in front.
    """
    inner = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    _mount(inner, page, root_path + OPERATOR_PATH, max_file_size=MAX_UPLOAD_BYTES)
    outer_lifespan = api.router.lifespan_context

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[Any]:
        async with inner.router.lifespan_context(inner), outer_lifespan(app) as state:
            yield state

    async def at_the_root(scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"].removeprefix(OPERATOR_PATH)
        await inner({**scope, "path": path, "raw_path": path.encode(), "root_path": ""}, receive, send)

    api.router.lifespan_context = lifespan
    api.get(OPERATOR_PATH, include_in_schema=False)(lambda: RedirectResponse(f"{OPERATOR_PATH[1:]}/"))
    api.mount(OPERATOR_PATH, at_the_root)


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
        # Every open page holds one, and what questions cost is bounded elsewhere.
        limit_concurrency=_MOST_CONNECTIONS,
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
    settings: Settings, opener: Callable[[Settings], AbstractContextManager[Evaluated]], *, open_browser: bool = False
) -> int:
    """Serves until it is interrupted; returns the exit code.

    Raises:
        UnusableInput: The address cannot be listened on, or the corpus, encoder or index cannot be used.
    """
    if settings.auth_file is not None:
        read_credentials(settings.auth_file)  # what is wrong with it is told before an index is built
    with ExitStack() as resources:
        listener = resources.enter_context(_listen(settings.host, settings.port))
        assistant = resources.enter_context(LiveAssistant(lambda: remembering(opener(settings))))
        board = resources.enter_context(Board(settings))
        shown = f"[{settings.host}]" if ":" in settings.host else settings.host
        address = f"http://{shown}:{listener.getsockname()[1]}"

        def ready() -> None:
            settle_memory()
            sys.stdout.write(f"Xiaoka is at {address} (Ctrl-C stops it)\n")
            sys.stdout.flush()
            if open_browser:
                threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()

        config = configure(build_app(assistant, settings, board))
        try:
            _Server(config, ready).run(sockets=[listener])
        except KeyboardInterrupt:
            return DONE
    return DONE


if __name__ == "__main__":
    sys.exit(main(["serve", *sys.argv[1:]]))
