"""How a test talks to the chat page."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

ANSWERS = "#xk-chat .xk-answer"


def ask(page: Page, question: str) -> Locator:
    """The whole answer to a typed question."""
    n_before = page.locator(ANSWERS).count()
    page.locator("#xk-box textarea").fill(question)
    page.keyboard.press("Enter")
    return next_answer(page, n_before)


def next_answer(page: Page, n_before: int) -> Locator:
    """The answer that comes after so many, once it is whole and can be used."""
    answer = page.locator(ANSWERS).nth(n_before)
    answer.locator(".xk-tools").wait_for()
    page.locator("#xk-send").wait_for()
    return answer


def reload(page: Page, n_answers: int) -> None:
    """Loads the page again and waits until it shows as many answers as before."""
    page.reload()
    next_answer(page, n_answers - 1)
