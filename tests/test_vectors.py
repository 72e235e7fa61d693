from __future__ import annotations

import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.errors import UnusableInput
from index import vectors
from index.encoder import Vectors
from index.vectors import Batch, Place, VectorStore, VectorsUnreadable, public_url
from tests.fakes import chroma_server

ROOT = Path(__file__).resolve().parent.parent
KEYS = ["east", "north", "between", "west"]
ROWS = np.array([[1, 0], [0, 1], [0.6, 0.8], [-1, 0]], dtype=np.float32)


def random_rows(n: int, dimensions: int = 16) -> Vectors:
    rows = np.random.default_rng(7).standard_normal((n, dimensions)).astype(np.float32)
    unit: Vectors = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return unit


def built(folder: Path, batches: list[Batch]) -> VectorStore:
    place = Place(folder=folder)
    VectorStore.create(place, batches)
    return VectorStore.open(place)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VectorStore]:
    opened = built(tmp_path_factory.mktemp("store"), [(KEYS[:3], ROWS[:3]), (KEYS[3:], ROWS[3:])])
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a store of 2,500 vectors, more than are persisted at a time."""
    folder = tmp_path_factory.mktemp("many")
    rows = random_rows(2_500)
    batches = [([f"k{n}" for n in range(at, at + 250)], rows[at : at + 250]) for at in range(0, 2_500, 250)]
    VectorStore.create(Place(folder=folder), batches)
    return folder


def test_a_search_gives_cosines_best_first(store: VectorStore) -> None:
    hits = store.search(np.array([2, 0], dtype=np.float32), 4)

    assert hits == [
        ("east", pytest.approx(1.0, abs=1e-6)),
        ("between", pytest.approx(0.6, abs=1e-6)),
        ("north", pytest.approx(0.0, abs=1e-6)),
        ("west", pytest.approx(-1.0, abs=1e-6)),
    ]
    assert all(-1 <= cosine <= 1 for _, cosine in hits)


def test_equal_cosines_are_ordered_by_key(tmp_path: Path) -> None:
    store = built(tmp_path, [(["d", "b", "c", "a"], np.tile(ROWS[0], (4, 1)))])

    assert [key for key, _ in store.search(ROWS[0], 4)] == ["a", "b", "c", "d"]
    store.close()


@pytest.mark.parametrize(("k", "n"), [(1, 1), (3, 3), (10**9, 4)])
def test_k_is_the_most_hits_there_are(store: VectorStore, k: int, n: int) -> None:
    assert len(store.search(ROWS[0], k)) == n


def test_only_the_keys_that_are_named_are_searched(store: VectorStore) -> None:
    assert [key for key, _ in store.search(ROWS[0], 9, ["west", "north"])] == ["north", "west"]
    assert store.search(ROWS[0], 9, []) == []


def test_vectors_come_back_by_key_as_they_were_put_in(store: VectorStore) -> None:
    found = store.get(["between", "unknown", "east"])

    assert {key: row.tolist() for key, row in found.items()} == {"between": ROWS[2].tolist(), "east": [1, 0]}
    assert store.get([]) == {}


def test_the_count_and_the_keys_are_those_that_were_put_in(store: VectorStore) -> None:
    assert store.count() == 4
    assert sorted(store.keys()) == sorted(KEYS)


@pytest.mark.parametrize("row", [[float("nan"), 0], [float("inf"), 0], [0, 0]])
def test_a_vector_that_has_no_direction_is_refused(store: VectorStore, tmp_path: Path, row: list[float]) -> None:
    bad = np.array([row], dtype=np.float32)

    with pytest.raises(ValueError, match="A vector must"):
        store.search(bad[0], 1)
    with pytest.raises(ValueError, match="A vector must"):
        VectorStore.create(Place(folder=tmp_path), [(["bad"], bad)])


def test_a_key_that_comes_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="`keys` must be unique; got 'east' twice"):
        VectorStore.create(Place(folder=tmp_path), [(["east"], ROWS[:1]), (["east"], ROWS[1:2])])


@given(sizes=st.lists(st.integers(0, 9), max_size=9), size=st.integers(1, 9))
def test_batches_are_cut_to_one_size_and_keep_every_record(sizes: list[int], size: int) -> None:
    numbers = iter(range(100))
    batches = [([f"k{n}" for n in part], np.array(part, dtype=np.float32).reshape(-1, 1)) for part in
               ([next(numbers) for _ in range(n)] for n in sizes)]  # fmt: skip
    cut = list(vectors._sized(batches, size))

    assert [len(keys) for keys, _ in cut[:-1]] == [size] * (len(cut) - 1)
    assert [key for keys, _ in cut for key in keys] == [f"k{n}" for n in range(sum(sizes))]
    assert [row.tolist() for _, rows in cut for row in rows] == [[n] for n in range(sum(sizes))]


def test_what_the_bindings_find_is_what_the_public_client_finds(many: Path) -> None:
    place = Place(folder=many)
    bindings, client = vectors._BindingsEngine(place), vectors._ClientEngine(place)
    few = [f"k{n}" for n in range(0, 2_500, 50)]

    for row in random_rows(20):
        assert bindings.query(row.tolist(), 10, None) == client.query(row.tolist(), 10, None)
        assert bindings.query(row.tolist(), 10, few) == client.query(row.tolist(), 10, few)
    assert bindings.count() == client.count() == 2_500
    assert np.array_equal(bindings.get(few)[1], client.get(few)[1])
    assert bindings.keys(10, 5) == client.keys(10, 5)
    assert bindings.version() == client.version()
    bindings.close()
    client.close()


@pytest.mark.parametrize("error", [TypeError, AttributeError, ImportError])
def test_other_bindings_than_expected_are_left_for_the_public_client(
    many: Path, monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    def refuse(_place: Place) -> Any:  # noqa: ANN401 -- stands for a constructor
        raise error("unexpected keyword argument")

    monkeypatch.setattr(vectors, "_BindingsEngine", refuse)
    store = VectorStore.open(Place(folder=many))

    assert isinstance(store._engine, vectors._ClientEngine)
    assert store.search(random_rows(2_500)[7], 1) == [("k7", pytest.approx(1, abs=1e-5))]
    store.close()


def test_every_vector_of_a_large_store_is_found_after_it_is_opened_again(many: Path) -> None:
    store = VectorStore.open(Place(folder=many))

    lost = [n for n, row in enumerate(random_rows(2_500)) if store.search(row, 1)[0][0] != f"k{n}"]
    assert lost == []
    store.close()


@pytest.mark.parametrize("n", [1, 2, 150])
def test_reading_changes_no_file_but_the_database(tmp_path: Path, n: int) -> None:
    VectorStore.create(Place(folder=tmp_path), [([f"k{i}" for i in range(n)], random_rows(n))])

    def graph() -> dict[str, bytes]:
        return {str(file): file.read_bytes() for file in tmp_path.glob("*/*")}

    before = graph()
    for _ in range(2):
        store = VectorStore.open(Place(folder=tmp_path))
        store.search(random_rows(1)[0], 3)
        store.close()
    assert graph() == before
    assert before


def test_several_threads_find_the_same(many: Path) -> None:
    store = VectorStore.open(Place(folder=many))
    rows = random_rows(200)

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda row: store.search(row, 5), rows))
    assert found == [store.search(row, 5) for row in rows]
    store.close()


def test_several_processes_read_one_store_at_once(many: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from tests.test_vectors import random_rows\n"
        "from index.vectors import Place, VectorStore\n"
        "store = VectorStore.open(Place(folder=Path(sys.argv[1])))\n"
        "print(sum(store.search(row, 1)[0][0] == f'k{n}' for n, row in enumerate(random_rows(2500)[:50])))"
    )
    running = [
        subprocess.Popen([sys.executable, "-c", code, str(many)], cwd=ROOT, stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]

    assert [process.communicate(timeout=120)[0].strip() for process in running] == ["50"] * 4


def test_opening_and_searching_import_no_client(many: Path) -> None:
    code = (
        "import sys; from pathlib import Path; import numpy as np\n"
        "from index.vectors import Place, VectorStore\n"
        "store = VectorStore.open(Place(folder=Path(sys.argv[1]))); store.search(np.ones(16, dtype=np.float32), 3)\n"
        "print(sorted({'chromadb', 'httpx', 'pydantic'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code, str(many)], cwd=ROOT, capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"


def test_a_folder_without_a_store_is_refused_and_stays_empty(tmp_path: Path) -> None:
    with pytest.raises(VectorsUnreadable, match="must be a Chroma database; there is none"):
        VectorStore.open(Place(folder=tmp_path))

    assert list(tmp_path.iterdir()) == []


def test_a_database_without_the_collection_is_refused(tmp_path: Path) -> None:
    VectorStore.create(Place(folder=tmp_path, collection="other"), [(KEYS, ROWS)])

    with pytest.raises(VectorsUnreadable, match="must be readable; got"):
        VectorStore.open(Place(folder=tmp_path))


@pytest.mark.parametrize("damage", [b"", b"not a database, but long enough to be looked at" * 50])
def test_a_damaged_database_is_refused(tmp_path: Path, damage: bytes) -> None:
    VectorStore.create(Place(folder=tmp_path), [(KEYS, ROWS)])
    tmp_path.joinpath("chroma.sqlite3").write_bytes(damage)

    with pytest.raises(VectorsUnreadable, match="must be a Chroma database"):
        VectorStore.open(Place(folder=tmp_path))


def test_a_locked_database_is_refused_instead_of_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    VectorStore.create(Place(folder=tmp_path), [(KEYS, ROWS)])
    monkeypatch.setattr(vectors, "_LOCK_SECONDS", 0.2)
    other = sqlite3.connect(tmp_path / "chroma.sqlite3", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")

    with pytest.raises(UnusableInput, match="must be free and writable; got: database is locked"):
        VectorStore.open(Place(folder=tmp_path))
    other.close()


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("http://user:secret@db.example:8000/x", "http://db.example:8000/x"),
        ("https://localhost", "https://localhost"),
        ("", ""),
    ],
)
def test_a_shown_address_holds_no_password(url: str, shown: str) -> None:
    assert public_url(url) == shown


@pytest.mark.parametrize("url", ["localhost:8000", "ftp://localhost", "http://", "nonsense"])
def test_an_address_that_is_none_is_refused(tmp_path: Path, url: str) -> None:
    with pytest.raises(UnusableInput, match="`chroma_url` must be like http://localhost:8000"):
        VectorStore.open(Place(folder=tmp_path, url=url))


def test_a_server_that_is_not_there_is_said_to_be_unreachable(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]

    with pytest.raises(UnusableInput, match=r"it cannot be reached.*Start it with `chroma run`") as caught:
        VectorStore.open(Place(folder=tmp_path, url=f"http://user:secret@127.0.0.1:{port}"))
    assert not isinstance(caught.value, VectorsUnreadable)
    assert "secret" not in str(caught.value)


def test_a_server_that_never_answers_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vectors, "SERVER_SECONDS", 0.5)
    began = time.monotonic()

    with socket.create_server(("127.0.0.1", 0)) as frozen:
        url = f"http://127.0.0.1:{frozen.getsockname()[1]}"
        with pytest.raises(UnusableInput, match="it did not answer within"):
            VectorStore.open(Place(folder=tmp_path, url=url))
    assert time.monotonic() - began < 10


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a Chroma server that runs while the module's tests do."""
    with chroma_server(tmp_path_factory.mktemp("server")) as url:
        yield url


