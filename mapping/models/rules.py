"""The kinds of rule, a table for each: what a person sees of a column is said here once.

A kind is its row (pure, in `mapping.rules`) and its table. Labels and help are those of the
fields; forms, lists, spreadsheets and files are made of them (`mapping.kinds`).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import ClassVar

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models

from audit import guard
from mapping.choices import AccountRole, Action
from mapping.fields.formula import LONGEST, FormulaError, write
from mapping.fields.working import checked, told
from mapping.models.ruleset import RuleSetVersion
from mapping.rules.accounts import AccountRow
from mapping.rules.currencies import CurrencyRow, Excess, Style
from mapping.rules.customers import CustomerRow
from mapping.rules.fees import FeeRow
from mapping.rules.fields import FieldRow
from mapping.rules.items import ItemRow
from mapping.rules.methods import MethodRow
from mapping.rules.rows import Row
from mapping.rules.statuses import StatusRow
from mapping.rules.taxes import TaxRow
from mapping.rules.validations import CHECK_WORDS, Severity, ValidationRow
from mapping.targets import open_fields_of, target_choices

ANY = "Empty: any."


def condition(label: str, length: int = 20, help_text: str = ANY) -> models.CharField[str, str]:
    """A text that is compared; empty holds for everything."""
    return models.CharField(label, max_length=length, blank=True, help_text=help_text)


class Rule(models.Model):
    """A row of a rule set; `position` is its place in the order: the first that holds wins."""

    #: The pure row of this kind, and the name under which the kind is known in addresses and files.
    row_class: ClassVar[type[Row]]
    slug: ClassVar[str]
    #: Whether a decision asks for rules of this kind; the others are there for flows to come.
    is_asked: ClassVar[bool] = True
    #: What its page says where no decision asks.
    unasked: ClassVar[str] = "No payment asks for it yet."
    #: How a column reads within a sentence, where its label alone would not do.
    phrases: ClassVar[Mapping[str, str]] = {}
    #: Columns whose values people read in other words than they are stored in.
    told: ClassVar[Mapping[str, Callable[[str], str]]] = {}

    version = models.ForeignKey(RuleSetVersion, on_delete=models.CASCADE, related_name="%(class)ss")
    position = models.PositiveIntegerField()

    class Meta:
        abstract = True
        ordering = ("version", "position")

    def __str__(self) -> str:
        return self.as_row().summary

    def as_row(self) -> Row:
        fields = dataclasses.fields(self.row_class)
        return self.row_class(**{field.name: getattr(self, field.name) for field in fields})


class AccountRule(Rule):
    """Which GL account plays a role, by what the money is and where it was taken."""

    row_class, slug = AccountRow, "accounts"
    phrases = {
        "role": "the account is for {}",
        "method": "the card is {}",
    }

    role = models.CharField("For", max_length=20, choices=AccountRole.choices)
    kind = condition("Type of transaction")
    method = condition("Card or method")
    currency = condition("Currency", 3)
    location = condition("Location", 40)
    department = condition("Department", 40)
    account = models.CharField("GL account", max_length=100)

    class Meta(Rule.Meta):
        verbose_name, verbose_name_plural = "GL account", "GL accounts"
        constraints = (
            models.UniqueConstraint(
                fields=("version", "position"), name="account_rule_position_once"
            ),
        )


class MethodRule(Rule):
    """The ERP's payment method for a card brand as the gateway spells it."""

    row_class, slug = MethodRow, "methods"
    phrases = {
        "method": "the card is {}",
    }

    method = condition("Card or method")
    erp_method = models.CharField("Payment method in the ERP", max_length=15)
    classification = models.CharField("Class of tender", max_length=40, blank=True)

    class Meta(Rule.Meta):
        verbose_name, verbose_name_plural = "payment method", "Payment methods"
        constraints = (
            models.UniqueConstraint(
                fields=("version", "position"), name="method_rule_position_once"
            ),
        )


class StatusRule(Rule):
    """What a kind and status leads to: an action, and a status to show for the ERP."""

    row_class, slug = StatusRow, "statuses"
    phrases = {
        "kind": "it is a transaction of type {}",
        "status": "its status at the gateway is {}",
        "action": "{}",
        "erp_status": "shown in the ERP as {}",
    }

    kind = condition("Type of transaction")
    status = condition("Status at the gateway")
    action = models.CharField("Leads to", max_length=20, choices=Action.choices)
    erp_status = models.CharField("Status in the ERP", max_length=40, blank=True)

    class Meta(Rule.Meta):
        verbose_name, verbose_name_plural = "status and action", "Statuses and actions"
        constraints = (
            models.UniqueConstraint(
                fields=("version", "position"), name="status_rule_position_once"
            ),
        )


