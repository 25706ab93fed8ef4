"""All sheets of a version: sentences where there are some, else the columns by their labels."""

from __future__ import annotations

from mapping.kinds import KINDS, Kind
from mapping.models import RuleSetVersion
from mapping.rulebook import RuleBook
from mapping.rules.rows import Row
from mapping.services.rulesets import load
from mapping.wording import FIRST_WINS, Sheet, deposits_of, lines_of, sheets_of


def sheets_of_version(version: RuleSetVersion) -> list[Sheet]:
    """In the order of the kinds; a kind that no payment has to meet is left out without a row."""
    rules = load(version)
    told = {sheet.key: sheet for sheet in sheets_of(rules, version.pair.currency)}
    found = [told.get(slug) or by_labels(kind, rules) for slug, kind in KINDS.items()]
    return [sheet for sheet in found if sheet.lines or sheet.key in told] + [deposits_of(rules)]


def by_labels(kind: Kind, rules: RuleBook) -> Sheet:
    rows: tuple[Row, ...] = getattr(rules, kind.slug)

    def when(row: Row) -> str:
        given = [name for name in kind.conditions if getattr(row, name)]
        return ", ".join(_told(kind, row, name) for name in given) or "Anything else"

    def then(row: Row) -> str:
        given = [name for name in kind.outcomes if getattr(row, name) not in ("", None)]
        return ", ".join(_told(kind, row, name) for name in given)

    return Sheet(
        kind.slug, kind.label, "When", "Then", lines_of(rows, when, then), "No row.", FIRST_WINS
    )


def _told(kind: Kind, row: Row, name: str) -> str:
    return f"{kind.field(name).verbose_name}: {kind.shown(row, name)}"
