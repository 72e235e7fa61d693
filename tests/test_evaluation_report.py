"""The report of an evaluation: one page that asks for nothing and shows what strangers wrote as text."""

from __future__ import annotations

import re
import tomllib
import weakref
from collections.abc import Callable, Iterable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from assistant.evaluation import report
from assistant.evaluation.pictures import spreads, ticks, trade_off
from assistant.evaluation.report import anchor_of, verdict_on_cell, verdict_on_change, write_report
from assistant.evaluation.statistics import interval_of
from corpus.errors import UnusableInput
from tests import evaluation_records as records
from tests.evaluation_records import answer, comparison, failures, figure, judged, question, record, share

SOURCES = Path(report.__file__).parent
# Elements without an end tag.
VOID = {"meta", "link", "input", "br"}
HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</details></section></main><h1>owned</h1>",
    "</textarea></style><iframe src=//evil.example>",
    "{{ 7*7 }}{% raw %}{0}{name}",
    "' onmouseover='alert(1)",
    "javascript:alert(1)",
)


class Page(HTMLParser):
    """The page as its elements: each with the text in it and what surrounds it."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[dict[str, Any]] = []
        self.unbalanced: list[str] = []
        self._open: list[dict[str, Any]] = []
        self.feed(html)
        self.close()
        self.unbalanced += [element["tag"] for element in self._open]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = {"tag": tag, "attrs": dict(attrs), "text": "", "inside": list(self._open)}
        self.elements.append(element)
        if tag not in VOID:
            self._open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self._open.pop()

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open[-1]["tag"] != tag:
            self.unbalanced.append(tag)
            return
        self._open.pop()

    def handle_data(self, data: str) -> None:
        for element in self._open:
            element["text"] += data

    def all(self, tag: str, **attrs: str) -> list[dict[str, Any]]:
        """The elements of a tag that have the attributes; `cls` is one of the classes."""
        cls = attrs.pop("cls", None)
        return [
            element
            for element in self.elements
            if element["tag"] == tag
            and (cls is None or cls in (element["attrs"].get("class") or "").split())
            and all(element["attrs"].get(name) == value for name, value in attrs.items())
        ]

    def within(self, outer: dict[str, Any], tag: str, **attrs: str) -> list[dict[str, Any]]:
        return [element for element in self.all(tag, **attrs) if any(one is outer for one in element["inside"])]

    def details(self, question_id: str) -> dict[str, Any]:
        (found,) = self.all("details", id=anchor_of(question_id))
        return found


@pytest.fixture
def written(tmp_path: Path) -> Callable[..., str]:
    """Writes a report and gives its text."""

    def write(evaluation: dict[str, Any] | None = None, questions: Iterable[dict[str, Any]] = ()) -> str:
        file = tmp_path / "report.html"
        write_report(record() if evaluation is None else evaluation, questions, file)
        return file.read_text(encoding="utf-8")

    return write


Write = Callable[..., str]


def english(text: str) -> str:
    """The page's text without the Chinese of its phrases, white space made single."""
    text = re.sub(r'<span class="zh" lang="zh">.*?</span>', "", text)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text))


# --- one page, by itself


def test_the_page_asks_for_nothing_elsewhere(written: Write) -> None:
    html = written(record(comparison=comparison()), failures())
    page = Page(html)
    links = [
        e["attrs"][name] for e in page.elements for name in ("href", "src", "action", "data") if name in e["attrs"]
    ]

    assert {link for link in links if not link.startswith("#")} == {"data:,"}  # the icon, so that none is asked for
    assert re.findall(r"url\(|@import|https?://", html) == []


def test_the_page_allows_no_script_but_its_own(written: Write) -> None:
    import base64
    import hashlib

    page = Page(written())
    (policy,) = page.all("meta", **{"http-equiv": "Content-Security-Policy"})
    (script,) = page.all("script")
    digest = base64.b64encode(hashlib.sha256(script["text"].encode()).digest()).decode()

    assert policy["attrs"]["content"] == (
        "default-src 'none'; style-src 'unsafe-inline'; "
        f"script-src 'sha256-{digest}'; img-src data:; base-uri 'none'; form-action 'none'"
    )
    assert [name for e in page.elements for name in e["attrs"] if name.startswith("on")] == []


