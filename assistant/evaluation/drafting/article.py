"""An article as a draft asks about it: its procedures, the sections they stand in, and what must not be passed on."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from assistant.catalog import Catalog, Procedure, build_catalog
from assistant.evaluation.drafting.words import slug, templates, without_noise
from assistant.evidence import Unit, UnitReader, holds
from assistant.lexicon import load_lexicon
from corpus.chunker import chunk
from corpus.document import Chunk, Document
from corpus.editions import Edition, align
from corpus.errors import UnusableInput
from corpus.front_matter import read_front_matter
from corpus.hygiene import clean, find
from corpus.normalize import normalize
from corpus.reader import read_document
from corpus.roles import role_of, says
from corpus.sections import heading_text

_CONTACT_KINDS = frozenset({"contact", "call"})
_HANDLE = re.compile(r"(?<![\w.])@?([A-Za-z][\w-]{3,})")
_HOST = re.compile(r"(?:https?://|www\.)([^\s/\[\]()<>，。、]+)|(?<![\w@.])((?:[\w-]+\.)+[a-z]{2,})(?![\w.])", re.ASCII)
_NUMBER = re.compile(r"(?<!\d)\d{6,}(?!\d)")
_NUMBERING = re.compile(
    r"^\W*(?:第?[一二三四五六七八九十\d]{1,3}[章节、.．:：)）]|(?<=[(（])[一二三四五六七八九十\d]{1,3}[)）])\s*"
)
_KEPT_ROLES = frozenset(
    {"reasons", "precautions", "questions", "materials", "conditions", "fees", "kinds", "definition"}
)
_HANDED_DOWN = frozenset({"reasons", "questions"})

Path_ = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A procedure that is asked for.

    Attributes:
        key: Of its section.
        card: What the article calls its card, empty for one about no card in particular.
        english: The same in English.
        action: What it does, by the name of an action of the lexicon.
        way: Its heading when the article has other ways of doing the same, empty otherwise.
        prepares: Whether it only says what is to be done beforehand.
    """

    procedure: Procedure
    chunk: Chunk
    key: str
    card: str
    english: str
    action: str
    way: str
    prepares: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """An article with all that a draft takes from it.

    Attributes:
        document: Cleaned.
        keys: Heading path → the key of its section.
        patterns: Key → the patterns that find its section in a citation's title and headings.
        contacts: What of the masked advertisements looks like an account, an address or a number.
    """

    document: Document
    edition: Edition | None
    chunks: tuple[Chunk, ...]
    units: tuple[Unit, ...]
    catalog: Catalog
    tasks: tuple[Task, ...]
    keys: dict[Path_, str]
    patterns: dict[str, list[str]]
    contacts: tuple[str, ...]

    @property
    def language(self) -> str:
        """The language of the article as questions have it: `zh`, `zh-Hant` or `en`."""
        tag = self.document.language.casefold()
        if tag.startswith("en"):
            return "en"
        return "zh-Hant" if tag.startswith(("zh-hant", "zh-tw", "zh-hk", "zh-mo")) else "zh"

    def states(self, value_type: str) -> bool:
        """Whether a unit of the article holds a value of a type."""
        return any(holds(replace(unit, text=without_noise(unit.text)), value_type) for unit in self.units)

    def speaks_of(self, concept: str) -> bool:
        """Whether a unit of the article speaks of a concept of the lexicon."""
        return any(concept in unit.concepts for unit in self.units)

    def words(self, unit: Unit) -> str:
        """A unit's words as they stand in the article."""
        return self.document.text[unit.start : unit.end]

    def cards_of(self, unit: Unit) -> tuple[str, ...]:
        """The covered cards that a unit's headings name; where one only is covered, that one."""
        return _named_above(unit, self.catalog)

    def names(self, card: str) -> bool:
        """Whether the article covers a card, or only names it."""
        cards = self.catalog.cards
        named = {mention.card for unit in self.units for mention in cards.mentions(unit.text)}
        return bool(self.catalog.covering(card)) or card in named or not named.isdisjoint(cards.kinds(card))


