"""A change of a policy waits where all changes do."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("mapping", "0010_sealed_field_maps"),
    ]

    operations = [
        migrations.RemoveField(
            model_name="customerpolicy",
            name="proposed",
        ),
        migrations.RemoveField(
            model_name="customerpolicy",
            name="proposed_by",
        ),
    ]
