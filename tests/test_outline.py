"""Numbered lines that head parts of an article, and what only looks like a heading inside a list."""

from __future__ import annotations

import pytest

from tests.test_chunker import chunks, procedure, procedures


def test_numbered_titles_of_parts_are_headings() -> None:
    text = "1 适用范围\n办过公交卡的人。\n\n2 退卡步骤\n2.1 去网点。\n2.2 交卡。\n2.3 领钱。\n\n3 其他\n周末不办。\n"

    found = procedure(text)
    assert [step.text for step in found.steps] == ["去网点。", "交卡。", "领钱。"]
    assert found.headings == ("2 退卡步骤",) or found.headings == ("退卡步骤",)


def test_steps_under_titles_are_no_outline() -> None:
    text = "## 怎么退\n\n1. 备齐材料\n\n身份证和卡。\n\n2. 提交申请\n\n到窗口填表。\n\n3. 领回押金\n\n现金。\n"

    assert procedures(text) == [["备齐材料\n\n身份证和卡。", "提交申请\n\n到窗口填表。", "领回押金\n\n现金。"]]


def test_precautions_that_are_numbered_on_are_no_steps() -> None:
    text = "## 怎么退\n\n1. 去网点\n\n带卡。\n\n2. 交卡\n\n签字。\n\n3. 注意事项\n\n别信代办。\n\n4. 总结\n\n不难。\n"

    found = chunks(text)
    assert procedures(text) == [["去网点\n\n带卡。", "交卡\n\n签字。"]]
    assert [(piece.headings[-1], piece.text) for piece in found[1:]] == [("注意事项", "别信代办。"), ("总结", "不难。")]


@pytest.mark.parametrize("stray", ["**看这里**", "示意图如下"])
def test_a_line_between_two_entries_is_no_heading(stray: str) -> None:
    text = f"## 退卡流程\n\n1. 去网点。\n\n{stray}\n\n左边第二个窗口，排队的人少。\n\n2. 交卡。\n"

    assert procedures(text) == [[f"去网点。\n\n{stray}\n\n左边第二个窗口，排队的人少。", "交卡。"]]


def test_labels_that_are_numbered_are_headings_of_what_is_told_below() -> None:
    text = "## 彩虹卡的停用\n\n1. 应备资料\n身份证和卡。\n2. 办理次序\n"
    text += "首先，去网点取号。其次，交卡签字。最后，领回押金。\n3. 补充规定\n周末不办。\n"

    found = procedure(text)
    assert [step.text for step in found.steps] == ["首先，去网点取号。", "其次，交卡签字。", "最后，领回押金。"]
    assert found.headings[-1] == "办理次序"


def test_chapters_head_what_is_numbered_below_them() -> None:
    text = "第一章 总则\n\n一、适用\n\n持卡人。\n\n第二章 彩虹卡的停用\n\n"
    text += "一、材料\n\n卡。\n\n二、步骤\n\n1. 取号。\n2. 交卡。\n"

    assert procedure(text).headings == ("第二章 彩虹卡的停用", "二、步骤")


_KEYCAPS = "1️⃣ 带卡去网点。\n2️⃣ 交卡签字。\n3️⃣ 领回押金。\n"
_MORE_KEYCAPS = "1️⃣ 找老师盖章。\n2️⃣ 把卡剪角。\n3️⃣ 等钱到账。\n4️⃣ 删掉绑定。\n"


def _post(first: str, second: str, third: str, before: str = "\n\n", behind: str = "\n") -> str:
    """An article with two procedures and a list of warnings, each below one of the lines."""
    parts = (
        f"实体卡可以退。\n{_KEYCAPS}".rstrip(),
        f"毕业前办完。\n{_MORE_KEYCAPS}".rstrip(),
        "❌ 别信代办。\n❌ 别丢收据。",
    )
    lines = zip((first, second, third), parts, strict=True)
    return "搬家退卡，亲测有效" + "".join(f"{before}{line}{behind}{part}" for line, part in lines) + "\n"


@pytest.mark.parametrize("behind", ["\n", "\n\n"])
@pytest.mark.parametrize(
    ("first", "second", "third"),
    [
        ("💳 {}", "🍚 {}", "⚠️ {}"),
        ("💳{}", "🍚{}", "⚠️{}"),
        ("🔸 {}", "🔸 {}", "🔸 {}"),
        ("🅿️ {}", "🔸 {}", "🔸 {}"),
        ("◆ {}", "◆ {}", "◆ {}"),
        ("▎{}", "▎{}", "▎{}"),
        ("💳 {}👇", "🍚 {}👇", "⚠️ {}👇"),
        ("🔥{}❗", "🔥{}❗", "🔥{}❗"),
        ("✨ {} ✨", "✨ {} ✨", "✨ {} ✨"),
        ("💳【{}】", "🍚【{}】", "⚠️【{}】"),
        ("【💳{}】", "【🍚{}】", "【⚠️{}】"),
        ("【{}】", "【{}】", "【{}】"),
        ("「{}」", "「{}」", "「{}」"),
        ("—— {} ——", "—— {} ——", "—— {} ——"),
        ("=== {} ===", "=== {} ===", "=== {} ==="),
        ("**💳 {}**", "**🍚 {}**", "**⚠️ {}**"),
        ("**01｜{}**", "**02｜{}**", "**03｜{}**"),
        ("01｜{}", "02｜{}", "03｜{}"),
    ],
)
def test_a_line_with_an_ornament_or_a_number_heads_what_stands_below(
    first: str, second: str, third: str, behind: str
) -> None:
    text = _post(first.format("彩虹卡"), second.format("饭卡"), third.format("避坑提醒"), behind=behind)

    found = chunks(text, title="搬家退卡，亲测有效")
    told = [piece for piece in found if piece.kind == "procedure"]
    assert [len(piece.steps) for piece in told] == [3, 4]
    assert "彩虹卡" in told[0].headings[-1]
    assert "饭卡" in told[1].headings[-1]
    last = [piece.text for piece in found if piece.headings and "避坑提醒" in piece.headings[-1]]
    assert last == ["别信代办。", "别丢收据。"]


