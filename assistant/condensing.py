"""A follow-up as a question that stands alone, by a chat model: used only where it adds nothing of its own."""

from __future__ import annotations

import re
from collections.abc import Sequence

from assistant.amounts import amounts_of
from assistant.chat_model import ChatModel
from assistant.prompting import condensing_prompt
from assistant.streaming import Cancelled
from assistant.understanding import Reader
from corpus.normalize import normalize

_LONGEST = 200  # characters of a question
_THOUGHTS = re.compile(r"<think>.*?(?:</think>|\Z)", re.DOTALL)
_ADDRESSED = re.compile(r"[@＠]|://|\bwww\.")
_CODE = re.compile(r"[a-z_]*\d[a-z\d_-]*|\d+")  # numbers, and what has one in it: accounts, handles, codes


def condensed(turns: Sequence[str], reader: Reader, model: ChatModel, cancelled: Cancelled) -> str:
    """The last turn as a question that stands alone; empty when what the model says cannot be used.

    It cannot when it brings in a card, a number, an amount or a contact that no turn holds, changes the language, or
    is no single short line.

    Raises:
        ModelFailed: The model gives no reply, or was cancelled.
        UnusableInput: The model refuses the key.
    """
    language = reader.read(turns[-1]).language
    messages = condensing_prompt(turns, language, model.n_context_tokens)
    reply = "".join(model.stream(messages, cancelled=cancelled))
    question = _THOUGHTS.sub("", reply).strip().strip("“”\"'「」")
    return question if _adds_nothing(question, turns, reader) else ""


def _adds_nothing(question: str, turns: Sequence[str], reader: Reader) -> bool:
    if not question or len(question) > _LONGEST or "\n" in question:
        return False
    read, before = reader.read(question), [reader.read(turn) for turn in turns]
    held = normalize("\n".join(turns))
    cards = {card for turn in before for card in (*turn.cards, *turn.cued, *turn.pointed)}
    if (read.language == "en") != (before[-1].language == "en") or read.instructed or read.unknown_card:
        return False
    if not {*read.cards, *read.cued} <= cards or not amounts_of(question) <= amounts_of(held):
        return False
    said = normalize(question)
    return not _ADDRESSED.search(said) and set(_CODE.findall(said)) <= set(_CODE.findall(held))
