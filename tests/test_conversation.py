from __future__ import annotations

import pytest

from assistant.conversation import MAX_TURNS, resolve
from assistant.lexicon import load_lexicon
from assistant.question import Question
from assistant.step_reference import StepReference
from assistant.understanding import Reader
from corpus.subjects import known_cards

READER = Reader(load_lexicon(), known_cards())
OFFERED = ("交通卡", "银行卡", "门禁卡")


def last(*turns: str) -> Question:
    return resolve(turns, READER, OFFERED)[0]


def listed(*turns: str) -> str:
    return resolve(turns, READER, OFFERED)[1]


def test_a_single_turn_is_read_as_it_stands() -> None:
    assert last("公交卡怎么注销") == READER.read("公交卡怎么注销")


@pytest.mark.parametrize("reply", ["银行卡", "银行的", "我说的是银行卡", "bank card", "銀行卡"])
def test_a_reply_that_names_a_card_completes_the_question(reply: str) -> None:
    question = last("怎么注销", reply)

    assert (question.cards, question.cancels) == (("银行卡",), True)


def test_a_number_beyond_the_offered_cards_picks_none() -> None:
    assert last("怎么注销", "第五个").cards == ()


def test_a_correction_replaces_the_card() -> None:
    assert last("公交卡怎么注销", "不对，是门禁卡").cards == ("门禁卡",)
    assert last("公交卡怎么注销", "不是公交卡，是银行卡").cards == ("银行卡",)


@pytest.mark.parametrize("reply", ["不是银行卡，也不是门禁卡", "Not the bank card and not the access card"])
def test_excluding_all_but_one_card_picks_it(reply: str) -> None:
    question = last("怎么注销", reply)

    assert (question.cards, question.cancels) == (("交通卡",), True)


def test_excluding_one_of_three_leaves_two() -> None:
    assert last("怎么注销", "不是银行卡").excluded == ("银行卡",)


def test_what_was_excluded_but_one_stays_so_however_it_is_said() -> None:
    assert last("怎么退卡", "不是银行的，也不是门禁的").cards == ("交通卡",)


@pytest.mark.parametrize(
    "reply", ["那银行卡的呢，全部列出来", "银行卡，都写出来", "bank card: list them all", "银行卡具体是哪几步"]
)
def test_a_count_is_followed_by_the_steps_themselves(reply: str) -> None:
    question = last("门禁卡注销要几步", reply)

    assert (question.cards, question.cancels, question.step) == (("银行卡",), True, None)


def test_the_steps_that_were_counted_are_asked_for_without_the_card() -> None:
    question = last("门禁卡注销要几步", "都列出来")

    assert (question.cards, question.cancels, question.step) == (("门禁卡",), True, None)


@pytest.mark.parametrize(
    ("turns", "step"),
    [
        (("公交卡第三步是什么", "还剩几步"), StepReference("following", 3)),
        (("公交卡前两步是什么", "然后呢"), StepReference("nth", 3)),
        (("Closing a debit card, what's first?", "and after that?"), StepReference("nth", 2)),
        (("公交卡填完表之后做什么", "然后呢"), StepReference("next", by=2)),
        (("公交卡填表是第几步", "那之后呢"), StepReference("next")),
        (("公交卡第一步是什么", "填完表之后做什么", "然后呢"), StepReference("next", by=2)),
    ],
)
def test_the_next_step_is_counted_from_the_one_before(turns: tuple[str, ...], step: StepReference) -> None:
    assert last(*turns).step == step


def test_switching_the_card_keeps_what_was_asked() -> None:
    question = last("公交卡要预约吗", "那银行卡呢")

    assert (question.cards, question.concepts) == (("银行卡",), ("appointment",))


def test_a_question_without_a_card_is_about_the_one_spoken_of() -> None:
    assert last("公交卡怎么注销", "要多少钱").cards == ("交通卡",)
    assert last("公交卡怎么注销", "要多少钱").concepts == ("fee",)
    assert last("公交卡怎么注销", "第二步呢").cards == ("交通卡",)
    assert last("公交卡怎么注销", "第二步呢").step == StepReference("nth", 2)


def test_the_latest_card_counts() -> None:
    assert last("公交卡怎么注销", "门禁卡呢", "要审核吗").cards == ("门禁卡",)


def test_a_question_about_cards_in_general_takes_over_no_card() -> None:
    assert last("公交卡怎么注销", "什么是智能卡").cards == ()
    assert last("公交卡怎么注销", "哪种卡要预约").cards == ()


