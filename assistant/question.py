"""What a question says: the cards it names, what it asks, and what it asks about."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from assistant.lexicon import Lexicon
from assistant.sounds import Sounds
from corpus.blocks import number_of
from corpus.normalize import Language, has_han, language_of, normalize
from corpus.subjects import Cards
from corpus.terms import Found, TermList

MAX_QUESTION_CHARACTERS = 2_000

Value = tuple[str, str]
StepKind = Literal["nth", "next", "previous", "count", "exists", "ends"]

# Words that are not cards or actions, and so often misspelt in a question that they are worth mending.
_CORRECTABLE = frozenset(
    {
        "怎么",
        "为什么",
        "什么",
        "步骤",
        "流程",
        "如何",
        "注意事项",
        "手续",
        "预约",
        "余额",
        "身份证",
        "申请表",
        "材料",
        "审核",
        "电话",
        "客服",
        "网点",
        "柜台",
        "备份",
        "凭证",
        "诈骗",
        "押金",
        "费用",
        "多少钱",
        "多久",
        "线上",
        "本人",
        "复印件",
        "泄露",
        "物业",
        "退款",
    }
)
_IN_ORDER = re.compile(r"(?:先|头一步|首先).{0,3}[干做办弄].{1,6}(?:后|再|然后)")
_STUTTER = re.compile(r"([^\W\d_a-z爷奶爸妈哥姐弟妹叔婶舅姑谢])\1+")
_HAN_RUN = re.compile(r"[\u4e00-\u9fff]+")
_LATIN_WORD = re.compile(r"[a-z][a-z'-]+")
_CARD_NOUN = re.compile(r"(?:卡|证|会籍)$")
_SHORTEST_MENDED = 4
_NUMERAL = r"(?:\d{1,2}|[一二三四五六七八九十]{1,3}|两|俩)"
_ENGLISH_ORDINALS = {
    word: n
    for n, word in enumerate(
        ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"), 1
    )
}
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
_ALL_CARDS = re.compile(
    r"(?:三|两|四|五|几|各|每|所有|全部|这些|那些)(?:种|张|类|样|个)(?:不同的?)?(?:智能)?卡|每样|各种卡|哪(?:种|张|类|个)卡|\ball (?:the |these |three |four )?(?:kinds|types|cards)|\bwhich (?:card|cards|one|of (?:the|these)|kind|type)|\beach (?:card|kind|type)|\b(?:three|four|two) (?:kinds|types|cards)"
)


@dataclass(frozen=True, slots=True)
class StepReference:
    """A place in a procedure or list that is asked for; `from_end` counts 1 for the last."""

    kind: StepKind
    number: int = 0
    from_end: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One turn of the user, read by itself.

    Attributes:
        raw: What was typed.
        text: It folded, its typos and pinyin resolved, words addressed to a model removed.
        cards: The cards it names, in order, by their names in the alias list or the corpus.
        cued: The cards it points to without naming one.
        unknown_card: What it calls a card that neither the alias list nor the corpus knows, empty without one.
        generic: Whether it speaks of a card at all, of no kind.
        all_cards: Whether it speaks of all the kinds there are, or of which of them.
        actions: What is to be done with the card.
        concepts: What it asks about, in order, without repetition.
        unknown: Runs of characters or words that the lexicon does not know.
        focus: Those of `concepts` that stand in the clauses that ask, all of them when no clause does.
        focus_unknown: Those of `unknown` that stand in the clauses that ask.
        excluded: The cards it says it does not mean.
        asks: Whether one of its clauses asks; it states or wishes otherwise.
        wishes: Whether it says that somebody wants to cancel.
        asks_yes_or_no: Whether it can be answered by yes or no.
        intents: The kinds of question it could be.
        cancels: Whether a word for "how" stands beside a word for cancelling, with nothing else asked between.
        step: The step it refers to, None when it refers to none.
        option: The number of an offered option that it picks, 0 when it picks none.
        instructed: Whether words addressed to a model were removed.
        unsafe: Whether it asks for help against somebody else.
        contact: Whether it asks for the contact of an advertiser, or for an article's words letter by letter.
    """

    raw: str
    text: str
    language: Language
    cards: tuple[str, ...] = ()
    cued: tuple[str, ...] = ()
    unknown_card: str = ""
    generic: bool = False
    all_cards: bool = False
    actions: frozenset[str] = frozenset()
    concepts: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    focus: tuple[str, ...] = ()
    focus_unknown: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    asks: bool = False
    wishes: bool = False
    asks_yes_or_no: bool = False
    intents: frozenset[str] = frozenset()
    cancels: bool = False
    step: StepReference | None = None
    option: int = 0
    instructed: bool = False
    unsafe: bool = False
    contact: bool = False

    @property
    def empty(self) -> bool:
        """Whether it asks nothing: a greeting, thanks, or only words addressed to a model."""
        return not (
            self.cards
            or self.cued
            or self.unknown_card
            or self.generic
            or self.actions
            or self.concepts
            or self.step
            or self.option
            or self.intents - {"greeting", "procedure", "continue"}
        )


