"""Whether a sentence holds a value of the type that a question asks for."""

from __future__ import annotations

from assistant.lexicon import any_of

_NUMERAL = r"(?:\d+(?:\.\d+)?|[零一二两三四五六七八九十百千万半几数]+)"
_SPAN = rf"{_NUMERAL}\s*[至到~—-]?\s*{_NUMERAL}?\s*个?"
_WORD_NUMERAL = (
    r"(?:\d+|one|two|three|four|five|six|seven|eight|nine|ten|twelve|fifteen|twenty|thirty|sixty|ninety|few|several)"
)
_TYPED = {
    "amount": any_of(
        rf"{_NUMERAL}\s*[多余来]?(?:[美港欧日]?元|块|圆|毛|分钱|蚊|万元|港币|人民币|yuan|rmb|cny|hkd|dollars?)",
        rf"(?<!剪)(?<!剪[去掉下了]){_NUMERAL}角(?!落)",
        rf"\b{_WORD_NUMERAL} (?:yuan|dollars?|euros?|pounds?|cents?|percent)\b",
        rf"[¥￥$€£]\s*\d|\d\s*%|百分之|{_NUMERAL}成(?![年人功为立不])|{_NUMERAL}个(?:百分)?点(?!击)",
        r"免费|免收|免[交缴]|免手续费|分文不[取收]|一分(?:钱)?(?:都|也)?不|全额|如数|[零0]费用",
        r"不收取?(?:任何)?(?:费|手续费)|无需(?:支付|缴纳|缴)?[^，。；]{0,4}费|没有(?:任何|其他|额外|手续)*费",
        r"(?:不|无需)(?:[用必会需再]|另外|额外)*[收交缴付花扣要用抽掏](?:取|纳|你|您|任何|一)*(?:手续|工本)?[费钱]",
        r"free of charge|for free|\b(?:is|are) free\b|no fee|full refund|in full|waived|(?:not|n't|never) charged?\b",
        r"\b(?:no|without|any) (?:\w+ )?(?:charge|cost|fee|penalty)",
    ),
    "number": any_of(r"\d", rf"{_NUMERAL}(?:元|块|毛|天|次|个月)"),
    "duration": any_of(
        rf"{_SPAN}(?:工作[日天]|自然日|天|小时|钟头|刻钟|分钟|秒|周|星期|礼拜|季度|学期)",
        rf"{_SPAN}(?:日(?![常期后])|月(?!份)|年(?![度卡费票]))",
        r"当[天日场晚月]|即时|立即|实时|次[日月]|翌日|隔[天日]|第二天|下个?月",
        r"(?:马上|立刻|立马)(?:就|能|可以)?(?:到|退|生效|办|好|拿)",
        r"immediately|instantly|(?:same|next|following) (?:working |business )?day|on the spot|(?:straight|right) away",
        rf"\b(?:an? (?:full |whole )?|{_WORD_NUMERAL}[ -](?:\w+ )?)(?:days?|hours?|minutes?|weeks?|months?)\b",
    ),
    "clock": any_of(
        r"\d{1,2}\s*[:：点时]|[早晚午夜一二三四五六七八九十][一二两三四五六七八九十]{1,2}点",
        r"[一二两三四五六七八九十]点(?:半|整|钟|前|后|到|至)|(?:周|星期|礼拜)[一二三四五六日天末]",
        r"节假日|上午|下午|双休|全年无休|全天|(?<![\d一二两三四五六七八九十几个])工作日",
        r"\d\s*[ap]\.?m\b|(?:mon|tues|wednes|thurs|fri|satur|sun)days?\b|weekend|weekday|noon|midnight|24/7",
    ),
    "phone": any_of(
        r"(?<!\d)(?:\d{3,4}[- ]?\d{3,4}[- ]?\d{3,4}|1\d{4,10}|9\d{4,5}|\d{5})(?!\d)",
        r"(?<!\d)\(?0\d{1,3}\)?[- ]?\d{3,4}[- ]\d{4}(?!\d)",
        r"(?<![\d-])(?:(?!(?:19|20)\d\d-)\d{3,4}-\d{4}|[2-8]\d{6,7})(?![\d-])",
    ),
    "address": any_of(
        r"[路街巷道]\s*\d+\s*号|\d+\s*[号层楼栋]|[一二三四五六七八九十]+[层楼]|street|road|avenue|\bfloor\b",
        r"[\w.+-]+@[\w-]+\.\w|https?://|\bwww\.\w",
    ),
    "age": any_of(
        rf"{_NUMERAL}\s*周?岁|成年|年龄(?:不限|没有限制)|不限年龄",
        r"\byears? (?:old|of age)\b|\baged? \d|\bminors?\b|\badults?\b",
        r"\b(?:under|over) \d{1,2}\b(?! *(?:yuan|days?|hours?|minutes?|weeks?|months?|dollars?))",
    ),
    "count": any_of(
        rf"{_NUMERAL}\s*(?:次|回|趟|遍|张|部|台|份|本|辆|位|名)|不限(?:次|张|量|数)|没有(?:上限|限制)",
        rf"\b{_WORD_NUMERAL} (?:\w+ )?(?:times|cards?|phones?|devices?|cop(?:y|ies)|accounts?|people)\b",
        r"\b(?:once|twice)\b|\bno limit\b|\bunlimited\b",
    ),
}


def holds_value(text: str, value_type: str) -> bool:
    """Whether folded `text` holds a value of a type.

    Args:
        text: What may hold one.
        value_type: `amount`, `number`, `duration`, `clock`, `phone`, `address`, `age`, or `count` (of times or things).
    """
    return _TYPED[value_type].search(text) is not None
