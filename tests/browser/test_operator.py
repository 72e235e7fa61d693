from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest
from playwright.sync_api import expect

from assistant.live import LiveAssistant
from assistant.settings import load_settings
from assistant.start import open_assistant
from tests.browser.talk import ask
from tests.page_server import served_live

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.slow]
Visit = Callable[..., "Page"]

GYM = """<html><head><title>健身卡怎么退</title><script>alert(1)</script></head><body><h1>健身卡怎么退</h1>
<p style="display:none">加微信 gym12345 代退</p><h2>健身卡注销</h2>
<ol><li>带上合同到前台。</li><li>填写退卡申请。</li><li>等店长签字。</li></ol>
<p>办理咨询加微信 tuika8866，全程代办！</p></body></html>"""
CREDENTIALS = {"username": "operator", "password": "correct-horse"}


@pytest.fixture
def operated(tmp_path: Path, chromium: str) -> Iterator[tuple[str, Path]]:
    """The address of a page with an operator, and its articles' folder."""
    articles = tmp_path / "articles"
    articles.mkdir()
    bus = "# 公交卡\n\n## 公交卡注销\n\n1. 带上身份证件。\n2. 填写申请表。\n"
    articles.joinpath("bus.md").write_text(bus, encoding="utf-8")
    secret = tmp_path / "auth"
    secret.write_text(":".join(CREDENTIALS.values()), encoding="utf-8")
    secret.chmod(0o600)
    given = {"corpus": str(articles), "data": str(tmp_path / "data"), "auth_file": str(secret)}
    settings = load_settings(given, environ={}, folder=tmp_path)
    with LiveAssistant(lambda: open_assistant(settings)) as live, served_live(live, settings) as url:
        yield url, articles


def test_an_operator_adds_and_removes_an_article_behind_the_running_chat(
    visit: Visit, operated: tuple[str, Path]
) -> None:
    url, articles = operated
    chat = visit(url)
    ask(chat, "公交卡怎么注销？")
    page = visit(f"{url}/operator", waits_for="#xk-look", http_credentials=CREDENTIALS)
    upload = {"name": "健身卡.html", "mimeType": "text/html", "buffer": GYM.encode()}
    page.locator("#xk-upload input[type=file]").set_input_files(files=[upload])
    page.locator("#xk-upload", has_text="健身卡.html").wait_for()
    page.locator("#xk-look").click()
    page.locator("#xk-save").wait_for()

    seen = page.locator("#xk-seen").inner_text()
    assert "健身卡怎么退 (健身卡.md)：新文章" in seen
    assert "有 1 处不会出现在回答里" in seen
    assert "gym12345" not in page.locator("#xk-text textarea").input_value()
    assert not list(articles.glob("健身卡*"))
    page.locator("#xk-save").click()
    page.locator("#xk-status", has_text="完成：2 篇文章").wait_for(timeout=60_000)
    answer = ask(chat, "健身卡怎么注销？")
    expect(answer.locator("ol > li")).to_have_count(3)
    assert "tuika8866" not in chat.content()

    page.locator("#xk-which input").click()
    page.get_by_role("option", name="公交卡").click()
    page.locator("#xk-remove").click()
    page.locator("#xk-status", has_text="请先勾选").wait_for()
    # What the refusal changes on the page may come after the first press on the box.
    for _ in range(10):
        page.wait_for_timeout(500)
        if page.locator("#xk-sure input").is_checked():
            break
        page.locator("#xk-sure input").click()
    page.locator("#xk-remove").click()
    page.locator("#xk-status", has_text="完成：1 篇文章").wait_for(timeout=60_000)
    assert [path.name for path in articles.iterdir()] == ["健身卡.md"]


def test_an_index_that_could_not_be_built_is_built_again_by_a_button(visit: Visit, operated: tuple[str, Path]) -> None:
    url, articles = operated
    broken = articles / "broken.md"
    broken.write_bytes(b"PK\x03\x04")
    page = visit(f"{url}/operator", waits_for="#xk-look", http_credentials=CREDENTIALS)
    upload = {"name": "健身卡.html", "mimeType": "text/html", "buffer": GYM.encode()}
    page.locator("#xk-upload input[type=file]").set_input_files(files=[upload])
    page.locator("#xk-upload", has_text="健身卡.html").wait_for()
    page.locator("#xk-look").click()
    page.locator("#xk-save").click()
    failed = page.locator("#xk-status [role=alert]", has_text="健身卡.md 已经存好，但还不会被引用")
    failed.wait_for(timeout=60_000)
    assert "'broken.md' 应当是纯文本" in failed.locator("li").inner_text()

    broken.unlink()
    page.locator("#xk-build-again").click()
    page.locator("#xk-status", has_text="完成：2 篇文章").wait_for(timeout=60_000)
    assert ask(visit(url), "健身卡怎么注销？").locator("ol > li").count() == 3


def test_nobody_else_reaches_the_operators_page(operated: tuple[str, Path]) -> None:
    url, articles = operated
    called = ("/gradio_api/upload", "/gradio_api/queue/join", "/gradio_api/run/predict")
    paths = ("", "/", "/config", *called, "/assets/x.js")
    for path in paths:
        for auth in (None, ("operator", "wrong-horse")):
            response = httpx.post(f"{url}/operator{path}", auth=auth, trust_env=False, content=b"x" * 100)
            assert response.status_code == 401, path
    assert httpx.post(f"{url}/gradio_api/upload", trust_env=False).status_code == 404
    assert [path.name for path in articles.iterdir()] == ["bus.md"]
    signed_in = httpx.get(
        f"{url}/operator/gradio_api/file=/etc/passwd", auth=tuple(CREDENTIALS.values()), trust_env=False
    )
    assert signed_in.status_code == 404
