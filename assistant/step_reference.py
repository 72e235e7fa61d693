"""Which step, or which offered option, a question refers to."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from assistant.lexicon import Lexicon, any_of
from corpus.markers import number_of

StepKind = Literal[
    "nth", "several", "middle", "ends", "exists", "count",
    "next", "following", "previous", "preceding", "which", "order",
]  # fmt: skip
_NUMERAL = r"(?:\d{1,2}|[一二三四五六七八九十]{1,3}|两|俩)"
_ENGLISH_ORDINALS = {
    word: n
    for n, word in enumerate(
        ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"), 1
    )
}
_ORDINAL = f"({'|'.join(_ENGLISH_ORDINALS)})"
_CARDINALS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_ENGLISH_NUMBERS = _ENGLISH_ORDINALS | {word: n for n, word in enumerate(_CARDINALS, 1)}
_ENGLISH_NUMBERS |= {"两": 2, "俩": 2, "couple": 2, "couple of": 2}
_UNIT = r"(?:个? ?(?:步骤?|环节|steps?|关|道|项|条|点)|件事|样事)"
_FEW_UNIT = r"(?:个? ?(?:步骤?|环节|道|项|条)|件事|样事)"
_AND = r"(?:[、,，和跟与及同]|还有){1,2}第?"
_STEPS = r"(?:steps?|things?|items?|stages?|points?|tasks?|actions?)"
_A_FEW = 3  # steps, where "the first few" are asked for
_FEW = rf"({_NUMERAL}|几)"
_ENGLISH_FEW = rf"({'|'.join(_CARDINALS[1:])}|few|couple(?: of)?|\d{{1,2}})"
_ENGLISH_COUNTED = rf"(?:\d{{1,2}}|{'|'.join(_CARDINALS)})"
_IN_ORDER = any_of(
    r"从[头第]一步[到至]?.{0,4}(?:最后|末)一?步|第一步(?:一直)?[到至](?:最后|末)|(?:跟住|跟着|按|照)[^,。]{0,3}(?:哪|几)几?步",
    r"(?:先|首先|头一[步样件桩])要?该?.{0,3}[干做办弄搞整](?:什么|啥子?|咩|些什么|些啥|哪些?).{0,4}(?:后|再|然后|接着|完了)",
    r"(?:先|头一步|首先).{0,3}[干做办弄].{1,6}(?:后|再|然后)",
    r"每一?步(?:都|要|该|得|是)*(?:做|干|怎么|弄|办)?(?:什么|啥|咋)",
    r"\bfirst\b(?! step)[^.?!]{0,20}\b(?:next|then|second|after (?:that|it))\b",
    r"\bfrom (?:the )?(?:very )?(?:first|start|beginning)\b[^.?!]{0,24}\b(?:last|end|finish)\b",
)
_NTH = any_of(
    rf"第({_NUMERAL})个? ?(?:步|项|条|点|步骤|环节|step|关|道|件事)",
    rf"步骤({_NUMERAL})",
    r"\bstep (?:number |no\.? ?)?(\d{1,2}|one|two|three|four|five|six|seven|eight|nine|ten)\b",
    rf"\b{_ORDINAL} (?:step|thing|point|item|one|precaution|tip)\b",
    r"\b(\d{1,2})(?:st|nd|rd|th) (?:step|point|item)",
    rf"排(?:在)?第({_NUMERAL})(?!几)",
    rf"\b(?:comes?|goes|happens?|is done|(?:do|should|must) i do|what's|what is) (?:the )?{_ORDINAL}(?! or)\b",
)
# Steps told by their numbers: 第三、四步, 第二步到第四步, steps 2 to 4.
_FROM_TO = any_of(
    rf"第({_NUMERAL}){_UNIT}?(?:一直)?(?:到|至|-|~|—)第?({_NUMERAL}){_UNIT}",
    rf"(?<!\d)({_NUMERAL})步?(?:到|至|-|~|—)({_NUMERAL})步",
    r"\bsteps? (\d{1,2}) ?(?:to|through|until|till|-|–|—) ?(?:step )?(\d{1,2})\b",
    rf"\b{_ORDINAL} (?:step )?(?:to|through|until|till) (?:the )?{_ORDINAL}\b",
)
_TOGETHER = any_of(
    rf"第{_NUMERAL}{_UNIT}?(?:{_AND}{_NUMERAL}{_UNIT}?)*{_AND}{_NUMERAL}{_UNIT}",
    rf"\bsteps? {_ENGLISH_COUNTED}(?:(?:, ?|,? and | & )(?:step )?{_ENGLISH_COUNTED})+\b",
    rf"\b{_ORDINAL}(?: step)?(?:, (?:the )?{_ORDINAL}(?: step)?)*,? and (?:the )?{_ORDINAL} {_STEPS}\b",
)
_NUMBERED = re.compile(rf"\d{{1,2}}|[一二三四五六七八九十]{{1,3}}|\b(?:{_ORDINAL}|{'|'.join(_CARDINALS)})\b")
_FIRST_FEW = any_of(
    rf"(?<![之以目提])(?:最?前面?|[开起]?头|最先|最开始)的?{_FEW}{_FEW_UNIT}",
    rf"\b(?:first|initial|opening) {_ENGLISH_FEW} {_STEPS}\b",
)
_LAST_FEW = any_of(
    rf"(?:最后|末尾|最末|末|结尾|收尾)面?的?那?{_FEW}{_FEW_UNIT}|倒数{_FEW}{_FEW_UNIT}",
    rf"(?<![之以最然今往背落])后{_FEW}个?(?:步骤?|环节)(?!路)",
    rf"\b(?:last|final|closing) {_ENGLISH_FEW} {_STEPS}\b",
)
_MIDDLE = any_of(
    r"(?:[正最]中间?|中间|居中|当中|正当中|半中间)[的那这哪]*(?:[一两二]|是哪[一两几]?)?个?(?:步|环节|道|项|关)",
    r"(?:步|环节)(?:在|排|位于)(?:正|最)?中间",
    rf"\b(?:middle|midmost|central|halfway) (?:one|{_STEPS})\b",
    rf"\b{_STEPS} (?:is |stands |sits |comes )?(?:right |exactly |just )?in the middle\b",
)
# The steps behind the one that somebody is at, where how many or which they are is asked.
_LEFT = any_of(
    r"(?:还剩|剩下?|还差|还欠|还余)下?[的了]?(?:[几哪]|多少)一?[几些]?个?(?:步|环节|手续|流程|道|关|项)",
    r"(?:后面|接下[来去]|往后|下面)的?(?:[两俩三四五六]|那?几)个?(?:步骤?|环节)|(?:剩下?|余下|剩余)的?(?:全部|所有)?(?:步骤|流程|环节)",
    r"\bhow many steps (?:do i|have i|are there)(?: still| have| got)* (?:still|left)\b",
    r"\bnext (?:two|three|four|five|few) steps\b",
    r"\b(?:which|what) steps (?:are (?:still )?left|remain)\b|\bwhat remains?\b(?! (?:in|on|of)\b)",
    rf"\bhow many (?:more )?{_STEPS} (?:(?:are|do i have|have i|will be|is) )?(?:still )?(?:left|remain\w*|to go)\b",
    rf"\bhow many more {_STEPS}\b",
    r"\b(?:how many|which)(?: ones?)? (?:are |is )?(?:still )?(?:left|remain\w*)\b",
    r"\bwhat(?:'s| is)(?: still)? left (?:to do|after)\b",
)
# What Cantonese says for the words of the patterns, as it stands when folded.
_SPOKEN = tuple(
    (re.compile(spoken), written)
    for spoken, written in (
        ("𠮶|嗰", "那"),
        ("最尾", "最后"),
        ("跟(?:住|尾|落|手(?!机|续))(?![哪边])", "接着"),
        ("边(?=一?(?:步|个步骤|个环节))", "哪"),
        ("仲(?=[有剩差要])", "还"),
        ("系(?=咩|什么|啥|乜|哪|第)", "是"),
        ("啲", "些"),
    )
)
_ALL_BEHIND = any_of(r"[前后]面?[的那]*(?:步骤|流程|环节|手续)", r"\b(?:steps|things) (?:come|are|follow|go)\b")
# Beside a step that is told by its number, and not by what is done in it.
_AT_NUMBER = rf"(?:第({_NUMERAL})个?(?:步骤?|环节|项|道|关)|步骤({_NUMERAL}))"
_AT_FIRST = r"(?:头一|首)(?:步|个环节)"
_AT_LAST = r"最后[的那]?一?个?(?:步骤?|环节)"
_AT_STEP = rf"\b(?:step (?:number )?(\d{{1,2}}|{'|'.join(_CARDINALS)})|(?:the )?{_ORDINAL} (?:step|one))"
_DONE_WITH = r"[^,，。?？!！]{0,2}?(?:做|办|弄|搞|走|干|处理|完成)?(?:完毕?|好|过|成|到)?了?"
_BEHIND_NUMBERED = any_of(
    rf"{_AT_NUMBER}{_DONE_WITH}(?:之后|以后|(?<!最)后[面头边]?|的?下一?个?[步环]|接下[来去]|紧?接着|然后)",
    rf"{_AT_NUMBER}[^,，。?？!！]{{0,2}}?(?:(?:做|办|弄|搞|走|干|处理)(?:完|好|过)|完|好|过)了?",
    rf"(?:做|办|弄|搞|走|干)(?:到|完|好)了?{_AT_NUMBER}(?!是)",
    rf"\b(?:after|past|done with|finished|following|once i(?:'ve| have) (?:done|finished)|follows) {_AT_STEP}\b",
    rf"\b(?:once|when|having (?:done|finished|completed)) {_AT_STEP}\b",
    rf"{_AT_STEP} (?:is |was |has been |'s )?(?:all )?(?:done|finished|complete\w*|over)\b",
)
_AHEAD_NUMBERED = any_of(
    rf"(?:{_AT_NUMBER}|{_AT_FIRST}|{_AT_LAST})[^,，。?？!！]{{0,2}}?(?:之前|以前|(?<![目提])前[面头边]?|的?上一?个?[步环])",
    rf"\b(?:before|ahead of|precedes) (?:{_AT_STEP}|the (?:very )?(?:last|final)(?: step\b| one\b|\W*$))",
)
_DONE_BEHIND = re.compile(rf"{_DONE_WITH}(?:之后|以后|后|[,，]|接下来|然后)|[^,，。?？]{{0,2}}(?:完|好)了?")
_FROM_NUMBERED = any_of(
    rf"从?{_AT_NUMBER}(?:开始|起(?!来)|往后)|{_AT_NUMBER}(?:一直)?[到至](?:最后|末尾|结束|完)",
    rf"\b(?:from {_AT_STEP} (?:on|onwards?|to the (?:end|last\w*))|{_AT_STEP} onwards?)\b",
)
_WHICH = any_of(
    r"第几步|排(?:在)?第几|是第几|哪个步骤|(?:是|在)哪一步(?!骤)",
    r"\b(?:come|comes|go|goes|happens?|done) first or (?:later|last|after)\b",
    r"\b(?:at |in )?(?:which|what) step (?:is|do|does|am|will)\b",
)
_ITS_NUMBER = any_of(r"第几", r"\b(?:which|what) number\b")
_FROM_END = any_of(
    rf"倒数(?:第|过来第?)({_NUMERAL})[步个项条]?",
    r"(?<![头步])(?:走|办|弄|做|搞|进行)到了?最后(?![一几]?[步个])",
    r"最后[的那]?一?[个道关件下项]?(?:步骤|步|环节|条|点|道|关|下|件事|事|手续|动作|step)|(?<!到)[末尾]一?步|收尾|末了|最末|(?<!到)末尾|结尾",
    r"\b(?:second|2nd)[- ](?:to[- ])?last\b",
    rf"\b{_ORDINAL}[- ](?:from[- ](?:the[- ])?(?:last|end)|to[- ]last)\b|\bnext[- ]to[- ]last\b",
    rf"\b(?:last|final|closing) (?:move|{_STEPS})\b|\b(?:comes?|is|goes|done|do|happens) (?:very )?last\b",
    r"\bwhat(?:'s| is) the (?:very )?last\b(?: one\b|\W*$)|\blast of (?:all|the steps)\b",
    r"\bpenultimate\b",
)
_FIRST = any_of(
    r"(?<![下后])(?:第一|头一|首|头)个?(?:步|件事|桩事|道|下|关(?!于|[系心闭]))|起始步|首先[要该得应]|打头|起头|开头(?:要|该|得|先|的)|(?<![下后])头一(?:件|桩|样)",
    r"(?:最先|最开始|一开始|一上来|一开头|起步)[要该得先就做干是]|从哪一?(?:步|个步骤|个环节)(?:开始|下手|入手|做起|办起)",
    r"\bwhat do (?:i|we|you) (?:start|begin) with\b|\bat the very (?:start|beginning)\b",
    rf"\b(?:first|opening|starting) (?:move|{_STEPS})\b|\bto begin with\b",
    r"\bwhat(?:'s| is| comes| happens| goes| (?:do|should|must) (?:i|we|you) do) (?:the )?(?:very )?first\W*$",
)
_ENDS = any_of(r"(?<!从)[头第]一步(?![到至]).{0,6}(?:最后|末)一?步|首尾", r"\bfirst and (?:the )?last\b")
_NEXT = any_of(
    r"下一个?(?:[步道关件]|动作|环节|手续|步骤)|下一[站处程](?:[该要得应]|是|去|到|往|找|在|上)|(?:后面|后头|接着|接下去|随后)(?:轮到|还有|该|要|再|又|就|呢)|下个步骤|[后下][面头]那?一?步|接到(?:下|后|搞|做|办|又|该|要|是)|后一步|紧接着|紧跟着|接下来",
    r"(?:之后|以后|(?<!没.)完了?|好了)[,，]?(?:我|再|又|还|就|该|要|得|是)*(?:找|去|到|上|往|跑|交给)(?:谁|哪|什么|啥)",
    r"下面(?:我们?|咱们?|就|还|又)*(?:该|要|得|找|轮|再)",
    r"接着.{0,4}[干做要该怎是会找去到办交]|(?:之后|以后|然后|接着|后来|再往?[后下])呢|再往?[后下](?:一步|是)|^再(?:往后|往下|下面)",
    r"还剩(?:什么|哪些|啥)(?:要|没)|(?:这会儿|现在|这时候|此时)(?:该|要|应该)[干做]",
    r"(?:之后|以后|完了?(?:以后|之后|后)?|好了?(?:之后|以后)?|(?<![前先])后)[,，]?[又还就]?(?:该|要|应该|需要|得|再)?"
    r"(?:干|做|怎么办|是哪一?步|是什么步|是啥|哪一?步|走哪|咋办|如何)",
    r"^(?:and |so |ok(?:ay)? |okay, |ok, )*(?:then|after(?:wards| that| this)?)\W*$",
    r"\bnext\b(?! (?:month|week|year|time|day|to|monday|tuesday))",
    r"\bwhat (?:do|does|will|should|must|can|happens|comes)(?: \w+){0,3} after\b|\bthen what\b|\bthe one after\b",
    r"\bafter (?:that|this|(?:i|they|we|the|submit|sign|review|hand)\b.{0,40}(?:what|which|then))",
    r"\b(?:which|what)(?: step)? follows\b",
    r"\b(?:step|what) (?:comes|happens|is|follows) (?:right |immediately |just )?(?:after|next)\b",
    r"\bwhat (?:happens|comes|do i do|should i do|do they \w+|will they \w+) "
    r"(?:right |immediately |just )?(?:after|once)\b",
)
_PREVIOUS = any_of(
    r"(?:之前|以前)[,，]?(?:我|还|先|要|该|应该|得|需要|必须)+(?:[干做办弄]|准备)",
    r"(?:之前|以前)[,，]?(?:还|先|要|得|该|应)*有?(?:什么|啥|哪一?[个件样道项]?)(?:步骤?|环节|事情?|手续|[要得该]先)",
    r"上一步|前一步|前面一步",
    r"(?:之前|以前|前)[,，]?(?:还|先|要|得|该|应)*有?哪一?[道步关](?:\W|$)",
    r"\bthe one before\b|\b(?:which|what)(?: step)? precedes\b|\bwhat came before\b",
    r"^(?:and |so )*(?:what (?:comes|was|is) )?before (?:that|it|this)\W*$",
    r"(?:之前|以前|前)[,，]?(?:要|该|应该|得|需要)?"
    r"(?:是哪一?步|先做什么|先干|做什么|干什么|干啥|做啥|的那一?步|那一?步|还?要先)",
    r"\b(?:just|right|immediately) before\b|\bprevious step\b|\bstep before\b|\bcomes before\b",
    r"\bwhat (?:\w+ ){0,4}before (?:i|the|they|signing|submit|going)\b",
)
# Behind cancelling as a whole, which is no step: 旧的销掉以后还得做什么.
_AFTER_CANCELLING = re.compile(
    r"(?<!确认)(?<!申请)(?<!正式)(?:注销|销掉|退掉|销户|销卡|退卡|销号|销完|退完|注销完|退完卡|销完卡)[了过好]?(?:之后|以后|后)(?!一步|面)"
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
    r"之?[前后][头面]?还是(?:在)?之?[前后]|先.{1,15}还是先|[谁哪](?:个|一?步|一?样|一?件|一?项)?(?:先|在[前先])",
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
    """A place in a procedure or list that is asked for.

    Attributes:
        kind: How the place is told.
        number: The step, or the one that it is counted from where that is told by its number; 0 when neither is.
        from_end: Whether the numbers count from the last, which is 1.
        numbers: The steps, in order, where several are told.
        by: How many steps on from the one it is counted from.
        itself: Whether the number of the one it is counted from is asked too.
    """

    kind: StepKind
    number: int = 0
    from_end: bool = False
    numbers: tuple[int, ...] = ()
    by: int = 1
    itself: bool = False


def read_step_reference(text: str, lexicon: Lexicon) -> StepReference | None:
    """The step that folded `text` refers to."""
    for spoken, written in _SPOKEN:
        text = spoken.sub(written, text)
    if _ENDS.search(text):
        return StepReference("ends")
    if _IN_ORDER.search(text):
        return None
    if found := _EXISTS.search(text):
        return StepReference("exists", _captured(found))
    if _ORDER.search(text):
        return StepReference("order")
    if told := _counted_from_number(text) or _several(text) or _beside(text):
        return told
    if found := _NTH.search(text):
        return StepReference("nth", _captured(found))
    if _FIRST.search(text):
        return StepReference("nth", 1)
    if lexicon.asks("count", text):
        return StepReference("count")
    return None


def _beside(text: str) -> StepReference | None:
    """The place that is told by what stands around it: its middle or end, or another step."""
    if _MIDDLE.search(text) and not _NTH.search(text):
        return StepReference("middle")
    if _LEFT.search(text):
        return StepReference("following")
    if _WHICH.search(text) and not _NEXT.search(text) and not _PREVIOUS.search(text):
        return StepReference("which")
    if found := _FROM_END.search(text):
        second = "penultimate" in found.group() or found.group().startswith(("second", "2nd", "next"))
        return StepReference("nth", _captured(found) or (2 if second else 1), from_end=True)
    if _NEXT.search(text) and not _AFTER_CANCELLING.search(text):
        return StepReference("following" if _SEVERAL.search(text) else "next", itself=bool(_ITS_NUMBER.search(text)))
    if _PREVIOUS.search(text) and not BEFORE_CANCELLING.search(text):
        return StepReference(
            "preceding" if _SEVERAL.search(text) else "previous", itself=bool(_ITS_NUMBER.search(text))
        )
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


def _counted_from_number(text: str) -> StepReference | None:
    """The place that is counted from a step told by its number: 第二步做完之后."""
    if found := _FROM_NUMBERED.search(text):
        return StepReference("following", _captured(found) - 1)
    many = _LEFT.search(text) or _SEVERAL.search(text) or _ALL_BEHIND.search(text)
    if (found := _BEHIND_NUMBERED.search(text)) and not _NTH.search(text, found.end()):
        return StepReference("following" if many else "next", _captured(found))
    if (found := _AHEAD_NUMBERED.search(text)) and not BEFORE_CANCELLING.search(text):
        last = bool(re.search(r"最后|last|final", found.group()))
        return StepReference("preceding" if many else "previous", _captured(found) or 1, from_end=last)
    return None


def _several(text: str) -> StepReference | None:
    """The steps that are asked for together by their numbers, or counted off at one end."""
    for pattern, from_end in ((_FIRST_FEW, False), (_LAST_FEW, True)):
        if (found := pattern.search(text)) and (n := _captured(found) or _A_FEW) > 1:
            numbers = tuple(range(n, 0, -1)) if from_end else tuple(range(1, n + 1))
            if not from_end and _DONE_BEHIND.match(text, found.end()) and not _NTH.search(text, found.end()):
                return StepReference("following" if _LEFT.search(text) or _SEVERAL.search(text) else "next", n)
            return None if _NTH.search(text, found.end()) else StepReference("several", 0, from_end, numbers)
    if found := _FROM_TO.search(text):
        first, last = (_number(value) for value in found.groups() if value)
        return StepReference("several", numbers=tuple(range(first, last + 1))) if 0 < first < last else None
    if found := _TOGETHER.search(text):
        said = (_number(value.group()) for value in _NUMBERED.finditer(found.group()))
        numbers = tuple(sorted({number for number in said if number}))
        return StepReference("several", numbers=numbers) if len(numbers) > 1 else None
    return None


def _number(numeral: str) -> int:
    return _ENGLISH_NUMBERS.get(numeral, 0) or number_of(numeral)


def _captured(found: re.Match[str]) -> int:
    return next((_number(value) for value in found.groups() if value), 0)
