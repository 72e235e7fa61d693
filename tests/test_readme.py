"""What the READMEs show of a session is what the program says today."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from assistant.cli import main

ROOT = Path(__file__).resolve().parent.parent
_ASKED = re.compile(r'^\$ xiaoka ask "(?P<question>[^"]+)"\n(?P<shown>.*?)(?=^\$ |^```)', re.MULTILINE | re.DOTALL)


def sessions() -> list[tuple[str, str, str]]:
    """File, question and pasted output of every `$ xiaoka ask` in the READMEs."""
    return [
        (name, found["question"], found["shown"])
        for name in ("README.md", "README.zh-CN.md")
        for found in _ASKED.finditer((ROOT / name).read_text(encoding="utf-8"))
    ]


@pytest.mark.parametrize(("name", "question", "shown"), sessions(), ids=lambda value: str(value)[:24])
def test_a_pasted_answer_is_the_answer_given_today(
    name: str, question: str, shown: str, tmp_path_factory: pytest.TempPathFactory, capsys: pytest.CaptureFixture[str]
) -> None:
    data = tmp_path_factory.getbasetemp() / "readme-data"
    assert main(["--data", str(data), "ask", question]) == 0
    said = capsys.readouterr().out.strip()
    pasted = shown.strip().removesuffix("…").strip()
    assert said.startswith(pasted), f"{name} pastes an answer that is not given any more"


def test_every_readme_shows_an_answer_and_an_abstention() -> None:
    for name in ("README.md", "README.zh-CN.md"):
        shown = [text for file, _, text in sessions() if file == name]
        assert len(shown) == 2
        assert "[1]" in shown[0]
        assert "[1]" not in shown[1]
