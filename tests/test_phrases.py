"""An article's words as the assistant shows them."""

from __future__ import annotations

import pytest

from assistant.phrases import shown


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("*要带的*：身份证", "要带的：身份证"),
        ("**要带的**：身份证", "要带的：身份证"),
        ("请看*注意*事项", "请看注意事项"),
        ("3*4*5", r"3\*4\*5"),
        ("甲 * 乙 * 丙", r"甲 \* 乙 \* 丙"),
        ("* 一项", "一项"),
    ],
)
def test_marks_of_emphasis_are_not_shown(text: str, expected: str) -> None:
    assert shown(text, "zh") == expected
