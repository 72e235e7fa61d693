"""Reading a reply into claims: where a sentence ends, what opens a line, and that no reply is too much."""

from __future__ import annotations

import pytest

from assistant.claims import Claim, ClaimReader


def read(reply: str, n_passages: int = 4) -> list[Claim]:
    reader = ClaimReader(n_passages)
    return [*reader.feed(reply), *reader.finish()]


@pytest.mark.parametrize(
    ("reply", "texts"),
    [
        ("工本费12.30元。当场退[1]。", ["工本费12.30元。", "当场退。"]),
        ("打开 https://a.example/x?y=1 查询。[1]", ["打开 https://a.example/x?y=1 查询。"]),
        ("Call No. 5 first. Then sign. [1]", ["Call No. 5 first.", "Then sign."]),
        ("他说“不退。”[1]然后走了。", ["他说“不退。”", "然后走了。"]),
        ("交卡！[1]领款？[2]", ["交卡！", "领款？"]),
        ("没有句号[1]\n下一行[2]", ["没有句号", "下一行"]),
        ("看[这里](https://e.example)。[1]", ["看这里。"]),
        ("余额<50元的不退。[1]", ["余额＜50元的不退。"]),
        ("**带证件**：带`身份证`。[1]", ["**带证件**：带 身份证 。"]),
    ],
)
def test_a_sentence_ends_where_a_reader_ends_it(reply: str, texts: list[str]) -> None:
    assert [claim.text for claim in read(reply)] == texts


@pytest.mark.parametrize(
    ("reply", "markers"),
    [
        ("交回卡片（1）。", (1,)),
        ("交回卡片。(2)", (2,)),
        ("[1] 交回卡片。", (1,)),
        ("交回卡片\\[1\\]。", (1,)),
        ("交回卡片[1](https://e.example)。", (1,)),
        ("交回卡片【3†source】。", (3,)),
        ("交回卡片[1][3]。", (1, 3)),
        ("交回卡片[来源2]。", (2,)),
        ("交回卡片[1,99]。", (1,)),
        ("交回卡片[2-99]。", ()),
    ],
)
def test_a_marker_is_read_in_every_way_models_write_it(reply: str, markers: tuple[int, ...]) -> None:
    (claim,) = read(reply)

    assert (claim.text, claim.markers) == ("交回卡片。", markers)


def test_a_number_in_round_brackets_that_counts_is_no_marker() -> None:
    assert read("带（1）身份证（2）卡片来办。[1]")[0].text == "带（1）身份证（2）卡片来办。"


def test_sentences_of_a_line_share_the_marker_behind_them_and_no_other() -> None:
    assert [claim.markers for claim in read("先交卡。再签字。[1]最后领款。")] == [(1,), (1,), ()]


@pytest.mark.parametrize(
    "opening", ["2. ", "2、", "2) ", "（2）", "② ", "第二步：", "步骤2：", "Step 2: ", "- **步骤2**："]
)
def test_an_item_is_known_by_its_number(opening: str) -> None:
    (claim,) = read(f"{opening}交回卡片。[1]")

    assert (claim.step, claim.text) == (2, "交回卡片。")


def test_a_bullet_inside_an_item_belongs_to_its_step_and_one_outside_to_none() -> None:
    claims = read("1. 带材料：[1]\n   - 身份证[1]\n- 注意休息日[1]")

    assert [claim.step for claim in claims] == [1, 1, 0]


def test_a_heading_is_one_and_its_number_is_that_of_what_stands_below() -> None:
    claims = read("### 2. 交卡\n把卡交给店员。[1]\n\n## 注意\n带伞。[1]")

    assert [(claim.heading, claim.step) for claim in claims] == [(True, 2), (False, 2), (True, 0), (False, 0)]


@pytest.mark.parametrize("part", ["啊", "好。", "[1", "<", "1. ", "**", "![a](", "<think", "a.b?"])
def test_a_long_reply_on_one_line_ends_in_short_claims(part: str) -> None:
    claims = read(part * (400_000 // len(part)))

    assert all(len(claim.text) <= 1_010 for claim in claims)
    assert sum(len(claim.text) for claim in claims) <= 202_000  # no more than 200,000 characters are read


def test_a_pictograph_is_no_end_of_a_line_and_joins_none() -> None:
    assert [(claim.step, claim.text) for claim in read("1. 交卡✅[1]\n2. 签字🔥[1]")] == [(1, "交卡"), (2, "签字")]


def test_thoughts_that_never_end_are_no_claims() -> None:
    assert read("<think>先想想。[1]\n交卡。[1]") == []
