"""An assistant over the corpus that the settings name."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

from assistant.answer import Answer
from assistant.settings import Settings
from corpus.document import Document
from index.chunk_file import DocumentHead, OutlineEntry


class Answers(Protocol):
    """What the command line and the page need of an assistant."""

    def ask(self, turns: Sequence[str]) -> Answer:
        """The answer to the last of the user's turns, which come oldest first."""

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
        UnusableInput: The corpus, the encoder or the index cannot be used.
    """
    # Imported here: `xiaoka --help` and `xiaoka settings` need none of it.
    from assistant.assistant import Assistant
    from index.build import ensure_index
    from index.encoder import load_encoder
    from index.reranker import CrossEncoderReranker

    index = ensure_index(
        corpus=settings.corpus,
        data=settings.data,
        encoder=load_encoder(settings.encoder),
        chroma_url=settings.chroma_url,
    )
    try:
        reranker = CrossEncoderReranker(settings.reranker) if settings.reranker else None
        yield Assistant(index=index, k=settings.k, reranker=reranker)
    finally:
        index.close()
