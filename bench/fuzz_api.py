"""Throw made-up calls at the running API for some minutes: `make fuzz MINUTES=10 SEED=1`.

A database of its own holds some of every state; a server answers with a key that may do everything
a key may. schemathesis (an environment of its own, bench/.venv-fuzz) reads the schema and looks for
what must not be: a 5xx, an answer that the schema does not have, a wrong call that is taken.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
HOME: Final = ROOT / ".tieout" / "fuzz"
DATABASE: Final = "tieout_fuzz"
TOOL: Final = ROOT / "bench" / ".venv-fuzz" / "bin" / "schemathesis"
CHECKS: Final = (
    *("not_a_server_error", "status_code_conformance", "content_type_conformance"),
    *("response_headers_conformance", "response_schema_conformance", "negative_data_rejection"),
    *("missing_required_header", "unsupported_method", "ignored_auth", "allow_header_conformance"),
)
SETTINGS: Final = {
    "DJANGO_SETTINGS_MODULE": "config.settings",
    "TIEOUT_MODE": "demo",
    "TIEOUT_HOME": str(HOME),
    "TIEOUT_DATABASE_NAME": DATABASE,
    "TIEOUT_API_CALLS_PER_MINUTE": "1000000",
    "TIEOUT_CLOCK_FILE": str(HOME / "clock"),
    "TIEOUT_LOG_LEVEL": "ERROR",
}


def environment() -> dict[str, str]:
    kept = {
        name: text
        for name, text in os.environ.items()
        if not name.startswith("TIEOUT_") and name != "DATABASE_URL"
    }
    return kept | SETTINGS


def prepare() -> str:
    """A database with some of every state; the text of a key that may do everything."""
    import django

    HOME.mkdir(parents=True, exist_ok=True)
    from config.embedded import ensure_running

    server = ensure_running(HOME)
    server.drop_database(DATABASE)
    server.ensure_database(DATABASE)
    django.setup()
    from django.core.management import call_command
    from django.utils import timezone
    from django_q.models import Schedule

    from audit import keys
    from audit.roles import Role
    from audit.scopes import Scope
    from integrations.models import Lane
    from integrations.services.lanes import lane_names
    from tests.builders import NOW
    from tests.world import World, person

    (HOME / "clock").write_text(NOW.isoformat())
    call_command("migrate", verbosity=0)
    World()
    # No workers run here; made out to be at work, so that "not ready" would be a finding.
    tomorrow = timezone.now() + timedelta(days=1)
    Schedule.objects.update(next_run=tomorrow)
    for name in lane_names():
        Lane.objects.update_or_create(name=name, defaults={"beat_at": tomorrow})
    owner = person("fuzz", *Role)
    until = timezone.now() + timedelta(days=1)
    _, text = keys.create("fuzz", owner, list(Scope), until, "user:fuzz")
    return text


def throw(address: str, key: str, minutes: float, seed: int) -> int:
    """Run schemathesis; its exit code."""
    command = [
        *(str(TOOL), "run", f"{address}/api/v1/schema", "--url", address),
        *("--header", f"Authorization: Bearer {key}", "--checks", ",".join(CHECKS)),
        *("--seed", str(seed), "--max-time", str(int(minutes * 60)), "--continue-on-failure"),
        *("--request-timeout", "60", "--generation-database", "none", "--no-color"),
    ]
    return subprocess.run(command, cwd=HOME, check=False).returncode


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    if not TOOL.exists():
        sys.exit("schemathesis is not there; `make fuzz` sets it up.")
    ours = environment()
    os.environ.clear()
    os.environ.update(ours)
    from bench.intake.servers import serving
    from config.embedded import stop

    try:
        key = prepare()
        with serving("config.wsgi:application", ours) as (port, _):
            return throw(f"http://127.0.0.1:{port}", key, asked.minutes, asked.seed)
    finally:
        stop(HOME)


if __name__ == "__main__":
    sys.exit(main())
