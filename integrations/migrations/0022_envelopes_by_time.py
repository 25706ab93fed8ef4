"""Envelopes as their list asks for them: by time, by name, and the rare ones among many."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("integrations", "0021_drop_covered_indexes"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="envelope",
            index=models.Index(fields=["received_at", "id"], name="envelope_by_time"),
        ),
        migrations.AddIndex(
            model_name="envelope",
            index=models.Index(
                condition=models.Q(("name", ""), _negated=True),
                fields=["name"],
                name="envelope_named",
            ),
        ),
        migrations.AddIndex(
            model_name="envelope",
            index=models.Index(
                condition=models.Q(("state", "unreadable")),
                fields=["received_at", "id"],
                name="envelope_unreadable",
            ),
        ),
        migrations.AddIndex(
            model_name="envelope",
            index=models.Index(
                condition=models.Q(("source", "file")),
                fields=["received_at", "id"],
                name="envelope_file",
            ),
        ),
    ]
