"""Rows that flag, hold or block payments which look unusual."""

import django.core.validators
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("mapping", "0014_second_person_behind_keys"),
    ]

    operations = [
        migrations.CreateModel(
            name="RiskRule",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("position", models.PositiveIntegerField()),
                (
                    "method",
                    models.CharField(
                        blank=True,
                        help_text="Empty: any.",
                        max_length=20,
                        verbose_name="Card or method",
                    ),
                ),
                (
                    "currency",
                    models.CharField(
                        blank=True, help_text="Empty: any.", max_length=3, verbose_name="Currency"
                    ),
                ),
                (
                    "customer_ref",
                    models.CharField(
                        blank=True,
                        help_text="Empty: any.",
                        max_length=60,
                        verbose_name="Customer at the gateway",
                    ),
                ),
                (
                    "amount_from",
                    models.DecimalField(
                        blank=True,
                        decimal_places=2,
                        help_text="Empty: any.",
                        max_digits=15,
                        null=True,
                        validators=[django.core.validators.MinValueValidator(0)],
                        verbose_name="Amount from",
                    ),
                ),
                (
                    "amount_to",
                    models.DecimalField(
                        blank=True,
                        decimal_places=2,
                        help_text="Empty: any.",
                        max_digits=15,
                        null=True,
                        validators=[django.core.validators.MinValueValidator(0)],
                        verbose_name="Amount up to",
                    ),
                ),
                (
                    "times_usual",
                    models.DecimalField(
                        blank=True,
                        decimal_places=1,
                        help_text="The median of the payer's last 20 payments; holds from 5 payments on.",
                        max_digits=5,
                        null=True,
                        validators=[django.core.validators.MinValueValidator(1)],
                        verbose_name="Times the usual amount, more than",
                    ),
                ),
                (
                    "earlier_to",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        help_text="0: the payer's first payment. Empty: any.",
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(0),
                            django.core.validators.MaxValueValidator(20),
                        ],
                        verbose_name="Payments before, at most",
                    ),
                ),
                (
                    "same_card",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        help_text="Brand and last four digits; this one and declined tries count.",
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(2),
                            django.core.validators.MaxValueValidator(50),
                        ],
                        verbose_name="Payments by the same card, at least",
                    ),
                ),
                (
                    "same_payer",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        help_text="This one counts.",
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(2),
                            django.core.validators.MaxValueValidator(50),
                        ],
                        verbose_name="Payments of the same payer, at least",
                    ),
                ),
                (
                    "within_hours",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        help_text="Goes with the two counts.",
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(168),
                        ],
                        verbose_name="Within hours",
                    ),
                ),
                (
                    "hour_from",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        help_text="Of the pair's time zone; 22 to 6 is a night.",
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(0),
                            django.core.validators.MaxValueValidator(23),
                        ],
                        verbose_name="Captured from hour",
                    ),
                ),
                (
                    "hour_to",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        help_text="Empty: any.",
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(0),
                            django.core.validators.MaxValueValidator(23),
                        ],
                        verbose_name="Captured before hour",
                    ),
                ),
                (
                    "level",
                    models.CharField(
                        choices=[
                            ("pass", "let it pass"),
                            ("flag", "flag it: post it and show it to a person"),
                            ("hold", "hold it until a person releases or refuses it"),
                            (
                                "block",
                                "block it: nothing of it reaches a customer before a person releases it",
                            ),
                        ],
                        max_length=10,
                        verbose_name="Then",
                    ),
                ),
                (
                    "why",
                    models.CharField(
                        blank=True,
                        help_text="Stands on the exception, before the figures.",
                        max_length=120,
                        verbose_name="Why",
                    ),
                ),
                (
                    "version",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="%(class)ss",
                        to="mapping.rulesetversion",
                    ),
                ),
            ],
            options={
                "verbose_name": "risk",
                "verbose_name_plural": "Risks",
                "ordering": ("version", "position"),
                "abstract": False,
                "constraints": [
                    models.UniqueConstraint(
                        fields=("version", "position"), name="risk_rule_position_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("amount_from__isnull", True), ("amount_from__gte", 0), _connector="OR"
                        ),
                        name="risk_rule_magnitude",
                    ),
                ],
            },
        ),
    ]
