from django.db import migrations


class Migration(migrations.Migration):
    """Customers are found by how their name begins, in capitals or not.

    As a statement: an index on an expression with its own operator class would ask for
    `django.contrib.postgres` among the apps, which asks every new connection two questions more.
    """

    dependencies = [
        ("mapping", "0012_write_off_accounts"),
    ]

    operations = [
        migrations.RunSQL(
            "CREATE INDEX identity_by_name ON mapping_customeridentity"
            " (upper(name) text_pattern_ops) WHERE system = 'erp'",
            "DROP INDEX identity_by_name",
        ),
    ]
