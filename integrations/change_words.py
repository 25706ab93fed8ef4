"""A proposed change in the words of its forms: what it was, and what it is to be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from integrations.choices import ChangeKind, Environment
from integrations.models import Connection, ConnectionChange
from integrations.options import describe
from integrations.pair_forms import SIDES, PairForm
from integrations.registry import CONNECTORS
from integrations.services import vault
from integrations.services.setting_changes import setting_of

NAMES: Final = {
    "name": "Name",
    "connector": "Kind",
    "account": "Account at the vendor or bank",
    "environment": "Environment",
    "resend_absent_after_minutes": "Send again what is not there after (minutes)",
}


@dataclass(frozen=True)
class Line:
    """`before` is empty for what is new; a secret's line never holds its value."""

    label: str
    before: str
    after: str


def setting_labels(connector: str) -> dict[str, str]:
    """Labels of a connector's settings and secrets."""
    info = CONNECTORS.get(connector)
    found = {each.name: each.label for each in describe(info.settings_class)} if info else {}
    return {**found, vault.WEBHOOK_SECRET: "Webhook secret"}


def lines_of(change: ConnectionChange) -> list[Line]:
    if change.kind == ChangeKind.SETTING:
        setting, _ = setting_of(change.subject)
        return [Line(*each) for each in setting.lines(change.before, change.fields)]
    if change.kind in (ChangeKind.NEW_PAIR, ChangeKind.PAIR):
        return _pair_lines(change)
    connector = change.connection.connector if change.connection else change.fields["connector"]
    labels = setting_labels(connector)
    found = [
        Line(NAMES[name], text_of(change.before.get(name), name), text_of(value, name))
        for name, value in change.fields.items()
        if name != "settings"
    ]
    before, after = change.before.get("settings", {}), change.fields.get("settings", {})
    found += [
        Line(labels.get(name, name), text_of(before.get(name)), text_of(after.get(name)))
        for name in [*after, *(name for name in before if name not in after)]
        if before.get(name) != after.get(name)
    ]
    new = change.kind == ChangeKind.NEW_CONNECTION
    found += [
        Line(labels.get(name, name), "" if new else "kept secret", "a new one, kept secret")
        for name in change.secret_names
    ]
    return found


def _pair_lines(change: ConnectionChange) -> list[Line]:
    ids = {
        each[name]
        for each in (change.before, change.fields)
        for name in each
        if name.removesuffix("_id") in SIDES and each[name] is not None
    }
    connections = Connection.objects.in_bulk(ids)
    form = PairForm().fields

    def said(name: str, value: Any) -> str:
        if name.removesuffix("_id") not in SIDES or value not in connections:
            return text_of(value)
        found = connections[value]
        return f"{found.name}, {found.account}{' (sandbox)' if found.is_sandbox else ''}"

    return [
        Line(
            str(form[name.removesuffix("_id")].label),
            said(name, change.before.get(name)),
            said(name, value),
        )
        for name, value in change.fields.items()
    ]


def text_of(value: Any, name: str = "") -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(str(each) for each in value)
    if name == "environment" and value:
        return str(Environment(value).label)
    if name == "connector" and value in CONNECTORS:
        return CONNECTORS[value].label
    return "" if value is None else str(value)
