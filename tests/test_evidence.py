from __future__ import annotations

import pytest

from assistant.evidence import MAX_UNIT_CHARACTERS, Unit, UnitReader, asked_bonus, asked_words, holds, rank_units
from assistant.lexicon import load_lexicon
from assistant.question import Question
from assistant.understanding import Reader
from corpus.chunker import chunk
from corpus.document import Document
from corpus.hygiene import clean
from corpus.subjects import known_cards
from tests.fake_assistant import VERSION

ARTICLE = """# 卡片注销办法

出门办事离不开卡片，用完记得退。

## 公交卡注销步骤

请照着下面做：

1. **带证件**：带身份证到服务网点。
2. 查清余额，余额可以退款。
3. 签字，等候通知。

注意：要先预约。

## 银行卡注销步骤

1. 到柜台查清余额。
2. 审核要3个工作日。

## 常见问题

- **押金**：押金20元，当场退还。
- 热线是95588，周一至周五9:00-17:00。

## 总结

公交卡的余额可以退。
"""


def article(text: str = ARTICLE, title: str = "卡片注销办法") -> Document:
    return clean(Document(doc_id="x", title=title, text=text, path="x.md", version=VERSION))


def units(text: str = ARTICLE) -> tuple[Unit, ...]:
    document = article(text)
    return UnitReader(load_lexicon(), known_cards()).units(document, chunk(document))


def question(text: str) -> Question:
    return Reader(load_lexicon(), known_cards()).read(text)


def ranked(asked: str, boost: dict[str, float] | None = None, text: str = ARTICLE) -> list[str]:
    document = article(text)
    found = rank_units(question(asked), units(text), load_lexicon(), boost or {})
    return [document.text[scored.unit.start : scored.unit.end] for scored in found]


def test_a_procedure_is_cut_into_lead_steps_and_note() -> None:
    found = [unit for unit in units() if unit.cards == ("交通卡",) and unit.in_procedure]

    assert [(unit.kind, unit.number) for unit in found] == [
        ("lead", 0),
        ("step", 1),
        ("step", 2),
        ("step", 3),
        ("note", 0),
    ]


def test_units_come_in_order_and_hold_the_words_of_their_span() -> None:
    document, found = article(), units()

    assert [unit.start for unit in found] == sorted(unit.start for unit in found)
    assert all(document.text[unit.start : unit.end].strip() for unit in found)
    assert all(unit.chunk.start <= unit.start < unit.end <= unit.chunk.end for unit in found)


def test_list_marks_are_no_part_of_a_unit() -> None:
    document = article("# 卡片\n\n- 押金20元。\n* 当场退还。\n\n> 另有说明。\n")

    assert [document.text[unit.start : unit.end] for unit in units(document.text)] == [
        "押金20元。",
        "当场退还。",
        "另有说明。",
    ]


def test_a_bold_label_is_quoted_whole() -> None:
    document = article("# 卡片\n\n- **押金**：押金20元。\n")

    assert [document.text[unit.start : unit.end] for unit in units(document.text)] == ["**押金**：押金20元。"]


def test_a_labelled_line_is_an_item() -> None:
    kinds = {unit.kind for unit in units("# 卡片\n\n**会员卡**：超市发的卡。\n\n普通的一段话。\n")}

    assert kinds == {"item", "prose"}


def test_a_unit_knows_its_section_and_the_cards_it_names() -> None:
    found = units()
    summary = next(unit for unit in found if unit.role == "summary")
    faq = next(unit for unit in found if unit.role == "questions")

    assert (summary.cards, summary.named) == ((), ("交通卡",))
    assert faq.cards == ()


