"""Vectors by key, searched by cosine; the only file that knows Chroma.

An embedded store is built with Chroma's public client and read through the same engine's bindings, because importing
the client takes seconds and importing the bindings hundredths of one. A store on a server uses the client for both.

Chroma's own embedding functions are never used: a collection that names one could make its reader run a model's code.
"""

from __future__ import annotations

import base64
import sqlite3
import threading
import urllib.parse
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import cached_property, partial
from importlib import metadata
from itertools import islice
from pathlib import Path
from typing import Any, Protocol, TypeVar

import numpy as np

from corpus.errors import UnusableInput
from index.encoder import Vectors, unit_rows

T = TypeVar("T")
Batch = tuple[Sequence[str], Vectors]  # keys, and a unit row for each

SERVER_SECONDS = 5.0
SERVER_WRITE_SECONDS = 120.0
_TENANT, _DATABASE = "default_tenant", "default_database"
_BATCH = 1_000
_PERSISTED_BATCH = 2_000
_SERVER_BATCH = 500
_CACHED_INDEXES = 16
_LOCK_SECONDS = 5.0
_MOST_HELD = 1_000
_GRAPH = {
    "space": "cosine",
    # Recall at 10 on 10,000 random vectors is 0.99 with these and 0.83 with Chroma's own, for a fifth more build time.
    "ef_construction": 200,
    "max_neighbors": 32,
    "ef_search": 200,
    # Persists at the end of every call that adds. What is not persisted when the store is closed would have to be put
    # into the graph again at each opening, and would change the files.
    "sync_threshold": 1,
    "batch_size": 1,
}


class VectorsUnreadable(UnusableInput):
    """The store is there no more, or is damaged; the index has to be built again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a store lies: in a folder of its own, or in a named collection of a Chroma server."""

    folder: Path
    url: str = ""
    collection: str = "chunks"


class _Engine(Protocol):
    """What a store needs of Chroma, whichever way it is reached."""

    def query(self, vector: list[float], k: int, keys: list[str] | None) -> tuple[list[str], list[float]]: ...
    def get(self, keys: list[str]) -> tuple[list[str], list[Sequence[float]]]: ...
    def keys(self, offset: int, limit: int) -> list[str]: ...
    def count(self) -> int: ...
    def version(self) -> str: ...
    def close(self) -> None: ...


