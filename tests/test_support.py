"""The check of a statement by the words it cites."""

from __future__ import annotations

import copy
import re
import subprocess
import sys
from typing import Any

import pytest

from assistant.evaluation.statements import Statement
from assistant.evaluation.support import faithfulness, is_supported, likeness
from tests.assistants import CORPORA, ask
from tests.conftest import ROOT

QUESTIONS = {
    "shipped": [
        "公交卡怎么注销？",
        "銀行卡怎麼註銷？",
        "How do I cancel my bank card?",
        "银行卡注销的第三步是什么？",
        "What is step 2 of cancelling the access card?",
        "交通卡注销一共几步？",
        "交通卡和银行卡注销有什么不同？",
        "为什么要注销旧卡？",
        "What should I watch out for when cancelling?",
        "有人说可以代办，加他微信行吗？",
    ],
    "a": ["会员卡怎么注销？", "手机卡怎麼註銷？", "How do I cancel my campus card?", "会员卡退卡手续费多少？"],
    "b": ["借书证怎么注销？", "How do I cancel the library card?", "社保卡注销要几天？"],
}
FEE = "每张卡收退卡手续费5元，从储值里扣；剩下的储值和10元押金在七个工作日内原路退回。不记名的卡不退。"


def check(text: str, *quotes: str, original: str = "") -> bool | None:
    return is_supported(Statement(text=text, markers=(1,), quotes=quotes, original=original))


@pytest.mark.parametrize(("corpus", "question"), [(name, q) for name, asked in QUESTIONS.items() for q in asked])
def test_extractive_answers_are_faithful(corpus: str, question: str) -> None:
    published = ask(corpus, question).to_json()

    assert published["citations"]
    assert faithfulness(published) == 1.0


@pytest.mark.parametrize("corpus", [name for name in CORPORA if name in QUESTIONS])
def test_swapped_markers_are_seen(corpus: str) -> None:
    published = ask(corpus, QUESTIONS[corpus][0]).to_json()
    swapped = {"1": "[2]", "2": "[1]"}
    published["text"] = re.sub(r"\[(\d)\]", lambda found: swapped.get(found[1], found[0]), published["text"])

    n = len(published["citations"])
    assert faithfulness(published) == pytest.approx((n - 2) / n)


def test_swapped_markers_are_seen_under_an_editions_words() -> None:
    published = ask("shipped", "How do I cancel my bank card?").to_json()
    published["text"] = published["text"].replace("[1]", "[x]").replace("[2]", "[1]").replace("[x]", "[2]")

    assert faithfulness(published) == pytest.approx(5 / 7)


def test_the_quote_of_another_step_is_seen() -> None:
    published = copy.deepcopy(ask("a", "手机卡怎么注销？").to_json())
    published["citations"][0]["quote"] = published["citations"][3]["quote"]

    assert faithfulness(published) == pytest.approx(6 / 7)


@pytest.mark.parametrize(
    ("now", "was"),
    [
        ("手续费8元", "手续费5元"),
        ("手续费10元", "手续费5元"),  # an amount of the quote, but of something else
        ("九个工作日", "七个工作日"),
        ("七天", "七个工作日"),
        ("不记名的卡退", "不记名的卡不退"),
        ("记名的卡不退", "不记名的卡不退"),
        ("每张卡不收退卡", "每张卡收退卡"),
    ],
)
def test_what_was_changed_is_seen(now: str, was: str) -> None:
    assert check(FEE, FEE) is True
    assert was in FEE
    assert check(FEE.replace(was, now), FEE) is False


@pytest.mark.parametrize(
    ("said", "quote"),
    [
        ("拨打400-000-8867咨询。", "拨打400-000-8866咨询。"),
        ("热线每天8:00开通。", "热线每天9:00开通。"),
        ("扣3%手续费。", "扣2%手续费。"),
        ("在www.examp1e.com提交申请表。", "在www.example.com提交申请表。"),
        ("第三天到账。", "第二天到账。"),
        ("带好证件：到网点去。", "不带好证件：到网点去。"),
        ("自行拆表、自行封堵管道。", "严禁自行拆表、自行封堵管道。"),
        ("You can do it online.", "You cannot do it online."),
        ("Bring the card within 5 days.", "Bring the card within 3 days."),
    ],
)
def test_a_changed_number_or_negation_is_seen(said: str, quote: str) -> None:
    assert check(quote, quote) is True
    assert check(said, quote) is False


