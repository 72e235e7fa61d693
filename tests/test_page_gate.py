from __future__ import annotations

import asyncio
import base64
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.page.gate import Gate, read_credentials
from corpus.errors import UnusableInput

NAME, PASSWORD = "köchin", "über:geheim 密码"


def basic(text: str | bytes, scheme: str = "Basic") -> str:
    data = text if isinstance(text, bytes) else text.encode()
    return f"{scheme} {base64.b64encode(data).decode()}"


RIGHT = basic(f"{NAME}:{PASSWORD}")


# The file


def written(folder: Path, content: str | bytes, mode: int = 0o600) -> Path:
    file = folder / "operator.txt"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    file.chmod(mode)
    return file


@pytest.mark.parametrize(
    ("content", "credentials"),
    [
        ("anna:12345678", ("anna", "12345678")),
        ("anna:12345678\n", ("anna", "12345678")),
        ("anna:12345678\r\n", ("anna", "12345678")),
        ("\ufeffanna:12345678\n", ("anna", "12345678")),  # as some editors begin a file
        (f"{NAME}:{PASSWORD}", (NAME, PASSWORD)),
        ("anna:a:b:c:d:e", ("anna", "a:b:c:d:e")),
        ("anna:密码密码密码密码", ("anna", "密码密码密码密码")),
    ],
)
def test_name_and_password_are_read(tmp_path: Path, content: str, credentials: tuple[str, str]) -> None:
    assert read_credentials(written(tmp_path, content)) == credentials


@pytest.mark.parametrize("mode", [0o400, 0o600, 0o700])
def test_a_file_that_its_owner_alone_can_read_is_read(tmp_path: Path, mode: int) -> None:
    assert read_credentials(written(tmp_path, "anna:12345678", mode)) == ("anna", "12345678")


@pytest.mark.skipif(os.name != "posix", reason="rights of this kind are POSIX's")
@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660, 0o602, 0o601, 0o777])
def test_a_file_that_others_can_read_or_write_is_refused(tmp_path: Path, mode: int) -> None:
    file = written(tmp_path, "anna:12345678", mode)

    with pytest.raises(UnusableInput, match=r"others may read\. Run `chmod 600 operator\.txt`\.") as error:
        read_credentials(file)
    assert "12345678" not in str(error.value)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "\n",
        "anna",
        "anna 12345678",
        ":12345678",
        "anna:",
        "anna:1234567",
        "anna:12345678\nberta:12345678",
        "# the operator\nanna:12345678",
    ],
)
def test_a_file_that_holds_something_else_is_refused_and_not_shown(tmp_path: Path, content: str) -> None:
    with pytest.raises(
        UnusableInput,
        match=r"`auth_file` must hold one line `name:password`, the password of at least 8 characters, and be readable "
        r"by its owner alone; got '.*operator\.txt', which holds something else\. Write the line anew\.",
    ) as error:
        read_credentials(written(tmp_path, content))
    assert not content.strip() or content.strip() not in str(error.value).replace("name:password", "")


@pytest.mark.parametrize("name", ["absent.txt", "folder", "absent/operator.txt"])
def test_a_file_that_cannot_be_read_is_refused_with_what_to_do(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder").mkdir(mode=0o700)

    with pytest.raises(UnusableInput, match=r"`auth_file` must hold .*Create it, for example: `\(umask 077; nano "):
        read_credentials(tmp_path / name)


def test_a_file_in_another_encoding_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnusableInput, match="`auth_file` must hold one line"):
        read_credentials(written(tmp_path, b"anna:\xff\xfe\xff\xfe\xff\xfe\xff\xfe"))


# The door


class Slept:
    """Stands for the clock: how long a request was made to wait."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> Slept:
    clock = Slept()
    monkeypatch.setattr("assistant.page.gate.sleep", clock)  # its own: other loops may be running
    return clock


def knock(
    path: str = "/operator/",
    authorization: str | bytes | None = None,
    *,
    credentials: tuple[str, str] | None = (NAME, PASSWORD),
    kind: str = "http",
    method: str = "POST",
) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of what a request gets; one that is refused must not have its body read."""
    messages: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        raise AssertionError("the body was read")

    async def send(message: dict[str, Any]) -> None:
        messages.append(message)

    async def inner(scope: Any, receive: Any, send: Any) -> None:  # noqa: ANN401 - ASGI
        await send({"type": "http.response.start", "status": 200, "headers": [(b"x-inner", b"1")]})
        await send({"type": "http.response.body", "body": scope["path"].encode()})

    value = authorization.encode() if isinstance(authorization, str) else authorization
    headers = [] if value is None else [(b"authorization", value)]
    scope = {"type": kind, "path": path, "method": method, "headers": headers}
    asyncio.run(Gate(inner, credentials)(scope, receive, send))  # type: ignore[arg-type]
    start, *rest = messages
    told = {name.decode(): value.decode() for name, value in start["headers"]}
    return start["status"], told, b"".join(message["body"] for message in rest)


