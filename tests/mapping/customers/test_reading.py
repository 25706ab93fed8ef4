"""What is taken off before comparing, and what is not."""

import pytest

from mapping.customers.addresses import read_address
from mapping.customers.emails import read_email
from mapping.customers.folding import fold, sounded, words
from mapping.customers.identity import Address
from mapping.customers.names import read_name
from mapping.customers.phones import read_phone
from mapping.customers.prepared import read_tax_number


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("J.Doe@Gmail.com", "jdoe@googlemail.com"),
        ("jdoe+shop@gmail.com", "j.d.o.e@gmail.com"),
        ("mailto:Ann@Firm.com", "Ann <ann@firm.com>"),
        ("ann+bills@outlook.com", "ann@outlook.com"),
    ],
)
def test_two_spellings_of_one_mailbox_are_one(one, other):
    assert read_email(one).normal == read_email(other).normal != ""


@pytest.mark.parametrize(
    ("one", "other"),
    [("j.doe@firm.com", "jdoe@firm.com"), ("jdoe+a@yahoo.com", "jdoe@yahoo.com")],
)
def test_dots_and_tags_stay_where_the_provider_is_not_known_to_ignore_them(one, other):
    assert read_email(one).normal != read_email(other).normal


def test_a_text_without_an_address_is_no_email():
    assert not read_email("none")
    assert not read_email("a@b")


def test_a_mailbox_of_a_function_is_shared():
    assert read_email("Accounts.Payable@firm.com").is_shared
    assert not read_email("ann@firm.com").is_shared


@pytest.mark.parametrize(
    ("text", "folded"),
    [("Größl", "grossl"), ("SØREN Łukasz", "soren lukasz"),
     ("Юлия Щербакова", "iuliia shcherbakova"),
     ("Δημήτρης", "dimitris"), ("Ёлкин", "elkin"), ("Nuñez", "nunez")],
)  # fmt: skip
def test_accents_and_scripts_fold_to_latin(text, folded):
    assert fold(text) == folded


def test_umlauts_written_out_sound_alike():
    assert sounded(fold("Müller")) == sounded(fold("Mueller"))
    assert words("O'Neil-Smith, J.") == ("oneil", "smith", "j")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ACME Tools, L.L.C.", "Acme Tools LLC"),
        ("Smith, John", "John Smith"),
        ("Mr John Smith", "JOHN SMITH"),
        ("Inc., Riverside Dental", "Riverside Dental Inc"),
        ("Miller & Sons", "Miller and Sons"),
        ("Bauer G.m.b.H.", "Bauer GmbH"),
    ],
)
def test_names_that_are_written_otherwise_read_alike(one, other):
    assert read_name(one).tokens == read_name(other).tokens
    assert read_name(one).legal_forms == read_name(other).legal_forms


def test_a_name_keeps_what_tells_it_from_another():
    assert read_name("John Smith Jr").generation == "jr"
    assert read_name("AG Edwards").tokens == ("ag", "edwards")
    assert read_name("Northern Supply Company").telling == ("northern",)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("12 North Elm Street", "12 N. Elm St"),
        ("Hauptstraße 7 a", "Hauptstr. 7a"),
        ("99 Second Avenue, Suite 4", "99 2nd Ave # 4"),
        ("PO Box 17", "P.O. Box 17"),
    ],
)
def test_streets_that_are_abbreviated_read_alike(one, other):
    left, right = (read_address(Address(tuple(a.split(", ")))) for a in (one, other))
    assert left == right
    assert left.number


def test_postcodes_and_towns_are_standardised_and_the_original_stays():
    written = Address(("1 Mill Rd",), "St. Paul", "MN", "55102-1234", "USA")
    read = read_address(written)
    assert (read.postcode, read.city, read.country) == ("55102", "street paul", "us")
    assert str(written) == "1 Mill Rd, St. Paul, MN, 55102-1234, USA"
    assert read_address(Address(postcode="ls1 4ap")).postcode == "ls14ap"


def test_telephones_are_compared_without_prefix_and_extension():
    assert read_phone("+1 (555) 123-4567 ext. 12") == read_phone("555.123.4567")[-9:]
    assert read_phone("+44 (0)20 7946 0018") == read_phone("020 7946 0018")
    assert read_phone("000-000-0000") == "" == read_phone("12345")


def test_a_tax_number_that_nobody_has_is_none():
    assert read_tax_number("DE 123.456.789") == "de123456789"
    assert read_tax_number("000000000") == "" == read_tax_number("12")
