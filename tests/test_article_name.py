from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.article_name import MAX_NAME_BYTES, safe_name
from corpus.reader import _require_plain_path


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("借书证.docx", "借书证.md"),
        ("Library card 2026.PDF", "Library card 2026.md"),
        ("a.b.html", "a.b.md"),
        ("card.en.md", "card.en.md"),
        ("../../etc/passwd", "passwd.md"),
        ("C:\\Users\\x\\卡.md", "卡.md"),
        ("/", "article.md"),
        ("", "article.md"),
        (".md", "article.md"),
        ("...", "article.md"),
        (".hidden.md", "hidden.md"),
        ("..\u202etxt.md", "txt.md"),  # a mark that turns the direction of writing
        ("a\x00b\nc.md", "a b c.md"),
        ("a\u3000b.md", "a b.md"),
        ('what? <b>: "x".md', "what- -b- -x-.md"),
        ("cafe\u0301.md", "caf\u00e9.md"),
        ("\ud800卡.md", "卡.md"),  # half a character
        ("con.md", "card-con.md"),
        ("NUL.en.md", "card-NUL.en.md"),
        ("卡" * 60 + ".md", "卡" * 32 + ".md"),  # 32 × 3 + 3 = 99 bytes
        ("a" * 200 + ".md", "a" * 97 + ".md"),
    ],
)
def test_a_name_is_made_safe(name: str, safe: str) -> None:
    assert safe_name(name) == safe


@given(st.text(st.characters(), max_size=150))
def test_a_safe_name_is_one_that_the_corpus_reads_and_stays_as_it_is(name: str) -> None:
    safe = safe_name(name)

    _require_plain_path(safe)
    assert "/" not in safe
    assert not safe.startswith(".")
    assert len(safe.encode("utf-8")) <= MAX_NAME_BYTES
    assert unicodedata.is_normalized("NFC", safe)
    assert safe_name(safe) == safe