def read_article(file: Path, corpus: Path | None = None) -> Article:
    """The article in a file, with the edition beside it.

    Args:
        file: The article.
        corpus: The folder whose articles the file is one of; unless given, the folder it lies in.

    Raises:
        UnusableInput: The file cannot be read as an article, is an edition of one, or holds only advertisements.
    """
    if not file.is_file():
        raise UnusableInput(f"`article` must be a file that exists; got {str(file)!r}. Name an article.")
    root = corpus.resolve() if corpus is not None else file.resolve().parent
    if not file.resolve().is_relative_to(root):
        raise UnusableInput(
            f"`article` must be in the folder of the corpus, {str(root)!r}; got {str(file)!r}. Name another."
        )
    raw = read_document(root, file.resolve().relative_to(root).as_posix())
    if edition_of := read_front_matter(raw.text, raw.path)[0].get("edition_of", ""):
        raise UnusableInput(
            f"`article` must not be the edition of another; got {str(file)!r}. Name {edition_of}: both are read then."
        )
    document = clean(raw)
    chunks = tuple(chunk(document))
    if not chunks:
        raise UnusableInput(
            f"`article` must say something beside its advertisements; got {str(file)!r}. Name another article."
        )
    lexicon = load_lexicon()
    outline = [(document.doc_id, piece.headings, piece.kind, piece.chunk_id) for piece in chunks]
    catalog = build_catalog(outline, {document.doc_id: document.title}, lambda _: document, lexicon)
    units = UnitReader(lexicon, catalog.cards).units(document, chunks)
    keys = _keys(catalog, chunks, units)
    return Article(
        document=document,
        edition=align(document),
        chunks=chunks,
        units=units,
        catalog=catalog,
        tasks=tuple(_tasks(catalog, chunks, keys)),
        keys=keys,
        patterns={key: [_pattern(path, keys, document.title)] for path, key in keys.items()},
        contacts=_contacts(raw, document),
    )


def _tasks(catalog: Catalog, chunks: Sequence[Chunk], keys: dict[Path_, str]) -> Iterable[Task]:
    by_id = {piece.chunk_id: piece for piece in chunks}
    prepares = {p.chunk_id: bool(p.headings) and says("preparing", p.headings[-1]) for p in catalog.procedures}
    ways = {(p.headings, p.cards[:1], _action(p)) for p in catalog.procedures if not prepares[p.chunk_id]}
    same = Counter((cards, action) for _, cards, action in ways)
    for procedure in catalog.procedures:
        card = procedure.cards[0] if procedure.cards else ""
        several = same[procedure.cards[:1], _action(procedure)] > 1 or not card
        yield Task(
            procedure=procedure,
            chunk=by_id[procedure.chunk_id],
            key=keys[procedure.headings],
            card=catalog.called(card) if card else "",
            english=catalog.cards.english(card) if card else "",
            action=_action(procedure),
            way=plain_heading(procedure.headings[-1]) if several and procedure.headings else "",
            prepares=prepares[procedure.chunk_id],
        )


def _action(procedure: Procedure) -> str:
    return "cancel" if "cancel" in procedure.actions else min(procedure.actions)


def plain_heading(heading: str) -> str:
    """A heading without what counts it: `（一）`, `1.`, `步骤二`."""
    return heading_text(_NUMBERING.sub("", heading))


def role_in(unit: Unit) -> str:
    """The role of a unit's section; a heading under one for reasons or questions may only seem to name another."""
    if unit.role in _KEPT_ROLES:
        return unit.role
    return next((role for role in map(role_of, reversed(unit.chunk.headings)) if role in _HANDED_DOWN), unit.role)


