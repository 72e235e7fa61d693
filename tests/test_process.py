from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from corpus.process import python_command


def run(command: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=60)


def test_the_function_is_called_and_its_result_is_the_exit_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tmp_path.joinpath("part.py").write_text("def seven():\n    print('called')\n    return 7\n", encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))

    done = run(python_command("part", "seven"), Path("/"))

    assert (done.returncode, done.stdout) == (7, "called\n")


def test_a_module_in_the_working_directory_is_not_taken_for_ours(tmp_path: Path) -> None:
    tmp_path.joinpath("corpus").mkdir()
    tmp_path.joinpath("corpus", "__init__.py").write_text("raise SystemExit(9)\n", encoding="utf-8")
    tmp_path.joinpath("json.py").write_text("raise SystemExit(9)\n", encoding="utf-8")

    assert run(python_command("corpus.text", "dict"), tmp_path).returncode != 9


def test_variables_of_the_environment_add_no_place_to_look_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path / "was here"
    tmp_path.joinpath("sitecustomize.py").write_text(f"open({str(place)!r}, 'w').close()\n", encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))

    command = python_command("json", "dict")
    assert command[0] == sys.executable
    run(command, tmp_path)
    assert not place.exists()
