"""The audit log; API keys, and the calls made with them that must not happen twice."""

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

__all__ = [
    "ENTRY_COLUMNS",
    "ENTRY_VERSION",
    "ApiCall",
    "ApiKey",
    "ChainLink",
    "Checkpoint",
    "Entry",
    "entry_record",
    "iso",
]
