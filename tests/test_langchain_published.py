"""The tests that LangChain publishes for every retriever, on ours."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("langchain_tests", reason="LangChain's tests of retrievers are not installed")

from langchain_core.retrievers import BaseRetriever
from langchain_tests.integration_tests import RetrieversIntegrationTests

from assistant.langchain import ArticleRetriever
from index.build import build_index
from index.encoder import load_encoder
from index.index import Index


@pytest.fixture(scope="module")
def shipped_index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    articles = Path(__file__).resolve().parent.parent / "corpus" / "articles"
    data = tmp_path_factory.mktemp("published")
    with build_index(corpus=articles, data=data, encoder=load_encoder("builtin"), progress=False) as index:
        yield index


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.mark.anyio
class TestPublishedTests(RetrieversIntegrationTests):
    @pytest.fixture(autouse=True)
    def over_an_index(self, shipped_index: Index) -> None:
        self.index = shipped_index

    @property
    def retriever_constructor(self) -> type[BaseRetriever]:
        return ArticleRetriever

    @property
    def retriever_constructor_params(self) -> dict[str, Any]:
        return {"index": self.index}

    @property
    def retriever_query_example(self) -> str:
        return "公交卡怎么注销？"
