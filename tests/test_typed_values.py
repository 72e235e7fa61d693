"""Values of the types that questions ask for, found in sentences, and what is not answered without one."""

from __future__ import annotations

import pytest

from assistant.typed_values import holds_value
from tests.assistants import small


@pytest.mark.parametrize(
    ("text", "value_type"),
    [
        ("不满16周岁的由监护人代办", "age"),
        ("未成年人由父母陪同", "age"),
        ("card holders under 18 come with a parent", "age"),
        ("每人每年限转3次", "count"),
        ("同一账号最多登录两台手机", "count"),
        ("it can be extended once", "count"),
    ],
)
def test_a_value_of_a_type_is_found(text: str, value_type: str) -> None:
    assert holds_value(text, value_type)


@pytest.mark.parametrize(
    ("text", "value_type"),
    [
        ("开卡满16天的可以退", "age"),
        ("the old card is taken back", "age"),
        ("余额在3天内退回18元", "count"),
        ("the fee is 5 yuan", "count"),
    ],
)
def test_a_value_of_another_type_is_none(text: str, value_type: str) -> None:
    assert not holds_value(text, value_type)


GYM = """# 健身卡怎么退

## 健身卡退卡步骤

1. 带身份证到前台，不满16周岁的由家长陪同。
2. 填退卡单，三天内退款。

注意：停卡每次一个月。同一张卡最多绑定两部手机。

## 游泳卡退卡步骤

1. 带游泳卡到前台，把卡寄到总部也行。
2. 当场退款，每次延期收5元。
"""


@pytest.mark.parametrize(
    "question",
    [
        "游泳卡满几岁才能自己退？",
        "What is the minimum age for cancelling a swimming card?",
        "游泳卡一个人最多能绑几部手机？",
        "游泳卡寄到总部，门牌邮编是什么？",
    ],
)
def test_a_value_that_is_not_said_of_the_card_is_not_answered_without_one(question: str) -> None:
    answer = small({"gym.md": GYM}).ask([question])

    assert (answer.outcome, answer.reason) == ("abstained", "not_stated")


@pytest.mark.parametrize(
    ("question", "said"),
    [("健身卡最多能绑几部手机？", "两部手机"), ("健身卡满几岁才能自己退？", "16周岁")],
)
def test_a_value_that_is_said_of_the_card_is_answered(question: str, said: str) -> None:
    answer = small({"gym.md": GYM}).ask([question])

    assert answer.outcome == "answered"
    assert said in answer.text
