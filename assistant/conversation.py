"""The earlier turns: what the last question leaves out, they say."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from assistant.lexicon import Lexicon, any_of
from assistant.question import Question
from assistant.step_reference import StepReference
from assistant.understanding import Reader
from corpus.normalize import Language, to_traditional

MAX_TURNS = 20
# 不是甲，是乙: what is denied, where what is meant follows.
_CORRECTS = re.compile(
    r"(?:[^，,。！!；;]{0,6}[错搞混][^，,。！!；;]{0,3}[，,。！!]\s*)?(?:我?(?:说|问|讲)的)?不是[^，,。]{1,12}[，,]\s*(?![^，,。]{0,3}不是)(?=[^，,。]{0,5}(?:是|说|问|要|指|講))"
)
# 打电话用的那张: a card told by what it is for.
_DESCRIBES = re.compile(r"(?:那|这)一?[张个种本家份][卡证]?\W*$|\bone\b")
# 可是我已经用过一次了: a circumstance that the question before did not tell.
_OBJECTS = any_of(
    r"^(?:可是|可(?=[我他她它你咱])|但是?|不过|只是|问题是|就是)", r"^(?:but|however|except|although|though)\b"
)
# 都列出来: the steps themselves, where how many there are was asked.
_ALL_OF_THEM = any_of(
    r"(?:全部?|都|所有|一一|逐[一步个条]|依次|挨个|完整)[^，。,?？]{0,4}(?:列|写|说|讲|给|报|念|list|show)|(?:列|写|说|讲)[^，。,?？]{0,2}(?:全|出来)",
    r"(?:具体|分别)(?:都?是)?(?:哪些|哪[几一二两三四五六七八九]步|什么|啥|怎么[做走办])?呢?\W*$",
    r"\b(?:list|show|give|tell|name|spell out|write out)\b[^.?!]{0,12}\b(?:all|every|each|them|whole|full)\b",
    r"\ball of them\b|\blist (?:them|those|it|out)\b",
    r"^(?:and )?(?:what|which) are they\b",
)
# 为什么呢: the reason of what was asked about in the turn before.
_ONLY_WHY = any_of(
    r"^\W*[那这]?(?:又?是|到底|究竟)?(?:为什么|为啥|为何|凭什么|凭啥|图个?啥|图什么|[什啥]么?(?:原因|道理|讲究))"
    r"(?:要?这样|规定|[呢呀啊嘛哦么了])*\W*$",
    r"^\W*(?:but |and |so |ok )*(?:why(?: (?:is|was) (?:that|it|this)| so| not| though| exactly)*|how come|what for|"
    r"for what reason|what(?:'s| is) the reason)\W*$",
)
_LONGEST_REPLY = 20
_FEW_WORDS = 2
_SHORTEST_NAME = 2  # characters of a card's name whose beginning alone can name it: 加油 for 加油卡
# What goes on about the card spoken of: 那地方中午歇不歇, 我人已经回老家了呢.
_OF_THE_SAME = re.compile(r"^(?:那|這|这)(?:地方|里|儿|边|会|时|么|样|之后|以后)|了呢\W*$")
_OF_ANOTHER = re.compile(r"呢\W*$|^(?:and|what about|how about)\b")
_FROM_A_STEP = frozenset({"next", "following", "previous", "preceding"})
_AT_A_STEP = frozenset({"nth", "several", "middle", "ends", "exists", "which", "order"}) | _FROM_A_STEP
_GENERAL = frozenset({"definition", "kinds", "summary", "precautions", "reasons", "comparison"})


@dataclass(frozen=True, slots=True)
class _Memory:
    """What the turns so far have settled.

    Attributes:
        cards: The cards last spoken of.
        pending: The last question that asked something.
        step: The step last asked for by its number, the last of several; none behind one that is only described.
        listed: What kind of list `第三条` would count in: the intent of the last general question, else empty.
    """

    cards: tuple[str, ...] = ()
    pending: Question | None = None
    listed: str = ""
    step: StepReference | None = None


def resolve(turns: Sequence[str], reader: Reader, options: Sequence[str]) -> tuple[Question, str]:
    """The last of the user's turns as a question that stands alone, and the list that it counts in, if any.

    A reply that only names a card ("门禁的") takes over the question it completes; a question that names none
    takes over the card; "不是银行卡" leaves the others of `options`, the subjects that can be offered.
    """
    memory = _Memory()
    for turn in turns[-MAX_TURNS:-1]:
        memory = _remembered(_followed(turn, memory, options, reader), memory)
    question = _followed(turns[-1], memory, options, reader)
    return question, _remembered(question, memory).listed


def _followed(turn: str, memory: _Memory, options: Sequence[str], reader: Reader) -> Question:
    """A turn as a question that stands alone; in one that corrects the card (`不是…，是…`) only what it is counts."""
    question = reader.read(turn)
    if memory.pending is not None and (corrected := _CORRECTS.sub("", turn)) != turn:
        question = replace(reader.read(corrected), raw=turn)
        meant = question.cards or question.cued or question.pointed or tuple(filter(None, [question.leaning]))
        memory = replace(memory, cards=())
        if not question.cards and not question.cued:
            question = replace(question, cards=meant, unknown_card="" if meant else question.unknown_card)
    return _completed(question, memory, options, reader)


def _completed(question: Question, memory: _Memory, options: Sequence[str], reader: Reader) -> Question:
    cards = question.cards or question.cued
    if _wants_all_of_them(question, memory):
        meant = cards or memory.cards
        asked = replace(question, cards=meant, inherited=not cards, actions=question.actions | {"cancel"})
        return replace(asked, cancels=True, step=None, concepts=(), focus=(), unknown=(), focus_unknown=())
    if not cards and question.excluded and memory.pending is not None:
        cards = tuple(name for name in options if name not in question.excluded)
        return _asking_again(question, memory.pending, cards if len(cards) == 1 else (), reader)
    if memory.listed and question.option and not cards and question.step is None:
        return replace(question, step=StepReference("nth", question.option))
    if not cards and not question.asks and memory.pending is not None and len(question.text) <= _LONGEST_REPLY:
        cards = tuple(name for name in options if len(name) > _SHORTEST_NAME and name[:-1] in question.text)
    if not cards and not question.asks and memory.pending is not None:
        cards = _meant_by(question, memory)
    described = not memory.cards and not question.asks and bool(_DESCRIBES.search(question.text))
    if cards and memory.pending is not None and (described or not _asks(question)):
        return _asking_again(question, memory.pending, cards, reader)
    if (
        not question.asks
        and memory.pending is not None
        and memory.cards
        and _completes(question, memory, reader.lexicon)
    ):
        pending = memory.pending
        return replace(
            pending,
            raw=question.raw,
            text=f"{pending.text} {question.text}",
            cards=memory.cards,
            concepts=tuple(dict.fromkeys((*pending.concepts, *question.concepts))),
            focus=pending.focus,
            language=_language(question, pending),
        )
    if memory.pending is not None and _objects(question, memory.pending, memory):
        return _with_circumstance(question, memory.pending, memory.cards)
    own = question.cards or question.cued
    if not own and not question.unknown_card and not question.all_cards and memory.cards and _leaves_out(question):
        question = replace(question, cards=memory.cards, inherited=True)
    return _carried(question, memory)


def _meant_by(question: Question, memory: _Memory) -> tuple[str, ...]:
    """The cards that a reply without a known name means; another than the one spoken of only if it goes on."""
    leaning = (question.leaning,) if question.leaning else ()
    if not memory.cards:
        return question.pointed or leaning
    if len(question.text) > _LONGEST_REPLY or question.concepts or "continue" not in question.intents:
        return ()
    if _OF_THE_SAME.search(question.text):
        return ()
    return question.pointed or (leaning if _OF_ANOTHER.search(question.text) else ())


def _wants_all_of_them(question: Question, memory: _Memory) -> bool:
    """Whether a turn asks for the steps themselves after one that asked how many there are, and for nothing else."""
    counted = memory.pending is not None and memory.pending.step is not None and memory.pending.step.kind == "count"
    return bool(
        counted
        and (question.step is None or question.step.kind == "count")
        and not question.concepts
        and not question.intents & _GENERAL
        and _ALL_OF_THEM.search(question.text)
    )


def _carried(question: Question, memory: _Memory) -> Question:
    """A question with what it takes over from the one before: the step it counts from, or what it is about."""
    pending = memory.pending
    if pending is not None and not pending.cancels and _ONLY_WHY.search(question.text):
        said = replace(pending, raw=question.raw, text=f"{pending.text} {question.text}")
        return replace(said, asks=True, asks_yes_or_no=False, language=_language(question, pending))
    if question.step is not None and question.step.kind in _FROM_A_STEP and not question.concepts:
        if not question.step.number and memory.step:
            return replace(question, step=_counted_from(question.step, memory.step))
        if onward := _onward(question, pending):
            return onward
    if (
        pending is not None
        and question.asks
        and not (
            question.concepts or question.cancels or question.step or question.intents & _GENERAL or pending.cancels
        )
    ):
        return replace(question, concepts=pending.concepts, focus=pending.concepts, generic=True)
    return question


def _counted_from(step: StepReference, shown: StepReference) -> StepReference:
    """A step beside another, counted from the one that was asked for by its number."""
    if step.kind not in {"next", "previous"}:
        return replace(step, number=shown.number, from_end=shown.from_end)
    forward = (step.kind == "next") != shown.from_end
    return StepReference("nth", shown.number + (1 if forward else -1), shown.from_end)


def _onward(question: Question, pending: Question | None) -> Question | None:
    """The question before, of the steps behind the one it described, counted one further; None if it described none."""
    step, before = question.step, pending.step if pending else None
    if step is None or step.number or pending is None or before is None or before.number:
        return None
    if question.cards and not question.inherited:
        return None
    if before.kind == "which":
        return replace(pending, raw=question.raw, step=replace(step, itself=False))
    if step.kind == before.kind and step.kind in {"next", "previous"}:
        return replace(pending, raw=question.raw, step=replace(before, by=before.by + 1, itself=False))
    return None


def _completes(question: Question, memory: _Memory, lexicon: Lexicon) -> bool:
    """Whether a turn that asks nothing adds to the question before it: "在网点办的那种"."""
    cards = question.cards or question.cued
    return bool(
        question.concepts
        and not question.asks_yes_or_no
        and not any(lexicon.concepts[name].kind == "need" for name in question.concepts)
        and len(question.text) <= _LONGEST_REPLY
        and not question.actions
        and not question.step
        and memory.pending
        and (memory.pending.cancels or "cancel" in memory.pending.actions)
        and (not cards or set(cards) <= set(memory.cards))
        and not question.intents & _GENERAL
    )


def _objects(question: Question, pending: Question, memory: _Memory) -> bool:
    """Whether a turn asks nothing and tells what stands against what was asked: `可是我已经用过一次了`."""
    cards = question.cards or question.cued
    return bool(
        _OBJECTS.search(question.text)
        and not question.asks
        and not question.step
        and not question.intents & _GENERAL
        and "cancel" in pending.actions
        and memory.cards
        and (not cards or set(cards) <= set(memory.cards))
    )


def _with_circumstance(question: Question, pending: Question, cards: tuple[str, ...]) -> Question:
    """What is said of a circumstance that a turn tells, where the question before was about cancelling."""
    return replace(
        question,
        text=f"{pending.text} {_OBJECTS.sub('', question.text)}",
        cards=cards,
        surfaces=question.surfaces or pending.surfaces,
        actions=question.actions | {"cancel"},
        generic=True,
        inherited=not question.cards,
        asks=True,
        asks_yes_or_no=True,
        bare=False,
        wishes=False,
        language=_language(question, pending),
    )


def _asks(question: Question) -> bool:
    """Whether a turn asks something of its own beside the card it names."""
    return bool(
        question.cancels
        or question.actions
        or question.step
        or question.intents & (_GENERAL - {"kinds"})
        or [name for name in question.concepts if name not in {"old_card", "id_document"}]
    ) and not (question.option and len(question.text) < 24)


def _leaves_out(question: Question) -> bool:
    """Whether a question without a card means the one spoken of, and not cards in general."""
    if question.cancels or question.actions or question.step or question.concepts:
        return True
    return not question.intents & _GENERAL and not question.intents & {"greeting"}


def _language(question: Question, pending: Question) -> Language:
    """The language of a reply, unless it is too short to tell: then that of the question it completes."""
    if question.language == "en":
        return pending.language if len(question.text.split()) <= _FEW_WORDS else "en"
    return (
        "zh-Hant"
        if pending.language == "zh-Hant" and to_traditional(question.raw) == question.raw
        else question.language
    )


def _asking_again(question: Question, pending: Question, cards: tuple[str, ...], reader: Reader) -> Question:
    """The pending question about other cards, in the language of the reply unless that is too short to tell."""
    before = tuple(dict.fromkeys((*pending.cards, *pending.cued, *pending.pointed)))
    asked, surfaces = replace(pending, cards=cards), question.surfaces
    if cards and before and not set(cards) & set(before):
        surfaces = surfaces or tuple(reader.naming.called.get(card, card) for card in cards)
        asked = _without_names(pending, before, reader)
        asked = replace(asked, text=f"{' '.join(surfaces)} {asked.text}")
        question = _without_names(question, (*before, *cards), reader)
    only_cancels = "cancel" in pending.actions and not (pending.concepts or pending.step or pending.asks)
    return replace(
        asked,
        raw=question.raw,
        cancels=asked.cancels or only_cancels,  # 卡想退。医院挂号的。
        text=f"{asked.text} {question.text}" if question.unknown or question.concepts else asked.text,
        cards=cards,
        surfaces=surfaces,
        excluded=question.excluded,
        cued=(),
        pointed=(),
        unknown_card="",
        all_cards=False,
        language=_language(question, pending),
        unsafe=question.unsafe or pending.unsafe,
        contact=question.contact,
    )


def _without_names(question: Question, cards: Sequence[str], reader: Reader) -> Question:
    """A question with the words taken out by which it names these cards."""
    text = question.text
    for surface in question.surfaces:
        text = text.replace(surface, " ") if len(surface) > 1 else text
    return replace(
        question,
        text=reader.naming.without(text, cards),
        unknown=tuple(run for run in question.unknown if reader.naming.without(run, cards)),
        focus_unknown=tuple(run for run in question.focus_unknown if reader.naming.without(run, cards)),
    )


def _remembered(question: Question, memory: _Memory) -> _Memory:
    cards = question.cards or question.cued
    asks = _asks(question) or bool(question.intents & {"procedure", "kinds", *_GENERAL})
    listed = next((name for name in ("precautions", "reasons", "kinds") if name in question.intents), "")
    if question.step is not None and not listed:
        listed = memory.listed
    elif question.cancels or question.cards:
        listed = listed if not question.cancels else ""
    return _Memory(
        cards=cards or memory.cards,
        pending=question if asks and not question.empty else memory.pending,
        listed=listed or (memory.listed if not asks else ""),
        step=_step_shown(question.step, memory),
    )


def _step_shown(step: StepReference | None, memory: _Memory) -> StepReference | None:
    """The step by whose number the next one could be counted after a turn."""
    if step is None or step.kind not in _AT_A_STEP:
        return memory.step
    if step.kind == "nth":
        return step
    return StepReference("nth", step.numbers[-1], step.from_end) if step.kind == "several" else None
