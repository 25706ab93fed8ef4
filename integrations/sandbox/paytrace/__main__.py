"""`python -m integrations.sandbox.paytrace --port P --database-url URL --clock-file PATH`."""

import argparse
import logging
import signal
import sys
import threading
from pathlib import Path

from integrations.sandbox.clock import ClockUnreadable
from integrations.sandbox.database import DatabaseAway
from integrations.sandbox.faults import read_rules
from integrations.sandbox.paytrace.server import Settings, serve


def _arguments() -> argparse.Namespace:
    defaults = Settings(database_url="", clock_file=Path())
    parser = argparse.ArgumentParser(
        prog="python -m integrations.sandbox.paytrace",
        description="A simulator of PayTrace's API v1 on 127.0.0.1.",
    )
    parser.add_argument("--port", type=int, required=True, help="0 takes any free port")
    parser.add_argument("--database-url", required=True)
    parser.add_argument("--clock-file", type=Path, required=True)
    parser.add_argument("--faults", type=Path, help="JSON list of fault rules to arm")
    parser.add_argument("--username", default=defaults.username)
    parser.add_argument("--password", default=defaults.password)
    parser.add_argument("--token-seconds", type=int, default=defaults.token_seconds)
    parser.add_argument(
        "--unreferenced-refunds",
        action="store_true",
        help="allow refund/keyed and refund/to_customer",
    )
    return parser.parse_args()


def main() -> int:
    logging.basicConfig(level=logging.INFO, format="paytrace sandbox: %(message)s")
    given = _arguments()
    settings = Settings(
        database_url=given.database_url,
        clock_file=given.clock_file,
        port=given.port,
        username=given.username,
        password=given.password,
        token_seconds=given.token_seconds,
        unreferenced_refunds=given.unreferenced_refunds,
    )
    try:
        server = serve(settings, read_rules(given.faults) if given.faults else ())
    except (DatabaseAway, ClockUnreadable, OSError, ValueError, TypeError) as error:
        sys.stderr.write(f"The PayTrace sandbox cannot start: {error}\n")
        return 1

    def stop(_signal: int, _frame: object) -> None:
        # shutdown() waits for serve_forever, which this very thread is in.
        threading.Thread(target=server.shutdown).start()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    sys.stdout.write(f"PayTrace sandbox listening on http://127.0.0.1:{server.server_port}\n")
    sys.stdout.flush()
    server.serve_forever(poll_interval=0.1)
    server.server_close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
