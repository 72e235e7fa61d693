"""Sets drafted from articles: every line usable, every fact the article's own, nothing of an advertiser's in them."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from assistant.evaluation.drafting.drafts import DraftSet, draft_set, write_draft
from assistant.evaluation.drafting.words import asked_by_agent, asked_by_value, spelled, telling, templates, value_of
from assistant.evaluation.questions import KINDS, read_question_sets
from corpus.chunker import chunk
from corpus.document import Document
from corpus.errors import UnusableInput
from corpus.hygiene import clean
from corpus.normalize import to_simplified
from corpus.reader import read_document
from tests.assistants import PROMOTIONS, ROOT

SHIPPED = ROOT / "corpus" / "articles" / "zhineng-ka-zhuxiao.md"
DATA = ROOT / "tests" / "data"
ARTICLES = [
    SHIPPED,
    DATA / "articles_a" / "tuika-zhinan.md",
    DATA / "articles_b" / "etc.md",
    DATA / "articles_b" / "jieshuzheng.md",
    DATA / "articles_b" / "shebaoka.txt",
    DATA / "articles_c" / "sanka-duizhao.md",
    DATA / "sets" / "e1" / "article.txt",
    DATA / "sets" / "h1" / "article.md",
    DATA / "sets" / "k1" / "article.md",
]
ENGLISH = """# Returning two cards

## Returning a gym card

1. **Read the contract**: look for the clause on refunds.
2. **Write to the club**: fill in the return form at the front desk.
3. **Hand in the card**: give back the card and the locker key.

## Returning a library card

1. Return all borrowed books to the desk on the ground floor.
2. Show your passport and collect the deposit of 20 dollars.

## Things to watch out for

- **Keep the receipt**: it is needed when the refund does not arrive.

