"""What the detectors of hygiene hand to one another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

FindingKind = Literal["contact", "image", "link", "call", "hidden", "control", "html", "instruction"]
Reach = Literal["exact", "link", "unit", "sentence"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspicion:
    """Characters `start:end` of a folded text that give something away, and how far it reaches around them.

    Attributes:
        why: What it is, in a few English words.
        reach: `exact`: these characters; `link`: the Markdown link around them; `unit`: the advertisement around them;
            `sentence`: the clauses around them, and all that follows in the sentence.
    """

    kind: FindingKind
    start: int
    end: int
    why: str
    reach: Reach = "unit"
