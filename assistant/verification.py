"""Whether the passages that a claim cites hold it: the check of what a chat model says, without a model.

A claim is held when every word that says something stands in one place of its passages, as itself or as a word for the
same, and when numbers, contacts, negations, duties, order and cards are the passage's own. It errs on the strict side:
what is not held is not shown, and the article's own words stand in.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from assistant.claims import Claim
from assistant.meaning import disagreement
from assistant.numbers import contacts_of
from assistant.sources import Passage, Sentence, Source, read_source
from assistant.wording import Clause, Spoken, Token, Wording, wording_of
from corpus.normalize import has_han, normalize
from corpus.planted import instructions
from corpus.subjects import known_cards

Why = Literal[
    "", "framing", "uncited", "marker", "language", "words", "card", "amount", "contact", "negation",
    "opposite", "duty", "scope", "order", "condition", "injected",
]  # fmt: skip
_MOST_SENTENCES = 3  # of a passage that one clause may be held by
_OWN_SHARE = 0.5  # of a clause's words that its sentences themselves must have, headings apart


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What the check of a claim came to.

    Attributes:
        why: Empty when it is supported. `framing`: it says nothing of the articles. `uncited` and `marker`: no passage,
            or another one, is cited for it; `spans` are then where it stands, when it stands somewhere.
        spans: The passage's number, start and end in its article of each sentence that supports it.
    """

    supported: bool
    why: Why
    spans: tuple[tuple[int, int, int], ...] = ()


def check_claim(claim: Claim, passages: Sequence[Passage]) -> Verdict:
    """Whether the passages that a claim cites support it, and where; if not, why not."""
    language: Spoken = "zh" if has_han(claim.text) else "en"
    sources = [read_source(passage, language) for passage in passages]
    if contacts_of(claim.text) - frozenset[str]().union(*(source.contacts for source in sources)):
        return Verdict(supported=False, why="contact")
    folded = normalize(claim.text)
    if any(True for _ in instructions(folded, re.sub(r"\s", "", folded))):
        return Verdict(supported=False, why="injected")
    wording = wording_of(claim.text, language)
    if _is_framing(wording, sources):
        return Verdict(supported=False, why="framing")
    cited = [source for source in sources if source.number in claim.markers]
    why, spans = _held(wording, cited) if cited else ("uncited", ())
    if not why:
        return Verdict(supported=True, why="", spans=spans)
    for source in sources:
        if source not in cited:
            other, spans = _held(wording, [source])
            if not other:
                return Verdict(supported=False, why="marker" if cited else "uncited", spans=spans)
    return Verdict(supported=False, why=why)


def _is_framing(wording: Wording, sources: Sequence[Source]) -> bool:
    """Whether a sentence leads in or rounds off and says nothing of what is to be done."""
    whole = wording.whole
    if whole.negations or any(whole.has(name) for name in ("condition", "only")):
        return False
    counts = {source.n_steps for source in sources if source.n_steps}
    if any(not amount.value.isdecimal() or int(amount.value) not in counts for amount in whole.amounts):
        return False
    return all(token.classes & {"framing", "light"} or not token.counts for token in whole.tokens)


def _held(wording: Wording, sources: Sequence[Source]) -> tuple[Why, tuple[tuple[int, int, int], ...]]:
    """Why sources do not hold a sentence, and where they do; an empty reason when they do."""
    sentences = [sentence for source in sources for sentence in source.sentences]
    if not sentences:
        return "language", ()
    chosen: list[Sentence] = []
    for clause in wording.clauses:
        why, held_by = _clause_held(clause, sources, chosen)
        if why:
            return why, ()
        chosen += [sentence for sentence in held_by if sentence not in chosen]
    if not chosen:
        return "words", ()
    if why := _numbers_held(wording, sources, chosen) or _cards_held(wording.whole, sources, chosen):
        return why, ()
    if why := disagreement(wording, [sentence.wording for sentence in chosen]):
        return why, ()
    spans = sorted({(sentence.passage, sentence.start, sentence.end) for sentence in chosen})
    return "", tuple(spans)


