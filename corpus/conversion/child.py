"""The process that a file is converted in: it may use so much time and memory, write nothing and reach nobody."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable

from corpus.errors import UnusableInput

DONE, REFUSED = 0, 3
MAX_OUTPUT_BYTES = 2_000_000
MEMORY_BYTES = 1_500_000_000
CPU_SECONDS = 60

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_CLOSED = ("socket.", "subprocess.", "os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.fork", "os.startfile",
           "os.remove", "os.rename", "os.rmdir", "os.mkdir", "os.link", "os.symlink", "os.chmod", "os.truncate",
           "shutil.", "pickle.find_class", "ftplib.", "urllib.", "webbrowser.", "pty.", "smtplib.")  # fmt: skip


def convert_as_told() -> int:
    """Converts what is on standard input: a line with the suffix, then the file's bytes.

    Standard output gets the Markdown, or, with the exit code `REFUSED`, what the file must be.
    """
    suffix = sys.stdin.buffer.readline().decode("ascii").strip()
    data = sys.stdin.buffer.read()
    limit_resources()
    try:
        convert = _converter(suffix)
        sys.addaudithook(_refuse)
        output = _whole(convert(data))
        code = DONE
    except UnusableInput as error:
        output, code = str(error).encode(), REFUSED
    except RecursionError:
        output, code = (
            b"must not be nested so deep; it is deeper than can be read. Paste its text into a .md file.",
            REFUSED,
        )
    except MemoryError:
        output, code = b"must not take so much memory to read. Split it, or paste its text into a .md file.", REFUSED
    sys.stdout.buffer.write(output)
    sys.stdout.buffer.flush()
    return code


def _converter(suffix: str) -> Callable[[bytes], str]:
    """What converts files of a suffix, imported: from here on nothing else is."""
    if suffix == ".pdf":
        from corpus.conversion.pdf import markdown_of_pdf

        return markdown_of_pdf
    if suffix == ".docx":
        from corpus.conversion.word import markdown_of_word

        return markdown_of_word
    from corpus.conversion.web import markdown_of_page

    return markdown_of_page


def _whole(text: str) -> bytes:
    """The Markdown as it is handed over.

    Raises:
        UnusableInput: There is none, or too much.
    """
    text = text.strip()
    if not text:
        raise UnusableInput(
            "must hold text; none can be seen in it. Write the article, or paste its text into a .md file."
        )
    # Front matter is the operator's to write, not the file's.
    output = (f"\n{text}\n" if text.startswith("---") else f"{text}\n").encode("utf-8", "replace")
    if len(output) > MAX_OUTPUT_BYTES:
        raise UnusableInput(
            f"must come to at most {MAX_OUTPUT_BYTES:,} bytes of text; it is {len(output):,}. Split it."
        )
    return output


def limit_resources() -> None:
    """Limits what this process may use, as far as the system can."""
    try:
        import resource
    except ImportError:  # Windows: the parent's time limit holds there
        return
    limits = [
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ]
    for name, value in limits:
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(name, (value, value))


def _refuse(event: str, arguments: tuple[object, ...]) -> None:
    if event.startswith(_CLOSED):
        raise PermissionError(f"{event} is closed to a conversion")
    if event == "open" and len(arguments) > 2 and isinstance(arguments[2], int) and arguments[2] & _WRITING:
        raise PermissionError("a conversion writes no file")
