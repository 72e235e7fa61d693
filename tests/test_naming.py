"""Subjects by parts of their names, and likeness of texts by their words."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.likeness import likeness, likeness_of_groups, places_of, places_of_question, ready
from assistant.naming import Naming, masked, shortens
from index.encoder import built_in_encoder

NAMING = Naming(("幼儿园接送卡", "培训班课时卡", "驾校学时卡"))


@pytest.mark.parametrize(
    ("text", "subjects"),
    [
        ("接送卡怎么退", ("幼儿园接送卡",)),
        ("驾校那张不要了", ("驾校学时卡",)),
        ("培训班的课时卡", ("培训班课时卡",)),
        ("卡怎么退", ()),
        ("课时卡和学时卡", ("培训班课时卡", "驾校学时卡")),
    ],
)
def test_a_part_of_a_name_points_to_its_subject(text: str, subjects: tuple[str, ...]) -> None:
    found = NAMING.pointed_to(text)

    assert set(subjects) <= set(found)
    assert subjects != () or found == ()
    assert len(subjects) != 1 or found == subjects


def test_a_subject_that_is_called_otherwise_is_pointed_to_by_that_name() -> None:
    naming = Naming(("健身卡", "图书证"), {"图书证": "阅览借书证"})

    assert naming.pointed_to("阅览的那张") == ("图书证",)
    assert naming.pointed_to("图书馆的那张") == ()


def test_a_part_that_all_names_share_says_less_than_a_part_of_one() -> None:
    naming = Naming(("海棠公园年卡", "海棠博物馆年卡"))

    assert naming.pointed_to("海棠公园的") == ("海棠公园年卡",)
    assert naming.pointed_to("海棠的") == ("海棠公园年卡", "海棠博物馆年卡")


def test_masked_words_point_to_nothing() -> None:
    assert masked("驾校怎么退", [(0, 2)]) == "  怎么退"
    assert NAMING.pointed_to(masked("驾校怎么退", [(0, 2)])) == ()


def test_a_passage_that_says_the_same_is_likest() -> None:
    question, same, other = places_of(["手续费多少", "退卡收5元手续费。", "带上身份证到窗口。"])

    found = likeness(question, [same, other])

    assert found.soft[0] > found.soft[1]
    assert found.telling[0] > found.telling[1]
    assert np.all((found.matched >= 0) & (found.matched <= 1))


def test_a_group_is_as_like_as_its_passages_together() -> None:
    question, first, second = places_of(["身份证和手续费", "带上身份证。", "收5元手续费。"])

    grouped, wholes = likeness_of_groups(question, ready([first, second, first]), [2, 1, 0])
    joined = likeness(question, [np.concatenate([first, second]), first, first[:0]])

    assert np.allclose(grouped.soft, joined.soft, atol=1e-6)
    assert [len(part) for part in wholes] == [2, 1, 0]


def test_a_question_without_known_words_is_like_nothing() -> None:
    question, passage = places_of(["", "带上身份证。"])

    assert likeness(question, [passage]).soft.tolist() == [0.0]
    assert likeness(question, []).soft.tolist() == []


@given(
    st.lists(st.text("海棠公园博物馆", min_size=1, max_size=6), unique=True, max_size=6),
    st.text("海棠公园博物馆年卡", max_size=9),
)
def test_the_subjects_pointed_to_are_those_of_all_that_score_best(names: list[str], text: str) -> None:
    naming = Naming(tuple(f"{name}卡" for name in names))
    scores = {subject: naming.score(text, subject) for subject in naming.subjects}
    best = max(scores.values(), default=0.0)

    assert naming.pointed_to(text) == tuple(s for s, score in scores.items() if score > 0 and score * 1.3 >= best)


@given(st.text("公交卡", max_size=8), st.lists(st.tuples(st.integers(0, 4), st.integers(4, 8)), max_size=3))
def test_masking_blanks_the_spans_and_keeps_every_place(text: str, spans: list[tuple[int, int]]) -> None:
    spans = [(min(start, len(text)), min(end, len(text))) for start, end in spans]
    hidden = {at for start, end in spans for at in range(start, end)}

    assert masked(text, spans) == "".join(" " if at in hidden else text[at] for at in range(len(text)))


def test_passages_are_as_like_together_as_each_by_itself() -> None:
    question, *passages = places_of(
        ["身份证和手续费", "带上身份证。", "", "收5元手续费，带上身份证。", "收5元手续费。"]
    )

    found = likeness(question, ready(passages))

    assert found.soft[1] == found.whole[1] == 0.0
    for at, passage in enumerate(passages):
        alone = likeness(question, ready([passage]))
        assert found.soft[at] == pytest.approx(alone.soft[0], abs=1e-6)
        assert found.whole[at] == pytest.approx(alone.whole[0], abs=1e-6)


def test_a_passage_is_held_by_its_best_token_for_each_of_the_question() -> None:
    rows = built_in_encoder().token_rows
    question, passage = places_of(["退卡手续费", "注销收5元费用，带上身份证，到窗口办理。"])
    asked, said = rows(question), rows(passage)
    weights = np.linalg.norm(asked, axis=1)
    cosines = (asked @ said.T) / weights[:, None] / np.linalg.norm(said, axis=1)

    found = likeness(question, [passage])

    assert found.soft[0] == pytest.approx(float(cosines.max(axis=1) @ weights / weights.sum()), abs=1e-5)


@pytest.mark.parametrize("n", [1, 400, 3_000], ids=["one passage", "several parts", "many parts"])
def test_a_long_question_is_held_against_every_passage(n: int) -> None:
    question, *said = places_of(["注销 身份证 手续费 " * 40, *(f"第{at}条规定，带上证件{at}。" for at in range(n))])

    found = likeness(question, said)

    assert found.soft.shape == (n,)
    assert found.soft[-1] == pytest.approx(likeness(question, said[-1:]).soft[0], abs=1e-5)


def test_the_tokens_of_a_question_cannot_be_written_to() -> None:
    assert places_of_question("手续费多少").tolist() == places_of(["手续费多少"])[0].tolist()
    with pytest.raises(ValueError, match="read-only"):
        places_of_question("手续费多少")[0] = 1


@pytest.mark.parametrize(
    ("text", "subject"),
    [("i want out of the badminton place", "羽毛球馆次卡"), ("看牙那张不去了", "口腔诊所会员")],
)
def test_everyday_and_english_words_stand_for_parts_of_names(text: str, subject: str) -> None:
    naming = Naming(("羽毛球馆次卡", "口腔诊所会员"))

    assert naming.pointed_to(naming.implied(text)) == (subject,)


def test_a_text_without_such_words_stands_for_no_part_of_a_name() -> None:
    assert NAMING.implied("这张卡不要了") == ""


def test_the_noun_that_one_name_alone_ends_with_points_to_it() -> None:
    naming = Naming(("桃溪桶装水票", "桃溪影城会员", "桃溪健身会员"))

    assert naming.pointed_to("水票呢") == ("桃溪桶装水票",)
    assert naming.pointed_to("会员呢") == ("桃溪影城会员", "桃溪健身会员")


@pytest.mark.parametrize(("short", "shorter"), [("湖滨年卡", True), ("湖滨公园年卡", False), ("年卡湖滨", False)])
def test_a_name_is_shortened_by_leaving_characters_out(short: str, shorter: bool) -> None:
    assert shortens(short, "湖滨公园年卡") is shorter


def test_the_parts_of_names_can_be_taken_out_of_a_text() -> None:
    naming = Naming(("幼儿园接送卡", "驾校学时卡"))

    assert naming.without("接送卡和学时卡谁来办", ["幼儿园接送卡", "驾校学时卡"]) == "和 谁来办"
    assert naming.without("接送卡和学时卡谁来办", ["驾校学时卡"]) == "接送卡和 谁来办"
    assert naming.without("谁来办", ["别的卡"]) == "谁来办"


@pytest.mark.parametrize(
    ("text", "subject"),
    [
        ("电的第二步是什么", "电卡"),
        ("那气的呢", "燃气卡"),
        ("水那边退多少", "水卡"),
        ("只有周日去弄水那个", "水卡"),
        ("生气的时候怎么办", ""),
        ("卡的呢", ""),
    ],
)
def test_one_character_may_stand_for_a_name(text: str, subject: str) -> None:
    assert Naming(("电卡", "燃气卡", "水卡")).by_character(text) == subject
