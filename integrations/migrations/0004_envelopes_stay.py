"""An envelope's bytes and what identifies them stay as they came; reading it changes its state."""

from django.db import migrations

from audit.append_only import FrozenColumns


class Migration(migrations.Migration):
    dependencies = [("integrations", "0003_list_indexes")]
    operations = [
        FrozenColumns(
            "integrations_envelope",
            (
                "connection_id", "source", "kind", "name", "identity", "received_at",
                "business_at", "headers", "context", "key_id", "body", "size", "original_hash",
                "guard_findings",
            ),
        )
    ]  # fmt: skip
