"""Answers of a connection's form, kept step by step until handed in. They have no effect."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any, Final

from django.contrib.auth.models import AnonymousUser, User
from django.db import transaction

from audit import services as audit
from audit.roles import Duty, deny, require
from integrations.clock import wall_now
from integrations.contracts import Capability
from integrations.models import Connection, ConnectionDraft
from integrations.options import describe
from integrations.registry import info_of
from integrations.services import connection_check, vault
from integrations.services.connection_check import Check

logger = logging.getLogger(__name__)

#: Those whose relays may announce what happened, and shops: they have a secret to sign it with.
ANNOUNCING = frozenset({Capability.TRANSACTIONS, Capability.BATCHES, Capability.SHOP_ORDERS})

#: The setting that says where a connector sends its secrets.
ADDRESS: Final = "base_url"


def begin(user: User, connector: str) -> ConnectionDraft:
    """A form for a new connection. Raises ConfigError for an unknown connector."""
    require(user, Duty.MANAGE_CONNECTIONS)
    info_of(connector)
    return ConnectionDraft.objects.create(owner=user, connector=connector)


def edit(user: User, connection: Connection) -> ConnectionDraft:
    """This person's form of a connection, as far as they have come with it."""
    require(user, Duty.MANAGE_CONNECTIONS, connection)
    draft, _ = ConnectionDraft.objects.get_or_create(
        owner=user,
        connection=connection,
        defaults={
            "connector": connection.connector,
            "name": connection.name,
            "account": connection.account,
            "environment": connection.environment,
            "resend_absent_after_minutes": connection.resend_absent_after_minutes,
            "settings": connection.settings,
            "settings_done": True,
            "secrets_done": True,
        },
    )
    return draft


def own(user: User | AnonymousUser, draft: ConnectionDraft) -> None:
    """Raises PermissionDenied, on record, unless it is this person's own draft."""
    require(user, Duty.MANAGE_CONNECTIONS, draft)
    if draft.owner_id != user.pk:
        deny(user, Duty.MANAGE_CONNECTIONS.value, "A draft is its owner's alone.", draft)


def keep_settings(user: User, draft: ConnectionDraft, answers: Mapping[str, Any]) -> None:
    """`answers`: name, settings, resend_absent_after_minutes; account and environment if new."""
    own(user, draft)
    draft.name, draft.settings = answers["name"], dict(answers["settings"])
    draft.resend_absent_after_minutes = answers["resend_absent_after_minutes"]
    if draft.connection_id is None:
        draft.account, draft.environment = answers["account"], answers["environment"]
    draft.settings_done = True
    if draft.connection_id is not None or not asks_secrets(draft.connector):
        draft.secrets_done = not to_enter_anew(draft)
    _changed(draft)


def keep_secrets(
    user: User, draft: ConnectionDraft, secrets: Mapping[str, str], *, done: bool
) -> None:
    """Add to the draft's secrets; `done` when nothing is missing or wrong."""
    own(user, draft)
    both = entered(draft) | {name: value for name, value in secrets.items() if value}
    sealed = vault.seal_secrets(both, _context(draft))
    draft.key_id, draft.ciphertext = sealed.key_id, sealed.ciphertext
    draft.secrets_done = done
    _changed(draft)


def _changed(draft: ConnectionDraft) -> None:
    """What was tested was something else."""
    draft.checks, draft.checked_at, draft.passed = [], None, False
    draft.save()


def _context(draft: ConnectionDraft) -> str:
    return f"connection-draft:{draft.pk}"


def entered(draft: ConnectionDraft) -> dict[str, str]:
    """The secrets of the draft in clear: never for a page or a log."""
    return vault.open_secrets(draft.key_id, bytes(draft.ciphertext), _context(draft))


def all_secrets(draft: ConnectionDraft) -> dict[str, str]:
    """Those in use with the draft's over them, in clear: never for a page or a log.

    Where the draft names another address, those in use are left out: one person alone must not
    have them sent to an address of their own choice, as a test would.
    """
    kept = {} if is_elsewhere(draft) else in_use(draft.connection)
    return kept | entered(draft)


def is_elsewhere(draft: ConnectionDraft) -> bool:
    """Whether the secrets would be sent to another address than they are now."""
    now = draft.connection
    return now is not None and draft.settings.get(ADDRESS) != now.settings.get(ADDRESS)


def to_enter_anew(draft: ConnectionDraft) -> frozenset[str]:
    """Secrets that have to be typed once more, because of the draft's other address."""
    if not is_elsewhere(draft):
        return frozenset()
    asked = describe(info_of(draft.connector).settings_class)
    return frozenset({each.name for each in asked if each.secret and each.required}) - set(
        entered(draft)
    )


def in_use(connection: Connection | None) -> dict[str, str]:
    """A connection's secrets in clear; those that the vault cannot open count as missing."""
    found: dict[str, str] = {}
    for row in connection.credentials.all() if connection else ():
        try:
            found[row.name] = vault.open_credential(row)
        except vault.VaultError:
            logger.warning("The secret %s of %s cannot be opened.", row.name, connection)
    return found


def test(user: User, draft: ConnectionDraft) -> list[Check]:
    """Test the answers as they would be used; they stay as they are."""
    own(user, draft)
    checks = connection_check.run(
        draft.connector, draft.settings, all_secrets(draft), sandbox=draft.is_sandbox
    )
    draft.checks, draft.checked_at = [dict(check) for check in checks], wall_now()
    draft.passed = connection_check.passed(checks)
    # Only if the answers are still those that were tested.
    same = ConnectionDraft.objects.filter(pk=draft.pk, updated_at=draft.updated_at)
    with transaction.atomic():
        same.update(checks=draft.checks, checked_at=draft.checked_at, passed=draft.passed)
        audit.record(
            "connection.tested",
            draft.connection or ("connection-draft", str(draft.pk)),
            actor=audit.user_actor(user),
            summary=f"{draft}: a test before a change"
            f" {'passed' if draft.passed else 'did not pass'}.",
            details={"failed": [check["name"] for check in checks if not check["passed"]]},
        )
    return checks


def discard(user: User, draft: ConnectionDraft) -> None:
    """Throw the answers away; nothing else changes."""
    own(user, draft)
    draft.delete()


def asks_secrets(connector: str) -> bool:
    """Whether there is anything to enter in the step of the secrets."""
    wanted = describe(info_of(connector).settings_class)
    return takes_announcements(connector) or any(info.secret for info in wanted)


def takes_announcements(connector: str) -> bool:
    return bool(info_of(connector).capabilities & ANNOUNCING)
