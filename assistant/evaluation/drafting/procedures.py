"""Questions of a draft for whole procedures and for single steps, and between cards."""

from __future__ import annotations

from collections.abc import Sequence

from assistant.evaluation.drafting.article import Task, subjects_apart
from assistant.evaluation.drafting.details import documents_of, places_of
from assistant.evaluation.drafting.words import body_of, counted, in_script, label_of, telling, templates
from assistant.evaluation.drafting.writer import Group, Writer, any_of

_LANGUAGES = ("zh", "en", "zh-Hant")
_FEWEST_PHRASES = 2  # in a step that is asked about by its title


def ask_procedures(writer: Writer) -> None:
    """Every procedure in three languages and as a conversation; one of them full of noise."""
    article = writer.article
    for task in article.tasks:
        if task.prepares:
            _ask_preparations(writer, task)
            continue
        for language in _LANGUAGES:
            writer.ask(
                "procedure",
                language,
                sections=[task.key],
                steps=writer.step_groups(task, language),
                doing=writer.doing(task, language),
            )
        _ask_in_turns(writer, task)
    for task in _main(writer)[:1]:
        writer.ask(
            "noise", "zh", sections=[task.key], steps=writer.step_groups(task, "zh"), doing=writer.doing(task, "zh")
        )


def ask_steps(writer: Writer) -> None:
    """For every procedure a step by its number, the last, how many there are, and what one of them is about."""
    for task in _main(writer):
        steps, n = writer.step_groups(task, writer.home), len(task.chunk.steps)
        doing = writer.doing(task, writer.home)
        middle = max(2, (n + 1) // 2)
        if n > 1:
            writer.ask(
                "step_nth",
                writer.home,
                sections=[task.key],
                facts=[steps[middle - 1]],
                doing=doing,
                n=str(middle),
                word=counted(middle),
            )
            writer.ask("step_last", writer.home, sections=[task.key], facts=[steps[-1]], doing=doing)
        writer.ask("step_count", writer.home, sections=[task.key], literal=[count_forms(n)], doing=doing)
        _ask_detail(writer, task)
    for task in _main(writer)[:1]:
        if len(task.chunk.steps) > 1:
            steps = writer.step_groups(task, writer.home)
            doing = writer.doing(task, writer.home)
            writer.ask("step_after", writer.home, sections=[task.key], facts=[steps[1]], doing=doing)


def ask_between_cards(writer: Writer) -> None:
    """Comparisons of two cards, and questions that name none of several."""
    tasks = [task for task in subjects_apart(writer.article.tasks) if task.action == _action(writer)]
    if len(tasks) < 2:
        return
    _ask_comparisons(writer, tasks)
    for language in _LANGUAGES:
        action = writer.verb(_action(writer), language)
        names = [_names(writer, task, language) for task in tasks]
        keys = [task.key for task in tasks]
        writer.ask("ambiguous", language, sections=keys, literal=names, action=action)
        if language == "zh":
            writer.ask("ambiguous_count", language, sections=keys, literal=names, action=action)


def count_forms(n: int) -> list[str]:
    """How an answer can give a number of steps."""
    forms = templates()["words"]["count"]
    return [form.format(n=n, word=counted(n)) for form in forms]


def _main(writer: Writer) -> list[Task]:
    return [task for task in writer.article.tasks if not task.prepares]


def _action(writer: Writer) -> str:
    """What most of an article is about doing."""
    actions = [task.action for task in writer.article.tasks]
    return "cancel" if "cancel" in actions or not actions else actions[0]


def _ask_in_turns(writer: Writer, task: Task) -> None:
    steps, several = writer.step_groups(task, "zh"), len(writer.article.catalog.subjects) > 1
    if several and task.card:
        reply = writer.doing(task, "zh") if task.way else task.card
        writer.ask(
            "procedure_turns",
            "zh",
            sections=[task.key],
            steps=steps,
            action=writer.verb(task.action, "zh"),
            reply=reply,
        )
    else:
        writer.ask("procedure_follow", "zh", sections=[task.key], steps=steps, doing=writer.doing(task, "zh"))


def _ask_preparations(writer: Writer, task: Task) -> None:
    plain = next((other for other in _main(writer) if other.card == task.card), None)
    doing = writer.doing(writer.without_way(plain or task), writer.home)
    writer.ask("before", writer.home, sections=[task.key], facts=writer.step_groups(task, writer.home), doing=doing)


def _ask_detail(writer: Writer, task: Task) -> None:
    """What is to be done at the step that says most under a title."""
    titled = [step for step in task.chunk.steps if label_of(step.text, step.title)]
    if not titled:
        return
    step = max(titled, key=lambda step: len(step.text))
    others = [other.text for other in task.chunk.steps if other is not step]
    body = body_of(step.text, step.title)
    phrases = telling(body, others, 3)
    if len(phrases) >= _FEWEST_PHRASES:
        writer.ask(
            "detail",
            writer.home,
            sections=[task.key],
            facts=[any_of(phrases, step.text)],
            doing=writer.doing(task, writer.home),
            label=step.title,
        )


def _ask_comparisons(writer: Writer, tasks: Sequence[Task]) -> None:
    first, second = tasks[:2]
    counts = [count_forms(len(task.chunk.steps)) for task in (first, second)]
    _compare(writer, "compare_steps", (first, second), sections=[first.key, second.key], literal=counts)
    for name, found in (
        ("compare_where", [(task, *places_of(task)) for task in tasks]),
        ("compare_materials", [(task, *documents_of(writer, task)) for task in tasks]),
    ):
        held = [(task, key, groups[0]) for task, key, groups in found if groups]
        if len(held) > 1:
            (one, key, fact), (other, other_key, other_fact) = held[:2]
            sections = [*writer.with_tables(key, [fact]), *writer.with_tables(other_key, [other_fact])]
            _compare(writer, name, (one, other), sections=sections, facts=[fact, other_fact])


def _compare(
    writer: Writer,
    name: str,
    pair: tuple[Task, Task],
    *,
    sections: Sequence[str],
    facts: Sequence[Group] = (),
    literal: Sequence[Sequence[str]] = (),
) -> None:
    writer.ask(
        name,
        writer.home,
        sections=sections,
        facts=facts,
        literal=literal,
        first=writer.name(pair[0], writer.home),
        second=writer.name(pair[1], writer.home),
        action=writer.verb(pair[0].action, writer.home),
    )


def _names(writer: Writer, task: Task, language: str) -> list[str]:
    """What an answer can call a card."""
    names = [writer.name(task, language), task.card, in_script(task.procedure.cards[0], language)]
    if language == "en":
        names += [in_script(task.card, "zh-Hant")]
    return list(dict.fromkeys(names))
