"""Passages that answer one thing: a detail, a definition, reasons, precautions."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import replace

from assistant import thresholds
from assistant.apart import asks_of_any_card
from assistant.draft import Context, Draft
from assistant.evidence import Scored, Unit, pairs_of
from assistant.general_sections import LISTED_FROM, described, led_into_section, list_units, section_units
from assistant.lexicon import Concept
from assistant.phrases import joined, say
from assistant.question import Question
from assistant.quoting import MAX_ITEMS, enough, quote_units
from assistant.refusals import abstain, clarify, refuse_card, refuse_unstated
from assistant.types_asked import of_the_type_asked, sure_by_type
from corpus.normalize import has_han, normalize

CLARIFIES_FROM = -1.5  # from here a section on one card may answer when the card is not named
_AS_GOOD = 1.0  # units within this of the best count as answering too, when it is asked whether cards differ
_TOLD_FROM = -1.5  # a sentence with strange words of the question that no other card's sections have answers from here
_TOLD_AHEAD = 2.5  # when it is so far ahead of all that is not about its card
_DIFFERS_FROM = -0.25  # a section on another card from here, and
_DIFFERS_WITHIN = 2.0  # within this of the best, may answer as well when the question names no card
_SAYS_AS_MUCH_FROM = -4.0  # from here one may that has every word of the question that the best has
_LONGEST_PLAIN = 2  # unknown characters in a row that are hardly a name
_OWN_VALUE_FROM = -4.0  # a section on a card from here may hold the value asked for, where every card's does
_REASONS_WITHIN = 2.0  # the same of the reasons, when nothing in particular is asked about
_NEEDLESS = re.compile(r"(?:无需|无须|不用|不必|不需要?|毋须|免去?|no need to |needn't |not have to )[^,，。;；]{0,6}$")
# An entry of questions and answers whose question is not how something is done.
_ASKS_ELSE = re.compile(r"(?:问|q)[:：](?:(?!怎么|怎样|如何|咋|how)[^?？])*[?？]")
_OF_CARDS_IN_GENERAL = frozenset({"definition", "kinds", "summary", "precautions", "reasons", "comparison"})


def answer_anyhow(context: Context, subjects: Sequence[str]) -> Draft:
    """The passage that answers a question in which nothing is known, when one surely does; else an abstention."""
    units = context.units_about(subjects)
    ranked, _ = context.chosen(units, subjects)
    if context.question.inherited and context.question.cards:
        familiar, least = True, thresholds.FOLLOWING_ANSWERS_FROM
    else:
        strange = set().union(*(pairs_of(run) for run in context.question.unknown))
        familiar = not strange or any(strange & unit.pairs for unit in units)
        least = thresholds.STRANGE_ANSWERS_FROM
    if familiar and ranked and ranked[0].score > least:
        return answer_detail(context, subjects)
    return abstain(context, "out_of_domain", say("out_of_domain", context.language), "not about cards")


def _reasons_meant(context: Context, ranked: Sequence[Scored], subjects: Sequence[str]) -> list[Unit]:
    """All the reasons of the section on them, when one of them answers as well as anything else does."""
    units = section_units(context, "reasons", subjects)
    best = max((s.score for s in ranked if s.unit in units), default=-math.inf)
    within = _AS_GOOD if context.question.concepts else _REASONS_WITHIN
    return units if len(units) <= MAX_ITEMS and best > ranked[0].score - within else []


def answer_detail(context: Context, subjects: Sequence[str], *, listed: str = "") -> Draft:
    """The passage that answers one thing about the subjects, a question back, or "the articles do not say".

    Args:
        context: The question and its sources.
        subjects: The cards that are meant, empty when no card is.
        listed: The kind of section, `reasons` or `precautions`, that is listed whole when no sentence of it answers.
    """
    guessed = not subjects or subjects == context.question.pointed
    if guessed and listed not in context.question.intents and asks_of_any_card(context):
        return clarify(context, context.sources.catalog.subjects, "every card has an answer of its own")
    ranked, _ = context.chosen(context.units_about(subjects), subjects)
    likeliest = ranked[0] if ranked else None
    unsure = not ranked or ranked[0].score < thresholds.STRANGE_ANSWERS_FROM
    if not subjects and not listed and unsure and _asks_to_cancel(context):
        return clarify(context, context.sources.catalog.subjects, "nothing but cancelling is asked for")
    ranked = of_the_type_asked(context, ranked)
    sure = sure_by_type(context, ranked, subjects)
    by_threshold = sure is ranked
    if listed and not subjects:
        sure = [scored for scored in sure if not scored.unit.cards] or sure
    draft = _decide(context, subjects, sure, likeliest, listed)
    return replace(draft, score=round(sure[0].score, 3)) if sure and by_threshold else draft


def _decide(
    context: Context, subjects: Sequence[str], ranked: Sequence[Scored], likeliest: Scored | None, listed: str
) -> Draft:
    """The answer by the best of the units that may answer, `ranked`; `likeliest` may be of another type than asked."""
    if not ranked or ranked[0].score <= thresholds.ANSWERS_FROM:
        return _unsaid(context, subjects, ranked, likeliest, listed)
    if listed == "reasons" and (units := _reasons_meant(context, ranked, subjects)):
        return list_units(context, listed, units)
    if led := led_into_section(context, ranked[0].unit, subjects):
        return list_units(context, *led)
    fitting, best = ranked, ranked[0]
    if not subjects and _each_says_its_own(context, ranked):
        return clarify(context, context.sources.catalog.subjects, "each card has a value of its own")
    if not subjects and best.unit.cards:
        general = next((s for s in ranked if not s.unit.cards and s.score > best.score - _AS_GOOD), None)
        rivals = (
            {}
            if general is not None and general.score > thresholds.ANSWERS_FROM
            else {card: s.score for s in reversed(ranked) if _rivals(context, s, best) for card in s.unit.cards}
        )
        if len(rivals) > 1:
            return clarify(context, context.sources.catalog.subjects, "the answer differs by card")
        subjects = tuple(rivals)
        fitting = (
            [general]
            if general is not None and not rivals
            else [scored for scored in ranked if not scored.unit.cards or set(scored.unit.cards) & set(subjects)]
        )
    if subjects and (best.unit.cards or subjects != context.question.pointed):
        head = say("detail", context.language, card=joined([context.name(s) for s in subjects], context.language))
    else:
        head = say("detail_general", context.language)  # a card that is guessed at is not what was asked about
    kept = {id(scored) for scored in fitting}
    rejected = [scored for scored in ranked if id(scored) not in kept][:5]
    return quote_units(context, enough(context, fitting), head, "detail", rejected=rejected)


def _unsaid(
    context: Context, subjects: Sequence[str], ranked: Sequence[Scored], likeliest: Scored | None, listed: str
) -> Draft:
    """What is said where no sentence is likely enough to answer: the like of it, which card is meant, or an abstention.

    One sentence may answer all the same, when no card is named and its words alone tell which is meant.
    """
    if near := _near(context, subjects):
        return near
    typed = any(context.sources.lexicon.concepts[name].kind == "typed" for name in context.question.focus)
    if listed and not typed and (units := section_units(context, listed, subjects)):
        return list_units(context, listed, units)
    several = not subjects and len(context.sources.catalog.subjects) > 1
    if several and _only_cancels(context.question):
        return clarify(context, context.sources.catalog.subjects, "nothing but cancelling is asked for")
    if several and _told_by_its_words(context, ranked, likeliest):
        subjects = ranked[0].unit.cards
        head = say("detail", context.language, card=joined([context.name(s) for s in subjects], context.language))
        return quote_units(context, ranked[:1], head, "only one card's section has the words", rejected=ranked[1:5])
    if several and likeliest is not None and likeliest.unit.cards and likeliest.score > CLARIFIES_FROM:
        return clarify(context, context.sources.catalog.subjects, "a card's section may answer")
    names = any(len(run) > _LONGEST_PLAIN and has_han(run) for run in context.question.focus_unknown)
    if several and context.question.focus and not names and len(_saying(context, ranked, CLARIFIES_FROM)) > 1:
        return clarify(context, context.sources.catalog.subjects, "several cards' sections may answer")
    nearest = ranked[:5] or [s for s in (likeliest,) if s is not None]
    return refuse_unstated(context, subjects, "no sentence answers it", rejected=nearest)


def _saying(context: Context, ranked: Sequence[Scored], least: float) -> set[str]:
    """The subjects whose own procedures may answer, each alone."""
    subjects = set(context.sources.catalog.subjects)
    return {
        card
        for s in ranked
        if s.score > least and s.unit.in_procedure and len(s.unit.cards) == 1
        for card in s.unit.cards
        if card in subjects
    }


def _each_says_its_own(context: Context, ranked: Sequence[Scored]) -> bool:
    """Whether a value is asked for and every card's procedure has one of its own.

    Or procedures of several cards answer as well as the likeliest sentence, a general one beside what is asked about.
    """
    question, lexicon = context.question, context.sources.lexicon
    best = ranked[0]
    if not question.focus:
        return False
    aside = not best.unit.cards and not best.unit.concepts.intersection(question.focus)
    if aside and len(_saying(context, ranked, best.score - _AS_GOOD)) > 1:
        return True
    typed = any(lexicon.concepts[name].kind == "typed" for name in question.focus)
    if not typed or not question.actions:
        return False
    saying = _saying(context, ranked, _OWN_VALUE_FROM)
    return len(saying) > 1 and saying >= set(context.sources.catalog.subjects)


def _rivals(context: Context, scored: Scored, best: Scored) -> bool:
    """Whether a unit may answer as well as the best: nearly as likely, or with every word of the question it has."""
    if scored.score > max(_DIFFERS_FROM, best.score - _DIFFERS_WITHIN):
        return True
    said = best.unit.pairs.intersection(pairs_of(context.question.text))
    return bool(said) and said <= scored.unit.pairs and scored.score > _SAYS_AS_MUCH_FROM


def _only_cancels(question: Question) -> bool:
    """Whether a question is about cancelling and says nothing else that could be looked for."""
    return "cancel" in question.actions and not question.concepts and not question.focus_unknown


def _told_by_its_words(context: Context, ranked: Sequence[Scored], likeliest: Scored | None) -> bool:
    """Whether the likeliest sentence is far ahead, of one card, and has words of the question that no other card's has.

    A question that names no card needs less to be answered then: asking back would tell nothing new.
    """
    if not ranked or ranked[0] is not likeliest or len(ranked[0].unit.cards) != 1:
        return False
    best, cards = ranked[0], ranked[0].unit.cards
    if any(s.unit.cards != cards and s.score > best.score - _TOLD_AHEAD for s in ranked):
        return False
    strange = [run for run in context.question.focus_unknown if len(run) > 1]
    asked = {pair for run in strange if best.score > _TOLD_FROM for pair in pairs_of(run)}
    asked |= set(pairs_of(context.question.text) if best.score > _DIFFERS_FROM else ())
    others = [unit.pairs for unit in context.units_about(()) if unit.cards and unit.cards != cards]
    return bool((asked & best.unit.pairs).difference(*others))


def _asks_to_cancel(context: Context) -> bool:
    """Whether cancelling a card, of the several there are, is all that is spoken of: `can you cancel it for me?`."""
    question = context.question
    general = question.all_cards or question.excluded or question.intents & _OF_CARDS_IN_GENERAL
    return len(context.sources.catalog.subjects) > 1 and not (general or question.unknown) and _only_cancels(question)


def _near(context: Context, subjects: Sequence[str]) -> Draft | None:
    """What the subjects' own sections say of the concept nearest to the one they are silent on."""
    concepts = context.sources.lexicon.concepts
    asked = [concepts[name] for name in context.question.focus]
    wanted = {concept.near for concept in asked} - {""}
    if any(concept.kind == "typed" for concept in asked):
        return None  # `提前几天预约`: what to do instead is no number of days
    unit = next(
        (
            unit
            for unit in context.units_about(subjects)
            if set(unit.cards) & set(subjects)
            and any(_affirms(unit, concepts[name]) for name in sorted(unit.concepts & wanted))
        ),
        None,
    )
    if unit is None:
        return None
    text = say(
        "near",
        context.language,
        card=joined([context.name(s) for s in subjects], context.language),
        text=context.quoted(unit),
    )
    return Draft(outcome="answered", text=text, decided="the nearest thing said")


