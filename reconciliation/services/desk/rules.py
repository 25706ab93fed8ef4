"""Map what is missing: one person proposes a rule, another puts it in force.

The rule comes last in a new version, made from the one in force and active from the exception's
business day: rows above it keep their cases. What was decided stays as it is, what was held is
decided again.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db.models import Q

from audit import guard
from audit.roles import Duty
from integrations.models import Pair
from integrations.money import Money
from integrations.services import lanes
from mapping.choices import AccountRole
from mapping.decide.texts import fill
from mapping.models import RuleSetVersion
from mapping.problems import UnmappedError
from mapping.rulebook import RuleBook
from mapping.rules.rows import plain
from mapping.services.rule_rows import add_account, add_method, change_formula
from mapping.services.rulesets import RuleSetError, load, rules_in_force, version_in_force
from mapping.services.versions import activate, draft_from
from reconciliation.choices import OPEN_STATES, Reason, RunOrigin
from reconciliation.models import ExceptionItem, Transaction
from reconciliation.services.bulk import runs
from reconciliation.services.decide import decide_again
from reconciliation.services.desk.errors import DeskError
from reconciliation.services.desk.people import require_second_person
from reconciliation.services.desk.steps import at_work, move, pair_of, resolve
from reconciliation.services.desk_open import close_by_machine
from reconciliation.services.known import case_of, payment_of

#: Roles that a deposit without a batch needs; its exception names none.
STRAY_ROLES = (AccountRole.BANK, AccountRole.UNIDENTIFIED)


def map_account(item: ExceptionItem, role: str, account: str, actor: str) -> None:
    """Propose the account for a role; it is in force once another person has approved it."""
    with at_work(item, "map_account", actor, Duty.EDIT_RULES) as locked:
        wanted = _text(account, 100, "The account")
        if role not in AccountRole.values:
            raise DeskError(f"{role or 'Nothing'} is nothing that an account is for.")
        if locked.details.get("role", role) != role:
            raise DeskError(f"What is missing is the account for {locked.details['role']}.")
        _propose(locked, {"proposed_role": role, "proposed_account": wanted}, actor)


def map_method(item: ExceptionItem, method: str, erp_method: str, actor: str) -> None:
    """Propose the ERP's payment method; it is in force once another person has approved it."""
    with at_work(item, "map_method", actor, Duty.EDIT_RULES) as locked:
        wanted = _text(erp_method, 15, "The payment method")
        missing = str(locked.details.get("method", ""))
        if plain(method) != plain(missing):
            what = missing or "cards without a name: leave the brand empty"
            raise DeskError(f"What is missing is the payment method for {what}.")
        _propose(locked, {"proposed_method": method.strip(), "proposed_erp_method": wanted}, actor)


def mend_field(item: ExceptionItem, actor: str) -> None:
    """Propose the change of the field map that is suggested; another person puts it in force."""
    with at_work(item, "mend_field", actor, Duty.EDIT_RULES) as locked:
        found = (each for each in locked.suggestions if each.get("action") == "mend_field")
        suggested = next(found, None)
        if suggested is None:
            raise DeskError("Nothing is suggested for it: change the field map in a draft.")
        field = str(locked.details.get("field", ""))
        proposal = {"proposed_field": field, "proposed_formula": suggested["value"]}
        _propose(locked, proposal, actor)


def approve_rule(item: ExceptionItem, actor: str) -> None:
    """Put the proposed rule in force from the exception's day; never by who proposed it."""
    item.refresh_from_db(fields=["details"])
    proposer = str(item.details.get("proposed_by", ""))
    require_second_person(actor, proposer, Duty.APPROVE_RULES, item)
    with at_work(item, "approve_rule", actor, Duty.APPROVE_RULES) as locked:
        if locked.details.get("proposed_by") != proposer:
            raise DeskError("The proposal has changed; look at it again.")
        pair = Pair.objects.select_for_update().get(pk=pair_of(locked).pk)
        version = _put_in_force(pair, locked, proposer, actor)
        resolve(locked, "approve_rule", actor, f"Mapped in version {version.number}.")
        decide_again(Transaction.objects.filter(exceptions__pk=locked.pk))
        _follow(pair, locked, version, actor)
        lanes.wake("deliver")  # deposits that waited for an account


def try_again(item: ExceptionItem, actor: str) -> None:
    """Decide again what is held, if the rules that it wants are there now; in a transaction."""
    pair = pair_of(item)
    rules = rules_in_force(pair, item.business_on)
    if rules is None or not covers(rules, item):
        raise DeskError(f"Nothing has changed: {item.message}")
    _close_covered(pair, item, "retry", actor, f"Covered by version {rules.number}.")


