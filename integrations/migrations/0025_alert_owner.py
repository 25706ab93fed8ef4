"""An alert may be about what one person looks after."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("integrations", "0024_subject_of_changes_stays")]
    operations = [
        migrations.AddField(
            "alert",
            "owner",
            models.CharField(blank=True, max_length=160, default=""),
            preserve_default=False,
        ),
    ]
