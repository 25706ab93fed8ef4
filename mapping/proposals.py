"""What else is known of a case without a row: proposed with what it rests on, never applied.

It rests on what people have put in force elsewhere, counted, and on the templates of the pair's
connectors. Nothing is scored: "2 of 3 rule sets" means just that.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import QuerySet

from integrations.models import Pair
from integrations.registry import templates_for
from mapping import rule_yaml
from mapping.choices import VersionState
from mapping.kinds import KINDS
from mapping.models import AccountRule, FieldRule, MethodRule
from mapping.models.rules import Rule
from mapping.rules.rows import plain

SEALED: Final = (VersionState.ACTIVE, VersionState.RETIRED)
#: Rows that are looked at, the newest versions first.
MOST_ROWS: Final = 2000
MOST_PROPOSALS: Final = 3


@dataclass(frozen=True, slots=True)
class Proposal:
    """`said_by` of the `of` rule sets that say anything of the case say this; `templates` too."""

    value: str
    said_by: int
    of: int
    templates: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        sets = "rule set that has" if self.of == 1 else "rule sets that have"
        counted = f"{self.said_by} of {self.of} {sets} a row for it" if self.of else ""
        templates = ", ".join(f"the template “{each}”" for each in self.templates)
        return "; ".join(filter(None, (counted, templates)))


def methods_for(pair: Pair, method: str) -> list[Proposal]:
    """The ERP's payment method for a card, by the rule sets for ERPs of the same make."""
    rows = MethodRule.objects.filter(version__pair__erp__connector=pair.erp.connector)
    wanted = plain(method)

    def fits(values: Mapping[str, str]) -> bool:
        return bool(wanted) and plain(values.get("method", "")) == wanted

    found = _newest(rows, fits, "erp_method")
    return _proposals(found, _of_templates(pair, "methods", fits, "erp_method"))


def accounts_for(pair: Pair, role: str, kind: str = "", method: str = "") -> list[Proposal]:
    """The account for a role, by the rule sets that post into the same company's books.

    A template's accounts are nobody's, and are not proposed.
    """
    same_books = {"version__pair__erp": pair.erp_id, "version__pair__company": pair.company}
    rows = AccountRule.objects.filter(role=role, **same_books)

    def fits(values: Mapping[str, str]) -> bool:
        asked = (("kind", kind), ("method", method))
        return all(plain(values.get(name, "")) in ("", plain(value)) for name, value in asked)

    return _proposals(_newest(rows, fits, "account"), {})


def formulas_for(pair: Pair, target: str) -> list[Proposal]:
    """What a field of the ERP's documents holds for every payment, by rule sets for that make."""
    same_make = {"version__pair__erp__connector": pair.erp.connector}
    rows = FieldRule.objects.filter(target=target, **same_make)

    def fits(values: Mapping[str, str]) -> bool:
        return not any(values.get(name) for name in ("method", "currency", "customer_ref"))

    return _proposals(_newest(rows, fits, "formula"), {})


def _newest(
    rows: QuerySet[Any], fits: Callable[[Mapping[str, str]], bool], outcome: str
) -> dict[int, str]:
    """For each pair, what its newest version in force or retired says of the case."""
    sealed = rows.filter(version__state__in=SEALED).select_related("version")
    in_order: Iterable[Rule] = sealed.order_by("-version__number", "position")[:MOST_ROWS]
    found: dict[int, str] = {}
    for row in in_order:
        values = {name: str(getattr(row, name)) for name in KINDS[row.slug].columns}
        if fits(values):
            found.setdefault(row.version.pair_id, values[outcome])
    return found


def _of_templates(
    pair: Pair, slug: str, fits: Callable[[Mapping[str, str]], bool], outcome: str
) -> dict[str, str]:
    """What each template says, by its name."""
    found = {}
    for template in templates_for(
        pair.gateway.connector, pair.erp.connector, pair.post_on
    ).values():
        rows = rule_yaml.load(template.text()).rules.get(slug, ())
        value = next((row[outcome] for row in rows if fits(row)), "")
        if value:
            found[template.label] = value
    return found


def _proposals(by_pair: Mapping[int, str], by_template: Mapping[str, str]) -> list[Proposal]:
    """Each value with what it rests on; what most rule sets say comes first."""
    counted = Counter(by_pair.values())
    values = dict.fromkeys([*(value for value, _ in counted.most_common()), *by_template.values()])
    return [
        Proposal(
            value,
            counted[value],
            len(by_pair),
            tuple(name for name, said in by_template.items() if said == value),
        )
        for value in values
    ][:MOST_PROPOSALS]
