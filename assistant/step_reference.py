"""Which step, or which offered option, a question refers to."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from assistant.lexicon import Lexicon, any_of
from corpus.markers import number_of

StepKind = Literal["nth", "next", "following", "previous", "preceding", "count", "exists", "ends", "which", "order"]
_NUMERAL = r"(?:\d{1,2}|[一二三四五六七八九十]{1,3}|两|俩)"
_ENGLISH_ORDINALS = {
    word: n
    for n, word in enumerate(
        ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"), 1
    )
}
_ORDINAL = f"({'|'.join(_ENGLISH_ORDINALS)})"
_CARDINALS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_ENGLISH_NUMBERS = _ENGLISH_ORDINALS | {word: n for n, word in enumerate(_CARDINALS, 1)} | {"两": 2, "俩": 2}
_IN_ORDER = any_of(
    r"从[头第]一步[到至]?.{0,4}(?:最后|末)一?步|(?:跟住|跟着|按|照)[^,。]{0,3}(?:哪|几)几?步",
    r"(?:先|首先|头一[步样件桩])要?该?.{0,3}[干做办弄搞整](?:什么|啥子?|咩|些什么|些啥|哪些?).{0,4}(?:后|再|然后|接着|完了)",
    r"(?:先|头一步|首先).{0,3}[干做办弄].{1,6}(?:后|再|然后)",
    r"每一?步(?:都|要|该|得|是)*(?:做|干|怎么|弄|办)?(?:什么|啥|咋)",
    r"\bfirst\b(?! step)[^.?!]{0,20}\b(?:next|then|second|after (?:that|it))\b",
)
_NTH = any_of(
    rf"第({_NUMERAL})个? ?(?:步|项|条|点|步骤|环节|step|关|道|件事)",
    rf"步骤({_NUMERAL})",
    r"\bstep (?:number |no\.? ?)?(\d{1,2}|one|two|three|four|five|six|seven|eight|nine|ten)\b",
    rf"\b{_ORDINAL} (?:step|thing|point|item|one|precaution|tip)\b",
    r"\b(\d{1,2})(?:st|nd|rd|th) (?:step|point|item)",
)
_WHICH = any_of(
    r"第几步|排(?:在)?第几|是第几|哪个步骤|(?:是|在)哪一步(?!骤)",
    r"\b(?:come|comes|go|goes|happens?|done) first or (?:later|last|after)\b",
    r"\b(?:at |in )?(?:which|what) step (?:is|do|does|am|will)\b",
)
_FROM_END = any_of(
    rf"倒数第({_NUMERAL})[步个项条]?",
    r"最后[的那]?一?[个道关件下项]?(?:步骤|步|环节|条|点|道|关|下|件事|事|手续|动作|step)|(?<!到)[末尾]一?步|收尾|末了|最末|(?<!到)末尾|结尾",
    r"\b(?:second|2nd)[- ](?:to[- ])?last\b",
    r"\b(?:last|final) (?:step|thing)\b|\b(?:comes|is|goes|done|do) last\b",
    r"\bpenultimate\b",
)
_FIRST = any_of(
    r"(?<![下后])(?:第一|头一|首|头)个?(?:步|件事|桩事|道|下|关(?!于|[系心闭]))|起始步|首先[要该得应]|打头|起头|开头(?:要|该|得|先|的)|(?<![下后])头一(?:件|桩|样)",
    r"(?:最先|最开始|一开始)[要该得做干是]",
    r"\bfirst (?:step|thing)\b|\bto begin with\b",
)
_ENDS = any_of(r"(?<!从)[头第]一步(?![到至]).{0,6}(?:最后|末)一?步|首尾", r"\bfirst and (?:the )?last\b")
_NEXT = any_of(
    r"下一个?(?:[步道关件]|动作|环节|手续|步骤)|下一[站处程](?:[该要得应]|是|去|到|往|找|在|上)|下面(?:该|要|找|轮|再)|(?:后面|后头|接着|接下去|随后)(?:轮到|还有|该|要|再|又|就|呢)|下个步骤|[后下][面头]那?一?步|接到(?:下|后|搞|做|办|又|该|要|是)|后一步|紧接着|紧跟着|接下来",
    r"(?:之后|以后|(?<!没.)完了?|好了)[,，]?(?:我|再|又|还|就|该|要|得|是)*(?:找|去|到|上|往|跑|交给)(?:谁|哪|什么|啥)",
    r"接着.{0,4}[干做要该怎是会找去到办交]|(?:之后|以后|然后)呢",
    r"还剩(?:什么|哪些|啥)(?:要|没)|(?:这会儿|现在|这时候|此时)(?:该|要|应该)[干做]",
    r"(?:之后|以后|完了?(?:以后|之后|后)?|好了?(?:之后|以后)?|(?<![前先])后)[,，]?[又还就]?(?:该|要|应该|需要|得|再)?"
    r"(?:干|做|怎么办|是哪一?步|是什么步|是啥|哪一?步|走哪|咋办|如何)",
    r"\bnext\b(?! (?:month|week|year|time|day|to|monday|tuesday))",
    r"\bwhat (?:do|does|will|should|must|can|happens|comes)(?: \w+){0,3} after\b|\bthen what\b|\bthe one after\b",
    r"\bafter (?:that|this|(?:i|they|we|the|submit|sign|review|hand)\b.{0,40}(?:what|which|then))",
    r"\b(?:step|what) (?:comes|happens|is|follows) (?:right |immediately |just )?(?:after|next)\b",
    r"\bwhat (?:happens|comes|do i do|should i do|do they \w+|will they \w+) "
    r"(?:right |immediately |just )?(?:after|once)\b",
)
_PREVIOUS = any_of(
    r"(?:之前|以前)[,，]?(?:我|还|先|要|该|应该|得|需要|必须)+(?:[干做办弄]|准备)",
    r"上一步|前一步|前面一步",
    r"(?:之前|以前|前)[,，]?(?:要|该|应该|得|需要)?"
    r"(?:是哪一?步|先做什么|先干|做什么|干什么|干啥|做啥|的那一?步|那一?步|还?要先)",
    r"\b(?:just|right|immediately) before\b|\bprevious step\b|\bstep before\b|\bcomes before\b",
    r"\bwhat (?:\w+ ){0,4}before (?:i|the|they|signing|submit|going)\b",
)
BEFORE_CANCELLING = any_of(
    r"(?:注销|退卡|销户|销卡|销号|退掉|退|销|去|办理?)(?:[^，。,]{0,6})?之?前",
    r"before (?:i )?(?:cancel|clos|return|going|heading|i go)\w*",
)
_SAID_BEFORE = any_of(r"之前|以前|前(?:要|得|该|还|先|必须)|(?<!从)前[,，]", r"\bbefore\b|\bfirst\b")
_SAID_BEHIND = any_of(
    r"后|完|好了|过了|了[,，]|然后|接|再|下面|下一|轮到|还要|还有|剩下",
    r"\b(?:after|once|when|next|then|now|already|have)\b",
)
# Several of the steps behind or before the one described, not the nearest alone.
_SEVERAL = any_of(
    r"(?:还有|还剩|剩下|还要|还得|还该|后面|后头).{0,4}(?:哪些|几|什么手续|啥手续|多少步|步骤|流程)",
    r"[哪这那][两俩三四几][样件步道个项]|都(?:要|得|该|应|做|干|有)",
    r"\b(?:steps?|what(?: else)?) (?:is |are )?(?:still )?(?:left|remain\w*)\b|\bremaining steps\b",
    r"\b(?:which|what) (?:two|three|four) (?:\w+ )?(?:steps|things)\b|\bwhat are the steps\b",
)
_ORDER = any_of(
    r"之?[前后][头面]?还是(?:在)?之?[前后]|先.{1,15}还是先|[谁哪](?:个|一步|样|件)?(?:先|在前)",
    r"\b(?:before or after|after or before)\b|\b(?:what|which)(?: \w+)? (?:comes|goes|is done|happens) first\b",
)
_EXISTS = any_of(
    rf"有(?:没有|无)?第({_NUMERAL})步",
    rf"\bis there (?:a|an|any) (?:step (\d+)|{_ORDINAL} step)",
)
_ORDINAL_REPLY = any_of(
    rf"^(?:我选|我要|那就|那|就|选|要|嗯|it's|the|number|option|no\.?)?\s*第?({_NUMERAL})[个种张项条]?[吧啊呀的]?[.。!！]?$",
    rf"第({_NUMERAL})[个种张项](?!步)",
    rf"^(?:the )?{_ORDINAL}(?: one| option)?\b",
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
    if _ORDER.search(text):
        return StepReference("order")
    if _WHICH.search(text) and not _NEXT.search(text) and not _PREVIOUS.search(text):
        return StepReference("which")
    if found := _FROM_END.search(text):
        second = "penultimate" in found.group() or found.group().startswith(("second", "2nd"))
        return StepReference("nth", _captured(found) or (2 if second else 1), from_end=True)
    if _NEXT.search(text):
        return StepReference("following" if _SEVERAL.search(text) else "next")
    if _PREVIOUS.search(text) and not BEFORE_CANCELLING.search(text):
        return StepReference("preceding" if _SEVERAL.search(text) else "previous")
    if found := _NTH.search(text):
        return StepReference("nth", _captured(found))
    if _FIRST.search(text):
        return StepReference("nth", 1)
    if lexicon.asks("count", text):
        return StepReference("count")
    return None


def implied_step(text: str) -> StepReference:
    """The step that folded `text` asks for when it only describes where somebody stands: the one behind, as a rule."""
    if _SAID_BEFORE.search(text):
        return StepReference("preceding" if _SEVERAL.search(text) else "previous")
    if _SAID_BEHIND.search(text) and _SEVERAL.search(text):
        return StepReference("following")
    return StepReference("next" if _SAID_BEHIND.search(text) else "which")


def read_option(text: str) -> int:
    """The number of the offered option that folded `text` picks, 0 when it picks none."""
    found = _ORDINAL_REPLY.search(text)
    return _captured(found) if found else 0


def _number(numeral: str) -> int:
    return _ENGLISH_NUMBERS.get(numeral, 0) or number_of(numeral)


def _captured(found: re.Match[str]) -> int:
    return next((_number(value) for value in found.groups() if value), 0)
