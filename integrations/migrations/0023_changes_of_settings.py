"""Changes of settings of the apps above, which go by two persons as connections do."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("integrations", "0022_envelopes_by_time"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="connectionchange",
            name="subject",
            field=models.CharField(
                blank=True,
                db_default="",
                help_text="Which setting; see setting_changes.",
                max_length=60,
            ),
        ),
        migrations.AlterField(
            model_name="connectionchange",
            name="kind",
            field=models.CharField(
                choices=[
                    ("new_connection", "New connection"),
                    ("connection", "Change of a connection"),
                    ("new_pair", "New pair"),
                    ("pair", "Change of a pair"),
                    ("setting", "Change of a setting"),
                ],
                max_length=16,
            ),
        ),
        migrations.AddConstraint(
            model_name="connectionchange",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "waiting"), models.Q(("subject", ""), _negated=True)),
                fields=("subject",),
                name="setting_change_one_waits",
            ),
        ),
        migrations.AddConstraint(
            model_name="connectionchange",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind", "setting"), models.Q(("subject", ""), _negated=True)),
                    models.Q(models.Q(("kind", "setting"), _negated=True), ("subject", "")),
                    _connector="OR",
                ),
                name="setting_change_has_subject",
            ),
        ),
    ]
