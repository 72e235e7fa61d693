"""Whether two sentences of the same words mean the same: negations, duties, scope, order, conditions, numbers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Literal

from assistant.amounts import Amount
from assistant.numbers import values_of
from assistant.wording import NEGATIONS, Clause, Negation, Token, Wording, wording_of

Disagreement = Literal["", "amount", "negation", "opposite", "duty", "scope", "order", "condition"]

_AS_LIKE = 0.12  # how much less like a window may be than the likest and still be what a clause says
_MOSTLY = 0.7  # of a clause's words, from which one clause alone is what it says
_BOUNDS = (
    ("least", re.compile(r"^\s?(?:\w{0,2}?(?:以后|之后|后|以上|及以上)|or more|and over)")),
    ("most", re.compile(r"^\s?(?:\w{0,2}?(?:以内|之内|内|以下|及以下)|or less|or fewer)")),
    ("before", re.compile(r"^\s?(?:以前|之前|前)")),
)
_BOUNDS_BEFORE = (
    (
        "least",
        re.compile(
            r"(?:至少|不少于|最少|不低于|超过|超出|高于|多于|大于|满|(?<!不)过|\bat least|\bover|\bmore than|\bafter|\babove)\s?$"  # noqa: E501
        ),
    ),
    (
        "most",
        re.compile(
            r"(?:不超过|最多|至多|少于|低于|不足|小于|不到|未满|不高于|\bwithin|\bup to|\bat most|\bunder|\bless than|\bbelow)\s?$"  # noqa: E501
        ),
    ),
)
_AMOUNT = re.compile(
    r"(?:\d[\d.:]*|[零〇一二两三四五六七八九十百千万半]+)\s?(?:个?(?:工作[日天]|自然日|小时|月|星期|礼拜)|天|日|月|年|分钟|周岁|岁|周|元|块|%|次|人|张|(?:working |business )?(?:days?|hours?|months?|years?|weeks?|minutes?)|yuan)?"  # noqa: E501
)
_AFTER = re.compile(r"(?:之后|以后|过后|(?<![今以之最然随日往前后])后(?!续|果|悔|台|来|后|面|来))")
_BEFORE = re.compile(r"(?:之前|以前|(?<![提以之当目前])前(?!往|台|提|面|来|前|后))")
_FIRST = re.compile(r"(?<!预)先(?!生)(?P<first>[^先]{1,40}?)(?:再|然后|才能|才可以|才可|才|之后|后)")
_ENGLISH_AFTER = re.compile(r"\b(?:after|once|when)\b")
_ENGLISH_BEFORE = re.compile(r"\bbefore\b")
_SCOPE = 4  # words behind a negation that it may negate
_NEGATING = re.compile(r"不|没(?=有?.)|未|无")
_SHORT_ANSWER = 4  # characters
_COMPATIBLE = {
    "no_need": frozenset({"no_need", "not"}),
    "forbidden": frozenset({"forbidden", "not"}),
    "not": frozenset({"no_need", "forbidden", "not"}),
}


def disagreement(said: Wording, sources: Sequence[Wording]) -> Disagreement:
    """What a sentence means otherwise than those that hold its words; empty for nothing."""
    singles = [clause for source in sources for clause in source.clauses]
    wider = [window for source in sources for window in source.windows() if window not in source.clauses]
    for clause in said.clauses:
        if not clause.counted and not clause.amounts:
            if _answer_differs(clause, singles):
                return "negation"
            continue
        same = [other for other in singles if _held_share(clause, [other]) == len(clause.counted) >= len(other.counted)]
        if clause.is_framing and not same:
            continue
        likest = same if clause.is_framing else _likest(clause, singles)
        if likest and _opposed(clause, likest[0]) and _mostly_held(clause, likest[0]):
            return "opposite"
        if _held_share(clause, likest) < max((_held_share(clause, [window]) for window in wider), default=0.0):
            likest = _likest(clause, [*singles, *wider])
        reasons = [_differs(clause, window, sources) for window in likest]
        if reasons and all(reasons):
            return reasons[0]
    return _bounds_differ(said, sources) or _order_differs(said, sources) or _condition_differs(said, sources)


def _likest(clause: Clause, windows: Sequence[Clause]) -> list[Clause]:
    scored = [(_likeness(clause, window), window) for window in windows]
    best = max((score for score, _ in scored), default=0.0)
    return [window for score, window in sorted(scored, key=lambda s: -s[0]) if score >= best - _AS_LIKE and score > 0]


def _held_share(clause: Clause, windows: Sequence[Clause]) -> float:
    return max((sum(token.stands_in(window) for token in clause.counted) for window in windows), default=0)


def _mostly_held(clause: Clause, window: Clause) -> bool:
    return _held_share(clause, [window]) >= _MOSTLY * len(clause.counted)


def _answer_differs(clause: Clause, others: Sequence[Clause]) -> bool:
    """Whether a clause that says but yes or no says it otherwise than those do."""
    bare = [other for other in others if not other.counted and not other.amounts and len(other.text) <= _SHORT_ANSWER]
    if len(clause.text) > _SHORT_ANSWER or not (bare or clause.negations):
        return False
    kinds = {each.kind for each in clause.negations}
    return not any(
        bool(kinds) == bool(other.negations)
        and (not kinds or any(each.kind in _COMPATIBLE[min(kinds)] for each in other.negations))
        for other in bare or others
    )


def _likeness(clause: Clause, window: Clause) -> float:
    """How much of a clause a window says, and, for a quarter, how much of the window that is."""
    ours, theirs = clause.counted, window.counted
    held = sum(token.stands_in(window) for token in ours)
    numbers = len(clause.amounts & window.amounts)
    n_ours = len(ours) + len(clause.amounts)
    n_theirs = len(theirs) + len(window.amounts)
    score = held + numbers
    return score / max(1, n_ours) + 0.25 * min(1.0, score / max(1, n_theirs))


def _alike(one: Token, other: Token) -> bool:
    if one.ids & other.ids or one.text == other.text:
        return True
    if one.ids and other.ids:
        return False
    return bool(set(one.text) & set(other.text)) and one.text[:1] > "\u2e80"


def _differs(clause: Clause, window: Clause, sources: Sequence[Wording]) -> Disagreement:
    """How a clause and what it says differ in what they mean."""
    if _amounts_differ(clause, window, sources):
        return "amount"
    if _negations_differ(clause, window):
        return "negation"
    if _opposed(clause, window):
        return "opposite"
    if _duties_differ(clause, window):
        return "duty"
    if _scopes_differ(clause, window):
        return "scope"
    return ""


def _amounts_differ(clause: Clause, window: Clause, sources: Sequence[Wording]) -> bool:
    """Whether a number of a clause is not in what it says but elsewhere, where less of its words are."""
    if all(amount.stands_in(window.amounts) for amount in clause.amounts):
        return False
    # The clause may gather what several sentences say.
    return any(
        not amount.stands_in(window.amounts)
        and any(other.unit == amount.unit and other not in clause.amounts for other in window.amounts)
        for amount in clause.amounts
    ) or not all(any(a.stands_in(s.whole.amounts) for s in sources) for a in clause.amounts)


def _negations_differ(clause: Clause, window: Clause) -> bool:
    """Whether a negation has been added, dropped, or made another."""
    ours, theirs = clause.negations, window.negations
    if len(ours) > len(theirs):
        return True
    if any(not any(_same_negation(one, other) for other in theirs) for one in ours):
        return True
    negated = [word for each in ours for word in each.words[:2]]
    told = 0
    for each in theirs:
        if not each.words or _affirmed(each.words[0], window):
            continue
        if _any_alike(each.words[:1], negated):
            told += 1
        elif _affirmed(each.words[0], clause):
            return True
    return told > len(ours) or _unsays(clause, window)


def _same_negation(one: Negation, other: Negation) -> bool:
    if other.kind not in _COMPATIBLE[one.kind]:
        return False
    return not (one.is_behind and other.is_behind) or _any_alike(one.words[:2], other.words[:_SCOPE])


def _unsays(clause: Clause, window: Clause) -> bool:
    """Whether a word that negates something, `没问题` or `找不到`, has lost its negation."""
    for token in window.tokens:
        rest = _NEGATING.sub("", token.text, count=1)
        if rest == token.text or token.classes & NEGATIONS or token.text in clause.text:
            continue
        if rest in clause.text and not token.stands_in(clause):
            return True
    return False


def _any_alike(some: Sequence[Token], others: Sequence[Token]) -> bool:
    return any(_alike(one, other) for one in some for other in others)


def _affirmed(head: Token, clause: Clause) -> bool:
    """Whether a clause has a word, or one for it, that no negation stands right before."""
    negated = [id(each.words[0]) for each in clause.negations if each.words]
    return any(_alike(head, token) for token in clause.counted if id(token) not in negated)


def _opposed(clause: Clause, window: Clause) -> bool:
    """Whether a clause has one side of a pair of opposites, and what it says has the other alone."""
    return any(
        (number, 1 - side) in window.sides
        and (number, side) not in window.sides
        and (number, 1 - side) not in clause.sides
        for number, side in clause.sides
    )


def _duties_differ(clause: Clause, window: Clause) -> bool:
    """Whether may has become must, or must has become may."""
    must, may, advised = (clause.has(name) for name in ("must", "may", "recommend"))
    their_must, their_may, their_advised = (window.has(name) for name in ("must", "may", "recommend"))
    n_must, n_their_must = (sum("must" in token.classes for token in each.tokens) for each in (clause, window))
    if may and not advised and n_must < n_their_must and not their_may:
        return True
    if advised and not must and their_must and not their_may and not their_advised:
        return True
    if clause.has("only") and window.has("only"):
        return False
    return must and not may and not their_must and (their_may or their_advised)


def _scopes_differ(clause: Clause, window: Clause) -> bool:
    """Whether some has become all, all some, or something that is said of some only is said of all."""
    if window.has("some") and not clause.has("some"):
        return True
    if clause.has("some") and window.has("all") and not window.has("some"):
        return True
    return clause.has("only") and not window.has("only")


def _bounds_differ(said: Wording, sources: Sequence[Wording]) -> Disagreement:
    """Whether within a time has become after it, at least at most, and the like."""
    ours, theirs = _bounds(said), [_bounds(source) for source in sources]
    for amount, bounds in ours.items():
        known = set().union(*(other.get(amount, set()) for other in theirs))
        if bounds and known and not bounds & known:
            return "amount"
    return ""


def _bounds(wording: Wording) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for clause in wording.clauses:
        for match in _AMOUNT.finditer(clause.raw):
            behind, before = clause.raw[match.end() :], clause.raw[: match.start()]
            names = {name for name, pattern in _BOUNDS if pattern.match(behind)}
            names |= {name for name, pattern in _BOUNDS_BEFORE if pattern.search(before)}
            if names:
                for amount in clause.amounts:
                    if amount.unit and _value_in(amount, match[0]):
                        found.setdefault(f"{amount.value} {amount.unit}", set()).update(names)
    return found


def _value_in(amount: Amount, written: str) -> bool:
    return amount in values_of(written)


# What comes first, what comes then, and what stands with "before" or "after", all as words and groups of words.
Pair = tuple[frozenset[str], frozenset[str], frozenset[str], str]


def _order_differs(said: Wording, sources: Sequence[Wording]) -> Disagreement:
    """Whether what comes first and what comes then have changed places."""
    ours = list(_pairs(said))
    if not ours:
        return ""
    theirs = [pair for source in sources for pair in _pairs(source)]
    for first, then, anchor, kind in ours:
        kinds = {other for _, _, their_anchor, other in theirs if _mostly_same(anchor, their_anchor)}
        if kind and kinds - {""} and kind not in kinds:
            return "order"
        for their_first, their_then, _, _ in theirs:
            straight = len(first & their_first) + len(then & their_then)
            if first & their_then and then & their_first:
                crossed = len(first & their_then) + len(then & their_first)
                if crossed > straight:
                    return "order"
    return ""


def _mostly_same(one: frozenset[str], other: frozenset[str]) -> bool:
    return bool(one and other) and 2 * len(one & other) >= max(1, min(len(one), len(other))) and bool(one & other)


def _pairs(wording: Wording) -> Iterable[Pair]:
    """What a sentence says comes before what."""
    for at, clause in enumerate(wording.clauses):
        rest = wording.clauses[at + 1].raw if at + 1 < len(wording.clauses) else ""
        before = wording.clauses[at - 1].raw if at else ""
        raw = clause.raw
        if wording.language == "en":
            yield from _english_pairs(raw, rest)
            continue
        for match in _AFTER.finditer(raw):
            first = _features(raw[: match.start()], wording)
            yield first, _features(raw[match.end() :] or rest, wording), first, "after"
        for match in _BEFORE.finditer(raw):
            then = _features(raw[: match.start()], wording)
            yield _features(raw[match.end() :] or rest or before, wording), then, then, "before"
        joined = f"{raw} {rest}"
        if opened := _FIRST.search(joined):
            yield _features(opened["first"], wording), _features(joined[opened.end() :], wording), frozenset(), ""


def _english_pairs(raw: str, rest: str) -> Iterable[Pair]:
    for pattern, is_after in ((_ENGLISH_AFTER, True), (_ENGLISH_BEFORE, False)):
        for match in pattern.finditer(raw):
            subordinate = _features(raw[match.end() :], None)
            main = _features(raw[: match.start()].strip() or rest, None)
            yield (subordinate, main, subordinate, "after") if is_after else (main, subordinate, subordinate, "before")


def _features(text: str, wording: Wording | None) -> frozenset[str]:
    whole = wording_of(text, wording.language if wording else "en").whole
    return frozenset(f"{min(token.ids)}" if token.ids else token.text for token in whole.counted)


def _condition_differs(said: Wording, sources: Sequence[Wording]) -> Disagreement:
    """Whether a condition is left out that the article's sentence makes."""
    whole = said.whole
    for source in sources:
        for at, clause in enumerate(source.clauses[:-1]):
            if not clause.has("condition") or not clause.counted:
                continue
            main = source.clauses[at + 1]
            if any(token.stands_in(whole) for token in clause.counted):
                continue
            told = [c for c in said.clauses if c.counted and _likest(c, source.clauses)[:1] == [main]]
            if told and not whole.has("condition"):
                return "condition"
    return ""
