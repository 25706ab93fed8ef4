"""A census is added, never changed; so is what it found."""

from django.db import migrations

from audit.append_only import AppendOnly


class Migration(migrations.Migration):
    dependencies = [("reconciliation", "0011_census")]
    operations = [
        AppendOnly("reconciliation_census"),
        AppendOnly("reconciliation_censusfinding"),
    ]
