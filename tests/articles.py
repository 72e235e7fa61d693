"""Articles of the genre, made up, each with what a reader would say is in it.

    article = make_article(random.Random(7))                    # any formatting
    article = make_article(random.Random(7), Style(marker="①"))  # this formatting
    @given(articles())                                          # for hypothesis: shrinks to the plainest formatting

The truth is written down while the text is composed; nothing here reads an article back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields, replace
from random import Random
from typing import Any, Literal, get_args

from hypothesis import strategies as st

from tests import article_words as words

Language = Literal["zh", "en"]
Headings = Literal["atx", "setext", "bold", "numeral"]
Marker = Literal["1.", "1、", "1)", "（1）", "①", "第一步：", "步骤1：", "Step 1:", "heading"]
Labels = Literal["none", "plain", "bold"]
Place = Literal["title", "heading", "between", "inline", "end"]

_NUMERALS = ("一", "二", "三", "四", "五", "六", "七", "八", "九", "十", "十一", "十二")
_ENGLISH_MARKERS = frozenset({"1.", "1)", "Step 1:", "heading"})
_INDENTS = {"1.": "   ", "1)": "   "}


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """How an article is written; combinations that nobody writes are settled by `make_article`.

    Attributes:
        headings: `## …`, underlined, bold lines, or bare `一、…` and `（一）…` lines.
        marker: What stands before a step; `heading` makes each step a heading of its own with a paragraph below.
        labels: Whether a step starts with a label such as `填写申请表：`.
        n_subjects: Cards in the article, each with its own section, 1 to 4.
        n_steps: Steps in each procedure, 2 to 12.
        two_lists: Whether the first section has two procedures, each with its lead-in.
        nested: Whether some steps have bullets below them.
        tight: Whether steps follow each other, and their lead-in, without blank lines.
        indented: Whether paragraphs open with two full-width spaces.
        promotions: Where advertisers' contacts stand.
    """

    language: Language = "zh"
    headings: Headings = "atx"
    marker: Marker = "1."
    labels: Labels = "none"
    n_subjects: int = 1
    n_steps: int = 3
    two_lists: bool = False
    lead_ins: bool = False
    notes: bool = False
    nested: bool = False
    tight: bool = False
    indented: bool = False
    precautions: bool = False
    table: bool = False
    code: bool = False
    front_matter: bool = False
    crlf: bool = False
    bom: bool = False
    promotions: frozenset[Place] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class GeneratedProcedure:
    """What a reader would say of one procedure. Every string stands in the article as it is, on one line.

    Attributes:
        subject: The card, `云湖校园卡`.
        heading: The words of the nearest heading above, without marks and numbers.
        steps: In order, the sentence of each step, without marker and label.
        labels: The label of each step, empty strings where it has none.
        details: The bullets below each step.
        lead_in: The sentence before the first step, empty when there is none.
        note: The sentence behind the last step that qualifies the procedure, empty when there is none.
    """

    subject: str
    heading: str
    steps: tuple[str, ...]
    labels: tuple[str, ...]
    details: tuple[tuple[str, ...], ...]
    lead_in: str
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GeneratedArticle:
    """An article and the truth about it.

    Attributes:
        text: The file's text, with its BOM and line ends.
        procedures: In the order of the text; lists of precautions, reasons and kinds are none.
        promotions: Advertisers' handles, also as parts of addresses; none may stand in a cleaned document.
        prose: Sentences of the article that belong to no procedure.
    """

    text: str
    procedures: tuple[GeneratedProcedure, ...]
    promotions: tuple[str, ...]
    prose: tuple[str, ...]
    style: Style


def make_article(rng: Random, style: Style | None = None) -> GeneratedArticle:
    """An article with its truth; the same random state and style give the same article."""
    return _Writer(rng, _settled(style or random_style(rng))).write()


def random_style(rng: Random) -> Style:
    """Any style, each property drawn by itself."""

    def flag() -> bool:
        return rng.random() < 0.5

    switches: dict[str, Any] = {field.name: flag() for field in fields(Style) if field.type == "bool"}
    return Style(
        language="en" if rng.random() < 0.15 else "zh",
        headings=rng.choice(get_args(Headings)),
        marker=rng.choice(get_args(Marker)),
        labels=rng.choice(get_args(Labels)),
        n_subjects=rng.randint(1, 4),
        n_steps=rng.randint(2, 12),
        promotions=frozenset(place for place in get_args(Place) if flag()),
        **switches,
    )


def styles() -> st.SearchStrategy[Style]:
    """Any style; shrinks to the plainest."""
    switches: dict[str, Any] = {field.name: st.booleans() for field in fields(Style) if field.type == "bool"}
    return st.builds(
        Style,
        language=st.sampled_from(get_args(Language)),
        headings=st.sampled_from(get_args(Headings)),
        marker=st.sampled_from(get_args(Marker)),
        labels=st.sampled_from(get_args(Labels)),
        n_subjects=st.integers(1, 4),
        n_steps=st.integers(2, 12),
        promotions=st.frozensets(st.sampled_from(get_args(Place))),
        **switches,
    )


def articles(**fixed: Any) -> st.SearchStrategy[GeneratedArticle]:  # noqa: ANN401 - the fields of Style
    """Any article; `articles(marker="①", crlf=True)` holds some properties of the style."""

    def make(style: Style, seed: int) -> GeneratedArticle:
        return make_article(Random(seed), replace(style, **fixed))

    return st.builds(make, styles(), st.integers(0, 9_999))


def _settled(style: Style) -> Style:
    """The style without what nobody writes or no reader could tell apart."""
    changes: dict[str, Any] = {}
    if style.language == "en":
        changes["headings"] = "atx" if style.headings == "numeral" else style.headings
        changes["marker"] = style.marker if style.marker in _ENGLISH_MARKERS else "1."
        changes["indented"] = False
    if style.two_lists:
        # Only their lead-ins tell two lists apart, and headings would leave the second lead-in to a step.
        changes["lead_ins"] = True
        changes["marker"] = "1." if style.marker == "heading" else changes.get("marker", style.marker)
    return replace(style, **changes)


class _Writer:
    """Composes one article block by block, and writes the truth down beside it."""

    def __init__(self, rng: Random, style: Style) -> None:
        self.rng, self.style = rng, style
        self.words = words.WORDS[style.language]
        self.blocks: list[str] = []
        self.procedures: list[GeneratedProcedure] = []
        self.promotions: list[str] = []
        self.prose: list[str] = []
        self.sections = self.subsections = 0
        self.title = ""

    def write(self) -> GeneratedArticle:
        style = self.style
        subjects = self.words.subjects(self.rng, style.n_subjects)
        topic = subjects[0] if len(subjects) == 1 else self.words.any_card
        self.title = self.rng.choice(self.words.title).format(card=topic)
        self.heading(1, self.title, "title")
        self.paragraphs(topic)
        self.heading(2, self.words.definition.format(card=topic))
        self.paragraphs(topic)
        self.blocks.append("\n".join(f"- {kind}" for kind in self.rng.sample(self.words.kinds, 3)))
        self.heading(2, self.words.reasons.format(card=topic))
        self.reasons()
        self.heading(2, self.rng.choice(self.words.how))
        for n, subject in enumerate(subjects):
            self.section(subject, two_lists=style.two_lists and n == 0)
        self.extras(topic)
        self.heading(2, self.words.summary)
        self.paragraphs(topic)
        if "end" in style.promotions:
            self.blocks.append(self.promotion())
        return GeneratedArticle(
            text=self.text(),
            procedures=tuple(self.procedures),
            promotions=tuple(self.promotions),
            prose=tuple(self.prose),
            style=style,
        )

    def text(self) -> str:
        text = "\n\n".join(self.blocks) + "\n"
        if self.style.front_matter:
            text = f'---\ntitle: "{self.title}"\nlicense: CC0-1.0\nas_of: 2026-01-31\n---\n\n{text}'
        text = "\ufeff" + text if self.style.bom else text
        return text.replace("\n", "\r\n") if self.style.crlf else text

    def extras(self, topic: str) -> None:
        if self.style.table:
            self.heading(2, self.words.table_heading)
            self.blocks.append(self.words.table)
        if self.style.code:
            self.heading(2, self.words.code_heading)
            self.blocks.append(self.words.code)
        if self.style.precautions:
            self.heading(2, self.words.precautions_heading)
            self.paragraphs(topic)
            self.numbered_list(self.rng.sample(self.words.precautions, 3))

    def heading(self, level: int, title: str, place: Place = "heading") -> None:
        wanted = place in self.style.promotions and (place == "title" or self.rng.random() < 0.3)
        line = f"{title} {self.promotion()}" if wanted else title
        if level == 2:
            self.sections, self.subsections = self.sections + 1, 0
        elif level == 3:
            self.subsections += 1
        match self.style.headings:
            case "setext" if level < 3:
                self.blocks.append(f"{line}\n{'=-'[level - 1] * 6}")
            case "bold" if level > 1:
                self.blocks.append(f"**{line}**")
            case "numeral" if level == 2:
                self.blocks.append(f"{_NUMERALS[self.sections - 1]}、{line}")
            case "numeral" if level == 3:
                self.blocks.append(f"（{_NUMERALS[self.subsections - 1]}）{line}")
            case "numeral" if level == 1:
                self.blocks.append(line)
            case _:
                self.blocks.append(f"{'#' * level} {line}")

    def paragraphs(self, card: str) -> None:
        for _ in range(self.rng.randint(1, 3)):
            sentences = [
                sentence.format(card=card) for sentence in self.rng.sample(self.words.prose, self.rng.randint(1, 5))
            ]
            self.prose += sentences
            opening = "\u3000\u3000" if self.style.indented else ""
            self.blocks.append(opening + self.words.space.join(sentences))

    def numbered_list(self, items: Iterable[str]) -> None:
        self.prose += items
        self.blocks.append("\n".join(f"{n}. {item}" for n, item in enumerate(items, 1)))

    def reasons(self) -> None:
        items = self.rng.sample(self.words.reason_items, 3)
        if self.style.headings != "atx" or self.rng.random() < 0.5:
            self.numbered_list(items)
            return
        for n, (reason, sentence) in enumerate(zip(self.words.reason_headings, items, strict=False), 1):
            self.heading(3, f"{n}. {reason}")
            self.prose.append(sentence)
            self.blocks.append(sentence)

    def section(self, subject: str, *, two_lists: bool) -> None:
        heading = self.rng.choice(self.words.section).format(card=subject)
        self.heading(3, heading)
        if two_lists:
            for lead_in in self.rng.sample(self.words.channel_lead_ins, 2):
                self.procedure(subject, heading, lead_in.format(card=subject))
        else:
            lead_in = self.rng.choice(self.words.lead_ins).format(card=subject) if self.style.lead_ins else ""
            self.procedure(subject, heading, lead_in)

    def procedure(self, subject: str, heading: str, lead_in: str) -> None:
        """Writes one procedure: lead-in, steps, note."""
        actions = self.rng.sample(self.words.actions, self.style.n_steps)
        steps = [self.filled(sentence, subject) for _, sentence in actions]
        labels = ["" if self.labels == "none" else label for label, _ in actions]
        details = [self.bullets() for _ in actions]
        note = self.filled(self.rng.choice(self.words.notes), subject) if self.style.notes else ""
        if self.style.marker == "heading":
            self.blocks += [lead_in] if lead_in else []
            self.heading_steps(steps, labels, details)
        else:
            self.listed_steps(lead_in, steps, labels, details)
        self.blocks += [note] if note else []
        self.procedures.append(
            GeneratedProcedure(
                subject=subject,
                heading=heading,
                steps=tuple(steps),
                labels=tuple(labels),
                details=tuple(details),
                lead_in=lead_in,
                note=note,
            )
        )

    @property
    def labels(self) -> Labels:
        """How steps are labelled; a heading has only its label."""
        return "plain" if self.style.marker == "heading" else self.style.labels

    def heading_steps(self, steps: list[str], labels: list[str], details: list[tuple[str, ...]]) -> None:
        for n, (step, label, bullets) in enumerate(zip(steps, labels, details, strict=True), 1):
            number = f"步骤{_NUMERALS[n - 1]}：" if self.style.language == "zh" else f"Step {n}: "
            shown = {"bold": f"**{number}{label}**", "numeral": f"{number}{label}"}
            self.blocks.append(shown.get(self.style.headings, f"#### {number}{label}"))
            self.blocks.append(step + self.inline_promotion())
            self.blocks += ["\n".join(f"- {bullet}" for bullet in bullets)] if bullets else []
            if n < len(steps):
                self.blocks += self.promotion_between()

    def listed_steps(self, lead_in: str, steps: list[str], labels: list[str], details: list[tuple[str, ...]]) -> None:
        indent = _INDENTS.get(self.style.marker, "  ")
        lines = [lead_in] if lead_in else []
        for n, (step, label, bullets) in enumerate(zip(steps, labels, details, strict=True), 1):
            shown = f"**{label}**" if self.labels == "bold" else label
            before = f"{shown}{self.words.colon}" if label else ""
            item = f"{self.marker(n)}{before}{step}{self.inline_promotion()}"
            lines.append("\n".join([item, *(f"{indent}- {bullet}" for bullet in bullets)]))
            if n < len(steps):
                lines += self.promotion_between()
        self.blocks += ["\n".join(lines)] if self.style.tight else lines

    def marker(self, n: int) -> str:
        spelled: dict[Marker, Callable[[], str]] = {
            "1.": lambda: f"{n}. ",
            "1、": lambda: f"{n}、",
            "1)": lambda: f"{n}) ",
            "（1）": lambda: f"（{n}）",
            "①": lambda: chr(0x2460 + n - 1),
            "第一步：": lambda: f"第{_NUMERALS[n - 1]}步：",
            "步骤1：": lambda: f"步骤{n}：",
            "Step 1:": lambda: f"Step {n}: ",
        }
        return spelled[self.style.marker]()

    def bullets(self) -> tuple[str, ...]:
        if not self.style.nested or self.rng.random() < 0.6:
            return ()
        return tuple(self.rng.sample(self.words.bullets, 2))

    def filled(self, sentence: str, subject: str) -> str:
        days, fee = self.rng.randint(1, 30), self.rng.randint(1, 9) * 10
        return sentence.format(card=subject, days=days, fee=fee)

    def promotion_between(self) -> list[str]:
        wanted = "between" in self.style.promotions and self.rng.random() < 0.3
        return [self.promotion()] if wanted else []

    def inline_promotion(self) -> str:
        wanted = "inline" in self.style.promotions and self.rng.random() < 0.2
        return self.words.space + self.promotion() if wanted else ""

    def promotion(self) -> str:
        """An advertiser's contact as an article shows it; its handle is added to the truth."""
        handle = "".join(self.rng.choices("abcdefghkmnpqrstuvwxyz", k=5)) + str(self.rng.randint(100, 999))
        self.promotions.append(handle)
        return self.rng.choice(self.words.promotions).format(handle=handle)
