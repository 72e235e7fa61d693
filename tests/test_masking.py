"""Personal numbers are masked however they are written; what is plainly something else stays as it is."""

from __future__ import annotations

import json
import random
import re
import time
import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from assistant.masking import mask

ROOT = Path(__file__).resolve().parent.parent
SEED = 20240501
N_OF_A_KIND = 60
HIDDEN = "\u200b"
NUMERALS = "零一二三四五六七八九"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("我的手机13800138000，打不通", "我的手机****8000，打不通"),
        ("+86 138-0013-8000", "****8000"),
        ("0086 13800138000是我", "****8000是我"),
        ("(+86)13800138000", "(****8000"),
        ("我的號碼是0912-345-678", "我的號碼是****5678"),
        ("+852 9123 4567", "****4567"),
        ("WhatsApp: 91234567", "WhatsApp: ****4567"),
        ("電話 9123 4567", "電話 ****4567"),
        ("+853 6612 3456", "****3456"),
        ("+886 912 345 678", "****5678"),
        ("+1 (415) 555-2671", "****2671"),
        ("415-555-2671", "****2671"),
        ("家里020-87654321", "家里****4321"),
        ("01087654321", "****4321"),
        ("身份证11010119900307123X吗", "身份证****123X吗"),
        ("身份证11010119900307123x吗", "身份证****123X吗"),
        ("110101 19900307 123 X", "****123X"),
        ("110101 1990-03-07 1234", "****1234"),
        ("旧身份证110101900307123", "旧身份证****7123"),
        ("卡号6222 0212 3456 7890 123。", "卡号****0123。"),
        ("6222-0212-3456-7890", "****7890"),
        ("6222.0212.3456.7890", "****7890"),
        ("6222，0212，3456，7890", "****7890"),
        ("6222\n0212\n3456\n7890", "****7890"),
        ("622202 1234567890123", "****0123"),
        ("62 22 02 12 34 56 78 90", "****7890"),
        ("6 2 2 2 0 2 1 2 3 4 5 6 7 8 9 0", "****7890"),
        ("62220 95566 12345 6789", "****6789"),
        ("2024 6222 0212 3456 7891", "****7891"),
        ("护照E12345678号", "护照****5678号"),
        ("passport ea1234567", "passport ****4567"),
        ("E 1234 5678", "****5678"),
        ("E12345678 101", "****5678 101"),
        ("回乡证H1234567890", "回乡证****7890"),
        ("台胞证12345678", "台胞证****5678"),
        ("香港身份证A123456(7)", "香港身份证****4567"),
        ("A123456（A）", "****456A"),
        ("澳门5123456(7)", "澳门****4567"),
        ("0012345601(B)", "****601B"),
        ("张三zhang.san+card@mail.qq.com。", "张三****@****。"),
        ("abc＠qq．com", "****@****"),
        ("abc @ qq.com", "****@****"),
        ("1234567@qq.com", "****@****"),
        ("一三八零零一三八零零零是我的", "****八零零零是我的"),
        ("幺三八 零零幺三 八零零零", "****八零零零"),
        ("一三八00138000", "****8000"),
        ("六二二二零二一二三四五六七八九零", "****七八九零"),
        ("１３８００１３８０００", "****8000"),
        ("١٣٨٠٠١٣٨٠٠٠", "****8000"),
        ("1\ufe0f\u20e33\ufe0f\u20e38\ufe0f\u20e300138000", "****8000"),
        ("1\u200b3\u2060800\u00ad138000", "****8000"),
        ("1\u03013\u0336800138000", "****8000"),
        ("tel13800138000abc", "tel****8000abc"),
        ("13800138000一共", "****8000一共"),
        ("13800138000 13900139000", "****8000 ****9000"),
        ("3 13800138000 2024-05-01", "3 ****8000 2024-05-01"),
        ("call 95588 13800138000", "call 95588 ****8000"),
        ("****13800138000", "********8000"),
    ],
)
def test_a_personal_number_keeps_its_last_four_characters(text: str, expected: str) -> None:
    assert mask(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "公交卡怎么注销？",
        "打95588、10086、12345、110或400-810-6666，也可以打800-820-8820",
        "+86 400 810 6666",
        "010-95588",
        "4008106666",
        "2024-05-01 09:00-17:30",
        "2024-05-01 至 2024-12-31",
        "2024-05-01 - 2024-12-31",
        "20240501-20241231",
        "20240501093000",
        "2022 2023 2024 2025",
        "1 2 3 4 5 6 7 8 9 10 11 12",
        "面额10 20 50 100 200 500 1000",
        "押金100.00 200.00 20.50元",
        "1,000,000,000元",
        "1000000000000元",
        "学号2020123456，工号123456789，编号12345678901",
        "v20240501，版本10.15.7.19042",
        "第3步、第1-2步，共12步，24/7",
        "5880-6880元",
        "一二三四五六七八九十",
        "二〇二四年五月一日",
        "①②③④⑤⑥⑦⑧⑨⑩",
        "****1234，****@****",
    ],
)
def test_an_ordinary_number_stays(text: str) -> None:
    assert mask(text) == text


