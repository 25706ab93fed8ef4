"""Exchange rates are loaded after a look, and stay as they are from then on."""

import re
import threading
from datetime import date
from decimal import Decimal

import psycopg
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection, transaction

from audit.models import Entry
from audit.roles import Role
from integrations.locks import lock_number
from mapping.models import ExchangeRate
from mapping.services import rates
from mapping.services.rulesets import RuleSetError
from tests import builders
from tests.clock import business_day  # noqa: F401
from tests.pages import offences
from tests.world import person

pytestmark = pytest.mark.django_db
HEAD = "table,from,to,valid from,rate\n"
LINE = "ECB,EUR,USD,2011-02-14,1.3440\n"
INSERT = """INSERT INTO mapping_exchangerate
    ("table", source, target, valid_on, rate, origin, added_by, added_at)
    VALUES ('ECB', 'EUR', 'USD', '2011-02-14', %s, 'Bank', 'user:max', now())"""


@pytest.fixture
def mapper(client, business_day):  # noqa: F811
    client.force_login(person("mara", Role.MAPPER))
    return client


def words(text):
    return [line.word for line in rates.check(text)]


def test_a_file_of_rates_is_told_line_by_line():
    builders.ExchangeRateFactory(
        table="ECB", source="EUR", target="USD", valid_on=date(2011, 2, 14), rate=Decimal("1.344")
    )
    text = HEAD + LINE + "ECB,EUR,USD,2011-02-14,1.4\nECB,EUR,USD,2011-02-15,1.35\n"
    assert words(text) == ["Known", "Refused", "New"]
    assert "1.344 for that day, and a rate is never changed" in rates.check(text)[1].why


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("ECB,EURO,USD,2011-02-14,1.3", "EURO is no currency"),
        ("ECB,EUR,EUR,2011-02-14,1.3", "between two currencies"),
        ("ECB,EUR,USD,14.2.2011,1.3", "no day such as"),
        ("ECB,EUR,USD,2011-02-14,one", "no rate such as"),
        ("ECB,EUR,USD,2011-02-14,-1", "above zero"),
        ("ECB,EUR,USD,2011-02-14,NaN", "above zero"),
        (",EUR,USD,2011-02-14,1.3", "cannot be blank"),
        ("ECB,EUR,USD,2011-02-14,1.123456789", "decimal places"),
    ],
)
def test_a_line_that_is_no_rate_says_why(line, why):
    (found,) = rates.check(HEAD + line)
    assert (found.word, why in found.why) == ("Refused", True), found.why


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "empty"),
        ("a,b\n", "The first line has to be"),
        (HEAD + "4111111111111111", "card number"),
        ("x" * (1024 * 1024 + 1), "larger than 1 MB"),
        (HEAD + LINE * 10_000, "more than 10,000 lines"),
    ],
)
def test_a_file_that_is_none_of_rates_says_why(text, sentence):
    with pytest.raises(RuleSetError, match=sentence):
        rates.check(text)


def test_with_a_refused_line_nothing_is_taken():
    with pytest.raises(RuleSetError, match="Line 3 is refused"):
        rates.load(person("mara", Role.MAPPER), HEAD + LINE + "ECB,EUR,USD,x,1\n", "ECB")
    assert not ExchangeRate.objects.exists()


def test_a_rate_can_be_neither_changed_nor_removed():
    rate = builders.ExchangeRateFactory()
    row = ExchangeRate.objects.filter(pk=rate.pk)
    for attempt in (lambda: row.update(rate=Decimal(2)), row.delete):
        with pytest.raises(IntegrityError, match="are history"), transaction.atomic():
            attempt()


def test_rates_are_looked_at_and_then_taken(mapper):
    file = SimpleUploadedFile("rates.csv", (HEAD + LINE).encode())
    page = mapper.post("/rates/upload/", {"origin": "ECB reference rates", "file": file})
    assert b"1 new, 0 known, 0 refused" in page.content
    assert offences(page) == []
    assert not ExchangeRate.objects.exists()
    text = re.search(r'name="text" value="([^"]*)"', page.content.decode())[1]
    given = {"origin": "ECB reference rates", "text": text, "step": "take"}
    assert mapper.post("/rates/upload/", given)["Location"] == "/rates/"
    rate = ExchangeRate.objects.get()
    assert (rate.rate, rate.origin, rate.added_by) == (
        Decimal("1.3440"),
        "ECB reference rates",
        "user:mara",
    )
    assert Entry.objects.get(action="rates.loaded").details["rates"] == [str(rate)]
    assert b"ECB reference rates" in mapper.get("/rates/").content


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("rate", "status", "words"),
    [("1.3440", 200, "there already; nothing was added"), ("1.5", 422, "Nothing was taken")],
)
def test_two_people_who_load_at_once_wait_for_each_other_and_are_told(mapper, rate, status, words):
    given = {"origin": "ECB", "text": HEAD + LINE, "step": "take"}
    pages = []

    def take():
        pages.append(mapper.post("/rates/upload/", given, follow=True))
        connection.close()

    parameters = connection.get_connection_params() | {"cursor_factory": None}
    with psycopg.connect(**parameters) as other:
        other.execute("SELECT pg_advisory_xact_lock(%s)", [lock_number(rates.LOCK)])
        other.execute(INSERT, [rate])
        thread = threading.Thread(target=take)
        thread.start()
        thread.join(1)
        assert (thread.is_alive(), pages) == (True, [])
    thread.join(30)
    assert (pages[0].status_code, words in pages[0].content.decode()) == (status, True)
    assert [f"{each.rate:.4f}" for each in ExchangeRate.objects.all()] == [f"{Decimal(rate):.4f}"]


def test_an_upload_without_a_file_says_so(mapper):
    page = mapper.post("/rates/upload/", {"origin": "ECB"})
    assert page.status_code == 422
    assert b"Choose a file." in page.content


def test_a_list_is_filtered_by_table_and_currency(mapper):
    builders.ExchangeRateFactory(table="ECB", source="EUR")
    builders.ExchangeRateFactory(table="Bank", source="GBP")
    assert mapper.get("/rates/", {"table": "ecb"}).content.count(b"data-row") == 1
    assert mapper.get("/rates/", {"source": "CHF"}).content.count(b"data-row") == 0
