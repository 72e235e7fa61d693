"""What is pressed and typed on a slow line: before the server has said that it took up what was asked before."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from tests.browser.talk import ANSWERS, ask, next_answer
from tests.fake_assistant import FakeAssistant
from tests.page_server import served

if TYPE_CHECKING:
    from playwright.sync_api import Page, Route

pytestmark = [pytest.mark.browser, pytest.mark.slow]
Visit = Callable[..., "Page"]
Press = Callable[["Page"], None]
SENT = "**/gradio_api/queue/join*"


@contextmanager
def slow_line(page: Page) -> Iterator[None]:
    """What the page sends stays on its way until the context ends."""
    on_their_way: list[Route] = []
    is_slow = True

    def hold(route: Route) -> None:
        if is_slow:
            on_their_way.append(route)
        else:
            route.continue_()

    page.route(SENT, hold)
    yield
    page.wait_for_timeout(200)
    is_slow = False
    for route in on_their_way:
        route.continue_()


def send(page: Page, question: str) -> None:
    page.locator("#xk-box textarea").fill(question)
    page.keyboard.press("Enter")


def press_subject(page: Page) -> None:
    page.locator(".xk-subject", has_text="交通卡").click()


def press_option(page: Page) -> None:
    page.locator("#xk-chat .option", has_text="交通卡").click()


def press_retry(page: Page) -> None:
    page.locator(".xk-tool-retry").click()


def change(page: Page) -> None:
    page.locator("#xk-question-0 .xk-tool-edit").click()
    send(page, "交通卡")


def type_another(page: Page) -> None:
    send(page, "交通卡")


@pytest.mark.parametrize(
    ("press", "asked"),
    [
        (press_subject, ("我的卡", "weather", "交通卡")),
        (press_option, ("我的卡", "weather", "交通卡")),
        (press_retry, ("我的卡",)),
        (change, ("交通卡",)),
        (type_another, ("我的卡", "weather", "交通卡")),
    ],
)
def test_what_is_pressed_before_a_question_is_taken_up_is_done_after_it(
    visit: Visit, chromium: str, press: Press, asked: tuple[str, ...]
) -> None:
    assistant = FakeAssistant()
    with served(assistant) as url:
        page = visit(url)
        ask(page, "我的卡")
        with slow_line(page):
            send(page, "weather")
            press(page)
            page.locator("#xk-waiting", has_text="weather").wait_for()
        page.locator("#xk-waiting").wait_for(state="detached")
        next_answer(page, len(asked) - 1)
        page.wait_for_timeout(500)

        assert page.locator(".xk-question > p").all_inner_texts() == [*asked]
    tried = [("我的卡",), ("我的卡", "weather"), asked]
    assert [turns for turns in assistant.asked if turns[-1] in ("我的卡", "weather", "交通卡")] == tried


def test_a_conversation_that_is_opened_before_a_question_is_taken_up_comes_after_it(
    visit: Visit, chromium: str
) -> None:
    assistant = FakeAssistant()
    with served(assistant) as url:
        page = visit(url)
        ask(page, "我的卡")
        page.locator("#xk-new").click()
        page.locator("#xk-chat .example").first.wait_for()
        ask(page, "交通卡")
        with slow_line(page):
            send(page, "weather")
            page.locator("#xk-earlier").click()
            page.locator(".xk-conversation", has_text="我的卡").click()
            page.locator(".xk-tool-retry").click()  # of the conversation that is left
        page.locator(".xk-question", has_text="我的卡").wait_for()
        next_answer(page, 0)
        page.wait_for_timeout(500)

        assert page.locator(".xk-question > p").all_inner_texts() == ["我的卡"]
        page.locator("#xk-earlier").click()
        page.locator(".xk-conversation", has_text="交通卡").click()
        page.locator(".xk-question", has_text="weather").wait_for()
    asked = [turns for turns in assistant.asked if turns[-1] in ("我的卡", "weather", "交通卡")]
    assert asked == [("我的卡",), ("交通卡",), ("交通卡", "weather")]


def test_a_question_that_is_pressed_twice_is_asked_once(visit: Visit, chromium: str) -> None:
    assistant = FakeAssistant()
    with served(assistant) as url:
        page = visit(url)
        with slow_line(page):
            page.locator("#xk-chat .example").first.dblclick()
        next_answer(page, 0)
        page.wait_for_timeout(500)

        assert page.locator(ANSWERS).count() == 1
    assert [turns for turns in assistant.asked if turns[-1] == "交通卡怎么注销？"] == [("交通卡怎么注销？",)]


def test_a_new_conversation_leaves_behind_what_was_not_taken_up(visit: Visit, chromium: str) -> None:
    assistant = FakeAssistant()
    with served(assistant) as url:
        page = visit(url)
        ask(page, "我的卡")
        with slow_line(page):
            press_option(page)
            send(page, "weather")
            page.locator("#xk-new").click()
        page.locator("#xk-chat .example").first.wait_for()
        page.wait_for_timeout(1_000)

        assert page.locator(".xk-question").count() == 0
        assert page.locator("#xk-waiting").count() == 0
    assert "weather" not in [turns[-1] for turns in assistant.asked]


def test_what_is_typed_before_a_question_is_taken_up_stays_in_the_box(visit: Visit, chromium: str) -> None:
    with served(FakeAssistant()) as url:
        page = visit(url)
        for n, question in enumerate(("交通卡怎么注销？", "break")):
            with slow_line(page):
                send(page, question)
                page.locator("#xk-box textarea").press_sequentially("还有一句")
            page.locator(ANSWERS).nth(n).wait_for()
            page.locator("#xk-send").wait_for()
            page.wait_for_timeout(500)

            assert page.locator("#xk-box textarea").input_value() == "还有一句"


def test_what_is_typed_and_asked_before_the_page_has_its_first_state_stays(visit: Visit, chromium: str) -> None:
    assistant = FakeAssistant()
    with served(assistant) as url:
        page = visit(url)
        ask(page, "我的卡")
        with slow_line(page):
            page.reload()
            page.locator("#xk-box textarea").wait_for()
            page.wait_for_timeout(500)
            send(page, "weather")
            page.locator("#xk-box textarea").press_sequentially("还有一句")
        next_answer(page, 1)
        page.wait_for_timeout(500)

        assert page.locator("#xk-box textarea").input_value() == "还有一句"
    assert assistant.asked[-1] == ("我的卡", "weather")
