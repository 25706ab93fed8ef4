import logging

import pytest

from audit.models import Entry
from audit.roles import Role
from integrations.choices import ChangeState, Environment
from integrations.models import Connection, ConnectionChange, ConnectionDraft, Pair
from integrations.services import connection_check, vault
from tests.builders import (
    ConnectionChangeFactory,
    ConnectionDraftFactory,
    ConnectionFactory,
    PairFactory,
    PullFactory,
)
from tests.clock import business_day  # noqa: F401
from tests.pages import htmx
from tests.world import person

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("business_day")]
GOOD = [{"name": "Log in", "passed": True, "meaning": "The vendor knows us.", "todo": ""}]
BAD = [{"name": "Log in", "passed": False, "meaning": "Refused.", "todo": "Enter it again."}]
SECRET = "a-secret-that-nobody-may-see"
PAYTRACE = {
    "name": "PayTrace of the shops",
    "account": "shop-1",
    "environment": "production",
    "set_username": "api-user",
    "set_base_url": "https://api.paytrace.com",
    "set_window_days": "3",
    "set_time_zone": "America/Los_Angeles",
}


@pytest.fixture
def ann(client):
    user = person("ann", Role.ADMIN)
    client.force_login(user)
    return user


@pytest.fixture(autouse=True)
def vendor(monkeypatch):
    """Says to every test what is in it."""
    answer = {"checks": GOOD}
    monkeypatch.setattr(connection_check, "run", lambda *args, **kwargs: answer["checks"])
    return answer


def html(response):
    return response.content.decode()


def start(client, connector="paytrace"):
    response = client.post("/connections/new/", {"connector": connector})
    return response["Location"].removesuffix("settings/")


def through(client, **settings):
    """The wizard up to the last step; answers the address of the draft."""
    base = start(client)
    assert client.post(f"{base}settings/", PAYTRACE | settings)["Location"] == f"{base}secrets/"
    assert client.post(f"{base}secrets/", {"password": SECRET})["Location"] == f"{base}test/"
    client.post(f"{base}test/")
    return base


def test_a_new_connection_is_answered_step_by_step_and_waits_for_a_second_person(client, ann):
    base = through(client)
    response = client.post(f"{base}finish/", {"reason": "We sell now."})
    change = ConnectionChange.objects.get()
    assert response["Location"] == f"/connection-changes/{change.pk}/"
    assert not Connection.objects.exists()
    assert not ConnectionDraft.objects.exists()
    client.force_login(person("bob", Role.APPROVER))
    client.post(f"/connection-changes/{change.pk}/approve/")
    made = Connection.objects.get()
    assert made.settings == {"username": "api-user"}  # the rest is as by default
    assert vault.secrets_of(made) == {"password": SECRET}


def test_a_sandbox_is_in_force_at_once(client, ann):
    base = through(client, environment="sandbox")
    made_at = client.post(f"{base}finish/", {"reason": ""})["Location"]
    assert made_at == f"/connections/{Connection.objects.get().pk}/"
    assert "Sandbox" in html(client.get(made_at))


def test_who_leaves_off_goes_on_where_they_were(client, ann):
    base = start(client)
    client.post(f"{base}settings/", PAYTRACE)
    assert f'href="{base}secrets/"' in html(client.get("/connections/"))
    assert 'value="api-user"' in html(client.get(f"{base}settings/"))
    client.post(f"{base}secrets/", {"password": SECRET})
    assert f'href="{base}test/"' in html(client.get("/connections/"))
    client.post(f"{base}test/")
    assert f'href="{base}finish/"' in html(client.get("/connections/"))


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"set_window_days": "many"}, "Enter a whole number."),
        ({"set_window_days": "90"}, "has to lie between 0 and 60"),
        ({"set_time_zone": "Mars"}, "is not a known time zone"),
        ({"set_base_url": "http://10.0.0.1"}, "has to begin with https://"),
        ({"set_start_on": "yesterday"}, "Enter a day such as 2011-02-14."),
        ({"set_username": ""}, "This field is required."),
        ({"account": "taken"}, "There is a connection for this account already."),
    ],
)
def test_a_wrong_setting_is_said_beside_its_field_and_nothing_is_lost(client, ann, given, words):
    ConnectionFactory(account="taken", environment=Environment.PRODUCTION)
    base = start(client)
    response = client.post(f"{base}settings/", PAYTRACE | given)
    [name] = given
    assert response.status_code == 422
    assert words in str(response.context["form"].errors[name])
    assert 'value="PayTrace of the shops"' in html(response)
    assert not ConnectionDraft.objects.get().settings_done


