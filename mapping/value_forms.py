"""A form for each kind of rule: what a person types to see which row fires and what follows."""

from __future__ import annotations

from typing import Any, Final

from django import forms

from mapping.kinds import KINDS, Kind


def _amount(label: str, places: int) -> forms.DecimalField:
    return forms.DecimalField(label=label, max_digits=20, decimal_places=places)


#: What a kind works with, beside its conditions or in the place of one.
WORKED_WITH: Final[dict[str, dict[str, forms.Field]]] = {
    "taxes": {
        "taxable": _amount("Amount that is taxed", 2),
        "charged": _amount("Tax that was charged", 2),
    },
    "currencies": {
        "currency": forms.RegexField(
            r"^[A-Za-z]{3}$",
            label="Currency",
            error_messages={"invalid": "Enter a code of three letters, such as USD."},
        ),
        "amount": _amount("Amount", 8),
        "on": forms.DateField(
            label="Business day", widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
        ),
    },
}


def _is_text(kind: Kind, name: str) -> bool:
    field = kind.field(name)
    return not field.choices and field.get_internal_type() == "CharField"


#: Kinds that are asked with texts alone; the others are about a document's own parts.
TRIED: Final[dict[str, Kind]] = {
    slug: kind
    for slug, kind in KINDS.items()
    if all(_is_text(kind, name) for name in kind.conditions)
}


def value_form(kind: Kind) -> type[forms.Form]:
    """Its conditions, none of them required, and what it works with."""
    fields: dict[str, Any] = {
        name: forms.CharField(
            label=str(kind.field(name).verbose_name),
            max_length=kind.field(name).max_length,
            required=False,
            widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        )
        for name in kind.conditions
    }
    return type("ValueForm", (forms.Form,), fields | WORKED_WITH.get(kind.slug, {}))
