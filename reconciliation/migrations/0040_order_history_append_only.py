"""What a shop said of an order is added, never changed."""

from django.db import migrations

from audit.append_only import AppendOnly


class Migration(migrations.Migration):
    dependencies = [("reconciliation", "0039_orders")]
    operations = [AppendOnly("reconciliation_orderhistory")]
