from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from console import formats

NOW = datetime(2011, 2, 14, 18, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        ("1467.41", "USD", "1,467.41 USD"),
        ("-1467.41", "USD", "−1,467.41 USD"),
        ("139.120", "USD", "139.12 USD"),
        ("1500", "JPY", "1,500 JPY"),
        ("1.234", "KWD", "1.234 KWD"),
        ("0", "USD", "0.00 USD"),
    ],
)
def test_money_has_its_currency_its_decimals_and_a_true_minus(amount, currency, text):
    assert formats.money_text(Decimal(amount), currency) == text


def test_no_amount_is_a_dash_and_not_a_zero():
    assert "–" in formats.money(None, "USD")


def test_an_amount_without_a_currency_is_a_dash_too():
    assert "–" in formats.money(Decimal(0), "")
    assert formats.money_text(Decimal(0), "") == ""


def test_markup_in_a_value_is_escaped():
    assert "<script>" not in formats.text("<script>alert(1)</script>")
    assert "<b>" not in formats.link("/x/", "<b>x</b>")


def test_a_tag_says_its_word():
    assert formats.tag("Held", "bad") == '<span class="tag tag-bad">Held</span>'


def test_a_tone_that_does_not_exist_is_an_error():
    with pytest.raises(ValueError, match="purple"):
        formats.tag("Held", "purple")


@pytest.mark.parametrize(
    ("ago", "text"),
    [
        (timedelta(seconds=20), "just now"),
        (timedelta(minutes=12), "12 min"),
        (timedelta(hours=5), "5 h"),
        (timedelta(days=12), "12 days"),
        (timedelta(seconds=-50), "just now"),
    ],
)
def test_an_age_is_told_in_the_unit_that_says_enough(ago, text):
    assert formats.age_text(NOW - ago, NOW) == text


def test_what_never_happened_is_never():
    assert formats.age_text(None, NOW) == "never"


def test_days_and_moments_read_alike_everywhere():
    assert formats.day_text(date(2011, 2, 4)) == "4 Feb 2011"
    assert formats.moment_text(NOW) == "14 Feb 2011 18:30"
    assert formats.days_text(0) == "today"
    assert formats.days_text(1) == "1 day"


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("Paid on 2010-12-09: 30445.13 USD.", "Paid on 9 Dec 2010: 30,445.13 USD."),
        ("The bank took -1800.00 USD", "The bank took −1,800.00 USD"),
        ("statement-2010-12-09.csv, 2010-12-09.csv", "statement-2010-12-09.csv, 2010-12-09.csv"),
        ("at 2010-12-09T12:00, of 2010-13-40", "at 2010-12-09T12:00, of 2010-13-40"),
        ("Invoice 536365, version 1.10", "Invoice 536365, version 1.10"),
    ],
)
def test_a_sentence_says_days_and_amounts_as_pages_do(written, shown):
    assert formats.said(written) == shown
