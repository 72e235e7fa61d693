"""Bytes of unknown encoding in, text out; and the language that text is in."""

from __future__ import annotations

import codecs
import re

from corpus.errors import UnusableInput

_SIGNATURES = {b"%PDF-": "a PDF", b"PK\x03\x04": "a ZIP or Word file", b"{\\rtf": "an RTF file"}
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f\x7f]")
_NON_ASCII = re.compile(r"[^\x00-\x7f]")
_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")
_LATIN_WORD = re.compile(r"[A-Za-z]{2,}")
# The commonest characters of any Chinese text, simplified and traditional; a wrong decoding hardly ever hits them.
_COMMON = re.compile(
    "[的一是不在有了人这這个個我你他们們为為和以要会會到可上中大时時国國用后後发發办辦理卡证證行请請或及需本号號]"
)
_SIMPLIFIED = re.compile(
    "[这个们来说时会国过后点当学对发开关门问间见贝车长东书马证银办账号码网请应该谁让认识线电动务业预约领种类须实]"
)
_TRADITIONAL = re.compile(
    "[這個們來說時會國過後點當學對發開關門問間見貝車長東書馬證銀辦賬帳號碼網請應該誰讓認識線電動務業預約領種類須實]"
)
_MAX_CONTROL_FRACTION = 0.01
_MIN_PLAUSIBLE_FRACTION = 0.55
_MIN_COMMON_FRACTION = 0.1
_MIN_HAN_TO_COUNT = 20


def decode(data: bytes, path: str) -> str:
    """The text of a file: UTF-8, UTF-16 with a byte order mark, or GB18030 when it reads as Chinese.

    Line ends stay as they are and a byte order mark stays as U+FEFF at offset 0, so that an offset counts
    characters of the file.

    Raises:
        UnusableInput: The bytes are not text, or text of another encoding.
    """
    for signature, what in _SIGNATURES.items():
        if data.startswith(signature):
            raise UnusableInput(f"{path!r} must be plain text; got {what}. Export it as Markdown or text.")
    text = _decoded(data, path)
    control = len(_CONTROL.findall(text))
    if "\x00" in text or control > max(2, len(text) * _MAX_CONTROL_FRACTION):
        line = text.count("\n", 0, max(text.find("\x00"), 0)) + 1
        raise UnusableInput(
            f"{path!r}, line {line}: must be text; got binary data. Remove the file or export it as text."
        )
    return text


def _decoded(data: bytes, path: str) -> str:
    for mark, encoding in ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")):
        if data.startswith(mark):
            try:
                return data.decode(encoding)
            except UnicodeDecodeError as error:
                raise _undecodable(data, path, error.start) from error
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        try:
            text = data.decode("gb18030")
        except UnicodeDecodeError:
            raise _undecodable(data, path, error.start) from error
        if not _reads_as_chinese(text):
            raise _undecodable(data, path, error.start) from error
        return text


def _undecodable(data: bytes, path: str, at: int) -> UnusableInput:
    line = data.count(b"\n", 0, at) + 1
    return UnusableInput(
        f"{path!r}, line {line}: must be text in UTF-8 or GB18030; got other bytes. "
        "Save the file as UTF-8, or remove it."
    )


def _reads_as_chinese(text: str) -> bool:
    """Whether a GB18030 decoding is likely right: almost any bytes decode, but to rare characters."""
    foreign = "".join(_NON_ASCII.findall(text))
    # GB 2312's punctuation (A1..A9) and its first level (B0..D7) hold what ordinary text is made of.
    encoded = (character.encode("gb18030") for character in foreign)
    plausible = sum(
        len(pair) == 2 and pair[1] >= 0xA1 and (0xA1 <= pair[0] <= 0xA9 or 0xB0 <= pair[0] <= 0xD7) for pair in encoded
    )
    if plausible < len(foreign) * _MIN_PLAUSIBLE_FRACTION:
        return False
    han = len(_HAN.findall(foreign))
    return han < _MIN_HAN_TO_COUNT or len(_COMMON.findall(foreign)) >= han * _MIN_COMMON_FRACTION


def detect_language(text: str) -> str:
    """The language of a text, `zh`, `zh-Hant` or `en`, by its characters."""
    if len(_HAN.findall(text)) < len(_LATIN_WORD.findall(text)):
        return "en"
    return "zh-Hant" if len(_TRADITIONAL.findall(text)) > len(_SIMPLIFIED.findall(text)) else "zh"
