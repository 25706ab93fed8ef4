"""An approval stays as it was given."""

from django.db import migrations

from audit.append_only import AppendOnly


class Migration(migrations.Migration):
    dependencies = [("reconciliation", "0019_impacts")]

    operations = [AppendOnly("reconciliation_impactapproval")]
