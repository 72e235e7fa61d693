"""English answers: in the words of an article's English edition, with the original beside them."""

from __future__ import annotations

import json
import re
from random import Random

import pytest

from assistant.assistant import Assistant
from assistant.page.conversation import shown
from assistant.page.markdown import page_answer
from assistant.render import terminal_answer
from tests.articles import Style, make_article
from tests.assistants import ask, broken_rules, built, files, small
from tests.english_edition import ARTICLE, ENGLISH

_HAN = re.compile(r"[\u4e00-\u9fff]")


@pytest.fixture(scope="module")
def english() -> Assistant:
    return small({"bus.md": ARTICLE, "bus.en.md": ENGLISH})


def test_an_english_answer_gives_the_editions_words_and_the_original_beside_them(english: Assistant) -> None:
    answer = english.ask(["How do I cancel my bus card?"])

    assert answer.text == (
        "**Cancelling your transport card** — 3 steps, in English, each with the Chinese original to show at the "
        "counter:\n\n"
        "1. **Bring your ID**: take your ID card to a service outlet. [1]\n"
        "   原文 / original: 带证件：带身份证到服务网点。\n"
        "2. Fill in the application form; the fee is 5 yuan. State the card number [2]\n"
        "   原文 / original: 填写申请表，费用5元。 写明卡号\n"
        "3. **Sign it**. The phone number is 400 000 8866. [3]\n"
        "   原文 / original: 签字。电话是400-000-8866。\n\n"
        "Note: in some cities you have to call customer service first. [4]\n"
        "   原文 / original: 注意：有的城市要先打客服电话。"
    )
    assert [(step.text, step.original) for step in answer.steps][:1] == [
        ("**Bring your ID**: take your ID card to a service outlet.", "带证件：带身份证到服务网点。")
    ]
    assert [citation.quote for citation in answer.citations][:1] == ["**带证件**：带身份证到服务网点。"]
    assert broken_rules(answer, {"bus": ARTICLE}) == []


def test_the_published_form_of_an_answer_is_what_it_was(english: Assistant) -> None:
    step = english.ask(["How do I cancel my bus card?"]).to_json()["steps"][0]

    assert json.loads(json.dumps(step)) == {
        "number": 1,
        "text": "**Bring your ID**: take your ID card to a service outlet.",
        "markers": [1],
    }


def test_a_chinese_answer_keeps_the_articles_words(english: Assistant) -> None:
    answer = english.ask(["公交卡怎么注销？"])

    assert [step.text for step in answer.steps][:1] == ["**带证件**：带身份证到服务网点。"]
    assert {step.original for step in answer.steps} == {""}
    assert "original" not in answer.text


def test_an_article_without_an_edition_is_quoted_in_its_own_words() -> None:
    answer = small({"bus.md": ARTICLE}).ask(["How do I cancel my bus card?"])

    assert answer.text.startswith(
        "**Cancelling your transport card** — 3 steps, in the article's own words:\n\n1. **带证"
    )
    assert [step.original for step in answer.steps] == ["", "", ""]
    assert "original" not in answer.text


def test_a_passage_without_words_of_its_own_in_the_edition_is_quoted_in_the_articles() -> None:
    first = "误刷会白白扣钱，" + "一次误刷扣两元，扣掉的钱不退，" * 8 + "所以误刷要当心。"
    long = first + "注销以后不会再扣" + "，也不用再担心" * 20 + "。"
    article = ARTICLE.replace("误刷会白白扣钱。注销以后不会再扣。", long)
    texts = {"bus.md": article, "bus.en.md": ENGLISH.replace("nothing. After", "nothing, and after")}

    text = small(texts).ask(["How much money does an accidental swipe of the bus card deduct?"]).text

    assert "误刷会白白扣钱" in text
    assert "accidental swipe deducts" not in text
    assert "original" not in text


