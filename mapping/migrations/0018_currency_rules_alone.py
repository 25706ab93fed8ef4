from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("mapping", "0017_policy_creates_customers"),
    ]

    operations = [
        migrations.AddField(
            model_name="currencyrule",
            name="alone_days",
            field=models.PositiveSmallIntegerField(
                blank=True,
                help_text="How old the rate may be then; 0: of the very day. Empty: a person books each.",
                null=True,
                verbose_name="Days for booking without a person",
            ),
        ),
        migrations.AddField(
            model_name="currencyrule",
            name="alone_up_to",
            field=models.DecimalField(
                blank=True,
                decimal_places=3,
                help_text="In the currency converted to. What comes to more asks a person.",
                max_digits=15,
                null=True,
                verbose_name="Without a person up to",
            ),
        ),
        migrations.AddConstraint(
            model_name="currencyrule",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("alone_days__isnull", True), ("alone_up_to__isnull", True)),
                    models.Q(
                        ("alone_days__isnull", False),
                        ("alone_up_to__gt", 0),
                        ("alone_up_to__isnull", False),
                        models.Q(("base", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="currency_rule_alone_has_limit",
            ),
        ),
    ]
