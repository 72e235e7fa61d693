from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.settings import describe, load_settings, model_key
from corpus.errors import UnusableInput

KEY = "sk-a-key-of-nobody-123456"


def test_defaults_serve_on_loopback_with_the_shipped_articles(tmp_path: Path) -> None:
    settings = load_settings({}, environ={}, folder=tmp_path)

    assert (settings.host, settings.port, settings.k) == ("127.0.0.1", 7860, 20)
    assert (settings.encoder, settings.reranker, settings.chroma_url, settings.root_path) == ("builtin", "", "", "")
    assert (settings.auth_file, settings.mcp) == (None, False)
    assert (settings.model, settings.model_url, settings.model_key_file) == ("extractive", "", None)
    assert (settings.model_timeout_seconds, settings.model_tokens, settings.model_concurrency) == (60, 0, 4)
    assert settings.corpus.parts[-2:] == ("corpus", "articles")
    assert settings.data.name == "xiaoka"
    assert set(settings.origins.values()) == {"default"}


def test_command_line_beats_environment_beats_file_beats_default(tmp_path: Path) -> None:
    (tmp_path / "xiaoka.toml").write_text('k = 3\nport = 8003\nencoder = "file"\n', encoding="utf-8")
    environ = {"XIAOKA_PORT": "8002", "XIAOKA_ENCODER": "environment", "OTHER": "x"}

    settings = load_settings({"encoder": "given"}, environ=environ, folder=tmp_path)

    assert (settings.encoder, settings.port, settings.k, settings.host) == ("given", 8002, 3, "127.0.0.1")
    assert settings.origins["encoder"] == "command line"
    assert settings.origins["port"] == "XIAOKA_PORT"
    assert settings.origins["k"] == str(tmp_path / "xiaoka.toml")
    assert settings.origins["host"] == "default"


def test_an_empty_variable_counts_as_not_set(tmp_path: Path) -> None:
    assert load_settings({}, environ={"XIAOKA_K": ""}, folder=tmp_path).k == 20


def test_the_process_environment_and_working_directory_are_read_when_none_is_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XIAOKA_CORPUS", "mine")

    assert load_settings({}).corpus == tmp_path / "mine"


def test_relative_folders_begin_where_the_settings_file_lies(tmp_path: Path) -> None:
    (tmp_path / "xiaoka.toml").write_text('corpus = "articles"\ndata = "/var/x"\n', encoding="utf-8")

    settings = load_settings({}, environ={}, folder=tmp_path)

    assert settings.corpus == tmp_path / "articles"
    assert settings.data == Path("/var/x")


def test_a_settings_file_with_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    (tmp_path / "xiaoka.toml").write_bytes(b"\xef\xbb\xbfk = 4\r\n")

    assert load_settings({}, environ={}, folder=tmp_path).k == 4


def test_an_unknown_setting_is_refused_with_the_known_ones(tmp_path: Path) -> None:
    (tmp_path / "xiaoka.toml").write_text("prot = 1\n", encoding="utf-8")

    with pytest.raises(UnusableInput, match=r"'prot' in .*xiaoka\.toml\. The settings are corpus, data, encoder"):
        load_settings({}, environ={}, folder=tmp_path)


@pytest.mark.parametrize("content", [b"k = ", b"k = 1\nk = 2\n", b"k = " + b"[" * 50_000])
def test_a_settings_file_that_is_no_toml_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "xiaoka.toml").write_bytes(content)

    with pytest.raises(UnusableInput, match=r"`xiaoka\.toml` must be valid TOML"):
        load_settings({}, environ={}, folder=tmp_path)


def test_a_settings_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "xiaoka.toml").write_bytes(b"k = '\xff'")

    with pytest.raises(UnusableInput, match=r"`xiaoka\.toml` must be a readable UTF-8 file"):
        load_settings({}, environ={}, folder=tmp_path)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("k", "0"),
        ("k", "101"),
        ("k", "six"),
        ("k", "１"),
        ("k", "9" * 5000),
        ("port", "65536"),
        ("port", "-1"),
        ("host", "http://localhost"),
        ("host", " "),
        ("chroma_url", "localhost:8000"),
        ("chroma_url", "ftp://localhost"),
        ("chroma_url", "http://localhost:99999"),
        ("root_path", "xiaoka"),
        ("encoder", "a\x00b"),
        ("corpus", "a\nb"),
        ("auth_file", "a\x00b"),
        ("auth_file", " "),
        ("mcp", "yes"),
        ("mcp", "1"),
        ("mcp", "true false"),
        ("model", " "),
        ("model_url", "localhost:11434"),
        ("model_url", "http://localhost/v1#x"),
        ("model_timeout_seconds", "0"),
        ("model_timeout_seconds", "1.5"),
        ("model_tokens", "511"),
        ("model_tokens", "-1"),
        ("model_concurrency", "0"),
        ("model_concurrency", "65"),
    ],
)
def test_a_value_that_is_not_accepted_names_the_setting_the_value_and_its_origin(
    tmp_path: Path, name: str, value: str
) -> None:
    with pytest.raises(UnusableInput, match=rf"`{name}` must be .*; got .* from XIAOKA_{name.upper()}\."):
        load_settings({}, environ={f"XIAOKA_{name.upper()}": value}, folder=tmp_path)


