"""Rule sets and their rows, exchange rates, customers."""

from datetime import date, timedelta
from decimal import Decimal

import factory
from factory.django import DjangoModelFactory

from mapping import models as rules
from mapping.choices import AccountRole, Action, VersionState
from mapping.rules.risks import Level
from mapping.rules.validations import Check
from reconciliation.choices import (
    TransactionKind,
    TransactionStatus,
)
from tests.builders.integrations import PairFactory
from tests.builders.people import NOW


class RuleSetVersionFactory(DjangoModelFactory):
    class Meta:
        model = rules.RuleSetVersion

    pair = factory.SubFactory(PairFactory)
    number = factory.Sequence(lambda n: n + 1)
    state = VersionState.ACTIVE
    # Ten years of days before any test's: however many are made, all are in force.
    active_from = factory.Sequence(lambda n: date(2000, 1, 1) + timedelta(days=n % 3650))
    created_by = "admin"
    approved_by = "approver"


class AccountRuleFactory(DjangoModelFactory):
    class Meta:
        model = rules.AccountRule

    version = factory.SubFactory(RuleSetVersionFactory)
    position = factory.Sequence(lambda n: n)
    role = AccountRole.CLEARING
    account = "1055-00-00"


class MethodRuleFactory(DjangoModelFactory):
    class Meta:
        model = rules.MethodRule

    version = factory.SubFactory(RuleSetVersionFactory)
    position = factory.Sequence(lambda n: n)
    method = "VISA"
    erp_method = "CC-VISA"


class StatusRuleFactory(DjangoModelFactory):
    class Meta:
        model = rules.StatusRule

    version = factory.SubFactory(RuleSetVersionFactory)
    position = factory.Sequence(lambda n: n)
    kind = TransactionKind.SALE
    status = TransactionStatus.SETTLED
    action = Action.CASH_RECEIPT


class FeeRuleFactory(DjangoModelFactory):
    class Meta:
        model = rules.FeeRule

    version = factory.SubFactory(RuleSetVersionFactory)
    position = factory.Sequence(lambda n: n)
    percent = Decimal("2.9000")
    fixed = Decimal("0.30")


class TaxRuleFactory(DjangoModelFactory):
    class Meta:
        model = rules.TaxRule

    version = factory.SubFactory(RuleSetVersionFactory)
    position = factory.Sequence(lambda n: n)
    component = "state"
    tax_code = "ST"
    account = "2200-00"


class CurrencyRuleFactory(DjangoModelFactory):
    class Meta:
        model = rules.CurrencyRule

    version = factory.SubFactory(RuleSetVersionFactory)
    position = factory.Sequence(lambda n: n)
    currency = "EUR"


class CustomerRuleFactory(DjangoModelFactory):
    class Meta:
        model = rules.CustomerRule

    version = factory.SubFactory(RuleSetVersionFactory)
    position = factory.Sequence(lambda n: n)
    customer_id = "WALK-IN"


class ItemRuleFactory(DjangoModelFactory):
    class Meta:
        model = rules.ItemRule

    version = factory.SubFactory(RuleSetVersionFactory)
    position = factory.Sequence(lambda n: n)
    item = "4711"
    erp_item = "WIDGET"


class ValidationRuleFactory(DjangoModelFactory):
    class Meta:
        model = rules.ValidationRule

    version = factory.SubFactory(RuleSetVersionFactory)
    position = factory.Sequence(lambda n: n)
    checks = Check.NOT_ZERO


class RiskRuleFactory(DjangoModelFactory):
    class Meta:
        model = rules.RiskRule

    version = factory.SubFactory(RuleSetVersionFactory)
    position = factory.Sequence(lambda n: n)
    amount_from = Decimal("5000.00")
    level = Level.FLAG


class FieldRuleFactory(DjangoModelFactory):
    class Meta:
        model = rules.FieldRule

    version = factory.SubFactory(RuleSetVersionFactory)
    position = factory.Sequence(lambda n: n)
    target = "receipt.comment"
    formula = "transaction_id"


class ExchangeRateFactory(DjangoModelFactory):
    class Meta:
        model = rules.ExchangeRate

    table = "monthly"
    source = "EUR"
    target = "USD"
    valid_on = factory.Sequence(lambda n: date(2000, 1, 1) + timedelta(days=n % 3650))
    rate = Decimal("1.31250000")
    origin = "the central bank's monthly table"
    added_by = "admin"


class CustomerLinkFactory(DjangoModelFactory):
    class Meta:
        model = rules.CustomerLink

    pair = factory.SubFactory(PairFactory)
    ref = factory.Sequence(lambda n: f"customer-{n}")
    customer_id = "12583"
    made_by = "operator"


class CustomerLinkHistoryFactory(DjangoModelFactory):
    class Meta:
        model = rules.CustomerLinkHistory

    pair = factory.SubFactory(PairFactory)
    system = "gateway"
    ref = "customer-1"
    to_customer = "12583"
    ground = "person"
    actor = "operator"
    at = NOW


class CustomerMergeFactory(DjangoModelFactory):
    class Meta:
        model = rules.CustomerMerge

    pair = factory.SubFactory(PairFactory)
    kept_id = "12583"
    merged_id = factory.Sequence(lambda n: f"M{n}")
    why = "The same company"
    moves_money = True
    proposed_by = "user:operator"
    proposed_at = NOW


class CustomerIdentityFactory(DjangoModelFactory):
    class Meta:
        model = rules.CustomerIdentity

    class Params:
        erp = factory.Trait(system="erp", ref=factory.Sequence(lambda n: f"C{n}"))

    pair = factory.SubFactory(PairFactory)
    system = "gateway"
    ref = factory.Sequence(lambda n: f"payer-{n}")
    name = "Ann Lee"
    first_seen_at = NOW
    changed_at = NOW


class IdentityKeyFactory(DjangoModelFactory):
    class Meta:
        model = rules.IdentityKey

    identity = factory.SubFactory(CustomerIdentityFactory)
    pair = factory.SelfAttribute("identity.pair")
    key = factory.Sequence(lambda n: f"em:{n}@x.com")


class CustomerCandidateFactory(DjangoModelFactory):
    class Meta:
        model = rules.CustomerCandidate

    identity = factory.SubFactory(CustomerIdentityFactory)
    erp = factory.SubFactory(
        CustomerIdentityFactory, erp=True, pair=factory.SelfAttribute("..identity.pair")
    )
    tier = 2
    score = 80
    band = "review"
    step = "email 80 clear"
    why = "Same e-mail, same name."
    made_at = NOW


class CustomerPolicyFactory(DjangoModelFactory):
    class Meta:
        model = rules.CustomerPolicy

    pair = factory.SubFactory(PairFactory)
    changed_at = NOW


class CustomerSourceFactory(DjangoModelFactory):
    class Meta:
        model = rules.CustomerSource

    pair = factory.SubFactory(PairFactory)
    system = "erp"
    due_at = NOW


class RuleImportFactory(DjangoModelFactory):
    """A spreadsheet that waits for a look, for a draft."""

    class Meta:
        model = rules.RuleImport

    version = factory.SubFactory(RuleSetVersionFactory, state=VersionState.DRAFT, active_from=None)
    pair = factory.SelfAttribute("version.pair")
    kind = "methods"
    name = "methods.csv"
    content = {"rules": {"methods": [[2, {"method": "Visa", "erp_method": "VISA"}]]}}
    made_by = "user:mara"
