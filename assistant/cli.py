"""The command `xiaoka`."""

from __future__ import annotations

import argparse
import contextlib
import importlib
import io
import json
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, NoReturn

from corpus.errors import UnusableInput

if TYPE_CHECKING:
    from assistant.answer import Answer
    from assistant.chat_model import Usage
    from assistant.settings import Settings
    from assistant.start import Answers, Evaluated, Opener
    from corpus.document import Document
    from corpus.hygiene import Finding

DONE, NOT_MET, UNUSABLE, INTERRUPTED, PIPE_CLOSED = 0, 1, 2, 130, 141
_LEAVE = frozenset(("quit", "exit", "q", "退出", "再见", "/quit"))
_ANEW = frozenset(("new", "/new", "重来", "新对话"))
_GREETING = (
    "小卡 Xiaoka — 怎么注销一张卡？ How do I cancel a card?\n(new / 重来: start over; quit / 退出 / Ctrl-D: leave)"
)


def main(argv: Sequence[str] | None = None, *, open_assistant: Opener | None = None) -> int:
    """The exit code of a command: 0 done, 1 a gate not met, 2 wrong use or unusable input.

    Args:
        argv: The arguments without the command's name; the process's own unless given.
        open_assistant: Opens the assistant that answers; the real one unless given.
    """
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by whoever started this
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115 - for as long as the process runs
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # Bytes that are no UTF-8 arrive as lone surrogates, which every reader of questions refuses by name.
            stream.reconfigure(
                encoding="utf-8", errors="surrogateescape" if stream is sys.stdin else "backslashreplace"
            )
    try:
        arguments = _parser().parse_args(argv)
        code = _run(arguments, open_assistant or _open_assistant)
        sys.stdout.flush()
    except UnusableInput as error:
        from assistant.render import visible

        sys.stderr.write(f"xiaoka: {visible(str(error))}\n")
        return UNUSABLE
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # The interpreter flushes standard output once more at its end, and would complain.
        with contextlib.suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return PIPE_CLOSED
    return code


def _run(arguments: argparse.Namespace, opener: Opener) -> int:
    from assistant.settings import load_settings

    given = {name: value for name, value in vars(arguments).items() if name in _SETTINGS}
    command: Callable[[argparse.Namespace, Settings, Opener], int] = arguments.command
    return command(arguments, load_settings(given), opener)


def _open_assistant(settings: Settings) -> AbstractContextManager[Evaluated]:
    from assistant.start import open_assistant

    return open_assistant(settings)


def _write(text: str) -> None:
    sys.stdout.write(text + "\n")


def _write_json(value: object, *, indent: int | None = 2) -> None:
    _write(json.dumps(value, ensure_ascii=False, indent=indent, default=str))


def _ask(arguments: argparse.Namespace, settings: Settings, opener: Opener) -> int:
    from assistant.intake import check_turn

    if arguments.batch:
        return _ask_batch(arguments, settings, opener)
    words: list[str] = arguments.question
    if not words:
        raise UnusableInput('`ask` must be given a question; got none. Write `xiaoka ask "公交卡怎么注销？"`.')
    question = check_turn(sys.stdin.read() if words == ["-"] else " ".join(words))
    with opener(settings) as assistant:
        answer = assistant.ask([question])
        if arguments.json:
            _write_json(answer.to_json() | (_explanation(answer) if arguments.explain else {}))
        else:
            _write_answer(answer, assistant)
            if arguments.explain:
                _write_explanation(answer)
    return DONE


def _ask_batch(arguments: argparse.Namespace, settings: Settings, opener: Opener) -> int:
    from assistant.intake import read_batch

    if arguments.question or arguments.explain:
        raise UnusableInput("`--batch` must stand without a question and without `--explain`; got both. Leave one out.")
    with _open_for_reading(arguments.batch) as stream:
        questions = read_batch(stream, "standard input" if arguments.batch == "-" else arguments.batch)
    with opener(settings) as assistant:
        for question in questions:
            identity = {} if question.id is None else {"id": question.id}
            _write_json(identity | assistant.ask(question.turns).to_json(), indent=None)
    return DONE


