from __future__ import annotations

import html
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from assistant.answer import ORIGINAL, Answer
from assistant.page.conversation import Conversation, ShownAnswer, ShownCitation, ShownSource, ShownStep, shown
from assistant.page.markdown import error_message, messages_of, page_answer, page_error, page_question
from tests.fake_assistant import ABSTAIN, CLARIFY, PROCEDURE, FakeAssistant, citation
from tests.test_render import HOSTILE

# Every element and attribute that the page itself writes.
_OURS = re.compile(
    r"<(?:div|p|details|summary|ul|li|q|sup|small)"
    r"(?: (?:class|id|lang|title|role|tabindex)=\"[^\"<>]*\")*>"
    r"|</(?:div|p|details|summary|ul|li|q|sup|small)>|<br>"
)
MARKER = '<sup class="xk-marker" role="button" tabindex="0">[{}]</sup>'


def show(answer: Answer, index: int = 0) -> str:
    return page_answer(shown(answer, FakeAssistant().document), index)


def everywhere(text: str, *, outcome: str = "answered") -> ShownAnswer:
    """An answer with this text in every field that a browser can fill."""
    return ShownAnswer.model_validate(
        {
            "outcome": outcome,
            "text": f"{text} [1]\n{text}\n\n1. {text}[1][2]\n> {text}\n# {text}\n  {ORIGINAL}{text}",
            "steps": [ShownStep(number=1, text=text, markers=[1])],
            "citations": [
                ShownCitation(
                    marker=1, doc_id=text, title=text, headings=[text, text], start=0, end=1, quote=text, version="ab"
                )
            ],
            "options": [text],
            "reason": text[:40],
            "sources": {text: ShownSource(path=text, source=text, license=text, as_of=text)},
            "follow_ups": [text],
        }
    )


def inert(content: str) -> bool:
    """Whether nothing in it acts but what the page itself writes."""
    return not re.search(r"[<`$]|!\[|\]\(|\]\[|\]:|://|(?i:www)\.|@", _OURS.sub("", content))


