"""The words that `tests.articles` composes articles from, in Chinese and in English."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """Sentences and names of one language; `{card}`, `{days}` and `{fee}` are filled in, `{handle}` in promotions.

    Attributes:
        names: First and second parts of an issuer's name.
        cards: Kinds of card; an issuer's name and a kind make a subject.
        actions: Label and sentence of a step.
        promotions: How a contact is shown.
    """

    names: tuple[tuple[str, ...], tuple[str, ...]]
    cards: tuple[str, ...]
    any_card: str
    title: tuple[str, ...]
    definition: str
    reasons: str
    how: tuple[str, ...]
    section: tuple[str, ...]
    summary: str
    kinds: tuple[str, ...]
    reason_items: tuple[str, ...]
    reason_headings: tuple[str, ...]
    prose: tuple[str, ...]
    lead_ins: tuple[str, ...]
    channel_lead_ins: tuple[str, ...]
    actions: tuple[tuple[str, str], ...]
    bullets: tuple[str, ...]
    notes: tuple[str, ...]
    precautions_heading: str
    precautions: tuple[str, ...]
    table_heading: str
    table: str
    code_heading: str
    code: str
    promotions: tuple[str, ...]
    colon: str
    space: str

    def subjects(self, rng: Random, n: int) -> list[str]:
        """`n` different cards, each with an issuer's name."""
        first, second = self.names
        return [f"{rng.choice(first)}{rng.choice(second)}{self.space}{card}" for card in rng.sample(self.cards, n)]


_CHINESE = Words(
    names=(
        tuple("云青金银海江南北东西山川松柏梅兰晨星明远安泰和顺嘉禾永新"),
        tuple("湖岭港城州溪峰泉桥林原湾岛门塔园庄台浦津"),
    ),
    cards=(
        "交通卡",
        "银行卡",
        "门禁卡",
        "会员卡",
        "校园卡",
        "医保卡",
        "加油卡",
        "健身卡",
        "电话卡",
        "购物卡",
        "停车卡",
        "借书证",
        "工会卡",
        "食堂卡",
        "洗车卡",
        "游泳卡",
        "信用卡",
        "老年卡",
        "房卡",
        "水卡",
    ),
    any_card="卡片",
    title=("{card}注销指南", "{card}怎么销？一篇讲清", "手里的{card}不用了，如何注销"),
    definition="什么是{card}",
    reasons="为什么要及时注销",
    how=("如何办理注销", "各类卡片的注销流程", "注销怎么办理"),
    section=("{card}注销", "{card}的注销流程", "怎样注销{card}", "{card}销户步骤", "情形：{card}注销"),
    summary="小结",
    kinds=("出行用的卡", "付款用的卡", "开门用的卡", "攒积分的卡", "打电话用的卡"),
    reason_items=(
        "卡里登记着姓名和证件号，落到别人手里容易惹出是非。",
        "有的卡每年扣管理费，不用也照扣。",
        "发卡方换了新系统，旧卡迟早刷不出来。",
        "搬家或离职以后，通行权限应当收回。",
        "押金只有办完手续才会退。",
    ),
    reason_headings=("省去后患", "省下费用", "该退的退回来"),
    prose=(
        "{card}用得久了，很多人都忘了当初是怎么办下来的。",
        "不同地方的规定有出入，以发卡方当天的答复为准。",
        "早些年办卡要交押金，如今多半免了。",
        "其实这件事并不难，难的是弄清楚该找谁。",
        "如果只是暂时不用，也可以先停用一段时间。",
        "上个月有读者问到{card}，我们专门去问了一趟。",
        "旧卡放在抽屉里，时间一长连密码都想不起来。",
        "窗口一般工作日上午人少，下午三点以后要排队。",
        "家里老人不会用手机，可以由子女陪着去。",
        "同一家发卡方的卡，办法大同小异。",
        "这里只说个人的卡，单位统一办的另有规定。",
        "看起来是小事，真丢了才知道麻烦。",
    ),
    lead_ins=(
        "办理{card}注销的步骤如下：",
        "具体流程是这样的：",
        "按下面几步来就可以：",
        "手续并不复杂，一共这么几步。",
    ),
    channel_lead_ins=(
        "在手机上办理的步骤：",
        "到窗口办理的步骤：",
        "请人代办时，流程如下：",
    ),
    actions=(
        ("找齐证件", "把身份证和{card}放在一起，缺一样都办不成。"),
        ("问清条件", "先打发卡方的服务热线，问明{card}能不能异地办理。"),
        ("清空余额", "把里面的钱花完或者转走，余额要在{fee}元以下。"),
        ("结清欠款", "查一查有没有没还的款项，有就当场补上。"),
        ("关掉代扣", "把绑在上面的水电、话费代扣一项一项关掉。"),
        ("取号排队", "到网点取一个号，按叫号到窗口。"),
        ("填表签名", "领一张销卡单，写上卡号和原因，签上自己的名字。"),
        ("交给柜员", "连同证件一起交给柜台里的工作人员核对。"),
        ("等候审核", "审核要{days}个工作日，期间不要再刷这张卡。"),
        ("领回押金", "凭当初的收据领回{fee}元押金，没有收据要写说明。"),
        ("收好回执", "办完会给一张回执，至少留{days}天。"),
        ("剪断旧卡", "回家把芯片那一段剪开，再分两次丢掉。"),
        ("解除绑定", "打开官方应用，在“我的卡”里点解除绑定。"),
        ("核对短信", "收到一条销卡成功的短信，核对尾号是不是自己的。"),
        ("查询结果", "过{days}天登录官网，看状态是不是变成“已注销”。"),
    ),
    bullets=(
        "本人的身份证原件",
        "办卡时的合同或收据",
        "一张近期照片",
        "代办人的身份证和委托书",
        "还在用的手机号",
    ),
    notes=(
        "需要注意的是，余额超过{fee}元的，有些网点会让你先转走。",
        "注意：销掉以后{days}天内不能再办同样的卡。",
        "温馨提示：节假日不受理，提前打电话问一声。",
        "另外，代办要另交一份委托书。",
    ),
    precautions_heading="注意事项",
    precautions=(
        "**先备份**：卡里存过的通讯录和照片先导出来。",
        "**看期限**：过了有效期再去，手续会多出不少。",
        "**留凭据**：回执、收据都拍照存一份。",
        "**防冒充**：自称客服来要验证码的，一律不理。",
    ),
    table_heading="各地办理时间",
    table="| 地点 | 时间 |\n| --- | --- |\n| 东城窗口 | 9:00 到 17:00 |\n| 西城窗口 | 8:30 到 16:30 |",
    code_heading="短信样例",
    code="```\n1. 您的卡片已受理\n2. 请留意后续通知\n```",
    promotions=(
        "[[TG💪+ @{handle}](https://t.me/s/{handle})]",
        "加微信：{handle}，专人代办",
        "需要的加V {handle}",
        "![扫码进群](https://img.example.net/{handle}.png)",
        "点击领取免费流量卡：https://ka.example.com/{handle}",
    ),
    colon="：",
    space="",
)