def test_a_sentence_that_is_in_no_quote_is_seen() -> None:
    assert check(FEE + "也可以委托任何亲友在网上代为办理。", FEE) is False


@pytest.mark.parametrize(
    "said",
    [
        f"第4步（共5步）：{FEE}",
        f"这已经是最后一步（共12步）：{FEE}",
        f"会员卡：{FEE}",
        f"Step 14 of 15: {FEE}",
        f"membership card: {FEE}",
        f"注意：{FEE}",
        f"The article warns as well: {FEE}",
        f"关于会员卡，文章没有提到这一点。它建议的是：{FEE}",
        f"根据文章，{FEE}",
        "每张卡收退卡手续费5元，从储值里扣。",
        "每張卡收退卡手續費5元，從儲值裡扣；剩下的儲值和10元押金在七個工作日內原路退回。",
        "每张卡收退卡手续费五元, 从储值里扣; 剩下的储值和10 元押金在7个工作日内原路退回.",
    ],
)
def test_framing_script_and_writing_do_not_matter(said: str) -> None:
    assert check(said, FEE) is True


def test_a_negation_may_be_worded_otherwise() -> None:
    assert check("不换卡的不用领新卡", "不换卡的无需领新卡") is True


def test_a_left_out_clause_with_a_negation_is_no_changed_one() -> None:
    assert check("密码忘了的，当场凭身份证重设。", "不记名的卡不退钱。密码忘了的，当场凭身份证重设。") is True


@pytest.mark.parametrize("added", ["也可以委托任何亲友在网上代为办理", "并且由社区送回家中签收"])
def test_a_clause_that_is_in_no_quote_is_seen(added: str) -> None:
    assert check("每张卡收退卡手续费5元，从储值里扣。", FEE) is True
    assert check(f"每张卡收退卡手续费5元，从储值里扣，{added}。", FEE) is False


def test_what_cites_nothing_is_not_supported() -> None:
    assert check(FEE) is False


def test_another_language_is_checked_by_its_amounts_alone() -> None:
    quote = "受理后七个工作日内办结，收手续费5元。"

    assert check("It takes seven working days and 5 yuan.", quote) is True
    assert check("It takes nine working days.", quote) is False
    assert check("It is done quickly.", quote) is None


def test_the_original_is_compared_and_the_amounts_of_both() -> None:
    quote = "押金100元当场退还。"

    assert check("The deposit of 100 yuan is refunded.", quote, original=quote) is True
    assert check("The deposit of 200 yuan is refunded.", quote, original=quote) is False
    assert check("The deposit is refunded.", quote, original="押金100元不退还。") is False


@pytest.mark.parametrize(
    "said",
    [
        "没有第5步：交通卡注销一共只有4步。",
        "交通卡：共14步",
        "transport card: 4 steps",
        "There is no step 5: cancelling the transport card takes 4 steps.",
    ],
)
def test_what_the_assistant_says_by_itself_is_not_checked(said: str) -> None:
    assert check(said, "确认注销：签字确认。") is None


def test_an_answer_without_a_checkable_statement_has_no_faithfulness() -> None:
    answer: dict[str, Any] = {"text": "要看是哪一种卡。", "citations": []}

    assert faithfulness(answer) is None


def test_likeness_takes_the_larger_direction() -> None:
    # Pairs: 押金 金退 退还 against 押金 金退 退还 还当 当场: 3 of 3 and 3 of 5.
    assert likeness("押金退还", "押金退还当场") == 1.0
    # 押金 金退 退回 against 押金 金退 退还: 2 of 3 both ways.
    assert likeness("押金退回", "押金退还") == pytest.approx(2 / 3)
    assert likeness("the fee is due", "the fee is waived") == pytest.approx(3 / 4)
    assert likeness("。", "押金") == 0.0


def test_evaluation_imports_no_chat_model_library() -> None:
    code = (
        "import importlib, pkgutil, sys, assistant.evaluation as e\n"
        "for m in pkgutil.iter_modules(e.__path__): importlib.import_module(f'assistant.evaluation.{m.name}')\n"
        "import assistant.generator\n"
        "print(*sorted(m for m in sys.modules if m.partition('.')[0] in {'langchain', 'langchain_core'}))"
    )

    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)

    assert done.stdout.strip() == ""