def test_the_elements_close_in_the_order_they_opened(written: Write) -> None:
    assert Page(written(record(comparison=comparison(), n_errors=1), failures())).unbalanced == []


def test_no_id_stands_twice_and_every_reference_has_its_id(written: Write) -> None:
    judge = judged("m")
    page = Page(written(record(comparison=comparison(), judge=judge), failures()))
    ids = [e["attrs"]["id"] for e in page.elements if "id" in e["attrs"]]
    named = [
        e["attrs"][name].split()
        for e in page.elements
        for name in ("aria-labelledby", "aria-describedby", "for")
        if name in e["attrs"]
    ]
    anchors = [e["attrs"]["href"][1:] for e in page.all("a")]

    assert sorted(ids) == sorted(set(ids))
    assert {one for several in named for one in several} - set(ids) == set()
    assert set(anchors) - set(ids) == set()


def test_headings_skip_no_level_and_tables_name_their_rows_and_columns(written: Write) -> None:
    page = Page(written(record(comparison=comparison()), failures()))
    levels = [int(e["tag"][1]) for e in page.elements if re.fullmatch("h[1-6]", e["tag"])]

    assert levels[0] == 1
    assert levels.count(1) == 1
    assert [pair for pair in zip(levels, levels[1:], strict=False) if pair[1] - pair[0] > 1] == []
    assert all(cell["attrs"].get("scope") in {"row", "col"} for cell in page.all("th"))
    assert len(page.all("caption")) == len(page.all("table")) > 10


def test_the_same_record_gives_the_same_bytes(written: Write) -> None:
    evaluation = record(comparison=comparison())

    assert written(evaluation, failures()) == written(record(comparison=comparison()), iter(failures()))


# --- what strangers wrote is text


def hostile(text: str) -> list[dict[str, Any]]:
    quoted = {**records.citation(1, text), "title": text, "headings": [text]}
    replied = answer(text, text, citations=[quoted], options=[text], reason=text)
    gold = {
        "sections": [text],
        "facts": [[text], [text + "?"]],
        "steps": {"count": 1, "ordered": [[text]]},
        "must_not": [text],
        "note": text,
    }
    return [
        question(
            text,
            set=text,
            kind=text,
            lang=text,
            expect=text,
            turns=[text, text],
            gold=gold,
            error=text,
            answer=replied,
            grades={"success": 0.0, text: 0.0},
            hits=[{"chunk_id": text, "rank": 1, "score": 0.5, "relevant": True}],
            decided=text,
            before={"outcome": text, "grades": {text: 1.0}, "text": text},
        )
    ]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_shown_as_text(written: Write, text: str) -> None:
    plain = Page(written(record(), hostile("harmless")))
    page = Page(written(record(), hostile(text)))
    details = page.details(text)

    assert [e["tag"] for e in page.elements] == [e["tag"] for e in plain.elements]
    assert [sorted(e["attrs"]) for e in page.elements] == [sorted(e["attrs"]) for e in plain.elements]
    assert page.unbalanced == []
    # Wherever the harmless one is shown, this is.
    assert details["text"].count(text) == plain.details("harmless")["text"].count("harmless") > 15


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_names_in_the_record_are_shown_as_text(written: Write, text: str) -> None:
    figures = {"success": figure(9, 10)}
    evaluation = record(
        settings={"corpus": text, text: text},
        sets=[{"name": text, "n": 10, "sha256": text}],
        groups={"kind": {text: figures}, "lang": {text: figures}, "set": {text: figures, "dev": figures}},
        summary={**figures, text: figure(1, 2)},
        outcomes={text: {"answered": 1}},
        judge={
            "model": text,
            "faithfulness": share(0.9, 0.8, 1.0, 10),
            "n_unreadable": 0,
            "n_failed": 0,
            "n_not_asked": 0,
        },
        comparison=comparison(better=[{"id": text, "measures": {text: [0.0, 1.0]}}], only_new=[text]),
    )
    page = Page(written(evaluation, []))

    assert [page.all(tag) for tag in ("img", "iframe", "textarea")] == [[], [], []]
    assert len(page.all("script")) == len(page.all("style")) == len(page.all("h1")) == 1
    assert page.unbalanced == []
    assert page.all("table")[-1]["text"].count(text) == 2


