from __future__ import annotations

import json
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from corpus.document import Chunk, Document, Step
from corpus.errors import UnusableInput
from index import build
from index.build import build_index, ensure_index
from index.chunk_file import ChunkFile, passage_key
from index.encoder import load_encoder
from index.errors import IndexDamaged, IndexForeign, IndexMissing, IndexStale
from index.index import Home, Index, index_status, open_index
from index.verify import verify_index
from tests.fakes import ACCESS, BANK, FakeEncoder, chroma_server, write_articles

ROOT = Path(__file__).resolve().parent.parent


class Setting:
    """A corpus and a data folder, and what is asked of them."""

    def __init__(self, folder: Path) -> None:
        self.corpus = write_articles(folder / "corpus")
        self.data = folder / "data"
        self.encoder = FakeEncoder()

    @property
    def home(self) -> Home:
        return Home(corpus=self.corpus, data=self.data)

    @property
    def generation(self) -> Path:
        return self.home.generations / self.home.current()

    def arguments(self, encoder: FakeEncoder | None = None) -> dict[str, object]:
        return {"corpus": self.corpus, "data": self.data, "encoder": encoder or self.encoder}

    def build(self, encoder: FakeEncoder | None = None) -> None:
        build_index(**self.arguments(encoder), progress=False).close()  # type: ignore[arg-type]

    def ensure(self, encoder: FakeEncoder | None = None) -> Index:
        return ensure_index(**self.arguments(encoder), progress=False)  # type: ignore[arg-type]

    def open(self, encoder: FakeEncoder | None = None) -> Index:
        return open_index(**self.arguments(encoder))  # type: ignore[arg-type]

    def state(self, encoder: FakeEncoder | None = None) -> str:
        return index_status(**self.arguments(encoder)).state  # type: ignore[arg-type]

    def problems(self) -> list[str]:
        return verify_index(**self.arguments())  # type: ignore[arg-type]

    def generations(self) -> list[str]:
        return sorted(path.name for path in self.home.generations.iterdir())

    def edit(self, name: str, text: str) -> None:
        self.corpus.joinpath(name).write_text(text, encoding="utf-8")

    def graph_files(self) -> list[Path]:
        return sorted(self.generation.glob("chroma/*/*"))


@pytest.fixture
def empty(tmp_path: Path) -> Setting:
    return Setting(tmp_path)


@pytest.fixture
def ready(empty: Setting) -> Setting:
    empty.build()
    empty.encoder.passages.clear()
    return empty


# What is built


def test_an_index_holds_the_documents_and_chunks_of_its_corpus(ready: Setting) -> None:
    with ready.open() as index:
        heads = index.documents()
        chunks = list(index.all_chunks())

        assert [(head.doc_id, head.title, head.path) for head in heads] == [
            ("access", "门禁卡", "access.md"),
            ("bank", "银行卡", "bank.md"),
            ("transit", "交通卡", "transit.md"),
        ]
        assert index.document("bank").text == BANK
        assert index.document("bank").version == heads[1].version
        assert [chunk for head in heads for chunk in index.chunks(head.doc_id)] == chunks
        assert [step.text for step in index.chunks("bank")[-1].steps] == ["结清银行卡的欠款。", "到银行柜台提交申请。"]
        assert index.outline() == [(chunk.doc_id, chunk.headings, chunk.kind, chunk.chunk_id) for chunk in chunks]
        assert index.manifest.n_chunks == len(chunks) == sum(head.n_chunks for head in heads)
    assert ready.problems() == []


def test_a_document_that_is_not_indexed_is_refused(ready: Setting) -> None:
    with (
        ready.open() as index,
        pytest.raises(UnusableInput, match="`doc_id` must be the id of an indexed article; got 'x'"),
    ):
        index.document("x")


def test_status_says_what_was_built(ready: Setting) -> None:
    status = index_status(corpus=ready.corpus, data=ready.data, encoder=ready.encoder)

    assert (status.state, status.reason, status.changed) == ("ready", "", ())
    assert (status.n_documents, status.encoder, status.store) == (3, "fake", "embedded")
    assert status.size_bytes > 10_000
    assert status.built_at.endswith("+00:00")
    assert status.folder.startswith(str(ready.data / "indexes" / "corpus-"))