def _open_for_reading(name: str) -> AbstractContextManager[BinaryIO]:
    if name == "-":
        return contextlib.nullcontext(sys.stdin.buffer)
    try:
        return Path(name).open("rb")
    except (OSError, ValueError) as error:
        raise UnusableInput(f"`--batch` must name a file that can be read, or `-`; got {name!r} ({error}).") from error


def _write_answer(answer: Answer, assistant: Answers) -> None:
    from assistant.render import terminal_answer, visible

    if answer.notice is not None:
        # Not on standard output: it is no part of the answer.
        sys.stderr.write(f"xiaoka: {visible(answer.notice.text)}\n")
        sys.stderr.flush()
    _write(terminal_answer(answer, assistant.document))


def _explanation(answer: Answer) -> dict[str, Any]:
    hits = [
        {"rank": h.rank, "score": h.score, "parts": h.parts, "chunk_id": h.chunk.chunk_id, "headings": h.chunk.headings}
        for h in answer.hits
    ]
    return {"explanation": answer.explanation, "hits": hits}


def _write_explanation(answer: Answer) -> None:
    from assistant.render import plain, visible, words

    reason = f" ({answer.reason})" if answer.reason else ""
    _write(f"\n{answer.outcome}{reason}, {answer.language}")
    _write(visible(json.dumps(answer.explanation, ensure_ascii=False, indent=2, default=str)))
    for hit in answer.hits:
        parts = ", ".join(f"{leg} {score:.3f}" for leg, score in hit.parts.items())
        _write(
            visible(
                f"{hit.rank:>3}  {hit.score:.3f}  ({parts})  {hit.chunk.chunk_id}  {' › '.join(hit.chunk.headings)}"
            )
        )
    _write("  ".join(f"{stage} {ms:.1f} ms" for stage, ms in answer.timings_ms.items()))
    if answer.usage is not None:
        tokens = [f"{'?' if n is None else n} {way}" for n, way in _tokens(answer.usage)]
        tries = f", {answer.usage.n_tries} tries" if answer.usage.n_tries > 1 else ""
        _write(visible(f"{answer.generator}: {answer.usage.seconds:.1f} s, tokens: {', '.join(tokens)}{tries}"))
    for one in answer.left_out:
        _write(visible(f"left out ({one.why}): {plain(one.text) or words(answer.language)['not_shown']}"))


def _tokens(usage: Usage) -> list[tuple[int | None, str]]:
    return [(usage.n_input_tokens, "read"), (usage.n_output_tokens, "written")]


def _chat(_arguments: argparse.Namespace, settings: Settings, opener: Opener) -> int:
    from assistant.intake import check_turn

    with contextlib.suppress(ImportError):
        importlib.import_module("readline")  # gives `input` line editing and a history
    with opener(settings) as assistant:
        _write(_GREETING)
        turns: list[str] = []
        options: tuple[str, ...] = ()
        while True:
            try:
                line = input("\n› ").strip()
            except EOFError:
                _write("")
                return DONE
            if line.casefold() in _LEAVE:
                return DONE
            if line.casefold() in _ANEW:
                turns, options = [], ()
                _write("— 新的对话 · a new conversation —")
            elif line:
                try:
                    turn = check_turn(_chosen(line, options))
                    answer = assistant.ask([*turns, turn])
                except UnusableInput as error:
                    _write(str(error))
                    continue
                turns, options = [*turns, turn], answer.options
                _write("")
                _write_answer(answer, assistant)


def _chosen(line: str, options: Sequence[str]) -> str:
    """The option whose number was typed, else the line itself."""
    number = int(line) if line.isdecimal() and len(line) < 4 else 0
    return options[number - 1] if 1 <= number <= len(options) else line


