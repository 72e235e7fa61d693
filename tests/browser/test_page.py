from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from assistant.answer import Answer
from tests.browser.talk import ANSWERS, ask, next_answer, reload
from tests.fake_assistant import ABSTAIN, PROCEDURE, FakeAssistant, citation, document
from tests.page_server import served

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Route

pytestmark = [pytest.mark.browser, pytest.mark.slow]
Visit = Callable[..., "Page"]

HOSTILE = (
    "<script>window.pwned=1</script><img src=x onerror='window.pwned=1'><svg onload=window.pwned=1>"
    "![b](http://203.0.113.5/a.png)<img srcset='http://203.0.113.5/b.png'>"
    "<div style='background:url(http://203.0.113.5/c.png);position:fixed;inset:0;z-index:9999'>over</div>"
    "[go](javascript:window.pwned=1)<video src='http://203.0.113.5/d'></video><table background='http://203.0.113.5/e'>"
    "<form action='http://203.0.113.5/f'><input autofocus onfocus='window.pwned=1'></form> $$x$$ https://203.0.113.5/"
)


@pytest.fixture
def hostile(chromium: str) -> Iterator[str]:
    """The page of an assistant whose article, answer and options hold every trick."""
    text = f"# {HOSTILE}\n{HOSTILE}"
    article = replace(document(text, HOSTILE), path=f"{HOSTILE}.md", source=HOSTILE, license=HOSTILE)
    answer = replace(
        PROCEDURE,
        text=f"{HOSTILE}\n\n1. {HOSTILE} [1]",
        citations=(citation(1, HOSTILE, text, title=HOSTILE),),
        options=(HOSTILE,),
    )
    with served(FakeAssistant(answers={"交通卡怎么注销？": answer, HOSTILE: ABSTAIN}, article=article)) as url:
        yield url


def test_what_is_offered_appears_also_when_the_first_stream_of_events_ends_late(browser: Browser, address: str) -> None:
    with browser.new_context() as context:
        page = context.new_page()
        streams: list[Route] = []
        others: list[Route] = []
        joined: list[str] = []

        def join(route: Route) -> None:
            joined.append(route.request.url)
            if len(joined) == 1:
                route.continue_()
            else:
                others.append(route)

        page.route("**/queue/join*", join)
        page.route("**/queue/data*", lambda route: route.continue_() if streams else streams.append(route))
        page.goto(address)
        while not streams:
            page.wait_for_timeout(50)
        # The server has closed the stream before the other events reach it, and the browser learns that after they did.
        whole = streams[0].fetch()
        for route in others:
            route.continue_()
        page.wait_for_timeout(500)
        streams[0].fulfill(response=whole)

        page.locator("#xk-chat .example").first.wait_for()
        page.locator(".xk-subject").first.wait_for()


def test_a_typed_question_gets_its_steps_with_markers_and_sources(visit: Visit, address: str) -> None:
    page = visit(address)

    answer = ask(page, "公交卡怎么注销？")

    assert "xk-answered" in (answer.get_attribute("class") or "")
    steps = answer.locator("ol > li")
    expect(steps).to_have_count(4)
    page.locator(".xk-sources summary").click()
    for n in range(4):
        markers = re.findall(r"\[\d+\]", steps.nth(n).inner_text())
        assert markers
        for marker in markers:
            assert len(page.locator(".xk-sources li", has_text=marker).locator("q").inner_text()) > 10
    assert "交通卡注销" in page.locator(".xk-sources .xk-trail").first.inner_text()
    assert page.locator("#xk-box textarea").input_value() == ""


def test_a_question_back_is_answered_by_pressing_an_option(visit: Visit, address: str) -> None:
    page = visit(address)
    back = ask(page, "我的卡不用了，怎么注销？")
    assert "xk-clarified" in (back.get_attribute("class") or "")
    options = page.locator("#xk-chat .option")
    assert options.count() >= 3

    options.filter(has_text="门禁卡").click()

    answer = next_answer(page, 1)
    assert "xk-answered" in (answer.get_attribute("class") or "")
    expect(answer.locator("ol > li")).to_have_count(4)
    assert "物业" in answer.inner_text()


def test_a_follow_up_is_understood_from_the_turns_before(visit: Visit, address: str) -> None:
    page = visit(address)
    ask(page, "银行卡怎么注销？")

    assert "预约" in ask(page, "第三步是什么？").inner_text()


def test_a_question_offered_below_an_answer_is_answered(visit: Visit, address: str) -> None:
    page = visit(address)
    ask(page, "银行卡怎么注销？")
    offered = page.locator("#xk-chat .option")
    offered.first.wait_for()
    assert 1 <= offered.count() <= 3

    offered.first.click()

    assert "xk-answered" in (next_answer(page, 1).get_attribute("class") or "")