def _named_above(unit: Unit, catalog: Catalog) -> tuple[str, ...]:
    subjects = catalog.subjects
    if len(subjects) == 1:
        return subjects
    # What is in the title alone says little where the article covers more than it names there.
    above = normalize(" / ".join(unit.chunk.headings))
    named = {mention.card for mention in catalog.cards.mentions(above)}
    found = {card: normalize(catalog.called(card)) for card in subjects}
    found = {card: words for card, words in found.items() if card in named or words in above}
    # A name within a longer one (会员卡 in 长途客运会员卡) is not named by itself.
    return tuple(
        card for card, words in found.items() if not any(words in other and words != other for other in found.values())
    )


def _keys(catalog: Catalog, chunks: Sequence[Chunk], units: Sequence[Unit]) -> dict[Path_, str]:
    """A key for every heading path of the article; what has the same role in general has keys of one family."""
    cards = {p.headings: p.cards for p in reversed(catalog.procedures)}
    about = {unit.chunk.headings: unit for unit in reversed(units)}
    several = len(catalog.subjects) > 1
    bases: dict[Path_, str] = {}
    for path in dict.fromkeys(piece.headings for piece in chunks):
        unit = about.get(path)
        above = _named_above(unit, catalog) if unit and several else ()
        own = cards.get(path) or (above if len(above) == 1 else ())
        card = slug(re.sub(r" card$", "", catalog.cards.english(own[0]))) if own else ""
        role = role_in(unit) if unit and path not in cards and role_in(unit) in _KEPT_ROLES else ""
        named = "" if path in cards and card else role or (slug(plain_heading(path[-1])) if path else "introduction")
        named = {"reasons": "why"}.get(named, named).removeprefix(f"{card}-")
        bases[path] = "-".join(filter(None, [card, named])) or "section"
    count, used = Counter(bases.values()), Counter[str]()
    keys: dict[Path_, str] = {}
    for path, base in bases.items():
        key = base
        while count[base] > 1 and (key == base or key in keys.values()):
            used[base] += 1
            key = f"{base}{'-' if path in cards else '.'}{used[base]}"
        keys[path] = key
    return keys


def _pattern(path: Path_, keys: dict[Path_, str], title: str) -> str:
    """The shortest end of a heading path, title first, that no other path of the article has, as a pattern."""
    paths = [" > ".join([title, *other]) for other in keys]
    names = [title, *path]
    for length in range(1 if path else len(names), len(names)):
        tail = re.escape(" > ".join(names[-length:])).replace("\\ ", " ")
        pattern = f"(?:^|> ){tail}$"
        if sum(re.search(pattern, other) is not None for other in paths) == 1:
            return pattern
    return f"^{re.escape(' > '.join(names))}$".replace("\\ ", " ")


def _contacts(raw: Document, document: Document) -> tuple[str, ...]:
    """What of an article's advertisements must not be passed on, folded, in order."""
    kept = normalize(document.text)
    tokens: list[str] = []
    for finding in find(raw):
        if finding.kind in _CONTACT_KINDS:
            words = raw.text[finding.start : finding.end]
            tokens += [host[1] or host[2] for host in _HOST.finditer(words)]
            tokens += [handle for handle in _HANDLE.findall(words) if re.search(r"[\d_]", handle)]
            tokens += [number for number in _NUMBER.findall(words) if number not in kept]
    return tuple(dict.fromkeys(token.casefold() for token in tokens if token))


def subjects_apart(tasks: Iterable[Task]) -> list[Task]:
    """The first procedure of each card that has only one way."""
    apart: dict[str, Task] = {}
    for task in tasks:
        if task.card and not task.way and not task.prepares:
            apart.setdefault(task.card, task)
    return list(apart.values())


def english_action(name: str) -> str:
    """What is done with a card, in English."""
    return _named_action(name, "en")


def chinese_action(name: str) -> str:
    """What is done with a card, in Chinese."""
    return _named_action(name, "zh")


def _named_action(name: str, language: str) -> str:
    actions = templates()["actions"]
    if name in actions:
        return str(actions[name][language])
    words = load_lexicon().actions[name]
    return next((word for word in words if word.isascii() == (language == "en") and "*" not in word), words[0])