def _affirms(unit: Unit, concept: Concept) -> bool:
    """Whether a unit has a word for a concept that it does not say to be needless: not 无需亲自前往."""
    places = (unit.text.find(word) for word in concept.words)
    return any(at >= 0 and not _NEEDLESS.search(unit.text[:at]) for at in places)


def find_special(context: Context, subjects: Sequence[str]) -> Unit | None:
    """What an article says beside the procedure about the very sort of card that is named, such as 电子借书证."""
    cancelling = [word for word in context.sources.lexicon.actions["cancel"] if len(word) > 1]
    units = context.units_about(subjects)
    for surface in context.question.surfaces:
        holding = [unit for unit in units if surface in unit.text]
        if any(unit.in_procedure for unit in holding) or any(
            surface in normalize(name) for s in subjects for name in (s, context.sources.catalog.called(s))
        ):
            continue
        for unit in holding:
            beside = unit.role == "definition" or not unit.chunk.headings or _ASKS_ELSE.search(unit.text)
            if not beside and any(word in unit.text for word in cancelling):
                return unit
    return None


def show_passages(units: Sequence[Unit], context: Context, subjects: Sequence[str]) -> Draft:
    """Units quoted as the answer about the subjects."""
    head = say("detail", context.language, card=joined([context.name(s) for s in subjects], context.language))
    return quote_units(context, [Scored(unit, 1.0, frozenset()) for unit in units], head, "said of this sort of card")


