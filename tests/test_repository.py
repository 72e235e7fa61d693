"""What the repository promises about itself: a complete lock, no traces of one machine, numbers that scripts wrote."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tomllib
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

from assistant.evaluation.questions import read_question_sets
from assistant.evaluation.record import sets_of
from tests.benchmarks import answers, speed

ROOT = Path(__file__).resolve().parent.parent
MAX_FILE_BYTES = 20_000_000
README_FILES = ("README.md", "README.zh-CN.md")

# In two parts each, so that this file does not hold what it looks for.
_MACHINE_PATHS = re.compile(
    rb"(?<![\w./-])(?:/" + rb"work/|/" + rb"tmp/w/|/" + rb"root/|/" + rb"opt/wheels|/" + rb"opt/pypi)"
)


@pytest.fixture(scope="module")
def project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def lock() -> list[str]:
    return (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines()


@pytest.fixture(scope="module")
def tracked() -> list[Path]:
    """The files that git knows or would add."""
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("this is not a git checkout")
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout.decode().split("\0")
    return [path for name in listed if name and (path := ROOT / name).is_file()]


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def pins(lines: list[str]) -> dict[str, str]:
    return {
        canonical(name): version
        for name, version in re.findall(r"^([\w.-]+)==([^\s;]+)", "\n".join(lines), re.MULTILINE)
    }


def requirement_names(project: dict[str, Any]) -> set[str]:
    extras = project["project"].get("optional-dependencies", {}).values()
    requirements = [*project["project"]["dependencies"], *(line for extra in extras for line in extra)]
    return {canonical(re.match(r"[\w.-]+", line)[0]) for line in requirements}  # type: ignore[index]


def test_the_lock_holds_every_dependency(project: dict[str, Any], lock: list[str]) -> None:
    assert requirement_names(project) - set(pins(lock)) == set()


def test_the_lock_holds_what_its_packages_need(lock: list[str]) -> None:
    """A lock that misses one lets pip choose, and differently on another day."""
    from packaging.requirements import Requirement

    pinned = pins(lock)
    missing = set()
    for name in pinned:
        try:
            needed = metadata.requires(name) or []
        except metadata.PackageNotFoundError:
            continue  # locked for another platform
        for requirement in map(Requirement, needed):
            if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
                missing |= {canonical(requirement.name)} - set(pinned)
    # What the GPU builds of torch bring along is not locked: each platform has its own.
    assert {name for name in missing if not name.startswith(("nvidia-", "triton", "cuda-"))} == set()


def test_the_lock_pins_every_line_and_names_no_index(lock: list[str]) -> None:
    wanted = re.compile(r"[\w.-]+(\[[\w,-]+\])?==[\w.!]+( ; .+)?")
    unexpected = [
        line for line in lock if line.strip() and not line.lstrip().startswith("#") and not wanted.fullmatch(line)
    ]

    assert unexpected == []
    assert [line for line in lock if "://" in line or "--" in line or "@" in line] == []


def test_the_majors_of_all_dependencies_are_capped(project: dict[str, Any]) -> None:
    extras = project["project"].get("optional-dependencies", {}).values()
    requirements = [*project["project"]["dependencies"], *(line for extra in extras for line in extra)]

    assert [line for line in requirements if not re.search(r"<\d", line)] == []


def test_no_file_names_a_place_of_the_machine_it_was_made_on(tracked: list[Path]) -> None:
    found = [
        f"{path.relative_to(ROOT)}: {hit[0].decode()}"
        for path in tracked
        for hit in _MACHINE_PATHS.finditer(path.read_bytes())
    ]

    assert found == []


def test_no_file_is_larger_than_20_megabytes(tracked: list[Path]) -> None:
    assert [str(path.relative_to(ROOT)) for path in tracked if path.stat().st_size > MAX_FILE_BYTES] == []


def test_the_newest_changelog_entry_is_the_version(project: dict[str, Any]) -> None:
    entries = re.findall(r"^## (\d+\.\d+\.\d+)", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)

    assert entries[0] == project["project"]["version"]
    assert entries == sorted(entries, key=lambda entry: tuple(map(int, entry.split("."))), reverse=True)


def test_every_make_target_of_the_readme_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    for name in (*README_FILES, "CONTRIBUTING.md"):
        named = set(re.findall(r"(?:^|`)make ([a-z]+)", (ROOT / name).read_text(encoding="utf-8"), re.MULTILINE))
        assert named - targets == set(), f"{name} names a target that the Makefile lacks"


def table_between(text: str, name: str) -> str:
    """What stands between `<!-- name:begin -->` and `<!-- name:end -->`."""
    found = re.search(rf"<!-- {name}:begin -->\n(.*?)\n?<!-- {name}:end -->", text, re.DOTALL)
    assert found is not None, f"there is no `<!-- {name}:begin -->` … `<!-- {name}:end -->`"
    return found[1].strip()


@pytest.mark.parametrize("name", README_FILES)
def test_the_speed_table_of_the_readme_is_the_one_that_was_measured(name: str) -> None:
    language: speed.Language = "zh" if "zh" in name else "en"
    measured = json.loads(speed.RESULTS.read_text(encoding="utf-8"))

    assert table_between((ROOT / name).read_text(encoding="utf-8"), "speed") == speed.render(measured, language).strip()


@pytest.mark.parametrize(("name", "language"), answers.READMES.items())
def test_the_table_of_answers_is_the_one_that_was_measured(name: str, language: answers.Language) -> None:
    measured = json.loads(answers.RESULTS.read_text(encoding="utf-8"))

    shown = table_between((ROOT / name).read_text(encoding="utf-8"), "answers")
    assert shown == answers.render(measured, language)


def test_the_measured_answers_are_those_of_the_sets_as_they_are() -> None:
    """Whoever edits a question measures anew: `make evaluate`."""
    kept = json.loads(answers.RESULTS.read_text(encoding="utf-8"))["sets"]
    sets = read_question_sets(sorted((ROOT / "corpus" / "questions").glob("*.jsonl")))

    assert sorted(kept, key=lambda one: str(one["name"])) == sorted(sets_of(sets), key=lambda one: str(one["name"]))
