"""What `tests.benchmarks.speed` runs in processes of their own; each prints its figures as one line of JSON.

python -m tests.benchmarks.worker corpus DIR N | build CORPUS DATA | answer CORPUS DATA QUESTIONS
"""

from __future__ import annotations

import contextlib
import json
import random
import statistics
import sys
import time
from pathlib import Path
from typing import Any

SEED = 20_260
N_WARM_UP = 20


def corpus(folder: str, n: str) -> dict[str, Any]:
    """Writes `n` generated articles; the first ones are the same at every size."""
    from tests.articles import make_article

    Path(folder).mkdir(parents=True)
    cards: list[str] = []
    for at in range(int(n)):
        article = make_article(random.Random(SEED + at))
        Path(folder, f"article-{at:05}.md").write_bytes(article.text.encode("utf-8"))
        cards += [procedure.subject for procedure in article.procedures]
    return {"cards": cards}


def build(corpus: str, data: str) -> dict[str, Any]:
    """Builds an index from nothing; imports count, the start of Python does not."""
    start = time.perf_counter()
    from index.build import build_index
    from index.encoder import load_encoder

    encoder = load_encoder("builtin")
    with contextlib.closing(
        build_index(corpus=Path(corpus), data=Path(data), encoder=encoder, progress=False)
    ) as index:
        seconds = time.perf_counter() - start
        return {"chunks": sum(1 for _ in index.all_chunks()), "seconds": round(seconds, 3)}


def answer(corpus: str, data: str, asked: str) -> dict[str, Any]:
    """Answers one question after the other; the first ones are not counted."""
    from assistant.assistant import Assistant
    from index.encoder import load_encoder
    from index.index import open_index

    outcomes: dict[str, int] = {}
    milliseconds: list[float] = []
    encoder = load_encoder("builtin")
    with contextlib.closing(open_index(corpus=Path(corpus), data=Path(data), encoder=encoder)) as index:
        assistant = Assistant(index=index)
        for question in json.loads(Path(asked).read_text(encoding="utf-8")):
            start = time.perf_counter()
            outcome = assistant.ask([question]).outcome
            milliseconds.append((time.perf_counter() - start) * 1_000)
            outcomes[outcome] = outcomes.get(outcome, 0) + 1
    warm = milliseconds[N_WARM_UP:]
    return {
        "median_ms": round(statistics.median(warm), 2),
        "p95_ms": round(statistics.quantiles(warm, n=20)[-1], 2),
        "max_ms": round(max(warm), 2),
        "n": len(warm),
        "outcomes": dict(sorted(outcomes.items())),
    }


if __name__ == "__main__":
    task, *arguments = sys.argv[1:]
    print(json.dumps({"corpus": corpus, "build": build, "answer": answer}[task](*arguments), ensure_ascii=False))
