"""Answers composed of the articles' own words: nothing is said about a card that no article says."""

from __future__ import annotations

import re
from dataclasses import replace

from assistant import thresholds
from assistant.approached import answer_warning
from assistant.clauses import BESIDE_CARDS, WAYS
from assistant.comparison import compare, touched
from assistant.draft import Context, Draft
from assistant.general_sections import answer_generally
from assistant.lexicon import any_of
from assistant.naming import Naming
from assistant.parts import answer_part
from assistant.passages import (
    answer_anyhow,
    answer_detail,
    answer_of_uncovered,
    answer_uncovered,
    find_special,
    show_passages,
)
from assistant.phrases import say
from assistant.procedures import find_barred, show_procedures, show_step
from assistant.question import Question
from assistant.refusals import abstain, answer_nothing, clarify, refuse_card, refuse_unstated, warn
from assistant.route import Route, choose_route
from assistant.step_reference import implied_step
from corpus.normalize import normalize

_STEP_FROM = (
    0.2  # how likely a step has to be asked for when the rules found one and another kind of answer is likelier
)
_SURELY_STEP_FROM = 0.6  # the same when the rules found none
_OF_ALL_CARDS = frozenset({"comparison", "reasons", "precautions"})  # what an article says of cards in general
_KNOWN_SHARE = 0.6  # of a question's characters, below which it is about something else
_WHOLE = any_of(
    r"步骤|流程|程序|全套|全过程|顺序|环节|攻略|教程|哪几步|哪些手续|手续怎么|怎么走|要经过",
    r"依次|逐项|列(?:给|出|个)|一条一条|一步一步|从头教|从头到尾",
    r"(?:先|首先|头一[步样件桩]).{0,3}[干做办弄搞整].{1,7}(?:后|再|然后|接着|完了)",
    r"\bprocedure\b|\bprocess\b(?! my)|\bsteps\b|\b(?:every|each) (?:single )?step\b",
    r"\bsteps? please|all the steps|step by step|walk me through|instructions",
    r"\bwhat first\b|\bfirst\b(?! step)[^.?!]{0,20}\bwhat (?:next|then)\b",
)
# A whole procedure asked for by name, whatever else stands in the clause.
_WHOLE_ITSELF = any_of(
    r"(?:步骤|流程|程序|手续|steps?|procedure|process)\W{0,2}(?:都|具体|分别)?(?:有哪些|有哪几|是什么|是啥|是怎|怎么|如何|写出来|列出来|讲一遍)",
    r"哪几步|哪些步骤|哪些手续|(?:what|which) (?:are the |is the )?(?:steps|procedure)",
)
# In so many words, everything from the first thing to the last.
_FROM_FIRST_TO_LAST = any_of(
    r"从头(?:到尾|说|教|讲|给我|开始|至尾)|从头[^，。,?]{0,5}到[^，。,?]{0,3}[末尾完后]|一步一?步|挨步|一样一样|从准备到|从第一件事|列(?:个|一下|张)?清单",
    r"(?:先后|什么|啥)顺序|[按依照]着?(?:先后)?[顺次]序|先后(?:列|说|讲|给|捋|理)|流程捋|步骤(?:给我|列|说|发)|哪几[道关]|几道关",
    r"先(?:做|干|弄)(?:啥|什么|嘛)[^,，。]{0,3}(?:后|再)(?:做|干|弄)",
    r"(?:整个|完整|全部|整套|全套)的?(?:过程|流程|手续|步骤|程序|操作|动作)",
    r"\bstep by step\b|\bstart to finish\b|\bwalk me through\b|\bfrom (?:the )?(?:start|beginning)\b",
    r"\b(?:full|whole|entire|complete) (?:process|procedure|sequence|how-to|steps)\b|\bwhat(?:'s| is) the sequence\b",
    r"\b(?:list )?everything (?:i (?:have|need) to do|in order)\b|\blist (?:what|everything)\b",
)
_FIRST_STEP_TO_LAST = any_of(
    r"第一步到最后",
    r"\bfirst (?:step )?(?:to|through) (?:the )?last\b",
)
_NAMES_A_STEP = any_of(
    r"第.{1,3}步|最后一步|头一步",
    r"\b(?:step|stage) (?:no\.? ?)?\d|\b(?:first|second|third|fourth|fifth|sixth|seventh|eighth|last|final)"
    r" step\b|\b\d{1,2}(?:st|nd|rd|th) step\b",
)
# How hard the whole is, and not the whole.
_HOW_HARD = any_of(
    r"(?:简单|复杂|麻烦|繁琐|省事|容易|好办|难办|难)(?:还是|[吗么嘛不没]|\W*$)|(?:难|麻|复|简|容|繁)不(?:难|麻烦|复杂|简单|容易|繁琐)",
    r"\b(?:is|are|does)\b.{0,40}\b(?:simple|easy|hard|difficult|complicated|complex|straightforward)\b",
)
_WHICH_FIRM = re.compile("哪家")
# 商场积分卡：…，这里不写了: an entry of a list by the name that it begins with.
_LISTED = re.compile(r"\W*(?P<name>[^\W\d_]{2,12})(?:\*\*)?[：:]")
_ONE_THING = re.compile(r"什么(?!都)|啥|咩|哪(?!几步|些步骤)|谁|多少|几(?!步)|\bwho\b|\bwhere\b|\bwhich\b|\bwhen\b")


