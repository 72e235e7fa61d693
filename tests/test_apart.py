"""Which card is meant: asked where any could be, answered where one card's words tell."""

from __future__ import annotations

import pytest

from assistant.answer import Answer
from tests.assistants import small

THREE = """# 三张卡的注销

三张卡都不用了，就尽早注销。

## 泳池卡怎么注销

1. 带上学生证，到体育馆服务台。
2. 交回手环，押金7天内退回。

注意：手环摔裂的，照价赔三十元。储物柜占用超过三次的，账号锁定十五天。

## 球场卡怎么注销

1. 带上发票，到东门办公室。
2. 在申请单上签字，余额3个工作日内退回。

注意：夜场票不退。

## 浴室卡怎么注销

1. 带上身份证，到一楼前台。
2. 当场退回余额，扣两元工本费。

## 注意事项

- 凭证留好：收据和申请单的复印件至少保留半年。
- 别信代办：有人说可以代退卡片，都是骗子。

## 对照

| 项目 | 泳池 | 球场 | 浴室 |
|---|---|---|---|
| 去哪里办 | 体育馆 | 东门 | 一楼 |
"""


def _ask(*turns: str) -> Answer:
    return small({"three.md": THREE}).ask(list(turns))


@pytest.mark.parametrize(
    "question",
    [
        "去哪里办啊？",
        "退卡要带什么东西？",
        "Where do I go to hand my card in?",
        "What do I have to bring with me to cancel?",
        "余额几天能退回来？",
        "前阵子搬家翻出来一张卡，字都磨没了。去注销的话要带些啥？",
    ],
    ids=["a table has the place of each", "what to bring", "where, in English", "what, in English", "when", "a story"],
)
def test_what_can_be_asked_of_any_card_asks_which(question: str) -> None:
    answer = _ask(question)

    assert (answer.outcome, len(answer.options)) == ("clarified", 3)


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("球场卡要带什么东西？", "发票"),
        ("收据要保留多久？", "半年"),
        ("占着储物柜好几回，这下锁几天？", "十五天"),
    ],
    ids=["a card is named", "only a general section speaks of it", "only one card's section does"],
)
def test_what_tells_the_card_or_is_said_of_all_is_answered(question: str, said: str) -> None:
    answer = _ask(question)

    assert answer.outcome == "answered"
    assert said in answer.text


def test_the_card_that_is_named_then_is_answered() -> None:
    answer = _ask("退卡要带什么东西？", "浴室的")

    assert answer.outcome == "answered"
    assert "身份证" in answer.text
    assert "发票" not in answer.text


@pytest.mark.parametrize("turns", [["Hi there", "can you cancel it for me?"], ["有张卡好久没用了想处理掉，流程是啥"]])
def test_cancelling_alone_asks_which(turns: list[str]) -> None:
    assert _ask(*turns).outcome == "clarified"


def test_of_one_card_alone_nothing_is_asked_back() -> None:
    one = THREE[: THREE.index("## 球场卡")]

    assert small({"one.md": one}).ask(["退卡要带什么东西？"]).outcome != "clarified"
