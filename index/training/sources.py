"""The pairs of texts that the encoder learns from: open data in a folder of the user's, and the project's own text.

A pair is (what is asked or said, what belongs to it), sometimes with a third text that looks alike and does not belong.
The model card, `index/encoder/README.md`, has each source's place and licence.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import random
import re
import tempfile
import tomllib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from corpus.errors import UnusableInput
from corpus.normalize import has_han
from index.lexical import LexicalIndex

Pair = tuple[str, ...]
Pairs = list[Pair]

OWN_TEXT = Path(__file__).parent / "text"
N_FOLDS = 5
# The fold of `stard_zh`'s questions that no training sees; its figures are the ones that the model card gives.
HELD_BACK_FOLD = 0

_ARTICLE = re.compile(r"^[ \t　]*(第[一二三四五六七八九十百千零○〇]+条(?:之[一二三四五六七八九十]+)?)\s*", re.MULTILINE)
_SENTENCE = re.compile(r"[^。；！？\n]+[。；！？\n]*")
_SAYS_LITTLE = re.compile(r"(?:old )?variant|see |used in|surname|abbr|CL:|erhua|Japanese variant")
_LONGEST_PASSAGE = 400
_N_HARD = 30
_MOST_OF_ONE = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where some of the pairs come from.

    Attributes:
        name: As the model card's table has it.
        n_batches: Share of the training's steps, in parts.
        read: The pairs, given the data folder and a source of chance.
    """

    name: str
    n_batches: float
    read: Callable[[Path, random.Random], Pairs]


def fold_of(question_id: str) -> int:
    """Which of five folds a question belongs to, by the SHA-256 of its id."""
    return int(hashlib.sha256(question_id.encode()).hexdigest(), 16) % N_FOLDS


def read_pairs(
    data: Path, *, seed: int, held_back: Sequence[int] = (HELD_BACK_FOLD,), own_text: Path = OWN_TEXT
) -> dict[str, Pairs]:
    """The pairs of every source by its name; of `stard_zh` those whose questions are in none of the folds held back.

    Raises:
        UnusableInput: A file of the data is missing.
    """
    pairs: dict[str, Pairs] = {}
    for source in sources(held_back, own_text):
        try:
            # A source of chance for each, so that one more source leaves the others as they were.
            pairs[source.name] = source.read(data, random.Random(f"{seed} {source.name}"))
        except FileNotFoundError as error:
            raise UnusableInput(
                f"`--data` must be a folder with the training data; `{error.filename}` is not there. "
                "See index/encoder/README.md for what it holds and where it comes from."
            ) from error
    return pairs


def sources(held_back: Sequence[int], own_text: Path) -> tuple[Source, ...]:
    """Every source, with its share."""

    def lay_questions(data: Path, rng: random.Random) -> Pairs:
        return _stard(data, rng, held_back)

    def own(read: Callable[[Path, random.Random], Pairs]) -> Callable[[Path, random.Random], Pairs]:
        return lambda _, rng: read(own_text, rng)

    return (
        Source(name="laws", n_batches=3, read=_laws),
        Source(name="stard_zh", n_batches=2, read=lay_questions),
        Source(name="zh_mrc_retrieval", n_batches=1, read=_reading),
        Source(name="intune", n_batches=1, read=_intune),
        Source(name="intune_headings", n_batches=0.5, read=_headings),
        Source(name="tatoeba", n_batches=2, read=_tatoeba),
        Source(name="cc_cedict", n_batches=4, read=_dictionary),
        Source(name="chinese_open_wordnet", n_batches=2, read=_synonyms),
        Source(name="banking77", n_batches=0.7, read=_same_intent("banking77/train.jsonl", "text", 100)),
        Source(name="clinc150", n_batches=0.5, read=_same_intent("clinc150_oos/train.jsonl", "text", 60)),
        Source(
            name="bitext", n_batches=0.3, read=_same_intent("bitext_customer_support/data.jsonl", "instruction", 80)
        ),
        Source(name="own law questions", n_batches=1, read=lambda data, _: _law_questions(data, own_text)),
        Source(name="own bank questions", n_batches=1, read=own(_bank_questions)),
        Source(name="own procedures", n_batches=6, read=own(_procedures)),
        Source(name="own parallel text", n_batches=0.5, read=own(_parallel)),
        Source(name="own lexicon", n_batches=0.5, read=own(_lexicon)),
        Source(name="own card questions", n_batches=0.5, read=own(_card_questions)),
    )


def _laws(data: Path, rng: random.Random) -> Pairs:
    """A sentence of an article of law, with the rest of that article and the law's title."""
    found: Pairs = []
    for place, body in _articles(data).items():
        sentences = [text.strip() for text in _SENTENCE.findall(body) if len(text.strip()) >= 8]
        joint = ""
        if len(sentences) < 2:
            sentences, joint = [text for text in re.split("[，,：]", body) if text], "，"
        at = rng.randrange(len(sentences)) if len(sentences) > 1 else 0
        if len(sentences) > 1 and len(sentences[at]) >= 6:
            rest = joint.join(sentences[:at] + sentences[at + 1 :])
            found.append((sentences[at][:120], f"{place}\n{rest[:_LONGEST_PASSAGE]}"))
    return found


