"""Forms about people: whom to invite, and which roles somebody holds."""

from __future__ import annotations

from django import forms
from django.contrib.auth.validators import UnicodeUsernameValidator

from audit import guard
from audit.roles import Role


class RolesForm(forms.Form):
    roles = forms.MultipleChoiceField(
        label="Roles",
        choices=[(role.value, role.value.capitalize()) for role in Role],
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Admin and approver are given and taken by two administrators.",
    )

    def chosen(self) -> list[Role]:
        return [Role(name) for name in self.cleaned_data["roles"]]


class InviteForm(RolesForm):
    username = forms.CharField(
        label="User name",
        max_length=150,
        validators=[UnicodeUsernameValidator()],
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none"}),
    )
    email = forms.EmailField(label="E-mail", required=False, max_length=254)
    field_order = ("username", "email", "roles")

    def clean_username(self) -> str:
        name: str = self.cleaned_data["username"]
        if guard.inspect_text(name).text != name:
            raise forms.ValidationError("This looks like a card number; choose another name.")
        return name
