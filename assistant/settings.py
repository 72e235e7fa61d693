"""What can be set, and the only place that reads the environment."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import platformdirs

import corpus
from corpus.errors import UnusableInput

CONFIG_FILE = "xiaoka.toml"
_PREFIX = "XIAOKA_"
_MAX_HITS = 100


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
    origins: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rule:
    """How one setting is read: `read(raw, folder)` returns its value or raises ValueError otherwise than `accepts`."""

    accepts: str
    default: Callable[[], object]
    read: Callable[[object, Path], object]


def _text(raw: object) -> str:
    if not isinstance(raw, str) or not raw.isprintable():
        raise ValueError
    return raw.strip()


def _read_name(raw: object, _folder: Path) -> str:
    name = _text(raw)
    if not name:
        raise ValueError
    return name


def _read_host(raw: object, _folder: Path) -> str:
    host = _text(raw)
    if not host or any(c in host for c in "/ @?#"):
        raise ValueError
    return host


def _read_folder(raw: object, folder: Path) -> Path:
    name = str(raw) if isinstance(raw, Path) else raw
    return (folder / Path(_read_name(name, folder)).expanduser()).absolute()


def _read_url(raw: object, _folder: Path) -> str:
    url = _text(raw)
    if url:
        parts = urlsplit(url)
        # `port` is parsed only when it is asked for, and raises ValueError then.
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.port == 0:
            raise ValueError
    return url.rstrip("/")


def _read_root_path(raw: object, folder: Path) -> str:
    path = _text(raw).rstrip("/")
    return path if not path or path.startswith("/") else _read_url(path, folder)


def _whole_number(low: int, high: int) -> Callable[[object, Path], int]:
    def read(raw: object, _folder: Path) -> int:
        if isinstance(raw, str) and raw.isascii() and raw.strip().isdigit() and len(raw) < 20:
            raw = int(raw)
        # bool is an int to Python, not to whoever wrote `k = true`.
        if not isinstance(raw, int) or isinstance(raw, bool) or not low <= raw <= high:
            raise ValueError
        return raw

    return read


_FOLDER = "the path of a folder"
_RULES: dict[str, _Rule] = {
    "corpus": _Rule(
        accepts=_FOLDER, default=lambda: Path(corpus.__file__ or "").parent / "articles", read=_read_folder
    ),
    "data": _Rule(accepts=_FOLDER, default=lambda: platformdirs.user_data_path("xiaoka"), read=_read_folder),
    "encoder": _Rule(
        accepts="`builtin`, or the id or folder of a sentence-transformers model",
        default=lambda: "builtin",
        read=_read_name,
    ),
    "reranker": _Rule(
        accepts="the id or folder of a sentence-transformers cross-encoder, or empty for none",
        default=str,
        read=lambda raw, _folder: _text(raw),
    ),
    "chroma_url": _Rule(
        accepts="the address of a Chroma server such as `http://localhost:8000`, or empty for the embedded store",
        default=str,
        read=_read_url,
    ),
    "k": _Rule(accepts=f"a whole number from 1 to {_MAX_HITS}", default=lambda: 20, read=_whole_number(1, _MAX_HITS)),
    "host": _Rule(
        accepts="an address to listen on, such as `127.0.0.1` or `0.0.0.0`",
        default=lambda: "127.0.0.1",
        read=_read_host,
    ),
    "port": _Rule(
        accepts="a whole number from 0 (any free port) to 65535", default=lambda: 7860, read=_whole_number(0, 65535)
    ),
    "root_path": _Rule(
        accepts="a path such as `/xiaoka` or an address such as `https://host/xiaoka`, or empty",
        default=str,
        read=_read_root_path,
    ),
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
                f"`{name}` must be {rule.accepts}; got {raw!r} from {_where(name, origin)}. Change it there."
            ) from error
        origins[name] = origin
    return Settings(**values, origins=origins)


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
        {
            "name": name,
            "value": value if isinstance(value := getattr(settings, name), int) else str(value),
            "from": settings.origins.get(name, "default"),
        }
        for name in _RULES
    ]
