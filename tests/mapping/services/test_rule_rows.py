"""Rows that the desk puts into a draft, or changes there."""

import pytest

from mapping.services.rule_rows import change_formula
from mapping.services.rulesets import RuleSetError
from tests.builders import FieldRuleFactory, RuleSetVersionFactory
from tests.mapping.drafts import draft

pytestmark = pytest.mark.django_db
SHORT = "slice(transaction_id, 1, 5)"


def test_the_row_that_was_looked_at_gets_its_formula_and_no_other_does():
    version = draft()
    row = FieldRuleFactory(version=version, position=1, formula="transaction_id")
    change_formula(version, row.target, 1, "transaction_id", SHORT)
    row.refresh_from_db()
    assert row.formula == SHORT
    with pytest.raises(RuleSetError, match="another by now"):
        change_formula(version, row.target, 1, "transaction_id", SHORT)
    with pytest.raises(RuleSetError, match="another by now"):
        change_formula(version, row.target, 2, SHORT, "transaction_id")


def test_a_version_in_force_is_not_changed():
    version = RuleSetVersionFactory()
    with pytest.raises(RuleSetError, match="only drafts change"):
        change_formula(version, "receipt.comment", 1, "transaction_id", SHORT)
