"""Drafts for tests of the editor: rows of every kind, whichever kinds there are."""

from mapping.choices import VersionState
from mapping.kinds import KINDS
from tests import builders

FACTORY = {slug: getattr(builders, f"{k.model.__name__}Factory") for slug, k in KINDS.items()}


def draft(**more):
    return builders.RuleSetVersionFactory(state=VersionState.DRAFT, active_from=None, **more)


def full_draft(rows=1, **more):
    """A draft with so many rows of every kind."""
    version = draft(**more)
    for factory in FACTORY.values():
        for position in range(1, rows + 1):
            factory(version=version, position=position)
    return version


def positions(kind, version):
    return [row.position for row in kind.objects(version)]
