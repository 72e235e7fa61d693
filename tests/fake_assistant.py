"""An assistant that needs no index: three articles' worth of literal answers, distinguished by the question."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, fields

from assistant.answer import Answer, AnswerStep, Citation
from assistant.settings import Settings
from assistant.streaming import Cancelled, Event, never
from corpus.document import Chunk, Document
from corpus.errors import UnusableInput
from index.chunk_file import DocumentHead, OutlineEntry
from index.hit import Hit

TEXT = "# 卡片\n## 交通卡\n1. 带上身份证件。\n2. 填写申请表。\n"
VERSION = "ab" * 32


def document(text: str = TEXT, title: str = "卡片") -> Document:
    return Document(
        doc_id="cards",
        title=title,
        text=text,
        path="cards.md",
        version=VERSION,
        source="https://example.org/cards",
        license="CC BY 4.0",
        as_of="2026-11-01",
    )


def chunk(text: str = TEXT, headings: tuple[str, ...] = ("卡片", "交通卡")) -> Chunk:
    return Chunk(doc_id="cards", start=0, end=len(text), text=text, headings=headings, kind="procedure")


def citation(marker: int, quote: str, text: str = TEXT, title: str = "卡片") -> Citation:
    start = text.index(quote)
    return Citation(
        marker=marker,
        chunk=chunk(text),
        start=start,
        end=start + len(quote),
        quote=quote,
        title=title,
        version=VERSION,
    )


PROCEDURE = Answer(
    outcome="answered",
    text="**交通卡** 分两步注销：\n\n1. 带上身份证件。[1]\n2. 填写申请表。[2]",
    language="zh",
    steps=(
        AnswerStep(number=1, text="带上身份证件。", markers=(1,)),
        AnswerStep(number=2, text="填写申请表。", markers=(2,)),
    ),
    citations=(citation(1, "带上身份证件。"), citation(2, "填写申请表。")),
    hits=(Hit(chunk=chunk(), score=0.9, rank=1, parts={"dense": 0.8, "lexical": 7.5}),),
    timings_ms={"total": 1.5},
    explanation={"subject": "交通卡"},
)
CLARIFY = Answer(outcome="clarified", text="您要注销哪一种卡？", language="zh", options=("交通卡", "银行卡"))
ABSTAIN = Answer(
    outcome="abstained", text="The articles do not say.", language="en", reason="not_stated", timings_ms={"total": 0.5}
)


@dataclass
class FakeAssistant:
    """Answers `PROCEDURE`, `CLARIFY` or `ABSTAIN` by the last turn's words; `asked` holds what it was given."""

    answers: dict[str, Answer] = field(default_factory=dict)
    article: Document = field(default_factory=document)
    asked: list[tuple[str, ...]] = field(default_factory=list)
    n_opened: int = 0

    def ask(self, turns: Sequence[str]) -> Answer:
        self.asked.append(tuple(turns))
        last = turns[-1]
        if last in self.answers:
            return self.answers[last]
        if last == "refuse":
            raise UnusableInput("`question` must be kinder; got 'refuse'.")
        if last == "break":
            raise RuntimeError("sk-secret at /home/someone")
        if "交通卡" in last or "transport" in last:
            return PROCEDURE
        return CLARIFY if "卡" in last or "card" in last else ABSTAIN

    def stream(self, turns: Sequence[str], *, cancelled: Cancelled = never) -> Generator[Event]:  # noqa: ARG002
        yield self.ask(turns)

    def draft(self, turns: Sequence[str]) -> Answer:
        return self.ask(turns)

    def document(self, doc_id: str) -> Document:
        assert doc_id == "cards"
        return self.article

    def subjects(self) -> tuple[str, ...]:
        return ("交通卡", "银行卡")

    def examples(self, language: str) -> tuple[str, ...]:
        return ("How do I cancel a transport card?",) if language == "en" else ("交通卡怎么注销？", "卡不用了怎么办？")

    def documents(self) -> list[DocumentHead]:
        names = {f.name for f in fields(DocumentHead)} - {"n_chunks"}
        return [DocumentHead(n_chunks=1, **{name: getattr(self.article, name) for name in names})]

    def outline(self) -> list[OutlineEntry]:
        return [OutlineEntry("cards", chunk().headings, "procedure", chunk().chunk_id)]

    def files(self) -> dict[str, str]:
        return {"cards.md": VERSION}

    @property
    def encoder(self) -> str:
        return "fake"

    @contextmanager
    def opener(self, _settings: Settings) -> Iterator[FakeAssistant]:
        self.n_opened += 1
        yield self
