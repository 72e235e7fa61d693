"""The page of an assistant, served on a free port of this machine."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from app import build_app, configure
from assistant.start import Answers


@contextmanager
def served(assistant: Answers) -> Iterator[str]:
    """The address at which the page answers."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        server: list[uvicorn.Server] = []

        async def serve() -> None:
            # Gradio leaves an event loop open for each of its locks unless it is built while one is running.
            app = build_app(assistant, host="127.0.0.1")
            config = configure(app)
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
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server[0].should_exit = True
        thread.join(20)
