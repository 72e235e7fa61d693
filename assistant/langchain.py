"""The assistant and its index for programs that are built with LangChain; nothing of ours needs this file."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from typing import Any

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables import Runnable, RunnableConfig

from assistant.answer import Answer
from assistant.start import Answers
from assistant.streaming import Event
from index.hit import Hit
from index.index import Index

Turns = str | Sequence[str]


class AssistantRunnable(Runnable[Turns, Any]):
    """An assistant as a step of a chain: a question, or a user's turns, oldest first, in; an `Answer` out.

    `stream` gives what the assistant streams: pieces that are checked already, what takes their place, and the answer
    as the last, which is also what the next step of a chain is given.
    """

    def __init__(self, assistant: Answers) -> None:
        """A step over an open assistant, which stays whoever opened it to close."""
        self._assistant = assistant

    def invoke(self, input: Turns, config: RunnableConfig | None = None, **_: object) -> Answer:
        """The answer to the last turn.

        Raises:
            UnusableInput: There is no turn, or the last is empty.
        """
        answer: Answer = self._call_with_config(lambda turns: self._assistant.ask(_as_turns(turns)), input, config)
        return answer

    def stream(
        self,
        input: Turns,
        config: RunnableConfig | None = None,
        **_: object,
    ) -> Generator[Event]:
        """The answer as it comes, whole at the end.

        Raises:
            UnusableInput: There is no turn, or the last is empty.
        """
        yield from self._transform_stream_with_config(iter([input]), self._streamed, config)

    def _streamed(self, inputs: Iterator[Turns]) -> Iterator[Event]:
        for turns in inputs:
            with closing(self._assistant.stream(_as_turns(turns))) as events:
                yield from events


class ArticleRetriever(BaseRetriever):
    """The chunks of an index for a query, best first, as LangChain's documents.

    The metadata of each holds `doc_id`, `title`, `headings`, `kind`, `start` and `end` (characters of the article's
    file) and `score` (in [0, 1], higher is better); its id is the chunk's.
    """

    index: Index
    k: int = 20

    def _get_relevant_documents(
        self,
        query: str,
        *,
        run_manager: CallbackManagerForRetrieverRun,  # noqa: ARG002
        k: int | None = None,
    ) -> list[Document]:
        titles = {document.doc_id: document.title for document in self.index.documents()}
        hits = self.index.retriever.search(query, self.k if k is None else k)
        return [_as_document(hit, titles[hit.chunk.doc_id]) for hit in hits]


def _as_turns(turns: Turns) -> Sequence[str]:
    return [turns] if isinstance(turns, str) else turns


def _as_document(hit: Hit, title: str) -> Document:
    chunk = hit.chunk
    metadata = {
        "doc_id": chunk.doc_id,
        "title": title,
        "headings": list(chunk.headings),
        "kind": chunk.kind,
        "start": chunk.start,
        "end": chunk.end,
        "score": hit.score,
    }
    return Document(id=chunk.chunk_id, page_content=chunk.text, metadata=metadata)