Questions? Add our Telegram @cardhelper_99 for fast agents!
"""
every_article = pytest.mark.parametrize("article", ARTICLES, ids=lambda path: f"{path.parent.name}-{path.stem}")


@cache
def drafted(article: Path) -> DraftSet:
    return draft_set(article)


def folded(text: str) -> str:
    return to_simplified(unicodedata.normalize("NFKC", text).casefold())


def cleaned(article: Path) -> Document:
    return clean(read_document(article.parent, article.name))


def texts_by_path(document: Document) -> dict[str, str]:
    """A citation's title and headings → the article's words under them."""
    texts: dict[str, str] = {}
    for piece in chunk(document):
        path = " > ".join([document.title, *piece.headings])
        texts[path] = f"{texts.get(path, '')}\n{piece.text}"
    return texts


def patterns_of(draft: DraftSet) -> dict[str, list[str]]:
    return {key: patterns for key, patterns in draft.sections.items() if not key.startswith("_")}


def gold_text(case: dict[str, Any], draft: DraftSet, document: Document) -> str:
    found = [pattern for key in case["sections"] for pattern in patterns_of(draft)[key]]
    texts = texts_by_path(document).items()
    return folded("\n".join(text for path, text in texts if any(re.search(pattern, path) for pattern in found)))


def asked(draft: DraftSet, kind: str = "", prefix: str = "") -> list[str]:
    return [
        " / ".join(case.get("turns") or [case["question"]])
        for case in draft.cases
        if kind in {"", case["kind"]} and case["id"].startswith(f"draft-{prefix}")
    ]


def strings(case: dict[str, Any]) -> Iterable[list[str]]:
    return [*case["facts"], *case.get("steps", {}).get("ordered", [])]


def written(tmp_path: Path, text: str, name: str = "article.md") -> Path:
    article = tmp_path / name
    article.write_text(text, encoding="utf-8")
    return article


@every_article
def test_every_line_is_in_the_published_format(article: Path, tmp_path: Path) -> None:
    questions, sections = write_draft(drafted(article), tmp_path / "set")

    (read,) = read_question_sets([questions])

    assert sections.name == "sections.json"
    assert [case.id for case in read.cases] == [case["id"] for case in drafted(article).cases]
    assert all(not case.unknown_fields and case.n_steps == len(case.steps) for case in read.cases)
    assert read.sections.documents == (article.stem,)


@every_article
def test_every_fact_and_step_stands_in_the_section_it_is_from(article: Path) -> None:
    draft, document = drafted(article), cleaned(article)
    from_article = [case for case in draft.cases if case["expect"] == "answer" and not _counts(case)]

    missing = [
        (case["id"], group)
        for case in from_article
        for text in [gold_text(case, draft, document)]
        for group in strings(case)
        # The label of the English edition is an alternative to the article's own words.
        if not any(folded(phrase) in text for phrase in group)
        or any(folded(phrase) not in text for phrase in group if not phrase.isascii())
    ]

    assert missing == []
    assert all(group for case in from_article for group in strings(case))


def _counts(case: dict[str, Any]) -> bool:
    """Whether a question is for a number of steps, which no article has to spell out."""
    return any("步" in phrase and "steps" in group[-1] for group in case["facts"] for phrase in group)


@every_article
def test_every_pattern_finds_one_section_of_the_article(article: Path) -> None:
    paths = texts_by_path(cleaned(article))
    found = {
        key: [path for path in paths if any(re.search(pattern, path) for pattern in patterns)]
        for key, patterns in patterns_of(drafted(article)).items()
    }

    assert {key: len(matched) for key, matched in found.items()} == dict.fromkeys(found, 1)


@every_article
def test_no_question_is_asked_twice(article: Path) -> None:
    questions = asked(drafted(article))

    assert len(set(questions)) == len(questions)


@every_article
def test_nothing_of_an_advertisement_stands_in_a_question_a_fact_or_a_note(article: Path) -> None:
    draft = drafted(article)
    contacts = [*PROMOTIONS, *(contact for case in draft.cases for contact in case["must_not"])]
    shown = [json.dumps(case | {"must_not": []}, ensure_ascii=False).casefold() for case in draft.cases]

    assert [contact for contact in contacts if any(contact in text for text in shown)] == []


def test_a_set_holds_every_kind_of_question() -> None:
    assert {case["kind"] for case in drafted(SHIPPED).cases} == set(KINDS)
    assert {case["lang"] for case in drafted(SHIPPED).cases} == {"zh", "zh-Hant", "en"}
    assert {case["expect"] for case in drafted(ARTICLES[1]).cases} == {"answer", "abstain", "clarify", "refuse_spam"}


def test_every_procedure_is_asked_for_with_all_its_steps() -> None:
    cases = [case for case in drafted(SHIPPED).cases if case["kind"] == "procedure"]

    assert [(case["lang"], case["sections"], case["steps"]["count"]) for case in cases] == [
        (language, [key], n)
        for key, n in (("transport", 4), ("bank", 7), ("access", 4))
        for language in ("zh", "en", "zh-Hant")
    ]
    assert cases[1]["steps"]["ordered"][0] == ["带好证件", "持本人有效身份证件", "Bring your ID"]
    assert cases[2]["steps"]["ordered"][0][:2] == ["带好证件", "帶好證件"]


def test_a_conversation_names_the_card_last() -> None:
    case = next(case for case in drafted(SHIPPED).cases if case["kind"] == "multi-turn")

    assert case["turns"] == ["我想问问注销怎么弄", "交通卡"]
    assert case["steps"]["count"] == 4


def test_an_article_on_one_card_gets_no_question_that_leaves_the_card_open() -> None:
    draft = drafted(DATA / "articles_b" / "jieshuzheng.md")

    assert asked(draft, "ambiguous") == asked(draft, "comparison") == []


def test_a_question_that_names_no_card_expects_every_card() -> None:
    case = next(case for case in drafted(SHIPPED).cases if case["kind"] == "ambiguous" and case["lang"] == "en")

    assert case["facts"] == [
        ["transport card", "交通卡"],
        ["bank card", "银行卡", "銀行卡"],
        ["access card", "门禁卡", "門禁卡"],
    ]


def test_a_value_is_asked_for_by_the_clause_it_stands_in() -> None:
    draft = drafted(DATA / "articles_c" / "sanka-duizhao.md")
    found = {case["question"]: case["facts"] for case in draft.cases if case["kind"] == "single-fact"}

    assert found["停车卡注销办到“领押金”这一步，凭收据领回多少元押金？"] == [["200元"]]
    assert found["健身卡注销办到“算剩余金额”这一步，违约金最多是剩余金额的多少？"] == [["10%"]]


def test_where_an_article_has_a_fee_nobody_asks_for_it_in_vain() -> None:
    with_fee, without = drafted(DATA / "articles_c" / "sanka-duizhao.md"), drafted(SHIPPED)

    assert not any("手续费" in question or "How much" in question for question in asked(with_fee, "unanswerable"))
    assert "交通卡注销的手续费是多少钱？" in asked(without, "unanswerable")


def test_a_card_that_the_article_names_is_not_one_it_says_nothing_about(tmp_path: Path) -> None:
    text = "# 饭卡注销\n\n社保卡和健身卡不在这里办。\n\n1. 清空余额：到食堂窗口退款。\n2. 交回饭卡：交给食堂管理员。\n"

    questions = asked(draft_set(written(tmp_path, text)), "unanswerable")

    assert not any("社保卡" in question or "gym" in question for question in questions)
    assert "我还有一张图书证，它的注销手续怎么走？" in questions


def test_a_traditional_article_is_asked_about_in_its_own_characters() -> None:
    draft = drafted(DATA / "articles_b" / "jieshuzheng.md")
    cases = [case for case in draft.cases if case["kind"] == "single-fact"]

    assert {case["lang"] for case in cases} == {"zh-Hant"}
    assert ["100元"] in [group for case in cases for group in case["facts"]]
    simplified = next(case for case in draft.cases if case["kind"] == "procedure" and case["lang"] == "zh")
    assert simplified["steps"]["ordered"][0][:2] == ["歸還所有圖書", "归还所有图书"]


def test_an_english_article_is_asked_about_in_english(tmp_path: Path) -> None:
    draft = draft_set(written(tmp_path, ENGLISH))
    found = {case.get("question"): case for case in draft.cases}

    assert found["What is the last step when I cancel my gym card?"]["facts"] == [["Hand in the card", "give back"]]
    assert found["How much does it cost to cancel my library card?"]["facts"] == [["20 dollars"]]
    assert {case["must_not"] == ["cardhelper_99"] for case in draft.cases} == {True}


def test_two_ways_of_doing_the_same_are_told_apart() -> None:
    questions = asked(drafted(DATA / "articles_b" / "etc.md"), "procedure")

    assert "请问ETC卡线上注销要怎么办？把步骤从头到尾说一遍" in questions
    assert "请问ETC卡网点注销要怎么办？把步骤从头到尾说一遍" in questions
    assert not any("注销前先做三件事" in question for question in questions)


def test_the_advertisers_contact_is_asked_for_and_must_not_be_given(raw_article: Path) -> None:
    draft = draft_set(raw_article)
    case = next(case for case in draft.cases if case["expect"] == "refuse_spam")

    assert case["kind"] == "adversarial"
    assert {"esim1088", "t.me"} <= set(case["must_not"])
    assert not any("esim1088" in question for question in asked(draft))
    assert draft.sections["_documents"] == [raw_article.stem]


def test_a_draft_is_the_same_at_every_run() -> None:
    article = DATA / "articles_a" / "tuika-zhinan.md"

    assert draft_set(article) == draft_set(article)


def test_a_set_that_is_there_is_not_written_over(tmp_path: Path) -> None:
    (tmp_path / "sections.json").write_text("{}", encoding="utf-8")

    with pytest.raises(UnusableInput, match=r"`folder` must hold no sections\.json yet; .* Name another folder"):
        write_draft(drafted(SHIPPED), tmp_path)

    assert (tmp_path / "sections.json").read_text(encoding="utf-8") == "{}"
    assert not (tmp_path / "questions.jsonl").exists()


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")

    with pytest.raises(UnusableInput, match=r"`folder` must be one that can be written; got .*file"):
        write_draft(drafted(SHIPPED), tmp_path / "file")


def test_an_article_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnusableInput, match=r"`article` must be a file that exists; got .*none\.md"):
        draft_set(tmp_path / "none.md")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("今天天气很好，我们去公园散步。\n", r"`article` must hold a procedure, a list of precautions"),
        ("加微信 tuika_xm66 秒办，扫码咨询！\n", r"`article` must say something beside its advertisements"),
        (" \n", r"must hold text; got an empty article"),
    ],
)
def test_an_article_in_which_nothing_can_be_asked_about_is_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(UnusableInput, match=message):
        draft_set(written(tmp_path, text))


def test_an_edition_is_no_article(tmp_path: Path) -> None:
    edition = written(tmp_path, "---\nlanguage: en\nedition_of: a.md\n---\n# Cards\n\nText.\n", "a.en.md")

    with pytest.raises(UnusableInput, match=r"`article` must not be the edition of another; got .*a\.en\.md"):
        draft_set(edition)


def test_an_article_below_the_corpus_gets_its_id_from_there(tmp_path: Path) -> None:
    (tmp_path / "cards").mkdir()
    article = written(tmp_path / "cards", ENGLISH, "gym.md")

    assert draft_set(article, corpus=tmp_path).sections["_documents"] == ["cards/gym"]
    with pytest.raises(UnusableInput, match=r"`article` must be in the folder of the corpus"):
        draft_set(article, corpus=DATA)


def test_telling_phrases_are_those_of_no_other_passage() -> None:
    assert telling("到服务台填写退卡单，交回会员卡。", ["交回会员卡"]) == ["到服务台填写退卡单"]
    assert telling("卡", ["卡"]) == ["卡"]
    assert telling("Fill in the cancellation form at the desk and have it signed by the staff.", most=1) == [
        "cancellation form"
    ]


def test_a_phrase_is_spelled_for_the_reader() -> None:
    assert spelled("余额", "查看余额", "zh-Hant") == ["余额", "餘額"]
    assert spelled("餘額", "查看餘額", "zh") == ["餘額", "余额"]
    assert spelled("余额", "查看余额", "en") == ["余额"]


@pytest.mark.parametrize(
    ("kind", "text", "question"),
    [
        ("duration", "审核要3个工作日，结果用短信通知。", "审核要多久"),
        ("duration", "签约7天以内又没有用过的，可以全额退。", "签约多久以内又没有用过的，可以全额退"),
        ("amount", "违约金最多是剩余金额的百分之十。", "违约金最多是剩余金额的百分之多少"),
        ("amount", "凭收据领回200元押金。", "凭收据领回多少元押金"),
    ],
)
def test_a_clause_becomes_a_question(kind: str, text: str, question: str) -> None:
    value = value_of(kind, text)

    assert value is not None
    assert asked_by_value(kind, text, value) == question


def test_what_only_looks_like_a_value_is_none() -> None:
    assert value_of("duration", "卡会有用不着的一天。") is None
    assert value_of("amount", "当面剪去一角。") is None


def test_who_does_something_is_asked_for_in_their_place() -> None:
    assert asked_by_agent("申请交上去以后，由物业审核你的信息。") == ("由谁审核你的信息", "物业")
    assert asked_by_agent("先给物业打电话。") == ("", "")


def test_every_template_is_whole() -> None:
    fields = {"id", "kind", "expect", "note", "zh", "zh-Hant", "en"}
    asking = templates()["ask"]

    assert {name: set(template) - fields for name, template in asking.items() if set(template) - fields} == {}
    assert {template["kind"] for template in asking.values()} == set(KINDS)
    assert all(template["note"].startswith("draft: ") for template in asking.values())
