"""Testing a connection: the connector's named checks, in bounded time, outside transactions."""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, Final

from django.conf import settings as django_settings
from django.contrib.auth.models import AnonymousUser, User
from django.db import transaction

from audit import services as audit
from audit.roles import Duty, require
from integrations import registry
from integrations.clock import wall_now
from integrations.contracts import ASK, ConnectionCheck, Connector, failed_check
from integrations.errors import ConfigError, EdgeError
from integrations.models import Connection
from integrations.services import vault

logger = logging.getLogger(__name__)

#: A test that has not ended after so many seconds has not passed.
TEST_SECONDS: Final = 20.0


#: A check as rows keep it: name, passed, meaning (what it found) and todo (what to do about it).
Check = dict[str, Any]


def run(
    connector: str, settings: Mapping[str, Any], secrets: Mapping[str, str], *, sandbox: bool
) -> list[Check]:
    """Build a connector of its own, run its checks, close it. Never raises for what they find."""
    if sandbox and not django_settings.TIEOUT_ALLOW_SANDBOX:
        return _kept([ConnectionCheck("Sandbox", False, "This installation allows none.", ASK)])
    own = {name: value for name, value in secrets.items() if name != vault.WEBHOOK_SECRET}
    try:
        built = registry.build(connector, settings, own, sandbox=sandbox)
    except ConfigError as error:
        return _kept([failed_check("Settings", error)])
    return _kept(_in_time(built))


def passed(checks: Sequence[Mapping[str, Any]]) -> bool:
    """No check at all is no pass."""
    return bool(checks) and all(check["passed"] for check in checks)


def _in_time(connector: Connector) -> list[ConnectionCheck]:
    """The checks, or one that says that time was up; the thread then ends by its own time-outs."""
    found: list[list[ConnectionCheck]] = []
    thread = threading.Thread(target=lambda: found.append(_ask(connector)), daemon=True)
    thread.start()
    thread.join(TEST_SECONDS)
    if found:
        return found[0]
    said = f"There was no complete answer within {TEST_SECONDS:.0f} seconds."
    todo = "Check the address and whether a firewall swallows the request; then test again."
    return [ConnectionCheck("Answer in time", False, said, todo)]


def _ask(connector: Connector) -> list[ConnectionCheck]:
    try:
        return connector.check_connection()
    except EdgeError as error:
        return [failed_check("Connect", error)]
    except Exception:
        logger.exception("The test of a connection broke.")
        return [ConnectionCheck("Connect", False, "The test itself broke.", ASK)]
    finally:
        try:
            connector.close()
        except EdgeError:
            logger.warning("A tested connection did not close.", exc_info=True)


def _kept(checks: Sequence[ConnectionCheck]) -> list[Check]:
    return [asdict(check) for check in checks]


def test(user: User | AnonymousUser, connection: Connection) -> list[Check]:
    """Test a connection as it is in use and remember what came out."""
    require(user, Duty.MANAGE_CONNECTIONS, connection)
    try:
        secrets = vault.connector_secrets(connection)
    except vault.VaultError as error:
        checks = _kept([ConnectionCheck("Open the secrets", False, str(error), ASK)])
    else:
        checks = run(
            connection.connector, connection.settings, secrets, sandbox=connection.is_sandbox
        )
    with transaction.atomic():
        remember(connection, checks)
        audit.record(
            "connection.tested",
            connection,
            actor=audit.user_actor(user),
            summary=f"{connection.name}: the test {'passed' if passed(checks) else 'failed'}.",
            details={"failed": [check["name"] for check in checks if not check["passed"]]},
        )
    return checks


def remember(connection: Connection, checks: Sequence[Check]) -> None:
    """Keep the result with the connection; no connector is built anew for it."""
    values = {"tested_at": wall_now(), "test_passed": passed(checks), "test_checks": list(checks)}
    Connection.objects.filter(pk=connection.pk).update(**values)
    for name, value in values.items():
        setattr(connection, name, value)
