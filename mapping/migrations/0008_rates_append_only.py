"""Exchange rates are history: what was converted by one can be worked out again."""

from django.db import migrations

from audit.append_only import AppendOnly


class Migration(migrations.Migration):
    dependencies = [("mapping", "0007_rule_import")]

    operations = [AppendOnly("mapping_exchangerate")]
