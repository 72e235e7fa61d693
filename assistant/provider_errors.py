"""What the errors of providers mean: what to tell, whether to try again, and never a word that may repeat a key."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from assistant.chat_model import FailureKind, ModelFailed
from assistant.streamed_model import Failed
from corpus.errors import UnusableInput

EXAMPLES = "`openai:gpt-4o-mini`, `anthropic:claude-haiku-4-5` or `ollama:qwen3`"
EXTRAS = ("openai", "ollama", "anthropic", "huggingface")  # of this package: what a provider needs
_REFUSED = (401, 403)  # HTTP: no key, or one that is not allowed to
_TOO_MANY = 429
_TIMED_OUT = (408, 504)
_BAD_REQUEST = 400
_PACKAGE = re.compile(r"pip install ([\w.\[\]-]+)")
_VARIABLE = re.compile(r"\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*_(?:KEY|TOKEN|ID|URL|ENDPOINT|REGION|PROJECT|CREDENTIALS)\b")
_UNKNOWN_PROVIDER = ("Unable to infer model provider", "Unsupported provider")
# By name, as each provider brings its own: HTTP clients' errors before a reply, when there is no connection.
_NO_CONNECTION = re.compile(r"Connection|^ConnectError$|^ReadError$|^WriteError$|^RemoteProtocolError$|^NetworkError$")
_TIMEOUT = re.compile(r"Timeout")
_CONTEXT = re.compile(r"ContextOverflow|ContextWindowExceeded")
_NO_KEY = re.compile(r"api[_ ]?key|credential", re.IGNORECASE)
# What some models and servers refuse to be asked for, by the words of their refusal.
_OPTION_WORDS = {"temperature": "temperature", "stream_usage": "stream_options"}


def explained(error: BaseException, name: str, provider: str, *, key_given: bool) -> Failed:
    """The failure that an error of a call is, by its status and the names of its classes.

    Args:
        error: What the provider's package raised.
        name: The model as it was set.
        provider: Whose model it is, empty when it is not known.
        key_given: Whether the key came from our settings, and not from the provider's own variable.
    """
    status = _status(error)
    if status in _REFUSED:
        return Failed(
            error=UnusableInput(
                f"`model` must be one that accepts your key; {name!r} refused it with status {status}. "
                f"{_set_the_key(provider, error, key_given)}"
            )
        )
    if status is None and not key_given and _NO_KEY.search(str(error)) and not _is_named(error, _NO_CONNECTION):
        return Failed(error=cannot_be_opened(name, provider, error))
    kind, passing = _kind(error, status)
    message = f"{name} failed with {type(error).__name__}" + (f", status {status}" if status else "")
    return Failed(error=ModelFailed(message, kind=kind), passing=passing, wait_seconds=_retry_after(error))


def _kind(error: BaseException, status: int | None) -> tuple[FailureKind, bool]:
    """What kind of failure an error is, and whether another try may do better."""
    if _is_named(error, _CONTEXT):
        return "too_long", False
    if status == _TOO_MANY:
        return "rate_limited", True
    if status in _TIMED_OUT:
        return "timeout", True
    if status is not None:
        # Not found is a model or an address that is not there; it will not be there in a second.
        return ("unavailable", status >= 500) if status >= 500 or status == 404 else ("broken", False)
    if _is_named(error, _TIMEOUT):
        return "timeout", False
    if _is_named(error, _NO_CONNECTION):
        return "unavailable", True
    return "broken", False


def option_refused(error: BaseException) -> str:
    """The option of a call that a provider will not be given, empty when it is something else."""
    if _status(error) != _BAD_REQUEST:
        return ""
    said = str(error)
    return next((option for option, word in _OPTION_WORDS.items() if word in said), "")


def cannot_be_opened(name: str, provider: str, error: BaseException, *, key_given: bool = False) -> UnusableInput:
    """Why a model cannot be opened, and what to do about it."""
    said = str(error)
    if isinstance(error, ImportError):
        wanted = _package_wanted(provider, error)
        extra = wanted.removeprefix("langchain-") if wanted.startswith("langchain-") else provider
        with_it = f"'xiaoka[{extra}]'" if extra in EXTRAS else wanted
        return UnusableInput(
            f"`model` must be one whose package is installed; got {name!r}, which needs `{wanted}`. "
            f"Install it: `pip install {with_it}`."
        )
    if said.startswith(_UNKNOWN_PROVIDER):
        return UnusableInput(
            f"`model` must be a provider that LangChain knows and a model, such as {EXAMPLES}; got {name!r}. "
            "Correct the name, or give the address of its server with `model_url`."
        )
    return UnusableInput(
        f"`model` must be one that can be opened; got {name!r}, which ended in {type(error).__name__}. "
        f"{_set_the_key(provider, error, key_given)}"
    )


def _package_wanted(provider: str, error: ImportError) -> str:
    package = _PACKAGE.search(str(error))
    return package[1].rstrip(".") if package else (error.name or f"langchain-{provider}").replace("_", "-")


def _set_the_key(provider: str, error: BaseException, key_given: bool) -> str:
    """What to set, by the names alone that an error mentions: its text may repeat a key."""
    if key_given:
        return "Correct the key in `XIAOKA_MODEL_KEY` or in the file that `model_key_file` names."
    named = list(dict.fromkeys(_VARIABLE.findall(str(error)))) or [f"{provider.upper().replace('-', '_')}_API_KEY"]
    variables = " or ".join(f"`{variable}`" for variable in named)
    return f"Set {variables} to what the provider gave you, or name a file that holds it with `model_key_file`."


def _status(error: BaseException) -> int | None:
    for source in (error, getattr(error, "response", None)):
        status = getattr(source, "status_code", None)
        # Ollama's package says -1 for an error in the midst of a reply.
        if isinstance(status, int) and status >= 100:
            return status
    return None


def _is_named(error: BaseException, pattern: re.Pattern[str]) -> bool:
    """Whether an error, or what caused it, is of a class with such a name, or of one that is derived from it."""
    return any(pattern.search(kind.__name__) for link in _chain(error) for kind in type(link).__mro__)


def _chain(error: BaseException) -> Iterator[BaseException]:
    link: BaseException | None = error
    seen: set[int] = set()
    while link is not None and id(link) not in seen:
        seen.add(id(link))
        yield link
        link = link.__cause__ or link.__context__


def _retry_after(error: BaseException) -> float | None:
    """Seconds until the provider wants to be asked again; None when it does not say."""
    said = next((headers["retry-after"] for headers in map(_headers, _chain(error)) if "retry-after" in headers), "")
    try:
        return max(0.0, float(said))
    except ValueError:
        pass
    try:
        at = parsedate_to_datetime(said)
    except ValueError:
        return None
    return max(0.0, (at - datetime.now(at.tzinfo or UTC)).total_seconds())


def _headers(error: BaseException) -> Mapping[str, str]:
    headers = getattr(getattr(error, "response", None), "headers", None)
    return {} if headers is None else {name.lower(): value for name, value in headers.items()}
