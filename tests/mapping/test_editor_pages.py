"""The editor's pages, over every kind there is: no kind has a template or a view of its own."""

import re

import pytest

from audit.models import Entry
from audit.roles import Role
from mapping.choices import VersionState
from mapping.kinds import KINDS
from mapping.services import editing
from mapping.services.editing import mark_of, order_mark, values_of
from tests import builders
from tests.clock import business_day  # noqa: F401
from tests.mapping.drafts import draft, full_draft, positions
from tests.pages import htmx, offences
from tests.world import person

pytestmark = pytest.mark.django_db
every_kind = pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
METHODS = KINDS["methods"]


@pytest.fixture
def mapper(client, business_day):  # noqa: F811
    client.force_login(person("mara", Role.MAPPER))
    return client


def text(response):
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def place(version, kind, rest=""):
    return f"/rule-sets/{version.pk}/edit/{kind.slug}/rows/{rest}"


@every_kind
def test_a_row_of_any_kind_is_added_changed_moved_and_removed_without_script(mapper, kind):
    version = full_draft()
    (row,) = kind.objects(version)
    values = values_of(kind, row)
    mapper.post(place(version, kind, "add/"), {**values, "at": "1"})
    new, old = kind.objects(version)
    assert (positions(kind, version), old.pk) == ([1, 2], row.pk)
    answer = mapper.post(place(version, kind, f"{new.pk}/"), {**values, "seen": mark_of(kind, new)})
    assert answer["Location"] == f"/rule-sets/{version.pk}/edit/#rules-{kind.slug}"
    order = order_mark([new, old])
    mapper.post(place(version, kind, f"{new.pk}/move/"), {"step": "down", "order": order})
    assert [each.pk for each in kind.objects(version)] == [old.pk, new.pk]
    mapper.post(place(version, kind, f"{new.pk}/remove/"), {"seen": mark_of(kind, new)})
    assert [each.pk for each in kind.objects(version)] == [old.pk]


@every_kind
def test_the_form_of_any_kind_has_its_columns_under_if_and_then(mapper, kind):
    page = mapper.get(place(full_draft(), kind, "add/")).content.decode()
    for name in kind.columns:
        assert f'id="id_{kind.slug}_{name}"' in page
    assert "<legend>If</legend>" in page
    assert "<legend>Then</legend>" in page


@every_kind
def test_a_section_is_replaced_alone_and_nothing_in_it_is_inline(mapper, kind):
    version = full_draft()
    (row,) = kind.objects(version)
    for rest in ("", "add/", f"{row.pk}/"):
        answer = mapper.get(place(version, kind, rest), headers=htmx(f"rules-{kind.slug}"))
        assert "<html" not in answer.content.decode()
        assert f"head-{kind.slug}" in answer.content.decode()
        assert offences(answer) == []


def test_rows_read_as_sentences(mapper):
    version = draft()
    more = {"method": "Amex", "currency": "USD", "role": "clearing"}
    builders.AccountRuleFactory(version=version, position=1, account="1055", **more)
    builders.FeeRuleFactory(version=version, position=1)
    page = text(mapper.get(f"/rule-sets/{version.pk}/edit/"))
    assert (
        "If the account is for Card clearing and the card is Amex and the currency is USD" in page
    )
    assert "then GL account 1055" in page
    assert "In every case → then 2.9 %, and 0.3 for each sale" in page


def test_a_row_that_cannot_fire_names_the_row_that_hides_it(mapper):
    version = draft()
    for position, method in enumerate(("", "Visa"), start=1):
        builders.MethodRuleFactory(version=version, position=position, method=method)
    page = text(mapper.get(f"/rule-sets/{version.pk}/edit/"))
    assert "1 row can never fire" in page
    assert "Never reached row 1 takes all of its cases" in page


def test_a_row_that_did_not_fire_lately_is_marked(mapper):
    version = draft()
    base = builders.RuleSetVersionFactory(pair=version.pair)
    for place_, method in enumerate(("Visa", "Amex"), start=1):
        for each in (version, base):
            builders.MethodRuleFactory(version=each, position=place_, method=method)
    fired = METHODS.read(base)[0].name
    builders.EffectFactory(pair=version.pair, version=base, rules=[fired])
    page = text(mapper.get(f"/rule-sets/{version.pk}/edit/?fired=90"))
    assert page.count("Did not fire") == 1
    assert "the card is Visa → then payment method in the ERP CC-VISA fired 1 time" in page


def test_a_wrong_value_keeps_what_was_typed_and_says_why(mapper):
    version = draft()
    given = {"method": "Visa", "erp_method": "A method that is too long"}
    answer = mapper.post(place(version, METHODS, "add/"), given, headers=htmx("rules-methods"))
    assert answer.status_code == 422
    assert "at most 15 characters" in text(answer)
    assert 'value="A method that is too long"' in answer.content.decode()


