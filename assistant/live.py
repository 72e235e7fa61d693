"""An assistant that is replaced while it answers: articles are added, and the chat goes on."""

from __future__ import annotations

import gc
import threading
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Self

from assistant.index_process import BUILD_SECONDS, IndexProcess
from assistant.streaming import Cancelled, Event, never
from corpus.errors import UnusableInput

if TYPE_CHECKING:
    from assistant.answer import Answer
    from assistant.settings import Settings
    from assistant.start import Evaluated
    from corpus.document import Document
    from index.chunk_file import DocumentHead, OutlineEntry

_LAST_ANSWERS_SECONDS = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Rebuilt:
    """What a rebuild came to.

    Attributes:
        n_documents: Articles in the new index.
        n_chunks: Chunks in it.
        seconds: From the start of the build until the new assistant answered.
        generation: The number of the assistant that answers from it.
    """

    n_documents: int
    n_chunks: int
    seconds: float
    generation: int


def settle_memory() -> None:
    """Has the collector pass over what is there now, until an assistant is replaced.

    With an open index there are some 200,000 objects that stay. Going through all of them again and again would take a
    seventh of the time in which questions are answered.
    """
    gc.collect()
    gc.freeze()


class LiveAssistant:
    """The assistant of the index as it was when it was last opened; answers go on while the next one is opened.

    Each call is answered by one assistant from its beginning to its end. An assistant that was replaced is closed when
    nobody uses it any more. Safe to be used by several threads at once.
    """

    def __init__(self, opener: Callable[[], AbstractContextManager[Evaluated]]) -> None:
        """An assistant that is not open yet: enter it as a context.

        Args:
            opener: Opens an assistant over the index as it is at the time.
        """
        self._opener = opener
        self._lock = threading.Lock()
        self._unused = threading.Condition(self._lock)
        self._reloading = threading.Lock()
        self._building = threading.Lock()
        self._collecting = threading.Lock()
        self._serving: _Serving | None = None
        self._closers: list[threading.Thread] = []
        self._build: IndexProcess | None = None
        self._generation = 0
        self._stopped = False

    def __enter__(self) -> Self:
        self.reload()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def generation(self) -> int:
        """How many assistants have answered so far, the one that answers now included."""
        return self._generation

    @property
    def rebuilding(self) -> bool:
        """Whether an index is being built, or the assistant that shall answer from it opened."""
        return self._building.locked()

    def ask(self, turns: Sequence[str]) -> Answer:
        """The answer to the last of the user's turns, which come oldest first."""
        with self.pinned() as assistant:
            return assistant.ask(turns)

    def stream(self, turns: Sequence[str], *, cancelled: Cancelled = never) -> Generator[Event]:
        """The same answer as it comes, by one assistant from its beginning to its end."""
        with self.pinned() as assistant, closing(assistant.stream(turns, cancelled=cancelled)) as events:
            yield from events

    def draft(self, turns: Sequence[str]) -> Answer:
        """The answer in the articles' own words."""
        with self.pinned() as assistant:
            return assistant.draft(turns)

    def document(self, doc_id: str) -> Document:
        """The article with this id, cleaned, as it is in the index that answers now."""
        with self.pinned() as assistant:
            return assistant.document(doc_id)

    def subjects(self) -> tuple[str, ...]:
        """What the articles cover."""
        with self.pinned() as assistant:
            return assistant.subjects()

    def examples(self, language: str) -> tuple[str, ...]:
        """Questions that the articles answer."""
        with self.pinned() as assistant:
            return assistant.examples(language)

    def documents(self) -> Sequence[DocumentHead]:
        """Every article without its text, in the corpus's order."""
        with self.pinned() as assistant:
            return assistant.documents()

    def outline(self) -> Sequence[OutlineEntry]:
        """Every chunk's place, in the corpus's order."""
        with self.pinned() as assistant:
            return assistant.outline()

    def files(self) -> Mapping[str, str]:
        """The SHA-256 of each file of the corpus, editions included, by its path."""
        with self.pinned() as assistant:
            return assistant.files()

    @property
    def encoder(self) -> str:
        """The name of the encoder that the index was built with."""
        with self.pinned() as assistant:
            return assistant.encoder

    @contextmanager
    def pinned(self) -> Iterator[Evaluated]:
        """The assistant that answers now, open until the context ends, also when another one takes its place.

        For what belongs together: an answer, and the articles that it cites.

        Raises:
            RuntimeError: This is not open.
        """
        with self._lock:
            serving = self._serving
            if serving is None:
                raise RuntimeError("`LiveAssistant` must be entered before it is asked, and asked before it is left.")
            serving.n_users += 1
        try:
            yield serving.assistant
        finally:
            with self._lock:
                serving.n_users -= 1
                if serving.n_users == 0:
                    self._unused.notify_all()

    def reload(self) -> int:
        """Opens an assistant and lets it answer from now on; the number of its generation.

        An error while it is opened is raised and leaves the one before it answering.

        Raises:
            UnusableInput: The corpus, the encoder or the index cannot be used.
            RuntimeError: This was closed.
        """
        with self._reloading, ExitStack() as resources:
            self._refuse_when_stopped()
            opened = _Serving(assistant=resources.enter_context(self._opener()))
            with self._lock:
                self._refuse_when_stopped()
                opened.resources = resources.pop_all()
                replaced, self._serving = self._serving, opened
                self._generation += 1
                number = self._generation
            if replaced is not None:
                self._close_later(replaced)
            return number

    def rebuild(self, settings: Settings, *, timeout_seconds: float = BUILD_SECONDS, waits: bool = False) -> Rebuilt:
        """Builds the index in a process of its own, then reloads; questions are answered meanwhile.

        Articles that are added while it is built are built in as well.

        Args:
            settings: Where the articles and the index are, and the encoder's name; those of the opener.
            timeout_seconds: When the build is given up.
            waits: Whether a rebuild that is running already is waited for; it is refused otherwise.

        Raises:
            UnusableInput: A rebuild is running already, the articles or the encoder cannot be used, the build took too
                long, or this was closed meanwhile. The index before it goes on answering.
            RuntimeError: This was closed before, or the process that builds came to an end by itself.
        """
        if not self._building.acquire(timeout=timeout_seconds if waits else 0):
            raise UnusableInput("`rebuild` must run once at a time; it is already running. Wait for it to end.")
        try:
            started = time.monotonic()
            with self._lock:
                self._refuse_when_stopped()
                build = self._build = IndexProcess(settings)
            counts = build.wait(timeout_seconds)
            return Rebuilt(
                n_documents=counts["n_documents"],
                n_chunks=counts["n_chunks"],
                generation=self.reload(),
                seconds=time.monotonic() - started,
            )
        finally:
            self._build = None
            self._building.release()

    def close(self) -> None:
        """Ends a build that is running, waits for the last answers for a while, and closes the assistant."""
        with self._lock:
            self._stopped = True
            build = self._build
            replaced, self._serving = self._serving, None
        if build is not None:
            build.stop()
        if replaced is not None:
            self._close_later(replaced)
        for closer in self._closers:
            closer.join()

    def _close_later(self, replaced: _Serving) -> None:
        """Closes an assistant after its last answer: in a thread, so that neither an answer nor a reload waits."""
        closer = threading.Thread(target=self._close_when_unused, args=(replaced,), name="xiaoka-close")
        self._closers = [thread for thread in self._closers if thread.is_alive()] + [closer]
        closer.start()

    def _close_when_unused(self, replaced: _Serving) -> None:
        with self._lock:
            while replaced.n_users:
                # An answer that never comes must not keep the server from stopping.
                if not self._unused.wait(_LAST_ANSWERS_SECONDS) and self._stopped:
                    break
        replaced.resources.close()
        replaced.forget()
        # Its caches hold it in a circle, and with it files that are mapped into memory. One at a time: Python makes no
        # collection that is asked for while another goes on.
        with self._collecting:
            gc.unfreeze()
            gc.collect()

    def _refuse_when_stopped(self) -> None:
        if self._stopped:
            raise RuntimeError("`LiveAssistant` must not be used after it was left. Open another one.")


class _Serving:
    """An assistant, how many use it, and what closes it."""

    def __init__(self, *, assistant: Evaluated) -> None:
        self.assistant = assistant
        self.resources = ExitStack()
        self.n_users = 0

    def forget(self) -> None:
        """Lets go of the assistant, which nobody uses any more."""
        del self.assistant
