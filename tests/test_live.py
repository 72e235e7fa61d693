from __future__ import annotations

import gc
import os
import subprocess
import sys
import threading
import time
import weakref
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from assistant import live
from assistant.answer import Answer
from assistant.live import LiveAssistant
from assistant.settings import Settings, load_settings
from assistant.start import Evaluated, open_assistant
from corpus.errors import UnusableInput
from index.index import Home
from tests.fake_assistant import FakeAssistant, document
from tests.fakes import write_articles

QUESTION = "公交卡怎么注销？"


class Shop:
    """An opener of fakes: the n-th answers everything with `answer n`, and how many of them are open is counted."""

    def __init__(self) -> None:
        self.n_opened = 0
        self.open: set[int] = set()
        self.broken: BaseException | None = None
        self.gates: dict[int, threading.Event] = {}
        self.entered = threading.Event()
        self.alive: list[weakref.ref[FakeAssistant]] = []

    @contextmanager
    def __call__(self) -> Iterator[Evaluated]:
        if self.broken is not None:
            raise self.broken
        self.n_opened += 1
        number = self.n_opened
        assistant = _Gated(self, number)
        self.alive.append(weakref.ref(assistant))
        self.open.add(number)
        try:
            yield assistant
        finally:
            self.open.remove(number)


class _Gated(FakeAssistant):
    """Answers with its number, when its gate is open; a question to one that is closed fails."""

    __hash__ = object.__hash__

    def __init__(self, shop: Shop, number: int) -> None:
        super().__init__(article=document(title=f"article {number}"))
        self._shop = shop
        self._number = number
        self.circle = self  # as the caches of the real one make: only the collector takes it away

    def ask(self, turns: Sequence[str]) -> Answer:
        self.asked.append(tuple(turns))
        if gate := self._shop.gates.get(self._number):
            self._shop.entered.set()
            assert gate.wait(20)
        assert self._number in self._shop.open, "asked after it was closed"
        return Answer(outcome="abstained", text=f"answer {self._number}", language="en", reason="not_stated")


@pytest.fixture
def shop() -> Shop:
    return Shop()


def until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < end, "it did not come to hold within 20 seconds"
        time.sleep(0.01)


def test_every_question_is_passed_on(shop: Shop) -> None:
    with LiveAssistant(shop) as assistant:
        assert assistant.ask([QUESTION]).text == "answer 1"
        assert assistant.document("cards").title == "article 1"
        assert assistant.subjects() == ("交通卡", "银行卡")
        assert assistant.examples("en") == ("How do I cancel a transport card?",)
        assert [head.title for head in assistant.documents()] == ["article 1"]
        assert [entry.doc_id for entry in assistant.outline()] == ["cards"]
        assert assistant.files() == {"cards.md": "ab" * 32}
        assert assistant.encoder == "fake"


def test_it_stands_for_an_assistant_that_is_evaluated(shop: Shop) -> None:
    evaluated: Evaluated = LiveAssistant(shop)  # mypy judges this line

    assert isinstance(evaluated, LiveAssistant)


def test_generations_are_counted_from_one(shop: Shop) -> None:
    live_assistant = LiveAssistant(shop)
    assert live_assistant.generation == 0

    with live_assistant:
        assert live_assistant.generation == 1
        assert live_assistant.reload() == 2
        assert live_assistant.generation == 2


def test_after_a_reload_the_new_one_answers_and_the_old_one_is_closed(shop: Shop) -> None:
    with LiveAssistant(shop) as assistant:
        assistant.reload()

        assert assistant.ask([QUESTION]).text == "answer 2"
        assert assistant.document("cards").title == "article 2"
        until(lambda: shop.open == {2})
    assert shop.open == set()


def test_an_assistant_that_was_replaced_is_forgotten(shop: Shop) -> None:
    with LiveAssistant(shop) as assistant:
        assistant.ask([QUESTION])
        for _ in range(5):
            assistant.reload()
        until(lambda: [place() is None for place in shop.alive] == [True] * 5 + [False])


def test_an_assistant_that_the_collector_passed_over_is_forgotten_too() -> None:
    """In a process of its own: in this one, what other tests have left stays passed over."""
    code = (
        "from assistant.live import LiveAssistant, settle_memory\n"
        "from tests.test_live import Shop, until\n"
        "shop = Shop()\n"
        "with LiveAssistant(shop) as assistant:\n"
        "    settle_memory()\n"
        "    assistant.reload()\n"
        "    until(lambda: [place() is None for place in shop.alive] == [True, False])\n"
    )
    subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).resolve().parent.parent, check=True)


