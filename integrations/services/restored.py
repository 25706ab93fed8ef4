"""Noticing that the database came back from a backup, and holding still until a person has looked.

The audit chain's heads are kept in a file outside the database. A database that does not know the
newest of them is older than what this installation has already seen: whatever was done since then
is not in it, but it was done. Nothing is read or written until a census has been taken and a person
resumes; keys are made of outside ids, so that what is then decided anew is found at the target.
"""

from __future__ import annotations

from typing import Final

from django.db import transaction

from audit import heads
from audit import services as audit
from audit.models import Checkpoint, Entry
from integrations.choices import ConnectionState
from integrations.clock import wall_now
from integrations.models import Connection

REASON: Final = "The database came back from a backup; check the ERP, then resume."
NOTICED: Final = "hub.restored"
RESUMED: Final = "hub.resumed"


def is_older_than_seen() -> bool:
    """Whether the newest head outside is one that this database does not have.

    A database that has sealed nothing yet is a new one, which has just got its place.
    """
    newest = heads.newest_head()
    if newest is None or not Checkpoint.objects.exists():
        return False
    return not Checkpoint.objects.filter(position=newest[0], hash=newest[1]).exists()


def check() -> bool:
    """Pause everything if the database is older than what was seen; True when it is.

    What is noticed is sealed at once: from then on the newest head outside is this database's own.
    """
    if not is_older_than_seen():
        return False
    pause_all("worker", "The audit heads kept outside are newer than the database.")
    audit.seal_all()
    return True


def pause_all(actor: str, why: str) -> int:
    """Pause every active connection with the reason; answers how many those were."""
    with transaction.atomic():
        # Held, so that nobody resumes or sends in between.
        found = list(Connection.objects.select_for_update().filter(state=ConnectionState.ACTIVE))
        Connection.objects.filter(pk__in=[row.pk for row in found]).update(
            state=ConnectionState.PAUSED, pause_reason=REASON, updated_at=wall_now()
        )
        audit.record(
            NOTICED,
            None,
            actor=actor,
            summary=f"{why} {len(found)} connections are paused.",
            details={"connections": [row.slug for row in found]},
        )
    return len(found)


def noticed() -> Entry | None:
    """The newest note that the database came back, unless somebody has resumed since.

    Each action by itself, from its index: for both at once the whole log would be read backwards.
    """
    note = Entry.objects.filter(action=NOTICED).order_by("-id").first()
    if note is None or Entry.objects.filter(action=RESUMED, id__gt=note.pk).exists():
        return None
    return note


def resume(actor: str) -> int:
    """Let the connections that were paused for this work again; answers how many those were.

    Whether a census has been taken is for the caller to ask: it stands above.
    """
    with transaction.atomic():
        found = Connection.objects.select_for_update().filter(
            state=ConnectionState.PAUSED, pause_reason=REASON
        )
        slugs = [row.slug for row in found]
        Connection.objects.filter(slug__in=slugs).update(
            state=ConnectionState.ACTIVE, pause_reason="", updated_at=wall_now()
        )
        audit.record(
            RESUMED,
            None,
            actor=actor,
            summary=f"{len(slugs)} connections work again after a restore.",
            details={"connections": slugs},
        )
    return len(slugs)
