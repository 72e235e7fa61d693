from __future__ import annotations

import pytest

from assistant.catalog import Catalog, build_catalog
from assistant.lexicon import load_lexicon
from corpus.document import Document
from corpus.subjects import known_cards
from tests.assistants import built
from tests.fake_assistant import VERSION


def catalog(*outline: tuple[str, tuple[str, ...]], text: str = "", title: str = "办事指南") -> Catalog:
    """A catalog of procedures, each given by its document and headings."""

    def read(doc_id: str) -> Document:
        return Document(doc_id=doc_id, title=title, text=text, path=f"{doc_id}.md", version=VERSION)

    entries = [(doc_id, headings, "procedure", f"{doc_id}:{n}") for n, (doc_id, headings) in enumerate(outline)]
    return build_catalog(entries, dict.fromkeys((doc_id for doc_id, _ in outline), title), read, load_lexicon())


def test_a_card_is_found_in_the_deepest_heading_that_names_one() -> None:
    found = catalog(("x", ("注销公交卡和银行卡", "情形二：门禁卡注销")), ("x", ("银行卡怎么退", "办理步骤")))

    assert [p.cards for p in found.procedures] == [("门禁卡",), ("银行卡",)]
    assert found.subjects == ("门禁卡", "银行卡")


def test_a_card_is_found_in_the_title_when_no_heading_names_one() -> None:
    assert catalog(("x", ("办理流程",)), title="社保卡注销说明").subjects == ("社保卡",)


def test_an_article_is_read_only_when_its_headings_and_title_name_no_card() -> None:
    entries = [("x", ("公交卡注销",), "procedure", "x:0"), ("y", ("步骤",), "procedure", "y:0")]
    titles = {"x": "指南", "y": "银行卡销户"}

    found = build_catalog(entries, titles, lambda _: pytest.fail("read an article"), load_lexicon())
    assert found.subjects == ("交通卡", "银行卡")


def test_a_card_is_found_in_the_text_when_most_of_the_text_is_about_it() -> None:
    text = "借书证用来借书。退借书证前先还书，带上身份证。"

    assert catalog(("x", ("办理流程",)), text=text, title="退证须知").subjects == ("图书证",)


def test_an_article_about_no_card_in_particular_has_no_subject() -> None:
    found = catalog(("x", ("智能卡注销步骤",)))

    assert found.subjects == ()
    assert [p.chunk_id for p in found.in_general()] == ["x:0"]


def test_a_card_that_no_list_knows_is_called_as_its_heading_calls_it() -> None:
    found = catalog(("x", ("如何注销蓝鲸卡",)))

    assert found.subjects == ("蓝鲸卡",)
    assert [mention.card for mention in found.cards.mentions("蓝鲸卡怎么退")] == ["蓝鲸卡"]
    assert known_cards().mentions("蓝鲸卡怎么退") == []


def test_a_card_is_called_what_the_corpus_calls_it() -> None:
    assert catalog(("x", ("公交卡注销",))).called("交通卡") == "公交卡"
    assert catalog(("x", ("交通卡注销",))).called("交通卡") == "交通卡"
    assert catalog().called("银行卡") == "银行卡"


@pytest.mark.parametrize(
    ("card", "subjects"),
    [
        ("交通卡", ("交通卡",)),
        ("羊城通", ("交通卡",)),
        ("储蓄卡", ("银行卡",)),
        ("健身卡", ()),
        ("蓝鲸卡", ()),
    ],
)
def test_a_sort_of_card_is_covered_by_its_broader_kind(card: str, subjects: tuple[str, ...]) -> None:
    assert catalog(("x", ("交通卡注销",)), ("x", ("银行卡注销",))).covering(card) == subjects


def test_a_kind_is_covered_by_its_sorts_when_only_they_have_articles() -> None:
    found = catalog(("x", ("储蓄卡销户",)), ("x", ("信用卡注销",)))

    assert found.covering("银行卡") == ("储蓄卡", "信用卡")
    assert found.covering("信用卡") == ("信用卡",)


def test_a_card_beside_a_longer_name_of_its_kind_is_told_from_it() -> None:
    found = catalog(("x", ("花店储值卡怎么退",)), ("x", ("洗车卡怎么退",)))

    assert found.subjects == ("花店储值卡", "洗车卡")
    assert found.covering("预付卡") == ("花店储值卡", "洗车卡")


def test_an_article_about_another_action_does_not_answer_for_cancelling() -> None:
    found = catalog(("x", ("公交卡充值步骤",)), ("y", ("公交卡挂失",)))

    assert found.about("交通卡") == ()
    assert [p.doc_id for p in found.about("交通卡", "top_up")] == ["x"]
    assert [p.doc_id for p in found.about("交通卡", "report_loss")] == ["y"]


def test_several_procedures_about_one_card_keep_the_order_of_the_corpus() -> None:
    found = catalog(("etc", ("ETC卡注销", "线上注销")), ("etc", ("ETC卡注销", "网点注销")))

    assert [p.headings[-1] for p in found.about("ETC卡")] == ["线上注销", "网点注销"]


