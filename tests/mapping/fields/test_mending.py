"""What is suggested where a text does not fit: it fits, and changes nothing that fitted."""

from integrations.targets import FieldType, TargetField
from mapping.fields.mending import mend
from mapping.fields.sources import values_of
from mapping.fields.values import as_text
from mapping.fields.working import checked, work_out
from tests.mapping.rules import payment

FIELD = TargetField("receipt", "comment", "Comment", FieldType.TEXT, 10, is_required=True)


def mended(text, paid, field=FIELD):
    formula = checked(text)
    found = mend(field, formula, work_out(formula, values_of(paid)), "transaction_id")
    return found and found.formula


def given(text, paid):
    return as_text(work_out(checked(text), values_of(paid)))


def test_what_is_too_long_loses_its_end():
    found = mended("reference_1", payment(texts=("INV 536365-77",)))
    assert found == "slice(reference_1, 1, 10)"
    assert given(found, payment(texts=("INV 536365-77",))) == "INV 536365"
    assert given(found, payment(texts=("INV 5",))) == "INV 5"


def test_what_is_empty_and_required_gets_what_stands_there_without_a_rule():
    found = mended("payer_name", payment())
    assert found == "default(payer_name, transaction_id)"
    assert given(found, payment(payer_name="Ann")) == "Ann"


def test_nothing_is_suggested_where_nobody_can_say_what_is_meant():
    amount = TargetField("receipt", "amount", "Amount", FieldType.DECIMAL, 10)
    assert mended("method", payment(method="Visa"), amount) is None


def test_a_formula_that_would_grow_too_long_is_not_suggested():
    parts = ", ".join(f'"{"x" * 60}"' for _ in range(7))
    assert len(f"concat({parts})") < 500
    assert mended(f'concat({parts}, "{"y" * 40}")', payment()) is None
