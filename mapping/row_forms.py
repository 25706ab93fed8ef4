"""The form of a row: made of the kind's columns, so that a new kind has one by being there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

from django import forms
from django.forms import BoundField, ModelForm, modelform_factory

from mapping.kinds import Kind
from mapping.models.rules import Rule


@dataclass(frozen=True, slots=True)
class Known:
    """What rows of this draft have in a column already: offered, never demanded."""

    name: str
    values: Sequence[str]


class RowForm(ModelForm[Rule]):
    """`if_fields` and `then_fields` are its two halves."""

    kind: Kind

    @property
    def if_fields(self) -> list[BoundField]:
        return [self[name] for name in self.kind.conditions]

    @property
    def then_fields(self) -> list[BoundField]:
        return [self[name] for name in self.kind.outcomes]

    def values(self) -> dict[str, str]:
        """As typed: what the service checks and keeps."""
        return {name: str(self[name].value() or "") for name in self.kind.columns}

    def take(self, problems: dict[str, list[str]]) -> None:
        """Show sentences beside the columns that they are about."""
        for name, texts in problems.items():
            for text in texts:
                self.add_error(name if name in self.fields else None, text)


def row_form(kind: Kind, *args: Any, **more: Any) -> RowForm:
    """A form for a row of a kind; arguments as for every form."""
    made = modelform_factory(kind.model, form=RowForm, fields=list(kind.columns))
    more["auto_id"] = f"id_{kind.slug}_%s"
    form = cast(RowForm, made(*args, **more))
    form.kind = kind
    for name in kind.columns:
        form.fields[name].localize = False
        if isinstance(form.fields[name], forms.CharField) and not kind.field(name).choices:
            form.fields[name].widget.attrs |= {"list": list_id(kind, name), "autocomplete": "off"}
    return form


def list_id(kind: Kind, name: str) -> str:
    return f"known-{kind.slug}-{name}"


def known_values(kind: Kind, rows: Sequence[Rule], most: int = 50) -> list[Known]:
    """For each text column the values in use, so that a known one is not typed in another way."""
    found = []
    for name in kind.columns:
        if kind.field(name).choices or kind.field(name).get_internal_type() != "CharField":
            continue
        values = sorted({str(getattr(row, name)) for row in rows} - {""})
        found.append(Known(list_id(kind, name), values[:most]))
    return found


class NoteForm(forms.Form):
    """A reason or purpose in a sentence."""

    note = forms.CharField(label="Why", max_length=200)

    def __init__(self, *args: Any, label: str = "Why", **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["note"].label = label


class StartForm(forms.Form):
    """From which business day a version decides."""

    active_from = forms.DateField(
        label="In force from",
        help_text="A business day. What was decided before stays as it is.",
        widget=forms.DateInput(attrs={"type": "date"}),
        error_messages={
            "required": "Say from which business day.",
            "invalid": "Enter a day such as 2011-02-14.",
        },
    )


class AboutForm(forms.Form):
    """What a draft is for, and how the processor's deposits are known on the statement."""

    note = forms.CharField(label="What it is for", max_length=200, required=False)
    deposit_pattern = forms.CharField(
        label="Text of deposits",
        max_length=120,
        help_text="A line of the bank statement that holds it is a card deposit.",
    )
    seen = forms.CharField(widget=forms.HiddenInput)
