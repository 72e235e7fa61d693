"""What people say of answers, kept on this machine with personal numbers masked.

One SQLite file, made when the first verdict is given. Nothing leaves the machine.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, get_args

from assistant.masking import mask
from corpus.errors import UnusableInput

FILE_NAME = "feedback.sqlite3"
Verdict = Literal["up", "down"]
REASONS = ("wrong", "incomplete", "not_answered", "unclear", "citation", "other")
MAX_ROWS = 100_000
MAX_BYTES = 200_000_000
MAX_ROW_BYTES = 64_000

# A verdict waits for other threads, for other processes, and for those who read before it is written: under a second.
_BUSY_SECONDS = 0.3
_APPLICATION_ID = 0x78696B61  # "xika", so that another program's file is told from ours
_FORMAT = 1
_BATCH = 200
_MOST_TURNS, _LONGEST_TURN, _LONGEST_COMMENT, _LONGEST_KEY = 20, 2_000, 2_000, 1_000
_LONGEST_TURNS = 6_000  # all of a conversation that are kept
_LONGEST_TEXTS = (8_000, 2_000, 500, 100)  # of an answer, the first with which it fits
_LONGEST_READ = 100_000  # characters of a text that are looked at
_LONGEST_MASK = 512  # characters that one number takes, with what parts its digits
_LONGEST_LANGUAGE = 16
CUT = "…"
_DIGEST = re.compile(r"(?=[0-9]*[a-f])[0-9a-f]{16,64}")  # of an article's version: its digits are nobody's
_TABLE = """CREATE TABLE feedback (
    position INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, created_at TEXT NOT NULL, verdict TEXT NOT NULL,
    reason TEXT NOT NULL, language TEXT NOT NULL, comment TEXT NOT NULL, turns TEXT NOT NULL, answer TEXT NOT NULL
)"""
_COLUMNS = ("created_at", "verdict", "reason", "language", "comment", "turns", "answer")


class FeedbackBusy(UnusableInput):
    """Somebody else is writing, and has been for as long as a chat can wait."""


class FeedbackFull(UnusableInput):
    """The store takes no more."""


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


@dataclass(frozen=True, slots=True, kw_only=True)
class Feedback:
    """What somebody thought of an answer.

    Attributes:
        turns: What they had said, oldest first; the answer is to the last.
        verdict: `up` or `down`.
        answer: The answer in the published format, `Answer.to_json()`.
        reason: One of `REASONS`, or empty.
        comment: In their own words; may be empty.
        language: Of the answer: `zh`, `zh-Hant` or `en`.
        created_at: When, ISO 8601 in UTC.
    """

    turns: tuple[str, ...]
    verdict: Verdict
    answer: dict[str, Any]
    reason: str = ""
    comment: str = ""
    language: str = ""
    created_at: str = field(default_factory=_now)

    def __post_init__(self) -> None:
        """Nothing, when it can be kept.

        Raises:
            UnusableInput: A field is not what it must be.
        """
        if not self.turns or not all(isinstance(turn, str) and turn.strip() for turn in self.turns):
            raise UnusableInput("`turns` must hold what was asked, no turn of it blank. Give at least one text.")
        if self.verdict not in get_args(Verdict):
            raise UnusableInput(f"`verdict` must be `up` or `down`; got {_shown(self.verdict)}.")
        if self.reason and self.reason not in REASONS:
            raise UnusableInput(f"`reason` must be one of {', '.join(REASONS)}, or empty; got {_shown(self.reason)}.")
        if not isinstance(self.comment, str) or not isinstance(self.language, str):
            raise UnusableInput("`comment` and `language` must be texts, which may be empty.")
        if not isinstance(self.answer, dict):
            raise UnusableInput(f"`answer` must be an answer in the published format; got {_shown(self.answer)}.")
        try:
            offset = datetime.fromisoformat(self.created_at).utcoffset()
        except (TypeError, ValueError):
            offset = None
        if offset is None or offset.total_seconds():
            raise UnusableInput(f"`created_at` must be a time in UTC, in ISO 8601; got {_shown(self.created_at)}.")


def _shown(value: object) -> str:
    return repr(value)[:80]


class FeedbackStore:
    """Verdicts in a file, safe to use from several threads and processes; a connection lasts as long as one call.

    The file is SQLite's, its journal the rollback journal: all there is when nothing is being written is one file, to
    be copied or deleted. What is deleted is overwritten with zeros. Every write is on the disk when its call returns.
    """

    def __init__(self, path: Path, *, max_rows: int = MAX_ROWS, max_bytes: int = MAX_BYTES) -> None:
        """Nothing is read or written yet.

        Args:
            path: The file; made with its folder when something is added first, for its owner alone.
            max_rows: How many verdicts it takes.
            max_bytes: From which size on it takes none.
        """
        self.path = path
        self._max_rows = max_rows
        self._max_bytes = max_bytes
        self._writing = threading.Lock()  # SQLite lets threads wait in no order, and some for too long

    def add(self, feedback: Feedback, *, key: str) -> None:
        """Keeps a verdict, its texts masked and cut; in the place of an earlier one under the same key.

        Args:
            feedback: What somebody thought of an answer.
            key: Of this answer in this conversation. Only its digest is kept.

        Raises:
            FeedbackBusy: Others write for longer than a chat can wait.
            FeedbackFull: The store holds as many verdicts, or is as large, as it may be.
            UnusableInput: The answer is not made of plain JSON values, the key is blank, or the file cannot be written
                or is no such store.
        """
        row = (_digest(key), *_row(feedback))
        names, values = ", ".join(("key", *_COLUMNS)), ", ".join("?" * len(row))
        replaced = ", ".join(f"{name} = excluded.{name}" for name in _COLUMNS)
        statement = f"INSERT INTO feedback ({names}) VALUES ({values}) ON CONFLICT (key) DO UPDATE SET {replaced}"
        with self._turn(), self._open(create=True) as connection, _transaction(connection):
            _prepare(connection)
            self._check_room(connection, row[0])
            connection.execute(statement, row)

    def remove(self, key: str) -> bool:
        """Whether there was a verdict under the key; there is none any more.

        Raises:
            FeedbackBusy: Others write for longer than a chat can wait.
            UnusableInput: The file cannot be written or is no such store.
        """
        digest = _digest(key)
        if not self._exists():
            return False
        with self._turn(), self._open(create=False) as connection, _transaction(connection):
            if not _is_prepared(connection):
                return False
            return connection.execute("DELETE FROM feedback WHERE key = ?", (digest,)).rowcount > 0

    def all(self) -> Iterator[Feedback]:
        """Every verdict, in the order in which the answers were judged first; nothing when there is no file yet.

        They are read in parts, so that nobody who writes has to wait for the end.

        Raises:
            FeedbackBusy: Others write for longer than a chat can wait.
            UnusableInput: The file cannot be read or is no such store.
        """
        position = 0
        while rows := self._read_after(position):
            position = rows[-1][0]
            yield from (self._feedback(row[1:]) for row in rows)

    def _read_after(self, position: int) -> list[tuple[Any, ...]]:
        if not self._exists():
            return []
        with self._open(create=False) as connection:
            if not _is_prepared(connection):
                return []
            query = f"SELECT position, {', '.join(_COLUMNS)} FROM feedback WHERE position > ? ORDER BY position LIMIT ?"
            return connection.execute(query, (position, _BATCH)).fetchall()

    def _feedback(self, row: Sequence[Any]) -> Feedback:
        values = dict(zip(_COLUMNS, row, strict=True))
        try:
            turns, answer = tuple(json.loads(values["turns"])), json.loads(values["answer"])
            return Feedback(**(values | {"turns": turns, "answer": answer}))
        except (TypeError, ValueError, RecursionError) as error:
            raise self._unusable(f"one of its rows cannot be read ({error})") from error

    def _exists(self) -> bool:
        try:
            return self.path.exists()
        except (OSError, ValueError) as error:
            raise self._unusable(_why(error)) from error

    def _check_room(self, connection: sqlite3.Connection, digest: str) -> None:
        """Nothing, when another row fits.

        Raises:
            FeedbackFull: It does not.
        """
        pages, free, size = (
            connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "freelist_count", "page_size")
        )
        n_rows = connection.execute("SELECT count(*) FROM feedback WHERE key <> ?", (digest,)).fetchone()[0]
        if n_rows >= self._max_rows or (pages - free) * size > self._max_bytes - MAX_ROW_BYTES:
            raise FeedbackFull(
                f"`feedback` must be at most {self._max_rows:,} verdicts and {self._max_bytes:,} bytes; "
                f"{self.path.name} holds {n_rows:,}. Export them with `xiaoka feedback export --all --out FILE`, "
                "then remove that file."
            )

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if not self._writing.acquire(timeout=_BUSY_SECONDS):
            raise self._busy()
        try:
            yield
        finally:
            self._writing.release()

    @contextmanager
    def _open(self, *, create: bool) -> Iterator[sqlite3.Connection]:
        """A connection to the file; whatever SQLite or the system has against it is told as an UnusableInput."""
        try:
            if create:
                self.path.parent.mkdir(parents=True, exist_ok=True)
                # Made before SQLite does, which would let others read it; its journal takes over these rights.
                os.close(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600))
            address = f"{self.path.absolute().as_uri()}?mode=rw"
            with closing(sqlite3.connect(address, uri=True, timeout=_BUSY_SECONDS, isolation_level=None)) as connection:
                connection.execute("PRAGMA secure_delete = ON")
                connection.execute("PRAGMA trusted_schema = OFF")  # a file from elsewhere runs nothing
                yield connection
        except (OSError, ValueError) as error:
            if isinstance(error, UnusableInput):
                raise
            raise self._unusable(_why(error)) from error
        except sqlite3.DatabaseError as error:
            # Its subclasses but one would be defects of ours.
            if type(error) not in (sqlite3.DatabaseError, sqlite3.OperationalError):
                raise
            raise self._told(error) from error

    def _told(self, error: sqlite3.DatabaseError) -> UnusableInput:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # the rest of it tells variants apart
        if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            return self._busy()
        return self._unusable(_why(error))

    def _busy(self) -> FeedbackBusy:
        return FeedbackBusy(f"`feedback` must be free to be used; {self.path.name} is in use. Try again.")

    def _unusable(self, why: str) -> UnusableInput:
        # Its folder is not named: a visitor of the page may be told this.
        return UnusableInput(
            f"`feedback` must be a file of this program that can be read and written; got {self.path.name} in the "
            f"folder of data: {why}. Make room, change its rights, or move it away: then a new one is made."
        )


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Everything in it is written, or nothing."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def _is_prepared(connection: sqlite3.Connection) -> bool:
    """Whether the file holds a table of verdicts; an empty one holds none yet.

    Raises:
        sqlite3.DatabaseError: It is no database, or another program's.
    """
    application, version = (
        connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("application_id", "user_version")
    )
    if (application, version) == (_APPLICATION_ID, _FORMAT):
        return True
    if application or version or connection.execute("SELECT 1 FROM sqlite_schema").fetchone():
        raise sqlite3.DatabaseError("it is another program's, or of another version of this one")
    return False


def _prepare(connection: sqlite3.Connection) -> None:
    if not _is_prepared(connection):
        connection.execute(_TABLE)
        connection.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {_FORMAT}")


def _why(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)


def _digest(key: str) -> str:
    """What stands for a key in the file.

    Raises:
        UnusableInput: It is blank, or too long to be one.
    """
    if not isinstance(key, str) or not key.strip() or len(key) > _LONGEST_KEY:
        raise UnusableInput(f"`key` must be a text of 1 to {_LONGEST_KEY} characters; got {_shown(key)}.")
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


def _row(feedback: Feedback) -> tuple[str, ...]:
    """The values of a verdict in the order of `_COLUMNS`, masked and cut, of at most `MAX_ROW_BYTES` in all.

    Raises:
        UnusableInput: The answer is not made of plain JSON values.
    """
    turns: list[str] = []
    for turn in reversed(feedback.turns[-_MOST_TURNS:]):
        kept = cut(_masked(turn), _LONGEST_TURN)
        if turns and sum(map(len, turns)) + len(kept) > _LONGEST_TURNS:
            break
        turns.insert(0, kept)
    row = [
        feedback.created_at,
        feedback.verdict,
        feedback.reason,
        cut(_masked(feedback.language), _LONGEST_LANGUAGE),
        cut(_masked(feedback.comment), _LONGEST_COMMENT),
        json.dumps(turns, ensure_ascii=False),
    ]
    room = MAX_ROW_BYTES - sum(len(value.encode()) for value in row)
    return (*row, _fitting(feedback.answer, room))


def _fitting(answer: Mapping[str, Any], room: int) -> str:
    """An answer as JSON of at most so many bytes: its texts are cut, and when they are too many only the first stay."""
    try:
        masked = _each_text(answer, lambda text: text if _DIGEST.fullmatch(text) else _masked(text))
        for longest in _LONGEST_TEXTS:
            text = json.dumps(_each_text(masked, lambda text: cut(text, longest)), ensure_ascii=False, allow_nan=False)  # noqa: B023 - used up before the next
            if len(text.encode()) <= room:
                return text
    except (TypeError, ValueError, RecursionError) as error:
        raise UnusableInput(
            f"`answer` must be an answer in the published format, plain JSON values; got another ({error})."
        ) from error
    told = {name: masked.get(name) for name in ("outcome", "text", "language", "reason")}
    return json.dumps({name: cut(text, _LONGEST_TEXTS[-1]) for name, text in told.items() if isinstance(text, str)})


def _each_text(value: Any, change: Callable[[str], str]) -> Any:  # noqa: ANN401 - whatever JSON holds
    """Plain values with every text in them changed, names of fields included."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, Mapping):
        return {_each_text(name, change): _each_text(one, change) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_each_text(one, change) for one in value]
    return value


def _masked(text: str) -> str:
    """A text without personal numbers, and without what no line of a question set may hold."""
    # Half of a character cannot be written, and a NUL not be read back by everything.
    readable = text[:_LONGEST_READ].encode("utf-8", "replace").decode().replace("\0", "\ufffd")
    # The end may be the first half of a number, which is not known for one.
    return mask(readable) if len(text) <= _LONGEST_READ else mask(readable)[:-_LONGEST_MASK]


def cut(text: str, longest: int) -> str:
    """The text, or as much of it as so many characters hold, with a mark that it was cut."""
    return text if len(text) <= longest else text[: longest - len(CUT)] + CUT
