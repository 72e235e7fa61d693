from __future__ import annotations

import html
import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.render import escape, plain, terminal_answer, visible
from tests.fake_assistant import CLARIFY, PROCEDURE, FakeAssistant, citation

HOSTILE = (
    "<script>alert(1)</script>",
    '<img src=x onerror="alert(1)">',
    "![beacon](http://203.0.113.5/x.png)",
    "[click](javascript:alert(1))",
    "[ref]: http://203.0.113.5/",
    "<http://203.0.113.5/>",
    "https://203.0.113.5/ www.example.org a@example.org",
    "$$\\href{x}{y}$$ `code` <svg/onload=alert(1)>",
    "</div></div><div style='position:fixed;inset:0'>",
    '" onmouseover="alert(1)',
    "&lt;script&gt;",
)


@pytest.mark.parametrize("text", HOSTILE)
def test_escaped_text_is_the_text_and_begins_nothing(text: str) -> None:
    shown = escape(text)

    assert html.unescape(shown) == text
    assert not set("<>[]()!`*_$@:\"'\\") & set(shown)
    assert "&" not in re.sub(r"&#\d+;", "", shown)


@given(st.text())
def test_escaped_text_holds_no_markup_and_no_line_end(text: str) -> None:
    shown = escape(text).replace("<br>", "")

    assert not set("<>\n\r`*[]") & set(shown)
    assert re.fullmatch(r"(?:[^&]|&#\d+;)*", shown, re.DOTALL)


def test_escaped_lines_stay_lines() -> None:
    assert escape("一\n# 二") == "一<br>&#35; 二"


def test_options_are_shown_once_on_a_terminal() -> None:
    answer = replace(CLARIFY, text="您要注销哪一种卡？\n\n1. 交通卡\n2. 银行卡")

    assert terminal_answer(answer, FakeAssistant().document) == "您要注销哪一种卡？\n\n  1) 交通卡\n  2) 银行卡"


def test_a_title_that_is_also_the_first_heading_stands_once_on_a_terminal() -> None:
    other = replace(PROCEDURE, citations=(citation(1, "带上身份证件。", title="别的标题"),))

    assert "  别的标题 › 卡片 › 交通卡 — cards.md" in terminal_answer(other, FakeAssistant().document)
    assert "  卡片 › 交通卡 — cards.md" in terminal_answer(PROCEDURE, FakeAssistant().document)


def test_plain_text_has_no_markdown_marks_and_no_control_characters() -> None:
    assert plain("## 一\n**二** 三\\*\n> 四\n1. 五\x1b[2J\u202e") == "一\n二 三*\n  四\n1. 五<U+001B>[2J<U+202E>"
    assert visible("a\tb\n") == "a\tb\n"
