"""What is said of other cards alone, and what only looks like an answer, is none."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.assistant import Assistant
from tests.assistants import small

SETS = Path(__file__).resolve().parent / "data" / "sets"
METERS = """# 三张卡怎么退

## 各种卡是什么

- 访客卡：供外来人员临时进出小区，当天有效。
- 水卡：刷卡取水用的卡。

## 电卡退卡步骤

1. 到供电营业厅交卡。
2. 领取余额。

## 水卡退卡步骤

1. 到物业前台交卡，当场办完。
2. 领取押金。

## 门禁卡退卡步骤

1. 给物业打电话。
2. 等物业审核。

门禁卡可以在网上注销，无需亲自前往物业。

## 需要准备哪些材料

- 电卡：户主身份证、购电小票。
- 水卡：门牌号、押金条。
- 门禁卡：业主证明。

## 常见问题

问：能不能让家里人代办？

答：电卡可以，带双方身份证和委托书。门禁卡也可以。
"""


@pytest.fixture(scope="module")
def meters() -> Assistant:
    return small({"meters.md": METERS})


def test_what_is_said_of_other_cards_alone_answers_nothing_about_a_third(meters: Assistant) -> None:
    asked_of = {card: meters.ask([f"{card}能让家里人代办吗"]) for card in ("电卡", "水卡")}

    assert "委托书" in asked_of["电卡"].text
    assert asked_of["水卡"].outcome == "abstained"
    assert "委托书" not in asked_of["水卡"].text


def test_a_way_that_is_said_to_be_needless_is_not_recommended(meters: Assistant) -> None:
    answer = meters.ask(["门禁卡可以请邻居替我去退吗"])

    assert "亲自" not in answer.text or answer.outcome == "abstained"


def test_what_one_card_needs_is_given_without_what_the_others_do(meters: Assistant) -> None:
    answer = meters.ask(["退水卡要带什么材料"])

    assert "押金条" in answer.text
    assert "购电小票" not in answer.text
    assert "业主证明" not in answer.text


def test_a_card_without_a_procedure_is_told_of_where_a_sentence_surely_answers() -> None:
    campus = small({"campus.md": (SETS / "y10" / "article.md").read_text(encoding="utf-8")})

    told, refused = campus.ask(["访客卡是发给什么人用的？"]), campus.ask(["访客卡用完了怎么退"])

    assert (told.outcome, refused.outcome) == ("answered", "abstained")
    assert "校外人员" in told.text


@pytest.mark.parametrize("question", ["水卡退卡一共几步，分别是什么", "退水卡要几步，都列出来"])
def test_how_many_steps_and_which_gets_the_steps(meters: Assistant, question: str) -> None:
    answer = meters.ask([question])

    assert [step.number for step in answer.steps] == [1, 2]
    assert "共2步" in answer.text


@pytest.mark.parametrize("question", ["三样卡各要走几步", "三张卡分别要几步"])
def test_the_steps_of_each_of_several_cards_are_counted(meters: Assistant, question: str) -> None:
    answer = meters.ask([question])

    assert answer.outcome == "answered"
    assert answer.text.count("共2步") == 3


def test_whether_it_is_done_on_the_spot_needs_no_number_of_days(meters: Assistant) -> None:
    answer = meters.ask(["水卡交到物业前台，是不是当场就办完了"])

    assert answer.outcome == "answered"
    assert "当场办完" in answer.text


LIBRARY = """# 借书证和医保码

## 借书证注销步骤

1. 还清图书。
2. 到总台交证。

## 医保电子凭证停用步骤

1. 打开医保应用。
2. 点停用凭证。

## 常见问题

问：换了新手机，要先停用医保码吗？

答：不用，重新登录就行。

问：电子借书证怎么注销？

答：在小程序里点注销即可。
"""


@pytest.mark.parametrize(("question", "holds"), [("医保码怎么停用", "打开医保应用"), ("电子借书证怎么注销", "小程序")])
def test_an_answer_to_another_question_does_not_stand_for_the_procedure(question: str, holds: str) -> None:
    answer = small({"library.md": LIBRARY}).ask([question])

    assert holds in answer.text
    assert "重新登录" not in answer.text


def test_a_conversation_is_followed_in_words_that_no_article_has(meters: Assistant) -> None:
    weather = meters.ask(["水卡怎么退", "今天会下雨吗"])

    assert weather.outcome == "abstained"
