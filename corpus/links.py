"""Addresses of the web in a folded text, written out or spelled with a dot in brackets."""

from __future__ import annotations

import re

_DOT = r"(?:\.|\[\.\]|\(\.\)|点)"
_TOP = (
    "com|cn|net|org|top|xyz|cc|me|io|vip|shop|site|club|info|app|link|online|store|live|fun|work|ltd|pro|wang|tech|icu"
    "|tw|hk|mo|sg|my|us|uk|eu|de|jp|kr|ru|biz|mobi|asia|dev|im|so|la|tv|ws|to|pw|win|bid|example|invalid|test"
)
# Full-width commas and stops are half-width in a folded text: one that no letter follows ends the address.
_PATH = (
    r"(?:[/#](?:[^\s<>\"'()\[\]{}|.,:;?!*。、「」『』【】“”\u0080-\U0010ffff]|[.,:;?!*](?=[a-z0-9%&=_\-/])){0,500})?"
)
_QUERY = r"(?:\?(?=[a-z0-9%_])(?:[a-z0-9%&=_+\-/#]|[.:](?=[a-z0-9%])){1,500})?"
LINK = re.compile(
    r"(?<![a-z0-9])h(?:tt|xx)ps?[ ]?:[ ]?//[ ]?"
    rf"[a-z0-9\-_@]{{1,100}}(?:{_DOT}[a-z0-9\-]{{1,40}}){{0,6}}(?::\d{{1,5}})?{_PATH}{_QUERY}"
    rf"|(?<![a-z0-9@.\-_/])[a-z0-9][a-z0-9\-]{{0,40}}(?:{_DOT}[a-z0-9\-]{{1,40}}){{0,3}}{_DOT}(?:{_TOP})"
    rf"(?![a-z0-9\-@]){_PATH}{_QUERY}"
)
_GOVERNMENT = re.compile(r"(?:h..ps?://)?(?:[a-z0-9\-]{1,60}\.){1,5}gov(?:\.[a-z]{2})?(?::\d{1,5})?(?:[/?#]|\Z)")
_DEFINITION = re.compile(r"^[ ]{0,3}\[([^\[\]\n]{1,200})\]:[ \t]*\S[^\n]*", re.MULTILINE)


def is_government(address: str) -> bool:
    """Whether the host of an address belongs to a government; an advertiser cannot have one."""
    return _GOVERNMENT.match(address) is not None


def definitions(text: str) -> dict[str, tuple[int, int]]:
    """Where the target of each reference link is given, by its label."""
    return {found[1]: found.span() for found in _DEFINITION.finditer(text)} if "]:" in text else {}
