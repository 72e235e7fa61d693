from __future__ import annotations

import pytest

from assistant.question import Question
from assistant.ranking import order_by_section
from corpus.document import Chunk, Document
from index.hit import Hit
from tests.assistants import built

ARTICLE = Document(doc_id="a", title="卡片注销指南", text="。", path="a.md", version="0" * 64)


def hit(rank: int, headings: tuple[str, ...], kind: str = "prose") -> Hit:
    chunk = Chunk(doc_id="a", start=rank, end=rank + 1, text="。", headings=headings, kind=kind, steps=())  # type: ignore[arg-type]
    return Hit(chunk=chunk, score=1 - rank / 100, rank=rank, parts={"dense": 0.5})


HITS = [
    hit(1, ()),
    hit(2, ("银行卡注销",), "procedure"),
    hit(3, ("交通卡注销",)),
    hit(4, ("交通卡注销",), "procedure"),
    hit(5, ("注意事项",)),
]


def ordered(**said: object) -> list[int]:
    catalog = built("shipped").catalog
    question = Question(raw="", text="", language="zh", **said)  # type: ignore[arg-type]
    return [found.chunk.start for found in order_by_section(HITS, question, catalog, lambda _: ARTICLE)]


@pytest.mark.parametrize(
    ("said", "order"),
    [
        ({}, [1, 2, 3, 4, 5]),
        # Its card gains 0.3 and a procedure 0.1; another card loses 0.2, whatever it is.
        ({"cards": ("交通卡",), "actions": frozenset({"cancel"})}, [4, 3, 1, 5, 2]),
        ({"cards": ("交通卡",)}, [3, 4, 1, 5, 2]),
        ({"cued": ("银行卡",)}, [2, 1, 5, 3, 4]),
        # The section for such questions gains 0.3.
        ({"intents": frozenset({"precautions"})}, [5, 1, 2, 3, 4]),
    ],
)
def test_sections_about_what_is_asked_come_first(said: dict[str, object], order: list[int]) -> None:
    assert ordered(**said) == order


def test_scores_stay_within_zero_and_one_and_say_what_the_section_came_to() -> None:
    question = Question(raw="", text="", language="zh", cards=("交通卡",), intents=frozenset({"precautions"}))
    found = order_by_section(HITS, question, built("shipped").catalog, lambda _: ARTICLE)

    assert [hit.rank for hit in found] == [1, 2, 3, 4, 5]
    assert all(0 <= hit.score <= 1 for hit in found)
    assert {hit.chunk.start: hit.parts["section"] for hit in found} == {1: 0, 2: -0.2, 3: 0.3, 4: 0.3, 5: 0.3}
    assert found[0].parts["dense"] == 0.5


def test_no_hits_stay_none() -> None:
    question = Question(raw="", text="", language="zh", cards=("交通卡",))

    assert order_by_section([], question, built("shipped").catalog, lambda _: ARTICLE) == []
