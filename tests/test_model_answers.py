"""What a user sees when a chat model behaves well, badly or not at all: over HTTP, and as docs/models.md has it."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from assistant.cli import main
from assistant.generator import open_model
from assistant.settings import load_settings
from assistant.start import open_assistant
from assistant.writer import Writer
from tests.assistants import broken_rules, small
from tests.fakes import write_articles
from tests.model_cases import CASES, MODEL, Case, seen, table
from tests.model_servers import Reply, ScriptedServer
from tests.shop_card import ARTICLE, GOOD, QUESTION

DOCS = Path(__file__).resolve().parent.parent / "docs" / "models.md"
TIMEOUT_SECONDS = 2.5
KEY = "sk-never-shown-0000"


@pytest.mark.parametrize("case", CASES, ids=[case.does for case in CASES])
def test_what_a_user_sees(case: Case) -> None:
    with ScriptedServer(case.replies) as server:
        model = open_model("openai:scripted", url=server.url, key=KEY, timeout_seconds=TIMEOUT_SECONDS)
        started = time.monotonic()
        answer = small({"shop.md": ARTICLE}, writer=Writer(model)).ask([case.question])
        seconds = time.monotonic() - started

    assert seen(answer) == case.sees
    assert broken_rules(answer, {"shop": ARTICLE}) == []
    published = str(answer.to_json())
    assert [word for word in (*case.never, KEY) if word in published] == []
    assert len(answer.steps) == (0 if answer.outcome == "abstained" else 4)
    assert [step.number for step in answer.steps] == [1, 2, 3, 4][: len(answer.steps)]
    assert seconds < TIMEOUT_SECONDS + 2


def test_the_table_of_the_documentation_is_what_is_seen() -> None:
    assert table([(case.does, case.sees) for case in CASES]) in DOCS.read_text(encoding="utf-8")


def test_the_settings_open_a_model_that_words_the_answers(tmp_path: Path) -> None:
    corpus = write_articles(tmp_path / "articles", shop=ARTICLE)
    with ScriptedServer(Reply(GOOD)) as server:
        values = {"corpus": str(corpus), "data": str(tmp_path / "data"), "model": "scripted", "model_url": server.url}
        settings = load_settings(values, environ={"XIAOKA_MODEL_KEY": KEY}, folder=tmp_path)
        with open_assistant(settings) as assistant:
            answer = assistant.ask([QUESTION])

    assert seen(answer) == MODEL
    assert answer.generator == "scripted"
    assert answer.usage is not None
    assert (answer.usage.n_input_tokens, answer.usage.n_output_tokens) == (11, 7)


def test_an_evaluation_asks_the_model_that_is_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XIAOKA_MODEL_KEY", KEY)
    corpus = write_articles(tmp_path / "articles", shop=ARTICLE)
    question = {
        "id": "steps",
        "lang": "zh",
        "kind": "procedure",
        "question": QUESTION,
        "expect": "answer",
        "sections": ["shop"],
        "facts": [["身份证"]],
        "steps": {"count": 4, "ordered": [["身份证"], ["申请表"], ["10元"], ["7个工作日"]]},
    }
    (tmp_path / "set.jsonl").write_text(json.dumps(question, ensure_ascii=False) + "\n", encoding="utf-8")
    (tmp_path / "sections.json").write_text('{"shop": ["书店储值卡怎么注销"]}', encoding="utf-8")
    with ScriptedServer(Reply(GOOD)) as server:
        options = ["--corpus", str(corpus), "--data", "data", "--model", "scripted", "--model-url", server.url]
        assert main([*options, "evaluate", "set.jsonl", "--json", "out.json"]) == 0
        asked = len(server.requests)
    record = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))

    assert asked == 1
    assert record["summary"]["success"]["mean"] == 1
    assert record["settings"]["model"] == "scripted"
    assert record["questions"][0]["answer"]["generator"] == "scripted"


def test_the_babble_of_a_tiny_model_is_rejected_and_the_articles_words_stand_in(tmp_path: Path) -> None:
    pytest.importorskip("transformers")
    from tests.tiny_model import write_tiny_model

    folder = write_tiny_model(tmp_path / "tiny", n_context_tokens=4_096)
    model = open_model(f"huggingface:{folder}", timeout_seconds=60)
    answer = small({"shop.md": ARTICLE}, writer=Writer(model)).ask([QUESTION])

    assert answer.notice is not None
    assert answer.notice.kind in {"unsupported", "empty", "too_long", "broken"}
    assert answer.text == small({"shop.md": ARTICLE}).ask([QUESTION]).text
    assert answer.generator == "huggingface:tiny"