@pytest.mark.parametrize(
    "path",
    ["/operator", "/operator/", "/operator/config", "/operator/gradio_api/upload", "/operator/gradio_api/queue/join",
     "/operator/gradio_api/run/predict", "/operator/../", "/operator//", "/operator/%2e%2e/"],
)  # fmt: skip
def test_whoever_gives_name_and_password_comes_in(path: str, slept: Slept) -> None:
    assert knock(path, RIGHT) == (200, {"x-inner": "1"}, path.encode())
    assert slept.seconds == []


@pytest.mark.parametrize(
    "path", ["/operator", "/operator/", "/operator/config", "/operator/gradio_api/upload", "/operator//"]
)
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "OPTIONS"])
def test_whoever_gives_none_is_asked_and_nothing_of_the_request_is_read(path: str, method: str, slept: Slept) -> None:
    status, headers, body = knock(path, method=method)

    assert status == 401
    assert headers["www-authenticate"] == 'Basic realm="Xiaoka operator", charset="UTF-8"'
    assert headers["cache-control"] == "no-store"
    assert body in (b"Sign in as the operator.", b"")
    assert "x-inner" not in headers
    assert slept.seconds == []


@pytest.mark.parametrize("scheme", ["Basic", "basic", "BASIC", "bAsIc"])
@pytest.mark.parametrize("blanks", ["", " ", "   "])
def test_the_scheme_may_be_written_in_any_case_and_blanks_around_the_rest(scheme: str, blanks: str) -> None:
    assert knock(authorization=f"{scheme} {blanks}{RIGHT.removeprefix('Basic ')}{blanks}")[0] == 200


WRONG = {
    "empty": "",
    "scheme alone": "Basic",
    "scheme and a blank": "Basic ",
    "no scheme": RIGHT.removeprefix("Basic "),
    "another scheme": RIGHT.replace("Basic", "Bearer"),
    "two schemes": f"Basic {RIGHT}",
    "a tab": RIGHT.replace(" ", "\t"),
    "not base64": "Basic !!!!",
    "cut base64": RIGHT[:-3],
    "two of them": f"{RIGHT}, {RIGHT}",
    "base64 with a blank in it": RIGHT[:12] + " " + RIGHT[12:],
    "bytes": b"Basic \xff\xfe",
    "another password": basic(f"{NAME}:über:geheim 密碼"),
    "another name": basic(f"kochin:{PASSWORD}"),
    "name alone": basic(NAME),
    "password alone": basic(PASSWORD),
    "exchanged": basic(f"{PASSWORD}:{NAME}"),
    "a part of the password": basic(f"{NAME}:{PASSWORD[:-1]}"),
    "more than the password": basic(f"{NAME}:{PASSWORD} "),
    "another encoding": basic(f"{NAME}:ü".encode("latin-1")),
    "capitals": basic(f"{NAME.upper()}:{PASSWORD}"),
    "nothing in it": basic(":"),
    "very long": basic("x" * 100_000),
}


@pytest.mark.parametrize("authorization", WRONG.values(), ids=WRONG.keys())
def test_whatever_else_is_given_is_refused_in_the_same_way(authorization: str | bytes, slept: Slept) -> None:
    refused = knock(authorization=authorization)

    # What comes back tells nothing of what was wrong, and takes as long: guessing is slow.
    assert refused == knock()
    assert slept.seconds == [1.0]


@given(st.binary(max_size=60))
@settings(deadline=None, max_examples=200)
def test_no_header_opens_but_the_right_one(value: bytes) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("assistant.page.gate._REFUSED_SECONDS", 0)
        assert knock(authorization=value.replace(b"\n", b""))[0] == 401
        assert knock(authorization=basic(value))[0] == 401


@pytest.mark.parametrize("authorization", [None, "", RIGHT, basic(":"), basic(""), "Bearer x"])
@pytest.mark.parametrize("path", ["/operator", "/operator/", "/operator/config"])
def test_without_an_operator_there_is_nothing(path: str, authorization: str | None, slept: Slept) -> None:
    assert knock(path, authorization, credentials=None)[0] == 404
    assert slept.seconds == []


@pytest.mark.parametrize("credentials", [None, (NAME, PASSWORD)])
@pytest.mark.parametrize("authorization", [None, "Basic x"])
@pytest.mark.parametrize("path", ["/", "/config", "/operators", "/operator.txt", "/api/operator", "/Operator", ""])
def test_other_paths_have_no_door(
    path: str, authorization: str | None, credentials: tuple[str, str] | None, slept: Slept
) -> None:
    assert knock(path, authorization, credentials=credentials) == (200, {"x-inner": "1"}, path.encode())
    assert slept.seconds == []


def test_what_is_no_request_is_passed_on() -> None:
    assert knock(kind="lifespan")[0] == 200
