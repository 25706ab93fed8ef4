"""Template tags: the formats, and the parts that pages share."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django import template
from django.utils.safestring import SafeString

from console import formats

register = template.Library()


@register.simple_tag
def money(amount: Decimal | None, currency: str) -> SafeString:
    return formats.money(amount, currency)


@register.simple_tag
def money_text(amount: Decimal | str | None, currency: str) -> str:
    """Also of an amount that was kept as text."""
    return formats.money_text(None if amount is None else Decimal(amount), currency)


@register.simple_tag
def tag(word: str, tone: str = "mute") -> SafeString:
    return formats.tag(word, tone)


@register.filter
def day(value: date | None) -> SafeString:
    return formats.day(value)


@register.filter
def moment(value: datetime | None) -> SafeString:
    return formats.moment(value)


@register.filter
def said(text: str) -> str:
    return formats.said(text)


@register.filter
def number(value: Decimal | int) -> str:
    return formats.number_text(value)


@register.filter
def code(value: str) -> SafeString:
    return formats.code(value)


@register.simple_tag
def plural(number: int, one: str, many: str) -> str:
    """`1 batch`, `1,204 batches`."""
    return f"{formats.number_text(number)} {one if number == 1 else many}"


@register.inclusion_tag("console/chart.html")
def chart(chart: Any) -> dict[str, Any]:
    return {"chart": chart}


@register.filter
def spaced(name: str) -> str:
    """A technical name as words: `open_items` as `open items`."""
    return name.replace("_", " ")
