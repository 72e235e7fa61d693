"""Which step, or which offered option, a question refers to."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from assistant.lexicon import Lexicon
from corpus.blocks import number_of

StepKind = Literal["nth", "next", "previous", "count", "exists", "ends"]
_NUMERAL = r"(?:\d{1,2}|[一二三四五六七八九十]{1,3}|两|俩)"
_ENGLISH_ORDINALS = {
    word: n
    for n, word in enumerate(
        ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"), 1
    )
}
_IN_ORDER = re.compile(r"(?:先|头一步|首先).{0,3}[干做办弄].{1,6}(?:后|再|然后)")
_NTH = re.compile(
    rf"第({_NUMERAL})(?:个)?(?:步|项|条|点|个步骤|环节)|步骤({_NUMERAL})|\bstep (?:number |no\.? ?)?(\d{{1,2}})\b|"
    rf"\b({'|'.join(_ENGLISH_ORDINALS)})(?: (?:step|thing|point|item|one|precaution|tip))\b|\b(\d{{1,2}})(?:st|nd|rd|th) (?:step|point|item)"
)
_FROM_END = re.compile(
    rf"倒数第({_NUMERAL})(?:步|个|项|条)?|最后(?:的)?(?:一)?(?:个)?(?:步|步骤|环节|条|点)|\b(?:second|2nd)[- ](?:to[- ])?last\b|\b(?:the )?(?:last|final) (?:step|thing)\b|\bpenultimate\b"
)
_FIRST = re.compile(
    r"(?:第一|头一|首|头)(?:个)?步|起始步|\bfirst step\b|\bfirst thing\b|\bto begin with\b|首先(?:要|该|得|应)|(?:最先|最开始|一开始)(?:要|该|得|做|干|是)"
)
_ENDS = re.compile(r"(?:头|第)一步.{0,6}最后一步|首尾|\bfirst and (?:the )?last\b")
_NEXT = re.compile(
    r"下一步|后面那?一步|后一步|后头那?一步|下个步骤|紧接着|接下来|接着.{0,4}(?:干|做|要|该|怎|是|会)|(?:之后|以后|完(?:了)?(?:以后|之后|后)?|好(?:了)?(?:之后|以后)?|后)[,，]?(?:又|还|就)?(?:该|要|应该|需要|得|再)?(?:干|做|怎么办|是哪一?步|是什么步|是啥|哪一?步|走哪|咋办|如何)|"
    r"\bnext\b(?! (?:month|week|year|time|day|to|monday|tuesday))|\bwhat (?:\w+ ){0,4}after\b|\bafter (?:that|this|(?:i|they|we|the|submit|sign|review|hand)\b.{0,40}(?:what|which|then))|\bthen what\b|\b(?:step|what) (?:comes|happens|is|follows) (?:right |immediately |just )?(?:after|next)\b|\bwhat (?:happens|comes|do i do|should i do|do they \w+|will they \w+) (?:right |immediately |just )?(?:after|once)\b"
)
_PREVIOUS = re.compile(
    r"上一步|前一步|前面一步|(?:之前|以前|前)[,，]?(?:要|该|应该|得|需要)?(?:是哪一?步|先做什么|先干|做什么|干什么|干啥|做啥|的那一?步|那一?步|还?要先)|\b(?:just|right|immediately) before\b|\bprevious step\b|\bstep before\b|\bwhat (?:\w+ ){0,4}before (?:i|the|they|signing|submit|going)\b|\bcomes before\b"
)
_BEFORE_CANCELLING = re.compile(
    r"(?:注销|退卡|销户|销卡|销号|退掉|退|销|去|办理?)(?:[^，。,]{0,6})?之?前|before (?:i )?(?:cancel|clos|return|going|heading|i go)\w*"
)
_EXISTS = re.compile(
    rf"有(?:没有|无)?第({_NUMERAL})步|有第({_NUMERAL})步(?:吗|么|嘛)|\bis there (?:a|an|any) (?:step (\d+)|({'|'.join(_ENGLISH_ORDINALS)}) step)"
)
_ORDINAL_REPLY = re.compile(
    rf"^(?:那|就|选|要|嗯|我选|我要|那就|it's|the|number|option|no\.?)?\s*(?:第)?({_NUMERAL})(?:个|种|张|项|条)?(?:吧|啊|呀|的)?[.。!！]?$|第({_NUMERAL})(?:个|种|张|项)(?!步)|^(?:the )?({'|'.join(_ENGLISH_ORDINALS)})(?: one| option)?\b"
)


@dataclass(frozen=True, slots=True)
class StepReference:
    """A place in a procedure or list that is asked for; `from_end` counts 1 for the last."""

    kind: StepKind
    number: int = 0
    from_end: bool = False


def read_step_reference(text: str, lexicon: Lexicon) -> StepReference | None:
    """The step that folded `text` refers to."""
    if _ENDS.search(text):
        return StepReference("ends")
    if _IN_ORDER.search(text):
        return None
    if found := _EXISTS.search(text):
        return StepReference("exists", _captured(found))
    if found := _FROM_END.search(text):
        second = "penultimate" in found.group() or found.group().startswith(("second", "2nd"))
        return StepReference("nth", _captured(found) or (2 if second else 1), from_end=True)
    if _NEXT.search(text):
        return StepReference("next")
    if _PREVIOUS.search(text) and not _BEFORE_CANCELLING.search(text):
        return StepReference("previous")
    if found := _NTH.search(text):
        return StepReference("nth", _captured(found))
    if _FIRST.search(text):
        return StepReference("nth", 1)
    if lexicon.asks("count", text):
        return StepReference("count")
    return None


def read_option(text: str) -> int:
    found = _ORDINAL_REPLY.search(text)
    return _captured(found) if found else 0


def _number(numeral: str) -> int:
    return 2 if numeral in {"两", "俩"} else _ENGLISH_ORDINALS.get(numeral, 0) or number_of(numeral)


def _captured(found: re.Match[str]) -> int:
    return next((_number(value) for value in found.groups() if value), 0)
