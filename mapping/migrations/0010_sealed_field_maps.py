"""Rows of field maps are sealed with their version, like those of every kind."""

from django.db import migrations

from mapping.sealed import SealedRows


class Migration(migrations.Migration):
    dependencies = [("mapping", "0009_field_maps")]

    operations = [SealedRows("mapping_fieldrule")]
