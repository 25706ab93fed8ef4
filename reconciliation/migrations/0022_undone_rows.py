"""A row of a run can be undone."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("reconciliation", "0021_drop_covered_indexes"),
    ]

    operations = [
        migrations.AlterField(
            model_name="bulkitem",
            name="state",
            field=models.CharField(
                choices=[
                    ("waiting", "Waits"),
                    ("done", "Done"),
                    ("refused", "Not done"),
                    ("stopped", "Not begun"),
                    ("undone", "Undone"),
                ],
                default="waiting",
                max_length=10,
            ),
        ),
    ]
