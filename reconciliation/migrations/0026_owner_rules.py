"""Who looks after exceptions by rule, and the rule that an exception was given by."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("integrations", "0022_envelopes_by_time"),
        ("reconciliation", "0025_sheets"),
    ]

    operations = [
        migrations.AddField(
            model_name="exceptionitem",
            name="owner_why",
            field=models.CharField(
                blank=True, help_text="The rule that named them.", max_length=160
            ),
        ),
        migrations.CreateModel(
            name="OwnerRule",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("position", models.PositiveSmallIntegerField(unique=True)),
                (
                    "reason",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("invoice_not_found", "Invoice not found"),
                            ("customer_unknown", "Customer unknown"),
                            ("several_customers", "Invoices of several customers"),
                            ("second_charge", "Second charge"),
                            ("overpaid", "Paid too much"),
                            ("reference_ambiguous", "Reference fits several invoices"),
                            ("refund_unlinked", "Refund without its sale"),
                            ("account_unmapped", "Account not mapped"),
                            ("method_unmapped", "Payment method not mapped"),
                            ("action_unmapped", "No rule for this status"),
                            ("rules_missing", "No rule set in force"),
                            ("not_decided", "Could not be decided"),
                            ("set_aside", "Could not be worked on"),
                            ("period_closed", "Period closed"),
                            ("refused_by_erp", "Refused by the ERP"),
                            ("unknown_outcome", "Answer unknown"),
                            ("attempts_exhausted", "Given up after the last attempt"),
                            ("content_conflict", "Already posted with other content"),
                            ("unreadable_record", "Unreadable record"),
                            ("unreadable_statement_line", "Unreadable statement line"),
                            ("card_number_removed", "Card number removed"),
                            ("hint_unconfirmed", "Announcement not confirmed"),
                            ("batch_incomplete", "Batch does not add up"),
                            ("figures_changed", "Batch figures changed"),
                            ("fee_differs", "Fee differs"),
                            ("deposit_differs", "Deposit differs"),
                            ("deposit_missing", "Deposit missing"),
                            ("deposit_unmatched", "Deposit without a batch"),
                            ("ledger_differs", "Ledger differs"),
                            ("census_missing", "Missing in the ERP"),
                            ("census_double", "Twice in the ERP"),
                            ("foreign_edit", "Changed in the ERP"),
                            ("census_unowed", "In the ERP, and not owed"),
                        ],
                        max_length=30,
                    ),
                ),
                ("amount_from", models.DecimalField(decimal_places=3, default=0, max_digits=15)),
                ("owner", models.CharField(max_length=80)),
                ("due_days", models.PositiveSmallIntegerField(default=3)),
                ("changed_by", models.CharField(max_length=80)),
                ("changed_at", models.DateTimeField()),
                (
                    "connection",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="integrations.connection",
                    ),
                ),
            ],
            options={
                "ordering": ("position",),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("amount_from__gte", 0)), name="owner_rule_magnitude"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("due_days__lte", 365)), name="owner_rule_due_in_a_year"
                    ),
                ],
            },
        ),
    ]