def test_an_unknown_card_is_not_replaced_by_the_one_spoken_of() -> None:
    question = last("公交卡怎么注销", "蓝鲸卡呢怎么注销")

    assert (question.cards, question.unknown_card) == ((), "蓝鲸卡")


def test_thanks_in_between_forget_nothing() -> None:
    assert last("公交卡怎么注销", "谢谢", "第三步是什么").cards == ("交通卡",)


@pytest.mark.parametrize(
    "reply",
    [
        "线下去网点",
        pytest.param("在网点办的那种"),
    ],
)
def test_a_way_of_doing_it_completes_the_question_before(reply: str) -> None:
    question = last("ETC怎么注销", reply)

    assert (question.cards, question.cancels) == (("ETC卡",), True)
    assert "branch" in question.concepts


@pytest.mark.parametrize(
    ("question", "reply", "language"),
    [
        ("怎麼註銷？", "第二個", "zh-Hant"),
        ("怎麼註銷？", "公交卡", "zh-Hant"),
        ("How do I cancel my card?", "bank", "en"),
        ("怎么注销", "bank card", "zh"),
        ("How do I cancel my card?", "银行卡", "zh"),
        ("怎么注销", "How about the bank card?", "en"),
    ],
)
def test_a_reply_too_short_to_tell_keeps_the_language(question: str, reply: str, language: str) -> None:
    assert last(question, reply).language == language


@pytest.mark.parametrize(
    ("question", "kind"), [("要注意什么", "precautions"), ("为什么要注销", "reasons"), ("智能卡有哪几种", "kinds")]
)
def test_a_list_is_remembered_for_the_number_that_follows(question: str, kind: str) -> None:
    assert listed(question, "第三条是什么") == kind
    assert last(question, "第三条是什么").step == StepReference("nth", 3)


def test_a_procedure_ends_the_list() -> None:
    assert listed("要注意什么", "公交卡怎么注销", "第三步") == ""


def test_an_entry_alone_counts_in_the_list_and_not_in_the_cards() -> None:
    assert last("要注意什么", "第三条").cards == ()


def test_a_request_for_a_contact_stays_one_in_a_reply() -> None:
    assert last("怎么注销", "银行卡，加谁的微信").contact


def test_an_unsafe_question_stays_unsafe_when_a_card_is_named() -> None:
    assert last("怎么偷偷注销别人的卡", "银行卡").unsafe


def test_only_the_latest_turns_are_read() -> None:
    forgotten = ["公交卡怎么注销", *["谢谢"] * MAX_TURNS, "第二步呢"]

    assert last(*forgotten).cards == ()
    assert last(*forgotten[: MAX_TURNS - 1], "第二步呢").cards == ("交通卡",)


def test_the_new_card_takes_the_place_of_the_one_before_in_the_question() -> None:
    question = last("公交卡要预约吗", "那银行卡呢")

    assert "公交卡" not in question.text
    assert "银行卡" in question.text


@pytest.mark.parametrize(
    "correction", ["说错了，不是公交卡，是银行卡，要带什么", "不是公交卡，我问的是银行卡，要带什么"]
)
def test_what_a_correction_denies_is_left_out(correction: str) -> None:
    question = last("公交卡怎么注销", correction)

    assert question.cards == ("银行卡",)
    assert "公交卡" not in question.text


def test_a_yes_or_no_question_is_no_addition_to_the_one_before() -> None:
    assert "收费" not in last("公交卡注销收费吗", "能在网上办不").text


def test_a_circumstance_that_stands_against_cancelling_is_asked_about() -> None:
    question = last("门禁卡可以退吗？", "可是我已经用过一次了")

    assert (question.cards, question.asks, question.cancels) == (("门禁卡",), True, False)
    assert question.text.endswith("我已经用过一次了")


@pytest.mark.parametrize(
    ("before", "turn"), [("门禁卡怎么退", "我已经用过一次了"), ("门禁卡是什么", "可是我已经用过一次了")]
)
def test_other_statements_are_no_circumstance(before: str, turn: str) -> None:
    assert not last(before, turn).asks


def test_what_is_part_of_the_card_spoken_of_is_no_other_card() -> None:
    assert last("社保卡怎么注销", "卡里那个银行卡会一起关掉吗").cards == ("社保卡",)
    assert last("社保卡怎么注销", "那银行卡会一起关掉吗").cards == ("银行卡",)
