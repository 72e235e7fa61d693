from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

import gradio as gr
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from assistant.evaluation.report import HEADLINES
from assistant.feedback import REASONS
from assistant.page.routes import Judgement
from assistant.page.visitor import language_of, translation
from assistant.page.words import Language, gradio_words, page_language, script_words, word_key, words_of

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "assistant" / "page"
TABLES: dict[str, dict[str, Any]] = tomllib.loads((PAGE / "words.toml").read_text(encoding="utf-8"))
INNER = ("trouble", "results", "operator", "script")
SCRIPT = "\n".join(path.read_text(encoding="utf-8") for path in sorted((PAGE / "script").glob("*.js")))
PYTHON = "\n".join(path.read_text(encoding="utf-8") for path in sorted(PAGE.glob("*.py")))
HAN = re.compile(r"[\u4e00-\u9fff]")


def flat(table: Mapping[str, Any]) -> dict[str, str]:
    """The words of a language by `table.key`, those outside a table by `.key`."""
    own = {f".{key}": word for key, word in table.items() if isinstance(word, str)}
    return own | {f"{name}.{key}": word for name in INNER for key, word in table[name].items()}


def listed(name: str) -> list[str]:
    """The texts of a list that the script declares: `const name = ["a", "b"];`."""
    found = re.search(rf"const {name} = \[([^\]]*)\];", SCRIPT)
    assert found, name
    return re.findall(r'"([^"]*)"', found[1])


def visitor(language: str = "", cookie: str = "") -> gr.Request:
    """Somebody whose browser sends these headers."""
    headers = [(b"accept-language", language.encode()), (b"cookie", cookie.encode())]
    sent = [header for header in headers if header[1]]
    return gr.Request(Request({"type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": sent}))


# The table


def test_there_are_three_languages() -> None:
    assert list(TABLES) == ["en", "zh", "zh-TW"]


@pytest.mark.parametrize("language", ["zh", "zh-TW"])
def test_every_language_has_the_same_words(language: str) -> None:
    assert list(flat(TABLES[language])) == list(flat(TABLES["en"]))
    assert {name for name, word in TABLES[language].items() if isinstance(word, dict)} == set(INNER)


@pytest.mark.parametrize("language", TABLES)
def test_no_word_is_blank(language: str) -> None:
    assert [key for key, word in flat(TABLES[language]).items() if word != word.strip() or not word] == []


@pytest.mark.parametrize("language", ["zh", "zh-TW"])
def test_a_word_has_the_same_gaps_in_every_language(language: str) -> None:
    def gaps(word: str) -> list[str]:
        return sorted(re.findall(r"\{[^}]*\}", word))

    english, own = flat(TABLES["en"]), flat(TABLES[language])

    assert {key: gaps(word) for key, word in own.items()} == {key: gaps(word) for key, word in english.items()}


def test_english_is_english_and_chinese_is_chinese() -> None:
    names = ("小卡",)
    assert [key for key, word in flat(TABLES["en"]).items() if HAN.search(word) and word not in names] == []
    for language in ("zh", "zh-TW"):
        assert [key for key, word in flat(TABLES[language]).items() if not HAN.search(word)] == []


def test_traditional_words_hold_no_simplified_characters() -> None:
    simplified = set("问题发这对时说话区试载闭复制邮单项显页书从没组种级报数据结构类义码资讯网经济还个里为们现后")

    assert sorted(simplified & set("".join(flat(TABLES["zh-TW"]).values()))) == []
    assert len(simplified & set("".join(flat(TABLES["zh"]).values()))) > 20


# What uses it


def test_every_word_of_the_script_is_said_by_it() -> None:
    said = set(re.findall(r'say\("([a-z_]+)"', SCRIPT))
    said |= {name for names in re.findall(r'say\([^()]*\? "([a-z_]+)" : "([a-z_]+)"\)', SCRIPT) for name in names}
    said |= set(re.findall(r'tool\("([a-z_]+)"', SCRIPT))
    said |= set(listed("reasons"))

    assert set(TABLES["en"]["script"]) == said


@pytest.mark.parametrize("table", ["trouble", "results", "operator"])
def test_every_word_of_a_table_is_used_by_the_page(table: str) -> None:
    fields = {f"field_{name}" for name in ("title", "source", "license", "as_of")}
    verdicts = {"better", "worse", "same", "unclear"}
    built = {"operator": fields, "results": verdicts | set(HEADLINES)}.get(table, set())

    assert [key for key in TABLES["en"][table] if key not in built and f'"{key}"' not in PYTHON] == []
    assert built <= set(TABLES["en"][table])