class VectorStore:
    """The vectors of an index; safe to search from several threads, never written after it is built.

    Every vector should be stored once: many equal ones fill each other's places in Chroma's graph until a search can
    reach none of them.
    """

    def __init__(self, place: Place, engine: _Engine) -> None:
        self._place = place
        self._engine = engine
        self._count = engine.count()

    @classmethod
    def create(cls, place: Place, batches: Iterable[Batch]) -> str:
        """Writes a new store of batches and closes it; the version of Chroma that wrote it.

        Raises:
            UnusableInput: The server does not answer, or the store cannot be written.
            ValueError: A vector is not finite or zero, or a key comes twice.
        """
        with _reported(place), _writer(place) as (client, call):
            most = min(call(client.get_max_batch_size), _SERVER_BATCH if place.url else _PERSISTED_BATCH)
            create = partial(client.create_collection, embedding_function=None, configuration={"hnsw": _GRAPH})
            collection = call(partial(create, place.collection))
            for keys, vectors in _sized(_checked(batches), most):
                call(partial(collection.add, ids=keys, embeddings=vectors))
            return str(call(client.get_version))

    @classmethod
    def open(cls, place: Place) -> VectorStore:
        """The store at a place.

        Raises:
            VectorsUnreadable: There is none, or it is damaged.
            UnusableInput: The server does not answer, or another process keeps the store locked.
        """
        with _reported(place):
            return cls(place, _ServerEngine(place) if place.url else _embedded(place))

    @classmethod
    def prune(cls, place: Place, prefix: str, keep: Collection[str]) -> None:
        """Removes a server's collections whose names start with `prefix`, but for those in `keep`."""
        if not place.url:
            return
        with _reported(place), _writer(place) as (client, call):
            for name in [collection.name for collection in call(client.list_collections)]:
                if name.startswith(prefix) and name not in keep:
                    call(partial(client.delete_collection, name))

    def search(self, vector: Vectors, k: int, keys: Sequence[str] | None = None) -> list[tuple[str, float]]:
        """The `k` nearest: `(key, cosine)`, best first, ties by key.

        Args:
            vector: Shape `(dimensions,)`.
            k: At least 1.
            keys: Only these, which must be there; None for all.

        Raises:
            ValueError: The vector is not finite, or zero.
        """
        _check_rows(vector.reshape(1, -1))
        most = self._count if keys is None else len(keys)
        if most == 0:
            return []
        if keys is None and self._held is not None:
            return self._held.search(vector, max(1, k))
        with _reported(self._place):
            found, distances = self._engine.query(
                vector.tolist(), max(1, min(k, most)), None if keys is None else list(keys)
            )
        hits = [(key, min(1.0, max(-1.0, 1.0 - distance))) for key, distance in zip(found, distances, strict=True)]
        return sorted(hits, key=lambda hit: (-hit[1], hit[0]))

    @cached_property
    def _held(self) -> _Held | None:
        """Every vector, when there are few and they lie in files; what is on a server may change under other hands."""
        if self._place.url or self._count > _MOST_HELD:
            return None
        keys = sorted(self.keys())
        vectors = self.get(keys)
        return _Held(tuple(keys), unit_rows(np.stack([vectors[key] for key in keys])))

    def get(self, keys: Sequence[str]) -> dict[str, Vectors]:
        """The stored vectors of those of `keys` that are there."""
        vectors: dict[str, Vectors] = {}
        for at in range(0, len(keys), _BATCH):
            with _reported(self._place):
                found, rows = self._engine.get(list(keys[at : at + _BATCH]))
            vectors.update((key, np.asarray(row, dtype=np.float32)) for key, row in zip(found, rows, strict=True))
        return vectors

    def keys(self) -> Iterator[str]:
        """Every key in the store, in no particular order."""
        for at in range(0, self._count, _BATCH):
            with _reported(self._place):
                found = self._engine.keys(at, _BATCH)
            yield from found

    def count(self) -> int:
        """How many vectors there are."""
        return self._count

    def version(self) -> str:
        """The version of Chroma that reads the store."""
        with _reported(self._place):
            return self._engine.version()

    def close(self) -> None:
        """Lets go of the files, or of the connection."""
        self._engine.close()


@dataclass(frozen=True, slots=True, eq=False)
class _Held:
    """Few vectors in memory, searched whole: that takes hundredths of what Chroma's way to its files takes.

    Attributes:
        keys: In their order.
        rows: The unit row of each.
    """

    keys: tuple[str, ...]
    rows: Vectors

    def search(self, vector: Vectors, k: int) -> list[tuple[str, float]]:
        """The `k` nearest: `(key, cosine)`, best first, ties by key."""
        cosines = np.clip(self.rows @ unit_rows(vector.reshape(1, -1))[0], -1.0, 1.0)
        best = np.argsort(-cosines, kind="stable")[:k]
        return [(self.keys[at], float(cosines[at])) for at in best]


class _BindingsEngine:
    """The embedded engine without its Python client."""

    def __init__(self, place: Place) -> None:
        import chromadb_rust_bindings as rust

        database = rust.SqliteDBConfig(
            hash_type=rust.MigrationHash.MD5,
            migration_mode=rust.MigrationMode.Validate,
            url=str(place.folder / "chroma.sqlite3"),
        )
        self._bindings = rust.Bindings(
            allow_reset=False,
            sqlite_db_config=database,
            persist_path=str(place.folder),
            hnsw_cache_size=_CACHED_INDEXES,
        )
        self._id = str(self._bindings.get_collection(place.collection, _TENANT, _DATABASE).id)

    def query(self, vector: list[float], k: int, keys: list[str] | None) -> tuple[list[str], list[float]]:
        found = self._bindings.query(self._id, keys, [vector], k, None, None, ["distances"], _TENANT, _DATABASE)
        return found.ids[0], found.distances[0]

    def get(self, keys: list[str]) -> tuple[list[str], list[Sequence[float]]]:
        found = self._bindings.get(self._id, keys, None, None, 0, None, ["embeddings"], _TENANT, _DATABASE)
        return found.ids, found.embeddings

    def keys(self, offset: int, limit: int) -> list[str]:
        return list(self._bindings.get(self._id, None, None, limit, offset, None, [], _TENANT, _DATABASE).ids)

    def count(self) -> int:
        return int(self._bindings.count(self._id, _TENANT, _DATABASE))

    def version(self) -> str:
        return metadata.version("chromadb")  # the bindings would import the whole client to say it

    def close(self) -> None:
        if hasattr(self, "_bindings"):
            del self._bindings


