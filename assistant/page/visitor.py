"""Who looks at the page, and what every event of it has in common."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import gradio as gr

from assistant.page.words import COOKIE, Language, gradio_words, page_language, word_key

Say = Callable[[str], Any]

# What the page sends itself is no function for programs, and needs no sign that it is at work.
QUIET: Mapping[str, Any] = MappingProxyType({"show_progress": "hidden", "api_visibility": "private"})

# For what is answered at one go. What goes through Gradio's queue comes back on a stream that all events of a page
# share and that ends with the last of them: the browser never hears of an event that was sent just then.
DIRECT: Mapping[str, Any] = MappingProxyType({**QUIET, "queue": False})


def language_of(request: gr.Request) -> Language:
    """The language that a visitor reads the page in."""
    return page_language(request.headers.get("accept-language", ""), request.cookies.get(COOKIE, ""))


def translation() -> tuple[gr.I18n, Say]:
    """The page's words for Gradio, and what gives one of them by its key: text that the browser puts in."""
    i18n = gr.I18n(**gradio_words())
    return i18n, lambda key: i18n(word_key(key))
