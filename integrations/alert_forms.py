"""Forms of the alert settings: routes, silences and the rhythm of gateways."""

from __future__ import annotations

from typing import Any, Final
from zoneinfo import ZoneInfo

from django import forms
from django.conf import settings
from django.core.validators import validate_email

from integrations.addresses import refuse_unsafe_url
from integrations.alert_addresses import is_shortened
from integrations.choices import AlertKind, Audience, Channel
from integrations.errors import ConfigError
from integrations.models import AlertRoute, Connection

SHORTEST_SECRET: Final = 24
TIME: Final = forms.TimeInput(attrs={"type": "time"}, format="%H:%M")


class RouteForm(forms.ModelForm[AlertRoute]):
    """One address; the secret is taken and never shown again."""

    audience = forms.ChoiceField(
        label="For", choices=[("", "Everybody’s alerts"), *Audience.choices], required=False
    )
    kinds = forms.MultipleChoiceField(
        label="Only these kinds",
        choices=AlertKind.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="None ticked: all of them.",
    )
    secret = forms.CharField(
        label="Signing secret",
        required=False,
        max_length=200,
        strip=True,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text="For a webhook: at least 24 characters, best “whsec_” and 32 random bytes in"
        " base64. It is kept encrypted and never shown again; empty leaves the one there is.",
    )

    class Meta:
        model = AlertRoute
        fields = (
            "name", "channel", "address", "secret", "audience", "kinds", "connection",
            "sends_recoveries", "sends_digest", "digest_at", "time_zone", "quiet_from",
            "quiet_to", "is_active",
        )  # fmt: skip
        labels = {
            "channel": "By",
            "connection": "Only about this connection",
            "sends_recoveries": "Say when it is over",
            "sends_digest": "Send the daily digest",
            "digest_at": "Digest at",
            "quiet_from": "Quiet from",
            "quiet_to": "Quiet until",
            "is_active": "In use",
        }
        help_texts = {
            "address": "E-mail addresses with commas between, or the address of a webhook."
            " An address with a token in it is kept encrypted and shown shortened.",
            "time_zone": "A zone such as America/New_York; the times below and above are of it.",
            "quiet_from": "What is not urgent is sent as one message when quiet hours end.",
        }
        widgets = {"digest_at": TIME, "quiet_from": TIME, "quiet_to": TIME}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        connection = self.fields["connection"]
        if isinstance(connection, forms.ModelChoiceField):
            connection.empty_label = "All connections"
            connection.queryset = Connection.objects.order_by("name")

    def clean_time_zone(self) -> str:
        name: str = self.cleaned_data["time_zone"]
        try:
            ZoneInfo(name)
        except (KeyError, ValueError, OSError) as error:
            raise forms.ValidationError("Enter a zone such as America/New_York.") from error
        return name

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        if given.get("channel") == Channel.WEBHOOK:
            self._check_webhook(given)
        elif given.get("address"):
            self._check_mails(given["address"])
        if (given.get("quiet_from") is None) != (given.get("quiet_to") is None):
            self.add_error("quiet_to", "Quiet hours need a beginning and an end.")
        return given

    def _check_webhook(self, given: dict[str, Any]) -> None:
        address = given.get("address") or ""
        # A sealed address comes back as it is shown: then it stays.
        if is_shortened(address) and address != self.initial.get("address"):
            self.add_error("address", "Enter the whole address, or leave it as it is shown.")
        try:
            refuse_unsafe_url(address, sandbox=settings.TIEOUT_ALLOW_SANDBOX)
        except ConfigError as error:
            self.add_error("address", error.message)
        secret = given.get("secret") or ""
        if not secret and not self.instance.key_id:
            self.add_error("secret", "A webhook is signed: enter its secret.")
        elif secret and len(secret) < SHORTEST_SECRET:
            self.add_error("secret", f"Enter at least {SHORTEST_SECRET} characters.")

    def _check_mails(self, text: str) -> None:
        for address in text.split(","):
            try:
                validate_email(address.strip())
            except forms.ValidationError:
                self.add_error("address", f"“{address.strip()}” is no e-mail address.")


class SilenceForm(forms.Form):
    """A kind, a connection or both; for how long; and why."""

    kind = forms.ChoiceField(
        label="Kind", required=False, choices=[("", "All kinds"), *AlertKind.choices]
    )
    connection = forms.ModelChoiceField(
        queryset=Connection.objects.order_by("name"),
        label="Connection",
        required=False,
        empty_label="All connections",
    )
    hours = forms.IntegerField(label="For how many hours", min_value=1, max_value=720, initial=4)
    reason = forms.CharField(label="Why", max_length=200)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        if not given.get("kind") and not given.get("connection") and "kind" in given:
            raise forms.ValidationError("Choose a kind or a connection: not everything at once.")
        return given


class RhythmForm(forms.Form):
    hours = forms.IntegerField(label="Hours", min_value=0, max_value=2000)
