"""The table of risk rules."""

from __future__ import annotations

from decimal import Decimal

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from mapping.models.rules import ANY, Rule, condition
from mapping.rules.risks import LEAST_FOR_USUAL, LEVEL_WORDS, MOST_BEFORE, USUAL_OF, RiskRow

MOST_HOURS = 168
#: Conditions that go together: one without the other says nothing.
_WITH_HOURS = ("same_card", "same_payer")


def _amount(label: str) -> models.DecimalField[str | Decimal | None, Decimal | None]:
    return models.DecimalField(
        label,
        max_digits=15,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
        help_text=ANY,
    )


def _number(
    label: str, least: int, most: int, help_text: str = ANY
) -> models.PositiveSmallIntegerField[int | str | None, int | None]:
    return models.PositiveSmallIntegerField(
        label,
        null=True,
        blank=True,
        validators=[MinValueValidator(least), MaxValueValidator(most)],
        help_text=help_text,
    )


class RiskRule(Rule):
    """What is done about a payment that looks unusual: flag it, hold it or block it."""

    row_class, slug = RiskRow, "risks"
    phrases = {
        "method": "the card is {}",
        "amount_from": "the amount is {} or more",
        "amount_to": "the amount is {} or less",
        "times_usual": "the amount is more than {} times what the payer usually pays",
        "earlier_to": "the payer has paid {} times before at most",
        "same_card": "it is payment {} or a later one by the same card",
        "same_payer": "it is payment {} or a later one of the same payer",
        "within_hours": "all within {} hours",
        "hour_from": "it was captured from {}:00",
        "hour_to": "before {}:00",
        "level": "{}",
        "why": "because: {}",
    }

    method = condition("Card or method")
    currency = condition("Currency", 3)
    customer_ref = condition("Customer at the gateway", 60)
    amount_from = _amount("Amount from")
    amount_to = _amount("Amount up to")
    times_usual = models.DecimalField(
        "Times the usual amount, more than",
        max_digits=5,
        decimal_places=1,
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text=f"The median of the payer's last {USUAL_OF} payments; holds from"
        f" {LEAST_FOR_USUAL} payments on.",
    )
    earlier_to = _number(
        "Payments before, at most", 0, 20, "0: the payer's first payment. Empty: any."
    )
    same_card = _number(
        "Payments by the same card, at least",
        2,
        MOST_BEFORE,
        "Brand and last four digits; this one and declined tries count.",
    )
    same_payer = _number("Payments of the same payer, at least", 2, MOST_BEFORE, "This one counts.")
    within_hours = _number("Within hours", 1, MOST_HOURS, "Goes with the two counts.")
    hour_from = _number(
        "Captured from hour", 0, 23, "By the route's own clock; 22 to 6 is a night."
    )
    hour_to = _number("Captured before hour", 0, 23)
    level = models.CharField(
        "Then",
        max_length=10,
        choices=tuple((level.value, words) for level, words in LEVEL_WORDS.items()),
    )
    why = models.CharField(
        "Why", max_length=120, blank=True, help_text="Stands on the exception, before the figures."
    )

    class Meta(Rule.Meta):
        verbose_name, verbose_name_plural = "risk", "Risks"
        constraints = (
            models.UniqueConstraint(fields=("version", "position"), name="risk_rule_position_once"),
            models.CheckConstraint(
                condition=models.Q(amount_from__isnull=True) | models.Q(amount_from__gte=0),
                name="risk_rule_magnitude",
            ),
        )

    def clean(self) -> None:
        counts = [name for name in _WITH_HOURS if getattr(self, name) is not None]
        if counts and self.within_hours is None:
            raise ValidationError({"within_hours": "Say within how many hours they are counted."})
        if self.within_hours is not None and not counts:
            raise ValidationError({"within_hours": "Say what is counted within these hours."})
        if (self.hour_from is None) != (self.hour_to is None):
            missing = "hour_from" if self.hour_from is None else "hour_to"
            raise ValidationError({missing: "A time of day has a beginning and an end."})
        if self.hour_from is not None and self.hour_from == self.hour_to:
            raise ValidationError({"hour_to": "The end is another hour than the beginning."})
        low, high = self.amount_from, self.amount_to
        if low is not None and high is not None and low > high:
            raise ValidationError({"amount_to": "No amount lies between the two."})
