"""What people choose for themselves, by name: small texts that no rule of the product reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from console.models import Preference

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, User


def preference(user: AbstractBaseUser | AnonymousUser, name: str) -> str:
    """What this person chose; empty where they never chose."""
    found = Preference.objects.filter(user=user.pk, name=name).values_list("value", flat=True)
    return found.first() or ""


def choose(user: User, name: str, value: str) -> None:
    """Keep it in place of what this person chose before."""
    Preference.objects.update_or_create(user=user, name=name, defaults={"value": value})
