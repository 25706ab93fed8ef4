"""Refunds: a journal and, where it is chosen, a credit memo."""

from __future__ import annotations

from integrations.canonical import CreditMemoDraft, JournalDraft, JournalLineDraft
from integrations.money import Money
from mapping.choices import AccountRole, Action
from mapping.decide import checks, words
from mapping.decide.decision import Decision, Desk, Payment
from mapping.decide.texts import fill
from mapping.rulebook import RuleBook


def refund(
    payment: Payment,
    rules: RuleBook,
    desk: Desk,
    clearing: str,
    fired: tuple[str, ...],
    action: str,
) -> Decision:
    """The money has left the clearing account; what it was for is the refunds account's matter."""
    refunds = rules.account(AccountRole.REFUNDS, payment.amount, method=payment.method)
    zero = Money.zero(payment.amount.currency)
    comment = fill("refund.comment", payment, rules)
    of_lines = fill("refund.line_comment", payment, rules)

    def line(account: str, debit: Money, credit: Money) -> JournalLineDraft:
        return JournalLineDraft(account, debit, credit, payment.settlement_ref, of_lines.text)

    journal = JournalDraft(
        company=desk.company,
        dated_on=payment.business_on,
        comment=comment.text,
        lines=(
            line(refunds.account, payment.amount, zero),
            line(clearing, zero, payment.amount),
        ),
    )
    customer = desk.customers.get(payment.customer_ref, "")
    debits = tuple(each.debit for each in journal.lines)
    answer = checks.ask(payment, rules, desk, customer, lines=debits)
    if answer.stopped:
        return checks.stopped(answer.stopped, customer)
    memo: CreditMemoDraft | None = None
    memo_rule: tuple[str, ...] = ()
    wants_memo = action == Action.REFUND_AND_CREDIT_MEMO
    if wants_memo and customer:
        returns = rules.account(AccountRole.RETURNS, payment.amount, method=payment.method)
        reference = fill("credit_memo.reference", payment, rules)
        about = fill("credit_memo.comment", payment, rules)
        memo_rule = (returns.name, *reference.rules, *about.rules)
        memo = CreditMemoDraft(
            company=desk.company,
            customer_id=customer,
            dated_on=payment.business_on,
            amount=payment.amount,
            offset_account=returns.account,
            reference=reference.text,
            comment=about.text,
        )
    return Decision(
        action=action,
        rules=(
            *(*fired, refunds.name, *comment.rules, *of_lines.rules),
            *(*memo_rule, *answer.rules),
        ),
        refund=journal,
        memo=memo,
        clearing_account=clearing,
        customer_id=customer,
        problems=(
            *(() if payment.parent_id else (words.refund_unlinked(payment),)),
            *((words.memo_missing(payment),) if wants_memo and not customer else ()),
            *answer.warned,
        ),
    )