@pytest.mark.parametrize(
    ("given", "field", "words"),
    [
        ({"password": ""}, "password", "Enter it"),
        ({"password": SECRET, "webhook_secret": "short"}, "webhook_secret", "at least 24"),
    ],
)
def test_a_wrong_secret_is_said_and_a_good_one_beside_it_kept(client, ann, given, field, words):
    base = start(client)
    client.post(f"{base}settings/", PAYTRACE)
    response = client.post(f"{base}secrets/", given)
    assert response.status_code == 422
    assert words in str(response.context["form"].errors[field])
    assert SECRET not in html(response)
    if field == "webhook_secret":
        assert client.post(f"{base}secrets/", {})["Location"] == f"{base}test/"


def test_a_wrong_database_address_is_said_without_quoting_it(client, ann):
    base = start(client, "sage500")
    client.post(f"{base}settings/", {"name": "Sage", "account": "ACME", "environment": "sandbox"})
    response = client.post(f"{base}secrets/", {"url": "oracle://sa:dont-show-me@server/x"})
    assert "has to look like mssql://" in str(response.context["form"].errors["url"])
    assert "dont-show-me" not in html(response)


def test_a_connector_without_secrets_has_no_such_step(client, ann):
    base = start(client, "bank_csv")
    given = {"name": "Bank", "account": "1", "environment": "sandbox", "set_folder": "/srv/bank"}
    given |= {"set_account": "Operating", "set_delimiter": ",", "set_encoding": "utf-8"}
    assert client.post(f"{base}settings/", given)["Location"] == f"{base}test/"
    assert "Secrets" not in html(client.get(f"{base}test/"))


def test_the_format_of_a_banks_files_is_chosen_and_never_taken_for_granted(client, ann):
    base = start(client, "bank_file")
    page = html(client.get(f"{base}settings/"))
    assert '<option value="" selected>Choose one</option>' in page
    given = {"name": "Bank", "account": "1", "environment": "sandbox", "set_account": "Operating"}
    given |= {"set_account_number": "77", "set_reference_from": "reference", "set_format": ""}
    refused = client.post(f"{base}settings/", given)
    assert list(refused.context["form"].errors) == ["set_format"]
    taken = client.post(f"{base}settings/", given | {"set_format": "OFX"})
    assert taken["Location"] == f"{base}test/"
    settings = ConnectionDraft.objects.get().settings
    assert settings == {"format": "OFX", "account": "Operating", "account_number": "77"}


def test_a_test_that_fails_says_what_to_do_and_holds_the_form_back(client, ann, vendor):
    vendor["checks"] = BAD
    base = through(client)
    assert "Enter it again." in html(client.get(f"{base}test/"))
    response = client.post(f"{base}finish/", {"reason": "Now."})
    assert response.status_code == 422
    assert "Run the test first" in html(response)


def test_the_test_answers_in_place(client, ann):
    base = through(client)
    answer = html(client.post(f"{base}test/", headers=htmx("checks")))
    assert answer.strip().startswith('<section class="card" id="checks"')
    row = ConnectionFactory()
    row.settings = {"username": "x"}
    row.save()
    answer = html(client.post(f"/connections/{row.pk}/test/", headers=htmx("checks")))
    assert "The vendor knows us." in answer
    assert "<html" not in answer
    assert client.post(f"/connections/{row.pk}/test/").status_code == 302
    assert "The vendor knows us." in html(client.get(f"/connections/{row.pk}/"))


def test_what_was_tested_before_an_answer_changed_counts_no_more(client, ann):
    base = through(client)
    client.post(f"{base}settings/", PAYTRACE | {"set_username": "other"})
    assert not ConnectionDraft.objects.get().passed


def test_a_change_starts_from_what_is_in_use_and_names_only_what_differs(client, ann):
    row = ConnectionFactory(
        environment=Environment.PRODUCTION,
        settings={"username": "api", "window_days": 3, "include_bin": True},
    )
    vault.set_credential(row, "password", "p")
    base = client.post(f"/connections/{row.pk}/change/settings/")["Location"]
    given = {name: text for name, text in PAYTRACE.items() if name.startswith("set_")}
    given |= {"name": row.name, "set_username": "api", "set_include_bin": "on"}
    base = base.removesuffix("settings/")
    client.post(f"{base}settings/", given | {"set_integrator_id": "tieout"})
    client.post(f"{base}test/")
    client.post(f"{base}finish/", {"reason": "They asked for it."})
    change = ConnectionChange.objects.get()
    page = html(client.get(f"/connection-changes/{change.pk}/"))
    assert list(change.fields) == ["settings"]
    assert "Integrator id" in page
    assert "User name" not in page


