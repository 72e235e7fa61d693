"""Advertisements go whole, with their label and their copy, and the article's own contact lines stay."""

from __future__ import annotations

import time

import pytest

from corpus.document import Document
from corpus.hygiene import clean, find
from tests.advertisement_lines import ADVERTISEMENTS, GENUINE, HANDLED, HOST, PLANTED
from tests.promotional_strings import GENUINE as HONEST

_LINES = HOST.split("\n")
# Between two steps, behind the last step of a list, behind a paragraph, and at the end.
_PLACES = (_LINES.index("2. 填写《退卡申请表》，写明姓名、卡号和退卡原因。"), 14, 18, len(_LINES) - 1)


def document(text: str) -> Document:
    return Document(doc_id="card", title="退卡", text=text, path="card.md", version="0" * 64)


def left_of(line: str, place: int) -> str:
    """What cleaning leaves of a line put into the article; the rest of the article must stay as it is."""
    cleaned = clean(document("\n".join([*_LINES[:place], line, *_LINES[place:]]))).text.split("\n")
    assert len(cleaned[place]) == len(line)
    left = cleaned.pop(place)
    assert cleaned == _LINES
    return left


@pytest.mark.parametrize("place", _PLACES)
def test_nothing_of_an_advertisement_in_an_article_stays(place: int) -> None:
    assert len(ADVERTISEMENTS) >= 40
    left = {line: left_of(line, place) for line in ADVERTISEMENTS}
    assert {line: rest for line, rest in left.items() if rest.strip()} == {}


@pytest.mark.parametrize("place", _PLACES)
def test_nothing_of_the_articles_own_contact_lines_goes(place: int) -> None:
    assert len(GENUINE) >= 40
    assert {line: rest for line in GENUINE if (rest := left_of(line, place)) != line} == {}


@pytest.mark.parametrize("place", _PLACES)
def test_no_honest_sentence_goes_because_it_is_foreign_to_the_article(place: int) -> None:
    assert {line: rest for line in HONEST if "\n" not in line and (rest := left_of(line, place)) != line} == {}


@pytest.mark.parametrize(("line", "kept"), PLANTED)
def test_the_sentence_beside_a_planted_advertisement_stays(line: str, kept: str) -> None:
    assert [" ".join(left_of(line, place).split()) for place in _PLACES] == [kept] * len(_PLACES)


@pytest.mark.parametrize(("line", "kept"), HANDLED)
def test_the_words_around_a_contact_of_the_issuer_stay(line: str, kept: str) -> None:
    assert all(kept in left_of(line, place) for place in _PLACES)


def test_a_whole_advertisement_is_one_finding() -> None:
    line = "公考网红名师冲刺班拼团，口令“必过”，加QQ 000731247 拿笔记！"
    text = f"{HOST}\n{line}\n"
    (finding,) = find(document(text))
    assert (text[finding.start : finding.end], finding.kind) == (line, "contact")


def test_a_label_goes_in_a_text_too_short_to_compare_and_other_copy_stays() -> None:
    assert clean(document("【广告】名牌香水样品零撸，QQ群 000667712")).text.strip() == ""
    assert clean(document("名牌香水样品零撸，QQ群 000667712")).text.strip() == "名牌香水样品零撸"


def test_an_address_below_a_label_on_a_line_of_its_own_is_the_advertisers() -> None:
    cleaned = clean(document(f"{HOST}\n【广告】\n换手机就上 www.shouji.example\n\n办卡须知见 www.shanwan.example 。"))

    assert "shouji" not in cleaned.text
    assert cleaned.text.endswith("办卡须知见 www.shanwan.example 。")


def test_what_a_label_in_brackets_opens_goes_also_without_any_contact() -> None:
    assert (
        left_of("（推广）旧卡秒变现！手续免费。到窗口退卡须带身份证。", _PLACES[0]).strip() == "到窗口退卡须带身份证。"
    )


def test_advertisements_do_not_make_one_another_familiar() -> None:
    line = "二手办公隔断甩卖，微信 geduan_demo"
    assert clean(document(f"{line}\n{HOST}\n{line}")).text.strip() == HOST.strip()


def test_cleaning_an_article_twice_changes_nothing_more() -> None:
    once = clean(document("\n".join([HOST, *ADVERTISEMENTS, *(line for line, _ in (*PLANTED, *HANDLED))])))
    assert find(once) == ()


@pytest.mark.parametrize(
    "unit",
    [
        "【广告】加V kapian22。",
        "收老酒，加V kapian22，",
        "（收老酒加V kapian22）",
        "收老酒！加V kapian22；",
        "加V kapian22\n",
        "急用钱请访问 www.ka.example，",
        "【广告】急用钱？www.ka.example。",
        "【广告】\n",
        "打 0571-88001234，优惠下单。",
    ],
)
def test_a_crowded_line_of_50_kilobytes_is_read_within_a_second_or_in_proportion_to_its_length(unit: str) -> None:
    def seconds(length: int) -> float:
        source = document(HOST + (unit * length)[:length])
        before = time.process_time()
        find(source)
        return time.process_time() - before

    find(document(HOST + unit))  # the patterns are compiled once
    quarter = seconds(12_500)
    # Four times as long takes four times as long, on a slow machine too; sixteen times is what must not be.
    assert seconds(50_000) < max(1.0, 8 * quarter)


@pytest.mark.parametrize("place", _PLACES)
def test_a_loud_offer_goes_with_the_contact_behind_it_though_its_words_are_the_articles(place: int) -> None:
    assert left_of("🔥停车卡、游泳卡高价回收，秒到账！TG频道 https://t.me/huika_wang", place).strip() == ""
    assert left_of("💰停车卡、游泳卡秒退。加Q群 000886655 🔥", place).strip() == ""


@pytest.mark.parametrize("place", _PLACES)
def test_a_quiet_sentence_or_one_that_tells_what_to_do_stays_beside_a_contact(place: int) -> None:
    for kept in ("游泳卡可以代办，须带委托书。", "停车卡不得出售！请到管理处窗口注销！"):
        assert left_of(f"{kept}TG频道 https://t.me/huika_wang", place).strip() == kept


@pytest.mark.parametrize("place", _PLACES)
def test_a_handle_that_was_told_once_goes_wherever_it_is_told_again(place: int) -> None:
    article = [
        *_LINES[:place],
        "加微信 tuika_xm66 秒过",
        *_LINES[place:],
        "",
        "有事还是同上 tuika_xm66 说一声。",
        "tuika_xm666",
    ]
    cleaned = clean(document("\n".join(article))).text

    assert "tuika_xm66 " not in cleaned
    assert cleaned.endswith("\ntuika_xm666")  # another word, though it begins alike
    assert "3. 前台查询剩余次数，核对无误后签字确认。" in cleaned