class _Elements(HTMLParser):
    """The names of the elements and attributes of a document, and where its links lead."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.attributes: set[str] = set()
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data: str) -> None:
        self.text += data


def elements(content: str) -> _Elements:
    """What a reader of Markdown and HTML makes of it."""
    read = _Elements()
    read.feed(MarkdownIt("commonmark", {"html": True}).render(content))
    read.close()
    return read


# An answer


def test_an_answer_is_shown_with_raised_markers_and_its_sources_below() -> None:
    answer, sources = show(PROCEDURE).split('<details class="xk-sources" id="xk-sources-0">')

    assert answer.startswith('<div class="xk-answer xk-answered xk-procedure" id="xk-answer-0" lang="zh">\n\n')
    assert f"1. 带上身份证件。{MARKER.format(1)}" in answer
    assert "**交通卡**" in answer
    assert "xk-label" not in answer
    assert sources.startswith("<summary>来源 (2)</summary>")
    assert sources.count("卡片 › 交通卡") == 1
    assert html.unescape(sources).count("截至 2026-11-01 · CC BY 4.0 · https://example.org/cards") == 1
    assert '<li title="cards&#46;md, 第 15–22 字符">' in sources
    assert f"{MARKER.format(1)} <q>带上身份证件。</q>" in sources
    assert f"{MARKER.format(2)} <q>填写申请表。</q>" in sources
    assert "\n" not in sources


def test_each_part_carries_its_place_in_the_conversation() -> None:
    content = show(PROCEDURE, 7)

    assert 'id="xk-answer-7"' in content
    assert 'id="xk-sources-7"' in content
    assert page_question("卡", 7) == '<div class="xk-question" id="xk-question-7">\n\n卡\n\n</div>'


def test_what_is_copied_of_an_answer_still_names_its_sources() -> None:
    text = elements(show(PROCEDURE)).text

    assert "带上身份证件。[1]" in text
    assert "填写申请表。[2]" in text


@pytest.mark.parametrize(
    ("source", "about"),
    [
        (ShownSource(), None),
        (ShownSource(path="a.md"), None),
        (ShownSource(license="CC0"), "CC0"),
        (ShownSource(as_of="2026-11-01", source="x"), "截至 2026&#45;11&#45;01 · x"),
    ],
)
def test_only_what_is_known_of_an_article_is_told(source: ShownSource, about: str | None) -> None:
    answer = shown(PROCEDURE, FakeAssistant().document).model_copy(update={"sources": {"cards": source}})
    told = re.findall(r'<p class="xk-about">(.*?)</p>', page_answer(answer, 0))

    assert told == ([] if about is None else [about])


def test_a_path_of_several_lines_is_one_line_of_text_where_it_is_pointed_at() -> None:
    answer = shown(PROCEDURE, FakeAssistant().document)
    content = page_answer(answer.model_copy(update={"sources": {"cards": ShownSource(path="a\nb")}}), 0)

    assert '<li title="a b, 第 15–22 字符">' in content


def test_an_article_that_is_gone_is_shown_by_its_title_and_words() -> None:
    answer = shown(PROCEDURE, FakeAssistant().document).model_copy(update={"sources": {}})
    content = page_answer(answer, 0)

    assert "卡片 › 交通卡" in content
    assert "<q>带上身份证件。</q>" in content
    assert "xk-about" not in content


def test_a_title_that_is_also_the_first_heading_stands_once() -> None:
    other = replace(PROCEDURE, citations=(citation(1, "带上身份证件。", title="别的标题"),))

    assert '<p class="xk-trail">卡片 › 交通卡</p>' in show(PROCEDURE)
    assert '<p class="xk-trail">别的标题 › 卡片 › 交通卡</p>' in show(other)


def test_two_markers_in_a_row_are_two_markers() -> None:
    content = show(replace(PROCEDURE, text="带上身份证件。[1][2]"))

    assert f"{MARKER.format(1)} {MARKER.format(2)}" in content


@pytest.mark.parametrize(
    "text", ["见[7]。", "见[0]。", "见[01]。", "见[1-9]。", "见[1,2]。", "见[99999]。", "见[一]。", "[7](x)"]
)
def test_a_marker_without_a_citation_stays_plain_text(text: str) -> None:
    content = show(replace(PROCEDURE, text=text))
    answer = content.split("<details")[0]

    assert "xk-marker" not in answer
    assert text in elements(answer).text
    assert "a" not in elements(answer).names


def test_without_citations_no_marker_can_be_pressed_and_no_sources_stand_below() -> None:
    content = show(replace(ABSTAIN, text="[1]"))

    assert "xk-marker" not in content
    assert "xk-sources" not in content


def test_outcomes_and_failures_do_not_look_alike() -> None:
    contents = {
        "answered": show(PROCEDURE),
        "clarified": show(CLARIFY),
        "abstained": show(ABSTAIN),
        "error": page_error("It broke", "Ask again."),
    }

    for outcome, content in contents.items():
        assert content.startswith(f'<div class="xk-answer xk-{outcome}')
        assert [other for other in contents if f"xk-{other}" in content] == [outcome]
    assert '<p class="xk-label">请先确认</p>' in contents["clarified"]
    assert '<p class="xk-label">No answer: nothing to rest it on</p>' in contents["abstained"]
    assert contents["error"].count('role="alert"') == 1


@pytest.mark.parametrize(
    ("language", "label", "sources"),
    [("zh", "没有依据，不作回答", "来源 (2)"), ("zh-Hant", "沒有依據，不作回答", "來源 (2)"),
     ("en", "No answer: nothing to rest it on", "Sources (2)")],
)  # fmt: skip
def test_an_answer_is_framed_in_its_own_language(language: str, label: str, sources: str) -> None:
    abstained, answered = show(replace(ABSTAIN, language=language)), show(replace(PROCEDURE, language=language))

    assert f'lang="{language}"' in abstained
    assert f'<p class="xk-label">{label}</p>' in abstained
    assert f"<summary>{sources}</summary>" in answered


@pytest.mark.parametrize("outcome", ["clarified", "abstained"])
def test_only_an_answer_can_be_a_procedure(outcome: str) -> None:
    assert "xk-procedure" not in show(replace(PROCEDURE, outcome=outcome))
    assert "xk-procedure" not in show(replace(PROCEDURE, steps=()))


def test_options_are_shown_once() -> None:
    content = show(replace(CLARIFY, text="您要注销哪一种卡？\n\n1. 交通卡\n2. 银行卡"))

    assert "您要注销哪一种卡？" in content
    assert "交通卡" not in content
    assert "银行卡" not in content


def test_a_line_that_is_no_option_stays() -> None:
    content = show(replace(CLARIFY, text="1. 银行卡\n3. 交通卡"))

    assert "1. 银行卡\n3. 交通卡" in content


def test_the_words_below_an_editions_are_an_aside_in_chinese() -> None:
    answer = replace(PROCEDURE, language="en", text=f"1. Bring your ID. [1]\n   {ORIGINAL}带上身份证件。")

    assert f'\n   <small class="xk-original" lang="zh">{ORIGINAL}带上身份证件。</small>' in show(answer)


def test_hidden_characters_are_shown() -> None:
    content = show(replace(PROCEDURE, text="a\u202eb\x07"))

    assert "a&#60;U+202E>b&#60;U+0007>" in content.replace("&#62;", ">")


# Nothing but the page's own acts


@pytest.mark.parametrize("outcome", ["answered", "clarified", "abstained"])
@pytest.mark.parametrize("hostile", HOSTILE)
def test_nothing_that_a_conversation_holds_acts_on_the_page(hostile: str, outcome: str) -> None:
    content = page_answer(everywhere(hostile, outcome=outcome), 0)

    assert inert(content)
    read = elements(content)
    assert read.names <= {
        "div", "p", "details", "summary", "ul", "ol", "li", "q", "sup", "small", "br", "blockquote", "h1"
    }  # fmt: skip
    assert read.attributes <= {"class", "id", "lang", "title", "role", "tabindex"}
    # Six times in the text; in the sources two headings, three facts and the quote.
    assert read.text.count(hostile) == 12


@pytest.mark.parametrize("hostile", HOSTILE)
def test_nothing_that_is_asked_acts_on_the_page(hostile: str) -> None:
    read = elements(page_question(f"{hostile}\n# {hostile}\n\n    {hostile}", 0))

    assert read.names == {"div", "p", "br"}
    assert read.attributes == {"class", "id"}
    assert hostile in read.text


@pytest.mark.parametrize("hostile", HOSTILE)
def test_nothing_in_a_failure_acts_on_the_page(hostile: str) -> None:
    read = elements(page_error(hostile, hostile))

    assert read.names == {"div", "p"}
    assert read.attributes == {"class", "role"}
    assert read.text.count(hostile) == 2


@given(st.text(), st.sampled_from(["answered", "clarified", "abstained"]))
def test_any_text_in_every_field_acts_not(text: str, outcome: str) -> None:
    assert inert(page_answer(everywhere(text, outcome=outcome), 0))


@given(st.text(alphabet="<>[]()!:/@&`$#1a \n\\\"'", max_size=40))
def test_no_arrangement_of_what_begins_markup_acts(text: str) -> None:
    content = page_answer(everywhere(text), 0)

    assert inert(content)
    assert not elements(content).names & {"a", "img", "script", "iframe", "svg", "style", "form", "input"}


@given(st.text(alphabet="<>[]()!:/@&`$#1a \n\\\"'", max_size=40))
def test_no_arrangement_of_what_begins_markup_acts_in_a_question(text: str) -> None:
    assert elements(page_question(text, 0)).names <= {"div", "br", "p"}


# The whole conversation


def test_a_conversation_is_its_questions_and_answers_and_what_is_awaited() -> None:
    find = FakeAssistant().document
    answer = shown(PROCEDURE, find)
    conversation = Conversation(conversation_id="0" * 16).answered("我的卡", shown(CLARIFY, find))
    conversation = conversation.answered("交通卡", answer.offering(("要多久？",))).asking("谢谢")

    assert messages_of(conversation) == [
        {"role": "user", "content": page_question("我的卡", 0), "options": []},
        {
            "role": "assistant",
            "content": page_answer(shown(CLARIFY, find), 0),
            "options": [{"value": "交通卡", "label": "交通卡"}, {"value": "银行卡", "label": "银行卡"}],
        },
        {"role": "user", "content": page_question("交通卡", 1), "options": []},
        {
            "role": "assistant",
            "content": page_answer(answer, 1),
            "options": [{"value": "要多久？", "label": "要多久？"}],
        },
        {"role": "user", "content": page_question("谢谢", 2), "options": []},
    ]


def test_an_empty_conversation_shows_nothing() -> None:
    assert messages_of(Conversation(conversation_id="0" * 16)) == []


def test_a_failure_is_a_message_of_the_assistants_without_options() -> None:
    assert error_message("It broke", "Ask again.") == {
        "role": "assistant",
        "content": '<div class="xk-answer xk-error" role="alert">\n\n<p class="xk-label">It broke</p>\n\n'
        "Ask again&#46;\n\n</div>",
        "options": [],
    }


def test_what_an_answer_escapes_is_shown_once_and_as_it_is() -> None:
    text = r"费用是\$5，\<b\>，a \& b，\*不\*，\`码\`，\[1\]，5 \> 3。[1]"
    answer = shown(replace(PROCEDURE, text=text, citations=PROCEDURE.citations[:1], steps=()), FakeAssistant().document)

    told = elements(page_answer(answer, 0)).text
    assert "费用是$5，<b>，a & b，*不*，`码`，[1]，5 > 3。" in told
    assert "\\" not in told
    assert "&#" not in told
