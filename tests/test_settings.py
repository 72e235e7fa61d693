from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.settings import describe, load_settings
from corpus.errors import UnusableInput


def test_defaults_serve_on_loopback_with_the_shipped_articles(tmp_path: Path) -> None:
    settings = load_settings({}, environ={}, folder=tmp_path)

    assert (settings.host, settings.port, settings.k) == ("127.0.0.1", 7860, 20)
    assert (settings.encoder, settings.reranker, settings.chroma_url, settings.root_path) == ("builtin", "", "", "")
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
    ],
)
def test_a_value_that_is_not_accepted_names_the_setting_the_value_and_its_origin(
    tmp_path: Path, name: str, value: str
) -> None:
    with pytest.raises(UnusableInput, match=rf"`{name}` must be .*; got .* from XIAOKA_{name.upper()}\."):
        load_settings({}, environ={f"XIAOKA_{name.upper()}": value}, folder=tmp_path)


@pytest.mark.parametrize("line", ["k = true", "k = 3.0", "port = [1]", "corpus = 7", 'encoder = ""'])
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
    ]
    assert {"name": "k", "value": 5, "from": "command line"} in rows
    assert {"name": "data", "value": "/d", "from": "XIAOKA_DATA"} in rows


@given(st.text())
def test_any_text_for_any_setting_is_taken_or_refused_as_unusable(text: str) -> None:
    for name in ("corpus", "encoder", "reranker", "chroma_url", "k", "host", "port", "root_path"):
        # Any other exception fails the test.
        with contextlib.suppress(UnusableInput):
            load_settings({name: text}, environ={}, folder=Path("/nowhere"))
