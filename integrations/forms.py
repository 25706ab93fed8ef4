"""Forms of the edge's pages."""

from __future__ import annotations

from typing import Any, Final

from django import forms
from django.core.files.uploadedfile import UploadedFile

from integrations.contracts import Capability
from integrations.models import Connection
from integrations.registry import CONNECTORS

LARGEST: Final = 50 * 1024 * 1024
STATEMENT_CONNECTORS: Final = tuple(
    code for code, info in CONNECTORS.items() if Capability.STATEMENTS in info.capabilities
)


ORDER_CONNECTORS: Final = tuple(
    code for code, info in CONNECTORS.items() if Capability.SHOP_ORDERS in info.capabilities
)


class BankAccountField(forms.ModelChoiceField[Connection]):
    """Bank accounts by their names, each with the format of its files."""

    def label_from_instance(self, obj: Connection) -> str:
        return f"{obj} ({obj.settings.get('format', 'CSV')})"


class StatementForm(forms.Form):
    """A bank account and a statement file of it."""

    connectors = STATEMENT_CONNECTORS

    connection: forms.ModelChoiceField[Connection] = BankAccountField(
        queryset=Connection.objects.none(), label="Bank account", empty_label=None
    )
    file = forms.FileField(
        label="Statement file",
        help_text="As the bank gives it, in the format behind the account's name; 50 MB at"
        " most. Lines that are known already are not taken twice.",
        error_messages={"empty": "This file is empty.", "required": "Choose a file."},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["connection"]
        if isinstance(field, forms.ModelChoiceField):
            field.queryset = Connection.objects.filter(connector__in=self.connectors)

    def clean_file(self) -> UploadedFile[bytes]:
        file: UploadedFile[bytes] = self.cleaned_data["file"]
        if file.size is not None and file.size > LARGEST:
            raise forms.ValidationError("This file is larger than 50 MB; split it.")
        return file


class OrderFileForm(StatementForm):
    """A shop and a file of its orders."""

    connectors = ORDER_CONNECTORS

    connection = forms.ModelChoiceField(
        queryset=Connection.objects.none(), label="Shop", empty_label=None
    )
    file = forms.FileField(
        label="File of orders",
        help_text="One order a line, in the format of the documentation; 50 MB at most. Orders"
        " that are known already are not taken twice.",
        error_messages={"empty": "This file is empty.", "required": "Choose a file."},
    )
