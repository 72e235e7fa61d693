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
        ("柳城公共借书证卡退办", ("柳城公共借书证卡",)),
        ("身份证换领", ("身份证",)),
        ("如何注销彩虹证", ("彩虹证",)),
        ("再说彩虹证", ("彩虹证",)),
        ("关于办理云梯卡的退还", ("云梯卡",)),
        ("星河银行关于云梯卡的告知", ("云梯卡",)),
        ("星河银行关于信用卡销户的告知", ("信用卡",)),
        ("3楼 彩虹年票全过程", ("彩虹年票",)),
        ("第二条 彩虹卡", ("彩虹卡",)),
        ("第四篇 彩虹账户", ("彩虹账户",)),
        ("彩虹会员账号：怎么注销", ("彩虹会员账号",)),
        ("会员账号：怎么注销", ("会员卡",)),
        ("暖表IC卡的退卡", ("暖表ic卡",)),
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
        (("花店储值卡", "储值卡怎么退"), "指南", ("花店储值卡",)),
        (("花店储值卡", "信用卡怎么退"), "指南", ("信用卡",)),
    ],
)
def test_the_deepest_heading_that_names_a_card_decides_then_the_title(
    headings: tuple[str, ...], title: str, subjects: tuple[str, ...], cards: Cards
) -> None:
    assert subjects_of(headings, title, no_text, cards) == subjects


def test_a_label_that_points_to_one_of_the_titles_cards_says_which(cards: Cards) -> None:
    title = "共享单车和网约车的账号怎么注销"

    assert subjects_of(("打车：注销步骤",), title, no_text, cards) == ("打车账号",)
    assert subjects_of(("单车：注销步骤",), title, no_text, cards) == ("共享单车账户",)
    assert subjects_of(("注销步骤",), title, no_text, cards) == ("共享单车账户", "打车账号")


@pytest.mark.parametrize(
    "heading",
    ["退卡流程", "什么卡", "哪张卡要注销", "办证须知", "旧IC卡", "卡号查询", "注销步骤", "How to cancel", "打卡"],
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


@pytest.mark.parametrize(
    ("heading", "surface"),
    [("实体SIM卡：去营业厅办", "实体SIM卡"), ("SIM卡怎么销", "SIM卡"), ("旧SIM卡怎么销", "SIM卡")],
)
def test_a_card_is_called_with_its_form_and_its_capitals(heading: str, surface: str, cards: Cards) -> None:
    assert surface_of("手机卡", (heading,), "指南", no_text, cards) == surface


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


@pytest.mark.parametrize("way", ["窗口办理", "网上办理", "走手机这条路", "本人办理", "亲身退还"])
def test_a_way_of_doing_it_is_no_name_of_a_card(way: str, cards: Cards) -> None:
    assert subjects_of((way,), "彩虹证注销指南", no_text, cards, named_anyhow=True) == ("彩虹证",)


@pytest.mark.parametrize(
    ("heading", "title", "subjects"),
    [
        ("柜锁怎么退？", "彩虹证、公交卡和柜锁怎么退", ("柜锁",)),
        ("柜锁的停用", "星河银行关于公交卡和柜锁停用的须知", ("柜锁",)),
        ("押金怎么退", "公交卡怎么退", ("交通卡",)),
        ("云梯之友退会", "云梯之友会员与彩虹证怎么退", ("云梯之友会员",)),
    ],
)
def test_a_procedure_is_about_what_its_heading_ends_when_the_title_has_it(
    heading: str, title: str, subjects: tuple[str, ...], cards: Cards
) -> None:
    assert subjects_of((heading,), title, text(""), cards, named_anyhow=True) == subjects


def test_several_cards_of_a_kind_are_called_by_the_words_that_share_a_character(cards: Cards) -> None:
    own = cards.with_names(["青山公交卡", "青山地铁卡"])

    named = [mention.card for mention in own.mentions("公车卡、地铁储值卡和捷运卡")]
    assert named == ["青山公交卡", "青山地铁卡", "交通卡"]


def test_a_thing_is_called_by_its_last_character_as_well(cards: Cards) -> None:
    assert [mention.card for mention in cards.with_names(["寄存柜"]).mentions("柜子怎么退")] == ["寄存柜"]
    assert cards.with_names(["寄存柜", "快递柜"]).mentions("柜子怎么退") == []


def test_a_card_is_of_the_kind_that_says_what_it_is_for(cards: Cards) -> None:
    assert cards.with_names(["加油站储值卡", "彩虹证"]).kinds("加油站储值卡") == ("加油卡",)
    assert cards.with_names(["手机公交卡"]).kinds("手机公交卡") == ("交通卡",)
    assert (cards.kinds("八达通"), cards.kinds("彩虹证")) == (("交通卡",), ())
