"""Reading a question: hidden characters, typos and pinyin resolved, its words found, its clauses told apart."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache, partial

from assistant.cards_meant import CARD_NOUN, CardReader, cards_excluded
from assistant.clauses import YES_OR_NO, Value, asking_clauses, asks_how_to_cancel, concepts_in, wishes_to_cancel
from assistant.dialects import standardized
from assistant.instructions import without_instructions
from assistant.lexicon import Lexicon, any_of
from assistant.misspelt import one_edit_away
from assistant.naming import OWN_PART, Naming, masked
from assistant.pictographs import spelled_out
from assistant.question import Question, han_only
from assistant.sounds import Sounds
from assistant.step_reference import BEFORE_CANCELLING, read_option, read_step_reference
from corpus.normalize import Language, has_han, language_of, normalize
from corpus.subjects import Cards
from corpus.terms import Found, TermList
from index.encoder import built_in_encoder

MAX_QUESTION_CHARACTERS = 2_000
_RECENT_TURNS = 64
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
        "收费",
        "手续费",
        "工本费",
        "违约金",
        "到账",
        "挂失",
        "代办",
        "复核",
        "审批",
        "窗口",
        "几天",
        "多少天",
        "几点",
        "证件",
        "户口本",
        "委托书",
        "回执",
        "利息",
        "欠费",
    }
)
_STUTTER = re.compile(r"([^\W\d_a-z爷奶爸妈哥姐弟妹叔婶舅姑谢])\1+")
_HAN_RUN = re.compile(r"[\u4e00-\u9fff]+")
_CAPITALIZED = re.compile(r"(?<=[a-z,] )[A-Z][a-z]+")  # a name amid an English sentence
_LATIN_WORD = re.compile(r"[a-z][a-z'-]+")
_SHORTEST_MENDED = 4  # one fewer without a vowel: bnk
_VOWELS = frozenset("aeiouy")
_SHORTEST_NAME = 3  # characters that a subject is called by at the least
_MOST_TOUCHED = 50  # subjects whose names are held against a question
_POINTING_BACK = any_of(r"(?:这个|那个|它们?|这些|那些)(?!卡|张|种)|\b(?:it|that|this|them|those)\b")
_ALL_CARDS = any_of(
    r"(?<!第)[两三四五几][种张类样家](?:里|中间|当中|之中|之间|都|卡|分别|各)|仨卡|(?:这|那)?[三两四五几][样家](?!人|子)|仨[里个]|哪[样家]|哪张(?=[^,，。?？]{0,8}最)|(?:这|那)?[三两四五几][种张样](?=从|各|证|东西|业务)|(?:三|两|四|五|几|各|每|所有|全部|这些|那些)[种张类样个](?:不同的?)?(?:智能)?卡|每样|各种卡|哪[种张类个]卡",
    r"\ball (?:the |these |three |four )?(?:kinds|types|cards)|\beach (?:card|kind|type)",
    r"\bwhich (?:card|cards|one|of (?:the|these)|kind|type)|\b(?:three|four|two) (?:kinds|types|cards)",
)
# What is slow and no card: 电脑老卡.
_SLOW = any_of(
    r"(?:电脑|笔记本|平板|网络?|网速|系统|游戏|视频|画面|直播|软件|浏览器|桌面|屏幕|鼠标)[^,。!?]{0,4}"
    r"(?:老是?|好|很|太|特别|总是?|一直|有点儿?|非常|超级?|越来越|真|贼|巨)卡(?![的在里片号主])",
    r"(?:电脑|笔记本|平板|网络?|网速|系统|游戏|视频|画面|直播|软件|浏览器|桌面|屏幕|手机)[^,。!?]{0,4}"
    r"(?:很|太|特别|总是?|有点儿?|非常|越来越)?卡(?:得|死|顿|爆|成)",
)


def _no_guess(_: Question) -> tuple[str, bool]:
    return "", False


def _no_owner(_: Question) -> str:
    return ""


def _no_other_name(_: Question) -> str:
    return ""


def _as_typed(question: Question) -> str:
    return question.text


@dataclass(frozen=True)
class Reader:
    """Reads questions by the lexicon and the cards that a corpus knows.

    Attributes:
        naming: The subjects by parts of their names.
        guess: The subject that a question which names none is likeliest about, empty for none, and whether it is
            likelier about it than about none.
        owner: The subject of whose sections alone a question has a proper name, empty for none.
        heard: The text of a question, what it misspells of the words of the sections it may be about mended.
        other_name: The subject that its articles call by another name, which a question has; empty for none.
    """

    lexicon: Lexicon
    cards: Cards
    naming: Naming = Naming(())
    guess: Callable[[Question], tuple[str, bool]] = _no_guess
    owner: Callable[[Question], str] = _no_owner
    heard: Callable[[Question], str] = _as_typed
    other_name: Callable[[Question], str] = _no_other_name

    @cached_property
    def _card_reader(self) -> CardReader:
        return CardReader(self.cards, self.naming)

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
                and (
                    ("action", "cancel") in self._terms.values_of(term)
                    or _is_card_name(self._terms.values_of(term), term)
                    or term in _CORRECTABLE
                )
            ),
            tuple(
                term
                for term in (*self._terms.terms(), *self._short_names)
                if len(term) > 1 and _HAN_RUN.fullmatch(term)
            ),
            # 徐州同学 is none that has a 徐州通.
            frozenset(filter(self.cards.aliases.never_before, self._terms.terms())),
        )

    @cached_property
    def _short_names(self) -> tuple[str, ...]:
        """The subjects' names and what they end with: 幼儿园接送卡, 接送卡."""
        return tuple(
            dict.fromkeys(
                name[at:]
                for name in self.naming.subjects[:_MOST_TOUCHED]
                for at in range(max(len(name) - _SHORTEST_NAME + 1, 1))
            )
        )

    def find(self, text: str) -> list[Found[Value]]:
        """Every term in folded `text`; values are pairs of a kind (`card`, `action`, `concept` …) and a name.

        The names of cards are found first, and the other terms in what is left: `退会员卡` is 退 and 会员卡.
        """
        found: list[Found[Value]] = []
        at = 0
        for name in [*self._names.find(text), Found(len(text), len(text), "", ())]:
            found += [
                Found(match.start + at, match.end + at, match.term, match.values)
                for match in self._terms.find(text[at : name.start])
            ]
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
                    names.add(name, ("card", card.name), self.cards.aliases.never_before(name))
        return names

    def read(self, raw: str) -> Question:
        """What a turn says; it is cut to `MAX_QUESTION_CHARACTERS` first."""
        return self._recent(raw) if len(raw) <= MAX_QUESTION_CHARACTERS else self._read(raw)

    @cached_property
    def _recent(self) -> Callable[[str], Question]:
        """The turns read last: each follow-up brings the turns before it again, and a turn is read by itself."""
        return lru_cache(maxsize=_RECENT_TURNS)(self._read)

    def _read(self, raw: str) -> Question:
        text = standardized(normalize(self._in_words(raw[:MAX_QUESTION_CHARACTERS])))
        language = language_of(raw[:MAX_QUESTION_CHARACTERS])
        unsafe, contact = self.lexicon.unsafe("unsafe", text), self.lexicon.unsafe("contact", text)
        text = re.sub(r"(?<=[a-z])-(?=[a-z])", " ", text)
        uninstructed = without_instructions(text)
        instructed, text = uninstructed.ordered, uninstructed.text
        proper = frozenset(normalize(name) for name in _CAPITALIZED.findall(raw[:MAX_QUESTION_CHARACTERS]))
        corrected, found = self._respelled(_STUTTER.sub(r"\1", text), proper)
        if language == "en" and has_han(corrected) and not has_han(raw):
            language = "zh"
        parsed = partial(self._parsed, raw, language=language, instructed=instructed, unsafe=unsafe, contact=contact)
        question = parsed(corrected, found)
        if (heard := self.heard(question)) != question.text:
            question = parsed(heard, self.find(heard))
        if len(question.cards) > 1 and (owner := self._owner_of_shared(question)):
            return replace(question, cards=(owner,))
        if question.all_cards or any(map(self._card_reader.covered, question.cards)):
            return question
        if (question.cards or question.unknown_card) and (called := self.other_name(question)):
            return replace(question, cards=(called,), unknown_card="")
        if not (question.cards or question.unknown or question.cued):
            return question  # no word of it is any card's own
        if question.cards and all(map(self.cards.is_document, question.cards)):
            return question  # a section that asks for a document to be shown is not about it
        guessed, likelier = self.guess(question)
        if not guessed or guessed in question.excluded:
            return question
        if question.cards:
            return replace(question, cards=(), surfaces=(), pointed=(guessed,)) if likelier else question
        if (
            likelier
            and guessed not in self._card_reader.uses(question.cued)
            and self._card_reader.subjects.isdisjoint(question.cued)
        ):
            question = replace(question, cued=())  # a use that only narrower cards share tells less than the sections
        return replace(question, leaning=guessed, pointed=(guessed,) if likelier else ())

    def _in_words(self, raw: str) -> str:
        """What was typed, with words for the pictographs that name a card where no word does."""
        words = spelled_out(raw, self._is_card)
        return words if words == raw or not self.cards.mentions(normalize(raw)) else raw

    def _is_card(self, name: str) -> bool:
        """Whether folded words are the name of a card as a whole."""
        return any(mention.surface.rstrip("*") == name for mention in self.cards.mentions(name))

    def _owner_of_shared(self, question: Question) -> str:
        """Of several subjects that only a part which their names share points to, the one a proper name is of."""
        if question.surfaces or any(self.naming.score(question.text, card) >= OWN_PART for card in question.cards):
            return ""
        owner = self.owner(question)
        return owner if owner in question.cards else ""

    def _respelled(self, text: str, proper: frozenset[str]) -> tuple[str, list[Found[Value]]]:
        """`text` with pinyin and sound-alikes resolved where nothing else explains words; and the terms in it.

        Names of an English sentence, `proper`, are no pinyin.
        """
        read, found = text, self.find(text)
        text = self._mended(text, found)
        if text != read:
            read, found = text, self.find(text)
        unexplained = self._unexplained(text, found)
        latin = _latin_of(text, unexplained, proper)
        if latin and has_han(text) and (mixed := self._sounds.from_mixed(text, latin)) != text:
            read = text = mixed
            found = self.find(text)
            unexplained = self._unexplained(text, found)
            latin = _latin_of(text, unexplained, proper)
        if latin and (spelled := self._sounds.from_pinyin(text, latin)) != text:
            read = text = normalize(spelled)
            found = self.find(text)
            unexplained = self._unexplained(text, found)
        fixed = [
            (match.start, match.end)
            for match in found
            if {kind for kind, _ in match.values} & {"card", "action", "concept"}
        ]
        text = self._sounds.correct(text, unexplained, fixed)
        return text, found if text == read else self.find(text)

    def _mended(self, text: str, found: list[Found[Value]]) -> str:
        """`text` with English words that nothing explains replaced by the word of the lexicon they nearly are."""
        for start, end in reversed(self._unexplained(text, found)):
            word = text[start:end]
            if has_han(word) or len(word) < _SHORTEST_MENDED - _VOWELS.isdisjoint(word):
                continue
            if len(word) >= _SHORTEST_MENDED and (near := self._nearly(word)):
                text = text[:start] + near + text[end:]
            elif not built_in_encoder().has_token(word):
                near = one_edit_away(word, self._card_words)
                mended = text[:start] + near + text[end:]
                if near and self._is_in_a_name(mended, start, start + len(near)):
                    text = mended
        return text

    def _is_in_a_name(self, text: str, start: int, end: int) -> bool:
        """Whether the words of `text[start:end]` are part of what names a card, or of a word for any."""
        return any(
            match.start < end and start < match.end and {kind for kind, _ in match.values} & {"card", "generic"}
            for match in self.find(text)
        )

    def _nearly(self, word: str) -> str:
        """The word of the lexicon with the same letters in another order, or with one more or one fewer."""
        return next((known for known in self._english_words if known[0] == word[0] and _one_slip(word, known)), "")

    @cached_property
    def _english_words(self) -> tuple[str, ...]:
        """The English words of the cards that articles are about, and of cancelling, for misspellings of them."""
        words = self._english_of({"action", "concept", "generic", "card"})
        return tuple(word for word in words if len(word) >= _SHORTEST_MENDED)

    @cached_property
    def _card_words(self) -> tuple[str, ...]:
        """The English words that name the cards that articles are about, and any card."""
        return self._english_of({"generic", "card"})

    def _english_of(self, kinds: Collection[str]) -> tuple[str, ...]:
        """The English words of the terms of some kinds, of cards those that articles are about."""
        words = (
            word.rstrip("*")
            for term in self._terms.terms()
            if any(
                kind in kinds and (kind != "card" or not self._card_reader.subjects or self._card_reader.covered(name))
                for kind, name in self._terms.values_of(term)
            )
            for word in term.split()
        )
        return tuple(dict.fromkeys(word for word in words if word.isascii() and word.isalpha()))

    def _unexplained(self, text: str, found: list[Found[Value]]) -> list[tuple[int, int]]:
        """The runs of Chinese characters and the Latin words in which no term was found."""
        hidden = masked(text, ((match.start, match.end) for match in found))
        runs = [*_HAN_RUN.finditer(hidden), *_LATIN_WORD.finditer(hidden)]
        return sorted(run.span() for run in runs)

    def _parsed(
        self,
        raw: str,
        text: str,
        found: list[Found[Value]],
        language: Language,
        *,
        instructed: bool,
        unsafe: bool,
        contact: bool,
    ) -> Question:
        found = _without_slow(text, found)
        excluded, unknown = cards_excluded(text, found), self._unexplained(text, found)
        meant = self._card_reader.meant(text, found, excluded, unknown)
        patterned = [
            (asked.span(), concept.concept_id)
            for concept in self.lexicon.concepts.values()
            for pattern in concept.patterns
            if (asked := pattern.search(text))
        ]
        found = sorted(
            [*found, *(Found(*span, "", (("concept", name),)) for span, name in patterned)],
            key=lambda match: match.start,
        )
        concepts = concepts_in(found)
        if any(self.cards.is_document(name) for name in meant.named) and "id_document" not in concepts:
            concepts = (*concepts, "id_document")
        asking = asking_clauses(text)
        within = [match for match in found if any(start <= match.start < end for start, end in asking)]
        if not concepts_in(within) and not any(
            kind in {"action", "card", "cue"} for match in within for kind, _ in match.values
        ):
            asking = []  # "…，怎么办？" asks about what stands before it
        elif not concepts_in(within) and (_POINTING_BACK.search(text) or BEFORE_CANCELLING.search(text)):
            within = found  # "…，他们会看这个吗？", "…，销之前要做什么？"
        return Question(
            raw=raw,
            text=text,
            language=language,
            cards=meant.cards,
            surfaces=tuple(
                match.term for match in found if set(match.values) & {("card", name) for name in meant.cards}
            ),
            cued=meant.cued,
            unknown_card=meant.unknown_card,
            touched=sum(
                self.naming.score(han_only(text), subject) > 0 for subject in self.naming.subjects[:_MOST_TOUCHED]
            ),
            generic=meant.generic,
            all_cards=bool(_ALL_CARDS.search(text)),
            actions=meant.actions,
            concepts=concepts,
            unknown=tuple(text[start:end] for start, end in unknown),
            focus=tuple(name for name in concepts if name in concepts_in(within)) if asking else concepts,
            asks=bool(asking_clauses(text)),
            bare=not asking,
            wishes=wishes_to_cancel(text, found),
            focus_unknown=tuple(text[s:e] for s, e in unknown if not asking or any(b <= s < z for b, z in asking)),
            excluded=excluded,
            asks_yes_or_no=bool(YES_OR_NO.search(text)),
            intents=frozenset(name for name in self.lexicon.intents if self.lexicon.asks(name, text)),
            cancels=asks_how_to_cancel(text, found, unknown),
            step=read_step_reference(text, self.lexicon),
            option=read_option(text),
            instructed=instructed,
            unsafe=unsafe,
            contact=contact,
        )


