"""The benchmark of the check of faithfulness: what it plants, and what it keeps."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any

import pytest

from assistant.evaluation.statistics import wilson_interval
from tests.assistants import ask
from tests.benchmarks import answers, faithfulness
from tests.benchmarks.examples import HELD_OUT
from tests.benchmarks.planted import KINDS, Published, spans
from tests.test_repository import table_between

KIND = {kind.name: kind for kind in KINDS}
N_SEEDS = 200  # enough for every outcome of a change to come up

ENGLISH = (
    "1. **Hand in the card**: this cannot be done online. [1]\n   原文 / original: 交卡：不能在网上办。\n"
    "2. **Take the money**: it is paid in cash. [2]\n   原文 / original: 拿钱：当场付现金。"
)


def answer(text: str, *quotes: str, language: str = "zh") -> dict[str, Any]:
    citations = [{"marker": at, "quote": quote} for at, quote in enumerate(quotes or ("到店退卡。",), 1)]
    return {"text": text, "language": language, "citations": citations}


def outcomes(name: str, before: Published, others: Sequence[Published] = ()) -> set[str | None]:
    """All texts that a change may make of an answer; None where it has no place for it."""
    changed = [KIND[name].change(before, others, Random(seed)) for seed in range(N_SEEDS)]
    return {None if after is None else after["text"] for after in changed}


# Kind → an answer's text, and all that may become of it.
PLANTED: dict[str, tuple[str, set[str]]] = {
    "markers of two citations swapped": ("- 到店退卡。 [1]\n- 当场退钱。 [2]", {"- 到店退卡。 [2]\n- 当场退钱。 [1]"}),
    "statement of another answer in its place": ("2. **退卡**：到店退。 [1]", {"2. 到银行柜台销户。 [1]"}),
    "invented sentence added": (
        "Hand in the card. [1]",
        {
            "Hand in the card. A friend or a relative may do all of this online in your place. [1]",
            "Hand in the card. The issuer pays every charge and sends you a voucher afterwards. [1]",
        },
    ),
    "invented clause added to a sentence": (
        "到店退卡。 [1]",
        {
            "到店退卡，办理时间一般较短，当天即可取走全部余额。 [1]",
            "到店退卡，也可以委托任何亲友在网上代为办理。 [1]",
            "到店退卡，所有费用由发卡机构承担，持卡人另得补贴。 [1]",
            "到店退卡，超过期限仍可随时申请恢复原卡。 [1]",
        },
    ),
    # A number goes up by 1, 2, 3 or 5; a numeral becomes another one from 3 to 9.
    "amount of money changed": ("收5元。 [1]", {f"收{n}元。 [1]" for n in (6, 7, 8, 10)}),
    "duration or date changed": ("满三十天退。 [1]", {f"满{n}十天退。 [1]" for n in "四五六七八九"}),
    # By 1 to 11 hours, so that it is not the same hour of the other half of the day.
    "time of day changed": ("周一14:30开门。 [1]", {f"周一{n}:30开门。 [1]" for n in (*range(15, 24), 0, 1)}),
    "percentage changed": ("扣10%。 [1]", {f"扣{n}%。 [1]" for n in (11, 12, 13, 15)}),
    "telephone number changed": (
        "打12315。 [1]",
        {f"打{'12315'[:at]}{digit}{'12315'[at + 1 :]}。 [1]" for at in range(5) for digit in range(10)}
        - {"打12315。 [1]"},
    ),
    "negation dropped": (
        "没有押金，也不退，不仅如此。 [1]",
        {"有押金，也不退，不仅如此。 [1]", "没有押金，也退，不仅如此。 [1]"},
    ),
    "negation added": ("可以代办。 [1]", {"不可以代办。 [1]"}),
    "condition left out": ("卡如果丢了，先挂失。 [1]", {"卡先挂失。 [1]"}),
    "originals of two statements swapped": (
        ENGLISH,
        {
            "1. **Hand in the card**: this cannot be done online. [1]\n   原文 / original: 拿钱：当场付现金。\n"
            "2. **Take the money**: it is paid in cash. [2]\n   原文 / original: 交卡：不能在网上办。"
        },
    ),
    "negation dropped in an original": (ENGLISH, {ENGLISH.replace("不能", "能")}),
    "negation dropped above an original": (ENGLISH, {ENGLISH.replace("cannot", "can")}),
    "made traditional": ("关闭账号。 [1]", {"關閉賬號。 [1]"}),
    "words put before": (
        "1. 到店退卡。 [1]\n2. 当场退钱。 [2]",
        {
            f"1. {opening}到店退卡。 [1]\n2. {opening}当场退钱。 [2]"
            for opening in ("请注意，", "根据文章，", "按规定，", "需要注意的是，")
        },
    ),
    "last sentence left out": ("到店退卡。当场退钱；不收费。 [1]", {"到店退卡。当场退钱； [1]"}),
    "punctuation of ASCII": ("到店，退卡。 [1]", {"到店, 退卡.  [1]"}),
    "numeral written in digits": ("三天到账，每人十元。 [1]", {"3天到账，每人十元。 [1]"}),
    "digit written as a numeral": ("3天到账，每人10元。 [1]", {"三天到账，每人10元。 [1]"}),
    "negation worded otherwise": ("不用的卡不用寄回。 [1]", {"不用的卡无需寄回。 [1]"}),
    "blank behind a number": ("扣10%。 [1]", {"扣10 %。 [1]"}),
}


@pytest.mark.parametrize("name", PLANTED)
def test_a_change_does_what_its_name_says(name: str) -> None:
    text, expected = PLANTED[name]
    other = answer("到银行柜台销户。 [1]", "到银行柜台销户。")

    assert outcomes(name, answer(text, "到店退。", "当场退钱。"), [other]) == expected


def test_the_quote_of_another_place_changes_the_quote_alone() -> None:
    before = answer("到店退卡。 [1]", "先到店退卡。")
    others = [answer("销户。 [1]", "到银行柜台销户。"), answer("退卡。 [1]", "到店退卡。")]
    after = KIND["quote of another place"].change(before, others, Random(1))

    # The other answer's `到店退卡。` is part of the quote.
    assert after == answer("到店退卡。 [1]", "到银行柜台销户。")
    assert before == answer("到店退卡。 [1]", "先到店退卡。")


def test_every_kind_of_change_is_tested_here() -> None:
    assert set(PLANTED) | {"quote of another place"} == set(KIND)
    assert len(KIND) == len(KINDS)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("negation dropped", "关于会员卡，文章没有提到这一点。它建议的是：到店退卡。 [1]"),
        ("negation dropped", "没有第5步：会员卡注销一共只有4步。 [1]"),
        ("negation dropped", "- **会员卡**：文章写的办法里没有提到这一点 [1]"),
        ("negation dropped", "这张卡不退。"),  # no marker: no statement
        ("negation dropped", "有没有押金都一样。 [1]"),
        ("markers of two citations swapped", "到店退卡。 [1]"),
        ("statement of another answer in its place", "到店退卡。 [1]"),
        ("quote of another place", "到店退卡。 [1]"),
        ("originals of two statements swapped", "到店退卡。 [1]"),
        ("amount of money changed", "卡剪去一角，几十元的事。 [1]"),
    ],
)
def test_an_answer_without_a_place_for_a_change_is_left_out(name: str, text: str) -> None:
    assert outcomes(name, answer(text)) == {None}


def test_what_the_assistant_says_before_an_articles_words_is_not_changed() -> None:
    text = "第3步（共5步）：注意：三天内退。 [1]"

    assert [text[start:end] for start, end in spans(text, "article")] == ["三天内退。"]
    assert [ENGLISH[start:end] for start, end in spans(ENGLISH, "article")] == []
    assert [ENGLISH[start:end] for start, end in spans(ENGLISH, "original")] == [
        "交卡：不能在网上办。",
        "拿钱：当场付现金。",
    ]


def test_only_faithful_answers_are_changed_and_the_seed_decides_how() -> None:
    faithful = answer("退卡时每张卡收手续费5元。 [1]", "退卡时每张卡收手续费5元。")
    given = {"card": [faithful, answer("退卡时每张卡收手续费5元。 [1]", "退卡时每张卡收手续费6元。")]}
    judged = list(faithfulness.judge(given))

    assert judged == list(faithfulness.judge(given))
    assert all(one.before == faithful for one in judged)
    flagged = {one.kind.name: one.flagged for one in judged}
    assert flagged == {
        "invented sentence added": True,
        "invented clause added to a sentence": True,
        "amount of money changed": True,
        "made traditional": False,
        "words put before": False,
        "punctuation of ASCII": False,
        "digit written as a numeral": False,
        "blank behind a number": False,
    }
    measured = faithfulness.measure(given, judged)
    # One of two answers is unfaithful before anything is changed: Wilson's interval of 1 of 2.
    assert measured["harmless"]["nothing changed"] == {"n": 2, "caught": 1, "rate": 0.5, "low": 0.0945, "high": 0.9055}
    assert measured["errors"]["amount of money changed"]["caught"] == 1
    assert measured["articles"] == ["card"]


def test_answers_of_the_assistant_are_changed_and_judged() -> None:
    given = {"a": [ask("a", "会员卡怎么注销？").to_json(), ask("a", "手机卡怎么注销？").to_json()]}
    flags = {one.kind.name: one.flagged for one in faithfulness.judge(given)}

    assert all(flags[name] for name in ("markers of two citations swapped", "quote of another place"))
    assert not any(flags[kind.name] for kind in KINDS if not kind.is_error and kind.name in flags)


def test_a_small_run_writes_figures_and_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    results, document = tmp_path / "figures.json", tmp_path / "evaluation.md"
    document.write_text("before\n<!-- faithfulness:begin -->\n\n<!-- faithfulness:end -->\nbehind\n", encoding="utf-8")

    assert faithfulness.main(["--sets", "a", "--wrong", "--results", str(results), "--document", str(document)]) == 0
    measured = json.loads(results.read_text(encoding="utf-8"))
    assert measured["articles"] == ["articles_a"]
    assert measured["harmless"]["nothing changed"]["n"] > 20
    assert measured["errors"]["negation dropped"]["n"] > 10
    text = document.read_text(encoding="utf-8")
    assert text.startswith("before\n<!--")
    assert text.endswith("-->\nbehind\n")
    assert table_between(text, "faithfulness") == faithfulness.render(measured)
    assert "condition left out:\n    -" in capsys.readouterr().out


def test_a_part_of_the_sets_does_not_replace_the_figures_of_all(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        faithfulness.main(["--sets", "a"])
    assert "must not replace the figures of all sets" in capsys.readouterr().err


def test_a_document_without_a_place_for_the_table_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"must hold '<!-- faithfulness:begin -->"):
        answers.put("no comments", "| a |", "faithfulness")


def test_a_table_is_put_between_the_comments_of_its_name_alone() -> None:
    text = "<!-- a:begin -->\nold\n<!-- a:end -->\n<!-- b:begin -->\nold\n<!-- b:end -->\n"
    put_in = "<!-- a:begin -->\nold\n<!-- a:end -->\n<!-- b:begin -->\n| \\1 |\n<!-- b:end -->\n"

    assert answers.put(text, "| \\1 |", "b") == put_in


# --- what is kept ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def measured() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(faithfulness.RESULTS.read_text(encoding="utf-8"))
    return found


def test_the_table_of_the_document_is_the_one_that_was_measured(measured: dict[str, Any]) -> None:
    text = faithfulness.DOCUMENT.read_text(encoding="utf-8")

    assert table_between(text, "faithfulness") == faithfulness.render(measured)


def test_the_table_shows_errors_and_harmless_changes_in_percent() -> None:
    of = {"n": 8, "caught": 7, "rate": 0.875, "low": 0.5291, "high": 0.9776}

    assert faithfulness.render({"errors": {"a": of}, "harmless": {"b": of}}).splitlines() == [
        "| Error | Answers | Flagged | Rate | 95 % interval |",
        "| --- | ---: | ---: | ---: | ---: |",
        "| a | 8 | 7 | 87.5 % | 52.9 – 97.8 |",
        "",
        "| Harmless change | Answers | Flagged | Rate | 95 % interval |",
        "| --- | ---: | ---: | ---: | ---: |",
        "| b | 8 | 7 | 87.5 % | 52.9 – 97.8 |",
    ]


def test_every_kind_was_measured_and_every_rate_has_its_interval(measured: dict[str, Any]) -> None:
    assert list(measured["errors"]) == [kind.name for kind in KINDS if kind.is_error]
    assert list(measured["harmless"])[1:] == [kind.name for kind in KINDS if not kind.is_error]
    for of in (*measured["errors"].values(), *measured["harmless"].values()):
        assert of["rate"] == pytest.approx(of["caught"] / of["n"], abs=1e-4)
        assert (of["low"], of["high"]) == pytest.approx(wilson_interval(of["caught"], of["n"]), abs=1e-4)


def test_no_set_that_is_held_out_or_outside_the_project_is_asked(measured: dict[str, Any]) -> None:
    sets = faithfulness.sets_asked()

    assert {"smart-card", "smart-card-extra", "smart-card-more", "a", "b", "c", "e1", "l3"} <= {
        one.name for one in sets
    }
    assert all(one.questions.is_relative_to(faithfulness.ROOT) for one in sets)
    assert {one.name for one in sets} & (HELD_OUT | {"d", "dev"}) == set()
    assert set(measured["articles"]) == {one.articles.name for one in sets}
