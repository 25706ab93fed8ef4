import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("integrations", "0020_sealed_alert_addresses"),
    ]

    operations = [
        migrations.AlterField(
            model_name="envelope",
            name="connection",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="envelopes",
                to="integrations.connection",
            ),
        ),
        migrations.AlterField(
            model_name="fact",
            name="connection",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="integrations.connection",
            ),
        ),
        migrations.AlterField(
            model_name="posting",
            name="group",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="members",
                to="integrations.posting",
            ),
        ),
    ]
