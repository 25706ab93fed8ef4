"""Settings of a shop whose orders come in Tieout's own format."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from integrations.errors import ConfigError
from integrations.options import option, read_options


@dataclass(frozen=True, slots=True)
class OrdersSettings:
    """Orders come as signed webhooks and as files; a folder for these is no must."""

    folder: str = option(
        "Folder",
        default="",
        hint="Only for orders that come as files: full path of the folder on this server into"
        " which they are put, one order a line.",
    )
    pattern: str = option("File names", default="*.jsonl", advanced=True)

    @classmethod
    def from_mapping(
        cls, settings: Mapping[str, Any], secrets: Mapping[str, str]
    ) -> OrdersSettings:
        """Raises ConfigError that names the setting in words."""
        read = read_options(cls, settings, secrets)
        if read.folder and not Path(read.folder).is_absolute():
            raise ConfigError("“Folder” has to be a full path.", setting="folder")
        if "/" in read.pattern or "\\" in read.pattern:
            raise ConfigError("“File names” is a pattern without a folder.", setting="pattern")
        return read
