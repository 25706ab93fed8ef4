"""How values look: money, days, moments, ages, tags and links. Every page uses these, no other.

Values come in as they are (Decimal, date, datetime) and leave as safe HTML or plain text. Numbers
are formatted here and not by the locale, so that two pages never differ.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

MINUS: Final = "\N{MINUS SIGN}"
NOTHING: Final = mark_safe('<span class="none" aria-hidden="true">–</span>')
#: Neither part of a name, such as a file's, nor of a time.
_DAY: Final = re.compile(r"(?<![\w-])\d{4}-\d\d-\d\d(?![\w-]|\.\w)", re.ASCII)
_AMOUNT: Final = re.compile(r"(?<![\w.,-])-?\d+\.\d{1,4}(?= [A-Z]{3}\b)", re.ASCII)
TONES: Final = ("good", "warn", "bad", "info", "mute")

_digits: Callable[[str], int] = lambda currency: 2  # noqa: E731


def use_minor_units(digits: Callable[[str], int]) -> None:
    """The app that knows currencies says how many decimals each has."""
    global _digits  # noqa: PLW0603  (set once, at start)
    _digits = digits


def number_text(amount: Decimal | int, digits: int = 0) -> str:
    """`1,467` or `−1,467.41`, with a true minus sign."""
    return f"{amount:,.{digits}f}".replace("-", MINUS)


def money_text(amount: Decimal | None, currency: str) -> str:
    """`−1,467.41 USD`; empty when there is no amount, or one without a currency."""
    if amount is None or not currency:
        return ""
    return f"{number_text(amount, _digits(currency))} {currency}"


def bare_money(amount: Decimal, currency: str) -> SafeString:
    """The amount alone, where the row already says the currency."""
    return format_html('<span class="money">{}</span>', number_text(amount, _digits(currency)))


def money(amount: Decimal | None, currency: str) -> SafeString:
    if amount is None or not currency:
        return NOTHING
    return format_html(
        '<span class="money">{} <span class="currency">{}</span></span>',
        number_text(amount, _digits(currency)),
        currency,
    )


def day_text(value: date | None) -> str:
    """`14 Feb 2011`"""
    return f"{value.day} {value:%b %Y}" if value else ""


def day(value: date | None) -> SafeString:
    if value is None:
        return NOTHING
    return format_html('<time datetime="{}">{}</time>', value.isoformat(), day_text(value))


def moment_text(value: datetime | None) -> str:
    """`14 Feb 2011 18:30`, in the active time zone."""
    if value is None:
        return ""
    local = timezone.localtime(value)
    return f"{day_text(local)} {local:%H:%M}"


def moment(value: datetime | None) -> SafeString:
    if value is None:
        return NOTHING
    local = timezone.localtime(value)
    return format_html(
        '<time datetime="{}">{} <span class="clock">{}</span></time>',
        local.isoformat(),
        day_text(local),
        f"{local:%H:%M}",
    )


def said(text: str) -> str:
    """A sentence that was written down with `2011-02-14` and `-1467.41 USD`, as pages say them."""
    return _AMOUNT.sub(_as_amount, _DAY.sub(_as_day, text))


def _as_day(found: re.Match[str]) -> str:
    try:
        return day_text(date.fromisoformat(found[0]))
    except ValueError:
        return found[0]


def _as_amount(found: re.Match[str]) -> str:
    return f"{Decimal(found[0]):,f}".replace("-", MINUS)


def days_text(days: int) -> str:
    """An age in whole days: `today`, `1 day`, `12 days`."""
    if days <= 0:
        return "today"
    return "1 day" if days == 1 else f"{days} days"


def age_text(since: datetime | None, now: datetime) -> str:
    """How long ago, in the largest unit that says enough: `3 min`, `5 h`, `12 days`, `never`."""
    if since is None:
        return "never"
    seconds = (now - since).total_seconds()
    if seconds < 60:
        return "just now"
    if seconds < 3600:
        return f"{int(seconds // 60)} min"
    if seconds < 2 * 86400:
        return f"{int(seconds // 3600)} h"
    return f"{int(seconds // 86400)} days"


def ago_text(since: datetime | None, now: datetime) -> str:
    """`12 min ago`, `just now`, `never`."""
    age = age_text(since, now)
    return age if age in ("never", "just now") else f"{age} ago"


def tag(word: str, tone: str = "mute") -> SafeString:
    """A tinted label that also says the word. `tone` is one of TONES."""
    if tone not in TONES:
        raise ValueError(f"There is no tone {tone!r}.")
    return format_html('<span class="tag tag-{}">{}</span>', tone, word)


def link(url: str, text: str) -> SafeString:
    return format_html('<a href="{}">{}</a>', url, text)


def text(value: object) -> SafeString:
    return format_html("{}", value) if value not in (None, "") else NOTHING


def code(value: str) -> SafeString:
    """An identifier that people compare letter by letter."""
    return format_html('<span class="code">{}</span>', value) if value else NOTHING
