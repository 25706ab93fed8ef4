from typing import Any

from django_q.management.commands.qcluster import Command as QCluster

from config.checks import refuse_demo_users


class Command(QCluster):  # type: ignore[misc]  # django-q2 has no types
    """Starts the workers; in production not beside a demo's users."""

    help = "Starts the workers that read, decide, post and match."

    def handle(self, *args: Any, **options: Any) -> None:
        refuse_demo_users()
        super().handle(*args, **options)