class _ClientEngine:
    """The embedded engine through Chroma's public client."""

    def __init__(self, place: Place) -> None:
        self._client = _embedded_client(place.folder)
        self._collection = self._opened(place.collection)

    def _opened(self, name: str) -> Any:  # noqa: ANN401 -- Chroma's types stay in this file
        try:
            return self._client.get_collection(name, embedding_function=None)
        except _chroma_errors():
            self.close()
            raise

    def query(self, vector: list[float], k: int, keys: list[str] | None) -> tuple[list[str], list[float]]:
        found = self._collection.query(query_embeddings=[vector], ids=keys, n_results=k, include=["distances"])
        return found["ids"][0], found["distances"][0]

    def get(self, keys: list[str]) -> tuple[list[str], list[Sequence[float]]]:
        found = self._collection.get(ids=keys, include=["embeddings"])
        return found["ids"], list(found["embeddings"])

    def keys(self, offset: int, limit: int) -> list[str]:
        return list(self._collection.get(limit=limit, offset=offset, include=[])["ids"])

    def count(self) -> int:
        return int(self._collection.count())

    def version(self) -> str:
        return str(self._client.get_version())

    def close(self) -> None:
        _close(self._client)


class _ServerEngine(_ClientEngine):
    """A collection of a Chroma server; each call has a deadline, because the client itself never gives up."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._client = _server_client(place)
        self._collection = self._within(partial(self._opened, place.collection))

    def query(self, vector: list[float], k: int, keys: list[str] | None) -> tuple[list[str], list[float]]:
        return self._within(partial(super().query, vector, k, keys))

    def get(self, keys: list[str]) -> tuple[list[str], list[Sequence[float]]]:
        return self._within(partial(super().get, keys))

    def keys(self, offset: int, limit: int) -> list[str]:
        return self._within(partial(super().keys, offset, limit))

    def count(self) -> int:
        return self._within(super().count)

    def version(self) -> str:
        return self._within(super().version)

    def _within(self, call: Callable[[], T]) -> T:
        return _within(SERVER_SECONDS, self._place, call)


def public_url(url: str) -> str:
    """`url` without the user and password in it."""
    parts = urllib.parse.urlsplit(url)
    return urllib.parse.urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def _embedded(place: Place) -> _Engine:
    """The bindings, or the public client where the bindings are not the ones this was written for."""
    _check_database(place.folder / "chroma.sqlite3")
    try:
        return _BindingsEngine(place)
    except (ImportError, AttributeError, TypeError):
        return _ClientEngine(place)


def _check_database(file: Path) -> None:
    """Refuses a database that Chroma would wait for without end, or would create afresh.

    Raises:
        VectorsUnreadable: There is no database, or it is damaged.
        UnusableInput: Another process keeps it locked, or it cannot be written (Chroma writes even when it reads).
    """
    if not file.is_file():
        raise VectorsUnreadable(f"`{file}` must be a Chroma database; there is none.")
    try:
        with closing(sqlite3.connect(f"{file.as_uri()}?mode=rw", uri=True, timeout=_LOCK_SECONDS)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("SELECT count(*) FROM collections").fetchone()
            connection.rollback()
    except sqlite3.OperationalError as error:
        if "locked" in str(error) or "readonly" in str(error) or "unable to open" in str(error):
            raise UnusableInput(
                f"`{file}` must be free and writable; got: {error}. Try again, or use another --data."
            ) from error
        raise VectorsUnreadable(f"`{file}` must be a Chroma database; got: {error}.") from error
    except sqlite3.DatabaseError as error:
        raise VectorsUnreadable(f"`{file}` must be a Chroma database; got: {error}.") from error


@contextmanager
def _writer(place: Place) -> Iterator[tuple[Any, Callable[[Callable[[], Any]], Any]]]:
    """A public client, and how to call it: with a deadline when it is a server's."""
    if not place.url:
        place.folder.mkdir(parents=True, exist_ok=True)
    client = _server_client(place) if place.url else _embedded_client(place.folder)
    try:
        yield client, partial(_within, SERVER_WRITE_SECONDS, place) if place.url else lambda call: call()
    finally:
        _close(client)


