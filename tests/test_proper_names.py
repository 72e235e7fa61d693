"""Names that stand in one subject's sections alone."""

from __future__ import annotations

import pytest

from assistant.lexicon import load_lexicon
from assistant.proper_names import owner_of
from assistant.understanding import Reader
from corpus.subjects import known_cards

SAID = {
    "共享单车账户": {"青蜻": 3, "扫码": 4, "押金": 5, "惠家": 1, "家乐": 1, "过江": 1, "ironleaf": 1, "临溪": 2},
    "打车账号": {"驿马": 2, "扫码": 1, "发票": 3, "临溪": 1},
}


@pytest.mark.parametrize(
    ("raw", "owner"),
    [
        ("青蜻那个不想要了", "共享单车账户"),
        ("驛馬那個不想要了", "打车账号"),
        ("quit ironleaf how", "共享单车账户"),
        ("惠家乐那个不想要了", "共享单车账户"),
        ("晚上给惠家乐打电话有人接吗", "共享单车账户"),
        ("晚上给青蜻打电话有人接吗", ""),
        ("过江那个不想要了", ""),
        ("青蜻和驿马哪个快", ""),
        ("临溪那个不想要了", ""),
        ("青蜻市明天下雨吗", ""),
        ("押金退不退", ""),
        ("", ""),
    ],
    ids=[
        "of one",
        "traditional",
        "Latin",
        "three characters in one unit",
        "three characters, no card spoken of",
        "two characters, no card spoken of",
        "two characters in one unit",
        "of two",
        "in both",
        "a place",
        "a word in use",
        "nothing",
    ],
)
def test_a_proper_name_means_the_subject_whose_sections_alone_have_it(raw: str, owner: str) -> None:
    assert owner_of(Reader(load_lexicon(), known_cards()).read(raw), SAID) == owner
