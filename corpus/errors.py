"""The one exception that a caller's input can cause in every stage."""


class UnusableInput(ValueError):
    """What the caller gave cannot be used; the message says what the rule is and what to do.

    The command line prints the message and exits with 2. A defect of ours is never raised as this.
    """