def test_each_corpus_has_an_index_of_its_own(tmp_path: Path, ready: Setting) -> None:
    other = write_articles(tmp_path / "elsewhere" / "corpus", access=ACCESS)
    build_index(corpus=other, data=ready.data, encoder=ready.encoder, progress=False).close()

    assert len(list((ready.data / "indexes").iterdir())) == 2
    with ready.open() as index:
        assert len(index.documents()) == 3


def test_building_twice_gives_the_same_answers(ready: Setting) -> None:
    with ready.open() as index:
        before = index.retriever.search("银行卡欠款", 5)
    ready.build()
    with ready.open() as index:
        assert index.retriever.search("银行卡欠款", 5) == before


def test_an_odd_folder_name_is_a_corpus_like_any_other(tmp_path: Path) -> None:
    corpus = write_articles(tmp_path / "客服 #1 100% ?", bank=BANK)
    with build_index(corpus=corpus, data=tmp_path / "数 据", encoder=FakeEncoder(), progress=False) as index:
        assert index.retriever.search("银行", 1)[0].chunk.doc_id == "bank"
        assert index.document("bank").text == BANK


def test_what_cleaning_masks_is_stored_and_no_chunk_holds_it(empty: Setting) -> None:
    empty.edit("bank.md", BANK + "\n加微信 esim9999 领卡，永久免费。\n")
    with empty.ensure() as index:
        document = index.document("bank")

        assert document.masked
        assert "esim9999" not in document.text
        assert all("esim9999" not in chunk.text for chunk in index.all_chunks())
    assert empty.problems() == []


# What is refused before anything is written


@pytest.mark.parametrize("articles", [{}, {"blank": " \n\n"}, {"marks": "---\n\n***\n"}])
def test_a_corpus_without_words_is_refused(tmp_path: Path, articles: dict[str, str]) -> None:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    for name, text in articles.items():
        (corpus / f"{name}.md").write_text(text, encoding="utf-8")

    with pytest.raises(UnusableInput, match="must hold"):
        build_index(corpus=corpus, data=tmp_path / "data", encoder=FakeEncoder(), progress=False)
    assert not list(tmp_path.glob("data/indexes/*/generations/*"))


def test_a_corpus_that_is_not_there_is_refused(tmp_path: Path) -> None:
    for call in (build_index, ensure_index, open_index, index_status, verify_index):
        with pytest.raises(UnusableInput, match="nowhere"):
            call(corpus=tmp_path / "nowhere", data=tmp_path / "data", encoder=FakeEncoder())
    assert not (tmp_path / "data").exists()


def test_an_article_that_cannot_be_read_leaves_the_index_as_it_was(ready: Setting) -> None:
    before = ready.home.current()
    ready.corpus.joinpath("bad.md").write_bytes(b"\x00\x01\x02")

    with pytest.raises(UnusableInput, match=r"bad\.md"):
        ready.build()
    assert (ready.home.current(), ready.generations()) == (before, [before])


def test_a_data_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    corpus = write_articles(tmp_path / "corpus")
    (tmp_path / "file").write_text("")

    with pytest.raises(UnusableInput, match="`data` must be a folder that can be written"):
        build_index(corpus=corpus, data=tmp_path / "file" / "data", encoder=FakeEncoder(), progress=False)


def test_a_disk_without_room_is_refused(empty: Setting, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "_BYTES_LEFT_FREE", 10**18)

    with pytest.raises(UnusableInput, match=r"`data` must have \d+ MB of room"):
        empty.build()


def test_a_second_builder_is_refused_while_the_first_runs(empty: Setting, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "_LOCK_WAIT_SECONDS", 0.1)

    with build._locked(empty.home), pytest.raises(UnusableInput, match="another `xiaoka index build` is running"):
        empty.build()
    empty.build()


# Missing, stale, foreign


def test_an_index_that_was_never_built_is_missing(empty: Setting) -> None:
    assert empty.state() == "missing"
    with pytest.raises(IndexMissing, match=r"Run `xiaoka index build` .*--corpus .* --data .* index build`"):
        empty.open()
    assert empty.problems() != []
    assert not empty.data.exists()


