"""Bulk runs over exceptions with their rows, and what one person may settle alone."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("reconciliation", "0017_effect_list_indexes"),
    ]

    operations = [
        migrations.CreateModel(
            name="BulkRun",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("action", models.CharField(blank=True, max_length=30)),
                ("values", models.JSONField(default=dict)),
                (
                    "origin",
                    models.CharField(
                        choices=[
                            ("filter", "A filter"),
                            ("alike", "What is alike"),
                            ("sheet", "A spreadsheet"),
                            ("one", "One exception"),
                            ("undo", "An undo"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "chosen_by",
                    models.CharField(help_text="The selection in words.", max_length=400),
                ),
                ("actor", models.CharField(max_length=80)),
                ("made_at", models.DateTimeField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("asked", "Waits for a second person"),
                            ("running", "Going on"),
                            ("done", "Done"),
                            ("stopped", "Stopped"),
                            ("declined", "Declined"),
                        ],
                        max_length=10,
                    ),
                ),
                ("approved_by", models.CharField(blank=True, max_length=80)),
                ("total", models.PositiveIntegerField()),
                ("done", models.PositiveIntegerField(default=0)),
                ("refused", models.PositiveIntegerField(default=0)),
                ("amounts", models.JSONField(default=dict)),
                ("worked_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                ("ended_by", models.CharField(blank=True, max_length=80)),
                (
                    "problem",
                    models.CharField(blank=True, help_text="Why it ended early.", max_length=400),
                ),
                (
                    "undoes",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="undone_by",
                        to="reconciliation.bulkrun",
                    ),
                ),
            ],
            options={
                "ordering": ("-id",),
            },
        ),
        migrations.CreateModel(
            name="BulkItem",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("action", models.CharField(max_length=30)),
                ("values", models.JSONField(default=dict)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "Waits"),
                            ("done", "Done"),
                            ("refused", "Not done"),
                            ("stopped", "Not begun"),
                        ],
                        default="waiting",
                        max_length=10,
                    ),
                ),
                ("said", models.CharField(blank=True, max_length=400)),
                ("before", models.JSONField(default=dict)),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                (
                    "item",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="bulk_items",
                        to="reconciliation.exceptionitem",
                    ),
                ),
                (
                    "run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="items",
                        to="reconciliation.bulkrun",
                    ),
                ),
            ],
            options={
                "ordering": ("id",),
            },
        ),
        migrations.CreateModel(
            name="DeskLimit",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("action", models.CharField(max_length=30, unique=True)),
                ("alone_up_to", models.DecimalField(decimal_places=3, max_digits=15)),
                (
                    "never_above",
                    models.DecimalField(blank=True, decimal_places=3, max_digits=15, null=True),
                ),
                ("changed_by", models.CharField(max_length=80)),
                ("changed_at", models.DateTimeField()),
            ],
            options={
                "ordering": ("action",),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("alone_up_to__gte", 0)), name="desk_limit_magnitude"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("never_above__isnull", True),
                            ("never_above__gte", models.F("alone_up_to")),
                            _connector="OR",
                        ),
                        name="desk_limit_order",
                    ),
                ],
            },
        ),
        migrations.AddIndex(
            model_name="bulkrun",
            index=models.Index(
                condition=models.Q(("state", "running")),
                fields=["worked_at", "id"],
                name="bulk_run_going",
            ),
        ),
        migrations.AddIndex(
            model_name="bulkrun",
            index=models.Index(fields=["state", "id"], name="bulk_run_by_state"),
        ),
        migrations.AddIndex(
            model_name="bulkitem",
            index=models.Index(fields=["run", "state", "id"], name="bulk_item_by_state"),
        ),
        migrations.AddConstraint(
            model_name="bulkitem",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "waiting")),
                fields=("item",),
                name="exception_in_one_unfinished_run",
            ),
        ),
    ]