def _articles(data: Path) -> dict[str, str]:
    """The articles of all laws, by the law's title and the article's number; the longest where there are editions."""
    found: dict[str, str] = {}
    begun = set()
    for law in _lines(data / "train_text/laws_zh.jsonl"):
        text = law["text"]
        marks = list(_ARTICLE.finditer(text))
        for mark, following in itertools.zip_longest(marks, marks[1:]):
            body = re.sub(r"\n#+.*", "", text[mark.end() : following.start() if following else len(text)]).strip()
            place = law["title"] + mark[1]
            if len(body) >= 20 and body[:60] not in begun and len(body) > len(found.get(place, "")):
                begun.add(body[:60])
                found[place] = body
    return found


def _stard(data: Path, rng: random.Random, held_back: Sequence[int]) -> Pairs:
    """An everyday question with a rule that answers it and one of its nearest by BM25 that does not."""
    passages = {row["_id"]: f"{row['title']}\n{row['text']}" for row in _lines(data / "stard_zh/corpus.jsonl")}
    questions = {
        row["_id"]: row["text"]
        for row in _lines(data / "stard_zh/queries.jsonl")
        if fold_of(row["_id"]) not in held_back
    }
    relevant = qrels(data / "stard_zh/qrels.tsv")
    hard = nearest_by_words(passages, questions, _N_HARD)
    found: Pairs = []
    for question_id, question in questions.items():
        others = [passage_id for passage_id in hard[question_id] if passage_id not in relevant[question_id]]
        for passage_id in sorted(relevant[question_id]):
            found += [(question, passages[passage_id], passages[rng.choice(others)]) for _ in range(_MOST_OF_ONE)]
    return found


def nearest_by_words(passages: Mapping[str, str], questions: Mapping[str, str], k: int) -> dict[str, list[str]]:
    """The ids of the `k` best passages by BM25 for each question, best first."""
    with tempfile.TemporaryDirectory() as folder:
        LexicalIndex.build(Path(folder), ((passage_id, "", text) for passage_id, text in passages.items()))
        index = LexicalIndex.open(Path(folder))
        return {
            question_id: [passage_id for passage_id, _ in index.search(text, k)]
            for question_id, text in questions.items()
        }


def qrels(file: Path) -> dict[str, set[str]]:
    """The ids of the passages that are relevant to each question, of a BEIR table with a heading line or without."""
    relevant: dict[str, set[str]] = defaultdict(set)
    for line in file.read_text(encoding="utf-8").splitlines():
        question_id, passage_id, score = line.split("\t")
        if question_id != "query-id" and float(score) > 0:
            relevant[question_id].add(passage_id)
    return relevant


def _reading(data: Path, _: random.Random) -> Pairs:
    folder = data / "zh_mrc_retrieval"
    passages = {row["_id"]: f"{row['title']}\n{row['text']}" for row in _lines(folder / "corpus.jsonl")}
    questions = {row["_id"]: row["text"] for row in _lines(folder / "queries.jsonl")}
    return [
        (questions[question_id], passages[passage_id])
        for question_id, passage_ids in qrels(folder / "qrels.tsv").items()
        for passage_id in sorted(passage_ids)
        if question_id in questions and passage_id in passages
    ]


def _intune(data: Path, _: random.Random) -> Pairs:
    """Headings, Chinese and English, with what stands under them."""
    found: Pairs = []
    for document in _lines(data / "zh_procedures_intune/docs.jsonl"):
        for section in document["sections"]:
            if len(section["text"]) > 30:
                headings = [section["heading"], section["heading_en"]]
                found += [(heading, section["text"][:300]) for heading in headings if heading]
    for procedure in _lines(data / "zh_procedures_intune/procedures.jsonl"):
        heading, steps = procedure["heading"], procedure["steps"]
        found.append((f"{procedure['doc_title']} {heading}", " ".join(steps)[:_LONGEST_PASSAGE]))
        found += [(heading, step) for step in steps[:6] if len(step) > 8]
    return found


def _headings(data: Path, _: random.Random) -> Pairs:
    return [(row["zh"], row["en"]) for row in _lines(data / "zh_procedures_intune/heading_pairs_zh_en.jsonl")]


def _tatoeba(data: Path, _: random.Random) -> Pairs:
    return [(row["zh"], row["en"]) for row in _lines(data / "train_text/tatoeba_zh_en.jsonl")]


def _dictionary(data: Path, _: random.Random) -> Pairs:
    """Chinese words with up to four of their English meanings."""
    found: Pairs = []
    for row in _lines(data / "train_text/cc_cedict.jsonl"):
        meanings = [re.sub(r"\([^)]*\)|\[[^\]]*\]", "", meaning).strip() for meaning in row["en"]]
        meanings = [meaning for meaning in meanings if meaning and not _SAYS_LITTLE.match(meaning)]
        if meanings and has_han(row["zh"]):
            found.append((row["zh"], "; ".join(meanings[:4])))
    return found


