"""An assistant over the corpus that the settings name."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Protocol

from assistant.answer import EXTRACTIVE, Answer
from assistant.settings import Settings, model_key
from assistant.streaming import Cancelled, Event, never
from corpus.document import Document
from index.chunk_file import DocumentHead, OutlineEntry

if TYPE_CHECKING:
    from assistant.writer import Writer


class Answers(Protocol):
    """What the command line and the page need of an assistant."""

    def ask(self, turns: Sequence[str]) -> Answer:
        """The answer to the last of the user's turns, which come oldest first."""

    def stream(self, turns: Sequence[str], *, cancelled: Cancelled = never) -> Generator[Event]:
        """The same answer as it comes: what of it is checked already, then the whole."""

    def draft(self, turns: Sequence[str]) -> Answer:
        """The answer in the articles' own words, by which it is found out what they answer; no model is asked."""

    def document(self, doc_id: str) -> Document:
        """The article with this id, cleaned."""

    def subjects(self) -> tuple[str, ...]:
        """What the articles cover."""

    def examples(self, language: str) -> tuple[str, ...]:
        """Questions that the articles answer."""


class Evaluated(Answers, Protocol):
    """What an evaluation needs of an assistant besides: which articles its answers come from, and by what."""

    def documents(self) -> Sequence[DocumentHead]:
        """Every article without its text, in the corpus's order."""

    def outline(self) -> Sequence[OutlineEntry]:
        """Every chunk's place, in the corpus's order."""

    def files(self) -> Mapping[str, str]:
        """The SHA-256 of each file of the corpus, editions included, by its path."""

    @property
    def encoder(self) -> str:
        """The name of the encoder that the index was built with."""


Opener = Callable[[Settings], AbstractContextManager[Evaluated]]


@contextmanager
def open_assistant(settings: Settings) -> Iterator[Evaluated]:
    """An assistant whose index is up to date (built first when it is missing or stale), closed at the end.

    Raises:
        UnusableInput: The corpus, the encoder, the index or the chat model cannot be used.
    """
    # Imported here: `xiaoka --help` and `xiaoka settings` need none of it.
    from assistant.assistant import Assistant
    from index.build import ensure_index
    from index.encoder import load_encoder
    from index.reranker import CrossEncoderReranker

    _multiply_on_one_core()
    writer = _open_writer(settings)
    index = ensure_index(
        corpus=settings.corpus,
        data=settings.data,
        encoder=load_encoder(settings.encoder),
        chroma_url=settings.chroma_url,
    )
    try:
        reranker = CrossEncoderReranker(settings.reranker) if settings.reranker else None
        yield Assistant(index=index, k=settings.k, reranker=reranker, writer=writer)
    finally:
        index.close()


def _open_writer(settings: Settings) -> Writer | None:
    """What words the answers by the chat model that is set, None when none is."""
    if settings.model == EXTRACTIVE:
        return None
    from assistant.generator import open_model
    from assistant.writer import Writer

    model = open_model(
        settings.model,
        url=settings.model_url,
        key=model_key(settings),
        timeout_seconds=settings.model_timeout_seconds,
        n_tokens=settings.model_tokens,
        n_concurrent=settings.model_concurrency,
    )
    return Writer(model)


def _multiply_on_one_core() -> None:
    """Keeps matrix products on the core of the thread that asks for them, for as long as the process runs.

    The products are small: spread over all cores, their threads wait for each other most of the time, and several
    questions at once, or several processes, fight for the cores.
    """
    from threadpoolctl import threadpool_limits

    threadpool_limits(limits=1, user_api="blas")
