"""The description of the routes is valid, holds every route and no other, and says what they really give."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import fields, replace
from importlib import metadata
from typing import Any, get_args

import pytest
from fastapi.openapi.models import OpenAPI
from jsonschema import Draft202012Validator
from starlette.routing import Route
from starlette.testclient import TestClient

from assistant.answer import Answer, LeftOut, Notice, NoticeKind, Outcome, Reason
from assistant.chat_model import Usage
from assistant.http.bodies import MAX_CHARACTERS, MAX_TURNS
from assistant.http.description import describe
from assistant.http.guard import BODY_LIMITS, MAX_BODY_BYTES
from assistant.server import create_api
from tests.api_server import client_of
from tests.fake_assistant import PROCEDURE, FakeAssistant

ANSWERS = {"answered": "交通卡", "clarified": "我的卡", "abstained": "x"}


@pytest.fixture
def client() -> Iterator[TestClient]:
    assistant = FakeAssistant()
    assistant.article = replace(assistant.article, text=assistant.article.text + "\n| a | b |\n|---|---|\n\n> q\n")
    with client_of(assistant) as client:
        yield client


@pytest.fixture(scope="module")
def description() -> dict[str, Any]:
    return describe()


def schema_of(description: dict[str, Any], schema: dict[str, Any]) -> Draft202012Validator:
    """A validator of a schema of the description, with those that it refers to."""
    return Draft202012Validator({**schema, "components": description["components"]})


def response_schema(description: dict[str, Any], method: str, path: str, status: int) -> dict[str, Any]:
    schema: dict[str, Any] = description["paths"][path][method]["responses"][str(status)]["content"][
        "application/json"
    ]["schema"]
    return schema


def test_the_description_is_valid_and_of_this_version(description: dict[str, Any]) -> None:
    OpenAPI.model_validate(description)
    assert description["openapi"] == "3.1.0"
    assert description["info"]["version"] == metadata.version("xiaoka")
    for name, schema in description["components"]["schemas"].items():
        Draft202012Validator.check_schema(schema)
        assert schema.get("additionalProperties") is False or name in {"Question", "ChatMessage", "ChatRequest"}


def test_every_reference_leads_somewhere_and_every_schema_is_referred_to_or_streamed(
    description: dict[str, Any],
) -> None:
    text = json.dumps(description)
    names = set(description["components"]["schemas"])
    used = {part.split('"')[0] for part in text.split("#/components/schemas/")[1:]}

    assert used - names == set()
    assert names - used == {"ChatChunk"}  # an event of a stream, whose schema OpenAPI 3.1 cannot say


def test_the_description_is_served_and_has_no_page_of_its_own(client: TestClient, description: dict[str, Any]) -> None:
    assert client.get("/api/openapi.json").json() == description | {"servers": [{"url": "/"}]}
    for path in ("/openapi.json", "/docs", "/redoc"):
        assert client.get(path).status_code == 404


def test_every_route_is_described_and_nothing_else(description: dict[str, Any]) -> None:
    served: dict[str, set[str]] = {}
    for route in create_api(FakeAssistant()).routes:
        if isinstance(route, Route) and not route.endpoint.__name__.startswith("refuse"):
            methods = {method.lower() for method in route.methods or () if method != "HEAD"}
            served.setdefault(route.path.replace(":path", ""), set()).update(methods)

    described = {path: set(operations) for path, operations in description["paths"].items()}
    assert served == described


@pytest.mark.parametrize(
    ("method", "path", "described", "body"),
    [
        ("get", "/api/articles", "/api/articles", None),
        ("get", "/api/articles/cards", "/api/articles/{doc_id}", None),
        ("get", "/api/articles/absent", "/api/articles/{doc_id}", None),
        ("get", "/api/openapi.json", "/api/openapi.json", None),
        ("get", "/v1/models", "/v1/models", None),
        ("get", "/v1/models/xiaoka", "/v1/models/{model}", None),
        ("get", "/v1/models/absent", "/v1/models/{model}", None),
        ("get", "/healthz", "/healthz", None),
        ("get", "/readyz", "/readyz", None),
        *[("post", "/api/ask", "/api/ask", {"question": asked}) for asked in ANSWERS.values()],
        ("post", "/api/ask", "/api/ask", {"question": ""}),
        ("post", "/api/ask", "/api/ask", {"question": "break"}),
        ("post", "/api/ask", "/api/ask", b"{"),
        ("post", "/api/ask", "/api/ask", b"x" * (MAX_BODY_BYTES + 1)),
        *[
            ("post", "/v1/chat/completions", "/v1/chat/completions", {"messages": [{"role": "user", "content": asked}]})
            for asked in (*ANSWERS.values(), " ", "break")
        ],
        ("post", "/v1/chat/completions", "/v1/chat/completions", {"model": "gpt-4o", "messages": []}),
    ],
)
def test_what_a_route_gives_is_what_the_description_says(
    client: TestClient, description: dict[str, Any], method: str, path: str, described: str, body: object
) -> None:
    sent = body if isinstance(body, bytes) else json.dumps(body).encode()
    response = client.request(method, path, content=sent, headers={"content-type": "application/json"})

    schema = response_schema(description, method, described, response.status_code)
    schema_of(description, schema).validate(response.json())


def test_a_schema_refuses_what_no_route_gives(description: dict[str, Any]) -> None:
    answer = schema_of(description, {"$ref": "#/components/schemas/Answer"})

    assert answer.is_valid(PROCEDURE.to_json())
    assert not answer.is_valid(PROCEDURE.to_json() | {"outcome": "failed"})
    assert not answer.is_valid(PROCEDURE.to_json() | {"hits": []})
    assert not answer.is_valid({key: value for key, value in PROCEDURE.to_json().items() if key != "citations"})


def test_the_answer_of_a_chat_model_is_one_as_described(description: dict[str, Any]) -> None:
    answer = schema_of(description, {"$ref": "#/components/schemas/Answer"})
    usage = Usage(n_input_tokens=900, n_output_tokens=None, seconds=1.23456, n_tries=2)
    worded = replace(PROCEDURE, generator="openai:some", usage=usage, left_out=(LeftOut(text="免费。", why="words"),))
    replaced = replace(PROCEDURE, generator="openai:some", notice=Notice(kind="timeout", text="Too late."))

    answer.validate(worded.to_json())
    answer.validate(replaced.to_json())
    assert worded.to_json()["usage"] == {"n_input_tokens": 900, "n_output_tokens": None, "seconds": 1.235, "n_tries": 2}
    assert set(worded.to_json()) - set(PROCEDURE.to_json()) == {"generator", "notice", "left_out", "usage"}
    assert not answer.is_valid(replaced.to_json() | {"notice": {"kind": "late", "text": "Too late."}})


def test_each_chunk_of_a_stream_is_one_as_described(client: TestClient, description: dict[str, Any]) -> None:
    chunk = schema_of(description, {"$ref": "#/components/schemas/ChatChunk"})
    body = {"messages": [{"role": "user", "content": "交通卡"}], "stream": True}
    for options in ({}, {"stream_options": {"include_usage": True}}):
        text = client.post("/v1/chat/completions", json=body | options).text
        for line in text.split("\n\n")[:-2]:
            chunk.validate(json.loads(line.removeprefix("data: ")))


def test_the_words_that_a_field_can_hold_are_those_of_the_program(description: dict[str, Any]) -> None:
    schemas = description["components"]["schemas"]

    assert schemas["Answer"]["properties"]["outcome"]["enum"] == list(get_args(Outcome))
    assert schemas["Answer"]["properties"]["reason"]["enum"] == list(get_args(Reason))
    published = {f.name for f in fields(Answer)} - {"hits", "explanation"}
    assert set(schemas["Answer"]["properties"]) == published
    assert schemas["Notice"]["properties"]["kind"]["enum"] == list(get_args(NoticeKind))
    question = schemas["Question"]["properties"]
    assert question["question"]["maxLength"] == question["turns"]["items"]["maxLength"] == MAX_CHARACTERS
    assert question["turns"]["maxItems"] == MAX_TURNS


def test_the_examples_can_be_sent(client: TestClient, description: dict[str, Any]) -> None:
    for path in ("/api/ask", "/v1/chat/completions"):
        operation = description["paths"][path]["post"]
        body = operation["requestBody"]["content"]["application/json"]
        schema_of(description, body["schema"]).validate(body["example"])
        assert client.post(path, json=body["example"]).status_code == 200


def test_limits_in_words_are_those_of_the_guard(description: dict[str, Any]) -> None:
    assert f"{MAX_BODY_BYTES:,} bytes" in description["paths"]["/api/ask"]["post"]["description"]
    path = "/v1/chat/completions"
    assert f"{BODY_LIMITS[path]:,} bytes" in description["paths"][path]["post"]["description"]
