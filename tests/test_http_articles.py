"""The articles over HTTP: their blocks are spans of the cleaned file, and nothing planted is passed on."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from assistant.http.articles import article_head, article_view
from assistant.http.bounded import BoundedAssistant
from assistant.server import create_api
from corpus.document import Document
from corpus.errors import UnusableInput
from corpus.hygiene import clean
from corpus.reader import read_corpus
from tests.api_server import client_of
from tests.assistants import small
from tests.fake_assistant import FakeAssistant, document

HEAD = {
    "doc_id": "cards",
    "title": "卡片",
    "path": "cards.md",
    "source": "https://example.org/cards",
    "license": "CC BY 4.0",
    "language": "zh",
    "region": "",
    "as_of": "2026-11-01",
    "version": "abababababababab",
    "n_chunks": 1,
    "n_findings": 0,
}
ADVERTISED = """---
title: 退卡指南 加微信kapian77
source: 卡网 t.me/kapian77
---

# 公交卡怎么注销？[[TG💪+ @kapian77](https://t.me/s/kapian77)]

1. 带上身份证件。
2. 前往网点或加微信kapian77办理。

![二维码](https://i.postimg.cc/a/kapian77.png)
欢迎在评论区留言交流！[[TG💪+ @kapian77](https://t.me/kapian77)]
"""
PIECES = [
    "\n",
    "\n\n",
    "\r\n",
    "\ufeff",
    "# ",
    "## ",
    "**",
    "- ",
    "  - ",
    "---",
    "===",
    "```\n",
    "> ",
    "|",
    " | ",
    "|--|--|",
]
PIECES += [
    "\u3000",
    "1. ",
    "2. ",
    "①",
    "第一步：",
    "一、",
    "公交卡",
    "去网点。",
    "bus card",
    "x",
    "--- | ---\n",
    "~~~\n",
]


@pytest.fixture
def assistant() -> FakeAssistant:
    return FakeAssistant()


@pytest.fixture
def client(assistant: FakeAssistant) -> Iterator[TestClient]:
    with client_of(assistant) as client:
        yield client


def blocks(text: str) -> list[tuple[str, int, str, str]]:
    """Kind, level, marker and text of every block."""
    shown = article_view(document(text))["blocks"]
    return [(block["kind"], block["level"], block["marker"], block["text"]) for block in shown]


# --- blocks ------------------------------------------------------------------


def test_an_article_is_its_headings_paragraphs_and_items() -> None:
    assert article_view(document(), n_chunks=1) == HEAD | {
        "masked": [],
        "text_length": 33,
        "blocks": [
            {"kind": "heading", "level": 1, "number": 0, "marker": "#", "start": 2, "end": 4, "text": "卡片"},
            {"kind": "heading", "level": 2, "number": 0, "marker": "##", "start": 8, "end": 11, "text": "交通卡"},
            {"kind": "item", "level": 1, "number": 1, "marker": "1.", "start": 15, "end": 22, "text": "带上身份证件。"},
            {"kind": "item", "level": 1, "number": 2, "marker": "2.", "start": 26, "end": 32, "text": "填写申请表。"},
        ],
    }


def test_a_table_is_one_block_and_ends_the_paragraph_before_it() -> None:
    assert blocks(
        "各地不同，见下表\n| 卡 | 费 |\n|---|---|\n| 公交卡 | 5 |\n| 门禁卡 | 0 |\n以上。\n\n卡 | 费\n--- | :-:\na | b"
    ) == [
        ("paragraph", 0, "", "各地不同，见下表"),
        ("table", 0, "", "| 卡 | 费 |\n|---|---|\n| 公交卡 | 5 |\n| 门禁卡 | 0 |"),
        ("paragraph", 0, "", "以上。"),
        ("table", 0, "", "卡 | 费\n--- | :-:\na | b"),
    ]


def test_lines_with_bars_are_a_table_only_with_its_rule() -> None:
    assert {kind for kind, *_ in blocks("甲 | 乙\n丙 | 丁\n\n| --- |\n\n---\n")} == {"paragraph"}


def test_code_is_what_stands_between_fences_whatever_it_looks_like() -> None:
    assert blocks("前\n\n```text\n# 不是标题\n\n1. 不是步骤\n| a | b |\n|---|---|\n```\n后\n\n~~~\n没有结尾\n") == [
        ("paragraph", 0, "", "前"),
        ("code", 0, "", "# 不是标题\n\n1. 不是步骤\n| a | b |\n|---|---|"),
        ("paragraph", 0, "", "后"),
        ("code", 0, "", "没有结尾"),
    ]


def test_levels_are_depths_without_gaps() -> None:
    assert [
        (level, text)
        for kind, level, _, text in blocks("# 甲\n#### 乙\n## 丙\n\n- a\n  - b\n    - c\n- d\n\n说明。\n\n  - e")
    ] == [
        (1, "甲"),
        (2, "乙"),
        (2, "丙"),
        (1, "a"),
        (2, "b"),
        (3, "c"),
        (1, "d"),
        (0, "说明。"),
        (1, "e"),
    ]


def test_markers_are_told_apart_from_words() -> None:
    text = "> 引用\n> 两行\n\n第一步：带证\n\n（1）填表\n\n③ 交卡\n\n**注意**\n\n说明。"

    assert blocks(text) == [
        ("quote", 0, ">", "引用\n> 两行"),
        ("item", 1, "第一步：", "带证"),
        ("item", 1, "（1）", "填表"),
        ("item", 1, "③", "交卡"),
        ("heading", 1, "", "**注意**"),
        ("paragraph", 0, "", "说明。"),
    ]


@given(st.lists(st.sampled_from(PIECES), max_size=40).map("".join), st.integers(0, 4))
@example("a\n|b|\n|-|", 0)
@example("|\n|-|\n|x", 2)
@settings(max_examples=400)
def test_every_block_is_its_span_and_no_word_is_lost(text: str, body_start: int) -> None:
    shown = article_view(replace(document(text), body_start=min(body_start, len(text))))

    covered = [False] * len(text)
    at = 0
    for block in shown["blocks"]:
        assert at <= block["start"] < block["end"] <= len(text)
        assert block["text"] == text[block["start"] : block["end"]]
        assert block["text"] == block["text"].strip()
        begin = block["start"] - len(block["marker"]) - 8
        covered[max(begin, 0) : block["end"]] = [True] * (block["end"] - max(begin, 0))
        at = block["end"]
    lost = [text[n] for n in range(body_start, len(text)) if not covered[n] and text[n].isalpha()]
    assert lost == [] or set(lost) <= set("第一步")  # an item that is nothing but its marker


def test_many_tables_and_fences_take_no_longer_than_their_share() -> None:
    def seconds(n: int) -> float:
        text = "| a | b |\n|---|---|\n| c | d |\n\n```\nx\n```\n\n去网点。\n" * n
        started = time.process_time()
        assert len(article_view(document(text))["blocks"]) == 3 * n
        return time.process_time() - started

    small_time, large_time = max(seconds(500), 0.001), seconds(4000)
    assert large_time < 8 * 4 * small_time


# --- what is shown -----------------------------------------------------------


def test_a_head_tells_what_it_is_given() -> None:
    (head,) = FakeAssistant().documents()

    assert article_head(head, 0) == HEAD
    assert article_head(head) == HEAD | {"n_findings": None}
    assert article_view(document())["n_chunks"] is None


def test_an_advertisers_contact_is_never_passed_on() -> None:
    assistant = small({"退卡.md": ADVERTISED})
    with TestClient(create_api(BoundedAssistant(assistant))) as client:
        listed = client.get("/api/articles")
        shown = client.get("/api/articles/退卡")

    assert listed.status_code == shown.status_code == 200
    for text in (listed.text, shown.text):
        assert not re.search(r"kapian|t\.me|postimg|微信|TG", text)
    assert shown.json()["n_findings"] == listed.json()["articles"][0]["n_findings"] >= 4
    words = [(block["marker"], block["text"].split()[0]) for block in shown.json()["blocks"]]
    assert words == [
        ("#", "公交卡怎么注销？"),
        ("1.", "带上身份证件。"),
        ("2.", "前往网点"),
        ("", "欢迎在评论区留言交流！"),
    ]


def test_offsets_count_the_file_as_it_lies_on_disk(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_bytes("\ufeff---\r\ntitle: 卡\r\n---\r\n# 公交卡💳\r\n\r\n带证。\r\n".encode())
    (cleaned,) = map(clean, read_corpus(tmp_path))
    on_disk = (tmp_path / "a.md").read_bytes().decode("utf-8")

    shown = article_view(cleaned)

    assert shown["text_length"] == len(on_disk)
    assert [on_disk[block["start"] : block["end"]] for block in shown["blocks"]] == ["公交卡💳", "带证。"]


def test_the_shipped_articles_are_headings_paragraphs_and_items_to_the_last_word(shipped_dir: Path) -> None:
    for article in map(clean, read_corpus(shipped_dir)):
        shown = article_view(article)
        n_shown = sum(len(re.findall(r"\w", block["text"])) for block in shown["blocks"])
        markers = "".join(block["marker"] for block in shown["blocks"])
        assert n_shown + len(re.findall(r"\w", markers)) == len(re.findall(r"\w", article.text[article.body_start :]))
        assert all(article.text[block["start"] : block["end"]] == block["text"] for block in shown["blocks"])
        assert {block["kind"] for block in shown["blocks"]} == {"heading", "paragraph", "item"}


# --- over HTTP ---------------------------------------------------------------


def test_the_articles_are_listed_and_shown(client: TestClient) -> None:
    assert client.get("/api/articles").json() == {"articles": [HEAD]}
    assert client.get("/api/articles/cards").json() == article_view(document(), n_chunks=1)


def test_an_unknown_article_is_not_found(client: TestClient) -> None:
    response = client.get("/api/articles/absent/one")

    assert response.status_code == 404
    assert response.json() == {"error": "There is no article of this id. `GET /api/articles` lists them."}


def test_an_article_that_has_not_changed_is_not_sent_again(client: TestClient, assistant: FakeAssistant) -> None:
    for path in ("/api/articles", "/api/articles/cards"):
        first = client.get(path)
        assert first.headers["cache-control"] == "no-cache"
        etag = first.headers["etag"]
        for known in (etag, f'"other", W/{etag}', "*"):
            again = client.get(path, headers={"if-none-match": known})
            assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag)
        assert client.get(path, headers={"if-none-match": '"other"'}).status_code == 200

    assert client.get("/api/articles/cards").headers["etag"].startswith('"abababababababab-')


def test_what_is_cleaned_otherwise_has_another_tag_though_the_file_is_the_same(
    client: TestClient, assistant: FakeAssistant
) -> None:
    before = client.get("/api/articles/cards").headers["etag"]
    text = assistant.article.text
    assistant.article = replace(assistant.article, text=text.replace("填写申请表", "     "), masked=((26, 31),))

    after = client.get("/api/articles/cards", headers={"if-none-match": before})

    assert after.status_code == 200
    assert after.json()["n_findings"] == 1


class Counting(FakeAssistant):
    """Counts how often an article is read; forgets the one called `gone`."""

    n_read = 0

    def document(self, doc_id: str) -> Document:
        self.n_read += 1
        if self.article.path == "gone.md":
            raise UnusableInput("`doc_id` must be one of the index; got 'cards'.")
        return super().document(doc_id)


def test_the_list_reads_each_version_of_an_article_once() -> None:
    assistant = Counting()
    with TestClient(create_api(BoundedAssistant(assistant))) as client:
        for _ in range(3):
            client.get("/api/articles")
        assert assistant.n_read == 1
        assistant.article = replace(assistant.article, version="cd" * 32, masked=((0, 1),))
        listed: list[dict[str, Any]] = client.get("/api/articles").json()["articles"]

    assert (assistant.n_read, listed[0]["n_findings"], listed[0]["version"]) == (2, 1, "cdcdcdcdcdcdcdcd")


def test_an_article_that_goes_while_it_is_asked_for_is_not_found() -> None:
    assistant = Counting(article=replace(document(), path="gone.md"))
    with TestClient(create_api(BoundedAssistant(assistant))) as client:
        assert client.get("/api/articles").json() == {"articles": []}
        assert client.get("/api/articles/cards").status_code == 404
