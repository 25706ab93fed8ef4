"""The lines, charges and taxes of an order under the rules: items, accounts and tax codes. Pure.

What the shop says is what is booked: a tax is worked out anew only to be held against it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from integrations.canonical import InvoiceLineDraft, OrderLineRecord, OrderRecord, OrderTaxRecord
from integrations.money import Money
from mapping.choices import AccountRole
from mapping.rulebook import RuleBook
from mapping.rules import accounts, items
from mapping.rules.accounts import AccountRow
from mapping.rules.taxes import MappedTax, TaxComponent, map_component

#: What a place of the rules that is missing is called: sort and name, such as ("item", "MUG").
Missing = tuple[str, str]


@dataclass(frozen=True, slots=True)
class MappedLine:
    """A line with the ERP's item and its account, and the rules that gave them."""

    line: OrderLineRecord
    erp_item: str
    account: str
    rule: str


@dataclass(frozen=True, slots=True)
class Charge:
    """Shipping, or a discount with its minus, on its account by which rule."""

    name: str
    amount: Money
    account: str
    rule: str


@dataclass(slots=True)
class Parts:
    """All of an order that the rules have something for, and what they lack."""

    lines: list[MappedLine] = field(default_factory=list)
    charges: list[Charge] = field(default_factory=list)
    taxes: list[MappedTax] = field(default_factory=list)
    missing: list[Missing] = field(default_factory=list)

    @property
    def rules(self) -> tuple[str, ...]:
        """Each rule that fired, once, in the order of the invoice."""
        named = [line.rule for line in self.lines]
        named += [charge.rule for charge in self.charges] + [tax.row.name for tax in self.taxes]
        return tuple(dict.fromkeys(named))

    def drafts(self, description_width: int) -> tuple[InvoiceLineDraft, ...]:
        """The lines of the invoice; what comes to nothing and is no item stands in none."""
        lines = [
            InvoiceLineDraft(
                description=shortened(each.line.description or each.line.item, description_width),
                amount=each.line.amount,
                account=each.account,
                item=each.erp_item,
                quantity=each.line.quantity,
            )
            for each in self.lines
        ]
        lines += [
            InvoiceLineDraft(shortened(each.name, description_width), each.amount, each.account)
            for each in self.charges
        ]
        lines += [
            InvoiceLineDraft(
                description=shortened(tax_name(each.source), description_width),
                amount=each.source.charged,
                account=each.row.account,
                tax_code=each.row.tax_code,
            )
            for each in self.taxes
            if each.source.charged
        ]
        return tuple(lines)


def shortened(text: str, width: int) -> str:
    """A description that the ERP has no room for ends with three points; the order has it all."""
    return text if len(text) <= width else text[: max(width - 3, 0)] + "..."


def tax_name(tax: OrderTaxRecord | TaxComponent) -> str:
    return " ".join(filter(None, (tax.component, tax.jurisdiction)))


def map_parts(order: OrderRecord, rules: RuleBook) -> Parts:
    parts = Parts()
    for line in order.lines:
        _map_line(parts, line, rules)
    _map_charge(parts, "Shipping", order.shipping, AccountRole.SHIPPING, rules)
    _map_charge(parts, "Discount", -order.discount, AccountRole.DISCOUNTS, rules)
    for tax in order.taxes:
        component = TaxComponent(tax.component, tax.taxable, tax.charged, tax.jurisdiction)
        mapped = map_component(rules.taxes, component)
        if mapped is None:
            parts.missing.append(("tax", tax_name(tax)))
        else:
            parts.taxes.append(mapped)
    return parts


def _map_line(parts: Parts, line: OrderLineRecord, rules: RuleBook) -> None:
    row = items.choose(rules.items, line.item, category=line.category, department=line.department)
    if row is None:
        parts.missing.append(("item", line.item or line.description or f"line {line.position}"))
        return
    if row.account:
        parts.lines.append(MappedLine(line, row.erp_item, row.account, row.name))
        return
    sales = _account(rules, AccountRole.SALES, line.amount, line.department)
    if sales is None:
        parts.missing.append(("account", AccountRole.SALES.label))
        return
    rule = f"{row.name}; {sales.name}"
    parts.lines.append(MappedLine(line, row.erp_item, sales.account, rule))


def _map_charge(parts: Parts, name: str, amount: Money, role: AccountRole, rules: RuleBook) -> None:
    if not amount:
        return
    row = _account(rules, role, amount)
    if row is None:
        parts.missing.append(("account", role.label))
    else:
        parts.charges.append(Charge(name, amount, row.account, row.name))


def _account(
    rules: RuleBook, role: AccountRole, amount: Money, department: str = ""
) -> AccountRow | None:
    return accounts.choose(
        rules.accounts, role.value, currency=amount.currency, department=department
    )


def wanted_items(lines: Sequence[MappedLine]) -> dict[str, Decimal]:
    """How much of each of the ERP's items the lines ask for together."""
    found: dict[str, Decimal] = {}
    for each in lines:
        if each.erp_item:
            found[each.erp_item] = found.get(each.erp_item, Decimal(0)) + each.line.quantity
    return found
