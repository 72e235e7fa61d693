"""Whether an answer tells a procedure whole: every step of it, in order, and no other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from assistant.claims import Claim
from assistant.wording import Clause, Spoken, Wording, wording_of
from corpus.document import Step
from corpus.normalize import has_han

_TOLD_FROM = 0.25  # share of a step's words that are said
_OF_A_STEP_FROM = 0.6  # share of a claim's words that a step has
_SURELY_FROM = 0.75  # from which all clauses of a claim are of one step


@dataclass(frozen=True, slots=True, kw_only=True)
class StepsVerdict:
    """How claims tell a procedure.

    Attributes:
        missing: The numbers of the steps that no claim tells.
        ordered: Whether the steps that are told stand in the procedure's order.
        invented: The places among the claims of numbered ones that tell no step.
        told: For each step, the places among the claims of those that tell it.
    """

    missing: tuple[int, ...]
    ordered: bool
    invented: tuple[int, ...]
    told: tuple[tuple[int, ...], ...]

    @property
    def whole(self) -> bool:
        """Whether all steps are told, in order, and none is invented."""
        return self.ordered and not self.missing and not self.invented


def check_steps(claims: Sequence[Claim], steps: Sequence[Step]) -> StepsVerdict:
    """How claims tell the steps of a procedure, both in one language.

    A step may be told by several claims, and a claim may tell several steps. When claims are numbered, only those that
    are can tell a step or be invented.
    """
    language: Spoken = "zh" if any(has_han(step.text) for step in steps) else "en"
    wordings = [wording_of(step.text, language) for step in steps]
    numbered = any(claim.step for claim in claims)
    told: list[list[int]] = [[] for _ in steps]
    said: list[set[int]] = [set() for _ in steps]  # which words of a step are said, by their places
    first: list[int] = []  # the steps in the order in which the claims tell them
    invented = []
    for at, claim in enumerate(claims):
        if (numbered and not claim.step) or claim.heading:
            continue
        parts = _parts(wording_of(claim.text, language), claim, wordings)
        if not parts and claim.step and wording_of(claim.text, language).whole.counted:
            invented.append(at)
        for step, clause in parts:
            told[step].append(at)
            said[step] |= _words_said(clause, wordings[step].whole)
            first.append(step)
    missing = [
        number
        for number, (words, wording) in enumerate(zip(said, wordings, strict=True))
        if not words or len(words) < _TOLD_FROM * len(wording.whole.counted)
    ]
    order = list(dict.fromkeys(first))
    numbers = [claim.step for claim in claims if claim.step]
    return StepsVerdict(
        missing=tuple(steps[number].number for number in missing),
        ordered=order == sorted(order) and numbers == sorted(numbers),
        invented=tuple(invented),
        told=tuple(tuple(dict.fromkeys(places)) for places in told),
    )


def _parts(wording: Wording, claim: Claim, steps: Sequence[Wording]) -> list[tuple[int, Clause]]:
    """The steps that a claim tells, each with the words that tell it."""
    best = _likest(wording.whole, claim, steps, _OF_A_STEP_FROM)
    parts = []
    for clause in wording.clauses:
        own = _likest(clause, claim, steps, _SURELY_FROM)
        if (
            best is not None
            and clause.counted
            and _share(clause, steps[best]) >= (_share(clause, steps[own]) if own is not None else 0)
        ):
            own = best
        if own is not None:
            parts.append((own, clause))
    if best is None and sum(len(clause.counted) for _, clause in parts) < _OF_A_STEP_FROM * len(wording.whole.counted):
        return []
    return parts


def _likest(clause: Clause, claim: Claim, steps: Sequence[Wording], least: float) -> int | None:
    """The step that has most of a clause's words; of equals that of the claim's number. None when none has enough."""
    if not clause.counted:
        return None
    shares = [(_share(clause, step), claim.step == n + 1, -n) for n, step in enumerate(steps)]
    share, _, n = max(shares)
    return -n if share >= least else None


def _share(clause: Clause, step: Wording) -> float:
    tokens = clause.counted
    return sum(token.stands_in(step.whole) for token in tokens) / len(tokens)


def _words_said(clause: Clause, step: Clause) -> set[int]:
    return {at for at, token in enumerate(step.counted) if token.stands_in(clause)}
