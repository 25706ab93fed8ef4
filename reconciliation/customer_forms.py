"""Forms about customers."""

from __future__ import annotations

from django import forms

from integrations.models import Pair


def _text(label: str, most: int, hint: str = "") -> forms.CharField:
    widget = forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"})
    return forms.CharField(label=label, max_length=most, widget=widget, help_text=hint)


class NumberForm(forms.Form):
    customer_id = _text("Customer in the ERP", 20)


def _maybe(label: str, most: int, hint: str = "") -> forms.CharField:
    """A text that may be empty. Wider than any ERP's column: what is too long is said, not cut."""
    field = _text(label, most, hint)
    field.required = False
    return field


class NewCustomerForm(forms.Form):
    """A new customer of the ERP, as the payment shows the payer; all of it can be changed."""

    name = _text("Name", 120)
    number = _maybe("Number in the ERP", 40, "Empty: the ERP’s next one.")
    email = _maybe("E-mail", 254)
    phone = _maybe("Telephone", 40)
    line1 = _maybe("Address", 100)
    line2 = _maybe("Second line of the address", 100)
    line3 = _maybe("Third line of the address", 100)
    city = _maybe("City", 100)
    region = _maybe("State", 100)
    postcode = _maybe("Post code", 20)
    country = _maybe("Country", 100, "As the ERP names it, e.g. USA.")
    customer_class = _maybe("Customer class", 40)
    terms = _maybe("Payment terms", 40)


class WhyForm(forms.Form):
    why = _text("Why", 300, "It stays with the history.")


class RefuseForm(forms.Form):
    note = forms.CharField(label="Why", max_length=300, required=False)


class MergeForm(forms.Form):
    pair = forms.ModelChoiceField(
        Pair.objects.order_by("name"), label="Payment route", empty_label=None
    )
    merged_id = _text("Customer that goes", 20, "Its links and later payments go to the other.")
    kept_id = _text("Customer that stays", 20)
    why = _text("Why they are one", 300)


class SheetForm(forms.Form):
    pair = forms.ModelChoiceField(
        Pair.objects.select_related("erp").order_by("name"), label="Payment route", empty_label=None
    )
    what = forms.ChoiceField(
        label="What it holds",
        choices=(("links", "Links, as they are exported"), ("crm", "Customers of the CRM")),
    )
    file = forms.FileField(
        label="Spreadsheet",
        help_text="CSV in UTF-8 or XLSX, 5,000 rows at most. A CRM’s list needs a column “Number”;"
        " Name, E-mail, Telephone, Tax number, Street, City, Region, Post code, Country and ERP"
        " number are read where they stand.",
        error_messages={"empty": "This file is empty.", "required": "Choose a file."},
    )
