"""An encoder whose vectors are worked out by hand, small corpora for it, and a Chroma server."""

from __future__ import annotations

import math
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from index.encoder import Vectors

AXES = ("交通", "银行", "门禁")


class FakeEncoder:
    """Counts three words: the vector of a text is (交通, 银行, 门禁, 1), scaled to length 1.

    "交通" is (1, 0, 0, 1) / √2 and "门禁门禁" is (0, 0, 2, 1) / √5.

    Attributes:
        passages: Every passage that was encoded, in order, but for the probe of the index.
    """

    dimensions = 4

    def __init__(self, name: str = "fake", scale: float = 1.0) -> None:
        self.name = name
        self.passages: list[str] = []
        self._scale = scale

    def encode_query(self, texts: Sequence[str]) -> Vectors:
        return np.array([self._row(text) for text in texts], dtype=np.float32).reshape(-1, 4)

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        self.passages += [text for text in texts if "2nd card" not in text]
        return self.encode_query(texts)

    def _row(self, text: str) -> list[float]:
        counts = [*(float(text.count(word)) for word in AXES), self._scale]
        norm = math.sqrt(sum(count * count for count in counts))
        return [count / norm for count in counts]


TRANSIT = """# 交通卡

## 交通卡怎么注销

1. 带上交通卡和身份证到服务网点。
2. 填写退卡申请表。
3. 领回押金。
"""
BANK = """# 银行卡

## 银行卡怎么注销

1. 结清银行卡的欠款。
2. 到银行柜台提交申请。
"""
ACCESS = """# 门禁卡

## 门禁卡的保管

门禁卡丢了要马上告诉物业。
"""


def write_articles(folder: Path, **articles: str) -> Path:
    """The folder, with `<name>.md` files of these texts; the three sample articles when none is given."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in (articles or {"transit": TRANSIT, "bank": BANK, "access": ACCESS}).items():
        folder.joinpath(f"{name}.md").write_text(text, encoding="utf-8")
    return folder


@contextmanager
def chroma_server(folder: Path) -> Iterator[str]:
    """The address of a real Chroma server on this machine, which keeps its files in a folder and stops at the end."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [str(Path(sys.executable).with_name("chroma")), "run", "--path", str(folder), "--port", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as running:
        try:
            until = time.monotonic() + 60
            while time.monotonic() < until:
                try:
                    socket.create_connection(("127.0.0.1", port), timeout=1).close()
                    break
                except OSError:
                    time.sleep(0.1)
            yield f"http://127.0.0.1:{port}"
        finally:
            running.terminate()
