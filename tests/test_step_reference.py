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
        ("closing it, what's first?", 1),
        ("what do i do first", 1),
        ("the opening move", 1),
        ("which comes third when it is handed in", 3),
        ("盖章排第三的是什么", 3),
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
        ("the very last item on the list", 1),
        ("the third from the end", 3),
        ("最尾𠮶步做什么", 1),
        ("the next to last step", 2),
        ("会员卡走到最后，给我个什么", 1),
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
        ("盖章和拍照哪一项在先", "order"),
        ("正中间那一步是啥", "middle"),
        ("which step is in the middle", "middle"),
        ("还剩几步", "following"),
        ("剩下的步骤", "following"),
        ("接下来的两步做什么", "following"),
        ("what remains to be done", "following"),
        ("which step follows the photo", "next"),
        ("and before that?", "previous"),
        ("how many steps are left", "following"),
        ("and after that?", "next"),
        ("卡交走了，下面我该去哪", "next"),
        ("盖章之前还有哪件事得先办", "previous"),
    ],
)
def test_a_step_is_read_by_its_neighbour_or_as_a_count(text: str, kind: str) -> None:
    assert read_step_reference(text, load_lexicon()) == StepReference(kind)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("前三步是什么", (1, 2, 3)),
        ("头两件事是啥", (1, 2)),
        ("第3、4步分别是什么", (3, 4)),
        ("第三步和第四步", (3, 4)),
        ("第二步到第四步都做什么", (2, 3, 4)),
        ("二到四步讲讲", (2, 3, 4)),
        ("the first three steps", (1, 2, 3)),
        ("steps 2 to 4", (2, 3, 4)),
        ("steps three and four", (3, 4)),
        ("what are the second and third steps", (2, 3)),
    ],
)
def test_several_steps_are_read_by_their_numbers(text: str, numbers: tuple[int, ...]) -> None:
    assert read_step_reference(text, load_lexicon()) == StepReference("several", numbers=numbers)


@pytest.mark.parametrize(
    "text", ["最后两步分别是什么", "倒数两步", "会员卡的后两步", "the last two steps", "the final couple of steps"]
)
def test_several_steps_are_read_from_the_end(text: str) -> None:
    reference = read_step_reference(text, load_lexicon())

    assert reference is not None
    assert (reference.kind, reference.from_end, reference.numbers[-1]) == ("several", True, 1)


@pytest.mark.parametrize(
    ("text", "reference"),
    [
        ("第二步之后是什么", StepReference("next", 2)),
        ("前两步做完之后干什么", StepReference("next", 2)),
        ("第二步之前要干啥", StepReference("previous", 2)),
        ("第三步做完,跟住做什么", StepReference("next", 3)),
        ("前面三步办完了,第四步呢", StepReference("nth", 4)),
        ("最后一步之前做什么", StepReference("previous", 1, from_end=True)),
        ("第三步做完了还剩几步", StepReference("following", 3)),
        ("第三步以后的步骤", StepReference("following", 3)),
        ("从第三步开始说", StepReference("following", 2)),
        ("after step 3, what happens", StepReference("next", 3)),
        ("what comes before the last step", StepReference("previous", 1, from_end=True)),
        ("from step 3 onwards", StepReference("following", 2)),
        ("盖章排第几？它前面一步是啥", StepReference("previous", itself=True)),
    ],
)
def test_a_step_is_counted_from_one_that_is_told_by_its_number(text: str, reference: StepReference) -> None:
    assert read_step_reference(text, load_lexicon()) == reference


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
        "要3到5个工作日吗",
        "带上第一步到最后一步的单子",
        "from the first step to the last",
        "sending what is left in my account",
        "从哪儿开始点到哪儿结束",
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