def check_digit_of_identity(first: str) -> str:
    """The 18th character of an identity number: ISO 7064, MOD 11-2."""
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return "10X98765432"[sum(int(digit) * weight for digit, weight in zip(first, weights, strict=True)) % 11]


def with_luhn(first: str) -> str:
    """A card's number with its last digit: every second digit from the right is doubled, its digits are added."""
    total = 0
    for place, digit in enumerate(reversed(first)):
        doubled = int(digit) * (2 if place % 2 == 0 else 1)
        total += doubled - 9 if doubled > 9 else doubled
    return first + str(-total % 10)


def digits(chance: random.Random, n: int) -> str:
    return "".join(chance.choices("0123456789", k=n))


def identity(chance: random.Random) -> str:
    born = f"{chance.randint(1940, 2015)}{chance.randint(1, 12):02}{chance.randint(1, 28):02}"
    first = f"{chance.choice(['110101', '440106', '310115', '510104', '650102'])}{born}{digits(chance, 3)}"
    return first + check_digit_of_identity(first)


def old_identity(chance: random.Random) -> str:
    return f"440106{chance.randint(40, 99)}{chance.randint(1, 12):02}{chance.randint(1, 28):02}{digits(chance, 3)}"


def card(chance: random.Random) -> str:
    first = chance.choice(["622202", "621700", "4000", "5123", "3568", "9558", "37", "6011", "030"])
    n = {"37": 15}.get(first) or chance.choice([16, 17, 18, 19])
    return with_luhn(first + digits(chance, n - len(first) - 1))


def short_card(chance: random.Random) -> str:
    return str(chance.randint(3, 9)) + digits(chance, chance.choice([11, 12, 13]))


def mobile(chance: random.Random) -> str:
    return f"1{chance.randint(3, 9)}{digits(chance, 9)}"


KINDS: dict[str, Callable[[random.Random], str]] = {
    "identity": identity,
    "old identity": old_identity,
    "card": card,
    "short card": short_card,
    "mobile": mobile,
    "mobile with 86": lambda chance: f"86{mobile(chance)}",
    "mobile with +86": lambda chance: f"+86{mobile(chance)}",
    "mobile with 0086": lambda chance: f"0086{mobile(chance)}",
    "hong kong": lambda chance: f"+852{chance.choice('5679')}{digits(chance, 7)}",
    "macau": lambda chance: f"+8536{digits(chance, 7)}",
    "taiwan": lambda chance: f"09{digits(chance, 8)}",
    "international": lambda chance: f"+{chance.choice(['1', '44', '81'])}{chance.randint(2, 9)}{digits(chance, 9)}",
    "passport": lambda chance: f"{chance.choice('EGDSPK')}{digits(chance, 8)}",
    "new passport": lambda chance: f"E{chance.choice('ABCDFGHJK')}{digits(chance, 7)}",
    "permit": lambda chance: f"{chance.choice('CWHM')}{digits(chance, 8)}",
    "long permit": lambda chance: f"{chance.choice('HM')}{digits(chance, 10)}",
    "taiwan identity": lambda chance: f"{chance.choice('ABFH')}{chance.choice('12')}{digits(chance, 8)}",
}  # fmt: skip


def grouped(text: str, between: str, size: int = 4) -> str:
    """Groups of four as they are written: an identity number by its parts, a mobile number as 3-4-4."""
    sign = re.match(r"\+\d\d(?:[23]|6(?=9))?|0086|86(?=1[3-9]\d{9}$)", text)
    prefix, rest = (sign[0], text[sign.end() :]) if sign else ("", text)
    if re.fullmatch(r"\d{17}[\dX]", rest):
        parts = [rest[:6], rest[6:14], rest[14:]]
    elif re.fullmatch(r"1[3-9]\d{9}", rest):
        parts = [rest[:3], rest[3:7], rest[7:]]
    else:
        parts = [rest[at : at + size] for at in range(0, len(rest), size)]
    return between.join(filter(None, [prefix, *parts]))


