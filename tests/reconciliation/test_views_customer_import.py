"""Spreadsheets of customers: exported, worked on, compared and applied."""

import io
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from openpyxl import Workbook

from audit.models import Entry
from audit.roles import Role
from mapping.models import CustomerIdentity, CustomerLink
from mapping.services.links import link
from reconciliation.services.customers import importing
from tests.builders import PairFactory
from tests.world import person

pytestmark = pytest.mark.django_db
URL = "/customers/import/"


class Erp:
    def customers_exist(self, company, wanted):
        return frozenset(each for each in wanted if each.startswith("C"))


@pytest.fixture
def pair(monkeypatch):
    monkeypatch.setattr(importing, "open_items_of", lambda connection: Erp())
    return PairFactory()


@pytest.fixture
def operator(client):
    client.force_login(person("olga", Role.OPERATOR))
    return client


def upload(client, pair, body, what="links", name="links.csv"):
    file = SimpleUploadedFile(name, body)
    return client.post(URL, {"pair": pair.pk, "what": what, "file": file})


def exported(client):
    client.force_login(person("anna", Role.OPERATOR))
    answer = client.get(reverse("customers") + "?export=csv")
    return b"".join(answer.streaming_content).decode("utf-8-sig")


def apply(client, page):
    token = re.search(r'name="rows" value="([^"]+)"', page.content.decode())[1]
    return client.post(URL, {"rows": token}, follow=True)


def test_an_exported_list_comes_back_with_the_work_done_in_it(operator, pair):
    link(pair, "g1", "C1", "user:olga")
    text = exported(operator).replace("C1", "C2") + "g2,Gateway,C3,,,,\n"
    page = upload(operator, pair, text.encode())
    assert not CustomerLink.objects.filter(customer_id="C2").exists(), "compared only"
    said = apply(operator, page).content.decode()
    assert "1 new, 1 changed" in said
    found = CustomerLink.objects.order_by("ref").values_list("ref", "customer_id", "ground")
    assert list(found) == [("g1", "C2", "import"), ("g2", "C3", "import")]
    assert Entry.objects.filter(action="customers.imported").exists()


def test_a_row_that_somebody_changed_meanwhile_is_refused_even_after_the_comparison(operator, pair):
    link(pair, "g1", "C1", "user:olga")
    page = upload(operator, pair, exported(operator).replace("C1", "C2").encode())
    CustomerLink.objects.update(customer_id="C9", made_at="2011-01-01T00:00:00Z")
    assert "1 refused" in apply(operator, page).content.decode()
    assert CustomerLink.objects.get().customer_id == "C9"


@pytest.mark.parametrize(
    ("body", "name", "why"),
    [
        (b"a,b\n1,2\n", "x.csv", "no column"),
        (b"\xff\xfe\x00", "x.csv", "neither UTF-8"),
        (b"PK not a workbook", "x.xlsx", "no workbook"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_in_words(operator, pair, body, name, why):
    answer = upload(operator, pair, body, name=name)
    assert answer.status_code == 422
    assert why in answer.content.decode()


def test_rows_that_nobody_signed_are_not_applied(operator, pair):
    said = operator.post(URL, {"rows": "forged"}, follow=True).content.decode()
    assert "upload the file again" in said
    assert not CustomerLink.objects.exists()


def test_a_crms_customers_are_read_from_a_workbook(operator, pair):
    book, body = Workbook(), io.BytesIO()
    book.active.append(["Number", "Name", "E-mail", "Street", "Post code", "ERP number"])
    book.active.append([17, "Ann Lee", "ann@x.com", "12 Elm St", "97301", "C1"])
    book.save(body)
    upload(operator, pair, body.getvalue(), what="crm", name="crm.xlsx")
    row = CustomerIdentity.objects.get()
    assert (row.system, row.ref, row.erp_ref, row.lines) == ("crm", "17", "C1", ["12 Elm St"])
