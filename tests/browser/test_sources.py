from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from assistant.answer import Answer
from corpus.document import Document
from corpus.errors import UnusableInput
from index.chunk_file import DocumentHead
from tests.browser.talk import ask, reload
from tests.fake_assistant import PROCEDURE, FakeAssistant, citation, document
from tests.page_server import served

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.slow]
Visit = Callable[..., "Page"]


def marked(page: Page) -> str:
    """The words that are marked in the panel, without blanks: lines are broken otherwise there."""
    page.locator("#xk-panel mark").first.wait_for()
    return re.sub(r"\s", "", "".join(page.locator("#xk-panel mark").all_inner_texts()))


def quote(page: Page, index: int, marker: int) -> str:
    """The quote of a marker in an entry of the conversation, without blanks and emphasis."""
    found = page.evaluate(
        "([index, marker]) => xiaoka.answerOf(index).citations.find((one) => one.marker === marker).quote",
        [index, marker],
    )
    return re.sub(r"\s|\*\*", "", str(found))


def test_a_marker_opens_the_article_with_exactly_the_cited_words_marked(visit: Visit, address: str) -> None:
    page = visit(address)
    for index, question in enumerate(("公交卡怎么注销？", "银行卡怎么注销？")):
        answer = ask(page, question)
        for n in range(answer.locator(".xk-marker").count()):
            marker = answer.locator(".xk-marker").nth(n)
            marker.click()
            number = int(re.sub(r"\D", "", marker.inner_text()))
            assert marked(page) == quote(page, index, number)
    assert page.locator("#xk-panel h2").inner_text() == "智能卡注册后怎样注销"
    about = page.locator("#xk-panel .xk-quiet").first.inner_text()
    assert "截至 2025-05-13" in about
    assert "许可：Apache-2.0" in about
    assert page.locator("#xk-panel mark").first.evaluate(
        "mark => { const a = mark.getBoundingClientRect(), b = mark.closest('.xk-panel-body').getBoundingClientRect(); "
        "return a.top >= b.top && a.bottom <= b.bottom }"
    )


def test_the_panel_is_opened_closed_and_left_by_the_keyboard(visit: Visit, address: str) -> None:
    page = visit(address)
    ask(page, "公交卡怎么注销？")
    marker = page.locator("#xk-answer-0 .xk-marker").nth(2)
    assert marker.get_attribute("aria-label") == "打开[3]的原文"
    marker.focus()
    page.keyboard.press("Enter")

    assert marked(page) == quote(page, 0, 3)
    assert page.evaluate("document.activeElement.id") == "xk-panel"
    page.keyboard.press("Escape")
    assert page.locator("#xk-panel").is_hidden()
    assert page.evaluate("document.activeElement.textContent") == "[3]"
    page.keyboard.press(" ")
    assert marked(page) == quote(page, 0, 3)


def test_beside_the_chat_the_panel_hides_nothing_of_it(visit: Visit, address: str) -> None:
    page = visit(address, width=1300)
    ask(page, "公交卡怎么注销？")
    page.locator("#xk-answer-0 .xk-marker").first.click()
    marked(page)
    chat, panel = page.locator("#xk-chat").bounding_box(), page.locator("#xk-panel").bounding_box()

    assert chat is not None
    assert panel is not None
    assert chat["x"] + chat["width"] <= panel["x"]


def test_old_citations_open_the_same_words_after_a_reload_and_a_retry(visit: Visit, address: str) -> None:
    page = visit(address)
    ask(page, "公交卡怎么注销？")
    ask(page, "银行卡怎么注销？")
    page.locator("#xk-answer-1 .xk-tool-retry").click()
    page.wait_for_timeout(300)
    reload(page, 2)
    before = [quote(page, 0, 3), quote(page, 1, 3)]
    assert before[0] != before[1]
    for index in (0, 1):
        page.locator(f"#xk-answer-{index} .xk-marker", has_text="[3]").first.click()
        page.wait_for_timeout(200)

        assert marked(page) == before[index]


