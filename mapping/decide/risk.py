"""The risk rules, asked of a payment received: whether it is flagged, held or blocked, and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from mapping.decide.decision import Desk, Payment
from mapping.problems import Problem, ProblemKind, Suggestion
from mapping.rulebook import RuleBook
from mapping.rules.risks import Fired, History, Level, Weighed, choose, in_words

#: What a person said of a payment, among what is accepted of it.
RELEASED: Final = "risk released"
REFUSED: Final = "risk refused"
#: Statuses in which the gateway has not taken the money yet.
_NOT_TAKEN: Final = ("authorized", "captured")

_KIND: Final = {
    Level.FLAG: ProblemKind.RISK_FLAGGED,
    Level.HOLD: ProblemKind.RISK_HELD,
    Level.BLOCK: ProblemKind.RISK_BLOCKED,
}


@dataclass(frozen=True, slots=True)
class Answer:
    """`rules` names what fired; `problem` is None where nothing is to be said."""

    level: Level = Level.PASS
    rules: tuple[str, ...] = ()
    problem: Problem | None = None

    @property
    def flagged(self) -> tuple[Problem, ...]:
        return (self.problem,) if self.problem and self.level is Level.FLAG else ()

    @property
    def blocked(self) -> tuple[Problem, ...]:
        return (self.problem,) if self.problem and self.level is Level.BLOCK else ()


def ask(payment: Payment, rules: RuleBook, desk: Desk, customer: str) -> Answer:
    """What the first row that holds says, or a person in its stead."""
    refused = REFUSED in payment.accepted and RELEASED not in payment.accepted
    if not rules.risks and not refused:
        return Answer()
    fired = choose(rules.risks, weighed_of(payment, desk.histories.get(payment.vendor_id)))
    names = (fired.row.name,) if fired else ()
    if refused:
        problem = _problem(Level.BLOCK, payment, customer, rules.number, fired, refused=True)
        return Answer(Level.BLOCK, (*names, "refused by a person"), problem)
    if fired is None or fired.level is Level.PASS:
        return Answer(rules=names)
    if RELEASED in payment.accepted:
        return Answer(rules=(*names, "released by a person"))
    problem = _problem(fired.level, payment, customer, rules.number, fired)
    return Answer(fired.level, names, problem)


def weighed_of(payment: Payment, history: History | None) -> Weighed:
    return Weighed(
        amount=payment.amount,
        method=payment.method,
        customer_ref=payment.customer_ref,
        at=payment.captured_at,
        history=history or History(),
    )


def stopped(answer: Answer, payment: Payment) -> Problem | None:
    """Why nothing is posted; None where something is. What is blocked and was taken by the gateway
    is on the books all the same, with nobody."""
    waits = answer.level is Level.BLOCK and payment.status in _NOT_TAKEN
    return answer.problem if waits or answer.level is Level.HOLD else None


def _problem(
    level: Level,
    payment: Payment,
    customer: str,
    number: int,
    fired: Fired | None,
    *,
    refused: bool = False,
) -> Problem:
    """The rule and each figure that fired it."""
    figures = fired.figures if fired else ()
    checks = [{"field": f.name, "wanted": f.wanted, "found": f.found} for f in figures]
    label = "Say that it is right" if level is Level.FLAG else "Release it"
    return Problem(
        _KIND[level],
        _message(level, payment, fired, refused=refused),
        payment.amount,
        (Suggestion("dismiss" if level is Level.FLAG else "release", label),),
        (
            ("rule", f"risk {fired.row.position} of version {number}" if fired else ""),
            ("fired", fired.row.name if fired else ""),
            ("level", level.value),
            ("customer", customer),
            ("checks", checks),
        ),
    )


def _message(level: Level, payment: Payment, fired: Fired | None, *, refused: bool) -> str:
    said = "Refused by a person." if refused else ""
    if fired and fired.row.why:
        said = f"{said} {fired.row.why.rstrip('.')}."
    said = f"{said} {in_words(fired.figures if fired else ()) or 'Every payment'}."
    if level is Level.BLOCK:
        taken = payment.status not in _NOT_TAKEN
        where = "The money stands with the unidentified receipts" if taken else "Nothing is posted"
        said = f"{said} {where}."
    return said.strip()