WRITINGS: dict[str, Callable[[str], str]] = {
    "plain": lambda text: text,
    "blanks": lambda text: grouped(text, " "),
    "dashes": lambda text: grouped(text, "-"),
    "long dashes": lambda text: grouped(text, "—"),
    "wide": lambda text: "".join(chr(ord(c) + 0xFEE0) if c.isascii() and c != "+" else c for c in text),
    "wide blanks": lambda text: grouped(text, "\u3000"),
    "hidden": lambda text: HIDDEN.join(text),
    "hidden groups": lambda text: grouped(text, "\u2060"),
}
CONTEXTS = (
    "{}",
    "我的{}怎么注销",
    "{}是我的",
    "号码是{}",
    "“{}”，请查",
    "卡（{}）丢了。",
    "my number is {}, please help",
    "{}\n",
    "第3步要填{}吗？押金100元",
    "2024年5月1日，{}，5元",
    "how to cancel {}?",
    "a/{}/b",
)


def personal_strings() -> Iterator[tuple[str, str, str, str]]:
    """What a string is, its number, the context it stands in, and the number as it is written there."""
    chance = random.Random(SEED)
    for kind, make in KINDS.items():
        for writing, write in WRITINGS.items():
            for n in range(N_OF_A_KIND):
                number = make(chance)
                yield f"{kind}, {writing}", number, CONTEXTS[(n + len(writing)) % len(CONTEXTS)], write(number)


def folded_digits(text: str) -> str:
    return "".join(str(unicodedata.digit(c)) for c in text if unicodedata.digit(c, None) is not None)


def survives(number: str, text: str) -> bool:
    """Whether seven or more of its digits still stand in a text one after the other, whatever is between."""
    own, seen = folded_digits(number), folded_digits(text)
    return any(own[at : at + 7] in seen for at in range(len(own) - 6))


def masked_within(context: str, written: str) -> str:
    """What is left of a number in a context, without the context's own digits."""
    before, after = context.split("{}")
    return mask(context.format(written)).removeprefix(before).removesuffix(after)


def test_no_personal_number_survives_in_any_writing_and_context() -> None:
    strings = list(personal_strings())
    left = [(name, number, masked_within(context, written)) for name, number, context, written in strings]

    assert len(strings) == 8160  # 17 kinds, 8 writings, 60 of each
    assert all(survives(number, written) for _, number, _, written in strings)
    assert [one for one in left if survives(one[1], one[2])] == []


def test_no_personal_number_survives_spelled_in_numerals() -> None:
    chance = random.Random(SEED)
    for make in (mobile, card, old_identity):
        for _ in range(200):
            number = make(chance)
            spelled = "".join(NUMERALS[int(digit)] for digit in number)
            kept = "".join(str(NUMERALS.index(c)) for c in mask(f"号码{spelled}。") if c in NUMERALS)
            assert kept == number[-4:], number


def test_grouping_a_number_at_will_hardly_ever_hides_it() -> None:
    """A few come out as a list of decimals, which amounts are too."""
    chance = random.Random(SEED)
    survived = []
    for make in (identity, card, mobile):
        for _ in range(400):
            number = make(chance)
            text = number[0]
            for character in number[1:]:
                text += chance.choice(["", "", " ", "-", ".", HIDDEN]) + character
            if survives(number, mask(f"我的{text}是")):
                survived.append(text)

    assert len(survived) <= 6, survived  # of 1,200


def question_texts() -> list[str]:
    files = [
        *sorted((ROOT / "corpus" / "questions").glob("*.jsonl")),
        *sorted((ROOT / "tests" / "data").glob("questions_*.jsonl")),
        *sorted((ROOT / "tests" / "data" / "sets").glob("*/questions.jsonl")),
    ]
    cases = [json.loads(line) for file in files for line in file.read_text(encoding="utf-8").splitlines()]
    return [turn for case in cases for turn in case.get("turns", [case.get("question")])]


