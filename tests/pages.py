"""Every page of the console with its address, and what all of them have to keep."""

import re
from html.parser import HTMLParser

from reconciliation.choices import Reason
from tests.builders import (
    ExceptionItemFactory,
    RiskRuleFactory,
    RuleImportFactory,
    TransactionFactory,
)

LISTS = (
    *("/transactions/", "/batches/", "/bank-lines/", "/postings/", "/documents/"),
    *("/orders/", "/exceptions/", "/alerts/"),
)
#: Lists without days and states.
CUSTOMER_LISTS = ("/customers/", "/customers/review/", "/customers/merges/")

POLICY = {
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "font-src 'self'",
    "connect-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "object-src 'none'",
    "frame-ancestors 'none'",
}


def pages(world):
    """Address by name, for a world that has all it takes."""
    batch = world.batches[0]
    return {
        "dashboard": "/",
        "find": "/find/",
        "transactions": "/transactions/",
        "transaction": f"/transactions/{world.sale.pk}/",
        "refund": f"/transactions/{world.refund.pk}/",
        "batches": "/batches/",
        "batch": f"/batches/{batch.pk}/",
        "certificate": f"/batches/{batch.pk}/certificates/1/",
        "bank lines": "/bank-lines/",
        "orders": "/orders/",
        "order": f"/orders/{world.order.pk}/",
        "orders upload": "/orders/upload/",
        "file of orders": f"/orders/files/{world.order_file.pk}/",
        "postings": "/postings/",
        "posting": f"/postings/{world.held.pk}/",
        "postings to try again": "/postings/replay/",
        "ERP documents": "/documents/",
        "ERP document": f"/documents/{world.document.pk}/",
        "ERP document, changed": f"/documents/{world.changed.pk}/",
        "censuses": "/censuses/",
        "census": f"/censuses/{world.census.pk}/",
        "days": "/completeness/",
        "day": f"/completeness/{world.gateway.slug}/{batch.closed_on}/",
        "rule sets": "/rule-sets/",
        "exchange rates": "/rates/",
        "rule trial": f"/rule-sets/{world.rules.pk}/try/",
        "rules tried on values": f"/rule-sets/{world.rules.pk}/values/currencies/",
        "field map": f"/rule-sets/{world.rules.pk}/fields/?target=receipt.comment",
        "rule set": f"/rule-sets/{world.rules.pk}/",
        "replays of a rule set": f"/rule-sets/{world.rules.pk}/replay/",
        "replay": f"/replays/{world.replay.pk}/",
        "exceptions": "/exceptions/",
        "what is alike": f"/exceptions/{world.item.pk}/alike/",
        "spreadsheets": "/exceptions/sheets/",
        "spreadsheet": f"/exceptions/sheets/{world.sheet.pk}/",
        "owners": "/exceptions/owners/",
        "limits": "/exceptions/limits/",
        "many exceptions": "/exceptions/bulk/",
        "bulk runs": "/exceptions/runs/",
        "bulk run": f"/exceptions/runs/{world.run.pk}/",
        "exception": f"/exceptions/{world.item.pk}/",
        "invoice": f"/pairs/{world.pair.pk}/invoices/536365/",
        "customer": f"/pairs/{world.pair.pk}/customers/17850/",
        "find the sale": f"/exceptions/{a_refund_without_sale(world).pk}/sales/",
        "customers": "/customers/",
        "customer link": f"/customers/links/{world.link.pk}/",
        "new customer": f"/customers/new/{world.candidate.identity.pk}/",
        "customers to look at": "/customers/review/",
        "customer to look at": f"/customers/review/{world.candidate.identity.pk}/",
        "policy for customers": f"/customers/policy/{world.pair.pk}/",
        "merged customers": "/customers/merges/",
        "merge": f"/customers/merges/{world.merge.pk}/",
        "alerts": "/alerts/",
        "alert": f"/alerts/{world.alert.pk}/",
        "alert settings": "/settings/alerts/",
        "connections": "/connections/",
        "connection": f"/connections/{world.pair.erp.pk}/",
        "pair": f"/pairs/{world.pair.pk}/",
        "changes of connections": "/connection-changes/",
        "change of a connection": f"/connection-changes/{world.change.pk}/",
        "statement": f"/statements/{world.statement.pk}/",
        "statement upload": "/statements/upload/",
        "roles": "/roles/",
    }


