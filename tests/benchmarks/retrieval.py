"""Measures encoders: retrieval in any folder of BEIR layout, paraphrases, parallel paragraphs; all systems in one run.

    python -m tests.benchmarks.retrieval DIR [--encoder NAME …] [--fold N] [--fusions] [--json OUT]
    python -m tests.benchmarks.retrieval pairs FILE [--encoder NAME …] [--json OUT]
    python -m tests.benchmarks.retrieval parallel FILE [--encoder NAME …] [--json OUT]

DIR holds `corpus.jsonl` (`_id`, `title`, `text`), `queries.jsonl` (`_id`, `text`) and `qrels.tsv` or `qrels/test.tsv`.
A line of `pairs FILE` is `{"a", "b", "label"}`, one of `parallel FILE` is `{"zh", "en"}`. An encoder is `builtin`, or a
sentence-transformers model's id or folder; with `[:128]` behind it, the leading 128 of its dimensions. `fold` asks only
the questions of one fifth, told by their ids' SHA-256.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

if __package__ in {None, ""}:
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))

import ir_measures
import numpy as np
from ir_measures import RR, R, nDCG

from assistant.evaluation.statistics import randomisation_p
from index.encoder import BUILT_IN, Encoder, Vectors, built_in_encoder, load_encoder, unit_rows
from index.lexical import LexicalIndex
from index.retriever import DENSE_WEIGHT, Scored, fuse
from index.training.sources import N_FOLDS, fold_of
from tests.benchmarks.significance import interval

DEPTH = 200
MEASURES = (nDCG @ 10, R @ 10, R @ 100, RR)
RESULTS = Path(__file__).with_name("results")
RRF_K = 60
WEIGHTS = (0.1, 0.3, 0.5, 0.6, 0.7, 0.8, 0.9)
QUESTIONS = Path(__file__).resolve().parent.parent.parent / "corpus" / "questions"
_SHORT = 20
_N_SINGLE = 300
_N_BATCH = 20_000

Run = dict[str, dict[str, float]]  # question id → passage id → score, higher is better
Legs = Mapping[str, tuple[Scored, Scored]]  # question id → dense hits, lexical hits


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset:
    """Questions, passages and which passages answer which question, all by id."""

    name: str
    passages: Mapping[str, str]
    questions: Mapping[str, str]
    qrels: Mapping[str, Mapping[str, int]]


def read_beir(folder: Path, fold: int | None = None) -> Dataset:
    """A folder of BEIR layout; questions without a relevant passage are left out.

    Raises:
        FileNotFoundError: A file is missing.
    """
    passages = {row["_id"]: "\n".join(filter(None, (row.get("title"), row["text"]))) for row in _rows(folder, "corpus")}
    qrels: dict[str, dict[str, int]] = {}
    table = next((path for path in (folder / "qrels.tsv", folder / "qrels/test.tsv") if path.exists()), None)
    if table is None:
        raise FileNotFoundError(f"`{folder}` must hold qrels.tsv or qrels/test.tsv.")
    for line in table.read_text(encoding="utf-8").splitlines():
        question_id, passage_id, score = line.split("\t")
        if score.isdigit() and int(score) > 0:
            qrels.setdefault(question_id, {})[passage_id] = int(score)
    questions = {
        row["_id"]: row["text"]
        for row in _rows(folder, "queries")
        if row["_id"] in qrels and (fold is None or fold_of(row["_id"]) == fold)
    }
    return Dataset(
        name=folder.name, passages=passages, questions=questions, qrels={name: qrels[name] for name in questions}
    )


def read_parallel(file: Path) -> list[Dataset]:
    """Parallel paragraphs as two sets: Chinese questions for English passages, and back."""
    rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    zh, en = ({str(at): row[language] for at, row in enumerate(rows)} for language in ("zh", "en"))
    same = {name: {name: 1} for name in zh}
    return [
        Dataset(name=f"{file.stem} zh → en", passages=en, questions=zh, qrels=same),
        Dataset(name=f"{file.stem} en → zh", passages=zh, questions=en, qrels=same),
    ]


class LeadingDimensions:
    """The leading dimensions of another encoder's vectors, scaled to length 1."""

    def __init__(self, encoder: Encoder, dimensions: int) -> None:
        self.name = f"{encoder.name}[:{dimensions}]"
        self.dimensions = dimensions
        self._encoder = encoder

    def encode_query(self, texts: Sequence[str]) -> Vectors:
        """One unit row per question."""
        return unit_rows(self._encoder.encode_query(texts)[:, : self.dimensions])

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """One unit row per passage."""
        return unit_rows(self._encoder.encode_passages(texts)[:, : self.dimensions])