def _close(client: Any) -> None:  # noqa: ANN401 -- as below
    """Closes a public client, and the connections that a server's leaves open."""
    owners = (client, getattr(client, "_admin_client", None))
    sessions = [getattr(getattr(owner, "_server", None), "_session", None) for owner in owners]
    client.close()
    for session in filter(None, sessions):
        session.close()


def _embedded_client(folder: Path) -> Any:  # noqa: ANN401 -- Chroma's types stay in this file
    import chromadb
    from chromadb.config import Settings

    return chromadb.PersistentClient(str(folder), settings=Settings(anonymized_telemetry=False))


def _server_client(place: Place) -> Any:  # noqa: ANN401 -- as above
    import chromadb
    from chromadb.config import Settings

    parts = urllib.parse.urlsplit(place.url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise UnusableInput(
            f"`chroma_url` must be like http://localhost:8000; got {public_url(place.url)!r}. Check the setting."
        )
    login = f"{parts.username or ''}:{parts.password or ''}"
    headers = {"Authorization": "Basic " + base64.b64encode(login.encode()).decode()} if parts.username else None
    port = parts.port or (443 if parts.scheme == "https" else 80)
    connect = partial(
        chromadb.HttpClient,
        host=parts.hostname,
        port=port,
        ssl=parts.scheme == "https",
        headers=headers,
        settings=Settings(anonymized_telemetry=False),
    )
    try:
        return _within(SERVER_SECONDS, place, connect)
    except ValueError as error:
        if isinstance(error, UnusableInput):
            raise
        raise _unreachable(place, "it cannot be reached") from error


def _within(seconds: float, place: Place, call: Callable[[], T]) -> T:
    """What `call` returns, or raises, if it does so in time; else it is left behind in a thread that stops nothing."""
    results: list[T] = []
    errors: list[BaseException] = []

    def work() -> None:
        try:
            results.append(call())
        except BaseException as error:  # noqa: BLE001 -- carried over to the caller's thread and raised there
            errors.append(error)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(seconds)
    if errors:
        raise errors[0]
    if not results:
        raise _unreachable(place, f"it did not answer within {seconds:.0f} seconds")
    return results[0]


def _unreachable(place: Place, why: str) -> UnusableInput:
    return UnusableInput(
        f"`chroma_url` must be the address of a Chroma server that answers; got {public_url(place.url)!r}: {why}. "
        "Start it with `chroma run`, or leave the setting empty to keep the vectors in the data folder."
    )


@contextmanager
def _reported(place: Place) -> Iterator[None]:
    """Turns what Chroma raises into our exceptions."""
    try:
        yield
    except _chroma_errors() as error:  # evaluated only when something was raised: the import is slow
        missing = type(error).__name__ == "NotFoundError"
        if place.url and not missing:
            raise _unreachable(place, f"{type(error).__name__}: {error}") from error
        where = f"collection {place.collection!r} of {public_url(place.url)}" if place.url else f"{place.folder}"
        raise VectorsUnreadable(f"The vectors in `{where}` must be readable; got: {error}.") from error


def _chroma_errors() -> tuple[type[Exception], ...]:
    import httpx
    from chromadb.errors import ChromaError

    return (ChromaError, httpx.HTTPError)


def _sized(batches: Iterable[Batch], size: int) -> Iterator[Batch]:
    """The same records in batches of `size`, the last one smaller."""
    records = ((key, row) for batch in batches for key, row in zip(*batch, strict=True))
    while part := list(islice(records, size)):
        keys, rows = zip(*part, strict=True)
        yield list(keys), np.stack(rows)


def _checked(batches: Iterable[Batch]) -> Iterator[Batch]:
    """The batches, each looked at before it goes on."""
    seen: set[str] = set()
    for keys, vectors in batches:
        _check_rows(vectors)
        for key in keys:
            if key in seen:
                raise ValueError(f"`keys` must be unique; got {key!r} twice.")
            seen.add(key)
        yield keys, vectors


def _check_rows(vectors: Vectors) -> None:
    """Refuses what Chroma would store or search without a word, and answer wrongly."""
    if not np.isfinite(vectors).all():
        raise ValueError("A vector must be finite; got NaN or infinity.")
    if not vectors.any(axis=1).all():
        raise ValueError("A vector must not be zero.")
