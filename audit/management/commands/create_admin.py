"""The first administrators: whom nobody could approve yet."""

from __future__ import annotations

from typing import Any, Final

from django.conf import settings
from django.contrib.auth.models import Group, User
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from audit import people
from audit import services as audit
from audit.roles import Role

#: With so many, the console can do it: one asks, the other approves.
ENOUGH: Final = 2


class Command(BaseCommand):
    help = "Make a person an administrator, while there are fewer than two; prints a one-time link."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")

    def handle(self, *args: Any, **options: Any) -> None:
        name: str = options["username"]
        with transaction.atomic():
            group = Group.objects.select_for_update().get(name=Role.ADMIN.value)
            if people.administrators() >= ENOUGH:
                raise CommandError("There are two administrators already; one asks, one approves.")
            user, is_new = User.objects.get_or_create(username=name)
            if is_new:
                user.set_unusable_password()
                user.save()
            if not user.is_active:
                raise CommandError(f"{name} is locked out.")
            user.groups.add(group)
            audit.record(
                "role.given",
                ("user", str(user.pk)),
                actor="shell:create_admin",
                summary=f"admin for {name}, from the command line.",
            )
        base = settings.TIEOUT_PUBLIC_URL.rstrip("/")
        self.stdout.write(f"{name} is an administrator and sets the password here, once:")
        self.stdout.write(f"{base}{people.link_path(user)}")