@dataclass(frozen=True)
class Reader:
    """Reads questions by the lexicon and the cards that a corpus knows."""

    lexicon: Lexicon
    cards: Cards
    _cache: dict[str, Question] = field(default_factory=dict)

    @cached_property
    def _terms(self) -> TermList[Value]:
        terms = self.cards.terms.copy()
        for name, words in self.lexicon.actions.items():
            for word in words:
                terms.add(word, ("action", name))
        for concept in self.lexicon.concepts.values():
            for word in concept.words:
                terms.add(word, ("concept", concept.concept_id))
        for word in self.lexicon.filler:
            terms.add(word, ("filler", ""))
        return terms

    @cached_property
    def _sounds(self) -> Sounds:
        """The terms that a misspelling can stand for: cards, actions, concepts and the longer question words."""
        return Sounds(
            tuple(
                term
                for term in self._terms.terms()
                if _HAN_RUN.fullmatch(term)
                and len(term) > 1
                and ({kind for kind, _ in self._terms.values_of(term)} & {"card", "action"} or term in _CORRECTABLE)
            )
        )

    def find(self, text: str) -> list[Found[Value]]:
        """Every term in folded `text`; values are pairs of a kind (`card`, `action`, `concept` …) and a name.

        The names of cards are found first, and the other terms in what is left: `退会员卡` is 退 and 会员卡.
        """
        found: list[Found[Value]] = []
        at = 0
        for name in [*self._names.find(text), Found(len(text), len(text), "", ())]:
            for match in self._terms.find(text[at : name.start]):
                found.append(Found(match.start + at, match.end + at, match.term, match.values))
            if name.term:
                found.append(Found(name.start, name.end, name.term, self._terms.values_of(name.term)))
            at = name.end
        return found

    @cached_property
    def _names(self) -> TermList[Value]:
        """The names of cards of three characters or more, and the English ones."""
        names: TermList[Value] = TermList()
        for card in self.cards.by_name.values():
            for name in card.names:
                if len(name) > 2:
                    names.add(name, ("card", card.name))
        return names

    def read(self, raw: str) -> Question:
        """What a turn says; it is cut to `MAX_QUESTION_CHARACTERS` first."""
        text = normalize(raw[:MAX_QUESTION_CHARACTERS])
        language = language_of(raw[:MAX_QUESTION_CHARACTERS])
        unsafe, contact = self.lexicon.unsafe("unsafe", text), self.lexicon.unsafe("contact", text)
        stripped = text
        for pattern in self.lexicon.safety["instruction"]:
            stripped = pattern.sub(" ", stripped)
        instructed, text = stripped != text, re.sub(r"\s+", " ", stripped).strip()
        corrected = self._respelled(_STUTTER.sub(r"\1", text))
        if language == "en" and has_han(corrected):
            language = "zh"
        return self._parsed(raw, corrected, language, instructed=instructed, unsafe=unsafe, contact=contact)

    def _respelled(self, text: str) -> str:
        """`text` with pinyin and sound-alikes resolved, where words are left that nothing else explains."""
        found = self.find(text)
        text = self._mended(text, found)
        found = self.find(text)
        latin = [word for word in self._unexplained(text, found) if not has_han(text[word[0] : word[1]])]
        if latin:
            spelled = self._sounds.from_pinyin(text, latin)
            if spelled != text:
                text = normalize(spelled)
                found = self.find(text)
        fixed = [
            (match.start, match.end)
            for match in found
            if {kind for kind, _ in match.values} & {"card", "action", "concept"}
        ]
        return self._sounds.correct(text, self._unexplained(text, found), fixed)

    def _mended(self, text: str, found: list[Found[Value]]) -> str:
        """`text` with English words that nothing explains replaced by the word of the lexicon they nearly are."""
        for start, end in reversed(self._unexplained(text, found)):
            word = text[start:end]
            if not has_han(word) and len(word) >= _SHORTEST_MENDED and (near := self._nearly(word)):
                text = text[:start] + near + text[end:]
        return text

    def _nearly(self, word: str) -> str:
        """The word of the lexicon with the same letters in another order, or with one more or one fewer."""
        return next((known for known in self._english_words if known[0] == word[0] and _one_slip(word, known)), "")

    @cached_property
    def _english_words(self) -> tuple[str, ...]:
        """The English words of cards and of cancelling, for misspellings of them."""
        words = (
            word.rstrip("*")
            for term in self._terms.terms()
            if set(self._terms.values_of(term)) & {("action", "cancel")}
            or {kind for kind, _ in self._terms.values_of(term)} & {"card", "generic"}
            for word in term.split()
        )
        return tuple(
            dict.fromkeys(word for word in words if word.isascii() and word.isalpha() and len(word) >= _SHORTEST_MENDED)
        )

    def _unexplained(self, text: str, found: list[Found[Value]]) -> list[tuple[int, int]]:
        """The runs of Chinese characters and the Latin words in which no term was found."""
        known = bytearray(len(text))
        for match in found:
            known[match.start : match.end] = b"\1" * (match.end - match.start)
        masked = "".join(" " if known[at] else character for at, character in enumerate(text))
        runs = [*_HAN_RUN.finditer(masked), *_LATIN_WORD.finditer(masked)]
        return sorted(run.span() for run in runs)

    def _parsed(
        self, raw: str, text: str, language: Language, *, instructed: bool, unsafe: bool, contact: bool
    ) -> Question:
        found = self.find(text)
        excluded = tuple(
            dict.fromkeys(
                name
                for match in found
                for kind, name in match.values
                if kind in {"card", "cue"} and _EXCLUDING.search(text[max(0, match.start - 12) : match.start])
            )
        )
        by_kind: dict[str, list[str]] = {}
        for match in found:
            for kind, name in match.values:
                if name not in excluded:
                    by_kind.setdefault(kind, []).append(name)
        unknown = self._unexplained(text, found)
        named = list(dict.fromkeys(by_kind.get("card", ())))
        cards = [name for name in named if not self.cards.is_document(name)]
        cued = [name for name in dict.fromkeys(by_kind.get("cue", ())) if name not in cards]
        unknown_card = "" if cards else _unknown_card(text, unknown)
        if named and not cards and not cued and not unknown_card and self._cancels(text, found, unknown):
            cards = named  # an identity card is the subject only when nothing else is
        patterned = [
            (match.span(), concept.concept_id)
            for concept in self.lexicon.concepts.values()
            for pattern in concept.patterns
            if (match := pattern.search(text))
        ]
        found = sorted(
            [*found, *(Found(*span, "", (("concept", name),)) for span, name in patterned)],
            key=lambda match: match.start,
        )
        concepts = _concepts(found)
        if any(self.cards.is_document(name) for name in named) and "id_document" not in concepts:
            concepts = (*concepts, "id_document")
        asking = _asking_clauses(text)
        within = [match for match in found if any(start <= match.start < end for start, end in asking)]
        if not _concepts(within) and not any(
            kind in {"action", "card", "cue"} for match in within for kind, _ in match.values
        ):
            asking = []  # "…，怎么办？" asks about what stands before it
        return Question(
            raw=raw,
            text=text,
            language=language,
            cards=tuple(cards),
            cued=tuple(cued),
            unknown_card=unknown_card,
            generic=bool(by_kind.get("generic"))
            or (any(term in text for term in ("卡", "card")) and not by_kind.get("other")),
            all_cards=bool(_ALL_CARDS.search(text)),
            actions=frozenset(by_kind.get("action", ())),
            concepts=concepts,
            unknown=tuple(text[start:end] for start, end in unknown),
            focus=tuple(name for name in concepts if name in _concepts(within)) if asking else concepts,
            asks=bool(asking),
            wishes=_wishes(text, found),
            focus_unknown=tuple(text[s:e] for s, e in unknown if not asking or any(b <= s < z for b, z in asking)),
            excluded=excluded,
            asks_yes_or_no=bool(_YES_NO.search(text)),
            intents=frozenset(name for name in self.lexicon.intents if self.lexicon.asks(name, text)),
            cancels=self._cancels(text, found, unknown),
            step=_step_reference(text, self.lexicon),
            option=_option(text),
            instructed=instructed,
            unsafe=unsafe,
            contact=contact,
        )

    def _cancels(self, text: str, found: list[Found[Value]], unknown: list[tuple[int, int]]) -> bool:
        """Whether "how" and a word for cancelling stand together, with only filler and card names between them."""
        asked = [match.span() for match in _HOW.finditer(text)]
        for act in (match for match in found if ("action", "cancel") in match.values):
            for start, end in asked:
                if act.start <= start < act.end:
                    return True  # "注销手续" is one word
                if start >= act.end:
                    between, behind = (act.end, start), (end, len(text))
                else:
                    between, behind = (end, act.start), (act.start, act.start)
                if 0 <= between[1] - between[0] <= _FARTHEST and not _says_more(text, found, unknown, between, behind):
                    return True
        return False