def compose(context: Context) -> Draft:
    """The answer, the question back, or the abstention that the question deserves."""
    likely = _routes(context)
    draft = _composed(context, likely)
    return replace(draft, routes=tuple((route, round(share, 3)) for route, share in likely.items()))


def _composed(context: Context, likely: dict[Route, float]) -> Draft:
    question = context.question
    if refused := _refused(context):
        return refused
    cards = _meant(context)
    subjects = _subjects(context, cards)
    route = max(likely, key=likely.__getitem__)
    understood = (question.pointed and route != "detail") or (_of_all_cards(question) and route == "comparison")
    known = understood or (not question.empty and _about_cards(context))
    if told := answer_part(context, subjects) or answer_warning(context, subjects, known=known):
        return told
    if not known:
        return answer_anyhow(context, subjects)
    if question.unknown_card and not cards and (called := _called_so(context, question.unknown_card)):
        cards = subjects = called
    if not_told := _not_told_of(context, cards, route):
        return _said_of_uncovered(context, not_told, route) or refuse_card(context, not_told)
    if route == "comparison" and len(context.sources.catalog.subjects) > 1:
        return compare(context, cards)
    if cards and not subjects:
        subjects = _told_of(context)
    if cards and not subjects:
        return _said_of_uncovered(context, cards[0], route) or answer_uncovered(context, cards[0])
    if question.excluded and not subjects:
        subjects = _remaining(context)
    if general := answer_generally(context, subjects):
        return general
    if len(subjects) > 1 and len(cards) <= 1:
        return _said_of_none(context) or clarify(context, subjects, "several subjects for one card")
    draft = _specific(context, subjects, likely)
    left_out = [card for card in cards if not context.sources.catalog.covering(card)]
    said = [say("not_covered", context.language, card=context.name(card)) for card in left_out]
    return replace(draft, text="\n\n".join([draft.text, *said]))


def _said_of_uncovered(context: Context, card: str, route: Route) -> Draft | None:
    """The sentence about a card without a procedure that surely answers the one thing asked; None for none."""
    return answer_of_uncovered(context, card) if route == "detail" else None


def _not_told_of(context: Context, cards: tuple[str, ...], route: Route) -> str:
    """The card that is meant and that no procedure is about, empty for none."""
    question = context.question
    if not question.cards and (name := _set_aside(context)):
        return name
    return question.unknown_card if not cards and route not in _OF_ALL_CARDS else ""


def _set_aside(context: Context) -> str:
    """The card whose name the question has all parts of, and that an article lists only to say it is not told of."""
    for unit in context.units_about(()):
        if unit.sets_aside and (found := _LISTED.match(context.sources.document(unit.chunk.doc_id).text, unit.start)):
            name = normalize(found["name"])
            naming = Naming((name,))
            if naming.score(context.question.text, name) >= naming.score(name, name):
                return found["name"]
    return ""


def _said_of_none(context: Context) -> Draft | None:
    """What a section on no card surely answers where a use alone points to several: 银行什么时候人多."""
    question = context.question
    if question.cards or question.actions or question.wishes:
        return None
    return _surely_said_of_none(context)


def _refused(context: Context) -> Draft | None:
    """What a question gets that no article is to answer: one that does harm, is after a contact, or asks nothing."""
    question = context.question
    if question.unsafe:
        return abstain(context, "unsafe", say("unsafe", context.language), "unsafe")
    if question.contact:
        return warn(context)
    if (question.empty and "greeting" in question.intents) or (
        question.instructed and (question.empty or not _about_doing(question))
    ):
        return answer_nothing(context)
    return None