def test_hidden_and_broken_characters_are_shown_as_their_code(written: Write) -> None:
    text = "前\x00\x1b[31m\u202e后\ud800\u200b尾"
    page = Page(written(record(), [question(text, turns=[text], grades={"success": 0.0}, answer=answer("a", text))]))

    texts = [div["text"] for div in page.within(page.details(text), "div", cls="text")]
    assert texts[:2] == ["前<U+0000><U+001B>[31m<U+202E>后<U+D800><U+200B>尾"] * 2


def test_the_reply_keeps_its_lines_and_markers(written: Write) -> None:
    text = "**要点**\n\n1. 带身份证。[1]\n2. 签字。[2]"
    page = Page(written(record(), [question("a", grades={"success": 0.0}, answer=answer("a", text))]))

    assert text in [div["text"] for div in page.within(page.details("a"), "div", cls="text")]


# --- the verdict


def test_the_verdict_says_how_many_were_right(written: Write) -> None:
    html = written(record(summary={"success": {**figure(159, 166), "low": 0.92166, "high": 0.98795}}))

    assert "159 of 166 questions were answered as they should be: 95.8%, 95% interval 92.2–98.8%." in english(html)
    assert "166 题中有 159 题答得符合要求：95.8%，95% 区间 92.2–98.8%。" in html
    assert "ended in an error" not in html


def test_errors_come_before_the_verdict(written: Write) -> None:
    text = english(written(record(n_errors=3)))

    loud = text.index("3 of 166 questions ended in an error: no reply, and no part in any rate below.")
    assert loud < text.index("were answered as they should be")


def test_a_record_that_could_not_be_graded_says_so(written: Write) -> None:
    text = english(written(record(summary={}, groups={}, outcomes={}, n=2, n_errors=2), []))

    assert "No question could be graded." in text
    assert "2 of 2 questions ended in an error" in text


def test_a_collapsed_interval_is_wilsons_and_says_so(written: Write) -> None:
    nine = {"mean": 1.0, "low": 1.0, "high": 1.0, "n": 9, "wilson_low": 0.7008, "wilson_high": 1.0}
    page = Page(written(record(summary={"steps": nine, "fact_recall": share(1.0, 1.0, 1.0, 9)})))
    (table,) = page.all("table", cls="measures")
    rows = [english(row["text"]) for row in page.within(table, "tr")[1:]]

    assert rows[0].endswith("100.0%9 题中 9 题9 of 970.1–100.0% WilsonWilson")
    assert rows[1].endswith("各题结果相同，无区间all alike, no interval")


def test_measures_that_are_better_low_are_marked(written: Write) -> None:
    page = Page(written())
    (table,) = page.all("table", cls="measures")
    marked = [row["text"] for row in page.within(table, "tr") if "↓" in row["text"]]

    assert [re.search(r"[a-z]+_[a-z]+", row)[0] for row in marked] == [  # type: ignore[index]
        "answered_unanswerable",
        "false_answer",
        "false_refusal",
        "needless_question",
    ]


def test_a_judge_is_shown_apart_and_never_gates(written: Write) -> None:
    judge = judged("openai:some-model", share(0.97, 0.94, 0.99, 110), n_unreadable=2, n_failed=3, n_not_asked=4)
    with_judge, without = written(record(judge=judge)), written()

    (section,) = Page(with_judge).all("section", cls="judge")
    assert "never gates anything" in section["text"]
    assert (
        "openai:some-model: 97.0% of the statements are backed by their quotes (95% interval 94.0–99.0%"
        in section["text"]
    )
    assert "never gates" not in without


# --- both languages