@dataclass
class Changing(FakeAssistant):
    """An assistant whose article is replaced and taken away."""

    there: bool = True

    def documents(self) -> list[DocumentHead]:
        return super().documents() if self.there else []

    def document(self, doc_id: str) -> Document:
        if not self.there:
            raise UnusableInput(f"`doc_id` must be that of an article; got {doc_id!r}.")
        return super().document(doc_id)


@pytest.fixture
def changing() -> Iterator[tuple[str, Changing]]:
    assistant = Changing()
    with served(assistant) as url:
        yield url, assistant


def test_an_article_that_was_changed_or_removed_since_says_so(
    visit: Visit, changing: tuple[str, Changing], chromium: str
) -> None:
    url, assistant = changing
    page = visit(url)
    ask(page, "交通卡怎么注销？")
    marker = page.locator("#xk-answer-0 .xk-marker").first

    moved = document("# 卡片\n\n新的开头。\n\n## 交通卡\n1. 带上身份证件。\n2. 填写申请表。\n")
    assistant.article = replace(moved, version="cd" * 32)
    marker.click()
    page.locator("#xk-panel .xk-warning", has_text="引用的原文还在").wait_for()
    assert marked(page) == "带上身份证件。"

    assistant.article = replace(document("# 卡片\n\n## 交通卡\n1. 带上护照。\n"), version="ef" * 32)
    marker.click()
    page.locator("#xk-panel .xk-warning", has_text="已经不在其中").wait_for()
    assert marked(page) == "带上身份证件。"
    assert "带上护照" in page.locator("#xk-panel").inner_text()


def test_offsets_count_characters_that_a_browser_counts_twice(visit: Visit, chromium: str) -> None:
    text = "# 卡片 😀😀\n\n## 交通卡\n\n𠮷野家的卡。1. \n\n1. 😀 带上**身份𠮷证件**。\n2. 填写申请表。\n"
    cited = "😀 带上**身份𠮷证件**。"
    answer: Answer = replace(PROCEDURE, citations=(citation(1, cited, text), citation(2, "填写申请表。", text)))
    with served(FakeAssistant(answers={"交通卡怎么注销？": answer}, article=document(text))) as url:
        page = visit(url)
        ask(page, "交通卡怎么注销？")
        page.locator("#xk-answer-0 .xk-marker").first.click()

        assert marked(page) == "😀带上身份𠮷证件。"


def test_what_was_left_out_of_an_article_is_told_and_not_shown(visit: Visit, chromium: str) -> None:
    text = "# 卡片\n\n## 交通卡\n\n1. 带上身份证件。\n2. 填写申请表。\n\n" + " " * 20 + "\n"
    article = replace(document(text), masked=((text.index(" " * 20), len(text) - 1),))
    answer = replace(PROCEDURE, citations=(citation(1, "带上身份证件。", text), citation(2, "填写申请表。", text)))
    with served(FakeAssistant(answers={"交通卡怎么注销？": answer}, article=article)) as url:
        page = visit(url)
        ask(page, "交通卡怎么注销？")
        page.locator("#xk-answer-0 .xk-marker").first.click()
        marked(page)

        expect(page.locator("#xk-panel .xk-left-out")).to_have_count(1)
        page.get_by_role("tab").nth(1).click()
        page.locator(".xk-table").wait_for()
        assert page.locator(".xk-table td").all_inner_texts()[-1] == "1"


def test_an_article_that_was_taken_away_leaves_the_words_that_were_quoted(
    browser_page: Callable[[str], Page], changing: tuple[str, Changing]
) -> None:
    url, assistant = changing
    page = browser_page(url)
    ask(page, "交通卡怎么注销？")
    assistant.there = False
    page.locator("#xk-answer-0 .xk-marker").first.click()
    page.locator("#xk-panel .xk-warning", has_text="已经不在了").wait_for()

    assert marked(page) == "带上身份证件。"
