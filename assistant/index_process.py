"""A build of the index in a process of its own, so that answers do not share an interpreter's lock with it."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING

from corpus.errors import UnusableInput
from corpus.process import end_with_parent, python_command

if TYPE_CHECKING:
    from assistant.settings import Settings

BUILD_SECONDS = 3_600.0
_STOP_SECONDS = 5.0
_MOST_ERROR_CHARACTERS = 2_000
_MOST_BUILDS = 3
_NICENESS = 5  # whoever asks comes before whoever builds
_DONE, _REFUSED = 0, 2


class IndexProcess:
    """A process that builds the index of some settings. It ends when this process does, however that ends."""

    def __init__(self, settings: Settings) -> None:
        """Starts the build.

        Args:
            settings: Where the articles and the index are, and the encoder's name.
        """
        self._stopped = False
        # Files, as nobody reads a pipe while the build runs; closed in `wait`.
        self._output = tempfile.TemporaryFile()  # noqa: SIM115
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115
        self._process = subprocess.Popen(
            python_command(__name__, build_as_told.__name__, niceness=_NICENESS),
            stdin=subprocess.PIPE,
            stdout=self._output,
            stderr=self._errors,
        )
        self._tell(settings)

    def wait(self, timeout_seconds: float) -> dict[str, int]:
        """What was built, when it is: `n_documents` and `n_chunks`. Afterwards the process has ended in any case.

        Raises:
            UnusableInput: The articles or the encoder cannot be used, the time is over, or the build was stopped.
            RuntimeError: The process came to an end by itself.
        """
        with self._output, self._errors:
            try:
                code = self._process.wait(timeout_seconds)
            except subprocess.TimeoutExpired as error:
                raise UnusableInput(
                    f"`rebuild` must end within {timeout_seconds:g} seconds; it did not. Give it more time, or build "
                    "with `xiaoka index build`."
                ) from error
            finally:
                self._end()
            if code == _DONE:
                counts: dict[str, int] = json.loads(_text(self._output))
                return counts
            if self._stopped:
                raise UnusableInput("`rebuild` must end before the assistant is closed; it did not. Build again.")
            if code == _REFUSED:
                raise UnusableInput(json.loads(_text(self._output))["refused"])
            errors = _text(self._errors)[-_MOST_ERROR_CHARACTERS:]
            raise RuntimeError(f"The process that builds the index ended with {code}: {errors}")

    def stop(self) -> None:
        """Ends the process; what it has made so far is removed by the next build."""
        self._stopped = True
        self._end()

    def _end(self) -> None:
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        if self._process.stdin is not None:
            with suppress(BrokenPipeError):
                self._process.stdin.close()

    def _tell(self, settings: Settings) -> None:
        """Writes the settings to the process; its standard input stays open, as a sign that this process lives."""
        told = {
            "corpus": str(settings.corpus),
            "data": str(settings.data),
            "encoder": settings.encoder,
            "chroma_url": settings.chroma_url,
        }
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):  # it ended already: its exit code says why
            self._process.stdin.write(json.dumps(told).encode() + b"\n")
            self._process.stdin.flush()


def build_as_told() -> int:
    """Builds the index that a line on standard input names, and ends when the process that wrote it does.

    The line is JSON: nobody who lists processes sees a password in an address. Standard output gets a line of JSON,
    the counts or why the articles are refused.
    """
    told = json.loads(sys.stdin.readline())
    end_with_parent()
    try:
        reply: Mapping[str, int | str] = _build(
            corpus=Path(told["corpus"]), data=Path(told["data"]), encoder=told["encoder"], chroma_url=told["chroma_url"]
        )
    except UnusableInput as error:
        reply = {"refused": str(error)}
    sys.stdout.write(json.dumps(reply))
    sys.stdout.flush()
    return _REFUSED if "refused" in reply else _DONE


def _build(*, corpus: Path, data: Path, encoder: str, chroma_url: str) -> dict[str, int]:
    """The counts of a new index; built again when articles have changed under it."""
    from index.build import build_index
    from index.encoder import load_encoder
    from index.index import index_status

    loaded = load_encoder(encoder)
    counts: dict[str, int] = {}
    for _ in range(_MOST_BUILDS):
        with build_index(corpus=corpus, data=data, encoder=loaded, chroma_url=chroma_url, progress=False) as index:
            counts = {"n_documents": index.manifest.n_documents, "n_chunks": index.manifest.n_chunks}
        if index_status(corpus=corpus, data=data, encoder=loaded, chroma_url=chroma_url).state == "ready":
            break
    return counts


def _text(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode("utf-8", "backslashreplace")
