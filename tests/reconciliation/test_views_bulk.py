"""Many at once from the console: shown first, begun, left and found again, stopped, approved."""

from decimal import Decimal

import pytest

from audit.roles import Role
from reconciliation.choices import ExceptionState, Reason
from reconciliation.models import BulkRun, ExceptionItem
from reconciliation.services.bulk import drain
from tests.builders import DeskLimitFactory, ExceptionItemFactory
from tests.pages import htmx, row_ids
from tests.world import person, viewer

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("business_day")]
URL = "/exceptions/bulk/"


def press(desk, action="dismiss", note="Paid by cheque.", **chosen):
    newest = ExceptionItem.objects.order_by("-pk")[0].pk
    data = {"upto": newest, "action": action, "note": note, **chosen}
    return desk.post(URL, data, follow=True)


def work_off():
    while drain.drain():
        pass


def test_the_list_leads_to_what_its_filter_selects_on_all_pages(desk):
    ExceptionItemFactory.create_batch(60, reason=Reason.OVERPAID)
    ExceptionItemFactory()
    html = desk.get("/exceptions/?reason=overpaid").content.decode()
    assert 'href="/exceptions/bulk/?reason=overpaid"' in html
    html = desk.get(URL, {"reason": "overpaid"}).content.decode()
    assert "60 exceptions, on all pages" in html
    assert "8,347.20 USD" in html
    assert "Dismiss: 60 exceptions" in html


def test_pressing_begins_a_run_that_can_be_left_and_found_again(desk):
    ExceptionItemFactory.create_batch(3, reason=Reason.OVERPAID)
    other = ExceptionItemFactory()
    response = press(desk, reason="overpaid")
    run = BulkRun.objects.get()
    assert response.redirect_chain[-1][0] == f"/exceptions/runs/{run.pk}/"
    assert 'hx-trigger="every 1s"' in response.content.decode()
    assert row_ids(desk.get("/exceptions/runs/")) == [run.pk]
    work_off()
    html = desk.get(f"/exceptions/runs/{run.pk}/", headers=htmx("progress")).content.decode()
    assert "<strong>3</strong> of 3 exceptions" in html
    assert "hx-trigger" not in html
    assert list(ExceptionItem.objects.filter(state=ExceptionState.OPEN)) == [other]
    assert run.chosen_by == "Reason: Paid too much"


def test_rows_that_were_not_done_are_listed_with_their_reason(desk):
    ExceptionItemFactory()
    kept = ExceptionItemFactory(reason=Reason.ACCOUNT_UNMAPPED)
    press(desk)
    work_off()
    run = BulkRun.objects.get()
    response = desk.get(f"/exceptions/runs/{run.pk}/?state=refused")
    assert row_ids(response) == [run.items.get(item=kept).pk]
    assert "does not fit the exception any more" in response.content.decode()


@pytest.mark.parametrize(
    "wrong",
    [{"note": ""}, {"upto": ""}, {"upto": "all"}, {"upto": "9" * 5000}, {"state": "nonsense"}],
)
def test_what_is_wrong_with_the_form_or_the_filter_begins_nothing(desk, wrong):
    ExceptionItemFactory()
    response = press(desk, **wrong)
    assert response.status_code == 422
    assert not BulkRun.objects.exists()


def test_an_empty_selection_says_so_at_the_form(desk):
    ExceptionItemFactory(state="resolved")
    ExceptionItemFactory(reason=Reason.OVERPAID)
    newest = ExceptionItem.objects.order_by("-pk")[0].pk
    ExceptionItem.objects.update(state="resolved")
    response = desk.post(URL, {"upto": newest, "action": "claim"})
    assert response.status_code == 422


def test_a_viewer_looks_and_begins_nothing(client):
    client.force_login(viewer())
    ExceptionItemFactory()
    assert "Your role may look, not act." in client.get(URL).content.decode()
    assert press(client).status_code == 403
    assert press(client, "explode").status_code == 403
    assert not BulkRun.objects.exists()


def test_stopping_is_one_press(desk):
    ExceptionItemFactory()
    press(desk)
    run = BulkRun.objects.get()
    html = desk.post(f"/exceptions/runs/{run.pk}/stop/", follow=True).content.decode()
    assert "what was done stays done" in html
    work_off()
    assert ExceptionItem.objects.get().state == ExceptionState.OPEN
    html = desk.post(f"/exceptions/runs/{run.pk}/stop/", follow=True).content.decode()
    assert "The run is stopped by now." in html
    assert desk.post(f"/exceptions/runs/{run.pk}/explode/").status_code == 404


def test_a_second_person_sees_the_run_and_lets_it_go(desk, client):
    DeskLimitFactory(action="dismiss", alone_up_to=Decimal(200))
    ExceptionItemFactory.create_batch(2)
    assert "waits for a second person" in desk.get(URL).content.decode()
    assert "another person approves it" in press(desk).content.decode()
    run = BulkRun.objects.get()
    url = f"/exceptions/runs/{run.pk}/"
    assert "Approve</button>" not in desk.get(url).content.decode()
    assert desk.post(f"{url}approve/").status_code == 403
    client.force_login(person("boss", Role.APPROVER))
    assert "Approve</button>" in client.get(url).content.decode()
    client.post(f"{url}approve/")
    work_off()
    assert set(ExceptionItem.objects.values_list("state", flat=True)) == {"dismissed"}
