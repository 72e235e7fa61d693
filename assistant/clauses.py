"""The clauses of a question: which of them ask, which wish, and whether "how" stands beside cancelling."""

from __future__ import annotations

import re

from assistant.lexicon import any_of
from corpus.normalize import has_han
from corpus.terms import Found

Value = tuple[str, str]
# Concepts that a card is spoken of with and that ask nothing by themselves.
BESIDE_CARDS = frozenset({"old_card", "lost", "chip"})
# Concepts that say by which way something is done; "how" may ask for a way and for the whole at once.
WAYS = frozenset({"online", "counter", "branch", "in_person"})
_FARTHEST = 24
# A clause that asks "how" of what was said before it: nothing in it but the question word.
_BARE_HOW = any_of(
    r"^[,，.。;；!！?？:： ]*(?:我|那|请问|要|该|应该|需要|得|具体|这|应|到底|麻烦问下)*"
    r"(?:怎么|怎样|如何|咋|点样|(?<![网站地早晚快一有])点[搞整办做]|怎办)"
    r"(?:办理?|弄|整|搞|操作|走|做|处理|好|样|才行|行|是好)*(?:呢|啊|呀|吧|好|来着|比较好|嘛)*[?？!！。 ]*(?:$|[,，])"
)
_BEFORE = re.compile(r"[^，。,]{0,6}(?:之前|以前|前)")
_CLAUSE_END = re.compile(r"[,，.。;；!！?？:：]")
_WISHES = any_of(
    r"想|要|打算|准备|计划|希望|决定|求|不用了|不要了",
    r"\b(?:want|need|would like|wish|plan|trying|going to|like to)\b",
)
_YES_OR_NO_WORDS = "是不是|能不能|可不可以|可唔可以|要不要|会不会|需不需要|用不用|有没有|行不行|可否|是否"
YES_OR_NO = any_of(
    r"(?:[吗嘛不没]|(?<![什怎])么)\W*$",
    _YES_OR_NO_WORDS,
    r"(?:^|[,.!?] )(?:can|could|do|does|is|are|should|will|would|must|am|may) "
    r"(?:i|we|it|they|you|the|my|a|an|someone|cancel\w*)\b",
)
_ASKS = any_of(
    r"怎|如何|咋|点样|(?<![网站地早晚快一有])点[搞整办做]|什么|啥|咩|乜|哪|谁|边个|几|多少|多久|多长|为何|吗|嘛|还是|步骤|流程|程序|手续",
    _YES_OR_NO_WORDS,
    r"\b(?:how|what|what's|which|who|whom|whose|where|when|why|steps?|procedure|process)\b",
    r"\b(?:can|could|do|does|is|are|should|will|would|must)\b",
)
_HOW = any_of(
    r"怎么|怎样|如何|咋|点样|(?<![网站地早晚快一有])点[搞整办做]|怎办|要做什么|做些什么|要做啥|流程|步骤|程序|手续(?!费)|方法",
    r"\bhow\b(?! (?:does|did|will|long|much|many|soon|old|often|far|late|early|likely|is|are)\b)",
    r"\bsteps?\b|\bprocess\b|\bprocedure\b",
)


def concepts_in(found: list[Found[Value]]) -> tuple[str, ...]:
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


def wishes_to_cancel(text: str, found: list[Found[Value]]) -> bool:
    """Whether a clause says that somebody wants to cancel, and nothing else."""
    at = 0
    for end in [*_CLAUSE_END.finditer(text), None]:
        stop = end.start() if end else len(text)
        within = [match for match in found if at <= match.start < stop]
        if (
            any(("action", "cancel") in match.values for match in within)
            and not set(concepts_in(within)) - BESIDE_CARDS
            and (_WISHES.search(text, at, stop))
        ):
            return True
        at = end.end() if end else stop
    return False


def asking_clauses(text: str) -> list[tuple[int, int]]:
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
    """Whether `between` holds a clause end, or it or the rest of the clause `behind` asks about something."""
    ends = list(_CLAUSE_END.finditer(text[between[0] : between[1]]))
    if len(ends) > 1 or (ends and not _BARE_HOW.search(text[between[0] + ends[0].start() :])):
        return True
    strange = [text[start:end] for start, end in unknown if between[0] <= start and end <= between[1]]
    if any(len(run) > 1 for run in strange if has_han(run)) or sum(not has_han(run) for run in strange) > 1:
        return True
    clause_end = _CLAUSE_END.search(text, behind[0], behind[1])
    stop = clause_end.start() if clause_end else behind[1]
    return any(
        {name for kind, name in match.values if kind == "concept"} - WAYS
        and not {kind for kind, _ in match.values} & {"card", "filler", "action"}
        for match in found
        if between[0] <= match.start < between[1] or behind[0] <= match.start < stop
    )


def asks_how_to_cancel(text: str, found: list[Found[Value]], unknown: list[tuple[int, int]]) -> bool:
    """Whether "how" and a word for cancelling stand together, with only filler and card names between them."""
    asked = [match.span() for match in _HOW.finditer(text)]
    for act in (match for match in found if ("action", "cancel") in match.values):
        for start, end in asked:
            if _BEFORE.match(text, act.end):
                continue  # "销之前要咋办" asks what comes before cancelling
            if act.start <= start < act.end:
                return True  # "注销手续" is one word
            if start >= act.end:
                between, behind = (act.end, start), (end, len(text))
            else:
                between, behind = (end, act.start), (act.start, act.start)
            if 0 <= between[1] - between[0] <= _FARTHEST and not _says_more(text, found, unknown, between, behind):
                return True
    return False
