import pytest

from integrations.models import Connection, Pair
from reconciliation import keys

PAIR = Pair(
    company="SOA",
    batch_prefix="PT-",
    gateway=Connection(slug="g", connector="paytrace", account="merchant", name="One name"),
    bank=Connection(slug="b", connector="bank_csv", account="operating"),
)


def test_a_key_is_made_of_outside_ids_only():
    key = keys.transaction_key(PAIR, "1001", "receipt")
    assert key == "SOA|paytrace:merchant|tx:1001|receipt|1"
    PAIR.gateway.pk, PAIR.gateway.slug, PAIR.gateway.name = 99, "other", "Another name"
    assert keys.transaction_key(PAIR, "1001", "receipt") == key


def test_no_two_effects_share_a_key():
    made = [
        keys.transaction_key(PAIR, "7", "receipt"),
        keys.transaction_key(PAIR, "7", "refund"),
        keys.transaction_key(PAIR, "7", "receipt", 2),
        keys.batch_key(PAIR, "7", "receipt"),
        keys.bank_line_key(PAIR, "7", "receipt"),
    ]
    assert len(set(made)) == len(made)


@pytest.mark.parametrize(("ref", "named"), [("7", "PT-7"), ("9" * 40, "PT-" + "9" * 27)])
def test_a_batch_is_named_on_ledger_lines_in_thirty_characters(ref, named):
    assert keys.settlement_ref(PAIR, ref) == named
