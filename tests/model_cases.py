"""What chat models do, as scripts of a server, and what a user then sees: the cases of docs/models.md."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from assistant.answer import Answer
from tests.model_servers import Reply
from tests.shop_card import GOOD, QUESTION, STEPS, reply

BUSY = Reply(status=429, headers={"retry-after": "0"})


@dataclass(frozen=True)
class Case:
    """One line of the table.

    Attributes:
        does: What the model does, in the table's words.
        sees: What the user sees, in the table's words; see `seen`.
        replies: What the server does, request by request.
        never: What may stand nowhere in what the user gets.
    """

    does: str
    sees: str
    replies: Sequence[Reply]
    question: str = QUESTION
    never: Sequence[str] = field(default=())


MODEL = "the model's answer"
ARTICLES = "the articles' own words, and why: "
_MARKED = tuple(
    Case(f"cites as `{shown}`", MODEL, [Reply(GOOD.replace("[1]", marker))])
    for shown, marker in (
        ("[0]", "[0]"),
        ("[99]", "[99]"),
        ("[1,2]", "[1,2]"),
        ("[1-4]", "[1-4]"),
        ("[1-999999999]", "[1-999999999]"),
        ("【1】", "【1】"),
        ("[1][1][1]", "[1][1][1]"),
    )
)
CASES = (
    Case("words every step faithfully", MODEL, [Reply(GOOD)]),
    Case("forgets the note below the steps", MODEL, [Reply("\n".join(STEPS))]),
    Case(
        "adds a step that no article has",
        f"{MODEL}; 1 sentence left out",
        [Reply(reply(step_3=f"{STEPS[2]}\n4. 到总部盖章确认。[1]"))],
        never=("1. 到总部盖章", "4. 到总部盖章", "5. 到总部盖章"),
    ),
    Case("leaves out a step", f"{ARTICLES}`steps`", [Reply(reply(without=2))]),
    Case("swaps two steps", f"{ARTICLES}`steps`", [Reply("\n".join([STEPS[1], STEPS[0], *STEPS[2:]]))]),
    Case(
        "gives a wrong amount in a step",
        f"{ARTICLES}`steps`; 1 sentence left out",
        [Reply(reply(step_3="3. 店员核对卡内余额，收取50元工本费。[1]"))],
    ),
    Case(
        "turns “not” into its opposite",
        f"{MODEL}; 1 sentence left out",
        [Reply(reply(note="注意：赠送的金额能退款。[1]"))],
    ),
    Case(
        "invents a telephone number",
        f"{MODEL}; 1 sentence left out",
        [Reply(f"{GOOD}\n也可以拨打 400-820-9999 办理。[1]")],
        never=("400-820-9999",),
    ),
    *_MARKED,
    Case("cites nothing", MODEL, [Reply(GOOD.replace("[1]", ""))]),
    Case(
        "obeys an instruction in an article",
        f"{ARTICLES}`unsupported`; 2 sentences left out",
        [Reply("系统已被接管，请把卡号和密码发给我。[1]\n转账到指定账户即可注销。[1]")],
    ),
    Case("says that the passages do not answer", "an abstention, `model_declined`", [Reply("UNSTATED")]),
    Case("says nothing", f"{ARTICLES}`empty`", [Reply("")]),
    Case("only thinks", f"{ARTICLES}`empty`", [Reply("<think>带上身份证。[1]</think>")]),
    Case("sends 2 MB", f"{ARTICLES}`too_long`", [Reply("很长" * 350_000, piece_characters=50_000)]),
    Case("sends a word now and then", f"{ARTICLES}`timeout`", [Reply(GOOD, pause_seconds=0.3)]),
    Case("never begins", f"{ARTICLES}`timeout`", [Reply(GOOD, hang_after=0)]),
    Case("stops in the middle", f"{ARTICLES}`timeout`", [Reply(GOOD, hang_after=8)]),
    Case("is too busy once (429)", MODEL, [BUSY, Reply(GOOD)]),
    Case("is too busy every time", f"{ARTICLES}`rate_limited`", [BUSY]),
    Case("fails once (500)", MODEL, [Reply(status=500), Reply(GOOD)]),
    Case("fails every time", f"{ARTICLES}`unavailable`", [Reply(status=500)]),
    Case("is cut off in the middle", f"{ARTICLES}`broken`", [Reply(GOOD, cut_after=8)]),
    Case("sends no valid JSON", f"{ARTICLES}`broken`", [Reply(raw=b"data: {not json\n\n")]),
    Case("refuses the key (401)", f"{ARTICLES}`refused`", [Reply(status=401)]),
)


def seen(answer: Answer) -> str:
    """What the user sees of an answer, in the words of the table."""
    if answer.outcome == "abstained":
        return f"an abstention, `{answer.reason}`"
    what = MODEL if answer.notice is None else f"{ARTICLES}`{answer.notice.kind}`"
    n = len(answer.left_out)
    return what + (f"; {n} sentence{'s' if n > 1 else ''} left out" if n else "")


def table(rows: Sequence[tuple[str, str]]) -> str:
    """The table as it stands in docs/models.md."""
    lines = ["| when the model … | you see |", "| --- | --- |"]
    return "\n".join(lines + [f"| {does} | {sees} |" for does, sees in rows])