def benign_strings() -> Iterator[str]:
    """Texts with numbers that are nobody's: dates, fees, menus, hotlines, times, durations, steps, short numbers."""
    chance = random.Random(SEED)
    for _ in range(500):
        year, month, day = chance.randint(1990, 2035), chance.randint(1, 12), chance.randint(1, 28)
        hour, minute, amount = chance.randint(0, 23), chance.randint(0, 59), chance.randint(1, 99999)
        yield f"{year}年{month}月{day}日{hour:02}:{minute:02}起"
        yield f"{year}-{month:02}-{day:02} {hour:02}:{minute:02}:{chance.randint(0, 59):02}"
        yield f"从{year}.{month}.{day}-{year + 1}.{month}.{day}有效"
        yield f"{year}{month:02}{day:02}"
        yield f"on {day}/{month}/{year}, {amount} yuan"
        yield f"手续费{amount / 100:.2f}元，押金{amount}元，共{amount:,}元"
        yield f"按{chance.randint(0, 9)}转{chance.randint(0, 9)}，再按{chance.randint(1, 9)}-{chance.randint(1, 9)}-#"
        hotlines = [
            "95588",
            "955" + digits(chance, 2),
            "96" + digits(chance, 3),
            "10086",
            "110",
            "1010" + digits(chance, 4),
        ]
        yield f"打{chance.choice(hotlines)}问"
        yield f"客服400-{digits(chance, 3)}-{digits(chance, 4)}，400{digits(chance, 7)}，800 810 {digits(chance, 4)}"
        yield f"等{chance.randint(1, 30)}-{chance.randint(31, 90)}个工作日，{chance.randint(1, 48)}小时内"
        yield f"第{chance.randint(1, 12)}步至{chance.randint(1, 12)}步，step {chance.randint(1, 9)}.2"
        yield f"学号{chance.randint(10**6, 10**7 - 1)}，工号{2000000000 + chance.randint(0, 10**8)}"
        yield f"版本{chance.randint(1, 20)}.{chance.randint(0, 20)}.{chance.randint(0, 99)}，{year}版"


def test_hardly_any_ordinary_number_is_changed() -> None:
    strings = list(benign_strings())
    changed = [text for text in strings if mask(text) != text]

    assert len(strings) == 6500
    assert changed == []


def test_every_question_of_the_sets_stays_as_it_is() -> None:
    questions = question_texts()

    assert len(questions) > 2000
    assert [text for text in questions if mask(text) != text] == []


numbers = st.text("0123456789", min_size=1, max_size=12)
pieces = st.one_of(
    numbers,
    st.sampled_from(
        [" ", "-", ".", "+", "(", ")", ",", "\n", "*", "****", "@", "E", "EA", "x", "X", "电话", "护照", "一", "零",
         "卡", "a", "qq.com", HIDDEN, "2024-05-01", "95588", "13800138000", "****1234", "6222 0212", "100 "]
    ),
)  # fmt: skip


@settings(max_examples=600, deadline=None)
@given(st.lists(pieces, max_size=14).map("".join))
@example("E10 20 30 40 13800138000")
@example("13800138000E1234567")
@example("A123456(7)8")
def test_what_was_masked_stays_as_it_is(text: str) -> None:
    once = mask(text)

    assert mask(once) == once


@settings(max_examples=200, deadline=None)
@given(st.text())
def test_any_text_can_be_masked(text: str) -> None:
    assert mask(mask(text)) == mask(text)


@given(st.text("卡怎么注销？的了吗 \n\u200b🙂", max_size=60))
def test_a_text_without_numbers_is_the_same_text(text: str) -> None:
    assert mask(text) is text


@pytest.mark.parametrize(
    "unit",
    ["1", "1-", "1 ", "-", "12345678-", "1\u200b", "1a", "a", "a@", "a.", "+1", "E1 ", "A1234567", "一", "一1-",
     "1234,", "(1)", "****1234", "2024-05-01 ", "13800138000,", "电话", "1234567a", "1.234567 a", "1    -", "@"],
)  # fmt: skip
def test_time_grows_with_the_length_alone(unit: str) -> None:
    def seconds(n: int) -> float:
        text = (unit * n)[:n]
        times = []
        for _ in range(4):
            started = time.thread_time()
            mask(text)
            times.append(time.thread_time() - started)
        return min(times)

    # Eight times the length: a square would take 64 times as long. Of this thread, so that others do not count.
    assert seconds(100_000) < 32 * max(seconds(12_500), 0.003)
