from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("integrations", "0026_alert_owner_default"),
        ("reconciliation", "0036_new_customers"),
    ]

    operations = [
        migrations.AddField(
            model_name="transaction",
            name="rate_by",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="The person who booked it at the rate, or the rule.",
                max_length=80,
            ),
        ),
        migrations.AddField(
            model_name="transaction",
            name="rate_on",
            field=models.DateField(
                blank=True,
                help_text="From which day the rate is, or when a person chose it.",
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="transaction",
            name="rate_rounding",
            field=models.DecimalField(
                blank=True,
                decimal_places=11,
                help_text="What was added to amount times rate.",
                max_digits=20,
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="transaction",
            name="rate_table",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="The table of the rate; empty where a person chose another one.",
                max_length=40,
            ),
        ),
        migrations.AddConstraint(
            model_name="transaction",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("booked_rate__isnull", False),
                    models.Q(
                        ("rate_by", ""),
                        ("rate_on__isnull", True),
                        ("rate_rounding__isnull", True),
                        ("rate_table", ""),
                    ),
                    _connector="OR",
                ),
                name="transaction_rate_told_of_one",
            ),
        ),
    ]
