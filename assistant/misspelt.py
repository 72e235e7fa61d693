"""Misspellings that no list has: pairs of characters that sound like a word of the sections, and letters gone wrong."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from assistant.sounds import sounds_alike
from corpus.normalize import has_han
from index.encoder import built_in_encoder

_PAIR = 2
_SHORTEST_EDITED = 4
_NUMERALS = frozenset("零一二两三四五六七八九十百千万半几")


def respelled(text: str, unknown: Iterable[str], said: Sequence[Collection[str]]) -> str:
    """`text` with each misspelt pair of its unknown runs replaced by the word that it sounds like: 密码 for 秘码.

    A pair is misspelt when neither the sections nor the encoder's vocabulary has it; the word has one of its two
    characters, and sounds the same.

    Args:
        text: A folded question.
        unknown: The runs of it that the lexicon does not know.
        said: The pairs of characters of the sections on each subject.
    """
    for run in unknown:
        at = 0
        while at < len(run) - 1:
            pair = run[at : at + _PAIR]
            word = _meant(pair, said) if _is_strange(pair, said) else ""
            if word:
                text = text.replace(pair, word)
            at += _PAIR if word else 1
    return text


def one_edit_away(word: str, known: Iterable[str]) -> str:
    """The one of the known words that a Latin word is one letter away from, empty for none or several.

    The first letter is the same. A word of fewer than four letters is meant only when one of its letters is doubled:
    everything is one letter away from a short word.
    """
    near = {meant for meant in known if meant[0] == word[0] and _differs_by_a_letter(word, meant)}
    near -= {f"{meant}s" for meant in near}
    return near.pop() if len(near) == 1 else ""


def _differs_by_a_letter(word: str, meant: str) -> bool:
    if len(meant) < _SHORTEST_EDITED:
        return any(meant[: at + 1] + meant[at:] == word for at in range(len(meant)))
    if len(word) == len(meant):
        return sum(typed != right for typed, right in zip(word, meant, strict=True)) == 1
    shorter, longer = sorted((word, meant), key=len)
    return len(longer) == len(shorter) + 1 and any(
        longer[:at] + longer[at + 1 :] == shorter for at in range(len(longer))
    )


def _is_strange(pair: str, said: Sequence[Collection[str]]) -> bool:
    return (
        all(map(has_han, pair)) and not any(pair in pairs for pairs in said) and not built_in_encoder().has_token(pair)
    )


def _meant(pair: str, said: Sequence[Collection[str]]) -> str:
    """The one word among `said` that differs from `pair` in a character which sounds the same, empty for several."""
    found = {word for pairs in said for word in pairs if len(word) == _PAIR and _is_slip(pair, word)}
    words = [word for word in found if built_in_encoder().has_token(word)]
    return words[0] if len(words) == 1 else ""


def _is_slip(pair: str, word: str) -> bool:
    differing = [(typed, meant) for typed, meant in zip(pair, word, strict=True) if typed != meant]
    if len(differing) != 1 or not _NUMERALS.isdisjoint((*pair, *word)):
        return False
    ((typed, meant),) = differing
    return has_han(meant) and sounds_alike(typed, meant)