@pytest.mark.parametrize(
    "line", ["k = true", "k = 3.0", "port = [1]", "corpus = 7", 'encoder = ""', "auth_file = 7", "mcp = 1", "mcp = []"]
)
def test_a_value_of_the_wrong_type_in_the_file_is_refused(tmp_path: Path, line: str) -> None:
    (tmp_path / "xiaoka.toml").write_text(line, encoding="utf-8")

    with pytest.raises(UnusableInput, match=r"must be .*; got .* from .*xiaoka\.toml"):
        load_settings({}, environ={}, folder=tmp_path)


def test_a_refused_command_line_value_names_its_option(tmp_path: Path) -> None:
    with pytest.raises(UnusableInput, match=r"from `--root-path`"):
        load_settings({"root_path": "x"}, environ={}, folder=tmp_path)


def test_a_trailing_slash_of_an_address_is_dropped(tmp_path: Path) -> None:
    settings = load_settings(
        {"chroma_url": "http://db:8000/", "root_path": "https://cards.example/x/"}, environ={}, folder=tmp_path
    )

    assert (settings.chroma_url, settings.root_path) == ("http://db:8000", "https://cards.example/x")


def test_describe_lists_every_setting_with_value_and_origin(tmp_path: Path) -> None:
    rows = describe(load_settings({"k": 5}, environ={"XIAOKA_DATA": "/d"}, folder=tmp_path))

    assert [row["name"] for row in rows] == [
        "corpus",
        "data",
        "encoder",
        "reranker",
        "chroma_url",
        "k",
        "host",
        "port",
        "root_path",
        "auth_file",
        "mcp",
        "model",
        "model_url",
        "model_key_file",
        "model_timeout_seconds",
        "model_tokens",
        "model_concurrency",
    ]
    assert {"name": "k", "value": 5, "from": "command line"} in rows
    assert {"name": "data", "value": "/d", "from": "XIAOKA_DATA"} in rows
    assert {"name": "auth_file", "value": "", "from": "default"} in rows
    assert {"name": "mcp", "value": False, "from": "default"} in rows


def test_an_operators_file_is_described_by_its_path_alone(tmp_path: Path) -> None:
    (tmp_path / "operator").write_text("anna:geheimnis", encoding="utf-8")
    rows = describe(load_settings({"auth_file": "operator"}, environ={}, folder=tmp_path))

    assert {"name": "auth_file", "value": str(tmp_path / "operator"), "from": "command line"} in rows
    assert "geheimnis" not in str(rows)


def test_an_operators_file_lies_where_the_settings_file_does_unless_its_path_is_whole(tmp_path: Path) -> None:
    (tmp_path / "xiaoka.toml").write_text('auth_file = "secret/operator"\n', encoding="utf-8")

    assert load_settings({}, environ={}, folder=tmp_path).auth_file == tmp_path / "secret" / "operator"
    assert load_settings({"auth_file": "/etc/o"}, environ={}, folder=tmp_path).auth_file == Path("/etc/o")
    assert load_settings({"auth_file": Path("o")}, environ={}, folder=tmp_path).auth_file == tmp_path / "o"


def test_an_empty_operators_file_on_the_command_line_or_in_the_file_is_none(tmp_path: Path) -> None:
    (tmp_path / "xiaoka.toml").write_text('auth_file = ""\n', encoding="utf-8")

    assert load_settings({}, environ={}, folder=tmp_path).auth_file is None
    assert load_settings({"auth_file": ""}, environ={"XIAOKA_AUTH_FILE": "x"}, folder=tmp_path).auth_file is None


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("true", True),
        ("True", True),
        (" TRUE ", True),
        ("false", False),
        ("False", False),
        (True, True),
        (False, False),
    ],
)
def test_a_switch_is_true_or_false(tmp_path: Path, raw: object, value: bool) -> None:
    assert load_settings({"mcp": raw}, environ={}, folder=tmp_path).mcp is value