def _one_slip(word: str, known: str) -> bool:
    if sorted(word) == sorted(known):
        return True
    shorter, longer = sorted((word, known), key=len)
    return len(longer) == len(shorter) + 1 > 5 and any(
        longer[:at] + longer[at + 1 :] == shorter for at in range(len(longer))
    )


def _concepts(found: list[Found[Value]]) -> tuple[str, ...]:
    """What the terms ask about: the concepts, and the actions other than cancelling."""
    return tuple(
        dict.fromkeys(
            name
            for match in found
            if ("filler", "") not in match.values
            for kind, name in match.values
            if kind == "concept" or (kind == "action" and name != "cancel")
        )
    )


def _wishes(text: str, found: list[Found[Value]]) -> bool:
    """Whether a clause says that somebody wants to cancel, and nothing else."""
    at = 0
    for end in [*_CLAUSE_END.finditer(text), None]:
        stop = end.start() if end else len(text)
        within = [match for match in found if at <= match.start < stop]
        if (
            any(("action", "cancel") in match.values for match in within)
            and not set(_concepts(within)) - BESIDE_CARDS
            and (_WISHES.search(text, at, stop))
        ):
            return True
        at = end.end() if end else stop
    return False


def _asking_clauses(text: str) -> list[tuple[int, int]]:
    """The clauses of `text` that ask: with a question word or particle, or ended by a question mark."""
    clauses, at = [], 0
    for end in [*_CLAUSE_END.finditer(text), None]:
        stop = end.start() if end else len(text)
        if _ASKS.search(text, at, stop) or (end and end.group() in "?？" and stop > at):
            clauses.append((at, stop))
        at = end.end() if end else stop
    return clauses


