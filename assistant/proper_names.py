"""Which subject a name means that stands in its sections alone: a brand, a bank, the card of a town.

No list has such names. They are words that the encoder's vocabulary has not, and that one subject's sections have.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from assistant.evidence import pairs_of
from assistant.question import Question
from corpus.normalize import has_han
from index.encoder import built_in_encoder

_PLACE = re.compile(r"[\u4e00-\u9fff]{2}(?:[市省县区镇乡村街路]|大道|新村)")
_SHORTEST_LATIN = 4
_FEWEST = 2  # units that have a name of two characters, in a question that speaks of cards; a longer one has two pairs


def owner_of(question: Question, said: Mapping[str, Mapping[str, int]]) -> str:
    """The one subject of whose sections a question has a proper name, empty for none or several.

    Args:
        question: What is asked; what the lexicon knows of it is no proper name.
        said: Subject → the pairs of Chinese characters and the Latin words of its sections, each with how many units
            have it.
    """
    asked = _PLACE.sub(" ", " ".join(question.unknown))
    about_cards = question.generic or question.actions or question.wishes or question.cards or question.cued
    names = {pair for pair in pairs_of(asked) if _is_proper(pair)}
    owned = {
        subject: [
            (pairs[pair] if about_cards else 1) if has_han(pair) else _FEWEST
            for pair in names.intersection(pairs)
            if not any(pair in other for name, other in said.items() if name != subject)
        ]
        for subject, pairs in said.items()
    }
    owners = [subject for subject, counts in owned.items() if counts]
    return owners[0] if len(owners) == 1 and sum(owned[owners[0]]) >= _FEWEST else ""


def _is_proper(pair: str) -> bool:
    """Whether a pair of characters or a Latin word is none that is in use: 青蜻, ironleaf."""
    if len(pair) < (2 if has_han(pair) else _SHORTEST_LATIN):
        return False
    return not built_in_encoder().has_token(pair)
