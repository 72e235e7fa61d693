"""The assistant as a step of LangChain's, and its index as a retriever of LangChain's."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from langchain_core.runnables import RunnableLambda

from assistant.answer import Answer
from assistant.assistant import Assistant
from assistant.generator import open_model
from assistant.langchain import ArticleRetriever, AssistantRunnable
from assistant.streaming import Delta
from assistant.writer import Writer
from corpus.errors import UnusableInput
from index.build import build_index
from index.encoder import load_encoder
from index.index import Index
from tests.model_servers import Reply, ScriptedServer

QUESTION = "公交卡怎么注销？"


@pytest.fixture(scope="module")
def shipped_index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    articles = Path(__file__).resolve().parent.parent / "corpus" / "articles"
    data = tmp_path_factory.mktemp("langchain")
    with build_index(corpus=articles, data=data, encoder=load_encoder("builtin"), progress=False) as index:
        yield index


@pytest.fixture(scope="module")
def runnable(shipped_index: Index) -> AssistantRunnable:
    return AssistantRunnable(Assistant(index=shipped_index))


def test_a_document_says_where_it_stands(shipped_index: Index) -> None:
    first, second = ArticleRetriever(index=shipped_index, k=2).invoke(QUESTION)

    chunk = shipped_index.retriever.search(QUESTION, 1)[0].chunk
    assert first.id == chunk.chunk_id
    article = shipped_index.document(first.metadata["doc_id"])
    assert article.text[first.metadata["start"] : first.metadata["end"]] == first.page_content
    assert first.metadata["headings"] == list(chunk.headings)
    assert first.metadata["title"] == "智能卡注册后怎样注销"
    assert first.metadata["kind"] == "item"
    assert 1 >= first.metadata["score"] >= second.metadata["score"] >= 0


def test_a_blank_query_is_refused(shipped_index: Index) -> None:
    with pytest.raises(UnusableInput, match="`query` must hold a word"):
        ArticleRetriever(index=shipped_index).invoke(" ")


def test_a_question_and_turns_are_answered_as_by_the_assistant(runnable: AssistantRunnable) -> None:
    answer = runnable.invoke(QUESTION)
    assert (answer.outcome, len(answer.steps)) == ("answered", 4)

    completed = runnable.invoke(["怎么注销？", "门禁的"])
    assert "门禁卡" in completed.text


def test_a_stream_ends_with_the_answer(runnable: AssistantRunnable) -> None:
    events = list(runnable.stream(QUESTION))

    assert isinstance(events[-1], Answer)
    assert events[-1].text == runnable.invoke(QUESTION).text


def test_what_a_chat_model_words_is_streamed_when_checked(shipped_index: Index, runnable: AssistantRunnable) -> None:
    steps = "\n".join(f"{step.number}. {step.text}[1]" for step in runnable.invoke(QUESTION).steps)
    with ScriptedServer(Reply(steps)) as server:
        writer = Writer(open_model("m", url=server.url, timeout_seconds=20))
        events = list(AssistantRunnable(Assistant(index=shipped_index, writer=writer)).stream(QUESTION))

    *before, answer = events
    assert isinstance(answer, Answer)
    assert answer.generator == "m"
    assert answer.notice is None
    said = "".join(event.text for event in before if isinstance(event, Delta))
    assert len(said) > 40
    assert answer.text.startswith(said)
    assert len([event for event in before if isinstance(event, Delta)]) > 1


def test_a_chain_goes_on_with_the_answer(runnable: AssistantRunnable) -> None:
    chain = runnable | RunnableLambda(lambda answer: len(answer.steps))

    assert chain.invoke(QUESTION) == 4
    assert list(chain.stream(QUESTION)) == [4]
    assert chain.batch([QUESTION, "怎么注销？"]) == [4, 0]


def test_an_empty_question_is_refused(runnable: AssistantRunnable) -> None:
    with pytest.raises(UnusableInput, match="`question` must not be empty"):
        runnable.invoke([])
