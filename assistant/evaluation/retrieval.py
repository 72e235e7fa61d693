"""How well the passages that support an answer were found: measures of ranked retrieval, and files for other tools."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from assistant.evaluation.grading import Grades
from assistant.evaluation.questions import Case, Sections
from index.chunk_file import OutlineEntry

Hits = Sequence[Mapping[str, Any]]  # `chunk_id` and `rank` of each
# As they are named here → as ir_measures names them. `RR` is the reciprocal rank; its mean is MRR.
_NAMES = {
    "recall@5": "R@5",
    "recall@10": "R@10",
    "success@1": "Success@1",
    "success@3": "Success@3",
    "success@5": "Success@5",
    "nDCG@10": "nDCG@10",
    "RR": "RR",
}
RETRIEVAL_MEASURES = tuple(_NAMES)
_PARTING = re.compile(r"[\s%]")  # what would part a column, and the mark by which it is written instead


class Relevance:
    """Which chunks of a corpus support which questions: those under the headings that a question's sections name."""

    def __init__(self, outline: Iterable[OutlineEntry], titles: Mapping[str, str], sections: Sections) -> None:
        """The chunks of every section, of the articles that the set is about."""
        self._chunks: dict[str, set[str]] = defaultdict(set)
        known: dict[tuple[str, tuple[str, ...]], frozenset[str]] = {}
        for doc_id, headings, _, chunk_id in outline:
            if sections.documents and doc_id not in sections.documents:
                continue
            place = (titles[doc_id], tuple(headings))
            if place not in known:
                known[place] = sections.of(*place)
            for key in known[place]:
                self._chunks[key].add(chunk_id)

    def of(self, case: Case) -> frozenset[str]:
        """The chunks that support a question; empty when no answer is expected."""
        if case.expect != "answer":
            return frozenset()
        return frozenset(chunk_id for key in case.sections for chunk_id in self._chunks.get(key, ()))


def grade_retrieval(found: Mapping[str, tuple[Hits, frozenset[str]]]) -> dict[str, Grades]:
    """The measures of retrieval of each question that has supporting chunks, by its id.

    Args:
        found: Question id → its hits and the chunks that support it. Ranks count, not scores: hits of equal scores
            keep their order.

    Source: the definitions of trec_eval, computed by it through ir_measures; a chunk is relevant or not, and
    `recall@k` is the share of the relevant chunks among the first k.
    """
    # Imported here: it takes half a second, which answering a question need not wait for.
    import ir_measures

    qrels = {name: dict.fromkeys(sorted(relevant), 1) for name, (_, relevant) in found.items() if relevant}
    if not qrels:
        return {}
    run = {name: {hit["chunk_id"]: 1 / hit["rank"] for hit in found[name][0]} for name in qrels}
    grades: dict[str, Grades] = {name: dict.fromkeys(RETRIEVAL_MEASURES, 0.0) for name in qrels}
    ours = {theirs: name for name, theirs in _NAMES.items()}
    measures = [ir_measures.parse_measure(name) for name in ours]
    for metric in ir_measures.iter_calc(measures, qrels, run):
        grades[metric.query_id][ours[str(metric.measure)]] = round(float(metric.value), 6)
    return grades


def run_lines(rows: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Lines of a TREC run, `question Q0 chunk rank score tag` for each hit of the questions that are measured.

    The score is the reciprocal of the rank: other tools order by it, and so give the order that users get. A blank in
    a name is written as in web addresses (`%20`), in the judgements too.
    """
    for row in rows:
        if RETRIEVAL_MEASURES[0] in row["grades"]:
            for hit in row["hits"]:
                name, chunk_id = _field(row["id"]), _field(hit["chunk_id"])
                yield f"{name} Q0 {chunk_id} {hit['rank']} {1 / hit['rank']:.6f} xiaoka\n"


def qrels_lines(relevance: Iterable[tuple[str, frozenset[str]]]) -> Iterator[str]:
    """Lines of TREC judgements, `question 0 chunk 1` for each chunk that supports a question."""
    for name, chunks in relevance:
        for chunk_id in sorted(chunks):
            yield f"{_field(name)} 0 {_field(chunk_id)} 1\n"


def _field(text: str) -> str:
    """A name without blanks, as the columns of TREC's files need."""
    return _PARTING.sub(lambda found: quote(found[0], safe=""), text)
