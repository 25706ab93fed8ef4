from datetime import timedelta
from decimal import Decimal
from html import escape

import pytest

from audit.roles import Role
from reconciliation.choices import ExceptionState, Reason
from reconciliation.models import ExceptionItem
from reconciliation.services import desk as service
from reconciliation.services.desk import doing
from tests.builders import NOW, TODAY, ExceptionItemFactory, TransactionFactory
from tests.pages import htmx, offences, row_ids
from tests.world import person, viewer

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("business_day")]


def act(client, item, name, data=None, headers=None):
    return client.post(f"/exceptions/{item.pk}/{name}/", data or {}, headers=headers or {})


def test_closed_items_are_left_out_unless_asked_for(desk):
    item = ExceptionItemFactory()
    closed = ExceptionItemFactory(state=ExceptionState.RESOLVED, closed_at=NOW)
    assert row_ids(desk.get("/exceptions/")) == [item.pk]
    assert row_ids(desk.get("/exceptions/", {"q": ""})) == [item.pk]
    assert row_ids(desk.get("/exceptions/", {"state": "resolved"})) == [closed.pk]
    assert set(row_ids(desk.get("/exceptions/", {"state": "any"}))) == {item.pk, closed.pk}


def test_the_head_says_reasons_in_words_with_their_numbers(desk):
    ExceptionItemFactory.create_batch(2, reason=Reason.OVERPAID)
    ExceptionItemFactory(reason=Reason.SECOND_CHARGE)
    html = desk.get("/exceptions/?reason=overpaid").content.decode()
    assert '<span id="standing">3 open</span>' in html
    assert ">All (3)</option>" in html
    assert '<option value="overpaid" selected>Paid too much (2)</option>' in html
    assert html.index("Open now") < html.index("Second charge (1)") < html.index("Nothing open")
    assert len(row_ids(desk.get("/exceptions/?reason=overpaid"))) == 2


def test_an_owner_is_found_as_a_team_and_as_a_person(desk):
    mine = ExceptionItemFactory(owner="user:anna")
    ExceptionItemFactory(owner="finance")
    assert row_ids(desk.get("/exceptions/", {"owner": "anna"})) == [mine.pk]


def test_opening_an_item_answers_the_panel_alone(desk):
    item = ExceptionItemFactory(message="No open invoice is called 536399.")
    response = desk.get(f"/exceptions/{item.pk}/", headers=htmx("panel"))
    html = response.content.decode()
    assert "<html" not in html
    assert "No open invoice is called 536399." in html
    assert row_ids(response) == []


def test_the_address_of_an_item_is_a_page_with_list_and_panel(desk):
    item = ExceptionItemFactory()
    response = desk.get(f"/exceptions/{item.pk}/")
    assert row_ids(response) == [item.pk]
    assert 'aria-current="true"' in response.content.decode()
    assert "What you can do" in response.content.decode()


def test_links_to_items_keep_the_filter(desk):
    item = ExceptionItemFactory(reason=Reason.OVERPAID)
    html = desk.get("/exceptions/?reason=overpaid").content.decode()
    assert f'href="/exceptions/{item.pk}/?reason=overpaid"' in html


def test_the_panel_says_what_is_wrong_with_both_sides_age_and_owner(desk):
    row = TransactionFactory(customer_ref="cust-9", customer_id="", payer_ref="INV 5363")
    item = ExceptionItemFactory(
        transaction=row,
        amount=Decimal("139.12"),
        owner="user:anna",
        business_on=TODAY - timedelta(days=4),
        due_on=TODAY - timedelta(days=1),
        details={"written": "INV 5363", "envelope": "77"},
    )
    html = desk.get(f"/exceptions/{item.pk}/", headers=htmx("panel")).content.decode()
    for words in ("Invoice not found", "cust-9", ">INV 5363<", "4 days old", "Late", "with anna"):
        assert words in html, words
    assert "Envelope" not in html


def test_a_viewer_may_look_and_sees_no_forms(client):
    client.force_login(viewer())
    item = ExceptionItemFactory()
    html = client.get(f"/exceptions/{item.pk}/", headers=htmx("panel")).content.decode()
    assert "<form" not in html
    assert "Your role may look, not act." in html


def test_a_viewer_may_not_act(client):
    client.force_login(viewer())
    item = ExceptionItemFactory()
    assert act(client, item, "claim").status_code == 403
    item.refresh_from_db()
    assert item.state == ExceptionState.OPEN


def test_what_is_late_is_counted_and_listed(desk):
    late = ExceptionItemFactory(due_on=TODAY - timedelta(days=1))
    ExceptionItemFactory(due_on=TODAY)
    ExceptionItemFactory(
        due_on=TODAY - timedelta(days=9), state=ExceptionState.RESOLVED, closed_at=NOW
    )
    html = desk.get("/exceptions/").content.decode()
    assert '2 open, <a href="/exceptions/?state=late">1 late</a>' in html
    assert row_ids(desk.get("/exceptions/?state=late")) == [late.pk]


