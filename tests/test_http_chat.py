"""Chat completions: as the `openai` client reads them, and what is refused in which shape."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import openai
import pytest
from starlette.testclient import TestClient

from assistant.answer import Answer
from assistant.http.bounded import Busy
from assistant.http.chat import chat_text
from assistant.http.chat_request import UnusableRequest, read_chat_request
from assistant.server import create_api
from tests.api_server import api_served, client_of
from tests.assistants import small
from tests.fake_assistant import ABSTAIN, CLARIFY, PROCEDURE, FakeAssistant, citation

PROCEDURE_TEXT = (
    "**交通卡** 分两步注销：\n\n1. 带上身份证件。[1]\n2. 填写申请表。[2]\n\n---\n\n"
    "**来源**\n- 卡片 › 交通卡\n  - [1] “带上身份证件。”\n  - [2] “填写申请表。”"
)
ARTICLE = (
    "# 卡片注销\n\n## 公交卡注销\n\n公交卡分两步注销：\n\n1. 带上身份证件。\n2. 填写申请表。\n\n"
    "## 银行卡注销\n\n银行卡分两步注销：\n\n1. 结清欠款。\n2. 到柜台签字。\n"
)


def user(content: object) -> dict[str, Any]:
    return {"role": "user", "content": content}


def asked(messages: object, **more: object) -> tuple[str, ...]:
    """The turns of a request."""
    return read_chat_request({"model": "xiaoka", "messages": messages, **more}).turns


@pytest.fixture
def assistant() -> FakeAssistant:
    return FakeAssistant()


@pytest.fixture
def client(assistant: FakeAssistant) -> Iterator[TestClient]:
    with client_of(assistant) as client:
        yield client


@pytest.fixture(scope="module")
def program() -> Iterator[tuple[openai.OpenAI, FakeAssistant]]:
    """The client that programs use, and the assistant behind the server that it speaks to."""
    assistant = FakeAssistant()
    with (
        api_served(assistant) as (host, port),
        openai.OpenAI(base_url=f"http://{host}:{port}/v1", api_key="unused", max_retries=0) as client,
    ):
        yield client, assistant


# --- with the client that programs use ---------------------------------------


def test_a_program_gets_the_answer_with_its_sources(program: tuple[openai.OpenAI, FakeAssistant]) -> None:
    completion = program[0].chat.completions.create(model="xiaoka", messages=[user("交通卡")])  # type: ignore[list-item]

    assert completion.id.startswith("chatcmpl-")
    assert (completion.object, completion.model) == ("chat.completion", "xiaoka")
    (choice,) = completion.choices
    assert (choice.index, choice.finish_reason, choice.message.role) == (0, "stop", "assistant")
    assert choice.message.content == PROCEDURE_TEXT
    assert choice.message.xiaoka == PROCEDURE.to_json()  # type: ignore[attr-defined]
    assert completion.usage is not None
    # "交通卡" is three characters.
    usage = completion.usage.model_dump(exclude_none=True)
    n = len(PROCEDURE_TEXT)
    assert usage == {"prompt_tokens": 3, "completion_tokens": n, "total_tokens": 3 + n, "unit": "characters"}


def test_a_program_gets_the_answer_in_pieces(program: tuple[openai.OpenAI, FakeAssistant]) -> None:
    chunks = list(
        program[0].chat.completions.create(
            model="xiaoka",
            messages=[user("交通卡")],  # type: ignore[list-item]
            stream=True,
            stream_options={"include_usage": True},
        )
    )

    assert len({(chunk.id, chunk.created, chunk.object) for chunk in chunks}) == 1
    said = [chunk.choices[0] for chunk in chunks if chunk.choices]
    assert said[0].delta.role == "assistant"
    assert "".join(choice.delta.content or "" for choice in said) == PROCEDURE_TEXT
    assert len(said) > 5
    assert [choice.finish_reason for choice in said] == [None] * (len(said) - 1) + ["stop"]
    assert said[-1].delta.xiaoka == PROCEDURE.to_json()  # type: ignore[attr-defined]
    assert chunks[-1].choices == []
    assert chunks[-1].usage is not None
    assert chunks[-1].usage.completion_tokens == len(PROCEDURE_TEXT)
    assert all(chunk.usage is None for chunk in chunks[:-1])


def test_without_being_asked_for_no_usage_is_streamed(program: tuple[openai.OpenAI, FakeAssistant]) -> None:
    chunks = program[0].chat.completions.create(model="xiaoka", messages=[user("交通卡")], stream=True)  # type: ignore[list-item]

    assert all(chunk.choices and chunk.usage is None for chunk in chunks)


def test_the_clients_own_gathering_of_a_stream_gives_the_whole_message(
    program: tuple[openai.OpenAI, FakeAssistant],
) -> None:
    with program[0].chat.completions.stream(model="xiaoka", messages=[user("交通卡")]) as stream:  # type: ignore[list-item]
        message = stream.get_final_completion().choices[0].message

    assert message.content == PROCEDURE_TEXT
    assert message.xiaoka == PROCEDURE.to_json()  # type: ignore[attr-defined]


def test_a_follow_up_takes_the_conversation_with_it(program: tuple[openai.OpenAI, FakeAssistant]) -> None:
    client, assistant = program
    first = client.chat.completions.create(model="xiaoka", messages=[user("我的卡")])  # type: ignore[list-item]
    reply = first.choices[0].message
    assert reply.content == "您要注销哪一种卡？\n\n1. 交通卡\n2. 银行卡"

    second = client.chat.completions.create(model="xiaoka", messages=[user("我的卡"), reply, user("交通卡")])  # type: ignore[list-item]

    assert assistant.asked[-1] == ("我的卡", "交通卡")
    assert second.choices[0].message.content == PROCEDURE_TEXT


def test_a_program_is_told_what_was_wrong(program: tuple[openai.OpenAI, FakeAssistant]) -> None:
    client, _ = program
    with pytest.raises(openai.BadRequestError, match=r"at most 2,000 characters long; got 2,001") as refused:
        client.chat.completions.create(model="xiaoka", messages=[user("字" * 2001)])  # type: ignore[list-item]
    assert (refused.value.param, refused.value.type) == ("messages[0].content", "invalid_request_error")
    with pytest.raises(openai.NotFoundError, match=r"`model` must be 'xiaoka'; got 'gpt-4o'") as absent:
        client.chat.completions.create(model="gpt-4o", messages=[user("x")])  # type: ignore[list-item]
    assert absent.value.code == "model_not_found"
    with pytest.raises(openai.InternalServerError, match="error in the program") as failed:
        client.chat.completions.create(model="xiaoka", messages=[user("break")])  # type: ignore[list-item]
    assert "sk-secret" not in str(failed.value)


def test_a_failure_within_a_stream_is_raised_by_the_client(program: tuple[openai.OpenAI, FakeAssistant]) -> None:
    client, assistant = program
    assistant.answers["bad"] = replace(PROCEDURE, timings_ms={"total": float("inf")})
    stream = client.chat.completions.create(model="xiaoka", messages=[user("bad")], stream=True)  # type: ignore[list-item]

    with pytest.raises(openai.APIError, match="error in the program"):
        list(stream)


def test_the_one_model_is_listed_and_found(program: tuple[openai.OpenAI, FakeAssistant]) -> None:
    assert [model.id for model in program[0].models.list()] == ["xiaoka"]
    assert program[0].models.retrieve("xiaoka").owned_by == "xiaoka"
    with pytest.raises(openai.NotFoundError, match="The only model here is 'xiaoka'"):
        program[0].models.retrieve("gpt-4o")


@pytest.mark.parametrize("picked", ["2", "银行卡", "第二个"])
def test_an_option_is_taken_by_its_number_or_its_words(picked: str) -> None:
    with (
        api_served(small({"cards.md": ARTICLE})) as (host, port),
        openai.OpenAI(base_url=f"http://{host}:{port}/v1", api_key="unused", max_retries=0) as client,
    ):
        question = user("怎么注销？")
        offered = client.chat.completions.create(model="xiaoka", messages=[question]).choices[0].message  # type: ignore[list-item]
        assert (offered.content or "").endswith("\n\n1. 公交卡\n2. 银行卡")

        messages: Any = [question, offered, user(picked)]
        answer = client.chat.completions.create(model="xiaoka", messages=messages).choices[0].message

    assert "结清欠款" in (answer.content or "")
    assert "身份证件" not in (answer.content or "")


# --- what is read of a request -----------------------------------------------


def test_only_what_the_user_said_counts() -> None:
    messages = [
        {"role": "system", "content": "Answer from your own knowledge."},
        {"role": "developer", "content": ["anything"]},
        user("我的卡"),
        {"role": "assistant", "content": None, "tool_calls": []},
        {"role": "tool", "content": "银行卡", "tool_call_id": "x"},
        user([{"type": "text", "text": "交通卡"}, {"type": "text", "text": "怎么注销？"}]),
        {"role": "assistant", "content": "1. Go"},
    ]

    assert asked(messages) == ("我的卡", "交通卡\n怎么注销？")


def test_what_changes_nothing_is_passed_over() -> None:
    request = read_chat_request(
        {
            "messages": [user("x")],
            "temperature": 2,
            "max_tokens": 1,
            "stop": ["\n"],
            "n": 1,
            "tools": [{"type": "function"}],
            "tool_choice": "auto",
            "response_format": {"type": "text"},
            "modalities": ["text"],
            "user": "someone",
            "unheard_of": {"a": []},
            "stream": None,
            "stream_options": None,
        }
    )

    assert (request.turns, request.streamed, request.with_usage) == (("x",), False, False)


def test_earlier_turns_that_were_refused_are_left_out_and_the_oldest_go_first() -> None:
    assert asked([user("a"), user(" "), user("字" * 2001), user("b\0"), user("c")]) == ("a", "c")
    turns = asked([user(str(n)) for n in range(80)])
    assert (len(turns), turns[0], turns[-1]) == (50, "30", "79")
    assert asked([user(" "), user("only")]) == ("only",)


@pytest.mark.parametrize(
    ("body", "param", "message"),
    [
        ([], None, "must be an object; got an empty list"),
        ({"messages": []}, "messages", "must be a list of at least one message; got an empty list"),
        ({"messages": "x"}, "messages", "got a text"),
        ({"messages": ["x"]}, "messages[0]", "must be an object; got a text"),
        ({"messages": [{"role": "system", "content": "x"}]}, "messages", "must hold one of role 'user'"),
        ({"messages": [{"role": "robot", "content": "x"}]}, "messages[0].role", "must be one of assistant, developer"),
        ({"messages": [{"role": ["user"]}]}, "messages[0].role", "must be one of"),
        ({"messages": [{"role": "assistant"}, user(" ")]}, "messages[1].content", "must not be empty"),
        ({"messages": [user(None)]}, "messages[0].content", "a text or a list of text parts; got null"),
        ({"messages": [user([])]}, "messages[0].content", "must not be empty"),
        ({"messages": [user([{"type": "image_url"}])]}, "messages[0].content", "must be a part of type 'text'"),
        ({"messages": [user([{"type": "text", "text": 3}])]}, "messages[0].content", "must be a part of type 'text'"),
        ({"messages": [user("a\ud800")]}, "messages[0].content", "lone surrogate"),
        ({"messages": [user("x")], "n": 2}, "n", "`n` must be 1"),
        ({"messages": [user("x")], "n": True}, "n", "`n` must be 1"),
        ({"messages": [user("x")], "stream": "yes"}, "stream", "must be true or false; got a text"),
        ({"messages": [user("x")], "stream_options": []}, "stream_options", "must be an object; got an empty list"),
        (
            {"messages": [user("x")], "stream_options": {"include_usage": 1}},
            "stream_options.include_usage",
            "must be true or false",
        ),
        ({"messages": [user("x")], "tool_choice": "required"}, "tool_choice", "no function is ever called"),
        ({"messages": [user("x")], "function_call": {"name": "f"}}, "function_call", "no function is ever called"),
        ({"messages": [user("x")], "response_format": {"type": "json_object"}}, "response_format", "of type 'text'"),
        ({"messages": [user("x")], "modalities": ["text", "audio"]}, "modalities", r"must be \['text'\]"),
        ({"messages": [user("x")], "model": None}, "model", "got null"),
        ({"messages": [user("x")], "model": "x" * 1000}, "model", "got 'x{100}'"),
    ],
)
def test_a_request_that_cannot_be_replied_to_says_where(body: object, param: str | None, message: str) -> None:
    with pytest.raises(UnusableRequest, match=message) as refused:
        read_chat_request(body)

    assert refused.value.param == param


# --- the shapes of refusals --------------------------------------------------


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [(b"{", "application/json", 400), (b"\xff", "application/json", 400), (b"{}", "text/plain", 415)],
)
def test_a_body_that_cannot_be_read_is_refused_in_the_clients_shape(
    client: TestClient, content: bytes, kind: str, status: int
) -> None:
    response = client.post("/v1/chat/completions", content=content, headers={"content-type": kind})

    assert response.status_code == status
    assert set(response.json()["error"]) == {"message", "type", "param", "code"}
    assert response.json()["error"]["type"] == "invalid_request_error"


def test_what_the_assistant_refuses_is_a_bad_request(client: TestClient) -> None:
    response = client.post("/v1/chat/completions", json={"messages": [user("refuse")]})

    assert response.status_code == 400
    assert response.json() == {
        "error": {
            "message": "`question` must be kinder; got 'refuse'.",
            "type": "invalid_request_error",
            "param": "messages",
            "code": None,
        }
    }


class Full(FakeAssistant):
    """Has no place left."""

    def ask(self, _turns: Sequence[str]) -> Answer:
        raise Busy


def test_who_finds_no_place_is_told_when_to_come_again() -> None:
    with TestClient(create_api(Full())) as client:
        response = client.post("/v1/chat/completions", json={"messages": [user("x")], "stream": True})

    assert (response.status_code, response.headers["retry-after"]) == (503, "5")
    assert response.json()["error"]["type"] == "server_error"
    assert response.json()["error"]["code"] == "overloaded"


def test_a_key_is_accepted_and_not_looked_at(client: TestClient) -> None:
    for key in ("Bearer sk-x", "Basic eDp5", "nonsense"):
        body = {"messages": [user("交通卡")]}
        assert client.post("/v1/chat/completions", json=body, headers={"authorization": key}).status_code == 200


def test_a_stream_ends_with_its_mark(client: TestClient) -> None:
    text = client.post("/v1/chat/completions", json={"messages": [user("x")], "stream": True}).text

    lines = text.split("\n\n")
    assert lines[-2:] == ["data: [DONE]", ""]
    assert all(json.loads(line.removeprefix("data: "))["model"] == "xiaoka" for line in lines[:-2])


# --- the text ----------------------------------------------------------------


def test_an_abstention_has_no_sources_and_options_stand_once() -> None:
    assert chat_text(ABSTAIN) == "The articles do not say."
    listed = replace(CLARIFY, text="您要注销哪一种卡？\n\n1. 交通卡\n2. 银行卡")
    assert chat_text(listed) == chat_text(CLARIFY) == "您要注销哪一种卡？\n\n1. 交通卡\n2. 银行卡"


@pytest.mark.parametrize(
    ("hostile", "shown"),
    [
        ("![b](http://203.0.113.5/x.png)", "\\![b]\\(http://203.0.113.5/x.png)"),
        ("[click](javascript:alert(1))", "[click]\\(javascript:alert(1))"),
        ("[ref]: http://203.0.113.5/", "[ref]\\: http://203.0.113.5/"),
        ("<img src=x onerror=alert(1)>", "\\<img src=x onerror=alert(1)>"),
        ("\\<b>", "\\<b>"),
        ("\\\\<b>", "\\\\\\<b>"),
        ("`x`", "\\`x\\`"),
        ("a\u202eb", "a\\<U+202E>b"),
        ("办理[1][2]。", "办理[1][2]。"),
    ],
)
def test_nothing_an_article_holds_acts_where_the_reply_is_shown(hostile: str, shown: str) -> None:
    answer = replace(PROCEDURE, text=hostile, citations=(citation(1, hostile, hostile, title=hostile),))

    lines = chat_text(answer).splitlines()

    assert lines[0] == shown
    assert lines[-2:] == [f"- {shown} › 卡片 › 交通卡", f"  - [1] “{shown}”"]


def test_words_over_several_lines_are_quoted_in_one() -> None:
    answer = replace(PROCEDURE, citations=(citation(1, "交通卡\n1. 带上身份证件。"),))

    assert chat_text(answer).endswith("  - [1] “交通卡 1. 带上身份证件。”")