def answer_of_uncovered(context: Context, card: str) -> Draft | None:
    """The likeliest of all sentences where it names a card without a procedure and is sure to answer, else None."""
    surfaces = {card, *(surface for surface in context.question.surfaces if len(surface) > 1)}
    ranked, _ = context.chosen(context.units_about(()), ())
    best = ranked[0] if ranked else None
    if best is None or best.score < thresholds.SURELY_ANSWERS_FROM:
        return None
    if card not in best.unit.named and not any(surface in best.unit.text for surface in surfaces):
        return None
    cancelling = [word for word in context.sources.lexicon.actions["cancel"] if len(word) > 1]
    if "cancel" in context.question.actions and not any(word in best.unit.text for word in cancelling):
        return None  # what the card is for does not tell what becomes of it
    if best not in of_the_type_asked(context, ranked[:1]):
        return None
    return quote_units(context, [best], say("detail_general", context.language), "said of a card without a procedure")


def answer_uncovered(context: Context, card: str) -> Draft:
    """The answer about a card without a procedure: only what an article says of it beside cancelling."""
    if "cancel" not in context.question.actions and not context.question.cancels:
        asked = "definition" in context.question.intents or "usage" in context.question.focus
        if asked and (of_the_card := described(context, (card,))):
            return of_the_card
        units = [unit for unit in context.units_about(()) if card in unit.named]
        ranked = [scored for scored in context.ranked(units) if scored.score >= LISTED_FROM]
        if ranked and context.question.concepts:
            return quote_units(
                context, ranked[:1], say("detail_general", context.language), "a sentence about the card"
            )
    return refuse_card(context, context.name(card))
