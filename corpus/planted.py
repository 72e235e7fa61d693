"""Sentences in an article that speak to a language model instead of a reader, in a folded text."""

from __future__ import annotations

import re
from collections.abc import Iterator

from corpus.promotion import Suspicion

_MARKERS = re.compile(
    r"<\|[a-z_]{2,20}\|>|\[/?inst\]|<</?sys>>|^[ \t>#*]{0,8}(?:system|assistant|human)(?: (?:prompt|message|note|override))?[ \t*]{0,3}:"
    r"|^[ \t#]{0,8}#{2,6}[ ]?(?:instructions?|system|response|human|assistant)[ \t]*:?[ \t]*$|\[(?:system|assistant)(?: \w+)?\]|(?:begin|end)_of_(?:text|prompt|turn)|<(?:start|end)_of_turn>",
    re.MULTILINE,
)
_ENGLISH = re.compile(
    r"(?<![a-z])(?:ignore|disregard|forget|override|bypass|skip|do not follow|stop following)(?:[ ,]+(?:all|any|every|everything|the|your|my|of|these|those|and|previous|previously|prior|above|earlier|preceding|other|existing|given|initial|original|system|foregoing)){1,6}[ ]+"
    r"(?:instructions?|prompts?|rules?|directions?|directives?|guidelines?|commands?|messages?|contexts?|constraints?|safety|said|you were told|text above)"
    r"|(?<![a-z])(?:ignore|disregard|forget) (?:everything|anything|all)(?: \w+){0,3} (?:above|before|previously|earlier|told|said|so far)"
    r"|(?<![a-z])you are (?:now|no longer|hereby)(?: (?:a|an|the|in|my|acting as|called|named|known as|going to be))*(?: [a-z\-]+){0,3} (?:ai|assistant|bot|chatbot|model|agent|hacker|pirate|dan|mode|unrestricted|jailbroken|bound|administrator|persona|character|expert|salesman|advisor)(?![a-z])"
    r"|(?<![a-z])system[ _-]prompt|(?<![a-z])(?:hidden|initial|secret|developer) (?:prompt|instructions?|system message)|(?<![a-z])(?:developer|jailbreak|god|dan|unrestricted|debug) mode (?:enabled|on|activated|unlocked)|(?<![a-z])enter (?:developer|debug|dan|god) mode|(?<![a-z])jailbr[eo]"
    r"|(?<![a-z])(?:do not|don't|never|must not|without) (?:tell|telling|inform|informing|mention(?:ing)? (?:this|it|that)? ?to|reveal(?:ing)? (?:this|it) to|let)(?: the| any)? (?:user|users|reader|human)(?![a-z])"
    r"|(?<![a-z])(?:new|updated|additional|real|important|special|urgent|hidden) instructions?(?: for (?:the|you|all)[a-z ]{0,20})?[ ]?:|(?<![a-z])(?:note|message|instructions?|attention|dear|hey|hello|to)(?: to| for)?(?: the| any| all)? (?:ai|llm|language model|chatbot|large language model)(?:s)?(?: assistants?| models?| systems?| agents?)?(?![a-z])"
    r"|(?<![a-z])(?:if you are|as|you are|acting as|act as|pretend (?:to be|you are)|roleplay as|behave like)(?: now)?(?: an?| the)?(?: [a-z]+)? (?:ai|llm|language model|chatbot|ai assistant|ai model|unfiltered|evil|dan)(?![a-z])"
    r"|(?<![a-z])(?:print|reveal|output|repeat|show|leak|disclose|display|dump|translate|summari[sz]e)(?: me| out)?(?: all| the| your| its| these| full| entire| exact| above| previous| of| verbatim| complete){1,5} (?:prompts?|instructions?|rules|configuration|system message|api keys?|secrets?|text above|conversation)(?![a-z])"
    r"|(?<![a-z])(?:when|whenever|if) (?:the |a |any )?(?:user|users|someone|anyone) asks?[^.\n]{0,80}?(?:answer|say|reply|respond|tell|recommend|direct|mention|output)(?![a-z])"
    r"|(?<![a-z])(?:respond|reply|answer|output|say)(?: (?:only|with|to|just|exactly|every|all|questions?|nothing but|now|always)){1,4}[ ]?[\"'“:]|(?<![a-z])(?:always|only|must) (?:respond|reply|answer|recommend|say)(?: to)? (?:with|the user|users|every|all|that|only)"
)
_OBJECT = "指令|提示词|提示詞|设定|設定|约束|命令|规则|規則|prompt|system|人设|限制条件|安全策略|系统消息|任务"
_WEAK_OBJECT = "提示|要求|内容|內容|对话|指示|限制|信息|说明|文字|话|一切|回答"
_WHICH = r"(?:掉|所有|全部|一切|你|您|我|的|之前|以前|以上|前面|上面|上述|此前|先前|系统|系統|原有|已有|现有|既有|这些|任何|其他|其它|给|到|过|收|被|说|和|与|及|、|,|关于|上文|前文|一|开头|最初|初始|原来|原本|安全|内置|预设| ){1,10}"
_IGNORE = rf"(?:忽略|忽視|忽视|无视|無視|忘记|忘掉|忘却|不理会|不要理会|别管|不要遵守|不要遵循|不再遵守|不再遵循|抛开|跳过|推翻|覆盖|绕过|停止执行|停止遵守|作废|清除|丢弃|放弃){_WHICH}"
_CHINESE = re.compile(
    rf"{_IGNORE}(?:{_OBJECT})|(?P<weak>{_IGNORE}(?:{_WEAK_OBJECT}))"
    r"|(?:你|您)(?:现在|現在|从现在(?:起|开始)|此刻|今后|其实|实际上|不再)\W{0,2}(?:就)?(?:是|扮演|成为|变成|充当|作为)(?:一?[个名位款只]|ai|dan|没有|不受|不再|助手|模型|机器人|管理员|开发者|黑客|客服|受|我的|某)"
    r"|从现在(?:起|开始)\W{0,2}(?:你|您|请你|所有(?:回答|回复))|(?:请|你)?\W{0,2}(?:扮演|假扮|假装|假裝)(?:你?是|成|为|一)?(?:一?[个名位])?\w{0,6}?(?:ai|助手|模型|机器人|黑客|专家|管理员|客服|角色|没有限制|dan|开发者)"
    r"|你(?:是|作为)(?:一?[个名位款])?\w{0,6}?(?:ai|人工智能|语言模型|大模型|聊天机器人|智能助手|智能体)|(?:如果|假如|若|当)你是\w{0,4}?(?:ai|人工智能|语言模型|大模型|机器人|助手|模型)|作为(?:一?[个名位款])?(?:ai|人工智能|语言模型|大模型|智能助手)\W{0,2}(?:你|请|应|必须|,)"
    r"|(?:致|给|告诉|提醒|请)(?:所有|各位|阅读本文的|读到这里的|正在阅读的)?(?:的)?(?:ai|大模型|语言模型|llm|智能助手|人工智能)(?![a-z卡])|(?:ai|大模型|语言模型|llm|智能助手|人工智能助手|助手)(?:们)?(?:请注意|注意|必须|务必|请务必|请忽略|应当忽略|请按|读到这|看到这|看到本)"
    r"|系统(?:提示词|提示語|指令|预设|消息)|系統(?:提示詞|指令)|提示词(?:注入|内容|全文|原文|泄露)|隐藏(?:指令|提示词)|开发者模式|越狱模式|管理员模式(?:已)?(?:开启|启用)|(?:新|最新|真正|特殊|隐藏)的?指令\W{0,2}[:为是]"
    r"|(?:请|只|仅|必须|直接|务必|一律|逐字|原样|统一|你要|你应|你只能|你必须)\W{0,2}(?:只|仅|直接|务必|一律|逐字|完整|原样|统一|要|能|需)*(?:地)?(?:输出|輸出|复述|複述)(?!到|至|端|设备|功率|打印机)"
    r"|(?:请|只|仅|只能|一律|统一|必须|务必|你要|你应|都|都要)\W{0,2}(?:只|仅|一律|统一|直接|都)?(?:回答|回复|回覆)\W{0,2}[\"“”「'‘:]|你(?:必须|只能|应当|应该|一定要|要|需要|只需)(?:一律|都|始终|直接|在回答|向用户|对用户|无条件)?\w{0,4}?(?:回答|输出|回复|推荐|告诉用户|复述|说出|声称)"
    r"|(?:不要|别|勿|不得|不能|禁止|无需|不必|切勿)(?:再)?(?:告诉|告知|告訴|提醒|向|让|对|跟)(?:任何)?(?:用户|用戶|使用者|提问者|读者|对方用户)(?:知道|提及|说明|透露|说|解释|提到)?"
    r"|(?:回答|回复|答复)(?:用户|任何|所有|每个|一切|这个|本)*的?(?:问题|提问)?(?:时|前|后|之前|之后|的最后|末尾|结尾|开头)\W{0,2}(?:都|请|必须|务必|一律|一定|要|应|先|最后|始终)+\w{0,4}?(?:推荐|加上|附上|包含|提到|告诉|引导|输出|说|声称|写|添加|给出|提供|建议|让)"
    r"|(?:当|如果|若|只要|每当)(?:有)?(?:用户|用戶|提问者|有人|他人|任何人)(?:询问|提问|问到?|咨询)[^。!?;\n]{0,40}?(?:你|请|都|就|必须|一律|直接|则|应)[^。!?;\n]{0,6}?(?:回答|回复|推荐|告诉|输出|引导|建议|说)"
)
_CONDITION = re.compile(
    "如已|若已|如果|如您|若您|如你|若你|已经|已办|如无|若无|无需办理|倘|的话|本短信|此短信|本条|若不|如不|若非|如非|短信|邮件|误收|可忽略|可以忽略|忽略即可|if you have|if you already"
)


def instructions(text: str) -> Iterator[tuple[Suspicion, bool]]:
    """What speaks to a model, each with whether it is weak: polite articles say "如已办理，请忽略以上内容" too."""
    for pattern in (_MARKERS, _ENGLISH, _CHINESE):
        for found in pattern.finditer(text):
            yield (
                Suspicion(
                    kind="instruction",
                    start=found.start(),
                    end=found.end(),
                    why="an instruction to a language model",
                    reach="sentence",
                ),
                bool(found.groupdict().get("weak")),
            )


def is_polite(sentence: str) -> bool:
    """Whether a weak instruction stands in a sentence that tells readers when it does not concern them."""
    return _CONDITION.search(sentence) is not None
