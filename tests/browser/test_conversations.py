from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from assistant.settings import load_settings
from tests.browser.talk import ANSWERS, ask, next_answer, reload
from tests.fake_assistant import PROCEDURE, FakeAssistant
from tests.page_server import served

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.slow]
Visit = Callable[..., "Page"]


def test_a_reload_shows_the_conversation_as_it_was_and_it_goes_on(visit: Visit, chromium: str) -> None:
    assistant = FakeAssistant()
    with served(assistant) as url:
        page = visit(url)
        ask(page, "我的卡")
        ask(page, "交通卡怎么注销？")
        before = page.locator(ANSWERS).evaluate_all("all => all.map((one) => one.outerHTML)")
        reload(page, 2)

        assert page.locator(ANSWERS).evaluate_all("all => all.map((one) => one.outerHTML)") == before
        ask(page, "weather")
    assert assistant.asked[-1] == ("我的卡", "交通卡怎么注销？", "weather")


def test_a_conversation_outlives_the_server(visit: Visit, chromium: str, tmp_path: Path) -> None:
    first, second = FakeAssistant(), FakeAssistant()
    with served(first) as url:
        page = visit(url)
        ask(page, "交通卡怎么注销？")
        kept = page.evaluate("JSON.stringify(localStorage)")
    with served(second) as url:
        other = visit(url)
        other.evaluate(
            "kept => { for (const [k, v] of Object.entries(JSON.parse(kept))) localStorage.setItem(k, v) }", kept
        )
        other.locator("#xk-earlier").click()
        other.locator(".xk-conversation").click()
        next_answer(other, 0)
        ask(other, "weather")

    assert second.asked == [("交通卡怎么注销？", "weather")]


def test_earlier_conversations_are_listed_opened_and_deleted(visit: Visit, chromium: str) -> None:
    with served(FakeAssistant()) as url:
        page = visit(url)
        for question in ("我的卡", "交通卡怎么注销？"):
            ask(page, question)
            page.locator("#xk-new").click()
            page.locator("#xk-chat .example").first.wait_for()
        page.locator("#xk-earlier").click()
        assert page.locator(".xk-conversation span").all_inner_texts() == ["交通卡怎么注销？", "我的卡"]

        page.locator(".xk-conversation").nth(1).click()
        assert "您要注销哪一种卡" in next_answer(page, 0).inner_text()
        page.locator("#xk-earlier").click()
        page.locator(".xk-conversations .xk-plain").first.click()
        expect(page.locator(".xk-conversation")).to_have_count(1)
        page.keyboard.press("Escape")
        expect(page.locator("dialog")).to_have_count(0)
        page.locator("#xk-earlier").click()
        page.locator("dialog > .xk-plain").click()
        expect(page.locator(".xk-conversation")).to_have_count(0)
        assert page.evaluate("Object.keys(localStorage).filter((key) => key.startsWith('xiaoka')).length") == 0


def test_two_tabs_keep_two_conversations(visit: Visit, chromium: str) -> None:
    with served(FakeAssistant()) as url:
        page = visit(url)
        ask(page, "我的卡")
        other = page.context.new_page()
        other.goto(url)
        other.locator("#xk-chat .example").first.wait_for()
        ask(other, "交通卡怎么注销？")
        ask(page, "weather")
        reload(page, 2)
        reload(other, 1)

        page.locator("#xk-earlier").click()
        assert sorted(page.locator(".xk-conversation span").all_inner_texts()) == ["交通卡怎么注销？", "我的卡"]


def test_tabs_with_the_same_conversation_follow_each_other(visit: Visit, chromium: str) -> None:
    with served(FakeAssistant()) as url:
        page = visit(url)
        ask(page, "我的卡")
        other = page.context.new_page()
        other.goto(url)
        other.locator("#xk-earlier").click()
        other.locator(".xk-conversation").click()
        next_answer(other, 0)
        ask(page, "交通卡怎么注销？")
        next_answer(other, 1)
        ask(other, "weather")
        next_answer(page, 2)
        reload(page, 3)

        assert page.locator(".xk-question > p").all_inner_texts() == ["我的卡", "交通卡怎么注销？", "weather"]