def a_refund_without_sale(world):
    return ExceptionItemFactory(
        reason=Reason.REFUND_UNLINKED, connection=world.gateway, transaction=world.refund
    )


class Offences(HTMLParser):
    """Collects what the policy would block: inline styles, handlers and scripts."""

    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attrs):
        names = dict(attrs)
        if tag == "style" or (tag == "script" and not names.get("src")):
            self.found.append(f"<{tag}>")
        for name, value in attrs:
            if name == "style" or name.startswith(("on", "hx-on")):
                self.found.append(f'{tag} {name}="{value}"')
            if name in ("href", "src", "action") and (value or "").startswith("javascript:"):
                self.found.append(f'{tag} {name}="{value}"')


def offences(response):
    parser = Offences()
    parser.feed(response.content.decode())
    return parser.found


def row_ids(response):
    """Keys of the rows that a list shows, in order."""
    return [int(pk) for pk in re.findall(r'id="row-(\d+)"', response.content.decode())]


def htmx(target, **more):
    return {"HX-Request": "true", "HX-Target": target, **more}


def statements(queries):
    """Queries that production would run too: savepoints are the test's own transaction."""
    marks = ("SAVEPOINT", "RELEASE SAVEPOINT", "ROLLBACK TO")
    return [query["sql"] for query in queries if not query["sql"].startswith(marks)]


#: Tables that say who is asking: the same few statements for every page.
WHO = re.compile(r'"(django_session|auth_user|auth_group|audit_signedin)"')


def questions(queries):
    """What a page asks beyond who is asking."""
    return [sql for sql in statements(queries) if not WHO.search(sql)]


def auditor_pages(world):
    """Pages that only those see who are trusted with what came in and with what was done."""
    return {
        "envelopes": "/envelopes/",
        "envelope": f"/envelopes/{world.statement.pk}/",
        "audit log": "/audit/",
        "audit entry": f"/audit/{world.entry.pk}/",
    }


def own_pages(world):
    """Pages about oneself: everybody who is logged in has them."""
    return {"profile": "/profile/", "second factor": "/profile/second-factor/"}


def admin_pages(world):
    """Pages about people and keys, for administrators."""
    return {
        "API keys": "/keys/",
        "people": "/people/",
        "invitation": "/people/invite/",
        "person": f"/people/{world.member.pk}/",
    }


def set_up_pages(world, draft):
    """Pages that only those see who may set connections up; `draft` is the reader's own."""
    steps = ("settings", "secrets", "test", "finish")
    return {
        "new connection": "/connections/new/",
        "new pair": "/pairs/new/",
        **{f"draft: {step}": f"/connections/drafts/{draft.pk}/{step}/" for step in steps},
    }


def mapper_pages(version):
    """Pages that only those see who may change rules; `version` is a draft with rows."""
    (row,) = version.methodrules.all()
    waiting = RuleImportFactory(version=version)
    payment = TransactionFactory(connection=version.pair.gateway)
    return {
        "rule editor": f"/rule-sets/{version.pk}/edit/",
        "rows that did not fire": f"/rule-sets/{version.pk}/edit/?fired=90",
        "rows of a kind": f"/rule-sets/{version.pk}/edit/methods/rows/",
        "new row": f"/rule-sets/{version.pk}/edit/methods/rows/add/",
        "new risk": f"/rule-sets/{version.pk}/edit/risks/rows/add/",
        "risk": f"/rule-sets/{version.pk}/edit/risks/rows/{a_risk(version).pk}/",
        "row": f"/rule-sets/{version.pk}/edit/methods/rows/{row.pk}/",
        "draft": f"/rule-sets/{version.pk}/",
        "rule trial, tried": f"/rule-sets/{version.pk}/try/?q={payment.vendor_id}",
        "rows from a spreadsheet": f"/rule-sets/{version.pk}/edit/methods/upload/",
        "spreadsheet to check": f"/rule-imports/{waiting.pk}/",
        "new draft": "/rule-sets/new/",
        "rates to load": "/rates/upload/",
    }


def a_risk(version):
    return version.riskrules.first() or RiskRuleFactory(version=version, position=1)


def set_up_views(world):
    """Pages that all may see, and that are larger for those who may set connections up."""
    return {
        "connections": "/connections/",
        "connection": f"/connections/{world.pair.gateway.pk}/",
        "pair": f"/pairs/{world.pair.pk}/",
        "change of a connection": f"/connection-changes/{world.change.pk}/",
    }