def _settings(arguments: argparse.Namespace, settings: Settings, _opener: Opener) -> int:
    from assistant.settings import describe

    rows = describe(settings)
    if arguments.json:
        _write_json({str(row["name"]): {"value": row["value"], "from": row["from"]} for row in rows})
        return DONE
    width = max(len(str(row["value"])) for row in rows)
    name_width = max(len(str(row["name"])) for row in rows)
    for row in rows:
        _write(f"{row['name']:<{name_width}}  {row['value']!s:<{width}}  {row['from']}")
    return DONE


def _serve(arguments: argparse.Namespace, settings: Settings, opener: Opener) -> int:
    # The page is the layer above this one and is imported by name, only when it is asked for.
    page = importlib.import_module("app")
    code: int = page.serve(settings, opener, open_browser=arguments.open)
    return code


def _evaluate(arguments: argparse.Namespace, settings: Settings, opener: Opener) -> int:
    from assistant.evaluation.command import run

    return run(arguments, settings, opener)


def _corpus_check(arguments: argparse.Namespace, settings: Settings, _opener: Opener) -> int:
    from assistant.render import visible
    from corpus.editions import check_editions
    from corpus.hygiene import clean, find
    from corpus.reader import read_corpus

    documents = read_corpus(settings.corpus)
    check_editions(clean(document) for document in documents if document.edition is not None)
    read = [document for article in documents for document in (article, article.edition) if document is not None]
    found = [(document, finding) for document in read for finding in find(document)]
    if arguments.json:
        _write_json({"articles": len(documents), "findings": [_place(d, f) for d, f in found]})
        return NOT_MET if found else DONE
    for document, finding in found:
        place = _place(document, finding)
        where = f"{place['path']}:{place['line']}:{place['column']}"
        _write(visible(f"{where}: {finding.kind}, {place['length']} characters: {finding.why}"))
    # What was found is not repeated: an advertisement would be passed on by the command that reports it.
    _write(f"{len(found)} finding(s) in {len(documents)} article(s); none of this text is indexed or quoted.")
    return NOT_MET if found else DONE


def _place(document: Document, finding: Finding) -> dict[str, str | int]:
    """Where a finding stands and why it was flagged, without its words; lines and columns count from 1."""
    return {
        "path": document.path,
        "line": finding.line,
        "column": finding.start - document.text.rfind("\n", 0, finding.start),
        "length": finding.end - finding.start,
        "kind": finding.kind,
        "why": finding.why,
    }


def _feedback_list(arguments: argparse.Namespace, settings: Settings, _opener: Opener) -> int:
    from dataclasses import asdict

    from assistant.feedback import FILE_NAME, FeedbackStore

    store = FeedbackStore(settings.data / FILE_NAME)
    if arguments.json:
        _write_json([asdict(one) for one in store.all()])
        return DONE
    n = 0
    for n, one in enumerate(store.all(), start=1):
        if n == 1:
            _write(f"{'date':<26}{'verdict':<9}{'reason':<14}question")
        _write(_one_line(f"{one.created_at:<26}{one.verdict:<9}{one.reason:<14}{' › '.join(one.turns)}"))
    if not n:
        _write(_no_feedback(store.path))
    return DONE


def _feedback_export(arguments: argparse.Namespace, settings: Settings, _opener: Opener) -> int:
    from assistant.feedback import FILE_NAME, FeedbackStore
    from assistant.feedback_drafts import draft_cases, write_cases

    store = FeedbackStore(settings.data / FILE_NAME)
    verdicts = ("up", "down") if arguments.all else ("down",)
    cases = draft_cases(one for one in store.all() if one.verdict in verdicts)
    if not cases:
        # Not on standard output, where the questions would stand.
        what = "" if arguments.all else " Only answers judged `down` are exported; `--all` takes the others too."
        sys.stderr.write(f"{_no_feedback(store.path)}{what}\n")
    elif arguments.out is None:
        for case in cases:
            _write_json(case, indent=None)
    else:
        write_cases(cases, arguments.out)
        _write(f"{len(cases)} question(s) drafted in {arguments.out}: say what each should expect, then")
        _write(f"xiaoka evaluate {arguments.out} --check")
    return DONE


