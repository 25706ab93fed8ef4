from typing import Any

from django_q.management.commands.qcluster import Command as QCluster

from config.checks import refuse_demo_users
from config.workers import start_watching


class Command(QCluster):  # type: ignore[misc]  # django-q2 has no types
    """Starts the workers, and ends them all when their queue is wedged: a service manager that
    starts them again is part of every installation. In production not beside a demo's users."""

    help = "Starts the workers that read, decide, post and match."

    def handle(self, *args: Any, **options: Any) -> None:
        refuse_demo_users()
        start_watching()
        super().handle(*args, **options)
