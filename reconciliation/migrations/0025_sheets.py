"""Spreadsheets that come back, and the count of changes that tells a stale row."""

import django.db.models.deletion
from django.db import migrations, models


COUNT = """
CREATE FUNCTION tieout_count_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.revision := OLD.revision + 1;
    RETURN NEW;
END
$$;
CREATE TRIGGER count_change BEFORE UPDATE ON reconciliation_exceptionitem
    FOR EACH ROW EXECUTE FUNCTION tieout_count_change();
"""
UNCOUNT = """
DROP TRIGGER count_change ON reconciliation_exceptionitem;
DROP FUNCTION tieout_count_change();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("reconciliation", "0024_transaction_payer"),
    ]

    operations = [
        migrations.AddField(
            model_name="bulkitem",
            name="revision",
            field=models.PositiveIntegerField(
                blank=True, help_text="Done only while the exception has this one.", null=True
            ),
        ),
        migrations.AddField(
            model_name="exceptionitem",
            name="revision",
            field=models.PositiveIntegerField(default=0, editable=False),
        ),
        migrations.CreateModel(
            name="Sheet",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=120)),
                ("actor", models.CharField(max_length=80)),
                ("made_at", models.DateTimeField()),
                ("rows", models.JSONField()),
                (
                    "run",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="sheet",
                        to="reconciliation.bulkrun",
                    ),
                ),
            ],
            options={
                "ordering": ("-id",),
            },
        ),
        migrations.RunSQL(COUNT, UNCOUNT),
    ]