def test_a_question_that_is_being_answered_keeps_its_assistant_open_and_nobody_waiting(shop: Shop) -> None:
    shop.gates[1] = threading.Event()
    answers: list[str] = []
    with LiveAssistant(shop) as assistant:
        asking = threading.Thread(target=lambda: answers.append(assistant.ask([QUESTION]).text))
        asking.start()
        assert shop.entered.wait(20)

        assistant.reload()
        assistant.reload()
        assert assistant.ask([QUESTION]).text == "answer 3"
        until(lambda: shop.open == {1, 3})  # the second was never asked, and is closed before the first
        assert answers == []

        shop.gates[1].set()
        asking.join()
        assert answers == ["answer 1"]
        until(lambda: shop.open == {3})


def test_a_pinned_assistant_answers_on_after_a_reload(shop: Shop) -> None:
    with LiveAssistant(shop) as assistant:
        with assistant.pinned() as pinned:
            assistant.reload()

            assert pinned.ask([QUESTION]).text == "answer 1"
            assert pinned.document("cards").title == "article 1"
            assert assistant.document("cards").title == "article 2"
        until(lambda: shop.open == {2})


def test_a_question_that_fails_leaves_its_assistant_free_to_be_closed(shop: Shop) -> None:
    with LiveAssistant(shop) as assistant:
        with pytest.raises(AssertionError), assistant.pinned() as pinned:
            pinned.document("no such article")
        assistant.reload()

        until(lambda: shop.open == {2})


@pytest.mark.parametrize("error", [UnusableInput("`corpus` must hold an article."), OSError("disk")])
def test_an_error_while_opening_is_raised_and_leaves_the_old_one_answering(shop: Shop, error: Exception) -> None:
    with LiveAssistant(shop) as assistant:
        shop.broken = error
        with pytest.raises(type(error), match=str(error)):
            assistant.reload()

        assert assistant.ask([QUESTION]).text == "answer 1"
        assert assistant.generation == 1
        shop.broken = None
        assert assistant.reload() == 2


def test_an_error_at_the_first_opening_is_raised(shop: Shop) -> None:
    shop.broken = UnusableInput("`corpus` must hold an article.")

    with pytest.raises(UnusableInput, match="must hold an article"), LiveAssistant(shop):
        pass


def test_what_is_not_open_is_not_asked(shop: Shop) -> None:
    assistant = LiveAssistant(shop)
    with pytest.raises(RuntimeError, match="must be entered before it is asked"):
        assistant.ask([QUESTION])
    with assistant:
        pass
    with pytest.raises(RuntimeError, match="must be entered before it is asked"):
        assistant.ask([QUESTION])
    with pytest.raises(RuntimeError, match="must not be used after it was left"):
        assistant.reload()
    assert shop.n_opened == 1


def test_what_was_being_opened_while_it_was_closed_is_closed_too(shop: Shop) -> None:
    opening, closed = threading.Event(), threading.Event()
    errors: list[str] = []

    @contextmanager
    def slow() -> Iterator[Evaluated]:
        with shop() as fake:
            if shop.n_opened == 2:
                opening.set()
                assert closed.wait(20)
            yield fake

    def reload() -> None:
        with pytest.raises(RuntimeError, match="after it was left") as caught:
            assistant.reload()
        errors.append(str(caught.value))

    with LiveAssistant(slow) as assistant:
        reloading = threading.Thread(target=reload)
        reloading.start()
        assert opening.wait(20)
    closed.set()
    reloading.join()

    assert len(errors) == 1
    assert shop.open == set()


def test_leaving_waits_for_the_last_answer(shop: Shop) -> None:
    shop.gates[1] = threading.Event()
    answers: list[str] = []
    with LiveAssistant(shop) as assistant:
        asking = threading.Thread(target=lambda: answers.append(assistant.ask([QUESTION]).text))
        asking.start()
        assert shop.entered.wait(20)
        threading.Timer(0.2, shop.gates[1].set).start()

    asking.join()
    assert answers == ["answer 1"]
    assert shop.open == set()


