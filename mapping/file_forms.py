"""Forms for files of rules, and for a new rule set."""

from __future__ import annotations

from typing import Any

from django import forms

from integrations.models import Pair
from integrations.registry import PAIR_TEMPLATES

EMPTY, STANDING, FILE = "empty", "standing", "file"


class SheetForm(forms.Form):
    """A spreadsheet with the rows of one kind."""

    file = forms.FileField(
        label="Spreadsheet",
        help_text="CSV or XLSX, 2 MB and 5,000 rows at most. Nothing changes before you have seen"
        " what it would change.",
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,.xlsx"}),
        error_messages={"empty": "This file is empty.", "required": "Choose a file."},
    )


class NewSetForm(forms.Form):
    """Where a new draft of a pair begins."""

    pair = forms.ModelChoiceField(
        queryset=Pair.objects.order_by("name"), empty_label=None, label="Payment route"
    )
    begin = forms.ChoiceField(label="Begin with")
    file = forms.FileField(
        label="File",
        required=False,
        help_text="A rule set in YAML, such as another payment route's export; 2 MB at most.",
        widget=forms.ClearableFileInput(attrs={"accept": ".yaml,.yml"}),
        error_messages={"empty": "This file is empty."},
    )
    note = forms.CharField(label="What it is for", max_length=200)

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        begin = self.fields["begin"]
        if isinstance(begin, forms.ChoiceField):
            begin.choices = [
                (STANDING, "The rules in force"),
                *((name, f"Template: {each.label}") for name, each in PAIR_TEMPLATES.items()),
                (FILE, "A file"),
                (EMPTY, "Nothing"),
            ]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        if given.get("begin") == FILE and not given.get("file"):
            self.add_error("file", "Choose a file.")
        return given
