"""What was proposed is never altered, and what happened to it is history."""

from django.db import migrations

from audit.append_only import AppendOnly, FrozenColumns


class Migration(migrations.Migration):
    dependencies = [("integrations", "0017_connection_changes")]
    operations = [
        FrozenColumns(
            "integrations_connectionchange",
            (
                "kind", "title", "is_sandbox", "fields", "before", "secret_names", "needs_other",
                "reason", "made_by_id", "made_at",
            ),
        ),
        AppendOnly("integrations_connectionchangestep"),
    ]  # fmt: skip
