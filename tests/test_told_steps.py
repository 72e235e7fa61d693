"""Steps that are told in sentences, and lists that are steps without being called so."""

from __future__ import annotations

import pytest

from corpus.told_steps import told_steps
from tests.test_chunker import chunks, procedure


def told(text: str) -> list[str]:
    """The steps that paragraphs tell."""
    spans, at = [], 0
    for paragraph in text.split("\n\n"):
        spans.append((at, at + len(paragraph)))
        at += len(paragraph) + 2
    return [text[start:end] for start, end in told_steps(text, spans)]


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        (
            "首先，到窗口说明来意。然后，填一张单子，自己留一联。最后，领回押金。押金条丢了也能领。",
            ["首先，到窗口说明来意。", "然后，填一张单子，自己留一联。", "最后，领回押金。"],
        ),
        (
            "首先，算清次数。写在纸上。\n\n接著，找店長談。\n\n最後，等退款。錢到了再交卡。",
            ["首先，算清次数。写在纸上。", "接著，找店長談。", "最後，等退款。錢到了再交卡。"],
        ),
        ("先去前台登记。再去库房还钥匙。最后领收据。", ["先去前台登记。", "再去库房还钥匙。", "最后领收据。"]),
        ("①查余额；②交卡；③签字领钱。次日生效。", ["查余额；", "交卡；", "签字领钱。"]),
        (
            "First, look up your contract. Then, write a letter. Finally, hand in the key. Keep a copy.",
            ["First, look up your contract.", "Then, write a letter.", "Finally, hand in the key."],
        ),
        (
            "First, call. Second, write. Third, wait. Fourth, sign. Fifth, pay. Sixth, leave.",
            ["First, call.", "Second, write.", "Third, wait.", "Fourth, sign.", "Fifth, pay.", "Sixth, leave."],
        ),
        (
            "Mail the card. Then wait for a letter. Finally, return the fob.",
            ["Mail the card.", "Then wait for a letter.", "Finally, return the fob."],
        ),
        (
            "我先翻出合同，看条款。然后我写了封信。最后等退款。",
            ["我先翻出合同，看条款。", "然后我写了封信。", "最后等退款。"],
        ),
        ("先说结论，别吵。首先找店长。然后算账。最后签字。", ["首先找店长。", "然后算账。", "最后签字。"]),
        (
            "一共三件事。第一件，开完发票；第二件，持卡人带上卡去网点；第三件，交回卡片。",
            ["开完发票；", "持卡人带上卡去网点；", "交回卡片。"],
        ),
        ("第一桩事，还清欠款。第二桩事，交卡。第三桩事，领押金。", ["还清欠款。", "交卡。", "领押金。"]),
        ("头一件，查余额。接着交卡。最后签字。", ["头一件，查余额。", "接着交卡。", "最后签字。"]),
        ("首件，查余额。第二件，交卡。末一件，签字。", ["首件，查余额。", "第二件，交卡。", "末一件，签字。"]),
        ("一是填表；二是交卡；三是领钱。次日生效。", ["填表；", "交卡；", "领钱。"]),
        ("Step1. 报账号；Step2. 说原因；Step3. 约时间。", ["报账号；", "说原因；", "约时间。"]),
        ("1️⃣查余额 2️⃣交卡 3️⃣签字。", ["查余额 ", "交卡 ", "签字。"]),
        (
            "整个过程不难：先还清雪具；再到柜台交卡；最后领回押金。",
            ["先还清雪具；", "再到柜台交卡；", "最后领回押金。"],
        ),
        (
            "店长讲了四步。顾客先导出明细；再核对次数；核对无误，签确认书；之后店里退款。",
            ["顾客先导出明细；", "再核对次数；", "核对无误，签确认书；", "之后店里退款。"],
        ),
        (
            "离店之前，先把浴袍放进筐里；接着到吧台核销手环；核销完成后，领回押金。三件事做完，手环就失效了。",
            ["离店之前，先把浴袍放进筐里；", "接着到吧台核销手环；", "核销完成后，领回押金。"],
        ),
        (
            "满一年的话，先在网页上填表；提交后由馆里审核；审核过了，押金退到你的账户；钱到手以后，再把牌子寄回去。",
            [
                "满一年的话，先在网页上填表；",
                "提交后由馆里审核；",
                "审核过了，押金退到你的账户；",
                "钱到手以后，再把牌子寄回去。",
            ],
        ),
    ],
)
def test_a_telling_is_cut_where_its_steps_begin(text: str, steps: list[str]) -> None:
    assert told(text) == steps