def _no_feedback(file: Path) -> str:
    return _one_line(f"There is no such feedback in {file}." if file.exists() else f"There is no feedback yet: {file}.")


def _one_line(text: str) -> str:
    from assistant.render import visible

    return visible(text.replace("\n", " ").replace("\t", " "))


def _index_build(arguments: argparse.Namespace, settings: Settings, _opener: Opener) -> int:
    from index.build import build_index

    with contextlib.closing(build_index(**_index_arguments(settings))) as index:
        summary = {"articles": len(index.documents()), "chunks": sum(1 for _ in index.all_chunks())}
    if arguments.json:
        _write_json(summary | {"data": str(settings.data)})
    else:
        _write(f"Indexed {summary['articles']} article(s), {summary['chunks']} chunks, in {settings.data}.")
    return DONE


def _index_status(arguments: argparse.Namespace, settings: Settings, _opener: Opener) -> int:
    from dataclasses import asdict

    from assistant.render import visible
    from index.index import index_status

    status = asdict(index_status(**_index_arguments(settings)))
    if arguments.json:
        _write_json(status)
        return DONE
    width = max(map(len, status)) + 2
    for name, value in status.items():
        _write(visible(f"{name:<{width}}{', '.join(value) if isinstance(value, tuple) else value}"))
    return DONE


def _index_verify(arguments: argparse.Namespace, settings: Settings, _opener: Opener) -> int:
    from assistant.render import visible
    from index.verify import verify_index

    problems = verify_index(**_index_arguments(settings))
    if arguments.json:
        _write_json({"problems": problems})
    else:
        _write("\n".join(map(visible, problems)) or "The index is whole.")
    return NOT_MET if problems else DONE


def _index_arguments(settings: Settings) -> dict[str, Any]:
    from index.encoder import load_encoder

    return {
        "corpus": settings.corpus,
        "data": settings.data,
        "encoder": load_encoder(settings.encoder),
        "chroma_url": settings.chroma_url,
    }


_SETTINGS = {
    "corpus": ("DIR", "folder of the articles"),
    "data": ("DIR", "folder for everything that is written"),
    "encoder": ("NAME", "`builtin`, or a sentence-transformers model id or folder"),
    "reranker": ("NAME", "a sentence-transformers cross-encoder that puts the hits in order; none without it"),
    "chroma_url": ("URL", "address of a Chroma server; the store is embedded without it"),
    "k": ("N", "hits retrieved for a question"),
    "host": ("HOST", "address to listen on"),
    "port": ("PORT", "port to listen on, 0 for any free one"),
    "root_path": ("PATH", "where a reverse proxy shows the page: `/xiaoka` or `https://host/xiaoka`"),
    "auth_file": ("FILE", "a file with `name:password` of whoever may change the articles, at /operator"),
    "mcp": ("true|false", "serve the Model Context Protocol too, at /gradio_api/mcp/"),
    "model": ("NAME", "`extractive`, or a chat model that words the answers: `openai:…`, `ollama:…`, `huggingface:…`"),
    "model_url": ("URL", "address of an OpenAI-compatible or Ollama server"),
    "model_key_file": ("FILE", "a file with the model's key; else XIAOKA_MODEL_KEY or the provider's own variable"),
    "model_timeout_seconds": ("N", "time for a whole reply of the model"),
    "model_tokens": ("N", "tokens that fit into the model, 0 for what is known of it"),
    "model_concurrency": ("N", "replies that the model gives at the same time"),
}
_SERVING = ("host", "port", "root_path", "auth_file", "mcp")