def _says_more(
    text: str,
    found: list[Found[Value]],
    unknown: list[tuple[int, int]],
    between: tuple[int, int],
    behind: tuple[int, int],
) -> bool:
    """Whether a clause ends within `between`, or something is asked about in it or in the rest of the clause `behind`."""
    ends = list(_CLAUSE_END.finditer(text[between[0] : between[1]]))
    if len(ends) > 1 or (ends and not _BARE_HOW.search(text[between[0] + ends[0].start() :])):
        return True
    if any(
        between[0] <= start and end <= between[1] and end - start > 1
        for start, end in unknown
        if has_han(text[start:end])
    ):
        return True
    clause_end = _CLAUSE_END.search(text, behind[0], behind[1])
    stop = clause_end.start() if clause_end else behind[1]
    return any(
        {kind for kind, _ in match.values} & {"concept"}
        and not {kind for kind, _ in match.values} & {"card", "filler", "action"}
        for match in found
        if between[0] <= match.start < between[1] or behind[0] <= match.start < stop
    )


# Concepts that a card is spoken of with and that ask nothing by themselves.
BESIDE_CARDS = frozenset({"old_card", "lost", "chip"})
_FARTHEST = 24
# A clause that asks "how" of what was said before it: nothing in it but the question word.
_BARE_HOW = re.compile(
    r"^[,，.。;；!！?？ ]*(?:我|那|请问|要|该|应该|需要|得|具体|这|应|到底|麻烦问下)*(?:怎么|怎样|如何|咋|点样|怎办)(?:办理?|弄|整|搞|操作|走|做|处理|好|样|才行|行|是好)*(?:呢|啊|呀|吧|好|来着|比较好|嘛)*[?？!！。 ]*(?:$|[,，])"
)
_CLAUSE_END = re.compile(r"[,，.。;；!！?？]")
_WISHES = re.compile(
    r"想|要|打算|准备|计划|希望|决定|求|不用了|不要了|\b(?:want|need|would like|wish|plan|trying|going to|like to)\b"
)
_YES_NO = re.compile(
    r"[吗嘛么不没]\W*$|是不是|能不能|可不可以|可唔可以|要不要|会不会|需不需要|用不用|有没有|行不行|可否|是否|"
    r"(?:^|[,.!?] )(?:can|could|do|does|is|are|should|will|would|must|am|may) (?:i|we|it|they|you|the|my|a|an|someone|cancel\w*)\b"
)
_ASKS = re.compile(
    r"怎|如何|咋|点样|什么|啥|咩|乜|哪|谁|边个|几|多少|多久|多长|为何|吗|嘛|是不是|能不能|可不可以|可唔可以|要不要|会不会|需不需要|用不用|有没有|行不行|可否|是否|还是|"
    r"步骤|流程|程序|手续|"
    r"\b(?:how|what|what's|which|who|whom|whose|where|when|why|can|could|do|does|is|are|should|will|would|must|steps?|procedure|process)\b"
)
_EXCLUDING = re.compile(
    r"(?:不是|并非|不要|不办|别的不是|(?<![a-z])not (?:the |my |a |an )?(?:one for (?:the |my )?)?)$"
)
_HOW = re.compile(
    r"怎么|怎样|如何|咋|点样|怎办|要做什么|做些什么|要做啥|\bhow\b(?! (?:does|did|will|long|much|many|soon|is|are))|\bsteps?\b|\bprocess\b|\bprocedure\b|流程|步骤|程序|手续(?!费)|方法"
)


def _unknown_card(text: str, unknown: list[tuple[int, int]]) -> str:
    """The name of a card that no list knows: unexplained words directly before 卡, 证 or "card"."""
    for start, end in unknown:
        run = text[start:end]
        if has_han(run):
            if _CARD_NOUN.search(run) and len(run) > 2:
                return run
            if end - start >= 2 and text[end : end + 1] in ("卡", "证"):
                return run + text[end]
        elif re.match(r" (?:card|pass|permit|badge)s?\b", text[end:]):
            return run + text[end:].split(",")[0][:5].rstrip()
    return ""


def _number(numeral: str) -> int:
    return 2 if numeral in {"两", "俩"} else _ENGLISH_ORDINALS.get(numeral, 0) or number_of(numeral)


def _captured(found: re.Match[str]) -> int:
    return next((_number(value) for value in found.groups() if value), 0)


def _step_reference(text: str, lexicon: Lexicon) -> StepReference | None:
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


def _option(text: str) -> int:
    found = _ORDINAL_REPLY.search(text)
    return _captured(found) if found else 0