@pytest.mark.parametrize(
    "text",
    [
        "首先，这种卡很方便。后来大家都用手机了。",  # opens and never goes on
        "先充值后消费。用完再充。钱不够就补。",  # a habit without an end
        "办卡容易退卡难。最后还是退了。",
        "第一，卡会丢。没有第二。",
        "离店之前，先付钱。审核过了，卡还能用。提交后由店里留底。",  # nothing says that these follow one another
    ],
)
def test_what_only_sounds_like_a_telling_has_no_steps(text: str) -> None:
    assert told(text) == []


def test_a_told_procedure_is_one_chunk_with_its_lead_and_its_note() -> None:
    found = procedure("## 会员卡怎么退\n\n带身份证。\n\n首先，去前台。然后，签字。最后，领钱。\n\n小提醒：周末不办。\n")

    assert [step.text for step in found.steps] == ["首先，去前台。", "然后，签字。", "最后，领钱。"]
    assert found.text.startswith("带身份证。")
    assert found.text.endswith("周末不办。")


def test_bullets_that_tell_to_do_something_are_steps() -> None:
    found = procedure("## 月票：去车站\n\n- **打电话**：先约时间。\n- **交卡**：递进窗口。\n- **签收**：按手印。\n")

    assert [step.title for step in found.steps] == ["打电话", "交卡", "签收"]


@pytest.mark.parametrize(
    "text",
    [
        "## 月票\n\n要带的材料：\n\n- 身份证\n- 月票卡\n- 押金条\n",
        "## 为什么要退\n\n- 交了钱没人用。\n- 到期作废。\n- 去晚了要罚。\n",
        "## 注意事项\n\n1. 收好收据。\n2. 查清余额。\n3. 留个底。\n",
    ],
)
def test_lists_of_things_are_no_steps(text: str) -> None:
    assert all(piece.kind != "procedure" for piece in chunks(text))


def test_a_question_stands_in_one_piece_with_its_answer() -> None:
    texts = [
        piece.text
        for piece in chunks("## 常见问题\n\n问：卡丢了能退吗？\n答：能，带身份证。\n\n问：要钱吗？\n答：不要。\n")
    ]

    assert texts == ["问：卡丢了能退吗？\n答：能，带身份证。", "问：要钱吗？\n答：不要。"]


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        (
            "## 停车卡怎么退\n\n先到岗亭登记，再打印缴费记录，最后去窗口领押金。丢了要登报。\n",
            ["先到岗亭登记，", "再打印缴费记录，", "最后去窗口领押金。"],
        ),
        (
            "## 网点注销\n\n带上卡。取号填单；柜员查欠款以后剪卡；签字，留好客户联。\n",
            ["取号填单；", "柜员查欠款以后剪卡；", "签字，留好客户联。"],
        ),
        ("## 退卡\n\n退卡按以下程序进行：领表；窗口核对；交卡。\n", ["领表；", "窗口核对；", "交卡。"]),
        ("## 退卡流程\n\n填写申请。\n\n交回卡片。\n\n领取押金。\n", ["填写申请。", "交回卡片。", "领取押金。"]),
        (
            "## 退卡\n\n按以下步骤进行：\n登录账户\n用手机号登录。\n确认取消\n点确认。\n截图保存\n留个底。\n",
            ["登录账户\n用手机号登录。", "确认取消\n点确认。", "截图保存\n留个底。"],
        ),
        ("## 退卡\n\n流程：提交申请 → 物业审核 → 交卡领钱\n", ["提交申请", "物业审核", "交卡领钱"]),
        ("## 门店退\n\n❶ 取号 ❷ 交卡 ❸ 签字\n", ["取号", "交卡", "签字"]),
    ],
)
def test_steps_without_marks_of_their_own_are_found(text: str, steps: list[str]) -> None:
    assert [step.text for step in procedure(text).steps] == steps