def _clause_held(clause: Clause, sources: Sequence[Source], before: Sequence[Sentence]) -> tuple[Why, list[Sentence]]:
    """The sentences that hold a clause's words; those of clauses before it are preferred."""
    tokens = list(clause.counted)
    if clause.is_framing or not (tokens or clause.amounts):
        return "", []
    best: tuple[float, list[Sentence], list[Token]] = (-1.0, [], tokens)
    for source in sources:
        around = source.around.whole
        scored = sorted(
            (
                (_share(clause, sentence) + (0.15 if sentence in before else 0.0), -n, sentence)
                for n, sentence in enumerate(source.sentences)
            ),
            key=lambda entry: entry[:2],
            reverse=True,
        )
        for share, _, first in scored[:3]:
            held_by = [first]
            missing = _missing(tokens, first.wording.whole)
            others = [s for s in source.sentences if s.block == first.block and s is not first]
            while missing and others and len(held_by) < _MOST_SENTENCES:
                left = [(len(missing) - len(_missing(missing, other.wording.whole)), other) for other in others]
                gain, other = max(left, key=lambda entry: entry[0])
                if gain < 2 and not _is_short(other, gain):
                    break
                missing = _missing(missing, other.wording.whole)
                held_by.append(other)
                others.remove(other)
            n_own = len(tokens) - len(missing)
            missing = _missing(missing, around)
            missing = [t for t in missing if not any(t.stands_in(other.wording.whole) for other in before)]
            n_numbers = len(clause.amounts & first.wording.whole.amounts)
            if n_own + n_numbers < _OWN_SHARE * (len(tokens) + len(clause.amounts)) and not (before and not missing):
                missing = missing or tokens[:1]
            score = share - len(missing)
            if score > best[0] or best[0] == -1.0:
                best = (score, held_by, missing)
    return ("words" if best[2] else ""), best[1]


def _is_short(sentence: Sentence, gain: int) -> bool:
    """Whether what a sentence adds is most of what it says: an item of a list."""
    return gain >= 1 and len(sentence.wording.whole.counted) <= 2 * gain


def _share(clause: Clause, sentence: Sentence) -> float:
    """How much of a clause a sentence has, from 0 to 1, and a little for having its numbers."""
    tokens = clause.counted
    whole = sentence.wording.whole
    held = len(tokens) - len(_missing(tokens, whole))
    numbers = len(clause.amounts & whole.amounts) / len(clause.amounts) if clause.amounts else 0.0
    nearest = max(sentence.wording.clauses, key=lambda other: len(clause.ids & other.ids) / max(1, len(other.ids)))
    near = 0.1 * len(clause.ids & nearest.ids) / max(1, len(nearest.ids))
    agrees = 0.2 if bool(clause.negations) == bool(nearest.negations) else 0.0
    return (held / len(tokens) if tokens else 0.5) + 0.3 * numbers + near + agrees


def _missing(tokens: Sequence[Token], other: Clause) -> list[Token]:
    """The words that another clause has neither as they are nor in other words."""
    return [token for token in tokens if not token.stands_in(other)]


def _numbers_held(wording: Wording, sources: Sequence[Source], chosen: Sequence[Sentence]) -> Why:
    """Whether all numbers stand in the sentences chosen, or count the steps of the procedure."""
    known = frozenset().union(*(sentence.wording.whole.amounts for sentence in chosen))
    counts = {str(source.n_steps) for source in sources if source.n_steps}
    for amount in wording.whole.amounts:
        if not amount.stands_in(known) and not (amount.value in counts and amount.unit in {"", "steps"}):
            return "amount"
    return ""


def _cards_held(whole: Clause, sources: Sequence[Source], chosen: Sequence[Sentence]) -> Why:
    """Whether the cards that are named are those of the sentences or of the heading above them."""
    cards = known_cards()
    named = frozenset[str]().union(*(sentence.wording.whole.cards for sentence in chosen))
    for source in sources:
        if any(sentence.passage == source.number for sentence in chosen):
            named |= source.headed or source.around.whole.cards
    for card in whole.cards:
        if named.isdisjoint((card, *cards.kinds(card))) and not any(card in cards.kinds(name) for name in named):
            return "card"
    return ""
