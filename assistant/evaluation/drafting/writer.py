"""Lines of a draft: a template of `drafts.toml` filled in for an article, in the published format."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from assistant.evaluation.drafting.article import Article, Task, chinese_action, english_action
from assistant.evaluation.drafting.words import body_of, in_script, label_of, spelled, telling, templates
from corpus.normalize import has_han, normalize, to_traditional

Group = Sequence[tuple[str, str]]  # of which one must stand in the answer: each with the passage it is from

_TABLE = "|"


class Writer:
    """Collects the lines of a draft."""

    def __init__(self, article: Article) -> None:
        """Nothing is asked yet."""
        self.article = article
        self.cases: list[dict[str, Any]] = []
        self.patterns = dict(article.patterns)
        self._counts: Counter[str] = Counter()
        self._asked: set[tuple[str, ...]] = set()

    @property
    def home(self) -> str:
        """The language of the article."""
        return self.article.language

    def ask(
        self,
        name: str,
        language: str,
        *,
        sections: Sequence[str] = (),
        facts: Sequence[Group] = (),
        literal: Sequence[Sequence[str]] = (),
        steps: Sequence[Group] = (),
        **values: str,
    ) -> None:
        """Adds the question of the template `name` in a language.

        Nothing is added when the template has no words in that language, when it was asked already, or when an
        advertiser's contact would stand in it.

        Args:
            name: Under `ask` in `drafts.toml`.
            language: `zh`, `zh-Hant` or `en`.
            sections: Keys of the sections that support the answer.
            facts: For each fact its phrases, each with the passage it is from.
            literal: Facts that are taken as they are.
            steps: For each step its phrases.
            values: What fills in the template.
        """
        template = templates()["ask"][name]
        turns, in_turns = _worded(template, language, values)
        if not turns:
            return
        spoken = _spoken(turns, language)
        groups = [_spelled(group, spoken) for group in facts] + [list(group) for group in literal]
        ordered = [_spelled(group, spoken) for group in steps]
        written = normalize(" ".join([*turns, *(text for group in [*groups, *ordered] for text in group)]))
        if tuple(turns) in self._asked or any(normalize(contact) in written for contact in self.article.contacts):
            return
        self._asked.add(tuple(turns))
        self._counts[template["id"]] += 1
        case: dict[str, Any] = {
            "id": f"draft-{template['id']}-{self._counts[template['id']]:03d}",
            "lang": spoken,
            "kind": template["kind"],
        }
        case |= {"turns": turns} if in_turns else {"question": turns[0]}
        case |= {"expect": template["expect"], "sections": list(dict.fromkeys(sections)), "facts": groups}
        if ordered:
            case["steps"] = {"count": len(ordered), "ordered": ordered}
        self.cases.append(case | {"must_not": list(self.article.contacts), "note": template["note"]})

    def beside(self, key: str, other: str) -> str:
        """A key for the section of `other` as one that supports an answer as well as the section of `key` does."""
        name = f"{key.split('.')[0]}.{other.replace('.', '-')}"
        self.patterns[name] = self.patterns[other]
        return name

    def with_tables(self, key: str, facts: Sequence[Group]) -> list[str]:
        """The key, and one for every table of the article that has the same facts."""
        held: dict[str, str] = {}
        for unit in self.article.units:
            if _TABLE in (words := self.article.words(unit)):
                other = self.article.keys[unit.chunk.headings]
                held[other] = f"{held.get(other, '')} {words}"
        told = [other for other, words in held.items() if all(_stands(group, words) for group in facts)]
        return [key, *(self.beside(key, other) for other in told if other != key)]

    def doing(self, task: Task | None, language: str, action: str = "cancel") -> str:
        """What a procedure does, as a question names it; the action alone without one."""
        card = self._card(task, language)
        if task is not None and task.way:
            if language != "en":
                return task.way if not card or card in in_script(task.way, language) else f"{card}{task.way}"
            return " ".join(filter(None, [self.verb(task.action, "en"), f"my {card}" if card else "", f"({task.way})"]))
        verb = self.verb(task.action if task else action, language)
        return f"{verb} my {card}" if language == "en" else f"{card}{verb}"

    def _card(self, task: Task | None, language: str) -> str:
        if task is None or not task.card:
            return str(templates()["words"]["card"]["en" if language == "en" else "zh"])
        return self.name(task, language)

    @staticmethod
    def name(task: Task, language: str) -> str:
        """What a question in a language calls the card of a procedure."""
        return task.english if language == "en" else in_script(task.card, language)

    @staticmethod
    def without_way(task: Task) -> Task:
        """The procedure as one on its card, whichever way it is done; itself when it is about no card."""
        return replace(task, way="") if task.card else task

    @staticmethod
    def verb(action: str, language: str) -> str:
        """What is done with a card, as a question in a language says it."""
        return english_action(action) if language == "en" else in_script(chinese_action(action), language)

    def step_groups(self, task: Task, language: str) -> list[Group]:
        """For each step of a procedure the phrases that show it: its title, telling words, for English its label."""
        steps = task.chunk.steps
        groups: list[Group] = []
        for step in steps:
            others = [other.text for other in steps if other is not step]
            title = label_of(step.text, step.title)
            phrases = [title] if title else []
            phrases += telling(body_of(step.text, title), others, 1 if title else 2)
            edition = self.article.edition if language == "en" else None
            label = edition.label(step) if edition else ""
            groups.append([(phrase, step.text) for phrase in dict.fromkeys([*phrases, label]) if phrase])
        return groups


def _worded(template: dict[str, Any], language: str, values: dict[str, str]) -> tuple[list[str], bool]:
    """The turns of a template in a language, none when it has no words in it; and whether it is a conversation."""
    simplified = language == "zh-Hant" and language not in template
    worded = template.get("zh" if simplified else language, [])
    turns = worded if isinstance(worded, list) else [worded]
    values = {key: in_script(value, language) for key, value in values.items()}
    return [(to_traditional(text) if simplified else text).format(**values) for text in turns], isinstance(worded, list)


def _spoken(turns: Sequence[str], language: str) -> str:
    """The language of what is asked: a template of one can be filled with the words of another."""
    if language == "en":
        return "mixed" if any(map(has_han, turns)) else "en"
    return language if any(map(has_han, turns)) else "en"


def _stands(group: Group, text: str) -> bool:
    return any(normalize(phrase) in normalize(text) for phrase, _ in group)


def _spelled(group: Group, language: str) -> list[str]:
    return list(dict.fromkeys(form for phrase, text in group for form in spelled(phrase, text, language)))


def any_of(phrases: Iterable[str], text: str) -> Group:
    """Phrases of one passage, of which one is enough."""
    return [(phrase, text) for phrase in phrases]
