"""The simulator as a process of its own: killed, started again, told nonsense."""

import contextlib
import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from django.conf import settings as django_settings

from integrations.sandbox.clock import SandboxClock
from integrations.sandbox.paytrace.server import Settings
from tests.integrations.sandbox.paytrace.conftest import Sandbox


def command(settings: Settings, *more: str) -> list[str]:
    return [
        sys.executable, "-m", "integrations.sandbox.paytrace", "--port", "0",
        "--database-url", settings.database_url, "--clock-file", str(settings.clock_file), *more,
    ]  # fmt: skip


@contextmanager
def process(settings: Settings, *more: str) -> Iterator[tuple[subprocess.Popen, Sandbox]]:
    started = subprocess.Popen(
        command(settings, *more), stdout=subprocess.PIPE, text=True, cwd=django_settings.BASE_DIR
    )
    try:
        assert started.stdout is not None
        base = started.stdout.readline().split()[-1]
        yield started, Sandbox(base, SandboxClock(settings.clock_file), settings.database_url)
    finally:
        started.kill()
        started.wait()
        started.stdout.close()


def test_a_kill_loses_nothing_that_was_acknowledged(settings_of_sandbox: Settings) -> None:
    with process(settings_of_sandbox) as (server, sandbox):
        sandbox.log_in()
        made = [sandbox.sale() for _ in range(20)]
        token = sandbox.token
        server.kill()
        server.wait()
    with process(settings_of_sandbox) as (_, sandbox):
        sandbox.token = token  # the token outlives the kill as well
        assert [r["transaction_id"] for r in sandbox.day("12/01/2010")] == made
        assert sandbox.sale() > made[-1]


def test_a_kill_in_the_midst_of_payments_leaves_every_answered_one(
    settings_of_sandbox: Settings,
) -> None:
    made: list[int] = []

    def pay(sandbox: Sandbox) -> None:
        with contextlib.suppress(httpx.HTTPError):
            while True:
                made.append(sandbox.sale())

    with process(settings_of_sandbox) as (server, sandbox):
        sandbox.log_in()
        payers = [threading.Thread(target=pay, args=(sandbox,)) for _ in range(4)]
        for payer in payers:
            payer.start()
        time.sleep(0.5)
        server.kill()
        for payer in payers:
            payer.join()
    with process(settings_of_sandbox) as (_, again):
        again.log_in()
        kept = [record["transaction_id"] for record in again.day("12/01/2010")]
    assert len(made) == len(set(made)) > 0
    assert set(made) <= set(kept)
    assert len(kept) - len(made) <= len(payers)


def test_a_close_that_passed_while_it_was_down_is_made_up_for(
    settings_of_sandbox: Settings,
) -> None:
    with process(settings_of_sandbox) as (server, sandbox):
        sandbox.log_in()
        sale = sandbox.sale()
        server.kill()
        server.wait()
    sandbox.settle_tonight()
    with process(settings_of_sandbox) as (_, again):
        again.log_in()
        assert again.record(sale)["settled"] == "12/1/2010 8:00:00 PM"


def test_it_ends_in_order_when_told_to(settings_of_sandbox: Settings) -> None:
    with process(settings_of_sandbox) as (server, sandbox):
        sandbox.log_in()
        server.send_signal(signal.SIGTERM)
        assert server.wait(timeout=5) == 0


def test_faults_can_be_armed_at_the_start(settings_of_sandbox: Settings, tmp_path: Path) -> None:
    rules = tmp_path / "faults.json"
    rules.write_text(json.dumps([{"kind": "error", "status": 500, "path": "/v1/ping"}]))
    with process(settings_of_sandbox, "--faults", str(rules)) as (_, sandbox):
        assert [sandbox.http.get("/v1/ping").status_code for _ in range(2)] == [500, 200]


def test_a_wrong_start_is_told_in_a_sentence(settings_of_sandbox: Settings, tmp_path: Path) -> None:
    settings = Settings(
        database_url=settings_of_sandbox.database_url, clock_file=tmp_path / "nothing"
    )
    done = subprocess.run(
        command(settings), capture_output=True, text=True, cwd=django_settings.BASE_DIR, check=False
    )
    assert done.returncode == 1
    assert "cannot start: The clock file" in done.stderr
    assert "Traceback" not in done.stderr


def test_nothing_of_django_is_imported() -> None:
    code = (
        "import sys, integrations.sandbox.paytrace.__main__;"
        "print([n for n in sys.modules if n.split('.')[0] == 'django'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=django_settings.BASE_DIR,
        check=True,
    )  # fmt: skip
    assert done.stdout.strip() == "[]"
