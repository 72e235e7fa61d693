"""docs/http.md: each command of it is run against the shipped articles, and gives what stands below it."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from starlette.testclient import TestClient

from assistant.http.bodies import MAX_CHARACTERS, MAX_TURNS
from assistant.http.bounded import N_AT_ONCE, WAIT_SECONDS, BoundedAssistant
from assistant.http.guard import BODY_LIMITS, BODY_SECONDS, MAX_BODY_BYTES, SEND_SECONDS, Guard
from assistant.server import create_api
from tests.assistants import built

TEXT = (Path(__file__).resolve().parent.parent / "docs" / "http.md").read_text(encoding="utf-8")
# Each command, with the kind and the text of the block below it.
EXAMPLES = re.findall(r"```sh\n(curl .*?)```\n\n```(json|text)\n(.*?)```", TEXT, re.DOTALL)


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    app = Guard(create_api(BoundedAssistant(built("shipped"))), host="127.0.0.1")
    with TestClient(app, base_url="http://127.0.0.1:7860") as client:
        yield client


def run(client: TestClient, command: str) -> str:
    """The body that a `curl` command gets."""
    words = shlex.split(command.replace("\\\n", " "))
    assert words[0] == "curl"
    headers: dict[str, str] = {}
    body: str | None = None
    path = ""
    rest = iter(words[1:])
    for word in rest:
        if word == "-H":
            name, _, value = next(rest).partition(": ")
            headers[name] = value
        elif word == "-d":
            body = next(rest)
        elif word.startswith("http"):
            address = urlsplit(word)
            assert address.netloc == "127.0.0.1:7860"
            path = address.path
        else:
            assert word in {"-s", "-sN"}
    return client.request("GET" if body is None else "POST", path, content=body, headers=headers).text


def fits(documented: object, found: object) -> bool:
    """Whether a value is as documented: `…` stands for anything, and an object may hold more."""
    if isinstance(documented, str) and isinstance(found, str):
        pattern = ".*".join(map(re.escape, documented.split("…")))
        return re.fullmatch(pattern, found, re.DOTALL) is not None
    if isinstance(documented, dict) and isinstance(found, dict):
        return all(key in found and fits(value, found[key]) for key, value in documented.items())
    if isinstance(documented, list) and isinstance(found, list):
        more = documented[-1:] == ["…"]
        documented = documented[:-1] if more else documented
        same_length = len(found) > len(documented) if more else len(found) == len(documented)
        return same_length and all(map(fits, documented, found))
    return documented == found


@pytest.mark.parametrize(("command", "kind", "shown"), EXAMPLES, ids=range(len(EXAMPLES)))
def test_a_documented_command_gives_what_stands_below_it(
    client: TestClient, command: str, kind: str, shown: str
) -> None:
    got = run(client, command)

    if kind == "json":
        assert fits(json.loads(shown), json.loads(got)), got
    else:
        assert fits(shown.strip(), got.strip()), got


def test_every_command_has_its_answer_below_it() -> None:
    assert len(EXAMPLES) == TEXT.count("curl -s") >= 9


def test_an_example_that_is_wrong_does_not_fit() -> None:
    assert fits({"a": "x…", "b": [1, "…"]}, {"a": "xyz", "b": [1, 2], "c": 3})
    for documented, found in (({"a": 1}, {}), ("x…", "y"), ([1, "…"], [1]), ([1], [1, 2]), (1, "1"), ([], {})):
        assert not fits(documented, found)


def test_documented_limits_are_those_of_the_program() -> None:
    limits = dict(re.findall(r"(?m)^\| ([a-z][^|]*?) \| ([^|]*\d[^|]*?) \|$", TEXT.partition("## Limits")[2]))

    assert limits["a question"].startswith(f"{MAX_CHARACTERS:,} characters")
    assert limits["a conversation"].startswith(f"{MAX_TURNS} turns")
    assert (
        limits["a body"]
        == f"{MAX_BODY_BYTES:,} bytes; {BODY_LIMITS['/v1/chat/completions']:,} for `/v1/chat/completions`"
    )
    assert limits["the time a body takes to arrive"].startswith(f"{BODY_SECONDS:.0f} seconds for each MiB")
    assert limits["the time a client takes to read a piece of a response"] == f"{SEND_SECONDS:.0f} seconds"
    assert (
        limits["questions answered at once"] == f"{N_AT_ONCE}; others wait in order, at most {WAIT_SECONDS:.0f} seconds"
    )


def test_every_route_is_documented() -> None:
    for path in create_api(built("shipped")).routes:
        shown = getattr(path, "path", "").replace(":path", "")
        assert shown in TEXT or shown == "/v1/models/{model}", shown
