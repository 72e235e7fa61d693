"""Refusing and asking back: what the articles do not say, what is never helped with, which card is meant."""

from __future__ import annotations

from collections.abc import Sequence

from assistant.answer import Reason
from assistant.draft import Context, Draft, rejected_entries
from assistant.evidence import Scored
from assistant.phrases import joined, say, shown

_NEAREST_FROM = -0.75  # log-odds against none from which a sentence is named as the nearest
_MOST_OPTIONS = 8


def abstain(context: Context, reason: Reason, text: str, decided: str, *, rejected: Sequence[Scored] = ()) -> Draft:
    """An abstention with its reason, and what the articles do cover."""
    covered = _covered(context)
    return Draft(
        outcome="abstained",
        text=f"{text}\n\n{covered}" if covered else text,
        reason=reason,
        decided=decided,
        options=context.options(context.sources.catalog.subjects),
        rejected=rejected_entries(rejected),
    )


def _covered(context: Context) -> str:
    names = [context.name(subject) for subject in context.sources.catalog.subjects[:_MOST_OPTIONS]]
    return say("covered", context.language, names=joined(names, context.language)) if names else ""


def warn(context: Context) -> Draft:
    """A refusal to pass on an advertiser's contact, with the article's own warning of fraud."""
    text = say("contact", context.language)
    for doc_id in context.sources.best_documents(3):
        for unit in context.sources.units(doc_id):
            if unit.role == "precautions" and "fraud" in unit.concepts:
                return abstain(
                    context,
                    "unsafe",
                    f"{text}\n\n{say('fraud', context.language, text=context.quoted(unit))}",
                    "asks for a contact",
                )
    return abstain(context, "unsafe", text, "asks for a contact")


def answer_nothing(context: Context) -> Draft:
    """The answer to a greeting, or to a turn that asks nothing that is known."""
    if "greeting" in context.question.intents:
        return Draft(
            outcome="clarified",
            decided="greeting",
            options=context.options(context.sources.catalog.subjects),
            text=say("greeting", context.language) + _option_lines(context, context.sources.catalog.subjects),
        )
    if context.question.instructed:
        return abstain(context, "out_of_domain", say("instruction", context.language), "only words for a model")
    return abstain(context, "out_of_domain", say("out_of_domain", context.language), "nothing known is asked")


def refuse_card(context: Context, name: str) -> Draft:
    """An abstention for a card that no article is about."""
    return abstain(
        context, "no_hits", say("not_covered", context.language, card=shown(name, context.language)), "card not covered"
    )


def clarify(context: Context, subjects: Sequence[str], decided: str) -> Draft:
    """The question back: which of the subjects is meant."""
    return Draft(
        outcome="clarified",
        text=say("clarify", context.language) + _option_lines(context, subjects),
        options=context.options(subjects),
        decided=decided,
    )


def _option_lines(context: Context, subjects: Sequence[str]) -> str:
    return "\n\n" + "\n".join(f"{n}. {context.name(subject)}" for n, subject in enumerate(subjects[:_MOST_OPTIONS], 1))


def refuse_unstated(
    context: Context, subjects: Sequence[str], decided: str, *, rejected: Sequence[Scored] = ()
) -> Draft:
    """An abstention for what the subjects' articles do not say, with the nearest they do say."""
    what = _asked_for(context)
    if subjects:
        text = say(
            "not_stated",
            context.language,
            card=joined([context.name(s) for s in subjects], context.language),
            what=what or say("what_you_ask", context.language),
        )
    else:
        text = say("not_stated_general", context.language, what=what or say("what_you_ask", context.language))
    near = next((scored for scored in rejected if scored.score >= _NEAREST_FROM), None)
    if near is not None:
        text += "\n\n" + say("nearest", context.language, text=context.quoted(near.unit))
    return abstain(context, "not_stated", text, decided, rejected=rejected)


def _asked_for(context: Context) -> str:
    """What the articles do not say, in a few words; empty when the lexicon has none for it."""
    concepts = [context.sources.lexicon.concepts[name] for name in context.question.focus or context.question.concepts]
    named = [concept for concept in concepts if concept.kind and concept.zh]
    if not named:
        return ""
    return named[0].en if context.language == "en" else shown(named[0].zh, context.language)
