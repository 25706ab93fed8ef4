from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("integrations", "0019_open_batch_index"),
    ]

    operations = [
        migrations.AddField(
            model_name="alertroute",
            name="address_ciphertext",
            field=models.BinaryField(default=b""),
        ),
        migrations.AddField(
            model_name="alertroute",
            name="address_key_id",
            field=models.CharField(blank=True, max_length=40),
        ),
    ]