def test_an_example_and_a_subject_ask_themselves(visit: Visit, address: str) -> None:
    page = visit(address)
    page.locator("#xk-chat .example").first.click()
    assert "xk-answered" in (next_answer(page, 0).get_attribute("class") or "")

    page.locator(".xk-subject", has_text="银行卡").click()
    assert "xk-answered" in (next_answer(page, 1).get_attribute("class") or "")


def test_an_abstention_looks_different_from_an_answer_and_says_what_is_covered(visit: Visit, address: str) -> None:
    page = visit(address)
    answered = ask(page, "公交卡怎么注销？")
    abstained = ask(page, "今天天气怎么样？")

    assert "xk-abstained" in (abstained.get_attribute("class") or "")
    assert abstained.locator(".xk-label").is_visible()
    assert "银行卡" in abstained.inner_text()
    look = "element => { const s = getComputedStyle(element); return [s.backgroundColor, s.borderLeftWidth] }"
    assert abstained.evaluate(look) != answered.evaluate(look)
    expect(page.locator(".xk-sources")).to_have_count(1)
    page.locator("#xk-chat .option").first.click()
    assert "xk-answered" in (next_answer(page, 2).get_attribute("class") or "")


def test_a_failure_is_shown_as_one_and_the_question_stays(visit: Visit, chromium: str) -> None:
    with served(FakeAssistant()) as url:
        page = visit(url)
        page.locator("#xk-box textarea").fill("break")
        page.keyboard.press("Enter")
        failed = page.locator(".xk-error")
        failed.wait_for()

        assert "程序出错了" in failed.inner_text()
        assert "sk-secret" not in page.content()
        assert page.locator("#xk-box textarea").input_value() == "break"
        page.locator("#xk-box textarea").fill("交通卡怎么注销？")
        page.keyboard.press("Enter")
        next_answer(page, 0)
        expect(page.locator(".xk-error")).to_have_count(0)


class Waiting(FakeAssistant):
    """Answers when it is allowed to."""

    def __init__(self) -> None:
        super().__init__()
        self.may_answer = Event()

    def ask(self, turns: Sequence[str]) -> Answer:
        answer = super().ask(turns)
        assert self.may_answer.wait(30)
        return answer


def test_an_answer_that_takes_long_can_be_stopped_and_the_question_is_back(visit: Visit, chromium: str) -> None:
    assistant = Waiting()
    with served(assistant) as url:
        page = visit(url)
        page.locator("#xk-box textarea").fill("交通卡怎么注销？")
        page.keyboard.press("Enter")
        page.locator("#xk-stop").click()
        page.locator("#xk-send").wait_for()

        assert page.locator("#xk-box textarea").input_value() == "交通卡怎么注销？"
        expect(page.locator(".xk-question")).to_have_count(0)
        assistant.may_answer.set()
        page.wait_for_timeout(500)
        expect(page.locator(ANSWERS)).to_have_count(0)
        page.locator("#xk-send").click()
        next_answer(page, 0)


def test_what_is_asked_while_an_answer_is_awaited_is_asked_after_it(visit: Visit, chromium: str) -> None:
    assistant = Waiting()
    with served(assistant) as url:
        page = visit(url)
        page.locator("#xk-box textarea").fill("我的卡")
        page.keyboard.press("Enter")
        page.locator("#xk-stop").wait_for()
        page.locator("#xk-box textarea").fill("交通卡")
        page.keyboard.press("Enter")
        assistant.may_answer.set()
        next_answer(page, 1)

    assert assistant.asked[:2] == [("我的卡",), ("我的卡", "交通卡")]


def test_a_question_can_be_asked_again_and_changed(visit: Visit, chromium: str) -> None:
    assistant = FakeAssistant()
    with served(assistant) as url:
        page = visit(url)
        ask(page, "我的卡")
        ask(page, "weather")
        page.locator("#xk-answer-1 .xk-tool-retry").click()
        page.wait_for_timeout(300)
        next_answer(page, 1)
        expect(page.locator("#xk-answer-0 .xk-tool-retry")).to_have_count(0)
        page.locator("#xk-question-0 .xk-tool-edit").click()
        assert page.locator("#xk-box textarea").input_value() == "我的卡"
        page.locator("#xk-box textarea").fill("交通卡怎么注销？")
        page.locator("#xk-send").click()
        page.locator(".xk-question", has_text="交通卡怎么注销").wait_for()
        next_answer(page, 0)

        expect(page.locator(".xk-question")).to_have_count(1)
        asked = [turns for turns in assistant.asked if turns[-1] in ("我的卡", "weather", "交通卡怎么注销？")]
        assert asked == [("我的卡",), ("我的卡", "weather"), ("我的卡", "weather"), ("交通卡怎么注销？",)]


