"""How the values of settings are read: each returns the value, or raises ValueError when it is not accepted.

`folder` is where relative paths begin.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

_SECRET_PARTS = re.compile(r"(?<=//)[^/@]*(?=@)|(?<=\?).+")  # of an address: who logs in, and what is asked


def text_of(raw: object) -> str:
    """A printable line, without the blanks around it."""
    if not isinstance(raw, str) or not raw.isprintable():
        raise ValueError
    return raw.strip()


def read_line(raw: object, _folder: Path) -> str:
    """A printable line, which may be blank."""
    return text_of(raw)


def read_name(raw: object, _folder: Path) -> str:
    """A printable line that is not blank."""
    name = text_of(raw)
    if not name:
        raise ValueError
    return name


def read_host(raw: object, _folder: Path) -> str:
    """A host name or address, without a scheme, path or user."""
    host = text_of(raw)
    if not host or any(c in host for c in "/ @?#"):
        raise ValueError
    return host


def read_folder(raw: object, folder: Path) -> Path:
    """An absolute path; `~` is the home folder."""
    name = str(raw) if isinstance(raw, Path) else raw
    return (folder / Path(read_name(name, folder)).expanduser()).absolute()


def read_file_path(raw: object, folder: Path) -> Path | None:
    """An absolute path, or None for an empty value."""
    return read_folder(raw, folder) if raw != "" else None


def read_switch(raw: object, _folder: Path) -> bool:
    """True or false, also as a word."""
    if isinstance(raw, str) and raw.strip().lower() in ("true", "false"):
        return raw.strip().lower() == "true"
    if not isinstance(raw, bool):
        raise ValueError
    return raw


def read_url(raw: object, _folder: Path) -> str:
    """An address of HTTP without a slash at its end, or an empty string."""
    url = text_of(raw)
    if url:
        parts = urlsplit(url)
        # `port` is parsed only when it is asked for, and raises ValueError then.
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.port == 0:
            raise ValueError
    return url.rstrip("/")


def read_model_url(raw: object, folder: Path) -> str:
    """An address as `read_url` gives it, that names nobody and asks for nothing."""
    url = read_url(raw, folder)
    # A key in an address would be shown by `xiaoka settings`, and written into logs.
    if _SECRET_PARTS.search(url) or "#" in url:
        raise ValueError
    return url


def without_secrets(raw: object) -> str:
    """A value to be shown: an address without whoever logs in and what is asked."""
    return repr(_SECRET_PARTS.sub("…", raw) if isinstance(raw, str) else type(raw).__name__)


def read_root_path(raw: object, folder: Path) -> str:
    """A path from the root, or an address."""
    path = text_of(raw).rstrip("/")
    return path if not path or path.startswith("/") else read_url(path, folder)


def whole_number(low: int, high: int) -> Callable[[object, Path], int]:
    """What reads a whole number of this range, both ends included."""

    def read(raw: object, _folder: Path) -> int:
        if isinstance(raw, str) and raw.isascii() and raw.strip().isdigit() and len(raw) < 20:
            raw = int(raw)
        # bool is an int to Python, not to whoever wrote `k = true`.
        if not isinstance(raw, int) or isinstance(raw, bool) or not low <= raw <= high:
            raise ValueError
        return raw

    return read


def read_tokens(raw: object, folder: Path) -> int:
    """A number of tokens that holds a passage, or 0."""
    n_tokens = whole_number(0, 100_000_000)(raw, folder)
    if 0 < n_tokens < 512:  # less holds no passage
        raise ValueError
    return n_tokens
