from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.errors import UnusableInput
from index.build import build_index
from index.index import Index
from index.retriever import fuse
from tests.fakes import FakeEncoder, write_articles

LEG = st.lists(
    st.tuples(st.sampled_from([f"d:{n}-9" for n in range(9)]), st.floats(-1, 1)), unique_by=lambda hit: hit[0]
)


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    folder = tmp_path_factory.mktemp("retriever")
    corpus = write_articles(folder / "corpus")
    with build_index(corpus=corpus, data=folder / "data", encoder=FakeEncoder(), progress=False) as built:
        yield built


def test_the_fused_score_is_the_weighted_sum_of_both_legs() -> None:
    fused = fuse([("a", 1.0), ("b", 0.0)], [("b", 8.0), ("c", 2.0)], depth=9, dense_weight=0.25)

    # a: 0.25 * 1; b: 0.25 * (1 + 0) / (1 + 1) + 0.75 * 8 / 8; c: 0.75 * 2 / 8.
    assert fused == [("b", 0.875), ("a", 0.25), ("c", 0.1875)]


def test_a_chunk_that_a_cut_leg_left_out_counts_as_its_lowest() -> None:
    fused = fuse([("a", 1.0), ("b", 0.0)], [("b", 8.0), ("c", 2.0)], depth=2, dense_weight=0.25)

    # a gets 2 / 8 for its words, c gets (1 + 0) / (1 + 1) for its nearness.
    assert fused == [("b", 0.875), ("a", 0.4375), ("c", 0.3125)]


def test_equal_scores_are_ordered_by_chunk_id() -> None:
    assert fuse([], [("b", 3.0), ("a", 3.0)], depth=9, dense_weight=0.25) == [("a", 0.75), ("b", 0.75)]


def test_legs_without_hits_give_no_hits() -> None:
    assert fuse([], [], depth=9, dense_weight=0.25) == []


@given(dense=LEG, lexical=LEG, depth=st.integers(1, 9), weight=st.floats(0, 1))
def test_fused_scores_fall_within_zero_and_one(
    dense: list[tuple[str, float]], lexical: list[tuple[str, float]], depth: int, weight: float
) -> None:
    lexical = [(chunk_id, 30 * abs(score)) for chunk_id, score in lexical]
    fused = fuse(dense, lexical, depth=depth, dense_weight=weight)

    scores = [score for _, score in fused]
    assert all(0 <= score <= 1 for score in scores)
    assert scores == sorted(scores, reverse=True)
    assert {chunk_id for chunk_id, _ in fused} == {chunk_id for chunk_id, _ in [*dense, *lexical]}


def test_hits_are_ranked_from_one_and_carry_the_scores_of_both_legs(index: Index) -> None:
    hits = index.retriever.search("门禁", 10)

    assert hits[0].chunk.doc_id == "access"
    assert [hit.rank for hit in hits] == list(range(1, len(hits) + 1))
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    assert set(hits[0].parts) == {"dense", "lexical"}
    # The passage says 门禁 twice, in its heading and its text: the cosine of (0, 0, 1, 1) and (0, 0, 2, 1) is 3 / √10.
    assert hits[0].parts["dense"] == pytest.approx(3 / 10**0.5, abs=1e-5)


def test_a_chunk_found_by_its_vector_alone_has_no_lexical_part(index: Index) -> None:
    hits = index.retriever.search("zebra", 10)

    assert hits
    assert all(set(hit.parts) == {"dense"} for hit in hits)


def test_only_the_named_documents_are_searched(index: Index) -> None:
    assert {hit.chunk.doc_id for hit in index.retriever.search("注销", 10, ["bank", "access"])} == {"bank", "access"}
    assert index.retriever.search("注销", 10, []) == []


def test_k_is_the_most_hits_there_are(index: Index) -> None:
    n_chunks = sum(1 for _ in index.all_chunks())

    assert len(index.retriever.search("卡", 1)) == 1
    assert len(index.retriever.search("卡", 10**6)) == n_chunks


@pytest.mark.parametrize("query", ["", " \n\u3000"])
def test_a_blank_query_is_refused(index: Index, query: str) -> None:
    with pytest.raises(UnusableInput, match="`query` must hold a word"):
        index.retriever.search(query, 3)


@pytest.mark.parametrize("k", [0, -1])
def test_a_k_below_one_is_refused(index: Index, k: int) -> None:
    with pytest.raises(UnusableInput, match=f"`k` must be at least 1; got {k}"):
        index.retriever.search("卡", k)


@pytest.mark.parametrize("query", ["卡", "\x00", "\u200b卡", "🙂", "' OR 1=1 --", "a" * 5_000])
def test_odd_queries_are_searched_without_an_error(index: Index, query: str) -> None:
    assert all(0 <= hit.score <= 1 for hit in index.retriever.search(query, 3))


def test_the_same_query_gives_the_same_hits_in_every_thread(index: Index) -> None:
    queries = ["交通卡怎么注销", "银行卡欠款", "门禁卡丢了", "押金"] * 10
    expected = [index.retriever.search(query, 5) for query in queries]

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda query: index.retriever.search(query, 5), queries)) == expected


def test_articles_with_the_same_words_are_all_found(tmp_path: Path) -> None:
    text = "# 会员卡\n\n会员卡可以退。\n"
    corpus = write_articles(
        tmp_path / "corpus", **{f"copy{n:03}": text for n in range(120)}, other="# 门禁\n\n门禁另办。\n"
    )
    with build_index(corpus=corpus, data=tmp_path / "data", encoder=FakeEncoder(), progress=False) as index:
        hits = index.retriever.search("会员卡", 5)
        one = index.retriever.search("会员卡", 5, ["copy119"])

    assert index.manifest.n_vectors < index.manifest.n_chunks
    assert [hit.chunk.doc_id for hit in hits] == ["copy000", "copy001", "copy002", "copy003", "copy004"]
    assert [hit.chunk.doc_id for hit in one] == ["copy119"]
    assert set(one[0].parts) == {"dense", "lexical"}


def test_what_was_found_before_is_found_again_as_the_same_chunks(tmp_path: Path) -> None:
    corpus = write_articles(tmp_path / "corpus")
    with build_index(corpus=corpus, data=tmp_path / "data", encoder=FakeEncoder(), progress=False) as index:
        first = index.retriever.search("门禁卡", 2)
        again = index.retriever.search("门禁卡", 2)
        more = index.retriever.search("门禁卡", 3)

    assert again == first
    assert [hit.chunk for hit in again] == [hit.chunk for hit in first]
    assert all(one.chunk is other.chunk for one, other in zip(first, again, strict=True))
    assert [hit.chunk.chunk_id for hit in more[:2]] == [hit.chunk.chunk_id for hit in first]
