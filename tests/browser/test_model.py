"""The page while a chat model writes: sentences as they are checked, stopping, and what stands in."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from assistant.writer import Writer
from tests.assistants import small
from tests.browser.talk import ANSWERS, next_answer
from tests.fake_models import HeldModel
from tests.page_server import served
from tests.shop_card import ARTICLE, GOOD, QUESTION, reply

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.slow]
Visit = Callable[..., "Page"]


def test_checked_sentences_appear_stopping_stops_the_model_and_a_notice_says_what_stands_in(
    visit: Visit, chromium: str
) -> None:
    model = HeldModel([reply(without=3), GOOD, reply(without=3)], n_free=8)
    with served(small({"shop.md": ARTICLE}, writer=Writer(model))) as url:
        page = visit(url)

        def press(question: str) -> None:
            page.locator("#xk-box textarea").fill(question)
            page.keyboard.press("Enter")

        press(QUESTION)
        growing = page.locator(ANSWERS).first
        growing.wait_for()
        assert "带上本人身份证和储值卡" in growing.inner_text()
        assert "填写退卡申请表" not in growing.inner_text()
        assert page.locator(".xk-sources").count() == 0

        page.locator("#xk-stop").click()
        assert model.stopped.wait(10)
        page.locator("#xk-send").wait_for()
        assert page.locator("#xk-box textarea").input_value() == QUESTION
        growing.wait_for(state="detached")

        model.may_go_on.set()
        press(QUESTION)
        whole = next_answer(page, 0)
        assert "余额在7个工作日内退回原支付账户" in whole.inner_text()
        assert page.locator(".xk-notice").count() == 0

        press(f"{QUESTION} ")
        stand_in = next_answer(page, 1)
        assert "缺了步骤、多了步骤或改了顺序" in stand_in.locator(".xk-notice").inner_text()
        assert "核对余额" in stand_in.inner_text()
        page.locator("#xk-answer-1 .xk-marker").first.click()
        page.locator("#xk-panel mark").first.wait_for()
