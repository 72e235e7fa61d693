from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.lexical import LexicalIndex, WordsUnreadable, tokens

ENTRIES = [
    ("a:0-2", "a", "xx yy"),
    ("b:0-4", "b", "xx xx zz ww"),
    ("c:0-1", "c", "vv"),
]


def built(folder: Path, entries: list[tuple[str, str, str]]) -> LexicalIndex:
    LexicalIndex.build(folder, entries)
    return LexicalIndex.open(folder)


@pytest.fixture
def index(tmp_path: Path) -> LexicalIndex:
    return built(tmp_path, ENTRIES)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("注销卡", ["注", "销", "卡", "注销", "销卡"]),
        ("IC卡", ["ic", "卡"]),
        ("Don't pay 30.5 元", ["don", "t", "pay", "30", "5", "元"]),
        ("銀行", ["银", "行", "银行"]),
        ("ＡＴＭ机", ["atm", "机"]),
        ("卡，卡", ["卡", "卡"]),
        ("café", ["café"]),
        ("a_b", ["a", "b"]),
        ("", []),
        ("？！ \n", []),
        ("x" * 100, ["x" * 64]),
    ],
)
def test_tokens_are_characters_pairs_and_words(text: str, expected: list[str]) -> None:
    assert tokens(text) == expected


@given(st.text(max_size=200))
def test_no_token_has_a_blank_in_it(text: str) -> None:
    assert all(token == token.strip() != "" and len(token.split()) == 1 for token in tokens(text))


def test_scores_are_bm25(index: LexicalIndex) -> None:
    # N = 3, mean length 7/3. "xx" is in 2 of 3: idf = ln(1 + 1.5 / 2.5) = 0.470004.
    # a: tf 1, length 2: 2.2 / (1 + 1.2 * (0.25 + 0.75 * 2 / (7/3))) = 1.062069; times idf 0.499177.
    # b: tf 2, length 4: 4.4 / (2 + 1.2 * (0.25 + 0.75 * 4 / (7/3))) = 1.144981; times idf 0.538145.
    assert index.search("xx", 5) == [
        ("b:0-4", pytest.approx(0.538145, abs=1e-5)),
        ("a:0-2", pytest.approx(0.499177, abs=1e-5)),
    ]


def test_a_token_that_is_asked_twice_counts_twice(index: LexicalIndex) -> None:
    (_, once), (_, twice) = index.search("vv", 1)[0], index.search("vv vv", 1)[0]

    assert twice == pytest.approx(2 * once)


def test_only_the_documents_that_are_named_are_searched(index: LexicalIndex) -> None:
    assert index.search("xx", 5, {"a", "c"}) == [("a:0-2", pytest.approx(0.499177, abs=1e-5))]
    assert index.search("xx", 5, []) == []
    assert index.search("xx", 5, ["unknown"]) == []


@pytest.mark.parametrize("text", ["", "？", "qq"])
def test_words_that_no_chunk_has_find_nothing(index: LexicalIndex, text: str) -> None:
    assert index.search(text, 5) == []


@pytest.mark.parametrize(("k", "n"), [(1, 1), (2, 2), (10**9, 2)])
def test_k_is_the_most_hits_there_are(index: LexicalIndex, k: int, n: int) -> None:
    assert len(index.search("xx", k)) == n


def test_equal_scores_are_ordered_by_chunk_id(tmp_path: Path) -> None:
    index = built(tmp_path, [(f"{name}:0-1", name, "卡") for name in "dbca"])

    assert [chunk_id for chunk_id, _ in index.search("卡", 4)] == ["a:0-1", "b:0-1", "c:0-1", "d:0-1"]


def test_marks_of_a_query_language_are_words_or_nothing(index: LexicalIndex) -> None:
    assert index.search('xx AND NOT (title:"yy^2* ~', 5)[0][0] == "a:0-2"


def test_traditional_and_simplified_find_each_other(tmp_path: Path) -> None:
    index = built(tmp_path, [("a:0-2", "a", "註銷門禁卡"), ("b:0-2", "b", "注销银行卡")])

    assert index.search("门禁", 1)[0][0] == "a:0-2"
    assert index.search("銀行", 1)[0][0] == "b:0-2"


def test_the_count_and_the_ids_are_those_of_the_chunks(index: LexicalIndex) -> None:
    assert index.count() == 3
    assert index.ids() == ["a:0-2", "b:0-4", "c:0-1"]


def test_an_empty_index_finds_nothing(tmp_path: Path) -> None:
    index = built(tmp_path, [])

    assert (index.count(), index.ids(), index.search("卡", 3)) == (0, [], [])


def test_a_very_long_question_is_searched(index: LexicalIndex) -> None:
    assert index.search("xx " * 50_000, 1)[0][0] == "b:0-4"


def test_a_folder_without_an_index_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WordsUnreadable, match="must hold a lexical index"):
        LexicalIndex.open(tmp_path / "nothing")


@settings(max_examples=15, deadline=None)
@given(texts=st.lists(st.text(alphabet="注销交通银行卡abc 19，", min_size=1, max_size=30), min_size=1, max_size=6))
def test_every_chunk_with_a_word_is_found_by_its_own_words(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str]
) -> None:
    index = built(
        tmp_path_factory.mktemp("words"), [(f"d{place}:0-1", f"d{place}", text) for place, text in enumerate(texts)]
    )

    for place, text in enumerate(texts):
        found = [chunk_id for chunk_id, _ in index.search(text, len(texts))]
        assert (f"d{place}:0-1" in found) == bool(tokens(text))