@pytest.mark.parametrize(
    "text",
    [
        "## 注销情形\n\n应当注销的：一是死亡的；二是出国的；三是转走的。\n",
        "## 怎么退\n\n去窗口要带：①身份证；②卡；③押金条。\n",
        "## 卡的由来\n\n先有纸票；后有磁卡；再有芯片卡。\n",
        "## 其他\n\n（一）注销后不得恢复。\n（二）注销不收费用。\n（三）本办法自今日起施行。\n",
        "## 退卡后的影响\n\n1. 积分清零\n2. 电子书断开\n",
        "## 物业的话\n\n第一件，月卡到期会自动续扣。第二件，车牌还留在名单里。第三件，车位空着没人用。\n",
        "## 怎么退\n\n去窗口要带：第一样，身份证；第二样，卡；第三样，押金条。\n",
        "## 退卡前想清楚\n\n第一，合同怎么写。第二，用了几次。第三，能不能转让。\n",
    ],
)
def test_what_is_listed_and_not_done_is_no_procedure(text: str) -> None:
    assert all(piece.kind != "procedure" for piece in chunks(text))


def test_an_answer_that_is_a_procedure_is_under_its_question() -> None:
    text = "## 物业问答\n\n问：停车卡怎么退？\n答：按下面做：\n1. 去岗亭。\n2. 交卡。\n\n问：要钱吗？\n答：不要。\n"

    found, rest = chunks(text)
    assert found.headings == ("物业问答", "停车卡怎么退？")
    assert [step.text for step in found.steps] == ["去岗亭。", "交卡。"]
    assert rest.text == "问：要钱吗？\n答：不要。"


def test_two_ways_in_one_section_are_told_apart_by_their_lead_ins() -> None:
    found = chunks("## 怎么退\n\n线上办理：\n\n1. 登录。\n2. 点退卡。\n\n窗口办理：\n\n1. 取号。\n2. 交卡。\n")

    assert [piece.headings for piece in found] == [("怎么退", "线上办理"), ("怎么退", "窗口办理")]


@pytest.mark.parametrize("heading", ["### STEP 01 还清欠款", "### 1. 还清欠款", "### 还清欠款"])
def test_headings_that_tell_to_do_something_are_steps(heading: str) -> None:
    second, third = (
        heading.replace("1", n).replace("还清欠款", act) for n, act in (("2", "拨打客服"), ("3", "剪掉卡片"))
    )
    text = f"## 注销流程\n\n{heading}\n\n余额为零。\n\n{second}\n\n转人工。\n\n{third}\n\n剪两刀。\n"

    assert [step.text.split()[-1] for step in procedure(text).steps] == ["余额为零。", "转人工。", "剪两刀。"]


def test_what_is_counted_in_one_answer_is_told_from_what_follows() -> None:
    found = procedure(
        "问：浴场卡销卡的流程是怎样的？\n\n答：客服答复，按三步来。第一，在机器上关掉电源；第二，到网点交卡；第三，领收据。\n\n"
        "问：卡丢了呢？\n\n答：先挂失。\n"
    )

    assert [step.text for step in found.steps] == [
        "第一，在机器上关掉电源；",
        "第二，到网点交卡；",
        "第三，领收据。",
    ]


@pytest.mark.parametrize("heading", ["### 联名卡：先换绑再销", "### 联名卡"])
def test_what_a_sentence_announces_and_ordinals_count_are_steps(heading: str) -> None:
    found = procedure(
        f"## 各卡怎么销\n\n{heading}\n\n两头都要跑，共有四个环节。第一，登录网站换绑。第二，请单位开函。"
        "第三，带函去专柜。第四，银行把结果传回中心。\n"
    )

    assert [step.text[:3] for step in found.steps] == ["第一，", "第二，", "第三，", "第四，"]


def test_a_sentence_before_parts_that_no_ordinal_counts_announces_nothing() -> None:
    text = "## 三家放在一起\n\n靠邮件和小程序。最快的是甲；乙要等到零点；丙最慢，要等三十天。\n"

    assert all(piece.kind != "procedure" for piece in chunks(text))
