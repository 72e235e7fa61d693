"""The other names that an article tells."""

from __future__ import annotations

import pytest

from corpus.other_names import bracketed_names, is_called, other_names
from tests.assistants import small

NAMES = {"安居卡", "乐游卡", "联名卡"}
ARTICLE = """# 两张卡怎么退

安居卡由街道发放，用来看病，大家都叫它「健保卡」。

## 安居卡注销步骤

1. 到街道窗口填写申请表。
2. 交回安居卡，领取回执。

## 乐游卡注销步骤

1. 到景区售票处提出申请。
2. 交回乐游卡，退还余额。
"""


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("**安居卡**：街道发的，大家習慣叫它「健保卡」。", [("健保卡", "安居卡")]),
        ("退乐游卡（也叫公园卡，逛景区用）要排队", [("公园卡", "乐游卡")]),
        ("安居卡和乐游卡。乐游卡俗称景点卡，", [("景点卡", "乐游卡")]),
        ("社保卡和住房公积金联名卡（以下简称联名卡）的注销", [("住房公积金联名卡", "联名卡")]),
        ("安居卡可不叫健保卡。", []),
        ("安居卡不再俗称健保卡。", []),
        ("栖原市商业银行（以下简称“本行”）", []),
        ("安居卡。别的都叫它「健保卡」。", []),
    ],
    ids=["quoted", "in brackets", "the nearest", "shortened", "not so", "no more", "of no card", "another sentence"],
)
def test_another_name_is_of_the_name_before_it(text: str, found: list[tuple[str, str]]) -> None:
    assert list(other_names(text, NAMES)) == found


def test_what_says_the_kind_stands_for_the_name() -> None:
    assert is_called("公积金卡", "住房公积金联名卡")
    assert is_called("健保卡", "健保卡")
    assert not is_called("医保卡", "健保卡")
    assert not is_called("卡", "健保卡")


@pytest.mark.parametrize("question", ["健保卡怎么注销", "How do I cancel my health insurance card?"])
def test_a_card_is_known_by_the_other_name_that_its_article_tells(question: str) -> None:
    answer = small({"cards.md": ARTICLE}).ask([question])

    assert "街道窗口" in answer.text
    assert "售票处" not in answer.text


def test_a_card_that_no_article_names_is_answered_by_none() -> None:
    assert small({"cards.md": ARTICLE}).ask(["驾驶证怎么注销"]).outcome == "abstained"


@pytest.mark.parametrize(
    ("heading", "names"),
    [
        ("一卡通（地铁卡）退卡步骤", ["地铁卡"]),
        ("物联网卡(也叫流量卡/上网卡)注销", ["流量卡", "上网卡"]),
        ("交通卡（线上）注销", []),
        ("银行卡注销（须本人办理）", []),
        ("场景一：门禁卡注销", []),
    ],
)
def test_a_heading_tells_other_names_in_brackets(heading: str, names: list[str]) -> None:
    assert list(bracketed_names(heading)) == names


def test_the_name_in_brackets_is_the_cards_whatever_the_alias_list_says() -> None:
    article = """# 两种卡的退法

## 公交卡退卡步骤

1. 到公交站的窗口交卡。
2. 领回押金。

## 一卡通（地铁卡）退卡步骤

1. 到地铁客服中心交卡。
2. 等余额到账。
"""
    assistant = small({"two.md": article})

    answers = [assistant.ask([question]) for question in ("地铁卡怎么退", "公交卡怎么退")]

    assert [answer.steps[0].text for answer in answers] == ["到地铁客服中心交卡。", "到公交站的窗口交卡。"]