def test_every_word_is_there_in_both_languages() -> None:
    tables = tomllib.loads((SOURCES / "report.toml").read_text(encoding="utf-8"))
    words = {f"{table}.{name}": word for table, names in tables.items() for name, word in names.items()}

    assert [name for name, word in words.items() if set(word) != {"zh", "en"} or not all(word.values())] == []
    fields = {name: [set(re.findall(r"{\w+}", text)) for text in word.values()] for name, word in words.items()}
    assert [name for name, (one, other) in fields.items() if one != other] == []
    # Names of other people's things stand in Latin letters; everything else in Chinese is Chinese.
    assert [name for name, word in words.items() if not re.search(r"[\u4e00-\u9fff]", word["zh"])] == ["page.wilson"]
    assert [name for name, word in words.items() if re.search(r"[\u4e00-\u9fff]", word["en"])] == []


def test_every_word_is_used() -> None:
    template = (SOURCES / "report.html.jinja").read_text(encoding="utf-8")
    made = {"verdict", "verdict_share", "there", "misplaced", "missing", "right_cell", "maybe_cell", "wrong_cell"}
    made |= {f"change_{change}" for change in ("better", "worse", "same", "unclear")}
    made |= {f"tag_{tag}" for tag in ("error", "better", "worse")}

    assert [name for name in report.words()["page"] if f'"{name}"' not in template and name not in made] == []


def test_every_measure_of_the_format_has_a_name_and_an_explanation() -> None:
    measures = {
        *records.summary(),
        "step_order",
        "quotes_verbatim",
        "markers_resolve",
        "recall@5",
        "success@3",
        "success@5",
    }

    assert set(report.words()["measure"]) == measures
    assert set(report.words()["measure_means"]) == measures
    assert len(measures) == 24


def test_no_word_stands_in_the_template_itself() -> None:
    """What remains without expressions and tags are names of percentiles and the two languages' own names."""
    template = (SOURCES / "report.html.jinja").read_text(encoding="utf-8")
    text = re.sub(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}|<[^>]+>", " ", template, flags=re.DOTALL)

    assert set(re.findall(r"[A-Za-z\u4e00-\u9fff][\w\u4e00-\u9fff]*", text)) == {
        "中文",
        "English",
        "n",
        "p50",
        "p95",
        "p99",
    }


def test_a_name_that_is_in_no_table_stands_for_itself(written: Write) -> None:
    groups = {"kind": {"refund": {"success": figure(1, 2)}}, "lang": {}, "set": {}}

    assert len(re.findall(r"<text[^>]*>refund</text>", written(record(groups=groups)))) == 2


# --- pictures


def bar_of(html: str, name: str) -> tuple[str, str, str]:
    """Where the bar of a row begins, how wide it is, and its interval's line."""
    found = re.search(
        rf'>{name}</text>.*?<rect class="bar" x="([\d.]+)" y="\d+" width="([\d.]+)"'
        r'.*?<path class="whisker" d="([^"]+)"',
        html,
        re.DOTALL,
    )
    assert found is not None
    return found[1], found[2], found[3]


def test_a_bar_of_one_half_ends_in_the_middle(written: Write) -> None:
    kinds = {"noise": {"success": share(0.5, 0.25, 0.75, 8)}, "procedure": {"success": share(1.0, 0.5, 1.0, 4)}}
    html = written(record(groups={"kind": kinds}))

    # The scale runs from 4 to 376: its middle is 190, its quarters 97 and 283.
    assert bar_of(html, "Noisy wording") == ("4.0", "186.0", "M97.0 27H283.0")
    assert bar_of(html, "Procedure") == ("4.0", "372.0", "M190.0 69H376.0")


