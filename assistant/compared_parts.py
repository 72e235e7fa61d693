"""What a comparison asks of each card: the same of all of them, or of each what its own clause says."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from assistant.clauses import asking_clauses
from assistant.lexicon import any_of
from corpus.normalize import has_han

_CUT = any_of(
    r"[,，。;；!！?？:：、—]+|(?:跟|和|与|以及|还有)|(?<=[卡证])[同拿比]",
    r"\b(?:and|or|versus|vs|than|but|while|whereas|as opposed to|compared? (?:with|to))\b",
)
# What is asked of all of them, from here to the clause's end.
_OF_ALL = any_of(
    r"哪[个种张边样家头一]|各[自是]?|分别|都|一样|区别|差别|差异|不同|两样|对比|比较|异同",
    r"\b(?:which|each|both|either|differ\w*|same|respectively)\b",
)
_FILLER = re.compile(
    r"[年月季][票卡]|会员|账[户号]|[这那][张个种]|[卡证票号退销停注掉的了请问把我想要在去个就是呢吗\W]|"
    r"\b(?:a|an|the|my|to|of|for|is|are|if|cancel\w*|close|cards?|pass|account|membership|one)\b"
)
_LEAST_HAN, _LEAST_LETTERS = 2, 4

Naming = Callable[[str], frozenset[str]]
Naked = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class _Clause:
    text: str
    named: frozenset[str]


def parts_of(text: str, cards: Sequence[str], named_in: Naming, naked: Naked) -> dict[str, str]:
    """What folded `text` says of each card without its name, and of all; nothing when it says the same of all.

    Args:
        text: The question.
        cards: Those that are compared.
        named_in: The cards that a piece of it names.
        naked: A piece of it without the names.
    """
    clauses = [_Clause(piece, named_in(piece)) for piece in _CUT.split(text) if piece and piece.strip()]
    at = [n for n, clause in enumerate(clauses) if clause.named]
    if any(len(clauses[n].named) > 1 for n in at) or {card for n in at for card in clauses[n].named} != set(cards):
        return {}
    own: dict[str, list[str]] = {card: [] for card in cards}
    shared = [clause.text for clause in clauses[: at[0]]]
    owner = ""
    for n in range(at[0], len(clauses)):
        clause = clauses[n]
        owner = next(iter(clause.named), owner)
        tail = _OF_ALL.search(clause.text)
        if n == at[-1] and tail:
            own[owner].append(naked(clause.text[: tail.start()]))
            shared.append(clause.text[tail.start() :])
        elif n > at[-1] and (tail or asking_clauses(clause.text)):
            shared.append(clause.text)
        else:
            own[owner].append(naked(clause.text))
    if not all(_says_something(" ".join(pieces)) for pieces in own.values()):
        return {}
    return {card: _asked(pieces, shared, naked(text)) for card, pieces in own.items()}


def _says_something(text: str) -> bool:
    rest = _FILLER.sub("", text)
    return len(rest) >= (_LEAST_HAN if has_han(rest) else _LEAST_LETTERS)


def _asked(own: Sequence[str], shared: Sequence[str], whole: str) -> str:
    """What is asked of one card; all that is asked when nothing in its own clauses or of all of them asks."""
    text = ", ".join(piece.strip() for piece in (*own, *shared) if piece.strip())
    return text if shared or asking_clauses(text) else whole
