"""What is known of units before any question, kept for the next one."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from assistant.evidence import Unit
from assistant.likeness import Passages, places_of_question, ready
from assistant.sentences import Sentences, sentences_of
from assistant.situations import situations_in

_KINDS = ("step", "lead", "note", "item", "prose")
_ROLES = ("precautions", "reasons", "definition", "summary", "questions", "materials", "fees", "kinds", "conditions")
_SHORT = 12
_TABLE_MARKS = 2
_LEADS_IN = re.compile(
    r"(?:以下|如下|下[面列]|几[个点条种样]|这[些样几]|following|below)[^。.!?；;]{0,12}[:：。.]?$|[:：]$"
)
_KNOWN = 32  # sets of units that are kept ready, each about as large as an article's vectors


@dataclass(frozen=True, slots=True, eq=False)
class KnownUnits:
    """What is known of units before any question.

    Attributes:
        said: What each of them says.
        headings: The headings over them, without repetition.
        headed: Which of these stands over each.
        given: The attribute that each is likeliest to give.
        each: Those of the features that do not depend on the question.
        sentences: Their sentences, None when there are no units.
        situations: The situations that each speaks of.
    """

    said: Passages
    headings: Passages
    headed: tuple[int, ...]
    given: tuple[int, ...]
    each: tuple[Mapping[str, float], ...]
    sentences: Sentences | None
    situations: tuple[frozenset[str], ...]


@lru_cache(maxsize=_KNOWN)
def known_units(units: tuple[Unit, ...]) -> KnownUnits:
    """What does not depend on the question; units never change."""
    headed = [" ".join(unit.chunk.headings[-2:]) for unit in units]
    headings = {heading: at for at, heading in enumerate(dict.fromkeys(headed))}
    return KnownUnits(
        said=ready([unit.places for unit in units]),
        headings=ready([places_of_question(heading) for heading in headings]),
        headed=tuple(headings[heading] for heading in headed),
        given=tuple(int(unit.gives.argmax()) for unit in units),
        each=tuple(
            {
                "general": float(not unit.cards),
                "length": math.log(len(unit.text) + 1) / 5,
                "several": float(about_several(unit)),
                "short": float(len(unit.text) < _SHORT),
                "unheaded": float(not unit.chunk.headings),
                "leads_in": float(bool(_LEADS_IN.search(unit.text))),
                **{f"is_{kind}": float(unit.kind == kind) for kind in _KINDS},
                **{f"in_{role}": float(unit.role == role) for role in _ROLES},
            }
            for unit in units
        ),
        sentences=sentences_of([unit.text for unit in units]) if units else None,
        situations=tuple(situations_in(unit.text) for unit in units),
    )


def about_several(unit: Unit) -> bool:
    """Whether a unit names more than one card, or is a line of a table; what opens an article only lists them."""
    return bool(unit.chunk.headings) and (len(set(unit.named)) > 1 or unit.text.count("|") > _TABLE_MARKS)
