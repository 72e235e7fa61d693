"""What an article says in its opening or at its end, when the question names that part."""

from __future__ import annotations

import pytest

from assistant.answer import Answer
from assistant.assistant import Assistant
from tests.assistants import small

_ARTICLE = """# 两张卡怎么销

搬家、换工作、毕业，这三种时候最容易想起抽屉里的旧卡。

## 为什么要销

不销的卡会被人捡去用。

## 健身卡怎么注销

1. 到前台填写退卡单。
2. 交回手环。

## 图书证怎么注销

1. 还清借的书。
2. 到总服务台交回证件。

## 总结

两张卡的办法差不多，照着做都能办成。
"""


@pytest.fixture(scope="module")
def assistant() -> Assistant:
    return small({"cards.md": _ARTICLE})


def _quotes(answer: Answer) -> str:
    return " ".join(citation.quote for citation in answer.citations)


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("文章开头说一般什么时候会想起旧卡？", "搬家、换工作、毕业"),
        ("What does the introduction say about old cards?", "搬家、换工作、毕业"),
        ("总结部分说两张卡的办法一样吗？", "差不多"),
        ("In its conclusion, how do the procedures compare?", "差不多"),
    ],
)
def test_the_part_that_is_named_is_quoted(assistant: Assistant, question: str, said: str) -> None:
    answer = assistant.ask([question])
    assert said in _quotes(answer)
    assert len(answer.citations) == 1


def test_a_question_about_a_card_is_answered_from_its_section(assistant: Assistant) -> None:
    answer = assistant.ask(["健身卡注销最后一步是什么？"])
    assert "交回手环" in _quotes(answer)