def test_claiming_answers_panel_row_badge_and_head_together(desk):
    item = ExceptionItemFactory()
    there = "http://testserver/exceptions/?age=0"
    response = act(desk, item, "claim", headers=htmx("panel", **{"HX-Current-URL": there}))
    html = response.content.decode()
    assert response.status_code == 200
    assert '<template><tr data-row id="row-' in html
    assert 'id="badge-exceptions"' in html
    assert '<span id="standing" hx-swap-oob="true">1 open</span>' in html
    assert '<option value="0" selected>Up to 1 day (1)</option>' in html
    assert html.count('hx-swap-oob="true"') == 5
    assert offences(response) == []
    item.refresh_from_db()
    assert item.state == ExceptionState.CLAIMED


def test_dismissing_needs_a_reason_and_answers_422_with_the_panel(desk):
    item = ExceptionItemFactory()
    response = act(desk, item, "dismiss", {"note": ""}, htmx("panel"))
    assert response.status_code == 422
    assert "Say why; the reason stays with the exception." in response.content.decode()
    assert ExceptionItem.objects.get().state == ExceptionState.OPEN


def test_dismissing_with_a_reason_closes_the_item(desk):
    item = ExceptionItemFactory()
    response = act(desk, item, "dismiss", {"note": "Paid by cheque."}, htmx("panel"))
    assert "Paid by cheque." in response.content.decode()
    item.refresh_from_db()
    assert item.state == ExceptionState.DISMISSED
    assert item.closed_by == "user:operator"


def test_what_the_service_refuses_stands_at_the_form(desk, monkeypatch):
    item = ExceptionItemFactory(transaction=TransactionFactory())

    def refuse(*args):
        raise service.DeskError("No customer of company SOA is called 99.")

    monkeypatch.setitem(doing.DOING, "link_customer", refuse)
    monkeypatch.setattr("reconciliation.services.desk.actions_for", lambda item: ["link_customer"])
    response = act(desk, item, "link_customer", {"customer_id": "99"}, htmx("panel"))
    assert response.status_code == 422
    assert "No customer of company SOA is called 99." in response.content.decode()
    assert 'value="99"' in response.content.decode()


def test_an_action_that_does_not_fit_any_more_is_refused_in_words(desk, monkeypatch):
    item = ExceptionItemFactory()
    monkeypatch.setattr("reconciliation.services.desk.actions_for", lambda item: [])
    response = act(desk, item, "claim", headers=htmx("panel"))
    assert response.status_code == 422


def test_an_action_that_does_not_exist_is_not_found(desk):
    assert act(desk, ExceptionItemFactory(), "explode").status_code == 404


def test_without_javascript_an_action_leads_back_to_the_item(desk):
    item = ExceptionItemFactory()
    assert act(desk, item, "claim")["Location"] == f"/exceptions/{item.pk}/"


def test_without_javascript_a_refused_form_is_a_page(desk):
    response = act(desk, ExceptionItemFactory(), "dismiss", {"note": ""})
    assert response.status_code == 422
    assert "<html" in response.content.decode()


def test_a_suggestion_can_be_done_with_one_press(desk, monkeypatch):
    monkeypatch.setattr("reconciliation.services.desk.actions_for", lambda item: ["link_invoice"])
    item = ExceptionItemFactory(
        suggestions=[{"action": "link_invoice", "label": "Link invoice", "value": "536399"}]
    )
    html = desk.get(f"/exceptions/{item.pk}/", headers=htmx("panel")).content.decode()
    assert '<input type="hidden" name="document_no" value="536399">' in html


def test_a_suggested_role_is_chosen_in_the_form(client):
    client.force_login(person("mia", Role.MAPPER))
    item = ExceptionItemFactory(
        reason=Reason.ACCOUNT_UNMAPPED,
        suggestions=[{"action": "map_account", "label": "Map an account", "value": "fees"}],
    )
    html = client.get(f"/exceptions/{item.pk}/", headers=htmx("panel")).content.decode()
    assert '<option value="fees" selected>' in html


def test_a_suggestion_that_no_action_does_is_told_in_words(desk):
    item = ExceptionItemFactory(suggestions=[{"action": "call", "label": "Call the payer"}])
    html = desk.get(f"/exceptions/{item.pk}/", headers=htmx("panel")).content.decode()
    assert "Call the payer" in html


@pytest.mark.parametrize("reason", Reason.values)
def test_every_reason_is_explained_in_words(desk, reason):
    item = ExceptionItemFactory(reason=reason)
    html = desk.get(f"/exceptions/{item.pk}/", headers=htmx("panel")).content.decode()
    assert escape(Reason(reason).label) in html
    assert '<p class="soft">' in html
    assert f">{reason}<" not in html