class _Version(argparse.Action):
    """Prints the version when it is asked for: looking it up takes longer than everything else in `--help`."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> NoReturn:
        from importlib.metadata import PackageNotFoundError, version

        try:
            _write(f"xiaoka {version('xiaoka')}")
        except PackageNotFoundError:
            _write("xiaoka (run from its source folder, not installed)")
        parser.exit(DONE)


class _KeyRefused(argparse.Action):
    """Refuses a key on the command line, where every process of the machine can read it, without repeating it."""

    def __call__(self, *_: object) -> NoReturn:
        raise UnusableInput(
            "`--model-key` must not be given; got one, which other users of this machine can have seen. "
            "Write the key into a file and name that with `--model-key-file`, or set `XIAOKA_MODEL_KEY`."
        )


def _add_settings(parser: argparse.ArgumentParser, names: Sequence[str]) -> None:
    for name in names:
        metavar, text = _SETTINGS[name]
        # Without a default, so that an option before the command is not overwritten by its absence after it.
        parser.add_argument(f"--{name.replace('_', '-')}", metavar=metavar, help=text, default=argparse.SUPPRESS)


def _parser() -> argparse.ArgumentParser:
    from assistant.evaluation.command import add_arguments as add_evaluation

    shared = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    _add_settings(shared, [name for name in _SETTINGS if name not in _SERVING])
    shared.add_argument("--model-key", action=_KeyRefused, nargs="?", help=argparse.SUPPRESS, default=argparse.SUPPRESS)
    parser = argparse.ArgumentParser(
        prog="xiaoka",
        description="Answers “how do I cancel this card?” from articles someone vouches for, every step cited.",
        epilog="Exit codes: 0 done, 1 a gate not met, 2 wrong use or unusable input.",
        parents=[shared],
        allow_abbrev=False,
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="print the version and leave")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")

    def add(
        to: argparse._SubParsersAction[argparse.ArgumentParser], name: str, run: Callable[..., int], text: str
    ) -> argparse.ArgumentParser:
        command = to.add_parser(name, help=text, description=text, parents=[shared], allow_abbrev=False)
        command.set_defaults(command=run)
        return command

    def add_group(name: str, text: str) -> argparse._SubParsersAction[argparse.ArgumentParser]:
        group = commands.add_parser(name, help=text, description=text, parents=[shared], allow_abbrev=False)
        return group.add_subparsers(title="commands", required=True, metavar="COMMAND")

    ask = add(commands, "ask", _ask, "answer one question, or a file of them")
    ask.add_argument("question", nargs="*", metavar="QUESTION", help="the question; `-` reads standard input")
    ask.add_argument(
        "--batch", metavar="FILE", help="JSON Lines with `question` or `turns` in each; `-` reads standard input"
    )
    ask.add_argument("--explain", action="store_true", help="also how the question was understood, and the hits")
    add(commands, "chat", _chat, "ask at the terminal, with follow-up questions")
    add_evaluation(add(commands, "evaluate", _evaluate, "measure the answers to a set of questions"))
    of_index = add_group("index", "the index that is searched")
    of_corpus = add_group("corpus", "the articles")
    serve = add(commands, "serve", _serve, "serve the chat page and POST /api/ask")
    _add_settings(serve, _SERVING)
    serve.add_argument("--open", action="store_true", help="open the page in a browser")
    of_feedback = add_group("feedback", "what people said of answers")
    export = add(of_feedback, "export", _feedback_export, "draft questions of an evaluation set from it")
    export.add_argument("--out", type=Path, metavar="FILE", help="a new file (default: standard output)")
    export.add_argument("--all", action="store_true", help="also from answers that were judged good")
    settings = add(commands, "settings", _settings, "show every setting and where it came from")
    printing = [
        ask,
        settings,
        add(of_feedback, "list", _feedback_list, "show every verdict, with what was asked"),
        add(of_index, "build", _index_build, "build the index afresh"),
        add(of_index, "status", _index_status, "say what the index holds and whether it is up to date"),
        add(of_index, "verify", _index_verify, "compare the index with the articles; exit 1 when they differ"),
        add(
            of_corpus,
            "check",
            _corpus_check,
            "find advertisements, contacts and hidden text; exit 1 when there are any",
        ),
    ]
    for command in printing:
        command.add_argument("--json", action="store_true", help="print JSON")
    return parser
