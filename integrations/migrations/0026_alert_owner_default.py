from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("integrations", "0025_alert_owner"),
    ]

    operations = [
        migrations.AlterField(
            model_name="alert",
            name="owner",
            field=models.CharField(blank=True, db_default="", default="", max_length=160),
        ),
    ]
