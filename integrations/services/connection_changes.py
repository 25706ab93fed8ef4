"""Changes of connections, pairs and settings: proposed by one person, put in force by another.

Credentials, settings, bank accounts, pairs and new connections take effect only when a second
person approves them. Sandbox connections need none, unless TIEOUT_SANDBOX_TWO_PERSONS says so;
what the apps above have registered (`setting_changes`) always does.
Every function asks for the duty itself; being a superuser is none.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet

from audit import services as audit
from audit.roles import Duty, deny, duties_of, require, require_other
from integrations.choices import ChangeKind, ChangeState, ChangeStep, Environment
from integrations.clock import wall_now
from integrations.models import (
    Connection,
    ConnectionChange,
    ConnectionChangeStep,
    ConnectionDraft,
    Credential,
    Pair,
)
from integrations.services import connection_apply, connection_check, connection_drafts, vault
from integrations.services.connection_apply import ChangeError
from integrations.services.setting_changes import SETTINGS, Setting, setting_of

__all__ = [
    "ChangeError", "approve", "duties_of_change", "history_of", "propose", "propose_pair",
    "propose_setting", "refuse", "waiting", "waits_for", "withdraw",
]  # fmt: skip

PAIR_FIELDS = (
    "name", "gateway_id", "erp_id", "bank_id", "orders_id", "order_wait_days", "company",
    "currency", "post_on", "post_batches", "post_after_documents", "post_after_minutes",
    "batch_prefix", "time_zone", "deposit_late_after_days", "is_active",
)  # fmt: skip
#: The connections of a pair; the last one need not be there.
PAIR_SIDES = ("gateway_id", "erp_id", "bank_id", "orders_id")


def waiting(user: User | AnonymousUser) -> QuerySet[ConnectionChange]:
    """What this person may decide: not what they proposed themselves."""
    duties = duties_of(user)
    mine = Q(pk__in=())
    if Duty.APPROVE_CONNECTIONS in duties:
        mine |= Q(subject="")
    for name, setting in SETTINGS.items():
        if setting.approve in duties:
            mine |= Q(subject__startswith=f"{name}:")
    return ConnectionChange.objects.filter(mine, state=ChangeState.WAITING).exclude(made_by=user.pk)


def duties_of_change(change: ConnectionChange) -> tuple[Duty, Duty]:
    """Who may propose a change like this, and who may approve it."""
    if change.kind != ChangeKind.SETTING:
        return Duty.MANAGE_CONNECTIONS, Duty.APPROVE_CONNECTIONS
    setting, _ = setting_of(change.subject)
    return setting.propose, setting.approve


def waits_for(setting: Setting, key: str) -> ConnectionChange | None:
    """The change of a setting that waits for a second person, if any."""
    return history_of(setting, key).filter(state=ChangeState.WAITING).first()


def history_of(setting: Setting, key: str) -> QuerySet[ConnectionChange]:
    """Every change of a setting, the newest first."""
    found = ConnectionChange.objects.filter(subject=setting.subject(key))
    return found.select_related("made_by", "decided_by")


def needs_other(*, sandbox: bool) -> bool:
    return not sandbox or bool(settings.TIEOUT_SANDBOX_TWO_PERSONS)


def propose(user: User, draft: ConnectionDraft, reason: str) -> ConnectionChange:
    """Hand a form in. In force at once where one person is enough. Raises ChangeError."""
    connection_drafts.own(user, draft)
    fields, before = _differences(draft)
    secrets = connection_drafts.entered(draft)
    if not fields and not secrets:
        raise ChangeError("Nothing differs from what is in use.")
    if not draft.settings_done or not draft.secrets_done:
        raise ChangeError("Settings or secrets are not complete yet.")
    if needs_test(fields, secrets) and not draft.passed:
        raise ChangeError("Run the test first: only what has passed it is put in use.")
    if vault.WEBHOOK_SECRET in secrets and _has_old_secret(draft):
        raise ChangeError("Retire the old webhook secret first: no more than two are accepted.")
    new = draft.connection is None
    change = ConnectionChange(
        kind=ChangeKind.NEW_CONNECTION if new else ChangeKind.CONNECTION,
        connection=draft.connection,
        title=f"{'New connection' if new else 'Change of'} {draft.name}"[:120],
        is_sandbox=draft.is_sandbox,
        fields=fields,
        before=before,
        secret_names=sorted(secrets),
        checks=draft.checks,
    )
    with transaction.atomic():
        _hand_in(user, change, reason, secrets)
        draft.delete()
    return change


def propose_pair(
    user: User, pair: Pair | None, values: Mapping[str, Any], reason: str
) -> ConnectionChange:
    """`values`: PAIR_FIELDS, JSON-plain. In force at once where one person is enough."""
    require(user, Duty.MANAGE_CONNECTIONS, pair)
    before = {} if pair is None else {name: getattr(pair, name) for name in PAIR_FIELDS}
    fields = {name: values[name] for name in PAIR_FIELDS if before.get(name) != values[name]}
    if not fields:
        raise ChangeError("Nothing differs from what is in use.")
    touched = {each[name] for each in (values, before) for name in PAIR_SIDES if name in each}
    real = Connection.objects.filter(pk__in=touched - {None}, environment=Environment.PRODUCTION)
    change = ConnectionChange(
        kind=ChangeKind.NEW_PAIR if pair is None else ChangeKind.PAIR,
        pair=pair,
        title=f"{'New payment route' if pair is None else 'Change of'} {values['name']}"[:120],
        is_sandbox=not real.exists(),
        fields=fields,
        before={name: before[name] for name in fields if name in before},
    )
    with transaction.atomic():
        _hand_in(user, change, reason, {})
    return change


def propose_setting(
    user: User, setting: Setting, key: str, title: str, values: Mapping[str, Any], reason: str
) -> ConnectionChange:
    """`values`: all of the setting's, JSON-plain. Another person puts it in force, always."""
    subject = setting.subject(key)
    require(user, setting.propose, ("setting", subject))
    before = setting.standing(key)
    fields = {name: value for name, value in values.items() if before.get(name) != value}
    if not fields:
        raise ChangeError("Nothing differs from what is in use.")
    change = ConnectionChange(
        kind=ChangeKind.SETTING,
        subject=subject,
        title=title[:120],
        is_sandbox=False,
        fields=fields,
        before={name: before[name] for name in fields if name in before},
    )
    with transaction.atomic():
        _hand_in(user, change, reason, {})
    return change


