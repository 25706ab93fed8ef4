"""A new customer: once for a key, with a number that nobody has, and all its rows together."""

import threading

import pytest


def rows_of(erp, number):
    return erp.rows(
        'SELECT c."CustName", a."AddrLine1", t."EMailAddr", k."CustClassID", p."PmtTermsID"'
        ' FROM "tarCustomer" c JOIN "tciAddress" a ON a."AddrKey" = c."PrimaryAddrKey"'
        ' JOIN "tciContact" t ON t."CntctKey" = c."PrimaryCntctKey"'
        ' JOIN "tarCustClass" k USING ("CustClassKey")'
        ' JOIN "tarCustAddr" ca ON ca."CustKey" = c."CustKey"'
        ' JOIN "tciPaymentTerms" p ON p."PmtTermsKey" = ca."PmtTermsKey" WHERE c."CustID" = %s',
        number,
    )


def test_a_customer_gets_the_next_number_and_stands_with_address_contact_and_terms(erp):
    assert (erp.customer("c1").status, erp.customer("c2").number) == (1, "C000002")
    assert rows_of(erp, "C000001") == [
        ("Ann Lee", "1 High St", "ann@lee.example", "STANDARD", "NET30")
    ]
    assert erp.customer("c3", **{"class": "CARD"}).number == "C000003"
    assert rows_of(erp, "C000003")[0][3:] == ("CARD", "RECEIPT")


def test_the_same_key_is_the_same_customer_and_other_content_a_conflict(erp):
    first = erp.customer("c1")
    again = erp.customer("c1")
    assert (again.status, again.number, again.document) == (2, first.number, first.document)
    assert erp.customer("c1", hashed="other").status == 3
    assert erp.value('SELECT count(*) FROM "tarCustomer" WHERE "CustName" = %s', "Ann Lee") == 1


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"number": "17850", "prefix": ""}, "customer_exists"),
        ({"prefix": ""}, "customer_numbers"),
        ({"number": "C1"}, "customer_numbers"),
        ({"prefix": "LONGER", "digits": 7}, "customer_numbers"),
        ({"class": "NONE"}, "customer_setup_missing"),
        ({"terms": "NONE"}, "customer_setup_missing"),
        ({"name": "x" * 41}, "text_too_long"),
        ({"name": " "}, "customer_unknown"),
        ({"company": "XXX"}, "company_unknown"),
    ],
)
def test_what_cannot_be_a_customer_is_refused_and_leaves_the_key_and_no_row(erp, change, code):
    before = [erp.count(f'"{table}"') for table in ("tarCustomer", "tciAddress", "tarCustAddr")]
    refused = erp.customer("c1", **change)
    assert (refused.status, refused.code) == (4, code)
    after = [erp.count(f'"{table}"') for table in ("tarCustomer", "tciAddress", "tarCustAddr")]
    assert after == before
    assert erp.customer("c1").status == 1


def test_numbers_end_where_the_digits_do(erp):
    assert erp.customer("c1", number="C9", prefix="").status == 1
    assert erp.customer("c2", digits=1).code == "customer_numbers"
    assert erp.customer("c3", digits=2).number == "C01"


def test_two_callers_at_once_never_share_a_number(erp):
    answers, sessions = [], [erp.other_session() for _ in range(4)]

    def make(place, session):
        answers.extend(session.customer(f"c{place}-{n}").number for n in range(5))

    threads = [threading.Thread(target=make, args=each) for each in enumerate(sessions)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [f"C{number:06d}" for number in range(1, 21)]
