"""What people did, by who they are: workers' entries stand outside the index."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("audit", "0006_access_changes"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="entry",
            index=models.Index(
                condition=models.Q(("actor", "worker"), _negated=True),
                fields=["actor", "recorded_at", "id"],
                name="audit_entry_by_person",
            ),
        ),
    ]