def _synonyms(data: Path, rng: random.Random) -> Pairs:
    found: Pairs = []
    for row in _lines(data / "train_text/chinese_open_wordnet.jsonl"):
        words = [word for word in (word.replace("+", "") for word in row["zh"]) if len(word) <= 8]
        found += [tuple(rng.sample(words, 2)) for _ in range(min(_MOST_OF_ONE, len(words) - 1))]
    return found


def _same_intent(file: str, field: str, most: int) -> Callable[[Path, random.Random], Pairs]:
    """Reads questions that are marked with an intent, up to `most` of each, each with another of the same intent."""

    def read(data: Path, rng: random.Random) -> Pairs:
        of_intent: dict[str, dict[str, None]] = defaultdict(dict)
        for row in _lines(data / file):
            of_intent[row["intent"]][row[field]] = None
        found: Pairs = []
        for questions in map(list, of_intent.values()):
            rng.shuffle(questions)
            if len(questions) > 1:
                found += [
                    (question, questions[at - rng.randrange(1, len(questions))])
                    for at, question in enumerate(questions[:most])
                ]
        return found

    return read


def _law_questions(data: Path, own_text: Path) -> Pairs:
    """Everyday questions of our own, each with the article of law that it was written for."""
    articles = _articles(data)
    rows = _lines(own_text / "law_questions.jsonl")
    return [(row["question"], f"{row['article']}\n{articles[row['article']][:_LONGEST_PASSAGE]}") for row in rows]


def _bank_questions(own_text: Path, rng: random.Random) -> Pairs:
    """Two wordings of one question, with another question that sounds like it where there is one."""
    rows = list(_lines(own_text / "bank_questions.jsonl"))
    found: Pairs = []
    for row in rows:
        for one, other in itertools.combinations(row["same"], 2):
            different = row.get("different") or rng.choice(rows)["same"]
            found.append((one, other, rng.choice(different)))
    return found


def _procedures(own_text: Path, _: random.Random) -> Pairs:
    rows = _lines(own_text / "procedures.jsonl")
    return [(question, row["passage"]) for row in rows for question in row["questions"]]


def _parallel(own_text: Path, _: random.Random) -> Pairs:
    return [(row["zh"], row["en"]) for row in _lines(own_text / "parallel.jsonl")]


_FRAMES = ("怎么{action}{card}", "{card}{action}", "{card}{action}{attribute}", "{action}{card}的{attribute}")
_ENGLISH_FRAMES = ("{action} {card}", "how to {action} my {card}", "{attribute} to {action} {card}")
_N_FRAMED = 6_000


def _lexicon(own_text: Path, rng: random.Random) -> Pairs:
    """Two words of one concept, in whatever script, language or misspelling."""
    found: Pairs = []
    for concept in _concepts(own_text):
        standard = concept["zh"]
        words = [*standard, *concept["zh_tw"], *concept["en"], *concept["pinyin"], *concept["typos"]]
        found += [(word, rng.choice(standard)) for word in words for _ in range(2)]
    return [pair for pair in found if pair[0] != pair[1]]


def _card_questions(own_text: Path, rng: random.Random) -> Pairs:
    """The same action on the same card asked for in two ways, with the same asked of another card."""
    by_kind: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for concept in _concepts(own_text):
        by_kind[concept["kind"]].append(concept)
    found: Pairs = []
    for _ in range(_N_FRAMED):
        said = {kind: rng.choice(by_kind[kind]) for kind in ("action", "card", "attribute")}
        other = {**said, "card": rng.choice(by_kind["card"])}
        one, two = _framed(said, rng), _framed(said, rng)
        if other["card"] is not said["card"] and one != two:
            found.append((one, two, _framed(other, rng)))
    return found


def _concepts(own_text: Path) -> list[dict[str, Any]]:
    concepts: list[dict[str, Any]] = tomllib.loads((own_text / "lexicon.toml").read_text(encoding="utf-8"))["concept"]
    return concepts


def _framed(said: Mapping[str, dict[str, Any]], rng: random.Random) -> str:
    """The action, the card and perhaps the attribute in words of one language, chosen by chance."""
    variety = rng.choice(("zh", "zh", "zh", "typos", "zh_tw", "en"))
    frame = rng.choice(_ENGLISH_FRAMES if variety == "en" else _FRAMES)
    # One odd word to a question: the others are the usual ones.
    odd = rng.choice(list(said)) if variety in {"typos", "zh_tw"} else ""
    words = {
        kind: rng.choice(concept["en" if variety == "en" else variety if kind == odd and concept[variety] else "zh"])
        for kind, concept in said.items()
    }
    return frame.format(**words)


def _lines(file: Path) -> Iterator[dict[str, Any]]:
    with file.open(encoding="utf-8") as stream:
        yield from map(json.loads, stream)


def texts_of(pairs: Mapping[str, Pairs]) -> Iterable[str]:
    """Every distinct text of all pairs, in order of appearance."""
    return dict.fromkeys(text for found in pairs.values() for pair in found for text in pair)