_ENGLISH = Words(
    names=(
        ("North", "South", "Green", "Silver", "River", "Stone", "Maple", "Cedar", "Harbor", "Bright", "Oak", "Clear"),
        ("field", "ford", "bridge", "vale", "port", "wood", "ton", "brook", "gate", "haven"),
    ),
    cards=(
        "library card",
        "transit card",
        "debit card",
        "credit card",
        "access card",
        "membership card",
        "fuel card",
        "gym card",
        "parking card",
        "student card",
    ),
    any_card="card",
    title=("How to cancel a {card}", "Cancelling your {card}: a plain guide"),
    definition="What is a {card}?",
    reasons="Why it is worth cancelling",
    how=("How to cancel it", "The steps, card by card"),
    section=("Cancelling the {card}", "How to cancel the {card}", "{card}: steps to close it"),
    summary="Summary",
    kinds=("Cards for travel", "Cards for paying", "Cards that open doors", "Cards that collect points"),
    reason_items=(
        "Your name and number stay on it and can be misused.",
        "Some issuers charge a fee every year, used or not.",
        "Old cards stop working when the system changes.",
        "The deposit comes back only when the account is closed.",
    ),
    reason_headings=("Peace of mind", "Money saved", "Nothing left behind"),
    prose=(
        "Most people forget how they got the {card} in the first place.",
        "Rules differ from place to place, so the issuer's answer counts.",
        "It is less work than it looks once you know whom to ask.",
        "A card that is only resting can also be suspended for a while.",
        "Mornings on working days are the quiet time at the desk.",
        "This guide is about personal cards; company cards are another matter.",
        "A reader asked about the {card} last month, so we went and asked.",
    ),
    lead_ins=("Follow these steps to cancel the {card}:", "The steps are:", "It takes only these steps:"),
    channel_lead_ins=("The steps online:", "The steps at the desk:", "The steps by post:"),
    actions=(
        ("Find your papers", "Put your identity card and the {card} together before you leave."),
        ("Ask first", "Call the issuer's service line and ask whether you can do it elsewhere."),
        ("Use up the balance", "Spend or move the money until less than {fee} dollars are left."),
        ("Settle what is owed", "Check for unpaid items and pay them at once."),
        ("Stop direct debits", "Switch off every bill that is still paid from it."),
        ("Take a ticket", "Take a number at the branch and wait for your turn."),
        ("Fill in the form", "Write down the number, the reason and your signature."),
        ("Hand it over", "Give the form and the papers to the clerk."),
        ("Wait for the check", "The check takes {days} working days; do not use the card meanwhile."),
        ("Collect the deposit", "Show the old receipt and collect the {fee} dollars of deposit."),
        ("Keep the receipt", "Keep the confirmation for at least {days} days."),
        ("Cut it up", "Cut through the chip and throw the pieces away separately."),
        ("Check the message", "Compare the last digits in the text message with your own."),
    ),
    bullets=(
        "Your identity card",
        "The contract or the receipt",
        "A recent photograph",
        "A phone number that still works",
    ),
    notes=(
        "Note that a balance above {fee} dollars has to be moved first at some branches.",
        "Please note: for {days} days you cannot order the same card again.",
    ),
    precautions_heading="Precautions",
    precautions=(
        "**Back up first**: copy the contacts that are stored on it.",
        "**Mind the date**: after it has expired there is more paperwork.",
        "**Keep records**: photograph every receipt.",
        "**Beware of callers**: nobody honest asks for your code.",
    ),
    table_heading="Opening hours",
    table="| Place | Hours |\n| --- | --- |\n| East desk | 9:00 to 17:00 |\n| West desk | 8:30 to 16:30 |",
    code_heading="A sample message",
    code="```\n1. Your request was received\n2. Please wait for our notice\n```",
    promotions=(
        "[Telegram @{handle}](https://t.me/{handle})",
        "Add WeChat: {handle} for help",
        "![Scan me](https://img.example.net/{handle}.png)",
    ),
    colon=": ",
    space=" ",
)

WORDS: Mapping[str, Words] = {"zh": _CHINESE, "en": _ENGLISH}
