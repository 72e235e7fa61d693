"""Evaluation sets in: questions with what is expected of their answers, and where the support for them stands."""

from __future__ import annotations

import hashlib
import json
import os
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

from assistant.intake import check_id, check_new, check_turn, check_turns, kind_of, read_json, read_json_lines
from corpus.errors import UnusableInput

LANGUAGES = ("zh", "zh-Hant", "en", "mixed")
KINDS = (
    "procedure", "single-fact", "step-position", "why-precaution", "comparison", "multi-turn", "ambiguous",
    "unanswerable", "out-of-domain", "adversarial", "noise",
)  # fmt: skip
EXPECTED = ("answer", "abstain", "clarify", "refuse_spam")
SECTIONS_NAME = "sections.json"
DOCUMENTS_KEY = "_documents"
_FIELDS = frozenset(
    ("id", "lang", "kind", "question", "turns", "expect", "sections", "facts", "steps", "must_not", "note", "asks")
)
_MAX_SECTIONS_BYTES = 10_000_000
_MOST_SHOWN = 20
_LONGEST_SHOWN = 80

T = TypeVar("T")
Alternatives = tuple[str, ...]  # of which one must stand in the answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One question and what is expected of its answer.

    Attributes:
        set_name: The name of its file, without the suffix.
        line: Its line in the file, from 1.
        lang: One of `LANGUAGES`.
        kind: One of `KINDS`.
        turns: What the user said, oldest first; the answer to the last is graded.
        expect: One of `EXPECTED`.
        sections: Keys of `Sections`, where the support stands.
        facts: For each fact the strings of which one must stand in the answer.
        n_steps: How many steps the answer must have; 0 when none are expected.
        steps: For each step the strings of which one must stand in the answer, in this order.
        must_not: Strings that may not stand in the answer.
        unknown_fields: Fields of the line that the format does not have.
        support: The patterns of its sections and the articles that its set is about.
    """

    id: str
    set_name: str
    line: int
    lang: str
    kind: str
    turns: tuple[str, ...]
    expect: str
    sections: tuple[str, ...] = ()
    facts: tuple[Alternatives, ...] = ()
    n_steps: int = 0
    steps: tuple[Alternatives, ...] = ()
    must_not: tuple[str, ...] = ()
    note: str = ""
    unknown_fields: tuple[str, ...] = ()
    support: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        """Twelve hexadecimal digits that stand for the question and what is expected, not for where it stands."""
        values = asdict(self)
        for name in ("id", "set_name", "line", "note", "unknown_fields"):
            del values[name]
        return hashlib.sha256(json.dumps(values, ensure_ascii=True).encode()).hexdigest()[:12]

    def gold(self) -> dict[str, Any]:
        """What is expected, as plain JSON values."""
        return {
            "sections": list(self.sections),
            "facts": [list(group) for group in self.facts],
            "steps": {"count": self.n_steps, "ordered": [list(group) for group in self.steps]} if self.steps else None,
            "must_not": list(self.must_not),
            "note": self.note,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Sections:
    """Where support can stand: by a key, the patterns that are searched in a passage's title and headings.

    Attributes:
        documents: The ids of the articles that the set is about; empty for every article of the corpus.
    """

    patterns: Mapping[str, tuple[re.Pattern[str], ...]]
    documents: tuple[str, ...] = ()

    def meaning(self, keys: Sequence[str]) -> tuple[str, ...]:
        """What keys stand for: the patterns of each, then the articles that are meant."""
        patterns = (f"{key}: {pattern.pattern}" for key in keys for pattern in self.patterns.get(key, ()))
        return (*patterns, *self.documents)

    def of(self, title: str, headings: Sequence[str]) -> frozenset[str]:
        """The keys of the sections that a passage with this title and these headings belongs to."""
        path = " > ".join([title, *headings])
        return frozenset(
            key for key, patterns in self.patterns.items() if any(pattern.search(path) for pattern in patterns)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionSet:
    """The questions of one file with their sections.

    Attributes:
        sha256: Of the file of questions and the file of sections, the first 16 hexadecimal digits of one digest.
    """

    name: str
    file: Path
    cases: tuple[Case, ...]
    sections: Sections
    sha256: str


def read_question_sets(files: Sequence[Path], sections: Path | None = None) -> tuple[QuestionSet, ...]:
    """The question sets of one or more files, every `id` once among all of them.

    Args:
        files: JSON Lines, a question on each; the fields are those of `Case`, `question` or `turns` for what is asked.
        sections: The file of sections of all of them; unless given, the `sections.json` beside each.

    Raises:
        UnusableInput: A file cannot be read or used; every line that cannot be is named with its number and reason.
    """
    names = [file.stem for file in files]
    problems: list[str] = []
    found: list[QuestionSet] = []
    first_set: dict[str, str] = {}
    if len({os.path.realpath(file) for file in files}) < len(files):
        raise UnusableInput(f"`questions` must name each file once; got {' '.join(map(str, files))}. Leave one out.")
    for file in files:
        name = file.stem if names.count(file.stem) == 1 else str(file)
        try:
            one = _read_set(file, name, sections or sections_beside(file), given=sections is not None)
        except UnusableInput as error:
            problems.append(str(error))
            continue
        found.append(one)
        for case in one.cases:
            earlier = first_set.setdefault(case.id, one.name)
            if earlier != one.name:
                problems.append(f"`id` must be unique among the sets; got {case.id!r} in {earlier} and in {one.name}.")
    if problems:
        raise UnusableInput(_listed(problems))
    return tuple(found)


def _listed(problems: Sequence[str]) -> str:
    more = [f"… and {len(problems) - _MOST_SHOWN} more"] if len(problems) > _MOST_SHOWN else []
    return "\n".join([*problems[:_MOST_SHOWN], *more])


def sections_beside(file: Path) -> Path:
    """The file of sections that belongs to a file of questions, unless another is named."""
    return file.parent / SECTIONS_NAME


def _read_set(file: Path, name: str, sections_file: Path, *, given: bool) -> QuestionSet:
    digest = hashlib.sha256()
    sections = Sections(patterns={})
    if given or os.path.lexists(sections_file):
        content = _read_bytes(sections_file, "sections")
        digest.update(content)
        sections = _parse_sections(content, sections_file)
    first_line: dict[str | int, int] = {}

    def read(value: object, number: int) -> Case:
        case = _read_case(value, name, number, sections, sections_file)
        check_new(case.id, number, first_line)
        return case

    try:
        with file.open("rb") as stream:
            cases = read_json_lines(_Hashed(stream, digest), str(file), read, skip_blank=True)
    except (OSError, ValueError) as error:
        if isinstance(error, UnusableInput):
            raise
        raise UnusableInput(
            f"`questions` must name a file that can be read; got {str(file)!r} ({error}). Name a JSON Lines file."
        ) from error
    return QuestionSet(name=name, file=file, cases=tuple(cases), sections=sections, sha256=digest.hexdigest()[:16])


class _Hashed:
    """The lines of a file, which are added to a digest as they are read; so that a pipe can be read too."""

    def __init__(self, stream: BinaryIO, digest: hashlib._Hash) -> None:
        self._stream = stream
        self._digest = digest

    def readline(self, limit: int, /) -> bytes:
        """The next line, or as much of it as the limit of bytes allows; empty at the end."""
        line = self._stream.readline(limit)
        self._digest.update(line)
        return line


def _read_bytes(file: Path, name: str) -> bytes:
    try:
        if file.stat().st_size > _MAX_SECTIONS_BYTES:
            raise UnusableInput(
                f"`{name}` must be at most {_MAX_SECTIONS_BYTES:,} bytes long; {str(file)!r} is longer."
            )
        return file.read_bytes()
    except (OSError, ValueError) as error:
        if isinstance(error, UnusableInput):
            raise
        raise UnusableInput(f"`{name}` must name a file that can be read; got {str(file)!r} ({error}).") from error


def _parse_sections(content: bytes, file: Path) -> Sections:
    """The sections of a file.

    Raises:
        UnusableInput: It is not such a file; every entry that cannot be used is named.
    """
    try:
        value = read_json(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise UnusableInput(f"{file} must be UTF-8; byte {error.start + 1} is not. Save it as UTF-8.") from error
    except UnusableInput as error:
        raise UnusableInput(f"{file} must hold the sections of a question set. {error}") from error
    if not isinstance(value, dict):
        raise UnusableInput(f"{file} must hold an object of keys with lists of patterns; got {kind_of(value)}.")
    problems: list[str] = []
    patterns: dict[str, tuple[re.Pattern[str], ...]] = {}
    documents: tuple[str, ...] = ()
    for key, entry in value.items():
        try:
            if key == DOCUMENTS_KEY:
                documents = _texts(entry, f"`{DOCUMENTS_KEY}`")
            elif not key.startswith("_"):  # `_comment` and whatever else is written for people
                patterns[key] = tuple(_pattern(text) for text in _texts(entry, "the patterns"))
        except UnusableInput as error:
            problems.append(f"{key!r}: {error}")
    if problems:
        raise UnusableInput(f"{file} must hold lists of patterns:\n{_listed(problems)}")
    return Sections(patterns=patterns, documents=documents)


def _pattern(text: str) -> re.Pattern[str]:
    try:
        return re.compile(text)
    except (re.error, RecursionError, OverflowError) as error:
        raise UnusableInput(
            f"a pattern must be a regular expression; got {text!r} ({error}). Escape what is meant literally."
        ) from error


def _read_case(value: object, set_name: str, number: int, sections: Sections, sections_file: Path) -> Case:
    """A line of a question set.

    Raises:
        UnusableInput: It cannot be used; the message says everything that is wrong with it.
    """
    if not isinstance(value, dict):
        raise UnusableInput(f"A question must be an object; got {kind_of(value)}.")
    problems: list[str] = []

    def attempt(read: Callable[[], T], otherwise: T) -> T:
        try:
            return read()
        except UnusableInput as error:
            problems.append(str(error))
            return otherwise

    no_steps: tuple[int, tuple[Alternatives, ...]] = (0, ())
    steps = attempt(lambda: _steps(value.get("steps")), no_steps)
    no_keys: tuple[str, ...] = ()
    keys = attempt(lambda: _section_keys(value.get("sections", []), sections, sections_file), no_keys)
    case = Case(
        id=attempt(lambda: _identity(value), ""),
        set_name=set_name,
        line=number,
        lang=attempt(lambda: _one_of(value, "lang", LANGUAGES), ""),
        kind=attempt(lambda: _one_of(value, "kind", KINDS), ""),
        turns=attempt(lambda: check_turns(value), ()),
        expect=attempt(lambda: _one_of(value, "expect", EXPECTED), ""),
        sections=keys,
        facts=attempt(lambda: _groups(value.get("facts", []), "facts"), ()),
        n_steps=steps[0],
        steps=steps[1],
        must_not=attempt(lambda: _texts(value.get("must_not", []), "`must_not`"), ()),
        note=attempt(lambda: _note(value.get("note", "")), ""),
        unknown_fields=tuple(sorted(value.keys() - _FIELDS)),
        support=sections.meaning(keys),
    )
    if problems:
        raise UnusableInput(" ".join(problems))
    return case


def _identity(value: Mapping[str, object]) -> str:
    identity = check_id(value.get("id"))
    if identity is None:
        raise UnusableInput("`id` must be given; got none.")
    if any(unicodedata.category(character) == "Cc" for character in str(identity)):
        raise UnusableInput("`id` must be one line without control characters. Remove them.")
    return str(identity)


def _one_of(value: Mapping[str, object], name: str, known: Sequence[str]) -> str:
    found = value.get(name)
    if not isinstance(found, str) or found not in known:
        got = (
            repr(found[:_LONGEST_SHOWN]) if isinstance(found, str) else "none" if name not in value else kind_of(found)
        )
        raise UnusableInput(f"`{name}` must be one of {', '.join(known)}; got {got}.")
    return found


def _texts(value: object, name: str) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise UnusableInput(f"{name} must be a list of texts; got {kind_of(value)}.")
    return tuple(check_turn(text, f"{name.strip('`')}[{n}]") for n, text in enumerate(value))


def _groups(value: object, name: str) -> tuple[Alternatives, ...]:
    """Lists of texts, none of them empty."""
    if not isinstance(value, list):
        raise UnusableInput(f"`{name}` must be a list of lists of texts; got {kind_of(value)}.")
    groups = tuple(_texts(group, f"`{name}[{n}]`") for n, group in enumerate(value))
    if not all(groups):
        raise UnusableInput(f"`{name}` must hold no empty list: nothing could meet it. Remove it.")
    return groups


def _steps(value: object) -> tuple[int, tuple[Alternatives, ...]]:
    if value is None or value == {}:
        return 0, ()
    if not isinstance(value, dict):
        raise UnusableInput(f"`steps` must be an object with `count` and `ordered`; got {kind_of(value)}.")
    count = value.get("count")
    if not isinstance(count, int) or isinstance(count, bool) or count < 1:
        raise UnusableInput(f"`steps.count` must be a whole number from 1; got {str(count)[:_LONGEST_SHOWN]}.")
    ordered = _groups(value.get("ordered"), "steps.ordered")
    if not ordered:
        raise UnusableInput("`steps.ordered` must list the steps; it is empty. List them, or leave `steps` out.")
    return count, ordered


def _section_keys(value: object, sections: Sections, file: Path) -> tuple[str, ...]:
    keys = _texts(value, "`sections`")
    unknown = [key for key in keys if key not in sections.patterns]
    if unknown and not sections.patterns:
        raise UnusableInput(
            f"`sections` must be keys of {file}, which is not there or empty; got {', '.join(map(repr, unknown))}. "
            "Write it, or name another with --sections."
        )
    if unknown:
        raise UnusableInput(
            f"`sections` must be keys of {file.name}; got {', '.join(map(repr, unknown))}. "
            f"It has {', '.join(list(sections.patterns)[:_MOST_SHOWN])}."
        )
    return keys


def _note(value: object) -> str:
    if not isinstance(value, str):
        raise UnusableInput(f"`note` must be a text; got {kind_of(value)}.")
    return value