def _text(value: str, width: int, what: str) -> str:
    text = value.strip()
    if not 0 < len(text) <= width:
        raise DeskError(f"{what} has 1 to {width} characters.")
    if guard.inspect_text(text).findings:
        raise DeskError(f"{what} looks like a card number; nothing was kept.")
    return text


def _propose(item: ExceptionItem, proposal: dict[str, str], actor: str) -> None:
    pair = pair_of(item)
    if version_in_force(pair, item.business_on) is None:
        raise DeskError(f"No rule set of {pair.name} is in force on {item.business_on}.")
    item.details = {**item.details, **proposal, "proposed_by": actor}
    words = " → ".join(value or "any" for value in proposal.values())
    move(item, item.state, "propose_rule", actor, f"Proposed: {words}.")


def _put_in_force(pair: Pair, item: ExceptionItem, proposer: str, actor: str) -> RuleSetVersion:
    standing = version_in_force(pair, item.business_on)
    if standing is None:
        raise DeskError(f"No rule set of {pair.name} is in force on {item.business_on}.")
    if covers(load(standing), item):
        raise DeskError("The rules in force have a row for it by now; try it again instead.")
    draft = draft_from(standing, proposer, f"Exception {item.pk}: {item.message}")
    about = item.details
    if item.reason == Reason.ACCOUNT_UNMAPPED:
        add_account(
            draft,
            about["proposed_role"],
            about["proposed_account"],
            kind=about.get("kind", ""),
            method=about.get("method", ""),
            currency=item.currency,
        )
    elif item.reason == Reason.FIELD_UNFIT:
        _change_formula(draft, about)
    else:
        add_method(draft, about["proposed_method"], about["proposed_erp_method"])
    if not covers(load(draft), item):
        raise DeskError("With this rule the payment still could not be posted; propose another.")
    # What it changes was held: for what was posted a row had fired already, and stands above it.
    activate(draft, item.business_on, actor, evidence=f"exception {item.pk}")
    return draft


def _change_formula(draft: RuleSetVersion, about: Mapping[str, Any]) -> None:
    position, to = int(about["row"]), about["proposed_formula"]
    try:
        change_formula(draft, about["proposed_field"], position, about["formula"], to)
    except RuleSetError as error:
        raise DeskError(str(error)) from error


def covers(rules: RuleBook, item: ExceptionItem) -> bool:
    """Whether the rules have what an exception says is missing."""
    about, amount = item.details, Money(item.amount, item.currency)
    kind, method = about.get("kind", ""), about.get("method", "")
    try:
        if item.reason == Reason.METHOD_UNMAPPED:
            rules.method(method, amount)
        elif item.reason == Reason.ACTION_UNMAPPED:
            rules.status(kind, about.get("status", ""), amount)
        elif item.reason == Reason.FIELD_UNFIT and item.transaction is not None:
            case = case_of(item.transaction, item.business_on)
            fill(about["field"], payment_of(pair_of(item), case), rules)
        elif item.reason == Reason.ACCOUNT_UNMAPPED:
            for role in (about["role"],) if about.get("role") else STRAY_ROLES:
                rules.account(role, amount, kind=kind, method=method)
    except UnmappedError:
        return False
    return True


def _covered(pair: Pair, item: ExceptionItem) -> list[ExceptionItem]:
    """The other open exceptions of the same reason that the rules in force cover now."""
    days: dict[date, RuleBook | None] = {}
    found = []
    for other in ExceptionItem.objects.filter(
        Q(connection=pair.gateway) | Q(connection=pair.bank),
        reason=item.reason,
        state__in=OPEN_STATES,
    ).exclude(pk=item.pk):
        if other.business_on not in days:
            days[other.business_on] = rules_in_force(pair, other.business_on)
        rules = days[other.business_on]
        if rules is not None and covers(rules, other):
            found.append(other)
    return found


def _follow(pair: Pair, item: ExceptionItem, version: RuleSetVersion, actor: str) -> None:
    """All that the new rule covers follows in a run of its own, each to be undone by itself."""
    rows = [
        runs.Row(other.pk, other.amount, other.currency, "follow_rule")
        for other in _covered(pair, item)
    ]
    if rows:
        runs.begin(
            rows,
            action="follow_rule",
            values={},
            origin=RunOrigin.ALIKE,
            chosen_by=f"what version {version.number} covers as it covers exception {item.pk}",
            actor=actor,
        )


def _close_covered(pair: Pair, item: ExceptionItem, action: str, actor: str, why: str) -> None:
    """Close the item and all others that the rules in force cover now; decide what they held."""
    covered = [other.pk for other in _covered(pair, item)]
    resolve(item, action, actor, why)
    close_by_machine(ExceptionItem.objects.filter(pk__in=covered), why)
    decide_again(Transaction.objects.filter(exceptions__pk__in=[item.pk, *covered]))
    lanes.wake("deliver")  # deposits that waited for an account