def test_a_picture_says_in_words_what_it_shows(written: Write) -> None:
    kinds = {"noise": {"success": {**figure(4, 8), "low": 0.125, "high": 0.875}}}
    page = Page(written(record(groups={"kind": kinds})))
    pictures = [svg for svg in page.all("svg") if svg["attrs"].get("aria-hidden") != "true"]

    assert {svg["attrs"].get("role") for svg in pictures} == {"img"}
    assert all(page.within(svg, tag)[0]["text"].strip() for svg in pictures for tag in ("title", "desc"))
    assert page.all("desc", id="kind-en-desc")[0]["text"].strip() == "Noisy wording: 50.0%, interval 12.5–87.5%, n = 8."
    assert page.all("desc", id="kind-zh-desc")[0]["text"].strip() == "口语与杂音：50.0%，区间 12.5–87.5%，8 题。"


def test_an_interval_of_a_point_without_wilsons_is_none() -> None:
    assert interval_of(share(1.0, 1.0, 1.0, 9)).method == "none"
    assert interval_of({**share(1.0, 1.0, 1.0, 9), "wilson_low": None}).method == "none"
    assert interval_of(figure(4, 8)).method == "bootstrap"
    assert interval_of(figure(9, 9)).method == "wilson"


def test_the_curve_marks_the_threshold_in_use() -> None:
    points = [
        {
            "threshold": at,
            "false_answer": share(wrong, wrong, min(1.0, wrong + 0.25), 4),
            "false_refusal": share(0.5, 0.25, 1.0, 4),
        }
        for at, wrong in ((0.0, 1.0), (1.0, 0.5), (2.0, 0.0))
    ]
    curve = trade_off(points, 0.9)

    assert curve is not None
    # Across 44 to 370 for 0 to 2, so 0.9 is at 44 + 0.45 * 326; up 230 to 12 for 0 to 1.
    assert curve.mark == 190.7
    answered, refused = curve.lines
    assert answered.points == "44.0,12.0 207.0,121.0 370.0,230.0"
    assert answered.band == "44.0,12.0 207.0,66.5 370.0,175.5 370.0,230.0 207.0,121.0 44.0,12.0"
    assert (answered.threshold, answered.x, answered.y) == (1.0, 207.0, 121.0)  # the point nearest to 0.9
    assert refused.name == "false_refusal"


def test_a_curve_of_one_point_and_of_one_sort_of_question_is_drawn(written: Write) -> None:
    nothing = {"mean": 0.0, "low": 0.0, "high": 0.0, "n": 0}
    curve = [{"threshold": 0.5, "false_answer": figure(1, 4), "false_refusal": nothing}]
    page = Page(written(record(curve=curve)))

    assert [line["attrs"]["class"] for line in page.all("polyline")] == ["line false_answer"] * 2  # zh and en
    assert page.all("polyline")[0]["attrs"]["points"] == "207.0,175.5"


def test_an_empty_curve_is_a_sentence(written: Write) -> None:
    html = written(record(curve=[], threshold=None))

    assert "The threshold decided none of these questions, so there is no curve to draw." in html
    assert "<polyline" not in html


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (-3.0, 3.0, [-3, -2, -1, 0, 1, 2, 3]),
        (0.0, 1.0, [0, 0.2, 0.4, 0.6, 0.8, 1]),
        (0.12, 0.31, [0.15, 0.2, 0.25, 0.3]),
        (-40.0, 900.0, [0, 200, 400, 600, 800]),
        (2.0, 2.0, [2.0]),
    ],
)
def test_ticks_are_round_numbers(low: float, high: float, expected: list[float]) -> None:
    assert ticks(low, high) == expected


def test_a_time_beyond_the_scale_stands_at_its_edge() -> None:
    times = spreads({"total": {"p50": 10.0, "p95": 40.0, "p99": 50.0, "max": 5000.0}})

    assert times.limit == 100.0  # twice the 99th percentile
    (row,) = times.rows
    assert (row.p50, row.p95, row.p99, row.max, row.is_beyond) == (41.2, 152.8, 190.0, 376.0, True)


def test_times_of_nothing_have_a_scale() -> None:
    assert spreads({"total": {"p50": 0.0, "p95": 0.0, "p99": 0.0, "max": 0.0}}).rows[0].max == 4.0
    assert spreads({}).rows == ()


