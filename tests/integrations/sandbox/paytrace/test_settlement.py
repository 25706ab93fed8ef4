import threading
from datetime import date

import pytest

from integrations.sandbox.paytrace.settlement import close_of, closing_day_after
from tests.integrations.sandbox.paytrace.conftest import Sandbox
from tests.integrations.sandbox.paytrace.test_changes import authorize


@pytest.mark.parametrize(
    ("day", "utc_hour"),
    [
        (date(2010, 12, 1), 4),
        (date(2011, 3, 12), 4),  # the evening before summer time
        (date(2011, 3, 13), 3),
        (date(2011, 7, 1), 3),
        (date(2010, 11, 6), 3),
        (date(2010, 11, 7), 4),  # summer time ended in the morning
    ],
)
def test_a_day_closes_at_20_00_pacific_in_winter_and_summer(day: date, utc_hour: int) -> None:
    closed = close_of(day)
    assert (closed.date() - day).days == 1
    assert closed.hour == utc_hour
    assert closing_day_after(closed) == date.fromordinal(day.toordinal() + 1)


def test_a_winter_batch_settles_at_the_moment_and_not_before(sandbox: Sandbox) -> None:
    sale = sandbox.sale()
    sandbox.at(2010, 12, 2, 3, 59, 59)
    assert sandbox.record(sale)["settled"] == ""
    sandbox.at(2010, 12, 2, 4, 0, 0)
    record = sandbox.record(sale)
    assert record["settled"] == "12/1/2010 8:00:00 PM"
    assert (record["status_code"], record["status_message"]) == ("GB0001", "GB0001")


def test_a_summer_batch_settles_an_hour_earlier_in_utc(sandbox: Sandbox) -> None:
    sandbox.at(2011, 7, 1, 18)
    sale = sandbox.sale()
    sandbox.at(2011, 7, 2, 3)
    assert sandbox.record(sale)["settled"] == "7/1/2011 8:00:00 PM"


def test_a_sale_at_the_very_moment_waits_for_the_next_close(sandbox: Sandbox) -> None:
    first = sandbox.sale()
    sandbox.settle_tonight()
    second = sandbox.sale()
    sandbox.at(2010, 12, 4)
    assert sandbox.record(first)["status_code"] == "GB0001"
    assert sandbox.record(second)["settled"] == "12/2/2010 8:00:00 PM"


def test_a_capture_settles_on_the_day_it_was_captured(sandbox: Sandbox) -> None:
    held = authorize(sandbox)
    sandbox.at(2010, 12, 3, 18)
    sandbox.call("transactions/authorization/capture", transaction_id=held)
    sandbox.at(2010, 12, 9)
    assert sandbox.record(held)["settled"] == "12/3/2010 8:00:00 PM"


def test_every_missed_day_closes_in_order_with_its_own_moment(sandbox: Sandbox) -> None:
    sandbox.sale("1.00")
    sandbox.at(2010, 12, 3, 18)
    sandbox.sale("2.00")
    sandbox.at(2010, 12, 5, 18)  # a Sunday
    sandbox.sale("3.00")
    sandbox.at(2010, 12, 20)
    asked = {"start_date": "12/01/2010", "end_date": "12/31/2010"}
    batches = sandbox.call("batches/export", **asked)["batches"]
    assert [(b["number"], b["when"], b["net_amount"]) for b in batches] == [
        (1, "12/1/2010 8:00:00 PM", "1.00"),
        (2, "12/3/2010 8:00:00 PM", "2.00"),
        (3, "12/5/2010 8:00:00 PM", "3.00"),
    ]


def test_a_batch_adds_sales_and_refunds_up_by_brand(sandbox: Sandbox) -> None:
    amex = {"number": "371449635392376", "expiration_month": 1, "expiration_year": 2015}
    sale = sandbox.sale("10.00")
    sandbox.settle_tonight()
    sandbox.sale("20.05")
    sandbox.sale("5.00", credit_card=amex)
    sandbox.call("transactions/refund/for_transaction", transaction_id=sale, amount="2.50")
    sandbox.at(2010, 12, 3, 4)
    batch = sandbox.call("batches/export_one", batch_number="2")["batch"]
    assert (batch["number"], batch["batch_number"], batch["tranx_count"]) == (2, 2, 3)
    assert (batch["sales_count"], batch["sales_amount"]) == (2, "25.05")
    assert (batch["refund_count"], batch["refund_amount"]) == (1, "2.50")
    assert batch["net_amount"] == "22.55"
    assert batch["amex"] == {
        "sales_count": 1, "sales_amount": "5.00", "refund_count": 0, "refund_amount": "0.00"
    }  # fmt: skip
    assert sandbox.call("batches/export_one")["batch"] == batch


def test_a_batch_that_is_not_there_is_refused(sandbox: Sandbox) -> None:
    assert sandbox.errors("batches/export_one") == ["9005"]
    for number in (7, "x", 10**17):
        assert sandbox.errors("batches/transaction_list", batch_number=number) == ["9005"]


def test_a_manual_close_settles_at_once_and_the_evening_goes_on(sandbox: Sandbox) -> None:
    first = sandbox.sale()
    assert sandbox.call("transactions/settle")["response_code"] == 175
    assert sandbox.record(first)["settled"] == "12/1/2010 12:00:00 PM"
    second = sandbox.sale()
    sandbox.settle_tonight()
    assert sandbox.record(second)["status_code"] == "GB0002"


def test_eight_threads_close_one_day_once_and_lose_no_sale(sandbox: Sandbox) -> None:
    made: list[int] = []

    def pay(worker: int) -> None:
        for number in range(15):
            made.append(sandbox.sale("1.01"))
            if number == 7 and worker == 0:
                sandbox.settle_tonight()

    threads = [threading.Thread(target=pay, args=(worker,)) for worker in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sandbox.at(2010, 12, 4)
    asked = {"start_date": "12/01/2010", "end_date": "12/31/2010"}
    batches = sandbox.call("batches/export", **asked)["batches"]
    assert len(set(made)) == 120
    assert [batch["number"] for batch in batches] == [1, 2]
    assert sum(batch["sales_count"] for batch in batches) == 120
    assert round(sum(float(batch["net_amount"]) for batch in batches), 2) == 121.20
    for batch in batches:
        listed = sandbox.call("batches/transaction_list", batch_number=batch["number"])
        before = {"1": "12/1/2010 12", "2": "12/1/2010 8"}[str(batch["number"])]
        assert len(listed["transactions"]) == batch["sales_count"]
        assert all(r["created"]["at"].startswith(before) for r in listed["transactions"])
