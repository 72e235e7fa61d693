from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from index.build import build_index
from index.index import Home, open_index
from index.lease import reading, remove_unless_read
from tests.fakes import BANK, FakeEncoder, chroma_server, write_articles

ROOT = Path(__file__).resolve().parent.parent

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows removes no open file by itself")


@pytest.fixture
def generation(tmp_path: Path) -> Path:
    folder = tmp_path / "generations" / "one"
    folder.mkdir(parents=True)
    folder.joinpath("manifest.json").write_text("{}", encoding="utf-8")
    folder.joinpath("chunks.sqlite3").write_bytes(b"x")
    return folder


def test_a_generation_that_nobody_reads_is_removed(generation: Path) -> None:
    assert remove_unless_read(generation)
    assert not generation.exists()


def test_a_generation_that_is_read_stays_until_the_last_reader_left(generation: Path) -> None:
    with reading(generation):
        with reading(generation):
            assert not remove_unless_read(generation)
        assert not remove_unless_read(generation)
        assert generation.joinpath("chunks.sqlite3").is_file()

    assert remove_unless_read(generation)
    assert not generation.exists()


def test_a_generation_that_is_gone_can_be_entered_and_removed(generation: Path) -> None:
    assert remove_unless_read(generation)
    with reading(generation):
        assert not generation.exists()
    assert remove_unless_read(generation)


def test_a_generation_without_its_manifest_is_removed(generation: Path) -> None:
    generation.joinpath("manifest.json").unlink()
    with reading(generation):
        assert remove_unless_read(generation)
    assert not generation.exists()


def test_another_process_keeps_a_generation_and_lets_go_of_it_when_it_is_killed(generation: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from index.lease import reading\n"
        "with reading(Path(sys.argv[1])):\n"
        "    sys.stdout.write('reading\\n'); sys.stdout.flush(); sys.stdin.read()\n"
    )
    command = [sys.executable, "-c", script, str(generation)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT) as reader:
        assert reader.stdout is not None
        assert reader.stdout.readline() == b"reading\n"
        assert not remove_unless_read(generation)
        reader.kill()
        reader.wait()

    assert remove_unless_read(generation)


def build(corpus: Path, data: Path, chroma_url: str = "") -> str:
    encoder = FakeEncoder()
    build_index(corpus=corpus, data=data, encoder=encoder, chroma_url=chroma_url, progress=False).close()
    return Home(corpus=corpus, data=data).current()


def test_an_open_index_is_read_on_after_three_more_were_built(tmp_path: Path) -> None:
    corpus, data = write_articles(tmp_path / "corpus"), tmp_path / "data"
    first = build(corpus, data)
    home = Home(corpus=corpus, data=data)
    with open_index(corpus=corpus, data=data, encoder=FakeEncoder()) as index:
        later = [build(corpus, data) for _ in range(3)]

        # Nothing of it was read before: the text is opened only now.
        assert index.document("bank").text == BANK
        assert index.retriever.search("银行卡", 3)[0].chunk.doc_id == "bank"
        assert {path.name for path in home.generations.iterdir()} == {first, *later[1:]}

    last = build(corpus, data)
    assert {path.name for path in home.generations.iterdir()} == {later[2], last}


@pytest.mark.slow
def test_the_collection_of_an_open_index_stays_on_the_server(tmp_path: Path) -> None:
    corpus, data = write_articles(tmp_path / "corpus"), tmp_path / "data"
    with chroma_server(tmp_path / "server") as url:
        build(corpus, data, url)
        with open_index(corpus=corpus, data=data, encoder=FakeEncoder(), chroma_url=url) as index:
            for _ in range(2):
                build(corpus, data, url)

            assert index.retriever.search("银行卡", 3)[0].chunk.doc_id == "bank"
