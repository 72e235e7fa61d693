"""Measures the check of what a chat model says: planted errors that it catches, faithful wordings that it loses.

    python -m tests.benchmarks.verification           writes results/verification.json and the table of docs/models.md
    python -m tests.benchmarks.verification --wrong   shows what it was wrong about in the articles it was tuned on

Answers are made of the articles' own sentences, each citing its passage, and changed in every way of
`planted_claims.py` that they have a place for. What is put where depends on nothing but the seed.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from assistant.claims import Claim, ClaimReader
from assistant.evaluation.statistics import wilson_interval
from assistant.sources import Passage, read_source
from assistant.step_check import check_steps
from assistant.verification import Verdict, check_claim
from corpus.chunker import chunk
from corpus.document import Chunk, Document
from corpus.hygiene import clean
from corpus.normalize import has_han, normalize
from corpus.reader import read_corpus
from tests.benchmarks.answers import put
from tests.benchmarks.examples import HELD_OUT, LOOKED_INTO, ROOT, SETS
from tests.benchmarks.planted_claims import FAITHFUL, KINDS

RESULTS = Path(__file__).with_name("results") / "verification.json"
DOCUMENT = ROOT / "docs" / "models.md"
PARAPHRASES = ROOT / "tests" / "data" / "paraphrases.jsonl"
SEED = 11
_NAME = "verification"
_BY_HAND = "reworded by hand"
_MOST_OF_A_KIND = 12  # changes of one kind in one article
# Nothing was tuned on these: only their rates are looked at.
UNTOUCHED = frozenset({"f3", "g4", "h1", "h2", "i2", "j1", "j3", "k1", "k3", "l1", "l2", "tuika-zhinan", "shebaoka"})


@dataclass(frozen=True, slots=True)
class Judged:
    """A wording and what the check said of it.

    Attributes:
        right: Whether it was caught, when it is an error, or kept, when it is none.
    """

    kind: str
    is_error: bool
    tuned: bool
    right: bool
    article: str
    text: str
    why: str


@dataclass(frozen=True, slots=True)
class Article:
    """An article with its passages, the first of each being the one that a claim comes from."""

    name: str
    document: Document
    chunks: tuple[Chunk, ...]

    @property
    def tuned(self) -> bool:
        return self.name not in UNTOUCHED

    def passages(self, at: int) -> list[Passage]:
        """Passage `at` and some that are not it, numbered from 1."""
        others = [n for n in range(len(self.chunks)) if n != at]
        chosen = [at, *others[:5]]
        return [
            Passage(
                number=number,
                document=self.document,
                chunk=self.chunks[n],
                start=self.chunks[n].start,
                end=self.chunks[n].end,
            )
            for number, n in enumerate(chosen, 1)
        ]


@cache
def articles() -> tuple[Article, ...]:
    """The articles that come with the project and are not held out."""
    folders = [ROOT / "corpus" / "articles", *(SETS.parent / f"articles_{letter}" for letter in "abc")]
    folders += [folder for folder in sorted(SETS.iterdir()) if folder.name not in HELD_OUT | LOOKED_INTO]
    found = []
    for folder in folders:
        for document in map(clean, read_corpus(folder)):
            name = folder.name if folder.parent == SETS else document.doc_id
            found.append(Article(name, document, tuple(chunk(document))))
    return tuple(found)


def judge_claims(article: Article) -> Iterator[Judged]:
    """The sentences of an article as claims, changed in every way."""
    rng = Random(f"{SEED} {article.name}")
    for kind in (*FAITHFUL, *KINDS):
        places = [(at, text) for at in range(len(article.chunks)) for text in _sentences(article, at)]
        rng.shuffle(places)
        n_done = 0
        for at, text in places:
            changed = kind.change(text, rng)
            if changed is None or n_done >= _MOST_OF_A_KIND:
                continue
            if kind.is_error and not _check(text, article.passages(at)).supported:
                continue  # nothing is planted in what is not kept to begin with
            if kind.is_error and _said_anyhow(changed, article.document):
                continue
            n_done += 1
            verdict = _check(changed, article.passages(at))
            yield Judged(
                kind.name,
                kind.is_error,
                article.tuned,
                verdict.supported != kind.is_error,
                article.name,
                changed,
                verdict.why,
            )
    yield from _other_place(article, rng)


def _other_place(article: Article, rng: Random) -> Iterator[Judged]:
    """Claims that cite another passage, and claims about another card."""
    places = [(at, text) for at in range(len(article.chunks)) for text in _sentences(article, at)]
    rng.shuffle(places)
    for at, text in places[:_MOST_OF_A_KIND]:
        passages = article.passages(at)
        if len(passages) < 2 or not _check(text, passages).supported:
            continue
        verdict = check_claim(Claim(text=text, markers=(2,)), passages)
        if _words(text) not in _words(passages[1].chunk.text):
            yield Judged("wrong marker", True, article.tuned, not verdict.supported, article.name, text, verdict.why)
            right = verdict.why == "marker" and {span[0] for span in verdict.spans} != {2}
            yield Judged("wrong marker, place found", False, article.tuned, right, article.name, text, verdict.why)
    for at, text in places[:_MOST_OF_A_KIND]:
        passages = article.passages(at)
        own = read_source(passages[0], "zh").headed
        others = sorted(
            {card for n in range(len(article.chunks)) for card in read_source(article.passages(n)[0], "zh").headed}
            - own
        )
        others = others or (["信用卡", "加油卡", "图书证"] if not own & {"信用卡", "加油卡", "图书证"} else [])
        if own and others and has_han(text) and not any(card in text for card in others):
            changed = f"办理{rng.choice(others)}时，{text}"
            if _check(text, passages).supported:
                verdict = _check(changed, passages)
                yield Judged(
                    "another card", True, article.tuned, not verdict.supported, article.name, changed, verdict.why
                )


def judge_procedures(article: Article) -> Iterator[Judged]:
    """The procedures of an article, told whole and with steps dropped, swapped, merged and invented."""
    rng = Random(f"{SEED} {article.name} steps")
    for piece in article.chunks:
        steps = piece.steps
        if len(steps) < 2 or not has_han(steps[0].text):
            continue
        told = [step.text for step in steps]
        at = rng.randrange(len(told) - 1)
        other = rng.choice([n for n in range(len(told)) if n != at])
        cases: list[tuple[str, bool, list[str]]] = [
            ("steps as they are", False, told),
            ("two steps in one", False, [*told[:at], told[at].rstrip("。；") + "；" + told[at + 1], *told[at + 2 :]]),
            ("step dropped", True, [*told[:at], *told[at + 1 :]]),
            ("last step dropped", True, told[:-1]),
            ("two steps swapped", True, [*told[:at], told[at + 1], told[at], *told[at + 2 :]]),
            (
                "two steps made one, one lost",
                True,
                [*told[:at], told[at].rstrip("。；") + "，然后继续办理。", *told[at + 2 :]],
            ),
            ("step told twice for another", True, [told[at] if n == other else text for n, text in enumerate(told)]),
            ("step invented", True, [*told[: at + 1], rng.choice(_INVENTED_STEPS), *told[at + 1 :]]),
        ]
        for name, is_error, texts in cases:
            claims = _numbered(texts)
            verdict = check_steps(claims, steps)
            yield Judged(
                name, is_error, article.tuned, verdict.whole != is_error, article.name, " / ".join(texts), f"{verdict}"
            )


_INVENTED_STEPS = (
    "到派出所开具无犯罪记录证明。", "请两位邻居作为见证人签字。", "关注官方公众号并转发到朋友圈。", "把卡片寄到总公司的档案室统一封存。",  # noqa: E501
)  # fmt: skip


def judge_paraphrases() -> Iterator[Judged]:
    """The wordings of `paraphrases.jsonl`, all of them faithful; one is kept when each of its claims is."""
    for line in PARAPHRASES.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        path = Path(row["article"])
        article = next(
            a
            for a in articles()
            if (a.name if a.name != a.document.doc_id else path.stem) in {path.parent.name, path.stem}
            and row["source"] in a.document.text
        )
        at = next(n for n, piece in enumerate(article.chunks) if row["source"] in piece.text)
        passages = article.passages(at)
        reader = ClaimReader(len(passages))
        claims = [*reader.feed(row["text"] + "[1]"), *reader.finish()]
        verdicts = [check_claim(claim, passages) for claim in claims]
        why = " ".join(verdict.why for verdict in verdicts)
        kind = f"{_BY_HAND}, {row['lang']}"
        yield Judged(kind, False, row["tuned"], all(v.supported for v in verdicts), article.name, row["text"], why)


def _numbered(texts: Sequence[str]) -> list[Claim]:
    reader = ClaimReader(1)
    reply = "\n".join(f"{number}. {' '.join(text.split())} [1]" for number, text in enumerate(texts, 1))
    return [*reader.feed(reply), *reader.finish()]


@cache
def _all_sentences(name: str, at: int) -> tuple[str, ...]:
    article = next(a for a in articles() if a.name == name)
    passage = article.passages(at)[0]
    spans = dict.fromkeys((s.start, s.end) for s in read_source(passage, "zh").sentences)
    text = article.document.text
    found = [text[start:end] for start, end in spans if "|" not in text[start:end] and end - start > 8]
    return tuple(each for each in found if _check(each, article.passages(at)).why != "framing")


def _sentences(article: Article, at: int) -> tuple[str, ...]:
    return _all_sentences(article.name, at)


def _check(text: str, passages: Sequence[Passage]) -> Verdict:
    reader = ClaimReader(len(passages))
    claims = [*reader.feed(" ".join(text.split()) + "[1]"), *reader.finish()]
    verdicts = [check_claim(replace(claim, markers=claim.markers or (1,)), passages) for claim in claims]
    return next((v for v in verdicts if not v.supported), verdicts[0])


def _words(text: str) -> str:
    return "".join(filter(str.isalnum, normalize(text)))


def _said_anyhow(text: str, document: Document) -> bool:
    """Whether an article says a changed sentence itself."""
    return _words(text) in _words(document.text)


def measure(judged: Sequence[Judged]) -> dict[str, Any]:
    """What `verification.json` holds: for each kind, tuned and untouched apart, how many were judged right."""
    table: dict[str, dict[str, dict[str, Any]]] = {"errors": {}, "faithful": {}}
    for group, is_error in (("errors", True), ("faithful", False)):
        kinds = list(dict.fromkeys(one.kind for one in judged if one.is_error == is_error))
        for name in [*kinds, "all"]:
            mine = [one for one in judged if one.is_error == is_error and name in {one.kind, "all"}]
            table[group][name] = {
                split: _figure([one.right for one in mine if one.tuned == tuned])
                for split, tuned in (("tuned", True), ("untouched", False))
            }
    names = [article.name for article in articles()]
    return {"seed": SEED, "articles": len(names), "untouched": sorted(UNTOUCHED & set(names)), **table}


def _figure(right: Sequence[bool]) -> dict[str, float | int] | None:
    if not right:
        return None
    n, k = len(right), sum(right)
    low, high = wilson_interval(k, n)
    return {"n": n, "right": k, "rate": round(k / n, 4), "low": round(low, 4), "high": round(high, 4)}


def render(measured: Mapping[str, Any]) -> str:
    """The figures as Markdown tables, in percent."""
    lines = []
    for group, title, verb in (("errors", "Planted error", "caught"), ("faithful", "Faithful", "kept")):
        lines += [
            "",
            f"| {title} | Tuned on: {verb} | Rate, 95 % interval | Untouched: {verb} | Rate, 95 % interval |",
            "| --- | ---: | ---: | ---: | ---: |",
        ]
        for name, of in measured[group].items():
            cells = " | ".join(_cells(of[split]) for split in ("tuned", "untouched"))
            lines.append(f"| {f'**{name}**' if name == 'all' else name} | {cells} |")
    return "\n".join(lines[1:])


def _cells(of: Mapping[str, float] | None) -> str:
    if of is None:
        return "– | –"
    rate, low, high = (f"{100 * of[key]:.1f}" for key in ("rate", "low", "high"))
    return f"{of['right']} of {of['n']} | {rate} % ({low} – {high})"


def judge_all() -> list[Judged]:
    """Everything that is measured."""
    found = [one for article in articles() for judge in (judge_claims, judge_procedures) for one in judge(article)]
    return [*found, *judge_paraphrases()]


def main(arguments: Sequence[str] | None = None) -> int:
    """Changes, checks, measures and writes; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.verification",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--wrong", action="store_true", help="print what it was wrong about in articles tuned on")
    parser.add_argument("--dry", action="store_true", help="write nothing")
    options = parser.parse_args(arguments)
    judged = judge_all()
    measured = measure(judged)
    if options.wrong:
        for one in judged:
            if one.tuned and not one.right:
                print(f"{one.kind} | {one.article} | {one.text} | {one.why}")
    print(render(measured))
    if not options.dry:
        RESULTS.write_text(json.dumps(measured, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        document = DOCUMENT.read_text(encoding="utf-8")
        DOCUMENT.write_text(put(document, render(measured), _NAME), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
