from django.db import migrations

from audit.append_only import AppendOnly


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_audit_log")]

    operations = [
        AppendOnly("audit_entry"),
        AppendOnly("audit_chainlink"),
        AppendOnly("audit_checkpoint"),
    ]
