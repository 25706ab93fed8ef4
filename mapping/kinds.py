"""All kinds of rule, each with its table: what forms, lists and files are made of.

A new kind is a row class in `mapping.rules`, its table in `mapping.models.rules` and one line here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from django.db.models import Field

from mapping.models.risks import RiskRule
from mapping.models.rules import (
    AccountRule,
    CurrencyRule,
    CustomerRule,
    FeeRule,
    FieldRule,
    ItemRule,
    MethodRule,
    Rule,
    StatusRule,
    TaxRule,
    ValidationRule,
)
from mapping.models.ruleset import RuleSetVersion
from mapping.rules.rows import Row, in_order


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of rule as the rest of the product works with it."""

    model: type[Rule]

    @property
    def slug(self) -> str:
        return self.model.slug

    @property
    def label(self) -> str:
        return str(self.model._meta.verbose_name_plural)

    @property
    def about(self) -> str:
        """What rules of this kind are for, in one sentence."""
        first = (self.model.__doc__ or "").split("\n", maxsplit=1)[0]
        return first if self.model.is_asked else f"{first} {self.model.unasked}"

    @property
    def conditions(self) -> tuple[str, ...]:
        return self.model.row_class.CONDITIONS

    @property
    def outcomes(self) -> tuple[str, ...]:
        return self.model.row_class.OUTCOMES

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of all fields of a row but its position: what forms and files hold, in order."""
        return (*self.conditions, *self.outcomes)

    def field(self, name: str) -> Field[Any, Any]:
        field = self.model._meta.get_field(name)
        if not isinstance(field, Field):
            raise TypeError(f"{name} is no column of {self.label}.")
        return field

    def shown(self, row: Rule | Row, name: str) -> str:
        """A value as people read it: a choice by its words, an empty condition as "any"."""
        value = getattr(row, name)
        if value in ("", None):
            return "any" if name in self.conditions else ""
        if name in self.model.told:
            return self.model.told[name](self.text(row, name))
        return str(dict(self.field(name).flatchoices).get(value, self.text(row, name)))

    def text(self, row: Rule | Row, name: str) -> str:
        """A value as a form, a file or an audit entry holds it; numbers without idle zeros."""
        value = getattr(row, name)
        if isinstance(value, Decimal):
            return f"{value.normalize():f}"
        return "" if value is None else str(value)

    def has_rows(self, version: RuleSetVersion) -> bool:
        return self.model._default_manager.filter(version=version).exists()

    def objects(self, version: RuleSetVersion) -> list[Rule]:
        """The rows of a version as they are stored, in order."""
        return list(self.model._default_manager.filter(version=version).order_by("position"))

    def read(self, version: RuleSetVersion) -> tuple[Row, ...]:
        """The rows of a version as plain values, in order."""
        return tuple(in_order(rule.as_row() for rule in self.objects(version)))


KINDS: Final[Mapping[str, Kind]] = {
    model.slug: Kind(model)
    for model in (
        StatusRule,
        AccountRule,
        MethodRule,
        FeeRule,
        CustomerRule,
        ValidationRule,
        RiskRule,
        CurrencyRule,
        TaxRule,
        ItemRule,
        FieldRule,
    )
}
