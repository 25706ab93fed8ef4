"""Payments that are corrected before they settle, and the journal that moves them to their batch."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("integrations", "0016_pair_post_on_captured"),
        ("reconciliation", "0014_gap_readings"),
    ]

    operations = [
        migrations.AlterField(
            model_name="effect",
            name="kind",
            field=models.CharField(
                choices=[
                    ("erp_batch", "ERP batch"),
                    ("receipt", "Cash receipt"),
                    ("refund", "Refund journal"),
                    ("credit_memo", "Credit memo"),
                    ("deposit", "Deposit journal"),
                    ("stray_deposit", "Unidentified deposit"),
                    ("erp_batch_post", "Posting of the ERP batch"),
                    ("transfer", "Transfer"),
                    ("application", "Application"),
                    ("reversal", "Reversal"),
                    ("settlement", "Settlement journal"),
                ],
                max_length=20,
            ),
        ),
        migrations.AlterField(
            model_name="transaction",
            name="decision",
            field=models.CharField(
                choices=[
                    ("waiting", "Not due"),
                    ("due", "Due"),
                    ("nothing", "Nothing to post"),
                    ("effects", "Owes postings"),
                    ("held", "Held"),
                    ("correcting", "Being corrected"),
                ],
                default="waiting",
                max_length=10,
            ),
        ),
        migrations.AddIndex(
            model_name="transaction",
            index=models.Index(
                condition=models.Q(("decision", "correcting")),
                fields=["connection", "id"],
                name="transaction_correcting",
            ),
        ),
    ]
