"""An evaluation set drafted from an article's structure, for a person to edit.

Its procedures, steps and details are asked about in the published format of question sets; what must stand in an answer
is the article's own words. Nothing here asks the assistant: what it answers has no part in what is expected of it.
The words of the questions are in `drafts.toml`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assistant.evaluation.drafting.article import read_article
from assistant.evaluation.drafting.details import ask_own_questions, ask_places, ask_roles, ask_values
from assistant.evaluation.drafting.procedures import ask_between_cards, ask_procedures, ask_steps
from assistant.evaluation.drafting.refusals import ask_adversarial, ask_elsewhere, ask_unstated
from assistant.evaluation.drafting.writer import Writer
from corpus.errors import UnusableInput

QUESTIONS_NAME = "questions.jsonl"
SECTIONS_NAME = "sections.json"
_COMMENT = (
    "A draft: for each key the patterns that are searched in a citation's title and headings, joined by ' > '. "
    "Keys with the same part before a dot are alternatives."
)
_ASKING = (
    ask_procedures, ask_steps, ask_values, ask_places, ask_roles, ask_own_questions, ask_between_cards, ask_unstated,
    ask_elsewhere, ask_adversarial,
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftSet:
    """A drafted set.

    Attributes:
        cases: The questions, each as the plain JSON values of its line.
        sections: The file of sections: key → patterns, beside `_comment` and `_documents`.
    """

    cases: tuple[dict[str, Any], ...]
    sections: dict[str, Any]


def draft_set(article: Path, *, corpus: Path | None = None) -> DraftSet:
    """The set that an article's structure gives; the same at every run.

    Args:
        article: The article's file.
        corpus: The folder of articles that it is one of, by which it gets its id; unless given, the one it lies in.

    Raises:
        UnusableInput: The file cannot be read as an article, or has nothing in it that can be asked about.
    """
    read = read_article(article, corpus)
    writer = Writer(read)
    for ask in _ASKING:
        ask(writer)
    asked = {key for case in writer.cases for key in case["sections"]}
    if not asked:
        raise UnusableInput(
            f"`article` must hold a procedure, a list of precautions or another passage that can be asked about; got "
            f"{str(article)!r}. Give it headings and number its steps, or name another article."
        )
    sections: dict[str, Any] = {"_comment": _COMMENT, "_documents": [read.document.doc_id]}
    sections |= {key: patterns for key, patterns in writer.patterns.items() if key in asked}
    return DraftSet(cases=tuple(writer.cases), sections=sections)


def write_draft(draft: DraftSet, folder: Path) -> tuple[Path, Path]:
    """Writes a draft into a folder, which is made if need be; the files of questions and of sections.

    Raises:
        UnusableInput: One of the files is there already, or cannot be written.
    """
    questions, sections = folder / QUESTIONS_NAME, folder / SECTIONS_NAME
    lines = "".join(json.dumps(case, ensure_ascii=False) + "\n" for case in draft.cases)
    for file in (questions, sections):
        if file.exists() or file.is_symlink():
            raise UnusableInput(
                f"`folder` must hold no {file.name} yet; got {str(folder)!r}, which has one. Name another folder, or "
                "remove the file: a set that a person has edited is not written over."
            )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with questions.open("x", encoding="utf-8", newline="\n") as stream:
            stream.write(lines)
        with sections.open("x", encoding="utf-8", newline="\n") as stream:
            stream.write(json.dumps(draft.sections, ensure_ascii=False, indent=2) + "\n")
    except OSError as error:
        raise UnusableInput(
            f"`folder` must be one that can be written; got {str(folder)!r} ({error.strerror}). Name another."
        ) from error
    return questions, sections