def _routes(context: Context) -> dict[Route, float]:
    """How likely each kind of answer is meant; surely the steps when "how" to cancel is all that is asked."""
    question = context.question
    by_rule = rule_route(context)
    surely = question.cancels or _names_a_way(question)
    whole = _FIRST_STEP_TO_LAST.search(question.text) or (
        _FROM_FIRST_TO_LAST.search(question.text) and question.step is None and by_rule != "comparison"
    )
    known = context.sources.lexicon.concepts
    if whole and _about_doing(question) and not any(known[name].kind == "typed" for name in question.focus):
        return {"procedure": 1.0, "step": 0.0}  # 从头到尾要多久 asks for a time
    if by_rule == "procedure" and surely and not any(len(run) > 1 for run in question.unknown):
        return {"procedure": 1.0, "step": 0.0}
    likely = choose_route(question, by_rule=by_rule)
    if by_rule != "procedure" and not _about_doing(question):
        likely["procedure"] = 0.0  # nothing is to be done with a card: "今天天气怎么样" asks for no steps
    return likely


def _about_doing(question: Question) -> bool:
    """Whether a question itself names a card, or speaks of doing something with one."""
    named = bool(question.cards) and not question.inherited
    return bool(named or question.generic or question.actions or question.wishes or question.cued or question.pointed)


def rule_route(context: Context) -> Route:
    """What kind of answer a question asks for by the rules alone."""
    question = context.question
    if _compares(context, _meant(context)):
        return "comparison"
    told_by_number = question.step is not None and question.step.kind == "nth"
    if question.step is not None and not (
        question.cancels and told_by_number and not _NAMES_A_STEP.search(question.text)
    ):
        return "step"
    if "precautions" in question.intents:
        return "precautions"
    if "reasons" in question.intents:
        return "reasons"
    if "fraud" in question.focus and not question.cards:
        return "detail"  # 骗子怎么借着注销来骗人: who deceives is no way to cancel
    return "procedure" if _wants_procedure(context) else "detail"


def _subjects(context: Context, cards: tuple[str, ...]) -> tuple[str, ...]:
    """The subjects that answer for cards."""
    return tuple(dict.fromkeys(subject for card in cards for subject in context.sources.catalog.covering(card)))


def _told_of(context: Context) -> tuple[str, ...]:
    """The one subject whose sections alone have the words by which the question names a card, empty for none."""
    if any(context.sources.catalog.cards.is_document(card) for card in context.question.cards):
        return ()  # what is shown for a card is no name of it
    surfaces = [surface for surface in context.question.surfaces if len(surface) > 1]
    if called := next(filter(None, (_called_so(context, surface) for surface in surfaces)), ()):
        return called
    owners = {
        unit.cards
        for unit in context.units_about(())
        if unit.cards and any(surface in unit.text for surface in surfaces) and not unit.sets_aside
    }
    (owner,) = owners if len(owners) == 1 else ((),)
    return owner if len(owner) == 1 and owner[0] in context.sources.catalog.subjects else ()


def _called_so(context: Context, name: str) -> tuple[str, ...]:
    """The one subject that an article says to be called by `name` too: `…，俗称“饭卡”`."""
    says = re.compile(rf"(?:叫|称|又名|俗名|別名|简称|known as|called)[^，。,.]{{0,3}}\W{{0,2}}{re.escape(name)}")
    subjects = set(context.sources.catalog.subjects)
    owners = {
        tuple(subjects.intersection(unit.named) or subjects.intersection(unit.cards))
        for unit in context.units_about(())
        if says.search(unit.text)
    }
    (owner,) = owners if len(owners) == 1 else ((),)
    return owner if len(owner) == 1 else ()


def _meant(context: Context) -> tuple[str, ...]:
    """The cards that the question names, else those it points to that the corpus covers."""
    question, catalog = context.question, context.sources.catalog
    if question.cards and "comparison" in question.intents:
        return tuple(dict.fromkeys((*question.cards, *(card for card in question.cued if catalog.covering(card)))))
    if question.cards:
        return question.cards
    return tuple(card for card in question.cued if catalog.covering(card)) or question.pointed


def _remaining(context: Context) -> tuple[str, ...]:
    """The subjects that are left when the question says which it does not mean."""
    catalog = context.sources.catalog
    excluded = {subject for card in context.question.excluded for subject in catalog.covering(card)}
    return tuple(subject for subject in catalog.subjects if subject not in excluded)


