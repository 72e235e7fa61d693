from __future__ import annotations

import re
from pathlib import Path

import pytest

from corpus.document import Document
from corpus.hygiene import find
from corpus.reader import read_corpus

ARTICLES = Path(__file__).parents[1] / "corpus" / "articles"
FOUNDING = Path(__file__).parents[2] / "shared" / "article"


def edition() -> Document:
    return next(document for document in read_corpus(ARTICLES) if document.doc_id == "zhineng-ka-zhuxiao")


def sections() -> dict[str, str]:
    """The text under every heading of the edition, by heading."""
    _, *parts = re.split(r"^#{1,6} (.+)$", edition().text, flags=re.MULTILINE)
    return dict(zip(parts[::2], parts[1::2], strict=True))


def section(pattern: str) -> str:
    (heading,) = [heading for heading in sections() if re.search(pattern, heading)]
    return sections()[heading]


def test_every_shipped_article_says_where_it_comes_from() -> None:
    for document in read_corpus(ARTICLES):
        values = (document.source, document.license, document.region, document.as_of)
        assert all(values), document.path
        assert document.body_start > 0
        assert f"title: {document.title}\n" in document.text


def test_the_front_matter_of_our_edition_is_complete() -> None:
    document = edition()
    assert document.title == "智能卡注册后怎样注销"
    assert document.source == "Xiaoka project's own edition"
    assert (document.license, document.language) == ("Apache-2.0", "zh")
    assert (document.region, document.as_of) == ("中国大陆", "2025-05-13")


def test_no_shipped_article_holds_an_advertisement() -> None:
    read = [document for article in read_corpus(ARTICLES) for document in (article, article.edition) if document]
    assert [document.path for document in read] == ["zhineng-ka-zhuxiao.md", "zhineng-ka-zhuxiao.en.md"]
    assert {document.path: find(document) for document in read if find(document)} == {}


@pytest.mark.parametrize(
    "pattern",
    [
        r"什么是\s*(Smart|智能)\s*卡",
        "信息泄露",
        "误操作",
        "更新换代",
        "交通卡注销",
        "银行卡注销",
        "门禁卡注销",
        "注意事项",
        "总结",
    ],
)
def test_every_section_has_one_heading_that_its_pattern_finds(pattern: str) -> None:
    assert len([heading for heading in sections() if re.search(pattern, heading)]) == 1


@pytest.mark.parametrize(
    ("pattern", "steps"),
    [
        (
            "交通卡注销",
            [("有效身份证件", "服务网点"), ("注销申请表", "卡号", "原因"), ("余额", "退款", "转存"), ("签字", "收回")],
        ),
        (
            "银行卡注销",
            [
                ("身份证", "开户行", "账户号码"),
                ("客服热线", "材料", "流程", "手机银行APP"),
                ("预约", "排队"),
                ("柜台", "审核"),
                ("核对", "未结清"),
                ("签字", "回收"),
                ("剪毁", "碎片"),
            ],
        ),
        (
            "门禁卡注销",
            [("物业管理处", "说明情况"), ("注销申请表", "身份证复印件"), ("审核", "通知"), ("新的门禁卡", "一并")],
        ),
        ("注意事项", [("照片", "备份", "丢失"), ("截止日期", "无法办理"), ("凭证", "收据"), ("冒充工作人员", "骗取")]),
    ],
)
def test_every_step_is_there_in_order_with_its_details(pattern: str, steps: list[tuple[str, ...]]) -> None:
    written = re.findall(r"^\d+\. (.+)$", section(pattern), flags=re.MULTILINE)
    assert len(written) == len(steps)
    for text, details in zip(written, steps, strict=True):
        assert [detail for detail in details if detail not in text] == []


@pytest.mark.parametrize(
    ("pattern", "facts"),
    [
        (
            "什么是",
            [
                "集成电路芯片",
                "存储",
                "处理",
                "磁条",
                "安全",
                "空间",
                "公交卡",
                "地铁卡",
                "支付",
                "身份认证",
                "门禁控制",
                "积分",
                "优惠",
            ],
        ),
        ("信息泄露", ["姓名", "身份证号", "银行账号", "隐私"]),
        ("误操作", ["疏忽", "误刷", "扣"]),
        ("更新换代", ["电子卡", "旧卡", "新卡"]),
        ("交通卡注销", ["有些城市", "限制条件", "一定金额", "客服热线"]),
        ("银行卡注销", ["复杂"]),
        ("门禁卡注销", ["小区", "单位", "电子化", "线上"]),
        ("总结", ["及时注销", "非常必要", "按规定"]),
    ],
)
def test_every_fact_stands_in_its_section(pattern: str, facts: list[str]) -> None:
    assert [fact for fact in facts if fact not in section(pattern)] == []


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("交通卡注销", ["物业", "剪毁", "开户行", "长时间排队"]),
        ("银行卡注销", ["物业", "转存"]),
        ("门禁卡注销", ["剪毁", "开户行", "转存"]),
    ],
)
def test_a_procedure_says_nothing_of_the_other_cards(pattern: str, words: list[str]) -> None:
    assert [word for word in words if word in section(pattern)] == []


@pytest.mark.skipif(not FOUNDING.is_dir(), reason="the founding article is not beside this checkout")
def test_no_sentence_is_taken_from_the_founding_article() -> None:
    ours = edition().text
    for source in read_corpus(FOUNDING):
        sentences = [part.strip() for part in re.split(r"[。！？!?；;\n]", source.text)]
        assert [sentence for sentence in sentences if len(sentence) >= 12 and sentence in ours] == []
        runs = {
            source.text[at : at + 13] for at in range(len(source.text) - 12) if "\n" not in source.text[at : at + 13]
        }
        assert [run for run in sorted(runs) if run in ours] == []