CHANGES: dict[str, Callable[[Setting], object]] = {
    "changed": lambda setting: setting.edit("bank.md", BANK.replace("欠款", "年费")),
    "changed to the same length": lambda setting: setting.edit("bank.md", BANK.replace("欠款", "罚款")),
    "added": lambda setting: setting.edit("new.md", ACCESS),
    "removed": lambda setting: (setting.corpus / "bank.md").unlink(),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_an_article_that_changed_makes_the_index_stale_until_it_is_ensured(
    ready: Setting, change: Callable[[Setting], object]
) -> None:
    change(ready)

    status = index_status(corpus=ready.corpus, data=ready.data, encoder=ready.encoder)
    assert (status.state, len(status.changed)) == ("stale", 1)
    with pytest.raises(IndexStale, match=f"{status.changed[0]} changed.*Run `xiaoka index build`"):
        ready.open()
    ready.ensure().close()
    assert ready.state() == "ready"
    assert ready.problems() == []


def test_a_change_that_keeps_size_and_time_is_noticed_when_it_follows_the_build_at_once(ready: Setting) -> None:
    file = ready.corpus / "bank.md"
    stat = file.stat()
    ready.edit("bank.md", BANK.replace("欠款", "罚款"))
    os.utime(file, ns=(stat.st_atime_ns, stat.st_mtime_ns))

    assert ready.state() == "stale"


def test_files_that_were_only_touched_are_unchanged(ready: Setting) -> None:
    before = ready.home.current()
    for file in ready.corpus.iterdir():
        os.utime(file, ns=(1, 10**18))

    assert ready.state() == "ready"
    assert json.loads((ready.generation / "stats.json").read_bytes())["bank.md"]["mtime_ns"] == 10**18
    with ready.ensure():
        assert ready.home.current() == before


def test_many_changes_are_named_in_part(ready: Setting) -> None:
    write_articles(ready.corpus, **{f"n{n}": ACCESS for n in range(9)})

    with pytest.raises(IndexStale, match=r"n0\.md, n1\.md, n2\.md and 6 more changed"):
        ready.open()


def test_another_encoder_is_foreign_and_never_replaced_unasked(ready: Setting) -> None:
    before = ready.home.current()
    other = FakeEncoder("other")

    assert ready.state(other) == "foreign"
    for call in (ready.open, ready.ensure):
        with pytest.raises(IndexForeign, match="`encoder` must be 'fake', which built the index; got 'other'"):
            call(other)
    assert ready.home.current() == before
    ready.build(other)
    assert ready.state(other) == "ready"


def test_another_model_under_the_same_name_is_foreign(ready: Setting) -> None:
    with pytest.raises(IndexForeign, match="'fake' now gives other vectors than it did"):
        ready.open(FakeEncoder(scale=3))


def test_a_foreign_encoder_is_refused_even_when_the_corpus_changed_too(ready: Setting) -> None:
    ready.edit("new.md", ACCESS)

    with pytest.raises(IndexForeign, match="got 'other'"):
        ready.ensure(FakeEncoder("other"))


@pytest.mark.parametrize(
    ("key", "value", "state"),
    [
        ("program", "0" * 16, "stale"),
        ("chroma", "0.0.1", "stale"),
        ("format_version", 0, "stale"),
        ("store", "http://x", "stale"),
    ],
)
def test_an_index_of_another_version_is_stale(ready: Setting, key: str, value: object, state: str) -> None:
    file = ready.generation / "manifest.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), key: value}))

    with pytest.raises(IndexStale, match="Run `xiaoka index build`"):
        ready.open()
    ready.ensure().close()
    ready.open().close()
    assert state == "stale"


# What is not done twice


def test_unchanged_passages_are_not_encoded_again(ready: Setting) -> None:
    ready.edit("new.md", "# 会员卡\n\n会员卡可以退。\n")
    ready.ensure().close()

    assert ready.encoder.passages == ["会员卡可以退。"]
    with ready.open() as index:
        assert index.retriever.search("会员卡可以退", 1)[0].chunk.doc_id == "new"
    assert ready.problems() == []


def test_a_build_after_nothing_changed_encodes_nothing(ready: Setting) -> None:
    ready.build()

    assert ready.encoder.passages == []


def test_an_article_that_moved_is_not_encoded_again(ready: Setting) -> None:
    ready.corpus.joinpath("bank.md").rename(ready.corpus / "savings.md")
    ready.ensure().close()

    assert ready.encoder.passages == []


def test_another_encoder_encodes_everything(ready: Setting) -> None:
    other = FakeEncoder("other")
    ready.build(other)

    with ready.open(other) as index:
        assert len(other.passages) == index.manifest.n_chunks


def test_equal_passages_are_encoded_once(tmp_path: Path) -> None:
    encoder = FakeEncoder()
    corpus = write_articles(tmp_path / "corpus", one=BANK, two=BANK)
    with build_index(corpus=corpus, data=tmp_path / "data", encoder=encoder, progress=False) as index:
        assert len(encoder.passages) == index.manifest.n_vectors == index.manifest.n_chunks / 2


# Generations


def test_the_index_before_the_last_is_kept_and_older_ones_are_removed(ready: Setting) -> None:
    first = ready.home.current()
    ready.build()
    second = ready.home.current()
    ready.build()

    assert ready.generations() == sorted([second, ready.home.current()])
    assert first not in ready.generations()


def test_an_open_index_answers_on_while_another_is_built(ready: Setting) -> None:
    with ready.open() as index:
        before = index.retriever.search("银行卡", 3)
        ready.edit("bank.md", BANK.replace("欠款", "年费"))
        ready.build()

        assert index.retriever.search("银行卡", 3) == before
        assert index.document("bank").text == BANK


def test_leftovers_of_a_build_that_was_killed_are_removed_by_the_next(ready: Setting) -> None:
    half = ready.home.generations / "20200101T000000000000-abcdef"
    half.joinpath("chroma").mkdir(parents=True)
    half.joinpath("chunks.sqlite3").write_bytes(b"half")
    ready.home.folder.joinpath(".current.123").write_text("x")

    with ready.open():
        pass
    ready.build()
    assert half.name not in ready.generations()
    assert not ready.home.folder.joinpath(".current.123").exists()


def test_a_build_that_fails_leaves_the_index_as_it_was(ready: Setting, monkeypatch: pytest.MonkeyPatch) -> None:
    before = ready.home.current()
    ready.edit("new.md", "# 会员卡\n\n会员卡可以退。\n")

    def fail(_texts: object) -> None:
        raise MemoryError

    monkeypatch.setattr(ready.encoder, "encode_passages", fail)
    with pytest.raises(MemoryError):
        ready.build()
    assert (ready.home.current(), ready.generations()) == (before, [before])


# Damage


def delete(file: Path) -> None:
    file.unlink()


def cut(file: Path) -> None:
    with file.open("r+b") as stream:
        stream.truncate(file.stat().st_size // 2)


def flip(file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 0xFF
    file.write_bytes(data)


def files_of(setting: Setting) -> dict[str, Path]:
    return {
        "chunks": setting.generation / "chunks.sqlite3",
        "manifest": setting.generation / "manifest.json",
        "database": setting.generation / "chroma" / "chroma.sqlite3",
        "words": next(setting.generation.glob("lexical/*.term")),
        "meta": setting.generation / "lexical" / "meta.json",
        **{file.name: file for file in setting.graph_files()},
    }


@pytest.mark.parametrize("harm", [delete, cut])
@pytest.mark.parametrize(
    "name",
    [
        "chunks",
        "manifest",
        "database",
        "words",
        "meta",
        "data_level0.bin",
        "header.bin",
        "index_metadata.pickle",
        "length.bin",
    ],
)
def test_files_that_are_gone_or_cut_are_noticed_and_the_index_is_built_again(
    ready: Setting, harm: Callable[[Path], None], name: str
) -> None:
    harm(files_of(ready)[name])

    with pytest.raises(IndexDamaged, match="Run `xiaoka index build`"):
        ready.open()
    assert ready.problems() != []
    with ready.ensure() as index:
        assert index.retriever.search("银行", 1)[0].chunk.doc_id == "bank"
    assert ready.problems() == []


@pytest.mark.parametrize("name", ["chunks", "words", "data_level0.bin", "index_metadata.pickle"])
def test_flipped_bits_are_found_by_verify(ready: Setting, name: str) -> None:
    file = files_of(ready)[name]
    flip(file)

    problems = ready.problems()
    assert problems[0] == f"`{file}` is not as it was built."
    assert "Run `xiaoka index build`" in problems[-1]


def test_an_empty_store_folder_is_noticed(ready: Setting) -> None:
    shutil.rmtree(ready.generation / "chroma")
    (ready.generation / "chroma").mkdir()

    assert ready.state() == "damaged"


def test_a_damaged_index_falls_back_to_the_one_before_when_that_fits(ready: Setting) -> None:
    before = ready.home.current()
    ready.build()
    cut(files_of(ready)["words"])

    with ready.open() as index:
        assert index.manifest.generation == before
        assert index.retriever.search("银行", 1)[0].chunk.doc_id == "bank"


def test_a_damaged_index_does_not_fall_back_to_one_of_another_corpus(ready: Setting) -> None:
    ready.edit("bank.md", BANK.replace("欠款", "年费"))
    ready.build()
    cut(files_of(ready)["words"])

    with pytest.raises(IndexDamaged, match="must have"):
        ready.open()


@pytest.mark.parametrize("pointer", ["", "no-such-generation", "../../elsewhere"])
def test_a_pointer_to_nothing_is_noticed(ready: Setting, pointer: str) -> None:
    ready.home.pointer.write_text(pointer)
    shutil.rmtree(ready.home.generations)

    with pytest.raises(IndexMissing, match="Run `xiaoka index build`"):
        ready.open()
    ready.ensure().close()


def test_verify_finds_a_chunk_that_is_not_its_span(ready: Setting) -> None:
    file = ready.generation / "chunks.sqlite3"
    with sqlite3.connect(file) as connection:
        connection.execute("UPDATE words SET text = replace(text, '柜台', '窗口')")
    connection.close()
    rewrite_digest(ready, file)

    assert any("`chunk.text` must equal its span" in problem for problem in ready.problems())


def test_verify_finds_a_document_that_is_not_its_file(ready: Setting) -> None:
    file = ready.generation / "chunks.sqlite3"
    with sqlite3.connect(file) as connection:
        connection.execute("UPDATE documents SET text = text || '。' WHERE doc_id = 'bank'")
    connection.close()
    rewrite_digest(ready, file)

    assert ready.problems() == ["The text of bank.md in the index must equal the file's; it does not."]


def test_verify_finds_halves_that_disagree(ready: Setting) -> None:
    file = ready.generation / "chunks.sqlite3"
    with sqlite3.connect(file) as connection:
        connection.execute("DELETE FROM places WHERE doc_id = 'bank'")
    connection.close()
    rewrite_digest(ready, file)

    found = " ".join(ready.problems())
    assert "The lexical index must hold" in found
    assert "The vector store must hold" in found
    assert "The index must hold 3 documents" in found


def rewrite_digest(setting: Setting, file: Path) -> None:
    """Makes the manifest agree with a file that was changed, as if a defect of ours had written it."""
    from index.manifest import built_files

    manifest = setting.generation / "manifest.json"
    values = json.loads(manifest.read_text())
    built = built_files(setting.generation)[file.name]
    values["files"][file.name] = {"size": built.size, "sha256": built.sha256}
    manifest.write_text(json.dumps(values))


# A Chroma server


@pytest.mark.slow
def test_an_index_keeps_its_vectors_on_a_server(empty: Setting, tmp_path: Path) -> None:
    import chromadb

    arguments = {**empty.arguments(), "progress": False}
    with chroma_server(tmp_path / "server") as url:
        with ensure_index(**arguments, chroma_url=url) as index:  # type: ignore[arg-type]
            assert index.retriever.search("银行", 1)[0].chunk.doc_id == "bank"
            assert index.retriever.search("银行", 5, ["access"])[0].chunk.doc_id == "access"
            assert index.manifest.store == url
        for _ in range(2):
            empty.encoder.passages.clear()
            build_index(**arguments, chroma_url=url).close()  # type: ignore[arg-type]
            assert empty.encoder.passages == []
        assert verify_index(**empty.arguments(), chroma_url=url) == []  # type: ignore[arg-type]
        assert not list(empty.generation.glob("chroma*"))
        with chromadb.HttpClient(host="127.0.0.1", port=int(url.rpartition(":")[2])) as client:
            kept = sorted(collection.name for collection in client.list_collections())
            assert kept == [f"{empty.home.collection_prefix}{name}" for name in empty.generations()]
            client._server._session.close()
            client._admin_client._server._session.close()
        with pytest.raises(IndexStale, match="must be built with store 'embedded'; it was with 'http://127"):
            empty.open()

    with pytest.raises(
        UnusableInput, match="`chroma_url` must be the address of a Chroma server that answers"
    ) as caught:
        ensure_index(**arguments, chroma_url=url)  # type: ignore[arg-type]
    assert not isinstance(caught.value, IndexMissing)


# Kills


_BUILDER = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[3])
from index.build import build_index
from tests.fakes import FakeEncoder
print("started", flush=True)
build_index(corpus=Path(sys.argv[1]), data=Path(sys.argv[2]), encoder=FakeEncoder(), progress=False)
"""


def run_build(setting: Setting, kill_after_seconds: float = 600) -> bool:
    """Whether a build in a process of its own came to its end before it was killed."""
    command = [sys.executable, "-c", _BUILDER, str(setting.corpus), str(setting.data), str(ROOT)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "started\n"
        try:
            return process.wait(kill_after_seconds) == 0
        except subprocess.TimeoutExpired:
            process.kill()
            return False


@pytest.mark.slow
def test_a_build_that_is_killed_at_any_time_leaves_an_index_that_serves(empty: Setting) -> None:
    write_articles(empty.corpus, **{f"card{n}": BANK.replace("银行", f"第{n}号") for n in range(60)})
    began = time.monotonic()
    assert run_build(empty)
    seconds = time.monotonic() - began
    n_kills = 8
    finished = 0

    for kill in range(n_kills):
        empty.edit("card0.md", BANK + f"\n第{kill}次修改。\n")
        serving = empty.home.current()
        finished += run_build(empty, seconds * random.Random(kill).uniform(kill, kill + 1) / n_kills)
        # Either the switch was not reached, and the old index is whole though stale, or it was, and the new one is.
        if empty.home.current() == serving:
            earlier = empty.problems()
            assert [problem for problem in earlier if "card0.md changed. Run" not in problem] == []
        else:
            assert empty.problems() == []
    assert finished < n_kills

    empty.ensure().close()
    assert empty.problems() == []
    assert len(empty.generations()) <= 2


# What opening costs


def test_opening_and_searching_import_nothing_heavy(tmp_path: Path) -> None:
    corpus = write_articles(tmp_path / "corpus")
    build_index(corpus=corpus, data=tmp_path / "data", encoder=load_encoder("builtin"), progress=False).close()
    code = (
        "import sys; from pathlib import Path; from index.build import ensure_index\n"
        "from index.encoder import load_encoder\n"
        "index = ensure_index(corpus=Path(sys.argv[1]), data=Path(sys.argv[2]), encoder=load_encoder('builtin'))\n"
        "print(index.retriever.search('银行卡注销', 1)[0].chunk.doc_id)\n"
        "heavy = 'chromadb torch sentence_transformers gradio langchain langchain_text_splitters httpx filelock tqdm'\n"
        "print(sorted(set(heavy.split()) & set(sys.modules)))"
    )
    command = [sys.executable, "-c", code, str(corpus), str(tmp_path / "data")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)

    assert done.stdout.split("\n")[:2] == ["bank", "[]"]
    assert done.stderr == ""


_READER = """
import os, sys
sys.path.insert(0, sys.argv[3])
import chromadb, logging, tempfile  # read before the right to read this installation is given up
from pathlib import Path
from index.build import ensure_index
from tests.fakes import FakeEncoder
if os.geteuid() == 0:
    os.setgid(65534)
    os.setuid(65534)
with ensure_index(corpus=Path(sys.argv[1]), data=Path(sys.argv[2]), encoder=FakeEncoder()) as index:
    print(index.retriever.search("银行", 1)[0].chunk.doc_id)
"""


@pytest.mark.skipif(os.name == "nt", reason="POSIX permissions")
def test_an_index_in_a_folder_that_cannot_be_written_is_read(ready: Setting) -> None:
    folders = [path for path in ready.data.rglob("*") if path.is_dir()] + [ready.data]
    for path in [*ready.data.rglob("*"), *ready.corpus.rglob("*"), *ready.corpus.parents][:-2]:
        path.chmod(0o555 if path.is_dir() else 0o444)
    try:
        command = [sys.executable, "-c", _READER, str(ready.corpus), str(ready.data), str(ROOT)]
        done = subprocess.run(command, capture_output=True, text=True, cwd="/")
    finally:
        for path in [*folders, *ready.corpus.parents][:-2]:
            path.chmod(0o755)

    assert (done.stdout, done.stderr) == ("bank\n", "")


# The file of documents and chunks


def test_a_chunk_that_is_not_its_span_is_not_written(tmp_path: Path) -> None:
    document = Document(doc_id="d", title="d", text="银行卡", path="d.md", version="0" * 64)
    chunk = Chunk(doc_id="d", start=0, end=2, text="银卡", headings=(), kind="prose")

    with pytest.raises(ValueError, match=r"`chunk\.text` must equal its span; d:0-2 does not"):
        ChunkFile.create(tmp_path / "chunks.sqlite3", [(document, [chunk])], {})


def test_a_document_that_comes_twice_is_not_written(tmp_path: Path) -> None:
    document = Document(doc_id="d", title="d", text="银行卡", path="d.md", version="0" * 64)

    with pytest.raises(ValueError, match="must be unique"):
        ChunkFile.create(tmp_path / "chunks.sqlite3", [(document, []), (replace(document, path="e.md"), [])], {})


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_documents_and_chunks_come_back_as_they_were_put_in(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    words = st.text(st.characters(codec="utf-8"), max_size=60)
    entries = []
    for n in range(data.draw(st.integers(1, 4))):
        text = data.draw(words)
        cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=6, unique=True)))
        spans = list(zip(cuts, cuts[1:], strict=False))
        chunks = tuple(
            Chunk(
                doc_id=f"d{n}",
                start=start,
                end=end,
                text=text[start:end],
                headings=tuple(data.draw(st.lists(words, max_size=2))),
                kind=data.draw(st.sampled_from(["procedure", "prose", "item"])),
                steps=(Step(number=1, title=data.draw(words), text=text[start:end], start=start, end=end),),
            )
            for start, end in spans
        )
        document = Document(
            doc_id=f"d{n}", title=data.draw(words), text=text, path=f"d{n}.md", version="ab" * 32, masked=tuple(spans)
        )
        entries.append((document, chunks))
    file = tmp_path_factory.mktemp("chunks") / "chunks.sqlite3"
    keys = {passage_key(chunk): passage_key(chunk) for _, chunks in entries for chunk in chunks}
    ChunkFile.create(file, entries, keys)
    opened = ChunkFile(file)

    assert [opened.document(document.doc_id) for document, _ in entries] == [document for document, _ in entries]
    assert [opened.chunks(document.doc_id) for document, _ in entries] == [chunks for _, chunks in entries]
    assert list(opened.all_chunks()) == [chunk for _, chunks in entries for chunk in chunks]
    assert opened.counts() == (len(entries), sum(len(chunks) for _, chunks in entries))
    opened.close()


def test_an_index_of_an_older_built_in_encoder_is_built_anew(tmp_path: Path) -> None:
    corpus = write_articles(tmp_path / "corpus")
    for name in ("ngram-256-v1", "xiaoka-zh-en-256-v0"):
        build_index(corpus=corpus, data=tmp_path / name, encoder=FakeEncoder(name=name), progress=False).close()

        newer = FakeEncoder(name="xiaoka-zh-en-256-v9")
        with pytest.raises(IndexStale, match=f"built-in encoder 'xiaoka-zh-en-256-v9'; it was with '{name}'"):
            open_index(corpus=corpus, data=tmp_path / name, encoder=newer)
        with ensure_index(corpus=corpus, data=tmp_path / name, encoder=newer, progress=False) as index:
            assert index.manifest.encoder == "xiaoka-zh-en-256-v9"
        with pytest.raises(IndexForeign):
            open_index(corpus=corpus, data=tmp_path / name, encoder=FakeEncoder(name="somebody's own"))