def test_times_that_were_not_taken_are_a_sentence(written: Write) -> None:
    assert "No times were recorded in this evaluation." in written(record(latency_ms={}))


def test_the_matrix_marks_what_is_right(written: Write) -> None:
    page = Page(written())
    (table,) = page.all("table", cls="matrix")
    rows = [[cell["attrs"]["class"] for cell in page.within(row, "td")] for row in page.within(table, "tr")[1:]]

    assert rows == [
        ["right", "wrong", "wrong", "none"],
        ["wrong", "none", "right", "none"],
        ["maybe", "right", "none", "none"],
        ["maybe", "none", "right", "none"],
    ]
    assert verdict_on_cell("refuse_spam", "clarified") == "wrong"
    assert verdict_on_cell("something new", "answered") == "wrong"


# --- the list of failures


def test_every_failure_is_listed_and_no_success(written: Write) -> None:
    rows = [question(f"q{n}", grades={"success": float(n % 3 > 0)}) for n in range(9)]
    rows.append(question("broken", outcome="error", error="ValueError: no", grades={}, answer=None))
    rows.append(question("ungraded", grades={}))
    page = Page(written(record(), rows))

    listed = [page.within(details, "h3")[0]["text"] for details in page.all("details", cls="question")]
    assert listed == ["q0", "q3", "q6", "broken"]
    assert "4 listed: 4 failed, 0 did not fail but changed." in english(written(record(), rows))


def test_no_failures_are_a_sentence(written: Write) -> None:
    assert "No question failed, and none changed." in written(record(), [question()])


def test_what_the_reply_lacks_is_marked(written: Write) -> None:
    page = Page(written(record(), failures()))

    def marked(question_id: str) -> list[str]:
        items = page.within(page.details(question_id), "li")
        return [f"{e['attrs']['class']}: {e['text'].split()[-1]}" for e in items if "class" in e["attrs"]]

    assert marked("fact-027") == ["there: 客服", "missing: 物业"]
    assert marked("proc-002") == ["there: 证件", "misplaced: 申请表", "missing: 余额", "there: 签名"]
    assert [e["text"] for e in page.within(page.details("proc-002"), "mark")] == ["t.me"]
    assert "4 steps expected, 0 given" in page.details("proc-002")["text"]


def test_words_are_found_without_regard_to_width_and_case(written: Write) -> None:
    gold = {"facts": [["HOTLINE", "热线"]], "must_not": ["T.ME"]}
    rows = [question("a", gold=gold, grades={"success": 0.0}, answer=answer("a", "Call the ｈｏｔｌｉｎｅ, not t.me"))]
    page = Page(written(record(), rows))

    assert [e["attrs"]["class"] for e in page.within(page.details("a"), "li", cls="there")] == ["there"]
    assert [e["text"] for e in page.within(page.details("a"), "mark")] == ["T.ME"]


def test_a_failure_can_be_filtered_by_what_it_failed_on(written: Write) -> None:
    page = Page(written(record(comparison=comparison()), failures()))
    tags = {e["attrs"]["id"]: e["attrs"]["data-failed"].split("\n") for e in page.all("details", cls="question")}

    assert tags == {
        anchor_of("proc-002"): ["success", "steps", "step_completeness", "recall@5"],
        anchor_of("fact-027"): ["success", "facts", "fact_recall", "worse"],
        anchor_of("unans-014"): ["better"],
        anchor_of("multi-030"): ["success", "outcome_ok", "needless_question"],
        anchor_of("err-001"): ["error"],
    }
    options = [e["attrs"]["value"] for e in page.within(page.all("select", name="failed")[0], "option")]
    assert options[:5] == ["", "error", "worse", "better", "success"]


def test_an_error_shows_what_was_raised_and_no_reply(written: Write) -> None:
    page = Page(written(record(), failures()))
    details = page.details("err-001")

    assert page.within(details, "div", cls="text")[0]["text"] == "ValueError: `text` must be a string; got 7."
    assert "(no text)" in details["text"]


