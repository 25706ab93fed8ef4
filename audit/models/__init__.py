"""The audit log; API keys and calls; sessions of people, and changes of access."""

from audit.models.access_change import AccessChange
from audit.models.api_call import ApiCall
from audit.models.api_key import ApiKey
from audit.models.log import (
    ENTRY_COLUMNS,
    ENTRY_VERSION,
    ChainLink,
    Checkpoint,
    Entry,
    entry_record,
    iso,
)
from audit.models.signed_in import SignedIn

__all__ = [
    "ENTRY_COLUMNS",
    "ENTRY_VERSION",
    "AccessChange",
    "ApiCall",
    "ApiKey",
    "ChainLink",
    "Checkpoint",
    "Entry",
    "SignedIn",
    "entry_record",
    "iso",
]
