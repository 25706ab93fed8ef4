"""Rows of risk rules are sealed with their version, like those of every kind."""

from django.db import migrations

from mapping.sealed import SealedRows


class Migration(migrations.Migration):
    dependencies = [("mapping", "0015_risk_rules")]

    operations = [SealedRows("mapping_riskrule")]
