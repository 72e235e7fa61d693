"""The routes for programs, served on a free port of this machine, without the page."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.testclient import TestClient

from assistant.http.bounded import BoundedAssistant
from assistant.http.guard import BODY_SECONDS, Guard
from assistant.server import create_api
from assistant.start import Evaluated


@contextmanager
def client_of(assistant: Evaluated) -> Iterator[TestClient]:
    """A client of the routes, behind their guard, without a server."""
    app = Guard(create_api(BoundedAssistant(assistant)), host="127.0.0.1")
    with TestClient(app, base_url="http://127.0.0.1:7860", raise_server_exceptions=False) as client:
        yield client


@contextmanager
def api_served(assistant: Evaluated, *, body_seconds: float = BODY_SECONDS) -> Iterator[tuple[str, int]]:
    """Host and port at which the routes answer."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        app = Guard(create_api(BoundedAssistant(assistant)), host="127.0.0.1", body_seconds=body_seconds)
        config = uvicorn.Config(app, log_level="critical", server_header=False, timeout_graceful_shutdown=1)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=asyncio.run, args=(server.serve([listener]),), daemon=True)
        thread.start()
        deadline = time.monotonic() + 60
        while not server.started:
            assert thread.is_alive(), "the routes could not be served"
            assert time.monotonic() < deadline, "the routes were not served within a minute"
            time.sleep(0.02)
        try:
            yield "127.0.0.1", listener.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join(20)
