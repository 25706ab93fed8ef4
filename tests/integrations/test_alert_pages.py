from datetime import timedelta

import pytest

from audit.models import Entry
from audit.roles import Role
from integrations.alert_addresses import holds_secret
from integrations.models import Alert, AlertDelivery, AlertRoute, AlertSilence, Connection
from integrations.services import alert_routes
from tests.builders import (
    NOW,
    AlertFactory,
    AlertRouteFactory,
    AlertSilenceFactory,
    ConnectionFactory,
    PullFactory,
)
from tests.pages import offences, row_ids
from tests.world import operator, person, viewer

pytestmark = pytest.mark.django_db
SECRET = "whsec_c2VjcmV0IG9mIGEgcmVjZWl2ZXI="
ROUTE = {
    "name": "Operations",
    "channel": "email",
    "address": "anna@example.com, bert@example.com",
    "audience": "operations",
    "kinds": ["connection_down", "disk_full"],
    "sends_recoveries": "on",
    "digest_at": "07:00",
    "time_zone": "America/New_York",
    "quiet_from": "22:00",
    "quiet_to": "06:00",
    "is_active": "on",
}


@pytest.fixture
def admin(client):
    client.force_login(person("admin", Role.ADMIN))
    return client


def text(response):
    return response.content.decode()


def test_the_bell_counts_what_nobody_looks_after(client):
    client.force_login(viewer())
    AlertFactory.create_batch(3)
    AlertFactory(acknowledged_at="2011-02-14T12:00Z", acknowledged_by="user:anna")
    assert '<span class="bell-count">3</span>' in text(client.get("/alerts/"))


def test_the_bell_costs_one_query_however_many_alerts_there_are(
    client, django_assert_max_num_queries
):
    client.force_login(viewer())
    AlertFactory.create_batch(40)
    with django_assert_max_num_queries(99) as queries:
        client.get("/connections/")
    assert sum("integrations_alert" in query["sql"] for query in queries.captured_queries) == 1


def test_acknowledging_names_who_looks_after_it(client):
    client.force_login(operator())
    alert = AlertFactory()
    response = client.post(f"/alerts/{alert.pk}/acknowledge/", follow=True)
    assert "You look after it." in text(response)
    alert.refresh_from_db()
    assert (alert.acknowledged_by, alert.state) == ("user:operator", "open")


def test_what_has_no_end_of_its_own_ends_when_somebody_has_seen_to_it(client):
    client.force_login(operator())
    alert = AlertFactory(kind="card_number")
    client.post(f"/alerts/{alert.pk}/acknowledge/")
    assert Alert.objects.get().state == "cleared"
    assert Alert.objects.get().tell_cleared is False


def test_the_second_to_acknowledge_learns_who_was_first(client):
    client.force_login(operator())
    alert = AlertFactory(acknowledged_at="2011-02-14T12:00Z", acknowledged_by="user:anna")
    response = client.post(f"/alerts/{alert.pk}/acknowledge/", follow=True)
    assert "user:anna looks after it already." in text(response)


def test_an_alert_leads_to_what_it_is_about(client):
    client.force_login(viewer())
    erp = ConnectionFactory()
    alert = AlertFactory(subject=f"connection:{erp.pk}")
    assert f'href="/connections/{erp.pk}/"' in text(client.get(f"/alerts/{alert.pk}/"))
    letter = AlertFactory(kind="dead_letter", subject="target:1")
    assert 'href="/postings/?state=held"' in text(client.get(f"/alerts/{letter.pk}/"))


def test_the_list_is_filtered_by_audience(client):
    client.force_login(viewer())
    AlertFactory(title="PayTrace is down.")
    AlertFactory(kind="deposit_late", title="A deposit is late.")
    html = text(client.get("/alerts/?audience=finance"))
    assert "A deposit is late." in html
    assert "PayTrace is down." not in html


def test_an_admin_makes_a_route_and_that_is_on_record(admin):
    response = admin.post("/settings/alerts/routes/new/", ROUTE, follow=True)
    assert "Operations is kept." in text(response)
    route = AlertRoute.objects.get()
    assert (route.kinds, route.time_zone) == (ROUTE["kinds"], "America/New_York")
    entry = Entry.objects.get(action="alert_route.added")
    assert (entry.actor, entry.details["to"]["quiet_from"]) == ("user:admin", "22:00:00")


