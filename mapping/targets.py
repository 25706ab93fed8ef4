"""Fields of the ERPs' documents that rules may fill, as their connectors declare them."""

from __future__ import annotations

from collections.abc import Mapping

from integrations.registry import CONNECTORS
from integrations.targets import TargetField


def fields_of(connector: str) -> tuple[TargetField, ...]:
    """All fields of an ERP's documents; those that are not open are there to be seen."""
    return CONNECTORS[connector].targets if connector in CONNECTORS else ()


def open_fields_of(connector: str) -> dict[str, TargetField]:
    """Fields that rules may fill, by name."""
    return {each.name: each for each in fields_of(connector) if each.is_open}


def target_choices() -> list[tuple[str, str]]:
    """Every field that rules may fill in some ERP, by name, in words."""
    known: Mapping[str, str] = {
        name: each.title for code in CONNECTORS for name, each in open_fields_of(code).items()
    }
    return list(known.items())
