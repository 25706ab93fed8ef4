import json
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from integrations.errors import EdgeError
from integrations.models import Pair
from reconciliation.models import Census
from reconciliation.services import census
from reconciliation.services.census.store import counts, summary


class Command(BaseCommand):
    help = (
        "Read the ERP back and count it against what is owed. Ends with 1 when anything is missing,"
        " double, changed or not owed, with 2 when the ERP could not be read."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--pair", metavar="SLUG", help="This pair only; else all active ones.")
        parser.add_argument("--json", action="store_true", help="One JSON line for each pair.")

    def handle(self, *args: Any, **options: Any) -> None:
        fits = True
        for pair in self._pairs(options["pair"]):
            try:
                taken = census.take(pair, actor="command").census
            except (EdgeError, census.CensusBusyError) as error:
                said = error.message if isinstance(error, EdgeError) else str(error)
                raise CommandError(f"{pair.slug}: {said}", returncode=2) from error
            if taken is None:
                raise CommandError(f"{pair.slug}: no census was kept.", returncode=2)
            fits = fits and taken.fits
            self.stdout.write(as_json(taken) if options["json"] else _words(taken))
        if not fits:
            sys.exit(1)

    def _pairs(self, slug: str | None) -> list[Pair]:
        pairs = Pair.objects.select_related("gateway", "erp", "bank").order_by("slug")
        if slug is None:
            return list(pairs.filter(is_active=True))
        found = list(pairs.filter(slug=slug))
        if not found:
            known = ", ".join(pairs.values_list("slug", flat=True)) or "none"
            raise CommandError(f"There is no pair {slug}; there are: {known}.", returncode=2)
        return found


def as_json(taken: Census) -> str:
    plain = {
        "pair": taken.pair.slug,
        "number": taken.number,
        "started_at": taken.started_at.isoformat(),
        "ended_at": taken.ended_at.isoformat(),
        "fits": taken.fits,
        **counts(taken),
        "on_the_way_by_state": taken.on_the_way,
        "findings": [
            {"kind": row.kind, "key": row.key, "document": row.document_no, "message": row.message}
            for row in taken.findings.order_by("id")[:100]
        ],
    }
    return json.dumps(plain)


def _words(taken: Census) -> str:
    lines = [f"{taken.pair.slug}, census {taken.number}: {summary(taken)}"]
    if taken.waiting:
        lines.append(f"  on their way, and not counted: {taken.waiting:,}")
    if taken.accepted:
        lines.append(f"  looked at and accepted by a person: {taken.accepted:,}")
    lines += [f"  {row.message}" for row in taken.findings.order_by("id")[:100]]
    return "\n".join(lines)
