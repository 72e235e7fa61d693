"""Passages that answer one thing: a detail, a definition, reasons, precautions."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Sequence
from dataclasses import replace

from assistant.apart import asks_of_any_card
from assistant.draft import Context, Draft, colon, rejected_entries
from assistant.evidence import Scored, Unit, holds, pairs_of
from assistant.phrases import joined, say
from assistant.question import Question
from assistant.refusals import abstain, clarify, refuse_card, refuse_unstated
from corpus.normalize import has_han, normalize
from corpus.roles import role_of

# Scores are logarithms of odds against "no unit answers"; see tests/benchmarks/results/calibration.json for the curve.
ANSWERS_FROM = 0.25
SURELY_ANSWERS_FROM = 2.0
STRANGE_ANSWERS_FROM = 1.75  # the same of a question in which nothing to do with a card is known
TYPED_FROM = 0.0  # from here a value of the type asked for, in the card's own section, answers
TYPED_SAID_FROM = -1.0  # the same of one that has words for what is asked, where nothing else is
CLARIFIES_FROM = -2.5  # from here a section on one card may answer when the card is not named
_AS_GOOD = 1.0  # units within this of the best count as answering too, when it is asked whether cards differ
_TOLD_FROM = -1.5  # a sentence with strange words of the question that no other card's sections have answers from here
_TOLD_AHEAD = 2.5  # when it is so far ahead of all that is not about its card
_DIFFERS_FROM = -0.25  # a section on another card from here, and
_DIFFERS_WITHIN = 2.0  # within this of the best, may answer as well when the question names no card
_SAYS_AS_MUCH_FROM = -4.0  # from here one may that has every word of the question that the best has
_LONGEST_PLAIN = 2  # unknown characters in a row that are hardly a name
_OWN_VALUE_FROM = -4.0  # a section on a card from here may hold the value asked for, where every card's does
_ADDS_WITHIN = 0.8  # units within this of the best are quoted beside it,
_ADDS_BESIDE = 1.6  # those of its own section within this
LISTED_FROM = 0.42  # the share of a question's weight that an entry of a list must answer
_ONLY_BY_VALUE = frozenset({"phone", "address", "age", "count"})  # types that nothing else can stand for
_MAX_UNITS = 3
_MAX_ITEMS = 8
_REASONS_WITHIN = 2.0  # the same of the reasons, when nothing in particular is asked about
_DEFINES = re.compile(r"是一种|是指|指的是|一种|是嵌|\bis an?\b|refers to|means")
# A fee of a kind: 年费 and 邮费, but not 手续费, 工本费 or what is done with one, 收费.
_FEE_OF_A_KIND = re.compile(
    r"[^\W\da-z_收缴交花要免付退扣续本消浪经自公耗计掏出的何么些种笔这那此卡]费(?!用|心|力|劲|时)"
)
_WHO_PAYS = re.compile(r"谁[^,。?!]{0,3}[出付掏给担]|\bwho (?:pays|covers)\b")  # asks for no amount
_FEES_FOR_SENDING = frozenset({"递费", "运费", "寄费"})
_OF_CARDS_IN_GENERAL = frozenset({"definition", "kinds", "summary", "precautions", "reasons", "comparison"})
_UNNUMBERED = re.compile(r"^\s*(?:\d{1,2}[.、)）．]|[一二三四五六七八九十]+、|[（(][一二三四五六七八九十\d]+[)）])\s*")

# How a step begins that happens where the one before it says: `在那里填写…`.
_THERE = re.compile(
    r"\W*(?:然后|再|接着|随后|最后)?[，,]?(?:就?在|到|去|从|向|由)?(?:那里|那儿|那边|该[处窗柜]|当地|此处)"
    r"|\W*(?i:(?:then |and )?(?:(?:from|over) )?there\b)"
)


def answer_generally(context: Context, subjects: Sequence[str]) -> Draft | None:
    """The answer to a question about cards in general: definition, kinds, reasons, precautions, summary."""
    question = context.question
    if question.step is not None:
        return None
    if subjects and ("definition" in question.intents or "usage" in question.focus) and not question.actions:
        return _described(context, subjects)
    intents = [
        name for name in ("summary", "precautions", "definition", "kinds", "reasons") if name in question.intents
    ]
    if (
        not intents
        or (subjects and not {"precautions", "reasons"} & set(intents))
        or (question.cancels or (question.wishes and "procedure" in question.intents))
        and "reasons" not in intents
    ):
        return None
    typed = [name for name in question.concepts if context.sources.lexicon.concepts[name].kind]
    if typed:
        return None
    for intent in intents:
        units = _section_units(context, intent, subjects)
        if not units:
            continue
        if question.concepts:
            ranked = [scored for scored in context.ranked(units) if scored.covered and scored.score >= LISTED_FROM]
            if ranked:
                return _quoting(
                    context, _enough(context, ranked), say("detail_general", context.language), f"{intent}, one of them"
                )
            continue
        return _list_units(context, intent, units)
    return None


def _described(context: Context, subjects: Sequence[str]) -> Draft | None:
    """What a definition says of a card: the unit that starts with its name, else one that names it."""
    for doc_id in context.sources.best_documents(3):
        units = [
            unit
            for unit in context.sources.units(doc_id)
            if set(unit.named) & set(subjects)
            and not unit.in_procedure
            and "definition" in {role_of(h) for h in unit.chunk.headings} | {unit.role}
        ]
        units.sort(key=lambda unit: (unit.named[0] not in subjects, unit.start))
        if units:
            quoted = [units[0], *_used_for(context, doc_id, subjects)]
            return _quoting(
                context,
                [Scored(unit, 1.0, frozenset()) for unit in quoted],
                say("detail_general", context.language),
                "definition of a card",
            )
    return None


def _used_for(context: Context, doc_id: str, subjects: Sequence[str]) -> list[Unit]:
    """What leads into the procedures of a card that is asked for its use, where it tells that."""
    if "usage" not in context.question.focus:
        return []
    units = context.sources.units(doc_id)
    return [u for u in units if u.kind == "lead" and set(u.cards) & set(subjects) and "usage" in u.concepts][:1]


def _section_units(context: Context, intent: str, subjects: Sequence[str]) -> list[Unit]:
    """The units of the sections that answer a general intent, of the best document that has any."""
    role = "definition" if intent == "kinds" else intent
    for doc_id in context.sources.best_documents(3):
        units = [
            unit
            for unit in context.sources.units(doc_id)
            if role in {role_of(heading) for heading in unit.chunk.headings}
            and not unit.in_procedure
            and (not subjects or not unit.cards or set(unit.cards) & set(subjects))
        ]
        items = [unit for unit in units if unit.kind == "item"]
        if intent == "definition":
            prose = [unit for unit in units if unit.kind == "prose"]
            units = [unit for unit in prose if _DEFINES.search(unit.text)][:1] or prose[:1] or units[:1]
        elif intent == "kinds" or intent in {"precautions", "reasons"} and items:
            units = items
        elif intent == "reasons":
            units = [unit for unit in units if role_of(unit.chunk.headings[-1]) != role] or units
        if units:
            return units
    return []


def _list_units(context: Context, intent: str, units: Sequence[Unit]) -> Draft:
    lines = []
    for n, unit in enumerate(units, 1):
        label = ""
        if unit.kind == "prose" and intent == "reasons":
            name = _UNNUMBERED.sub("", context.heading(unit.chunk).text)
            label = f"**{name}**{colon(context.language)}" if name else ""
        lines.append(f"{n}. {label}{context.quoted(unit)}" if len(units) > 1 else f"{label}{context.quoted(unit)}")
    head = say("listing", context.language, n=len(units)) if len(units) > 1 else say("detail_general", context.language)
    return Draft(outcome="answered", text=head + "\n\n" + "\n".join(lines), decided=intent)


def show_listed_items(context: Context, numbers: Sequence[int], *, from_end: bool) -> Draft:
    """The entries of these numbers in the list that the conversation is about."""
    units = _section_units(context, context.listed, ())
    places = [len(units) - number if from_end else number - 1 for number in numbers]
    if not (meant := [units[at] for at in places if 0 <= at < len(units)]):
        return refuse_unstated(context, (), "no such item")
    return _list_units(context, context.listed, meant)


def answer_anyhow(context: Context, subjects: Sequence[str]) -> Draft:
    """The passage that answers a question in which nothing is known, when one surely does; else an abstention."""
    units = context.units_about(subjects)
    ranked, _ = context.chosen(units, subjects)
    strange = set().union(*(pairs_of(run) for run in context.question.unknown))
    familiar = not strange or any(strange & unit.pairs for unit in units)
    if familiar and ranked and ranked[0].score > STRANGE_ANSWERS_FROM:
        return answer_detail(context, subjects)
    return abstain(context, "out_of_domain", say("out_of_domain", context.language), "not about cards")


def _reasons_meant(context: Context, ranked: Sequence[Scored], subjects: Sequence[str]) -> list[Unit]:
    """All the reasons of the section on them, when one of them answers as well as anything else does."""
    units = _section_units(context, "reasons", subjects)
    best = max((s.score for s in ranked if s.unit in units), default=-math.inf)
    within = _AS_GOOD if context.question.concepts else _REASONS_WITHIN
    return units if len(units) <= _MAX_ITEMS and best > ranked[0].score - within else []


def _of_the_type_asked(context: Context, ranked: list[Scored]) -> list[Scored]:
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
    needed |= {name for name in question.concepts if lexicon.concepts[name].kind == "bar"}
    anyhow = SURELY_ANSWERS_FROM if not _ONLY_BY_VALUE & set(types) else math.inf
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


def _sure_by_type(context: Context, ranked: list[Scored], subjects: Sequence[str]) -> list[Scored]:
    """The ranking, in which a value of the very type asked for, in the card's own section, is not doubted."""
    if not any(context.sources.lexicon.concepts[name].kind == "typed" for name in context.question.focus):
        return ranked
    if not ranked or ranked[0].score > ANSWERS_FROM or not set(ranked[0].unit.cards) & set(subjects):
        return ranked
    question = context.question
    typed = {name for name in question.focus if context.sources.lexicon.concepts[name].kind == "typed"}
    said = typed <= ranked[0].unit.concepts and not set(question.focus) - typed
    # `会员卡退会几天`: nothing but the value is asked for, and a step gives one.
    plain = typed == set(question.focus) and not question.unknown and ranked[0].unit.in_procedure
    least = TYPED_SAID_FROM if said or plain else TYPED_FROM
    sure = ranked[0].score > least and (said or not question.focus_unknown)
    return [Scored(ranked[0].unit, ANSWERS_FROM + 0.01, ranked[0].covered), *ranked[1:]] if sure else ranked


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
    unsure = not ranked or ranked[0].score < STRANGE_ANSWERS_FROM
    if not subjects and not listed and unsure and _asks_to_cancel(context):
        return clarify(context, context.sources.catalog.subjects, "nothing but cancelling is asked for")
    ranked = _of_the_type_asked(context, ranked)
    sure = _sure_by_type(context, ranked, subjects)
    by_threshold = sure is ranked
    if listed and not subjects:
        sure = [scored for scored in sure if not scored.unit.cards] or sure
    draft = _decide(context, subjects, sure, likeliest, listed)
    return replace(draft, score=round(sure[0].score, 3)) if sure and by_threshold else draft


