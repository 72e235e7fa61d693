"""What people of a region write, read as standard Chinese."""

from __future__ import annotations

import pytest

from assistant.dialects import standardized
from corpus.normalize import normalize


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("呢張卡點樣取消㗎", "这张卡怎么取消的"),
        ("要去邊度先可以退返啲錢", "要去哪里才可以退回些钱"),
        ("要做啲咩，俾我聽", "要做什么,给我听"),
        ("我唔見咗張卡", "我不见了张卡"),
        ("啷个才退得脱", "怎么才退得掉"),
        ("表填归一了要做啥子", "表填好了要做什么"),
        ("这卡俺不要了，中不中？", "这卡我不要了,行不行?"),
        ("阿拉这卡哪能退，几钿", "我们这卡怎么退,多少钱"),
        ("饭咔怎么退", "饭卡怎么退"),
        ("嗶卡上車嗰張", "刷卡上车那张"),
        ("巴士嘟卡點退", "巴士刷卡怎么退"),
        ("滴滴卡怎么退", "滴滴卡怎么退"),
    ],
    ids=[
        "cantonese",
        "where and back",
        "what",
        "lost",
        "chongqing",
        "done",
        "north",
        "shanghai",
        "a character of the same sound",
        "the sound of a reader",
        "cantonese for it",
        "a name that sounds so",
    ],
)
def test_words_of_a_region_are_read_as_standard_ones(written: str, read: str) -> None:
    assert standardized(normalize(written)) == read


@pytest.mark.parametrize(
    "written",
    [
        "公交卡怎么注销？",
        "早上九点办理可以吗",
        "网点取消预约要几点前",
        "功能办不了怎么办",
        "银行卡注销后余额去哪了",
        "有一点办法吗",
        "咔嚓一声就断了",
    ],
)
def test_standard_chinese_stays_as_it_is(written: str) -> None:
    assert standardized(normalize(written)) == normalize(written)
