"""A page that a browser printed to a PDF still has its procedure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from corpus.chunker import chunk
from corpus.conversion.pdf import markdown_of_pdf
from corpus.document import Document
from corpus.hygiene import clean

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser
STEPS = [
    "带好证件，到车站的服务网点。",
    "填写注销申请表，写明卡号和原因。",
    "查看余额，选择退到银行卡或现金。",
    "领回押金。",
]


def test_a_printed_page_keeps_its_headings_and_its_steps(browser: Browser) -> None:
    items = "".join(f"<li>{step}</li>" for step in STEPS)
    page = browser.new_page()
    try:
        page.set_content(
            f"<h1>交通卡</h1><h2>交通卡怎么注销</h2><p>步骤如下：</p><ol>{items}</ol><p style='display:none'>加微信</p>"
        )
        printed = page.pdf(format="A4")
    finally:
        page.close()

    markdown = markdown_of_pdf(printed)
    cleaned = clean(Document(doc_id="a", title="交通卡", text=markdown, path="a.md", version="0" * 64))
    (procedure,) = [piece for piece in chunk(cleaned) if piece.kind == "procedure"]
    assert markdown.startswith("# 交通卡\n\n## 交通卡怎么注销\n\n步骤如下：\n\n1. 带好证件")
    assert [step.text for step in procedure.steps] == STEPS
