"""The form of a pair: whose money which company books, and where it arrives."""

from __future__ import annotations

from typing import Any, Final
from zoneinfo import ZoneInfo

from django import forms

from integrations.contracts import Capability
from integrations.models import Connection, Pair
from integrations.registry import CONNECTORS

SIDES: Final = {
    "gateway": Capability.TRANSACTIONS,
    "erp": Capability.POST,
    "bank": Capability.STATEMENTS,
    "orders": Capability.SHOP_ORDERS,
}
#: Part of the keys of what was posted: another one would be another pair.
FIXED: Final = ("gateway", "erp", "company", "currency")


class ConnectionChoice(forms.ModelChoiceField[Connection]):
    def label_from_instance(self, obj: Connection) -> str:
        mark = " (sandbox)" if obj.is_sandbox else ""
        return f"{obj.name}, {obj.account}{mark}"


class PairForm(forms.ModelForm[Pair]):
    gateway = ConnectionChoice(queryset=Connection.objects.none())
    erp = ConnectionChoice(queryset=Connection.objects.none(), label="ERP")
    bank = ConnectionChoice(
        queryset=Connection.objects.none(),
        label="Bank account",
        help_text="Where the gateway's deposits arrive.",
    )
    orders = ConnectionChoice(
        queryset=Connection.objects.none(),
        required=False,
        empty_label="No shop",
        label="Orders",
        help_text="The shop whose orders become this company's invoices.",
    )
    reason = forms.CharField(
        label="Why",
        max_length=300,
        required=False,
        help_text="Needed where real money is concerned: a second person reads it and approves.",
    )

    class Meta:
        model = Pair
        fields = (
            "name", "gateway", "erp", "company", "currency", "bank", "orders",
            "order_wait_days", "post_on", "post_batches",
            "post_after_documents", "post_after_minutes", "batch_prefix", "time_zone",
            "deposit_late_after_days", "is_active",
        )  # fmt: skip
        labels = {
            "post_on": "Post a payment",
            "post_batches": "Post ERP batches from here",
            "post_after_documents": "Post a day's batch after (documents)",
            "post_after_minutes": "Post a day's batch after (minutes)",
            "batch_prefix": "Before a batch's number",
            "deposit_late_after_days": "A deposit is late after (days)",
            "order_wait_days": "An order waits for its payment (days)",
            "is_active": "In use",
        }
        help_texts = {
            "currency": "A code such as USD.",
            "time_zone": "Of the company's business days, such as America/New_York.",
            "deposit_late_after_days": "Finance hears of a deposit that is not there by then.",
            "order_wait_days": "After that it becomes an invoice that nobody has paid yet.",
            "is_active": "Without it nothing new is decided for this payment route.",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, capability in SIDES.items():
            codes = [code for code, info in CONNECTORS.items() if capability in info.capabilities]
            field = self.fields[name]
            if isinstance(field, forms.ModelChoiceField):
                field.queryset = Connection.objects.filter(connector__in=codes).order_by("name")
        # Only a pair with a shop has a use for it.
        self.fields["order_wait_days"].required = False
        if self.instance.pk:
            for name in FIXED:
                self.fields[name].disabled = True
                self.fields[name].help_text = "Part of what was posted: it stays as it is."

    def clean_order_wait_days(self) -> int:
        given: int | None = self.cleaned_data["order_wait_days"]
        return self.instance.order_wait_days if given is None else given

    def clean_currency(self) -> str:
        code: str = self.cleaned_data["currency"].upper()
        if len(code) != 3 or not (code.isascii() and code.isalpha()):
            raise forms.ValidationError("Enter a code of three letters, such as USD.")
        return code

    def clean_time_zone(self) -> str:
        name: str = self.cleaned_data["time_zone"]
        try:
            ZoneInfo(name)
        except (KeyError, ValueError, OSError) as error:
            raise forms.ValidationError("Enter a zone such as America/New_York.") from error
        return name

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        sides = [given[name] for name in SIDES if given.get(name)]
        if len({side.environment for side in sides}) > 1:
            raise forms.ValidationError(
                "A sandbox and a real connection cannot form a payment route: invented money would"
                " be booked as real, or real money nowhere."
            )
        return given

    def values(self) -> dict[str, Any]:
        """As a proposed change keeps them."""
        return {
            f"{name}_id" if name in SIDES else name: value.pk if name in SIDES and value else value
            for name, value in self.cleaned_data.items()
            if name != "reason"
        }