@pytest.mark.slow
def test_a_server_holds_a_store_as_a_folder_does(server: str, tmp_path: Path) -> None:
    place = Place(folder=tmp_path, url=server, collection="xiaoka-test-1")
    VectorStore.create(place, [(KEYS, ROWS)])
    VectorStore.create(Place(folder=tmp_path, url=server, collection="xiaoka-test-2"), [(KEYS, ROWS)])
    store = VectorStore.open(place)

    assert store.search(ROWS[0], 2) == [("east", pytest.approx(1)), ("between", pytest.approx(0.6))]
    assert [key for key, _ in store.search(ROWS[0], 9, ["west"])] == ["west"]
    assert store.get(["west"])["west"].tolist() == [-1, 0]
    assert (store.count(), sorted(store.keys())) == (4, sorted(KEYS))
    assert list(tmp_path.iterdir()) == []
    store.close()

    VectorStore.prune(place, "xiaoka-test-", {"xiaoka-test-1"})
    VectorStore.open(place).close()
    with pytest.raises(VectorsUnreadable, match="collection 'xiaoka-test-2' of http://127"):
        VectorStore.open(Place(folder=tmp_path, url=server, collection="xiaoka-test-2"))


def test_a_call_that_fails_in_its_thread_fails_in_the_callers() -> None:
    def fail() -> None:
        raise KeyError(threading.current_thread().name)

    with pytest.raises(KeyError, match="Thread"):
        vectors._within(1, Place(folder=Path()), fail)


