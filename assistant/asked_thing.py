"""The thing that a question asks for by its name: 软件 in 用什么软件, or one of two in 短信还是电话.

A sentence that names nothing like it hardly says which one, however near its subject is.
"""

from __future__ import annotations

import re
from functools import lru_cache

from assistant.likeness import Passages, Places, likeness, places_of_question
from index.encoder import Vectors

# What stands between the question word and the thing, and what no thing begins with.
_LEADS = r"(?:样的?|种|类|个|家|款|张|份|条|项|些|一[种类个家款张份条项])?"
_HAN = re.compile(
    rf"(?:什么|甚么|啥|哪|何种|咩|乜嘢|乜)(?:{_LEADS})(?:名字的|牌子的)?"
    r"(?![时候呢的是都要会能可才就了吗么嘛意样好用事情关去来在到里儿天年月日号点有没不])([\u4e00-\u9fff]{2})"
)
_LATIN = re.compile(
    r"\b(?:what|which)(?: (?:kind|type|sort)s? of)? "
    r"(?!(?:is|are|was|were|do|does|did|should|shall|will|would|can|could|if|about|happens?|else|i|it|you|they|we|one|to|"
    r"must|has|have|the|a|an|way|comes?|next)\b)([a-z]+(?: (?:number|button|page|form|office|app|menu))?)"
)
_EITHER = re.compile(r"([\u4e00-\u9fff]{2})(?:还是|或者|抑或)(?:要|得|是|去|用|走|到|先)?([\u4e00-\u9fff]{2})")


@lru_cache(maxsize=1024)
def things_asked(text: str) -> tuple[str, ...]:
    """The things of which a folded question asks for one, empty when it names none."""
    found = [match[1] for pattern in (_HAN, _LATIN) for match in pattern.finditer(text)]
    found += [name for match in _EITHER.finditer(text) for name in match.groups()]
    return tuple(dict.fromkeys(found))


def things_said(text: str, said: Passages) -> Vectors | None:
    """How far each passage names the likest of the things that a question asks for, shape `(n,)`; None for no thing.

    Args:
        text: The folded question.
        said: The passages.
    """
    places: list[Places] = [places_of_question(thing) for thing in things_asked(text)]
    likenesses = [likeness(one, said).soft for one in places if len(one)]
    if not likenesses:
        return None
    highest = likenesses[0]
    for other in likenesses[1:]:
        highest = highest.clip(min=other)
    return highest