def _latin_of(text: str, spans: Iterable[tuple[int, int]], proper: frozenset[str]) -> list[tuple[int, int]]:
    return [(start, end) for start, end in spans if not has_han(text[start:end]) and text[start:end] not in proper]


def _without_slow(text: str, found: list[Found[Value]]) -> list[Found[Value]]:
    """The terms, those in what is said of a slow machine as words with 卡 that are no card."""
    slow = [match.span() for match in _SLOW.finditer(text)]
    return [
        Found(match.start, match.end, match.term, (("other", ""),))
        if any(start <= match.start < end for start, end in slow)
        else match
        for match in found
    ]


def _is_card_name(values: tuple[Value, ...], term: str) -> bool:
    """Whether a term names a card and could not as well be two ordinary characters."""
    return any(kind == "card" for kind, _ in values) and (len(term) > 2 or bool(CARD_NOUN.search(term)))


def _one_slip(word: str, known: str) -> bool:
    if known == f"{word}s" and not known.endswith("ss"):
        return False  # the one of which there are several is no misspelling
    if sorted(word) == sorted(known):
        return True
    shorter, longer = sorted((word, known), key=len)
    return len(longer) == len(shorter) + 1 > 5 and any(
        longer[:at] + longer[at + 1 :] == shorter for at in range(len(longer))
    )
