"""The report of an evaluation in a real browser: languages, filters, phones, and nothing asked of anyone."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from assistant.evaluation.report import anchor_of, write_report
from tests.evaluation_records import comparison, failures, record

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of a report with an error, failures and a comparison."""
    file = tmp_path_factory.mktemp("report") / "report.html"
    write_report(record(comparison=comparison(), n_errors=1), failures(), file)
    return Path(file).as_uri()


def test_the_page_speaks_the_readers_language_and_switches_without_a_script(browser: Browser, report: str) -> None:
    seen = []
    for locale, script in (("zh-CN", True), ("en-GB", True), ("en-GB", False)):
        context = browser.new_context(locale=locale, java_script_enabled=script)
        page = context.new_page()
        page.goto(report)
        seen.append(page.inner_text("h1"))
        if not script:
            page.click("label[for=language-en]")
            seen.append(page.inner_text("h1"))
        context.close()

    assert seen == ["小卡评测报告", "Xiaoka evaluation report", "小卡评测报告", "Xiaoka evaluation report"]


def test_the_list_filters_and_a_link_opens_its_question(browser: Browser, report: str) -> None:
    context = browser.new_context(locale="en-GB")
    page = context.new_page()
    faults: list[str] = []
    page.on("console", lambda message: faults.append(message.text))
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("request", lambda request: faults.append(request.url) if request.url.partition("#")[0] != report else None)
    page.goto(report)
    counts = [page.inner_text("#shown")]
    page.select_option("select[name=lang]", label="English")
    counts.append(page.inner_text("#shown"))
    page.click("label[for=language-zh]")
    counts.append(page.inner_text("#shown"))
    page.click("text=unans-014")
    expect(page.locator("details.question[open]")).to_have_count(1)
    counts.append(page.inner_text("#shown"))
    opened = page.evaluate("[...document.querySelectorAll('details.question[open]')].map((one) => one.id)")
    context.close()

    assert counts == ["shown 5 of 5", "shown 1 of 5", "显示 1 题，共 5 题", "显示 5 题，共 5 题"]
    assert opened == [anchor_of("unans-014")]
    assert faults == []


@pytest.mark.parametrize("locale", ["zh-CN", "en-GB"])
def test_the_page_does_not_scroll_sideways_on_a_phone(browser: Browser, report: str, locale: str) -> None:
    context = browser.new_context(locale=locale, viewport={"width": 360, "height": 740})
    page = context.new_page()
    page.goto(report)
    page.click("#open-all")
    width = page.evaluate("document.documentElement.scrollWidth")
    context.close()

    assert width == 360
