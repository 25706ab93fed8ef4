"""A row that books payments without a person: what it needs, how it reads, and how it travels."""

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from mapping.kinds import KINDS
from mapping.models import CurrencyRule
from mapping.rule_yaml import dump, load
from mapping.sentences import then
from mapping.sheet_files import as_csv, read_sheet
from mapping.value_steps import of_amount
from tests.mapping.drafts import draft
from tests.mapping.test_currencies import DAY, euros, rate

CURRENCIES = KINDS["currencies"]
EURO = {"position": 1, "currency": "EUR", "base": "USD", "rate_table": "daily", "max_age_days": 3}


def row(**changes):
    return CurrencyRule(**EURO | {"alone_days": 1, "alone_up_to": Decimal(500)} | changes)


@pytest.mark.parametrize(
    ("changes", "field", "said"),
    [
        ({"alone_up_to": None}, "alone_up_to", "Say up to which amount"),
        ({"alone_up_to": Decimal(0)}, "alone_up_to", "Say up to which amount"),
        ({"alone_days": None}, "alone_days", "Say how old the rate may be"),
        ({"alone_days": 4}, "alone_days", "A rate older than 3 days is not used at all."),
        ({"base": "", "rate_table": ""}, "base", "Say to which currency"),
    ],
)
def test_what_is_missing_is_said_at_its_field(changes, field, said):
    with pytest.raises(ValidationError) as found:
        row(**changes).clean()
    assert said in found.value.message_dict[field][0]


def test_it_reads_as_a_sentence_and_is_off_unless_it_is_filled_in():
    assert then(CURRENCIES, row()).endswith(
        "booked without a person by a rate at most 1 days old, if it comes to no more than 500"
    )
    assert "without a person" not in then(CURRENCIES, CurrencyRule(**EURO))


@pytest.mark.django_db
def test_it_comes_back_from_a_file_and_from_a_spreadsheet_as_it_left():
    version = draft()
    kept = row(version=version, alone_days=0)
    kept.save()
    [values] = load(dump(version)).rules["currencies"]
    assert (values["alone_days"], values["alone_up_to"]) == ("0", "500")
    [line] = read_sheet(as_csv(version, CURRENCIES), CURRENCIES)
    assert (line.values["alone_days"], line.values["alone_up_to"]) == ("0", "500")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "yes"),
        ({"alone_days": None, "alone_up_to": None}, "no"),
        ({"alone_up_to": Decimal(13)}, "no: It comes to 13.23 USD; by itself the rule books up to"),
    ],
)
def test_values_that_are_typed_say_whether_a_person_is_asked(changes, said):
    worked = of_amount([row(**changes).as_row()], euros("10.01"), [rate()], DAY)
    assert dict(worked.steps)["Booked without a person"].startswith(said)