def encoder_named(name: str) -> Encoder:
    """The encoder of a name, `[:n]` behind it for its leading dimensions."""
    cut = re.fullmatch(r"(.+)\[:(\d+)\]", name)
    return LeadingDimensions(load_encoder(cut[1]), int(cut[2])) if cut else load_encoder(name)


def dense_run(dataset: Dataset, encoder: Encoder) -> tuple[dict[str, Scored], dict[str, float]]:
    """The nearest passages of each question with their cosines, and what it cost."""
    begun = time.perf_counter()
    passages = encoder.encode_passages(list(dataset.passages.values()))
    encoded = time.perf_counter()
    questions = encoder.encode_query(list(dataset.questions.values()))
    names = np.array(list(dataset.passages))
    found: dict[str, Scored] = {}
    for name, question in zip(dataset.questions, questions, strict=True):
        cosines = passages @ question
        best = _best(cosines)
        found[name] = list(zip(names[best].tolist(), cosines[best].tolist(), strict=True))
    seconds = {
        "passages_per_second": round(len(names) / (encoded - begun), 1),
        "search_ms": round(1000 * (time.perf_counter() - encoded) / len(found), 2),
    }
    return found, seconds


def lexical_run(dataset: Dataset) -> tuple[dict[str, Scored], dict[str, float]]:
    """The best passages of each question by BM25, and what it cost."""
    with tempfile.TemporaryDirectory() as folder:
        LexicalIndex.build(Path(folder), ((name, "", text) for name, text in dataset.passages.items()))
        index = LexicalIndex.open(Path(folder))
        begun = time.perf_counter()
        found: dict[str, Scored] = {name: index.search(text, DEPTH) for name, text in dataset.questions.items()}
        return found, {"search_ms": round(1000 * (time.perf_counter() - begun) / len(found), 2)}


def weighted(legs: Legs, dense_weight: float) -> Run:
    """What the product's fusion makes of both legs."""
    return {
        name: dict(fuse(dense, lexical, depth=DEPTH, dense_weight=dense_weight))
        for name, (dense, lexical) in legs.items()
    }


def reciprocal_ranks(legs: Legs) -> Run:
    """Reciprocal rank fusion, k 60.

    Source: Cormack, Clarke & Büttcher 2009, https://doi.org/10.1145/1571941.1572114
    """
    run: Run = {}
    for name, both in legs.items():
        scores = run.setdefault(name, {})
        for leg in both:
            for rank, (passage_id, _) in enumerate(leg, 1):
                scores[passage_id] = scores.get(passage_id, 0.0) + 1 / (RRF_K + rank)
    return run


