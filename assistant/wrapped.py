"""An assistant around another one: what stands between a server and its assistant changes how questions are asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from assistant.start import Evaluated
    from corpus.document import Document
    from index.chunk_file import DocumentHead, OutlineEntry


class WrappedAssistant:
    """Passes everything but questions on to another assistant."""

    def __init__(self, assistant: Evaluated) -> None:
        """A wrapping around an assistant."""
        self._assistant = assistant

    def document(self, doc_id: str) -> Document:
        """The article with this id, cleaned."""
        return self._assistant.document(doc_id)

    def subjects(self) -> tuple[str, ...]:
        """What the articles cover."""
        return self._assistant.subjects()

    def examples(self, language: str) -> tuple[str, ...]:
        """Questions that the articles answer."""
        return self._assistant.examples(language)

    def documents(self) -> Sequence[DocumentHead]:
        """Every article without its text, in the corpus's order."""
        return self._assistant.documents()

    def outline(self) -> Sequence[OutlineEntry]:
        """Every chunk's place, in the corpus's order."""
        return self._assistant.outline()

    def files(self) -> Mapping[str, str]:
        """The SHA-256 of each file of the corpus, editions included, by its path."""
        return self._assistant.files()

    @property
    def encoder(self) -> str:
        """The name of the encoder that the index was built with."""
        return self._assistant.encoder