def test_a_change_records_what_it_was_and_what_it_is(admin):
    admin.post("/settings/alerts/routes/new/", ROUTE)
    route = AlertRoute.objects.get()
    admin.post(f"/settings/alerts/routes/{route.pk}/", ROUTE | {"address": "eve@example.com"})
    entry = Entry.objects.get(action="alert_route.changed")
    assert entry.details["from"] == {"address": ROUTE["address"]}
    assert entry.details["to"] == {"address": "eve@example.com"}


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"address": "anna@example.com, nobody"}, "“nobody” is no e-mail address."),
        ({"time_zone": "Mars/Olympus"}, "Enter a zone such as America/New_York."),
        ({"quiet_to": ""}, "Quiet hours need a beginning and an end."),
        ({"channel": "webhook", "address": "https://example.com/x"}, "A webhook is signed"),
        ({"channel": "webhook", "address": "ftp://example.com"}, "has to begin with https://"),
        (
            {"channel": "webhook", "address": "https://example.com/x", "secret": "short"},
            "Enter at least 24 characters.",
        ),
    ],
)
def test_a_wrong_route_comes_back_in_words_and_loses_nothing(admin, change, sentence):
    response = admin.post("/settings/alerts/routes/new/", ROUTE | change)
    assert response.status_code == 422
    assert sentence in text(response)
    assert 'value="Operations"' in text(response)
    assert offences(response) == []
    assert not AlertRoute.objects.exists()


def test_the_secret_is_kept_and_never_shown_and_an_empty_one_leaves_it(admin):
    hook = ROUTE | {"channel": "webhook", "address": "https://example.com/x", "secret": SECRET}
    admin.post("/settings/alerts/routes/new/", hook)
    route = AlertRoute.objects.get()
    assert SECRET not in text(admin.get(f"/settings/alerts/routes/{route.pk}/"))
    admin.post(f"/settings/alerts/routes/{route.pk}/", hook | {"secret": "", "name": "Other"})
    route.refresh_from_db()
    assert (route.name, alert_routes.secret_of(route)) == ("Other", SECRET)


TOKEN = "https://example.com/hooks?token=t0k3n-of-the-receiver"
HOOK = ROUTE | {"channel": "webhook", "address": TOKEN, "secret": SECRET}


def test_an_address_that_lets_in_whoever_knows_it_is_kept_encrypted(admin):
    admin.post("/settings/alerts/routes/new/", HOOK)
    route = AlertRoute.objects.get()
    assert route.address.startswith("https://example.com/…")
    assert alert_routes.address_of(route) == TOKEN
    shown = text(admin.get("/settings/alerts/")) + text(admin.get("/alerts/"))
    shown += text(admin.get(f"/settings/alerts/routes/{route.pk}/"))
    told = str(list(Entry.objects.values_list("summary", "details")))
    assert "t0k3n" not in shown + told
    assert b"t0k3n" not in bytes(route.address_ciphertext)


def test_a_sealed_address_that_comes_back_as_shown_stays(admin):
    admin.post("/settings/alerts/routes/new/", HOOK)
    route = AlertRoute.objects.get()
    url = f"/settings/alerts/routes/{route.pk}/"
    admin.post(url, HOOK | {"address": route.address, "name": "Other", "secret": ""})
    route.refresh_from_db()
    assert (route.name, alert_routes.address_of(route)) == ("Other", TOKEN)
    wrong = admin.post(url, HOOK | {"address": f"{route.address}0"})
    assert "Enter the whole address" in text(wrong)


def test_an_address_without_a_secret_takes_the_place_of_a_sealed_one(admin):
    admin.post("/settings/alerts/routes/new/", HOOK)
    route = AlertRoute.objects.get()
    admin.post(f"/settings/alerts/routes/{route.pk}/", HOOK | {"address": "https://example.com/x"})
    route.refresh_from_db()
    assert (route.address, alert_routes.address_of(route)) == ("https://example.com/x",) * 2
    assert bytes(route.address_ciphertext) == b""


@pytest.mark.parametrize(
    ("address", "is_secret"),
    [
        ("https://example.com/x", False),
        ("https://example.com/services/T000/B000", False),
        ("https://example.com/services/T000/XXXXXXXXXXXXXXXXXXXXXXXX", True),
        ("https://example.com/?key=1", True),
    ],
)
def test_which_addresses_are_secrets(address, is_secret):
    assert holds_secret(address) == is_secret


def test_an_address_with_a_password_is_refused(admin):
    given = HOOK | {"address": "https://anna:pass@example.com/x"}
    response = admin.post("/settings/alerts/routes/new/", given)
    assert "must not hold a user or password" in text(response)
    assert not AlertRoute.objects.exists()


def test_a_test_message_goes_the_way_of_all_others(admin):
    route = AlertRouteFactory()
    admin.post(f"/settings/alerts/routes/{route.pk}/test/")
    delivery = AlertDelivery.objects.get()
    assert (delivery.route, delivery.notice, delivery.state) == (route, "test", "due")


