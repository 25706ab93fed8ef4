"""History, certificates and notes are added, never changed."""

from django.db import migrations

from audit.append_only import AppendOnly


class Migration(migrations.Migration):
    dependencies = [("reconciliation", "0001_books")]
    operations = [
        AppendOnly("reconciliation_transactionhistory"),
        AppendOnly("reconciliation_certificate"),
        AppendOnly("reconciliation_exceptionnote"),
    ]
