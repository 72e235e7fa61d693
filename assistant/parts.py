"""What an article says in a part of it that a question names: its opening or its end."""

from __future__ import annotations

from collections.abc import Sequence

from assistant.draft import Context, Draft
from assistant.evidence import Unit
from assistant.phrases import say

_MOST_QUOTED = 3


def answer_part(context: Context, subjects: Sequence[str]) -> Draft | None:
    """The sentences of the part that is named, those likest to the question of a longer one; None for no such question.

    Args:
        context: The question and its sources.
        subjects: The cards that are meant: what is asked of one card no opening tells.
    """
    part = next((name for name in ("opening", "closing") if name in context.question.intents), "")
    if not part or subjects:
        return None
    for doc_id in context.sources.best_documents(1):
        units = context.sources.units(doc_id)
        named = _opening(units) if part == "opening" else _closing(units)
        if len(named) > _MOST_QUOTED:
            likest = {id(scored.unit) for scored in context.chosen(named, ())[0][:_MOST_QUOTED]}
            named = [unit for unit in named if id(unit) in likest]
        if named:
            lines = [context.quoted(unit) for unit in named]
            body = lines[0] if len(lines) == 1 else "\n".join(f"- {line}" for line in lines)
            text = f"{say('detail_general', context.language)}\n\n{body}"
            return Draft(outcome="answered", text=text, decided=f"the article's {part}")
    return None


def _opening(units: Sequence[Unit]) -> list[Unit]:
    """What stands before the first heading but the title's."""
    first = units[0].chunk.headings if units else ()
    return [unit for unit in units if len(first) <= 1 and unit.chunk.headings == first and not unit.in_procedure]


def _closing(units: Sequence[Unit]) -> list[Unit]:
    """The section that sums up, the last one without such."""
    summary = [unit for unit in units if unit.role == "summary"]
    return summary or [unit for unit in units[-1:] if not unit.in_procedure]
