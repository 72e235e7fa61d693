"""The generated articles say what their truth says; other tests lean on that."""

from __future__ import annotations

import random

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from tests.articles import GeneratedArticle, Style, articles, make_article


@given(articles())
def test_every_procedure_stands_in_the_text_in_order(article: GeneratedArticle) -> None:
    at = 0
    for procedure in article.procedures:
        at = article.text.index(procedure.heading if at == 0 else procedure.lead_in, at)
        for step, details in zip(procedure.steps, procedure.details, strict=True):
            for words in (step, *details):
                at = article.text.index(words, at) + len(words)
        at = article.text.index(procedure.note, at)


@given(articles())
def test_every_contact_stands_in_the_text_once_or_twice(article: GeneratedArticle) -> None:
    # A messenger link repeats its handle in its address.
    assert {article.text.count(handle) for handle in article.promotions} <= {1, 2}


@given(articles(promotions=frozenset()))
def test_an_article_without_advertisers_names_none(article: GeneratedArticle) -> None:
    assert article.promotions == ()
    assert "://" not in article.text


@given(articles(crlf=True, bom=True))
def test_line_ends_and_byte_order_mark_are_as_asked(article: GeneratedArticle) -> None:
    assert article.text.startswith("\ufeff")
    assert article.text.count("\n") == article.text.count("\r\n")


@given(articles(front_matter=True, bom=False))
def test_front_matter_is_yaml(article: GeneratedArticle) -> None:
    head = yaml.safe_load(article.text.split("---")[1])

    assert sorted(head) == ["as_of", "license", "title"]
    assert head["title"] in article.text


@given(st.integers(0, 999))
def test_the_same_seed_gives_the_same_article(seed: int) -> None:
    assert make_article(random.Random(seed)) == make_article(random.Random(seed))


@given(articles(n_subjects=3, n_steps=5, two_lists=True))
def test_two_lists_in_a_section_are_two_procedures_of_one_card(article: GeneratedArticle) -> None:
    first, second, *others = article.procedures

    assert len(others) == 2
    assert (first.subject, first.heading) == (second.subject, second.heading)
    assert first.lead_in != second.lead_in
    assert {len(procedure.steps) for procedure in article.procedures} == {5}


@pytest.mark.parametrize(
    ("style", "lines"),
    [
        (Style(marker="1、"), ["1、", "2、", "3、"]),
        (Style(marker="（1）"), ["（1）", "（2）", "（3）"]),
        (Style(marker="①"), ["①", "②", "③"]),
        (Style(marker="第一步："), ["第一步：", "第二步：", "第三步："]),
        (Style(marker="步骤1："), ["步骤1：", "步骤2：", "步骤3："]),
        (Style(marker="heading"), ["#### 步骤一：", "#### 步骤二：", "#### 步骤三："]),
        (Style(marker="heading", headings="bold"), ["**步骤一：", "**步骤二：", "**步骤三："]),
        (Style(marker="heading", headings="numeral"), ["步骤一：", "步骤二：", "步骤三："]),
        (Style(marker="Step 1:", language="en"), ["Step 1: ", "Step 2: ", "Step 3: "]),
        (Style(marker="①", language="en"), ["1. ", "2. ", "3. "]),
    ],
)
def test_steps_are_marked_as_asked(style: Style, lines: list[str]) -> None:
    article = make_article(random.Random(1), style)
    (procedure,) = article.procedures
    text = article.text[article.text.rindex(procedure.heading) :].splitlines()

    assert [marker for marker in lines if any(line.startswith(marker) for line in text)] == lines


@pytest.mark.parametrize(
    ("style", "lines"),
    [
        (Style(headings="atx"), ["## ", "### "]),
        (Style(headings="setext"), ["------", "### "]),
        (Style(headings="bold"), ["**什么是", "**小结**"]),
        (Style(headings="numeral"), ["一、", "（一）", "四、小结"]),
        (Style(headings="numeral", language="en"), ["## ", "### "]),
    ],
)
def test_headings_are_written_as_asked(style: Style, lines: list[str]) -> None:
    text = make_article(random.Random(1), style).text.splitlines()

    assert [start for start in lines if any(line.startswith(start) for line in text)] == lines
