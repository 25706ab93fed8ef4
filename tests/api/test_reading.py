import pytest

from reconciliation.models import Transaction
from tests.pages import statements

pytestmark = pytest.mark.django_db
LISTS = (
    *("transactions", "batches", "bank-lines", "postings", "documents", "exceptions", "orders"),
    *("connections", "rule-sets", "alerts", "customer-links", "waiting-customers"),
)
#: Who calls (2), their rate (0), the page and what belongs to its rows.
BUDGET = 5


@pytest.mark.parametrize("name", LISTS)
def test_a_walk_by_cursor_is_the_whole_list_in_order(api, world, name):
    whole = [row["id"] for row in api.get(name, {"limit": 200}).json()["data"]]
    walked, cursor = [], ""
    while cursor is not None:
        query = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        page = api.get(name, query).json()
        walked += [row["id"] for row in page["data"]]
        cursor = page["next_cursor"]
    assert walked == whole
    assert len(whole) == len(set(whole)) > 2


@pytest.mark.parametrize("name", LISTS)
def test_a_walk_leads_back_as_well(api, world, name):
    first = api.get(name, {"limit": 2}).json()
    second = api.get(name, {"limit": 2, "cursor": first["next_cursor"]}).json()
    back = api.get(name, {"limit": 2, "cursor": second["previous_cursor"]}).json()
    assert back["data"] == first["data"]
    assert first["previous_cursor"] is None


@pytest.mark.parametrize("name", LISTS)
def test_a_page_costs_the_same_queries_however_long_it_is(
    api, world, name, django_assert_max_num_queries
):
    api.get(name)
    counts = []
    for limit in (2, 200):
        with django_assert_max_num_queries(99) as queries:
            assert api.get(name, {"limit": limit}).status_code == 200
        counts.append(len(statements(queries.captured_queries)))
    assert counts[0] == counts[1] <= BUDGET


@pytest.mark.parametrize("name", LISTS)
def test_each_row_of_a_list_can_be_read_by_itself(api, world, name):
    row = api.get(name).json()["data"][0]
    one = api.get(f"{name}/{row['id']}").json()
    assert {field: one[field] for field in row} == row


def test_a_transaction_says_all_that_the_console_shows(api, world):
    found = api.get(f"transactions/{world.sale.pk}").json()
    assert found["amount"] == {"amount": f"{world.sale.amount:.2f}", "currency": "USD"}
    assert found["captured_at"].endswith("Z")
    assert found["settled_on"] == world.sale.settled_on.isoformat()
    assert found["documents"][0]["state"] == "posted"
    assert [step["to_status"] for step in found["history"]] == ["captured", "settled"]


def test_a_batch_comes_with_its_certificate_as_it_was_issued(api, world):
    batch = world.batches[0]
    found = api.get(f"batches/{batch.pk}").json()
    issued = batch.certificates.get()
    assert found["certificate"]["body"] == issued.body
    assert found["certificate"]["body_hash"] == issued.body_hash
    assert api.get(f"batches/{batch.pk}/certificates/1").json() == found["certificate"]
    assert api.get(f"batches/{batch.pk}/certificates/9").status_code == 404


def test_a_posting_comes_with_its_attempts(api, world):
    found = api.get(f"postings/{world.held.pk}").json()
    assert (found["kind"], found["state"]) == (world.held.effect.kind, "held")
    assert found["code"] == "PERIOD_CLOSED"
    assert found["attempts"][0]["outcome"] == "refused"
    assert found["draft"] == world.held.draft


def test_filters_select_what_the_console_selects(api, world):
    found = api.get("transactions", {"status": "settled", "limit": 200}).json()["data"]
    assert len(found) == Transaction.objects.filter(status="settled").count()
    states = {row["state"] for row in api.get("exceptions").json()["data"]}
    assert states == {"open"}
    assert api.get("exceptions", {"state": "dismissed"}).json()["data"][0]["closed_by"]


WRONG = [
    ("transactions", "status", "nonsense"),
    ("transactions", "since", "yesterday"),
    ("transactions", "sort", "amount"),
    ("transactions", "status", ""),
    ("transactions", "limit", "0"),
    ("transactions", "limit", "201"),
    ("transactions", "limit", "١"),
    ("transactions", "cursor", "forged"),
    ("postings", "target", "99999999999999999999999"),
    ("postings", "q", "a\0b"),
    ("connections", "q", "PayTrace"),
    ("transactions/1", "expand", "all"),
]


@pytest.mark.parametrize(("path", "name", "text"), WRONG)
def test_a_wrong_or_unknown_parameter_is_named(api, world, path, name, text):
    response = api.get(path, {name: text})
    assert response.status_code == 400
    assert response.json()["type"] == "urn:tieout:problem:invalid-query"
    assert list(response.json()["errors"]) == [name]


def test_a_parameter_that_is_given_twice_is_refused(api, world):
    response = api.get("transactions?status=settled&status=voided")
    assert response.json()["errors"] == {"status": ["Give it once."]}


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_the_ends_of_the_calendar_are_days_too(api, world, day):
    for name in ("transactions", "batches"):
        assert api.get(name, {"since": day, "until": day}).status_code == 200


def test_a_cursor_of_one_list_opens_no_other(api, world):
    cursor = api.get("transactions", {"limit": 2}).json()["next_cursor"]
    assert api.get("batches", {"cursor": cursor}).status_code == 400


def test_a_document_comes_with_what_the_erp_holds(api, world):
    found = api.get(f"documents/{world.changed.pk}").json()
    assert found["document_no"] == world.changed.posting.document_no
    assert found["transaction_id"] == world.changed.transaction_id
    assert found["read_back"]["verdict"] == "changed"
    assert found["read_back"]["differing"] == ["amount"]
    assert found["owed"]["amount"].endswith(" USD")
    assert found["read_back"]["found"]["amount"]
    assert api.get("documents", {"read": "never"}).json()["data"][0]["read_back"] is None
