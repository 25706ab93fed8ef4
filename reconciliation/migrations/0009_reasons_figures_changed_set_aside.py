"""Batch figures that changed, and rows that could not be worked on."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("reconciliation", "0008_rounds")]
    operations = [
        migrations.AlterField(
            model_name="exceptionitem",
            name="reason",
            field=models.CharField(
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
                ],
                max_length=30,
            ),
        ),
    ]