def _specific(context: Context, subjects: tuple[str, ...], likely: dict[Route, float]) -> Draft:
    """The answer about the steps of one or more subjects, or about something in them."""
    question = context.question
    route = max(likely, key=likely.__getitem__)
    referred = question.step is not None and (route == "step" or likely["step"] > _STEP_FROM)
    if referred or likely["step"] > _SURELY_STEP_FROM:
        if not subjects and (told := _told_of_all_cards(context)):
            return told
        step = question.step if referred else implied_step(question.text)
        return show_step(replace(context, question=replace(question, step=step)), subjects)
    if route == "procedure":
        if special := find_special(context, subjects):
            return show_passages([special], context, subjects)
        if missing := find_barred(context, subjects):
            return refuse_unstated(context, subjects, f"the steps do not speak of {missing}")
        return show_procedures(context, subjects)
    return answer_detail(context, subjects, listed=route if route in {"reasons", "precautions"} else "")


def _told_of_all_cards(context: Context) -> Draft | None:
    """What is surely said of all cards of the thing that a question about a step of none in particular speaks of."""
    return _surely_said_of_none(context) if context.question.concepts else None


def _surely_said_of_none(context: Context) -> Draft | None:
    """What a section on no card answers, where the likeliest of all sentences stands in one and is sure."""
    ranked, _ = context.chosen(context.units_about(()), ())
    surely = ranked and ranked[0].score > thresholds.SURELY_ANSWERS_FROM and not ranked[0].unit.cards
    return answer_detail(context, ()) if surely else None


def _of_all_cards(question: Question) -> bool:
    """Whether `which of them` is asked of the cards: 哪家好吃 is asked of none."""
    return question.all_cards and not (_WHICH_FIRM.search(question.text) and question.unknown and not question.concepts)


def _about_cards(context: Context) -> bool:
    question = context.question
    if (
        question.cards
        or question.cued
        or question.unknown_card
        or question.generic
        or question.actions
        or _of_all_cards(question)
    ):
        return True
    if question.intents & {"summary", "precautions"} or (question.step is not None and question.step.kind != "order"):
        return True
    if question.intents & {"kinds", "definition"} and not question.unknown:
        return True
    if not question.concepts and question.step is None:
        return False
    found = " ".join(
        unit.text for doc_id in context.sources.best_documents(3) for unit in context.sources.units(doc_id)
    )
    strange = sum(len(run) for run in question.unknown if run[:2] not in found)
    return 1 - strange / max(len(question.text), 1) > _KNOWN_SHARE


def _compares(context: Context, cards: tuple[str, ...]) -> bool:
    question = context.question
    distinct = {context.sources.catalog.covering(card) or (card,) for card in cards}
    if len(distinct) > 1:
        return not question.cancels or "comparison" in question.intents
    if "comparison" not in question.intents or question.cancels:
        return False
    if question.all_cards:
        return not question.intents & {"kinds"} or bool(question.concepts)
    return len(touched(context)) > 1 or (not cards and context.sources.lexicon.asks("side_by_side", question.text))


def _names_a_way(question: Question) -> bool:
    """Whether cancelling is named with where or how it is done, and nothing is asked: `ETC卡 线上注销`."""
    named = "cancel" in question.actions and bool(question.concepts) and set(question.concepts) <= WAYS
    return named and not question.asks


def _wants_procedure(context: Context) -> bool:
    """Whether the whole procedure is asked for: "how" beside cancelling, or the wish alone, and no one thing in it."""
    question, lexicon = context.question, context.sources.lexicon
    if question.cancels:
        return True
    about = [name for name in question.focus if name not in BESIDE_CARDS or question.asks_yes_or_no]
    if _names_a_way(question):
        return True
    if question.bare and (question.wishes or ("cancel" in question.actions and _WHOLE.search(question.text))):
        return True
    if any(lexicon.concepts[name].kind in {"typed", "need"} for name in question.focus):
        return False
    if "complexity" in question.focus and _HOW_HARD.search(question.text):
        return False
    if _WHOLE_ITSELF.search(question.text):
        return True
    if _WHOLE.search(question.text):
        return not about or not _ONE_THING.search(question.text)
    asked = any(pattern.search(question.text) for entry in lexicon.asked.values() for pattern in entry.asks)
    if asked or about:
        return False
    if question.asks_yes_or_no:
        return "cancel" in question.actions and not question.unknown
    if "cancel" in question.actions:
        return not question.focus_unknown or not _ONE_THING.search(question.text)
    return not question.unknown and not question.concepts
