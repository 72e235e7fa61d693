"""Files as people have them in, Markdown out: text, web pages, Word files, PDFs.

A file from elsewhere is read in a process of its own, with limits of time, memory and size: what breaks or hangs there
takes nothing else with it. What a reader of the file would not see (scripts, styles, hidden elements, white letters)
does not come through, nor do pictures and the addresses of links.

Word files are read by this project (`corpus.conversion.word`), pages by Beautiful Soup and markdownify, PDFs by
pdfminer.six: small libraries, without the models and the office formats that a general converter brings along.
"""

from __future__ import annotations

import subprocess

from corpus.conversion.child import DONE, MAX_OUTPUT_BYTES, REFUSED, convert_as_told
from corpus.errors import UnusableInput
from corpus.process import python_command
from corpus.text import decode

MAX_INPUT_BYTES = 10_000_000
CONVERSION_SECONDS = 60.0
TEXT_SUFFIXES = (".md", ".markdown", ".txt")
CONVERTED_SUFFIXES = (".html", ".htm", ".docx", ".pdf")

_ADVICE = {
    ".doc": "Save it as .docx in Word.",
    ".wps": "Save it as .docx.",
    ".rtf": "Save it as .docx.",
    ".odt": "Save it as .docx.",
    ".pages": "Export it as .docx.",
}


def convert(name: str, data: bytes, *, timeout_seconds: float = CONVERSION_SECONDS) -> str:
    """The Markdown of an uploaded file. Text files come as they are, line ends and byte order mark included.

    Args:
        name: The file's name; its suffix says what it is.
        data: Its bytes.
        timeout_seconds: When a conversion is given up.

    Raises:
        UnusableInput: The suffix is not known; the file is empty, larger than `MAX_INPUT_BYTES`, comes to more than
            `MAX_OUTPUT_BYTES` of text or to none, is damaged or encrypted, or takes too long.
    """
    suffix = name[name.rfind(".") :].lower() if "." in name else ""
    if suffix not in TEXT_SUFFIXES + CONVERTED_SUFFIXES:
        known = ", ".join(TEXT_SUFFIXES + CONVERTED_SUFFIXES)
        advice = _ADVICE.get(suffix, "Save it as one of these.")
        raise UnusableInput(f"{ascii_or_shown(name)} must end with one of {known}. {advice}")
    if not data:
        raise UnusableInput(f"{ascii_or_shown(name)} must hold text; got an empty file. Choose another.")
    if len(data) > MAX_INPUT_BYTES:
        raise UnusableInput(
            f"{ascii_or_shown(name)} must be at most {MAX_INPUT_BYTES:,} bytes; got {len(data):,}. Split the article."
        )
    if suffix in TEXT_SUFFIXES:
        return decode(data, name)
    return _converted(ascii_or_shown(name), suffix, data, timeout_seconds)


def ascii_or_shown(name: str) -> str:
    """A name between quotation marks, for a message; characters that do not show are written by their numbers."""
    return repr(name) if name.isprintable() else ascii(name)


def _converted(shown: str, suffix: str, data: bytes, timeout_seconds: float) -> str:
    try:
        done = subprocess.run(
            python_command(convert_as_told.__module__, convert_as_told.__name__),
            input=suffix.encode() + b"\n" + data,
            capture_output=True,
            check=False,
            timeout=timeout_seconds,
        )
    except subprocess.TimeoutExpired as error:
        raise UnusableInput(
            f"{shown} must be read within {timeout_seconds:g} seconds; it was not. Split it, or paste its text into a "
            ".md file."
        ) from error
    if done.returncode == REFUSED:
        raise UnusableInput(f"{shown} {done.stdout.decode()}")
    if done.returncode != DONE or len(done.stdout) > MAX_OUTPUT_BYTES:
        raise UnusableInput(
            f"{shown} must be a whole {suffix} file; it cannot be read. Open it and save it anew, or paste its text "
            "into a .md file."
        ) from RuntimeError(done.stderr.decode("utf-8", "backslashreplace")[-2_000:])
    return done.stdout.decode("utf-8")
