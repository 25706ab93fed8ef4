"""ERP documents as they were read back."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("integrations", "0020_sealed_alert_addresses"),
        ("reconciliation", "0015_corrections_before_settlement"),
    ]

    operations = [
        migrations.CreateModel(
            name="DocumentReading",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "posting",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reading",
                        to="integrations.posting",
                    ),
                ),
                (
                    "verdict",
                    models.CharField(
                        choices=[
                            ("as_posted", "Found, as posted"),
                            ("changed", "Found, and changed"),
                            ("missing", "Not found"),
                        ],
                        max_length=10,
                    ),
                ),
                ("document_no", models.CharField(blank=True, max_length=30)),
                ("document_key", models.CharField(blank=True, max_length=30)),
                ("batch_ref", models.CharField(blank=True, max_length=30)),
                ("fields", models.JSONField(default=dict)),
                ("differing", models.JSONField(default=list)),
                ("changed_by", models.CharField(blank=True, max_length=60)),
                ("changed_at", models.CharField(blank=True, max_length=30)),
                ("first_read_at", models.DateTimeField()),
                ("read_at", models.DateTimeField()),
            ],
            options={
                "ordering": ("posting",),
                "indexes": [
                    models.Index(
                        condition=models.Q(("verdict", "as_posted"), _negated=True),
                        fields=["verdict", "posting"],
                        name="reading_out_of_order",
                    )
                ],
            },
        ),
    ]
