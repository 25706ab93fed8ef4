"""Before the curtain: the ERP gets its invoices, the clock its first moment, the hub its set-up."""

import base64
import csv
import hmac
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

from django.conf import settings

from config.demo import seed, shop
from config.demo.errors import DemoError
from config.demo.run import DemoRun
from integrations.sandbox.chaos import book
from integrations.sandbox.chaos.schedule import ERP, GATEWAY, INVOICES, WORLD, make
from integrations.sandbox.sage500.build import LoadReport, build, load_file
from integrations.sandbox.sage500.invoice_file import InvoiceFileError, InvoiceLine, read_invoices
from integrations.sandbox.world.loop import start_clock

# Outside these the simulated cards and fiscal periods make no sense; such lines are refused.
FIRST_DAY = date(1990, 1, 1)
LAST_DAY = date(2090, 12, 31)
SHOWN = 10
#: Of the run's folder: the lines of the invoice file that were refused, each with its reason.
REFUSED = "refused_lines.csv"
AHEAD = timedelta(days=31)
AFTER = timedelta(days=92)


def prepare(run: DemoRun, say: Callable[[str], None]) -> None:
    """Repeating it changes nothing. Raises DemoError."""
    first, last = span(run.invoices)
    try:
        build(run.databases.sage500, periods_from=first, periods_to=last)
        report = load_file(run.databases.sage500, run.invoices)
    except (InvoiceFileError, OSError) as error:
        raise DemoError(f"The invoices {run.invoices} cannot be used: {error}") from error
    tell(report, run.folder / REFUSED, say)
    if not run.plan.actions:
        raise DemoError(f"The file {run.invoices} holds no invoice that could be paid.")
    shop.stock(run.plan.shop, run.databases.sage500, seed.COMPANY)
    start_clock(run.clock_file, run.plan)
    run.drop_folder.mkdir(parents=True, exist_ok=True)
    if run.terms.faults:
        _schedule_faults(run, say)
    seed.seed(
        seed.Setup(
            paytrace_url=run.gateway_url,
            paytrace_user=run.gateway_username,
            paytrace_password=run.gateway_password,
            sage500_url=run.erp_url,
            statements=run.drop_folder,
            webhook_secret=webhook_secret(run),
            first_day=run.plan.days[0],
            post_on=run.terms.post_on,
            statement_style=run.terms.statements,
            has_shop=bool(run.plan.shop.tellings),
            # The demo's days pass in seconds: nobody waits half an hour for an ERP batch.
            post_after_minutes=0,
        )
    )


def _schedule_faults(run: DemoRun, say: Callable[[str], None]) -> None:
    """Each vendor's part of the schedule into its own database; the ERP's line is the ERP's."""
    erp = (*ERP, *INVOICES) if run.plan.shop.tellings else ERP
    parts = ((run.databases.paytrace, (*GATEWAY, *WORLD)), (run.databases.sage500, erp))
    for url, channels in parts:
        faults = make(run.terms.seed, run.terms.faults, run.load, channels)
        book.install(url, [channel.name for channel in channels], faults)
    say(f"Random faults are on, drawn from seed {run.terms.seed}.")


def webhook_secret(run: DemoRun) -> str:
    """Derived from the installation's own key, so that it need not be kept anywhere in clear."""
    key = hmac.digest(settings.SECRET_KEY.encode(), f"demo webhook {run.name}".encode(), "sha256")
    return f"whsec_{base64.b64encode(key).decode()}"


def span(invoices: Path) -> tuple[date, date]:
    """The fiscal periods: from a month before the first invoice to three after the last.

    Raises DemoError where the file cannot be used at all.
    """
    first, last = LAST_DAY, FIRST_DAY
    try:
        with invoices.open("rb") as file:
            for line in read_invoices(file):
                if isinstance(line, InvoiceLine) and FIRST_DAY <= line.invoice_date <= LAST_DAY:
                    first, last = min(first, line.invoice_date), max(last, line.invoice_date)
    except (InvoiceFileError, OSError) as error:
        raise DemoError(f"The invoices {invoices} cannot be used: {error}") from error
    if first > last:
        raise DemoError(
            f"The file {invoices} holds no invoice of the years {FIRST_DAY.year} to"
            f" {LAST_DAY.year}."
        )
    return first - AHEAD, last + AFTER


def tell(report: LoadReport, kept: Path, say: Callable[[str], None]) -> None:
    """What the ERP took, and which lines it refused: the first are said, `kept` has them all."""
    say(f"{report.accepted} open invoices, together {report.total:,.2f}, stand in the ERP.")
    for line, reason in report.refused[:SHOWN]:
        say(f"Line {line} was refused: {reason}.")
    kept.unlink(missing_ok=True)
    if report.refused:
        with kept.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([("line", "reason"), *report.refused])
    if len(report.refused) > SHOWN:
        say(f"{len(report.refused) - SHOWN} more lines were refused; all stand in {kept}.")
