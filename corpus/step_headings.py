"""Headings that are steps: `### 步骤一：取号`, `### STEP 02`, or `### 1. 取号` under a heading that speaks of steps."""

from __future__ import annotations

from collections.abc import Sequence

from corpus.card_names import points_to_card
from corpus.document import Document
from corpus.lists import numbered_lists
from corpus.markers import item_marker
from corpus.roles import LISTING, role_of, says
from corpus.sections import Section, without_marks
from corpus.step_lists import SOME_ACTS, are_acts, names_card_to_end

_FEWEST_UNNUMBERED = 3
_FEW_OTHERS = 0.25
# What an article numbers on behind its steps.
_CLOSING = frozenset({"precautions", "summary", "questions"})


def heading_steps(sections: Sequence[Section], at: int) -> int:
    """How many sections from `at` make one procedure: its own section and the headings in it that are steps.

    `步骤一` and `Step 2` are steps anywhere. Other numbers count only under a heading that says it holds steps, or
    that speaks of ending something while the headings tell to do something; elsewhere such headings number reasons or
    cards. So do headings without a number, which must all tell to do something. 1 when none of them are steps.
    """
    run = _numbered_run(sections, at)
    return run if run > 1 else _acting_run(sections, at)


def _children(sections: Sequence[Section], at: int) -> tuple[list[Section], int]:
    """The sections one heading below that of `at`, in order, and how many sections they fill with all below them."""
    depth, n = len(sections[at].headings), 1
    children: list[Section] = []
    while at + n < len(sections) and len(sections[at + n].headings) > depth:
        if sections[at + n].headings[:depth] != sections[at].headings:
            break
        if len(sections[at + n].headings) == depth + 1:
            children.append(sections[at + n])
        n += 1
    return children, n


def _numbered_run(sections: Sequence[Section], at: int) -> int:
    depth = len(sections[at].headings)
    children, _ = _children(sections, at)
    names = _names(children)
    closing = next((n for n, name in enumerate(names) if role_of(name) in _CLOSING), len(names))
    run, number, family = 1, 0, ""
    while at + run < len(sections):
        headings = sections[at + run].headings
        if number and len(headings) > depth + 1:
            run += 1
            continue
        inside = len(headings) == depth + 1 and headings[:depth] == sections[at].headings
        marker = item_marker(headings[-1]) if inside else None
        if marker is None or marker[1] != number + 1 or (family and marker[0] != family):
            break
        if marker[0] != "step" and (number == closing or not (family or _hold_steps(sections[at], names[:closing]))):
            break
        if marker[0] != "step" and numbered_lists(sections[at + run].blocks):
            break
        number, family = number + 1, marker[0]
        run += 1
    return run if number > 1 else 1


def _hold_steps(section: Section, names: Sequence[str]) -> bool:
    """Whether numbered headings of these names below the heading of `section` are steps."""
    nearest = section.nearest
    if section.headings and says("steps", nearest):
        return True
    ends = (role_of(nearest) == "procedure" and says("ending", nearest)) or names_card_to_end(section)
    return (
        (says("steps", nearest) or ends)
        and are_acts(names, SOME_ACTS)
        and not any(role_of(name) in LISTING | {"steps"} or points_to_card(name) for name in names)
    )


def _acting_run(sections: Sequence[Section], at: int) -> int:
    """How many sections make a procedure whose headings have no number and tell to do something.

    One in four may only name what is done (`核算扣款`) where each has something below it.
    """
    if not sections[at].headings or not says("steps", sections[at].nearest):
        return 1
    children, n = _children(sections, at)
    if len(children) != n - 1 or numbered_lists(sections[at].blocks):
        return 1
    closing = next((place for place, name in enumerate(_names(children)) if role_of(name) in _CLOSING), len(children))
    children = children[:closing]
    names = _names(children)
    plain = all(item_marker(child.headings[-1]) is None and not numbered_lists(child.blocks) for child in children)
    if len(children) < _FEWEST_UNNUMBERED or not plain or any(says("steps", name) for name in names):
        return 1
    told = all(any(block.kind == "text" for block in child.blocks) for child in children)
    others = [name for name in names if not says("acts", name)]
    few = told and len(others) <= _FEW_OTHERS * len(names) and not any(role_of(name) in LISTING for name in others)
    return closing + 1 if few or not others else 1


def _names(children: Sequence[Section]) -> list[str]:
    """What headings say behind their numbers."""
    markers = [(child.headings[-1], item_marker(child.headings[-1])) for child in children]
    return [heading[marker[2] :] if marker else heading for heading, marker in markers]


def heading_spans(document: Document, run: Sequence[Section]) -> list[tuple[int, int]]:
    """The span of each step of sections that make a procedure: its heading behind the marker, and what stands below."""
    text, depth = document.text, len(run[0].headings)
    starts = [section for section in run[1:] if len(section.headings) == depth + 1]
    spans: list[tuple[int, int]] = []
    for section, following in zip(starts, [*starts[1:], None], strict=True):
        line_end = text.find("\n", section.start)
        line = without_marks(text[section.start : line_end if line_end >= 0 else len(text)])
        indent = len(line) - len(line.lstrip())
        marker = item_marker(line.lstrip())
        begin = section.start + indent + (marker[2] if marker else 0)
        end = following.start if following else run[-1].end
        notes = [block for block in run[-1].blocks if says("note", text[block.content : block.end])]
        if following is None and notes:
            end = notes[0].start
        # A heading with nothing behind its marker (`### 步骤一`) starts at its body.
        spans.append((begin, end))
    return spans
