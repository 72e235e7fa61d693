"""The part of a question that says where in a procedure somebody stands."""

from __future__ import annotations

import pytest

from assistant.lexicon import load_lexicon
from assistant.question import Question
from assistant.step_anchor import anchor_of, anchored, ordered_things
from assistant.step_reference import StepKind


@pytest.mark.parametrize(
    ("text", "kind", "anchor"),
    [
        ("保安收走钥匙之后找谁盖章", "next", "保安收走钥匙"),
        ("泳池那张,押金条交上去了,接下来要谁签字", "next", "押金条交上去"),
        ("下一步找谁,我刚量完体温", "next", ",我刚量完体温"),
        ("去前台拍照以前还该准备啥", "previous", "去前台拍照"),
        ("after the clerk stamps the slip, what happens?", "next", "the clerk stamps the slip"),
        ("which step follows the stamp on the slip?", "next", "the stamp on the slip"),
        ("what should be done before i lock the box?", "previous", "i lock the box"),
        ("盖章是第几步", "which", "盖章是第几步"),
        ("退会员卡里头，盖公章排在第几", "which", "盖公章"),
        ("我在前台把押金条交好了，下一步呢", "next", "押金条交"),
    ],
)
def test_only_what_describes_the_step_is_kept(text: str, kind: StepKind, anchor: str) -> None:
    assert anchor_of(text, kind) == anchor


def test_a_question_that_describes_nothing_apart_is_kept_whole() -> None:
    assert anchor_of("下一步呢", "next") == "下一步呢"


@pytest.mark.parametrize(
    ("text", "things"),
    [
        ("先盖章还是先拍照?", ("盖章", "拍照")),
        ("拍照排在盖章之前还是之后", ("拍照", "盖章")),
        ("do i return the key before or after signing", ("i return the key", "signing")),
    ],
)
def test_two_things_whose_order_is_asked_are_told_apart(text: str, things: tuple[str, str]) -> None:
    assert ordered_things(text) == things


def test_nothing_is_told_apart_where_one_thing_is_said() -> None:
    assert ordered_things("拍照之后做什么") is None


def test_what_stands_beside_the_anchor_does_not_count() -> None:
    question = Question(
        raw="", text="领了表之后去哪个窗口", language="zh", concepts=("form", "counter"), unknown=("领", "去哪")
    )

    kept = anchored(question, "领了表格", load_lexicon())
    assert (kept.concepts, kept.unknown) == (("form",), ("领",))