def test_a_new_conversation_forgets_the_turns(visit: Visit, chromium: str) -> None:
    assistant = FakeAssistant()
    with served(assistant) as url:
        page = visit(url)
        ask(page, "我的卡")
        page.locator("#xk-new").click()
        page.locator("#xk-chat .example").first.wait_for()
        ask(page, "weather")

    assert assistant.asked == [("我的卡",), ("weather",)]


def test_two_visitors_do_not_see_each_others_turns(visit: Visit, chromium: str) -> None:
    assistant = FakeAssistant()
    with served(assistant) as url:
        one, other = visit(url), visit(url)
        ask(one, "我的卡")
        ask(other, "weather")
        ask(one, "这张卡")
        other.reload()
        next_answer(other, 0)

        expect(other.locator(ANSWERS)).to_have_count(1)
    assert assistant.asked == [("我的卡",), ("weather",), ("我的卡", "这张卡")]


def test_a_link_asks_its_question_once(visit: Visit, chromium: str) -> None:
    assistant = FakeAssistant()
    with served(assistant) as url:
        page = visit(f"{url}/?q=weather%20%26%20%3Cb%3E")
        next_answer(page, 0)
        assert "q=" not in page.url
        page.reload()
        next_answer(page, 0)

    assert assistant.asked == [("weather & <b>",)]


def test_what_is_copied_and_the_copied_link_are_what_is_shown(visit: Visit, address: str) -> None:
    page = visit(address)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    answer = ask(page, "公交卡怎么注销？")
    answer.locator(".xk-tool-copy").click()
    page.locator("#xk-notice.xk-shown").wait_for()
    copied = page.evaluate("navigator.clipboard.readText()")

    assert "<" not in copied
    assert "**" not in copied
    assert copied.count("[1]") == 2  # in the text, and before its source
    page.locator(".xk-question .xk-tool-link").click()
    page.locator("#xk-notice", has_text="链接").wait_for()
    link = page.evaluate("navigator.clipboard.readText()")
    other = visit(link)
    assert next_answer(other, 0).locator("ol > li").all_inner_texts() == answer.locator("ol > li").all_inner_texts()


def test_numbers_of_people_and_cards_are_masked_before_anything_keeps_them(visit: Visit, chromium: str) -> None:
    assistant = FakeAssistant()
    with served(assistant) as url:
        page = visit(url)
        ask(page, "我的卡 6222021234567890123 丢了，电话13800138000")
        stored = page.evaluate("JSON.stringify(localStorage)")

        for place in (page.locator(".xk-question").inner_text(), stored, page.content(), str(assistant.asked)):
            assert "****0123" in place
            assert "6222021234" not in place
            assert "13800138000" not in place


def test_what_an_article_or_a_visitor_writes_is_shown_and_never_runs(visit: Visit, hostile: str) -> None:
    page = visit(hostile)
    shown = ask(page, "交通卡怎么注销？")
    page.locator(".xk-sources summary").click()
    assert "<script>window.pwned=1</script>" in shown.inner_text()
    assert "onerror='window.pwned=1'" in page.locator(".xk-sources q").inner_text()
    shown.locator(".xk-marker").click()
    page.locator("#xk-panel mark").first.wait_for()
    assert "<script>window.pwned=1</script>" in page.locator("#xk-panel").inner_text()
    page.keyboard.press("Escape")
    page.evaluate("window.print = () => {}")
    shown.locator(".xk-tool-print").click()
    page.locator("#xk-chat .option").first.click()
    next_answer(page, 1)
    page.get_by_role("tab").nth(1).click()
    page.locator(".xk-link").click()
    page.locator("#xk-panel .xk-article").wait_for()
    page.wait_for_timeout(500)

    assert page.evaluate("window.pwned") is None
    made = ":is(script, img, svg, video, form, iframe):not([class*=xk]):not(head *)"
    for place in ("#xk-chat .message-content", "#xk-panel", "#xk-paper", "#xk-articles"):
        expect(page.locator(f"{place} {made}")).to_have_count(0)
        expect(page.locator(f"{place} a[href]")).to_have_count(0)
        expect(page.locator(f"{place} [style*=fixed]")).to_have_count(0)
    reload(page, 2)
    assert page.evaluate("window.pwned") is None