def _decide(
    context: Context, subjects: Sequence[str], ranked: Sequence[Scored], likeliest: Scored | None, listed: str
) -> Draft:
    """The answer by the best of the units that may answer, `ranked`; `likeliest` may be of another type than asked."""
    if not ranked or ranked[0].score <= ANSWERS_FROM:
        return _unsaid(context, subjects, ranked, likeliest, listed)
    if listed == "reasons" and (units := _reasons_meant(context, ranked, subjects)):
        return _list_units(context, listed, units)
    if led := _led_into_section(context, ranked[0].unit, subjects):
        return _list_units(context, *led)
    fitting, best = ranked, ranked[0]
    if not subjects and _each_says_its_own(context, ranked):
        return clarify(context, context.sources.catalog.subjects, "each card has a value of its own")
    if not subjects and best.unit.cards:
        general = next((s for s in ranked if not s.unit.cards and s.score > best.score - _AS_GOOD), None)
        rivals = (
            {}
            if general is not None and general.score > ANSWERS_FROM
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
    if subjects:
        head = say("detail", context.language, card=joined([context.name(s) for s in subjects], context.language))
    else:
        head = say("detail_general", context.language)
    kept = {id(scored) for scored in fitting}
    rejected = [scored for scored in ranked if id(scored) not in kept][:5]
    return _quoting(context, _enough(context, fitting), head, "detail", rejected=rejected)


def _unsaid(
    context: Context, subjects: Sequence[str], ranked: Sequence[Scored], likeliest: Scored | None, listed: str
) -> Draft:
    """What is said where no sentence is likely enough to answer: the like of it, which card is meant, or an abstention.

    One sentence may answer all the same, when no card is named and its words alone tell which is meant.
    """
    if near := _near(context, subjects):
        return near
    if listed and (units := _section_units(context, listed, subjects)):
        return _list_units(context, listed, units)
    several = not subjects and len(context.sources.catalog.subjects) > 1
    if several and _only_cancels(context.question):
        return clarify(context, context.sources.catalog.subjects, "nothing but cancelling is asked for")
    if several and _told_by_its_words(context, ranked, likeliest):
        subjects = ranked[0].unit.cards
        head = say("detail", context.language, card=joined([context.name(s) for s in subjects], context.language))
        return _quoting(context, ranked[:1], head, "only one card's section has the words", rejected=ranked[1:5])
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
    lexicon = context.sources.lexicon
    wanted = {lexicon.concepts[name].near for name in context.question.focus} - {""}
    unit = next(
        (u for u in context.units_about(subjects) if set(u.cards) & set(subjects) and u.concepts & wanted), None
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


def _enough(context: Context, ranked: Sequence[Scored]) -> list[Scored]:
    """The best unit, and others of its article that are nearly as likely."""
    chosen = [
        scored
        for scored in ranked[:_MAX_UNITS]
        if scored is ranked[0]
        or (
            scored.unit.chunk.doc_id == ranked[0].unit.chunk.doc_id
            and scored.score
            > ranked[0].score
            - (_ADDS_BESIDE if scored.unit.chunk.headings == ranked[0].unit.chunk.headings else _ADDS_WITHIN)
        )
    ]
    return sorted(_with_siblings(context, chosen), key=lambda s: (s.unit.chunk.doc_id, s.unit.start))


def _with_siblings(context: Context, chosen: Sequence[Scored]) -> list[Scored]:
    """The units, a single entry of a list of what to bring with the other entries of that list."""
    found = {(s.unit.chunk.doc_id, s.unit.start): s for s in chosen}
    for scored in chosen:
        unit = scored.unit
        if unit.kind != "item" or unit.role != "materials":
            continue
        siblings = [
            other
            for other in context.sources.units(unit.chunk.doc_id)
            if other.kind == "item" and other.chunk.headings == unit.chunk.headings
        ]
        if len(siblings) <= _MAX_ITEMS:
            found |= {
                (other.chunk.doc_id, other.start): Scored(other, scored.score, scored.covered) for other in siblings
            }
    return list(found.values())


def _quoting(
    context: Context, chosen: Sequence[Scored], head: str, decided: str, *, rejected: Sequence[Scored] = ()
) -> Draft:
    units = [
        unit
        for scored in chosen
        for unit in (*_pointed_back_to(context, scored.unit), scored.unit, *_led_into(context, scored.unit))
    ]
    lines = [context.quoted(unit) for unit in dict.fromkeys(units)]
    body = lines[0] if len(lines) == 1 else "\n".join(f"- {line}" for line in lines)
    return Draft(outcome="answered", text=f"{head}\n\n{body}", decided=decided, rejected=rejected_entries(rejected))


def _pointed_back_to(context: Context, unit: Unit) -> list[Unit]:
    """The step before one that says 那里 or "there" of a place which that step names."""
    if unit.kind != "step" or not _THERE.match(unit.text):
        return []
    steps = (other for other in context.sources.units(unit.chunk.doc_id) if other.kind == "step")
    before = [other for other in steps if other.chunk == unit.chunk and other.start < unit.start]
    return before[-1:]


def _led_into(context: Context, unit: Unit) -> list[Unit]:
    """The items that a unit ending in a colon leads into."""
    if unit.in_procedure or not unit.text.endswith((":", "：")):
        return []
    behind = [
        other
        for other in context.sources.units(unit.chunk.doc_id)
        if other.start > unit.start and other.chunk.headings == unit.chunk.headings
    ]
    return list(itertools.takewhile(lambda other: other.kind == "item", behind))[:_MAX_ITEMS]


def _led_into_section(context: Context, unit: Unit, subjects: Sequence[str]) -> tuple[str, list[Unit]] | None:
    """The role and the entries of the section of reasons or precautions that a unit only leads into."""
    if unit.role not in {"reasons", "precautions"} or not unit.text.endswith((":", "：")):
        return None
    units = _section_units(context, unit.role, subjects)
    return (unit.role, units) if 1 < len(units) <= _MAX_ITEMS else None


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
            if unit.role != "definition" and any(word in unit.text for word in cancelling):
                return unit
    return None


def show_passages(units: Sequence[Unit], context: Context, subjects: Sequence[str]) -> Draft:
    """Units quoted as the answer about the subjects."""
    head = say("detail", context.language, card=joined([context.name(s) for s in subjects], context.language))
    return _quoting(context, [Scored(unit, 1.0, frozenset()) for unit in units], head, "said of this sort of card")


def answer_uncovered(context: Context, card: str) -> Draft:
    """The answer about a card without a procedure: only what an article says of it beside cancelling."""
    if "cancel" not in context.question.actions and not context.question.cancels:
        if "definition" in context.question.intents or "usage" in context.question.focus:
            described = _described(context, (card,))
            if described:
                return described
        units = [unit for unit in context.units_about(()) if card in unit.named]
        ranked = [scored for scored in context.ranked(units) if scored.score >= LISTED_FROM]
        if ranked and context.question.concepts:
            return _quoting(context, ranked[:1], say("detail_general", context.language), "a sentence about the card")
    return refuse_card(context, context.name(card))
