"""Connections by name, sandboxes marked as such wherever they stand."""

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from integrations.choices import CAME_BY
from integrations.models import Connection

register = template.Library()


@register.filter
def named(connection: Connection) -> SafeString:
    """The connection's name; a sandbox whose name does not say so is marked."""
    is_told = "sandbox" in connection.name.casefold()
    if not connection.is_sandbox or is_told:
        return format_html("{}", connection.name)
    return format_html('{} <span class="soft">sandbox</span>', connection.name)


@register.filter
def came_in_by(source: str) -> str:
    """How it reached us, in words."""
    return CAME_BY.get(source, source)


@register.filter
def minutes(count: int) -> str:
    """`90 min`, and whole hours as hours."""
    hours, rest = divmod(count, 60)
    if rest or not hours:
        return f"{count} min"
    return "1 hour" if hours == 1 else f"{hours} hours"