def test_a_secret_is_in_no_page_no_entry_and_no_log(client, ann, caplog):
    caplog.set_level(logging.DEBUG)
    base = through(client)
    pages = [html(client.get(f"{base}{step}/")) for step in ("settings", "secrets", "test")]
    client.post(f"{base}finish/", {"reason": "We sell now."})
    change = ConnectionChange.objects.get()
    pages.append(html(client.get(f"/connection-changes/{change.pk}/")))
    client.force_login(person("bob", Role.APPROVER, Role.ADMIN))
    client.post(f"/connection-changes/{change.pk}/approve/")
    pages.append(html(client.get(f"/connections/{Connection.objects.get().pk}/")))
    assert "set on" in pages[-1]
    assert "by bob" in pages[-1]
    everything = "".join(pages) + caplog.text + str(list(Entry.objects.values()))
    assert SECRET not in everything


def test_what_waits_is_on_the_dashboard_and_in_the_pages_list_of_who_may_approve(client):
    change = ConnectionChangeFactory(made_by=person("ann", Role.ADMIN))
    client.force_login(person("bob", Role.APPROVER))
    front = html(client.get("/"))
    assert "1 change waits for you" in " ".join(front.split()).replace("</a>", "")
    assert 'id="badge-changes" class="badge"' in front
    assert "Approve and put in force" in html(client.get(f"/connection-changes/{change.pk}/"))
    client.force_login(change.made_by)
    assert "waits for you" not in html(client.get("/"))
    assert "Withdraw" in html(client.get(f"/connection-changes/{change.pk}/"))
    client.force_login(person("vi", Role.VIEWER))
    assert "To approve" not in html(client.get("/"))


def test_a_change_is_refused_with_a_reason_or_withdrawn(client, ann):
    mine, theirs = ConnectionChangeFactory(made_by=ann), ConnectionChangeFactory()
    assert client.post(f"/connection-changes/{theirs.pk}/refuse/").status_code == 422
    client.post(f"/connection-changes/{theirs.pk}/refuse/", {"reason": "Not like this."})
    client.post(f"/connection-changes/{mine.pk}/withdraw/")
    states = dict(ConnectionChange.objects.values_list("pk", "state"))
    assert states == {mine.pk: ChangeState.WITHDRAWN, theirs.pk: ChangeState.REFUSED}
    assert "Not like this." in html(client.get(f"/connection-changes/{theirs.pk}/"))


def test_an_approval_that_does_not_pass_its_test_says_so(client, ann, vendor):
    change = ConnectionChangeFactory(fields={"settings": {"username": "x"}}, before={})
    vendor["checks"] = BAD
    response = client.post(f"/connection-changes/{change.pk}/approve/")
    assert response.status_code == 422
    assert "did not pass just now" in html(response)


def test_ones_own_change_is_not_approved_by_address_either(client, ann):
    change = ConnectionChangeFactory(made_by=ann)
    assert client.post(f"/connection-changes/{change.pk}/approve/").status_code == 403
    assert Entry.objects.get(action="access.denied").actor == "user:ann"


def test_pause_and_resume_by_a_person(client, ann):
    row = ConnectionFactory()
    assert client.post(f"/connections/{row.pk}/pause/", {"reason": ""}).status_code == 422
    client.post(f"/connections/{row.pk}/pause/", {"reason": "They move house."})
    page = html(client.get(f"/connections/{row.pk}/"))
    assert "They move house." in page
    assert ">Resume</button>" in page
    client.post(f"/connections/{row.pk}/resume/")
    assert Connection.objects.get().state == "active"


def test_the_rhythm_is_kept_or_said_to_be_wrong(client, ann):
    pull = PullFactory()
    url = f"/connections/{pull.connection_id}/operation/"
    given = {"open_after_failures": "3", "quiet_after_hours": "0", "every_transactions": "0"}
    assert client.post(url, given).status_code == 422
    client.post(url, given | {"every_transactions": "30"})
    pull.refresh_from_db()
    assert (pull.every_minutes, pull.connection.open_after_failures) == (30, 3)


def test_an_old_secret_is_retired_by_a_button(client, ann):
    row = ConnectionFactory()
    for secret in ("first", "second"):
        vault.set_credential(row, vault.WEBHOOK_SECRET, secret, keep_old=True)
    url = f"/connections/{row.pk}/secrets/webhook_secret/retire/"
    assert url in html(client.get(f"/connections/{row.pk}/"))
    client.post(url)
    assert url not in html(client.get(f"/connections/{row.pk}/"))
    assert "no old secret" in html(client.post(url, follow=True))


