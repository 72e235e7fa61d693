"""A Chromium that may reach this machine alone."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from assistant.settings import load_settings
from assistant.start import open_assistant
from tests.network import is_local
from tests.page_server import STOPPED, served

if TYPE_CHECKING:
    from playwright.sync_api import Browser, ConsoleMessage, Dialog, Page, Response

_CUT_OFF = "Unexpected error Connection errored out."
_NAMES = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a Chromium; where there is none the tests are skipped, in CI they fail."""
    found = next(filter(None, map(shutil.which, _NAMES)), "")
    if not found:
        message = f"needs one of {', '.join(_NAMES)} on this machine"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    return found


# Of this folder's tests alone: while the driver runs, no other test of this process can run an event loop.
@pytest.fixture(scope="package")
def browser(chromium: str) -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        opened = driver.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-background-networking"]
        )
        yield opened
        opened.close()


@pytest.fixture(scope="package")
def address(tmp_path_factory: pytest.TempPathFactory, chromium: str) -> Iterator[str]:
    """The page over the shipped articles."""
    folder = tmp_path_factory.mktemp("page")
    settings = load_settings({"data": str(folder / "data")}, environ={}, folder=folder)
    with open_assistant(settings) as assistant, served(assistant, settings) as url:
        yield url


Visit = Callable[..., "Page"]


@pytest.fixture
def visit(browser: Browser) -> Iterator[Visit]:
    """Opens a page; the test fails when it asked for anything elsewhere, was refused, ran into an error or a dialog."""
    faults: list[str] = []
    contexts = []
    loads: list[str] = []

    def dismiss(dialog: Dialog) -> None:
        faults.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def open_page(
        url: str,
        *,
        locale: str = "zh-CN",
        width: int = 1200,
        height: int = 800,
        waits_for: str = "#xk-chat :is(.example, .xk-tools)",
        **more: object,
    ) -> Page:
        context = browser.new_context(locale=locale, viewport={"width": width, "height": height}, **more)
        context.set_default_timeout(30_000)
        contexts.append(context)
        page = context.new_page()
        page.on("request", lambda request: _note_foreign(request.url, faults))
        page.on("response", lambda response: _note_refused(response, faults))
        page.on("pageerror", lambda error: faults.append(f"script error: {error}"))
        page.on("console", lambda message: _note_error(message, faults))
        page.on("dialog", dismiss)
        page.on("load", lambda loaded: loads.append(loaded.url))
        page.goto(url)
        page.locator(waits_for).first.wait_for()
        return page

    yield open_page
    for context in contexts:
        context.close()
    # A page that was loaded again, and so was left once, may have been waiting for its server.
    was_left = len(loads) > len(contexts)
    assert [fault for fault in faults if not (was_left and fault == _CUT_OFF)] == []


@pytest.fixture
def browser_page(browser: Browser) -> Iterator[Callable[[str], Page]]:
    """Opens a page that may be refused what it asks for."""
    contexts = []

    def open_page(url: str) -> Page:
        contexts.append(browser.new_context(locale="zh-CN", viewport={"width": 1200, "height": 800}))
        page = contexts[-1].new_page()
        page.goto(url)
        page.locator("#xk-chat .example").first.wait_for()
        return page

    yield open_page
    for context in contexts:
        context.close()


def _note_error(message: ConsoleMessage, faults: list[str]) -> None:
    if message.page is not None and any(message.page.url.startswith(address) for address in STOPPED):
        return
    # A page that is left while it waits for the server says so; what was refused is noted with its address.
    if message.type == "error" and not message.text.startswith(
        ("AbortError: signal is aborted", "Failed to load resource: the server responded")
    ):
        faults.append(message.text.strip())


def _note_refused(response: Response, faults: list[str]) -> None:
    # What else is wrong with a response stands in the console, without its address.
    if response.status >= 400 and not _cancels_nothing(response):
        faults.append(f"{response.status} of {response.url}")


def _cancels_nothing(response: Response) -> bool:
    """Whether Gradio's script cancels a question that has no number yet, as its sending is still on its way."""
    path = urlsplit(response.url).path
    return path in ("/gradio_api/cancel", "/gradio_api/reset") and '"event_id":null' in (
        response.request.post_data or ""
    )


def _note_foreign(url: str, faults: list[str]) -> None:
    parts = urlsplit(url)
    if parts.scheme not in ("data", "blob", "about") and not is_local(parts.hostname):
        faults.append(f"request to {url}")
