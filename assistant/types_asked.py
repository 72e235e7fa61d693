"""What a question for an amount, a duration, a place … can be answered with: a value of that type."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from assistant import thresholds
from assistant.draft import Context
from assistant.evidence import Scored, holds

TYPED_FROM = 0.0  # from here a value of the type asked for, in the card's own section, answers
TYPED_SAID_FROM = -1.0  # the same of one that has words for what is asked, where nothing else is
_ONLY_BY_VALUE = frozenset({"phone", "address", "age", "count"})  # types that nothing else can stand for
# A fee of a kind: 年费 and 邮费, but not 手续费, 工本费 or what is done with one, 收费.
_FEE_OF_A_KIND = re.compile(
    r"[^\W\da-z_收缴交花要免付退扣续本消浪经自公耗计掏出的何么啥咩乜些种笔这那此卡]费(?!用|心|力|劲|时)"
)
_WHO_PAYS = re.compile(r"谁[^,。?!]{0,3}[出付掏给担]|\bwho (?:pays|covers)\b")  # asks for no amount
_FEES_FOR_SENDING = frozenset({"递费", "运费", "寄费"})


def of_the_type_asked(context: Context, ranked: list[Scored]) -> list[Scored]:
    """Those that hold a value of the type that is asked for and speak of what they must; all when nothing is needed.

    One that does not, and is surely right by everything else, stays too, unless a number to call or an address is
    asked for: people say in other words what the lexicon lists. A fee of a kind is that of no other.
    """
    question, lexicon = context.question, context.sources.lexicon
    types = [lexicon.concepts[name].type for name in question.focus if lexicon.concepts[name].kind == "typed"]
    if _WHO_PAYS.search(question.text):
        types = [value for value in types if value != "amount"]
    things = {name for name in question.focus if lexicon.concepts[name].kind == "thing"}
    needed = things | {name for name in question.focus if lexicon.concepts[name].kind == "need"}
    needed |= {
        name
        for name in question.concepts
        if lexicon.concepts[name].kind == "bar" and not lexicon.concepts[name].in_passing
    }
    needed |= {name for name in question.focus if lexicon.concepts[name].kind == "bar"}
    anyhow = thresholds.WITHOUT_TYPE_ANSWERS_FROM if not _ONLY_BY_VALUE & set(types) else math.inf
    fees = _fees_of_kinds(question.text) if "amount" in types else frozenset()
    return [
        s
        for s in ranked
        if fees <= _fees_of_kinds(s.unit.text)
        and things <= s.unit.concepts
        and (s.score > anyhow or (needed <= s.unit.concepts and all(holds(s.unit, value) for value in types)))
    ]


def _fees_of_kinds(text: str) -> frozenset[str]:
    """The kinds of fees that a text names; whatever is paid for sending something is one kind."""
    return frozenset("邮费" if fee in _FEES_FOR_SENDING else fee for fee in _FEE_OF_A_KIND.findall(text))


def sure_by_type(context: Context, ranked: list[Scored], subjects: Sequence[str]) -> list[Scored]:
    """The ranking, in which a value of the very type asked for, in the card's own section, is not doubted."""
    if not any(context.sources.lexicon.concepts[name].kind == "typed" for name in context.question.focus):
        return ranked
    if not ranked or ranked[0].score > thresholds.ANSWERS_FROM or not set(ranked[0].unit.cards) & set(subjects):
        return ranked
    question = context.question
    typed = {name for name in question.focus if context.sources.lexicon.concepts[name].kind == "typed"}
    said = typed <= ranked[0].unit.concepts and not set(question.focus) - typed
    # `会员卡退会几天`: nothing but the value is asked for, and a step gives one.
    plain = typed == set(question.focus) and not question.unknown and ranked[0].unit.in_procedure
    least = TYPED_SAID_FROM if said or plain else TYPED_FROM
    sure = ranked[0].score > least and (said or not question.focus_unknown)
    return [Scored(ranked[0].unit, thresholds.ANSWERS_FROM + 0.01, ranked[0].covered), *ranked[1:]] if sure else ranked
