"""Why an index cannot be used as it is."""

from __future__ import annotations

from corpus.errors import UnusableInput


class IndexMissing(UnusableInput):
    """There is no index of this corpus yet."""


class IndexDamaged(IndexMissing):
    """There is an index of this corpus, and its files are not as they were built."""


class IndexStale(UnusableInput):
    """The corpus, or a part of the program that shapes an index, has changed since the index was built."""


class IndexForeign(UnusableInput):
    """The index was built with another encoder."""