def test_a_long_paragraph_is_cut_between_sentences() -> None:
    sentence = "退卡以前先把余额查清楚再说。"
    text = f"# 公交卡\n\n{sentence * 20}\n"
    document = article(text, "公交卡")
    found = units(text)

    # 20 sentences of 14 characters; 15 of them are 210 characters and fit into 220.
    assert MAX_UNIT_CHARACTERS == 220
    assert [(unit.end - unit.start) // len(sentence) for unit in found] == [15, 5]
    assert all(document.text[unit.end - 1] == "。" for unit in found)


@pytest.mark.parametrize(
    ("value_type", "text"),
    [
        ("amount", "手续费5元"),
        ("amount", "注销不收费"),
        ("amount", "收五块钱"),
        ("amount", "it is free of charge"),
        ("duration", "审核要3个工作日"),
        ("duration", "当场退还"),
        ("duration", "within 3 working days"),
        ("clock", "每天9:00至21:00"),
        ("clock", "周一闭馆"),
        ("phone", "热线400-000-8866"),
        ("phone", "请拨打12333"),
        ("address", "人民路12号"),
        ("number", "余额低于20"),
        ("number", "余额低于二十元"),
        ("amount", "工本费二十元"),
        ("amount", "卡费五毛"),
        ("amount", "每天一角"),
        ("amount", "押金一百块"),
        ("amount", "押金五十蚊"),
        ("amount", "扣三成"),
        ("amount", "按百分之五扣"),
        ("amount", "抽2个点"),
        ("amount", "a deposit of twenty dollars"),
        ("amount", "不收手续费"),
        ("amount", "不再收任何费"),
        ("amount", "分文不取"),
        ("amount", "不用钱"),
        ("amount", "没有手续费"),
        ("amount", "押金全额退还"),
        ("amount", "closing it is free"),
        ("amount", "there is no extra charge"),
        ("amount", "you are not charged"),
        ("duration", "要等半个月"),
        ("duration", "一周内到账"),
        ("duration", "次日到账"),
        ("duration", "大约三十分钟"),
        ("duration", "两三天就好"),
        ("duration", "七個工作天內"),
        ("duration", "一个礼拜"),
        ("duration", "半个钟头"),
        ("duration", "马上到账"),
        ("duration", "within three working days"),
        ("duration", "it takes about a week"),
        ("duration", "the next working day"),
        ("clock", "只在工作日办理"),
        ("clock", "礼拜三休息"),
        ("clock", "open on wednesday"),
        ("phone", "电话02-2345-6789"),
        ("address", "在三楼大厅"),
        ("address", "写信到help@card.example"),
        ("address", "登录https://card.example办理"),
    ],
)
def test_a_value_is_held_by_a_sentence_that_states_one(value_type: str, text: str) -> None:
    (unit,) = units(f"# 说明\n\n{text}\n")

    assert holds(unit, value_type)


@pytest.mark.parametrize(
    ("value_type", "text"),
    [
        ("amount", "手续费另行通知"),
        ("amount", "共3步"),
        ("duration", "审核通过后通知你"),
        ("duration", "截止日期以前办"),
        ("clock", "按预约的时间去"),
        ("phone", "先打客服电话"),
        ("phone", "卡号1234"),
        ("address", "到服务网点去"),
        ("number", "余额低于一定金额"),
        ("amount", "剪去一角"),
        ("amount", "成绩一成不变"),
        ("amount", "点一个点击框"),
        ("amount", "feel free to ask"),
        ("duration", "马上挂失"),
        ("clock", "审核要3个工作日"),
        ("address", "到第3步"),
    ],
)
def test_a_sentence_without_the_value_does_not_hold_it(value_type: str, text: str) -> None:
    (unit,) = units(f"# 说明\n\n{text}\n")

    assert not holds(unit, value_type)


def test_the_sentence_that_speaks_of_what_is_asked_comes_first() -> None:
    assert ranked("要先预约吗")[0] == "注意：要先预约。"
    assert ranked("要带什么证件")[0] == "**带证件**：带身份证到服务网点。"


def test_a_section_says_it_better_than_a_summary() -> None:
    found = ranked("余额能退吗")

    assert found.index("查清余额，余额可以退款。") < found.index("公交卡的余额可以退。")


def test_a_question_for_a_value_is_answered_only_by_units_that_hold_one() -> None:
    (found,) = ranked("押金多少钱")

    assert found.endswith("押金20元，当场退还。")
    assert ranked("公交卡注销收多少手续费") == []


def test_sentences_that_say_nothing_of_it_are_left_out() -> None:
    assert "签字，等候通知。" not in ranked("余额能退吗")


def test_what_retrieval_found_is_preferred_among_equals() -> None:
    by_card = {unit.cards: unit.chunk.chunk_id for unit in units() if unit.kind == "step"}
    bank = "到柜台查清余额。"

    assert ranked("查清余额", {by_card[("银行卡",)]: 0.1}).index(bank) < ranked("查清余额").index(bank) + 1
    assert ranked("查清余额", {by_card[("银行卡",)]: 5.0})[0] == bank


def test_ranking_twice_gives_the_same_order() -> None:
    assert ranked("余额怎么退") == ranked("余额怎么退")


def test_a_question_of_unknown_words_is_compared_by_pairs_of_characters() -> None:
    text = "# 公交卡\n\n- 带上护膝。\n- 别忘了雨靴。\n"

    assert ranked("雨靴呢", text=text) == ["别忘了雨靴。"]


def test_a_unit_gains_for_each_question_word_whose_answer_it_can_hold() -> None:
    where = asked_words(question("在哪里办？"), load_lexicon())
    nothing = asked_words(question("公交卡。"), load_lexicon())

    gains = {asked_bonus(where, unit) for unit in units("# 公交卡\n\n到服务网点办理。\n\n余额可以退。\n")}
    assert nothing == []
    assert len(where) == 1
    assert gains == {0.0, 0.2}


def test_units_of_the_same_place_and_words_are_one_key() -> None:
    first, second = units(), units()

    assert first == second
    assert hash(first) == hash(second)
    assert len({*first, *second}) == len(first)
