from __future__ import annotations

import pytest

from assistant.answer import Answer
from assistant.assistant import Assistant
from tests.assistants import small

STEPS = """# 三张卡怎么退

## 游泳卡退卡步骤

1. 到泳池前台交卡，旧卡由前台收走。
2. 押金退到微信。

## 球馆卡退卡步骤

1. 打电话给球馆。
2. 到球馆签字，旧卡自己留着。

## 图书证退证步骤

1. 到馆还书。
2. 领回押金。
"""
COLUMNS = (
    STEPS
    + """
## 一张表看懂

| 项目 | 游泳卡 | 球馆卡 | 图书证 |
|---|---|---|---|
| 押金退到哪里 | 微信 | 银行卡 | 现金 |
| 要不要预约 | 不用 | 提前一天 | 提前三天 |
"""
)
ROWS = (
    STEPS
    + """
## 对照表

| 卡种 | 去哪里 | 谁来办 |
|---|---|---|
| 游泳卡 | 泳池前台 | 谁都可以 |
| 球馆卡 | 球馆 | 本人 |
| 图书证 | 图书馆 | 家人也行 |
"""
)


def quotes(answer: Answer) -> list[str]:
    return [citation.quote for citation in answer.citations]


@pytest.fixture(scope="module")
def columns() -> Assistant:
    return small({"columns.md": COLUMNS})


def test_a_line_of_a_table_is_shown_with_the_columns_of_the_cards_asked_for(columns: Assistant) -> None:
    answer = columns.ask(["游泳卡和球馆卡哪个要预约？"])

    assert "游泳卡：不用；球馆卡：提前一天 [" in answer.text
    assert "提前三天" not in answer.text


def test_every_column_is_shown_when_all_cards_are_compared(columns: Assistant) -> None:
    assert "图书证：提前三天" in columns.ask(["三张卡哪张要预约，对比一下"]).text


def test_a_table_with_a_line_for_each_card_gives_those_asked_for() -> None:
    answer = small({"rows.md": ROWS}).ask(["游泳卡和图书证分别谁来办，对比一下"])

    assert "| 游泳卡 | 泳池前台 | 谁都可以 |" in "\n".join(quotes(answer))
    assert "谁来办：家人也行" in answer.text


def test_the_names_of_the_cards_do_not_choose_what_is_compared() -> None:
    answer = small({"steps.md": STEPS}).ask(["游泳卡和球馆卡，旧卡归谁，有什么区别？"])

    assert any("旧卡由前台收走" in quote for quote in quotes(answer))
    assert any("旧卡自己留着" in quote for quote in quotes(answer))
