"""States and reasons in words, for templates."""

from django import template

from reconciliation import tables, words

register = template.Library()
register.filter("transaction_status", words.transaction_status)
register.filter("batch_state", words.batch_state)
register.filter("bank_line_state", words.bank_line_state)
register.filter("order_state", words.order_state)
register.filter("exception_state", words.exception_state)
register.filter("posting_state", words.posting_state)
register.filter("read_back", words.read_back)
register.filter("finding_kind", words.finding_kind)
register.filter("run_state", words.run_state)
register.filter("attempt_outcome", words.attempt_outcome)
register.filter("reason", words.reason)
register.filter("meaning", words.meaning)
register.filter("effect_kind", words.effect_kind)
register.filter("rule", words.rule)
register.filter("came_by", words.came_by)
register.filter("fact_end", words.fact_end)
register.filter("person", words.person)
register.filter("action_word", words.action_word)
register.filter("standing", tables.standing)
register.filter("document_links", tables.document_links)
register.filter("signed_money", tables.amount_cell)
