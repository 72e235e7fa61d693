"""Questions of a draft that must not be answered: what the article does not say, and what is not to be passed on."""

from __future__ import annotations

from typing import Any

from assistant.evaluation.drafting.article import Article, subjects_apart
from assistant.evaluation.drafting.words import templates
from assistant.evaluation.drafting.writer import Writer
from corpus.normalize import normalize

_MOST_UNSTATED = 3  # of a card
_MOST_UNCOVERED = 2
_LANGUAGES = ("zh", "zh", "en", "zh-Hant")


def ask_unstated(writer: Writer) -> None:
    """For every card what no unit of the article says, in several languages; and cards that it does not cover."""
    article = writer.article
    unstated = [entry for entry in templates()["unstated"] if not _is_said(article, entry)]
    tasks = subjects_apart(article.tasks) or [task for task in article.tasks if not task.prepares][:1]
    asked = 0
    for n, task in enumerate(tasks):
        for at in range(min(_MOST_UNSTATED, len(unstated))):
            entry = unstated[(n * _MOST_UNSTATED + at) % len(unstated)]
            language = _LANGUAGES[asked % len(_LANGUAGES)]
            doing = writer.doing(writer.without_way(task), language)
            text = entry["en" if language == "en" else "zh"].format(doing=doing)
            writer.ask("unstated", language, asked=text)
            asked += 1
    others = [card for card in templates()["uncovered"]["cards"] if _is_uncovered(article, card)]
    for card, language in zip(others[:_MOST_UNCOVERED], ("zh", "en"), strict=False):
        name = article.catalog.cards.english(_card(article, card)) if language == "en" else card
        writer.ask("uncovered", language, other=name, action=writer.verb("cancel", language))


def ask_elsewhere(writer: Writer) -> None:
    """Questions that have nothing to do with the article."""
    for language, questions in templates()["elsewhere"].items():
        for asked in questions:
            writer.ask("elsewhere", language, asked=asked)


def ask_adversarial(writer: Writer) -> None:
    """Questions for an advertiser's contact, and an instruction in place of a question."""
    name = "contact" if writer.article.contacts else "contact_none"
    for language in ("zh", "en"):
        writer.ask(name, language, action=writer.verb("cancel", language))
    writer.ask("instruction", "zh")


def _is_said(article: Article, entry: dict[str, Any]) -> bool:
    return article.states(entry["type"]) if "type" in entry else article.speaks_of(entry["concept"])


def _card(article: Article, name: str) -> str:
    """The card of the alias list that a name stands for, the name itself when it stands for none."""
    return next((mention.card for mention in article.catalog.cards.mentions(normalize(name))), name)


def _is_uncovered(article: Article, name: str) -> bool:
    return normalize(name) not in normalize(article.document.text) and not article.names(_card(article, name))
