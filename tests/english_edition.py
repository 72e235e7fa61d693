"""An article and its English edition, as their files lie on disk."""

ARTICLE = """---
title: 公交卡怎么注销
---

# 公交卡怎么注销

公交卡就是坐车刷的卡。

## 公交卡注销步骤

照下面三步办：

1. **带证件**：带身份证到服务网点。
2. 填写申请表，费用5元。
   - 写明卡号
3. 签字。电话是400-000-8866。

注意：有的城市要先打客服电话。

## 注意事项

- 备份数据：先把数据存好。
- 警惕诈骗：当心有人冒充工作人员骗钱。

### 误刷

误刷会白白扣钱。注销以后不会再扣。
"""
ENGLISH = """---
title: How to cancel a bus card
language: en
edition_of: bus.md
---

# How to cancel a bus card

A bus card is the card you tap when you ride.

## Steps for cancelling a bus card

It takes the three steps below:

1. **Bring your ID**: take your ID card to a service outlet.
2. Fill in the application form; the fee is 5 yuan.
   - State the card number
3. Sign it. The phone number is 400 000 8866.

Note: in some cities you have to call customer service first.

## Things to watch out for

- Back up your data: save it first.
- Beware of fraud: watch out for people posing as staff to cheat you.

### Accidental swipes

An accidental swipe deducts money for nothing. After cancelling nothing more is deducted.
"""
