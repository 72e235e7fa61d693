from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from corpus.aliases import load_aliases
from corpus.subjects import Cards, Mention, known_cards, subjects_of, surface_of


@pytest.fixture(scope="module")
def cards() -> Cards:
    return known_cards()


def no_text() -> str:
    """The text of an article that must not be read."""
    raise AssertionError("the headings or the title name the card: the text must not be read")


def text(words: str) -> Callable[[], str]:
    return lambda: words


@pytest.mark.parametrize(
    ("heading", "subjects"),
    [
        ("公交卡注销步骤", ("交通卡",)),
        ("如何注销地铁卡？", ("交通卡",)),
        ("悠遊卡註銷", ("悠游卡",)),
        ("八達通點樣退", ("八达通",)),
        ("Cancelling the library card", ("图书证",)),
        ("How to return a Metro Card", ("交通卡",)),
        ("场景二：校园卡退费", ("校园卡",)),
        ("（三）信用卡销户", ("信用卡",)),
        ("健身卡与门禁卡", ("健身卡", "门禁卡")),
        ("公交卡和地铁卡", ("交通卡",)),
        ("凭身份证注销银行卡", ("银行卡",)),
        ("身份证换领", ("身份证",)),
        ("如何注销彩虹证", ("彩虹证",)),
        ("关于办理云梯卡的退还", ("云梯卡",)),
        ("How to close your rainbow pass", ("rainbow pass",)),
    ],
)
def test_a_heading_names_its_cards(heading: str, subjects: tuple[str, ...], cards: Cards) -> None:
    assert subjects_of((heading,), "指南", no_text, cards) == subjects


@pytest.mark.parametrize(
    ("headings", "title", "subjects"),
    [
        (("公交卡", "银行卡", "注意事项"), "信用卡", ("银行卡",)),
        (("银行卡", "注意事项"), "信用卡", ("银行卡",)),
        (("注意事项",), "公交卡怎么注销", ("交通卡",)),
        ((), "校园卡", ("校园卡",)),
    ],
)
def test_the_deepest_heading_that_names_a_card_decides_then_the_title(
    headings: tuple[str, ...], title: str, subjects: tuple[str, ...], cards: Cards
) -> None:
    assert subjects_of(headings, title, no_text, cards) == subjects


@pytest.mark.parametrize(
    "heading", ["退卡流程", "什么卡", "哪张卡要注销", "办证须知", "卡号查询", "注销步骤", "How to cancel", "打卡"]
)
def test_words_that_name_no_card_leave_the_question_open(heading: str, cards: Cards) -> None:
    assert subjects_of((heading,), "指南", text(""), cards) == ()


@pytest.mark.parametrize(
    ("words", "subjects"),
    [
        ("公交卡好用。地铁卡也好用。公車卡。银行卡一次。", ("交通卡",)),  # 3 of 4 are 0.75
        ("公交卡，公交卡，银行卡，银行卡。", ()),  # 2 of 4 are less than 0.6
        ("公交卡只说一次。", ()),
        ("带身份证，身份证，身份证，退公交卡，公交卡。", ("交通卡",)),  # documents are shown, not cancelled
        ("", ()),
    ],
)
def test_the_text_decides_when_it_names_mostly_one_card(words: str, subjects: tuple[str, ...], cards: Cards) -> None:
    assert subjects_of(("注意事项",), "指南", text(words), cards) == subjects


def test_only_the_beginning_of_a_long_text_counts(cards: Cards) -> None:
    assert subjects_of((), "指南", text("一" * 20_000 + "公交卡公交卡"), cards) == ()


def test_a_title_about_cards_in_general_has_no_subject_whatever_its_text(cards: Cards) -> None:
    assert subjects_of(("注意事项",), "智能卡怎么注销", no_text, cards) == ()


@pytest.mark.parametrize(
    ("headings", "words", "surface"),
    [
        (("地铁卡注销",), "公交卡", "地铁卡"),
        (("公交卡", "地铁卡", "地铁卡退费"), "", "地铁卡"),
        (("捷運卡註銷",), "", "捷运卡"),
        (("注销",), "公交卡，公交卡，地铁卡。", "公交卡"),
        (("metro card",), "", "交通卡"),
        (("注销",), "", "交通卡"),
    ],
)
def test_a_card_is_called_as_its_section_calls_it(
    headings: tuple[str, ...], words: str, surface: str, cards: Cards
) -> None:
    assert surface_of("交通卡", headings, "指南", text(words), cards) == surface


def test_mentions_have_the_card_the_words_and_the_place(cards: Cards) -> None:
    assert cards.mentions("退地铁卡，打卡，这张卡和门禁卡") == [
        Mention("交通卡", "地铁卡", 1, 4),
        Mention("门禁卡", "门禁卡", 12, 15),
    ]


def test_cues_and_words_for_any_card_are_found_by_their_kind(cards: Cards) -> None:
    found = cards.find("打卡 卡片 the transport one")

    assert [match.values[0] for match in found] == [("other", "打卡"), ("generic", "卡片"), ("cue", "交通卡")]


def test_what_is_known_of_a_card(cards: Cards) -> None:
    assert (cards.broader("八达通"), cards.broader("交通卡"), cards.broader("彩虹证")) == ("交通卡", "", "")
    assert (cards.english("交通卡"), cards.english("彩虹证")) == ("transport card", "彩虹证")
    assert (cards.is_document("身份证"), cards.is_document("交通卡"), cards.is_document("彩虹证")) == (
        True,
        False,
        False,
    )


def test_names_of_the_corpus_are_added_without_changing_the_list(cards: Cards) -> None:
    more = cards.with_names(["彩虹证", "交通卡"])

    assert [mention.card for mention in more.mentions("彩虹证和公交卡")] == ["彩虹证", "交通卡"]
    assert more.english("交通卡") == "transport card"
    assert [mention.card for mention in cards.mentions("彩虹证和公交卡")] == ["交通卡"]


def test_another_alias_list_gives_other_cards(tmp_path: Path) -> None:
    file = tmp_path / "cards.toml"
    file.write_text('[[card]]\nname = "彩虹证"\nen = "rainbow pass"\nnames = ["七色证"]\n', encoding="utf-8")
    own = known_cards(load_aliases(file))

    assert subjects_of(("七色证注销",), "指南", no_text, own) == ("彩虹证",)
    assert own.find("the rainbow one")[0].values == (("cue", "彩虹证"),)
    assert own.mentions("公交卡") == []
