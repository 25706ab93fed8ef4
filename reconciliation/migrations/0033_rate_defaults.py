from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("reconciliation", "0032_transaction_booked_rate"),
    ]

    operations = [
        migrations.AlterField(
            model_name="transaction",
            name="original_currency",
            field=models.CharField(blank=True, db_default="", default="", max_length=3),
        ),
        migrations.AlterField(
            model_name="transaction",
            name="rate_source",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="The table and day of the rate, or who chose it.",
                max_length=200,
            ),
        ),
    ]