def test_every_other_word_is_said_by_the_page() -> None:
    keys = {key for key, word in TABLES["en"].items() if isinstance(word, str)}

    assert [key for key in keys if f'say("{key}")' not in PYTHON] == []


def test_every_word_that_the_page_says_is_there() -> None:
    known = {key for key, word in TABLES["en"].items() if isinstance(word, str)} | set(TABLES["en"]["operator"])

    assert set(re.findall(r'\bsay\("([a-z_]+)"\)', PYTHON)) - known == set()


def test_the_reasons_of_a_judgement_are_the_same_everywhere() -> None:
    assert tuple(listed("reasons")) == REASONS
    assert get_args(Judgement.model_fields["reason"].annotation) == ("", *REASONS)
    for language in TABLES.values():
        assert set(REASONS) <= set(language["script"])


# What Gradio and the script are given


def test_words_of_the_operators_page_hide_none_of_the_others() -> None:
    for language in TABLES.values():
        assert {key for key, word in language.items() if isinstance(word, str)} & set(language["operator"]) == set()


def test_gradio_is_given_the_words_by_every_tag_that_chinese_browsers_send() -> None:
    words = gradio_words()

    assert list(words) == ["en", "zh", "zh-TW", "zh-CN", "zh-HK", "zh-MO"]
    assert [words[tag][word_key("send")] for tag in words] == ["Ask", "提问", "提問", "提问", "提問", "提問"]
    assert [words[tag][word_key("look")] for tag in words] == [
        "Look at it",
        "先看看",
        "先看看",
        "先看看",
        "先看看",
        "先看看",
    ]
    assert words["zh-CN"][word_key("new")] == "新对话"
    assert not [key for key in words["en"] if not key.startswith("xk_")]


def test_a_word_is_said_by_its_own_key_in_gradios_translation() -> None:
    i18n, say = translation()

    assert set(i18n.translations) == set(gradio_words())
    assert word_key("send") in str(say("send"))
    assert str(say("send")) != str(say("stop"))


def test_the_script_is_given_its_words_by_the_pages_languages() -> None:
    words = script_words()

    assert tuple(words) == get_args(Language)
    assert [words[language]["copy"] for language in words] == ["Copy", "复制", "複製"]
    assert set(words["en"]) == set(TABLES["en"]["script"])


def test_tables_of_words_are_read_in_a_visitors_language() -> None:
    assert [words_of("trouble", language)["busy"] for language in get_args(Language)] == [
        "Too many questions at the moment",
        "同时提问的人太多",
        "同時提問的人太多",
    ]
    assert words_of("operator", "tlh")["look"] == "Look at it"


# Which language


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("zh-TW", "zh-Hant"),
        ("zh-HK,zh;q=0.9", "zh-Hant"),
        ("zh-MO", "zh-Hant"),
        ("zh-Hant-HK,zh", "zh-Hant"),
        ("ZH-TW", "zh-Hant"),
        (" zh-cn , en", "zh"),
        ("zh-Hans-TW", "zh"),
        ("zh-SG", "zh"),
        ("en-GB,zh", "en"),
        ("de", "en"),
        ("", "en"),
        ("*", "en"),
        ("zh;q=1", "zh"),
        (",;,", "en"),
    ],
)
def test_the_page_speaks_the_browsers_first_language(header: str, language: str) -> None:
    assert page_language(header) == language
    assert language_of(visitor(header)) == language


@pytest.mark.parametrize("language", get_args(Language))
def test_the_language_that_was_chosen_on_the_page_comes_first(language: str) -> None:
    for header in ("zh-CN,zh", "zh-TW", "en", "de", ""):
        assert page_language(header, language) == language
        assert language_of(visitor(header, f"other=1; xk-language={language}")) == language


@pytest.mark.parametrize("chosen", ["", "de", "zh-CN", "ZH", "zh-hant", " en", "en; zh", "\0", "x" * 4000])
def test_a_choice_that_the_page_does_not_offer_counts_as_none(chosen: str) -> None:
    assert page_language("zh-TW", chosen) == "zh-Hant"


def test_a_visitor_of_whom_nothing_is_known_reads_english() -> None:
    assert language_of(visitor()) == "en"


def test_cookies_of_others_choose_nothing() -> None:
    assert language_of(visitor("zh-CN", "language=en; xk-language2=en")) == "zh"


@given(st.text(), st.text())
def test_any_header_and_any_cookie_are_a_language(header: str, chosen: str) -> None:
    assert page_language(header, chosen) in get_args(Language)
