"""The name of an uploaded file, made fit to be an article's."""

from __future__ import annotations

import re
import unicodedata

MAX_NAME_BYTES = 100

_SUFFIX = ".md"
_LONGEST_SUFFIX = len(".markdown")
_REFUSED = re.compile(r"[<>:\"|?*]+")
_DEVICES = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)", re.IGNORECASE)


def safe_name(name: str) -> str:
    """A name for an article's file that every system accepts, made of an uploaded file's name: `NAME.md`.

    Chinese and other letters stay; what comes before the last separator, control characters and dots at the start go.
    At most `MAX_NAME_BYTES` bytes of UTF-8.
    """
    last = re.split(r"[\\/]", unicodedata.normalize("NFC", name))[-1]
    stem, dot, suffix = last.rpartition(".")
    stem = stem if dot and len(suffix) <= _LONGEST_SUFFIX else last
    shown = "".join(character if character.isprintable() else " " for character in stem)
    stem = " ".join(_REFUSED.sub("-", shown).split()).strip(" .")
    if _DEVICES.match(stem):
        stem = f"card-{stem}"
    stem = stem.encode()[: MAX_NAME_BYTES - len(_SUFFIX)].decode(errors="ignore").rstrip(" .")
    return (stem or "article") + _SUFFIX
