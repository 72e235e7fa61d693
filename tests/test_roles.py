from __future__ import annotations

import pytest

from corpus.roles import role_of, says


@pytest.mark.parametrize(
    ("heading", "role"),
    [
        ("公交卡注销步骤", "steps"),
        ("办理流程", "steps"),
        ("办理手续", "steps"),
        ("Steps to close it", "steps"),
        ("注意事项", "precautions"),
        ("温馨提示", "precautions"),
        ("几个坑", "precautions"),
        ("煤矿坑口职工卡", ""),
        ("彩虹卡还有什么要留神的", "precautions"),
        ("补充规定", "precautions"),
        ("Before you begin", "precautions"),
        ("Precautions", "precautions"),
        ("为什么要注销", "reasons"),
        ("注销的好处", "reasons"),
        ("不销的后果", "reasons"),
        ("为啥别拖", "reasons"),
        ("Why cancel", "reasons"),
        ("常见问题", "questions"),
        ("问与答", "questions"),
        ("留言里问得多的", "questions"),
        ("FAQ", "questions"),
        ("Frequently asked questions", "questions"),
        ("所需材料", "materials"),
        ("彩虹卡要带的", "materials"),
        ("申请前须备妥", "materials"),
        ("所需文件", "materials"),
        ("注销要带什么材料", "materials"),
        ("What you need", "materials"),
        ("注销条件", "conditions"),
        ("哪些情形可以注销", "conditions"),
        ("不能注销的情形", "conditions"),
        ("适用范围", "conditions"),
        ("Eligibility", "conditions"),
        ("Who can apply", "conditions"),
        ("费用说明", "fees"),
        ("（二）会员卡退卡有关说明", "precautions"),
        ("哪些地方最容易踩空", "precautions"),
        ("两种卡退法的异同", "comparison"),
        ("放一起看", "comparison"),
        ("健身卡：五步走完", "steps"),
        ("退会要过哪些手续？", "steps"),
        ("手续费", "fees"),  # 手续 alone would be steps
        ("退卡要多少钱", "fees"),
        ("Fees and charges", "fees"),
        ("卡的种类", "kinds"),
        ("Types of cards", "kinds"),
        ("小结", "summary"),
        ("写在最后", "summary"),
        ("Summary", "summary"),
        ("什么是公交卡", "definition"),
        ("三张卡的含义", "definition"),
        ("What is a transit card?", "definition"),
        ("如何注销公交卡", "procedure"),
        ("公交卡退卡", "procedure"),
        ("线上渠道", "procedure"),
        ("How to cancel a card", "procedure"),
        ("公交卡", ""),
        ("短信样例", ""),
        ("Opening hours", ""),
        ("", ""),
    ],
)
def test_headings_say_what_their_sections_are(heading: str, role: str) -> None:
    assert role_of(heading) == role


@pytest.mark.parametrize(
    ("heading", "role"),
    [
        ("註銷流程", "steps"),
        ("退卡步驟", "steps"),
        ("註銷方法", "procedure"),
        ("注意事項", "precautions"),
        ("常見問題", "questions"),
        ("所需資料", "materials"),
        ("費用", "fees"),
    ],
)
def test_traditional_headings_say_the_same(heading: str, role: str) -> None:
    assert role_of(heading) == role


@pytest.mark.parametrize(
    ("heading", "role"),
    [
        ("情形：门禁卡注销", "procedure"),
        ("场景二：校园卡退费", "procedure"),
        ("方式一：", ""),
        ("方法2: 注意事项", "precautions"),
        ("一、情形：门禁卡", ""),
        ("Case 2: fees", "fees"),
        ("门禁卡注销的情形：本人", "conditions"),
    ],
)
def test_words_that_count_the_cases_have_no_role(heading: str, role: str) -> None:
    assert role_of(heading) == role


@pytest.mark.parametrize("heading", ["注意事项与步骤", "注销流程及费用", "steps and tips"])
def test_the_role_written_first_in_the_file_wins(heading: str) -> None:
    assert role_of(heading) == "steps"


@pytest.mark.parametrize(
    ("paragraph", "is_note"),
    [
        ("注意：周末不办。", True),
        ("请注意，周末不办。", True),
        ("需要注意的是，周末不办。", True),
        ("**温馨提示**：周末不办。", True),
        ("备注：周末不办。", True),
        ("說明：周末不辦。", True),
        ("此外，押金另退。", True),
        ("Note: closed on Sunday.", True),
        ("Please note that we close on Sunday.", True),
        ("Notebooks are sold here.", False),
        ("带上身份证，注意安全。", False),
        ("说明书在盒子里。", False),
    ],
)
def test_a_note_is_known_by_how_it_begins(paragraph: str, is_note: bool) -> None:
    assert says("note", paragraph) is is_note


@pytest.mark.parametrize(
    ("paragraph", "is_lead"),
    [
        ("步骤如下：", True),
        ("as follows:", True),
        ("**步骤如下：**", True),
        ("步骤如下：\r\n", True),
        ("如下：先去网点。", False),
        ("去网点。", False),
    ],
)
def test_a_lead_in_is_known_by_how_it_ends(paragraph: str, is_lead: bool) -> None:
    assert says("lead", paragraph) is is_lead
