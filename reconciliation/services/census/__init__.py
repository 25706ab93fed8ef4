"""Taking a census of a pair: the ERP is read back and held against what is owed."""

from reconciliation.services.census.taking import CensusBusyError, CensusResult, take

__all__ = ["CensusBusyError", "CensusResult", "take"]
