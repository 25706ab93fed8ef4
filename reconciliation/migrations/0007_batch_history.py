"""What a fact changed about a batch, and what a person accepted of it."""

import django.db.models.deletion
from django.db import migrations, models

from audit.append_only import AppendOnly


class Migration(migrations.Migration):
    dependencies = [
        ("integrations", "0004_envelopes_stay"),
        ("reconciliation", "0006_effects_append_only"),
    ]
    operations = [
        migrations.CreateModel(
            name="BatchHistory",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("from_state", models.CharField(max_length=12)),
                ("to_state", models.CharField(max_length=12)),
                ("before", models.JSONField()),
                ("after", models.JSONField()),
                ("business_at", models.DateTimeField()),
                ("recorded_at", models.DateTimeField()),
                (
                    "batch",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="history",
                        to="reconciliation.settlementbatch",
                    ),
                ),
                (
                    "fact",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="integrations.fact",
                    ),
                ),
            ],
            options={
                "ordering": ("id",),
                "constraints": [
                    models.UniqueConstraint(
                        fields=("batch", "fact"), name="batch_history_fact_once"
                    )
                ],
            },
        ),
        migrations.AddField(
            model_name="settlementbatch",
            name="accepted",
            field=models.CharField(blank=True, max_length=400),
        ),
        AppendOnly("reconciliation_batchhistory"),
    ]