def learned(legs: Legs, qrels: Mapping[str, Mapping[str, int]]) -> Run:
    """A logistic regression on cosine, BM25, both over their highest, and both reciprocal ranks.

    Fitted on every second question and used for the others, both ways.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import StandardScaler

    names = list(legs)
    halves = (names[::2], names[1::2])
    run: Run = {}
    for fitted, used in (halves, halves[::-1]):
        rows = [(name, *row) for name in fitted for row in _features(legs[name])]
        scaler = StandardScaler().fit([row[2] for row in rows])
        model = LogisticRegression(max_iter=1_000)
        model.fit(scaler.transform([row[2] for row in rows]), [int(row[1] in qrels[row[0]]) for row in rows])
        for name in used:
            known = _features(legs[name])
            scores = model.decision_function(scaler.transform([features for _, features in known]))
            run[name] = {passage_id: float(score) for (passage_id, _), score in zip(known, scores, strict=True)}
    return run


def _features(both: tuple[Scored, Scored]) -> list[tuple[str, list[float]]]:
    scores = [dict(leg) for leg in both]
    ranks = [{passage_id: rank for rank, (passage_id, _) in enumerate(leg, 1)} for leg in both]
    highest = [max(known.values(), default=0.0) or 1.0 for known in scores]
    least = [min(known.values(), default=0.0) for known in scores]
    return [
        (
            passage_id,
            [
                value
                for known, rank, top, floor in zip(scores, ranks, highest, least, strict=True)
                for value in (
                    known.get(passage_id, floor),
                    known.get(passage_id, floor) / top,
                    1 / (RRF_K + rank.get(passage_id, DEPTH)),
                )
            ],
        )
        for passage_id in sorted(scores[0] | scores[1])
    ]


def judge(dataset: Dataset, run: Run) -> dict[str, list[float]]:
    """Each measure's value for every question, in the order of the questions."""
    values: dict[str, dict[str, float]] = {str(measure): {} for measure in MEASURES}
    for metric in ir_measures.iter_calc(MEASURES, dataset.qrels, run):
        values[str(metric.measure)][metric.query_id] = metric.value
    return {
        name: [round(known.get(question, 0.0), 4) for question in dataset.questions] for name, known in values.items()
    }


def measure_retrieval(dataset: Dataset, encoders: Sequence[str], *, fusions: bool) -> dict[str, Any]:
    """Every system's figures on a set, with each question's values."""
    lexical, lexical_cost = lexical_run(dataset)
    runs: dict[str, Run] = {"lexical (BM25)": {name: dict(leg) for name, leg in lexical.items()}}
    costs: dict[str, dict[str, float]] = {"lexical (BM25)": lexical_cost}
    for name in encoders:
        dense, costs[f"dense ({name})"] = dense_run(dataset, encoder_named(name))
        runs[f"dense ({name})"] = {question: dict(leg) for question, leg in dense.items()}
        legs = {question: (dense[question], lexical[question]) for question in dataset.questions}
        both_ms = lexical_cost["search_ms"] + costs[f"dense ({name})"]["search_ms"]
        for label, merge in _fusions(dataset) if fusions else _fusions(dataset)[:1]:
            begun = time.perf_counter()
            runs[f"{label} ({name})"] = merge(legs)
            merge_ms = 1000 * (time.perf_counter() - begun) / len(legs)
            costs[f"{label} ({name})"] = {"search_ms": round(both_ms + merge_ms, 2)}
    systems = {system: judge(dataset, run) for system, run in runs.items()}
    return {
        "dataset": dataset.name,
        "n_questions": len(dataset.questions),
        "n_passages": len(dataset.passages),
        "systems": {system: _summary(values, costs.get(system, {})) for system, values in systems.items()},
        "p_of_ndcg": _compared({system: values["nDCG@10"] for system, values in systems.items()}),
        "questions": {"ids": list(dataset.questions), "values": systems},
    }


def _fusions(dataset: Dataset) -> list[tuple[str, Callable[[Legs], Run]]]:
    """What the product does, then what else could be done; a learned one is fitted as part of it."""
    return [
        ("hybrid", lambda legs: weighted(legs, DENSE_WEIGHT)),
        ("reciprocal ranks", reciprocal_ranks),
        *((f"weight {weight}", lambda legs, weight=weight: weighted(legs, weight)) for weight in WEIGHTS),
        ("learned", lambda legs: learned(legs, dataset.qrels)),
    ]


def measure_pairs(file: Path, encoders: Sequence[str]) -> dict[str, Any]:
    """Spearman's correlation of cosines with labels, times 100, with a bootstrap interval over pairs."""
    rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    labels = np.array([float(row["label"]) for row in rows])
    cosines = {"character pairs (TF-IDF)": _tfidf([row["a"] for row in rows], [row["b"] for row in rows])}
    for name in encoders:
        encoder = encoder_named(name)
        one, other = (encoder.encode_query([row[side] for row in rows]) for side in ("a", "b"))
        # To six places: the same text twice is as near as any other text twice.
        cosines[name] = (one * other).sum(axis=1).round(6)
    rng = np.random.default_rng(7)
    drawn = rng.integers(0, len(rows), (1_000, len(rows)))
    systems = {}
    for name, near in cosines.items():
        low, high = np.percentile([spearman(near[at], labels[at]) for at in drawn], [2.5, 97.5])
        systems[name] = {"spearman": _rounded(100 * spearman(near, labels), 100 * low, 100 * high)}
    return {"dataset": file.stem, "n_pairs": len(rows), "systems": systems}