def test_a_failure_or_a_stop_loses_nothing_of_what_was_said(visit: Visit, chromium: str) -> None:
    with served(FakeAssistant()) as url:
        page = visit(url)
        for question in ("我的卡", "交通卡怎么注销？", "weather"):
            ask(page, question)
        page.locator("#xk-question-0 .xk-tool-edit").click()
        page.locator("#xk-editing").wait_for()
        page.locator("#xk-box textarea").fill("break")
        page.keyboard.press("Enter")
        page.locator(".xk-error").wait_for()

        assert page.locator("#xk-box textarea").input_value() == "break"
        assert page.locator(".xk-question > p").all_inner_texts() == ["我的卡", "交通卡怎么注销？", "weather", "break"]
        reload(page, 3)
        assert page.locator(".xk-question > p").all_inner_texts() == ["我的卡", "交通卡怎么注销？", "weather"]


def test_a_change_that_is_given_up_replaces_nothing(visit: Visit, chromium: str) -> None:
    assistant = FakeAssistant()
    with served(assistant) as url:
        page = visit(url)
        ask(page, "我的卡")
        ask(page, "这张卡")
        for give_up in ("#xk-editing .xk-plain", "#xk-chat .option"):
            page.locator("#xk-question-0 .xk-tool-edit").click()
            n_before = page.locator(ANSWERS).count()
            page.locator(give_up).first.click()
            expect(page.locator("#xk-editing")).to_have_count(0)
            assert page.locator("#xk-box textarea").input_value() == ""
        next_answer(page, n_before)
        ask(page, "weather")

    assert assistant.asked[-1] == ("我的卡", "这张卡", "交通卡", "weather")


def test_a_browser_that_keeps_nothing_can_be_asked_all_the_same(visit: Visit, chromium: str) -> None:
    with served(FakeAssistant()) as url:
        page = visit(url)
        page.context.add_cookies([{"name": "xk-language", "value": "%", "url": url}])
        page.add_init_script(
            "for (const name of ['localStorage', 'sessionStorage'])"
            " Object.defineProperty(window, name, { get() { throw new Error('forbidden') } })"
        )
        page.reload()
        page.locator("#xk-chat .example").first.wait_for()
        ask(page, "交通卡怎么注销？").locator(".xk-marker").first.click()
        page.locator("#xk-panel mark").wait_for()
        page.locator("#xk-notice", has_text="存储空间").wait_for()


def test_what_stands_in_the_browsers_storage_cannot_break_the_page(visit: Visit, chromium: str) -> None:
    with served(FakeAssistant()) as url:
        page = visit(url)
        ask(page, "交通卡怎么注销？")
        page.evaluate(
            "() => { const id = sessionStorage['xiaoka-current']; const key = 'xiaoka-conversation-' + id;"
            " const record = JSON.parse(localStorage[key]); record.conversation.entries[0].answer.outcome = '<b>';"
            " localStorage[key] = JSON.stringify(record); localStorage['xiaoka-conversation-x'] = '{' }"
        )
        page.reload()
        page.locator("#xk-chat .example").first.wait_for()
        ask(page, "weather")
        page.locator("#xk-earlier").click()
        assert page.locator(".xk-conversation").count() >= 1


# --- steps ---------------------------------------------------------------------


