"""Effects by day and by kind: what the list of ERP documents is sorted and filtered by."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("reconciliation", "0016_document_readings")]

    operations = [
        migrations.AddIndex(
            model_name="effect",
            index=models.Index(fields=["business_on", "id"], name="effect_by_day"),
        ),
        migrations.AddIndex(
            model_name="effect",
            index=models.Index(fields=["kind", "business_on", "id"], name="effect_by_kind"),
        ),
    ]
