"""What the queue calls by name. A task is a wake-up: it carries no work of its own."""

from __future__ import annotations

from integrations.services import audit_watch, lanes


def run_lane(lane: str) -> int:
    return lanes.run_lane(lane)


def sweep() -> None:
    lanes.sweep()


def verify_audit() -> int:
    return audit_watch.verify()
