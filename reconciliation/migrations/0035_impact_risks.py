"""How many payments each risk row would have caught in a replay."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("reconciliation", "0034_reasons_of_risk"),
    ]

    operations = [
        migrations.AddField(
            model_name="impact",
            name="risks",
            field=models.JSONField(
                db_default={},
                default=dict,
                help_text="How many payments each risk row would have caught.",
            ),
        ),
    ]
