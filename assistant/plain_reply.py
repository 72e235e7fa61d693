"""A chat model's reply without what is not meant to be read: its thinking, code, comments and scripts."""

from __future__ import annotations

import re

from corpus.normalize import visible

_BLOCKS = "think|thinking|thought|thoughts|reasoning|reflection|analysis|scratchpad|script|style|svg|iframe|object"
_OPENING = re.compile(
    rf"<(?P<tag>{_BLOCKS})\b[^<>\n]{{0,80}}>|(?P<comment><!--)|\n[ \t]{{0,8}}(?P<fence>```|~~~)", re.IGNORECASE
)
# What may turn out to be an opening when more of the reply has come.
_UNDECIDED = re.compile(r"(?:<[^<>\n]{0,95}|\n[ \t]{0,8}[`~]{0,2})\Z")
_LONGEST_CLOSING = 16
_BLANK = str.maketrans({"`": " ", "^": " ", "\t": "    "})


class PlainReply:
    """Drops blocks from a reply that comes in pieces; one that is never closed reaches to the end."""

    def __init__(self) -> None:
        self._raw = "\n"  # what has not been decided about; the reply begins like a line
        self._closing: re.Pattern[str] | None = None
        self._begun = False

    def feed(self, piece: str) -> str:
        """The text that this piece makes sure of, hidden characters left out."""
        self._raw += piece
        return self._shown(self._decided(final=False))

    def finish(self) -> str:
        """The rest of the text."""
        return self._shown(self._decided(final=True))

    def _shown(self, text: str) -> str:
        if text and not self._begun:
            self._begun = True
            text = text.removeprefix("\n")
        # What `visible` makes blanks of only beside a pictograph becomes that everywhere, and lines stay lines.
        return "\n".join(map(visible, text.translate(_BLANK).split("\n")))

    def _decided(self, *, final: bool) -> str:
        parts = []
        at = 0
        while True:
            if self._closing is not None:
                closed = self._closing.search(self._raw, at)
                if closed is None:
                    at = len(self._raw) if final else max(at, len(self._raw) - _LONGEST_CLOSING)
                    break
                at, self._closing = closed.end(), None
            opening = _OPENING.search(self._raw, at)
            if opening is None:
                break
            parts.append(self._raw[at : opening.start()] + "\n")
            at, self._closing = opening.end(), _closing_of(opening)
        if self._closing is None:
            stop = len(self._raw)
            if not final and (undecided := _UNDECIDED.search(self._raw, max(at, stop - 100))):
                stop = undecided.start()
            parts.append(self._raw[at:stop])
            at = stop
        self._raw = self._raw[at:]
        return "".join(parts)


def _closing_of(opening: re.Match[str]) -> re.Pattern[str]:
    if opening["fence"]:
        return re.compile(rf"\n[ \t]{{0,8}}{opening['fence']}")
    if opening["comment"]:
        return re.compile(r"-->")
    return re.compile(rf"</{opening['tag']}\s?>", re.IGNORECASE)
