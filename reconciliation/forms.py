"""What the desk's actions ask for. One form per action; none of them decides anything."""

from __future__ import annotations

from django import forms

from mapping.choices import AccountRole


def why() -> forms.CharField:
    """The reason that an action asks for."""
    return forms.CharField(
        label="Why",
        max_length=200,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": "Say why; the reason stays with the exception."},
    )


class NothingForm(forms.Form):
    """An action that only needs to be pressed."""


class CustomerForm(forms.Form):
    customer_id = forms.CharField(
        label="ERP customer", max_length=20, help_text="The customer's id in the ERP, e.g. 12583."
    )


class InvoiceForm(forms.Form):
    document_no = forms.CharField(
        label="Invoice", max_length=40, help_text="The invoice's number as the ERP has it."
    )


class SaleForm(forms.Form):
    sale_ref = forms.CharField(
        label="Sale", max_length=60, help_text="The sale's number at the gateway."
    )


class GiveBackForm(CustomerForm):
    note = why()


class RateForm(forms.Form):
    rate = forms.CharField(
        label="Rate",
        max_length=20,
        required=False,
        help_text="Of the company's currency for one of the payment's. Empty: the table's.",
    )
    note = forms.CharField(
        label="Why another than the table's",
        max_length=200,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class ElsewhereForm(InvoiceForm):
    confirmed = forms.BooleanField(
        label="I have read what else this changes",
        required=False,
        help_text="Press once without it: what it changes in the ERP is said first.",
    )


class WriteOffForm(forms.Form):
    document_no = forms.CharField(
        label="Invoice that is short",
        max_length=40,
        required=False,
        help_text="Empty: what was paid too much is written off.",
    )
    note = why()


class CorrectionForm(forms.Form):
    corrections = forms.CharField(
        label="Fields with their values",
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="One a line, such as amount = 12.50.",
    )
    note = why()


class QuestionForm(forms.Form):
    note = forms.CharField(
        label="What is wrong",
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": "Say what is wrong; it stands on the exception."},
    )


class SplitForm(forms.Form):
    shares = forms.CharField(
        label="Invoices with their shares",
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="One a line, such as 536365 100.00.",
    )


class AccountForm(forms.Form):
    role = forms.ChoiceField(label="What the account is for", choices=AccountRole.choices)
    account = forms.CharField(label="Ledger account", max_length=100)


class MethodForm(forms.Form):
    method = forms.CharField(
        label="Card brand, as the gateway spells it",
        max_length=20,
        required=False,
        help_text="Empty only where the gateway names none: for every card without its own row.",
    )
    erp_method = forms.CharField(label="Payment method in the ERP", max_length=15)


class BatchForm(forms.Form):
    batch_ref = forms.CharField(
        label="Settlement batch",
        max_length=60,
        help_text="Its number at the gateway, or as the statement names it.",
    )


class WaitForm(forms.Form):
    until = forms.DateField(
        label="Wait until", widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    note = forms.CharField(label="Note", max_length=300, required=False)


class NoteForm(forms.Form):
    note = forms.CharField(
        label="Note", max_length=400, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )


class SetAsideForm(forms.Form):
    note = forms.CharField(
        label="Why it is set aside",
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": "Say why; the reason stays with the posting."},
    )


class ReasonForm(forms.Form):
    note = forms.CharField(
        label="Why",
        max_length=400,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": "Say why; the reason stays with the exception."},
    )
