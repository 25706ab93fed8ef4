"""Where an entry stands in the chain, and what seals it."""

from __future__ import annotations

from audit.models import ChainLink, Checkpoint, Entry


def place_of(entry: Entry) -> tuple[ChainLink | None, Checkpoint | None]:
    """Its link, and the checkpoint at the end of the batch it is in; none before it is sealed."""
    link = ChainLink.objects.filter(entry=entry).first()
    if link is None:
        return None, None
    seals = Checkpoint.objects.filter(position__gte=link.position)
    return link, seals.order_by("position").first()
