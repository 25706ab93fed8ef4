import json
import sys
from argparse import ArgumentParser
from datetime import date, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from integrations.clock import business_day, business_now
from integrations.models import Connection
from reconciliation.completeness import Statement
from reconciliation.services.completeness import gateways, statements, zone_of
from reconciliation.statement_plain import as_plain


class Command(BaseCommand):
    help = (
        "State for a business day whether every event of a gateway is accounted for. Ends with 1"
        " when a day that is over is not complete."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--day", help="The business day, YYYY-MM-DD; else yesterday.")
        parser.add_argument("--since", help="Each day from this one on, YYYY-MM-DD, to --day.")
        parser.add_argument("--connection", metavar="SLUG", help="This gateway only.")
        parser.add_argument("--json", action="store_true", help="One JSON line for each gateway.")

    def handle(self, *args: Any, **options: Any) -> None:
        is_complete = True
        for gateway in _gateways(options["connection"]):
            last = _day(options["day"], gateway)
            first = _day(options["since"], gateway) if options["since"] else last
            for found in reversed(statements(gateway, first, last)):
                is_complete = is_complete and found.state != "incomplete"
                self.stdout.write(
                    json.dumps(as_plain(gateway, found))
                    if options["json"]
                    else _words(gateway, found)
                )
        if not is_complete:
            sys.exit(1)


def _gateways(slug: str | None) -> list[Connection]:
    found = [each for each in gateways() if slug in (None, each.slug)]
    if slug and not found:
        known = ", ".join(each.slug for each in gateways()) or "none"
        raise CommandError(f"There is no gateway {slug}; there are: {known}.", returncode=2)
    return found


def _day(text: str | None, gateway: Connection) -> date:
    if text is None:
        return business_day(business_now(), zone_of(gateway).key) - timedelta(days=1)
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise CommandError(f"{text} is no day such as 2011-02-14.", returncode=2) from error


def _words(gateway: Connection, found: Statement) -> str:
    state = {"complete": "complete", "incomplete": "INCOMPLETE", "under_way": "under way"}
    head = f"{gateway.slug}, {found.day}: {found.headline}; {state[found.state]}."
    return "\n".join([head, *(f"  {sentence}." for sentence in found.why)])
