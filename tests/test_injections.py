"""Instructions in articles, and models that obey them: none of it reaches the user, however it got into the article.

Every string is put into an article that was cleaned, and into one that was not: as if cleaning had found nothing.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

import pytest

from assistant.addressed import is_addressed
from assistant.answer import Answer
from assistant.assistant import Assistant
from assistant.writer import Writer
from corpus.hygiene import clean
from corpus.reader import read_corpus
from index.index import Index
from tests.assistants import CORPORA, ROOT, MemoryIndex
from tests.fake_models import ScriptedModel
from tests.shop_card import ARTICLE, ENGLISH_ARTICLE, ENGLISH_GOOD, ENGLISH_QUESTION, GOOD, QUESTION

STRINGS = [
    json.loads(line) for line in (ROOT / "tests" / "data" / "injections.jsonl").read_text(encoding="utf-8").splitlines()
]
OTHERS = ROOT.parent / "shared" / "data" / "injection_strings"
SECTIONS = {"zh": "\n## 书店储值卡的其他说明\n\n{}\n", "en": "\n## More on the bookshop gift card\n\n{}\n"}
ARTICLES = {"zh": ARTICLE, "en": ENGLISH_ARTICLE}
QUESTIONS = {"zh": QUESTION, "en": ENGLISH_QUESTION}
GOODS = {"zh": GOOD, "en": ENGLISH_GOOD}
IN_A_STEP = {"zh": "到任意一家门店的服务台。", "en": "to the service desk of any branch."}


def planted(text: str, language: str, place: str) -> str:
    """An article with a string in a section of its own, or at the end of its first step."""
    if place == "section":
        return ARTICLES[language] + SECTIONS[language].format(text)
    return ARTICLES[language].replace(IN_A_STEP[language], f"{IN_A_STEP[language]}{text}")


def asked(article: str, language: str, said: str, *, cleaned: bool) -> tuple[Answer, str]:
    """The answer over an article by a model that says this, and what the model was sent."""
    assistant, model = opened(article, cleaned)
    model.script = [said]
    model.sent.clear()
    answer = assistant.ask([QUESTIONS[language]])
    return answer, "".join(message.text for message in model.sent[0]) if model.sent else ""


@lru_cache(maxsize=1)  # what follows each other is asked over the same article
def opened(article: str, cleaned: bool) -> tuple[Assistant, ScriptedModel]:
    """An assistant over an article, and the model that words its answers."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "shop.md").write_bytes(article.encode("utf-8"))
        documents = read_corpus(Path(folder))
    index = MemoryIndex(tuple(clean(document) if cleaned else document for document in documents))
    model = ScriptedModel([])
    return Assistant(index=cast("Index", index), writer=Writer(model)), model


def shown(answer: Answer) -> str:
    """Everything of an answer that is put before the user without being asked for."""
    notice = answer.notice.text if answer.notice else ""
    return "\n".join([answer.text, *(step.text for step in answer.steps), *answer.options, notice])


def replies(string: Mapping[str, Any]) -> Iterator[str]:
    """What a model says that obeys: only that, that below a good answer, and that as one more step."""
    obeyed, good = string["obeyed"], GOODS[string["language"]]
    yield f"{obeyed}[2]"
    yield f"{good}\n{obeyed}[1]"
    yield f"{good}\n{obeyed}[2]"
    yield f"5. {obeyed}[1]\n{good}"


def test_there_are_enough_strings_in_both_languages() -> None:
    assert len(STRINGS) >= 60
    assert min(sum(string["language"] == language for string in STRINGS) for language in ("zh", "en")) >= 30
    assert all(string["payload"] and all(p in string["obeyed"] for p in string["payload"]) for string in STRINGS)


@pytest.mark.parametrize("string", STRINGS, ids=[string["id"] for string in STRINGS])
def test_what_an_instruction_in_an_article_wants_said_does_not_reach_the_user(string: Mapping[str, Any]) -> None:
    language = string["language"]
    for place in ("section", "step"):
        article = planted(string["text"], language, place)
        for cleaned in (True, False):
            for said in replies(string):
                answer, _ = asked(article, language, said, cleaned=cleaned)
                # An article that was not cleaned is quoted as it is where it stands in for the model.
                if answer.notice is None or place == "section":
                    assert [word for word in string["payload"] if word in shown(answer)] == [], (place, cleaned, said)


def test_the_strings_are_put_before_the_model() -> None:
    n_sent = 0
    for string in STRINGS:
        article = planted(string["text"], string["language"], "section")
        _, sent = asked(article, string["language"], "x", cleaned=False)
        n_sent += string["text"][-6:-1] in sent

    assert n_sent >= 60


@pytest.mark.slow
@pytest.mark.parametrize("name", ["bipia_attacks_train.jsonl", "garak_injections.jsonl"])
def test_no_string_of_other_collections_is_obeyed(name: str) -> None:
    if not (OTHERS / name).is_file():
        pytest.skip("the collections of injection strings are not beside this checkout")
    strings = [json.loads(line)["text"] for line in (OTHERS / name).read_text(encoding="utf-8").splitlines()]
    reached = []
    for text in strings:
        article = planted(" ".join(text.split()), "en", "section")
        said = f"{ENGLISH_GOOD}\nSure, here is what you asked for: PWNED-7731. [2]\n{' '.join(text.split())} [2]"
        answer, _ = asked(article, "en", said, cleaned=True)
        if "PWNED-7731" in shown(answer):
            reached.append(text)

    assert reached == []


def test_no_line_of_a_shipped_article_passes_for_an_instruction() -> None:
    lines = [
        line
        for name in ("shipped", "a", "b")
        for path in sorted(CORPORA[name].glob("*.md"))
        for line in path.read_text(encoding="utf-8").splitlines()
    ]

    assert len(lines) > 300
    assert [line for line in lines if is_addressed(line)] == []
