"""Who acts: the person behind an actor's name, and the duties that an action asks for."""

from __future__ import annotations

from typing import Final

from django.core.exceptions import PermissionDenied

from audit.acting import Someone, acting, person_behind
from audit.roles import Duty, require, require_other
from reconciliation.models import ExceptionItem
from reconciliation.services.desk.errors import DeskError

#: What to say to a person who works on the exception and lacks the duty for this action.
LACKING: Final[dict[Duty, str]] = {
    Duty.EDIT_RULES: "Changing the rules is not among your duties; a mapper can propose it.",
    Duty.APPROVE_RULES: "Approving rules is not among your duties.",
}


def person(actor: str) -> Someone:
    """The user or key behind an audit name. Workers close exceptions, and never act on them."""
    if (found := acting(actor)) is not None:
        return found
    raise DeskError(f"{actor or 'Nobody'} is no active user or key.")


def require_duty(actor: str, duty: Duty, item: ExceptionItem) -> Someone:
    """The person, who must be trusted with the duty; superusers are no exception.

    Ask before the work's transaction begins: a denial leaves an audit entry of its own.
    Raises PermissionDenied, or DeskError where the person may do other things here.
    """
    user = person(actor)
    try:
        require(user, duty, ("exception", str(item.pk)))
    except PermissionDenied as denied:
        if duty in LACKING:
            raise DeskError(LACKING[duty]) from denied
        raise
    return user


def require_second_person(actor: str, proposer: str, duty: Duty, item: ExceptionItem) -> None:
    """The actor is trusted with the duty and is not who proposed it. Raises DeskError."""
    user = require_duty(actor, duty, item)
    try:
        require_other(user, person_behind(proposer), duty, ("exception", str(item.pk)))
    except PermissionDenied as denied:
        raise DeskError(f"{denied}") from denied
