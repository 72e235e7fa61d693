"""Every state of the page: looked over by axe-core, and photographed into `build/screenshots`."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from assistant.settings import load_settings
from assistant.start import open_assistant
from tests.browser.talk import ask
from tests.page_server import served

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.slow]
Visit = Callable[..., "Page"]

PICTURES = Path(__file__).resolve().parents[2] / "build" / "screenshots"
SETS = Path(__file__).resolve().parents[2] / "corpus" / "questions"
DESKTOP, PHONE = {"width": 1200, "height": 800}, {"width": 360, "height": 740, "has_touch": True}


@pytest.fixture(scope="module")
def evaluated(tmp_path_factory: pytest.TempPathFactory, chromium: str) -> Iterator[str]:
    """The page over the shipped articles, with a question set of two questions."""
    folder = tmp_path_factory.mktemp("states")
    settings = load_settings({"data": str(folder / "data")}, environ={}, folder=folder)
    sets = folder / "data" / "questions"
    sets.mkdir(parents=True)
    shutil.copy(SETS / "sections.json", sets)
    lines = (SETS / "smart-card.jsonl").read_text(encoding="utf-8").splitlines()
    sets.joinpath("two.jsonl").write_text("\n".join(lines[:2]) + "\n", encoding="utf-8")
    with open_assistant(settings) as assistant, served(assistant, settings) as url:
        yield url


def serious(page: Page) -> list[str]:
    """What axe-core finds that is serious or critical: the rule, and where."""
    from axe_playwright_python.sync_playwright import Axe

    # The page's policy forbids to add a script; what runs in the page by the debugger is not bound by it.
    found = Axe().run(page).response["violations"]
    return [
        f"{violation['id']}: {node['target']} {node.get('failureSummary', '')[:200]}"
        for violation in found
        if violation["impact"] in ("serious", "critical")
        for node in violation["nodes"]
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("device", "size"), [("desktop", DESKTOP), ("phone", PHONE)])
def test_every_state_is_free_of_serious_barriers(
    visit: Visit, evaluated: str, device: str, size: dict[str, int], scheme: str
) -> None:
    page = visit(evaluated, color_scheme=scheme, **size)
    barriers: dict[str, list[str]] = {}

    def look(state: str) -> None:
        page.wait_for_timeout(400)
        PICTURES.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=PICTURES / f"{state}-{scheme}-{device}.png")
        barriers[state] = serious(page)

    look("empty")
    ask(page, "公交卡怎么注销？")
    page.locator("#xk-chat .option").first.wait_for()
    page.locator(".xk-tick").first.check()
    look("answered")
    page.locator(".xk-marker").nth(2).click()
    page.locator("#xk-panel mark").first.wait_for()
    look("sources")
    page.keyboard.press("Escape")
    page.locator(".xk-sources summary").click()
    page.locator(".xk-tool-bad").click()
    look("feedback")
    page.keyboard.press("Escape")
    ask(page, "今天天气怎么样？")
    look("abstained")
    page.locator("#xk-earlier").click()
    look("earlier")
    page.keyboard.press("Escape")
    page.locator("#xk-new").click()
    page.locator("#xk-chat .example").first.wait_for()
    ask(page, "我的卡不用了，怎么注销？")
    look("clarified")
    page.locator("#xk-box textarea").evaluate("box => box.removeAttribute('maxlength')")
    page.locator("#xk-box textarea").fill("字" * 2001)
    page.keyboard.press("Enter")
    page.locator(".xk-error").wait_for()
    look("error")
    page.get_by_role("tab").nth(1).click()
    page.locator(".xk-table").wait_for()
    look("articles")
    page.get_by_role("tab").nth(2).click()
    page.locator("#xk-run").wait_for()
    run_two(page)
    look("evaluation")

    assert {state: found for state, found in barriers.items() if found} == {}


def run_two(page: Page) -> None:
    """Runs the set of two questions, unless its outcome is there already."""
    page.locator("#xk-set input").click()
    page.get_by_role("option", name="two").click()
    page.locator("#xk-results :is(table, .xk-quiet)").first.wait_for()
    page.wait_for_timeout(500)
    if not page.locator("#xk-results table").count():
        page.locator("#xk-run").click()
        page.locator("#xk-run-status progress").wait_for()
        page.locator("#xk-results table").wait_for(timeout=90_000)


def test_a_set_is_run_with_its_progress_and_compared_with_the_last_run(visit: Visit, evaluated: str) -> None:
    page = visit(evaluated)
    page.get_by_role("tab").nth(2).click()
    page.locator("#xk-run").wait_for()
    run_two(page)
    first = page.locator(".xk-report").get_attribute("href")
    page.locator("#xk-run").click()
    page.locator("#xk-cancel").wait_for()
    page.locator("#xk-run").wait_for(timeout=90_000)
    page.locator(".xk-change").first.wait_for()

    assert page.locator(".xk-measures tbody th").first.inner_text() == "总体答得对"
    assert page.locator(".xk-measures tbody td").first.inner_text().startswith("100.0 %")
    assert "不变" in page.locator(".xk-change").first.inner_text()
    assert page.locator(".xk-report").get_attribute("href") != first
    with page.context.expect_page() as opened:
        page.locator(".xk-report").click()
    opened.value.locator("h1").wait_for()
    assert "/evaluations/two." in opened.value.url
