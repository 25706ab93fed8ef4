"""Attempts are history: added, never changed."""

from django.db import migrations

from audit.append_only import AppendOnly


class Migration(migrations.Migration):
    dependencies = [("integrations", "0001_edge")]
    operations = [AppendOnly("integrations_attempt")]
