"""Book bank lines: each once; what is no card deposit is ignored by a named rule.

A line is the same by its fingerprint alone, also where a bank words it anew under the same id, or
its running balance is another: that is a duplicate of the line that is known.
"""

from __future__ import annotations

from collections.abc import Sequence

from integrations.bulk import update_rows
from integrations.canonical import StatementLineRecord
from integrations.choices import FactEnd
from integrations.models import Connection, Fact, Pair
from mapping.services.rulesets import rules_in_force
from reconciliation.choices import BankLineState
from reconciliation.models import BankLine

NOT_OURS = "bank line: not a card deposit"
NO_MONEY = "bank line: moves no money"
REWORDED = "it is known; only its text or its balance is another"


def book(connection: Connection, lines: Sequence[tuple[Fact, StatementLineRecord]]) -> None:
    """Keep the lines; those without any pair's deposit text end ignored, kept all the same."""
    pairs = list(Pair.objects.filter(bank=connection, is_active=True))
    known = _known(connection, [record.external_id[:100] for _, record in lines])
    rows: list[BankLine] = []
    ended: list[Fact] = []
    for fact, record in lines:
        first = known.setdefault(record.external_id[:100], fact.pk)
        rule = _why_ignored(pairs, record)
        if first != fact.pk:
            fact.end, fact.duplicate_of_id, fact.reason = FactEnd.DUPLICATE, first, REWORDED
            ended.append(fact)
            continue
        if rule:
            fact.end, fact.rule = FactEnd.IGNORED, rule
            ended.append(fact)
        rows.append(_line(connection, fact, record, rule))
    if ended:
        update_rows(ended, ["end", "rule", "reason", "duplicate_of"])
    BankLine.objects.bulk_create(rows, ignore_conflicts=True)


def _known(connection: Connection, fingerprints: Sequence[str]) -> dict[str, int]:
    """The fact of each line that is in the books already, by its fingerprint."""
    rows = BankLine.objects.filter(connection=connection, fingerprint__in=fingerprints)
    return dict(rows.values_list("fingerprint", "fact_id"))


def _why_ignored(pairs: Sequence[Pair], record: StatementLineRecord) -> str:
    if not record.amount:
        return NO_MONEY
    return "" if any(_is_deposit(pair, record) for pair in pairs) else NOT_OURS


def _is_deposit(pair: Pair, record: StatementLineRecord) -> bool:
    rules = rules_in_force(pair, record.booked_on)
    if rules is None:
        return True  # Without rules nothing is ignored: the desk will show it.
    return rules.deposit_pattern.casefold() in record.description.casefold()


def _line(connection: Connection, fact: Fact, record: StatementLineRecord, rule: str) -> BankLine:
    return BankLine(
        connection=connection,
        fact=fact,
        fingerprint=record.external_id[:100],
        booked_on=record.booked_on,
        description=record.description[:200],
        reference=record.reference[:100],
        amount=record.amount.amount,
        balance=record.balance.amount if record.balance else None,
        currency=record.amount.currency,
        state=BankLineState.IGNORED if rule else BankLineState.NEW,
        rule=rule,
    )