class CountingEngine:
    """Holds vectors as Chroma would, in no order, and counts what it is asked."""

    def __init__(self, keys: list[str], rows: Vectors) -> None:
        self._rows = dict(zip(keys, rows, strict=True))
        self.queries = 0
        self.gets = 0

    def query(self, vector: list[float], k: int, keys: list[str] | None) -> tuple[list[str], list[float]]:
        self.queries += 1
        distances = {key: 1.0 - float(self._rows[key] @ np.array(vector)) for key in keys or self._rows}
        best = sorted(distances, key=lambda key: distances[key])[:k]
        return best, [distances[key] for key in best]

    def get(self, keys: list[str]) -> tuple[list[str], list[Any]]:
        self.gets += 1
        found = [key for key in reversed(list(self._rows)) if key in set(keys)]
        return found, [self._rows[key].tolist() for key in found]

    def keys(self, offset: int, limit: int) -> list[str]:
        return list(self._rows)[offset : offset + limit]

    def count(self) -> int:
        return len(self._rows)

    def version(self) -> str:
        return "0"

    def close(self) -> None:
        self._rows = {}


@pytest.mark.parametrize(("n", "queries"), [(1, 0), (1_000, 0), (1_001, 3)], ids=["one", "few", "too many"])
def test_few_vectors_are_read_once_and_searched_in_memory(n: int, queries: int) -> None:
    rows = random_rows(n)
    engine = CountingEngine([f"k{at}" for at in range(n)], rows)
    store = VectorStore(Place(folder=Path("nowhere")), engine)

    for at in (0, n // 2, n - 1):
        found = store.search(3 * rows[at] if queries == 0 else rows[at], 5)
        expected = sorted(((float(row @ rows[at]), f"k{n}") for n, row in enumerate(rows)), reverse=True)[:5]
        assert [key for key, _ in found] == [key for _, key in expected]
        assert [cosine for _, cosine in found] == pytest.approx([cosine for cosine, _ in expected], abs=1e-6)
    assert engine.queries == queries
    assert engine.gets == (1 if queries == 0 else 0)


def test_a_search_among_keys_and_one_on_a_server_are_always_the_engines() -> None:
    engine = CountingEngine(KEYS, ROWS)
    here = VectorStore(Place(folder=Path("nowhere")), engine)
    there = VectorStore(Place(folder=Path("nowhere"), url="http://127.0.0.1:1"), engine)

    assert [key for key, _ in here.search(ROWS[0], 4, ["west", "north"])] == ["north", "west"]
    assert [key for key, _ in there.search(ROWS[0], 2)] == ["east", "between"]
    assert (engine.queries, engine.gets) == (2, 0)
