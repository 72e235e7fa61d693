"""The situations that questions and sentences speak of, and the file that lists them."""

from __future__ import annotations

import tomllib

import pytest

from assistant.situations import situations_in
from corpus.normalize import normalize
from tests.assistants import ROOT


@pytest.mark.parametrize(
    ("text", "situations"),
    [
        ("本人不能来的，可以委托他人，另带授权书。", {"somebody_else_goes"}),
        ("能让我姐替我去取吗", {"somebody_else_goes"}),
        ("Can someone else hand it in on my behalf?", {"somebody_else_goes"}),
        ("持卡人去世的，由继承人办理", {"holder_died"}),
        ("外婆走了，这张卡怎么办", {"holder_died"}),
        ("收據遺失怎麼辦", {"lost"}),
        ("芯片读不出来了还收吗", {"damaged"}),
        ("我早换了手机号，登不上去", {"other_phone_number"}),
        ("有效期过了，还能延期吗", {"extended"}),
        ("申请被驳回了找谁", {"refused"}),
        ("我后悔了，想恢复原来的账号", {"regretted"}),
        ("礼拜天开门吗", {"out_of_hours"}),
        ("注销要几天", set()),
        ("手续费是多少，注销掉了还退吗", set()),
        ("请携带卡片到前台办理，工作人员会帮您停用", set()),
        ("Will the current bill be lower? I was allowed to wait.", set()),
        ("Where is the office?", set()),
        ("", set()),
    ],
)
def test_a_text_speaks_of_its_situations_and_of_no_others(text: str, situations: set[str]) -> None:
    assert situations_in(normalize(text)) == situations


def test_a_question_and_the_sentence_that_answers_it_speak_of_the_same() -> None:
    for question, sentence in (
        ("人在国外回不来咋弄", "身在境外的，可凭护照复印件邮寄办理。"),
        ("单子丢了还行不", "回执遗失的，凭身份证补打。"),
        ("娃的卡能自己退吗", "未成年人须由监护人陪同。"),
        ("门店倒闭了找哪个", "门店停业的，向总部申请退款。"),
    ):
        assert situations_in(normalize(question)) & situations_in(normalize(sentence)), question


def test_the_file_lists_each_situation_once_by_patterns_of_folded_text() -> None:
    listed = tomllib.loads((ROOT / "assistant" / "situations.toml").read_text(encoding="utf-8"))["situation"]
    names = [one["id"] for one in listed]

    assert len(names) == len(set(names)) >= 25
    assert [pattern for one in listed for pattern in one["patterns"] if normalize(pattern) != pattern] == []
