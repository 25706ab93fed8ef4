"""Which setting a proposed change is about is never altered either."""

from django.db import migrations

from audit.append_only import FrozenColumns

TABLE = "integrations_connectionchange"
BEFORE = (
    "kind", "title", "is_sandbox", "fields", "before", "secret_names", "needs_other", "reason",
    "made_by_id", "made_at",
)  # fmt: skip


class Migration(migrations.Migration):
    dependencies = [("integrations", "0023_changes_of_settings")]
    operations = [
        migrations.RunSQL(
            f'DROP TRIGGER frozen_columns ON "{TABLE}"',
            reverse_sql=FrozenColumns(TABLE, BEFORE).sql,
        ),
        FrozenColumns(TABLE, (*BEFORE, "subject")),
    ]
