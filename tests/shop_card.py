"""An article and what chat models may make of it, for tests."""

from __future__ import annotations

ARTICLE = """# 书店储值卡

## 书店储值卡怎么注销

注销储值卡一共四步：

1. **带上证件**：带上本人身份证和储值卡，到任意一家门店的服务台。
2. **填写申请表**：填写退卡申请表，写明卡号和退卡原因。
3. **核对余额**：店员核对卡内余额，收取10元工本费。
4. **等待退款**：余额在7个工作日内退回原支付账户。

注意：赠送的金额不能退款。

## 书店储值卡的客服热线

有疑问可以拨打客服热线 0571-88123456，服务时间为9:00至18:00。
"""
QUESTION = "书店储值卡怎么注销？"
STEPS = (
    "1. 带上本人身份证和储值卡，到任意一家门店的服务台。[1]",
    "2. 填写退卡申请表，写明卡号和退卡原因。[1]",
    "3. 店员核对卡内余额，收取10元工本费。[1]",
    "4. 余额在7个工作日内退回原支付账户。[1]",
)
NOTE = "注意：赠送的金额不能退款。[1]"
GOOD = "\n".join((*STEPS, "", NOTE))


def reply(*, without: int = 0, **changed: str) -> str:
    """The good reply with some of its steps changed, `step_3="…"`, or one left out."""
    lines = [changed.get(f"step_{n}", line) for n, line in enumerate(STEPS, 1) if n != without]
    return "\n".join((*lines, "", changed.get("note", NOTE)))


ENGLISH_ARTICLE = """---
language: en
---

# Bookshop gift card

## How to cancel a bookshop gift card

Cancelling the gift card takes four steps:

1. **Bring your papers**: bring your ID card and the gift card to the service desk of any branch.
2. **Fill in the form**: fill in the cancellation form with the card number and your reason.
3. **Check the balance**: a member of staff checks the balance and charges a fee of 10 yuan.
4. **Wait for the refund**: the balance is refunded to your account within 7 working days.

Note: amounts that were given as a present are not refunded.
"""
ENGLISH_QUESTION = "How do I cancel my bookshop gift card?"
ENGLISH_GOOD = """1. Bring your ID card and the gift card to the service desk of any branch. [1]
2. Fill in the cancellation form with the card number and your reason. [1]
3. A member of staff checks the balance and charges a fee of 10 yuan. [1]
4. The balance is refunded to your account within 7 working days. [1]

Note: amounts that were given as a present are not refunded. [1]"""
