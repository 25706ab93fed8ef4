"""Forms of connections, made from what their connectors want to know."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from django import forms
from django.conf import settings as django_settings

from console import formats
from integrations.addresses import refuse_unsafe_url
from integrations.choices import Environment
from integrations.contracts import Capability
from integrations.errors import ConfigError
from integrations.models import Connection, ConnectionDraft, Pull
from integrations.options import OptionInfo, describe
from integrations.registry import CONNECTORS, info_of
from integrations.services import connection_drafts, vault

#: Before a connector's own settings, so that one called “account” is not ours.
OWN: Final = "set_"
SHORTEST_WEBHOOK_SECRET: Final = 24


class ConnectorForm(forms.Form):
    connector = forms.ChoiceField(
        label="What is to be connected?",
        choices=[(code, info.label) for code, info in CONNECTORS.items()],
        widget=forms.RadioSelect,
        error_messages={"required": "Choose one."},
    )


class SettingsForm(forms.Form):
    """Name, account and environment, then the connector's settings; `advanced` are shown apart."""

    name = forms.CharField(label="Name", max_length=80, help_text="By which people know it here.")
    account = forms.CharField(
        label="Account at the vendor or bank",
        max_length=60,
        help_text="It is part of every posting's key, so it cannot be changed later.",
    )
    environment = forms.ChoiceField(
        label="Environment",
        help_text="Sandbox: no real money. It cannot be changed later.",
    )

    def __init__(self, draft: ConnectionDraft, given: Any = None) -> None:
        super().__init__(given, initial=_initial(draft))
        self.draft = draft
        self.connector = info_of(draft.connector)
        self.infos = [each for each in describe(self.connector.settings_class) if not each.secret]
        for info in self.infos:
            self.fields[OWN + info.name] = _field(info)
        if Capability.POST in self.connector.capabilities:
            self.fields["resend_absent_after_minutes"] = _resend_field()
        if draft.connection_id is not None:
            del self.fields["account"], self.fields["environment"]
            return
        environment = self.fields["environment"]
        if isinstance(environment, forms.ChoiceField):
            environment.choices = [
                (value, label)
                for value, label in Environment.choices
                if value != Environment.SANDBOX or django_settings.TIEOUT_ALLOW_SANDBOX
            ]

    @property
    def plain(self) -> list[forms.BoundField]:
        return [field for field in self if field.name not in self._advanced()]

    @property
    def advanced(self) -> list[forms.BoundField]:
        return [field for field in self if field.name in self._advanced()]

    @property
    def has_advanced_errors(self) -> bool:
        return any(field.errors for field in self.advanced)

    def _advanced(self) -> set[str]:
        return {OWN + info.name for info in self.infos if info.advanced}

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        given["settings"] = self._settings(given)
        given.setdefault("resend_absent_after_minutes", None)
        given.setdefault("environment", self.draft.environment)
        self._check_account(given)
        if not self.errors:
            self._check_settings(given)
        return given

    def _settings(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """JSON-plain; what is empty or as by default is left out unless it stood there before."""
        found: dict[str, Any] = {}
        for info in self.infos:
            value = _plain(info, given.get(OWN + info.name))
            if value in (None, "", []):
                continue
            if info.name in self.draft.settings or value != _plain(info, info.default):
                found[info.name] = value
        return found

    def _check_account(self, given: Mapping[str, Any]) -> None:
        if self.draft.connection_id is not None or "account" not in given:
            return
        same = Connection.objects.filter(
            connector=self.draft.connector,
            account=given["account"],
            environment=given["environment"],
        )
        if same.exists():
            self.add_error("account", "There is a connection for this account already.")

    def _check_settings(self, given: Mapping[str, Any]) -> None:
        """As the connector reads them; secrets that are not known yet are stood in for."""
        infos = describe(self.connector.settings_class)
        known = {info.name: info.example for info in infos if info.secret}
        known |= connection_drafts.all_secrets(self.draft)
        known.pop(vault.WEBHOOK_SECRET, None)
        try:
            read = self.connector.reads_settings.from_mapping(given["settings"], known)
            if url := getattr(read, "base_url", ""):
                refuse_unsafe_url(url, sandbox=given["environment"] == Environment.SANDBOX)
        except ConfigError as error:
            if error.setting not in known:
                name = OWN + error.setting
                self.add_error(name if name in self.fields else None, error.message)


def _initial(draft: ConnectionDraft) -> dict[str, Any]:
    found: dict[str, Any] = {
        "name": draft.name,
        "account": draft.account,
        "environment": draft.environment,
        "resend_absent_after_minutes": draft.resend_absent_after_minutes,
    }
    for info in describe(info_of(draft.connector).settings_class):
        if not info.secret:
            value = draft.settings.get(info.name, info.default)
            found[OWN + info.name] = ", ".join(value) if info.kind == "list" else value
    return found


def _plain(info: OptionInfo, value: Any) -> Any:
    """As JSON keeps it."""
    if value is None:
        return None
    if info.kind == "list":
        parts = value.split(",") if isinstance(value, str) else value
        return [part.strip() for part in parts if part.strip()]
    return value.isoformat() if isinstance(value, date) else value


def _field(info: OptionInfo) -> forms.Field:
    words: dict[str, Any] = {"label": info.label, "help_text": info.hint, "required": info.required}
    if info.choices:
        # What has no default is chosen by a person, and not by standing first.
        nothing = [("", "Choose one")] if info.required else []
        choices = [*nothing, *((each, each) for each in info.choices)]
        return forms.ChoiceField(choices=choices, **words)
    if info.kind == "integer":
        wrong = {"invalid": "Enter a whole number."}
        return forms.IntegerField(error_messages=wrong, **words)
    if info.kind == "yes_no":
        return forms.BooleanField(**{**words, "required": False})
    if info.kind == "date":
        wrong = {"invalid": "Enter a day such as 2011-02-14."}
        widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
        return forms.DateField(error_messages=wrong, widget=widget, **words)
    if info.kind == "list":
        words["help_text"] = f"{info.hint} With commas between.".strip()
    return forms.CharField(max_length=300, **words)


def _resend_field() -> forms.Field:
    return forms.IntegerField(
        label="Send again what is not there after (minutes)",
        required=False,
        min_value=1,
        max_value=100_000,
        help_text="Only for an ERP that does not refuse a key twice: a document that was sent, got"
        " no answer and is still not there after so long is sent again. If the ERP takes longer"
        " than that, it is there twice. Empty: a person decides each time.",
    )


class SecretsForm(forms.Form):
    """Secrets are taken and never shown again; an empty field keeps the one there is."""

    def __init__(self, draft: ConnectionDraft, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.draft = draft
        self.connector = info_of(draft.connector)
        self.entered = connection_drafts.entered(draft)
        held = draft.connection.credentials.all() if draft.connection else ()
        self.held = {row.name: row for row in held}
        self.anew = connection_drafts.to_enter_anew(draft)
        self.infos = [each for each in describe(self.connector.settings_class) if each.secret]
        for info in self.infos:
            self._add(info.name, info.label, info.hint, required=info.required)
        if connection_drafts.takes_announcements(draft.connector):
            hint = (
                "With which your relay signs what it announces to us, best “whsec_” and 32 random"
                " bytes in base64. While you change it there, the old one is accepted too."
            )
            self._add(vault.WEBHOOK_SECRET, "Webhook secret", hint, required=False)

    def _add(self, name: str, label: str, hint: str, *, required: bool) -> None:
        state = ""
        if name in self.entered:
            state = "Entered in this form; leave it empty to keep that."
        elif name in self.anew:
            hint = f"{hint} Enter it once more: it would be sent to another address now.".strip()
        elif name in self.held:
            row = self.held[name]
            by = f" by {row.set_by.removeprefix('user:')}" if row.set_by else ""
            state = f"Set on {formats.moment_text(row.set_at)}{by}; leave it empty to keep it."
        field = forms.CharField(
            label=label,
            required=required and not state,
            max_length=1000,
            widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
            help_text=f"{hint} {state}".strip(),
        )
        field.error_messages["required"] = "Enter it: without it nothing can be read."
        self.fields[name] = field

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        known = connection_drafts.all_secrets(self.draft)
        known |= {name: value for name, value in given.items() if value}
        signing = given.get(vault.WEBHOOK_SECRET) or ""
        if signing and len(signing) < SHORTEST_WEBHOOK_SECRET:
            words = f"Enter at least {SHORTEST_WEBHOOK_SECRET} characters."
            self.add_error(vault.WEBHOOK_SECRET, words)
        if not self.errors:
            self._check(known)
        return given

    def _check(self, known: Mapping[str, str]) -> None:
        own = {name: value for name, value in known.items() if name != vault.WEBHOOK_SECRET}
        try:
            self.connector.reads_settings.from_mapping(self.draft.settings, own)
        except ConfigError as error:
            in_form = error.setting in self.fields
            self.add_error(error.setting if in_form else None, error.message)

    def good(self) -> dict[str, str]:
        """What was entered and is not wrong: kept even if something else is."""
        return {name: value for name, value in self.cleaned_data.items() if value}


class ReasonForm(forms.Form):
    reason = forms.CharField(label="Why", max_length=300, required=False)

    def __init__(self, *args: Any, must: bool, label: str = "Why", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].required = must
        self.fields["reason"].label = label
        self.fields["reason"].error_messages["required"] = "Say why: others will read it."


class OperationForm(forms.Form):
    """What one person may change at once: when it is left alone, and how often it is read."""

    open_after_failures = forms.IntegerField(
        label="Failures in a row until it is left alone",
        min_value=1,
        max_value=1000,
        help_text="After so many without an answer nobody asks for a while; then one worker tries.",
    )
    quiet_after_hours = forms.IntegerField(
        label="Hours without anything new until operations hear of it",
        min_value=0,
        max_value=2000,
        help_text="0 is never. Longer than its longest usual silence, such as a weekend.",
    )

    def __init__(self, connection: Connection, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.pulls: list[Pull] = list(connection.pulls.all())
        for name in ("open_after_failures", "quiet_after_hours"):
            self.fields[name].initial = getattr(connection, name)
        for pull in self.pulls:
            self.fields[f"every_{pull.stream}"] = forms.IntegerField(
                label=f"Read {pull.stream.replace('_', ' ')} every (minutes)",
                min_value=1,
                max_value=1440,
                initial=pull.every_minutes,
            )

    def every_minutes(self) -> dict[str, int]:
        return {pull.stream: self.cleaned_data[f"every_{pull.stream}"] for pull in self.pulls}
