"""The block of YAML that may open an article: a flat mapping of words to words, and nothing else of YAML."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

import yaml

from corpus.errors import UnusableInput

FrontMatter = dict[str, str]

MAX_BYTES = 8_192
KEYS = ("title", "source", "license", "language", "region", "as_of", "edition_of")

_MAX_DEPTH = 20
_OPENING = re.compile(r"\ufeff?---[ \t]*\r?\n(?![ \t]*\r?(?:\n|\Z))")
_CLOSING = re.compile(r"^(?:---|\.\.\.)[ \t]*\r?(?:\n|\Z)", re.MULTILINE)
_TAG = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8})*")
_TRADITIONAL = {"hant", "tw", "hk", "mo"}
# The C loader reads 5,000 heads in a second, the Python one in twenty; both emit the same events.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_front_matter(text: str, path: str) -> tuple[FrontMatter, int]:
    """The values of the known keys, and the offset in `text` behind the block; `({}, 0)` when there is none.

    A file has front matter when its first line is `---` and the second is not blank (that is a rule in Markdown).
    Keys other than `KEYS` are ignored, values of theirs included. Dates stay as they are written.

    Raises:
        UnusableInput: The block does not end within `MAX_BYTES`, does not parse, uses anchors, aliases or tags, gives
            a key twice, or gives a known key something other than a word.
    """
    opening = _OPENING.match(text)
    if opening is None:
        return {}, 0
    closing = _CLOSING.search(text, opening.end(), opening.end() + MAX_BYTES)
    block = text[opening.end() : closing.start()] if closing else ""
    if closing is None or len(block.encode()) > MAX_BYTES:
        raise UnusableInput(
            f"{path!r}, line 1: front matter must end with a line `---` within {MAX_BYTES:,} bytes. "
            "Close it, or begin the file with its text."
        )
    try:
        matter = _flat_mapping(block, path)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 2 if error.problem_mark else 2
        raise UnusableInput(f"{path!r}, line {line}: front matter must be YAML; {error.problem}. Mend it.") from error
    except yaml.YAMLError as error:
        raise UnusableInput(f"{path!r}: front matter must be YAML without control characters. Mend it.") from error
    return _checked(matter, path), closing.end()


def _flat_mapping(block: str, path: str) -> FrontMatter:
    """The scalar values of the outermost mapping, read from the parser's events.

    Nothing is ever constructed, so no alias is expanded, no type is guessed and no nesting recurses.
    """
    events = _events(block, path)
    matter: FrontMatter = {}
    first = next(events, None)
    if first is None:
        return matter
    if not isinstance(first, yaml.MappingStartEvent):
        raise _refused(path, first, "must be lines of `key: value`")
    for event in events:
        if isinstance(event, yaml.MappingEndEvent):
            break
        if not isinstance(event, yaml.ScalarEvent):
            raise _refused(path, event, "must have a word as every key")
        key = event.value
        if key in matter:
            raise _refused(path, event, f"must give `{key}` once; got it twice")
        value = next(events)
        if isinstance(value, yaml.ScalarEvent):
            matter[key] = "" if value.implicit[0] and value.value in {"~", "null"} else " ".join(value.value.split())
            continue
        if key in KEYS:
            raise _refused(path, value, f"must give `{key}` one line of text; got a list or a mapping")
        matter[key] = ""
        _skip_value(events)
    return {key: value for key, value in matter.items() if key in KEYS and value}


def _events(block: str, path: str) -> Iterator[yaml.Event]:
    depth = 0
    for event in yaml.parse(block, Loader=_LOADER):
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise _refused(path, event, "must not use anchors and aliases (`&`, `*`)")
        if (tag := getattr(event, "tag", None)) is not None:
            raise _refused(path, event, f"must not use tags; got {tag!r}")
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > _MAX_DEPTH:
            raise _refused(path, event, f"must not be nested deeper than {_MAX_DEPTH} levels")
        if isinstance(event, (yaml.ScalarEvent, yaml.CollectionStartEvent, yaml.CollectionEndEvent)):
            yield event


def _skip_value(events: Iterator[yaml.Event]) -> None:
    depth = 1
    while depth:
        event = next(events)
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)


def _refused(path: str, event: yaml.Event, rule: str) -> UnusableInput:
    line = event.start_mark.line + 2 if event.start_mark else 2
    return UnusableInput(f"{path!r}, line {line}: front matter {rule}. Mend it.")


def _checked(matter: FrontMatter, path: str) -> FrontMatter:
    if as_of := matter.get("as_of"):
        # A year or a month is a date with less said: 2025 and 2025-05 are checked as their first day.
        try:
            date.fromisoformat(as_of + "-01-01"[len(as_of) - 10 :] if len(as_of) in {4, 7} else as_of)
        except ValueError as error:
            raise UnusableInput(
                f"{path!r}: front matter's `as_of` must be a date such as 2025-05-13; got {as_of!r}. Mend it."
            ) from error
    if language := matter.get("language"):
        if not _TAG.fullmatch(language):
            raise UnusableInput(
                f"{path!r}: front matter's `language` must be a tag such as zh, zh-Hant or en; "
                f"got {language!r}. Mend it."
            )
        matter = {**matter, "language": _language(language)}
    return matter


def _language(tag: str) -> str:
    parts = tag.lower().replace("_", "-").split("-")
    if parts[0] == "zh":
        return "zh-Hant" if _TRADITIONAL & set(parts[1:]) else "zh"
    return "en" if parts[0] == "en" else tag
