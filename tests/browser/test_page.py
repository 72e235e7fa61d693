from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from assistant.settings import load_settings
from assistant.start import open_assistant
from tests.fake_assistant import ABSTAIN, PROCEDURE, FakeAssistant, citation, document
from tests.page_server import served

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

pytestmark = [pytest.mark.browser, pytest.mark.slow]
Visit = Callable[..., "Page"]

HOSTILE = (
    "<script>window.pwned=1</script><img src=x onerror='window.pwned=1'><svg onload=window.pwned=1>"
    "![b](http://203.0.113.5/a.png)<img srcset='http://203.0.113.5/b.png'>"
    "<div style='background:url(http://203.0.113.5/c.png);position:fixed;inset:0;z-index:9999'>over</div>"
    "[go](javascript:window.pwned=1)<video src='http://203.0.113.5/d'></video><table background='http://203.0.113.5/e'>"
    "<form action='http://203.0.113.5/f'><input autofocus onfocus='window.pwned=1'></form> $$x$$ https://203.0.113.5/"
)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory, chromium: str) -> Iterator[str]:
    """The page over the shipped articles."""
    folder = tmp_path_factory.mktemp("page")
    settings = load_settings({"data": str(folder / "data")}, environ={}, folder=folder)
    with open_assistant(settings) as assistant, served(assistant) as url:
        yield url


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


def ask(page: Page, question: str) -> Locator:
    """The answer to a typed question."""
    n_before = page.locator(".xk-answer").count()
    page.locator("#xk-box textarea").fill(question)
    page.keyboard.press("Enter")
    return next_answer(page, n_before)


def next_answer(page: Page, n_before: int) -> Locator:
    answers = page.locator(".xk-answer")
    answers.nth(n_before).wait_for()
    return answers.nth(n_before)


def test_a_typed_question_gets_its_steps_with_markers_and_sources(visit: Visit, address: str) -> None:
    page = visit(address)

    answer = ask(page, "公交卡怎么注销？")

    assert "xk-answered" in (answer.get_attribute("class") or "")
    steps = answer.locator("ol > li")
    assert steps.count() == 4
    sources = page.locator(".xk-sources")
    for n in range(4):
        markers = re.findall(r"\[\d+\]", steps.nth(n).inner_text())
        assert markers
        for marker in markers:
            quoted = sources.locator("li", has_text=marker).locator("q").inner_text()
            assert len(quoted) > 10
    assert "交通卡注销" in sources.locator(".xk-trail").first.inner_text()
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
    assert answer.locator("ol > li").count() == 4
    assert "物业" in answer.inner_text()


def test_a_follow_up_is_understood_from_the_turns_before(visit: Visit, address: str) -> None:
    page = visit(address)
    ask(page, "银行卡怎么注销？")

    assert "预约" in ask(page, "第三步是什么？").inner_text()


def test_an_example_and_a_subject_ask_themselves(visit: Visit, address: str) -> None:
    page = visit(address)
    page.locator("#xk-chat .example").first.click()
    assert "xk-answered" in (next_answer(page, 0).get_attribute("class") or "")

    page.locator(".xk-subject", has_text="银行卡").click()
    assert "xk-answered" in (next_answer(page, 1).get_attribute("class") or "")


def test_an_abstention_looks_different_from_an_answer(visit: Visit, address: str) -> None:
    page = visit(address)
    answered = ask(page, "公交卡怎么注销？")
    abstained = ask(page, "今天天气怎么样？")

    assert "xk-abstained" in (abstained.get_attribute("class") or "")
    assert abstained.locator(".xk-label").is_visible()
    look = "element => { const s = getComputedStyle(element); return [s.backgroundColor, s.borderLeftWidth] }"
    assert abstained.evaluate(look) != answered.evaluate(look)
    assert page.locator(".xk-sources").count() == 1


def test_a_failure_is_shown_as_one_and_the_question_stays(visit: Visit, chromium: str) -> None:
    with served(FakeAssistant()) as url:
        page = visit(url)
        failed = ask(page, "break")

        assert "xk-error" in (failed.get_attribute("class") or "")
        assert "程序出错了" in failed.inner_text()
        assert "sk-secret" not in page.content()
        assert page.locator("#xk-box textarea").input_value() == "break"


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
        ask(one, "交通卡")

    assert assistant.asked == [("我的卡",), ("weather",), ("我的卡", "交通卡")]
    assert other.locator(".xk-answer").count() == 1


def test_what_an_article_or_a_visitor_writes_is_shown_and_never_runs(visit: Visit, hostile: str) -> None:
    page = visit(hostile)
    shown = ask(page, "交通卡怎么注销？")
    page.wait_for_timeout(500)

    assert "<script>window.pwned=1</script>" in shown.inner_text()
    assert "onerror='window.pwned=1'" in page.locator(".xk-sources q").inner_text()
    page.locator("#xk-chat .option").click()
    next_answer(page, 1)
    page.wait_for_timeout(500)
    assert "<script>" in page.locator("[data-testid=user]").last.inner_text()
    assert page.evaluate("window.pwned") is None
    made = "#xk-chat .message-content :is(script, img, svg, video, form, input, table, a, iframe)"
    assert page.locator(made).count() == 0
    assert page.locator("#xk-chat [style*=fixed]").count() == 0


@pytest.mark.parametrize(
    ("locale", "send", "placeholder"),
    [
        ("zh-CN", "提问", "例如：公交卡怎么注销？"),
        ("zh-TW", "提問", "例如：公車卡怎麼註銷？"),
        ("en-GB", "Ask", "How do I cancel my card?"),
        ("de-DE", "Ask", "How do I cancel my card?"),
    ],
)
def test_the_page_speaks_the_browsers_language(
    visit: Visit, address: str, locale: str, send: str, placeholder: str
) -> None:
    page = visit(address, locale=locale)

    assert page.locator("#xk-send").inner_text() == send
    assert page.locator("#xk-box textarea").get_attribute("placeholder") == placeholder
    assert page.evaluate("document.documentElement.lang") == locale


def test_a_phone_shows_everything_without_scrolling_sideways(visit: Visit, address: str) -> None:
    page = visit(address, width=360, height=740)
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
    assert frame["y"] < top["y"] < frame["y"] + 100  # the question stands above it, the first steps are in view
    assert page.locator("#xk-chat .bubble-wrap").evaluate("e => e.scrollWidth - e.clientWidth") == 0
