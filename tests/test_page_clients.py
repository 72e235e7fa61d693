"""Programs that speak Gradio's own protocol or the Model Context Protocol to the page."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from assistant.settings import load_settings
from tests.fake_assistant import PROCEDURE, FakeAssistant
from tests.page_server import served

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, FakeAssistant]]:
    folder = tmp_path_factory.mktemp("clients")
    settings = load_settings({"data": str(folder / "data"), "mcp": "true"}, environ={}, folder=folder)
    assistant = FakeAssistant()
    with served(assistant, settings) as address:
        yield address, assistant


def test_gradios_client_gets_a_cited_answer(page: tuple[str, FakeAssistant]) -> None:
    from gradio_client import Client
    from gradio_client.exceptions import AppError

    address, assistant = page
    client = Client(address, verbose=False, analytics_enabled=False)
    try:
        assert list(client.view_api(return_format="dict")["named_endpoints"]) == ["/ask"]
        assert client.predict("交通卡怎么注销？", api_name="/ask") == PROCEDURE.to_json()
        client.predict("交通卡", ["我的卡"], api_name="/ask")
        assert assistant.asked[-1] == ("我的卡", "交通卡")
        with pytest.raises(AppError, match="at most 2,000 characters long; got 3,000"):
            client.predict("字" * 3000, api_name="/ask")
        with pytest.raises(AppError, match="has raised an exception but has not enabled verbose error reporting"):
            client.predict("break", api_name="/ask")
    finally:
        client.close()


def test_a_program_that_speaks_mcp_finds_the_tool_and_gets_a_cited_answer(page: tuple[str, FakeAssistant]) -> None:
    from mcp import ClientSession
    from mcp.client.streamable_http import streamable_http_client

    async def talk() -> tuple[list[str], str]:
        async with (
            streamable_http_client(f"{page[0]}/gradio_api/mcp/") as (received, sent, _),
            ClientSession(received, sent) as session,
        ):
            await session.initialize()
            tools = [tool.name for tool in (await session.list_tools()).tools]
            called = await session.call_tool(tools[0], {"question": "交通卡怎么注销？"})
            return tools, getattr(called.content[0], "text", "")

    tools, text = asyncio.run(talk())
    assert tools == ["ask_question"]
    assert json.loads(text.replace("'", '"')) == PROCEDURE.to_json() if text.startswith("{'") else "[2]" in text


def test_without_the_setting_there_is_no_mcp(tmp_path: Path) -> None:
    settings = load_settings({"data": str(tmp_path)}, environ={}, folder=tmp_path)
    with served(FakeAssistant(), settings) as address:
        for path in ("/gradio_api/mcp/", "/gradio_api/mcp/sse", "/gradio_api/mcp/http"):
            assert httpx.post(address + path, json={}, trust_env=False).status_code == 404
