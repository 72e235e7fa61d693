from __future__ import annotations

import pytest

from assistant.assistant import Assistant
from tests.assistants import small

ARTICLE = """# 游泳卡和球馆卡怎么退

## 游泳卡退卡步骤

1. 到泳池前台交卡。
2. 前台退回押金。

## 球馆卡退卡步骤

1. 打电话给球馆。
2. 到球馆签字。

## 注意事项

- 来电索要密码的都是骗子，前台不会向您要密码。
- 柜子里的东西要先拿走。
"""


@pytest.fixture(scope="module")
def two() -> Assistant:
    return small({"two.md": ARTICLE})


@pytest.mark.parametrize(
    "question",
    [
        "有人打电话自称前台，让我报密码，给吗",
        "接到电话说要退卡先告诉他密码，行吗",
        "球馆卡：有陌生人让我把密码发给他，可以吗",
    ],
)
def test_who_was_approached_gets_the_warning(two: Assistant, question: str) -> None:
    answer = two.ask([question])

    assert answer.outcome == "answered"
    assert [citation.quote for citation in answer.citations] == ["来电索要密码的都是骗子，前台不会向您要密码。"]


def test_without_a_warning_nothing_is_made_up() -> None:
    article = ARTICLE.partition("## 注意事项")[0]

    assert small({"two.md": article}).ask(["有人打电话自称前台，让我报密码，给吗"]).outcome != "answered"