def test_only_procedures_make_a_subject() -> None:
    outline = [("x", ("会员卡",), "prose", "x:0"), ("x", ("会员卡",), "item", "x:1")]

    assert (
        build_catalog(outline, {"x": "会员卡"}, lambda _: pytest.fail("nothing to read"), load_lexicon()).subjects == ()
    )


@pytest.mark.parametrize(
    ("name", "subjects"),
    [
        ("shipped", ("交通卡", "银行卡", "门禁卡")),
        ("a", ("会员卡", "手机卡", "校园卡")),
        ("b", ("ETC卡", "图书证", "社保卡")),
    ],
)
def test_the_subjects_of_whole_articles(name: str, subjects: tuple[str, ...]) -> None:
    assert built(name).subjects() == subjects


def test_the_founding_article_has_the_same_subjects_as_our_edition(articles_dir: object) -> None:
    assert built("founding").subjects() == ("交通卡", "银行卡", "门禁卡")


def test_what_a_catalog_says_of_a_card_is_what_its_procedures_say() -> None:
    found = catalog(
        ("x", ("公交卡注销", "办理步骤")),
        ("y", ("公交卡挂失", "步骤")),
        ("z", ("门禁卡注销", "步骤")),
        ("w", ("步骤",)),
    )

    assert found.subjects == ("交通卡", "门禁卡")
    assert [p.doc_id for p in found.about("交通卡")] == ["x"]
    assert [p.doc_id for p in found.about("门禁卡")] == ["z"]
    assert found.about("银行卡") == found.about("交通卡", "nothing") == ()
    assert [p.doc_id for p in found.in_general()] == ["w"]


def test_a_narrower_card_is_covered_by_its_kind_and_a_kind_by_those_of_it() -> None:
    narrow = next(card for card in known_cards().by_name.values() if card.broader)
    others = [c.name for c in known_cards().by_name.values() if c.broader == narrow.broader and c.name != narrow.name]

    kind = catalog(("x", (f"{narrow.broader}注销",)))
    assert kind.covering(narrow.name) == kind.covering(narrow.broader) == (narrow.broader,)

    own = catalog(("x", (f"{narrow.name}注销",)))
    assert own.covering(narrow.name) == own.covering(narrow.broader) == (narrow.name,)
    assert all(own.covering(other) == () for other in others)


def test_the_procedure_of_the_action_asked_for_is_taken_before_cancelling() -> None:
    found = catalog(("x", ("停车卡注销",)), ("x", ("停车卡过户",)), ("y", ("加油卡过户",)))

    assert [p.chunk_id for p in found.for_actions("停车卡", {"transfer_owner"})] == ["x:1"]
    assert [p.chunk_id for p in found.for_actions("停车卡", {"cancel", "transfer_owner"})] == ["x:0"]
    assert [p.chunk_id for p in found.for_actions("停车卡", {"password"})] == ["x:0"]
    assert found.for_actions("加油卡", frozenset()) == ()
    assert found.documents_on("加油卡") == ("y",)


@pytest.mark.parametrize(
    ("heading", "kind"),
    [
        ("云雾山温泉次卡退卡", "温泉卡"),  # the longer name of a kind
        ("蓝湾游泳池月卡退卡", "游泳卡"),
        ("蓝湾健身房储值卡退卡", "健身卡"),  # how it is paid for, and what for
        ("蓝湾储值卡退卡", "预付卡"),  # how it is paid for alone
        ("蓝湾图书馆门禁卡退卡", "门禁卡"),  # what it is for stands last
    ],
)
def test_a_name_of_its_own_is_of_the_kind_that_its_words_say(heading: str, kind: str) -> None:
    found = catalog(("x", (heading,)))

    assert found.subjects == (heading.removesuffix("退卡"),)
    assert found.cards.broader(found.subjects[0]) == kind
    assert found.covering(kind) == found.subjects


def test_two_names_of_one_kind_in_one_article_stay_apart() -> None:
    found = catalog(("x", ("云雾山温泉次卡退卡",)), ("x", ("青石湾温泉次卡退卡",)))

    assert found.subjects == ("云雾山温泉次卡", "青石湾温泉次卡")
    assert found.covering("温泉卡") == found.subjects


def test_two_words_for_one_kind_in_one_article_stay_apart() -> None:
    found = catalog(("x", ("理发店次卡退卡",)), ("x", ("美发店储值卡退卡",)))

    assert found.subjects == ("理发店次卡", "美发店储值卡")
    assert found.covering("美发卡") == found.subjects


def test_a_kind_is_covered_by_sorts_of_its_sorts_and_covers_them() -> None:
    sorts = catalog(("x", ("云雾山温泉次卡退卡",)), ("x", ("青石洗车卡退卡",)))
    kind = catalog(("x", ("预付卡退卡",)))

    assert sorts.cards.kinds("云雾山温泉次卡") == ("温泉卡", "预付卡")
    assert sorts.covering("预付卡") == ("云雾山温泉次卡", "青石洗车卡")
    assert kind.covering("温泉卡") == ("预付卡",)
