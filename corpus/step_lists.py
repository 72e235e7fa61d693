"""Which lists are procedures: by what headings and the words before a list say, and by what its entries do."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from corpus.card_names import nouns_in
from corpus.markers import item_marker
from corpus.normalize import normalize
from corpus.roles import LISTING, role_of, says
from corpus.sections import Section

# Entries are steps without being called so when there are so many, and such a share begins by telling to do something.
_FEWEST_ACTS = 3
_MOSTLY_ACTS = 0.6
SOME_ACTS = 0.4  # under a heading that speaks of doing something
_A_FEW_ACTS = 0.3  # under one that only names a card, in an article about giving cards back
# What a heading may say that does not tell what its section holds: `到店退` names a way.
_NO_CONTENT = frozenset({"acts", "ending"})

_FULL_STOP = re.compile(r"。|(?<=[a-z0-9)])\.(?=\s|\Z)")
_BOLD_LABEL = re.compile(r"\s*(?:\*\*|__)[^*_\n]{1,40}?[：:]?(?:\*\*|__)")
# A bullet that warns.
_WARNS = re.compile(
    r"[ \t\u3000>*_-]*[\u26a0\u2757\u2755\u203c\u26d4\u274c\u274e\U0001f6ab\U0001f6a8\U0001f6d1\U0001f645]"
)


def section_role(section: Section) -> str:
    """The role of the nearest heading that has one; a title alone may say more than how to do something."""
    if not section.headings and says("procedure", section.nearest):
        return role_of(section.nearest) if says("steps", section.nearest) else "procedure"
    roles = map(role_of, reversed(section.headings or (section.nearest,)))
    return next((role for role in roles if role and role not in _NO_CONTENT), "")


def last_sentence(text: str) -> str:
    """What stands behind the last full stop of a text that leads into a list."""
    return _FULL_STOP.split(text.rstrip())[-1]


def is_procedure(text: str, section: Section, lead: int, items: Sequence[int]) -> bool:
    """Whether a numbered list is a procedure.

    Args:
        text: The text that the section is of.
        section: The section with the list.
        lead: Place of the block where the list's lead-in begins; that of its first item when it has none.
        items: Places of its items.
    """
    first = section.blocks[items[0]]
    if first.family == "step":
        return True
    before = text[section.blocks[lead].start : first.start] if lead < items[0] else ""
    entries = [text[section.blocks[at].content : section.blocks[at].end] for at in items]
    if first.family == "row" and not says("steps", section.nearest) and not says("steps", before):
        return role_of(section.nearest) not in LISTING and are_acts(entries)
    if says("steps", section.nearest):
        return True
    role = section_role(section)
    led = last_sentence(before)
    if role in LISTING:
        return says("steps", led) and not says("precautions", section.nearest)
    if led and (role_of(led) in LISTING or says("bring", led)):
        return False
    if says("after", section.nearest):
        return says("steps", before) or are_acts(entries)
    if role in {"steps", "procedure"} or says("steps", before) or says("procedure", before):
        return True
    share = _A_FEW_ACTS if names_card_to_end(section) else _MOSTLY_ACTS
    return not says("preparing", section.nearest) and are_acts(entries, share)


def names_card_to_end(section: Section) -> bool:
    """Whether a heading names a card and nothing else, in an article whose title speaks of giving cards back."""
    if not section.headings or not says("ending", section.title):
        return False
    marker = item_marker(section.nearest)
    name = normalize(section.nearest[marker[2] :] if marker else section.nearest)
    return not role_of(name) and name in nouns_in(name)


def are_acts(entries: Iterable[str], share: float = _MOSTLY_ACTS) -> bool:
    """Whether there are enough entries of a list, and as great a share of them begins by telling to do something."""
    acting = [says("acts", entry) for entry in entries]
    return len(acting) >= _FEWEST_ACTS and sum(acting) >= share * len(acting)


def bullets_of(section: Section) -> list[int]:
    """The places of a section's bullets that are in no other entry."""
    bullets = [block.indent for block in section.blocks if block.kind == "bullet"]
    listed = any(block.kind == "item" for block in section.blocks)
    least = 0 if listed else min(bullets, default=0)  # below an entry that is a heading all are indented
    return [n for n, block in enumerate(section.blocks) if block.kind == "bullet" and block.indent < least + 2]


def bullets_are_steps(text: str, section: Section) -> bool:
    """Whether a section whose only list is of bullets says that they are steps."""
    bullets = bullets_of(section)
    if len(bullets) < 2 or any(
        later - earlier > 1 and section.blocks[later].loose and section.blocks[later - 1].kind == "text"
        for earlier, later in zip(bullets, bullets[1:], strict=False)
    ):
        return False
    if all(_WARNS.match(text, section.blocks[at].start, section.blocks[at].end) for at in bullets):
        return False
    nearest = section.headings[-1] if section.headings else ""
    before = last_sentence(text[section.start : section.blocks[bullets[0]].start])
    if role_of(nearest) in LISTING or says("materials", before) or says("bring", before):
        return False
    if says("steps", nearest) or says("steps", before):
        return True
    entries = [text[section.blocks[at].content : section.blocks[at].end] for at in bullets]
    if (
        says("ending", nearest)
        and role_of(nearest) == "procedure"
        and not any(block.kind == "item" for block in section.blocks)
    ):
        labelled = [entry for entry in entries if _BOLD_LABEL.match(entry)]
        return are_acts(entries, SOME_ACTS) or len(labelled) == len(entries) >= _FEWEST_ACTS
    return are_acts(entries)