def test_a_switch_is_read_from_the_environment_and_from_the_file(tmp_path: Path) -> None:
    (tmp_path / "xiaoka.toml").write_text("mcp = true\n", encoding="utf-8")

    assert load_settings({}, environ={}, folder=tmp_path).mcp is True
    assert load_settings({}, environ={"XIAOKA_MCP": "false"}, folder=tmp_path).mcp is False


@given(st.text())
def test_any_text_for_any_setting_is_taken_or_refused_as_unusable(text: str) -> None:
    for name in ("corpus", "encoder", "reranker", "chroma_url", "k", "host", "port", "root_path", "auth_file", "mcp"):
        # Any other exception fails the test.
        with contextlib.suppress(UnusableInput):
            load_settings({name: text}, environ={}, folder=Path("/nowhere"))


@pytest.mark.parametrize(
    "url",
    [
        f"https://{KEY}@models.example/v1",
        f"https://me:{KEY}@models.example",
        f"http://models.example/v1?key={KEY}",
        f"http://models.example?{KEY}",
    ],
)
@pytest.mark.parametrize("origin", ["command line", "environment", "file"])
def test_an_address_with_a_key_in_it_is_refused_without_the_key(tmp_path: Path, url: str, origin: str) -> None:
    (tmp_path / "xiaoka.toml").write_text(f'model_url = "{url}"' if origin == "file" else "", encoding="utf-8")
    environ = {"XIAOKA_MODEL_URL": url} if origin == "environment" else {}

    with pytest.raises(UnusableInput, match=r"`model_url` must be .* without a key in it.*; got .*models") as refused:
        load_settings({"model_url": url} if origin == "command line" else {}, environ=environ, folder=tmp_path)

    assert KEY not in str(refused.value)


def test_a_key_is_read_from_its_file_before_the_environment(tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(b"\xef\xbb\xbf" + KEY.encode() + b"\r\n")
    environ = {"XIAOKA_MODEL_KEY": "sk-of-the-environment"}
    plain = load_settings({}, environ=environ, folder=tmp_path)
    with_file = load_settings({"model_key_file": "key"}, environ=environ, folder=tmp_path)

    assert model_key(plain, environ=environ) == "sk-of-the-environment"
    assert model_key(with_file, environ=environ) == KEY
    assert model_key(plain, environ={}) == ""
    assert model_key(plain, environ={"XIAOKA_MODEL_KEY": ""}) == ""


def test_a_key_is_no_setting(tmp_path: Path) -> None:
    (tmp_path / "key").write_text(KEY, encoding="utf-8")
    settings = load_settings({"model_key_file": "key"}, environ={"XIAOKA_MODEL_KEY": KEY}, folder=tmp_path)

    assert model_key(settings, environ={}) == KEY
    assert KEY not in repr(settings)
    assert KEY not in str(describe(settings))


def test_a_key_in_the_settings_file_is_refused_and_not_repeated(tmp_path: Path) -> None:
    (tmp_path / "xiaoka.toml").write_text(f'model_key = "{KEY}"\n', encoding="utf-8")

    with pytest.raises(UnusableInput, match=r"must not hold a key; .* name that with `model_key_file`") as refused:
        load_settings({}, environ={}, folder=tmp_path)

    assert KEY not in str(refused.value)


@pytest.mark.parametrize(
    "content", [b"", b" \n", f"{KEY}\nmore".encode(), f"key {KEY}".encode(), "钥".encode(), b"\xff", b"a" * 20_000]
)
def test_a_file_that_holds_no_key_is_refused_and_not_repeated(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "key").write_bytes(content)
    settings = load_settings({"model_key_file": "key"}, environ={}, folder=tmp_path)

    with pytest.raises(UnusableInput, match="`model_key_file` must") as refused:
        model_key(settings, environ={})

    assert KEY not in str(refused.value)


def test_a_key_that_was_given_for_its_file_is_not_repeated(tmp_path: Path) -> None:
    settings = load_settings({"model_key_file": KEY}, environ={}, folder=tmp_path)

    with pytest.raises(UnusableInput, match="ended in FileNotFoundError") as refused:
        model_key(settings, environ={})

    assert KEY not in str(refused.value)
    assert refused.value.__suppress_context__


@pytest.mark.parametrize("key", [f"{KEY}\nX-Other: 1", "a b", "ключ"])
def test_a_variable_that_holds_no_key_is_refused(tmp_path: Path, key: str) -> None:
    settings = load_settings({}, environ={}, folder=tmp_path)

    with pytest.raises(UnusableInput, match="`XIAOKA_MODEL_KEY` must hold one key") as refused:
        model_key(settings, environ={"XIAOKA_MODEL_KEY": key})

    assert key not in str(refused.value)
