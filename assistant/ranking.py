"""Puts hits in order by what their sections are about: what a question names is told from what only sounds like it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from assistant.catalog import Catalog
from assistant.question import Question
from corpus.document import Chunk, Document
from corpus.roles import role_of
from corpus.subjects import subjects_of
from index.hit import Hit

# What a section gains or loses against a retrieval score in [0, 1]. They only order sections that retrieval found.
_ITS_CARD = 0.3  # about a card that is asked about
_ANOTHER_CARD = -0.2
_ITS_ROLE = 0.3  # the section for such questions: precautions, reasons, a summary, a definition
_PROCEDURE = 0.1  # a procedure, when something is to be done with a card
_ROLES = {"precautions": "precautions", "reasons": "reasons", "summary": "summary", "definition": "definition",
          "kinds": "definition"}  # fmt: skip
_LOWEST = _ANOTHER_CARD
_HIGHEST = 1.0 + _ITS_CARD + _ITS_ROLE + _PROCEDURE
_PLACES = 6


def order_by_section(
    hits: Sequence[Hit], question: Question, catalog: Catalog, document: Callable[[str], Document]
) -> list[Hit]:
    """The hits with scores that also count what their sections are about, best first; still in [0, 1].

    `parts["section"]` of each says what that came to.
    """
    asked = {name for card in (question.cards or question.cued) for name in (card, *catalog.covering(card))}
    roles = {_ROLES[intent] for intent in question.intents & _ROLES.keys()}
    scored = []
    for hit in hits:
        gain = _gain(hit.chunk, asked, roles, question, catalog, document)
        scored.append((round((hit.score + gain - _LOWEST) / (_HIGHEST - _LOWEST), _PLACES), gain, hit))
    scored.sort(key=lambda entry: (-entry[0], entry[2].rank))
    return [
        replace(hit, score=score, rank=rank, parts={**hit.parts, "section": gain})
        for rank, (score, gain, hit) in enumerate(scored, 1)
    ]


def _gain(
    chunk: Chunk,
    asked: set[str],
    roles: set[str],
    question: Question,
    catalog: Catalog,
    document: Callable[[str], Document],
) -> float:
    article = document(chunk.doc_id)
    cards = set(subjects_of(chunk.headings, article.title, lambda: article.text, catalog.cards))
    gain = 0.0
    if asked and cards:
        gain += _ITS_CARD if cards & asked else _ANOTHER_CARD
    if roles & {role_of(heading) for heading in chunk.headings}:
        gain += _ITS_ROLE
    if chunk.kind == "procedure" and (question.actions or "procedure" in question.intents):
        gain += _PROCEDURE
    return round(gain, _PLACES)