def test_leaving_does_not_wait_for_an_answer_that_never_comes(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "_LAST_ANSWERS_SECONDS", 0.1)
    shop.gates[1] = threading.Event()
    failed = threading.Event()

    def ask() -> None:
        with pytest.raises(AssertionError, match="asked after it was closed"):
            assistant.ask([QUESTION])
        failed.set()

    with LiveAssistant(shop) as assistant:
        asking = threading.Thread(target=ask)
        asking.start()
        assert shop.entered.wait(20)

    assert shop.open == set()
    shop.gates[1].set()
    asking.join()
    assert failed.is_set()


def test_many_threads_ask_while_it_is_reloaded_again_and_again(shop: Shop) -> None:
    stop = threading.Event()
    seen: list[Counter[str]] = [Counter() for _ in range(4)]
    failures: list[BaseException] = []

    def ask(counts: Counter[str]) -> None:
        try:
            while not stop.is_set():
                counts[assistant.ask([QUESTION]).text] += 1
        except (AssertionError, RuntimeError) as error:
            failures.append(error)

    with LiveAssistant(shop) as assistant:
        threads = [threading.Thread(target=ask, args=(counts,)) for counts in seen]
        for thread in threads:
            thread.start()
        for _ in range(50):
            assistant.reload()
        stop.set()
        for thread in threads:
            thread.join()
        until(lambda: shop.open == {51})
        assert assistant.generation == 51

    assert failures == []
    assert all(sum(counts.values()) > 0 for counts in seen)


# With a real index, built in a process of its own


def settings_of(folder: Path, **more: object) -> Settings:
    write_articles(folder / "corpus")
    return load_settings({"corpus": folder / "corpus", "data": folder / "data", **more}, environ={}, folder=folder)


def opener_of(settings: Settings) -> Callable[[], Any]:
    return lambda: open_assistant(settings)


def library_card(fee: int) -> str:
    steps = f"1. 还清所有图书。\n2. 到总服务台交{fee}元滞纳金。\n3. 交回借书证，领回押金。\n"
    return f"# 借书证\n\n## 借书证怎么注销\n\n{steps}"


def n_open_files() -> int:
    return len(os.listdir("/proc/self/fd"))


def maps_of(folder: Path) -> set[str]:
    """The generations whose files this process has mapped or open."""
    lines = Path("/proc/self/maps").read_text(encoding="utf-8").splitlines()
    links = []
    for descriptor in Path("/proc/self/fd").iterdir():
        try:
            links.append(os.readlink(descriptor))
        except OSError:  # the descriptor that lists them
            continue
    names = [path.name for path in folder.iterdir()]
    return {name for name in names for line in [*lines, *links] if f"/{name}/" in line}


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="counts what Linux lists")
def test_questions_are_answered_while_articles_are_added_and_the_index_is_rebuilt(tmp_path: Path) -> None:
    settings = settings_of(tmp_path)
    home = Home(corpus=settings.corpus, data=settings.data)
    stop = threading.Event()
    texts: list[list[str]] = [[] for _ in range(4)]
    failures: list[BaseException] = []

    def ask(said: list[str]) -> None:
        try:
            while not stop.is_set():
                with assistant.pinned() as pinned:
                    answer = pinned.ask(["借书证怎么注销？"])
                    for citation in answer.citations:
                        article = pinned.document(citation.chunk.doc_id)
                        assert article.text[citation.start : citation.end] == citation.quote
                        assert article.version == citation.version
                said.append(answer.text)
                assert assistant.ask(["银行卡怎么注销？"]).outcome == "answered"
        except Exception as error:
            failures.append(error)
            raise

    with LiveAssistant(opener_of(settings)) as assistant:
        assert "滞纳金" not in assistant.ask(["借书证怎么注销？"]).text
        before = n_open_files()
        threads = [threading.Thread(target=ask, args=(said,)) for said in texts]
        for thread in threads:
            thread.start()
        for number, fee in enumerate((5, 6, 7), 2):
            settings.corpus.joinpath("library.md").write_text(library_card(fee), encoding="utf-8")
            rebuilt = assistant.rebuild(settings)
            assert (rebuilt.generation, rebuilt.n_documents) == (number, 4)
            assert f"{fee}元滞纳金" in assistant.ask(["借书证怎么注销？"]).text
        stop.set()
        for thread in threads:
            thread.join()

        until(lambda: not assistant._closers or not any(thread.is_alive() for thread in assistant._closers))
        gc.collect()
        assert n_open_files() <= before + 2
        assert maps_of(home.generations) == {home.current()}

    assert failures == []
    assert maps_of(home.generations) == set()
    fees = [{fee for fee in (5, 6, 7) if f"{fee}元滞纳金" in text} for said in texts for text in said]
    assert len(fees) > 12
    assert all(len(found) <= 1 for found in fees)
    # Each thread saw the generations in their order, and never an older one after a newer one.
    for said in texts:
        order = [next((fee for fee in (5, 6, 7) if f"{fee}元滞纳金" in text), 0) for text in said]
        assert order == sorted(order)


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/statm").is_file(), reason="reads what Linux tells of memory")
def test_reloading_does_not_take_more_and_more_memory(tmp_path: Path) -> None:
    settings = settings_of(tmp_path)

    def resident_megabytes() -> float:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6

    with LiveAssistant(opener_of(settings)) as assistant:
        sizes = []
        for _ in range(30):
            assistant.reload()
            assistant.ask(["银行卡怎么注销？"])
            for closer in list(assistant._closers):
                closer.join()
            sizes.append(resident_megabytes())

    # An encoder alone takes some twenty megabytes: thirty that are kept would show.
    assert sizes[-1] - sizes[9] < 60