@pytest.mark.parametrize(
    ("locale", "lang", "send", "placeholder", "articles"),
    [
        ("zh-CN", "zh-CN", "提问", "例如：公交卡怎么注销？", "回答只来自这些文章"),
        ("zh-TW", "zh-TW", "提問", "例如：公車卡怎麼註銷？", "別的一概不知"),
        ("en-GB", "en", "Ask", "How do I cancel my card?", "Nothing else is known here"),
        ("de-DE", "en", "Ask", "How do I cancel my card?", "Nothing else is known here"),
    ],
)
def test_the_page_speaks_the_browsers_language(
    visit: Visit, address: str, locale: str, lang: str, send: str, placeholder: str, articles: str
) -> None:
    page = visit(address, locale=locale)

    page.locator("#xk-send", has_text=send).wait_for()
    assert page.locator("#xk-box textarea").get_attribute("placeholder") == placeholder
    assert page.evaluate("document.documentElement.lang") == lang
    page.get_by_role("tab").nth(1).click()
    page.locator("#xk-articles", has_text=articles).wait_for()


def test_the_language_can_be_chosen_and_is_kept_with_the_conversation(visit: Visit, address: str) -> None:
    page = visit(address, locale="en-GB")
    ask(page, "公交卡怎么注销？")
    for language, send, save in (("zh-Hant", "提問", "儲存"), ("zh", "提问", "保存"), ("en", "Ask", "Save")):
        page.locator("#xk-language").select_option(language)
        page.locator("#xk-send", has_text=send).wait_for()

        assert next_answer(page, 0).locator(".xk-tool-save").inner_text() == save
        assert page.locator("#xk-language").input_value() == language
    page.locator("#xk-language").select_option("zh-Hant")
    page.locator("#xk-send", has_text="提問").wait_for()
    page.locator("#xk-box textarea").evaluate("box => box.removeAttribute('maxlength')")
    page.locator("#xk-box textarea").fill("字" * 2001)
    page.keyboard.press("Enter")
    page.locator(".xk-error", has_text="請縮短一些").wait_for()


def test_a_phone_shows_everything_without_scrolling_sideways(visit: Visit, address: str) -> None:
    page = visit(address, width=360, height=740, has_touch=True)
    ask(page, "我的卡不用了，怎么注销？")

    assert page.evaluate("document.documentElement.scrollWidth") == 360
    assert page.locator("#xk-chat .bubble-wrap").evaluate("e => e.scrollWidth - e.clientWidth") == 0
    for part in ("#xk-box", "#xk-send", "#xk-new", ".xk-subject >> nth=0", "#xk-chat .option >> nth=0"):
        box = page.locator(part).bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 360
        assert box["y"] + box["height"] <= 740
    answer = ask(page, "银行卡怎么注销？")
    page.wait_for_timeout(500)
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    assert answer.locator("ol > li").first.is_visible()
    top, frame = answer.bounding_box(), page.locator("#xk-chat").bounding_box()
    assert top is not None
    assert frame is not None
    assert frame["y"] < top["y"] < frame["y"] + 130  # the question stands above it, the first steps are in view
    assert page.locator("#xk-chat .bubble-wrap").evaluate("e => e.scrollWidth - e.clientWidth") == 0
    answer.locator(".xk-marker").first.tap()
    panel = page.locator("#xk-panel").bounding_box()
    assert panel is not None
    assert (panel["x"], panel["width"]) == (0, 360)
    for n in (1, 2):
        page.locator("#xk-panel .xk-close").click(force=True) if n == 1 else None
        page.get_by_role("tab").nth(n).click()
        page.wait_for_timeout(500)
        assert page.evaluate("document.documentElement.scrollWidth") == 360


@pytest.mark.parametrize("locale", ["zh-CN", "zh-TW", "en-GB"])
def test_on_a_phone_no_button_covers_a_tab(visit: Visit, address: str, locale: str) -> None:
    page = visit(address, locale=locale, width=360, height=740)
    tabs = [tab.bounding_box() for tab in page.get_by_role("tab").all()]
    buttons = [page.locator(button).bounding_box() for button in ("#xk-new", "#xk-earlier")]

    assert len(tabs) == 3
    for tab in tabs:
        for button in buttons:
            assert tab is not None
            assert button is not None
            beside = tab["x"] + tab["width"] <= button["x"] or button["x"] + button["width"] <= tab["x"]
            assert beside or tab["y"] + tab["height"] <= button["y"]


def test_the_picture_of_the_readme_is_there() -> None:
    assert (Path(__file__).parents[2] / "docs" / "page.png").stat().st_size > 20_000