def test_a_stale_edit_shows_the_row_as_it_is_now(mapper):
    version = draft()
    row = builders.MethodRuleFactory(version=version, position=1, method="Visa")
    seen = mark_of(METHODS, row)
    editing.change(
        person("ida", Role.MAPPER), version, METHODS, row.pk, {"erp_method": "NEWER"}, seen
    )
    answer = mapper.post(place(version, METHODS, f"{row.pk}/"), {"erp_method": "X", "seen": seen})
    assert answer.status_code == 422
    assert "Somebody has changed this row meanwhile" in text(answer)
    assert "NEWER" in text(answer)


def test_a_long_section_comes_in_pages(mapper, django_assert_max_num_queries):
    version = draft()
    rows = [
        METHODS.model(version=version, position=place_, method=f"Card {place_}", erp_method="CC")
        for place_ in range(1, 251)
    ]
    METHODS.model.objects.bulk_create(rows)
    with django_assert_max_num_queries(20):
        page = text(mapper.get(f"/rule-sets/{version.pk}/edit/"))
    assert "the card is Card 100 " in page
    assert "the card is Card 101 " not in page
    assert "the card is Card 101 " in text(mapper.get(place(version, METHODS) + "?page=2"))


def test_what_a_draft_is_for_is_kept(mapper):
    version = draft()
    url = f"/rule-sets/{version.pk}/edit/about/"
    seen = editing.about_mark(version)
    assert mapper.post(url, {"note": "x", "deposit_pattern": "", "seen": seen}).status_code == 422
    mapper.post(url, {"note": "New fees", "deposit_pattern": "CARDS", "seen": seen})
    version.refresh_from_db()
    assert (version.note, version.deposit_pattern) == ("New fees", "CARDS")
    answer = mapper.post(url, {"note": "y", "deposit_pattern": "CARDS", "seen": seen})
    assert "Somebody has changed this meanwhile" in text(answer)


def test_only_drafts_are_edited(mapper):
    version = builders.RuleSetVersionFactory()
    answer = mapper.get(f"/rule-sets/{version.pk}/edit/", follow=True)
    assert "is active; only drafts change" in text(answer)
    answer = mapper.post(place(version, METHODS, "add/"), {"erp_method": "CC"})
    assert "is active; only drafts change" in text(answer)


def test_a_version_is_taken_through_its_life_by_two_people(mapper, client):
    base = full_draft()
    mapper.post(f"/rule-sets/{base.pk}/draft/", {"note": "New fees."})
    version = base.pair.rule_sets.get(based_on=base)
    url = f"/rule-sets/{version.pk}/"
    assert "is handed in" not in text(mapper.get(url))
    mapper.post(f"{url}hand-in/")
    client.force_login(person("otto", Role.APPROVER))
    client.post(f"{url}give-back/", {"note": "The fee is wrong."})
    client.force_login(person("ida", Role.MAPPER))
    client.post(f"{url}hand-in/")
    client.force_login(person("paul", Role.APPROVER))
    assert client.post(f"{url}activate/", {"active_from": "soon"}).status_code == 422
    client.post(f"{url}activate/", {"active_from": "2011-03-01"})
    version.refresh_from_db()
    assert (version.state, version.approved_by) == (VersionState.ACTIVE, "user:paul")


def test_whoever_made_it_is_told_that_another_puts_it_in_force(client, business_day):  # noqa: F811
    user = person("root", Role.MAPPER, Role.APPROVER)
    user.is_superuser = True
    user.save()
    client.force_login(user)
    version = full_draft(created_by="user:root")
    client.post(f"/rule-sets/{version.pk}/hand-in/")
    url = f"/rule-sets/{version.pk}/"
    assert "You had a part in it" in text(client.get(url))
    answer = client.post(f"{url}activate/", {"active_from": "2011-03-01"})
    assert answer.status_code == 422
    assert "Nobody approves what they have made" in text(answer)
    assert Entry.objects.filter(action="access.denied").count() == 1


def test_a_step_without_its_reason_says_so(mapper):
    version = full_draft()
    assert "Say what the draft is for" in text(mapper.post(f"/rule-sets/{version.pk}/draft/"))
    mapper.post(f"/rule-sets/{version.pk}/hand-in/")
    assert "Say why" in text(mapper.post(f"/rule-sets/{version.pk}/give-back/"))
    mapper.post(f"/rule-sets/{version.pk}/discard/")
    version.refresh_from_db()
    assert version.state == VersionState.RETIRED