def approve(user: User, change: ConnectionChange) -> ConnectionChange:
    """Put a change in force as the second person. Raises ChangeError: then nothing has changed."""
    require_other(user, change.made_by, duties_of_change(change)[1], change)
    if change.state != ChangeState.WAITING:
        raise ChangeError("This change is decided already.")
    secrets = _secrets_of(change)
    checks = _test(change, secrets)
    if checks is not None and not connection_check.passed(checks):
        _note_failed(user, change, checks)
        raise ChangeError("Its test did not pass just now, so nothing was changed. Try again.")
    with transaction.atomic():
        locked = _locked(change)
        locked.checks = list(checks or [])
        _step(locked, ChangeStep.APPROVED, user)
        _apply(locked, user, secrets)
    return locked


def refuse(user: User, change: ConnectionChange, note: str) -> ConnectionChange:
    """Say no as the second person, with the reason for it."""
    require_other(user, change.made_by, duties_of_change(change)[1], change)
    return _end(user, change, ChangeState.REFUSED, ChangeStep.REFUSED, note)


def withdraw(user: User, change: ConnectionChange) -> ConnectionChange:
    """Take back what one has proposed oneself."""
    duty = duties_of_change(change)[0]
    require(user, duty, change)
    if change.made_by_id != user.pk:
        deny(user, duty.value, "Only who proposed a change withdraws it.", change)
    return _end(user, change, ChangeState.WITHDRAWN, ChangeStep.WITHDRAWN, "")


def needs_test(fields: Mapping[str, Any], secrets: Mapping[str, str]) -> bool:
    """Whether the vendor is asked differently afterwards; our own webhook secret is no matter of
    the vendor's."""
    asked = {"settings", "connector"} & set(fields)
    return bool(asked or set(secrets) - {vault.WEBHOOK_SECRET})


def _has_old_secret(draft: ConnectionDraft) -> bool:
    held = Credential.objects.filter(connection=draft.connection_id, name=vault.WEBHOOK_SECRET)
    return held.exclude(old_key_id="").exists()


def _differences(draft: ConnectionDraft) -> tuple[dict[str, Any], dict[str, Any]]:
    """New values and those that they replace; of a new connection all of them."""
    after = {
        "name": draft.name,
        "settings": draft.settings,
        "resend_absent_after_minutes": draft.resend_absent_after_minutes,
    }
    now = draft.connection
    if now is None:
        whole = {"connector": draft.connector, "account": draft.account}
        return {**whole, "environment": draft.environment, **after}, {}
    before = {name: getattr(now, name) for name in after if getattr(now, name) != after[name]}
    return {name: after[name] for name in before}, before


