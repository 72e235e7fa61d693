"""Sentences in an article that speak to a language model instead of a reader, in a folded text.

The patterns stand in `planted.toml`.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from corpus.suspicion import Suspicion

_FILE = Path(__file__).with_name("planted.toml")
_IGNORE = (
    "(?:忽略|忽视|无视|忘记|忘掉|忘却|不理会|不要理会|别管|不要遵守|不要遵循|不再遵守|不再遵循|抛开|跳过|推翻|覆盖|绕过|停止执行"
    "|停止遵守|作废|丢弃|放弃)(?:掉|所有|全部|一切|你|您|我|的|之前|以前|以上|前面|上面|上述|此前|先前|系统|原有|已有|现有|既有|这些"
    "|任何|其他|其它|给|到|过|收|被|说|和|与|及|、|,|关于|上文|前文|开头|最初|初始|原来|原本|安全|内置|预设| ){1,10}"
)
# Readers are told to ignore something too, in sentences that say when: 如已办理，请忽略以上内容.
_HAN = re.compile("[\u4e00-\u9fff]")
_POLITE = re.compile(
    "如已|若已|如果|如您|若您|如你|若你|已经|已办|如无|若无|倘|的话|本短信|此短信|本条|若不|如不|若非|如非|短信|邮件|误收|忽略即可|可忽略|可以忽略"
)


def instructions(text: str, squeezed: str) -> Iterator[tuple[Suspicion, bool]]:
    """What speaks to a model, each with whether it is weak: a sentence that `is_polite` may say it to readers."""
    for needs, pattern in _patterns():
        if any(word in squeezed or word in text for word in needs):
            for found in pattern.finditer(text):
                why = "an instruction to a language model"
                yield (
                    Suspicion(kind="instruction", start=found.start(), end=found.end(), why=why, reach="sentence"),
                    bool(found.groupdict().get("weak")),
                )


def is_polite(sentence: str) -> bool:
    """Whether the sentence tells its readers when something does not concern them."""
    return _POLITE.search(sentence) is not None


@cache
def _patterns() -> tuple[tuple[tuple[str, ...], re.Pattern[str]], ...]:
    with _FILE.open("rb") as file:
        families = tomllib.load(file)
    compiled = []
    for family in families.values():
        # An English word may stand right beside a Chinese one: its edges are those of Latin letters.
        patterns = [each if _HAN.search(each) else f"(?a:{each})" for each in family["patterns"]]
        expression = "|".join(patterns).replace("{ignore}", _IGNORE)
        compiled.append((tuple(family["needs"]), re.compile(expression, re.MULTILINE)))
    return tuple(compiled)
