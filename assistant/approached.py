"""What an article warns of, for somebody whom a stranger asks for a code, for money or for the card."""

from __future__ import annotations

import re
from collections.abc import Sequence

from assistant.draft import Context, Draft
from assistant.phrases import say

_FROM = -2.5  # log-odds against none from which a warning answers a question about a card
_SURELY_FROM = -0.5  # the same of a question in which nothing is known to do with one
_WITHIN = 0.8  # a second warning is quoted too when it is within this of the best
_WARNS = re.compile(
    r"骗|冒充|假冒|违法|犯法|报警|挂断|当心|小心|不会[^，。]{0,6}(?:索|要|问|收|打|让|派|上门)|"
    r"(?:不要|别|切勿|请勿|勿)[^，。]{0,4}(?:理|信|给|点|把|卖|交|透露|告诉)|"
    r"scam|fraud|illegal|\bnever (?:asks?|calls?|sends?)|(?:do not|don't) (?:click|reply|give|sell|share)",
    re.IGNORECASE,
)


def answer_warning(context: Context, subjects: Sequence[str], *, known: bool) -> Draft | None:
    """The warnings that a question of somebody who was approached is likeliest about; None without any.

    Args:
        context: The question and its sources.
        subjects: The cards that are meant, empty when no card is.
        known: Whether the question is about cards at all.
    """
    if "approached" not in context.question.intents:
        return None
    ranked, _ = context.chosen(context.units_about(subjects), subjects)
    least = _FROM if known else _SURELY_FROM
    warnings = [s for s in ranked if not s.unit.in_procedure and _WARNS.search(s.unit.text) and s.score > least]
    if not warnings:
        return None
    lines = [context.quoted(s.unit) for s in warnings[:2] if s.score > warnings[0].score - _WITHIN]
    body = lines[0] if len(lines) == 1 else "\n".join(f"- {line}" for line in lines)
    text = say("detail_general", context.language) + "\n\n" + body
    return Draft(outcome="answered", text=text, decided="a warning")
