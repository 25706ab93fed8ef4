"""Links name the system of their number: the gateway's until now, the CRM's too from now on."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("mapping", "0004_second_person")]

    operations = [
        migrations.RemoveConstraint("customerlink", "customer_link_once"),
        migrations.RenameField("customerlink", "gateway_ref", "ref"),
    ]
