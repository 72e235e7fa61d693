"""The page of an assistant, served on a free port of this machine."""

from __future__ import annotations

import asyncio
import socket
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import uvicorn

from app import build_app, configure
from assistant.evaluation.board import Board
from assistant.live import LiveAssistant
from assistant.settings import Settings, load_settings
from assistant.start import Evaluated

# Addresses whose server a test has stopped; a page that is still open there complains.
STOPPED: set[str] = set()


@contextmanager
def served(assistant: Evaluated, settings: Settings | None = None) -> Iterator[str]:
    """The address at which the page answers; what it writes goes to a folder of its own unless settings say where."""
    with tempfile.TemporaryDirectory() as folder:
        chosen = settings or load_settings({"data": str(Path(folder, "data"))}, environ={}, folder=Path(folder))
        with LiveAssistant(lambda: nullcontext(assistant)) as live, served_live(live, chosen) as address:
            yield address


@contextmanager
def served_live(live: LiveAssistant, settings: Settings) -> Iterator[str]:
    """The address at which the page of an assistant that can be replaced answers."""
    with socket.socket() as listener, Board(settings) as board:
        listener.bind(("127.0.0.1", 0))
        server: list[uvicorn.Server] = []

        async def serve() -> None:
            # Gradio leaves an event loop open for each of its locks unless it is built while one is running.
            config = configure(build_app(live, settings, board))
            # A browser that is still open holds its stream of events open, and nothing here waits for it.
            config.timeout_graceful_shutdown = 1
            server.append(uvicorn.Server(config))
            await server[0].serve([listener])

        thread = threading.Thread(target=asyncio.run, args=(serve(),), daemon=True)
        thread.start()
        deadline = time.monotonic() + 60
        while not (server and server[0].started):
            assert thread.is_alive(), "the page could not start"
            assert time.monotonic() < deadline, "the page did not start within a minute"
            time.sleep(0.05)
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        try:
            yield address
        finally:  # also when a test fails: a server that goes on would be in the way of later tests
            STOPPED.add(address)
            server[0].should_exit = True
            thread.join(20)
