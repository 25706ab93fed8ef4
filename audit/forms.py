"""Forms of the audit app's pages."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from django import forms
from django.contrib.auth import get_user_model
from django.utils import timezone

from audit.models import ApiKey
from audit.scopes import SCOPE_WORDS, Scope

LIFETIMES: Final = ((30, "30 days"), (90, "90 days"), (180, "180 days"), (365, "A year"))


class ApiKeyForm(forms.ModelForm[ApiKey]):
    """A new key: what for, for whom, how long."""

    scopes = forms.MultipleChoiceField(
        label="It may",
        choices=[(scope.value, words) for scope, words in SCOPE_WORDS.items()],
        widget=forms.CheckboxSelectMultiple,
        initial=[Scope.READ.value],
        help_text="Never more than the owner's roles allow.",
        error_messages={"required": "Choose at least one."},
    )
    days = forms.TypedChoiceField(label="Good for", choices=LIFETIMES, coerce=int, initial=90)

    class Meta:
        model = ApiKey
        fields = ("name", "owner", "scopes", "days")
        labels = {"name": "Name"}
        help_texts = {
            "name": "The software that uses it; entries of the audit log say key:name.",
            "owner": "Who answers for it. It ends to work when they are no active user any more.",
        }

    field_order = ("name", "owner", "scopes", "days")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        owner = self.fields["owner"]
        if isinstance(owner, forms.ModelChoiceField):
            owner.queryset = get_user_model().objects.filter(is_active=True).order_by("username")
            owner.empty_label = "Choose"

    def expires_at(self) -> Any:
        return timezone.now() + timedelta(days=self.cleaned_data["days"])
