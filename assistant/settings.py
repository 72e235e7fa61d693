"""What can be set, and the only place that reads the environment."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import platformdirs

import corpus
from assistant.setting_values import (
    read_file_path,
    read_folder,
    read_host,
    read_line,
    read_model_url,
    read_name,
    read_root_path,
    read_switch,
    read_tokens,
    read_url,
    whole_number,
    without_secrets,
)
from corpus.errors import UnusableInput

CONFIG_FILE = "xiaoka.toml"
_PREFIX = "XIAOKA_"
_MAX_HITS = 100
EXTRACTIVE = "extractive"
_MODEL_KEY = "model_key"
_MOST_KEY_CHARACTERS = 10_000
LOOPBACK = frozenset(("127.0.0.1", "localhost", "::1"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Every setting with its value.

    Attributes:
        corpus: Folder of the articles.
        data: Folder for everything that is written at run time.
        encoder: `builtin`, or the id or folder of a sentence-transformers model.
        reranker: The id or folder of a sentence-transformers cross-encoder; empty for none.
        chroma_url: Address of a Chroma server; empty for the embedded store.
        k: Hits retrieved for a question, 1 to 100.
        host: Address the page listens on.
        port: Port the page listens on; 0 takes a free one.
        root_path: Where a reverse proxy shows the page (`/xiaoka` or `https://host/xiaoka`), else empty.
        auth_file: File with the operator's `name:password`; None when there is no operator.
        mcp: Whether the page also serves the Model Context Protocol.
        model: `extractive` for answers in the articles' own words, or the chat model that words them.
        model_url: Address of an OpenAI-compatible or Ollama server; empty for the provider's own.
        model_key_file: File with the key of the chat model; None when there is none.
        model_timeout_seconds: Wall-clock time for a whole reply of the chat model, tries and waiting included.
        model_tokens: Tokens that fit into the chat model; 0 for what is known of it.
        model_concurrency: Replies that the chat model gives at the same time.
        origins: Where each value came from, by name: `command line`, `XIAOKA_K`, the settings file, `default`.
    """

    corpus: Path
    data: Path
    encoder: str
    reranker: str
    chroma_url: str
    k: int
    host: str
    port: int
    root_path: str
    auth_file: Path | None
    mcp: bool
    model: str
    model_url: str
    model_key_file: Path | None
    model_timeout_seconds: int
    model_tokens: int
    model_concurrency: int
    origins: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rule:
    """How one setting is read: `read(raw, folder)` returns its value or raises ValueError otherwise than `accepts`.

    A value that is refused is repeated as `shown` gives it.
    """

    accepts: str
    default: Callable[[], object]
    read: Callable[[object, Path], object]
    shown: Callable[[object], str] = repr


_FOLDER = "the path of a folder"
_RULES: dict[str, _Rule] = {
    "corpus": _Rule(accepts=_FOLDER, default=lambda: Path(corpus.__file__ or "").parent / "articles", read=read_folder),
    "data": _Rule(accepts=_FOLDER, default=lambda: platformdirs.user_data_path("xiaoka"), read=read_folder),
    "encoder": _Rule(
        accepts="`builtin`, or the id or folder of a sentence-transformers model",
        default=lambda: "builtin",
        read=read_name,
    ),
    "reranker": _Rule(
        accepts="the id or folder of a sentence-transformers cross-encoder, or empty for none",
        default=str,
        read=read_line,
    ),
    "chroma_url": _Rule(
        accepts="the address of a Chroma server such as `http://localhost:8000`, or empty for the embedded store",
        default=str,
        read=read_url,
    ),
    "k": _Rule(accepts=f"a whole number from 1 to {_MAX_HITS}", default=lambda: 20, read=whole_number(1, _MAX_HITS)),
    "host": _Rule(
        accepts="an address to listen on, such as `127.0.0.1` or `0.0.0.0`",
        default=lambda: "127.0.0.1",
        read=read_host,
    ),
    "port": _Rule(
        accepts="a whole number from 0 (any free port) to 65535", default=lambda: 7860, read=whole_number(0, 65535)
    ),
    "root_path": _Rule(
        accepts="a path such as `/xiaoka` or an address such as `https://host/xiaoka`, or empty",
        default=str,
        read=read_root_path,
    ),
    "auth_file": _Rule(
        accepts="the path of a file that holds `name:password`, or empty", default=lambda: None, read=read_file_path
    ),
    "mcp": _Rule(accepts="true or false", default=lambda: False, read=read_switch),
    "model": _Rule(
        accepts=f"`{EXTRACTIVE}`, or a provider and a model such as `openai:gpt-4o-mini` or `ollama:qwen3`",
        default=lambda: EXTRACTIVE,
        read=read_name,
    ),
    "model_url": _Rule(
        accepts="the address of a model's server such as `http://localhost:11434`, without a key in it, or empty",
        default=str,
        read=read_model_url,
        shown=without_secrets,
    ),
    "model_key_file": _Rule(
        accepts="the path of a file that holds the model's key, or empty", default=lambda: None, read=read_file_path
    ),
    "model_timeout_seconds": _Rule(
        accepts="a whole number from 1 to 3600", default=lambda: 60, read=whole_number(1, 3_600)
    ),
    "model_tokens": _Rule(
        accepts="a whole number from 512 to 100000000, or 0 for what is known of the model",
        default=lambda: 0,
        read=read_tokens,
    ),
    "model_concurrency": _Rule(accepts="a whole number from 1 to 64", default=lambda: 4, read=whole_number(1, 64)),
}