def test_steps_are_ticked_kept_over_a_reload_saved_and_printed(visit: Visit, address: str) -> None:
    page = visit(address)
    answer = ask(page, "公交卡怎么注销？")
    answer.locator(".xk-tick").nth(0).check()
    answer.locator(".xk-tick").nth(2).check()
    reload(page, 1)
    answer = page.locator("#xk-answer-0")

    assert [box.is_checked() for box in answer.locator(".xk-tick").all()] == [True, False, True, False]
    assert answer.locator(".xk-progress").inner_text() == "已完成 2 / 4"
    assert answer.locator(".xk-tick").nth(1).get_attribute("aria-label") == "第 2 步已完成"
    with page.expect_download() as download:
        answer.locator(".xk-tool-save").click()
    saved = Path(str(download.value.path())).read_text(encoding="utf-8")
    lines = saved.splitlines()
    assert download.value.suggested_filename == "公交卡怎么注销-.md"
    assert [line[:9] for line in lines if line.startswith("- [")] == [
        "- [x] 1. ",
        "- [ ] 2. ",
        "- [x] 3. ",
        "- [ ] 4. ",
    ]
    assert lines[0] == "# 公交卡怎么注销？"
    for citation in page.evaluate("xiaoka.answerOf(0).citations"):
        at = next(n for n, line in enumerate(lines) if line.startswith(f"[{citation['marker']}] 智能卡注册后怎样注销"))
        assert lines[at + 1].removeprefix("    > ") == citation["quote"].replace("**", "")

    page.evaluate("window.print = () => {}")
    answer.locator(".xk-tool-print").click()
    page.emulate_media(media="print")
    paper = page.locator("#xk-paper").inner_text()
    assert page.locator("#xk-chat").is_hidden()
    assert paper.count("☑") == 2
    assert paper.count("☐") == 2
    assert all(
        citation["quote"].replace("**", "") in paper for citation in page.evaluate("xiaoka.answerOf(0).citations")
    )


def test_ticks_go_with_the_answer_they_were_in(visit: Visit, chromium: str) -> None:
    assistant = FakeAssistant()
    with served(assistant) as url:
        page = visit(url)
        answer = ask(page, "交通卡怎么注销？")
        answer.locator(".xk-tick").first.check()
        answer.locator(".xk-tool-retry").click()
        page.wait_for_timeout(300)
        next_answer(page, 0)
        expect(page.locator(".xk-tick:checked")).to_have_count(1)

        assistant.answers["交通卡怎么注销？"] = replace(PROCEDURE, text="两步：\n\n1. 带证件。[1]\n2. 填表。[2]")
        page.locator(".xk-tool-retry").click()
        page.locator(ANSWERS, has_text="两步：").wait_for()
        next_answer(page, 0)
        expect(page.locator(".xk-tick:checked")).to_have_count(0)


# --- feedback ------------------------------------------------------------------


def test_a_verdict_with_a_reason_is_kept_masked_and_can_be_taken_back(
    visit: Visit, chromium: str, tmp_path: Path
) -> None:
    settings = load_settings({"data": str(tmp_path)}, environ={}, folder=tmp_path)
    with served(FakeAssistant(), settings) as url:
        page = visit(url)
        ask(page, "交通卡怎么注销？")
        page.locator(".xk-tool-bad").click()
        page.locator(".xk-reason", has_text="内容不全").click()
        page.locator("#xk-comment").fill("打 13800138000 没人接")
        page.locator(".xk-primary").click()
        page.locator("#xk-notice.xk-shown", has_text="谢谢").wait_for()
        (row,) = rows(tmp_path)

        assert row["verdict"] == "down"
        assert row["reason"] == "incomplete"
        assert row["comment"] == "打 ****8000 没人接"
        assert json.loads(row["turns"]) == ["交通卡怎么注销？"]
        assert json.loads(row["answer"])["steps"][1]["text"] == "填写申请表。"
        reload(page, 1)
        assert page.locator(".xk-tool-bad").get_attribute("aria-pressed") == "true"
        page.locator(".xk-tool-good").click()
        page.locator(".xk-tool-good[aria-pressed=true]").wait_for()
        assert [row["verdict"] for row in rows(tmp_path)] == ["up"]
        page.locator(".xk-tool-good").click()
        page.locator(".xk-tool-good[aria-pressed=false]").wait_for()
        assert rows(tmp_path) == []


def rows(data: Path) -> list[dict[str, str]]:
    """What is kept of verdicts."""
    connection = sqlite3.connect(data / "feedback.sqlite3")
    connection.row_factory = sqlite3.Row
    table = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchone()[0]
    found = [dict(row) for row in connection.execute(f"SELECT * FROM {table}")]
    connection.close()
    return found
