"""BM25 over characters, pairs and words, on disk; the only file that knows tantivy."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable
from pathlib import Path

import tantivy
from tantivy import Occur, Query

from corpus.errors import UnusableInput
from corpus.normalize import normalize

# A run of Latin letters and digits, or a run of any other letters; everything else parts them.
_RUN = re.compile(r"(?P<word>[a-z0-9\u00df-\u024f]+)|[^\W_a-z0-9\u00df-\u024f]+")
_LONGEST_WORD = 64
_MOST_QUERY_TOKENS = 1_000
_WRITER_BYTES = 64_000_000


class WordsUnreadable(UnusableInput):
    """The lexical index is there no more, or is damaged; the index has to be built again."""


def tokens(text: str) -> list[str]:
    """The tokens of a text in order: words of Latin letters or digits; characters and adjacent pairs of the rest."""
    found: list[str] = []
    for match in _RUN.finditer(normalize(text)):
        run = match.group()
        if match["word"]:
            found.append(run[:_LONGEST_WORD])
        else:
            found += run
            found += [run[at : at + 2] for at in range(len(run) - 1)]
    return found


class LexicalIndex:
    """A read-only BM25 index (k1 1.2, b 0.75); safe to search from several threads.

    Source: Robertson & Zaragoza 2009, with the logarithm of idf taken of 1 + (N - n + 0.5) / (n + 0.5).
    """

    def __init__(self, index: tantivy.Index) -> None:
        self._index = index
        self._schema = index.schema
        self._searcher = index.searcher()

    @classmethod
    def build(cls, folder: Path, entries: Iterable[tuple[str, str, str]]) -> None:
        """Writes an index of `(chunk_id, doc_id, text)` entries into an empty folder."""
        folder.mkdir(parents=True, exist_ok=True)
        index = tantivy.Index(_schema(), str(folder))
        # One thread: the order of equal scores must not depend on how threads were scheduled.
        writer = index.writer(heap_size=_WRITER_BYTES, num_threads=1)
        for chunk_id, doc_id, text in entries:
            document = tantivy.Document()
            document.add_text("chunk_id", chunk_id)
            document.add_text("doc_id", doc_id)
            document.add_text("tokens", " ".join(tokens(text)))
            writer.add_document(document)
        writer.commit()
        writer.wait_merging_threads()

    @classmethod
    def open(cls, folder: Path) -> LexicalIndex:
        """The index in a folder.

        Raises:
            WordsUnreadable: There is no readable index in the folder.
        """
        try:
            return cls(tantivy.Index.open(str(folder)))
        except (ValueError, OSError) as error:
            raise WordsUnreadable(f"`{folder}` must hold a lexical index; it cannot be read ({error}).") from error

    def search(self, text: str, k: int, doc_ids: Collection[str] | None = None) -> list[tuple[str, float]]:
        """The at most `k` chunks that share a token with `text`: `(chunk_id, BM25)`, best first, ties by chunk_id.

        Args:
            text: A token that occurs twice counts twice.
            k: At least 1.
            doc_ids: Only chunks of these documents; None for all.
        """
        if doc_ids is not None and not doc_ids:
            return []
        counts = Counter(tokens(text)[:_MOST_QUERY_TOKENS])
        query = Query.boolean_query([(Occur.Should, self._term(token, count)) for token, count in counts.items()])
        if doc_ids is not None:
            allowed = Query.term_set_query(self._schema, "doc_id", sorted(doc_ids))
            query = Query.boolean_query([(Occur.Must, Query.const_score_query(allowed, 0.0)), (Occur.Must, query)])
        limit = max(1, min(k, self.count()))
        found = self._searcher.search(query, limit, count=False).hits
        hits = [(str(self._searcher.doc(place)["chunk_id"][0]), float(score)) for score, place in found]
        return sorted(hits, key=lambda hit: (-hit[1], hit[0]))

    def ids(self) -> list[str]:
        """Every chunk_id in the index, sorted."""
        found = self._searcher.search(Query.all_query(), max(1, self.count()), count=False).hits
        return sorted(str(self._searcher.doc(place)["chunk_id"][0]) for _, place in found)

    def count(self) -> int:
        """How many chunks are indexed."""
        return int(self._searcher.num_docs)

    def _term(self, token: str, count: int) -> Query:
        term = Query.term_query(self._schema, "tokens", token, "freq")
        return term if count == 1 else Query.boost_query(term, float(count))


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("chunk_id", stored=True, tokenizer_name="raw", index_option="basic")
    builder.add_text_field("doc_id", tokenizer_name="raw", index_option="basic")
    builder.add_text_field("tokens", tokenizer_name="whitespace", index_option="freq")
    return builder.build()
