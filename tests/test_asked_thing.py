"""The thing that a question asks for by its name, and which passages name it."""

from __future__ import annotations

import pytest

from assistant.asked_thing import things_asked, things_said
from assistant.likeness import places_of, ready


@pytest.mark.parametrize(
    ("text", "things"),
    [
        ("备份照片用什么软件", ("软件",)),
        ("要在哪个菜单里点", ("菜单",)),
        ("去哪种窗口办", ("窗口",)),
        ("结果发短信还是打电话", ("短信", "打电")),
        ("which button do i press", ("button",)),
        ("what kind of receipt do they give me", ("receipt",)),
        ("什么时候能办", ()),
        ("哪里可以退", ()),
        ("what is the fee", ()),
        ("怎么注销", ()),
    ],
)
def test_the_thing_asked_for_is_what_stands_behind_the_question_word(text: str, things: tuple[str, ...]) -> None:
    assert things_asked(text) == things


def test_a_passage_that_names_the_thing_names_it_more_than_one_that_does_not() -> None:
    said = ready(places_of(["提前备份照片和文档，以免丢失", "用读卡软件导出照片"]))

    named = things_said("备份照片用什么软件", said)

    assert named is not None
    assert named[1] > named[0] + 0.2


def test_of_two_things_the_likelier_counts() -> None:
    said = ready(places_of(["审核通过后发短信通知"]))

    both, one = things_said("发短信还是邮件", said), things_said("发什么邮件", said)

    assert both is not None
    assert one is not None
    assert both[0] > one[0]


def test_a_question_for_no_thing_has_none_to_name() -> None:
    assert things_said("怎么注销", ready(places_of(["带身份证"]))) is None
