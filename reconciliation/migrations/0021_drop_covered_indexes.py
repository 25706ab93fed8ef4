import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("integrations", "0021_drop_covered_indexes"),
        ("reconciliation", "0020_impact_history"),
    ]

    operations = [
        migrations.AlterField(
            model_name="effect",
            name="batch",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="effects",
                to="reconciliation.settlementbatch",
            ),
        ),
        migrations.AlterField(
            model_name="reservation",
            name="effect",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="reservations",
                to="reconciliation.effect",
            ),
        ),
        migrations.AlterField(
            model_name="transaction",
            name="batch",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="transactions",
                to="reconciliation.settlementbatch",
            ),
        ),
        migrations.AlterField(
            model_name="transaction",
            name="connection",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="transactions",
                to="integrations.connection",
            ),
        ),
        migrations.AlterField(
            model_name="transactionhistory",
            name="transaction",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="history",
                to="reconciliation.transaction",
            ),
        ),
    ]
