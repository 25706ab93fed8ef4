"""Where a bounded look over many rows goes on."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("reconciliation", "0007_batch_history")]
    operations = [
        migrations.CreateModel(
            name="Rounds",
            fields=[
                ("name", models.CharField(max_length=60, primary_key=True, serialize=False)),
                ("position", models.BigIntegerField(default=0)),
            ],
        ),
    ]