class FeeRule(Rule):
    """The processor's contract: a percentage of a sale and a fixed part, rounded half up."""

    row_class, slug = FeeRow, "fees"
    phrases = {
        "method": "the card is {}",
        "percent": "{} %",
        "fixed": "and {} for each sale",
    }

    method = condition("Card or method")
    percent = models.DecimalField(
        "Percent", max_digits=6, decimal_places=4, validators=[MinValueValidator(0)]
    )
    fixed = models.DecimalField(
        "Fixed part", max_digits=8, decimal_places=2, validators=[MinValueValidator(0)]
    )

    class Meta(Rule.Meta):
        verbose_name, verbose_name_plural = "processing fee", "Processing fees"
        constraints = (
            models.UniqueConstraint(fields=("version", "position"), name="fee_rule_position_once"),
            models.CheckConstraint(
                condition=models.Q(percent__gte=0, fixed__gte=0), name="fee_rule_magnitudes"
            ),
        )


class TaxRule(Rule):
    """The ERP's code and account of a tax component, and the rate that it is compared with."""

    row_class, slug = TaxRow, "taxes"
    phrases = {
        "percent": "worked out anew with {} %",
        "tolerance": "a difference up to {} is allowed",
    }

    component = condition("Tax component", 40)
    jurisdiction = condition("Jurisdiction", 40)
    category = condition("Category of goods", 40)
    tax_code = models.CharField("Tax code in the ERP", max_length=20)
    account = models.CharField("GL account", max_length=100)
    percent = models.DecimalField(
        "Percent",
        max_digits=7,
        decimal_places=4,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
        help_text="The tax is worked out anew with it and compared. Empty: not compared.",
    )
    tolerance = models.DecimalField(
        "Difference allowed",
        max_digits=8,
        decimal_places=2,
        default=0,
        validators=[MinValueValidator(0)],
    )

    class Meta(Rule.Meta):
        verbose_name, verbose_name_plural = "tax component", "Tax components"
        constraints = (
            models.UniqueConstraint(fields=("version", "position"), name="tax_rule_position_once"),
            models.CheckConstraint(
                condition=models.Q(tolerance__gte=0)
                & (models.Q(percent__isnull=True) | models.Q(percent__gte=0)),
                name="tax_rule_magnitudes",
            ),
        )


class CurrencyRule(Rule):
    """Conversion to the base currency, asked of a person or by itself, decimals and form."""

    row_class, slug = CurrencyRow, "currencies"
    phrases = {
        "alone_days": "booked without a person by a rate at most {} days old",
        "alone_up_to": "if it comes to no more than {}",
        "base": "converted to {}",
        "rate_table": "by the rates of {}",
        "max_age_days": "at most {} days old",
        "decimals": "{} decimals kept",
        "excess": "more decimals {}",
    }

    currency = condition("Currency", 3)
    base = models.CharField(
        "Converted to", max_length=3, blank=True, help_text="Empty: the amount stays as it is."
    )
    rate_table = models.CharField("Table of rates", max_length=40, blank=True)
    max_age_days = models.PositiveSmallIntegerField(
        "Days a rate holds", default=7, help_text="An older rate is not used."
    )
    decimals = models.PositiveSmallIntegerField(
        "Decimals kept", null=True, blank=True, help_text="Empty: those of the currency."
    )
    excess = models.CharField(
        "More decimals",
        max_length=10,
        default=Excess.REFUSE,
        choices=((Excess.REFUSE, "are refused"), (Excess.ROUND, "are rounded half up")),
    )
    style = models.CharField(
        "Written as",
        max_length=12,
        default=Style.PLAIN,
        choices=[(style.value, style.value) for style in Style],
    )
    alone_days = models.PositiveSmallIntegerField(
        "Days for booking without a person",
        null=True,
        blank=True,
        help_text="How old the rate may be then; 0: of the very day. Empty: a person books each.",
    )
    alone_up_to = models.DecimalField(
        "Without a person up to",
        max_digits=15,
        decimal_places=3,
        null=True,
        blank=True,
        help_text="In the currency converted to. What comes to more asks a person.",
    )

    class Meta(Rule.Meta):
        verbose_name, verbose_name_plural = "currency", "Currencies"
        constraints = (
            models.UniqueConstraint(
                fields=("version", "position"), name="currency_rule_position_once"
            ),
            models.CheckConstraint(
                condition=models.Q(base="") | ~models.Q(rate_table=""),
                name="currency_rule_base_has_table",
            ),
            models.CheckConstraint(
                condition=models.Q(alone_days__isnull=True, alone_up_to__isnull=True)
                | models.Q(alone_days__isnull=False, alone_up_to__isnull=False, alone_up_to__gt=0)
                & ~models.Q(base=""),
                name="currency_rule_alone_has_limit",
            ),
        )

    def clean(self) -> None:
        for name in ("currency", "base"):
            code = getattr(self, name).upper()
            setattr(self, name, code)
            if code and not (len(code) == 3 and code.isascii() and code.isalpha()):
                raise ValidationError({name: "Enter a code of three letters, such as USD."})
        if self.base and not self.rate_table:
            raise ValidationError({"rate_table": "A conversion needs a table of rates."})
        if problems := self._alone():
            raise ValidationError(problems)

    def _alone(self) -> dict[str, str]:
        """What is missing, or does not fit, where payments are booked without a person."""
        days, up_to = self.alone_days, self.alone_up_to
        if days is None:
            said = "Say how old the rate may be, or leave this empty too."
            return {} if up_to is None else {"alone_days": said}
        if not self.base:
            return {"base": "Say to which currency; nothing else is booked without a person."}
        if days > (self.max_age_days or 0):
            return {"alone_days": f"A rate older than {self.max_age_days} days is not used at all."}
        if up_to is None or up_to <= 0:
            return {"alone_up_to": "Say up to which amount; above it a person is asked."}
        return {}


