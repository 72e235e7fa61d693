"""From which score a sentence answers a question.

Scores are logarithms of odds against "no unit answers"; `tests/benchmarks/results/calibration.json` holds the curve.
"""

ANSWERS_FROM = 0.25
SURELY_ANSWERS_FROM = 2.0
WITHOUT_TYPE_ANSWERS_FROM = 1.3  # the same of one that has no value of the type asked for, or no word for what it must
STRANGE_ANSWERS_FROM = 1.75  # the same of a question in which nothing to do with a card is known
FOLLOWING_ANSWERS_FROM = 1.25  # and of one that is asked in a conversation about a card