def _hand_in(user: User, change: ConnectionChange, reason: str, secrets: Mapping[str, str]) -> None:
    change.needs_other = needs_other(sandbox=change.is_sandbox)  # a setting is no sandbox's
    if change.needs_other and not reason.strip():
        raise ChangeError("Say why: the second person reads it.")
    change.reason, change.made_by, change.made_at = reason.strip()[:300], user, wall_now()
    try:
        with transaction.atomic():
            change.save()
    except IntegrityError as error:
        raise ChangeError(
            "Another change of it waits for a second person. It has to be decided first."
        ) from error
    sealed = vault.seal_secrets(secrets, _context(change))
    change.key_id, change.ciphertext = sealed.key_id, sealed.ciphertext
    change.save(update_fields=["key_id", "ciphertext"])
    _step(change, ChangeStep.PROPOSED, user, change.reason)
    if not change.needs_other:
        _apply(change, user, secrets)


def _context(change: ConnectionChange) -> str:
    return f"connection-change:{change.pk}"


def _secrets_of(change: ConnectionChange) -> dict[str, str]:
    try:
        return vault.open_secrets(change.key_id, bytes(change.ciphertext), _context(change))
    except vault.VaultError as error:
        raise ChangeError(f"Its secrets cannot be opened: {error}") from error


def _test(
    change: ConnectionChange, secrets: Mapping[str, str]
) -> list[connection_check.Check] | None:
    """What the vendor says to the change now; None where there is nothing to ask."""
    if change.kind in (ChangeKind.NEW_PAIR, ChangeKind.PAIR, ChangeKind.SETTING):
        return None
    if not needs_test(change.fields, secrets):
        return None
    now = change.connection
    in_use = connection_drafts.in_use(now)
    return connection_check.run(
        now.connector if now else change.fields["connector"],
        change.fields.get("settings", now.settings if now else {}),
        in_use | dict(secrets),
        sandbox=change.is_sandbox,
    )


def _locked(change: ConnectionChange) -> ConnectionChange:
    locked = ConnectionChange.objects.select_for_update().get(pk=change.pk)
    if locked.state != ChangeState.WAITING:
        raise ChangeError("This change is decided already.")
    return locked


def _apply(change: ConnectionChange, user: User, secrets: Mapping[str, str]) -> None:
    connection_apply.apply(change, secrets, audit.user_actor(user))
    _decided(change, ChangeState.APPLIED, user)
    _step(change, ChangeStep.APPLIED, user)


def _end(
    user: User, change: ConnectionChange, state: ChangeState, step: ChangeStep, note: str
) -> ConnectionChange:
    with transaction.atomic():
        locked = _locked(change)
        _decided(locked, state, user)
        _step(locked, step, user, note)
    return locked


def _decided(change: ConnectionChange, state: ChangeState, user: User) -> None:
    """The end of it: its secrets are in use now or nobody's."""
    change.state, change.decided_by, change.decided_at = state, user, wall_now()
    change.key_id, change.ciphertext = "", b""
    decided = ["state", "decided_by", "decided_at", "key_id", "ciphertext", "checks"]
    change.save(update_fields=[*decided, "connection", "pair"])


def _note_failed(
    user: User, change: ConnectionChange, checks: list[connection_check.Check]
) -> None:
    failed = next(check for check in checks if not check["passed"])
    with transaction.atomic():
        ConnectionChange.objects.filter(pk=change.pk).update(checks=checks)
        _step(change, ChangeStep.NOT_PASSED, user, f"{failed['name']}: {failed['meaning']}")


def _step(change: ConnectionChange, step: ChangeStep, user: User, note: str = "") -> None:
    """Its own history, and the audit log's: names of secrets, never their values."""
    actor = audit.user_actor(user)
    ConnectionChangeStep.objects.create(
        change=change, step=step, actor=actor[:160], at=wall_now(), note=note[:300]
    )
    audit.record(
        f"connection_change.{step}",
        change,
        actor=actor,
        summary=f"{change.title}. {note}".strip()[:300],
        details={
            "fields": change.fields,
            "before": change.before,
            "secrets_named": list(change.secret_names),
        },
    )