@pytest.mark.parametrize(
    ("question", "shown"),
    [
        ("How many steps does it take to cancel my bus card?", "1. Bring your ID [1]\n   原文 / original: 带证件\n2. "),
        (
            "What is the last step for the bus card?",
            "Step 3 of 3: **Sign it**. The phone number is 400 000 8866. [1]\n   原",
        ),
        (
            "What should I watch out for?",
            "2. Beware of fraud: watch out for people posing as staff to cheat you. [2]\n",
        ),
        ("Give me the agent's Telegram", "The article warns as well: Beware of fraud: watch out for people posing"),
    ],
)
def test_every_kind_of_answer_is_given_in_english(english: Assistant, question: str, shown: str) -> None:
    assert shown in english.ask([question]).text


def test_ways_of_one_article_are_offered_in_english_and_understood_when_sent_back() -> None:
    article = (
        "# ETC卡注销\n\n## 线上注销\n\n1. 登录小程序。\n2. 上传照片。\n\n## 网点注销\n\n1. 带身份证。\n2. 交回设备。\n"
    )
    edition = (
        "---\nlanguage: en\nedition_of: etc.md\n---\n# Cancelling an ETC card\n\n## Online\n\n1. Log in.\n"
        "2. Upload photos.\n\n## At an outlet\n\n1. Bring your ID.\n2. Hand in the device.\n"
    )
    assistant = small({"etc.md": article, "etc.en.md": edition})

    back = assistant.ask(["How do I cancel my ETC card?"])
    assert back.options == ("ETC card Online (线上注销)", "ETC card At an outlet (网点注销)")
    answers = [assistant.ask(["How do I cancel my ETC card?", option]) for option in back.options]
    assert [(answer.language, answer.steps[-1].text) for answer in answers] == [
        ("en", "Upload photos."),
        ("en", "Hand in the device."),
    ]


def test_the_original_is_an_aside_on_the_page_and_a_line_at_the_terminal(english: Assistant) -> None:
    answer = english.ask(["What is the last step for the bus card?"])

    page, terminal = page_answer(shown(answer, english.document), 0), terminal_answer(answer, english.document)

    assert '\n   <small class="xk-original" lang="zh">原文 / original: 签字。电话是400-000-8866。</small>' in page
    assert "\n   原文 / original: 签字。电话是400-000-8866。\n" in terminal


def test_markup_of_an_edition_is_shown_as_text() -> None:
    edition = ENGLISH.replace("Sign it.", "Sign *it* _here_ [x](y).")
    answer = small({"bus.md": ARTICLE, "bus.en.md": edition}).ask(["What is the last step for the bus card?"])

    assert broken_rules(answer, {"bus": ARTICLE}) == []
    assert r"Sign it \_here\_ \[x\](y)." in answer.text.replace("**", "")


@pytest.mark.parametrize(
    "question",
    [
        "How do I cancel my bank card?",
        "What is the last step for the access card?",
        "How many steps does it take to cancel a transport card?",
        "Why should I cancel a smart card?",
        "What is a smart card?",
        "What kinds of smart card are there?",
        "What should I watch out for?",
        "Summarize the article",
        "Which card is the most complicated to cancel?",
    ],
)
def test_the_shipped_article_answers_in_english_with_every_original_below(question: str) -> None:
    answer = ask("shipped", question)
    lines = [line for line in answer.text.splitlines() if line.strip()]
    originals = [line for line in lines if line.startswith("   原文 / original: ")]
    own = [line.replace("智能卡", "").replace("Smart卡", "") for line in lines if line not in originals]

    assert answer.outcome == "answered"
    assert len(originals) == len(answer.citations)
    assert [line for line in own if _HAN.search(line)] == []
    assert broken_rules(answer, files("shipped")) == []


def test_the_catalog_and_the_sources_do_not_list_an_edition() -> None:
    assert built("shipped").subjects() == ("交通卡", "银行卡", "门禁卡")
    assert {c.chunk.doc_id for c in ask("shipped", "How do I cancel my bank card?").citations} == {"zhineng-ka-zhuxiao"}


def test_generated_articles_with_a_copy_as_edition_give_the_same_steps() -> None:
    article = make_article(Random(3), Style(n_subjects=1, n_steps=5, labels="bold", notes=True))
    edition = f"---\nlanguage: en\nedition_of: a.md\n---\n{article.text}"

    steps = small({"a.md": article.text, "a.en.md": edition}).ask(["怎么注销"]).steps

    assert [step.text for step in small({"a.md": article.text}).ask(["怎么注销"]).steps] == [s.text for s in steps]
