"""Form fields as Django writes them, the plain ones without a template for each.

A list has up to ten filters with dozens of choices, and Django runs three templates for a choice:
a fifth of what a list's page takes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from django.forms.renderers import TemplatesSetting
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

Widget = Mapping[str, Any]


class FormRenderer(TemplatesSetting):
    def render(
        self, template_name: str, context: dict[str, Any], request: HttpRequest | None = None
    ) -> str:
        write = _WRITTEN.get(template_name)
        return (
            write(context["widget"]) if write else super().render(template_name, context, request)
        )


def _attributes(widget: Widget) -> SafeString:
    """An attribute that is true stands alone, and one that is false is left out."""
    given = widget["attrs"].items()
    return mark_safe(  # noqa: S308  (parts are escaped one by one)
        "".join(
            format_html(" {}", name) if value is True else format_html(' {}="{}"', name, value)
            for name, value in given
            if value is not False
        )
    )


def _input(widget: Widget) -> str:
    value = widget["value"]
    said = "" if value is None else format_html(' value="{}"', value)
    about = (widget["type"], widget["name"], said, _attributes(widget))
    return format_html('<input type="{}" name="{}"{}{}>', *about)


def _select(widget: Widget) -> str:
    groups = format_html_join("", "{}", ((_group(*each),) for each in widget["optgroups"]))
    return format_html(
        '<select name="{}"{}>{}</select>', widget["name"], _attributes(widget), groups
    )


def _group(name: str | None, choices: list[Widget], _index: int) -> SafeString:
    options = format_html_join(
        "",
        '<option value="{}"{}>{}</option>',
        ((each["value"], _attributes(each), each["label"]) for each in choices),
    )
    return format_html('<optgroup label="{}">{}</optgroup>', name, options) if name else options


_FOLDER: Final = "django/forms/widgets"
_WRITTEN: Final[dict[str, Callable[[Widget], str]]] = {
    f"{_FOLDER}/select.html": _select,
    **{f"{_FOLDER}/{kind}.html": _input for kind in ("input", "text", "date", "number", "hidden")},
}
