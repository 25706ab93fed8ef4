from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("integrations", "0018_connection_changes_stay"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="posting",
            index=models.Index(
                condition=models.Q(
                    ("kind", "batch"), ("state__in", ("ready", "waiting", "entered", "held"))
                ),
                fields=["id"],
                name="posting_open_batch",
            ),
        ),
    ]
