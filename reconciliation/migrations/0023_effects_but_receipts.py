"""Effects of a kind in the order of their postings; receipts, nearly all, stand outside."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("integrations", "0022_envelopes_by_time"),
        ("mapping", "0004_second_person"),
        ("reconciliation", "0022_undone_rows"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="effect",
            index=models.Index(
                condition=models.Q(("kind", "receipt"), _negated=True),
                fields=["kind", "posting"],
                name="effect_no_receipt",
            ),
        ),
    ]