def spearman(one: np.ndarray[Any, Any], other: np.ndarray[Any, Any]) -> float:
    """The correlation of ranks, ties given their mean rank; 0 where all values of a side are equal."""
    from scipy.stats import rankdata

    if np.ptp(one) == 0 or np.ptp(other) == 0:
        return 0.0
    return float(np.corrcoef(rankdata(one), rankdata(other))[0, 1])


def measure_encoder(name: str) -> dict[str, float]:
    """Short questions encoded a second in batches, milliseconds for one, seconds to the first vector.

    The questions are those of the project's own sets of at most 20 characters.
    """
    questions = [
        row["question"]
        for file in sorted(QUESTIONS.glob("*.jsonl"))
        for row in map(json.loads, file.read_text(encoding="utf-8").splitlines())
        if len(row.get("question", "")) in range(1, _SHORT + 1)
    ]
    built_in_encoder.cache_clear()  # one for the whole process otherwise, and read before
    begun = time.perf_counter()
    encoder = encoder_named(name)
    encoder.encode_query(["注销"])
    loaded = time.perf_counter()
    many = (questions * (_N_BATCH // len(questions) + 1))[:_N_BATCH]
    if time.perf_counter() - begun > 1:
        many = many[:500]  # a transformer takes its time
    started = time.perf_counter()
    encoder.encode_query(many)
    batched = time.perf_counter()
    single = [_seconds(lambda question=question: encoder.encode_query([question])) for question in many[:_N_SINGLE]]
    return {
        "load_seconds": round(loaded - begun, 3),
        "batched_per_second": round(len(many) / (batched - started)),
        "single_ms": round(1000 * float(np.median(single)), 3),
        "characters": round(float(np.mean([len(question) for question in questions])), 1),
        "dimensions": encoder.dimensions,
    }


def _seconds(work: Callable[[], Vectors]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def _best(cosines: Vectors) -> np.ndarray[Any, np.dtype[np.intp]]:
    """The places of the highest, best first, ties by place."""
    n = min(DEPTH, len(cosines))
    best = np.argpartition(-cosines, n - 1)[:n]
    return best[np.lexsort((best, -cosines[best]))]


def _tfidf(one: Sequence[str], other: Sequence[str]) -> Vectors:
    """Cosines of TF-IDF over characters and their pairs."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    rows = TfidfVectorizer(analyzer="char", ngram_range=(1, 2)).fit_transform([*one, *other])
    return np.asarray(rows[: len(one)].multiply(rows[len(one) :]).sum(axis=1)).ravel()


def _summary(values: Mapping[str, Sequence[float]], cost: Mapping[str, float]) -> dict[str, Any]:
    means = {name: _rounded(*(100 * x for x in (float(np.mean(v)), *interval(v)))) for name, v in values.items()}
    return {**means, **cost}


def _rounded(mean: float, low: float, high: float) -> dict[str, float]:
    return {"mean": round(mean, 1), "low": round(low, 1), "high": round(high, 1)}


def _compared(values: Mapping[str, Sequence[float]]) -> dict[str, float]:
    """The p of each pair of systems, of those that are no trial of a fusion."""
    names = [name for name in values if name.startswith(("lexical", "dense", "hybrid"))]
    return {
        f"{one} | {other}": round(randomisation_p(values[one], values[other]), 4)
        for at, one in enumerate(names)
        for other in names[at + 1 :]
    }


def _rows(folder: Path, name: str) -> Iterable[dict[str, Any]]:
    with (folder / f"{name}.jsonl").open(encoding="utf-8") as stream:
        yield from map(json.loads, stream)


# --- what is shown --------------------------------------------------------------------------------------------


def render(measured: Mapping[str, Any]) -> str:
    """The Markdown table of a set's figures, times 100, with 95 % intervals."""
    systems = measured["systems"]
    columns = [name for name, value in next(iter(systems.values())).items() if isinstance(value, dict)]
    timed = all("search_ms" in figures for figures in systems.values())
    heads = [*columns, *(["ms a question"] if timed else [])]
    lines = [f"| {measured['dataset']} | {' | '.join(heads)} |", "| --- |" + " ---: |" * len(heads)]
    for system, figures in systems.items():
        cells = [f"{figures[name]['mean']} ({figures[name]['low']} to {figures[name]['high']})" for name in columns]
        cells += [f"{figures['search_ms']:.1f}"] if timed else []
        lines.append(f"| {system} | {' | '.join(cells)} |")
    return "\n".join(lines)


def render_cost(figures: Mapping[str, float]) -> str:
    """What an encoder costs, in one sentence."""
    batched = f"{figures['batched_per_second']:,.0f} questions of {figures['characters']:.0f} characters a second"
    alone = f"{figures['single_ms']:.2f} ms for one alone"
    return f"{batched} in batches, {alone}, {figures['load_seconds']:.2f} s from files to the first vector."


def render_versions(earlier: Path, later: Path) -> str:
    """The Markdown table of two versions' figures, from the folders of their results.

    A difference of means over the same questions has its p, of a paired randomisation test.
    """
    lines = ["| set | system | measure | v2 | v4 | p |", "| --- | --- | --- | ---: | ---: | ---: |"]
    for name in ("retrieval", "truncated", "parallel", "pairs"):
        both = (json.loads((folder / f"{name}.json").read_text(encoding="utf-8")) for folder in (earlier, later))
        for old, new in zip(*both, strict=True):
            for system in (system for system in new["systems"] if _is_of_the_product(system)):
                figures = [of["systems"][system] for of in (old, new)]
                for measure in (measure for measure, value in figures[1].items() if isinstance(value, dict)):
                    cells = [str(of[measure]["mean"]) for of in figures]
                    values = [of["questions"]["values"][system][measure] for of in (old, new) if "questions" in of]
                    cells.append(f"{randomisation_p(*values):.2f}" if values else "")
                    lines.append(f"| {new['dataset']} | {system} | {measure} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _is_of_the_product(system: str) -> bool:
    return system.startswith((BUILT_IN, "dense", "hybrid"))


def main(arguments: Sequence[str] | None = None) -> int:
    """Measures what the command line names; returns the exit code."""
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    task = arguments.pop(0) if arguments[:1] in (["pairs"], ["parallel"]) else "retrieval"
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.retrieval", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("path", type=Path, help="folder of BEIR layout, or a file of pairs or parallel paragraphs")
    parser.add_argument("--encoder", nargs="+", default=[BUILT_IN], help="encoders to compare (default: builtin)")
    parser.add_argument("--fold", type=int, choices=range(N_FOLDS), help="only the questions of this fifth")
    parser.add_argument("--fusions", action="store_true", help="also other ways to fuse both legs")
    parser.add_argument("--json", type=Path, help="where all figures are written, with each question's values")
    options = parser.parse_args(arguments)
    if not options.path.exists():
        print(f"`path` must be there; got {str(options.path)!r}.", file=sys.stderr)
        return 2
    if task == "pairs":
        measured = [measure_pairs(options.path, options.encoder)]
    elif task == "parallel":
        measured = [
            measure_retrieval(one, options.encoder, fusions=options.fusions) for one in read_parallel(options.path)
        ]
    else:
        dataset = read_beir(options.path, options.fold)
        measured = [measure_retrieval(dataset, options.encoder, fusions=options.fusions)]
        measured[0]["encoders"] = {name: measure_encoder(name) for name in options.encoder}
    for one in measured:
        print(render(one), end="\n\n")
        for pair, p in one.get("p_of_ndcg", {}).items():
            print(f"{pair}: p = {p}")
        for name, figures in one.get("encoders", {}).items():
            print(f"{name}: {render_cost(figures)}")
    if options.json:
        options.json.write_text(json.dumps(measured, ensure_ascii=False) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
