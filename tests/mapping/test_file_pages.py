"""Rules leave and come as files; what a file would change is on a page before it does."""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from audit.models import Entry
from audit.roles import Role
from mapping.kinds import KINDS
from mapping.models import RuleImport
from tests import builders
from tests.clock import business_day  # noqa: F401
from tests.mapping.drafts import full_draft
from tests.pages import offences
from tests.world import person

pytestmark = pytest.mark.django_db
HEAD = "Card or method,Payment method in the ERP,Class of tender\n"


@pytest.fixture
def mapper(client, business_day):  # noqa: F811
    client.force_login(person("mara", Role.MAPPER))
    return client


def text(response):
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def upload(client, version, body, kind="methods"):
    url = f"/rule-sets/{version.pk}/edit/{kind}/upload/"
    return client.post(url, {"file": SimpleUploadedFile("rows.csv", body.encode())})


def seen(response):
    return re.search(r'name="seen" value="(\w+)"', response.content.decode())[1]


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_the_rows_of_any_kind_are_taken_away_and_brought_back(mapper, kind, form):
    version = full_draft()
    answer = mapper.get(f"/rule-sets/{version.pk}/file/{kind.slug}/{form}/")
    assert answer["Content-Disposition"].endswith(f'-{kind.slug}.{form}"')
    file = SimpleUploadedFile(f"rows.{form}", answer.content)
    url = f"/rule-sets/{version.pk}/edit/{kind.slug}/upload/"
    page = mapper.post(url, {"file": file}, follow=True)
    assert "there is nothing to apply" in text(page)
    assert Entry.objects.filter(action="rules.exported", actor="user:mara").count() == 1


def test_a_file_is_checked_row_by_row_before_it_is_applied(mapper):
    version = full_draft()
    page = mapper.get(upload(mapper, version, HEAD + "VISA,OTHER,\nAmex,AMEX,\n")["Location"])
    assert "1 added, 1 changed" in text(page)
    assert "If the card is VISA → payment method in the ERP CC-VISA" in text(page)
    assert offences(page) == []
    url = page.request["PATH_INFO"]
    mapper.post(url, {"seen": seen(page)})
    assert [row.erp_method for row in KINDS["methods"].objects(version)] == ["OTHER", "AMEX"]


def test_refused_rows_hold_everything_back_unless_the_person_says_so(mapper):
    version = full_draft()
    page = mapper.get(upload(mapper, version, HEAD + "Amex,AMEX,\nJCB,,\n")["Location"])
    assert "Payment method in the ERP: This field cannot be blank." in text(page)
    url = page.request["PATH_INFO"]
    again = mapper.post(url, {"seen": seen(page)})
    assert again.status_code == 422
    assert "1 row is refused, so nothing was applied" in text(again)
    mapper.post(url, {"seen": seen(page), "skip": "yes"})
    assert [row.method for row in KINDS["methods"].objects(version)] == ["VISA", "Amex"]


def test_a_file_that_is_left_changes_nothing(mapper):
    waiting = builders.RuleImportFactory()
    answer = mapper.post(f"/rule-imports/{waiting.pk}/drop/")
    assert answer["Location"] == f"/rule-sets/{waiting.version.pk}/edit/"
    assert not RuleImport.objects.exists()


def test_a_file_that_cannot_be_read_says_so_on_the_form(mapper):
    version = full_draft()
    answer = upload(mapper, version, "Card\n")
    assert answer.status_code == 422
    assert "is none of Payment methods" in text(answer)
    assert "Choose a file." in text(mapper.post(f"/rule-sets/{version.pk}/edit/methods/upload/"))


def test_a_rule_set_in_force_takes_no_file(mapper):
    answer = upload(mapper, builders.RuleSetVersionFactory(), HEAD)
    assert "is active; only drafts change" in text(answer)


def test_a_whole_rule_set_goes_to_another_pair_by_its_file(mapper):
    version, other = full_draft(), builders.PairFactory(name="Other")
    body = mapper.get(f"/rule-sets/{version.pk}/file/").content
    file = SimpleUploadedFile("rules.yaml", body)
    given = {"pair": other.pk, "begin": "file", "note": "As there.", "file": file}
    page = mapper.post("/rule-sets/new/", given, follow=True)
    assert "Other has no rules yet" in text(page)
    mapper.post(page.request["PATH_INFO"], {"seen": seen(page)})
    draft = other.rule_sets.get()
    for kind in KINDS.values():
        assert kind.read(draft) == kind.read(version)


def test_another_text_of_deposits_is_shown_before_it_is_applied(mapper):
    version = full_draft()
    body = mapper.get(f"/rule-sets/{version.pk}/file/").content
    other = body.replace(b"MERCHANT DEPOSIT", b"CARDS LTD")
    given = {"pair": version.pair.pk, "begin": "file", "note": "As there."}
    said = []
    for each in (body, other):
        file = SimpleUploadedFile("rules.yaml", each)
        page = mapper.post("/rule-sets/new/", given | {"file": file}, follow=True)
        said.append("Before MERCHANT DEPOSIT After CARDS LTD" in text(page))
        assert offences(page) == []
    assert said == [False, True]


@pytest.mark.parametrize(
    ("begin", "sentence"),
    [("standing", "No rule set of Other is in force"), ("file", "Choose a file"), ("x", "valid")],
)
def test_a_beginning_that_is_not_there_is_named(mapper, begin, sentence):
    pair = builders.PairFactory(name="Other")
    answer = mapper.post("/rule-sets/new/", {"pair": pair.pk, "begin": begin, "note": "Try."})
    assert answer.status_code == 422
    assert sentence in text(answer)


def test_a_draft_begins_with_nothing_or_with_a_template(mapper):
    pair = builders.PairFactory()
    mapper.post("/rule-sets/new/", {"pair": pair.pk, "begin": "empty", "note": "Try."})
    assert pair.rule_sets.get().created_by == "user:mara"
    given = {"pair": pair.pk, "begin": "paytrace-sage500", "note": "Try."}
    page = mapper.post("/rule-sets/new/", given, follow=True)
    assert "GL account 1050-00" in text(page)


def test_files_are_taken_away_by_who_edits_or_exports(client, business_day):  # noqa: F811
    version = full_draft()
    for role, status in ((Role.AUDITOR, 200), (Role.VIEWER, 403)):
        client.force_login(person(role.value, role))
        assert client.get(f"/rule-sets/{version.pk}/file/").status_code == status
