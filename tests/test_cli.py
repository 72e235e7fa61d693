from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from assistant import cli
from assistant.answer import LeftOut, Notice
from assistant.chat_model import Usage
from assistant.intake import check_turns, read_batch, read_json
from corpus.errors import UnusableInput
from tests.fake_assistant import PROCEDURE, FakeAssistant

ROOT = Path(__file__).resolve().parent.parent
HANDLE = "quietfox77"
ADVERTISED = (
    f"# 智能卡怎样注销\n\n加微信：{HANDLE} 低价领卡 https://t.me/{HANDLE}\n\n## 交通卡注销\n\n"
    "交通卡按以下步骤注销：\n\n"
    "1. 带上身份证到服务网点。\n2. 填写注销申请表。\n3. 查清余额，选择退款。\n"
)


@pytest.fixture
def assistant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeAssistant:
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("XIAOKA_")]:
        monkeypatch.delenv(name)
    return FakeAssistant()


def run(assistant: FakeAssistant, *argv: str) -> int:
    return cli.main(argv, open_assistant=assistant.opener)


def type_in(monkeypatch: pytest.MonkeyPatch, text: str | bytes) -> None:
    content = text.encode("utf-8") if isinstance(text, str) else text
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(content), encoding="ascii"))


def test_ask_prints_the_steps_then_each_source_with_its_words_and_place(
    assistant: FakeAssistant, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(assistant, "ask", "交通卡怎么注销？") == 0

    assert capsys.readouterr().out == (
        "交通卡 分两步注销：\n\n1. 带上身份证件。[1]\n2. 填写申请表。[2]\n\n"
        "来源\n  卡片 › 交通卡 — cards.md\n"
        "  [1] 带上身份证件。 (第 15–22 字符)\n  [2] 填写申请表。 (第 26–32 字符)\n"
    )


def test_ask_takes_a_question_of_several_words(assistant: FakeAssistant) -> None:
    assert run(assistant, "ask", "how", "to", "cancel") == 0
    assert assistant.asked == [("how to cancel",)]


def test_ask_prints_the_options_of_a_question_back(
    assistant: FakeAssistant, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(assistant, "ask", "卡怎么注销") == 0

    assert capsys.readouterr().out == "您要注销哪一种卡？\n\n  1) 交通卡\n  2) 银行卡\n"


def test_ask_json_prints_one_object_in_the_published_format(
    assistant: FakeAssistant, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(assistant, "ask", "--json", "交通卡") == 0

    answer = json.loads(capsys.readouterr().out)
    assert list(answer) == [
        "outcome",
        "text",
        "steps",
        "citations",
        "options",
        "reason",
        "language",
        "timings_ms",
    ]
    assert answer["citations"][0]["quote"] == "带上身份证件。"
    assert answer["citations"][0]["version"] == "abababababababab"


def test_ask_explain_adds_how_it_was_decided_and_the_hits(
    assistant: FakeAssistant, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(assistant, "ask", "--explain", "交通卡") == 0
    printed = capsys.readouterr().out
    assert '"subject": "交通卡"' in printed
    assert "1  0.900  (dense 0.800, lexical 7.500)  cards:0-33  卡片 › 交通卡" in printed

    assert run(assistant, "ask", "--explain", "--json", "交通卡") == 0
    explained = json.loads(capsys.readouterr().out)
    assert explained["explanation"] == {"subject": "交通卡"}
    assert explained["hits"][0]["score"] == 0.9


def test_ask_with_a_dash_reads_standard_input(assistant: FakeAssistant, monkeypatch: pytest.MonkeyPatch) -> None:
    type_in(monkeypatch, "交通卡怎么注销？\n")

    assert run(assistant, "ask", "-") == 0
    assert assistant.asked == [("交通卡怎么注销？\n",)]


@pytest.mark.parametrize(
    ("typed", "message"),
    [(b"\xff\xfe", "must be valid Unicode"), (b" \n", "must not be empty"), (b"a\0b", "must not hold a NUL")],
)
def test_a_question_that_cannot_be_asked_is_refused_in_a_sentence(
    assistant: FakeAssistant,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    typed: bytes,
    message: str,
) -> None:
    type_in(monkeypatch, typed)

    assert run(assistant, "ask", "-") == 2
    assert message in capsys.readouterr().err
    assert assistant.n_opened == 0


def test_settings_stand_before_or_after_the_command(
    assistant: FakeAssistant, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert run(assistant, "--corpus", "a", "settings", "--json", "--k", "3") == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["corpus"] == {"value": str(tmp_path / "a"), "from": "command line"}
    assert shown["k"] == {"value": 3, "from": "command line"}

    assert run(assistant, "--k", "3", "settings", "--k", "4") == 0
    assert "k                      4 " in capsys.readouterr().out


@pytest.mark.parametrize("argv", [["--model-key", "sk-nobodys", "ask", "x"], ["ask", "--model-key=sk-nobodys", "x"]])
def test_a_key_on_the_command_line_is_refused_and_not_repeated(
    assistant: FakeAssistant, capsys: pytest.CaptureFixture[str], argv: list[str]
) -> None:
    assert run(assistant, *argv) == 2

    shown = capsys.readouterr()
    assert "`--model-key` must not be given" in shown.err
    assert "`XIAOKA_MODEL_KEY`" in shown.err
    assert "sk-nobodys" not in shown.out + shown.err
    assert assistant.n_opened == 0


def test_settings_never_show_the_key(
    assistant: FakeAssistant, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XIAOKA_MODEL_KEY", "sk-nobodys")

    assert run(assistant, "--model", "openai:small", "settings") == 0

    shown = capsys.readouterr().out
    assert "openai:small" in shown
    assert "sk-nobodys" not in shown


def test_a_refused_setting_is_one_line_on_standard_error(
    assistant: FakeAssistant, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(assistant, "--k", "many", "ask", "x") == 2

    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err == ("xiaoka: `k` must be a whole number from 1 to 100; got 'many' from `--k`. Change it there.\n")


def test_a_message_cannot_steer_the_terminal(assistant: FakeAssistant, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(assistant, "--encoder", "\x1b[2Jx\u202e", "settings") == 2
    assert "\x1b" not in capsys.readouterr().err


@pytest.mark.parametrize(
    "argv", [["ask"], ["ask", ""], ["ask", "--batch", "absent.jsonl"], ["ask", "--batch", "-", "question"]]
)
def test_wrong_use_of_ask_ends_with_two(
    assistant: FakeAssistant, capsys: pytest.CaptureFixture[str], argv: list[str]
) -> None:
    assert run(assistant, *argv) == 2
    assert capsys.readouterr().err.startswith("xiaoka: ")
    assert assistant.n_opened == 0


@pytest.mark.parametrize("argv", [[], ["frobnicate"], ["index"], ["ask", "--jso", "x"], ["serve", "--port"]])
def test_an_unknown_command_or_option_ends_with_two(assistant: FakeAssistant, argv: list[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        run(assistant, *argv)


def test_batch_answers_every_line_in_order_and_keeps_its_id(
    assistant: FakeAssistant, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = [
        '{"id": "b", "question": "交通卡", "kind": "procedure"}',
        '{"id": 7, "turns": ["你好", "weather"]}',
        '{"question": "卡"}',
    ]
    (tmp_path / "q.jsonl").write_bytes(b"\xef\xbb\xbf" + "\r\n".join(lines).encode())

    assert run(assistant, "ask", "--batch", "q.jsonl") == 0

    answers = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [answer.get("id") for answer in answers] == ["b", 7, None]
    assert [answer["outcome"] for answer in answers] == ["answered", "abstained", "clarified"]
    assert assistant.asked == [("交通卡",), ("你好", "weather"), ("卡",)]
    assert "id" not in answers[2]


def test_batch_reads_standard_input(
    assistant: FakeAssistant, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    type_in(monkeypatch, '{"question": "交通卡"}\n')

    assert run(assistant, "ask", "--batch", "-") == 0
    assert len(capsys.readouterr().out.splitlines()) == 1


BAD_LINES = {
    b"": "it is blank",
    b"{": "must be valid JSON; at character 2",
    b"[]": "got an empty list",
    b'"x"': "got a text",
    b"{}": "got neither",
    b'{"question": "a", "turns": ["a"]}': "got both",
    b'{"question": 3}': "`question` must be a text; got a number",
    b'{"question": null}': "got null",
    b'{"question": "  "}': "`question` must not be empty",
    b'{"question": "a\\u0000b"}': "must not hold a NUL",
    b'{"question": "a\\ud800b"}': "lone surrogate",
    b'{"turns": []}': "at least one text; got an empty list",
    b'{"turns": "a"}': "at least one text; got a text",
    b'{"turns": ["a", 1]}': "`turns[1]` must be a text",
    b'{"id": true, "question": "a"}': "`id` must be a text or a whole number; got true or false",
    b'{"id": 1.5, "question": "a"}': "`id` must be a text or a whole number",
    b'{"id": "", "question": "a"}': "`id` must not be empty",
    b'{"id": "same", "question": "a"}': "got 'same' again, first on line 1",
    b'{"question": "a", "question": "b"}': "got 'question' twice",
    b'{"question": "a", "x": NaN}': "NaN is no JSON number",
    b'{"question": "a", "x": 1e999}': "1e999 is too large",
    b'{"question": "a", "x": ' + b"9" * 5000 + b"}": "too many digits",
    b'{"question": "a", "x": ' + b"[" * 100_000 + b"}": "nested too deeply",
    b'{"question": "\xff"}': "must be UTF-8; byte 15 is not",
    b'{"question": "' + b"a" * 1_000_000 + b'"}': "at most 1,000,000 bytes",
}


def test_batch_reports_every_bad_line_at_once_and_answers_nothing(
    assistant: FakeAssistant, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good = b'{"id": "same", "question": "a"}'
    (tmp_path / "q.jsonl").write_bytes(b"\n".join([good, *BAD_LINES, good.replace(b"same", b"other")]) + b"\n")

    assert run(assistant, "ask", "--batch", "q.jsonl") == 2

    shown = capsys.readouterr()
    assert shown.out == ""
    assert assistant.n_opened == 0
    reported = shown.err.splitlines()
    assert reported[0].endswith("25 cannot be used, nothing was answered:")
    for number, (line, reason) in enumerate(zip(reported[1:], BAD_LINES.values(), strict=True), start=2):
        assert line.startswith(f"line {number}: ")
        assert reason in line


def test_batch_counts_lines_behind_one_that_is_far_too_long() -> None:
    content = b"x" * 3_500_000 + b"\n{\n"

    with pytest.raises(UnusableInput, match=r"(?s)2 cannot be used.*line 1: .*1,000,000 bytes.*line 2: "):
        read_batch(io.BytesIO(content), "q")


def test_an_empty_batch_is_refused() -> None:
    with pytest.raises(UnusableInput, match="q must hold at least one question; it is empty"):
        read_batch(io.BytesIO(b""), "q")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["question", "turns", "id"]), inner),
    max_leaves=6,
)


@given(JSON)
def test_any_json_is_turns_or_refused(value: object) -> None:
    try:
        turns = check_turns(value)
    except UnusableInput:
        return
    assert all(turn.strip() for turn in turns)


def strictly_read(text: str) -> object:
    """What Python reads, where that can be written as JSON again: it also reads Infinity, and 1e999 as that."""
    value = json.loads(text, object_pairs_hook=with_keys_once)
    json.dumps(value, allow_nan=False)
    return value


def with_keys_once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    if len(dict(pairs)) < len(pairs):
        raise ValueError("a key stands twice")
    return dict(pairs)


@given(st.text() | st.binary().map(lambda b: b.decode("latin-1")))
@example("Infinity")
@example("[-Infinity, NaN]")
@example("1e999")
@example('{"a": 1, "a": 1}')
@example('{"a": [1e99, "Infinity"]}')
@settings(max_examples=200)
def test_any_text_is_json_or_refused(text: str) -> None:
    try:
        expected = strictly_read(text)
    except ValueError:
        with pytest.raises(UnusableInput):
            read_json(text)
    else:
        assert read_json(text) == expected


def test_chat_ignores_empty_lines_takes_options_by_number_and_keeps_the_turns(
    assistant: FakeAssistant, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    type_in(monkeypatch, "\n  \n我的卡\n1\n2\nnew\nweather\nquit\nnever asked\n")

    assert run(assistant, "chat") == 0

    assert assistant.asked == [
        ("我的卡",),
        ("我的卡", "交通卡"),
        ("我的卡", "交通卡", "2"),  # the answer before it offered nothing to choose from
        ("weather",),
    ]
    assert "1. 带上身份证件。[1]" in capsys.readouterr().out


def test_chat_goes_on_after_a_refusal_and_ends_with_the_input(
    assistant: FakeAssistant, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    type_in(monkeypatch, "refuse\n交通卡\n")

    assert run(assistant, "chat") == 0
    assert assistant.asked == [("refuse",), ("交通卡",)]
    assert "must be kinder" in capsys.readouterr().out


def test_an_interrupt_ends_quietly_with_130(
    assistant: FakeAssistant, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt(_turns: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(assistant, "ask", interrupt)

    assert run(assistant, "ask", "x") == 130
    assert capsys.readouterr().err == ""


def test_a_fault_of_the_program_is_not_caught(assistant: FakeAssistant) -> None:
    with pytest.raises(RuntimeError, match="sk-secret"):
        run(assistant, "ask", "break")


def xiaoka(*argv: str, folder: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("XIAOKA_")}
    return subprocess.run(
        [sys.executable, "-m", "assistant", *argv],
        cwd=folder,
        env=environment | {"PYTHONPATH": str(ROOT)} | environ,
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=120,
    )


@pytest.fixture(scope="module")
def advertised(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("advertised")
    (folder / "articles").mkdir()
    (folder / "articles" / "card.md").write_text(ADVERTISED, encoding="utf-8")
    return folder


def test_no_command_ever_prints_the_advertisers_contact(advertised: Path) -> None:
    options = ["--corpus", "articles", "--data", "data"]
    runs = {
        argv: xiaoka(*argv, *options, folder=advertised)
        for argv in [
            ("corpus", "check"),
            ("corpus", "check", "--json"),
            ("index", "build"),
            ("index", "status"),
            ("index", "verify"),
            ("ask", "交通卡怎么注销？"),
            ("ask", "--explain", "--json", "加谁的微信？"),
        ]
    }

    assert {argv: done.returncode for argv, done in runs.items() if argv[0] != "corpus"} == {
        argv: 0 for argv in runs if argv[0] != "corpus"
    }
    for done in runs.values():
        assert HANDLE not in done.stdout + done.stderr
        assert "t.me" not in done.stdout + done.stderr
    assert "Traceback" not in "".join(done.stderr for done in runs.values())
    assert "[1]" in runs["ask", "交通卡怎么注销？"].stdout


def test_corpus_check_names_file_line_column_and_reason_and_ends_with_one(advertised: Path) -> None:
    done = xiaoka("--corpus", "articles", "corpus", "check", "--json", folder=advertised)

    assert done.returncode == 1
    report = json.loads(done.stdout)
    assert report["articles"] == 1
    assert {(f["path"], f["line"]) for f in report["findings"]} == {("card.md", 3)}
    assert set(report["findings"][0]) == {"path", "line", "column", "length", "kind", "why"}


def test_corpus_check_of_clean_articles_ends_with_zero(tmp_path: Path) -> None:
    (tmp_path / "articles").mkdir()
    (tmp_path / "articles" / "a.md").write_text("# 交通卡\n\n1. 带上身份证。\n2. 填表。\n", encoding="utf-8")

    done = xiaoka("--corpus", "articles", "corpus", "check", folder=tmp_path)

    assert (done.returncode, done.stdout) == (
        0,
        "0 finding(s) in 1 article(s); none of this text is indexed or quoted.\n",
    )


def test_a_folder_that_is_not_there_is_a_sentence_and_two(tmp_path: Path) -> None:
    for argv in (["ask", "x"], ["corpus", "check"], ["index", "build"], ["serve", "--port", "0"]):
        done = xiaoka("--corpus", "absent", "--data", "data", *argv, folder=tmp_path)

        assert done.returncode == 2, argv
        assert "Traceback" not in done.stderr
        assert "absent" in done.stderr


def test_output_is_utf8_whatever_the_terminal_says(tmp_path: Path) -> None:
    (tmp_path / "xiaoka.toml").write_text('corpus = "卡片"\n', encoding="utf-8")

    done = xiaoka("settings", folder=tmp_path, PYTHONIOENCODING="ascii")

    assert done.returncode == 0
    assert "卡片" in done.stdout


def test_a_closed_pipe_is_no_traceback(tmp_path: Path) -> None:
    code = f"cd {tmp_path}; {sys.executable} -m assistant settings | true; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(
        ["bash", "-c", code],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        encoding="utf-8",
        check=True,
    )

    assert done.stdout.strip() in ("0", "141")
    assert done.stderr == ""


HEAVY = "chromadb torch gradio langchain langchain_text_splitters sentence_transformers fastapi"


def test_help_imports_nothing_that_takes_time(tmp_path: Path) -> None:
    code = "import sys, assistant.cli; assistant.cli._parser().format_help(); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, encoding="utf-8", check=True)

    assert set(done.stdout.split()).isdisjoint([*HEAVY.split(), "numpy", "yaml", "platformdirs", "corpus.hygiene"])


def test_asking_an_index_that_is_built_imports_none_of_the_heavy_libraries(advertised: Path) -> None:
    arguments = ["--corpus", "articles", "--data", "data2", "ask", "交通卡怎么注销？"]
    assert xiaoka(*arguments, folder=advertised).returncode == 0
    code = f"import sys; from assistant.cli import main; main({arguments!r}); print(*sys.modules, file=sys.stderr)"

    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=advertised,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        encoding="utf-8",
        check=True,
    )

    assert set(done.stderr.split()).isdisjoint(HEAVY.split())


def test_version_is_the_distributions(tmp_path: Path) -> None:
    done = xiaoka("--version", folder=tmp_path)

    assert (done.returncode, done.stdout.split()[0]) == (0, "xiaoka")


# --- answers that a chat model words


WORDED = replace(
    PROCEDURE,
    generator="openai:some",
    usage=Usage(n_input_tokens=900, n_output_tokens=None, seconds=2.34, n_tries=2),
    left_out=(LeftOut(text="付50元。", why="amount"), LeftOut(text="", why="contact")),
)
LATE = replace(PROCEDURE, generator="openai:some", notice=Notice(kind="timeout", text="The model\x1b[2J was late."))


def test_a_notice_is_told_beside_the_answer_and_not_in_it(
    assistant: FakeAssistant, capsys: pytest.CaptureFixture[str]
) -> None:
    assistant.answers = {"late": LATE, "own": PROCEDURE}
    assert run(assistant, "ask", "late") == 0
    told = capsys.readouterr()
    assert run(assistant, "ask", "own") == 0

    assert told.err == "xiaoka: The model<U+001B>[2J was late.\n"
    assert told.out == capsys.readouterr().out


def test_what_a_model_took_and_what_was_left_out_is_explained_to_who_asks(
    assistant: FakeAssistant, capsys: pytest.CaptureFixture[str]
) -> None:
    assistant.answers = {"worded": WORDED}
    assert run(assistant, "ask", "worded") == 0
    assert "50元" not in capsys.readouterr().out
    assert run(assistant, "ask", "--explain", "worded") == 0

    assert capsys.readouterr().out.endswith(
        "openai:some: 2.3 s, tokens: 900 read, ? written, 2 tries\n"
        "left out (amount): 付50元。\nleft out (contact): 内含联系方式或指令，不显示\n"
    )


def test_json_holds_what_a_model_adds_and_nothing_more_without_one(
    assistant: FakeAssistant, capsys: pytest.CaptureFixture[str]
) -> None:
    assistant.answers = {"late": LATE, "own": PROCEDURE}
    assert run(assistant, "ask", "--json", "late") == 0
    late = json.loads(capsys.readouterr().out)
    assert run(assistant, "ask", "--json", "own") == 0
    own = json.loads(capsys.readouterr().out)

    assert {key: late[key] for key in set(late) - set(own)} == {
        "generator": "openai:some",
        "notice": {"kind": "timeout", "text": "The model\x1b[2J was late."},
        "left_out": [],
        "usage": None,
    }
    assert own == PROCEDURE.to_json()
