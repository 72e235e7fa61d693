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


WAYS = """# 三张卡怎么退

## 游泳卡退卡步骤

1. 带学生证到泳池前台交卡。
2. 押金当场退现金。

说明：前台每天九点到五点开放，节假日休息；卡丢了也能退，先在小程序挂失；托人来的，带委托书和身份证。

## 球馆卡退卡步骤

1. 打开“球馆通”小程序，点“退卡”。
2. 上传户口簿照片。
3. 余额十五个工作日内退回银行卡。

说明：会员满三年的有纪念品；年卡的有效期是一年。

## 图书证退证步骤

1. 到馆还书。
2. 领回押金。
"""


@pytest.fixture(scope="module")
def ways() -> Assistant:
    return small({"ways.md": WAYS})


def test_two_ends_of_one_attribute_are_each_given_by_the_card_that_has_it(ways: Assistant) -> None:
    found = quotes(ways.ask(["游泳卡和球馆卡，哪个得跑一趟，哪个在家就能弄？"]))

    assert any("泳池前台" in quote for quote in found)
    assert any("小程序，点" in quote for quote in found)


def test_which_money_comes_first_is_answered_by_lengths_of_time(ways: Assistant) -> None:
    found = quotes(ways.ask(["游泳卡和球馆卡，哪张退的钱到手快？"]))

    assert any("当场退现金" in quote for quote in found)
    assert any("十五个工作日" in quote for quote in found)


def test_what_holds_for_all_stands_before_what_holds_for_a_case(ways: Assistant) -> None:
    found = quotes(ways.ask(["退游泳卡和退球馆卡，带的证件一样吗"]))

    assert "学生证" in found[0]
    assert any("户口簿" in quote for quote in found)


def test_each_card_is_answered_by_its_own_clause(ways: Assistant) -> None:
    found = quotes(ways.ask(["游泳卡退了押金是给现金，球馆卡退了余额是回银行卡——是不是这么个差别？"]))

    assert any("当场退现金" in quote for quote in found)
    assert any("退回银行卡" in quote for quote in found)


def test_a_card_that_says_nothing_of_it_is_said_to_say_nothing(ways: Assistant) -> None:
    text = ways.ask(["游泳卡和图书证，都能托人去退吗，对比一下"]).text

    assert "托人来的" in text
    assert "**图书证**：文章写的办法里没有提到这一点" in text


def test_a_card_is_known_by_a_shorter_name_than_the_article_has() -> None:
    steps = "\n\n## 桥牌社卡退卡步骤\n\n1. 打开小程序。\n2. 余额七天以内退回。\n"
    text = small({"steps.md": STEPS + steps}).ask(["桥牌卡和游泳卡，退的钱分别退到哪里，对比一下"]).text

    assert "**桥牌社卡**" in text


def test_no_table_line_stands_alone_that_gives_none_of_what_is_asked(columns: Assistant) -> None:
    found = quotes(columns.ask(["游泳卡和球馆卡，旧卡最后怎么处理，有什么不一样？"]))

    assert any("旧卡由前台收走" in quote for quote in found)
    assert any("旧卡自己留着" in quote for quote in found)
