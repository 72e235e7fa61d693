"""Measures speed and memory at several sizes of corpus, in one run, and writes them down.

    python -m tests.benchmarks.speed [--sizes 1,100,5000] [--out FILE] [--render FILE [--language zh]]

Every measurement is made in a process of its own, so that none profits from what another has loaded.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import platform
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any, Literal

from tests.benchmarks.worker import N_WARM_UP, SEED

Language = Literal["en", "zh"]

ROOT = Path(__file__).resolve().parent.parent.parent
RESULTS = Path(__file__).with_name("results") / "speed.json"
SIZES = (1, 100, 5_000)
N_STARTS = 7
N_QUESTIONS = 300
_MAXRSS_BYTES = 1 if sys.platform == "darwin" else 1024  # the unit of `ru_maxrss`
_VERSIONS_OF = ("xiaoka", "chromadb", "tantivy", "numpy", "gradio", "langchain")
# Some of these the articles do not answer: an abstention takes its time too.
_ASKED = (
    "{card}怎么注销？",
    "我想把{card}销掉，要走哪些步骤？",
    "{card}注销第{n}步是什么？",
    "注销{card}之前要注意什么？",
    "{card}註銷的流程是什麼？",
    "How do I cancel the {card}?",
    "{card}里的余额能退吗？",
    "{card}能不能代办注销？",
    "卡丢了，{card}还能销户吗？",
    "{card}的押金多少钱？",
)
_OPENINGS = ("", "请问", "你好，", "想了解一下，", "急！", "Hi, ")
_ENDINGS = ("", "谢谢", "在线等", "麻烦了", "我在外地。", " Thanks.")


def questions(cards: Sequence[str], n: int) -> list[str]:
    """`n` questions about cards of the corpus, no two the same up to 360 of them."""
    rng = random.Random(SEED)
    spoken = list(itertools.product(_OPENINGS, _ASKED, _ENDINGS))
    rng.shuffle(spoken)
    return [
        opening + asked.format(card=rng.choice(cards), n=rng.randint(1, 4)) + ending
        for opening, asked, ending in itertools.islice(itertools.cycle(spoken), n)
    ]


def measure(n_articles: int) -> dict[str, Any]:
    """Every figure at one size; seconds, milliseconds and megabytes (10⁶ bytes)."""
    with tempfile.TemporaryDirectory(prefix="xiaoka-speed-") as name:
        folder = Path(name)
        corpus, data = folder / "corpus", folder / "data"
        cards: list[str] = _worker("corpus", corpus, n_articles)["cards"]
        built = _worker("build", corpus, data)
        first = _first_answers(corpus, data, questions(cards, N_STARTS + 1))
        asked = folder / "questions.json"
        asked.write_text(json.dumps(questions(cards, N_WARM_UP + N_QUESTIONS)), encoding="utf-8")
        return {
            "articles": n_articles,
            "corpus_mb": _megabytes(corpus),
            "build": built | {"chunks_per_second": round(built["chunks"] / built["seconds"], 1)},
            "index_mb": _megabytes(data),
            "first_answer": first,
            "warm_answer": _worker("answer", corpus, data, asked),
        }


def _first_answers(corpus: Path, data: Path, asked: Sequence[str]) -> dict[str, Any]:
    """Seconds from the start of `xiaoka ask` to its end; the first start, which fills the disk cache, is left out."""
    places = ["--corpus", str(corpus), "--data", str(data)]
    runs = [_run([sys.executable, "-m", "assistant", *places, "ask", one]) for one in asked]
    seconds = [run[0] for run in runs[1:]]
    return {
        "median_seconds": round(statistics.median(seconds), 3),
        "max_seconds": round(max(seconds), 3),
        "peak_mb": round(max(run[1] for run in runs), 1),
        "n": len(seconds),
    }


def _worker(task: str, *arguments: Path | int) -> dict[str, Any]:
    command = [sys.executable, "-m", "tests.benchmarks.worker", task, *map(str, arguments)]
    _, peak, output = _run(command)
    figures: dict[str, Any] = json.loads(output.splitlines()[-1])
    return figures | {"peak_mb": round(peak, 1)}


def _run(command: Sequence[str]) -> tuple[float, float, str]:
    """Wall seconds, peak resident megabytes and output of a command, run without anybody's settings.

    The system counts this process's own memory as the least of every child's; that is why it imports so little.
    """
    environment = {name: value for name, value in os.environ.items() if not name.startswith("XIAOKA_")}
    environment["PYTHONPATH"] = str(ROOT)
    with tempfile.TemporaryFile() as output, tempfile.TemporaryDirectory() as empty:
        start = time.perf_counter()
        child = subprocess.Popen(command, stdout=output, cwd=empty, env=environment)
        _, status, usage = os.wait4(child.pid, 0)
        seconds = time.perf_counter() - start
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode != 0:
            raise subprocess.CalledProcessError(child.returncode, command)
        output.seek(0)
        return seconds, usage.ru_maxrss * _MAXRSS_BYTES / 1e6, output.read().decode("utf-8")


def _megabytes(folder: Path) -> float:
    return round(sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6, 2)


# --- what is written ------------------------------------------------------------------------------------------

_ROWS: tuple[tuple[str, str, str, tuple[str, ...]], ...] = (
    ("Chunks", "文本块", "{:,.0f}", ("build", "chunks")),
    (
        "Process start to first answer, median",
        "从启动进程到给出回答（中位数）",
        "{:.2f} s",
        ("first_answer", "median_seconds"),
    ),
    ("Warm answer, median", "热启动后回答（中位数）", "{:.1f} ms", ("warm_answer", "median_ms")),
    ("Warm answer, 95th percentile", "热启动后回答（95 分位）", "{:.1f} ms", ("warm_answer", "p95_ms")),
    ("Index build", "建索引", "{:.1f} s", ("build", "seconds")),
    ("Index build, chunks per second", "建索引，每秒文本块", "{:,.0f}", ("build", "chunks_per_second")),
    ("Peak memory, one answer", "峰值内存，回答一次", "{:,.0f} MB", ("first_answer", "peak_mb")),
    ("Peak memory, index build", "峰值内存，建索引", "{:,.0f} MB", ("build", "peak_mb")),
    ("Index on disk", "索引占用磁盘", "{:,.1f} MB", ("index_mb",)),
)


def render(measured: Mapping[str, Any], language: Language = "en") -> str:
    """The Markdown table of a run, one column for each size."""
    chinese = language == "zh"
    sizes = measured["sizes"]
    heads = [f"{size['articles']:,} 篇" if chinese else _articles(size["articles"]) for size in sizes]
    lines = [f"| {'文章数' if chinese else 'Corpus'} | {' | '.join(heads)} |", "| --- |" + " ---: |" * len(heads)]
    for english_name, chinese_name, shape, path in _ROWS:
        values = [shape.format(_at(size, path)) for size in sizes]
        lines.append(f"| {chinese_name if chinese else english_name} | {' | '.join(values)} |")
    return "\n".join(lines)


def _articles(n: int) -> str:
    return f"{n:,} article" + ("s" if n != 1 else "")


def _at(value: Any, path: Sequence[str]) -> float:  # noqa: ANN401 - JSON
    for name in path:
        value = value[name]
    return float(value)


def _machine() -> dict[str, Any]:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return {"system": platform.system(), "architecture": platform.machine(), "cores": cores}


def _versions() -> dict[str, str]:
    return {"python": platform.python_version()} | {name: metadata.version(name) for name in _VERSIONS_OF}


def main() -> None:
    """Runs what the command line names."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.speed", description=__doc__.partition("\n")[0])
    parser.add_argument("--sizes", default=",".join(map(str, SIZES)), help="numbers of articles (default: %(default)s)")
    parser.add_argument("--out", type=Path, default=RESULTS, help="where the JSON is written")
    parser.add_argument("--render", type=Path, metavar="FILE", help="only print the table of a JSON file")
    parser.add_argument("--language", choices=("en", "zh"), default="en", help="of the table (default: %(default)s)")
    arguments = parser.parse_args()
    if arguments.render:
        print(render(json.loads(arguments.render.read_text(encoding="utf-8")), arguments.language))
    else:
        _measure_all([int(size) for size in arguments.sizes.split(",")], arguments.out)


def _measure_all(sizes: Sequence[int], out: Path) -> None:
    measured: dict[str, Any] = {"versions": _versions(), "machine": _machine(), "encoder": "builtin", "sizes": []}
    for size in sizes:
        print(f"Measuring at {_articles(size)} …", file=sys.stderr, flush=True)
        measured["sizes"].append(measure(size))
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(measured, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    print(render(measured))
    print(f"Written to {out}.", file=sys.stderr)


if __name__ == "__main__":
    main()