@pytest.mark.parametrize("look", ["💳 {}怎么退", "【{}怎么退】", "**💳 {}怎么退**"])
def test_an_ornament_heads_without_blank_lines(look: str) -> None:
    text = _post(look.format("彩虹卡"), look.format("饭卡"), look.format("门禁卡"), before="\n")

    told = [piece for piece in chunks(text, title="搬家退卡，亲测有效") if piece.kind == "procedure"]
    assert [(piece.headings, len(piece.steps)) for piece in told] == [(("彩虹卡怎么退",), 3), (("饭卡怎么退",), 4)]


def test_the_words_of_an_ornamental_heading_are_without_its_ornament() -> None:
    text = "退卡笔记\n\n💡 先看 结论！\n\n不难。\n\n🧷 几个避坑提醒\n\n别急。\n\n✨ 写在最后 ✨\n\n再见。\n"

    assert [piece.headings for piece in chunks(text, title="退卡笔记")][-2:] == [("几个避坑提醒",), ("写在最后",)]


@pytest.mark.parametrize(
    "lines",
    [
        "💰 押金 18 元\n⏰ 三天到账\n📍 去服务点\n",
        "💰 押金 18 元\n\n⏰ 三天到账\n\n📍 去服务点\n\n就这样。\n",
        "💰 第一是钱。押金能拿回来。\n🔐 第二是隐私。别人会捡到。\n",
        "📍 地址：海棠路\n\n🕘 时间：上午\n\n记好了。\n",
        "🚫 别信小贩\n\n🚫 别丢收据\n\n🚫 别拖\n\n就这样。\n",
        "📌 温馨提示\n\n别丢收据。\n",
        "☎️ 客服 0555-8800316\n\n打之前先找卡号。\n\n📮 邮编 210000\n\n寄挂号信。\n",
    ],
)
def test_lines_with_pictographs_that_say_something_themselves_are_no_headings(lines: str) -> None:
    text = f"## 彩虹卡\n\n实体卡可以退。\n\n{lines}"

    assert {piece.headings for piece in chunks(text)} == {("彩虹卡",)}


def test_ornamental_headings_lie_below_those_of_another_look_that_have_them() -> None:
    text = "退卡笔记\n\n**彩虹卡**\n\n🧾 要带什么\n\n身份证和卡。\n\n🚶 怎么退\n\n1️⃣ 取号。\n2️⃣ 交卡。\n\n"
    text += "**饭卡**\n\n🧾 要带什么\n\n饭卡。\n\n🚶 怎么退\n\n1️⃣ 还书。\n2️⃣ 销卡。\n3️⃣ 签字。\n"

    told = [piece for piece in chunks(text, title="退卡笔记") if piece.kind == "procedure"]
    assert [piece.headings for piece in told] == [("彩虹卡", "怎么退"), ("饭卡", "怎么退")]


def test_a_line_of_tags_is_nothing_of_the_article() -> None:
    assert [piece.text for piece in chunks("## 彩虹卡\n\n能退。\n\n#退卡 #搬家 #毕业季\n")] == ["能退。"]


def test_warnings_are_no_steps_though_they_tell_to_do_something() -> None:
    assert procedures("## 老陈啰嗦几句\n\n⚠ 先拍照再交卡。\n⚠ 收好回执。\n⚠ 查清余额。\n") == []


def test_a_note_of_somebody_by_name_stands_behind_the_steps() -> None:
    text = "## 彩虹卡怎么退\n\n第一步：取号。\n第二步：交卡。\n老陈提醒：周末不办。\n"

    assert [step.text for step in procedure(text).steps] == ["取号。", "交卡。"]
    assert procedure(text).text.endswith("老陈提醒：周末不办。")


def test_a_rule_parts_what_stands_around_it_and_is_no_text() -> None:
    text = "退卡笔记\n\n💳 彩虹卡\n能退。\n━━━━━━\n🍚 饭卡\n也能退。\n————\n再见。\n"

    found = [(piece.headings, piece.text) for piece in chunks(text, title="退卡笔记")]
    assert found == [(("彩虹卡",), "能退。"), (("饭卡",), "也能退。"), (("饭卡",), "再见。")]
