"""What every test gets: no network, no advice from the caller's environment, and the places of sample articles."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import network

# Set before anything imports a library that would ask a model hub whether its files are current.
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TRANSFORMERS_OFFLINE"] = "1"
network.refuse()

ROOT = Path(__file__).resolve().parent.parent
_FOUNDING = ROOT.parent / "shared" / "article"


@pytest.fixture(autouse=True)
def attempts(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The addresses outside this machine that the test tried to reach; one that is left over fails the test.

    The connection is refused with `network.NetworkRefused` at once; this catches code that swallows the error. Attempts
    while modules are imported or wider fixtures set up count for the first test after. A test that provokes an attempt
    clears the list.
    """
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    yield network.attempts
    tried = list(network.attempts)
    network.attempts.clear()
    assert not tried, f"tried to reach other machines: {', '.join(tried)}"


@pytest.fixture(scope="session")
def kept_frozen() -> Iterator[None]:
    """Keeps what earlier modules left out of every later collection, also when an assistant is replaced.

    By the end of a run there are more than a million objects that stay, and each assistant that a test closes has the
    collector go through all of them.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gc, "unfreeze", lambda: None)
        yield


@pytest.fixture(scope="module", autouse=True)
def frozen(kept_frozen: None) -> None:
    """Collects what the modules before have left, and has the collector pass over the rest."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def shipped_dir() -> Path:
    """The folder of the articles that the package ships."""
    return ROOT / "corpus" / "articles"


@pytest.fixture(scope="session")
def articles_dir() -> Path:
    """The folder of the founding article as it was found, advertisement included; it is not part of the repository."""
    if not _FOUNDING.is_dir():
        pytest.skip("the founding article is not beside this checkout")
    return _FOUNDING


@pytest.fixture(scope="session")
def raw_article(articles_dir: Path) -> Path:
    """The file of the founding article."""
    return next(path for path in sorted(articles_dir.iterdir()) if path.suffix == ".txt")