def test_hits_and_citations_are_listed(written: Write) -> None:
    page = Page(written(record(), failures()))
    tables = page.within(page.details("proc-002"), "table")
    citations, hits = [[row["text"] for row in page.within(table, "tr")[1:]] for table in tables]

    assert citations[0] == "[1]各类卡怎么注销 › 公交卡 › 注销步骤携带身份证前往服务网点"
    assert len(citations) == 3
    assert hits[:2] == ["1smart-card:100-1991.157✓ 是yes", "2smart-card:200-2991.014否no"]


# --- two evaluations


def test_a_comparison_names_a_change_only_where_its_interval_leaves_out_zero(written: Write) -> None:
    page = Page(written(record(comparison=comparison())))
    (caption,) = page.all("caption", id="comparison-caption")
    rows = [row for row in page.within(caption["inside"][-1], "tr") if "class" in row["attrs"]]

    assert [row["attrs"]["class"] for row in rows] == ["better", "unclear", "better", "worse"]
    assert rows[0]["text"].endswith("▲ 变好▲ better92.2%95.8%+3.6+1.2 … +6.60.0218" + "2" + "164")
    assert rows[2]["text"].endswith("18.2%6.1%−12.1−24.2 … −3.0<0.00140164")
    changed = {"n_better": 1, "n_worse": 0}
    assert verdict_on_change("success", {"low": 0.0, "high": 0.1} | changed) == "unclear"
    assert verdict_on_change("false_answer", {"low": 0.01, "high": 0.1} | changed) == "worse"
    assert verdict_on_change("success", {"low": 0.0, "high": 0.0, "n_better": 0, "n_worse": 0}) == "same"


def test_questions_that_changed_stand_side_by_side(written: Write) -> None:
    html = written(record(comparison=comparison()), failures())
    page = Page(html)
    (pair,) = page.within(page.details("unans-014"), "div", cls="pair")

    assert [e["text"] for e in page.within(pair, "div", cls="text")] == [
        "补办门禁卡要20元。[1]",
        "文章没有写补办门禁卡的费用；写了的是注销步骤。",
    ]
    assert [e["attrs"]["href"] for e in page.all("a")][1:] == [
        f"#{anchor_of('fact-027')}",
        f"#{anchor_of('unans-014')}",
    ]
    text = english(html)
    assert "of the 164 questions in both, 1 got better and 1 got worse." in text
    assert "5 listed: 4 failed, 1 did not fail but changed." in text
    assert "8a1f0c2b9d3e4f50 (differs)" in text


# --- writing


def test_questions_are_read_once_and_let_go(written: Write) -> None:
    class Row(dict[str, Any]):
        """A row that can be watched."""

    alive: dict[int, weakref.ref[Row]] = {}
    most = 0

    def rows() -> Iterator[Row]:
        nonlocal most
        for n in range(5000):
            row = Row(question(f"q{n}", grades={"success": float(n % 50 > 0)}))
            alive[n] = weakref.ref(row, lambda _, n=n: alive.pop(n))
            most = max(most, len(alive))
            yield row

    html = written(record(), rows())

    assert html.count('<details class="question"') == 100
    assert most <= 3  # the one that is made, the one that was just looked at, the one that is being written


def test_a_report_that_fails_leaves_what_was_there(tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    file.write_text("the report before", encoding="utf-8")

    def rows() -> Iterator[dict[str, Any]]:
        yield from failures()
        raise RuntimeError("the disk of questions broke")

    with pytest.raises(RuntimeError, match="the disk of questions broke"):
        write_report(record(), rows(), file)

    assert file.read_text(encoding="utf-8") == "the report before"
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]


def test_a_file_that_cannot_be_written_is_the_callers_mistake(tmp_path: Path) -> None:
    with pytest.raises(UnusableInput, match="must be a file that can be written"):
        write_report(record(), [], tmp_path / "nowhere" / "report.html")


def test_a_report_takes_the_place_of_the_one_before(tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    file.write_text("the report before", encoding="utf-8")
    write_report(record(), [], file)

    assert file.read_text(encoding="utf-8").startswith("<!DOCTYPE html>\n<html lang=")
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]