class CustomerRule(Rule):
    """The ERP customer of payments that name none of their own."""

    row_class, slug = CustomerRow, "customers"
    phrases = {
        "method": "the card is {}",
    }

    customer_ref = condition("Customer at the gateway", 60)
    kind = condition("Type of transaction")
    method = condition("Card or method")
    location = condition("Location", 40)
    customer_id = models.CharField("Customer in the ERP", max_length=20)

    class Meta(Rule.Meta):
        verbose_name, verbose_name_plural = "customer", "Customers"
        constraints = (
            models.UniqueConstraint(
                fields=("version", "position"), name="customer_rule_position_once"
            ),
        )


class ItemRule(Rule):
    """The ERP's item and account for what was sold."""

    row_class, slug = ItemRow, "items"

    item = condition("Item at the source", 60)
    category = condition("Category", 40)
    department = condition("Department", 40)
    location = condition("Location", 40)
    erp_item = models.CharField("Item in the ERP", max_length=40)
    account = models.CharField("GL account", max_length=100, blank=True)

    class Meta(Rule.Meta):
        verbose_name, verbose_name_plural = "item", "Items"
        constraints = (
            models.UniqueConstraint(fields=("version", "position"), name="item_rule_position_once"),
        )


class ValidationRule(Rule):
    """What is checked before a document goes out, and what follows when it does not hold."""

    row_class, slug = ValidationRow, "validations"
    phrases = {
        "checks": "what is checked is: {}",
        "method": "the card is {}",
        "tolerance": "a difference up to {} is allowed",
        "severity": "otherwise {}",
    }

    checks = models.CharField(
        "Check",
        max_length=20,
        choices=tuple(CHECK_WORDS.items()),
    )
    kind = condition("Type of transaction")
    method = condition("Card or method")
    currency = condition("Currency", 3)
    tolerance = models.DecimalField(
        "Difference allowed",
        max_digits=10,
        decimal_places=2,
        default=0,
        validators=[MinValueValidator(0)],
    )
    severity = models.CharField(
        "Otherwise",
        max_length=10,
        default=Severity.WARN,
        choices=(
            (Severity.HOLD, "hold it until a person has looked"),
            (Severity.WARN, "post it and show it to a person"),
            (Severity.OFF, "do not check"),
        ),
    )

    class Meta(Rule.Meta):
        verbose_name, verbose_name_plural = "validation", "Validations"
        constraints = (
            models.UniqueConstraint(
                fields=("version", "position"), name="validation_rule_position_once"
            ),
            models.CheckConstraint(
                condition=models.Q(tolerance__gte=0), name="validation_rule_tolerance_magnitude"
            ),
        )


class FieldRule(Rule):
    """What stands in a field of the ERP's documents, made of the payment's fields."""

    row_class, slug = FieldRow, "fields"
    phrases = {
        "target": "the field is {}",
        "method": "the card is {}",
        "formula": "{}",
    }
    told = {"formula": told}

    target = models.CharField("Field of the document", max_length=60, choices=target_choices)
    method = condition("Card or method")
    currency = condition("Currency", 3)
    customer_ref = condition("Customer at the gateway", 60)
    formula = models.CharField(
        "What stands there",
        max_length=LONGEST,
        help_text='Such as concat("Card ", transaction_id); the field map shows all there is.',
    )

    class Meta(Rule.Meta):
        verbose_name, verbose_name_plural = "field", "Fields of documents"
        constraints = (
            models.UniqueConstraint(
                fields=("version", "position"), name="field_rule_position_once"
            ),
        )

    def clean(self) -> None:
        if guard.inspect_text(self.formula).findings:
            raise ValidationError({"formula": "It holds what looks like a card number."})
        try:
            self.formula = write(checked(self.formula))
        except FormulaError as error:
            raise ValidationError({"formula": str(error)}) from error
        if self.version_id and self.target not in open_fields_of(self.version.pair.erp.connector):
            label = self.get_target_display()
            raise ValidationError({"target": f"{self.version.pair.erp.name} has no {label}."})