def pair_answers(pair, **changed):
    names = ("name", "gateway", "erp", "bank", "company", "currency", "post_on", "batch_prefix")
    names += ("time_zone", "deposit_late_after_days", "post_after_documents")
    names += ("post_after_minutes",)
    found = {name: getattr(pair, name) for name in names}
    found |= {side: getattr(pair, side).pk for side in ("gateway", "erp", "bank")}
    return found | {"is_active": "on", "post_batches": "on", "reason": "Because."} | changed


def test_a_pair_is_made_and_changed_in_forms(client, ann):
    pair = PairFactory()
    made = client.post("/pairs/new/", pair_answers(pair, name="Second", company="SOB"))
    assert made["Location"] == f"/pairs/{Pair.objects.get(name='Second').pk}/"
    client.post(f"/pairs/{pair.pk}/", pair_answers(pair, deposit_late_after_days="5"))
    pair.refresh_from_db()
    assert pair.deposit_late_after_days == 5


def test_what_is_part_of_a_pairs_keys_does_not_change(client, ann):
    pair = PairFactory()
    client.post(f"/pairs/{pair.pk}/", pair_answers(pair, company="SOX", name="Other"))
    pair.refresh_from_db()
    assert (pair.company, pair.name) == ("SOA", "Other")


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"time_zone": "Mars"}, "Enter a zone such as America/New_York."),
        ({"currency": "dollars"}, "at most 3 characters"),
        ({"deposit_late_after_days": "-1"}, "greater than or equal to 0"),
    ],
)
def test_a_wrong_answer_about_a_pair_is_said_beside_its_field(client, ann, given, words):
    response = client.post("/pairs/new/", pair_answers(PairFactory(), company="SOB", **given))
    [name] = given
    assert response.status_code == 422
    assert words in str(response.context["form"].errors[name])


def test_a_sandbox_and_a_real_connection_form_no_pair(client, ann):
    real = ConnectionFactory(bank=True, environment=Environment.PRODUCTION)
    response = client.post("/pairs/new/", pair_answers(PairFactory(), company="X", bank=real.pk))
    assert "cannot form a payment route" in html(response)


def test_a_real_pair_waits_and_says_so(client, ann):
    sides = {f"{side}__environment": "production" for side in ("gateway", "erp", "bank")}
    pair = PairFactory(**sides)
    other = ConnectionFactory(bank=True, environment=Environment.PRODUCTION, name="New bank")
    silent = client.post(f"/pairs/{pair.pk}/", pair_answers(pair, bank=other.pk, reason=""))
    assert "Say why" in str(silent.context["form"].errors["reason"])
    page = client.post(f"/pairs/{pair.pk}/", pair_answers(pair, bank=other.pk), follow=True)
    assert "New bank" in html(page)
    assert "waits for a second person" in html(client.get(f"/pairs/{pair.pk}/"))
    pair.refresh_from_db()
    assert pair.bank_id != other.pk


@pytest.mark.parametrize("role", [Role.VIEWER, Role.OPERATOR, Role.MAPPER, Role.AUDITOR])
def test_only_those_who_may_set_up_reach_the_forms(client, role):
    draft, row, pair = ConnectionDraftFactory(), ConnectionFactory(), PairFactory()
    change = ConnectionChangeFactory()
    client.force_login(person("somebody", role))
    steps = [f"/connections/drafts/{draft.pk}/{s}/" for s in ("settings", "test", "finish")]
    for url in ["/connections/new/", "/pairs/new/", *steps]:
        assert client.get(url).status_code == 403, url
    posts = [f"/connections/{row.pk}/{act}/" for act in ("test", "pause", "resume", "operation")]
    posts += [f"/connections/{row.pk}/change/secrets/", f"/pairs/{pair.pk}/"]
    posts += [f"/connection-changes/{change.pk}/{act}/" for act in ("approve", "refuse")]
    for url in posts:
        assert client.post(url).status_code == 403, url
    assert Entry.objects.filter(action="access.denied").count() == 5 + len(posts)


def test_another_admins_draft_is_not_to_be_seen(client, ann):
    draft = ConnectionDraftFactory()
    assert client.get(f"/connections/drafts/{draft.pk}/settings/").status_code == 403
    assert client.post(f"/connections/drafts/{draft.pk}/discard/").status_code == 403
    assert draft.name not in html(client.get("/connections/"))


def test_a_draft_is_thrown_away(client, ann):
    draft = ConnectionDraftFactory(owner=ann)
    client.post(f"/connections/drafts/{draft.pk}/discard/")
    assert not ConnectionDraft.objects.exists()
