"""Secrets and card data out of messages, structures and log records.

`redact` is for whatever is shown, logged or audited: values under secret names, bearer and basic
credentials, JSON web tokens, passwords in URLs, and what the card-number guard removes. Needs no
Django: the logging configuration loads it before the applications.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

from audit.guard import inspect_json, inspect_text

REDACTED: Final = "[redacted]"

_SECRET: Final = (
    r"(?:pass(?:word|wd|phrase)|pwd|secret(?:[_-]?key)?|token|api[_-]?key|access[_-]?key"
    r"|private[_-]?key|signing[_-]?key|vault[_-]?keys?|authorization|credentials?|cookie"
    r"|session[_-]?id|csrfmiddlewaretoken)"
)
# A name is secret by its end: `client_secret`, `x-api-key`; `token_type` and `secret_id` are not.
_SECRET_NAME: Final = re.compile(rf"(?:.*[\W_])?(?:\w*?){_SECRET}s?", re.IGNORECASE)
_NAMED: Final = re.compile(
    rf"(?P<lead>[\w-]{{0,40}}{_SECRET}\\?[\"']?\s{{0,9}}(?:[:=]>?|>)\s{{0,9}})"
    r"(?P<value>\\?\"(?:[^\"\\]|\\(?!\"))*\\?\"|'[^']*'"
    r"|(?:(?:bearer|basic|token)\s+)?(?!\[redacted\])[^\s\"'&,;<>(){}\[\]]+)",
    re.IGNORECASE,
)
_SCHEME: Final = re.compile(r"\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,}", re.IGNORECASE)
_JSON_WEB_TOKEN: Final = re.compile(r"\beyJ[\w-]{8,}\.[\w-]{4,}(?:\.[\w-]*)?")
_USERINFO: Final = re.compile(r"(://[^\s:/@?#]*:)[^\s/@]+(?=@)")
_HINTS: Final = (
    *("pass", "pwd", "secret", "token", "key", "authorization", "credential", "cookie"),
    *("session", "bearer", "basic", "eyj", "://"),
)


def redact(value: Any) -> Any:
    """The value without secrets and card data: text, exceptions, dicts and lists of any depth.

    Scalars that are not text come back as they are unless they are card numbers. The given
    structure is never altered. Redacting twice changes nothing more.
    """
    return inspect_json(_without_secrets(value)).value


def redact_text(text: str) -> str:
    """The text without secrets and card data."""
    return inspect_text(_text_without_secrets(text)).text


def is_secret_name(name: str) -> bool:
    """Whether values under this name are secrets."""
    return len(name) <= 100 and _fits_secret_name(name)


@lru_cache(maxsize=4096)
def _fits_secret_name(name: str) -> bool:
    return _SECRET_NAME.fullmatch(name) is not None


def _without_secrets(value: Any) -> Any:
    if isinstance(value, str):
        return _text_without_secrets(value)
    if isinstance(value, Mapping):
        return {
            key: REDACTED
            if isinstance(key, str) and held not in (None, "", True, False) and is_secret_name(key)
            else _without_secrets(held)
            for key, held in value.items()
        }
    if isinstance(value, list | tuple | set | frozenset):
        items = [_without_secrets(item) for item in value]
        return tuple(items) if isinstance(value, tuple) else items
    if isinstance(value, bytes):
        return _text_without_secrets(value.decode("utf-8", "backslashreplace"))
    if isinstance(value, BaseException):
        return _text_without_secrets(f"{type(value).__name__}: {value}")
    return value


def _text_without_secrets(text: str) -> str:
    lowered = text.lower()
    if not any(hint in lowered for hint in _HINTS):
        return text
    text = _USERINFO.sub(rf"\1{REDACTED}", text)
    text = _NAMED.sub(_replace_named, text)
    text = _SCHEME.sub(rf"\1 {REDACTED}", text)
    return _JSON_WEB_TOKEN.sub(REDACTED, text)


def _replace_named(match: re.Match[str]) -> str:
    quote = re.match(r"\\?[\"']?", match["value"])
    mark = quote.group() if quote else ""
    return f"{match['lead']}{mark}{REDACTED}{mark}"


class RedactionFilter(logging.Filter):
    """Redacts a record whole before any handler formats it: message, arguments, traceback."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Always lets the record through, changed in place."""
        try:
            message = record.getMessage()
        except (TypeError, ValueError, KeyError):  # message and arguments do not fit together
            message = f"{record.msg} (its arguments could not be put in)"
        record.msg, record.args = redact_text(message), ()
        if record.exc_info and not record.exc_text:
            record.exc_text = logging.Formatter().formatException(record.exc_info)
        if record.exc_text:
            record.exc_text = redact_text(record.exc_text)
            # The exception itself still holds the secret: only its redacted text goes on.
            record.exc_info = None
        if record.stack_info:
            record.stack_info = redact_text(record.stack_info)
        return True
