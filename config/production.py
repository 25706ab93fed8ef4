"""What production refuses. Pure: asked at start, and again by the system checks."""

from collections.abc import Iterable
from pathlib import Path

from config.keys import GENERATED_PREFIXES

LEAST_SECRET_CHARACTERS = 50
DEMO_USERS = ("demo-admin", "demo-finance", "demo-approver", "demo-auditor")


def refusals(
    *,
    secret_key: str | None,
    vault_key_ids: Iterable[str],
    allowed_hosts: Iterable[str],
    clock_file: Path | None,
    allow_sandbox: bool,
    debug: bool = False,
) -> list[str]:
    """Why these settings cannot run in production: one sentence each, [] when they can."""
    key_ids, hosts = list(vault_key_ids), list(allowed_hosts)
    secret = secret_key or ""
    generated = secret.startswith(GENERATED_PREFIXES)
    cases = (
        (not secret, "Production needs TIEOUT_SECRET_KEY."),
        (bool(secret) and generated, "TIEOUT_SECRET_KEY is a demo's; production needs its own."),
        (
            0 < len(secret) < LEAST_SECRET_CHARACTERS,
            f"TIEOUT_SECRET_KEY must have at least {LEAST_SECRET_CHARACTERS} characters.",
        ),
        (not key_ids, "Production needs TIEOUT_VAULT_KEYS."),
        (
            any(key_id.startswith(GENERATED_PREFIXES) for key_id in key_ids),
            "TIEOUT_VAULT_KEYS holds a demo's key; production needs its own.",
        ),
        (not hosts, "Production needs TIEOUT_ALLOWED_HOSTS."),
        ("*" in hosts, "TIEOUT_ALLOWED_HOSTS must name the hosts; * is refused in production."),
        (clock_file is not None, "TIEOUT_CLOCK_FILE is refused in production: time is real there."),
        (allow_sandbox, "TIEOUT_ALLOW_SANDBOX is refused in production."),
        (debug, "DEBUG is refused in production."),
    )
    return [sentence for applies, sentence in cases if applies]
