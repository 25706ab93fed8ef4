"""Rules leave as files, on record: the whole set as YAML, the rows of a kind as a spreadsheet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.db import transaction

from audit import services as audit
from audit.acting import Someone
from audit.roles import Duty, may, require
from mapping import rule_yaml, sheet_files
from mapping.kinds import Kind
from mapping.models import RuleSetVersion

YAML: Final = "yaml"
_TYPES: Final = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    YAML: "application/yaml; charset=utf-8",
}


@dataclass(frozen=True, slots=True)
class Taken:
    """A file with its name and media type."""

    name: str
    content_type: str
    body: bytes


def take_away(
    user: Someone, version: RuleSetVersion, kind: Kind | None = None, form: str = YAML
) -> Taken:
    """For who exports, or edits rules. Without a kind it is the whole set, whatever the form."""
    if not may(user, Duty.EXPORT):
        require(user, Duty.EDIT_RULES, ("rules", str(version.pk)))
    if kind is None:
        form, body = YAML, rule_yaml.dump(version).encode()
    else:
        form = "xlsx" if form == "xlsx" else "csv"
        made = sheet_files.as_xlsx if form == "xlsx" else sheet_files.as_csv
        body = made(version, kind)
    slug = kind.slug if kind else ""
    told = f"{kind.label if kind else 'All rules'} of version {version.number} taken away."
    with transaction.atomic():
        audit.record(
            "rules.exported",
            ("rules", str(version.pk)),
            actor=audit.user_actor(user),
            summary=told,
            details={"kind": slug, "form": form},
        )
    name = "-".join(filter(None, (version.pair.slug, f"v{version.number}", slug)))
    return Taken(f"{name}.{form}", _TYPES[form], body)
