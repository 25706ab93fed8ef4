"""Who acts in a service: the person or key behind an actor's name, held to a duty.

Services that pages, calls and commands share ask here, so that no way in forgets to.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, TypeAlias

from django.contrib.auth.models import AnonymousUser, User
from django.db import models

from audit.holders import KeyHolder
from audit.keys import holder_named
from audit.models import ApiKey
from audit.roles import Duty, require

PERSON: Final = "user:"
KEY: Final = "key:"
#: Who acts on a page or by a call.
Someone: TypeAlias = User | KeyHolder


def acting(actor: str) -> Someone | None:
    """The active person or live key of an audit name, or None for anything else."""
    if actor.startswith(KEY):
        return holder_named(actor.removeprefix(KEY))
    if actor.startswith(PERSON):
        return User.objects.filter(username=actor.removeprefix(PERSON), is_active=True).first()
    return None


def person_behind(actor: str) -> User | None:
    """The person of an audit name, or the owner of its key: also who is not active any more.

    For telling who prepared something; who may act is `acting`.
    """
    if actor.startswith(KEY):
        name = actor.removeprefix(KEY)
        return User.objects.filter(pk__in=ApiKey.objects.filter(name=name).values("owner")).first()
    return User.objects.filter(username=actor.removeprefix(PERSON)).first()


def require_actor(
    actor: str, duty: Duty, subject: models.Model | tuple[str, str] | None = None
) -> None:
    """Raise PermissionDenied, recorded, unless the actor is trusted with the duty.

    Ask before the transaction of the work begins. Superusers are no exception, and whoever is
    neither a person nor a key has no duty.
    """
    require(acting(actor) or AnonymousUser(), duty, subject)


def people_behind(actors: Iterable[str]) -> frozenset[str]:
    """The names of the people who answer for what was done: a key's is its owner's.

    Keys that are over count too. Names come back without their prefix; one query where a key is
    among them, else none.
    """
    names = {actor.removeprefix(PERSON) for actor in actors if actor}
    keys = {name for name in names if name.startswith(KEY)}
    if not keys:
        return frozenset(names)
    found = ApiKey.objects.filter(name__in=[name.removeprefix(KEY) for name in keys])
    return frozenset(names - keys) | frozenset(found.values_list("owner__username", flat=True))