def load_settings(
    command_line: Mapping[str, object], *, environ: Mapping[str, str] | None = None, folder: Path | None = None
) -> Settings:
    """Settings from the command line over the environment over `xiaoka.toml` over the defaults.

    Args:
        command_line: Values given on the command line, by setting.
        environ: The environment; the process's own unless given. An empty variable counts as not set.
        folder: Where `xiaoka.toml` is looked for and relative paths begin; the working directory unless given.

    Raises:
        UnusableInput: `xiaoka.toml` cannot be read or names an unknown setting, or a value is not accepted.
    """
    environ = os.environ if environ is None else environ
    folder = Path.cwd() if folder is None else folder
    file_values = _read_file(folder / CONFIG_FILE)
    values: dict[str, Any] = {}
    origins: dict[str, str] = {}
    for name, rule in _RULES.items():
        variable = _PREFIX + name.upper()
        if name in command_line:
            raw, origin = command_line[name], "command line"
        elif environ.get(variable):
            raw, origin = environ[variable], variable
        elif name in file_values:
            raw, origin = file_values[name], str(folder / CONFIG_FILE)
        else:
            raw, origin = rule.default(), "default"
        try:
            values[name] = raw if origin == "default" else rule.read(raw, folder)
        except ValueError as error:
            raise UnusableInput(
                f"`{name}` must be {rule.accepts}; got {rule.shown(raw)} from {_where(name, origin)}. Change it there."
            ) from error
        origins[name] = origin
    return Settings(**values, origins=origins)


def model_key(settings: Settings, *, environ: Mapping[str, str] | None = None) -> str:
    """The key of the chat model: of the file that `model_key_file` names, else of `XIAOKA_MODEL_KEY`; empty for none.

    It is no setting: it is neither listed nor taken from the command line or `xiaoka.toml`. Without one, a provider's
    package looks for its own variable.

    Raises:
        UnusableInput: The file cannot be read or does not hold a key; what it holds is not repeated.
    """
    environ = os.environ if environ is None else environ
    source = _PREFIX + _MODEL_KEY.upper()
    key = environ.get(source, "")
    if settings.model_key_file is not None:
        source = "model_key_file"
        key = _read_key_file(settings.model_key_file)
    elif not key:
        return ""
    key = key.strip()
    # A line break would end a header of HTTP.
    if not key or not key.isascii() or not key.isprintable() or " " in key or len(key) > _MOST_KEY_CHARACTERS:
        raise UnusableInput(
            f"`{source}` must hold one key, on one line and nothing else; got {len(key)} characters that are none. "
            "Write the key into it as the provider gave it to you."
        )
    return key


def _read_key_file(path: Path) -> str:
    try:
        with path.open(encoding="utf-8-sig") as file:
            return file.read(_MOST_KEY_CHARACTERS + 2)
    except (OSError, ValueError) as error:
        # Neither its path nor the cause is repeated: a key that was given for the path stands in both.
        raise UnusableInput(
            "`model_key_file` must name a UTF-8 file that can be read; "
            f"got one that ended in {type(error).__name__}. Correct the path, or give the file to this user."
        ) from None


def _where(name: str, origin: str) -> str:
    return f"`--{name.replace('_', '-')}`" if origin == "command line" else origin


def _read_file(path: Path) -> dict[str, object]:
    """The values of the settings file, empty when there is none."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise UnusableInput(
            f"`{CONFIG_FILE}` must be a readable UTF-8 file; got {path} ({error}). Repair or remove it."
        ) from error
    try:
        values: dict[str, object] = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise UnusableInput(
            f"`{CONFIG_FILE}` must be valid TOML; got an error in {path}: {error}. Correct it."
        ) from error
    if _MODEL_KEY in values:
        raise UnusableInput(
            f"`{CONFIG_FILE}` must not hold a key; got `{_MODEL_KEY}` in {path}. Write the key into a file of its own "
            f"and name that with `model_key_file`, or set `{_PREFIX}{_MODEL_KEY.upper()}`."
        )
    unknown = sorted(set(values) - set(_RULES))
    if unknown:
        raise UnusableInput(
            f"`{CONFIG_FILE}` must hold only known settings; got {', '.join(map(repr, unknown))} in {path}. "
            f"The settings are {', '.join(_RULES)}."
        )
    return values


def describe(settings: Settings) -> list[dict[str, str | int]]:
    """Each setting as `name`, `value`, `from`, in the order of `Settings`."""
    return [
        {"name": name, "value": _shown(getattr(settings, name)), "from": settings.origins.get(name, "default")}
        for name in _RULES
    ]


def _shown(value: object) -> str | int:
    if isinstance(value, int):
        return value
    return "" if value is None else str(value)
