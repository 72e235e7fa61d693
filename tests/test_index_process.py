from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from assistant.index_process import IndexProcess
from assistant.settings import Settings, load_settings
from corpus.errors import UnusableInput
from index.encoder import load_encoder
from index.index import index_status
from tests.fakes import write_articles


def settings_of(folder: Path, **more: object) -> Settings:
    write_articles(folder / "corpus")
    return load_settings({"corpus": folder / "corpus", "data": folder / "data", **more}, environ={}, folder=folder)


def test_an_index_is_built_of_what_the_settings_name(tmp_path: Path) -> None:
    settings = settings_of(tmp_path)

    counts = IndexProcess(settings).wait(120)

    status = index_status(corpus=settings.corpus, data=settings.data, encoder=load_encoder("builtin"))
    assert status.state == "ready"
    assert counts == {"n_documents": 3, "n_chunks": status.n_chunks}


def test_a_corpus_that_is_refused_is_refused_here_in_its_own_words(tmp_path: Path) -> None:
    settings = load_settings({"corpus": tmp_path / "no 文件夹", "data": tmp_path}, environ={}, folder=tmp_path)

    with pytest.raises(UnusableInput, match=r"`corpus` must be a folder that exists; got .*no 文件夹"):
        IndexProcess(settings).wait(120)


def test_a_build_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    build = IndexProcess(settings_of(tmp_path))

    with pytest.raises(UnusableInput, match=r"must end within 0\.01 seconds; it did not"):
        build.wait(0.01)
    assert build._process.returncode is not None


def test_a_build_that_was_stopped_says_so(tmp_path: Path) -> None:
    build = IndexProcess(settings_of(tmp_path))
    build.stop()

    with pytest.raises(UnusableInput, match="must end before the assistant is closed; it did not"):
        build.wait(120)


def test_a_build_that_dies_by_itself_is_a_failure_and_no_refusal(tmp_path: Path) -> None:
    build = IndexProcess(settings_of(tmp_path))
    build._process.kill()

    with pytest.raises(RuntimeError, match="The process that builds the index ended with -9"):
        build.wait(120)


def test_a_password_is_not_on_the_command_line(tmp_path: Path) -> None:
    settings = settings_of(tmp_path, chroma_url="http://someone:secret@127.0.0.1:9")
    build = IndexProcess(settings)
    command = build._process.args

    with pytest.raises(UnusableInput, match=r"127\.0\.0\.1:9") as refused:
        build.wait(120)
    assert "secret" not in subprocess.list2cmdline(command)  # type: ignore[arg-type]
    assert "secret" not in str(refused.value)
