"""What the demo's hub is set up with: connections, the pair, its rules, and people."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from django.contrib.auth.models import Group, User
from django.db import transaction

from config.demo import shop
from integrations.choices import Environment, PostOn
from integrations.contracts import Capability
from integrations.models import Connection, Pair, Pull
from integrations.registry import templates_for
from integrations.sandbox.world.statement_styles import ACCOUNT, CSV
from integrations.services import vault
from mapping import rule_yaml
from mapping.models import RuleSetVersion
from mapping.services import imports, versions

COMPANY: Final = "SOA"
GATEWAY: Final = "paytrace-demo"
PASSWORD: Final = "tieout demo only"
#: Who proposes a rule and who approves it are two people.
PEOPLE: Final = {
    "demo-finance": ("operator", "mapper"),
    "demo-approver": ("approver",),
    "demo-admin": ("admin",),
    "demo-auditor": ("auditor",),
}
#: What the hub calls the format of each of the bank's styles.
FORMATS: Final = {"bai2": "BAI2", "camt053": "CAMT.053", "ofx": "OFX"}
#: The demo reads its gateway twice a day: when the shops close, and after the evening's close.
EVERY_MINUTES: Final = 12 * 60


@dataclass(frozen=True, slots=True)
class Setup:
    """Addresses and secrets of the demo's sandbox, and the first business day.

    has_shop: whether there is a shop besides, whose orders are signed with the same secret.
    """

    paytrace_url: str
    paytrace_user: str
    paytrace_password: str
    sage500_url: str
    statements: Path
    webhook_secret: str
    first_day: date
    post_on: str = PostOn.SETTLED
    post_after_minutes: int = 30
    statement_style: str = CSV
    has_shop: bool = False


def seed(setup: Setup) -> Pair:
    """Set the hub up; a repeat brings addresses and secrets up to date and changes nothing else."""
    with transaction.atomic():
        _people()
        gateway = _gateway(setup)
        erp = _connection(
            "sage500-demo",
            "Sage 500 sandbox",
            "sage500",
            "demo",
            {"companies": [COMPANY], "invoice_reference_columns": ["CustPONo"]},
        )
        vault.set_credential(erp, "url", setup.sage500_url)
        bank = _bank(setup)
        _pull(gateway, Capability.TRANSACTIONS)
        _pull(gateway, Capability.BATCHES)
        _pull(bank, Capability.STATEMENTS)
        pair, _ = Pair.objects.get_or_create(
            slug="paytrace-sage500",
            defaults={
                "name": "PayTrace → Sage 500",
                "gateway": gateway,
                "erp": erp,
                "bank": bank,
                "company": COMPANY,
                "currency": "USD",
                "batch_prefix": "PT-",
                "post_on": setup.post_on,
                "post_after_minutes": setup.post_after_minutes,
                "post_batches": True,
                "orders": shop.connect(setup.webhook_secret) if setup.has_shop else None,
            },
        )
        _rules(pair, setup.first_day, has_shop=setup.has_shop)
    return pair


def _gateway(setup: Setup) -> Connection:
    gateway = _connection(
        GATEWAY,
        "PayTrace sandbox",
        "paytrace",
        setup.paytrace_user,
        {
            "username": setup.paytrace_user,
            "base_url": setup.paytrace_url,
            "start_on": setup.first_day.isoformat(),
            "include_bin": True,
        },
    )
    vault.set_credential(gateway, "password", setup.paytrace_password)
    vault.set_credential(gateway, vault.WEBHOOK_SECRET, setup.webhook_secret)
    return gateway


def _bank(setup: Setup) -> Connection:
    settings: dict[str, object] = {
        "folder": str(setup.statements),
        "account": "Operating bank",
        "currency": "USD",
    }
    connector = "bank_csv"
    if setup.statement_style != CSV:
        connector = "bank_file"
        settings |= {"format": FORMATS[setup.statement_style], "account_number": ACCOUNT}
    return _connection("bank-demo", "Bank sandbox", connector, "operating", settings)


def _connection(
    slug: str, name: str, connector: str, account: str, settings: dict[str, object]
) -> Connection:
    row, _ = Connection.objects.update_or_create(
        slug=slug,
        defaults={
            "name": name,
            "connector": connector,
            "account": account,
            "environment": Environment.SANDBOX,
            "settings": settings,
        },
    )
    return row


def _pull(connection: Connection, stream: Capability) -> None:
    Pull.objects.get_or_create(
        connection=connection, stream=stream.value, defaults={"every_minutes": EVERY_MINUTES}
    )


def _people() -> None:
    for name, roles in PEOPLE.items():
        user, is_new = User.objects.get_or_create(username=name)
        if is_new:
            user.set_password(PASSWORD)
            user.save()
        user.groups.set(Group.objects.filter(name__in=roles))


def _rules(pair: Pair, first_day: date, *, has_shop: bool = False) -> None:
    if RuleSetVersion.objects.filter(pair=pair).exists():
        return
    found = templates_for("paytrace", "sage500", pair.post_on)
    file = rule_yaml.load(next(iter(found.values())).text())
    if has_shop:
        file = shop.with_rules(file)
    mapper = User.objects.get(username="demo-finance")
    version = imports.make_draft(mapper, pair, file, "The demo's first rule set.")
    versions.hand_in(version, "user:demo-finance")
    versions.activate(version, first_day, "user:demo-approver")
