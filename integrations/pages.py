"""Pages that ask for a duty, for the apps above; they stand beside the roles, in `audit`."""

from audit.pages import DutyPage

__all__ = ["DutyPage"]
