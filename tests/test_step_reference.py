from __future__ import annotations

import pytest

from assistant.lexicon import load_lexicon
from assistant.step_reference import StepReference, read_option, read_step_reference


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("公交卡第二步是什么", 2),
        ("第十二步做什么", 12),
        ("第3步", 3),
        ("步骤三", 3),
        ("第两步", 2),
        ("第四条", 4),
        ("what is step 3", 3),
        ("what is the second step", 2),
        ("the 4th step please", 4),
        ("头一步是什么", 1),
        ("首先要做什么", 1),
        ("what is the first thing to do", 1),
    ],
)
def test_a_step_is_read_by_its_number(text: str, number: int) -> None:
    assert read_step_reference(text, load_lexicon()) == StepReference("nth", number)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("最后一步是什么", 1),
        ("最后那个环节呢，最后的环节", 1),
        ("倒数第二步", 2),
        ("倒数第三个步骤", 3),
        ("what is the last step", 1),
        ("the final step", 1),
        ("the second to last step", 2),
        ("the penultimate step", 2),
        ("which step comes last", 1),
    ],
)
def test_a_step_is_read_from_the_end(text: str, number: int) -> None:
    assert read_step_reference(text, load_lexicon()) == StepReference("nth", number, from_end=True)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("填完表之后做什么", "next"),
        ("下一步", "next"),
        ("紧接着是什么", "next"),
        ("表填好了，下头一步是啥", "next"),
        ("交了卡接到又干啥", "next"),
        ("what do i do after signing, what next", "next"),
        ("签字的上一步是什么", "previous"),
        ("what is the step before signing", "previous"),
        ("一共几步", "count"),
        ("how many steps are there", "count"),
        ("第一步和最后一步分别是什么", "ends"),
        ("what are the first and last steps", "ends"),
        ("盖完章下一个环节是什么", "next"),
        ("回执到手下一站去哪", "next"),
        ("盖完章之后还剩哪些步骤要做,后面还有几步", "following"),
        ("交钥匙之前该干的是哪两样事,之前要先做什么", "preceding"),
        ("拍照排在盖章之前还是之后", "order"),
        ("先盖章还是先拍照", "order"),
        ("does the photo come before or after the stamp", "order"),
    ],
)
def test_a_step_is_read_by_its_neighbour_or_as_a_count(text: str, kind: str) -> None:
    assert read_step_reference(text, load_lexicon()) == StepReference(kind)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "number"),
    [("有没有第八步", 8), ("有第五步吗", 5), ("is there a step 9", 9), ("is there an eighth step", 8)],
)
def test_a_question_whether_a_step_exists_keeps_its_number(text: str, number: int) -> None:
    assert read_step_reference(text, load_lexicon()) == StepReference("exists", number)


@pytest.mark.parametrize(
    "text",
    [
        "公交卡怎么注销",
        "先干什么再干什么",
        "先办什么后办什么",
        "注销之前要做什么",
        "从头到尾步骤给我",
        "会员卡的钱没用完,找谁退",
        "what should i do before cancelling",
        "i moved here next month",
        "how do i cancel my card",
        "",
    ],
)
def test_a_question_about_no_single_step_refers_to_none(text: str) -> None:
    assert read_step_reference(text, load_lexicon()) is None


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("2", 2),
        ("第二个", 2),
        ("选三", 3),
        ("我选第一种", 1),
        ("那就第二个吧", 2),
        ("第三张", 3),
        ("the second one", 2),
        ("first option", 1),
        ("option 2", 2),
        ("俩", 2),
    ],
)
def test_an_offered_option_is_picked_by_its_number(text: str, number: int) -> None:
    assert read_option(text) == number


@pytest.mark.parametrize("text", ["公交卡", "第二步", "两张卡怎么注销", "我有2张卡", "the bus one", ""])
def test_a_turn_that_picks_nothing_picks_zero(text: str) -> None:
    assert read_option(text) == 0


@pytest.mark.parametrize("text", ["先做啥子后做啥子", "头一件办什么，接着又办什么", "写一首关于月亮的歌"])
def test_what_asks_for_the_whole_or_for_none_is_no_step(text: str) -> None:
    assert read_step_reference(text, load_lexicon()) is None
