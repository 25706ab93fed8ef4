"""An effect is made once: a correction is another one."""

from django.db import migrations

from audit.append_only import AppendOnly


class Migration(migrations.Migration):
    dependencies = [("reconciliation", "0005_reason_not_decided")]
    operations = [AppendOnly("reconciliation_effect")]
