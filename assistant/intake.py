"""Questions in: a command line's, a batch file's or a request's, checked before anything is answered."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO, NoReturn, Protocol, TypeVar

from corpus.errors import UnusableInput

MAX_LINE_BYTES = 1_000_000
_MAX_REPORTED = 50


class Lines(Protocol):
    """Bytes that are read line by line."""

    def readline(self, limit: int, /) -> bytes:
        """The next line, or as much of it as the limit of bytes allows; empty at the end."""


class NotUtf8(UnusableInput):
    """A line's bytes are no UTF-8."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """The user's turns, oldest first; the last is to be answered. `id` is None when the line had none."""

    turns: tuple[str, ...]
    id: str | int | None = None


def check_turn(value: object, name: str = "question") -> str:
    """The text as it came, when it can be asked.

    Raises:
        UnusableInput: It is no text, is blank, or holds a NUL or a lone surrogate.
    """
    if not isinstance(value, str):
        raise UnusableInput(f"`{name}` must be a text; got {kind_of(value)}.")
    if not value.strip():
        raise UnusableInput(f"`{name}` must not be empty. Say what you want to know.")
    if "\0" in value:
        raise UnusableInput(f"`{name}` must not hold a NUL character. Remove it.")
    if any("\ud800" <= c <= "\udfff" for c in value):
        raise UnusableInput(f"`{name}` must be valid Unicode; got half of a character (a lone surrogate). Remove it.")
    return value


def check_turns(value: object) -> tuple[str, ...]:
    """The turns of an object that holds either `question` or `turns`.

    Raises:
        UnusableInput: It is no object, holds neither or both, or a turn cannot be asked.
    """
    if not isinstance(value, dict):
        raise UnusableInput(f"A question must be an object with `question` or `turns`; got {kind_of(value)}.")
    if ("question" in value) == ("turns" in value):
        held = "both" if "turns" in value else "neither"
        raise UnusableInput(f"A question must hold either `question` or `turns`; got {held}.")
    if "question" in value:
        return (check_turn(value["question"]),)
    turns = value["turns"]
    if not isinstance(turns, list) or not turns:
        raise UnusableInput(f"`turns` must be a list of at least one text; got {kind_of(turns)}.")
    return tuple(check_turn(turn, f"turns[{n}]") for n, turn in enumerate(turns))


def kind_of(value: object) -> str:
    """What a JSON value is, in words for a message."""
    if isinstance(value, list | dict) and not value:
        return "an empty list" if isinstance(value, list) else "an empty object"
    names = {list: "a list", dict: "an object", str: "a text", bool: "true or false", type(None): "null"}
    return names.get(type(value), "a number")


def read_batch(stream: BinaryIO, name: str) -> list[Question]:
    """The questions of a JSON Lines file, in order.

    Args:
        stream: The file, opened for bytes.
        name: What to call it in a message.

    Raises:
        UnusableInput: A line cannot be used; the message lists every such line with its number and reason.
    """
    first_line: dict[str | int, int] = {}

    def read(value: object, number: int) -> Question:
        question = _read_question(value)
        if question.id is not None:
            check_new(question.id, number, first_line)
        return question

    return read_json_lines(stream, name, read)


T = TypeVar("T")


def read_json_lines(stream: Lines, name: str, read: Callable[[object, int], T], *, skip_blank: bool = False) -> list[T]:
    """What `read` makes of the value on each line of a JSON Lines file, in order.

    Args:
        stream: The file, opened for bytes.
        name: What to call it in a message.
        read: Takes a line's value and its number, from 1; raises UnusableInput for a value that cannot be used.
        skip_blank: Whether a blank line is passed over; it is refused otherwise.

    Raises:
        UnusableInput: A line cannot be used; the message lists every such line with its number and reason. Lines in
            another encoding are listed as one.
    """
    found: list[T] = []
    problems: dict[int, str] = {}
    not_utf_8: list[int] = []
    for number, line in enumerate(_lines(stream), start=1):
        if skip_blank and not line.strip():
            continue
        try:
            found.append(read(_read_line(line), number))
        except NotUtf8 as error:
            not_utf_8.append(number)
            problems.setdefault(not_utf_8[0], str(error))
        except UnusableInput as error:
            problems[number] = str(error)
    if problems:
        n_unusable = len(problems) + max(len(not_utf_8) - 1, 0)
        raise UnusableInput(
            f"Every line of {name} must hold one question; {n_unusable} cannot be used, nothing was answered:\n"
            + "\n".join(_listed(problems, not_utf_8))
        )
    if not found:
        raise UnusableInput(f"{name} must hold at least one question; it is empty.")
    return found


def _listed(problems: Mapping[int, str], not_utf_8: Sequence[int]) -> Iterator[str]:
    """A line for each problem, by line number, up to a limit; the lines in another encoding share one."""
    for number, problem in list(problems.items())[:_MAX_REPORTED]:
        others = f" (and {len(not_utf_8) - 1} more lines)" if not_utf_8[1:] and number == not_utf_8[0] else ""
        yield f"line {number}{others}: {problem}"
    if len(problems) > _MAX_REPORTED:
        yield f"… and {len(problems) - _MAX_REPORTED} more"


def check_new(identity: str | int, number: int, first_line: dict[str | int, int]) -> None:
    """Notes on which line an `id` stands.

    Raises:
        UnusableInput: It stands on an earlier line as well.
    """
    earlier = first_line.setdefault(identity, number)
    if earlier != number:
        raise UnusableInput(f"`id` must be unique; got {identity!r} again, first on line {earlier}.")


def _lines(stream: Lines) -> Iterator[bytes]:
    """Each line without its end; one that is over the limit comes cut, one byte over it, whatever its length."""
    while line := stream.readline(MAX_LINE_BYTES + 1):
        rest = line
        while len(rest) > MAX_LINE_BYTES and not rest.endswith(b"\n"):
            rest = stream.readline(MAX_LINE_BYTES + 1)
        yield line if len(line) > MAX_LINE_BYTES else line.rstrip(b"\r\n")


def _read_line(line: bytes) -> object:
    if len(line) > MAX_LINE_BYTES:
        raise UnusableInput(f"A line must be at most {MAX_LINE_BYTES:,} bytes long. Shorten it.")
    try:
        text = line.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise NotUtf8(f"A line must be UTF-8; byte {error.start + 1} is not. Save the file as UTF-8.") from error
    if not text.strip():
        raise UnusableInput("A line must hold a question; it is blank. Remove it.")
    return read_json(text)


def _read_question(value: object) -> Question:
    turns = check_turns(value)
    return Question(turns=turns, id=check_id(value["id"]) if isinstance(value, dict) and "id" in value else None)


def check_id(identity: object) -> str | int | None:
    """An `id` as it came; null stands for none.

    Raises:
        UnusableInput: It is no text that can be shown, and no whole number.
    """
    if isinstance(identity, bool) or not isinstance(identity, str | int | None):
        raise UnusableInput(f"`id` must be a text or a whole number; got {kind_of(identity)}.")
    if isinstance(identity, str):
        check_turn(identity, "id")
    return identity


def read_json(text: str) -> object:
    """The value of a JSON text, read strictly: no NaN or Infinity, no key twice in one object.

    Raises:
        UnusableInput: It is not such JSON.
    """
    try:
        value: object = json.loads(
            text, parse_constant=_refuse_constant, object_pairs_hook=_unique, parse_float=_finite
        )
    except json.JSONDecodeError as error:
        raise UnusableInput(f"It must be valid JSON; at character {error.pos + 1}: {error.msg}.") from error
    except RecursionError as error:
        raise UnusableInput("It must be valid JSON; it is nested too deeply.") from error
    except ValueError as error:
        if isinstance(error, UnusableInput):
            raise
        raise UnusableInput("It must be valid JSON; a number in it has too many digits.") from error
    return value


def _refuse_constant(name: str) -> NoReturn:
    raise UnusableInput(f"It must be valid JSON; {name} is no JSON number.")


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise UnusableInput(f"It must be valid JSON; {digits[:20]} is too large.")
    return number


def _unique(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise UnusableInput(f"It must name every key once; got {twice!r} twice.")
    return value
