"""A receipt's application to an invoice, made later, is an effect of its own kind."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("reconciliation", "0002_history_append_only")]
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
                ],
                max_length=20,
            ),
        ),
    ]
