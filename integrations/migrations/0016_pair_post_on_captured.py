"""Receipts at capture: what a pair says about it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("integrations", "0015_pull_readings"),
    ]

    operations = [
        migrations.AddField(
            model_name="pair",
            name="post_after_documents",
            field=models.PositiveIntegerField(
                default=200,
                help_text="Receipts of captured payments: post a day's ERP batch once it holds so many.",
            ),
        ),
        migrations.AddField(
            model_name="pair",
            name="post_after_minutes",
            field=models.PositiveIntegerField(
                default=30,
                help_text="And at the latest so many minutes after it was opened, or when its day is over.",
            ),
        ),
        migrations.AlterField(
            model_name="pair",
            name="post_on",
            field=models.CharField(
                choices=[
                    ("settled", "When its batch settles"),
                    ("captured", "At once, when it is captured"),
                ],
                default="settled",
                max_length=10,
            ),
        ),
    ]