def test_a_silence_has_its_reason_and_its_end(admin):
    given = {"kind": "connection_down", "hours": "4", "reason": "Maintenance."}
    response = admin.post("/settings/alerts/silences/new/", given, follow=True)
    assert "Maintenance." in text(response)
    silence = AlertSilence.objects.get()
    assert silence.until - silence.created_at < timedelta(hours=4, minutes=1)
    admin.post(f"/settings/alerts/silences/{silence.pk}/end/")
    actions = Entry.objects.filter(subject_type="alert-silence").values_list("action", flat=True)
    assert set(actions) == {"alert_silence.added", "alert_silence.ended"}


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"hours": "4", "reason": "Quiet."}, "Choose a kind or a connection"),
        ({"kind": "disk_full", "hours": "0", "reason": "Quiet."}, "greater than or equal to 1"),
        ({"kind": "disk_full", "hours": "4"}, "This field is required."),
    ],
)
def test_a_wrong_silence_is_refused_in_words(admin, given, sentence):
    response = admin.post("/settings/alerts/silences/new/", given)
    assert response.status_code == 422
    assert sentence in text(response)
    assert not AlertSilence.objects.exists()


def test_how_long_a_gateway_may_be_quiet_is_set_for_each(admin):
    gateway = PullFactory(stream="transactions").connection
    admin.post(f"/settings/alerts/rhythm/{gateway.pk}/", {"hours": "12"})
    assert Connection.objects.get(pk=gateway.pk).quiet_after_hours == 12
    assert Entry.objects.filter(action="connection.quiet_after_changed").count() == 1
    response = admin.post(f"/settings/alerts/rhythm/{gateway.pk}/", {"hours": "-1"}, follow=True)
    assert "Hours are a whole number" in text(response)


def test_only_admins_change_who_is_told(client):
    route, silence, gateway = AlertRouteFactory(), AlertSilenceFactory(), ConnectionFactory()
    client.force_login(operator())
    assert client.get("/settings/alerts/").status_code == 200
    assert client.get("/settings/alerts/routes/new/").status_code == 403
    for url in (
        "/settings/alerts/routes/new/",
        f"/settings/alerts/routes/{route.pk}/",
        f"/settings/alerts/routes/{route.pk}/test/",
        "/settings/alerts/silences/new/",
        f"/settings/alerts/silences/{silence.pk}/end/",
        f"/settings/alerts/rhythm/{gateway.pk}/",
    ):
        assert client.post(url, {}).status_code == 403, url


def test_a_viewer_does_not_acknowledge(client):
    client.force_login(viewer())
    alert = AlertFactory()
    assert client.post(f"/alerts/{alert.pk}/acknowledge/").status_code == 403
    assert "I look after it" not in text(client.get(f"/alerts/{alert.pk}/"))


def test_the_form_of_a_route_has_nothing_inline(admin):
    route = AlertRouteFactory()
    for url in ("/settings/alerts/routes/new/", f"/settings/alerts/routes/{route.pk}/"):
        assert offences(admin.get(url)) == []


def days_of_money(**more):
    return [
        AlertFactory(
            kind="payment_unclear",
            subject=f"exceptions:1:2011-02-{day}",
            title=f"Money of {day} Feb 2011 waits.",
            last_at=NOW + timedelta(hours=day),
            **more,
        )
        for day in (10, 11, 12)
    ]


def test_alerts_that_are_alike_are_one_row_and_every_one_on_demand(client):
    client.force_login(viewer())
    *_, newest = days_of_money(connection=ConnectionFactory())
    other = AlertFactory(last_at=NOW)
    assert row_ids(client.get("/alerts/")) == [newest.pk, other.pk]
    html = text(client.get("/alerts/?state=open"))
    assert "(2 more like it)" in html
    assert "Money of 10 Feb" not in html
    assert len(row_ids(client.get("/alerts/?rows=each"))) == 4


def test_alerts_of_other_connections_or_looked_after_are_rows_of_their_own(client):
    client.force_login(viewer())
    days_of_money(connection=ConnectionFactory())
    taken = AlertFactory(
        kind="payment_unclear", acknowledged_at=NOW, acknowledged_by="user:ann", last_at=NOW
    )
    assert taken.pk in row_ids(client.get("/alerts/"))
    assert len(row_ids(client.get("/alerts/"))) == 2


def test_an_alert_names_those_like_it_and_all_are_looked_after_at_once(client):
    client.force_login(operator())
    *_, newest = days_of_money()
    html = text(client.get(f"/alerts/{newest.pk}/"))
    assert "Others like it" in html
    assert "I look after all 3" in html
    told = client.post(f"/alerts/{newest.pk}/acknowledge/", {"alike": "yes"}, follow=True)
    assert "You look after all 3." in text(told)
    assert not Alert.objects.filter(acknowledged_at__isnull=True).exists()
    assert Entry.objects.filter(action="alert.acknowledged").count() == 3


def test_one_of_several_that_are_alike_can_be_looked_after_alone(client):
    client.force_login(operator())
    *_, newest = days_of_money()
    client.post(f"/alerts/{newest.pk}/acknowledge/")
    assert Alert.objects.filter(acknowledged_at__isnull=True).count() == 2