def test_one_rebuild_runs_at_a_time(tmp_path: Path) -> None:
    settings = settings_of(tmp_path)
    errors: list[str] = []

    with LiveAssistant(opener_of(settings)) as assistant:
        assert not assistant.rebuilding
        rebuilding = threading.Thread(target=assistant.rebuild, args=(settings,))
        rebuilding.start()
        until(lambda: assistant.rebuilding)
        with pytest.raises(UnusableInput, match="`rebuild` must run once at a time; it is already running") as caught:
            assistant.rebuild(settings)
        errors.append(str(caught.value))
        rebuilding.join()

        assert not assistant.rebuilding
        assert assistant.generation == 2
        assert assistant.rebuild(settings).generation == 3


def test_an_article_that_cannot_be_used_fails_the_rebuild_and_leaves_the_old_index_answering(tmp_path: Path) -> None:
    settings = settings_of(tmp_path)
    with LiveAssistant(opener_of(settings)) as assistant:
        settings.corpus.joinpath("broken.md").write_bytes(b"PK\x03\x04")
        with pytest.raises(UnusableInput, match=r"'broken\.md' must be plain text; got a ZIP or Word file"):
            assistant.rebuild(settings)

        assert not assistant.rebuilding
        assert assistant.generation == 1
        assert assistant.ask(["银行卡怎么注销？"]).outcome == "answered"


def test_leaving_ends_a_rebuild(tmp_path: Path) -> None:
    settings = settings_of(tmp_path)
    errors: list[str] = []

    def rebuild() -> None:
        with pytest.raises(UnusableInput, match="must end before the assistant is closed") as caught:
            assistant.rebuild(settings)
        errors.append(str(caught.value))

    with LiveAssistant(opener_of(settings)) as assistant:
        rebuilding = threading.Thread(target=rebuild)
        rebuilding.start()
        until(lambda: assistant._build is not None)
        process = assistant._build._process  # type: ignore[union-attr]
    rebuilding.join()

    assert len(errors) == 1
    assert process.returncode is not None
    with pytest.raises(RuntimeError, match="after it was left"):
        assistant.rebuild(settings)


def test_a_server_that_is_killed_leaves_no_build_behind(tmp_path: Path) -> None:
    """The parent is ended as an out-of-memory killer would end it: without a chance to clean up."""
    settings = settings_of(tmp_path)
    script = (
        "import sys, time\n"
        f"sys.path.insert(0, {str(Path(__file__).resolve().parent.parent)!r})\n"
        "from pathlib import Path\n"
        "from assistant.index_process import IndexProcess\n"
        "from assistant.settings import load_settings\n"
        f"given = {{'corpus': Path({str(settings.corpus)!r}), 'data': Path({str(settings.data)!r})}}\n"
        "build = IndexProcess(load_settings(given, environ={}))\n"
        "sys.stdout.write(f'{build._process.pid}\\n'); sys.stdout.flush()\n"
        "time.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        parent.kill()
        parent.wait()

    until(lambda: not _runs(pid))
    # It was ended, and did not come to its end.
    assert Home(corpus=settings.corpus, data=settings.data).current() == ""


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{pid}/stat")
    return not status.is_file() or status.read_text(encoding="utf-8").rsplit(")", 1)[1].split()[0] != "Z"
